/* The ways back: undone, reversed, refused, short, excepted, settled by two people; and somebody
 * else who speaks in the branch's name. */
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

static enum ledger_result reverse(const struct ledger_paper *papers, int count)
{
    enum ledger_result r = payment_reverse(b.ledger, &p.key, papers, count, pay_two(&b, "reverse"), &q, &b.err);
    if (r == LEDGER_OK)
        p = q;
    pay_verify(&b);
    return r;
}

static enum ledger_result settle(enum ledger_settle how)
{
    enum ledger_result r = payment_settle(b.ledger, &p.key, how, pay_chief(&b, "settle"), &q, &b.err);
    if (r == LEDGER_OK)
        p = q;
    pay_verify(&b);
    return r;
}

/* --- reversal ------------------------------------------------------------------------------------------ */

static void a_posted_payment_is_reversed_once_the_utility_says_so(void **unused)
{
    struct ledger_paper papers[4];
    int count;
    pay_posted(&b, WANG, "1", 8528, &p);
    pay_prints(&b, &p, OUTCOME_CONFIRMED);
    pay_notices(&b);
    pay_fine(&b, payment_papers(b.ledger, &p.key, papers, 4, &count, &b.err));
    assert_int_equal(count, 1);
    assert_string_equal(papers[0].number, "00012301");
    assert_int_equal(reverse(NULL, 0), LEDGER_PARAMS);         /* nothing was said of its paper */
    assert_int_equal(reverse(papers, 1), LEDGER_OK);
    assert_string_equal(p.state, "reversing");
    assert_string_equal(p.invoice.state, "cancelled");
    assert_int_equal(p.owed_fen, 0);                            /* no cash before the answer */
    assert_int_equal(payment_hand_back(b.ledger, &p.key, pay_two(&b, "hand_back"), &q, &b.err), LEDGER_STATE);
    assert_int_equal(pay_goes(&b, &p, "0400"), 1);
    pay_fine(&b, pay_hears(&b, &p, "0410", "00", NULL));
    assert_string_equal(p.state, "reversed");
    assert_int_equal(p.owed_fen, 8528);
    pay_fine(&b, payment_hand_back(b.ledger, &p.key, pay_two(&b, "hand_back"), &p, &b.err));
    pay_verify(&b);
    assert_int_equal(books_balance(&b, "till:07"), 50000);
    assert_int_equal(books_balance(&b, "owed-to-utility"), 0);
    assert_false(payment_bill_in_hand(b.ledger, "1"));
}

static void a_refused_reversal_leaves_it_as_it_stood_with_new_paper(void **unused)
{
    struct ledger_paper paper = {"00012301", true};
    pay_posted(&b, WANG, "1", 8528, &p);
    pay_prints(&b, &p, OUTCOME_CONFIRMED);
    pay_notices(&b);
    assert_int_equal(reverse(&paper, 1), LEDGER_OK);
    assert_int_equal(books_number(&b, "SELECT count(*) FROM audit WHERE event = 'paper missing'"), 1);
    pay_goes(&b, &p, "0400");
    pay_fine(&b, pay_hears(&b, &p, "0410", "98", NULL));
    assert_string_equal(p.state, "posted");
    assert_string_equal(p.code, "98");
    assert_int_equal(p.owed_fen, 0);
    pay_notices(&b);
    pay_prints(&b, &p, OUTCOME_CONFIRMED);
    assert_string_equal(p.invoice.number, "00012302");
    assert_true(payment_bill_in_hand(b.ledger, "1"));
}

static void what_the_utility_does_not_know_or_can_not_take_back_stands(void **unused)
{
    static const char *const refusals[] = {"25", "51", "98"};
    for (int i = 0; i < 3; i++) {
        char bill[4] = {(char)('1' + i), 0};
        pay_posted(&b, WANG, bill, 100, &p);
        assert_int_equal(reverse(NULL, 0), LEDGER_OK);
        pay_goes(&b, &p, "0400");
        pay_fine(&b, pay_hears(&b, &p, "0410", refusals[i], NULL));
        assert_string_equal(p.state, "posted");
        assert_int_equal(p.owed_fen, 0);
        pay_prints(&b, &p, OUTCOME_CONFIRMED);
        pay_notices(&b);
    }
}

static void a_reversal_is_repeated_until_it_is_answered_and_parked_when_it_is_refused_oddly(void **unused)
{
    pay_posted(&b, WANG, "1", 100, &p);
    assert_int_equal(reverse(NULL, 0), LEDGER_OK);
    pay_goes(&b, &p, "0400");
    pay_fine(&b, pay_hears(&b, &p, "0410", "68", NULL));
    b.now_ms += 5000;
    assert_int_equal(pay_goes(&b, &p, "0400"), 2);
    pay_fine(&b, pay_hears(&b, &p, "0410", "96", NULL));
    assert_true(p.parked);
    assert_string_equal(p.state, "reversing");
    assert_int_equal(settle(SETTLE_GIVE_BACK), LEDGER_OK);
    assert_string_equal(p.state, "settled");
    assert_int_equal(p.owed_fen, 100);
}

static void a_payment_of_another_day_is_not_reversed(void **unused)
{
    struct ledger_day day;
    struct ledger_till till;
    pay_posted(&b, WANG, "1", 100, &p);
    pay_prints(&b, &p, OUTCOME_CONFIRMED);
    pay_fine(&b, till_close(b.ledger, (till_count(b.ledger, pay_alone(&b, "till_count"), NULL, 0, 50100, &(struct ledger_count){0}, &b.err),
                            pay_alone(&b, "till_close")), &till, &b.err));
    struct books_two two;
    books_two(&b, &two, LI, "04", "till_count", NULL);
    pay_fine(&b, till_count(b.ledger, &two.two, NULL, 0, 50000, &(struct ledger_count){0}, &b.err));
    books_two(&b, &two, LI, "04", "till_close", NULL);
    pay_fine(&b, till_close(b.ledger, &two.two, &till, &b.err));
    pay_fine(&b, vault_count(b.ledger, pay_chief(&b, "vault"), NULL, 0, 1000100, &(struct ledger_count){0}, &b.err));
    pay_fine(&b, day_closing(b.ledger, ZHAO, &day, &b.err));
    pay_fine(&b, day_cut_off(b.ledger, pay_chief(&b, "day_close"), &day, &b.err));
    pay_fine(&b, day_close(b.ledger, pay_chief(&b, "day_close"), &day, &b.err));
    pay_verify(&b);
    b.now_ms += 86400000;
    pay_fine(&b, day_open(b.ledger, BOOKS_DAY + 1, ZHAO, &b.err));
    struct ledger_paper paper = {"00012301", false};
    assert_int_equal(reverse(&paper, 1), LEDGER_DAY);
    pay_is(&b, &p, "posted");
}

static void an_invoice_at_the_printer_is_settled_before_its_money_goes_back(void **unused)
{
    struct ledger_paper paper = {"00012301", false};
    pay_posted(&b, WANG, "1", 100, &p);
    pay_prints(&b, &p, OUTCOME_UNKNOWN);
    assert_int_equal(reverse(&paper, 1), LEDGER_STATE);
    pay_fine(&b, invoice_answer(b.ledger, p.invoice.id, p.invoice.attempt, "00012301", true, false, pay_alone(&b, "invoice_answer"), &p, &b.err));
    assert_int_equal(reverse(&paper, 1), LEDGER_OK);
}

static void every_paper_the_payment_ever_had_is_asked_for(void **unused)
{
    struct ledger_paper papers[4];
    int count;
    pay_posted(&b, WANG, "1", 100, &p);
    pay_prints(&b, &p, OUTCOME_UNKNOWN);
    pay_fine(&b, invoice_answer(b.ledger, p.invoice.id, p.invoice.attempt, "00012301", false, true, pay_alone(&b, "invoice_answer"), &p, &b.err));
    pay_prints(&b, &p, OUTCOME_CONFIRMED);
    pay_fine(&b, payment_papers(b.ledger, &p.key, papers, 4, &count, &b.err));
    assert_int_equal(count, 2);
    assert_int_equal(reverse(papers + 1, 1), LEDGER_PARAMS);
    papers[0].missing = true;
    assert_int_equal(reverse(papers, 2), LEDGER_OK);
    assert_int_equal(books_number(&b, "SELECT count(*) FROM number WHERE state = 'void' AND paper = 'missing'"), 1);
    assert_int_equal(books_number(&b, "SELECT count(*) FROM number WHERE state = 'void' AND paper = 'seen'"), 1);
}

/* --- undone -------------------------------------------------------------------------------------------- */

static void what_the_utility_could_not_take_back_is_short_and_somebody_bears_it(void **unused)
{
    static const enum ledger_settle ways[] = {SETTLE_SHORT_TELLER, SETTLE_SHORT_UTILITY, SETTLE_SHORT_LOSS};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        char bill[4] = {(char)('1' + i), 0};
        pay_take(&b, WANG, bill, 1000, true, &p);
        pay_fine(&b, payment_undo(b.ledger, &p.key, NULL, 0, pay_two(&b, "undo"), &p, &b.err));
        pay_goes(&b, &p, "0220");
        pay_fine(&b, pay_hears(&b, &p, "0230", "00", NULL));
        pay_goes(&b, &p, "0420");
        pay_fine(&b, pay_hears(&b, &p, "0430", "00", "PP:SU:300"));
        assert_string_equal(p.state, "short");
        assert_int_equal(p.rest_fen, 300);
        assert_int_equal(p.owed_fen, 1000); /* the customer gets all of it back */
        assert_int_equal(pay_waits(&b, WAIT_SHORT), 1);
        assert_int_equal(reverse(NULL, 0), LEDGER_STATE);
        assert_int_equal(settle(SETTLE_KEEP), LEDGER_STATE);
        assert_int_equal(settle(ways[i]), LEDGER_OK);
        assert_int_equal(books_balance(&b, "claims"), 0);
    }
    assert_int_equal(books_balance(&b, "loss"), 300);
    assert_int_equal(books_balance(&b, "till:07"), 50000 + 3000 + 300);
    assert_int_equal(books_balance(&b, "owed-to-utility"), -600);
}

static void an_undoing_refused_oddly_is_parked_and_settled_as_given_back(void **unused)
{
    pay_take(&b, WANG, "1", 1000, true, &p);
    pay_fine(&b, payment_undo(b.ledger, &p.key, NULL, 0, pay_two(&b, "undo"), &p, &b.err));
    pay_goes(&b, &p, "0220");
    pay_fine(&b, pay_hears(&b, &p, "0230", "94", NULL));
    assert_int_equal(settle(SETTLE_GIVE_BACK), LEDGER_STATE); /* its 0420 has yet to be tried */
    pay_goes(&b, &p, "0420");
    pay_fine(&b, pay_hears(&b, &p, "0430", "58", NULL));
    assert_int_equal(settle(SETTLE_KEEP), LEDGER_STATE);
    assert_int_equal(settle(SETTLE_GIVE_BACK), LEDGER_OK);
    assert_int_equal(p.owed_fen, 1000);
    assert_int_equal(outbox_open(b.ledger, NULL), 0);
}

static void a_rest_larger_than_the_payment_is_no_answer(void **unused)
{
    pay_take(&b, WANG, "1", 1000, true, &p);
    pay_fine(&b, payment_undo(b.ledger, &p.key, NULL, 0, pay_two(&b, "undo"), &p, &b.err));
    pay_goes(&b, &p, "0220");
    pay_fine(&b, pay_hears(&b, &p, "0230", "00", NULL));
    pay_goes(&b, &p, "0420");
    pay_fine(&b, pay_hears(&b, &p, "0430", "00", "PP:SU:1001"));
    assert_true(p.parked);
    assert_string_equal(p.state, "undoing");
}

/* --- exceptions ------------------------------------------------------------------------------------------ */

static void money_that_is_not_where_it_was_meant_is_an_exception_and_stands(void **unused)
{
    pay_take(&b, WANG, "1", 1000, true, &p);
    pay_goes(&b, &p, "0220");
    pay_fine(&b, pay_hears(&b, &p, "0230", "00", "1:PP:1000"));
    assert_string_equal(p.state, "excepted");
    assert_string_equal(p.bill_places[0], "PP");
    assert_int_equal(books_balance(&b, "owed-to-utility"), -1000);
    assert_int_equal(pay_waits(&b, WAIT_EXCEPTION), 1);
    assert_false(payment_bill_in_hand(b.ledger, "1")); /* the utility left it open: it can be paid again */
    pay_prints(&b, &p, OUTCOME_CONFIRMED);
    assert_int_equal(settle(SETTLE_GIVE_BACK), LEDGER_STATE); /* the utility has it: by reversal or refund */
    assert_int_equal(payment_settle(b.ledger, &p.key, SETTLE_KEEP, pay_two(&b, "settle"), &q, &b.err), LEDGER_ROLE);
    assert_int_equal(settle(SETTLE_KEEP), LEDGER_OK);
    assert_true(p.kept);
    assert_string_equal(p.invoice.state, "confirmed");
}

static void a_divided_bill_is_paid_and_its_rest_an_exception(void **unused)
{
    pay_take(&b, WANG, "1", 1000, true, &p);
    pay_goes(&b, &p, "0220");
    pay_fine(&b, pay_hears(&b, &p, "0230", "00", "1:BL:900 1:PP:100"));
    assert_string_equal(p.state, "excepted");
    assert_int_equal(p.part_count, 2);
    assert_true(payment_bill_in_hand(b.ledger, "1"));
    assert_int_equal(reverse(NULL, 0), LEDGER_OK);
    pay_goes(&b, &p, "0400");
    pay_fine(&b, pay_hears(&b, &p, "0410", "51", NULL));
    assert_string_equal(p.state, "excepted"); /* back as it stood */
}

static void a_key_undone_by_somebody_else_stops_the_branch_until_it_has_a_new_certificate(void **unused)
{
    struct ledger_identity us;
    struct ledger_draft d = pay_draft(WANG, "2", 500);
    bool changed;
    pay_fine(&b, ledger_certificate(b.ledger, "aa", &changed, &b.err));
    assert_false(changed); /* the first one is only kept */
    pay_take(&b, WANG, "1", 1000, false, &p);
    pay_goes(&b, &p, "0200");
    pay_fine(&b, pay_hears(&b, &p, "0210", "12", NULL));
    assert_string_equal(p.state, "excepted");
    assert_true(p.foreign_undo);
    assert_int_equal(p.owed_fen, 0); /* no decline: two people settle it */
    assert_int_equal(pay_try(&b, &d, &q), LEDGER_STOPPED);
    pay_fine(&b, ledger_identity(b.ledger, &us, &b.err));
    assert_string_not_equal(us.alarm, "");
    pay_fine(&b, ledger_epoch(b.ledger, us.random, 1, &b.err)); /* the sign-on as ever ends no alarm */
    assert_int_equal(pay_try(&b, &d, &q), LEDGER_STOPPED);
    pay_again(&b, NULL);
    assert_int_equal(pay_try(&b, &d, &q), LEDGER_STOPPED);
    pay_fine(&b, ledger_certificate(b.ledger, "aa", &changed, &b.err));
    assert_false(changed);
    assert_int_equal(pay_try(&b, &d, &q), LEDGER_STOPPED);
    pay_fine(&b, ledger_certificate(b.ledger, "bb", &changed, &b.err));
    assert_true(changed);
    assert_int_equal(pay_try(&b, &d, &q), LEDGER_STARTUP);
    assert_int_equal(ledger_epoch(b.ledger, us.random, 2, &b.err), LEDGER_STATE); /* an answer to the old one */
    pay_fine(&b, ledger_identity(b.ledger, &us, &b.err));
    assert_int_equal(ledger_epoch(b.ledger, us.random, 1, &b.err), LEDGER_STATE); /* an epoch is used once */
    pay_fine(&b, ledger_epoch(b.ledger, us.random, 2, &b.err));
    pay_fine(&b, pay_try(&b, &d, &q));
    assert_string_equal(q.key.ref, "020000000002"); /* the counter goes on, the epoch is new */
    assert_int_equal(settle(SETTLE_KEEP), LEDGER_STATE);
    assert_int_equal(settle(SETTLE_GIVE_BACK), LEDGER_OK);
    assert_int_equal(p.owed_fen, 1000);
}

static void an_advice_answered_rv_stands_no_more_and_is_not_printed(void **unused)
{
    int64_t invoice, payment;
    char kind[8];
    pay_take(&b, WANG, "1", 1000, true, &p);
    pay_goes(&b, &p, "0220");
    pay_fine(&b, pay_hears(&b, &p, "0230", "00", "1:RV:1000"));
    assert_true(p.foreign_undo);
    assert_string_equal(p.invoice.state, "dropped");
    pay_fine(&b, invoice_next(b.ledger, "03", &invoice, &payment, kind, &b.err));
    assert_int_equal(invoice, 0);
    assert_int_equal(reverse(NULL, 0), LEDGER_OK);
    pay_goes(&b, &p, "0400");
    pay_fine(&b, pay_hears(&b, &p, "0410", "00", NULL));
    assert_int_equal(books_balance(&b, "awaiting-utility"), 0);
    assert_int_equal(p.owed_fen, 1000);
}

/* --- parked ------------------------------------------------------------------------------------------------ */

static void a_parked_advice_is_settled_as_kept_or_given_back(void **unused)
{
    pay_take(&b, WANG, "1", 1000, true, &p);
    pay_goes(&b, &p, "0220");
    assert_int_equal(settle(SETTLE_KEEP), LEDGER_STATE); /* not parked yet */
    pay_fine(&b, pay_hears(&b, &p, "0230", "30", NULL));
    pay_prints(&b, &p, OUTCOME_CONFIRMED);
    assert_int_equal(settle(SETTLE_SHORT_LOSS), LEDGER_STATE);
    assert_int_equal(payment_settle(b.ledger, &p.key, SETTLE_KEEP, NULL, &q, &b.err), LEDGER_APPROVAL);
    assert_int_equal(settle(SETTLE_KEEP), LEDGER_OK);
    assert_int_equal(books_balance(&b, "owed-to-utility"), -1000);
    pay_notices(&b); /* its paper's notice waited for it */
    assert_int_equal(outbox_open(b.ledger, NULL), 0);
}

static void money_given_back_by_settling_voids_its_paper(void **unused)
{
    pay_take(&b, WANG, "2", 2000, true, &p);
    pay_goes(&b, &p, "0220");
    pay_fine(&b, pay_hears(&b, &p, "0230", "30", NULL));
    pay_prints(&b, &p, OUTCOME_CONFIRMED);
    assert_int_equal(settle(SETTLE_GIVE_BACK), LEDGER_OK);
    assert_string_equal(p.invoice.state, "cancelled");
    assert_int_equal(number_seen(b.ledger, "1300", "00012301", false, WANG, &b.err), LEDGER_ROLE);
    pay_fine(&b, number_seen(b.ledger, "1300", "00012301", false, ZHAO, &b.err));
    assert_int_equal(number_seen(b.ledger, "1300", "00012302", false, ZHAO, &b.err), LEDGER_PARAMS);
    pay_verify(&b);
}

static void a_parked_reversal_is_settled_as_kept_or_given_back_and_as_nothing_else(void **unused)
{
    static const enum ledger_settle ways[] = {SETTLE_KEEP, SETTLE_GIVE_BACK};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        char bill[4] = {(char)('1' + i), 0};
        pay_posted(&b, WANG, bill, 1000, &p);
        assert_int_equal(reverse(NULL, 0), LEDGER_OK);
        pay_goes(&b, &p, "0400");
        assert_int_equal(settle(SETTLE_KEEP), LEDGER_STATE); /* not parked yet */
        pay_fine(&b, pay_hears(&b, &p, "0410", "30", NULL));
        assert_string_equal(p.state, "reversing");
        assert_int_equal(settle(SETTLE_SHORT_LOSS), LEDGER_STATE);
        assert_int_equal(settle(ways[i]), LEDGER_OK);
        assert_string_equal(p.state, "settled");
        assert_int_equal(p.owed_fen, ways[i] == SETTLE_GIVE_BACK ? 1000 : 0);
        assert_int_equal(outbox_open(b.ledger, NULL), 0);
    }
}

static void what_is_short_is_no_tellers_whose_till_is_closed(void **unused)
{
    struct ledger_till till;
    pay_take(&b, WANG, "1", 1000, true, &p);
    pay_fine(&b, payment_undo(b.ledger, &p.key, NULL, 0, pay_two(&b, "undo"), &p, &b.err));
    pay_goes(&b, &p, "0220");
    pay_fine(&b, pay_hears(&b, &p, "0230", "00", NULL));
    pay_goes(&b, &p, "0420");
    pay_fine(&b, pay_hears(&b, &p, "0430", "00", "PP:SU:300"));
    pay_fine(&b, payment_hand_back(b.ledger, &p.key, pay_two(&b, "hand_back"), &p, &b.err));
    pay_fine(&b, till_count(b.ledger, pay_alone(&b, "till_count"), NULL, 0, 50000, &(struct ledger_count){0}, &b.err));
    pay_fine(&b, till_close(b.ledger, pay_alone(&b, "till_close"), &till, &b.err));
    assert_int_equal(settle(SETTLE_SHORT_TELLER), LEDGER_TILL);
    assert_non_null(strstr(b.err.why, "till 07 is not open"));
    assert_int_equal(settle(SETTLE_SHORT_LOSS), LEDGER_OK);
    assert_int_equal(books_balance(&b, "loss"), 300);
}

static void a_parked_notice_is_set_aside_by_two(void **unused)
{
    static struct ledger_send row;
    static struct ledger_payment out;
    const struct ledger_answer refused = {.mti = "0230", .code = "30"};
    bool unknown;
    int count;
    pay_posted(&b, WANG, "1", 100, &p);
    pay_prints(&b, &p, OUTCOME_CONFIRMED);
    pay_fine(&b, outbox_take(b.ledger, false, &row, 1, &count, &b.err));
    pay_fine(&b, outbox_answer(b.ledger, &row.key, &refused, &unknown, &out, &b.err));
    pay_is(&b, &p, "posted");
    assert_int_equal(settle(SETTLE_GIVE_BACK), LEDGER_STATE);
    assert_int_equal(settle(SETTLE_KEEP), LEDGER_OK);
    assert_string_equal(p.state, "posted");
    assert_int_equal(outbox_open(b.ledger, NULL), 0);
}

static void one_person_alone_turns_nothing_back(void **unused)
{
    pay_posted(&b, WANG, "1", 100, &p);
    assert_int_equal(payment_reverse(b.ledger, &p.key, NULL, 0, pay_alone(&b, "reverse"), &q, &b.err), LEDGER_APPROVAL);
    assert_int_equal(payment_undo(b.ledger, &p.key, NULL, 0, pay_two(&b, "undo"), &q, &b.err), LEDGER_STATE);
    pay_take(&b, WANG, "2", 100, true, &p);
    assert_int_equal(payment_undo(b.ledger, &p.key, NULL, 0, pay_alone(&b, "undo"), &q, &b.err), LEDGER_APPROVAL);
    assert_int_equal(payment_undo(b.ledger, &p.key, NULL, 0, pay_two(&b, "reverse"), &q, &b.err), LEDGER_APPROVAL_ALTERED);
    pay_is(&b, &p, "advised");
    pay_verify(&b);
}

static void a_till_gives_back_no_more_than_it_holds(void **unused)
{
    struct ledger_till till;
    pay_take(&b, WANG, "1", 100000, false, &p);
    pay_goes(&b, &p, "0200");
    pay_fine(&b, pay_hears(&b, &p, "0210", "76", NULL));
    pay_fine(&b, till_cash(b.ledger, pay_two(&b, "till_cash"), false, 149000, &till, &b.err));
    assert_int_equal(payment_hand_back(b.ledger, &p.key, pay_alone(&b, "hand_back"), &q, &b.err), LEDGER_CASH_SHORT);
    pay_is(&b, &p, "declined");
    assert_int_equal(p.owed_fen, 100000);
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STORY(a_posted_payment_is_reversed_once_the_utility_says_so),
        STORY(a_refused_reversal_leaves_it_as_it_stood_with_new_paper),
        STORY(what_the_utility_does_not_know_or_can_not_take_back_stands),
        STORY(a_reversal_is_repeated_until_it_is_answered_and_parked_when_it_is_refused_oddly),
        STORY(a_payment_of_another_day_is_not_reversed),
        STORY(an_invoice_at_the_printer_is_settled_before_its_money_goes_back),
        STORY(every_paper_the_payment_ever_had_is_asked_for),
        STORY(what_the_utility_could_not_take_back_is_short_and_somebody_bears_it),
        STORY(an_undoing_refused_oddly_is_parked_and_settled_as_given_back),
        STORY(a_rest_larger_than_the_payment_is_no_answer),
        STORY(money_that_is_not_where_it_was_meant_is_an_exception_and_stands),
        STORY(a_divided_bill_is_paid_and_its_rest_an_exception),
        STORY(a_key_undone_by_somebody_else_stops_the_branch_until_it_has_a_new_certificate),
        STORY(an_advice_answered_rv_stands_no_more_and_is_not_printed),
        STORY(a_parked_advice_is_settled_as_kept_or_given_back),
        STORY(money_given_back_by_settling_voids_its_paper),
        STORY(a_parked_reversal_is_settled_as_kept_or_given_back_and_as_nothing_else),
        STORY(what_is_short_is_no_tellers_whose_till_is_closed),
        STORY(a_parked_notice_is_set_aside_by_two),
        STORY(one_person_alone_turns_nothing_back),
        STORY(a_till_gives_back_no_more_than_it_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
