/* Payments for tests of the ledger: a branch that takes money (tests/lib/books.h), with the
 * utility's answers and the printer's word said in one line each. Every step ends with all
 * the invariants looked at, deeply. */
#ifndef TESTS_PAY_H
#define TESTS_PAY_H

#include "ledger/invoice.h"
#include "ledger/payment.h"
#include "lib/books.h"

/* Two tills open (WANG 07 at 03, LI 08 at 04), a book of numbers at each, an epoch. */
void pay_start(struct books *b);
/* As after a kill; `out` may be NULL. */
void pay_again(struct books *b, struct ledger_startup *out);
/* No rule is broken. */
void pay_verify(struct books *b);
/* No more looking after each step, until the next pay_start: for tests of what a step itself costs. */
void pay_blind(void);
/* A rule of this number is broken. */
bool pay_broken(struct books *b, int number);

/* One bill of this number, so many fen, tendered exactly; each draft has a token of its own. */
struct ledger_draft pay_draft(const char *teller, const char *bill, int64_t fen);
enum ledger_result pay_try(struct books *b, const struct ledger_draft *draft, struct ledger_payment *p);
/* Recorded, and the screen said so. */
void pay_take(struct books *b, const char *teller, const char *bill, int64_t fen, bool offline, struct ledger_payment *p);

/* The next row that may go is of this class and this payment; it is out. Returns how often it was sent. */
int pay_goes(struct books *b, const struct ledger_payment *p, const char *class);
/* Nothing may go. */
void pay_quiet(struct books *b);
/* The utility answers; parts as "BILL:PP:100 PP:PP:5" or NULL. Fills p on OK. */
enum ledger_result pay_hears(struct books *b, struct ledger_payment *p, const char *mti, const char *code, const char *parts);
/* Taken, asked and approved. */
void pay_posted(struct books *b, const char *teller, const char *bill, int64_t fen, struct ledger_payment *p);
/* Planned, sent, and the printer says. */
void pay_prints(struct books *b, struct ledger_payment *p, enum ledger_outcome outcome);
/* Its invoices' notices are taken and answered. */
void pay_notices(struct books *b);

/* As the payment stands now. */
void pay_is(struct books *b, struct ledger_payment *p, const char *state);
int64_t pay_waits(struct books *b, enum ledger_wait kind);
const struct ledger_two *pay_two(struct books *b, const char *act);   /* WANG, and ZHAO's word */
const struct ledger_two *pay_chief(struct books *b, const char *act); /* ZHAO, and SUN's word */
const struct ledger_two *pay_alone(struct books *b, const char *act); /* WANG, nobody's */
void pay_fine(struct books *b, enum ledger_result result);

#endif
