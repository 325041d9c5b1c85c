/* Reversals, their advices and the tombstone. */
#include <string.h>

#include "conformance/conformance.h"

static bool says_undone(struct run *r, const struct wire_answer *a)
{
    return check(r, a->part_count == 1 && a->parts[0].place == PLACE_REVERSED, "0230 does not say RV in DX");
}

static void tombstone(struct run *r)
{
    struct wire_payment p;
    struct wire_answer a;
    if (!new_prepaid(r, 100, &p)) return;
    if (undo(r, &p, "0420", "00", NULL) && state_is(r, &p, STATE_TOMBSTONE, NULL) && pay(r, &p, "0200", "12", NULL) &&
        pay(r, &p, "0220", "00", &a) && says_undone(r, &a))
        state_is(r, &p, STATE_TOMBSTONE, NULL);
}

static void tombstone_again(struct run *r)
{
    struct wire_payment p;
    if (new_prepaid(r, 100, &p) && undo(r, &p, "0420", "00", NULL) && undo(r, &p, "0421", "00", NULL)) undo(r, &p, "0400", "00", NULL);
}

static void reversal(struct run *r)
{
    struct wire_payment p;
    if (!new_prepaid(r, 100, &p) || !pay(r, &p, "0200", "00", NULL)) return;
    if (undo(r, &p, "0400", "00", NULL) && state_is(r, &p, STATE_REVERSED, NULL) && undo(r, &p, "0401", "00", NULL) && pay(r, &p, "0201", "12", NULL))
        state_is(r, &p, STATE_REVERSED, NULL);
}

static void reversal_unknown(struct run *r)
{
    struct wire_payment p;
    if (new_prepaid(r, 100, &p) && undo(r, &p, "0400", "25", NULL)) state_is(r, &p, STATE_UNKNOWN, NULL);
}

static void undone(struct run *r)
{
    struct wire_payment p;
    struct wire_answer a;
    if (!new_prepaid(r, 100, &p) || !pay(r, &p, "0200", "00", NULL)) return;
    if (undo(r, &p, "0420", "00", NULL) && state_is(r, &p, STATE_UNDONE, NULL) && pay(r, &p, "0201", "12", NULL) && pay(r, &p, "0220", "00", &a))
        says_undone(r, &a);
}

static void declined_then_undone(struct run *r)
{
    struct wire_bills b;
    struct wire_payment p;
    if (!find_bills(r, BILL_PAYABLE, &b)) return;
    new_bill_payment(r, b.customer, &b.bills[0], &p);
    p.bills[0].amount_fen++;
    p.head.amount_fen++;
    if (pay(r, &p, "0200", "78", NULL) && undo(r, &p, "0400", "25", NULL) && undo(r, &p, "0420", "00", NULL)) pay(r, &p, "0201", "12", NULL);
}

static void other_amount(struct run *r)
{
    struct wire_payment p, other;
    if (!new_prepaid(r, 100, &p) || !pay(r, &p, "0200", "00", NULL)) return;
    other = p;
    other.head.amount_fen = 200;
    if (undo(r, &other, "0400", "94", NULL) && undo(r, &other, "0420", "94", NULL) && state_is(r, &p, STATE_POSTED, NULL)) undo(r, &p, "0420", "00", NULL);
}

/* Both are on the line before either is answered. */
static void in_order(struct run *r)
{
    struct wire_payment p;
    struct iso first, second, a;
    if (!new_prepaid(r, 100, &p) || wire_payment_pack(&p, "0200", &first, NULL) != 0) return;
    undo_message(r, &p, "0420", &second);
    if (!send_only(r, &first) || !send_only(r, &second)) return;
    if (!hear(r, &first, &a) || !expect(r, &a, "00", "0200 with its 0420 behind it") || !hear(r, &second, &a) || !expect(r, &a, "00", "0420")) return;
    if (!state_is(r, &p, STATE_UNDONE, NULL) || !new_prepaid(r, 100, &p) || wire_payment_pack(&p, "0200", &first, NULL) != 0) return;
    undo_message(r, &p, "0420", &second);
    if (!send_only(r, &second) || !send_only(r, &first)) return;
    if (hear(r, &second, &a) && expect(r, &a, "00", "0420 before its 0200") && hear(r, &first, &a)) expect(r, &a, "12", "0200 behind its 0420");
}

static const struct test_case rows[] = {
    {"tombstone", "States", "0420 of an unknown key: 00 and T; its late 0200 is answered 12, its 0220 00 with RV", tombstone},
    {"tombstone-again", "States", "0421 and 0400 of a tombstone: 00", tombstone_again},
    {"reversal", "Taking back", "0400 of a posted key: 00 and R; 0401 as the first time; a late 0201 is answered 12", reversal},
    {"reversal-unknown", "Taking back", "0400 of an unknown key: 25, and it stays unknown", reversal_unknown},
    {"undone", "Taking back", "0420 of a posted key: 00 and U; a late 0201 is answered 12, a late 0220 with RV", undone},
    {"undone-declined", "States", "a declined key: 0400 25, 0420 00, and then 12", declined_then_undone},
    {"undo-content", "The key", "a 04xx of another amount: 94, and the payment stands", other_amount},
    {"order", "Line", "0200 and 0420 of one key on the line together are worked off in the order sent", in_order},
};
const struct case_table undo_cases = {rows, sizeof rows / sizeof *rows};
