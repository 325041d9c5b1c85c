/* Killed at every step of a payment and started again from what is on disk; opened when it must
 * not be; the clock; looked at from beside. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "ledger/inside.h"
#include "lib/pay.h"

static struct books b;
static struct ledger_payment p, q;
static struct ledger_startup found;

static int set_up(void **unused) { pay_start(&b); return 0; }
static int tear_down(void **unused) { books_end(&b); return 0; }

static void restart(void)
{
    pay_again(&b, &found);
    pay_verify(&b);
}

static enum ledger_result cash_is(bool in_till)
{
    enum ledger_result r = payment_cash_is(b.ledger, &p.key, in_till,
        in_till ? pay_alone(&b, "unacknowledged_answer") : pay_two(&b, "unacknowledged_answer"), &q, &b.err);
    if (r == LEDGER_OK)
        p = q;
    pay_verify(&b);
    return r;
}

/* --- killed between T1 and "recorded" on the screen ---------------------------------------------------------- */

static void not_acknowledged_nothing_of_it_moves_until_a_person_says_where_the_cash_is(void **unused)
{
    struct ledger_draft d = pay_draft(WANG, "1", 8528);
    pay_fine(&b, pay_try(&b, &d, &p));
    restart();
    assert_int_equal(found.unacknowledged, 1);
    assert_int_equal(found.unanswered, 0);
    pay_is(&b, &p, "recorded");
    assert_true(p.held);
    pay_quiet(&b);
    assert_int_equal(payment_shown(b.ledger, &p.key, &b.err), LEDGER_STATE);
    assert_int_equal(payment_ask_again(b.ledger, &p.key, &b.err), LEDGER_STATE);
    assert_int_equal(payment_finish(b.ledger, &p.key, WANG, &q, &b.err), LEDGER_STATE);
    assert_int_equal(payment_abandon(b.ledger, &p.key, pay_two(&b, "abandon"), &q, &b.err), LEDGER_STATE);
    restart(); /* and it stays so, however often */
    assert_int_equal(pay_waits(&b, WAIT_UNACKNOWLEDGED), 1);
    pay_fine(&b, cash_is(true));
    assert_int_equal(cash_is(true), LEDGER_STATE);
    pay_goes(&b, &p, "0200");
    pay_fine(&b, pay_hears(&b, &p, "0210", "00", NULL));
}

static void cash_that_was_never_taken_is_turned_back_by_the_act_its_state_needs(void **unused)
{
    struct ledger_draft d = pay_draft(WANG, "1", 8528);
    pay_fine(&b, pay_try(&b, &d, &p));
    restart();
    assert_int_equal(payment_cash_is(b.ledger, &p.key, false, pay_alone(&b, "unacknowledged_answer"), &q, &b.err), LEDGER_APPROVAL);
    pay_fine(&b, cash_is(false));
    assert_string_equal(p.state, "undoing");
    assert_int_equal(p.handed_fen, 8528); /* booked as handed back with it */
    assert_int_equal(books_balance(&b, "till:07"), 50000);
    pay_goes(&b, &p, "0420");
    pay_fine(&b, pay_hears(&b, &p, "0430", "00", NULL));
    assert_int_equal(pay_waits(&b, WAIT_GIVE_BACK), 0);
}

static void an_advice_without_cash_is_undone_behind_itself(void **unused)
{
    struct ledger_draft d = pay_draft(WANG, "1", 8528);
    d.offline = true;
    pay_fine(&b, pay_try(&b, &d, &p));
    restart();
    pay_quiet(&b);
    pay_fine(&b, cash_is(false));
    assert_string_equal(p.invoice.state, "dropped");
    pay_goes(&b, &p, "0220");
    pay_fine(&b, pay_hears(&b, &p, "0230", "00", NULL));
    pay_goes(&b, &p, "0420");
    pay_fine(&b, pay_hears(&b, &p, "0430", "00", NULL));
    assert_string_equal(p.state, "undone");
}

static void a_posted_one_without_cash_is_reversed_and_then_booked_as_handed_back(void **unused)
{
    struct ledger_draft d = pay_draft(WANG, "1", 8528);
    pay_fine(&b, pay_try(&b, &d, &p));
    pay_goes(&b, &p, "0200");
    pay_fine(&b, pay_hears(&b, &p, "0210", "00", NULL)); /* answered, and the screen never said so */
    restart();
    int64_t invoice, payment;
    char kind[8];
    pay_fine(&b, invoice_next(b.ledger, "03", &invoice, &payment, kind, &b.err));
    assert_int_equal(invoice, 0);
    struct ledger_print job;
    pay_is(&b, &p, "posted");
    assert_int_equal(invoice_send(b.ledger, p.invoice.id, "03", &job, &b.err), LEDGER_STATE);
    pay_fine(&b, cash_is(false));
    assert_string_equal(p.state, "reversing");
    pay_goes(&b, &p, "0400");
    pay_fine(&b, pay_hears(&b, &p, "0410", "00", NULL));
    assert_int_equal(p.owed_fen, 0);
    assert_int_equal(p.handed_fen, 8528);
    assert_int_equal(books_balance(&b, "till:07"), 50000);
}

static void a_declined_one_without_cash_is_only_booked(void **unused)
{
    struct ledger_draft d = pay_draft(WANG, "1", 8528);
    pay_fine(&b, pay_try(&b, &d, &p));
    pay_goes(&b, &p, "0200");
    pay_fine(&b, pay_hears(&b, &p, "0210", "76", NULL));
    restart();
    assert_int_equal(payment_hand_back(b.ledger, &p.key, pay_alone(&b, "hand_back"), &q, &b.err), LEDGER_STATE);
    pay_fine(&b, cash_is(false));
    assert_string_equal(p.state, "declined");
    assert_int_equal(books_balance(&b, "till:07"), 50000);
    assert_int_equal(pay_waits(&b, WAIT_DECLINED), 0);
}

/* --- killed later ------------------------------------------------------------------------------------------------ */

static void killed_while_it_is_out_it_is_asked_again_as_a_repeat(void **unused)
{
    pay_take(&b, WANG, "1", 8528, false, &p);
    assert_int_equal(pay_goes(&b, &p, "0200"), 1);
    restart();
    assert_int_equal(found.unanswered, 1);
    assert_int_equal(found.queued, 1);
    assert_int_equal(pay_waits(&b, WAIT_NO_ANSWER), 1);
    assert_int_equal(pay_goes(&b, &p, "0200"), 2);
    pay_fine(&b, pay_hears(&b, &p, "0210", "00", NULL));
}

static void killed_at_the_printer_it_is_a_doubt_and_never_sent_again(void **unused)
{
    struct ledger_print job;
    pay_posted(&b, WANG, "1", 100, &p);
    pay_fine(&b, invoice_send(b.ledger, p.invoice.id, "03", &job, &b.err));
    restart();
    assert_int_equal(found.doubt, 1);
    assert_int_equal(pay_waits(&b, WAIT_DOUBT), 1);
    int64_t invoice, payment;
    char kind[8];
    pay_fine(&b, invoice_next(b.ledger, "03", &invoice, &payment, kind, &b.err));
    assert_int_equal(invoice, 0);
    struct ledger_print again;
    assert_int_equal(invoice_send(b.ledger, job.invoice, "03", &again, &b.err), LEDGER_STATE);
    pay_fine(&b, invoice_answer(b.ledger, job.invoice, job.attempt, job.number, true, false, pay_alone(&b, "invoice_answer"), &p, &b.err));
}

static void planned_paper_is_safe_to_print_after_a_restart(void **unused)
{
    pay_posted(&b, WANG, "1", 100, &p);
    restart();
    pay_prints(&b, &p, OUTCOME_CONFIRMED);
}

static void the_queue_goes_on_where_it_was(void **unused)
{
    pay_take(&b, WANG, "1", 100, true, &p);
    pay_take(&b, WANG, "2", 100, true, &q);
    pay_goes(&b, &p, "0220");
    restart();
    assert_int_equal(found.queued, 2);
    assert_int_equal(pay_goes(&b, &p, "0220"), 2);
    assert_int_equal(pay_goes(&b, &q, "0220"), 1);
    pay_fine(&b, outbox_all_again(b.ledger, &b.err)); /* the link was lost */
    assert_int_equal(pay_goes(&b, &p, "0220"), 3);
}

static void every_terminal_sees_its_own_and_what_nobody_is_there_for(void **unused)
{
    struct ledger_waiting rows[8];
    int64_t counts[WAIT_KINDS];
    int count;
    struct ledger_till till;
    pay_take(&b, WANG, "1", 100, false, &p);
    pay_goes(&b, &p, "0200");
    pay_fine(&b, pay_hears(&b, &p, "0210", "76", NULL));
    pay_fine(&b, waiting_list(b.ledger, "04", rows, 8, &count, counts, &b.err));
    assert_int_equal(count, 0);
    pay_fine(&b, waiting_list(b.ledger, "03", rows, 8, &count, counts, &b.err));
    assert_int_equal(count, 1);
    assert_int_equal(rows[0].kind, WAIT_DECLINED);
    assert_string_equal(wait_word(rows[0].kind), "declined");
    pay_fine(&b, till_count(b.ledger, pay_alone(&b, "till_count"), NULL, 0, 50100, &(struct ledger_count){0}, &b.err));
    pay_fine(&b, till_close(b.ledger, pay_alone(&b, "till_close"), &till, &b.err));
    pay_fine(&b, waiting_list(b.ledger, "04", rows, 8, &count, counts, &b.err));
    assert_int_equal(count, 1);
}

/* --- not opened ------------------------------------------------------------------------------------------------------ */

static void not_opened_when_it_must_not_be(void **unused)
{
    struct ledger *second = ledger_open(b.path, &b.world, &b.rules, &b.err);
    assert_null(second);
    assert_non_null(strstr(b.err.why, "another program"));
    ledger_close(b.ledger);
    b.ledger = NULL;
    chmod(b.path, 0644);
    assert_null(ledger_open(b.path, &b.world, &b.rules, &b.err));
    assert_non_null(strstr(b.err.why, "others may read"));
    chmod(b.path, 0600);
    struct ledger_world other = b.world;
    other.audit_key[0] ^= 1;
    assert_null(ledger_open(b.path, &other, &b.rules, &b.err));
    assert_non_null(strstr(b.err.why, "audit record 1 "));
    assert_null(ledger_open("/dev/null", &b.world, &b.rules, &b.err));
    assert_int_equal(ledger_create(b.path, "102", "0311-0007", &b.world, &b.err), -1);
    books_again(&b);
}

static void what_loses_acknowledged_money_is_refused(void **unused)
{
    static const char *const weak[] = {"PRAGMA synchronous = NORMAL", "PRAGMA synchronous = OFF", "PRAGMA foreign_keys = OFF",
                                       "PRAGMA recursive_triggers = OFF", "PRAGMA trusted_schema = ON"};
    for (size_t i = 0; i < sizeof weak / sizeof *weak; i++) {
        assert_int_equal(ledger_guards_check(b.ledger, &b.err), 0);
        assert_int_equal(sqlite3_exec(b.ledger->db, weak[i], NULL, NULL, NULL), SQLITE_OK);
        assert_int_equal(ledger_guards_check(b.ledger, &b.err), -1);
        books_again(&b);
    }
    sqlite3_exec(b.ledger->db, "PRAGMA synchronous = NORMAL", NULL, NULL, NULL);
    assert_int_equal(ledger_start(b.ledger, &found, &b.err), LEDGER_BROKEN);
}

static void a_file_that_was_tampered_with_is_not_opened(void **unused)
{
    pay_posted(&b, WANG, "1", 100, &p);
    books_tamper(&b, "UPDATE audit SET words = 'customer 9' WHERE event = 'payment recorded'");
    assert_null(ledger_open(b.path, &b.world, &b.rules, &b.err));
}

/* --- the clock ---------------------------------------------------------------------------------------------------------- */

static void a_clock_that_is_far_off_is_confirmed_by_a_supervisor(void **unused)
{
    static const int64_t off_ms[] = {-121000, 86400000 + 122000};
    for (size_t i = 0; i < 2; i++) {
        struct ledger_draft d = pay_draft(WANG, i ? "2" : "1", 100);
        b.now_ms += off_ms[i];
        restart();
        assert_true(found.clock_wrong);
        assert_int_equal(pay_try(&b, &d, &p), LEDGER_STOPPED);
        assert_int_equal(ledger_clock_confirm(b.ledger, pay_two(&b, "clock_confirm"), &b.err), LEDGER_ROLE);
        struct books_two alone;
        books_two(&b, &alone, ZHAO, "01", "clock_confirm", NULL);
        assert_int_equal(ledger_clock_confirm(b.ledger, &alone.two, &b.err), LEDGER_APPROVAL);
        pay_fine(&b, ledger_clock_confirm(b.ledger, pay_chief(&b, "clock_confirm"), &b.err));
        pay_fine(&b, pay_try(&b, &d, &p));
    }
    b.now_ms -= 119000;
    restart();
    assert_false(found.clock_wrong);
}

/* A second start must not take the wrong time for granted because something was noted under it meanwhile. */
static void a_time_that_nobody_confirmed_is_not_the_last_records(void **unused)
{
    struct ledger_operator who;
    struct ledger_draft d = pay_draft(WANG, "1", 100);
    b.now_ms += INT64_C(5) * 86400000;
    restart();
    assert_true(found.clock_wrong);
    assert_int_equal(operator_checked(b.ledger, WANG, "03", true, &who, &b.err), LEDGER_OK); /* somebody signs on: a record */
    restart();
    assert_true(found.clock_wrong);
    assert_int_equal(pay_try(&b, &d, &p), LEDGER_STOPPED);
    pay_fine(&b, ledger_clock_confirm(b.ledger, pay_chief(&b, "clock_confirm"), &b.err));
    restart();
    assert_false(found.clock_wrong);
}

static void a_clock_that_is_moved_while_it_runs_stops_the_money(void **unused)
{
    struct ledger_draft d = pay_draft(WANG, "1", 100);
    b.now_ms += INT64_C(2) * 86400000;
    pay_fine(&b, ledger_clock_moved(b.ledger, INT64_C(2) * 86400000, &b.err));
    assert_int_equal(pay_try(&b, &d, &p), LEDGER_STOPPED);
    assert_int_equal(books_number(&b, "SELECT count(*) FROM audit WHERE event = 'clock moved' AND words = 'by 172800 s'"), 1);
    pay_fine(&b, ledger_clock_confirm(b.ledger, pay_chief(&b, "clock_confirm"), &b.err));
    pay_fine(&b, pay_try(&b, &d, &p));
}

static void time_never_goes_back_in_the_books(void **unused)
{
    pay_take(&b, WANG, "1", 100, false, &p);
    b.now_ms -= 60000;
    pay_take(&b, WANG, "2", 100, false, &q);
    assert_true(q.taken_ms >= p.taken_ms);
    assert_int_equal(books_number(&b, "SELECT count(*) FROM audit a JOIN audit c ON c.id = a.id + 1 WHERE c.at < a.at"), 0);
}

static void no_money_before_start_and_epoch(void **unused)
{
    struct ledger_draft d = pay_draft(WANG, "1", 100);
    books_again(&b);
    assert_int_equal(payment_record(b.ledger, &d, NULL, &p, &b.err), LEDGER_STARTUP);
    pay_fine(&b, ledger_start(b.ledger, &found, &b.err));
    assert_int_equal(ledger_start(b.ledger, &found, &b.err), LEDGER_STATE);
    pay_fine(&b, pay_try(&b, &d, &p));
}

/* Whoever signs on in our name with another's random, or the utility with an older number, changes nothing. */
static void an_epoch_is_taken_once_for_this_ledger_and_never_an_older_one(void **unused)
{
    struct ledger_identity us;
    books_end(&b);
    books_start(&b, true);
    pay_fine(&b, ledger_start(b.ledger, &found, &b.err));
    pay_fine(&b, ledger_identity(b.ledger, &us, &b.err));
    assert_false(us.epoch_held);
    assert_int_equal(ledger_epoch(b.ledger, "00112233445566778899aabbccddeeff", 1, &b.err), LEDGER_STATE);
    assert_int_equal(ledger_epoch(b.ledger, us.random, 0, &b.err), LEDGER_STATE);
    assert_int_equal(ledger_epoch(b.ledger, us.random, 100, &b.err), LEDGER_STATE);
    pay_fine(&b, ledger_epoch(b.ledger, us.random, 7, &b.err));
    pay_fine(&b, ledger_epoch(b.ledger, us.random, 7, &b.err)); /* the answer came twice */
    assert_int_equal(ledger_epoch(b.ledger, us.random, 8, &b.err), LEDGER_STATE);
    assert_int_equal(ledger_epoch(b.ledger, "00112233445566778899aabbccddeeff", 7, &b.err), LEDGER_STATE);
    pay_fine(&b, ledger_identity(b.ledger, &us, &b.err));
    assert_int_equal(us.epoch, 7);
    assert_int_equal(books_number(&b, "SELECT count(*) FROM audit WHERE event = 'epoch refused'"), 5);
}

/* --- from beside, and after a failure ---------------------------------------------------------------------------------------- */

static void a_running_ledger_is_verified_beside_the_program(void **unused)
{
    unsigned char wrong[SECRET_KEY_BYTES] = "another key";
    pay_posted(&b, WANG, "1", 100, &p);
    assert_int_equal(ledger_verify_file(b.path, b.world.audit_key, true, NULL, NULL, &b.err), 0);
    assert_true(ledger_verify_file(b.path, wrong, true, NULL, NULL, &b.err) > 0);
    assert_int_equal(ledger_verify_file("/nowhere/branch.db", wrong, true, NULL, NULL, &b.err), -1);
}

static void after_a_failure_nothing_more_is_taken(void **unused)
{
    struct ledger_draft d = pay_draft(WANG, "1", 100);
    ledger_fail(b.ledger, &b.err, "disk", "full");
    assert_int_equal(payment_record(b.ledger, &d, NULL, &p, &b.err), LEDGER_BROKEN);
    assert_non_null(strstr(ledger_broken(b.ledger), "full"));
    assert_int_equal(ledger_verify(b.ledger, false, NULL, NULL, &b.err), -1);
    restart();
    pay_fine(&b, pay_try(&b, &d, &p));
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STORY(not_acknowledged_nothing_of_it_moves_until_a_person_says_where_the_cash_is),
        STORY(cash_that_was_never_taken_is_turned_back_by_the_act_its_state_needs),
        STORY(an_advice_without_cash_is_undone_behind_itself),
        STORY(a_posted_one_without_cash_is_reversed_and_then_booked_as_handed_back),
        STORY(a_declined_one_without_cash_is_only_booked),
        STORY(killed_while_it_is_out_it_is_asked_again_as_a_repeat),
        STORY(killed_at_the_printer_it_is_a_doubt_and_never_sent_again),
        STORY(planned_paper_is_safe_to_print_after_a_restart),
        STORY(the_queue_goes_on_where_it_was),
        STORY(every_terminal_sees_its_own_and_what_nobody_is_there_for),
        STORY(not_opened_when_it_must_not_be),
        STORY(what_loses_acknowledged_money_is_refused),
        STORY(a_file_that_was_tampered_with_is_not_opened),
        STORY(a_clock_that_is_far_off_is_confirmed_by_a_supervisor),
        STORY(a_time_that_nobody_confirmed_is_not_the_last_records),
        STORY(a_clock_that_is_moved_while_it_runs_stops_the_money),
        STORY(time_never_goes_back_in_the_books),
        STORY(no_money_before_start_and_epoch),
        STORY(an_epoch_is_taken_once_for_this_ledger_and_never_an_older_one),
        STORY(a_running_ledger_is_verified_beside_the_program),
        STORY(after_a_failure_nothing_more_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
