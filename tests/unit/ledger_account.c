/* Special accounts at the counter: what a deposit, a withdrawal, a payment of bills from an account
 * and the bank's other acts do to till and journal, answered, declined, unanswered, undone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "lib/pay.h"

#define ACCOUNT "102000000000000017"

static struct books b;
static struct ledger_payment p;

static int set_up(void **unused) { pay_start(&b); return 0; }
static int tear_down(void **unused) { books_end(&b); return 0; }

static struct ledger_draft draft(int proc, int64_t fen)
{
    struct ledger_draft d = pay_draft(WANG, "none", 0);
    d.proc = proc;
    d.bill_count = 0;
    d.prepaid_fen = fen;
    d.tendered_fen = proc == 210000 || proc == 920000 ? fen : 0;
    if (proc != 920000)
        strcpy(d.account, ACCOUNT);
    return d;
}

static struct ledger_draft bill_draft(const char *bill, int64_t fen)
{
    struct ledger_draft d = pay_draft(WANG, bill, fen);
    d.proc = 501000;
    d.tendered_fen = 0;
    strcpy(d.account, ACCOUNT);
    return d;
}

static const struct ledger_account_ask with_password = {.sealed = "0a1b2c3d"}, by_book = {.book = "1|5000"}, nothing = {.act = ""};

static enum ledger_result asks(const struct ledger_draft *d, const struct ledger_account_ask *ask, const struct ledger_two *two)
{
    static struct ledger_payment now;
    enum ledger_result r = payment_account(b.ledger, d, ask, two, &now, &b.err);
    if (r == LEDGER_OK)
        p = now;
    pay_verify(&b);
    return r;
}

static void asked(int proc, int64_t fen, const struct ledger_account_ask *ask, const char *act)
{
    struct ledger_draft d = draft(proc, fen);
    pay_fine(&b, asks(&d, ask, pay_alone(&b, act)));
    pay_fine(&b, payment_shown(b.ledger, &p.key, &b.err));
    pay_goes(&b, &p, "0200");
}

/* The bank's 0210, with the account and what is on it now. */
static void bank_says(const char *code, const char *account, int64_t balance_fen)
{
    struct ledger_answer a = {.mti = "0210", .has_balance = balance_fen >= 0, .balance_fen = balance_fen < 0 ? 0 : balance_fen};
    struct key key = p.key;
    bool unknown;
    strcpy(a.code, code);
    strcpy(a.account, account);
    pay_fine(&b, outbox_answer(b.ledger, &key, &a, &unknown, &p, &b.err));
    pay_verify(&b);
}

static int64_t till(void) { return books_balance(&b, "till:07"); }
static int64_t clearing(void) { return books_balance(&b, "clearing-bank"); }

/* --- deposit ------------------------------------------------------------------------------------ */

static void a_deposit_waits_for_the_bank_and_has_a_receipt_without_a_number(void **unused)
{
    struct ledger_totals t;
    int64_t cash = till(), bank = clearing();
    asked(210000, 30000, &nothing, "account_deposit");
    assert_int_equal(till(), cash + 30000);
    assert_int_equal(books_balance(&b, "awaiting-bank"), -30000);
    bank_says("00", ACCOUNT, 45000);
    assert_string_equal(p.state, "posted");
    assert_int_equal(p.balance_fen, 45000);
    assert_string_equal(p.account, ACCOUNT);
    assert_int_equal(books_balance(&b, "awaiting-bank"), 0);
    assert_int_equal(clearing(), bank - 30000);
    assert_string_equal(p.invoice.kind, "receipt");
    assert_string_equal(p.invoice.state, "planned");
    pay_fine(&b, day_totals(b.ledger, BOOKS_DAY, NULL, &t, &b.err));
    assert_int_equal(t.deposits, 1);
    assert_int_equal(t.deposits_fen, 30000);
    assert_int_equal(t.payments, 0); /* the utility knows nothing of it, and is told nothing */
    assert_int_equal(t.answered_fen, 0);
}

static void a_deposit_that_the_bank_refuses_is_handed_back(void **unused)
{
    int64_t cash = till();
    asked(210000, 30000, &nothing, "account_deposit");
    bank_says("62", "", -1);
    assert_string_equal(p.state, "declined");
    assert_int_equal(p.owed_fen, 30000);
    assert_int_equal(pay_waits(&b, WAIT_DECLINED), 1);
    pay_fine(&b, payment_hand_back(b.ledger, &p.key, pay_alone(&b, "hand_back"), &p, &b.err));
    assert_int_equal(till(), cash);
    assert_int_equal(books_balance(&b, "awaiting-bank"), 0);
}

static void a_deposit_without_an_answer_is_asked_again_or_abandoned_but_never_finished(void **unused)
{
    int64_t bank = clearing();
    asked(210000, 30000, &nothing, "account_deposit");
    pay_fine(&b, pay_hears(&b, &p, "0210", "91", NULL));
    assert_string_equal(p.state, "recorded");
    assert_int_equal(payment_finish(b.ledger, &p.key, WANG, &p, &b.err), LEDGER_STATE);
    pay_fine(&b, payment_ask_again(b.ledger, &p.key, &b.err));
    assert_int_equal(pay_goes(&b, &p, "0200"), 2);
    assert_int_equal(payment_abandon(b.ledger, &p.key, pay_alone(&b, "abandon"), &p, &b.err), LEDGER_APPROVAL);
    pay_fine(&b, payment_abandon(b.ledger, &p.key, pay_two(&b, "abandon"), &p, &b.err));
    assert_int_equal(p.owed_fen, 30000);
    assert_int_equal(pay_hears(&b, &p, "0210", "00", NULL), LEDGER_STATE); /* too late: the cash is the customer's */
    pay_goes(&b, &p, "0420");
    pay_fine(&b, pay_hears(&b, &p, "0430", "00", NULL));
    pay_is(&b, &p, "undone");
    assert_int_equal(clearing(), bank);
}

static void what_was_spent_of_an_undone_deposit_is_a_claim(void **unused)
{
    int64_t bank = clearing();
    asked(210000, 30000, &nothing, "account_deposit");
    pay_fine(&b, payment_abandon(b.ledger, &p.key, pay_two(&b, "abandon"), &p, &b.err));
    pay_goes(&b, &p, "0420");
    pay_fine(&b, pay_hears(&b, &p, "0430", "00", "PP:SU:10000"));
    pay_is(&b, &p, "short");
    assert_int_equal(books_balance(&b, "claims"), 10000);
    assert_int_equal(clearing(), bank - 10000); /* it stands at the bank as paid in */
    pay_fine(&b, payment_settle(b.ledger, &p.key, SETTLE_SHORT_LOSS, pay_chief(&b, "settle"), &p, &b.err));
    assert_int_equal(books_balance(&b, "claims"), 0);
    pay_verify(&b);
}

static void a_deposit_is_reversed_while_its_day_is_open(void **unused)
{
    int64_t bank = clearing();
    asked(210000, 30000, &nothing, "account_deposit");
    bank_says("00", ACCOUNT, 30000);
    pay_fine(&b, payment_reverse(b.ledger, &p.key, NULL, 0, pay_two(&b, "reverse"), &p, &b.err));
    pay_goes(&b, &p, "0400");
    pay_fine(&b, pay_hears(&b, &p, "0410", "51", NULL)); /* spent: it stands, and says so */
    pay_is(&b, &p, "posted");
    pay_fine(&b, payment_reverse(b.ledger, &p.key, NULL, 0, pay_two(&b, "reverse"), &p, &b.err));
    pay_goes(&b, &p, "0400");
    pay_fine(&b, pay_hears(&b, &p, "0410", "00", NULL));
    pay_is(&b, &p, "reversed");
    assert_int_equal(p.owed_fen, 30000);
    assert_int_equal(clearing(), bank);
}

static void cash_of_a_deposit_that_no_screen_said_is_asked_for(void **unused)
{
    struct ledger_startup found;
    struct ledger_draft d = draft(210000, 30000);
    int64_t cash = till();
    pay_fine(&b, asks(&d, &nothing, pay_alone(&b, "account_deposit")));
    pay_again(&b, &found);
    assert_int_equal(found.unacknowledged, 1);
    pay_quiet(&b);
    pay_fine(&b, payment_cash_is(b.ledger, &p.key, false, pay_two(&b, "unacknowledged_answer"), &p, &b.err));
    pay_is(&b, &p, "undoing");
    assert_int_equal(till(), cash);
    pay_verify(&b);
}

static void an_opening_learns_its_number_from_the_answer(void **unused)
{
    struct ledger_draft d = draft(920000, 10000);
    const struct ledger_account_ask holder = {.name = "张建国", .document = "130102197001011234", .phone = "13800000000"};
    pay_fine(&b, asks(&d, &holder, pay_alone(&b, "account_open")));
    pay_fine(&b, payment_shown(b.ledger, &p.key, &b.err));
    pay_goes(&b, &p, "0200");
    bank_says("00", ACCOUNT, 10000);
    assert_string_equal(p.account, ACCOUNT);
    assert_string_equal(p.invoice.state, "planned");
    d = draft(920000, 0); /* with no deposit: no cash, no paper, nothing booked */
    pay_fine(&b, asks(&d, &holder, pay_alone(&b, "account_open")));
    assert_true(p.shown_ms != 0);
    pay_goes(&b, &p, "0200");
    bank_says("00", "102000000000000025", 0);
    assert_int_equal(p.invoice.id, 0);
}

/* --- withdrawal ------------------------------------------------------------------------------------ */

static void no_cash_goes_out_before_the_bank_has_said_so(void **unused)
{
    struct ledger_totals t;
    int64_t cash = till(), bank = clearing();
    asked(10000, 20000, &with_password, "account_withdraw");
    assert_int_equal(till(), cash);
    bank_says("00", "", 5000);
    assert_int_equal(till(), cash - 20000);
    assert_int_equal(clearing(), bank + 20000);
    assert_string_equal(p.invoice.kind, "receipt");
    pay_fine(&b, day_totals(b.ledger, BOOKS_DAY, WANG, &t, &b.err));
    assert_int_equal(t.withdrawals_fen, 20000);
    assert_int_equal(payment_reverse(b.ledger, &p.key, NULL, 0, pay_two(&b, "reverse"), &p, &b.err), LEDGER_STATE); /* it is paid in again */
}

static void a_withdrawal_that_is_refused_or_abandoned_moves_nothing(void **unused)
{
    int64_t cash = till(), bank = clearing();
    asked(10000, 20000, &with_password, "account_withdraw");
    bank_says("55", "", -1);
    assert_string_equal(p.state, "declined");
    assert_int_equal(pay_waits(&b, WAIT_DECLINED), 0); /* nobody gets anything back */
    asked(10000, 20000, &with_password, "account_withdraw");
    pay_fine(&b, payment_abandon(b.ledger, &p.key, pay_two(&b, "abandon"), &p, &b.err));
    assert_int_equal(pay_hears(&b, &p, "0210", "00", NULL), LEDGER_STATE); /* the customer has gone without */
    pay_goes(&b, &p, "0420");
    pay_fine(&b, pay_hears(&b, &p, "0430", "00", NULL));
    pay_is(&b, &p, "undone");
    assert_int_equal(till(), cash);
    assert_int_equal(clearing(), bank);
}

static void a_withdrawal_is_killed_and_asked_again(void **unused)
{
    struct ledger_startup found;
    struct ledger_draft d = draft(10000, 20000);
    pay_fine(&b, asks(&d, &with_password, pay_alone(&b, "account_withdraw")));
    pay_goes(&b, &p, "0200");
    pay_again(&b, &found);
    assert_int_equal(found.unacknowledged, 0); /* no cash was taken with it */
    assert_int_equal(pay_goes(&b, &p, "0200"), 2);
    bank_says("00", "", 0);
    assert_string_equal(p.state, "posted");
}

static void two_people_stand_behind_much_cash_and_behind_a_proof_by_the_book(void **unused)
{
    struct ledger_draft d = draft(10000, 20000);
    assert_int_equal(asks(&d, &by_book, pay_alone(&b, "account_withdraw")), LEDGER_APPROVAL);
    pay_fine(&b, asks(&d, &by_book, pay_two(&b, "account_withdraw")));
    d = draft(210000, 5000001);
    assert_int_equal(asks(&d, &nothing, pay_alone(&b, "account_deposit")), LEDGER_APPROVAL);
    pay_fine(&b, asks(&d, &nothing, pay_two(&b, "account_deposit")));
}

static void cash_that_was_promised_is_not_promised_twice(void **unused)
{
    struct ledger_draft d = draft(10000, till());
    struct ledger_count counted;
    pay_fine(&b, asks(&d, &with_password, pay_alone(&b, "account_withdraw")));
    d = draft(10000, 1);
    assert_int_equal(asks(&d, &with_password, pay_alone(&b, "account_withdraw")), LEDGER_CASH_SHORT);
    assert_int_equal(till_count(b.ledger, pay_alone(&b, "till_count"), NULL, 0, 50000, &counted, &b.err), LEDGER_STATE);
    pay_goes(&b, &p, "0200");
    bank_says("51", "", -1);
    pay_fine(&b, till_count(b.ledger, pay_alone(&b, "till_count"), NULL, 0, 50000, &counted, &b.err));
    assert_int_equal(counted.difference_fen, 0);
}

static void closing_pays_out_what_is_left(void **unused)
{
    int64_t cash = till();
    asked(950000, 700, &with_password, "account_close");
    bank_says("00", "", 0);
    assert_int_equal(till(), cash - 700);
    asked(950000, 0, &with_password, "account_close");
    bank_says("00", "", 0);
    assert_int_equal(p.invoice.id, 0);
}

/* --- bills from an account -------------------------------------------------------------------------- */

static void bills_are_paid_from_an_account(void **unused)
{
    struct ledger_draft d = bill_draft("1", 9000);
    struct ledger_totals t;
    int64_t cash = till(), bank = clearing();
    pay_fine(&b, asks(&d, &with_password, pay_alone(&b, "account_pay")));
    assert_int_equal(clearing(), bank + 9000);
    assert_int_equal(books_balance(&b, "awaiting-utility"), -9000);
    assert_true(payment_bill_in_hand(b.ledger, "1"));
    struct ledger_draft again = pay_draft(LI, "1", 9000);
    struct ledger_payment other;
    assert_int_equal(pay_try(&b, &again, &other), LEDGER_IN_HAND); /* not in cash as well */
    pay_goes(&b, &p, "0200");
    pay_fine(&b, pay_hears(&b, &p, "0210", "00", "1:BL:9000"));
    assert_string_equal(p.state, "posted");
    assert_int_equal(books_balance(&b, "owed-to-utility"), -9000);
    assert_int_equal(till(), cash);
    assert_string_equal(p.invoice.kind, "receipt"); /* its invoice is the utility's */
    pay_fine(&b, day_totals(b.ledger, BOOKS_DAY, NULL, &t, &b.err));
    assert_int_equal(t.payments_fen, 9000); /* the utility's totals know it */
    assert_int_equal(t.answered_fen, 9000);
    assert_int_equal(t.from_accounts_fen, 9000);
}

static void bills_that_the_bank_or_the_utility_refuses_leave_the_account_alone(void **unused)
{
    struct ledger_draft d = bill_draft("1", 9000);
    int64_t bank = clearing();
    pay_fine(&b, asks(&d, &with_password, pay_alone(&b, "account_pay")));
    pay_goes(&b, &p, "0200");
    pay_fine(&b, pay_hears(&b, &p, "0210", "51", NULL));
    pay_is(&b, &p, "declined");
    assert_int_equal(clearing(), bank);
    assert_int_equal(p.owed_fen, 0);
    assert_false(payment_bill_in_hand(b.ledger, "1"));
}

static void an_abandoned_payment_from_an_account_waits_for_its_0430(void **unused)
{
    struct ledger_draft d = bill_draft("1", 9000);
    int64_t bank = clearing();
    pay_fine(&b, asks(&d, &with_password, pay_alone(&b, "account_pay")));
    pay_goes(&b, &p, "0200");
    assert_int_equal(payment_finish(b.ledger, &p.key, WANG, &p, &b.err), LEDGER_STATE);
    pay_fine(&b, payment_abandon(b.ledger, &p.key, pay_two(&b, "abandon"), &p, &b.err));
    assert_int_equal(p.owed_fen, 0);
    assert_int_equal(clearing(), bank + 9000); /* held at the bank until it says that it gave it back */
    pay_goes(&b, &p, "0420");
    pay_fine(&b, pay_hears(&b, &p, "0430", "00", NULL));
    pay_is(&b, &p, "undone");
    assert_int_equal(clearing(), bank);
    assert_int_equal(books_balance(&b, "owed-to-utility"), 0);
}

static void what_did_not_come_back_to_the_account_stays_the_customers_credit(void **unused)
{
    struct ledger_draft d = bill_draft("1", 9000);
    int64_t bank = clearing();
    pay_fine(&b, asks(&d, &with_password, pay_alone(&b, "account_pay")));
    pay_goes(&b, &p, "0200");
    pay_fine(&b, payment_abandon(b.ledger, &p.key, pay_two(&b, "abandon"), &p, &b.err));
    pay_goes(&b, &p, "0420");
    pay_fine(&b, pay_hears(&b, &p, "0430", "00", "1:SU:2000"));
    pay_is(&b, &p, "short");
    assert_int_equal(clearing(), bank + 2000);
    assert_int_equal(books_balance(&b, "owed-to-utility"), -2000);
    assert_int_equal(books_balance(&b, "claims"), 0);
    assert_int_equal(payment_settle(b.ledger, &p.key, SETTLE_SHORT_LOSS, pay_chief(&b, "settle"), &p, &b.err), LEDGER_STATE);
    pay_fine(&b, payment_settle(b.ledger, &p.key, SETTLE_KEEP, pay_chief(&b, "settle"), &p, &b.err));
    assert_string_equal(p.state, "settled");
    pay_verify(&b);
}

static void a_reversal_credits_the_account(void **unused)
{
    struct ledger_draft d = bill_draft("1", 9000);
    int64_t bank = clearing();
    pay_fine(&b, asks(&d, &with_password, pay_alone(&b, "account_pay")));
    pay_goes(&b, &p, "0200");
    pay_fine(&b, pay_hears(&b, &p, "0210", "00", "1:BL:9000"));
    pay_fine(&b, payment_reverse(b.ledger, &p.key, NULL, 0, pay_two(&b, "reverse"), &p, &b.err));
    pay_goes(&b, &p, "0400");
    pay_fine(&b, pay_hears(&b, &p, "0410", "00", NULL));
    pay_is(&b, &p, "reversed");
    assert_int_equal(p.owed_fen, 0);
    assert_int_equal(clearing(), bank);
}

static void an_undoing_that_is_parked_is_settled_for_the_account(void **unused)
{
    struct ledger_draft d = bill_draft("1", 9000);
    int64_t bank = clearing();
    pay_fine(&b, asks(&d, &with_password, pay_alone(&b, "account_pay")));
    pay_goes(&b, &p, "0200");
    pay_fine(&b, payment_abandon(b.ledger, &p.key, pay_two(&b, "abandon"), &p, &b.err));
    pay_goes(&b, &p, "0420");
    pay_fine(&b, pay_hears(&b, &p, "0430", "58", NULL));
    pay_fine(&b, payment_settle(b.ledger, &p.key, SETTLE_GIVE_BACK, pay_chief(&b, "settle"), &p, &b.err));
    assert_int_equal(clearing(), bank);
    pay_verify(&b);
}

/* --- the bank's other acts ---------------------------------------------------------------------------- */

static void a_passbook_is_printed_once_and_again_only_by_two(void **unused)
{
    const struct ledger_account_ask lines = {.book = "1|1|3|sent"}, again = {.book = "1|2|2|again"}, lost = {.book = "1|0|0|lost"};
    struct ledger_draft d = draft(350000, 0);
    pay_fine(&b, asks(&d, &lines, pay_alone(&b, "passbook_send")));
    pay_goes(&b, &p, "0200");
    pay_fine(&b, pay_hears(&b, &p, "0210", "25", NULL)); /* another branch has sent them: that is final */
    pay_is(&b, &p, "declined");
    d = draft(350000, 0);
    assert_int_equal(asks(&d, &again, pay_alone(&b, "passbook_send")), LEDGER_APPROVAL);
    pay_fine(&b, asks(&d, &again, pay_two(&b, "passbook_send")));
    d = draft(350000, 0);
    assert_int_equal(asks(&d, &lost, pay_alone(&b, "passbook_book")), LEDGER_APPROVAL);
}

static void one_freezes_and_two_thaw(void **unused)
{
    const struct ledger_account_ask freeze = {.act = "freeze"}, thaw = {.act = "unfreeze"};
    struct ledger_draft d = draft(940000, 0);
    pay_fine(&b, asks(&d, &freeze, pay_alone(&b, "account_freeze")));
    pay_goes(&b, &p, "0200");
    bank_says("00", "", 0);
    d = draft(940000, 0);
    assert_int_equal(asks(&d, &thaw, pay_alone(&b, "account_freeze")), LEDGER_APPROVAL);
    pay_fine(&b, asks(&d, &thaw, pay_two(&b, "account_freeze")));
    pay_goes(&b, &p, "0200");
}

/* --- keys -------------------------------------------------------------------------------------------- */

static void a_key_that_was_kept_for_a_password_is_used_once(void **unused)
{
    struct ledger_draft d = draft(10000, 500);
    struct ledger_payment between;
    pay_fine(&b, payment_key(b.ledger, &d.key, &b.err));
    pay_take(&b, LI, "7", 100, false, &between); /* somebody else's in the meantime */
    pay_fine(&b, asks(&d, &with_password, pay_alone(&b, "account_withdraw")));
    assert_true(key_equal(&p.key, &d.key));
    struct ledger_draft second = draft(10000, 500);
    second.key = d.key;
    assert_int_equal(asks(&second, &with_password, pay_alone(&b, "account_withdraw")), LEDGER_TOKEN);
    second = draft(10000, 500);
    second.key = d.key;
    strcpy(second.key.ref, "019999999999"); /* never given */
    assert_int_equal(asks(&second, &with_password, pay_alone(&b, "account_withdraw")), LEDGER_TOKEN);
    pay_fine(&b, asks(&d, &with_password, pay_alone(&b, "account_withdraw"))); /* Enter twice is one withdrawal */
    assert_true(key_equal(&p.key, &d.key));
}

static void what_is_no_act_on_an_account_is_refused(void **unused)
{
    struct ledger_draft d = draft(210000, 100);
    d.offline = true;
    assert_int_equal(asks(&d, &nothing, pay_alone(&b, "account_deposit")), LEDGER_PARAMS);
    d = draft(210000, 100);
    d.tendered_fen = 99;
    assert_int_equal(asks(&d, &nothing, pay_alone(&b, "account_deposit")), LEDGER_CASH_SHORT);
    d = draft(210000, 100);
    d.account[0] = '\0';
    assert_int_equal(asks(&d, &nothing, pay_alone(&b, "account_deposit")), LEDGER_PARAMS);
    d = draft(10000, 0);
    assert_int_equal(asks(&d, &with_password, pay_alone(&b, "account_withdraw")), LEDGER_PREPAID);
    d = draft(930000, 5);
    assert_int_equal(asks(&d, &nothing, pay_alone(&b, "account_link")), LEDGER_PARAMS);
    d = pay_draft(WANG, "1", 5);
    assert_int_equal(asks(&d, &nothing, pay_alone(&b, "pay")), LEDGER_PARAMS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_deposit_waits_for_the_bank_and_has_a_receipt_without_a_number, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_deposit_that_the_bank_refuses_is_handed_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_deposit_without_an_answer_is_asked_again_or_abandoned_but_never_finished, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_was_spent_of_an_undone_deposit_is_a_claim, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_deposit_is_reversed_while_its_day_is_open, set_up, tear_down),
        cmocka_unit_test_setup_teardown(cash_of_a_deposit_that_no_screen_said_is_asked_for, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_opening_learns_its_number_from_the_answer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_cash_goes_out_before_the_bank_has_said_so, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_withdrawal_that_is_refused_or_abandoned_moves_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_withdrawal_is_killed_and_asked_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(two_people_stand_behind_much_cash_and_behind_a_proof_by_the_book, set_up, tear_down),
        cmocka_unit_test_setup_teardown(cash_that_was_promised_is_not_promised_twice, set_up, tear_down),
        cmocka_unit_test_setup_teardown(closing_pays_out_what_is_left, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bills_are_paid_from_an_account, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bills_that_the_bank_or_the_utility_refuses_leave_the_account_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_abandoned_payment_from_an_account_waits_for_its_0430, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_did_not_come_back_to_the_account_stays_the_customers_credit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_reversal_credits_the_account, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_undoing_that_is_parked_is_settled_for_the_account, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_passbook_is_printed_once_and_again_only_by_two, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_freezes_and_two_thaw, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_key_that_was_kept_for_a_password_is_used_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_act_on_an_account_is_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
