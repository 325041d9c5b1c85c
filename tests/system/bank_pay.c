/* Bills and credit paid from an account, through the bank: held before it is sent on, debited by the utility's answer,
 * through kill -9 of the bank between both, through a utility that answers late. Real bankd, utilityd, TLS. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/secret.h"
#include "lib/station.h"
#include "lib/world.h"
#include "wire/account.h"
#include "wire/session.h"

#define SUM 1000

static struct world w;
static uv_loop_t loop;
static struct station branch;
static char account[WIRE_NUMBER_SIZE], bank_key[80];
static int64_t next = 1;

static void tell_bankd(char *out, size_t size, const char *act, const char *flag, const char *value, const char *more, const char *text)
{
    char config[200];
    snprintf(config, sizeof config, "--config=%s/bankd.ini", w.dir);
    if (world_run(&w, out, size, "bankd", config, "account", act, flag, value, more, text, NULL) != 0) fail_msg("account %s", act);
}

static int start(void **state)
{
    char out[200] = "", config[200];
    uv_loop_init(&loop);
    world_open(&w, "pay");
    world_station(&w, "branch-0311-0007");
    world_utility(&w, 10);
    world_bank(&w);
    assert_int_equal(world_stop(&w, "bankd"), 0);
    world_append(&w, "bankd.ini", "[accounts]\nkey = bank.box\nagain = 300ms\n");
    snprintf(config, sizeof config, "--config=%s/bankd.ini", w.dir);
    assert_int_equal(world_run(&w, out, sizeof out, "bankd", config, "account", "key", NULL), 0);
    snprintf(bank_key, sizeof bank_key, "%.64s", out);
    world_start(&w, "bankd");
    world_wait_bank(&w);
    station_open(&branch, &w, &loop, "branch-0311-0007", w.bank_port, "bank-102");
    station_wait_up(&branch);
    return 0;
}

static int stop(void **state)
{
    station_close(&branch);
    if (world_stop(&w, "bankd") != 0) fail_msg("bankd did not stop in order");
    world_close(&w);
    return uv_loop_close(&loop);
}

/* --- saying ------------------------------------------------------------------------------------ */

static void seal(const struct key *key, const char *password, char *sealed, size_t size)
{
    char plain[100], text[KEY_TEXT_SIZE];
    snprintf(plain, sizeof plain, "%s|%s", password, key_format(key, text, sizeof text));
    assert_true(secret_seal(bank_key, plain, sealed, size));
}

static struct wire_payment payment(const char *password)
{
    struct wire_payment p;
    station_payment(&p, "0311-0007", next++, SUM);
    p.head.proc = PROC_ACCOUNT;
    strcpy(p.account, account);
    seal(&p.head.key, password, p.sealed, sizeof p.sealed);
    return p;
}

static void says(const struct wire_payment *p, const char *mti, struct iso *m)
{
    struct error err;
    if (wire_payment_pack(p, mti, m, &err) != 0) fail_msg("%s: %s", err.where, err.why);
    assert_true(station_send(&branch, m));
}

static const char *asks(const struct wire_payment *p, const char *mti)
{
    static char code[4];
    struct iso m, answer;
    says(p, mti, &m);
    if (!station_answer(&branch, &m, &answer, STATION_WAIT_MS)) fail_msg("no answer");
    iso_text(&answer, 39, code, sizeof code);
    return code;
}

static void undo(const struct wire_payment *p, const char *mti, struct iso *m)
{
    struct wire_reversal r = {.head = p->head, .original_mti = "0200", .maker = "8001", .checker = "8002"};
    struct error err;
    if (wire_reversal_pack(&r, mti, m, &err) != 0) fail_msg("%s: %s", err.where, err.why);
    assert_true(station_send(&branch, m));
}

static const char *undone(const struct wire_payment *p, const char *mti)
{
    static char code[4];
    struct iso m, answer;
    undo(p, mti, &m);
    if (!station_answer(&branch, &m, &answer, STATION_WAIT_MS)) fail_msg("no answer");
    iso_text(&answer, 39, code, sizeof code);
    return code;
}

static int64_t balance(void) { return world_sql(&w, "bank.db", "SELECT balance_fen FROM account"); }
static int64_t held(void) { return world_sql(&w, "bank.db", "SELECT count(*) FROM hold WHERE state=1"); }

static int64_t posted(const struct wire_payment *p)
{
    char sql[160];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM payment WHERE state=2 AND reference=%s", p->head.key.ref);
    return world_sql(&w, "utility.db", sql);
}

static void hold_reaches(const struct wire_payment *p, int64_t state)
{
    char sql[160];
    snprintf(sql, sizeof sql, "SELECT coalesce((SELECT state FROM hold WHERE reference='%s'), 0) = %lld", p->head.key.ref, (long long)state);
    world_sql_reaches(&w, "bank.db", sql, 1, STATION_WAIT_MS);
}

static bool gone(void *ctx) { return ((struct station *)ctx)->up == NULL; }

static void bank_again(void)
{
    assert_true(station_until(&loop, gone, &branch, STATION_WAIT_MS));
    world_start(&w, "bankd");
    world_wait_bank(&w);
    station_wait_up(&branch);
}

/* --- stories --------------------------------------------------------------------------------------- */

static void an_account_with_a_password_is_opened(void **state)
{
    struct wire_payment head;
    struct wire_account_ask a = {.maker = "8001", .customer = "0499110001", .name = "王建国", .document = "130xxx"};
    struct wire_account_answer said;
    struct iso m, answer;
    struct error err;
    station_payment(&head, "0311-0007", next++, 100000);
    a.head = head.head;
    a.head.proc = PROC_OPEN;
    seal(&a.head.key, "123456", a.sealed, sizeof a.sealed);
    assert_int_equal(wire_account_pack(&a, "0200", &m, &err), 0);
    assert_true(station_ask(&branch, &m, &answer, STATION_WAIT_MS));
    assert_int_equal(wire_account_answer_unpack(&answer, &said, &err), 0);
    assert_string_equal(said.code, "00");
    strcpy(account, said.account);
}

static void it_is_paid_and_debited_once(void **state)
{
    struct wire_payment p = payment("123456");
    int64_t before = balance();
    assert_string_equal(asks(&p, "0200"), "00");
    assert_string_equal(asks(&p, "0201"), "00");
    assert_int_equal(posted(&p), 1);
    assert_int_equal(balance(), before - SUM);
    assert_int_equal(held(), 0);
    assert_int_equal(world_sql(&w, "utility.db", "SELECT credit_fen FROM customer WHERE number='0499110001'"), SUM);
}

static void what_the_bank_refuses_is_not_sent_on(void **state)
{
    struct wire_payment wrong = payment("654321"), other = payment("123456");
    int64_t before = balance();
    assert_string_equal(asks(&wrong, "0200"), "55");
    assert_string_equal(asks(&wrong, "0201"), "55");
    strcpy(other.customer, "0499110002");
    assert_string_equal(asks(&other, "0200"), "57");
    assert_int_equal(world_sql(&w, "utility.db", "SELECT count(*) FROM payment"), 1);
    assert_int_equal(balance(), before);
}

static void what_the_utility_refuses_is_released(void **state)
{
    char out[200];
    struct wire_payment p = payment("123456");
    int64_t before = balance();
    tell_bankd(out, sizeof out, "link", account, "--customer", "0499990000", "--name=王建国"); /* whom the utility does not know */
    strcpy(p.customer, "0499990000");
    assert_string_equal(asks(&p, "0200"), "14");
    assert_int_equal(balance(), before);
    assert_int_equal(held(), 0);
}

static void it_is_undone_and_a_late_one_finds_a_tombstone_at_both(void **state)
{
    struct wire_payment p = payment("123456"), late = payment("123456");
    int64_t before = balance();
    assert_string_equal(asks(&p, "0200"), "00");
    assert_string_equal(undone(&p, "0420"), "00");
    assert_string_equal(undone(&p, "0421"), "00");
    assert_int_equal(balance(), before);
    assert_string_equal(asks(&p, "0201"), "12");
    assert_string_equal(undone(&late, "0420"), "00");
    assert_string_equal(asks(&late, "0200"), "12");
    assert_int_equal(world_sql(&w, "utility.db", "SELECT count(*) FROM payment WHERE state=2"), 1);
    assert_int_equal(balance(), before);
}

/* The utility stands still: the bank has held the money and is killed; when both are back the bank asks by itself. */
static void a_bank_killed_between_hold_and_answer_asks_by_itself(void **state)
{
    struct wire_payment p = payment("123456");
    struct iso m;
    char out[500] = "";
    int64_t before = balance();
    world_pause(&w, "utilityd");
    says(&p, "0200", &m);
    hold_reaches(&p, 1);
    tell_bankd(out, sizeof out, "held", "--format", "csv", NULL, NULL);
    assert_non_null(strstr(out, p.head.key.ref)); /* somebody can see that it waits */
    world_kill(&w, "bankd");
    assert_int_equal(balance(), before - SUM);
    world_resume(&w, "utilityd");
    bank_again();
    hold_reaches(&p, 2); /* nobody at the branch has asked */
    assert_int_equal(posted(&p), 1);
    assert_string_equal(asks(&p, "0201"), "00");
    assert_int_equal(balance(), before - SUM);
}

/* A line of them: each is asked again without waiting for another round. */
static void many_that_wait_are_all_asked_again(void **state)
{
    struct wire_payment p[8];
    struct iso m;
    int64_t before = balance();
    world_pause(&w, "utilityd");
    for (int i = 0; i < 8; i++) {
        p[i] = payment("123456");
        says(&p[i], "0200", &m);
        hold_reaches(&p[i], 1);
    }
    world_kill(&w, "bankd");
    world_resume(&w, "utilityd");
    bank_again();
    for (int i = 0; i < 8; i++) {
        hold_reaches(&p[i], 2);
        assert_int_equal(posted(&p[i]), 1);
    }
    assert_int_equal(balance(), before - 8 * SUM);
}

static void a_bank_killed_between_undoing_and_answer_gives_it_back(void **state)
{
    struct wire_payment p = payment("123456");
    struct iso m;
    char sql[160];
    int64_t before = balance();
    world_pause(&w, "utilityd");
    says(&p, "0200", &m);
    hold_reaches(&p, 1);
    undo(&p, "0420", &m);
    snprintf(sql, sizeof sql, "SELECT undo IS NOT NULL FROM hold WHERE reference='%s'", p.head.key.ref);
    world_sql_reaches(&w, "bank.db", sql, 1, STATION_WAIT_MS);
    world_kill(&w, "bankd");
    world_resume(&w, "utilityd");
    bank_again();
    world_sql_reaches(&w, "bank.db", "SELECT count(*) = 0 FROM hold WHERE state=1 OR undo IS NOT NULL", 1, STATION_WAIT_MS);
    assert_int_equal(balance(), before);
    assert_int_equal(posted(&p), 0);
    assert_string_equal(asks(&p, "0201"), "12");
}

static void without_the_utility_nothing_is_held(void **state)
{
    struct wire_payment p = payment("123456");
    int64_t before = balance();
    assert_int_equal(world_stop(&w, "utilityd"), 0);
    assert_string_equal(asks(&p, "0200"), "91");
    assert_int_equal(balance(), before);
    world_start(&w, "utilityd");
    world_wait_bank(&w);
    assert_string_equal(asks(&p, "0201"), "00");
    assert_int_equal(balance(), before - SUM);
}

static void the_books_hold_on_both_sides(void **state)
{
    char config[200], out[4000];
    snprintf(config, sizeof config, "--config=%s/bankd.ini", w.dir);
    if (world_run(&w, out, sizeof out, "bankd", config, "verify", NULL) != 0) fail_msg("%s", out);
    assert_int_equal(world_sql(&w, "bank.db", "SELECT count(*) FROM hold WHERE state=2"), world_sql(&w, "utility.db", "SELECT count(*) FROM payment WHERE state=2"));
    world_same_rows(&w, "bank.db", "SELECT CAST(reference AS INTEGER) FROM hold WHERE state=2 ORDER BY 1", "utility.db",
                    "SELECT reference FROM payment WHERE state=2 AND proc=501000 ORDER BY 1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_account_with_a_password_is_opened),
        cmocka_unit_test(it_is_paid_and_debited_once),
        cmocka_unit_test(what_the_bank_refuses_is_not_sent_on),
        cmocka_unit_test(what_the_utility_refuses_is_released),
        cmocka_unit_test(it_is_undone_and_a_late_one_finds_a_tombstone_at_both),
        cmocka_unit_test(a_bank_killed_between_hold_and_answer_asks_by_itself),
        cmocka_unit_test(many_that_wait_are_all_asked_again),
        cmocka_unit_test(a_bank_killed_between_undoing_and_answer_gives_it_back),
        cmocka_unit_test(without_the_utility_nothing_is_held),
        cmocka_unit_test(the_books_hold_on_both_sides),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
