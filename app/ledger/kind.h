/* What each kind of payment does with money and paper: one row a processing code (DE 3). */
#ifndef LEDGER_KIND_H
#define LEDGER_KIND_H

#include "ledger/inside.h"

enum { /* DE 3 */
    KIND_CASH = 500000, KIND_ACCOUNT = 501000, KIND_REFUND = 200000, KIND_TRANSFER = 220000, KIND_DEPOSIT = 210000,
    KIND_WITHDRAW = 10000, KIND_OPEN = 920000, KIND_LINK = 930000, KIND_FREEZE = 940000, KIND_CLOSE = 950000, KIND_PASSBOOK = 350000,
};

/* Accounts NULL: nothing is booked. "till" stands for the till it was taken at. */
struct ledger_kind {
    int proc;
    const char *act;        /* RPC.md's method; NULL: told by others */
    const char *event;      /* of T1's entry: from -> waiting */
    const char *from, *waiting;
    const char *to;         /* posted: waiting -> to */
    const char *back;       /* declined, turned back, reversed; "to-be-given-back" is owed to a person */
    bool out;               /* posted: cash goes out of the till, to -> till */
    bool bank;              /* the bank posts it, and knows of no utility */
    bool needs_customer, needs_account, needs_sum;
    bool reversible;        /* by a 0400, while its day is open */
    bool paper;             /* a receipt or an invoice, when there is a sum or a bill */
};
/* Never NULL: the schema knows no other codes. */
const struct ledger_kind *ledger_kind(int proc);
bool ledger_cash_in(const struct ledger_payment *payment);  /* cash came with T1 */

/* T1's entry. */
enum ledger_result ledger_kind_taken(struct ledger *ledger, const struct ledger_payment *payment, int64_t till, struct error *err);
/* It was approved: what waited is its receiver's, or cash goes out. */
enum ledger_result ledger_kind_posted(struct ledger *ledger, const struct ledger_payment *payment, struct error *err);
/* So much of it goes back from where it stands: `waiting`, or `to` when it was posted. Owed, when it is a person's. */
enum ledger_result ledger_kind_back(struct ledger *ledger, struct ledger_payment *payment, const char *event, bool posted,
                                    const char *maker, struct error *err);
/* Its 0420 was answered: what did not come back. Sets nothing but the books. */
enum ledger_result ledger_kind_undone(struct ledger *ledger, struct ledger_payment *payment, int64_t rest_fen, struct error *err);

#endif
