/* A bill record, judged field by field, on file and wire; and its late fee. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/money.h"
#include "wire/bill.h"

static const char *const good[BILL_FIELDS] = {
    "20261000000001", "0499110001", "王建国", "深州镇永昌路1号", "深州镇", "R", "379954895292",
    "202610", "4312", "4528", "1", "216", "11412", "180@0.5200;36@0.5700", "2026-11-25",
    "2026-11-01", "2026-11-28", "1" };

static day_t day(const char *text)
{
    day_t out = DAY_NONE;
    assert_true(day_parse(text, &out));
    return out;
}

static int parse_with(int field, const char *text, struct bill *b, struct bill_fault *fault)
{
    const char *fields[BILL_FIELDS];
    memcpy(fields, good, sizeof fields);
    if (field) fields[field - 1] = text;
    return bill_parse(fields, BILL_FIELDS, b, fault);
}

static void a_good_bill_is_read_and_written_again(void **state)
{
    struct bill b, again;
    struct bill_fault fault;
    char text[BILL_TEXT_SIZE], wire[BILL_WIRE_MAX + 1], tiers[256];
    assert_int_equal(parse_with(0, NULL, &b, &fault), 0);
    assert_string_equal(b.name, "王建国");
    assert_int_equal(b.kwh, 216);
    assert_int_equal(b.tier_count, 2);
    assert_int_equal(b.tiers[1].price_e4, 5700);
    assert_int_equal(b.due, day("2026-11-25"));
    assert_string_equal(bill_format(&b, text, sizeof text),
                        "20261000000001|0499110001|王建国|深州镇永昌路1号|深州镇|R|379954895292|202610|4312|"
                        "4528|1|216|11412|180@0.5200;36@0.5700|2026-11-25|2026-11-01|2026-11-28|1");
    assert_string_equal(bill_tiers_format(b.tiers, 2, tiers, sizeof tiers), good[13]);
    int len = bill_wire_format(&b, wire, sizeof wire);
    assert_int_equal(len, (int)strlen(wire));
    for (int i = 0; i < len; i++) assert_in_range(wire[i], ' ', '~');
    assert_int_equal(bill_wire_parse(wire, (size_t)len, &again, &fault), 0);
    assert_memory_equal(&b, &again, sizeof b);
    assert_int_equal(bill_check(&b, &fault), 0);
}

static void rare_and_latin_names_pass(void **state)
{
    static const char *const names[] = { "𠮷田䶮", "O'Brien-Smith & Co. Ltd", "亅乗;\\" };
    for (size_t i = 0; i < 3; i++) {
        struct bill b, again;
        struct bill_fault fault;
        char wire[BILL_WIRE_MAX + 1];
        assert_int_equal(parse_with(3, names[i], &b, &fault), 0);
        int len = bill_wire_format(&b, wire, sizeof wire);
        assert_true(len > 0);
        assert_int_equal(bill_wire_parse(wire, (size_t)len, &again, &fault), 0);
        assert_string_equal(again.name, names[i]);
    }
}

static void each_bad_field_is_named(void **state)
{
    static const struct { int field; const char *text, *why; } row[] = {
        { 1, "", "empty" }, { 1, "2026-1", "digits and letters" }, { 1, "123456789012345678901", "at most 20" },
        { 2, "12345678901234567890123456789", "at most 28" }, { 2, "０４９９", "digits and letters" },
        { 3, "", "empty" }, { 3, "a\x1b[2J", "control" }, { 3, "\xff", "UTF-8" },
        { 3, "一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十"
             "一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十一", "61 characters" },
        { 5, "深州镇深州镇深州镇深州", "11 characters" }, { 4, "a\xe2\x80\xae", "control" },
        { 6, "r", "one letter" }, { 6, "", "one letter" }, { 6, "RR", "one letter" },
        { 7, "", "empty" }, { 8, "202613", "month" }, { 8, "2026-1", "month" },
        { 9, "-1", "negative" }, { 9, "1000000000", "not within" }, { 10, "1.5", "whole number" },
        { 11, "0", "not within" }, { 12, "217", "multiplier" }, { 12, " 216", "whole number" },
        { 13, "-11412", "negative" }, { 13, "1000000000000", "not within" },
        { 13, "99999999999999999999999", "not within" }, { 13, "", "whole number" },
        { 14, "", "form" }, { 14, "216", "form" }, { 14, "216@", "form" }, { 14, "216@.5", "form" },
        { 14, "216@0.52000", "form" }, { 14, "216@0.52;", "form" }, { 14, "-216@0.52", "form" },
        { 14, "36@1;36@1;36@1;36@1;36@1;18@1;18@1", "7 tiers" }, { 14, "200@0.5200", "add up to 200" },
        { 15, "2026-02-30", "date" }, { 16, "20261101", "date" }, { 17, "2026-10-31", "before it begins" },
        { 18, "1001", "not within" }, { 18, "0.5", "whole number" },
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct bill b;
        struct bill_fault fault;
        assert_int_equal(parse_with(row[i].field, row[i].text, &b, &fault), -1);
        if (fault.field != row[i].field || !strstr(fault.why, row[i].why))
            fail_msg("%s: field %d: %s", row[i].text, fault.field, fault.why);
    }
    struct bill b;
    struct bill_fault fault;
    assert_int_equal(bill_parse(good, BILL_FIELDS - 1, &b, &fault), -1);
    assert_non_null(strstr(fault.why, "17 fields"));
    assert_string_equal(bill_field_name(3), "customer name");
    assert_string_equal(bill_field_name(0), "record");
    assert_string_equal(bill_field_name(19), "record");
}

static void limits_are_reached_and_not_passed(void **state)
{
    struct bill b;
    struct bill_fault fault;
    char rare[4 * BILL_NAME_MAX + 1] = "";
    assert_int_equal(parse_with(3, "一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十"
                                   "一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十", &b, &fault), 0);
    for (int i = 0; i < BILL_NAME_MAX; i++) strcat(rare, "𠮷"); /* 12 characters each on the wire */
    assert_int_equal(parse_with(3, rare, &b, &fault), 0);
    memcpy(b.address, rare, sizeof "𠮷𠮷𠮷");
    b.address[4 * 3] = 0;
    assert_int_equal(bill_check(&b, &fault), 0);
    memcpy(b.address, rare, sizeof rare);
    assert_int_equal(bill_check(&b, &fault), -1);
    assert_int_equal(fault.field, 0);
    assert_non_null(strstr(fault.why, "999"));
    char wire[BILL_WIRE_MAX + 1];
    assert_int_equal(bill_wire_format(&b, wire, sizeof wire), -1);
}

static void a_record_of_999_passes_and_of_1000_does_not(void **state)
{
    struct bill b;
    struct bill_fault fault;
    char wire[BILL_WIRE_MAX + 1];
    assert_int_equal(parse_with(4, "", &b, &fault), 0);
    for (int i = 0, len = 0; len < BILL_WIRE_MAX; i++) {
        len = bill_wire_format(&b, wire, sizeof wire);
        int left = BILL_WIRE_MAX - len;
        if (left >= 12)
            strcat(i < 56 ? b.name : b.address, "𠮷");
        else if (left > 0)
            strcat(b.address, "a");
    }
    assert_int_equal(bill_wire_format(&b, wire, sizeof wire), BILL_WIRE_MAX);
    assert_int_equal(bill_check(&b, &fault), 0);
    strcat(b.address, "a");
    assert_int_equal(bill_check(&b, &fault), -1);
    assert_non_null(strstr(fault.why, "999"));
}

static void a_meter_that_turned_over_and_a_surcharge_are_taken(void **state)
{
    const char *fields[BILL_FIELDS];
    struct bill b;
    struct bill_fault fault;
    memcpy(fields, good, sizeof fields);
    fields[8] = "99990", fields[9] = "206"; /* 216 by way of 100000 */
    assert_int_equal(bill_parse(fields, BILL_FIELDS, &b, &fault), 0);
    assert_int_equal(parse_with(13, "11500", &b, &fault), 0); /* more than the tiers give */
    fields[8] = fields[9] = "500", fields[11] = "0", fields[12] = "0", fields[13] = "0@0.5200";
    assert_int_equal(bill_parse(fields, BILL_FIELDS, &b, &fault), 0);
}

static void what_no_file_could_hold_is_refused_from_a_program_too(void **state)
{
    struct bill b;
    struct bill_fault fault;
    assert_int_equal(parse_with(0, NULL, &b, &fault), 0);
    strcpy(b.name, "a|b");
    assert_int_equal(bill_check(&b, &fault), -1);
    static const char *const wires[] = { "", "\\u0041", "1|2|\\u", "1|2|\\ud800|", "||||||||||||||||||||||" };
    for (size_t i = 0; i < sizeof wires / sizeof *wires; i++)
        assert_int_equal(bill_wire_parse(wires[i], strlen(wires[i]), &b, &fault), -1);
    char text[BILL_WIRE_MAX + 2];
    memset(text, 'a', sizeof text);
    assert_int_equal(bill_wire_parse(text, BILL_WIRE_MAX + 1, &b, &fault), -1);
}

/* --- late fee ---------------------------------------------------------------- */

static int64_t fee_of(char class, const char *due, int rate, int64_t unpaid_fen, const char *on,
                      struct fee_rules rules, struct late_fee *out)
{
    struct bill b = { .tariff = class, .due = day(due), .rate_permille = rate };
    assert_true(bill_late_fee(&b, unpaid_fen, day(on), &rules, out));
    return out->fee_fen;
}

static const struct fee_rules usual = { .next_year_permille = 3 };

static void twenty_six_days_at_one_per_mille(void **state)
{
    struct late_fee fee;
    char text[200];
    assert_int_equal(fee_of('R', "2026-10-25", 1, 8528, "2026-11-20", usual, &fee), 222);
    assert_int_equal(fee.days, 26);
    assert_int_equal(fee.part_count, 1);
    assert_int_equal(fee.parts[0].first, day("2026-10-26"));
    assert_string_equal(late_fee_text(&fee, text, sizeof text), "26 days x 1/1000 x 85.28 = 2.22");
}

static void no_fee_until_the_day_after_the_due_date(void **state)
{
    struct late_fee fee;
    assert_int_equal(fee_of('R', "2026-11-25", 1, 100000, "2026-11-20", usual, &fee), 0);
    assert_int_equal(fee_of('R', "2026-11-20", 1, 100000, "2026-11-20", usual, &fee), 0);
    assert_int_equal(fee.days, 0);
    assert_int_equal(fee_of('R', "2026-11-19", 1, 100000, "2026-11-20", usual, &fee), 100);
    assert_int_equal(fee_of('R', "2026-10-19", 1, 0, "2026-11-20", usual, &fee), 0);
}

static void the_year_s_turn_divides_the_days_of_all_but_residents(void **state)
{
    struct late_fee fee;
    char text[200];
    /* 31 days of 2026 at 2, 20 of 2027 at 3: 122 per mille of 10000.00 */
    assert_int_equal(fee_of('C', "2026-11-30", 2, 1000000, "2027-01-20", usual, &fee), 122000);
    assert_int_equal(fee.part_count, 2);
    assert_int_equal(fee.parts[0].days, 31);
    assert_int_equal(fee.parts[1].days, 20);
    assert_int_equal(fee.parts[1].first, day("2027-01-01"));
    assert_int_equal(fee.parts[0].fee_fen + fee.parts[1].fee_fen, 122000);
    assert_string_equal(late_fee_text(&fee, text, sizeof text),
                        "31 days x 2/1000 x 10000.00 + 20 days x 3/1000 x 10000.00 = 1220.00");
    assert_int_equal(fee_of('R', "2026-11-30", 1, 1000000, "2027-01-20", usual, &fee), 51000);
    assert_int_equal(fee_of('A', "2026-12-31", 1, 1000000, "2027-01-01", usual, &fee), 3000);
    assert_int_equal(fee.part_count, 1);
    assert_int_equal(fee_of('A', "2026-12-30", 1, 1000000, "2026-12-31", usual, &fee), 1000);
    assert_int_equal(fee_of('C', "2026-12-30", 2, 1000000, "2028-12-31", usual, &fee), 2000 + 731 * 3000);
}

static void rounding_is_half_up_once_a_bill(void **state)
{
    struct late_fee fee;
    assert_int_equal(fee_of('R', "2026-11-19", 1, 500, "2026-11-20", usual, &fee), 1);  /* 0.5 */
    assert_int_equal(fee_of('R', "2026-11-19", 1, 499, "2026-11-20", usual, &fee), 0);
    /* 0.4 + 0.6: rounded once is 1, each by itself 0 and 1 */
    assert_int_equal(fee_of('C', "2026-12-29", 1, 200, "2027-01-01", usual, &fee), 1);
    /* 0.4 + 0.3: each by itself would be nothing */
    assert_int_equal(fee_of('C', "2026-12-27", 1, 100, "2027-01-01", usual, &fee), 1);
    assert_int_equal(fee.parts[0].fee_fen + fee.parts[1].fee_fen, 1);
}

static void minimum_and_cap_are_off_until_set(void **state)
{
    struct late_fee fee;
    char text[200];
    struct fee_rules rules = { .next_year_permille = 3, .minimum_fen = 100, .cap_fen = 5000 };
    assert_int_equal(fee_of('R', "2026-11-19", 1, 8528, "2026-11-20", rules, &fee), 100);
    assert_int_equal(fee.adjusted, FEE_RAISED_TO_MINIMUM);
    assert_string_equal(late_fee_text(&fee, text, sizeof text),
                        "1 days x 1/1000 x 85.28 = 1.00 (the least that is asked)");
    assert_int_equal(fee_of('R', "2026-01-19", 1, 852800, "2026-11-20", rules, &fee), 5000);
    assert_int_equal(fee.adjusted, FEE_CUT_TO_CAP);
    assert_int_equal(fee_of('R', "2026-11-20", 1, 8528, "2026-11-20", rules, &fee), 0);
    assert_int_equal(fee_of('R', "2026-10-25", 1, 8528, "2026-11-20", rules, &fee), 222);
    assert_int_equal(fee.adjusted, FEE_AS_COUNTED);
}

static void a_fee_beyond_all_money_is_refused(void **state)
{
    struct bill b = { .tariff = 'C', .due = day("1900-01-01"), .rate_permille = 1000 };
    struct late_fee fee;
    assert_false(bill_late_fee(&b, MONEY_MAX_FEN, day("2999-12-31"), &usual, &fee));
}

/* Day by day with fractions kept apart, as a clerk with a pencil would. */
static void the_fee_is_what_a_slow_count_gives(void **state)
{
    srand(7);
    for (int i = 0; i < 3000; i++) {
        struct bill b = { .tariff = i % 2 ? 'R' : 'C', .due = day("2026-06-01") + rand() % 300,
                          .rate_permille = rand() % 6 };
        int64_t unpaid_fen = rand() % 3000000, thousandths = 0;
        day_t on = b.due - 10 + rand() % 500;
        struct late_fee fee;
        int days = 0;
        for (day_t d = b.due + 1; d <= on; d++, days++)
            thousandths += unpaid_fen * (b.tariff != 'R' && day_year(d) > day_year(b.due) ? 3 : b.rate_permille);
        assert_true(bill_late_fee(&b, unpaid_fen, on, &usual, &fee));
        assert_int_equal(fee.fee_fen, (thousandths + 500) / 1000);
        if (unpaid_fen) assert_int_equal(fee.days, days);
        int64_t parts_fen = 0;
        for (int k = 0; k < fee.part_count; k++) parts_fen += fee.parts[k].fee_fen;
        assert_int_equal(parts_fen, fee.fee_fen);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_bill_is_read_and_written_again),
        cmocka_unit_test(rare_and_latin_names_pass),
        cmocka_unit_test(each_bad_field_is_named),
        cmocka_unit_test(limits_are_reached_and_not_passed),
        cmocka_unit_test(a_record_of_999_passes_and_of_1000_does_not),
        cmocka_unit_test(a_meter_that_turned_over_and_a_surcharge_are_taken),
        cmocka_unit_test(what_no_file_could_hold_is_refused_from_a_program_too),
        cmocka_unit_test(twenty_six_days_at_one_per_mille),
        cmocka_unit_test(no_fee_until_the_day_after_the_due_date),
        cmocka_unit_test(the_year_s_turn_divides_the_days_of_all_but_residents),
        cmocka_unit_test(rounding_is_half_up_once_a_bill),
        cmocka_unit_test(minimum_and_cap_are_off_until_set),
        cmocka_unit_test(a_fee_beyond_all_money_is_refused),
        cmocka_unit_test(the_fee_is_what_a_slow_count_gives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
