/* Totals and reports asked of branchd, as the supervisor's screen does: a day of 5,000 payments in
 * 20 ms of its time, a branch's every day in a second a million payments.
 *
 * PAYMENTS=1000000 in the environment: so many are in its ledger. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sqlite3.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"
#include "lib/rpc_client.h"
#include "lib/world_branch.h"

#define PAYMENTS 150000
#define A_DAY 5000
#define FIRST_DAY 20000 /* 2024-10-04 */
#define BEST_OF 5

static struct world w;
static struct talk boss;
static char socket_path[512];

static int days(void) { return (getenv("PAYMENTS") ? atoi(getenv("PAYMENTS")) : PAYMENTS) / A_DAY; }

/* What years of work leave in the file: the checks of who and when are off while it is written, and only then. Payment n of a
 * day costs 100.00 and n fen. */
static const char years[] =
    "PRAGMA foreign_keys=OFF; PRAGMA synchronous=OFF; BEGIN;"
    "DROP TRIGGER payment_starts; DROP TRIGGER payment_on_an_open_day; DROP TRIGGER day_never_back;"
    "INSERT INTO till SELECT 1000, '07', '77', '1001', %d, 'closed', 0, 0, 1, NULL, NULL, NULL;"
    "WITH RECURSIVE d(d) AS (SELECT %d UNION ALL SELECT d + 1 FROM d WHERE d < %d - 1)"
    " INSERT INTO day (date, state, agreement, opened_at, opened_by, cut_at, closed_at, closed_by)"
    " SELECT d, 'closed', 'agreed', d * 86400000, '2001', d * 86400000 + 36000000, d * 86400000 + 36000001, '2001' FROM d;"
    "WITH RECURSIVE n(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < %d - 1)"
    " INSERT INTO payment (ref, token, proc, state, customer, name, address, account, bills_fen, late_fee_fen, prepaid_fen,"
    "  amount_fen, bill_count, tendered_fen, change_fen, day, taken_at, stan, terminal, till, operator, offline, shown_at, posted, audit)"
    " SELECT printf('00%%010d', n + 1), n, 500000, 'posted', n %% 15140, 'n', 'a', '', 10000 + n %% 5000, 0, 0, 10000 + n %% 5000, 1,"
    "  10000 + n %% 5000, 0, %d + n / 5000, (%d + n / 5000) * 86400000 + n %% 5000 * 7200, n %% 5000 + 1, '77', 1000,"
    "  CASE n %% 2 WHEN 0 THEN '1001' ELSE '1002' END, 0, 1, 1, n + 1000000 FROM n;"
    "COMMIT; PRAGMA wal_checkpoint(TRUNCATE)";

static void fill(void)
{
    char sql[4000], path[300], *why = NULL;
    sqlite3 *db = NULL;
    snprintf(sql, sizeof sql, years, FIRST_DAY, FIRST_DAY, FIRST_DAY + days(), days() * A_DAY, FIRST_DAY, FIRST_DAY);
    assert_int_equal(sqlite3_open(world_path(&w, "branch.db", path, sizeof path), &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK) fail_msg("%s", why);
    sqlite3_close(db);
}

static int start(void **state)
{
    world_open(&w, "totals");
    world_utility(&w, 100);
    world_bank(&w);
    world_branch(&w, NULL);
    world_stop(&w, "branchd");
    fill();
    world_start(&w, "branchd");
    world_branch_socket(&w, socket_path, sizeof socket_path);
    talk_open(&boss, socket_path, "09");
    talk_sign_on(&boss, BRANCH_SUPERVISOR, BRANCH_PASSWORD);
    return 0;
}

static int stop(void **state)
{
    talk_close(&boss);
    world_close(&w);
    return 0;
}

static void day_text(int date, char text[DAY_TEXT_SIZE]) { day_format(date, text, DAY_TEXT_SIZE); }

/* Of branchd's processor, in ticks of 10 ms; whatever else runs beside it. */
static int64_t worked_ms(void)
{
    char path[64], text[500];
    unsigned long user = 0, kernel = 0;
    snprintf(path, sizeof path, "/proc/%ld/stat", (long)world_pid(&w, "branchd"));
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    assert_non_null(fgets(text, sizeof text, f));
    fclose(f);
    assert_int_equal(sscanf(strrchr(text, ')') + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &kernel), 2);
    return (int64_t)(user + kernel) * 1000 / sysconf(_SC_CLK_TCK);
}

static void a_day_of_5000_payments_takes_20_ms(void **state)
{
    char day[DAY_TEXT_SIZE];
    int64_t best = INT64_MAX;
    day_text(FIRST_DAY + days() - 1, day);
    for (int i = 0; i < BEST_OF; i++) { /* 10 questions a measure: its clock counts in 10 ms */
        int64_t from = worked_ms();
        for (int n = 0; n < 10; n++) {
            json_t *t = talk_ask(&boss, "totals", "{s:s}", "day", day);
            assert_int_equal(talk_number(t, "payments"), A_DAY);
            assert_int_equal(talk_number(t, "payments_fen"), INT64_C(10000) * A_DAY + INT64_C(4999) * A_DAY / 2);
        }
        int64_t took = (worked_ms() - from) / 10;
        best = took < best ? took : best;
    }
    print_message("a day: %lld ms\n", (long long)best);
    assert_true(best < 20);
}

static void every_day_of_a_million_takes_a_second(void **state)
{
    int64_t best = INT64_MAX, payments = 0;
    for (int i = 0; i < BEST_OF; i++) {
        int64_t from = worked_ms();
        payments = 0;
        for (int d = 0; d < days(); d++) {
            char day[DAY_TEXT_SIZE];
            day_text(FIRST_DAY + d, day);
            payments += talk_number(talk_ask(&boss, "totals", "{s:s}", "day", day), "payments");
        }
        int64_t took = worked_ms() - from;
        best = took < best ? took : best;
    }
    assert_int_equal(payments, (int64_t)days() * A_DAY);
    print_message("%lld payments: %lld ms\n", (long long)payments, (long long)best);
    assert_true(best < payments / 1000);
}

/* A month's report is 30 such days and their words; a teller's and the branch's day beside them. */
static void reports_are_made_at_the_same_pace(void **state)
{
    static const struct { const char *name; int64_t payments; } reports[] = {{"branch", A_DAY}, {"teller", A_DAY / 2}, {"month", 0}};
    char day[DAY_TEXT_SIZE];
    day_text(FIRST_DAY + 27, day); /* the last of a month */
    for (size_t i = 0; i < sizeof reports / sizeof *reports; i++) {
        int64_t from = worked_ms();
        json_t *report = talk_ask(&boss, "report", "{s:s, s:s, s:s}", "name", reports[i].name, "day", day, "teller", BRANCH_TELLER);
        int64_t took = worked_ms() - from, payments = talk_number(json_object_get(report, "data"), "payments");
        if (reports[i].payments) payments = talk_number(json_object_get(json_object_get(report, "data"), "sums"), "payments");
        print_message("%s: %lld ms, %lld payments\n", reports[i].name, (long long)took, (long long)payments);
        assert_true(reports[i].payments == 0 || payments == reports[i].payments);
        assert_true(took <= 40 + payments / 1000 * 4);
    }
}

/* What every counter is told every 5 seconds must not grow with the years. */
static void the_state_costs_the_same_in_a_large_branch(void **state)
{
    int64_t best = INT64_MAX;
    for (int i = 0; i < BEST_OF; i++) {
        int64_t from = worked_ms();
        for (int n = 0; n < 10; n++)
            talk_ask(&boss, n % 2 ? "state" : "restore_state", n % 2 ? NULL : "{}");
        int64_t took = worked_ms() - from;
        best = took < best ? took : best;
    }
    print_message("ten states: %lld ms\n", (long long)best);
    assert_true(best <= 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_day_of_5000_payments_takes_20_ms),
        cmocka_unit_test(every_day_of_a_million_takes_a_second),
        cmocka_unit_test(reports_are_made_at_the_same_pace),
        cmocka_unit_test(the_state_costs_the_same_in_a_large_branch),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
