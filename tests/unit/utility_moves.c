/* Money that moves after it was posted: credit that a customer takes back in cash, a payment that
 * was made for a wrong customer; which of it the judge refuses, and what comes back when nobody
 * heard that it moved. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "utilityd/judge.h"
#include "utilityd/judge_move.h"
#include "wire/message.h"

#define TODAY 20000
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* Li, for whom was paid by mistake, and Wang, who should have been; a bill of each. */
struct books {
    struct judge_key first, second;
    struct judge_customer li, wang;
    struct judge_bill of_li, of_wang;
    struct judge_bill *list[2];
    struct judge_view view;
    struct judge_rules rules;
    struct judge_request move;
    struct judge_answer answer;
};

static void bill_make(struct judge_bill *bill, const char *number, const char *customer)
{
    *bill = (struct judge_bill){.amount_fen = 1000, .due = TODAY, .first = TODAY - 20, .last = TODAY + 20, .resident = true};
    strcpy(bill->number, number);
    strcpy(bill->customer, customer);
}

static void books_open(struct books *b)
{
    memset(b, 0, sizeof *b);
    strcpy(b->li.number, "LI");
    strcpy(b->wang.number, "WANG");
    bill_make(&b->of_li, "BILL-LI", "LI");
    bill_make(&b->of_wang, "BILL-WANG", "WANG");
    b->list[0] = &b->of_li;
    b->list[1] = &b->of_wang;
    b->view = (struct judge_view){.key = &b->first, .customer = &b->li, .bills = b->list, .bill_count = 2};
}

static const char *ask(struct books *b, enum judge_kind kind)
{
    b->move.kind = kind;
    judge_payment(&b->rules, &b->view, &b->move, &b->answer);
    return b->answer.code;
}

static struct judge_request request_of(const char *customer, int stan, const char *bill, int64_t prepaid_fen)
{
    struct judge_request r = {.kind = JUDGE_PAY, .proc = PROC_CASH, .amount_fen = prepaid_fen, .prepaid_fen = prepaid_fen,
                              .taken = TODAY, .business = TODAY};
    key_make(&r.key, "102", "0311-0007", 1, stan);
    strcpy(r.customer, customer);
    strcpy(r.approval, "A00001");
    if (bill) {
        r.part_count = 1;
        strcpy(r.parts[0].bill, bill);
        r.parts[0].amount_fen = 1000;
        r.amount_fen += 1000;
    }
    return r;
}

/* Somebody pays for Li; then the next request of the view is the move, and `first` is whose money it is. */
static void paid_for_li(struct books *b, const char *bill, int64_t prepaid_fen)
{
    books_open(b);
    b->move = request_of("LI", 7, bill, prepaid_fen);
    assert_string_equal(ask(b, JUDGE_PAY), "00");
    b->view.key = &b->second;
    b->view.original = &b->first;
    b->view.source = &b->li;
}

static void to_wang(struct books *b, enum judge_home from, const char *bill, int64_t prepaid_fen)
{
    b->view.customer = &b->wang;
    b->move = request_of("WANG", 8, bill, prepaid_fen);
    b->move.proc = PROC_TRANSFER;
    b->move.from = from;
    b->move.original = b->first.key;
}

static void back_to_li(struct books *b, enum judge_home from, int64_t fen)
{
    b->move = request_of("LI", 8, NULL, fen);
    b->move.proc = PROC_REFUND;
    b->move.from = from;
    b->move.original = b->first.key;
}

/* 500 that were paid for a customer nobody knows lie in suspense. */
static void lies_in_suspense(struct books *b)
{
    books_open(b);
    b->view.customer = NULL;
    b->move = request_of("NOBODY", 7, NULL, 500);
    assert_string_equal(ask(b, JUDGE_ADVISE), "00");
    assert_int_equal(b->answer.places[0].home, HOME_SUSPENSE);
    b->view.key = &b->second;
    b->view.original = &b->first;
    b->view.source = NULL;
}

static void a_bill_paid_for_the_wrong_customer_is_open_again(void **unused)
{
    struct books b;
    paid_for_li(&b, "BILL-LI", 0);
    to_wang(&b, HOME_BILL, "BILL-WANG", 0);
    assert_string_equal(ask(&b, JUDGE_PAY), "00");
    assert_string_equal(b.answer.approval, "A00001");
    assert_int_equal(b.of_li.state, BILL_OPEN);
    assert_int_equal(b.of_wang.state, BILL_PAID);
    assert_true(key_equal(&b.of_wang.paid_by, &b.second.key));
    assert_int_equal(b.answer.place_count, 1); /* the mark of whose money it was is not told */
    assert_int_equal(judge_moved(&b.first), 1000);
    assert_string_equal(ask(&b, JUDGE_PAY), "00"); /* and once */
    assert_true(b.answer.repeat);
    assert_int_equal(judge_moved(&b.first), 1000);
}

static void what_moved_is_not_reversed(void **unused)
{
    struct books b;
    paid_for_li(&b, "BILL-LI", 0);
    to_wang(&b, HOME_BILL, "BILL-WANG", 0);
    ask(&b, JUDGE_PAY);
    assert_string_equal(ask(&b, JUDGE_REVERSE), "51"); /* the transfer itself */
    b.view.key = &b.first;
    b.view.original = NULL;
    b.view.customer = &b.li;
    b.move = request_of("LI", 7, "BILL-LI", 0);
    assert_string_equal(ask(&b, JUDGE_REVERSE), "51"); /* the payment it was made of */
    assert_string_equal(ask(&b, JUDGE_UNDO), "00");    /* its cash is back: what went on is owed */
    assert_int_equal(b.first.short_fen, 1000);
    assert_int_equal(b.of_wang.state, BILL_PAID);
    assert_int_equal(b.answer.places[0].home, HOME_SUSPENSE);
}

static void a_transfer_nobody_heard_of_comes_back_whole(void **unused)
{
    struct books b;
    paid_for_li(&b, "BILL-LI", 0);
    to_wang(&b, HOME_BILL, "BILL-WANG", 0);
    ask(&b, JUDGE_PAY);
    assert_string_equal(ask(&b, JUDGE_UNDO), "00");
    assert_int_equal(b.of_li.state, BILL_PAID);
    assert_true(key_equal(&b.of_li.paid_by, &b.first.key));
    assert_int_equal(b.of_wang.state, BILL_OPEN);
    assert_int_equal(judge_moved(&b.first), 0);
    assert_int_equal(b.second.state, KEY_UNDONE);
    assert_int_equal(b.answer.place_count, 0);
}

static void comes_back_as_credit_when_the_bill_is_not_free(void **unused)
{
    for (int gone = 0; gone < 2; gone++) { /* paid by somebody else meanwhile; not among the rows any more */
        struct books b;
        paid_for_li(&b, "BILL-LI", 0);
        to_wang(&b, HOME_BILL, "BILL-WANG", 0);
        ask(&b, JUDGE_PAY);
        if (gone)
            strcpy(b.of_li.number, "ANOTHER");
        else
            b.of_li.state = BILL_PAID;
        assert_string_equal(ask(&b, JUDGE_UNDO), "00");
        assert_int_equal(b.li.credit_fen, 1000);
        assert_int_equal(b.first.places[0].home, HOME_CREDIT);
        assert_int_equal(judge_moved(&b.first), 0);
    }
}

static void nobody_gets_back_what_the_second_one_used(void **unused)
{
    static const struct { const char *bill; int64_t prepaid_fen; enum judge_home from; int64_t used_fen, credit_fen; } rows[] = {
        {NULL, 500, HOME_CREDIT, 0, 500},
        {NULL, 500, HOME_CREDIT, 200, 300},
        {NULL, 500, HOME_CREDIT, 500, 0},
        {"BILL-LI", 0, HOME_BILL, 400, 600}, /* not enough for the bill: it stays open */
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct books b;
        int64_t fen = rows[i].bill ? 1000 : rows[i].prepaid_fen;
        paid_for_li(&b, rows[i].bill, rows[i].prepaid_fen);
        to_wang(&b, rows[i].from, NULL, fen);
        assert_string_equal(ask(&b, JUDGE_PAY), "00");
        assert_int_equal(b.li.credit_fen, 0);
        assert_int_equal(b.wang.credit_fen, fen);
        b.wang.credit_fen -= rows[i].used_fen;
        assert_string_equal(ask(&b, JUDGE_UNDO), "00");
        assert_int_equal(b.wang.credit_fen, 0);
        assert_int_equal(b.li.credit_fen, rows[i].credit_fen);
        assert_int_equal(b.of_li.state, BILL_OPEN);
        assert_int_equal(b.second.short_fen, 0);
    }
}

static void only_what_lies_in_the_named_place_moves(void **unused)
{
    struct books b;
    paid_for_li(&b, "BILL-LI", 500);
    to_wang(&b, HOME_CREDIT, NULL, 500);
    assert_string_equal(ask(&b, JUDGE_PAY), "00");
    assert_int_equal(b.of_li.state, BILL_PAID);
    assert_int_equal(judge_moved(&b.first), 500);
    assert_int_equal(b.wang.credit_fen, 500);
    assert_string_equal(ask(&b, JUDGE_UNDO), "00");
    assert_int_equal(b.of_li.state, BILL_PAID);
    assert_int_equal(b.li.credit_fen, 500);
}

static void a_bill_that_changed_meanwhile_is_left_as_it_is(void **unused)
{
    struct books b;
    paid_for_li(&b, "BILL-LI", 0);
    b.of_li.state = BILL_WITHDRAWN;
    to_wang(&b, HOME_BILL, "BILL-WANG", 0);
    assert_string_equal(ask(&b, JUDGE_PAY), "00");
    assert_int_equal(b.of_li.state, BILL_WITHDRAWN);

    paid_for_li(&b, "BILL-LI", 0);
    key_make(&b.of_li.paid_by, "102", "0311-0007", 1, 99);
    to_wang(&b, HOME_BILL, "BILL-WANG", 0);
    assert_string_equal(ask(&b, JUDGE_PAY), "00");
    assert_int_equal(b.of_li.state, BILL_PAID);

    paid_for_li(&b, "BILL-LI", 0);
    strcpy(b.of_li.number, "ANOTHER");
    to_wang(&b, HOME_BILL, "BILL-WANG", 0);
    assert_string_equal(ask(&b, JUDGE_PAY), "00");
    assert_int_equal(b.of_li.state, BILL_PAID);
}

static void credit_that_has_no_room_is_not_made(void **unused)
{
    struct books b;
    paid_for_li(&b, NULL, 500);
    to_wang(&b, HOME_CREDIT, NULL, 500);
    ask(&b, JUDGE_PAY);
    b.li.credit_fen = INT64_MAX - 100;
    assert_string_equal(ask(&b, JUDGE_UNDO), "00");
    assert_true(b.li.credit_fen == INT64_MAX - 100);

    paid_for_li(&b, NULL, 500);
    to_wang(&b, HOME_CREDIT, NULL, 500);
    ask(&b, JUDGE_PAY);
    b.view.source = NULL; /* the customer was taken off the utility's list */
    assert_string_equal(ask(&b, JUDGE_UNDO), "00");
    assert_int_equal(b.li.credit_fen, 0);
    assert_int_equal(b.wang.credit_fen, 0);
}

static void a_transfer_that_was_moved_on(void **unused)
{
    struct books b;
    paid_for_li(&b, NULL, 500);
    to_wang(&b, HOME_CREDIT, NULL, 500);
    assert_string_equal(ask(&b, JUDGE_PAY), "00");
    struct judge_key third = {.state = KEY_UNKNOWN};
    b.view = (struct judge_view){.key = &third, .customer = &b.li, .original = &b.second, .source = &b.wang, .bills = b.list, .bill_count = 2};
    b.move = request_of("LI", 9, NULL, 500);
    b.move.proc = PROC_TRANSFER;
    b.move.from = HOME_CREDIT;
    b.move.original = b.second.key;
    assert_string_equal(ask(&b, JUDGE_PAY), "00"); /* back to Li: it was right after all */
    assert_int_equal(b.li.credit_fen, 500);
    assert_int_equal(b.wang.credit_fen, 0);
    assert_int_equal(judge_moved(&b.second), 500);
    assert_string_equal(ask(&b, JUDGE_UNDO), "00");
    assert_int_equal(b.wang.credit_fen, 500);
}

static void transfers_refused(void **unused)
{
    struct books b;
#define REFUSED(code_, act)                                  \
    do {                                                     \
        paid_for_li(&b, NULL, 500);                          \
        to_wang(&b, HOME_CREDIT, NULL, 500);                 \
        act;                                                 \
        assert_string_equal(ask(&b, JUDGE_PAY), code_);      \
        assert_int_equal(b.second.state, KEY_DECLINED);      \
        assert_int_equal(b.wang.credit_fen, 0);              \
        assert_int_equal(judge_moved(&b.first), 0);          \
    } while (0)
    REFUSED("57", b.view.original = NULL);
    REFUSED("57", b.first.state = KEY_REVERSED);
    REFUSED("57", b.first.proc = PROC_REFUND);
    REFUSED("78", b.move.from = HOME_BILL);
    REFUSED("78", b.move.from = HOME_SUSPENSE);
    REFUSED("78", b.move.amount_fen = b.move.prepaid_fen = 400);
    REFUSED("51", b.li.credit_fen = 499);
    REFUSED("51", b.view.source = NULL);
    REFUSED("14", b.view.customer = NULL);
    REFUSED("98", b.view.day_closed = true);
    REFUSED("13", b.move.prepaid_fen = 0);
#undef REFUSED
}

static void money_from_an_account_moves_too(void **unused)
{
    struct books b;
    paid_for_li(&b, NULL, 500);
    b.first.proc = PROC_ACCOUNT;
    to_wang(&b, HOME_CREDIT, NULL, 500);
    assert_string_equal(ask(&b, JUDGE_PAY), "00");
}

static void credit_is_refunded_and_given_back_when_the_cash_stayed(void **unused)
{
    for (int named = 0; named < 2; named++) { /* with the payment that it came of named, and without */
        struct books b;
        paid_for_li(&b, NULL, 500);
        back_to_li(&b, HOME_CREDIT, 300);
        if (!named)
            memset(&b.move.original, 0, sizeof b.move.original);
        assert_string_equal(ask(&b, JUDGE_PAY), "00");
        assert_int_equal(b.li.credit_fen, 200);
        assert_int_equal(b.answer.place_count, 1);
        assert_int_equal(b.answer.places[0].amount_fen, 300);
        assert_int_equal(judge_moved(&b.first), 0);
        assert_string_equal(ask(&b, JUDGE_REVERSE), "51");
        assert_string_equal(ask(&b, JUDGE_UNDO), "00");
        assert_int_equal(b.li.credit_fen, 500);
        assert_string_equal(ask(&b, JUDGE_UNDO), "00");
        assert_int_equal(b.li.credit_fen, 500);
    }
}

static void suspense_is_refunded_against_its_payment(void **unused)
{
    struct books b;
    lies_in_suspense(&b);
    back_to_li(&b, HOME_SUSPENSE, 500);
    assert_string_equal(ask(&b, JUDGE_PAY), "00");
    assert_int_equal(judge_moved(&b.first), 500);
    assert_string_equal(ask(&b, JUDGE_UNDO), "00");
    assert_int_equal(judge_moved(&b.first), 0);
    assert_int_equal(b.first.places[0].home, HOME_SUSPENSE);
    assert_int_equal(b.li.credit_fen, 0);
}

static void suspense_goes_to_the_customer_who_was_meant(void **unused)
{
    struct books b;
    lies_in_suspense(&b);
    to_wang(&b, HOME_SUSPENSE, NULL, 500);
    assert_string_equal(ask(&b, JUDGE_PAY), "00");
    assert_int_equal(b.wang.credit_fen, 500);
    assert_string_equal(ask(&b, JUDGE_UNDO), "00");
    assert_int_equal(b.wang.credit_fen, 0);
    assert_int_equal(b.first.places[0].home, HOME_SUSPENSE);
    assert_int_equal(b.first.places[0].amount_fen, 500);
}

static void refunds_refused(void **unused)
{
    struct books b;
#define REFUSED(code_, act)                                 \
    do {                                                    \
        paid_for_li(&b, NULL, 500);                         \
        back_to_li(&b, HOME_CREDIT, 500);                   \
        act;                                                \
        int64_t had_fen = b.li.credit_fen;                  \
        assert_string_equal(ask(&b, JUDGE_PAY), code_);     \
        assert_int_equal(b.second.state, KEY_DECLINED);     \
        assert_int_equal(b.li.credit_fen, had_fen);         \
        assert_int_equal(judge_moved(&b.first), 0);         \
    } while (0)
    REFUSED("13", b.move.part_count = 1);
    REFUSED("13", b.move.amount_fen = 501);
    REFUSED("13", b.move.amount_fen = b.move.prepaid_fen = 0);
    REFUSED("13", b.move.from = HOME_BILL);
    REFUSED("98", b.view.day_closed = true);
    REFUSED("14", b.view.customer = NULL);
    REFUSED("51", b.li.credit_fen = 499);
    REFUSED("78", b.move.from = HOME_SUSPENSE);
    REFUSED("57", (b.move.from = HOME_SUSPENSE, b.view.original = NULL));
#undef REFUSED
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bill_paid_for_the_wrong_customer_is_open_again),
        cmocka_unit_test(what_moved_is_not_reversed),
        cmocka_unit_test(a_transfer_nobody_heard_of_comes_back_whole),
        cmocka_unit_test(comes_back_as_credit_when_the_bill_is_not_free),
        cmocka_unit_test(nobody_gets_back_what_the_second_one_used),
        cmocka_unit_test(only_what_lies_in_the_named_place_moves),
        cmocka_unit_test(a_bill_that_changed_meanwhile_is_left_as_it_is),
        cmocka_unit_test(credit_that_has_no_room_is_not_made),
        cmocka_unit_test(a_transfer_that_was_moved_on),
        cmocka_unit_test(transfers_refused),
        cmocka_unit_test(money_from_an_account_moves_too),
        cmocka_unit_test(credit_is_refunded_and_given_back_when_the_cash_stayed),
        cmocka_unit_test(suspense_is_refunded_against_its_payment),
        cmocka_unit_test(suspense_goes_to_the_customer_who_was_meant),
        cmocka_unit_test(refunds_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
