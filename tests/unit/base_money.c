/* Money is counted in fen, checked at every step, and read as tellers type it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/money.h"

static void sums_that_do_not_fit_are_refused(void **state)
{
    int64_t out = 7;
    assert_true(money_add(1, 2, &out));
    assert_int_equal(out, 3);
    out = 7;
    assert_false(money_add(INT64_MAX, 1, &out));
    assert_false(money_add(INT64_MIN, -1, &out));
    assert_false(money_sub(INT64_MIN, 1, &out));
    assert_false(money_sub(0, INT64_MIN, &out));
    assert_false(money_mul(INT64_MAX, 2, &out));
    assert_false(money_mul(INT64_MIN, -1, &out));
    assert_int_equal(out, 7);
    assert_true(money_sub(100, 250, &out));
    assert_int_equal(out, -150);
    assert_true(money_mul(-5, 3, &out));
    assert_int_equal(out, -15);
}

static void a_share_is_rounded_half_up_once(void **state)
{
    static const struct { int64_t a, num, den, want; } row[] = {
        { 8528, 26, 1000, 222 },        /* 221.728 */
        { 5, 1, 10, 1 },                /* 0.5 up */
        { 4, 1, 10, 0 },
        { -5, 1, 10, -1 },              /* away from zero */
        { -4, 1, 10, 0 },
        { 1, 1, 3, 0 },
        { 2, 1, 3, 1 },
        { 1, 3, 7, 0 },                 /* 0.4286: an odd divisor rounds down below half */
        { 1, 4, 7, 1 },
        { MONEY_MAX_FEN, 100000, 100000, MONEY_MAX_FEN },
        { INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX },
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        int64_t out = -999;
        assert_true(money_muldiv(row[i].a, row[i].num, row[i].den, &out));
        assert_int_equal(out, row[i].want);
    }
    int64_t out = 7;
    assert_false(money_muldiv(INT64_MAX, 2, 1, &out));
    assert_int_equal(out, 7);
}

static void amounts_are_written_with_two_places(void **state)
{
    static const struct { int64_t fen; const char *plain, *grouped; } row[] = {
        { 0, "0.00", "0.00" }, { 5, "0.05", "0.05" }, { -5, "-0.05", "-0.05" },
        { 123450, "1234.50", "1,234.50" }, { 99999, "999.99", "999.99" },
        { 100000, "1000.00", "1,000.00" }, { -123456789, "-1234567.89", "-1,234,567.89" },
        { MONEY_MAX_FEN, "9999999999.99", "9,999,999,999.99" },
        { INT64_MIN, "-92233720368547758.08", "-92,233,720,368,547,758.08" },
    };
    char buf[MONEY_TEXT_SIZE];
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        assert_string_equal(money_format(row[i].fen, buf, sizeof buf), row[i].plain);
        assert_string_equal(money_format_grouped(row[i].fen, buf, sizeof buf), row[i].grouped);
    }
}

static void what_tellers_type_is_read(void **state)
{
    static const struct { const char *typed; int64_t fen; } row[] = {
        { "12", 1200 }, { "12.3", 1230 }, { "1234.50", 123450 }, { ".5", 50 }, { "0", 0 },
        { "12.", 1200 }, { "0.05", 5 }, { "007", 700 }, { "9999999999.99", MONEY_MAX_FEN },
        { "００１２．３４", 1234 }, { "1２.５", 1250 },
        { "0000000000000000000000000000001", 100 },
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        int64_t fen = -1;
        struct error err;
        assert_int_equal(money_parse(row[i].typed, &fen, &err), 0);
        assert_int_equal(fen, row[i].fen);
    }
}

static void what_is_no_amount_is_refused_with_the_reason(void **state)
{
    static const struct { const char *typed, *why; } row[] = {
        { "", "nothing" }, { ".", "digit" }, { "1.234", "two digits" }, { "-5", "sign" },
        { "+5", "sign" }, { "1,234", "grouping" }, { "12a", "digits" }, { "1.2.3", "digits" },
        { "1e3", "digits" }, { " 5", "digits" }, { "5 ", "digits" }, { "壹佰", "digits" },
        { "0x10", "digits" }, { "10000000000", "largest" }, { "99999999999999999999", "largest" },
        { "－5", "sign" }, { "1.-5", "digits" }, { "\x1b[2J", "digits" },
        { "111111111111111111111111111111111111111111111111111111111111111111", "too long" },
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        int64_t fen = 77;
        struct error err;
        assert_int_equal(money_parse(row[i].typed, &fen, &err), -1);
        assert_int_equal(fen, 77);
        assert_non_null(strstr(err.why, row[i].why));
        assert_true(err.remedy[0] != '\0');
        assert_null(strchr(err.what, '\x1b'));
    }
    assert_int_equal(money_parse("x", &(int64_t){ 0 }, NULL), -1);
}

static void every_amount_written_is_read_back(void **state)
{
    char buf[MONEY_TEXT_SIZE];
    for (int64_t fen = 0; fen <= MONEY_MAX_FEN; fen = fen * 3 + 1) {
        int64_t back = -1;
        assert_int_equal(money_parse(money_format(fen, buf, sizeof buf), &back, NULL), 0);
        assert_int_equal(back, fen);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_that_do_not_fit_are_refused),
        cmocka_unit_test(a_share_is_rounded_half_up_once),
        cmocka_unit_test(amounts_are_written_with_two_places),
        cmocka_unit_test(what_tellers_type_is_read),
        cmocka_unit_test(what_is_no_amount_is_refused_with_the_reason),
        cmocka_unit_test(every_amount_written_is_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
