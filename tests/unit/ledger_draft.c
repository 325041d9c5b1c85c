/* What a counter may send and what it may not: drafts of payments, refunds and transfers, and answers that
 * come over the wire. Whatever is refused leaves no payment and no key used. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/money.h"
#include "lib/pay.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static struct books b;
static struct ledger_payment p, q;

static int set_up(void **unused) { pay_start(&b); return 0; }
static int tear_down(void **unused) { books_end(&b); return 0; }

static int64_t payments(void) { return books_number(&b, "SELECT count(*) FROM payment"); }

/* Not ended by a NUL, or of bytes that are no text. */
#define FULL(field) memset(field, 'x', sizeof(field))
#define NO_TEXT(field) memcpy(field, "\xff\xfe", 3)

static void spoil(struct ledger_draft *d, int what)
{
    switch (what) {
    case 0: FULL(d->bills[0].bill); break;
    case 1: d->bills[0].bill[0] = '\0'; break;
    case 2: FULL(d->bills[0].period); break;
    case 3: FULL(d->customer); break;
    case 4: d->customer[0] = '\0'; break;
    case 5: NO_TEXT(d->name); break;
    case 6: FULL(d->address); break;
    case 7: d->terminal[0] = '\0'; break;
    case 8: FULL(d->operator_number); break;
    case 9: FULL(d->account); break;
    case 10: d->bill_count = -1; break;
    case 11: d->bill_count = LEDGER_BILLS_MAX + 1; break;
    case 12: d->prepaid_fen = -1; break;
    case 13: d->tendered_fen = -1; break;
    case 14: d->change_fen = -1; break;
    case 15: d->bills[0].amount_fen = -1; break;
    case 16: d->bills[0].late_fee_fen = -1; break;
    case 17: d->bills[1] = d->bills[0]; d->bill_count = 2; break;
    case 18: d->prepaid_fen = INT64_MAX; break;
    case 19: d->bills[0].late_fee_fen = INT64_MAX; break;
    case 20: d->proc = 200000; break;
    case 21: d->change_fen = 1; break;
    }
}
#define SPOILED 22

static void a_draft_that_can_not_be_is_refused_before_anything_is_written(void **unused)
{
    static char long_detail[65538];
    for (int what = 0; what < SPOILED; what++) {
        struct ledger_draft d = pay_draft(WANG, "1", 100);
        spoil(&d, what);
        if (pay_try(&b, &d, &p) != LEDGER_PARAMS)
            fail_msg("draft %d: %s", what, b.err.why);
    }
    struct ledger_draft d = pay_draft(WANG, "1", 100);
    memset(long_detail, ' ', sizeof long_detail - 1);
    d.detail = long_detail;
    assert_int_equal(pay_try(&b, &d, &p), LEDGER_PARAMS);
    d = pay_draft(WANG, "1", 100);
    d.token[5] = '\0';
    assert_int_equal(pay_try(&b, &d, &p), LEDGER_TOKEN);
    d = pay_draft(WANG, "1", 100);
    d.token[5] = ' ';
    assert_int_equal(pay_try(&b, &d, &p), LEDGER_TOKEN);
    assert_int_equal(payments(), 0);
    d = pay_draft(WANG, "1", 100);
    d.detail = NULL; /* nothing more is known of it: no reason to refuse */
    pay_fine(&b, pay_try(&b, &d, &p));
    assert_int_equal(payments(), 1);
}

static void more_than_a_message_can_carry_is_taken_in_parts(void **unused)
{
    struct ledger_draft d = pay_draft(WANG, "1", MONEY_MAX_FEN);
    d.prepaid_fen = 1;
    d.tendered_fen = MONEY_MAX_FEN;
    assert_int_equal(pay_try(&b, &d, &p), LEDGER_LIMIT);
    d = pay_draft(WANG, "1", 100);
    d.tendered_fen = MONEY_MAX_FEN + 1;
    d.change_fen = MONEY_MAX_FEN - 99;
    assert_int_equal(pay_try(&b, &d, &p), LEDGER_LIMIT);
    assert_int_equal(payments(), 0);
}

static void nothing_to_be_paid_and_too_little_cash(void **unused)
{
    struct ledger_draft d = pay_draft(WANG, "1", 0);
    d.bill_count = 0;
    assert_int_equal(pay_try(&b, &d, &p), LEDGER_PREPAID);
    d = pay_draft(WANG, "1", 100);
    d.tendered_fen = 99;
    assert_int_equal(pay_try(&b, &d, &p), LEDGER_CASH_SHORT);
    assert_int_equal(payments(), 0);
}

/* The token of a look-up is one payment's: the same again is that payment, anything else under it is refused. */
static void the_second_enter_is_the_same_payment_or_none(void **unused)
{
    struct ledger_draft first = pay_draft(WANG, "1", 100);
    pay_fine(&b, pay_try(&b, &first, &p));
    for (int what = 0; what < 8; what++) {
        struct ledger_draft d = first;
        switch (what) {
        case 0: strcpy(d.customer, "9"); break;
        case 1: strcpy(d.bills[0].bill, "2"); break;
        case 2: d.bills[1] = d.bills[0]; strcpy(d.bills[1].bill, "2"); d.bill_count = 2; d.tendered_fen = 200; break;
        case 3: d.bills[0].amount_fen = 90; d.bills[0].late_fee_fen = 10; break;
        case 4: d.bills[0].amount_fen = 90; d.prepaid_fen = 10; break;
        case 5: d.tendered_fen = 200; d.change_fen = 100; break;
        case 6: d.bills[0].amount_fen = 60; d.tendered_fen = 100; d.change_fen = 40; break;
        case 7: d.bills[0].amount_fen = 99; d.tendered_fen = 99; break;
        }
        if (pay_try(&b, &d, &q) != LEDGER_TOKEN)
            fail_msg("draft %d was taken", what);
    }
    pay_fine(&b, pay_try(&b, &first, &q));
    assert_true(key_equal(&p.key, &q.key));
    assert_int_equal(payments(), 1);
}

/* --- counts and books ----------------------------------------------------------------------------- */

static enum ledger_result counts(const struct ledger_note *notes, int note_count, int64_t sum_fen)
{
    struct ledger_count counted;
    return till_count(b.ledger, pay_alone(&b, "till_count"), notes, note_count, sum_fen, &counted, &b.err);
}

static void a_count_of_notes_that_are_none_is_refused(void **unused)
{
    static const struct { struct ledger_note notes[2]; int note_count; int64_t sum_fen; } wrong[] = {
        {{{10000, 1}}, -1, 0}, {{{10000, 1}}, LEDGER_NOTES_MAX + 1, 0}, {{{10000, 1}, {10000, 2}}, 2, 0}, {{{9999, 1}}, 1, 0},
        {{{10000, INT64_MAX}}, 1, 0}, {{{10000, INT64_MAX / 10000}, {5000, INT64_MAX / 10000}}, 2, 0}, {{{10000, 1}}, 1, 9999},
    };
    for (size_t i = 0; i < COUNT(wrong); i++)
        if (counts(wrong[i].notes, wrong[i].note_count, wrong[i].sum_fen) != LEDGER_PARAMS)
            fail_msg("count %zu was taken", i);
    assert_int_equal(books_number(&b, "SELECT count(*) FROM count"), 0);
    pay_fine(&b, counts((const struct ledger_note[]){{10000, 5}}, 1, 50000)); /* the notes, and the same typed as a sum */
}

static void a_book_whose_numbers_can_not_be_is_not_loaded(void **unused)
{
    static const struct { const char *till, *series, *first, *last, *next; enum ledger_result r; } wrong[] = {
        {"07", "1310", "", "0100", "0001", LEDGER_PARAMS}, {"07", "1310", "0x01", "0100", "0001", LEDGER_PARAMS},
        {"07", "1310", "0001", "100", "0001", LEDGER_PARAMS}, {"07", "1310", "0001", "0100", "00001", LEDGER_PARAMS},
        {"07", "", "0001", "0100", "0001", LEDGER_PARAMS}, {"07", "\xff\xfe", "0001", "0100", "0001", LEDGER_PARAMS},
        {"7", "1310", "0001", "0100", "0001", LEDGER_PARAMS}, {"x7", "1310", "0001", "0100", "0001", LEDGER_PARAMS},
        {"07", "1310", "0100", "0001", "0050", LEDGER_NUMBER}, {"07", "1310", "0010", "0100", "0009", LEDGER_NUMBER},
        {"07", "1310", "0001", "0100", "0101", LEDGER_NUMBER},
        {"07", "1300", "00012302", "00012400", "00012302", LEDGER_NUMBER}, {"07", "1300", "00012301", "00012399", "00012301", LEDGER_NUMBER},
        {"07", "1300", "00012401", "00012500", "00012401", LEDGER_NUMBER}, /* loaded at the other till */
    };
    int64_t had = books_number(&b, "SELECT count(*) FROM book");
    for (size_t i = 0; i < COUNT(wrong); i++) {
        enum ledger_result r = book_load(b.ledger, wrong[i].till, wrong[i].series, wrong[i].first, wrong[i].last, wrong[i].next,
                                         pay_two(&b, "book_load"), &b.err);
        if (r != wrong[i].r)
            fail_msg("book %zu: %s, %s", i, ledger_word(r), b.err.why);
    }
    assert_int_equal(books_number(&b, "SELECT count(*) FROM book"), had);
}

/* --- whose money moves --------------------------------------------------------------------------- */

static struct ledger_draft moving(int proc, int64_t fen)
{
    struct ledger_draft d = pay_draft(WANG, "none", 0);
    d.proc = proc;
    d.bill_count = 0;
    d.prepaid_fen = fen;
    return d;
}

static enum ledger_result moves(const struct ledger_draft *d, const struct key *of, const char *place)
{
    struct ledger_source s = {0};
    if (of)
        s.key = *of;
    snprintf(s.place, sizeof s.place, "%s", place);
    enum ledger_result r = d->proc == 200000 ? payment_refund(b.ledger, d, &s, pay_two(&b, "refund"), &q, &b.err)
                                             : payment_transfer(b.ledger, d, &s, pay_two(&b, "transfer"), &q, &b.err);
    pay_verify(&b);
    return r;
}

static void money_that_can_not_move_stays(void **unused)
{
    struct key nobody;
    struct ledger_draft refund = moving(200000, 100), transfer = moving(220000, 100);
    key_make(&nobody, "102", "0311-0007", 1, 4711);
    pay_posted(&b, WANG, "1", 100, &p);
    int64_t had = payments();
    assert_int_equal(moves(&refund, NULL, "SU"), LEDGER_PARAMS);   /* suspense is somebody's: whose is not said */
    assert_int_equal(moves(&transfer, NULL, "PP"), LEDGER_PARAMS);
    assert_int_equal(moves(&refund, &p.key, "BL"), LEDGER_PARAMS); /* a paid bill is not refunded */
    assert_int_not_equal(moves(&transfer, &nobody, "BL"), LEDGER_OK);
    assert_int_equal(moves(&transfer, &p.key, "PP"), LEDGER_PARAMS); /* nothing lies there */
    transfer.prepaid_fen = 99;
    assert_int_equal(moves(&transfer, &p.key, "BL"), LEDGER_PARAMS); /* nor in part */
    struct ledger_draft d = moving(220000, 100);
    d.offline = true;
    assert_int_equal(moves(&d, &p.key, "BL"), LEDGER_PARAMS);
    d = moving(220000, 100);
    d.tendered_fen = 100;
    assert_int_equal(moves(&d, &p.key, "BL"), LEDGER_PARAMS);
    d = moving(220000, 100);
    d.change_fen = 100;
    assert_int_equal(moves(&d, &p.key, "BL"), LEDGER_PARAMS);
    d = moving(200000, 100);
    d.bill_count = 1;
    assert_int_equal(moves(&d, &p.key, "PP"), LEDGER_PARAMS);
    d = moving(500000, 100);
    assert_int_equal(moves(&d, &p.key, "BL"), LEDGER_PARAMS); /* a payment is no transfer */
    d = moving(220000, 100);
    strcpy(d.token, "short");
    assert_int_equal(moves(&d, &p.key, "BL"), LEDGER_TOKEN);
    assert_int_equal(payments(), had);
}

static void only_money_that_was_posted_moves_and_once(void **unused)
{
    struct ledger_draft transfer = moving(220000, 100);
    pay_take(&b, WANG, "1", 100, false, &p);
    assert_int_equal(moves(&transfer, &p.key, "BL"), LEDGER_STATE); /* on its way */
    pay_goes(&b, &p, "0200");
    pay_fine(&b, pay_hears(&b, &p, "0210", "76", NULL));
    assert_int_equal(moves(&transfer, &p.key, "BL"), LEDGER_STATE); /* declined */
    pay_posted(&b, WANG, "2", 100, &p);
    pay_fine(&b, moves(&transfer, &p.key, "BL"));
    struct ledger_payment moved = q;
    struct ledger_draft again = moving(220000, 100);
    assert_int_equal(moves(&again, &p.key, "BL"), LEDGER_STATE); /* moving */
    pay_goes(&b, &moved, "0200");
    pay_fine(&b, pay_hears(&b, &moved, "0210", "00", NULL));
    assert_int_equal(moves(&again, &p.key, "BL"), LEDGER_STATE); /* moved */
}

static void a_reversed_payments_money_is_nowhere(void **unused)
{
    struct ledger_draft transfer = moving(220000, 100);
    pay_posted(&b, WANG, "1", 100, &p);
    assert_int_equal(payment_lies(&p, "BL"), 100);
    assert_int_equal(payment_lies(&p, "PP"), 0);
    assert_int_equal(payment_lies(&p, "SU"), 0);
    pay_fine(&b, payment_reverse(b.ledger, &p.key, NULL, 0, pay_two(&b, "reverse"), &p, &b.err));
    pay_goes(&b, &p, "0400");
    pay_fine(&b, pay_hears(&b, &p, "0410", "00", NULL));
    assert_int_equal(payment_lies(&p, "BL"), 0);
    assert_int_equal(moves(&transfer, &p.key, "BL"), LEDGER_STATE);
}

static void a_refund_is_nobody_elses_source_and_its_paper_is_not_at_a_printer(void **unused)
{
    struct ledger_draft refund = moving(200000, 100), transfer = moving(220000, 100);
    struct ledger_print job;
    pay_posted(&b, WANG, "1", 100, &p);
    pay_fine(&b, invoice_send(b.ledger, p.invoice.id, "03", &job, &b.err));
    assert_int_equal(moves(&transfer, &p.key, "BL"), LEDGER_STATE);
    assert_non_null(strstr(b.err.why, "at the printer"));
    pay_fine(&b, moves(&refund, NULL, "PP"));
    struct ledger_payment back = q;
    pay_goes(&b, &back, "0200");
    pay_fine(&b, pay_hears(&b, &back, "0210", "00", "PP:PP:100"));
    assert_int_equal(moves(&transfer, &back.key, "PP"), LEDGER_STATE);
}

/* --- what the wire brings ---------------------------------------------------------------------------- */

static void an_answer_that_no_utility_gives_changes_nothing(void **unused)
{
    pay_take(&b, WANG, "1", 100, false, &p);
    pay_goes(&b, &p, "0200");
    for (int what = 0; what < 12; what++) {
        struct ledger_answer a = {.mti = "0210", .code = "00", .part_count = 1, .parts = {{.part = "1", .place = "BL", .amount_fen = 100}}};
        bool unknown;
        switch (what) {
        case 0: FULL(a.code); break;
        case 1: FULL(a.approval); break;
        case 2: FULL(a.reason); break;
        case 3: a.part_count = -1; break;
        case 4: a.part_count = LEDGER_PARTS_MAX + 1; break;
        case 5: FULL(a.parts[0].part); break;
        case 6: a.parts[0].amount_fen = -1; break;
        case 7: a.parts[0].amount_fen = MONEY_MAX_FEN + 1; break;
        case 8: strcpy(a.parts[0].place, "XX"); break;
        case 9: FULL(a.account); break;
        case 10: a.balance_fen = -1; break;
        case 11: a.balance_fen = MONEY_MAX_FEN + 1; break;
        }
        if (outbox_answer(b.ledger, &p.key, &a, &unknown, &q, &b.err) != LEDGER_PARAMS)
            fail_msg("answer %d was taken", what);
        pay_is(&b, &p, "recorded");
    }
    pay_fine(&b, pay_hears(&b, &p, "0210", "00", NULL)); /* and it waits for a proper one */
    pay_is(&b, &p, "posted");
}

static void an_answer_for_another_bank_or_branch_is_not_ours(void **unused)
{
    struct ledger_answer a = {.mti = "0210", .code = "00"};
    bool unknown;
    pay_take(&b, WANG, "1", 100, false, &p);
    pay_goes(&b, &p, "0200");
    struct key others[2] = {p.key, p.key};
    strcpy(others[0].bank, "103");
    strcpy(others[1].branch, "0311-0008");
    for (size_t i = 0; i < COUNT(others); i++)
        assert_int_not_equal(outbox_answer(b.ledger, &others[i], &a, &unknown, &q, &b.err), LEDGER_OK);
    pay_is(&b, &p, "recorded");
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STORY(a_draft_that_can_not_be_is_refused_before_anything_is_written),
        STORY(more_than_a_message_can_carry_is_taken_in_parts),
        STORY(nothing_to_be_paid_and_too_little_cash),
        STORY(the_second_enter_is_the_same_payment_or_none),
        STORY(a_count_of_notes_that_are_none_is_refused),
        STORY(a_book_whose_numbers_can_not_be_is_not_loaded),
        STORY(money_that_can_not_move_stays),
        STORY(only_money_that_was_posted_moves_and_once),
        STORY(a_reversed_payments_money_is_nowhere),
        STORY(a_refund_is_nobody_elses_source_and_its_paper_is_not_at_a_printer),
        STORY(an_answer_that_no_utility_gives_changes_nothing),
        STORY(an_answer_for_another_bank_or_branch_is_not_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
