/* The whole bank's day against the utility's: in balance, out of it, what differs
 * payment by payment, and two people who settle it. Both sides on SQLite, and both on
 * PostgreSQL. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/db.h"
#include "lib/postgres.h"
#include "lib/station.h"
#include "lib/world.h"
#include "wire/session.h"

#define MAKER "7001"
#define CHECKER "7002"
#define PASSWORD "a long pass phrase"
#define OTHER_PASSWORD "another long phrase"

static struct world w;
static struct postgres pg;
static uv_loop_t loop;
static struct station branch;
static char out[1 << 16], config[300], utility_config[300];

static int bankd(const char *a, const char *b, const char *c) { return world_run(&w, out, sizeof out, "bankd", config, a, b, c, NULL); }

/* A command of either program that asks for two passwords. */
static int by_two(const char *program, const char *arguments, const char *first, const char *second)
{
    char line[1200], file[300];
    const char *which = strcmp(program, "bankd") == 0 ? config : utility_config;
    snprintf(line, sizeof line, "printf '%%s\\n' '%s' '%s' | '%s/%s' %s %s >%s 2>&1", first, second, w.bin, program, which, arguments, world_path(&w, "two.out", file, sizeof file));
    int status = system(line);
    char *text = world_read(&w, "two.out");
    snprintf(out, sizeof out, "%s", text);
    free(text);
    return status < 0 ? -1 : status >> 8;
}

static void add_clerks(const char *program)
{
    assert_int_equal(by_two(program, "clerk add " MAKER " 张丽", PASSWORD, ""), 0);
    assert_int_equal(by_two(program, "clerk add " CHECKER " 刘洋", OTHER_PASSWORD, ""), 0);
}

static const char *today(void)
{
    static char text[DAY_TEXT_SIZE];
    struct clock clock = clock_system(CLOCK_CHINA_OFFSET_S, 0);
    return day_format(clock_today(&clock), text, sizeof text);
}

static void pay(struct station *s, int64_t n, int64_t fen, const char *mti, const char *wanted)
{
    struct iso m;
    char code[3];
    if (strcmp(mti, "0400") == 0) station_undo(&m, mti, "0311-0007", n, fen);
    else station_pay(&m, mti, "0311-0007", n, fen);
    assert_string_equal(station_code(s, &m, code), wanted);
}

/* The journal is written many rows a commit. */
static void wait_for_journal(int64_t answers)
{
    world_sql_reaches(&w, "bank.db", "SELECT count(*) FROM message WHERE fate='answer' AND mti IN ('0210','0410','0230')", answers, 5000);
}

static void a_day_in_balance(void **state)
{
    for (int i = 1; i <= 20; i++)
        pay(&branch, i, 100 * i, "0200", "00");
    pay(&branch, 20, 2000, "0400", "00");
    wait_for_journal(21);
    if (bankd("totals", NULL, NULL) != 0) fail_msg("%s", out);
    assert_non_null(strstr(out, "in balance"));
    assert_non_null(strstr(out, "20 payments         210.00"));
    assert_int_equal(bankd("differences", NULL, NULL), 0);
}

#define LOSE "UPDATE customer SET credit_fen = credit_fen - 300 WHERE number='0499110001';" \
    "DELETE FROM part WHERE payment = (SELECT id FROM payment WHERE amount_fen = 300); DELETE FROM payment WHERE amount_fen = 300;"
static const char *const loses[] = {
    [DB_SQLITE] = "BEGIN IMMEDIATE; DROP TRIGGER payment_kept;" LOSE "CREATE TRIGGER payment_kept BEFORE DELETE ON payment"
                  " BEGIN SELECT RAISE(ABORT, 'a key is kept for ever'); END; COMMIT",
    [DB_POSTGRES] = "BEGIN; ALTER TABLE payment DISABLE TRIGGER payment_kept;" LOSE "ALTER TABLE payment ENABLE TRIGGER payment_kept; COMMIT"};

/* A key goes past the bank, and the utility has lost one. */
static void what_differs_is_named(void **state)
{
    struct station past;
    station_open(&past, &w, &loop, "bank-102", w.utility_port, "utility");
    station_wait_up(&past);
    pay(&past, 900, 5500, "0200", "00");
    station_close(&past);
    world_change(&w, "utility.db", loses[*w.utility_store ? DB_POSTGRES : DB_SQLITE]);
    assert_int_equal(bankd("totals", NULL, NULL), 65);
    assert_non_null(strstr(out, "OUT OF BALANCE"));
    assert_int_equal(bankd("differences", "--format", "csv"), 65);
    assert_non_null(strstr(out, "102/0311-0007/010000000900,only there,none,0"));
    assert_non_null(strstr(out, "102/0311-0007/010000000003,only here,posted,3.00"));
    assert_int_equal(world_sql(&w, "bank.db", "SELECT count(*) FROM difference"), 2);
}

static void the_utility_sees_the_same(void **state)
{
    assert_int_equal(bankd("payments", today(), NULL), 0);
    world_write(&w, "payments.txt", "%s", out);
    char path[300];
    assert_int_equal(world_run(&w, out, sizeof out, "utilityd", utility_config, "differences", world_path(&w, "payments.txt", path, sizeof path), "--format", "csv", NULL), 65);
    assert_non_null(strstr(out, "102/0311-0007/010000000900,only here,none,0"));
    assert_non_null(strstr(out, "102/0311-0007/010000000003,only there,posted,3.00"));
    char *text = world_read(&w, "payments.txt");
    text[strlen(text) - 12] = '\0'; /* cut off */
    world_write(&w, "payments.txt", "%s", text);
    free(text);
    assert_int_equal(world_run(&w, out, sizeof out, "utilityd", utility_config, "differences", path, NULL), 65);
    assert_null(strstr(out, "only"));
}

static void repairs_take_two_people(void **state)
{
    add_clerks("bankd");
    assert_int_equal(by_two("bankd", "repair resend 102/0311-0007/010000000003 --maker " MAKER " --checker " MAKER, PASSWORD, PASSWORD), 77);
    assert_non_null(strstr(out, "one person"));
    assert_int_equal(by_two("bankd", "repair resend 102/0311-0007/010000000003 --maker " MAKER " --checker " CHECKER, PASSWORD, PASSWORD), 77);
    assert_int_equal(by_two("bankd", "repair resend 102/0311-0007/010000000003 --maker " MAKER " --checker 7999", PASSWORD, OTHER_PASSWORD), 77);
    assert_int_equal(world_sql(&w, "bank.db", "SELECT count(*) FROM repair"), 0);
    assert_int_equal(world_sql(&w, "utility.db", "SELECT count(*) FROM payment WHERE amount_fen = 300"), 0);
    /* a wrong password counts, and the fifth locks */
    for (int i = 0; i < 5; i++)
        by_two("bankd", "repair take 102/0311-0007/010000000900 --maker " CHECKER " --checker " MAKER, "not this password", PASSWORD);
    assert_int_equal(by_two("bankd", "repair take 102/0311-0007/010000000900 --maker " CHECKER " --checker " MAKER, OTHER_PASSWORD, PASSWORD), 77);
    assert_int_equal(world_sql(&w, "bank.db", "SELECT count(*) FROM clerk WHERE locked_ms > 0 AND number='" CHECKER "'"), 1);
    assert_int_equal(by_two("bankd", "clerk add 7003 赵敏", OTHER_PASSWORD, ""), 0);
}

static void what_was_lost_is_sent_again(void **state)
{
    if (by_two("bankd", "repair resend 102/0311-0007/010000000003 --maker " MAKER " --checker 7003", PASSWORD, OTHER_PASSWORD) != 0) fail_msg("%s", out);
    assert_non_null(strstr(out, "answered 0230 00"));
    assert_int_equal(world_sql(&w, "utility.db", "SELECT count(*) FROM payment WHERE amount_fen = 300 AND state = 2"), 1);
    assert_int_equal(bankd("totals", NULL, NULL), 65);
    assert_int_equal(world_sql(&w, "bank.db", "SELECT count(*) FROM difference"), 1);
    assert_int_equal(world_sql(&w, "bank.db", "SELECT count(*) FROM repair WHERE maker='" MAKER "' AND checker='7003'"), 2);
}

static void the_utility_undoes_what_nobody_took(void **state)
{
    add_clerks("utilityd");
    assert_int_equal(by_two("utilityd", "repair undo 102/0311-0007/010000000900 --maker " MAKER " --checker " CHECKER, PASSWORD, "wrong wrong wrong"), 77);
    assert_int_equal(world_sql(&w, "utility.db", "SELECT state FROM payment WHERE reference = 10000000900"), 2);
    if (by_two("utilityd", "repair undo 102/0311-0007/010000000900 --maker " MAKER " --checker " CHECKER, PASSWORD, OTHER_PASSWORD) != 0) fail_msg("%s", out);
    assert_int_equal(world_sql(&w, "utility.db", "SELECT state FROM payment WHERE reference = 10000000900"), 4);
    assert_int_equal(world_sql(&w, "utility.db", "SELECT count(*) FROM audit WHERE who='" MAKER "' AND what LIKE 'undo 102/0311-0007/010000000900%" CHECKER "'"), 1);
    if (bankd("totals", NULL, NULL) != 0) fail_msg("%s", out);
    assert_int_equal(world_run(&w, NULL, 0, "utilityd", utility_config, "verify", NULL), 0);
}

/* One more goes past the bank; this time the branch has it, and the bank takes the utility's word. */
static void the_bank_takes_the_utilitys_word(void **state)
{
    struct station past;
    station_open(&past, &w, &loop, "bank-102", w.utility_port, "utility");
    station_wait_up(&past);
    pay(&past, 901, 700, "0200", "00");
    station_close(&past);
    assert_int_equal(bankd("totals", NULL, NULL), 65);
    if (by_two("bankd", "repair take 102/0311-0007/010000000901 --maker " MAKER " --checker 7003", PASSWORD, OTHER_PASSWORD) != 0) fail_msg("%s", out);
    if (bankd("totals", NULL, NULL) != 0) fail_msg("%s", out);
    assert_int_equal(bankd("verify", NULL, NULL), 0);
}

/* By command, once for all; the bank hears of it and asks by itself. */
static void the_day_goes_on_and_the_bank_asks(void **state)
{
    char sql[120];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM agreement WHERE branch='' AND closing=1 AND settlement=1 AND business=%lld",
             (long long)world_sql(&w, "utility.db", "SELECT max(business) FROM payment"));
    assert_int_equal(world_run(&w, out, sizeof out, "utilityd", utility_config, "cutover", NULL), 0);
    assert_int_equal(world_run(&w, NULL, 0, "utilityd", utility_config, "cutover", NULL), 65); /* not beyond tomorrow */
    world_sql_reaches(&w, "utility.db", sql, 1, 15000);
    /* a payment keeps the day it was taken on, and is taken */
    pay(&branch, 30, 800, "0220", "00");
    assert_int_equal(world_sql(&w, "utility.db", "SELECT count(*) FROM payment WHERE reference = 10000000030 AND"
                                                " business = (SELECT business FROM payment WHERE reference = 10000000001)"), 1);
    assert_int_equal(world_sql(&w, "utility.db", "SELECT count(*) FROM audit WHERE what LIKE 'business day % begins'"), 1);
}

static void a_second_session_is_an_alarm_at_the_utility(void **state)
{
    struct station one, two;
    station_open(&one, &w, &loop, "branch-0311-0007", w.utility_port, "utility");
    station_wait_up(&one);
    station_open(&two, &w, &loop, "branch-0311-0007", w.utility_port, "utility");
    station_wait_up(&two);
    world_sql_reaches(&w, "utility.db", "SELECT count(*) FROM audit WHERE who='branch-0311-0007' AND what LIKE '%further live session%'", 1, 5000);
    station_close(&one);
    station_close(&two);
    assert_int_equal(world_sql(&w, "utility.db", "SELECT count(*) FROM audit WHERE who='bank-102' AND what LIKE '%live session%'"), 0);
}

static int open_world(enum db_kind kind)
{
    uv_loop_init(&loop);
    world_open(&w, "bankday");
    if (kind == DB_POSTGRES) { /* both sides: two databases */
        postgres_open(&pg);
        snprintf(w.bank_store, sizeof w.bank_store, "%s", pg.url);
        postgres_database(&pg, "utility", w.utility_store, sizeof w.utility_store);
    }
    world_station(&w, "branch-0311-0007");
    world_utility(&w, 100);
    world_bank(&w);
    world_append(&w, "bankd.ini", "[utility]\ntotals_after = 0s\ntotals_again = 1s\n");
    if (world_stop(&w, "bankd") != 0) fail_msg("bankd did not stop in order: %s", world_read(&w, "bankd.log"));
    world_start(&w, "bankd");
    world_wait_bank(&w);
    snprintf(config, sizeof config, "--config=%s/bankd.ini", w.dir);
    snprintf(utility_config, sizeof utility_config, "--config=%s/utilityd.ini", w.dir);
    station_open(&branch, &w, &loop, "branch-0311-0007", w.bank_port, "bank-102");
    station_wait_up(&branch);
    return 0;
}

static int open_sqlite(void **state) { return open_world(DB_SQLITE); }
static int open_postgres(void **state) { return open_world(DB_POSTGRES); }

static int close_world(void **state)
{
    station_close(&branch);
    if (world_stop(&w, "bankd") != 0) fail_msg("bankd did not stop in order: %s", world_read(&w, "bankd.log"));
    world_close(&w);
    postgres_close(&pg);
    return uv_loop_close(&loop);
}

/* --- what an agreed day moves in the bank's books --------------------------------------- */

#define OF_BRANCH " FROM payment p JOIN station s ON s.id = p.station WHERE s.branch = '0311-0007' AND p.state IN (2, 5)"

static int64_t of_branch(const char *what)
{
    char sql[300];
    snprintf(sql, sizeof sql, "SELECT coalesce(%s, 0)" OF_BRANCH, what);
    return world_sql(&w, "utility.db", sql);
}

/* The branch's 0500 with what the utility has; its answer must be 1. Returns the net. */
static int64_t branch_agrees(int64_t n, bool closing)
{
    struct wire_payment p;
    struct wire_totals t = {.closing = closing};
    struct iso m, answer;
    station_payment(&p, "0311-0007", n, 100);
    t.head = p.head;
    t.head.amount_fen = 0;
    t.credits = of_branch("count(*)");
    t.credits_fen = of_branch("sum(p.amount_fen)");
    t.credit_undone = of_branch("sum(CASE WHEN p.state = 5 THEN 1 ELSE 0 END)");
    t.credit_undone_fen = of_branch("sum(CASE WHEN p.state = 5 THEN p.amount_fen ELSE 0 END)");
    assert_int_equal(wire_totals_ask(&t, &m, NULL), 0);
    assert_true(station_ask(&branch, &m, &answer, STATION_WAIT_MS));
    assert_true(iso_is(&answer, 66, "1"));
    return t.credits_fen - t.credit_undone_fen;
}

#define SETTLED "SELECT coalesce(sum(CASE WHEN debit = 2 AND credit = 1 THEN fen ELSE -fen END), 0) FROM entry WHERE what = 8 AND branch = '0311-0007'"

static void a_branchs_agreed_day_is_owed_to_the_utility_once(void **state)
{
    branch_agrees(40, false); /* a trial */
    pay(&branch, 31, 900, "0220", "00");
    int64_t net = branch_agrees(41, true);
    world_sql_reaches(&w, "bank.db", SETTLED, net, 5000);
    branch_agrees(42, true); /* asked again: the same */
    pay(&branch, 32, 750, "0220", "00"); /* it comes later, for that day */
    assert_int_equal(branch_agrees(43, true), net + 750);
    world_sql_reaches(&w, "bank.db", SETTLED, net + 750, 5000);
    assert_int_equal(world_sql(&w, "bank.db", "SELECT count(*) FROM entry WHERE what = 8"), 2); /* the difference alone */
    assert_int_equal(world_sql(&w, "bank.db", "SELECT count(*) FROM entry WHERE what = 8 AND fen = 750"), 1);
    assert_int_equal(bankd("journal", "settled", NULL), 0);
    assert_non_null(strstr(out, "0311-0007"));
    if (bankd("verify", NULL, NULL) != 0) fail_msg("%s", out);
    /* killed: the rows that are taken in again from the spool book nothing twice */
    world_kill(&w, "bankd");
    world_start(&w, "bankd");
    assert_int_equal(world_sql(&w, "bank.db", SETTLED), net + 750);
    if (bankd("verify", NULL, NULL) != 0) fail_msg("%s", out);
}

#define TESTS                                                                                                                        \
    cmocka_unit_test(a_day_in_balance), cmocka_unit_test(what_differs_is_named), cmocka_unit_test(the_utility_sees_the_same),         \
    cmocka_unit_test(repairs_take_two_people), cmocka_unit_test(what_was_lost_is_sent_again),                                         \
    cmocka_unit_test(the_utility_undoes_what_nobody_took), cmocka_unit_test(the_bank_takes_the_utilitys_word),                        \
    cmocka_unit_test(the_day_goes_on_and_the_bank_asks), cmocka_unit_test(a_second_session_is_an_alarm_at_the_utility), \
    cmocka_unit_test(a_branchs_agreed_day_is_owed_to_the_utility_once)

int main(void)
{
    const struct CMUnitTest sqlite[] = {TESTS}, postgres[] = {TESTS};
    int failed = cmocka_run_group_tests_name("bank_day on SQLite", sqlite, open_sqlite, close_world);
    return failed + cmocka_run_group_tests_name("bank_day on PostgreSQL", postgres, open_postgres, close_world);
}
