/* A payment's life at the counter: taken, asked, answered, finished, turned back, handed back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/pay.h"

static struct books b;
static struct ledger_payment p, q;

static int set_up(void **unused) { pay_start(&b); return 0; }
static int tear_down(void **unused) { books_end(&b); return 0; }

/* --- T1 --------------------------------------------------------------------------------------------- */

static void cash_taken_is_recorded_with_a_key_and_waits_for_its_answer(void **unused)
{
    pay_take(&b, WANG, "2026100001", 8528, false, &p);
    assert_string_equal(p.state, "recorded");
    assert_string_equal(p.key.ref, "010000000001");
    assert_int_equal(p.amount_fen, 8528);
    assert_string_equal(p.till, "07");
    assert_string_equal(p.operator_name, "王敏");
    assert_false(p.unanswered);
    assert_int_equal(books_balance(&b, "till:07"), 50000 + 8528);
    assert_int_equal(books_balance(&b, "awaiting-utility"), -8528);
    assert_int_equal(pay_goes(&b, &p, "0200"), 1);
    pay_quiet(&b);
}

static void a_double_enter_is_one_payment(void **unused)
{
    struct ledger_draft d = pay_draft(WANG, "2026100001", 8528);
    pay_fine(&b, pay_try(&b, &d, &p));
    pay_fine(&b, pay_try(&b, &d, &q));
    assert_int_equal(p.id, q.id);
    assert_int_equal(books_balance(&b, "awaiting-utility"), -8528);
    d.bills[0].amount_fen = d.tendered_fen = 9000; /* another payment under the same draft is none */
    assert_int_equal(pay_try(&b, &d, &q), LEDGER_TOKEN);
    pay_again(&b, NULL);                           /* and after a kill it still is one */
    d.bills[0].amount_fen = d.tendered_fen = 8528;
    pay_fine(&b, pay_try(&b, &d, &q));
    assert_int_equal(p.id, q.id);
}

static void two_counters_take_one_bill_once(void **unused)
{
    struct ledger_draft d = pay_draft(LI, "2026100001", 8528);
    pay_take(&b, WANG, "2026100001", 8528, false, &p);
    assert_true(payment_bill_in_hand(b.ledger, "2026100001"));
    assert_int_equal(pay_try(&b, &d, &q), LEDGER_IN_HAND);
    pay_goes(&b, &p, "0200");
    pay_fine(&b, pay_hears(&b, &p, "0210", "78", NULL)); /* declined: it may be tried again */
    assert_false(payment_bill_in_hand(b.ledger, "2026100001"));
    pay_fine(&b, pay_try(&b, &d, &q));
}

static void what_does_not_add_up_is_refused_and_leaves_nothing(void **unused)
{
    static const struct { const char *why; int64_t amount, prepaid, tendered, change; enum ledger_result result; } cases[] = {
        {"short cash", 8528, 0, 8500, 0, LEDGER_CASH_SHORT},
        {"wrong change", 8528, 0, 10000, 1000, LEDGER_PARAMS},
        {"below nothing", -1, 0, 0, 0, LEDGER_PARAMS},
        {"negative change", 8528, 0, 8528, -1, LEDGER_PARAMS},
        {"negative prepaid", 8528, -1, 8527, 0, LEDGER_PARAMS},
        {"more than a message carries", INT64_C(1000000000000), 0, INT64_C(1000000000000), 0, LEDGER_LIMIT},
        {"more than there is", INT64_MAX, 1, INT64_MAX, 0, LEDGER_PARAMS},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ledger_draft d = pay_draft(WANG, "2026100001", cases[i].amount);
        d.prepaid_fen = cases[i].prepaid;
        d.tendered_fen = cases[i].tendered;
        d.change_fen = cases[i].change;
        if (pay_try(&b, &d, &p) != cases[i].result)
            fail_msg("%s", cases[i].why);
    }
    struct ledger_draft d = pay_draft(WANG, "2026100001", 100);
    d.bill_count = 2;
    d.bills[1] = d.bills[0];
    d.tendered_fen = 200;
    assert_int_equal(pay_try(&b, &d, &p), LEDGER_PARAMS);  /* a bill twice */
    d = pay_draft(WANG, "2026100001", 0);
    d.bill_count = 0;
    assert_int_equal(pay_try(&b, &d, &p), LEDGER_PREPAID); /* nothing to pay */
    d = pay_draft(WANG, "2026100001", 100);
    d.token[5] = '\0';
    assert_int_equal(pay_try(&b, &d, &p), LEDGER_TOKEN);
    d = pay_draft(WANG, "2026100001", 100);
    strcpy(d.terminal, "04");
    assert_int_equal(pay_try(&b, &d, &p), LEDGER_TILL);    /* not his till */
    d = pay_draft(WANG, "2026100001", 100);
    d.proc = 501000;
    assert_int_equal(pay_try(&b, &d, &p), LEDGER_PARAMS);
    d = pay_draft(WANG, "2026100001", 100);
    d.customer[0] = (char)0xff;
    assert_int_equal(pay_try(&b, &d, &p), LEDGER_PARAMS);
    assert_int_equal(books_number(&b, "SELECT (SELECT count(*) FROM payment) + (SELECT count(*) FROM outbox)"), 0);
}

static void more_cash_than_the_limit_needs_a_second_person(void **unused)
{
    struct ledger_draft d = pay_draft(WANG, "2026100001", 5000001);
    assert_int_equal(pay_try(&b, &d, &p), LEDGER_APPROVAL);
    pay_fine(&b, payment_record(b.ledger, &d, pay_two(&b, "pay"), &p, &b.err));
    assert_int_equal(books_number(&b, "SELECT count(*) FROM act WHERE act = 'pay' AND subject = '010000000001'"), 1);
    pay_verify(&b);
}

static void without_the_link_the_day_has_limits(void **unused)
{
    struct ledger_offline_left left;
    struct ledger_draft d = pay_draft(WANG, "1", 500001);
    d.offline = true;
    assert_int_equal(pay_try(&b, &d, &p), LEDGER_OFFLINE_LIMIT);
    for (int i = 0; i < 4; i++) {
        char bill[8];
        snprintf(bill, sizeof bill, "F%d", i);
        pay_take(&b, WANG, bill, 499999, true, &p);
        assert_string_equal(p.state, "advised");
    }
    pay_fine(&b, payment_offline_left(b.ledger, &left, &b.err));
    assert_int_equal(left.count, 16);
    assert_int_equal(left.sum_fen, 4);
    d.bills[0].amount_fen = d.tendered_fen = 5;
    assert_int_equal(pay_try(&b, &d, &p), LEDGER_OFFLINE_LIMIT);
    d.bills[0].amount_fen = d.tendered_fen = 4;
    pay_fine(&b, pay_try(&b, &d, &p));
    pay_fine(&b, payment_offline_left(b.ledger, &left, &b.err));
    assert_int_equal(left.sum_fen, 0);
    assert_int_equal(left.count, 15);
}

static void the_day_has_so_many_payments_without_the_link(void **unused)
{
    struct ledger_offline_left left;
    struct ledger_draft d;
    char bill[8];
    for (int i = 0; i < 20; i++) {
        snprintf(bill, sizeof bill, "N%d", i);
        pay_take(&b, WANG, bill, 1, true, &p);
    }
    pay_fine(&b, payment_offline_left(b.ledger, &left, &b.err));
    assert_int_equal(left.count, 0);
    d = pay_draft(WANG, "1", 1);
    d.offline = true;
    assert_int_equal(pay_try(&b, &d, &p), LEDGER_OFFLINE_LIMIT);
    pay_take(&b, WANG, "2", 1, false, &p); /* with the link it goes on */
    pay_goes(&b, &p, "0200");
    assert_int_equal(payment_finish(b.ledger, &p.key, WANG, &q, &b.err), LEDGER_OFFLINE_LIMIT);
    pay_is(&b, &p, "recorded");
}

static void a_bill_of_nothing_is_paid_by_nothing(void **unused)
{
    pay_posted(&b, WANG, "2026100001", 0, &p);
    pay_prints(&b, &p, OUTCOME_CONFIRMED);
    assert_string_equal(p.invoice.number, "00012301");
}

static void prepayment_alone_has_a_receipt_without_a_number(void **unused)
{
    struct ledger_draft d = pay_draft(WANG, "", 0);
    d.bill_count = 0;
    d.prepaid_fen = d.tendered_fen = 10000;
    pay_fine(&b, pay_try(&b, &d, &p));
    pay_fine(&b, payment_shown(b.ledger, &p.key, &b.err));
    pay_goes(&b, &p, "0200");
    pay_fine(&b, pay_hears(&b, &p, "0210", "00", "PP:PP:10000"));
    assert_string_equal(p.state, "posted");
    assert_string_equal(p.invoice.kind, "receipt");
    pay_prints(&b, &p, OUTCOME_CONFIRMED);
    assert_string_equal(p.invoice.number, "");
    pay_quiet(&b); /* no notice: there is no number */
}

/* --- T2 ------------------------------------------------------------------------------------------------- */

static void an_approved_payment_plans_its_invoice(void **unused)
{
    pay_posted(&b, WANG, "2026100001", 8528, &p);
    assert_string_equal(p.approval, "A00417");
    assert_string_equal(p.invoice.state, "planned");
    assert_int_equal(books_balance(&b, "awaiting-utility"), 0);
    assert_int_equal(books_balance(&b, "owed-to-utility"), -8528);
    assert_int_equal(pay_hears(&b, &p, "0210", "00", NULL), LEDGER_STATE); /* the same answer again */
    assert_int_equal(pay_hears(&b, &p, "0210", "76", NULL), LEDGER_STATE); /* or another */
}

static void a_decline_is_given_back_by_the_teller_alone(void **unused)
{
    pay_take(&b, WANG, "2026100001", 8528, false, &p);
    pay_goes(&b, &p, "0200");
    pay_fine(&b, pay_hears(&b, &p, "0210", "76", NULL));
    assert_string_equal(p.state, "declined");
    assert_int_equal(p.owed_fen, 8528);
    assert_int_equal(pay_waits(&b, WAIT_DECLINED), 1);
    assert_int_equal(p.invoice.id, 0);
    pay_fine(&b, payment_hand_back(b.ledger, &p.key, pay_alone(&b, "hand_back"), &p, &b.err));
    pay_verify(&b);
    assert_int_equal(p.handed_fen, 8528);
    assert_int_equal(books_balance(&b, "till:07"), 50000);
    assert_int_equal(pay_waits(&b, WAIT_DECLINED), 0);
    assert_int_equal(payment_hand_back(b.ledger, &p.key, pay_alone(&b, "hand_back"), &p, &b.err), LEDGER_STATE); /* once */
}

/* Only what the posting place has stored with the key is a decline. */
static void codes_that_settle_nothing_leave_the_payment_as_it_is(void **unused)
{
    static const char *const unknown[] = {"30", "58", "68", "91", "94", "96", "25", "05", "99", ""};
    static const char *const final[] = {"13", "14", "51", "55", "57", "61", "62", "76", "77", "78", "79", "80", "98"};
    char bill[8];
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        snprintf(bill, sizeof bill, "U%zu", i);
        pay_take(&b, WANG, bill, 100, false, &p);
        pay_goes(&b, &p, "0200");
        pay_fine(&b, pay_hears(&b, &p, "0210", unknown[i], NULL));
        assert_string_equal(p.state, "recorded");
        assert_true(p.unanswered);
        assert_int_equal(p.owed_fen, 0);
    }
    assert_int_equal(pay_waits(&b, WAIT_NO_ANSWER), sizeof unknown / sizeof *unknown);
    for (size_t i = 0; i < sizeof final / sizeof *final; i++) {
        snprintf(bill, sizeof bill, "D%zu", i);
        pay_take(&b, WANG, bill, 100, false, &p);
        pay_goes(&b, &p, "0200");
        pay_fine(&b, pay_hears(&b, &p, "0210", final[i], NULL));
        assert_string_equal(p.state, "declined");
    }
}

static void without_an_answer_the_same_bytes_are_asked_again_as_a_repeat(void **unused)
{
    static struct ledger_send first, second;
    int count;
    pay_take(&b, WANG, "2026100001", 8528, false, &p);
    pay_fine(&b, outbox_take(b.ledger, true, &first, 1, &count, &b.err));
    pay_fine(&b, outbox_again(b.ledger, first.outbox, 60000, &b.err));
    pay_is(&b, &p, "recorded");
    assert_true(p.unanswered);
    assert_int_equal(pay_waits(&b, WAIT_NO_ANSWER), 1);
    pay_quiet(&b); /* not before its minute */
    pay_fine(&b, payment_ask_again(b.ledger, &p.key, &b.err));
    pay_fine(&b, outbox_take(b.ledger, true, &second, 1, &count, &b.err));
    assert_int_equal(second.tries, 2);
    assert_int_equal(second.len, first.len);
    assert_memory_equal(second.bytes, first.bytes, first.len);
    pay_fine(&b, pay_hears(&b, &p, "0210", "00", NULL));
}

static void finished_without_the_link_a_late_0210_changes_nothing(void **unused)
{
    pay_take(&b, WANG, "2026100001", 8528, false, &p);
    pay_goes(&b, &p, "0200");
    pay_fine(&b, payment_finish(b.ledger, &p.key, WANG, &p, &b.err));
    pay_verify(&b);
    assert_string_equal(p.state, "advised");
    assert_string_equal(p.invoice.state, "planned");
    assert_int_equal(pay_hears(&b, &p, "0210", "76", NULL), LEDGER_STATE);
    assert_int_equal(books_number(&b, "SELECT count(*) FROM audit WHERE event = 'answer too late'"), 1);
    pay_is(&b, &p, "advised");
    pay_goes(&b, &p, "0220");
    pay_fine(&b, pay_hears(&b, &p, "0230", "00", NULL));
    assert_string_equal(p.state, "posted");
    assert_int_equal(payment_finish(b.ledger, &p.key, WANG, &p, &b.err), LEDGER_STATE);
}

static void abandoned_the_cash_is_given_back_by_two(void **unused)
{
    pay_take(&b, WANG, "2026100001", 8528, false, &p);
    pay_goes(&b, &p, "0200");
    assert_int_equal(payment_abandon(b.ledger, &p.key, pay_alone(&b, "abandon"), &q, &b.err), LEDGER_APPROVAL);
    pay_fine(&b, payment_abandon(b.ledger, &p.key, pay_two(&b, "abandon"), &p, &b.err));
    pay_verify(&b);
    assert_string_equal(p.state, "undoing");
    assert_int_equal(p.owed_fen, 8528);
    assert_int_equal(pay_waits(&b, WAIT_GIVE_BACK), 1);
    assert_int_equal(pay_hears(&b, &p, "0210", "00", NULL), LEDGER_STATE); /* too late */
    assert_int_equal(payment_hand_back(b.ledger, &p.key, pay_alone(&b, "hand_back"), &q, &b.err), LEDGER_APPROVAL);
    pay_fine(&b, payment_hand_back(b.ledger, &p.key, pay_two(&b, "hand_back"), &p, &b.err));
    pay_goes(&b, &p, "0420");
    pay_fine(&b, pay_hears(&b, &p, "0430", "00", NULL));
    assert_string_equal(p.state, "undone");
    assert_false(payment_bill_in_hand(b.ledger, "2026100001"));
    assert_int_equal(books_balance(&b, "till:07"), 50000);
}

/* --- the queue ------------------------------------------------------------------------------------------- */

static void payments_on_line_go_before_the_queue_and_a_key_one_after_the_other(void **unused)
{
    pay_take(&b, WANG, "1", 100, true, &p);
    pay_take(&b, WANG, "2", 100, false, &q);
    pay_fine(&b, payment_undo(b.ledger, &p.key, NULL, 0, pay_two(&b, "undo"), &p, &b.err));
    pay_goes(&b, &q, "0200");
    pay_goes(&b, &p, "0220");
    pay_quiet(&b);            /* the 0420 waits behind its 0220 */
    pay_fine(&b, pay_hears(&b, &p, "0230", "00", NULL));
    assert_string_equal(p.state, "undoing");
    assert_int_equal(books_balance(&b, "owed-to-utility"), 0);
    pay_goes(&b, &p, "0420");
    pay_fine(&b, pay_hears(&b, &p, "0430", "00", NULL));
    assert_string_equal(p.state, "undone");
}

static void a_refused_advice_is_parked_and_holds_up_its_own_key_only(void **unused)
{
    int released;
    struct ledger_queued rows[4];
    int count;
    int64_t parked;
    pay_take(&b, WANG, "1", 100, true, &p);
    pay_take(&b, WANG, "2", 100, true, &q);
    pay_goes(&b, &p, "0220");
    pay_fine(&b, pay_hears(&b, &p, "0230", "96", NULL));
    assert_true(p.parked);
    pay_goes(&b, &q, "0220");
    pay_fine(&b, pay_hears(&b, &q, "0230", "00", NULL));
    assert_int_equal(outbox_open(b.ledger, &parked), 1);
    assert_int_equal(parked, 1);
    assert_int_equal(pay_waits(&b, WAIT_PARKED), 1);
    pay_quiet(&b);
    pay_fine(&b, outbox_list(b.ledger, rows, 4, &count, &b.err));
    assert_int_equal(count, 1);
    assert_string_equal(rows[0].state, "parked");
    assert_int_equal(outbox_release(b.ledger, 0, "96", WANG, &released, &b.err), LEDGER_ROLE);
    assert_int_equal(outbox_release(b.ledger, 0, "30", ZHAO, &released, &b.err), LEDGER_STATE);
    pay_fine(&b, outbox_release(b.ledger, 0, "96", ZHAO, &released, &b.err));
    assert_int_equal(released, 1);
    assert_int_equal(pay_goes(&b, &p, "0220"), 2);
    pay_fine(&b, pay_hears(&b, &p, "0230", "00", NULL));
}

static void an_undoing_passes_the_parked_advice_of_its_key(void **unused)
{
    pay_take(&b, WANG, "1", 100, true, &p);
    pay_goes(&b, &p, "0220");
    pay_fine(&b, pay_hears(&b, &p, "0230", "30", NULL));
    pay_fine(&b, payment_undo(b.ledger, &p.key, NULL, 0, pay_two(&b, "undo"), &p, &b.err));
    pay_goes(&b, &p, "0420");
    pay_fine(&b, pay_hears(&b, &p, "0430", "00", NULL));
    assert_string_equal(p.state, "undone");
    assert_int_equal(outbox_open(b.ledger, NULL), 0); /* and its parked row is done with it */
}

static void an_answer_for_a_key_that_is_not_ours_is_kept_and_changes_nothing(void **unused)
{
    struct ledger_payment other = {0};
    pay_take(&b, WANG, "1", 100, true, &p);
    other.key = p.key;
    strcpy(other.key.branch, "0311-0008");
    assert_int_equal(pay_hears(&b, &other, "0230", "00", NULL), LEDGER_STATE);
    other.key = p.key;
    strcpy(other.key.ref, "010000009999");
    assert_int_equal(pay_hears(&b, &other, "0230", "00", NULL), LEDGER_STATE);
    assert_int_equal(books_number(&b, "SELECT count(*) FROM audit WHERE event = 'answer to nothing'"), 2);
    assert_int_equal(pay_hears(&b, &p, "0230", "00", NULL), LEDGER_STATE); /* never sent: nobody can have answered it */
    pay_is(&b, &p, "advised");
}

static void an_answer_that_no_utility_gives_is_refused_and_asked_for_again(void **unused)
{
    pay_take(&b, WANG, "1", 100, false, &p);
    pay_goes(&b, &p, "0200");
    assert_int_equal(pay_hears(&b, &p, "0210", "00", "1:XX:100"), LEDGER_PARAMS);
    assert_int_equal(pay_hears(&b, &p, "0210", "00", "1:BL:-1"), LEDGER_PARAMS);
    pay_is(&b, &p, "recorded");
    assert_string_equal(ledger_broken(b.ledger), "");
    pay_fine(&b, pay_hears(&b, &p, "0210", "00", "1:BL:100"));
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STORY(cash_taken_is_recorded_with_a_key_and_waits_for_its_answer),
        STORY(a_double_enter_is_one_payment),
        STORY(two_counters_take_one_bill_once),
        STORY(what_does_not_add_up_is_refused_and_leaves_nothing),
        STORY(more_cash_than_the_limit_needs_a_second_person),
        STORY(without_the_link_the_day_has_limits),
        STORY(the_day_has_so_many_payments_without_the_link),
        STORY(a_bill_of_nothing_is_paid_by_nothing),
        STORY(prepayment_alone_has_a_receipt_without_a_number),
        STORY(an_approved_payment_plans_its_invoice),
        STORY(a_decline_is_given_back_by_the_teller_alone),
        STORY(codes_that_settle_nothing_leave_the_payment_as_it_is),
        STORY(without_an_answer_the_same_bytes_are_asked_again_as_a_repeat),
        STORY(finished_without_the_link_a_late_0210_changes_nothing),
        STORY(abandoned_the_cash_is_given_back_by_two),
        STORY(payments_on_line_go_before_the_queue_and_a_key_one_after_the_other),
        STORY(a_refused_advice_is_parked_and_holds_up_its_own_key_only),
        STORY(an_undoing_passes_the_parked_advice_of_its_key),
        STORY(an_answer_for_a_key_that_is_not_ours_is_kept_and_changes_nothing),
        STORY(an_answer_that_no_utility_gives_is_refused_and_asked_for_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
