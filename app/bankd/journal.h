/* The journal of what passed. The relay hands each row over before the message
 * goes; a thread of its own writes them into the books, many a commit, in their
 * order. Until then a row lies in a spool file: a relay that is killed loses
 * none, the next start takes them in. The truth about money is kept at the
 * branch and at the utility, so the disk is not waited for: a power cut may lose
 * the rows of the last moments (setting commit_every). When the writer can't
 * keep up the relay waits for it rather than leave a row out. */
#ifndef BANKD_JOURNAL_H
#define BANKD_JOURNAL_H

#include <stddef.h>
#include <uv.h>

#include "bankd/bank.h"

enum journal_fate { FATE_SENT, FATE_QUEUED, FATE_LOCAL, FATE_REFUSED, FATE_HELD, FATE_ANSWER, FATE_LATE, FATE_NOBODY, FATE_OWN, FATE_DESK };
extern const char *const journal_fates[]; /* the words of schema.sql */

struct journal;
/* failed is called once, from the loop, when the disk refuses: nothing more may
 * be relayed. NULL with err. */
struct journal *journal_open(const struct bank *b, uv_loop_t *loop, void (*failed)(void *ctx), void *ctx,
                             struct error *err);
/* bytes: a packed message, copied. link: connection to the utility, 0: none.
 * False: it could not be kept, so the message may not go either. */
bool journal_message(struct journal *j, enum journal_fate fate, int link, const char *station,
                     const void *bytes, size_t len);
void journal_alarm(struct journal *j, const char *station, const char *address, const char *what);
size_t journal_waiting(struct journal *j);     /* rows not in the books yet */
int64_t journal_count(const struct journal *j); /* number of the last message handed over */
/* Writes what is left, notes that the run ended. Its handle must be closed by
 * the loop before the loop is; so: journal_stop, run the loop out, journal_free. */
int journal_stop(struct journal *j, struct error *err);
void journal_free(struct journal *j);

#endif
