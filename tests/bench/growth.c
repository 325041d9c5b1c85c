/* How what people wait for grows with the books: look-ups of the utility's bills at 64
 * connections, a branch's totals of today and of all its days. 10^5, 10^6, and as far as
 * BENCH_ROWS (1,000,000) says: 10,000,000 takes 6 GB of disk and some minutes.
 *
 * BENCH_S (3) seconds a measure; BENCH_RATE (5,000) look-ups a second: a province of
 * 3,000 branches asks for 1,000 in its busiest hour. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/bench.h"
#include "lib/bench_load.h"
#include "lib/books.h"

#define LEAST 100000
#define LINES 64
#define A_DAY 5000 /* payments of a branch */
#define ROUNDS 3

static struct utility_world u;
static int64_t seconds, rate;

/* --- look-ups ------------------------------------------------------------------------ */

struct waits { int64_t a_second, p50_us, p99_us, cpu_us; };

/* The quickest of some rounds: what else the machine does is not ours. */
static struct waits look_up(struct load *l, int lines, int64_t a_second)
{
    struct waits best = {.p99_us = INT64_MAX};
    int ports[] = {u.w.utility_port};
    l->lines = lines;
    l->fronts = 1;
    l->ports = ports;
    l->rate = a_second;
    for (int i = 0; i < ROUNDS; i++) {
        load_run(l);
        if (l->p99_us < best.p99_us) best = (struct waits){l->a_second, l->p50_us, l->p99_us, l->cpu_us};
    }
    return best;
}

/* Of one question at a time: least mixed with what else waits. */
static int64_t lookups(int64_t bills)
{
    struct load l = {.u = &u, .seconds = seconds, .customers = bills, .next = 1};
    char name[160];
    utility_world_open(&u, "growth", DB_SQLITE, "");
    load_make_bills(&u, bills);
    load_import_ms(&u);
    utility_serve(&u);
    struct waits one = look_up(&l, 1, 0), paced = look_up(&l, LINES, rate), full = look_up(&l, LINES, 0);
    int64_t late = bench_late_us();
    utility_world_close(&u);
    snprintf(name, sizeof name, "utility-lookup-%lld-bills-1-p50 (p99 %lld us, CPU %lld us each)", (long long)bills, (long long)one.p99_us, (long long)one.cpu_us);
    bench_line(name, "us", one.p50_us, 0, 2000, false);
    snprintf(name, sizeof name, "utility-lookup-%lld-bills-64-p99 (%lld a second asked for, p50 %lld us, CPU %lld us each)", (long long)bills, (long long)rate,
             (long long)paced.p50_us, (long long)paced.cpu_us);
    bench_line(name, "us", paced.p99_us, 0, 2000, false);
    bench_line("utility-lookup-64-p99 (peer: how late a sleeper wakes on this machine now)", "us", paced.p99_us, late, 0, false);
    snprintf(name, sizeof name, "utility-lookup-%lld-bills-64-most (each line asks at once again: p50 %lld us, p99 %lld us, CPU %lld us each)", (long long)bills,
             (long long)full.p50_us, (long long)full.p99_us, (long long)full.cpu_us);
    bench_line(name, "/s", full.a_second, 0, 10000, true);
    return one.p50_us;
}

/* --- totals -------------------------------------------------------------------------- */

/* Years of work laid into the ledger at once, its checks off while it is written. */
static const char years[] =
    "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-200000; BEGIN;"
    "DROP TRIGGER payment_starts; DROP TRIGGER payment_on_an_open_day;"
    "DROP INDEX payment_customer; DROP INDEX payment_terminal; DROP INDEX payment_not_shown; DROP INDEX payment_open;"
    "INSERT INTO till VALUES (1, '07', '03', '0712', %lld, 'closed', 0, 0, 1, NULL, NULL, NULL);"
    "WITH RECURSIVE d(d) AS (SELECT %lld UNION ALL SELECT d + 1 FROM d WHERE d < 20780)"
    " INSERT INTO day (date, state, agreement, opened_at, opened_by, cut_at, closed_at, closed_by)"
    " SELECT d, 'closed', 'agreed', d * 86400000, '0101', d * 86400000 + 36000000, d * 86400000 + 36000001, '0101' FROM d;"
    "WITH RECURSIVE n(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < %lld)"
    " INSERT INTO payment (ref, token, proc, state, customer, name, address, account, bills_fen, late_fee_fen, prepaid_fen,"
    "  amount_fen, bill_count, tendered_fen, change_fen, day, taken_at, stan, terminal, till, operator, offline, shown_at,"
    "  posted, reversed, audit)"
    " SELECT printf('01%%010d', n + 1), n, 500000, CASE WHEN n %% 20 = 7 THEN 'reversed' WHEN n %% 10 = 3 THEN 'advised' ELSE 'posted' END,"
    "  n %% 15140, 'n', 'a', '', 10000 + n %% 5000, 200, 50, 10250 + n %% 5000, 1, 10250 + n %% 5000, 0, %lld + n / 5000,"
    "  (%lld + n / 5000) * 86400000 + n %% 5000 * 7200, n %% 5000 + 1, '03', 1, CASE n %% 2 WHEN 0 THEN '0712' ELSE '0713' END,"
    "  n %% 10 = 3, 1, n %% 10 <> 3, n %% 20 = 7, n + 100 FROM n;"
    "COMMIT";

static int64_t totals_us(struct books *books, day_t first)
{
    struct ledger_totals t;
    int64_t best = INT64_MAX, counted = 0;
    for (int i = 0; i < ROUNDS; i++) {
        int64_t from = bench_own_cpu_us();
        counted = 0;
        for (day_t day = first; day < BOOKS_DAY; day++) {
            if (day_totals(books->ledger, day, NULL, &t, &books->err) != LEDGER_OK) fail_msg("%s", books->err.why);
            counted += t.payments;
        }
        int64_t took = bench_own_cpu_us() - from;
        if (took < best) best = took;
    }
    assert_int_equal(counted, (BOOKS_DAY - first) * A_DAY);
    return best;
}

static int64_t totals(int64_t payments)
{
    static struct books books;
    static char sql[4000];
    long long first = BOOKS_DAY - payments / A_DAY;
    char name[100];
    snprintf(sql, sizeof sql, years, first, first, (long long)payments - 1, first, first);
    books_start(&books, false);
    books_bulk(&books, sql);
    books.odd = true;
    int64_t day = totals_us(&books, BOOKS_DAY - 1), all = totals_us(&books, (day_t)first);
    books_end(&books);
    snprintf(name, sizeof name, "branch-totals-of-a-day (5,000 of %lld payments)", (long long)payments);
    bench_line(name, "us", day, 0, 20000, false);
    snprintf(name, sizeof name, "branch-totals-of-%lld", (long long)payments);
    bench_line(name, "us", all, 0, payments, false); /* a second for a million */
    return day;
}

static void the_bench(void **state)
{
    int64_t most = bench_setting("BENCH_ROWS", 1000000), first_day = 0;
    int64_t first = 0;
    seconds = bench_setting("BENCH_S", 3);
    rate = bench_setting("BENCH_RATE", 5000);
    for (int64_t rows = LEAST; rows <= most; rows *= 10) {
        int64_t day = totals(rows);
        int64_t now = lookups(rows);
        char name[100];
        if (rows > LEAST) {
            snprintf(name, sizeof name, "utility-lookup-p50-growth (%lld bills beside 100,000)", (long long)rows);
            bench_line(name, "us", now, first, 1500, false);
            snprintf(name, sizeof name, "branch-totals-of-a-day-growth (%lld payments beside 100,000)", (long long)rows);
            bench_line(name, "us", day, first_day, 1500, false);
        } else {
            first = now;
            first_day = day;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_bench)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
