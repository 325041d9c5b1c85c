/* Inquiries: bills, one bill, late fee, search, state of a key. */
#include <string.h>

#include "conformance/conformance.h"
#include "wire/bill.h"

static void bills(struct run *r)
{
    struct wire_bills b;
    if (!find_bills(r, BILL_PAYABLE, &b)) return;
    if (!check(r, strcmp(b.customer, r->found[BILL_PAYABLE].customer) == 0, "DE 103 is %s", b.customer)) return;
    if (!check(r, b.name[0], "tag CN is missing")) return;
    for (int i = 0; i < b.bill_count; i++) {
        const struct wire_listed_bill *x = &b.bills[i];
        if (!check(r, x->last >= x->first, "the window of %s ends before it begins", x->bill)) return;
        if (!check(r, x->unpaid_fen <= x->amount_fen, "%s: more is unpaid than was billed", x->bill)) return;
        if (i > 0 && !check(r, b.bills[i - 1].due <= x->due, "bills are not in the order of their due dates")) return;
    }
}

static void late_fees(struct run *r)
{
    struct wire_bills b;
    struct late_fee fee;
    if (!find_bills(r, BILL_LATE, &b)) return;
    struct fee_rules rules = {b.rules.next_year_permille, b.rules.minimum_fen, b.rules.cap_fen};
    for (int i = 0; i < b.bill_count; i++) {
        const struct wire_listed_bill *x = &b.bills[i];
        struct fee_facts facts = {x->tariff[0] == BILL_CLASS_RESIDENT, x->due, x->permille, x->unpaid_fen};
        if (!late_fee(&facts, clock_today(&r->clock), &rules, &fee)) continue;
        if (!check(r, fee.fee_fen == x->late_fee_fen, "%s: late fee of %lld fen, by the rules it is %lld (%d days)", x->bill,
                   (long long)x->late_fee_fen, (long long)fee.fee_fen, fee.days))
            return;
    }
}

static void window_codes(struct run *r)
{
    struct wire_bills b;
    if (find_bills(r, BILL_AFTER, &b)) check(r, strcmp(b.bills[0].code, "77") == 0, "a bill after its window is listed with %s, wanted 77", b.bills[0].code);
}

static void nobody(struct run *r)
{
    struct wire_head head;
    struct iso m, a;
    if (!connected(r)) return;
    new_head(r, PROC_BILLS, &head);
    if (wire_bills_ask(&head, "NOBODY000000", NULL, &m, NULL) == 0 && ask(r, &m, &a)) expect(r, &a, "14", "310000 of a customer that there is not");
}

static void one_bill(struct run *r)
{
    struct wire_bills all, one;
    struct wire_head head;
    struct iso m, a;
    struct error err;
    if (!find_bills(r, BILL_PAYABLE, &all)) return;
    new_head(r, PROC_BILL, &head);
    if (wire_bills_ask(&head, all.customer, all.bills[0].bill, &m, &err) != 0 || !ask(r, &m, &a) || !expect(r, &a, "00", "320000")) return;
    if (wire_bills_unpack(&a, &one, &err) != 0) fails(r, "the bill cannot be read: %s %s", err.where, err.why);
    else if (check(r, one.bill_count == 1, "%d bills came, wanted one", one.bill_count))
        check(r, strcmp(one.bills[0].bill, all.bills[0].bill) == 0 && one.bills[0].amount_fen == all.bills[0].amount_fen, "another bill came");
}

static void search(struct run *r)
{
    static struct wire_found found[WIRE_FOUND_MAX];
    struct wire_head head;
    struct iso m, a;
    struct error err;
    int count = 0, more = 0;
    bool there = false;
    if (!connected(r)) return;
    if (r->opt.customer_count == 0) {
        skips(r, "no customer was named (--customer, --bills)");
        return;
    }
    new_head(r, PROC_SEARCH, &head);
    if (wire_search_ask(&head, r->opt.customers[0], &m, &err) != 0 || !ask(r, &m, &a) || !expect(r, &a, "00", "311000")) return;
    if (wire_search_unpack(&a, found, &count, &more, &err) != 0) {
        fails(r, "what was found cannot be read: %s %s", err.where, err.why);
        return;
    }
    for (int i = 0; i < count; i++)
        there = there || strcmp(found[i].customer, r->opt.customers[0]) == 0;
    check(r, there, "customer %s is not among the %d found by its number", r->opt.customers[0], count);
}

static void unknown_key(struct run *r)
{
    struct wire_payment p;
    if (new_prepaid(r, 100, &p)) state_is(r, &p, STATE_UNKNOWN, NULL);
}

static const struct test_case rows[] = {
    {"bills", "Inquiries", "310000: who it is, open bills in the order of their due dates", bills},
    {"bill", "Inquiries", "320000: the one bill named", one_bill},
    {"late-fee", "Inquiries", "late fee by the rules in FR, per started day, half a fen up", late_fees},
    {"window-shown", "Inquiries", "a bill after its window is listed with 77", window_codes},
    {"nobody", "Inquiries", "310000 of a customer that there is not: 14", nobody},
    {"search", "Inquiries", "311000: the customer is found by the number", search},
    {"state-unknown", "Inquiries", "330000 of a key never used: N", unknown_key},
};
const struct case_table inquiry_cases = {rows, sizeof rows / sizeof *rows};
