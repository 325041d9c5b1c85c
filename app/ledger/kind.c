#include "ledger/kind.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static const char cash[] = "till", owed[] = "to-be-given-back";

static const struct ledger_kind kinds[] = {
    {KIND_CASH, "pay", "recorded", cash, "awaiting-utility", "owed-to-utility", owed,
     .needs_customer = true, .needs_sum = true, .reversible = true, .paper = true},
    {KIND_ACCOUNT, "account_pay", "recorded", "clearing-bank", "awaiting-utility", "owed-to-utility", "clearing-bank",
     .needs_customer = true, .needs_account = true, .needs_sum = true, .reversible = true, .paper = true},
    {KIND_DEPOSIT, "account_deposit", "deposited", cash, "awaiting-bank", "clearing-bank", owed,
     .bank = true, .needs_account = true, .needs_sum = true, .reversible = true, .paper = true},
    {KIND_OPEN, "account_open", "deposited", cash, "awaiting-bank", "clearing-bank", owed,
     .bank = true, .needs_customer = true, .paper = true},
    {KIND_WITHDRAW, "account_withdraw", .to = "clearing-bank", .out = true, .bank = true, .needs_account = true, .needs_sum = true, .paper = true},
    {KIND_CLOSE, "account_close", .to = "clearing-bank", .out = true, .bank = true, .needs_account = true, .paper = true},
    {KIND_LINK, "account_link", .bank = true, .needs_customer = true, .needs_account = true},
    {KIND_FREEZE, "account_freeze", .bank = true, .needs_account = true},
    {KIND_PASSBOOK, "passbook", .bank = true, .needs_account = true},
    {KIND_REFUND, "refund", .needs_customer = true, .needs_sum = true},                 /* move.c */
    {KIND_TRANSFER, "transfer", .needs_customer = true, .needs_sum = true, .paper = true},
};

const struct ledger_kind *ledger_kind(int proc)
{
    size_t i = 0;
    while (i < sizeof kinds / sizeof *kinds && kinds[i].proc != proc)
        i++;
    assert(i < sizeof kinds / sizeof *kinds);
    return &kinds[i];
}

bool ledger_cash_in(const struct ledger_payment *p) { return ledger_kind(p->proc)->from == cash; }

enum ledger_result ledger_kind_taken(struct ledger *ledger, const struct ledger_payment *p, int64_t till, struct error *err)
{
    const struct ledger_kind *k = ledger_kind(p->proc);
    char account[8];
    if (!k->from)
        return LEDGER_OK;
    struct ledger_entry entry = {.event = k->event, .payment = p->id, .till = k->from == cash ? till : 0,
                                 .debit = k->from == cash ? ledger_till_account(p->till, account) : k->from, .credit = k->waiting,
                                 .fen = p->amount_fen, .operator_number = p->operator_number, .day = p->day};
    return ledger_entry(ledger, &entry, err);
}

/* The till is the one it was asked at: it is not counted while it waits for such an answer. */
static enum ledger_result cash_out(struct ledger *ledger, const struct ledger_payment *p, const char *to, struct error *err)
{
    char account[8];
    int64_t till;
    if (sql_one(ledger, err, "SELECT till FROM payment WHERE id = ?1", BIND(sql_int(p->id)), INTO(into_int64(&till))) != 1)
        return LEDGER_BROKEN;
    struct ledger_entry entry = {.event = "withdrawn", .payment = p->id, .till = till, .debit = to, .credit = ledger_till_account(p->till, account),
                                 .fen = p->amount_fen, .operator_number = p->operator_number, .day = p->day};
    return ledger_entry(ledger, &entry, err);
}

enum ledger_result ledger_kind_posted(struct ledger *ledger, const struct ledger_payment *p, struct error *err)
{
    const struct ledger_kind *k = ledger_kind(p->proc);
    if (k->out)
        return cash_out(ledger, p, k->to, err);
    return k->from ? ledger_payment_book(ledger, p, "posted", k->waiting, k->to, p->amount_fen, "", err) : LEDGER_OK;
}

enum ledger_result ledger_kind_back(struct ledger *ledger, struct ledger_payment *p, const char *event, bool posted,
                                    const char *maker, struct error *err)
{
    const struct ledger_kind *k = ledger_kind(p->proc);
    if (!k->back)
        return LEDGER_OK;
    enum ledger_result r = ledger_payment_book(ledger, p, event, posted ? k->to : k->waiting, k->back, p->amount_fen, maker, err);
    return r == LEDGER_OK && k->back == owed ? ledger_payment_owe(ledger, p, p->amount_fen, err) : r;
}

/* Cash was booked back when it was turned back, so a rest is a claim; an account is credited by
 * this answer, so its rest stays debited there and is the receiver's. */
enum ledger_result ledger_kind_undone(struct ledger *ledger, struct ledger_payment *p, int64_t rest_fen, struct error *err)
{
    const struct ledger_kind *k = ledger_kind(p->proc);
    if (!k->from)
        return LEDGER_OK;
    if (k->back == owed)
        return ledger_payment_book(ledger, p, "rest", "claims", k->to, rest_fen, "", err);
    enum ledger_result r = ledger_payment_book(ledger, p, "undone", k->waiting, k->back, p->amount_fen - rest_fen, "", err);
    return r == LEDGER_OK ? ledger_payment_book(ledger, p, "rest", k->waiting, k->to, rest_fen, "", err) : r;
}
