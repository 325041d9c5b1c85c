/* utilityd is killed at fifty random moments while four connections pay: every
 * answered payment is in the books, none twice, and each repeat gets the first
 * answer. Two keys compete for each bill, and one of them gets it. On SQLite; and on
 * PostgreSQL with two utilityd side by side, of which one is killed again and
 * again, and now and then the database server itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/secret.h"
#include "lib/utility_world.h"

#define LINES 4
#define WINDOW 16      /* in flight on each */
#define BILLS 12000
#define KEYS_MAX (2 * BILLS)
#define KILLS (u.kind == DB_SQLITE ? 50 : 20)
#define RUN_MS_MOST 40 /* between start and kill */
#define ASK_AGAIN 30   /* answered ones that are asked again after each kill */

struct payment { bool sent; char code[3], approval[7]; };

static struct utility_world u;
static struct station lines[LINES];
static struct payment pays[KEYS_MAX + 1]; /* by number n, from 1 */
static int64_t next, answered, other_answer;
static bool quiet;
static int fronts, ports[2]; /* utilityd, and utilityd-2 on PostgreSQL; line i calls front i % fronts */
static struct entropy_seeded seeded;
static struct entropy chance;

static size_t draw(size_t below) { return (size_t)(entropy_u64(&chance) % below); }

/* Key n pays bill n / 2: two for each; every third puts credit on top. */
static void make(int64_t n, const char *mti, struct iso *m)
{
    struct wire_payment p;
    struct error err;
    char customer[24], bill[24];
    snprintf(customer, sizeof customer, "K%06lld", (long long)(n / 2));
    snprintf(bill, sizeof bill, "B%06lld", (long long)(n / 2));
    utility_pay_start(&p, customer, n);
    utility_pay_bill(&p, bill, 5200, 0);
    if (n % 3 == 0) utility_pay_prepaid(&p, n);
    if (wire_payment_pack(&p, mti, m, &err) != 0) fail_msg("%s: %s", err.where, err.why);
}

static void send_pay(struct station *line, int64_t n, const char *mti)
{
    struct iso m;
    make(n, mti, &m);
    if (station_send(line, &m)) pays[n].sent = true;
}

static void on_answer(void *ctx, const uint8_t *bytes, size_t len)
{
    struct iso m;
    struct error err;
    struct key key;
    struct payment got = {.sent = true};
    assert_int_equal(iso_unpack(&m, (const char *)bytes, len, &err), 0);
    assert_true(message_key(&m, &key));
    struct payment *p = &pays[strtoll(key.ref, NULL, 10) - 10000000000];
    iso_text(&m, 39, got.code, sizeof got.code);
    iso_text(&m, 38, got.approval, sizeof got.approval);
    if (strcmp(got.code, "96") == 0) return; /* the database was away: nothing is known, it is asked again */
    if (p->code[0] && (strcmp(p->code, got.code) != 0 || strcmp(p->approval, got.approval) != 0)) {
        other_answer++;
        print_message("key %s was answered %s %s, now %s %s\n", key.ref, p->code, p->approval, got.code, got.approval);
    }
    if (!p->code[0]) answered++;
    *p = got;
    struct station *line = ctx;
    if (!quiet && next <= KEYS_MAX && line->up) {
        send_pay(line, next++, "0200");
        /* some through the other front at the same moment */
        if (fronts == 2 && next % 4 == 0) send_pay(&lines[(line - lines + 1) % LINES], next - 1, "0201");
    }
}

static bool late(void *ctx) { return clock_monotonic_ms() >= *(int64_t *)ctx; }

static bool all_answered(void *ctx)
{
    for (int64_t n = 1; n < next; n++)
        if (!pays[n].code[0]) return false;
    return true;
}

/* Those of the front that was killed. */
static bool all_down(void *ctx)
{
    for (int i = 0; i < LINES; i += fronts)
        if (lines[i].up) return false;
    return true;
}

/* What was sent and not answered, and some that were. */
static void ask_again(void)
{
    for (int64_t n = 1; n < next; n++)
        if (!pays[n].code[0]) send_pay(&lines[n % LINES], n, "0201");
    for (int i = 0; i < ASK_AGAIN && next > 1; i++)
        send_pay(&lines[i % LINES], 1 + (int64_t)draw((size_t)next - 1), "0201");
}

static void run_for(int64_t ms)
{
    int64_t until = clock_monotonic_ms() + ms;
    station_until(&u.loop, late, &until, (int)ms + 5);
}

static void start_second(void)
{
    ports[1] = world_free_port();
    world_write(&u.w, "utilityd-2.ini", "[store]\npath = %s\n[serve]\nlisten = 127.0.0.1:%d\npolicy = utilityd.policy\n"
                                        "ca = ca.crt\ncertificate = utility.crt\nkey = utility.key\n", u.where, ports[1]);
    world_start(&u.w, "utilityd-2");
}

static int start(enum db_kind kind)
{
    static struct bill bills[BILLS + 1];
    seeded = (struct entropy_seeded){20261120, 0};
    chance = entropy_seeded(&seeded);
    memset(pays, 0, sizeof pays);
    next = 1;
    answered = other_answer = 0;
    quiet = false;
    utility_world_open(&u, "kill", kind, "");
    for (int i = 0; i <= BILLS; i++) {
        char number[24], customer[24];
        snprintf(number, sizeof number, "B%06d", i);
        snprintf(customer, sizeof customer, "K%06d", i);
        bills[i] = utility_bill(number, customer, 5);
    }
    utility_import_bills(&u, "bills.txt", bills, BILLS + 1);
    world_start(&u.w, "utilityd");
    fronts = kind == DB_POSTGRES ? 2 : 1;
    ports[0] = u.w.utility_port;
    if (fronts == 2) start_second();
    for (int i = 0; i < LINES; i++) {
        station_open(&lines[i], &u.w, &u.loop, "bank-102", ports[i % fronts], "utility");
        lines[i].on_frame = on_answer;
        lines[i].ctx = &lines[i];
    }
    return 0;
}
static int start_sqlite(void **state) { return start(DB_SQLITE); }
static int start_postgres(void **state) { return start(DB_POSTGRES); }

static int stop(void **state)
{
    for (int i = 0; i < LINES; i++)
        station_close(&lines[i]);
    utility_world_close(&u);
    return 0;
}

static void begin_again(void)
{
    for (int i = 0; i < LINES; i++)
        station_wait_up(&lines[i]);
    ask_again();
    for (int i = 0; i < LINES * WINDOW && next <= KEYS_MAX; i++)
        send_pay(&lines[i % LINES], next++, "0200");
}

/* A front that has not found its database again answers 96: the key is asked again until it has an answer. */
static bool all_come_home(void)
{
    int64_t until = clock_monotonic_ms() + STATION_WAIT_MS;
    while (!all_answered(NULL) && clock_monotonic_ms() < until) {
        ask_again();
        run_for(200);
    }
    return all_answered(NULL);
}

static void kills_lose_nothing_and_post_nothing_twice(void **state)
{
    for (int kill = 0; kill < KILLS; kill++) {
        begin_again();
        run_for(1 + (int64_t)draw(RUN_MS_MOST));
        world_kill(&u.w, "utilityd");
        if (u.kind == DB_POSTGRES && kill % 5 == 4) postgres_crash(&u.pg), postgres_start(&u.pg);
        assert_true(station_until(&u.loop, all_down, NULL, STATION_WAIT_MS));
        world_start(&u.w, "utilityd");
    }
    for (int i = 0; i < LINES; i++)
        station_wait_up(&lines[i]);
    quiet = true; /* nothing new: what is out comes home */
    assert_true(all_come_home());
    assert_true(next > KILLS * LINES * WINDOW);
    assert_int_equal(other_answer, 0);
}

static void the_server_was_killed_in_the_middle_and_says_so_to_nobody(void **state)
{
    if (u.kind != DB_POSTGRES) return;
    quiet = false;
    begin_again();
    quiet = true;
    postgres_crash(&u.pg); /* utilityd stays, and comes back to it by itself */
    run_for(50);
    postgres_start(&u.pg);
    assert_true(all_come_home());
    assert_int_equal(other_answer, 0);
}

static void the_books_hold_what_was_answered(void **state)
{
    struct error err;
    int64_t yes = 0, rivals = 0, prepaid = 0, rows = 0;
    struct db *db = utility_db_open(u.where, &err);
    assert_non_null(db);
    db_ask(db, "SELECT reference, code, approval, state, amount_fen FROM payment ORDER BY reference", DB_NO_ARGS);
    for (; db_row(db); rows++) {
        int64_t n = db_int(db, 0) - 10000000000;
        assert_string_equal(pays[n].code, db_text(db, 1));
        assert_string_equal(pays[n].approval, db_int(db, 3) == 2 ? db_text(db, 2) : "");
        yes += db_int(db, 3) == 2;
        rivals += strcmp(db_text(db, 1), "76") == 0;
        if (db_int(db, 3) == 2) prepaid += db_int(db, 4) - 5200;
    }
    assert_true(db_end(db) >= 0);
    db_close(db);
    assert_int_equal(rows, next - 1);
    assert_int_equal(yes + rivals, rows);
    assert_int_equal(utility_sql(&u, "SELECT count(*) FROM bill WHERE state=1"), yes);
    assert_int_equal(utility_sql(&u, "SELECT sum(credit_fen) FROM customer"), prepaid);
    utility_holds(&u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kills_lose_nothing_and_post_nothing_twice),
        cmocka_unit_test(the_server_was_killed_in_the_middle_and_says_so_to_nobody),
        cmocka_unit_test(the_books_hold_what_was_answered),
    };
    int failed = cmocka_run_group_tests_name("utility_kill on SQLite", tests, start_sqlite, stop);
    return failed + cmocka_run_group_tests_name("utility_kill on PostgreSQL", tests, start_postgres, stop);
}
