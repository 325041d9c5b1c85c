/* A branch's day is agreed at the utility: what it took that day is moved from the
 * branch's clearing account to what is owed to the utility. */
#ifndef BANKD_SETTLE_H
#define BANKD_SETTLE_H

#include "bankd/bank.h"
#include "wire/iso.h"

/* Whether a message that passed is such an answer: a 0510 with 1, to a branch. */
bool settle_concerns(const struct iso *m);
/* Inside a transaction that changes accounts (bank_begin), when the messages of the
 * journal up to this answer are written. Nothing is booked of a trial (no CO), and of
 * a day that was booked before the difference alone. 0, -1 with err. */
int settle_day(struct db *db, const struct bank *b, const struct iso *answer, struct error *err);

#endif
