/* Amounts in capital numerals, against the standard's cases, more of the same
 * kind, and a slow reader that knows nothing of how they are written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/capital.h"
#include "base/money.h"

static void the_standards_cases(void **state)
{
    static const struct { int64_t fen; const char *capital; } row[] = {
        { 600714, "陆仟零柒元壹角肆分" },
        { 1068003, "壹万零陆佰捌拾元零叁分" },
        { 140950, "壹仟肆佰零玖元伍角" },
        { 5, "伍分" },
        { 10000000000, "壹亿元整" },
    };
    char buf[CAPITAL_TEXT_SIZE];
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        assert_string_equal(capital_amount(row[i].fen, buf, sizeof buf), row[i].capital);
}

static void amounts_of_every_shape(void **state)
{
    static const struct { int64_t fen; const char *capital; } row[] = {
        { 0, "零元整" }, { 1, "壹分" }, { 10, "壹角" }, { 11, "壹角壹分" }, { 100, "壹元整" },
        { 101, "壹元零壹分" }, { 110, "壹元壹角" }, { 1000, "壹拾元整" }, { 1100, "壹拾壹元整" },
        { 10100, "壹佰零壹元整" }, { 100100, "壹仟零壹元整" }, { 101000, "壹仟零壹拾元整" },
        { 1000000, "壹万元整" }, { 1000100, "壹万零壹元整" }, { 1100000, "壹万壹仟元整" },
        { 10000100, "壹拾万零壹元整" }, { 100000005, "壹佰万元零伍分" },
        { 10000000100, "壹亿零壹元整" }, { 10001000000, "壹亿零壹万元整" },
        { 10100000000, "壹亿零壹佰万元整" }, { 1000000000000 - 1, "玖拾玖亿玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分" },
        { 200000000000, "贰拾亿元整" }, { 305000000000, "叁拾亿零伍仟万元整" },
        { 10700053, "壹拾万零柒仟元伍角叁分" }, { 1640902, "壹万陆仟肆佰零玖元零贰分" },
        { 32504, "叁佰贰拾伍元零肆分" }, { 168032, "壹仟陆佰捌拾元叁角贰分" },
        { -600714, "负陆仟零柒元壹角肆分" },
    };
    char buf[CAPITAL_TEXT_SIZE];
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        assert_string_equal(capital_amount(row[i].fen, buf, sizeof buf), row[i].capital);
}

/* One character of the capitals at *text, moved on; -1 at the end. */
static int next_sign(const char **text)
{
    static const char *const sign[] = { "零", "壹", "贰", "叁", "肆", "伍", "陆", "柒", "捌", "玖",
                                        "拾", "佰", "仟", "万", "亿", "元", "角", "分", "整" };
    for (int i = 0; i < (int)(sizeof sign / sizeof *sign); i++) {
        if (strncmp(*text, sign[i], 3)) continue;
        *text += 3;
        return i;
    }
    assert_string_equal(*text, "");
    return -1;
}

/* Adds up what the signs are worth, as a person would. */
static int64_t read_slowly(const char *text)
{
    static const int64_t place[] = { 10, 100, 1000 };
    int64_t total_fen = 0, yuan = 0, group = 0, digit = 0;
    for (int sign; (sign = next_sign(&text)) >= 0;) {
        if (sign <= 9) {
            digit = sign;
            continue;
        }
        if (sign <= 12) group += digit * place[sign - 10];
        if (sign == 13) yuan += (group + digit) * 10000;
        if (sign == 14) yuan += (group + digit) * 100000000;
        if (sign == 15) total_fen = (yuan + group + digit) * 100;
        if (sign == 16) total_fen += digit * 10;
        if (sign == 17) total_fen += digit;
        if (sign >= 13) group = 0;
        digit = 0;
    }
    return total_fen;
}

static void check_form(int64_t fen)
{
    char buf[CAPITAL_TEXT_SIZE];
    const char *text = capital_amount(fen, buf, sizeof buf);
    assert_non_null(text);
    assert_int_equal(read_slowly(text), fen);
    assert_null(strstr(text, "零零"));
    assert_null(strstr(text, "零万"));
    assert_null(strstr(text, "亿万"));
    if (fen) assert_null(strstr(text, "零元"));
    size_t len = strlen(text);
    bool whole = len >= 3 && !strcmp(text + len - 3, "整");
    assert_int_equal(whole, fen % 100 == 0); /* after yuan always, after fen never */
}

static void every_amount_is_read_back_by_a_slow_reader(void **state)
{
    for (int64_t fen = 0; fen < 300000; fen++) check_form(fen);
    uint64_t chance = 88172645463325252u; /* xorshift, fixed: the same amounts each time */
    for (int i = 0; i < 200000; i++) {
        chance ^= chance << 13, chance ^= chance >> 7, chance ^= chance << 17;
        check_form((int64_t)(chance % (uint64_t)(MONEY_MAX_FEN + 1)));
    }
    /* zeros in every arrangement: each of twelve digits is 0 or 5 */
    for (int bits = 0; bits < 4096; bits++) {
        int64_t fen = 0;
        for (int place = 0; place < 12; place++) fen = fen * 10 + (bits >> place & 1) * 5;
        check_form(fen);
    }
}

static void what_cannot_be_written_is_refused(void **state)
{
    char buf[CAPITAL_TEXT_SIZE], small[10];
    assert_null(capital_amount(MONEY_MAX_FEN + 1, buf, sizeof buf));
    assert_null(capital_amount(-MONEY_MAX_FEN - 1, buf, sizeof buf));
    assert_null(capital_amount(INT64_MIN, buf, sizeof buf));
    assert_null(capital_amount(600714, small, sizeof small));
    assert_non_null(capital_amount(-MONEY_MAX_FEN, buf, sizeof buf));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_standards_cases),
        cmocka_unit_test(amounts_of_every_shape),
        cmocka_unit_test(every_amount_is_read_back_by_a_slow_reader),
        cmocka_unit_test(what_cannot_be_written_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
