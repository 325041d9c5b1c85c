/* Payments from an account (501000): the bank judges first and holds the amount, durably,
 * before anything is sent on; the utility's answer debits or releases it. One life a key:
 * held -> debited | released, debited -> credited. Inside the desk's transaction. */
#ifndef BANKD_HOLD_H
#define BANKD_HOLD_H

#include "bankd/desk_acts.h"

enum hold_state { HOLD_HELD = 1, HOLD_DEBITED, HOLD_RELEASED, HOLD_CREDITED };

/* May it be paid from this account: 14, 62, 57 (not in its agreement), 55. As desk_authorise. */
int hold_authorise(struct desk_turn *t, struct error *err);
/* Holds the sum, with the message that goes on: 51. As desk_act. */
int hold_make(struct desk_turn *t, const struct iso *m, const struct desk_key *k, struct error *err);
/* A 0400 or 0420 of it goes on: it is kept, to be repeated until it is answered. */
int hold_undo(struct desk_turn *t, const struct iso *m, struct error *err);
/* It is sent on once more by its branch: our own repeat waits. */
int hold_sent(struct desk_turn *t, struct error *err);
/* The utility's 0210, 0410 or 0430. 0: what it changes is done (or it changes nothing); -1: the books fail. */
int hold_settle(struct db *db, const struct bank *b, const struct iso *answer, struct error *err);
/* The one that waits longest and was not sent on since `before_ms`, as a repeat: 1 with its bytes, 0 none, -1. */
int hold_repeat(struct db *db, const struct bank *b, int64_t before_ms, struct desk_answer *out, struct error *err);
/* Whether there is such a one; outside of any transaction. -1: see db_why. */
int64_t hold_due(struct db *db, int64_t before_ms);
/* What is held of an account. -1: see db_why. */
int64_t hold_sum(struct db *db, int64_t account);
/* Of a business day and before: payments that the utility has not answered. -1: see db_why. */
int64_t hold_unanswered(struct db *db, day_t day);

#endif
