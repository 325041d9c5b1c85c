/* What is about to be collected: stars, cash, change, credit, scans. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "counter/draft.h"
#include "counter/js.h"

static json_t *a_bill(const char *period, int fen, int late_fen, bool payable)
{
    return json_pack("{s:s, s:s, s:i, s:i, s:i, s:i, s:b}", "bill", period, "period", period, "kwh", 100, "amount_fen", fen,
                     "late_fee_fen", late_fen, "pay_fen", fen + late_fen, "payable", payable);
}

/* Three bills, the middle one not open yet. */
static void three(struct draft *draft)
{
    json_t *found = json_pack("{s:s, s:[o, o, o]}", "token", "t1", "bills", a_bill("202608", 10000, 150, true),
                              a_bill("202609", 5000, 0, false), a_bill("202610", 6000, 0, true));
    draft_found(draft, found, true);
    json_decref(found);
}

static void all_that_can_be_paid_is_starred(void **state)
{
    struct draft draft = {0};
    three(&draft);
    struct draft_sums sums = draft_sums(&draft);
    assert_int_equal(sums.taken, 2);
    assert_int_equal(sums.pay_fen, 16150);
    assert_int_equal(sums.late_fen, 150);
    assert_int_equal(sums.kwh, 200);
    assert_false(draft_all_payable(&draft));
    assert_false(draft_star(&draft, 1, false));
    draft_clear(&draft);
}

static void oldest_first_takes_the_older_along(void **state)
{
    struct draft draft = {0};
    three(&draft);
    assert_true(draft_star(&draft, 0, true)); /* off: the younger go too */
    assert_int_equal(draft_sums(&draft).taken, 0);
    assert_true(draft_star(&draft, 2, true)); /* on: the older come along */
    assert_int_equal(draft_sums(&draft).taken, 2);
    assert_true(draft_star(&draft, 0, false)); /* without the rule each for itself */
    assert_int_equal(draft_sums(&draft).taken, 1);
    draft_clear(&draft);
}

static void cash_and_change(void **state)
{
    struct draft draft = {0};
    struct error err = {0};
    three(&draft);
    assert_int_equal(draft_cash(&draft, "200", &err), 0);
    assert_int_equal(draft.change_fen, 3850);
    assert_int_equal(draft_cash(&draft, ".", &err), 0);
    assert_int_equal(draft.change_fen, 0);
    assert_int_equal(draft.tendered_fen, 16150);
    assert_int_equal(draft_cash(&draft, "２００．５", &err), 0); /* an input method's digits */
    assert_int_equal(draft.tendered_fen, 20050);
    draft_clear(&draft);
}

static void short_cash_is_refused_with_what_is_missing(void **state)
{
    struct draft draft = {0};
    struct error err = {0};
    three(&draft);
    assert_int_equal(draft_cash(&draft, "160", &err), -1);
    assert_non_null(strstr(err.why, "1.50"));
    assert_int_equal(draft_cash(&draft, "1.234", &err), -1);
    assert_int_equal(draft_cash(&draft, "-5", &err), -1);
    assert_int_equal(draft_cash(&draft, "abc", &err), -1);
    draft_clear(&draft);
}

static void a_scan_in_the_cash_is_no_cash(void **state)
{
    struct draft draft = {0};
    struct error err = {0};
    three(&draft);
    assert_int_equal(draft_cash(&draft, "0499110002", &err), -1);
    assert_string_equal(err.what, "That is a customer number");
    assert_int_equal(draft_cash(&draft, "1234567", &err), 0);
    draft_clear(&draft);
}

static void confirm_takes_nothing_but_plus(void **state)
{
    struct draft draft = {0};
    struct error err = {0};
    three(&draft);
    assert_int_equal(draft_cash(&draft, "200", &err), 0);
    assert_int_equal(draft_keep(&draft, "", &err), 0);
    assert_int_equal(draft.prepaid_fen, 0);
    assert_int_equal(draft_keep(&draft, "+", &err), 0);
    assert_int_equal(draft.prepaid_fen, 3850);
    assert_int_equal(draft.change_fen, 0);
    assert_int_equal(draft_keep(&draft, "+30", &err), 0);
    assert_int_equal(draft.prepaid_fen, 3000);
    assert_int_equal(draft.change_fen, 850);
    assert_int_equal(draft_keep(&draft, "+38.51", &err), -1);
    assert_int_equal(draft_keep(&draft, "0499110002", &err), -1);
    assert_int_equal(draft_keep(&draft, "+0499110002", &err), -1);
    assert_int_equal(draft_keep(&draft, "y", &err), -1);
    draft_clear(&draft);
}

static void what_is_paid_adds_up(void **state)
{
    struct draft draft = {0};
    struct error err = {0};
    three(&draft);
    assert_int_equal(draft_cash(&draft, "200", &err), 0);
    assert_int_equal(draft_keep(&draft, "+30", &err), 0);
    json_t *pay = draft_pay(&draft);
    int64_t bills = 0;
    size_t i;
    json_t *bill;
    json_array_foreach(js_at(pay, "bills"), i, bill) bills += js_int(bill, "amount_fen") + js_int(bill, "late_fee_fen");
    assert_int_equal(js_int(pay, "tendered_fen") - js_int(pay, "change_fen"), bills + js_int(pay, "prepaid_fen"));
    assert_int_equal(json_array_size(js_at(pay, "bills")), 2);
    assert_string_equal(js_text(pay, "token"), "t1");
    json_decref(pay);
    draft_clear(&draft);
}

static void with_no_bill_only_credit_can_be_taken(void **state)
{
    struct draft draft = {0};
    struct error err = {0};
    json_t *found = json_pack("{s:s, s:[]}", "token", "t2", "bills");
    draft_found(&draft, found, true);
    json_decref(found);
    assert_int_equal(draft_cash(&draft, "100", &err), 0);
    assert_int_equal(draft_keep(&draft, "", &err), -1);
    assert_int_equal(draft_keep(&draft, "+", &err), 0);
    assert_int_equal(draft.prepaid_fen, 10000);
    draft_clear(&draft);
}

static void a_sum_that_changed_keeps_stars_and_cash(void **state)
{
    struct draft draft = {0};
    struct error err = {0};
    three(&draft);
    draft_star(&draft, 2, false);
    assert_int_equal(draft_cash(&draft, "200", &err), 0);
    json_t *found = json_pack("{s:s, s:[o, o]}", "token", "t3", "bills", a_bill("202608", 10000, 160, true),
                              a_bill("202610", 6000, 0, true));
    draft_renew(&draft, found);
    json_decref(found);
    assert_int_equal(draft_sums(&draft).pay_fen, 10160);
    assert_int_equal(draft.tendered_fen, 20000);
    draft_clear(&draft);
}

static void scans_of_a_notice(void **state)
{
    struct draft_scan scan;
    assert_true(draft_scan("0499110002", &scan));
    assert_string_equal(scan.customer, "0499110002");
    assert_int_equal(scan.amount_fen, -1);
    assert_true(draft_scan("0499110002+202605+121.85", &scan));
    assert_string_equal(scan.period, "202605");
    assert_int_equal(scan.amount_fen, 12185);
    assert_true(draft_scan("https://pay.example/b?c=0499110002&p=202605", &scan));
    assert_string_equal(scan.customer, "0499110002");
    assert_true(draft_scan("０４９９１１０００２", &scan));
    assert_string_equal(scan.customer, "0499110002");
    assert_false(draft_scan("王建国", &scan));
    assert_false(draft_scan("wjg", &scan));
    assert_false(draft_scan("Oak Road 12", &scan));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_that_can_be_paid_is_starred),
        cmocka_unit_test(oldest_first_takes_the_older_along),
        cmocka_unit_test(cash_and_change),
        cmocka_unit_test(short_cash_is_refused_with_what_is_missing),
        cmocka_unit_test(a_scan_in_the_cash_is_no_cash),
        cmocka_unit_test(confirm_takes_nothing_but_plus),
        cmocka_unit_test(what_is_paid_adds_up),
        cmocka_unit_test(with_no_bill_only_credit_can_be_taken),
        cmocka_unit_test(a_sum_that_changed_keeps_stars_and_cash),
        cmocka_unit_test(scans_of_a_notice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
