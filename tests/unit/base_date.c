/* Civil dates as day counts, and clocks that are handed in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/date.h"

static day_t day(const char *text)
{
    day_t out = DAY_NONE;
    assert_true(day_parse(text, &out));
    return out;
}

static void days_are_counted_from_1970(void **state)
{
    assert_int_equal(day("1970-01-01"), 0);
    assert_int_equal(day("1969-12-31"), -1);
    assert_int_equal(day("2000-03-01"), 11017);
    assert_int_equal(day("2026-11-20") - day("2026-10-25"), 26);
}

static void every_day_of_eleven_centuries_comes_back(void **state)
{
    char buf[DAY_TEXT_SIZE];
    day_t last = day("2999-12-31"), first = day("1900-01-01");
    int weekday = 1; /* 1 January 1900 was a Monday */
    for (day_t d = first; d <= last; d++, weekday = (weekday + 1) % 7) {
        int y, m, md;
        day_t back;
        day_to_ymd(d, &y, &m, &md);
        assert_true(day_from_ymd(y, m, md, &back));
        assert_int_equal(back, d);
        assert_int_equal(day_weekday(d), weekday);
    }
    assert_string_equal(day_format(last, buf, sizeof buf), "2999-12-31");
    assert_string_equal(day_format(DAY_NONE, buf, sizeof buf), "-");
}

static void dates_that_are_none_are_refused(void **state)
{
    static const char *const bad[] = {
        "2026-02-29", "2026-13-01", "2026-00-10", "2026-04-31", "2026-4-1", "2026/04/01",
        "1899-12-31", "3000-01-01", "", "2026-11-20 ", " 2026-11-20", "2026-11-2a", "20261120",
        "1900-02-29", "２０２６-11-20", "2026-11-00", "-026-11-20",
    };
    day_t out = 5;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_false(day_parse(bad[i], &out));
    assert_int_equal(out, 5);
    assert_int_equal(day("2000-02-29") + 1, day("2000-03-01"));
    assert_int_equal(day("2028-02-29") + 1, day("2028-03-01"));
    assert_true(day_parse_compact("20261120", &out));
    assert_int_equal(out, day("2026-11-20"));
    assert_false(day_parse_compact("2026-11-20", &out));
    assert_false(day_parse_compact("20261131", &out));
}

static void a_date_without_its_year_is_the_nearest_one(void **state)
{
    static const struct { const char *mmdd, *near, *want; } row[] = {
        { "1120", "2026-11-20", "2026-11-20" }, { "1231", "2027-01-02", "2026-12-31" },
        { "0101", "2026-12-31", "2027-01-01" }, { "0229", "2026-02-20", "2024-02-29" },
        { "0229", "2026-09-01", "2028-02-29" }, { "0229", "2100-02-01", "2096-02-29" }, { "0229", "2100-03-01", "2104-02-29" },
        { "0630", "2026-11-20", "2026-06-30" },
    };
    day_t out;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        assert_true(day_from_mmdd(row[i].mmdd, day(row[i].near), &out));
        assert_int_equal(out, day(row[i].want));
    }
    assert_false(day_from_mmdd("0230", day("2026-03-01"), &out));
    assert_false(day_from_mmdd("1301", day("2026-03-01"), &out));
    assert_false(day_from_mmdd("11a0", day("2026-03-01"), &out));
    assert_false(day_from_mmdd("111", day("2026-03-01"), &out));
}

static void a_period_is_a_month(void **state)
{
    assert_true(period_valid("202610"));
    assert_true(period_valid("202612"));
    assert_false(period_valid("202613"));
    assert_false(period_valid("202600"));
    assert_false(period_valid("2026-1"));
    assert_false(period_valid("20261"));
    assert_false(period_valid("2026100"));
}

static void local_time_is_china_s(void **state)
{
    int64_t now_ms = 0;
    struct clock clock = clock_manual(&now_ms, CLOCK_CHINA_OFFSET_S);
    char buf[CLOCK_TEXT_SIZE];
    assert_string_equal(clock_format(&clock, 0, buf, sizeof buf), "1970-01-01T08:00:00");
    struct civil local = { 2026, 11, 20, 0, 30, 7 };
    now_ms = clock_from_local(&clock, &local);
    assert_string_equal(clock_format(&clock, now_ms, buf, sizeof buf), "2026-11-20T00:30:07");
    assert_int_equal(clock_today(&clock), day("2026-11-20"));
    struct civil utc;
    clock_utc(now_ms, &utc);
    assert_int_equal(utc.day, 19);
    assert_int_equal(utc.hour, 16);
    now_ms = -1; /* before 1970, west of Greenwich */
    clock.utc_offset_s = -3600;
    assert_string_equal(clock_format(&clock, now_ms, buf, sizeof buf), "1969-12-31T22:59:59");
}

static void the_system_s_clock_is_moved_by_its_shift(void **state)
{
    struct clock plain = clock_system(CLOCK_CHINA_OFFSET_S, 0);
    int64_t before_ms = clock_now_ms(&plain);
    struct clock moved = clock_system(CLOCK_CHINA_OFFSET_S, -86400);
    int64_t gap_ms = before_ms - clock_now_ms(&moved);
    assert_in_range(gap_ms, 86400000 - 10000, 86400000);
    int64_t a = clock_monotonic_ms();
    assert_true(clock_monotonic_ms() >= a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_are_counted_from_1970),
        cmocka_unit_test(every_day_of_eleven_centuries_comes_back),
        cmocka_unit_test(dates_that_are_none_are_refused),
        cmocka_unit_test(a_date_without_its_year_is_the_nearest_one),
        cmocka_unit_test(a_period_is_a_month),
        cmocka_unit_test(local_time_is_china_s),
        cmocka_unit_test(the_system_s_clock_is_moved_by_its_shift),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
