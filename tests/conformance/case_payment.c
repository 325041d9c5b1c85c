/* Payments, repeats, advices: what posts, what refuses, and never twice. */
#include <string.h>

#include "base/text.h"
#include "conformance/conformance.h"

/* What a case posted is taken back, so that a bill can be used by the next run. */
static void give_back(struct run *r, const struct wire_payment *p)
{
    if (r->outcome == CASE_OK) undo(r, p, "0420", "00", NULL);
}

static bool whole_in(struct run *r, const struct wire_answer *a, enum wire_place place, int64_t fen)
{
    static const char *const names[] = {"BL", "PP", "SU", "RV"};
    int64_t sum = 0;
    for (int i = 0; i < a->part_count; i++)
        if (a->parts[i].place == place) sum += a->parts[i].amount_fen;
    return check(r, sum == fen, "DX puts %lld fen into %s, wanted %lld", (long long)sum, names[place], (long long)fen);
}

static bool posted(struct run *r, const struct wire_payment *p, const char *mti, struct wire_answer *a)
{
    return pay(r, p, mti, "00", a) && check(r, strlen(a->approval) == 6, "DE 38 is \"%s\", wanted 6 letters or digits", a->approval);
}

static void prepaid(struct run *r)
{
    struct wire_payment p;
    struct wire_answer a;
    if (new_prepaid(r, 100, &p) && posted(r, &p, "0200", &a) && whole_in(r, &a, PLACE_PREPAID, 100) && state_is(r, &p, STATE_POSTED, a.approval))
        give_back(r, &p);
}

static void repeated(struct run *r)
{
    struct wire_payment p;
    struct wire_answer first, again;
    if (!new_prepaid(r, 100, &p) || !posted(r, &p, "0200", &first)) return;
    if (!pay(r, &p, "0201", NULL, &again) || !same_answer(r, &first, &again)) return;
    if (pay(r, &p, "0200", NULL, &again) && same_answer(r, &first, &again)) give_back(r, &p);
}

static void then_as_advice(struct run *r)
{
    struct wire_payment p;
    struct wire_answer first, again;
    if (!new_prepaid(r, 100, &p) || !posted(r, &p, "0200", &first)) return;
    if (pay(r, &p, "0220", NULL, &again) && same_answer(r, &first, &again)) give_back(r, &p);
}

static void other_content(struct run *r)
{
    struct wire_payment p, other;
    struct wire_answer a;
    if (!new_prepaid(r, 100, &p) || !posted(r, &p, "0200", &a)) return;
    other = p;
    other.head.amount_fen = other.prepaid_fen = 200;
    if (!pay(r, &other, "0200", "94", NULL)) return;
    other = p;
    text_copy(other.operator_id, sizeof other.operator_id, "9009");
    if (pay(r, &other, "0220", "94", NULL) && state_is(r, &p, STATE_POSTED, a.approval)) give_back(r, &p);
}

/* Pays the bill, tries it under another key, takes it back: it is open again. */
static void a_bill(struct run *r)
{
    struct wire_bills b;
    struct wire_payment p, second;
    struct wire_answer a;
    if (!find_bills(r, BILL_PAYABLE, &b)) return;
    new_bill_payment(r, b.customer, &b.bills[0], &p);
    if (!posted(r, &p, "0200", &a) || !whole_in(r, &a, PLACE_BILL, p.head.amount_fen)) return;
    new_bill_payment(r, b.customer, &b.bills[0], &second);
    if (!pay(r, &second, "0200", "76", NULL) || !state_is(r, &second, STATE_DECLINED, NULL)) return;
    if (!undo(r, &p, "0400", "00", NULL)) return;
    struct wire_bills after;
    if (bills_of(r, b.customer, &after))
        check(r, after.bill_count > 0 && strcmp(after.bills[0].bill, b.bills[0].bill) == 0 && after.bills[0].unpaid_fen == b.bills[0].unpaid_fen,
              "the bill is not open again after its reversal");
}

static void wrong_amount(struct run *r)
{
    struct wire_bills b;
    struct wire_payment p;
    struct wire_answer first, again;
    if (!find_bills(r, BILL_PAYABLE, &b)) return;
    new_bill_payment(r, b.customer, &b.bills[0], &p);
    p.bills[0].amount_fen++;
    p.head.amount_fen++;
    if (pay(r, &p, "0200", "78", &first) && pay(r, &p, "0201", NULL, &again) && same_answer(r, &first, &again)) state_is(r, &p, STATE_DECLINED, NULL);
}

static void outside(struct run *r, enum kind kind)
{
    struct wire_bills b;
    struct wire_payment p;
    if (!find_bills(r, kind, &b)) return;
    new_bill_payment(r, b.customer, &b.bills[0], &p);
    if (pay(r, &p, "0200", "77", NULL) && pay(r, &p, "0201", "77", NULL)) state_is(r, &p, STATE_DECLINED, NULL);
}

static void after_window(struct run *r) { outside(r, BILL_AFTER); }

static void before_window(struct run *r) { outside(r, BILL_BEFORE); }

static void older_first(struct run *r)
{
    struct wire_bills b;
    struct wire_payment p;
    if (!find_bills(r, BILL_TWO, &b)) return;
    new_bill_payment(r, b.customer, &b.bills[1], &p);
    pay(r, &p, "0200", "79", NULL);
}

static void no_customer(struct run *r)
{
    struct wire_payment p;
    if (!new_prepaid(r, 100, &p)) return;
    text_copy(p.customer, sizeof p.customer, "NOBODY000000");
    pay(r, &p, "0200", "14", NULL);
}

static void advice(struct run *r)
{
    struct wire_payment p;
    struct wire_answer first, again;
    if (!new_prepaid(r, 100, &p) || !posted(r, &p, "0220", &first) || !whole_in(r, &first, PLACE_PREPAID, 100)) return;
    if (pay(r, &p, "0221", NULL, &again) && same_answer(r, &first, &again)) give_back(r, &p);
}

/* The cash was taken: what the window forbids is posted, and DX says where it went. */
static void advice_outside(struct run *r)
{
    struct wire_bills b;
    struct wire_payment p;
    struct wire_answer a;
    int64_t sum = 0;
    if (!find_bills(r, BILL_AFTER, &b)) return;
    new_bill_payment(r, b.customer, &b.bills[0], &p);
    if (!posted(r, &p, "0220", &a)) return;
    for (int i = 0; i < a.part_count; i++) {
        if (!check(r, a.parts[i].place != PLACE_BILL, "the bill was paid after its window")) return;
        sum += a.parts[i].amount_fen;
    }
    if (check(r, sum == p.head.amount_fen, "DX accounts for %lld fen of %lld", (long long)sum, (long long)p.head.amount_fen)) give_back(r, &p);
}

static void advice_after_refusal(struct run *r)
{
    struct wire_bills b;
    struct wire_payment p;
    struct wire_answer a;
    if (!find_bills(r, BILL_PAYABLE, &b)) return;
    new_bill_payment(r, b.customer, &b.bills[0], &p);
    p.bills[0].amount_fen += 7;
    p.head.amount_fen += 7;
    if (!pay(r, &p, "0200", "78", NULL) || !posted(r, &p, "0220", &a)) return;
    if (state_is(r, &p, STATE_POSTED, a.approval)) give_back(r, &p);
}

static const struct test_case rows[] = {
    {"payment", "Payment", "0200 is posted: 00, DE 38, DX, and 330000 says P", prepaid},
    {"payment-repeated", "The key", "0201, and the same 0200 again, are answered as the first time with the same DE 38", repeated},
    {"payment-as-advice", "States", "0220 of a posted key is answered as the first time", then_as_advice},
    {"other-content", "The key", "the same key with other content: 94, and nothing changes", other_content},
    {"bill-once", "Payment", "a bill is paid once: 76 for another key; reversed it is open again", a_bill},
    {"wrong-amount", "Payment", "an amount that is not today's: 78, remembered with the key", wrong_amount},
    {"window-over", "Payment", "after the window: 77, remembered with the key", after_window},
    {"window-before", "Payment", "before the window: 77, remembered with the key", before_window},
    {"older-first", "Payment", "an older bill left unpaid: 79", older_first},
    {"no-customer", "Payment", "no such customer: 14", no_customer},
    {"advice", "Advice", "0220 is posted, 0221 answered as the first time", advice},
    {"advice-window", "Advice", "0220 after the window is never declined, DX says where the money went", advice_outside},
    {"advice-refused", "States", "0220 of a declined key is posted: the cash was taken", advice_after_refusal},
};
const struct case_table payment_cases = {rows, sizeof rows / sizeof *rows};
