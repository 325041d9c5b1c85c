/* What a key's state answers to each message, cell by cell; what is refused, and where the
 * money of an advice goes. The walk over all orders of messages is utility_walk. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/money.h"
#include "lib/judged.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* Brings a new key into a state by the messages that lead there. */
static void bring(struct judged *b, enum key_state state)
{
    judged_open(b);
    if (state == KEY_DECLINED) {
        b->bill[0].last = TODAY - 1;
        send_old(b, JUDGE_PAY);
        b->bill[0].last = TODAY + 20;
    } else if (state != KEY_UNKNOWN && state != KEY_TOMBSTONE) {
        send_old(b, JUDGE_PAY);
    }
    if (state == KEY_TOMBSTONE || state == KEY_UNDONE)
        send_old(b, JUDGE_UNDO);
    if (state == KEY_REVERSED)
        send_old(b, JUDGE_REVERSE);
    assert_int_equal(b->key.state, state);
}

static void every_cell_of_the_state_table(void **unused)
{
    static const struct { const char *code; enum key_state then; } cells[6][4] = {
        {{"00", KEY_POSTED}, {"00", KEY_POSTED}, {"25", KEY_UNKNOWN}, {"00", KEY_TOMBSTONE}},
        {{"77", KEY_DECLINED}, {"00", KEY_POSTED}, {"25", KEY_DECLINED}, {"00", KEY_TOMBSTONE}},
        {{"00", KEY_POSTED}, {"00", KEY_POSTED}, {"00", KEY_REVERSED}, {"00", KEY_UNDONE}},
        {{"12", KEY_TOMBSTONE}, {"00", KEY_TOMBSTONE}, {"00", KEY_TOMBSTONE}, {"00", KEY_TOMBSTONE}},
        {{"12", KEY_UNDONE}, {"00", KEY_UNDONE}, {"00", KEY_UNDONE}, {"00", KEY_UNDONE}},
        {{"12", KEY_REVERSED}, {"00", KEY_REVERSED}, {"00", KEY_REVERSED}, {"00", KEY_REVERSED}},
    };
    for (int state = 0; state < 6; state++)
        for (int kind = 0; kind < 4; kind++) {
            struct judged b;
            bring(&b, (enum key_state)state);
            assert_string_equal(send_old(&b, (enum judge_kind)kind), cells[state][kind].code);
            assert_int_equal(b.key.state, cells[state][kind].then);
            assert_int_equal(b.answer.undone, kind == JUDGE_ADVISE && state >= KEY_TOMBSTONE);
            bool posted = b.key.state == KEY_POSTED;
            assert_int_equal(b.bill[0].state, posted ? BILL_PAID : BILL_OPEN);
            assert_int_equal(b.customer.credit_fen, 0);
        }
}

static void a_repeat_is_answered_as_the_first_time(void **unused)
{
    struct judged b;
    bring(&b, KEY_POSTED);
    struct judge_request again = pay_old(JUDGE_PAY, 0);
    strcpy(again.approval, "B00002");
    for (int i = 0; i < 1000; i++) {
        assert_string_equal(ask(&b, &again), "00");
        assert_string_equal(b.answer.approval, "A00001");
        assert_true(b.answer.repeat);
    }
    assert_int_equal(b.answer.place_count, 1);
    assert_int_equal(b.answer.places[0].amount_fen, 1010);
}

static void other_content_under_a_used_key_is_refused_in_every_state(void **unused)
{
    for (int state = KEY_DECLINED; state <= KEY_REVERSED; state++)
        for (int kind = 0; kind < 4; kind++) {
            struct judged b;
            bring(&b, (enum key_state)state);
            struct judge_request other = pay_old((enum judge_kind)kind, 0);
            other.content[0] = other.origin[0] = 1;
            assert_string_equal(ask(&b, &other), "94");
            assert_true(b.answer.audit);
            assert_int_equal(b.key.state, state);
        }
}

/* A sum over all that it says, and no count, bill or amount that can't be. */
static void sums_that_can_not_be(struct judge_request *r, int which)
{
    switch (which) {
    case 0: r->amount_fen = -1; break;
    case 1: r->amount_fen = MONEY_MAX_FEN + 1; break;
    case 2: r->part_count = JUDGE_PARTS_MAX + 1; break;
    case 3: r->parts[0].amount_fen = -1000; break;
    case 4: r->parts[0].late_fen = -10; break;
    case 5: r->parts[0].amount_fen = INT64_MAX; r->prepaid_fen = 1; break;
    case 6: r->parts[0].late_fen = INT64_MAX; break;
    }
}

static void a_sum_that_can_not_be_is_refused_and_an_advice_of_it_is_not_kept(void **unused)
{
    for (int which = 0; which < 7; which++) {
        struct judged b;
        judged_open(&b);
        struct judge_request r = pay_old(JUDGE_PAY, 0);
        sums_that_can_not_be(&r, which);
        assert_string_equal(ask(&b, &r), "13");
        assert_int_equal(b.bill[0].state, BILL_OPEN);
        judged_open(&b);
        r.kind = JUDGE_ADVISE;
        assert_string_equal(ask(&b, &r), "30");
        assert_int_equal(b.key.state, KEY_UNKNOWN);
        assert_false(b.key.changed);
    }
}

static void a_bill_of_nothing_is_paid_by_nothing(void **unused)
{
    struct judged b;
    judged_open(&b);
    b.bill[0].amount_fen = 0;
    struct judge_request r = pay_old(JUDGE_PAY, 0);
    r.parts[0].amount_fen = r.parts[0].late_fen = r.amount_fen = 0;
    assert_string_equal(ask(&b, &r), "00");
    assert_int_equal(b.bill[0].state, BILL_PAID);
    assert_int_equal(b.answer.place_count, 1);
}

static void on_line_refusals(void **unused)
{
    struct judged b;
    struct judge_request r;
#define REFUSED(code_, act)                           \
    do {                                              \
        judged_open(&b);                               \
        r = pay_old(JUDGE_PAY, 0);                    \
        act;                                          \
        assert_string_equal(ask(&b, &r), code_);      \
        assert_int_equal(b.key.state, KEY_DECLINED);  \
        assert_string_equal(ask(&b, &r), code_);      \
        assert_true(b.answer.repeat);                 \
    } while (0)
    REFUSED("13", r.amount_fen++);
    REFUSED("13", (r.part_count = 0, r.amount_fen = 0));
    REFUSED("13", (r.part_count = 2, r.parts[1] = r.parts[0], r.amount_fen *= 2));
    REFUSED("13", (r.prepaid_fen = -10, r.amount_fen -= 10));
    REFUSED("14", b.view.customer = NULL);
    REFUSED("14", strcpy(r.parts[0].bill, "NONE"));
    REFUSED("14", strcpy(b.bill[0].customer, "C2"));
    REFUSED("76", b.bill[0].state = BILL_PAID);
    REFUSED("77", b.bill[0].last = TODAY - 1);
    REFUSED("77", b.bill[0].first = TODAY + 1);
    REFUSED("78", b.bill[0].amount_fen = 999);
    REFUSED("78", (r.parts[0].late_fen = 0, r.amount_fen = 1000));
    REFUSED("78", b.bill[0].state = BILL_WITHDRAWN);
    REFUSED("78", (b.bill[0].rate_permille = 2000000000, b.bill[0].amount_fen = r.parts[0].amount_fen = 900000000000,
                   r.amount_fen = 900000000010)); /* its fee can't be counted */
    REFUSED("79", (strcpy(r.parts[0].bill, "NEW"), r.parts[0].late_fen = 0, r.amount_fen = 1000));
    REFUSED("80", b.bill[0].state = BILL_WITHHELD);
    REFUSED("98", b.view.day_closed = true);
}

static void the_window_and_the_due_day_count_both_ends(void **unused)
{
    struct judged b;
    judged_open(&b);
    b.bill[0].first = b.bill[0].last = TODAY;
    assert_string_equal(send_old(&b, JUDGE_PAY), "00");
}

static void an_older_bill_that_no_counter_may_take_does_not_block(void **unused)
{
    struct judged b;
    judged_open(&b);
    b.bill[0].last = TODAY - 1;
    struct judge_request r = pay_old(JUDGE_PAY, 0);
    strcpy(r.parts[0].bill, "NEW");
    r.parts[0].late_fen = 0;
    r.amount_fen = 1000;
    assert_string_equal(ask(&b, &r), "00");
}

static struct judge_request pay_newer(void)
{
    struct judge_request r = pay_old(JUDGE_PAY, 0);
    strcpy(r.parts[0].bill, "NEW");
    r.parts[0].late_fen = 0;
    r.amount_fen = 1000;
    return r;
}

static void what_does_not_come_first_does_not_block(void **unused)
{
    struct judge_request r = pay_newer();
    for (int why = 0; why < 4; why++) {
        struct judged b;
        judged_open(&b);
        if (why == 0) b.rules.oldest_first = false;
        if (why == 1) b.bill[0].amount_fen = 0;
        if (why == 2) strcpy(b.bill[0].customer, "C2");
        if (why == 3) b.bill[0].state = BILL_WITHHELD;
        assert_string_equal(ask(&b, &r), "00");
        assert_int_equal(b.bill[1].state, BILL_PAID);
    }
}

static void both_bills_in_whatever_order(void **unused)
{
    for (int turned = 0; turned < 2; turned++) {
        struct judged b;
        judged_open(&b);
        struct judge_request r = pay_old(JUDGE_PAY, 0);
        r.parts[1] = pay_newer().parts[0];
        r.part_count = 2;
        r.amount_fen += 1000;
        if (turned) {
            struct judge_part first = r.parts[0];
            r.parts[0] = r.parts[1];
            r.parts[1] = first;
        }
        assert_string_equal(ask(&b, &r), "00");
        assert_int_equal(b.bill[0].state, BILL_PAID);
        assert_int_equal(b.bill[1].state, BILL_PAID);
        assert_int_equal(b.answer.place_count, 2);
    }
}

static void an_advice_for_another_ones_bill_is_its_customers_credit(void **unused)
{
    static const char *const whose[] = {"C2", "C1"};
    for (int gone = 0; gone < 2; gone++) {
        struct judged b;
        judged_open(&b);
        strcpy(b.bill[0].customer, whose[gone]);
        if (gone)
            strcpy(b.bill[0].number, "ANOTHER");
        assert_string_equal(send_old(&b, JUDGE_ADVISE), "00");
        assert_int_equal(b.customer.credit_fen, 1010);
        assert_int_equal(b.bill[0].state, BILL_OPEN);
    }
}

static void a_fee_that_can_not_be_counted_leaves_the_bill_open(void **unused)
{
    struct judged b;
    judged_open(&b);
    b.bill[0].rate_permille = 2000000000;
    b.bill[0].amount_fen = MONEY_MAX_FEN;
    assert_string_equal(send_old(&b, JUDGE_ADVISE), "00");
    assert_int_equal(b.bill[0].state, BILL_OPEN);
    assert_int_equal(b.customer.credit_fen, 1010);
}

static void credit_without_room_is_suspense(void **unused)
{
    struct judged b;
    judged_open(&b);
    b.bill[0].state = BILL_PAID;
    b.customer.credit_fen = INT64_MAX - 1;
    assert_string_equal(send_old(&b, JUDGE_ADVISE), "00");
    assert_int_equal(b.answer.places[0].home, HOME_SUSPENSE);
    assert_true(b.customer.credit_fen == INT64_MAX - 1);
}

static void an_advice_that_is_too_late_is_posted_and_flagged(void **unused)
{
    struct judged b;
    judged_open(&b);
    struct judge_request r = pay_old(JUDGE_ADVISE, 0);
    r.too_late = true;
    assert_string_equal(ask(&b, &r), "00");
    assert_true(b.key.flagged);
    assert_int_equal(b.bill[0].state, BILL_PAID);
}

static void a_bill_that_is_no_more_as_it_was_paid_stays_so(void **unused)
{
    for (int how = 0; how < 3; how++) {
        struct judged b;
        bring(&b, KEY_POSTED);
        if (how == 0) b.bill[0].state = BILL_WITHDRAWN;
        if (how == 1) key_make(&b.bill[0].paid_by, "102", "0311-0007", 1, 99);
        if (how == 2) strcpy(b.bill[0].number, "ANOTHER");
        enum bill_state was = b.bill[0].state;
        assert_string_equal(send_old(&b, JUDGE_UNDO), "00");
        assert_int_equal(b.key.state, KEY_UNDONE);
        assert_int_equal(b.bill[0].state, was);
    }
}

static void credit_of_a_customer_who_is_gone_is_owed(void **unused)
{
    struct judged b;
    judged_open(&b);
    struct judge_request r = pay_old(JUDGE_PAY, 500);
    assert_string_equal(ask(&b, &r), "00");
    b.view.customer = NULL;
    r.kind = JUDGE_REVERSE;
    assert_string_equal(ask(&b, &r), "51");
    r.kind = JUDGE_UNDO;
    assert_string_equal(ask(&b, &r), "00");
    assert_int_equal(b.answer.places[0].amount_fen, 500);
    assert_int_equal(b.bill[0].state, BILL_OPEN);
}

static void a_reversal_that_is_repeated_is_listed_once(void **unused)
{
    struct judge_request r = {.kind = JUDGE_REVERSE};
    struct judge_answer first = {.code = "00"}, repeated = {.code = "00", .repeat = true};
    assert_true(judge_is_reversal_to_keep(&r, &first));
    assert_true(judge_is_reversal_to_keep(&r, &repeated)); /* asked anew, by a person */
    r.again = true;
    assert_false(judge_is_reversal_to_keep(&r, &repeated));
    r.kind = JUDGE_UNDO; /* a repeat whose first one never came */
    assert_true(judge_is_reversal_to_keep(&r, &first));
    r.kind = JUDGE_ADVISE;
    assert_false(judge_is_reversal_to_keep(&r, &first));
}

static void homes_have_the_names_of_the_wire(void **unused)
{
    assert_string_equal(judge_home_name(HOME_BILL), "BL");
    assert_string_equal(judge_home_name(HOME_CREDIT), "PP");
    assert_string_equal(judge_home_name(HOME_SUSPENSE), "SU");
}

static void an_advice_always_finds_a_home(void **unused)
{
    static const struct {
        int64_t bill_fen; enum bill_state state; day_t last; bool customer;
        int64_t bl, pp, su;
    } homes[] = {
        {1000, BILL_OPEN, TODAY, true, 1010, 0, 0},
        {900, BILL_OPEN, TODAY, true, 909, 101, 0},     /* divided: the rest is credit */
        {1001, BILL_OPEN, TODAY, true, 0, 1010, 0},     /* needs more: stays open */
        {1000, BILL_PAID, TODAY, true, 0, 1010, 0},
        {1000, BILL_WITHHELD, TODAY, true, 0, 1010, 0},
        {1000, BILL_OPEN, TODAY - 1, true, 0, 1010, 0}, /* window closed */
        {1000, BILL_PAID, TODAY, false, 0, 0, 1010},    /* no such customer */
    };
    for (size_t i = 0; i < COUNT(homes); i++) {
        struct judged b;
        judged_open(&b);
        b.bill[0].amount_fen = homes[i].bill_fen;
        b.bill[0].state = homes[i].state;
        b.bill[0].last = homes[i].last;
        if (!homes[i].customer)
            b.view.customer = NULL;
        assert_string_equal(send_old(&b, JUDGE_ADVISE), "00");
        int64_t sum[3] = {0};
        for (size_t p = 0; p < b.answer.place_count; p++)
            sum[b.answer.places[p].home] += b.answer.places[p].amount_fen;
        assert_int_equal(sum[HOME_BILL], homes[i].bl);
        assert_int_equal(sum[HOME_CREDIT], homes[i].pp);
        assert_int_equal(sum[HOME_SUSPENSE], homes[i].su);
        assert_int_equal(b.customer.credit_fen, homes[i].pp);
    }
}

static void an_advice_for_a_closed_day_is_posted_and_flagged(void **unused)
{
    struct judged b;
    judged_open(&b);
    b.view.day_closed = true;
    assert_string_equal(send_old(&b, JUDGE_ADVISE), "00");
    assert_true(b.key.flagged);
}

static void a_refused_reversal_is_remembered(void **unused)
{
    struct judged b;
    bring(&b, KEY_POSTED);
    b.view.day_closed = true;
    assert_string_equal(send_old(&b, JUDGE_REVERSE), "98");
    b.view.day_closed = false;
    assert_string_equal(send_old(&b, JUDGE_REVERSE), "98");
    assert_int_equal(b.bill[0].state, BILL_PAID);
}

static void prepaid_that_is_used_up(void **unused)
{
    struct judged b;
    judged_open(&b);
    struct judge_request r = pay_old(JUDGE_PAY, 500);
    assert_string_equal(ask(&b, &r), "00");
    assert_int_equal(b.customer.credit_fen, 500);
    b.customer.credit_fen = 200; /* an import took 300 of it */
    r.kind = JUDGE_REVERSE;
    assert_string_equal(ask(&b, &r), "51");
    assert_int_equal(b.customer.credit_fen, 200);
    r.kind = JUDGE_UNDO;
    for (int i = 0; i < 2; i++) { /* and the repeat says the same */
        assert_string_equal(ask(&b, &r), "00");
        assert_int_equal(b.customer.credit_fen, 0);
        assert_int_equal(b.bill[0].state, BILL_OPEN);
        assert_int_equal(b.answer.place_count, 1);
        assert_int_equal(b.answer.places[0].home, HOME_SUSPENSE);
        assert_int_equal(b.answer.places[0].amount_fen, 300);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cell_of_the_state_table),
        cmocka_unit_test(a_repeat_is_answered_as_the_first_time),
        cmocka_unit_test(other_content_under_a_used_key_is_refused_in_every_state),
        cmocka_unit_test(on_line_refusals),
        cmocka_unit_test(the_window_and_the_due_day_count_both_ends),
        cmocka_unit_test(an_older_bill_that_no_counter_may_take_does_not_block),
        cmocka_unit_test(an_advice_always_finds_a_home),
        cmocka_unit_test(an_advice_for_a_closed_day_is_posted_and_flagged),
        cmocka_unit_test(a_refused_reversal_is_remembered),
        cmocka_unit_test(prepaid_that_is_used_up),
        cmocka_unit_test(a_sum_that_can_not_be_is_refused_and_an_advice_of_it_is_not_kept),
        cmocka_unit_test(a_bill_of_nothing_is_paid_by_nothing),
        cmocka_unit_test(what_does_not_come_first_does_not_block),
        cmocka_unit_test(both_bills_in_whatever_order),
        cmocka_unit_test(an_advice_for_another_ones_bill_is_its_customers_credit),
        cmocka_unit_test(a_fee_that_can_not_be_counted_leaves_the_bill_open),
        cmocka_unit_test(credit_without_room_is_suspense),
        cmocka_unit_test(an_advice_that_is_too_late_is_posted_and_flagged),
        cmocka_unit_test(a_bill_that_is_no_more_as_it_was_paid_stays_so),
        cmocka_unit_test(credit_of_a_customer_who_is_gone_is_owed),
        cmocka_unit_test(a_reversal_that_is_repeated_is_listed_once),
        cmocka_unit_test(homes_have_the_names_of_the_wire),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
