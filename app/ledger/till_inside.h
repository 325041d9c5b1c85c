/* What opening, counting, closing and handing over of tills share. In the caller's transaction. */
#ifndef LEDGER_TILL_INSIDE_H
#define LEDGER_TILL_INSIDE_H

#include "ledger/books.h"
#include "ledger/till.h"

/* 1 found, 0 none, -1 broken. */
int till_read(struct ledger *ledger, int64_t id, struct ledger_till *out, struct error *err);
int till_at_terminal(struct ledger *ledger, const char *terminal, struct ledger_till *out, struct error *err);
int till_of_number(struct ledger *ledger, const char *number, struct ledger_till *out, struct error *err);
/* This operator's till at this terminal, open or counted; TILL. */
enum ledger_result till_of(struct ledger *ledger, const char *terminal, const char *operator_number, struct ledger_till *out,
                           struct error *err);
/* Neither this number nor this terminal nor this operator has a till that is not closed; TILL. */
enum ledger_result till_free(struct ledger *ledger, const char *number, const char *terminal, const char *operator_number,
                             struct error *err);
enum ledger_result till_insert(struct ledger *ledger, const char *number, const char *terminal, const char *operator_number,
                               day_t day, int64_t float_fen, struct error *err);
/* A count of this till by these people, its state becoming counted. */
enum ledger_result till_counted(struct ledger *ledger, struct ledger_till *till, const char *operator_number, const char *second,
                                const struct ledger_note *notes, int note_count, int64_t sum_fen, struct ledger_count *out,
                                struct error *err);
/* Books over or short by the last count, moves what was counted to `to` and closes it. */
enum ledger_result till_empty(struct ledger *ledger, struct ledger_till *till, const char *event, const char *to,
                              const char *operator_number, struct error *err);

#endif
