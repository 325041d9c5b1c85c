/* Paper and its numbers: a number goes to paper once, none is missing, and what nobody knows a
 * person is asked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/pay.h"

static struct books b;
static struct ledger_payment p, q;
static struct ledger_print job;

static int set_up(void **unused) { pay_start(&b); return 0; }
static int tear_down(void **unused) { books_end(&b); return 0; }

static int64_t next_at(const char *terminal)
{
    int64_t invoice, payment;
    char kind[8];
    pay_fine(&b, invoice_next(b.ledger, terminal, &invoice, &payment, kind, &b.err));
    return invoice;
}

static const char *number_state(int number)
{
    static const char *const states[] = {"none", "unused", "assigned", "used", "void", "lost", "damaged"};
    char sql[240];
    snprintf(sql, sizeof sql, "SELECT coalesce((SELECT CASE state WHEN 'unused' THEN 1 WHEN 'assigned' THEN 2 WHEN 'used' THEN 3"
             " WHEN 'void' THEN 4 WHEN 'lost' THEN 5 ELSE 6 END FROM number WHERE series = '1300' AND number = %d), 0)", number);
    return states[books_number(&b, sql)];
}

static void send(struct ledger_payment *of)
{
    int64_t invoice = next_at(of->terminal);
    pay_fine(&b, invoice_send(b.ledger, invoice, of->terminal, &job, &b.err));
    assert_int_equal(job.payment, of->id);
    pay_verify(&b);
}

static enum ledger_result says(enum ledger_outcome outcome, int64_t bytes)
{
    enum ledger_result r = invoice_result(b.ledger, job.invoice, job.attempt, job.number, outcome, bytes, "", &q, &b.err);
    pay_verify(&b);
    return r;
}

static enum ledger_result says_who(bool whole, bool cleared, const struct ledger_two *two)
{
    enum ledger_result r = invoice_answer(b.ledger, job.invoice, job.attempt, job.number, whole, cleared, two, &q, &b.err);
    pay_verify(&b);
    return r;
}

/* --- one sheet ---------------------------------------------------------------------------------------------- */

static void a_number_is_taken_when_the_first_byte_goes_and_the_utility_hears_of_it(void **unused)
{
    pay_posted(&b, WANG, "1", 100, &p);
    assert_string_equal(number_state(12301), "none");
    send(&p);
    assert_string_equal(job.job, "0311-0007-01-invoice-1-1-00012301");
    assert_string_equal(number_state(12301), "assigned");
    assert_int_equal(next_at("03"), 0);
    pay_fine(&b, says(OUTCOME_CONFIRMED, 900));
    assert_string_equal(q.invoice.state, "confirmed");
    assert_string_equal(number_state(12301), "used");
    pay_goes(&b, &p, "notice");
}

static void when_no_byte_was_taken_the_number_is_free_again(void **unused)
{
    pay_posted(&b, WANG, "1", 100, &p);
    send(&p);
    pay_fine(&b, says(OUTCOME_NOTHING_SENT, 0));
    assert_string_equal(q.invoice.state, "planned");
    assert_string_equal(q.invoice.number, "");
    assert_string_equal(number_state(12301), "unused");
    send(&p);
    assert_string_equal(job.number, "00012301");
    assert_int_equal(job.attempt, 2);
    pay_fine(&b, says(OUTCOME_NOTHING_SENT, 1)); /* that with a byte taken proves nothing */
    assert_string_equal(q.invoice.doubt, "unknown");
    assert_string_equal(number_state(12301), "assigned");
}

/* Found by the storm: a number came to paper twice. */
static void nothing_sent_proves_nothing_after_another_word_about_the_job(void **unused)
{
    pay_posted(&b, WANG, "1", 100, &p);
    send(&p);
    pay_fine(&b, says(OUTCOME_HANDED_OVER, 900));
    pay_fine(&b, says(OUTCOME_NOTHING_SENT, 0));
    assert_string_equal(q.invoice.state, "sent");
    assert_string_equal(q.invoice.doubt, "unknown");
    assert_string_equal(number_state(12301), "assigned");
}

/* Found by the storm: nobody was asked, the book waited and the day could not be closed. */
static void a_counter_that_dies_while_it_prints_leaves_a_doubt(void **unused)
{
    pay_posted(&b, WANG, "1", 100, &p);
    send(&p);
    assert_int_equal(pay_waits(&b, WAIT_DOUBT), 0);
    pay_fine(&b, invoice_counter_gone(b.ledger, "04", &b.err)); /* another's */
    assert_int_equal(pay_waits(&b, WAIT_DOUBT), 0);
    pay_fine(&b, invoice_counter_gone(b.ledger, "03", &b.err));
    assert_int_equal(pay_waits(&b, WAIT_DOUBT), 1);
    pay_fine(&b, says(OUTCOME_CONFIRMED, 900)); /* only its line was cut: it lives, and knows */
    assert_int_equal(pay_waits(&b, WAIT_DOUBT), 0);
    assert_string_equal(number_state(12301), "used");
}

static void a_word_about_another_attempt_or_number_changes_nothing(void **unused)
{
    pay_posted(&b, WANG, "1", 100, &p);
    send(&p);
    struct ledger_print first = job;
    pay_fine(&b, says(OUTCOME_NOTHING_SENT, 0));
    send(&p);
    assert_int_equal(invoice_result(b.ledger, first.invoice, first.attempt, first.number, OUTCOME_CONFIRMED, 9, "late", &q, &b.err), LEDGER_STATE);
    assert_int_equal(invoice_result(b.ledger, job.invoice, job.attempt, "00012309", OUTCOME_CONFIRMED, 9, "", &q, &b.err), LEDGER_STATE);
    assert_int_equal(books_number(&b, "SELECT count(*) FROM audit WHERE event = 'word about another job'"), 2);
    pay_is(&b, &p, "posted");
    assert_string_equal(p.invoice.state, "sent");
    pay_fine(&b, says(OUTCOME_CONFIRMED, 9));
    assert_int_equal(says(OUTCOME_CONFIRMED, 9), LEDGER_STATE);
    assert_int_equal(invoice_send(b.ledger, job.invoice, "03", &job, &b.err), LEDGER_STATE);
}

static void one_sheet_of_a_book_at_a_time_and_another_book_goes_on(void **unused)
{
    struct ledger_payment at_li, second;
    char waits[20];
    pay_posted(&b, WANG, "1", 100, &p);
    pay_posted(&b, WANG, "2", 100, &second);
    pay_posted(&b, LI, "3", 100, &at_li);
    send(&p);
    pay_fine(&b, says(OUTCOME_HANDED_OVER, 900));
    assert_int_equal(pay_waits(&b, WAIT_HANDED_OVER), 1);
    pay_fine(&b, book_waits(b.ledger, "07", waits, &b.err));
    assert_string_equal(waits, "00012301");
    assert_int_equal(next_at("03"), 0);
    assert_int_equal(invoice_send(b.ledger, second.invoice.id, "03", &job, &b.err), LEDGER_STATE);
    pay_prints(&b, &at_li, OUTCOME_CONFIRMED);
    assert_string_equal(at_li.invoice.number, "00012401");
}

static void silence_is_never_confirmed_and_a_person_says(void **unused)
{
    pay_posted(&b, WANG, "1", 100, &p);
    send(&p);
    pay_fine(&b, says(OUTCOME_UNKNOWN, 400));
    assert_int_equal(pay_waits(&b, WAIT_DOUBT), 1);
    assert_int_equal(says_who(false, false, pay_alone(&b, "invoice_answer")), LEDGER_STATE); /* the printer is not cleared */
    pay_fine(&b, says_who(false, true, pay_alone(&b, "invoice_answer")));
    assert_string_equal(q.invoice.state, "planned");
    assert_string_equal(number_state(12301), "void");
    send(&p);
    assert_string_equal(job.number, "00012302");
    pay_fine(&b, says(OUTCOME_UNKNOWN, 400));
    pay_fine(&b, says_who(true, false, pay_alone(&b, "invoice_answer")));
    assert_string_equal(q.invoice.state, "confirmed");
}

static void the_fourth_spoiled_sheet_of_a_teller_needs_a_second_person(void **unused)
{
    pay_posted(&b, WANG, "1", 100, &p);
    for (int i = 0; i < 3; i++) {
        send(&p);
        pay_fine(&b, says(OUTCOME_UNKNOWN, 1));
        pay_fine(&b, says_who(false, true, pay_alone(&b, "invoice_answer")));
    }
    send(&p);
    pay_fine(&b, says(OUTCOME_UNKNOWN, 1));
    assert_int_equal(says_who(false, true, pay_alone(&b, "invoice_answer")), LEDGER_APPROVAL);
    pay_fine(&b, says_who(false, true, pay_two(&b, "invoice_answer")));
}

static void a_confirmed_sheet_that_cannot_be_read_is_spoiled_by_two(void **unused)
{
    pay_posted(&b, WANG, "1", 100, &p);
    pay_prints(&b, &p, OUTCOME_CONFIRMED);
    assert_int_equal(invoice_spoil(b.ledger, p.invoice.id, "00012301", pay_alone(&b, "spoil"), &q, &b.err), LEDGER_APPROVAL);
    assert_int_equal(invoice_spoil(b.ledger, p.invoice.id, "00012302", pay_two(&b, "spoil"), &q, &b.err), LEDGER_STATE);
    pay_fine(&b, invoice_spoil(b.ledger, p.invoice.id, "00012301", pay_two(&b, "spoil"), &q, &b.err));
    pay_verify(&b);
    assert_string_equal(q.invoice.state, "planned");
    pay_notices(&b);
    pay_prints(&b, &p, OUTCOME_CONFIRMED);
    assert_string_equal(p.invoice.number, "00012302");
}

static void a_copy_is_counted_and_its_job_has_a_name_of_its_own(void **unused)
{
    int count;
    pay_posted(&b, WANG, "1", 100, &p);
    assert_int_equal(invoice_reprint(b.ledger, &p.key, pay_two(&b, "reprint_data"), &job, &count, &b.err), LEDGER_STATE);
    pay_prints(&b, &p, OUTCOME_CONFIRMED);
    assert_int_equal(invoice_reprint(b.ledger, &p.key, pay_alone(&b, "reprint_data"), &job, &count, &b.err), LEDGER_APPROVAL);
    pay_fine(&b, invoice_reprint(b.ledger, &p.key, pay_two(&b, "reprint_data"), &job, &count, &b.err));
    pay_fine(&b, invoice_reprint(b.ledger, &p.key, pay_two(&b, "reprint_data"), &job, &count, &b.err));
    assert_int_equal(count, 2);
    assert_string_equal(job.job, "0311-0007-01-copy-1-2-00012301");
    pay_verify(&b);
}

/* --- books ------------------------------------------------------------------------------------------------- */

static void a_books_last_number_ends_it(void **unused)
{
    struct ledger_book book;
    pay_fine(&b, book_load(b.ledger, "07", "1301", "001", "002", "001", pay_two(&b, "book_load"), &b.err));
    for (int i = 0; i < 2; i++) {
        char bill[4] = {(char)('1' + i), 0};
        pay_posted(&b, WANG, bill, 100, &p);
        pay_prints(&b, &p, OUTCOME_CONFIRMED);
        pay_notices(&b);
    }
    assert_string_equal(p.invoice.number, "002");
    pay_fine(&b, book_at(b.ledger, "07", &book, &b.err));
    assert_string_equal(book.next, "");
    assert_int_equal(book.used, 2);
    pay_posted(&b, WANG, "9", 100, &p);
    assert_int_equal(next_at("03"), 0);
    assert_int_equal(invoice_send(b.ledger, p.invoice.id, "03", &job, &b.err), LEDGER_BOOK);
    assert_int_equal(book_check(b.ledger, "07", "003", &b.err), LEDGER_BOOK);
    assert_int_equal(book_check(b.ledger, "09", "003", &b.err), LEDGER_BOOK);
    pay_fine(&b, book_load(b.ledger, "07", "1301", "003", "100", "003", pay_two(&b, "book_load"), &b.err));
    pay_prints(&b, &p, OUTCOME_CONFIRMED);
    assert_string_equal(p.invoice.number, "003");
}

static void a_book_is_loaded_by_two_and_its_numbers_stand_in_no_other(void **unused)
{
    static const struct { const char *series, *first, *last, *next; enum ledger_result result; } cases[] = {
        {"1300", "00012350", "00012450", "00012350", LEDGER_NUMBER}, /* stand in another */
        {"1302", "150", "100", "150", LEDGER_NUMBER},
        {"1302", "100", "200", "201", LEDGER_NUMBER},
        {"1302", "100", "1200", "100", LEDGER_PARAMS},               /* not as many digits */
        {"1302", "1x0", "200", "150", LEDGER_PARAMS},
        {"", "100", "200", "100", LEDGER_PARAMS},
        {"1302", "0000000000000000001", "0000000000000000009", "0000000000000000001", LEDGER_PARAMS},
        {"1302", "000001", "999999", "500000", LEDGER_NUMBER},       /* too many missing before it */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (book_load(b.ledger, "07", cases[i].series, cases[i].first, cases[i].last, cases[i].next, pay_two(&b, "book_load"), &b.err) != cases[i].result)
            fail_msg("case %zu", i);
    assert_int_equal(book_load(b.ledger, "7", "1302", "1", "9", "1", pay_two(&b, "book_load"), &b.err), LEDGER_PARAMS);
    assert_int_equal(book_load(b.ledger, "07", "1302", "100", "200", "100", pay_alone(&b, "book_load"), &b.err), LEDGER_APPROVAL);
    pay_posted(&b, WANG, "1", 100, &p);
    send(&p);
    assert_int_equal(book_load(b.ledger, "07", "1302", "100", "200", "100", pay_two(&b, "book_load"), &b.err), LEDGER_STATE);
    pay_fine(&b, says(OUTCOME_CONFIRMED, 1));
    pay_fine(&b, book_load(b.ledger, "07", "1302", "100", "200", "105", pay_two(&b, "book_load"), &b.err));
    pay_verify(&b); /* 100 to 104 are written off: none is missing */
    assert_int_equal(books_number(&b, "SELECT count(*) FROM number WHERE series = '1302' AND state = 'lost'"), 5);
    pay_fine(&b, book_load(b.ledger, "07", "1300", "00012301", "00012400", "00012302", pay_two(&b, "book_load"), &b.err)); /* the old one back in */
    pay_verify(&b);
    assert_int_equal(book_load(b.ledger, "08", "1302", "100", "200", "104", pay_two(&b, "book_load"), &b.err), LEDGER_NUMBER); /* used before */
}

static void the_wrong_paper_in_the_printer_is_noticed(void **unused)
{
    struct ledger_book rows[8];
    int count;
    pay_fine(&b, book_check(b.ledger, "07", "00012301", &b.err));
    assert_int_equal(book_check(b.ledger, "07", "00012302", &b.err), LEDGER_NUMBER);
    assert_int_equal(book_check(b.ledger, "07", "12301", &b.err), LEDGER_NUMBER); /* digits as printed */
    assert_int_equal(book_check(b.ledger, "07", "paper", &b.err), LEDGER_NUMBER);
    assert_int_equal(book_lost(b.ledger, "07", "00012303", false, pay_two(&b, "number_lost"), &b.err), LEDGER_ROLE);
    assert_int_equal(book_lost(b.ledger, "07", "00012401", false, pay_chief(&b, "number_lost"), &b.err), LEDGER_NUMBER);
    pay_fine(&b, book_lost(b.ledger, "07", "00012303", false, pay_chief(&b, "number_lost"), &b.err));
    pay_fine(&b, book_lost(b.ledger, "07", "00012304", true, pay_chief(&b, "number_lost"), &b.err));
    pay_verify(&b);
    pay_fine(&b, book_check(b.ledger, "07", "00012305", &b.err));
    pay_fine(&b, book_list(b.ledger, rows, 8, &count, &b.err));
    assert_int_equal(count, 2);
    assert_int_equal(rows[0].lost, 4);
    pay_posted(&b, WANG, "1", 100, &p);
    send(&p);
    assert_int_equal(book_lost(b.ledger, "07", "00012306", false, pay_chief(&b, "number_lost"), &b.err), LEDGER_STATE);
}

static void a_number_given_up_can_be_lost_too(void **unused)
{
    pay_posted(&b, WANG, "1", 100, &p);
    send(&p);
    pay_fine(&b, says(OUTCOME_NOTHING_SENT, 0));
    pay_fine(&b, book_lost(b.ledger, "07", "00012301", true, pay_chief(&b, "number_lost"), &b.err));
    send(&p);
    assert_string_equal(job.number, "00012302");
}

/* --- ranges ------------------------------------------------------------------------------------------------ */

#define CHIEF(act) pay_chief(&b, act)

static const struct ledger_book *listed(const char *series, const char *first, const char *till)
{
    static struct ledger_book rows[16];
    int count;
    pay_fine(&b, book_list(b.ledger, rows, 16, &count, &b.err));
    for (int i = 0; i < count; i++)
        if (strcmp(rows[i].series, series) == 0 && strcmp(rows[i].first, first) == 0 && strcmp(rows[i].till, till) == 0) return &rows[i];
    fail_msg("%s %s of \"%s\" is not listed", series, first, till);
    return NULL;
}

/* received = used + void + lost + returned + unused */
static void adds_up(const struct ledger_book *of, int64_t used, int64_t gone, int64_t lost, int64_t back, int64_t left)
{
    assert_int_equal(of->used, used);
    assert_int_equal(of->void_count, gone);
    assert_int_equal(of->lost, lost);
    assert_int_equal(of->returned, back);
    assert_int_equal(of->left, left);
    assert_int_equal(strtoll(of->last, NULL, 10) + 1 - strtoll(of->first, NULL, 10), used + gone + lost + back + left);
}

static void a_range_is_received_by_two_once(void **unused)
{
    assert_int_equal(numbers_receive(b.ledger, "1310", "0001", "1000", pay_alone(&b, "number_receive"), &b.err), LEDGER_ROLE);
    pay_fine(&b, numbers_receive(b.ledger, "1310", "0001", "1000", CHIEF("number_receive"), &b.err));
    assert_int_equal(numbers_receive(b.ledger, "1310", "1000", "2000", CHIEF("number_receive"), &b.err), LEDGER_NUMBER);
    assert_int_equal(numbers_receive(b.ledger, "1310", "2000", "1001", CHIEF("number_receive"), &b.err), LEDGER_NUMBER);
    assert_int_equal(numbers_receive(b.ledger, "1310", "1001", "20000", CHIEF("number_receive"), &b.err), LEDGER_PARAMS);
    assert_int_equal(numbers_receive(b.ledger, "", "1001", "2000", CHIEF("number_receive"), &b.err), LEDGER_PARAMS);
    /* the tests' own two books were received as they were loaded */
    assert_int_equal(books_number(&b, "SELECT count(*) FROM received"), 3);
    /* a book that is half in it is of no range */
    assert_int_equal(book_load(b.ledger, "07", "1310", "0901", "1100", "0901", pay_two(&b, "book_load"), &b.err), LEDGER_NUMBER);
    pay_fine(&b, book_load(b.ledger, "07", "1310", "0001", "0100", "0001", pay_two(&b, "book_load"), &b.err));
    assert_int_equal(books_number(&b, "SELECT count(*) FROM received"), 3);
    assert_string_equal(listed("1310", "0001", "")->next, "0101");
    assert_string_equal(listed("1310", "0001", "")->state, "received");
    adds_up(listed("1310", "0001", ""), 0, 0, 0, 0, 1000);
}

static void what_is_left_of_a_book_goes_back_whole_and_never_comes_again(void **unused)
{
    pay_fine(&b, numbers_receive(b.ledger, "1310", "0001", "1000", CHIEF("number_receive"), &b.err));
    pay_fine(&b, book_load(b.ledger, "07", "1310", "0001", "0100", "0003", pay_two(&b, "book_load"), &b.err)); /* two are missing */
    pay_posted(&b, WANG, "1", 100, &p);
    pay_prints(&b, &p, OUTCOME_CONFIRMED); /* 0003 */
    pay_notices(&b);
    pay_posted(&b, WANG, "2", 100, &p);
    send(&p);
    assert_int_equal(numbers_return(b.ledger, "1310", "0005", "0100", CHIEF("number_return"), &b.err), LEDGER_STATE); /* 0004 is at the printer */
    pay_fine(&b, says(OUTCOME_UNKNOWN, 1));
    pay_fine(&b, invoice_answer(b.ledger, p.invoice.id, 1, "0004", false, true, pay_alone(&b, "invoice_answer"), &p, &b.err));
    assert_int_equal(numbers_return(b.ledger, "1310", "0006", "0100", CHIEF("number_return"), &b.err), LEDGER_NUMBER); /* where is 0005? */
    assert_int_equal(numbers_return(b.ledger, "1310", "0005", "0099", CHIEF("number_return"), &b.err), LEDGER_NUMBER);
    assert_int_equal(numbers_return(b.ledger, "1310", "0005", "0500", CHIEF("number_return"), &b.err), LEDGER_NUMBER);
    assert_int_equal(numbers_return(b.ledger, "1310", "0005", "0100", pay_two(&b, "number_return"), &b.err), LEDGER_ROLE);
    pay_fine(&b, numbers_return(b.ledger, "1310", "0005", "0100", CHIEF("number_return"), &b.err));
    assert_int_equal(numbers_return(b.ledger, "1310", "0005", "0100", CHIEF("number_return"), &b.err), LEDGER_NUMBER); /* once */
    adds_up(listed("1310", "0001", "07"), 1, 1, 2, 96, 0);
    assert_string_equal(listed("1310", "0001", "07")->state, "returned");
    /* nothing is loaded now, and that book can't be again */
    assert_int_equal(next_at("03"), 0);
    assert_int_equal(book_load(b.ledger, "07", "1310", "0001", "0100", "0005", pay_two(&b, "book_load"), &b.err), LEDGER_NUMBER);
    assert_int_equal(book_load(b.ledger, "07", "1310", "0050", "0100", "0050", pay_two(&b, "book_load"), &b.err), LEDGER_NUMBER);
    pay_fine(&b, book_load(b.ledger, "07", "1310", "0101", "0200", "0101", pay_two(&b, "book_load"), &b.err));
    pay_prints(&b, &p, OUTCOME_CONFIRMED); /* the second payment's new invoice */
    assert_string_equal(p.invoice.number, "0101");
    adds_up(listed("1310", "0001", ""), 2, 1, 2, 96, 899);
}

static void numbers_in_no_book_go_back_and_no_book_is_made_of_them(void **unused)
{
    struct ledger_book_day rows[8];
    int count, found = 0;
    pay_fine(&b, numbers_receive(b.ledger, "1310", "0001", "1000", CHIEF("number_receive"), &b.err));
    pay_fine(&b, book_load(b.ledger, "07", "1310", "0001", "0100", "0001", pay_two(&b, "book_load"), &b.err));
    assert_int_equal(numbers_return(b.ledger, "1310", "0101", "1001", CHIEF("number_return"), &b.err), LEDGER_NUMBER); /* 1001 never came */
    pay_fine(&b, numbers_return(b.ledger, "1310", "0901", "1000", CHIEF("number_return"), &b.err));
    assert_int_equal(numbers_return(b.ledger, "1310", "0801", "0901", CHIEF("number_return"), &b.err), LEDGER_NUMBER);
    assert_int_equal(book_load(b.ledger, "08", "1310", "0851", "0950", "0851", pay_two(&b, "book_load"), &b.err), LEDGER_NUMBER);
    pay_fine(&b, numbers_return(b.ledger, "1310", "0101", "0200", CHIEF("number_return"), &b.err));
    assert_string_equal(listed("1310", "0001", "")->next, "0201");
    adds_up(listed("1310", "0001", ""), 0, 0, 0, 200, 800);
    pay_fine(&b, day_books(b.ledger, BOOKS_DAY, rows, 8, &count, &b.err));
    for (int i = 0; i < count; i++)
        if (!rows[i].till[0]) found++, assert_int_equal(rows[i].returned, 200), assert_int_equal(rows[i].left, 800);
    assert_int_equal(found, 1);
    assert_int_equal(numbers_return(b.ledger, "1399", "0101", "0200", CHIEF("number_return"), &b.err), LEDGER_NUMBER); /* of no range */
}

/* Neither the schema nor verify lets a number that went back be used. */
static void a_returned_number_that_is_used_after_all_is_found(void **unused)
{
    pay_fine(&b, numbers_return(b.ledger, "1300", "00012301", "00012400", CHIEF("number_return"), &b.err));
    b.odd = true;
    books_bulk(&b, "DROP TRIGGER book_returned; UPDATE book SET state = 'loaded' WHERE till = '07'");
    assert_true(pay_broken(&b, 5));
}

static void payments_are_found_by_what_a_person_knows(void **unused)
{
    int64_t ids[4];
    int count;
    pay_posted(&b, WANG, "1", 100, &p);
    pay_prints(&b, &p, OUTCOME_CONFIRMED);
    pay_notices(&b);
    pay_posted(&b, LI, "2", 100, &q);
    struct ledger_find by = {.number = "00012301", .day = DAY_NONE};
    pay_fine(&b, payment_find(b.ledger, &by, ids, 4, &count, &b.err));
    assert_int_equal(count, 1);
    assert_int_equal(ids[0], p.id);
    by = (struct ledger_find){.customer = "1300207741", .day = DAY_NONE};
    pay_fine(&b, payment_find(b.ledger, &by, ids, 4, &count, &b.err));
    assert_int_equal(count, 2);
    assert_int_equal(ids[0], q.id); /* newest first */
    by = (struct ledger_find){.terminal = "04", .day = BOOKS_DAY};
    pay_fine(&b, payment_find(b.ledger, &by, ids, 4, &count, &b.err));
    assert_int_equal(count, 1);
    by = (struct ledger_find){.operator_number = LI, .day = BOOKS_DAY};
    pay_fine(&b, payment_find(b.ledger, &by, ids, 4, &count, &b.err));
    assert_int_equal(count, 1);
    by = (struct ledger_find){.day = BOOKS_DAY - 1};
    pay_fine(&b, payment_find(b.ledger, &by, ids, 4, &count, &b.err));
    assert_int_equal(count, 0);
    by = (struct ledger_find){.day = DAY_NONE};
    pay_fine(&b, payment_find(b.ledger, &by, ids, 1, &count, &b.err));
    assert_int_equal(count, 1);
    by.number = "no digits";
    pay_fine(&b, payment_find(b.ledger, &by, ids, 1, &count, &b.err));
    assert_int_equal(count, 0);
}

static void what_templates_need_is_kept_with_the_payment(void **unused)
{
    char *json;
    pay_posted(&b, WANG, "1", 100, &p);
    pay_fine(&b, payment_detail(b.ledger, p.id, &json, &b.err));
    assert_string_equal(json, "{\"class\":\"R\"}");
    free(json);
    assert_int_equal(payment_detail(b.ledger, p.id + 1, &json, &b.err), LEDGER_PARAMS);
    assert_null(json);
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STORY(a_number_is_taken_when_the_first_byte_goes_and_the_utility_hears_of_it),
        STORY(when_no_byte_was_taken_the_number_is_free_again),
        STORY(nothing_sent_proves_nothing_after_another_word_about_the_job),
        STORY(a_counter_that_dies_while_it_prints_leaves_a_doubt),
        STORY(a_word_about_another_attempt_or_number_changes_nothing),
        STORY(one_sheet_of_a_book_at_a_time_and_another_book_goes_on),
        STORY(silence_is_never_confirmed_and_a_person_says),
        STORY(the_fourth_spoiled_sheet_of_a_teller_needs_a_second_person),
        STORY(a_confirmed_sheet_that_cannot_be_read_is_spoiled_by_two),
        STORY(a_copy_is_counted_and_its_job_has_a_name_of_its_own),
        STORY(a_books_last_number_ends_it),
        STORY(a_book_is_loaded_by_two_and_its_numbers_stand_in_no_other),
        STORY(the_wrong_paper_in_the_printer_is_noticed),
        STORY(a_number_given_up_can_be_lost_too),
        STORY(a_range_is_received_by_two_once),
        STORY(what_is_left_of_a_book_goes_back_whole_and_never_comes_again),
        STORY(numbers_in_no_book_go_back_and_no_book_is_made_of_them),
        STORY(a_returned_number_that_is_used_after_all_is_found),
        STORY(payments_are_found_by_what_a_person_knows),
        STORY(what_templates_need_is_kept_with_the_payment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
