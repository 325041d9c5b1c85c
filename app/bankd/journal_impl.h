/* Inside of the journal: for app/bankd/journal*.c. */
#ifndef BANKD_JOURNAL_IMPL_H
#define BANKD_JOURNAL_IMPL_H

#include "bankd/journal.h"

#define ROW_BYTES_MAX 8192

/* A message, or an alarm; as it lies in the spool. */
struct row_facts {
    int64_t order;    /* in which it was handed over, in this run */
    int64_t seq;      /* of messages and of alarms, each by their own count */
    int64_t run, at_ms;
    int32_t fate, link, alarm;
    uint32_t len;
    char station[65], address[64];
};
struct row {
    struct row *next;
    struct row_facts facts;
    char bytes[];     /* the packed message, or the alarm's words */
};

/* journal_rows.c: rows into the books. One transaction for all of them, oldest first;
 * drops what is older than keep_from_ms (0: nothing). again: the one before failed, and
 * it is not known whether its commit was; what stands already is left out. What an
 * answer among them settles is booked with it. */
bool journal_write(struct db *db, const struct bank *b, struct row *rows, int64_t keep_from_ms, bool again);

/* journal_spool.c: two files beside the books, in turn, that hold what is not in the books yet.
 * They are written through the kernel, not to the disk: a killed program leaves
 * them whole, a power cut may not, and then what is whole of them counts. */
struct journal_spool { int fds[2]; int active; };
int journal_spool_open(struct journal_spool *s, const char *beside, struct error *err);
void journal_spool_close(struct journal_spool *s);
bool journal_spool_add(struct journal_spool *s, const struct row *row);
/* What is handed over from now on goes into the other file; returns the one before. */
int journal_spool_turn(struct journal_spool *s);
bool journal_spool_empty(struct journal_spool *s, int which); /* its rows are in the books */
/* The rows of both files in their order, without a torn end; NULL: none. */
void journal_spool_read(struct journal_spool *s, struct row **rows);

struct row *journal_row(const struct row_facts *facts, const void *bytes); /* NULL: no memory */
void journal_rows_free(struct row *rows);

#endif
