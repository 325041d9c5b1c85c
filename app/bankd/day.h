/* The bank's own totals of a business day: counted from the journal, asked of the
 * utility for the whole bank (0500 without DE 42), and when they are out of
 * balance compared payment by payment with the utility's detail of the day. */
#ifndef BANKD_DAY_H
#define BANKD_DAY_H

#include <uv.h>

#include "bankd/bank.h"
#include "base/key.h"
#include "wire/channel.h"
#include "wire/message.h"
#include "wire/session.h"

/* day.c: the books' side. Each opens a connection of its own, so they may run on any thread. */
struct db *bank_day_books(const struct bank *b, struct error *err); /* with the day's tables, made if they are not there; NULL with err */
/* What the journal, and what two people took over, say of the day. */
int day_count(const struct bank *b, day_t day, struct wire_totals *totals, struct error *err);
int day_keep(const struct bank *b, day_t day, bool closing, const struct wire_totals *ours, const struct wire_totals *theirs, struct error *err);
/* One row of the utility's file of the day. */
struct day_theirs { char branch[KEY_BRANCH_SIZE], ref[KEY_REF_SIZE], state[12]; int what; int64_t fen; };
/* 1: a row of this bank; 0: header, trailer or a key that stands nowhere; -1: malformed or another bank's. */
int day_read(const struct iso_slice *record, const char *bank, struct day_theirs *out);
/* Compares and keeps the differences in the place of those known before. Returns how many, -1 with err. */
int64_t day_compare(const struct bank *b, day_t day, const struct day_theirs *rows, size_t count, struct error *err);
/* What to do about a difference, in English. */
const char *day_act(const char *kind, const char *theirs_state);
/* The first day from `from` to `to` that was not agreed after its end, and is `to` itself or had
 * messages; DAY_NONE: there is none. */
day_t bank_day_open(const struct bank *b, day_t from, day_t to);

/* agree.c: over a connection of its own to the utility. */
struct agree_end {
    bool failed;             /* err says why */
    struct error err;
    bool in_balance;
    int64_t differences;     /* when it is not */
    struct wire_totals ours, theirs;
};
typedef void agree_ended(void *ctx, const struct agree_end *end);
struct agree;
/* Starts; ended is called once, from the loop, and then it is gone. NULL with err. b outlives it. */
struct agree *agree_start(const struct bank *b, uv_loop_t *loop, struct channel_tls *tls, day_t day, bool closing, agree_ended *ended, void *ctx,
                          struct error *err);
/* Before its end: nothing is said any more. Run the loop out afterwards. */
void agree_stop(struct agree *a);
/* One message asked of the utility over a connection of its own; waits. -1 with err. */
int agree_ask(const struct bank *b, const struct iso *request, struct iso *answer, struct error *err);

/* clerk.c: two people and their passwords, read from the terminal or two lines of the input. */
int clerk_two(const struct bank *b, struct db *db, const char *maker, const char *checker, struct error *err);
int cmd_clerk(struct bank *b, int argc, char **argv);
/* day_command.c */
int cmd_totals(struct bank *b, int argc, char **argv);
int cmd_differences(struct bank *b, int argc, char **argv);
int cmd_payments(struct bank *b, int argc, char **argv);
int cmd_repair(struct bank *b, int argc, char **argv);

#endif
