/* Money that moves after it was posted: a credit handed back, a wrong customer number put
 * right; approved, declined, abandoned. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "lib/pay.h"

static struct books b;
static struct ledger_payment p, q;

static int set_up(void **unused) { pay_start(&b); return 0; }
static int tear_down(void **unused) { books_end(&b); return 0; }

static struct ledger_source credit_of(const struct ledger_payment *of)
{
    struct ledger_source s = {.place = "PP"};
    if (of)
        s.key = of->key;
    return s;
}

static struct ledger_draft refund_draft(int64_t fen)
{
    struct ledger_draft d = pay_draft(WANG, "none", 0);
    d.proc = 200000;
    d.bill_count = 0;
    d.prepaid_fen = fen;
    return d;
}

static enum ledger_result refund(const struct ledger_draft *d, const struct ledger_source *source, const struct ledger_two *two)
{
    enum ledger_result r = payment_refund(b.ledger, d, source, two, &q, &b.err);
    pay_verify(&b);
    return r;
}

static void a_credit_goes_back_in_cash_by_two(void **unused)
{
    struct ledger_draft d = refund_draft(4000);
    struct ledger_source credit = credit_of(NULL);
    struct ledger_totals t;
    pay_posted(&b, WANG, "1", 9000, &p);
    int64_t till = books_balance(&b, "till:07"), owed = books_balance(&b, "owed-to-utility");
    assert_int_equal(refund(&d, &credit, pay_alone(&b, "refund")), LEDGER_APPROVAL);
    pay_fine(&b, refund(&d, &credit, pay_two(&b, "refund")));
    assert_int_equal(books_balance(&b, "till:07"), till); /* nothing before the utility has approved */
    assert_int_equal(pay_goes(&b, &q, "0200"), 1);
    pay_fine(&b, pay_hears(&b, &q, "0210", "00", "PP:PP:4000"));
    pay_is(&b, &q, "posted");
    assert_int_equal(q.owed_fen, 4000);
    assert_int_equal(books_balance(&b, "owed-to-utility"), owed + 4000);
    pay_fine(&b, payment_hand_back(b.ledger, &q.key, pay_alone(&b, "hand_back"), &q, &b.err)); /* two have signed it already */
    assert_int_equal(books_balance(&b, "till:07"), till - 4000);
    pay_fine(&b, day_totals(b.ledger, BOOKS_DAY, NULL, &t, &b.err));
    assert_int_equal(t.refunds, 1);
    assert_int_equal(t.refunds_fen, 4000);
    assert_int_equal(t.payments, 1); /* it is in no payment's totals */
    pay_verify(&b);
}

static void a_second_enter_is_the_same_refund(void **unused)
{
    struct ledger_draft d = refund_draft(100);
    struct ledger_source credit = credit_of(NULL);
    pay_posted(&b, WANG, "1", 9000, &p);
    pay_fine(&b, refund(&d, &credit, pay_two(&b, "refund")));
    struct key first = q.key;
    pay_fine(&b, refund(&d, &credit, pay_two(&b, "refund")));
    assert_true(key_equal(&first, &q.key));
}

static void no_cash_goes_back_that_is_not_in_the_till(void **unused)
{
    struct ledger_draft d = refund_draft(books_balance(&b, "till:07") + 1);
    struct ledger_source credit = credit_of(NULL);
    assert_int_equal(refund(&d, &credit, pay_two(&b, "refund")), LEDGER_CASH_SHORT);
}

static void a_refund_without_an_answer_is_asked_again_or_abandoned_but_never_finished(void **unused)
{
    struct ledger_draft d = refund_draft(100);
    struct ledger_source credit = credit_of(NULL);
    pay_posted(&b, WANG, "1", 9000, &p);
    pay_fine(&b, refund(&d, &credit, pay_two(&b, "refund")));
    assert_int_equal(pay_goes(&b, &q, "0200"), 1);
    pay_again(&b, NULL); /* killed: nobody is asked about its cash, it is asked again */
    pay_is(&b, &q, "recorded");
    assert_false(q.held);
    assert_int_equal(payment_finish(b.ledger, &q.key, WANG, &q, &b.err), LEDGER_STATE);
    pay_fine(&b, payment_abandon(b.ledger, &q.key, pay_two(&b, "abandon"), &q, &b.err));
    assert_int_equal(q.owed_fen, 0);
    assert_int_equal(pay_goes(&b, &q, "0420"), 1);
    pay_fine(&b, pay_hears(&b, &q, "0430", "00", NULL));
    pay_is(&b, &q, "undone");
    pay_verify(&b);
}

static void a_refund_that_is_declined_moves_nothing(void **unused)
{
    struct ledger_draft d = refund_draft(100);
    struct ledger_source credit = credit_of(NULL);
    pay_posted(&b, WANG, "1", 9000, &p);
    int64_t till = books_balance(&b, "till:07");
    pay_fine(&b, refund(&d, &credit, pay_two(&b, "refund")));
    pay_goes(&b, &q, "0200");
    pay_fine(&b, pay_hears(&b, &q, "0210", "51", NULL));
    pay_is(&b, &q, "declined");
    assert_int_equal(q.owed_fen, 0);
    assert_int_equal(books_balance(&b, "till:07"), till);
    assert_int_equal(pay_waits(&b, WAIT_DECLINED), 0);
    pay_verify(&b);
}

/* Paid elsewhere while the line was down: the money became the customer's credit. */
static void an_exception_that_was_refunded_is_worked_off(void **unused)
{
    struct ledger_draft d = refund_draft(9000);
    pay_take(&b, WANG, "1", 9000, true, &p);
    pay_prints(&b, &p, OUTCOME_CONFIRMED);
    pay_goes(&b, &p, "0220");
    pay_fine(&b, pay_hears(&b, &p, "0230", "00", "1:PP:9000"));
    pay_is(&b, &p, "excepted");
    assert_int_equal(pay_waits(&b, WAIT_EXCEPTION), 1);
    struct ledger_source credit = credit_of(&p);
    d.prepaid_fen = 8999;
    assert_int_equal(refund(&d, &credit, pay_two(&b, "refund")), LEDGER_PARAMS); /* all of it or nothing */
    d.prepaid_fen = 9000;
    pay_fine(&b, refund(&d, &credit, pay_two(&b, "refund")));
    struct ledger_payment first = q;
    d = refund_draft(9000);
    assert_int_equal(refund(&d, &credit, pay_two(&b, "refund")), LEDGER_STATE); /* it is moving already */
    q = first;
    pay_goes(&b, &q, "0200"); /* before the paper's notices */
    pay_fine(&b, pay_hears(&b, &q, "0210", "00", "PP:PP:9000"));
    pay_notices(&b);
    assert_int_equal(pay_waits(&b, WAIT_EXCEPTION), 0);
    pay_is(&b, &p, "excepted");
    assert_int_equal(p.moved_fen, 9000);
    assert_string_equal(p.invoice.state, "cancelled"); /* its paper is asked for with the void sheets */
    assert_int_equal(payment_reverse(b.ledger, &p.key, NULL, 0, pay_two(&b, "reverse"), &p, &b.err), LEDGER_STATE);
    pay_verify(&b);
}

static void a_wrong_customer_number_is_put_right(void **unused)
{
    struct ledger_draft d = pay_draft(WANG, "77", 9000);
    struct ledger_totals before, after;
    pay_posted(&b, WANG, "1", 9000, &p);
    pay_prints(&b, &p, OUTCOME_CONFIRMED);
    pay_notices(&b);
    struct ledger_source source = {.key = p.key, .place = "BL"};
    d.proc = 220000;
    d.tendered_fen = 0;
    strcpy(d.customer, "1300207742");
    pay_fine(&b, day_totals(b.ledger, BOOKS_DAY, NULL, &before, &b.err));
    pay_fine(&b, payment_transfer(b.ledger, &d, &source, pay_two(&b, "transfer"), &q, &b.err));
    assert_true(payment_bill_in_hand(b.ledger, "77")); /* nobody takes it twice meanwhile */
    pay_goes(&b, &q, "0200");
    pay_fine(&b, pay_hears(&b, &q, "0210", "00", "77:BL:9000"));
    pay_is(&b, &q, "posted");
    assert_string_equal(q.invoice.state, "planned");
    assert_string_equal(q.invoice.kind, "invoice");
    pay_is(&b, &p, "posted");
    assert_string_equal(p.invoice.state, "cancelled");
    assert_false(payment_bill_in_hand(b.ledger, "1")); /* open again, as on the day it was paid */
    pay_fine(&b, day_totals(b.ledger, BOOKS_DAY, NULL, &after, &b.err));
    assert_int_equal(after.payments_fen, before.payments_fen);
    assert_int_equal(after.answered_fen, before.answered_fen);
    assert_int_equal(books_number(&b, "SELECT count(*) FROM entry WHERE payment = (SELECT max(id) FROM payment)"), 0);
    pay_notices(&b);
    pay_prints(&b, &q, OUTCOME_CONFIRMED);
    pay_verify(&b);
}

static void a_transfer_that_was_declined_leaves_all_as_it_was(void **unused)
{
    struct ledger_draft d = pay_draft(WANG, "77", 9000);
    pay_posted(&b, WANG, "1", 9000, &p);
    struct ledger_source source = {.key = p.key, .place = "BL"};
    d.proc = 220000;
    d.tendered_fen = 0;
    pay_fine(&b, payment_transfer(b.ledger, &d, &source, pay_two(&b, "transfer"), &q, &b.err));
    pay_goes(&b, &q, "0200");
    pay_fine(&b, pay_hears(&b, &q, "0210", "76", NULL));
    pay_is(&b, &q, "declined");
    pay_is(&b, &p, "posted");
    assert_int_equal(p.moved_fen, 0);
    assert_true(payment_bill_in_hand(b.ledger, "1"));
    assert_false(payment_bill_in_hand(b.ledger, "77"));
    pay_verify(&b);
}

/* --- differences, and what mends them ----------------------------------------------------------------------- */

static void a_day_out_of_balance_is_told_payment_by_payment(void **unused)
{
    struct ledger_theirs theirs[3] = {0};
    struct ledger_difference rows[8];
    int count;
    pay_posted(&b, WANG, "1", 100, &p);
    pay_posted(&b, WANG, "2", 200, &q);
    /* the utility lacks the first, has another sum for the second, and one that nobody made here */
    snprintf(theirs[0].ref, sizeof theirs[0].ref, "019999999999");
    snprintf(theirs[0].state, sizeof theirs[0].state, "posted");
    theirs[0].amount_fen = 5;
    memcpy(theirs[1].ref, q.key.ref, sizeof theirs[1].ref);
    snprintf(theirs[1].state, sizeof theirs[1].state, "posted");
    theirs[1].amount_fen = 201;
    pay_fine(&b, differences_find(b.ledger, BOOKS_DAY, theirs, 2, &count, &b.err));
    assert_int_equal(count, 3);
    pay_fine(&b, differences_list(b.ledger, BOOKS_DAY, rows, 8, &count, &b.err));
    assert_int_equal(count, 3);
    assert_string_equal(rows[0].kind, "not ours");
    assert_string_equal(rows[1].kind, "only here");
    assert_string_equal(rows[2].kind, "amount");
    struct ledger_draft d = pay_draft(WANG, "3", 100);
    assert_int_equal(pay_try(&b, &d, &p), LEDGER_STOPPED); /* somebody else speaks in our name */
    /* told again by two supervisors, and answered: nothing is booked twice */
    assert_int_equal(difference_repair(b.ledger, BOOKS_DAY, &rows[2].key, REPAIR_TELL, "", pay_chief(&b, "repair"), &b.err), LEDGER_STATE);
    assert_int_equal(difference_repair(b.ledger, BOOKS_DAY, &rows[1].key, REPAIR_TELL, "", pay_two(&b, "repair"), &b.err), LEDGER_ROLE);
    pay_fine(&b, difference_repair(b.ledger, BOOKS_DAY, &rows[1].key, REPAIR_TELL, "", pay_chief(&b, "repair"), &b.err));
    assert_int_equal(difference_repair(b.ledger, BOOKS_DAY, &rows[1].key, REPAIR_TELL, "", pay_chief(&b, "repair"), &b.err), LEDGER_STATE);
    pay_fine(&b, payment_get(b.ledger, &rows[1].key, &p, &b.err));
    assert_int_equal(pay_goes(&b, &p, "0220"), 1);
    pay_fine(&b, pay_hears(&b, &p, "0230", "00", "1:BL:100"));
    pay_is(&b, &p, "posted");
    pay_quiet(&b);
    assert_int_equal(difference_repair(b.ledger, BOOKS_DAY, &rows[2].key, REPAIR_EXPLAIN, "", pay_chief(&b, "repair"), &b.err), LEDGER_PARAMS);
    pay_fine(&b, difference_repair(b.ledger, BOOKS_DAY, &rows[2].key, REPAIR_EXPLAIN, "their keyboard", pay_chief(&b, "repair"), &b.err));
    pay_verify(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_credit_goes_back_in_cash_by_two, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_second_enter_is_the_same_refund, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_cash_goes_back_that_is_not_in_the_till, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_refund_without_an_answer_is_asked_again_or_abandoned_but_never_finished, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_refund_that_is_declined_moves_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_exception_that_was_refunded_is_worked_off, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_wrong_customer_number_is_put_right, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_transfer_that_was_declined_leaves_all_as_it_was, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_day_out_of_balance_is_told_payment_by_payment, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("money that moves", tests, NULL, NULL);
}
