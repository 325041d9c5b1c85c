/* The business day goes on at the set hour: once, whoever watches the clock, and all
 * the same when nobody ran at that hour. The clocks are the test's: each program's
 * setting clock.shift_s. On PostgreSQL two front ends share the utility's books. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/db.h"
#include "lib/postgres.h"
#include "lib/world.h"

#define HOUR_S (17 * 3600)
#define IN_TIME_MS 30000

static struct world w;
static struct postgres pg;
static day_t today;
static char *utility_ini, *bank_ini; /* without the test's own lines */

/* Both programs' clocks: that many days on, at this second of the day; and the hours. */
static void set_clocks(int days, int64_t second, const char *utility_hour, const char *bank_hour)
{
    struct clock clock = clock_system(CLOCK_CHINA_OFFSET_S, 0);
    struct civil local;
    clock_local(&clock, clock_now_ms(&clock), &local);
    long long shift = (long long)(today - clock_today(&clock) + days) * 86400 + second - (local.hour * 3600 + local.minute * 60 + local.second);
    world_write(&w, "utilityd.ini", "%s\n[rules]\ncutover = %s\n[clock]\nshift_s = %lld\n", utility_ini, utility_hour, shift);
    world_write(&w, "bankd.ini", "%s\n[utility]\ncutover = %s\ntotals_after = 0s\ntotals_again = 1s\n[clock]\nshift_s = %lld\n", bank_ini, bank_hour, shift);
    if (!pg.pid) return;
    char *second_front = world_read(&w, "utilityd.ini"), *port = strstr(second_front, "127.0.0.1:");
    assert_non_null(port);
    world_write(&w, "utilityd-2.ini", "%.*s127.0.0.1:%d%s", (int)(port - second_front), second_front, world_free_port(), port + strcspn(port, "\n"));
    free(second_front);
}

static void start_utility(void)
{
    world_start(&w, "utilityd");
    if (pg.pid) world_start(&w, "utilityd-2");
}

static void stop_all(void)
{
    assert_int_equal(world_stop(&w, "bankd"), 0);
    assert_int_equal(world_stop(&w, "utilityd"), 0);
    if (pg.pid) assert_int_equal(world_stop(&w, "utilityd-2"), 0);
}

#define TURNS "SELECT count(*) FROM audit WHERE what LIKE 'business day % begins'"

/* The local second of the day at which a row was written. */
static int64_t second_of(const char *sql)
{
    return (world_sql(&w, "utility.db", sql) / 1000 + CLOCK_CHINA_OFFSET_S) % 86400;
}

static void bank_asks_for(int days)
{
    char sql[200];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM agreement WHERE branch = '' AND closing = 1 AND settlement = 1 AND business = %d", (int)today + days);
    world_sql_reaches(&w, "utility.db", sql, 1, IN_TIME_MS);
}

static void at_the_hour_it_goes_on_once(void **state)
{
    set_clocks(0, HOUR_S - 4, "17h", "0s");
    start_utility();
    world_start(&w, "bankd");
    world_sql_reaches(&w, "utility.db", TURNS, 1, IN_TIME_MS);
    assert_in_range(second_of("SELECT at_ms FROM audit WHERE what LIKE 'business day % begins'"), HOUR_S, HOUR_S + 60);
    bank_asks_for(0);
    assert_int_equal(world_sql(&w, "utility.db", TURNS), 1);
    stop_all();
}

/* The next day nobody runs at the hour, neither side. */
static void a_missed_hour_is_made_good_at_the_next_start(void **state)
{
    set_clocks(1, HOUR_S + 1800, "17h", "0s");
    start_utility();
    world_sql_reaches(&w, "utility.db", TURNS, 2, IN_TIME_MS);
    world_start(&w, "bankd"); /* it was not there when the banks were told */
    bank_asks_for(1);
    assert_int_equal(world_sql(&w, "utility.db", TURNS), 2); /* and nothing was turned twice meanwhile */
    assert_int_equal(world_sql(&w, "utility.db", "SELECT value FROM setting WHERE name = 'business_day'"), today + 2);
    stop_all();
}

static void a_bank_may_have_an_hour_of_its_own(void **state)
{
    char sql[200];
    set_clocks(3, HOUR_S - 4, "0s", "17h");
    start_utility();
    world_start(&w, "bankd");
    bank_asks_for(3);
    snprintf(sql, sizeof sql, "SELECT min(at_ms) FROM agreement WHERE branch = '' AND closing = 1 AND business = %d", (int)today + 3);
    assert_in_range(second_of(sql), HOUR_S, HOUR_S + 60);
    assert_int_equal(world_sql(&w, "utility.db", TURNS), 2); /* the utility's day is its own */
    stop_all();
    set_clocks(4, HOUR_S + 1800, "0s", "17h"); /* and it was down at that hour */
    start_utility();
    world_start(&w, "bankd");
    bank_asks_for(4);
    stop_all();
}

static int open_world(enum db_kind kind)
{
    struct clock clock = clock_system(CLOCK_CHINA_OFFSET_S, 0);
    today = clock_today(&clock);
    world_open(&w, "cutover");
    if (kind == DB_POSTGRES) {
        postgres_open(&pg);
        snprintf(w.bank_store, sizeof w.bank_store, "%s", pg.url);
        postgres_database(&pg, "utility", w.utility_store, sizeof w.utility_store);
    }
    world_utility(&w, 0);
    world_bank(&w);
    assert_int_equal(world_stop(&w, "bankd"), 0);
    assert_int_equal(world_stop(&w, "utilityd"), 0);
    utility_ini = world_read(&w, "utilityd.ini");
    bank_ini = world_read(&w, "bankd.ini");
    return 0;
}
static int open_sqlite(void **state) { return open_world(DB_SQLITE); }
static int open_postgres(void **state) { return open_world(DB_POSTGRES); }

static int close_world(void **state)
{
    world_close(&w);
    postgres_close(&pg);
    free(utility_ini);
    free(bank_ini);
    return 0;
}

#define TESTS                                                                                                  \
    cmocka_unit_test(at_the_hour_it_goes_on_once), cmocka_unit_test(a_missed_hour_is_made_good_at_the_next_start), \
    cmocka_unit_test(a_bank_may_have_an_hour_of_its_own)

int main(void)
{
    const struct CMUnitTest sqlite[] = {TESTS}, postgres[] = {TESTS};
    int failed = cmocka_run_group_tests_name("cutover on SQLite", sqlite, open_sqlite, close_world);
    return failed + cmocka_run_group_tests_name("cutover on PostgreSQL", postgres, open_postgres, close_world);
}
