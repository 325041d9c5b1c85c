/* The monthly withholding: `bankd withhold run LIST`.
 *
 *   list --read--> parts of the accounts' range --piece by piece--> books --> results
 *
 * The list is judged whole while its rows are laid out by account: rows of one
 * account are in one part, in the list's order. A piece of a part is one
 * transaction: its accounts are read in one sweep, its rows judged in the list's
 * order, then entries, balances, failures and "so many pieces are done" are
 * written. Which row is in which piece depends on the file alone, so a run that
 * was killed finds its place again. Memory: a byte a row, one piece, and while
 * reading a mark of each bill. */
#ifndef BANKD_WITHHOLD_H
#define BANKD_WITHHOLD_H

#include "bankd/account.h"
#include "base/progress.h"
#include "base/secret.h"
#include "wire/listfile.h"

#define PIECE_ROWS 16384        /* that a part is meant to have; */
#define PIECE_MAX (4 * PIECE_ROWS) /* that one transaction has at most */
#define PARTS_MAX 256
#define DUPLICATES_MAX 200000   /* rows that name a bill or a sequence again; more refuse the file */
#define ROWS_MAX 20000000
#define MARKS_LATE 16           /* rows that memory has time to fetch a mark's place in */
#define PASSES_MAX 200

/* What became of a row: a byte. */
enum fate { FATE_NONE, FATE_51, FATE_14, FATE_78, FATE_62, FATE_94, FATE_30, FATE_DEBITED /* in pass 1; + n - 1 in pass n */ };
extern const char *const withhold_codes[FATE_DEBITED]; /* "", "51", … */

/* A row as it is laid out; customer, name and bill follow, each with its NUL. */
struct laid {
    int64_t account, fen;       /* account 0: of no valid form */
    uint64_t bill;              /* mark of the bill's number */
    uint32_t row, sequence;     /* row: record of the list, 1 is the first */
    uint8_t customer, name, bill_size; /* bytes with NUL */
};
#define LAID_MAX (sizeof(struct laid) + 29 + 241 + 21)

/* withhold_marks.c: numbers of 64 bits, each once, in a table of a size known before */
struct marks;
struct marks *marks_open(size_t most);
void marks_expect(const struct marks *m, uint64_t mark); /* it will be added soon: memory may begin to fetch its place */
bool marks_add(struct marks *m, uint64_t mark); /* false: it is there already */
void marks_close(struct marks *m);
uint64_t mark_of(const char *text);

/* withhold_layout.c: the list's rows on temporary files, by account */
struct layout {
    FILE *parts[PARTS_MAX + 1]; /* the last: rows whose duplicates lie in several parts */
    int64_t rows[PARTS_MAX + 1], bounds[PARTS_MAX]; /* a part's first account; part 0: all below bounds[1] */
    size_t count;
    uint64_t *bills;            /* sorted: marks that several rows bear; some by chance */
    uint32_t *sequences;        /* sorted: those of several rows */
    size_t bill_count, sequence_count;
    int64_t *moved;             /* sorted: accounts whose rows are in the last part instead */
    size_t moved_count;
    struct marks *seen;         /* while reading */
    struct { uint64_t bill; uint32_t sequence; } late[MARKS_LATE]; /* rows not looked for in them yet: a ring */
    size_t late_count;          /* of all rows */
    uint8_t *numbers;           /* bits by sequence, while reading */
    char *buffers;              /* of the files */
    FILE *copy;                 /* every row in the list's order, for the results */
    int64_t copy_read, copy_gone; /* bytes */
    char folder[BANK_PATH];
};
/* A row of the copy; its text follows, as it stands in a result. */
struct copied { int64_t fen; uint32_t sequence, len; };
/* samples: accounts of some rows, sorted here, for bounds that share rows out evenly. */
int layout_open(struct layout *l, const char *store, int64_t rows, int64_t *samples, size_t sample_count, struct error *err);
int layout_add(struct layout *l, const struct list_row *row, uint32_t number, int64_t account, char *why, size_t size);
/* All rows are in. */
int layout_finish(struct layout *l, struct error *err);
void layout_close(struct layout *l);
bool layout_doubtful(const struct layout *l, const struct laid *row); /* its bill or sequence may be another row's too */
bool layout_moved(const struct layout *l, int64_t account);
/* The next row of the copy: 1, 0, -1. What was read is given up: its pages need not go to the disk any more. */
int layout_next_copied(struct layout *l, struct copied *row, char text[LIST_TEXT_SIZE]);
/* A part's rows are worked off and not read again. */
void layout_drop(struct layout *l, size_t part);
/* The next row of a part into buf (LAID_MAX): 1, 0 the end, -1 the disk fails. */
int layout_next(FILE *part, void *buf);
const char *laid_customer(const struct laid *row);
const char *laid_name(const struct laid *row);
const char *laid_bill(const struct laid *row);

struct withhold {
    const struct bank *bank;
    struct db *db;
    const char *path, *result_folder;
    enum recfile_encoding encoding;
    bool bar;
    struct list_header header;
    struct list_sums sums;
    unsigned char digest[SECRET_HASH_BYTES];
    struct layout layout;
    int64_t batch, first_entry, first_failed, pieces_done, final_ms;
    int pass;
    int state;                  /* batch.state */
    int64_t pass_ms[PASSES_MAX + 1];
    uint8_t *fates;             /* by row */
    struct progress progress;
};

/* withhold_read.c: digest, then form; lays the rows out. On -1 the faults are in the report. */
int withhold_read(struct withhold *w, struct recfile_report *report, struct error *err);
/* withhold_judge.c: the pieces that are not done of the pass that runs. */
int withhold_pieces(struct withhold *w, struct error *err);
/* withhold_batch.c: the batch's row, its passes and the check at its end */
int withhold_begin(struct withhold *w, struct error *err);  /* 1: refused */
int withhold_fates(struct withhold *w, struct error *err);  /* from the books */
/* Whether a pass is to run now; a new one is begun. 1: yes. */
int withhold_pass(struct withhold *w, struct error *err);
int withhold_settle(struct withhold *w, struct error *err); /* the pass is over: interim or final */
/* The journal against what the results say. */
int withhold_check(struct withhold *w, const struct list_sums *sums, struct error *err);
/* withhold_result.c: both results as they stand; sums of all rows. */
int withhold_results(struct withhold *w, struct list_sums *sums, struct error *err);
const char *withhold_result_path(const struct withhold *w, bool final, char *buf, size_t size);

/* withhold_notices.c: a line for each row that is not debited, as the books stand. */
int withhold_notices(struct withhold *w, FILE *out, struct error *err);

#endif
