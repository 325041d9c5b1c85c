/* Small things that no other story told: each is one that a mutant of the core did otherwise, and nobody noticed. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/money.h"
#include "ledger/day.h"
#include "ledger/operator.h"
#include "lib/pay.h"

static struct books b;
static struct ledger_payment p, q;

static int set_up(void **unused) { pay_start(&b); return 0; }
static int tear_down(void **unused) { books_end(&b); return 0; }

static int64_t count(const char *sql) { return books_number(&b, sql); }

/* --- words ------------------------------------------------------------------------------------ */

static void every_result_has_its_word_and_no_other_has_one(void **unused)
{
    assert_string_equal(ledger_word(LEDGER_TOKEN), "token");
    assert_string_equal(ledger_word(LEDGER_STATE), "state");
    assert_string_equal(ledger_word(LEDGER_BROKEN), "internal");
    assert_string_equal(ledger_word((enum ledger_result)1000), "internal");
}

static void a_count_that_is_wrong_names_its_line(void **unused)
{
    static const struct ledger_note notes[] = {{10000, 1}, {5000, -1}};
    struct ledger_count counted;
    assert_int_equal(till_count(b.ledger, pay_alone(&b, "till_count"), notes, 2, 0, &counted, &b.err), LEDGER_PARAMS);
    assert_non_null(strstr(b.err.why, "line 2 "));
}

/* --- approvals, operators, audit ----------------------------------------------------------------- */

static void an_approval_that_was_refused_leaves_no_token(void **unused)
{
    unsigned char params[SECRET_HASH_BYTES] = {0};
    char token[LEDGER_TOKEN_SIZE] = "something of before";
    assert_int_not_equal(approval_make(b.ledger, WANG, WANG, "03", "undo", params, token, &b.err), LEDGER_OK);
    assert_string_equal(token, "");
    strcpy(token, "something of before");
    assert_int_equal(approval_make(b.ledger, ZHAO, WANG, "03", "no such act", params, token, &b.err), LEDGER_PARAMS);
    assert_string_equal(token, "");
}

static void nobody_signs_on_as_a_number_that_nobody_has(void **unused)
{
    char stored[SECRET_PASSWORD_SIZE];
    pay_fine(&b, operator_stored(b.ledger, "9999", stored, &b.err));
    assert_int_equal(secret_password_matches("three blue herons", stored), 0);
    pay_fine(&b, operator_stored(b.ledger, WANG, stored, &b.err));
    assert_int_not_equal(secret_password_matches("three blue herons", stored), 0);
}

static void the_head_of_the_audit_is_what_its_walk_ends_with(void **unused)
{
    char head[SECRET_HEX_SIZE], walked[SECRET_HEX_SIZE];
    pay_posted(&b, WANG, "1", 100, &p);
    pay_fine(&b, audit_head(b.ledger, head, &b.err));
    pay_fine(&b, audit_verify(b.ledger, walked, &b.err));
    assert_string_equal(head, walked);
}

static void that_an_invoice_went_to_the_printer_is_in_the_audit(void **unused)
{
    struct ledger_print job;
    pay_posted(&b, WANG, "1", 100, &p);
    pay_fine(&b, invoice_send(b.ledger, p.invoice.id, "03", &job, &b.err));
    assert_int_equal(count("SELECT count(*) FROM audit WHERE event = 'invoice to the printer' AND terminal = '03' AND subject = '102/0311-0007/010000000001'")
                     + count("SELECT count(*) FROM audit WHERE event = 'invoice to the printer' AND terminal = '03' AND subject = '010000000001'"), 1);
}

/* --- paper ------------------------------------------------------------------------------------------- */

static void numbers_may_have_eighteen_digits(void **unused)
{
    struct ledger_book book;
    pay_fine(&b, book_load(b.ledger, "07", "LONG", "100000000000000001", "100000000000000050", "100000000000000001", pay_two(&b, "book_load"), &b.err));
    pay_fine(&b, book_at(b.ledger, "07", &book, &b.err));
    assert_string_equal(book.next, "100000000000000001");
    assert_int_equal(book_load(b.ledger, "07", "LONG", "1000000000000000001", "1000000000000000050", "1000000000000000001", pay_two(&b, "book_load"), &b.err),
                     LEDGER_PARAMS);
    pay_posted(&b, WANG, "1", 100, &p);
    pay_prints(&b, &p, OUTCOME_CONFIRMED);
    assert_string_equal(p.invoice.number, "100000000000000001");
}

static void one_void_sheet_is_seen_and_no_other(void **unused)
{
    pay_posted(&b, WANG, "1", 100, &p);
    pay_prints(&b, &p, OUTCOME_CONFIRMED);
    pay_fine(&b, invoice_spoil(b.ledger, p.invoice.id, "00012301", pay_two(&b, "spoil"), &p, &b.err));
    pay_prints(&b, &p, OUTCOME_CONFIRMED);
    pay_fine(&b, invoice_spoil(b.ledger, p.invoice.id, "00012302", pay_two(&b, "spoil"), &p, &b.err));
    pay_fine(&b, number_seen(b.ledger, "1300", "00012302", false, ZHAO, &b.err));
    assert_int_equal(count("SELECT count(*) FROM invoice WHERE paper = 'returned'"), 1);
    assert_int_equal(count("SELECT number FROM invoice WHERE paper = 'returned'"), 12302);
    pay_fine(&b, number_seen(b.ledger, "1300", "00012301", true, ZHAO, &b.err));
    assert_int_equal(count("SELECT number FROM invoice WHERE paper = 'missing'"), 12301);
}

static void a_copy_on_plain_paper_names_the_invoice_it_is_of(void **unused)
{
    struct ledger_print copy;
    int copies;
    pay_posted(&b, WANG, "1", 100, &p);
    pay_prints(&b, &p, OUTCOME_CONFIRMED);
    pay_fine(&b, invoice_reprint(b.ledger, &p.key, pay_two(&b, "reprint_data"), &copy, &copies, &b.err));
    assert_string_equal(copy.series, "1300");
    assert_string_equal(copy.number, "00012301");
    assert_int_equal(copies, 1);
}

/* --- sums ---------------------------------------------------------------------------------------------- */

static void the_largest_sum_that_a_message_carries_can_be_paid(void **unused)
{
    b.rules.second_person_fen = 0;
    pay_again(&b, NULL);
    struct ledger_draft d = pay_draft(WANG, "1", MONEY_MAX_FEN);
    pay_fine(&b, pay_try(&b, &d, &p));
    assert_int_equal(p.amount_fen, MONEY_MAX_FEN);
    d = pay_draft(LI, "2", MONEY_MAX_FEN);
    d.prepaid_fen = 1;
    d.tendered_fen = MONEY_MAX_FEN + 1;
    assert_int_not_equal(pay_try(&b, &d, &q), LEDGER_OK);
}

static void a_detail_may_be_as_long_as_it_may_be_and_no_longer(void **unused)
{
    char *detail = malloc(65536 + 2);
    assert_non_null(detail);
    memset(detail, 'x', 65537);
    detail[65536] = '\0';
    detail[0] = detail[65535] = '"'; /* a JSON text */
    struct ledger_draft d = pay_draft(WANG, "1", 100);
    d.detail = detail;
    pay_fine(&b, pay_try(&b, &d, &p));
    detail[65535] = 'x';
    detail[65536] = '"';
    detail[65537] = '\0';
    d = pay_draft(WANG, "2", 100);
    d.detail = detail;
    assert_int_equal(pay_try(&b, &d, &q), LEDGER_PARAMS);
    free(detail);
}

static struct ledger_draft refund_of(const char *teller, int64_t fen)
{
    struct ledger_draft d = pay_draft(teller, "none", 0);
    d.proc = 200000;
    d.bill_count = 0;
    d.prepaid_fen = fen;
    d.tendered_fen = d.change_fen = 0;
    return d;
}

static void credit_of_two_payments_goes_back_each_by_itself(void **unused)
{
    struct ledger_source source = {.place = "PP"};
    for (int i = 0; i < 2; i++) {
        char parts[60];
        pay_take(&b, WANG, i ? "2" : "1", 100, false, &p);
        pay_goes(&b, &p, "0200");
        snprintf(parts, sizeof parts, "%s:PP:100", p.bills[0].bill);
        pay_fine(&b, pay_hears(&b, &p, "0210", "00", parts));
        struct ledger_draft d = refund_of(WANG, 100);
        source.key = p.key;
        pay_fine(&b, payment_refund(b.ledger, &d, &source, pay_two(&b, "refund"), &q, &b.err));
        pay_goes(&b, &q, "0200");
        pay_fine(&b, pay_hears(&b, &q, "0210", "00", NULL));
        pay_verify(&b);
    }
    struct ledger_draft d = refund_of(WANG, 100);
    assert_int_equal(payment_refund(b.ledger, &d, &source, pay_two(&b, "refund"), &q, &b.err), LEDGER_STATE); /* once */
}

/* --- the day's report -------------------------------------------------------------------------------------- */

struct listed { int exceptions, all; };

static void see(void *ctx, const struct ledger_listed *row)
{
    struct listed *seen = ctx;
    seen->all++;
    seen->exceptions += strcmp(row->what, "exception") == 0;
}

static void the_report_lists_what_is_an_exception_and_nothing_else_as_one(void **unused)
{
    struct listed seen = {0};
    char parts[60];
    pay_posted(&b, WANG, "1", 100, &p);
    pay_take(&b, WANG, "2", 100, true, &p);
    pay_goes(&b, &p, "0220");
    snprintf(parts, sizeof parts, "%s:PP:100", p.bills[0].bill);
    pay_fine(&b, pay_hears(&b, &p, "0230", "00", parts));
    assert_string_equal(p.state, "excepted");
    pay_fine(&b, day_listed(b.ledger, BOOKS_DAY, NULL, see, &seen, &b.err));
    assert_int_equal(seen.exceptions, 1);
    seen = (struct listed){0};
    pay_fine(&b, payment_settle(b.ledger, &p.key, SETTLE_KEEP, pay_chief(&b, "settle"), &p, &b.err));
    pay_fine(&b, day_listed(b.ledger, BOOKS_DAY, NULL, see, &seen, &b.err));
    assert_int_equal(seen.exceptions, 1);
    seen = (struct listed){0};
    pay_fine(&b, day_listed(b.ledger, BOOKS_DAY, LI, see, &seen, &b.err)); /* it is not hers */
    assert_int_equal(seen.exceptions, 0);
}

static void each_teller_has_his_own_invoices(void **unused)
{
    struct ledger_totals t;
    pay_posted(&b, WANG, "1", 100, &p);
    pay_prints(&b, &p, OUTCOME_CONFIRMED);
    pay_posted(&b, WANG, "2", 100, &p);
    pay_prints(&b, &p, OUTCOME_CONFIRMED);
    pay_posted(&b, LI, "3", 100, &p);
    pay_prints(&b, &p, OUTCOME_CONFIRMED);
    pay_fine(&b, day_totals(b.ledger, BOOKS_DAY, WANG, &t, &b.err));
    assert_int_equal(t.invoices_used, 2);
    pay_fine(&b, day_totals(b.ledger, BOOKS_DAY, LI, &t, &b.err));
    assert_int_equal(t.invoices_used, 1);
    pay_fine(&b, day_totals(b.ledger, BOOKS_DAY, NULL, &t, &b.err));
    assert_int_equal(t.invoices_used, 3);
}

/* --- files ----------------------------------------------------------------------------------------------------- */

static void a_backup_is_for_its_owner_alone_and_a_look_at_it_closes_nothing_else(void **unused)
{
    char path[160];
    struct stat st;
    snprintf(path, sizeof path, "%s/backup.db", b.folder);
    assert_int_equal(ledger_backup(b.ledger, path, &b.err), 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(ledger_verify_file(path, b.world.audit_key, true, NULL, NULL, &b.err), 0);
    assert_int_not_equal(fcntl(STDIN_FILENO, F_GETFD), -1);
    unlink(path);
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STORY(every_result_has_its_word_and_no_other_has_one), STORY(a_count_that_is_wrong_names_its_line),
        STORY(an_approval_that_was_refused_leaves_no_token), STORY(nobody_signs_on_as_a_number_that_nobody_has),
        STORY(the_head_of_the_audit_is_what_its_walk_ends_with), STORY(that_an_invoice_went_to_the_printer_is_in_the_audit),
        STORY(numbers_may_have_eighteen_digits), STORY(one_void_sheet_is_seen_and_no_other),
        STORY(a_copy_on_plain_paper_names_the_invoice_it_is_of), STORY(the_largest_sum_that_a_message_carries_can_be_paid),
        STORY(a_detail_may_be_as_long_as_it_may_be_and_no_longer), STORY(credit_of_two_payments_goes_back_each_by_itself),
        STORY(the_report_lists_what_is_an_exception_and_nothing_else_as_one), STORY(each_teller_has_his_own_invoices),
        STORY(a_backup_is_for_its_owner_alone_and_a_look_at_it_closes_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
