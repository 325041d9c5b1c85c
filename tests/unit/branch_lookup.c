/* What a look-up shows and what may be paid of it: windows, late fees, oldest first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/text.h"
#include "branchd/lookup.h"

static day_t on(int year, int month, int day)
{
    day_t out = 0;
    assert_true(day_from_ymd(year, month, day, &out));
    return out;
}

static struct copy_customer neighbour; /* three bills, one a month */

static int start(void **state)
{
    memset(&neighbour, 0, sizeof neighbour);
    text_copy(neighbour.name, sizeof neighbour.name, "王\x1b建国");
    neighbour.count = 3;
    for (int i = 0; i < 3; i++) {
        struct bill *b = &neighbour.bills[i].bill;
        snprintf(b->number, sizeof b->number, "B%d", i + 1);
        snprintf(b->period, sizeof b->period, "2026%02u", (8u + (unsigned)i) % 100);
        b->tariff = 'R';
        b->amount_fen = 8528;
        b->due = on(2026, 9, 25) + 30 * i;
        b->window_first = on(2026, 9, 1) + 30 * i;
        b->window_last = on(2026, 12, 31);
        b->rate_permille = 1;
        neighbour.bills[i].state = COPY_OPEN;
    }
    return 0;
}

static const struct copy_rules rules = {{3, 0, 0}, true, false};

static struct lookup_choice whole(const struct lookup *l, int i)
{
    struct lookup_choice c = {.amount_fen = l->bills[i].amount_fen, .late_fee_fen = l->bills[i].late.fee_fen};
    text_copy(c.bill, sizeof c.bill, l->bills[i].bill.number);
    return c;
}

static void the_copy_counts_the_fee_as_the_utility_does(void **state)
{
    struct lookup l;
    lookup_from_copy(&l, "0499110001", &neighbour, &rules, on(2026, 11, 20));
    assert_int_equal(l.bills[0].late.days, 56);
    assert_int_equal(l.bills[1].late.days, 26); /* due on 25 October: 26 days at 1 per mille of 85.28 */
    assert_int_equal(l.bills[1].late.fee_fen, 222);
    assert_int_equal(l.bills[2].late.fee_fen, 0);
    assert_true(l.bills[0].payable && l.bills[1].payable && l.bills[2].payable);
    assert_true(l.from_copy && l.credit_fen == -1);
    assert_null(strchr(l.name, 0x1b)); /* no control character reaches a screen or a printer */
}

static void a_window_that_closed_or_is_not_open_bars_its_bill_alone(void **state)
{
    struct lookup l;
    neighbour.bills[0].bill.window_last = on(2026, 11, 19);
    neighbour.bills[2].bill.window_first = on(2026, 11, 21);
    lookup_from_copy(&l, "0499110001", &neighbour, &rules, on(2026, 11, 20));
    assert_string_equal(l.bills[0].reason, "window");
    assert_string_equal(l.bills[2].reason, "not-open");
    assert_int_equal(l.bills[2].from, on(2026, 11, 21));
    struct lookup_choice c = whole(&l, 1);
    char why[200];
    assert_null(lookup_disagrees(&l, &c, 1, why, sizeof why)); /* the closed one is older and bars nothing */
    c = whole(&l, 0);
    assert_string_equal(lookup_disagrees(&l, &c, 1, why, sizeof why), "window");
}

static void a_withheld_bill_stays_withheld_after_midnight(void **state)
{
    struct lookup l;
    neighbour.bills[1].state = COPY_WITHHELD;
    lookup_from_copy(&l, "0499110001", &neighbour, &rules, on(2026, 11, 20));
    assert_string_equal(l.bills[1].reason, "withheld");
    lookup_judge(&l, on(2026, 11, 21));
    assert_string_equal(l.bills[1].reason, "withheld");
    assert_int_equal(l.bills[0].late.days, 57);
}

static void older_bills_come_first_unless_they_are_nothing(void **state)
{
    struct lookup l;
    char why[200];
    lookup_from_copy(&l, "0499110001", &neighbour, &rules, on(2026, 11, 20));
    struct lookup_choice two[2] = {whole(&l, 1), whole(&l, 2)};
    assert_string_equal(lookup_disagrees(&l, two, 2, why, sizeof why), "older-unpaid");
    l.bills[0].amount_fen = 0;
    assert_null(lookup_disagrees(&l, two, 2, why, sizeof why));
    l.bills[0].amount_fen = 8528;
    l.rules.oldest_first = false;
    assert_null(lookup_disagrees(&l, two, 2, why, sizeof why));
    two[1] = two[0];
    assert_string_equal(lookup_disagrees(&l, two, 2, why, sizeof why), "params");
}

static void a_sum_that_changed_is_refused_with_the_new_one(void **state)
{
    struct lookup l;
    char why[200];
    lookup_from_copy(&l, "0499110001", &neighbour, &rules, on(2026, 11, 20));
    struct lookup_choice c = whole(&l, 0);
    lookup_judge(&l, on(2026, 11, 21)); /* midnight passed while the cash was counted */
    assert_string_equal(lookup_disagrees(&l, &c, 1, why, sizeof why), "amount-changed");
    assert_non_null(strstr(why, "90.14")); /* 57 days: 4.86 */
}

static void what_the_utility_says_goes(void **state)
{
    static struct wire_bills wire;
    struct lookup l;
    memset(&wire, 0, sizeof wire);
    text_copy(wire.name, sizeof wire.name, "王建国");
    wire.rules.oldest_first = 1;
    wire.bill_count = 14;
    for (int i = 0; i < 14; i++) {
        struct wire_listed_bill *b = &wire.bills[i];
        snprintf(b->bill, sizeof b->bill, "W%d", i);
        text_copy(b->code, sizeof b->code, i == 1 ? "80" : "00");
        text_copy(b->tariff, sizeof b->tariff, "R");
        b->amount_fen = 1000;
        b->unpaid_fen = 900; /* credit covered the rest */
        b->late_fee_fen = i == 0 ? 77 : 0; /* another rule than ours */
        b->due = on(2026, 11, 25);
        b->first = on(2026, 11, 1);
        b->last = on(2026, 11, 10); /* our calendar would say closed; the utility says payable */
        b->permille = 1;
    }
    wire.not_shown = 3;
    lookup_from_wire(&l, &wire, on(2026, 11, 20));
    assert_int_equal(l.count, LEDGER_BILLS_MAX);
    assert_int_equal(l.more, 14 - LEDGER_BILLS_MAX + 3);
    assert_int_equal(l.bills[0].late.fee_fen, 77);
    assert_int_equal(l.bills[0].late.part_count, 0);
    assert_true(l.bills[0].payable);
    assert_string_equal(l.bills[1].reason, "withheld");
    json_t *json = lookup_json(&l, "2026-11-20T10:42:07", false);
    json_t *bill = json_array_get(json_object_get(json, "bills"), 0);
    assert_int_equal(json_integer_value(json_object_get(bill, "pay_fen")), 977);
    assert_string_equal(json_string_value(json_object_get(json, "source")), "utility");
    json_decref(json);
}

/* A bill that is out: what the utility says of its list stands in the look-up as long as it can be acted on. */
static void of_a_withheld_bill_it_says_until_when_to_deposit_and_from_when_it_is_payable(void **state)
{
    static struct wire_bills wire;
    struct lookup l;
    memset(&wire, 0, sizeof wire);
    wire.bill_count = 1;
    wire.bills[0] = (struct wire_listed_bill){.bill = "W", .code = "80", .tariff = "R", .amount_fen = 1000, .unpaid_fen = 1000, .permille = 1,
                                              .due = on(2026, 11, 25), .first = on(2026, 11, 1), .last = on(2026, 11, 28)};
    text_copy(wire.transfer_bank, sizeof wire.transfer_bank, "102");
    text_copy(wire.transfer_end, sizeof wire.transfer_end, "0012");
    wire.retry_until = on(2026, 11, 20);
    wire.result_by = on(2026, 11, 23);
    static const struct { int day; const char *until, *from; } cases[] = {{20, "2026-11-20", "2026-11-24"}, {21, NULL, "2026-11-24"}, {23, NULL, "2026-11-24"}, {24, NULL, NULL}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int midnight = 0; midnight < 2; midnight++) {
            lookup_from_wire(&l, &wire, on(2026, 11, cases[i].day - midnight));
            if (midnight) lookup_judge(&l, on(2026, 11, cases[i].day));
            json_t *json = lookup_json(&l, "2026-11-20T10:42:07", false), *transfer = json_object_get(json, "transfer");
            const char *until = json_string_value(json_object_get(transfer, "deposit_until"));
            const char *from = json_string_value(json_object_get(json_array_get(json_object_get(json, "bills"), 0), "from"));
            assert_string_equal(json_string_value(json_object_get(transfer, "account_end")), "0012");
            assert_string_equal(until ? until : "none", cases[i].until ? cases[i].until : "none");
            assert_string_equal(from ? from : "none", cases[i].from ? cases[i].from : "none");
            json_decref(json);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_copy_counts_the_fee_as_the_utility_does, start),
        cmocka_unit_test_setup(a_window_that_closed_or_is_not_open_bars_its_bill_alone, start),
        cmocka_unit_test_setup(a_withheld_bill_stays_withheld_after_midnight, start),
        cmocka_unit_test(of_a_withheld_bill_it_says_until_when_to_deposit_and_from_when_it_is_payable),
        cmocka_unit_test_setup(older_bills_come_first_unless_they_are_nothing, start),
        cmocka_unit_test_setup(a_sum_that_changed_is_refused_with_the_new_one, start),
        cmocka_unit_test_setup(what_the_utility_says_goes, start),
    };
    return cmocka_run_group_tests_name("look-up", tests, NULL, NULL);
}
