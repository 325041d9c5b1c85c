/* The branch's day: what stands in the way of closing it, what is frozen at cut-off,
 * what is booked over, and its agreement with the utility, late answers included. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "lib/books.h"

static struct books books;
static struct books_two two;
static struct ledger_till till;
static struct ledger_count count;
static struct ledger_day day;
static struct ledger_totals totals;
static char head[SECRET_HEX_SIZE];

#define OK(call) do { enum ledger_result r_ = (call); if (r_ != LEDGER_OK) fail_msg("%s: %s", ledger_word(r_), books.err.why); } while (0)
#define BY(who, terminal, act, checker) books_two(&books, &two, who, terminal, act, checker)
#define CLOSER() BY(ZHAO, "01", "day_close", NULL)

static int start(void **state)
{
    books_start(&books, true);
    books_begin(&books);
    return 0;
}
static int stop(void **state) { books_end(&books); return 0; }

static void open_wangs(void) { OK(till_open(books.ledger, "07", "03", WANG, 50000, &till, &books.err)); }
static void close_wangs(int64_t cash_fen)
{
    OK(till_count(books.ledger, BY(WANG, "03", "till_count", NULL), NULL, 0, cash_fen, &count, &books.err));
    OK(till_close(books.ledger, BY(WANG, "03", "till_close", NULL), &till, &books.err));
}
static void count_vault(int64_t cash_fen)
{
    OK(vault_count(books.ledger, BY(ZHAO, "01", "vault", SUN), NULL, 0, cash_fen, &count, &books.err));
}
/* The last things of a day whose payments are all answered. */
static void finish(int64_t till_fen)
{
    close_wangs(till_fen);
    count_vault(books_balance(&books, "vault"));
    OK(day_cut_off(books.ledger, CLOSER(), &day, &books.err));
    OK(day_close(books.ledger, CLOSER(), &day, &books.err));
}
static enum ledger_result cut_off(void) { return day_cut_off(books.ledger, CLOSER(), &day, &books.err); }

/* --- opening ------------------------------------------------------------------------------ */

static void a_day_is_opened_by_a_supervisor_once_the_last_is_closed(void **state)
{
    assert_int_equal(day_open(books.ledger, BOOKS_DAY + 1, ZHAO, &books.err), LEDGER_DAY);
    count_vault(1000000);
    OK(cut_off());
    assert_int_equal(day_open(books.ledger, BOOKS_DAY + 1, ZHAO, &books.err), LEDGER_DAY);
    OK(day_close(books.ledger, CLOSER(), &day, &books.err));
    assert_int_equal(day_open(books.ledger, BOOKS_DAY, ZHAO, &books.err), LEDGER_DAY); /* never again, */
    assert_int_equal(day_open(books.ledger, BOOKS_DAY - 1, ZHAO, &books.err), LEDGER_DAY); /* never back, */
    assert_int_equal(day_open(books.ledger, BOOKS_DAY + 365, ZHAO, &books.err), LEDGER_PARAMS); /* not by a slip a year ahead */
    assert_int_equal(day_open(books.ledger, BOOKS_DAY + 1, WANG, &books.err), LEDGER_ROLE);
    OK(day_open(books.ledger, BOOKS_DAY + 1, SUN, &books.err));
    OK(day_now(books.ledger, &day, &books.err));
    assert_int_equal(day.date, BOOKS_DAY + 1);
    assert_string_equal(day.state, "open");
    assert_string_equal(day.agreement, "not asked");
}

/* --- what stands in the way ----------------------------------------------------------------- */

static const struct ledger_close_step *step(const char *name)
{
    static struct ledger_close_step steps[LEDGER_CLOSE_STEPS];
    OK(day_steps(books.ledger, steps, &books.err));
    for (int i = 0; i < LEDGER_CLOSE_STEPS; i++)
        if (strcmp(steps[i].name, name) == 0)
            return &steps[i];
    fail_msg("no step %s", name);
    return NULL;
}

static void an_open_till_stands_in_the_way(void **state)
{
    open_wangs();
    count_vault(950000);
    assert_false(step("tills")->done);
    assert_non_null(strstr(step("tills")->words, "07 of operator 0712"));
    assert_int_equal(cut_off(), LEDGER_STATE);
    assert_non_null(strstr(books.err.why, "07 of operator 0712"));
    OK(till_count(books.ledger, BY(WANG, "03", "till_count", NULL), NULL, 0, 50000, &count, &books.err));
    assert_int_equal(cut_off(), LEDGER_STATE); /* counted is not closed */
    OK(till_hand_over(books.ledger, BY(WANG, "03", "till_handover", NULL), LI, &till, &books.err));
    assert_int_equal(cut_off(), LEDGER_STATE); /* nor is in transit */
    OK(till_force_close(books.ledger, "07", BY(ZHAO, "01", "till_force_close", SUN), NULL, 0, 50000, &count, &books.err));
    assert_int_equal(cut_off(), LEDGER_STATE); /* the vault's cash has moved since it was counted */
    assert_false(step("vault")->done);
    count_vault(1000000);
    OK(cut_off());
}

static void a_payment_without_an_answer_stands_in_the_way(void **state)
{
    open_wangs();
    struct ledger_payment p = books_pay(&books, WANG, 12345, false);
    close_wangs(62345);
    count_vault(1012345);
    assert_false(step("unanswered")->done);
    assert_int_equal(cut_off(), LEDGER_STATE);
    OK(payment_abandon(books.ledger, &p.key, BY(WANG, "03", "abandon", ZHAO), &p, &books.err));
    assert_true(step("unanswered")->done);
    OK(cut_off()); /* its 0420 is carried over */
    OK(day_totals(books.ledger, BOOKS_DAY, NULL, &totals, &books.err));
    assert_int_equal(totals.undoing, 1);
    assert_int_equal(totals.abandoned, 1);
    assert_int_equal(totals.payments, 0);
    assert_int_equal(totals.to_give_back_fen, 12345);
}

static void the_queue_is_carried_over_and_never_in_the_way(void **state)
{
    open_wangs();
    books_pay(&books, WANG, 12345, true);
    close_wangs(62345);
    count_vault(1012345);
    assert_true(step("queue")->done);
    assert_int_equal(step("queue")->left, 1);
    OK(cut_off());
    OK(day_close(books.ledger, CLOSER(), &day, &books.err));
    OK(day_totals(books.ledger, BOOKS_DAY, NULL, &totals, &books.err));
    assert_int_equal(totals.queued, 1);
    assert_int_equal(totals.queued_fen, 12345);
    assert_int_equal(totals.payments, 1);
    assert_int_equal(totals.answered, 0);
}

static void paper_and_cash_in_doubt_stand_in_the_way_of_till_and_day(void **state)
{
    open_wangs();
    struct ledger_payment p = books_pay(&books, WANG, 12345, false);
    books_answer(&books, &p, "0210", "00");
    /* as the printer's half of the ledger leaves it: sent, and nobody knows; another sheet void and unseen */
    books_sql(&books, "INSERT INTO received VALUES (1, '113011', 1, 100, 8, 0, '0712', NULL);"
                      "INSERT INTO book (received, series, first, last, digits, till, next, loaded_at, loaded_by) VALUES (1, '113011', 1, 100, 8, '07', 3, 0, '0712');"
                      "UPDATE invoice SET state = 'sent', book = 1, series = '113011', number = 2, attempt = 1, sent_at = 1, doubt = 'unknown';"
                      "INSERT INTO number (series, number, book, state, invoice) VALUES ('113011', 1, 1, 'void', 1)");
    books_begin(&books);
    OK(till_count(books.ledger, BY(WANG, "03", "till_count", NULL), NULL, 0, 62345, &count, &books.err));
    assert_int_equal(till_close(books.ledger, BY(WANG, "03", "till_close", NULL), &till, &books.err), LEDGER_STATE);
    assert_non_null(strstr(books.err.why, "doubt"));
    assert_false(step("doubts")->done);
    books_sql(&books, "UPDATE invoice SET state = 'confirmed', doubt = NULL");
    assert_int_equal(till_close(books.ledger, BY(WANG, "03", "till_close", NULL), &till, &books.err), LEDGER_STATE);
    assert_non_null(strstr(books.err.why, "void"));
    assert_false(step("paper")->done);
    assert_non_null(strstr(step("paper")->words, "113011 1"));
    books_sql(&books, "UPDATE number SET paper = 'missing'");
    assert_true(step("paper")->done);
    OK(till_close(books.ledger, BY(WANG, "03", "till_close", NULL), &till, &books.err));
}

static void cash_that_nobody_is_sure_of_stands_in_the_way(void **state)
{
    open_wangs();
    struct ledger_payment p = books_record(&books, WANG, 12345, true);
    books_again(&books); /* power cut before the counter had shown it */
    books_begin(&books);
    OK(till_count(books.ledger, BY(WANG, "03", "till_count", NULL), NULL, 0, 62345, &count, &books.err));
    assert_int_equal(till_close(books.ledger, BY(WANG, "03", "till_close", NULL), &till, &books.err), LEDGER_STATE);
    assert_non_null(strstr(books.err.why, "cash is in the till"));
    assert_int_equal(step("doubts")->left, 1);
    OK(payment_cash_is(books.ledger, &p.key, true, BY(WANG, "03", "unacknowledged_answer", NULL), &p, &books.err));
    OK(till_close(books.ledger, BY(WANG, "03", "till_close", NULL), &till, &books.err));
    assert_true(step("doubts")->done);
}

/* --- closing ---------------------------------------------------------------------------------- */

static void closing_takes_no_more_money_and_survives_a_kill_at_every_step(void **state)
{
    struct ledger_draft late = {.token = "00112233445566778899aabbccddeeff", .proc = 500000, .customer = "1", .bill_count = 0,
                                .prepaid_fen = 100, .tendered_fen = 100, .operator_number = WANG, .terminal = "03"};
    struct ledger_payment p;
    open_wangs();
    p = books_pay(&books, WANG, 12345, false);
    books_answer(&books, &p, "0210", "00");
    assert_int_equal(day_closing(books.ledger, WANG, &day, &books.err), LEDGER_ROLE);
    OK(day_closing(books.ledger, ZHAO, &day, &books.err));
    assert_string_equal(day.state, "closing");
    books_again(&books);
    books_begin(&books);
    OK(day_closing(books.ledger, ZHAO, &day, &books.err)); /* said twice, it is the same closing */
    assert_int_equal(payment_record(books.ledger, &late, NULL, &p, &books.err), LEDGER_DAY);
    assert_int_equal(till_open(books.ledger, "08", "04", LI, 100, &till, &books.err), LEDGER_DAY);
    assert_int_equal(day_close(books.ledger, CLOSER(), &day, &books.err), LEDGER_STATE); /* not cut off yet */
    close_wangs(62345);
    books_again(&books);
    count_vault(1012345);
    books_again(&books);
    OK(cut_off());
    books_again(&books);
    books_begin(&books);
    OK(day_get(books.ledger, BOOKS_DAY, &day, &books.err));
    assert_string_equal(day.state, "cut off");
    assert_int_equal(cut_off(), LEDGER_STATE); /* twice */
    assert_int_equal(payment_record(books.ledger, &late, NULL, &p, &books.err), LEDGER_DAY);
    OK(day_close(books.ledger, CLOSER(), &day, &books.err));
    assert_int_equal(day_close(books.ledger, CLOSER(), &day, &books.err), LEDGER_STATE); /* twice */
    assert_int_equal(cut_off(), LEDGER_STATE);
    assert_int_equal(books_number(&books, "SELECT count(*) FROM entry WHERE event = 'cleared'"), 1);
    assert_int_equal(books_number(&books, "SELECT last_payment FROM day"), 1);
    assert_int_equal(books_number(&books, "SELECT count(*) FROM audit WHERE event = 'day closed'"), 1);
    assert_int_equal(books_number(&books, "SELECT head_id = (SELECT audit_id FROM branch) AND head = (SELECT audit_head FROM branch) FROM day"), 1);
}

static void only_a_supervisor_closes(void **state)
{
    count_vault(1000000);
    assert_int_equal(day_cut_off(books.ledger, BY(WANG, "03", "day_close", NULL), &day, &books.err), LEDGER_ROLE);
    OK(day_cut_off(books.ledger, BY(ZHAO, "01", "day_close", SUN), &day, &books.err)); /* with a second one, if he wishes */
    assert_int_equal(day_close(books.ledger, &two.two, &day, &books.err), LEDGER_APPROVAL_USED);
    OK(day_close(books.ledger, CLOSER(), &day, &books.err));
    assert_int_equal(books_number(&books, "SELECT count(*) FROM act WHERE act = 'day_close' AND checker = '0102'"), 1);
}

static void what_the_vault_was_short_is_booked_at_the_close(void **state)
{
    count_vault(999900);
    OK(cut_off());
    assert_int_equal(books_balance(&books, "over-short"), 0);
    OK(day_close(books.ledger, CLOSER(), &day, &books.err));
    assert_int_equal(books_balance(&books, "over-short"), 100);
    assert_int_equal(books_balance(&books, "vault"), 999900);
    OK(day_totals(books.ledger, BOOKS_DAY, NULL, &totals, &books.err));
    assert_int_equal(totals.short_fen, 100);
}

static void cash_that_left_the_vault_after_its_count_is_counted_again(void **state)
{
    count_vault(1000000);
    OK(cut_off());
    OK(vault_cash(books.ledger, BY(ZHAO, "01", "vault", SUN), false, 900000, &books.err));
    assert_int_equal(day_close(books.ledger, CLOSER(), &day, &books.err), LEDGER_STATE);
    count_vault(100000);
    OK(day_close(books.ledger, CLOSER(), &day, &books.err));
}

/* --- what is owed to the utility ---------------------------------------------------------------- */

static void what_is_owed_goes_to_the_bank_at_the_close_and_again_for_late_answers(void **state)
{
    open_wangs();
    struct ledger_payment a = books_pay(&books, WANG, 12345, false), b = books_pay(&books, WANG, 4000, true);
    books_answer(&books, &a, "0210", "00");
    assert_int_equal(books_balance(&books, "owed-to-utility"), -12345);
    finish(66345);
    assert_int_equal(books_balance(&books, "owed-to-utility"), 0);
    assert_int_equal(books_balance(&books, "awaiting-utility"), -4000);
    assert_int_equal(books_number(&books, "SELECT cleared_fen FROM day"), 12345);
    OK(day_open(books.ledger, BOOKS_DAY + 1, ZHAO, &books.err));
    books_answer(&books, &b, "0230", "00");
    assert_int_equal(books_balance(&books, "owed-to-utility"), 0); /* in the same transaction as the answer */
    assert_int_equal(books_balance(&books, "clearing-bank"), -1000000 - 12345 - 4000);
    assert_int_equal(books_number(&books, "SELECT cleared_fen FROM day WHERE date = 20781"), 16345);
    assert_int_equal(books_number(&books, "SELECT owed_fen FROM day WHERE date = 20781"), 0);
    assert_int_equal(books_number(&books, "SELECT count(*) FROM entry WHERE event = 'cleared' AND day = 20781"), 2);
}

/* --- agreement ------------------------------------------------------------------------------------ */

static day_t open_days[4];
static int open_count;
static void list_open(void) { OK(agreement_open(books.ledger, open_days, 4, &open_count, &books.err)); }

static void a_day_is_asked_after_its_cut_off_until_it_agrees(void **state)
{
    open_wangs();
    struct ledger_payment p = books_pay(&books, WANG, 12345, false);
    books_answer(&books, &p, "0210", "00");
    assert_int_equal(agreement_ask(books.ledger, BOOKS_DAY, &totals, head, &books.err), LEDGER_STATE);
    list_open();
    assert_int_equal(open_count, 0);
    finish(62345);
    list_open();
    assert_int_equal(open_count, 1);
    assert_int_equal(agreement_answer(books.ledger, BOOKS_DAY, true, &books.err), LEDGER_STATE); /* nobody asked */
    OK(agreement_ask(books.ledger, BOOKS_DAY, &totals, head, &books.err));
    assert_int_equal(totals.answered, 1);
    assert_int_equal(totals.answered_fen, 12345);
    OK(agreement_no_answer(books.ledger, BOOKS_DAY, &books.err));
    list_open();
    assert_int_equal(open_count, 1); /* asked again by itself */
    OK(agreement_ask(books.ledger, BOOKS_DAY, &totals, head, &books.err));
    books_again(&books);
    OK(agreement_ask(books.ledger, BOOKS_DAY, &totals, head, &books.err)); /* killed while it was asked */
    OK(agreement_answer(books.ledger, BOOKS_DAY, false, &books.err));
    OK(day_get(books.ledger, BOOKS_DAY, &day, &books.err));
    assert_string_equal(day.agreement, "differences");
    OK(agreement_ask(books.ledger, BOOKS_DAY, &totals, head, &books.err));
    OK(agreement_answer(books.ledger, BOOKS_DAY, true, &books.err));
    list_open();
    assert_int_equal(open_count, 0);
    assert_int_equal(agreement_ask(books.ledger, BOOKS_DAY, &totals, head, &books.err), LEDGER_STATE);
}

static void a_0500_bears_the_audit_head_that_stays_anchored(void **state)
{
    char whole[SECRET_HEX_SIZE];
    count_vault(1000000);
    OK(cut_off());
    OK(agreement_ask(books.ledger, BOOKS_DAY, &totals, head, &books.err));
    OK(audit_verify(books.ledger, whole, &books.err));
    assert_string_equal(head, whole);
    assert_int_equal(strlen(head), 64);
}

/* Found by the storm: totals that differed because an answer was on its way differed for ever. */
static void a_late_answer_re_opens_a_day_with_differences_too(void **state)
{
    open_wangs();
    struct ledger_payment a = books_pay(&books, WANG, 4000, true);
    finish(54000);
    OK(agreement_ask(books.ledger, BOOKS_DAY, &totals, head, &books.err));
    OK(agreement_answer(books.ledger, BOOKS_DAY, false, &books.err));
    OK(agreement_reopen(books.ledger, BOOKS_DAY, &books.err)); /* the utility's list alone changes nothing here */
    OK(day_get(books.ledger, BOOKS_DAY, &day, &books.err));
    assert_string_equal(day.agreement, "differences");
    books_answer(&books, &a, "0230", "00");
    OK(day_get(books.ledger, BOOKS_DAY, &day, &books.err));
    assert_string_equal(day.agreement, "re-opened");
}

static void a_late_answer_re_opens_an_agreed_day_with_totals_counted_anew(void **state)
{
    open_wangs();
    struct ledger_payment a = books_pay(&books, WANG, 12345, false), b = books_pay(&books, WANG, 4000, true);
    books_answer(&books, &a, "0210", "00");
    finish(66345);
    OK(agreement_ask(books.ledger, BOOKS_DAY, &totals, head, &books.err));
    assert_int_equal(totals.answered, 1); /* what was answered; the rest is listed as queued */
    assert_int_equal(totals.queued, 1);
    OK(agreement_answer(books.ledger, BOOKS_DAY, true, &books.err));
    books_answer(&books, &b, "0230", "00");
    OK(day_get(books.ledger, BOOKS_DAY, &day, &books.err));
    assert_string_equal(day.agreement, "re-opened");
    assert_string_equal(day.state, "closed"); /* the agreement of the day, not its closing */
    OK(agreement_ask(books.ledger, BOOKS_DAY, &totals, head, &books.err));
    assert_int_equal(totals.answered, 2);
    assert_int_equal(totals.answered_fen, 16345);
    assert_int_equal(totals.queued, 0);
    OK(agreement_answer(books.ledger, BOOKS_DAY, true, &books.err));
    OK(agreement_reopen(books.ledger, BOOKS_DAY, &books.err)); /* the utility's RO */
    OK(agreement_reopen(books.ledger, BOOKS_DAY, &books.err)); /* named in every answer until agreed */
    list_open();
    assert_int_equal(open_count, 1);
    assert_int_equal(agreement_reopen(books.ledger, BOOKS_DAY + 9, &books.err), LEDGER_DAY);
}

/* --- totals, state by state --------------------------------------------------------------------- */

static void each_payment_is_counted_where_it_stands(void **state)
{
    struct ledger_paper none[1];
    open_wangs();
    OK(till_open(books.ledger, "08", "04", LI, 50000, &till, &books.err));
    struct ledger_payment posted = books_pay(&books, WANG, 100, false), refused = books_pay(&books, WANG, 200, false),
                          turned = books_pay(&books, LI, 400, false), queued = books_pay(&books, LI, 800, true),
                          left = books_pay(&books, WANG, 1600, false), open = books_pay(&books, WANG, 3200, false);
    books_answer(&books, &posted, "0210", "00");
    books_answer(&books, &refused, "0210", "77");
    books_answer(&books, &turned, "0210", "00");
    OK(payment_reverse(books.ledger, &turned.key, none, 0, BY(LI, "04", "reverse", ZHAO), &turned, &books.err));
    books_answer(&books, &turned, "0410", "00");
    OK(payment_abandon(books.ledger, &left.key, BY(WANG, "03", "abandon", ZHAO), &left, &books.err));
    books_answer(&books, &left, "0430", "00");
    OK(payment_hand_back(books.ledger, &refused.key, BY(WANG, "03", "hand_back", NULL), &refused, &books.err));

    OK(day_totals(books.ledger, BOOKS_DAY, NULL, &totals, &books.err));
    assert_int_equal(totals.all, 6);
    assert_int_equal(totals.recorded + totals.posted + totals.queued + totals.undoing + totals.reversing + totals.declined +
                     totals.undone + totals.reversed + totals.excepted + totals.shorts + totals.settled, totals.all);
    assert_int_equal(totals.payments, 4);           /* posted, reversed, queued, not answered yet */
    assert_int_equal(totals.payments_fen, 100 + 400 + 800 + 3200);
    assert_int_equal(totals.bills_fen, totals.payments_fen);
    assert_int_equal(totals.answered, 2);
    assert_int_equal(totals.answered_fen, 500);
    assert_int_equal(totals.answered_reversed, 1);
    assert_int_equal(totals.answered_reversed_fen, 400);
    assert_int_equal(totals.reversed_fen, 400);
    assert_int_equal(totals.queued_fen, queued.amount_fen);
    assert_int_equal(totals.recorded, 1);
    assert_int_equal(open.amount_fen, 3200);
    assert_int_equal(totals.declined, 1);
    assert_int_equal(totals.undone, 1);             /* in neither payments nor reversals */
    assert_int_equal(totals.abandoned, 1);
    assert_int_equal(totals.given_back_fen, 200);
    assert_int_equal(totals.to_give_back_fen, 400 + 1600);

    OK(day_totals(books.ledger, BOOKS_DAY, LI, &totals, &books.err));
    assert_int_equal(totals.payments, 2);
    assert_int_equal(totals.to_give_back_fen, 400);
    assert_int_equal(totals.given_back_fen, 0);
    OK(day_totals(books.ledger, BOOKS_DAY + 1, NULL, &totals, &books.err));
    assert_int_equal(totals.all, 0);
}

/* Both sides count alike at every moment, so that a trial 0500 in between agrees. */
static void a_payment_on_its_way_back_is_answered_until_the_utility_says_undone(void **state)
{
    open_wangs();
    struct ledger_payment p = books_pay(&books, WANG, 12345, true);
    OK(payment_undo(books.ledger, &p.key, NULL, 0, BY(WANG, "03", "undo", ZHAO), &p, &books.err));
    OK(day_totals(books.ledger, BOOKS_DAY, NULL, &totals, &books.err));
    assert_int_equal(totals.answered, 0);
    assert_int_equal(totals.undoing, 1);
    books_answer(&books, &p, "0230", "00"); /* posted there, its 0420 not heard yet */
    OK(day_totals(books.ledger, BOOKS_DAY, NULL, &totals, &books.err));
    assert_int_equal(totals.answered_fen, 12345);
    assert_int_equal(totals.payments, 0);
    books_answer(&books, &p, "0430", "00");
    OK(day_totals(books.ledger, BOOKS_DAY, NULL, &totals, &books.err));
    assert_int_equal(totals.answered, 0);
    assert_int_equal(totals.undone, 1);
    assert_int_equal(totals.abandoned, 0); /* it had gone on as an advice */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define STORY(name) cmocka_unit_test_setup_teardown(name, start, stop)
        STORY(a_day_is_opened_by_a_supervisor_once_the_last_is_closed),
        STORY(an_open_till_stands_in_the_way),
        STORY(a_payment_without_an_answer_stands_in_the_way),
        STORY(the_queue_is_carried_over_and_never_in_the_way),
        STORY(paper_and_cash_in_doubt_stand_in_the_way_of_till_and_day),
        STORY(cash_that_nobody_is_sure_of_stands_in_the_way),
        STORY(closing_takes_no_more_money_and_survives_a_kill_at_every_step),
        STORY(only_a_supervisor_closes),
        STORY(what_the_vault_was_short_is_booked_at_the_close),
        STORY(cash_that_left_the_vault_after_its_count_is_counted_again),
        STORY(what_is_owed_goes_to_the_bank_at_the_close_and_again_for_late_answers),
        STORY(a_day_is_asked_after_its_cut_off_until_it_agrees),
        STORY(a_0500_bears_the_audit_head_that_stays_anchored),
        STORY(a_late_answer_re_opens_a_day_with_differences_too),
        STORY(a_late_answer_re_opens_an_agreed_day_with_totals_counted_anew),
        STORY(each_payment_is_counted_where_it_stands),
        STORY(a_payment_on_its_way_back_is_answered_until_the_utility_says_undone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
