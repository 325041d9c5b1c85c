/* A branch pays through its bank at the utility: real bankd, real utilityd, real TLS. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.h"
#include "lib/station.h"
#include "lib/world.h"
#include "wire/session.h"
#include "wire/tags.h"

#define BRANCH "0311-0007"
#define RELAY_LIMIT_MS 2500 /* setting utility.answer_within */
#define BRANCH_LIMIT_MS 3000 /* what a branch waits */

static struct world w;
static uv_loop_t loop;
static struct station branch; /* branch-0311-0007, at the bank */
static int64_t next = 1;      /* number of the next payment */

static int start(void **state)
{
    uv_loop_init(&loop);
    world_open(&w, "relay");
    world_station(&w, "branch-0311-0007");
    world_station(&w, "branch-0311-0008");
    world_station(&w, "branch-0311-0009"); /* in nobody's policy */
    world_utility(&w, 100);
    world_bank(&w);
    station_open(&branch, &w, &loop, "branch-0311-0007", w.bank_port, "bank-102");
    station_wait_up(&branch);
    return 0;
}

static int stop(void **state)
{
    station_close(&branch);
    world_close(&w);
    return uv_loop_close(&loop);
}

static int64_t posted(int64_t reference)
{
    char sql[160];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM payment WHERE state=2 AND reference=10000000000 + %lld", (long long)reference);
    return world_sql(&w, "utility.db", sql);
}

/* Until the relay has its connections again: asked as a branch would ask. */
struct try { int64_t n; bool paid; };
static bool paid_now(void *ctx)
{
    struct try *t = ctx;
    struct iso m, answer;
    if (branch.up == NULL) return false;
    station_pay(&m, "0201", BRANCH, t->n, 100);
    t->paid = station_ask(&branch, &m, &answer, BRANCH_LIMIT_MS) && iso_is(&answer, 39, "00");
    return t->paid;
}
static void pay_when_back(int64_t n)
{
    struct try t = {n, false};
    for (int tries = 0; tries < 40 && !paid_now(&t); tries++)
        station_until(&loop, paid_now, &t, 300);
    assert_true(t.paid);
}

static void a_payment_through_the_bank_is_posted_at_the_utility(void **state)
{
    struct iso m, answer;
    char approval[8], ours[8];
    int64_t n = next++;
    station_pay(&m, "0200", BRANCH, n, 12345);
    assert_true(station_ask(&branch, &m, &answer, STATION_WAIT_MS));
    assert_true(iso_is(&answer, 39, "00"));
    assert_string_equal(answer.mti, "0210");
    assert_int_equal(posted(n), 1);
    iso_text(&answer, 38, approval, sizeof approval);
    assert_string_equal(world_sql_text(&w, "utility.db", "SELECT approval FROM payment", ours, sizeof ours), approval);
}

static void a_branch_gets_its_epoch_from_the_utility_and_an_echo_from_the_bank(void **state)
{
    static const char nonce[] = "0123456789abcdef0123456789abcdef";
    struct iso m, answer;
    struct wire_net net;
    struct error err;
    station_sign_on(&m, BRANCH, 1, nonce);
    assert_true(station_ask(&branch, &m, &answer, STATION_WAIT_MS));
    assert_int_equal(wire_net_unpack(&answer, &net, &err), 0);
    assert_string_equal(net.code, "00");
    assert_int_equal(net.epoch, 2); /* payments of epoch 1 were seen */
    world_pause(&w, "utilityd");
    iso_clear(&m, "0800");
    iso_set(&m, 7, "1124010203", 10, &err);
    iso_set(&m, 11, "000002", 6, &err);
    iso_set(&m, 70, "301", 3, &err);
    char code[3];
    assert_string_equal(station_code(&branch, &m, code), "00");
    world_resume(&w, "utilityd");
}

static void with_the_utility_away_the_relay_says_91_and_to_an_advice_nothing(void **state)
{
    struct iso m, answer;
    char code[3];
    int64_t n = next++;
    world_kill(&w, "utilityd");
    int64_t since = clock_monotonic_ms();
    do { /* a message that was under way when the line broke is 68 */
        station_pay(&m, "0200", BRANCH, n, 100);
        station_code(&branch, &m, code);
    } while (strcmp(code, "91") != 0 && clock_monotonic_ms() - since < STATION_WAIT_MS);
    assert_string_equal(code, "91");
    station_pay(&m, "0220", BRANCH, n, 100);
    assert_false(station_ask(&branch, &m, &answer, RELAY_LIMIT_MS + 500));
    world_start(&w, "utilityd");
    pay_when_back(n);
    assert_int_equal(posted(n), 1);
}

static void with_the_utility_silent_the_relay_says_68_in_time_and_passes_the_late_answer(void **state)
{
    struct iso m, answer;
    char code[3];
    int64_t n = next++;
    world_pause(&w, "utilityd");
    station_pay(&m, "0200", BRANCH, n, 100);
    int64_t since = clock_monotonic_ms();
    station_code(&branch, &m, code);
    int64_t took_ms = clock_monotonic_ms() - since;
    assert_string_equal(code, "68");
    assert_in_range(took_ms, RELAY_LIMIT_MS - 100, BRANCH_LIMIT_MS);
    world_resume(&w, "utilityd");
    assert_true(station_answer(&branch, &m, &answer, STATION_WAIT_MS));
    assert_true(iso_is(&answer, 39, "00"));
    assert_int_equal(posted(n), 1);
}

static void a_message_for_another_branch_is_58_and_an_alarm(void **state)
{
    struct iso m, answer;
    char code[3];
    int64_t alarms = world_sql(&w, "bank.db", "SELECT count(*) FROM alarm WHERE what LIKE '58%'");
    station_pay(&m, "0200", "0311-0008", 1, 100);
    assert_string_equal(station_code(&branch, &m, code), "58");
    station_pay(&m, "0220", "0311-0008", 2, 100); /* an advice too: it is parked by whoever sent it */
    assert_true(station_ask(&branch, &m, &answer, STATION_WAIT_MS));
    assert_true(iso_is(&answer, 39, "58"));
    assert_int_equal(world_sql(&w, "utility.db", "SELECT count(*) FROM payment p JOIN station s ON s.id=p.station WHERE s.branch='0311-0008'"), 0);
    world_sql_reaches(&w, "bank.db", "SELECT count(*) FROM alarm WHERE what LIKE '58%'", alarms + 2, STATION_WAIT_MS);
}

static void a_message_that_lacks_a_field_is_30(void **state)
{
    struct iso m;
    char code[3];
    station_pay(&m, "0200", BRANCH, 999, 100);
    iso_drop(&m, 49);
    assert_string_equal(station_code(&branch, &m, code), "30");
    assert_int_equal(posted(999), 0);
}

static bool went(void *ctx) { return ((struct station *)ctx)->downs > 0; }

static void a_certificate_outside_the_policy_is_turned_away(void **state)
{
    struct station stranger;
    station_open(&stranger, &w, &loop, "branch-0311-0009", w.bank_port, "bank-102");
    assert_true(station_until(&loop, went, &stranger, STATION_WAIT_MS));
    assert_int_equal(stranger.received, 0);
    station_close(&stranger);
}

static void a_policy_read_again_lets_a_new_branch_in_without_a_stop(void **state)
{
    struct station fresh;
    struct iso m;
    char code[3];
    world_append(&w, "bankd.policy", "station branch-0311-0009 bank=102 branch=0311-0009 from=127.0.0.1 messages=all\n");
    world_reload(&w, "bankd");
    station_open(&fresh, &w, &loop, "branch-0311-0009", w.bank_port, "bank-102");
    station_pay(&m, "0200", "0311-0009", 1, 100);
    while (!fresh.up || !station_send(&fresh, &m) || !station_answer(&fresh, &m, &(struct iso){0}, 500)) {
        station_wait_up(&fresh); /* turned away until the new policy is read */
        assert_true(fresh.downs < 100);
    }
    station_pay(&m, "0201", "0311-0009", 1, 100);
    assert_string_equal(station_code(&fresh, &m, code), "00");
    station_close(&fresh);
}

static void a_second_live_session_of_one_certificate_is_an_alarm(void **state)
{
    struct station second;
    struct iso m;
    char code[3];
    station_open(&second, &w, &loop, "branch-0311-0007", w.bank_port, "bank-102");
    station_wait_up(&second);
    station_pay(&m, "0200", BRANCH, next++, 100);
    assert_string_equal(station_code(&second, &m, code), "00");
    station_close(&second);
    world_sql_reaches(&w, "bank.db", "SELECT count(*) FROM alarm WHERE what LIKE 'a further session%'", 1, STATION_WAIT_MS);
}

/* --- one key, a thousand times --------------------------------------------------- */

#define CONNECTIONS 8
#define TIMES 1000

struct crowd { struct station stations[CONNECTIONS]; size_t wanted; };
static bool crowd_up(void *ctx)
{
    struct crowd *c = ctx;
    size_t up = 0;
    for (int i = 0; i < CONNECTIONS; i++)
        up += c->stations[i].up != NULL;
    return up == CONNECTIONS;
}
static bool crowd_answered(void *ctx)
{
    struct crowd *c = ctx;
    size_t received = 0;
    for (int i = 0; i < CONNECTIONS; i++)
        received += c->stations[i].received;
    return received >= c->wanted;
}

static void a_thousand_times_one_key(int port, const char *peer_cn)
{
    struct crowd c = {.wanted = TIMES};
    struct iso m, answer;
    char approval[8], first[8] = "";
    int64_t n = next++;
    for (int i = 0; i < CONNECTIONS; i++)
        station_open(&c.stations[i], &w, &loop, "branch-0311-0007", port, peer_cn);
    assert_true(station_until(&loop, crowd_up, &c, STATION_WAIT_MS));
    for (int i = 0; i < TIMES; i++) {
        station_pay(&m, i < CONNECTIONS ? "0200" : "0201", BRANCH, n, 777);
        assert_true(station_send(&c.stations[i % CONNECTIONS], &m));
    }
    assert_true(station_until(&loop, crowd_answered, &c, 30000));
    for (int i = 0; i < CONNECTIONS; i++) {
        assert_int_equal(c.stations[i].received, TIMES / CONNECTIONS); /* each heard what it asked */
        while (station_take(&c.stations[i], &m, &answer)) {
            assert_true(iso_is(&answer, 39, "00"));
            iso_text(&answer, 38, approval, sizeof approval);
            if (*first == '\0') strcpy(first, approval);
            assert_string_equal(approval, first);
        }
        station_close(&c.stations[i]);
    }
    assert_int_equal(posted(n), 1);
}

static void one_key_a_thousand_times_over_eight_connections_posts_once_directly(void **state)
{
    struct iso m;
    char code[3];
    a_thousand_times_one_key(w.utility_port, "utility");
    station_pay(&m, "0201", BRANCH, next - 1, 777); /* and once more by the other way */
    assert_string_equal(station_code(&branch, &m, code), "00");
    assert_int_equal(posted(next - 1), 1);
}

static void one_key_a_thousand_times_over_eight_connections_posts_once_through_the_bank(void **state)
{
    station_close(&branch); /* eight sessions of one certificate are the most */
    a_thousand_times_one_key(w.bank_port, "bank-102");
    station_open(&branch, &w, &loop, "branch-0311-0007", w.bank_port, "bank-102");
    station_wait_up(&branch);
}

/* --- order, and many branches ----------------------------------------------------- */

static void a_branchs_advices_are_sent_on_and_posted_in_their_order(void **state)
{
    enum { MANY = 600 };
    struct iso m, answer;
    int64_t first = next;
    for (int i = 0; i < MANY; i++) {
        station_pay(&m, "0220", BRANCH, next++, 100);
        assert_true(station_send(&branch, &m));
    }
    for (int64_t n = first; n < next; n++) {
        station_pay(&m, "0220", BRANCH, n, 100);
        assert_true(station_answer(&branch, &m, &answer, STATION_WAIT_MS));
        assert_true(iso_is(&answer, 39, "00"));
    }
    char sql[300];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM message WHERE fate='sent' AND mti='0220' AND reference >= '%012lld'", 10000000000LL + (long long)first);
    world_sql_reaches(&w, "bank.db", sql, MANY, STATION_WAIT_MS);
    snprintf(sql, sizeof sql, "SELECT count(*) FROM (SELECT CAST(reference AS INTEGER) - lag(CAST(reference AS INTEGER)) OVER (ORDER BY seq) AS step"
                              " FROM message WHERE fate='sent' AND mti='0220' AND reference >= '%012lld') WHERE step <> 1", 10000000000LL + (long long)first);
    assert_int_equal(world_sql(&w, "bank.db", sql), 0);
    snprintf(sql, sizeof sql, "SELECT count(*) FROM (SELECT reference - lag(reference) OVER (ORDER BY id) AS step FROM payment"
                              " WHERE reference >= 10000000000 + %lld) WHERE step <> 1", (long long)first);
    assert_int_equal(world_sql(&w, "utility.db", sql), 0);
}

/* --- kill -9 of the relay ----------------------------------------------------------- */

static void killed_at_fifty_random_moments_nothing_is_posted_twice_and_every_payment_settles(void **state)
{
    int64_t first = next;
    srand(11);
    for (int kill_no = 0; kill_no < 50; kill_no++) {
        struct iso m;
        int before = rand() % 6;
        for (int i = 0; i < 6; i++) {
            if (i == before) world_kill(&w, "bankd");
            station_pay(&m, "0200", BRANCH, first + kill_no * 6 + i, 100);
            if (branch.up) station_send(&branch, &m);
            for (int turns = rand() % 40; turns > 0; turns--) /* more or less of it gets through first */
                uv_run(&loop, UV_RUN_NOWAIT);
        }
        world_start(&w, "bankd");
        station_wait_up(&branch);
        for (int i = 0; i < 6; i++)
            pay_when_back(first + kill_no * 6 + i);
    }
    next = first + 300;
    char sql[200];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM payment WHERE state=2 AND reference BETWEEN 10000000000 + %lld AND 10000000000 + %lld",
             (long long)first, (long long)next - 1);
    assert_int_equal(world_sql(&w, "utility.db", sql), 300);
}

static void the_bank_was_killed_and_its_journal_still_has_every_answer(void **state)
{
    char config[300], out[4000];
    snprintf(config, sizeof config, "--config=%s/bankd.ini", w.dir);
    assert_int_equal(world_run(&w, out, sizeof out, "bankd", config, "status", NULL), 0);
    assert_non_null(strstr(out, BRANCH));
    assert_int_equal(world_stop(&w, "bankd"), 0);
    if (world_run(&w, out, sizeof out, "bankd", config, "verify", NULL) != 0) fail_msg("%s", out);
    snprintf(config, sizeof config, "--config=%s/utilityd.ini", w.dir);
    if (world_run(&w, out, sizeof out, "utilityd", config, "verify", NULL) != 0) fail_msg("%s", out);
    assert_true(world_same_rows(&w, "bank.db",
        "SELECT DISTINCT bank, branch, reference, approval, amount_fen, business FROM message WHERE fate IN ('answer','late','nobody')"
        " AND mti IN ('0210','0230') AND code='00' ORDER BY 1,2,3", "utility.db",
        "SELECT s.bank, s.branch, printf('%012d', p.reference), p.approval, p.amount_fen, p.business FROM payment p"
        " JOIN station s ON s.id=p.station WHERE p.state=2 ORDER BY 1,2,3") > 900);
    world_start(&w, "bankd");
    station_wait_up(&branch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_payment_through_the_bank_is_posted_at_the_utility),
        cmocka_unit_test(a_branch_gets_its_epoch_from_the_utility_and_an_echo_from_the_bank),
        cmocka_unit_test(with_the_utility_away_the_relay_says_91_and_to_an_advice_nothing),
        cmocka_unit_test(with_the_utility_silent_the_relay_says_68_in_time_and_passes_the_late_answer),
        cmocka_unit_test(a_message_for_another_branch_is_58_and_an_alarm),
        cmocka_unit_test(a_message_that_lacks_a_field_is_30),
        cmocka_unit_test(a_certificate_outside_the_policy_is_turned_away),
        cmocka_unit_test(a_policy_read_again_lets_a_new_branch_in_without_a_stop),
        cmocka_unit_test(a_second_live_session_of_one_certificate_is_an_alarm),
        cmocka_unit_test(one_key_a_thousand_times_over_eight_connections_posts_once_directly),
        cmocka_unit_test(one_key_a_thousand_times_over_eight_connections_posts_once_through_the_bank),
        cmocka_unit_test(a_branchs_advices_are_sent_on_and_posted_in_their_order),
        cmocka_unit_test(killed_at_fifty_random_moments_nothing_is_posted_twice_and_every_payment_settles),
        cmocka_unit_test(the_bank_was_killed_and_its_journal_still_has_every_answer),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
