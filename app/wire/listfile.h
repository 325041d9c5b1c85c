/* The withholding's two files: the utility's list of what is to be debited, and
 * the bank's result.
 *
 *   WHLIST|1|utility|bank|batch|month|made-at|retry-until|result-by
 *   sequence|customer|name|amount|bank account|bill
 *   END|records|sum
 *
 *   WHRESULT|1|bank|utility|batch|month|made-at|interim or final
 *   sequence|customer|name|amount asked|bank account|bill|amount debited|code|debit time|bank reference
 *   END|records|debited records|debited sum
 *
 * Form alone is judged here. A row named twice, or an account number of no valid
 * form, is the bank's to answer, row by row. */
#ifndef WIRE_LISTFILE_H
#define WIRE_LISTFILE_H

#include "wire/bill.h"
#include "wire/recfile.h"

#define LIST_SEQUENCE_MAX INT64_C(99999999) /* 1 is the least */
#define LIST_ACCOUNT_MAX 28                 /* characters, DE 102 */
#define LIST_BATCH_MAX 20                   /* digits or letters */
#define LIST_FIELDS 6
#define RESULT_FIELDS 10
#define LIST_REFERENCE_MAX 40

struct list_header {
    char utility[12], bank[12]; /* digits */
    char batch[LIST_BATCH_MAX + 1], month[7];
    char made_at[20];
    day_t retry_until, result_by; /* result_by >= retry_until */
};
struct result_header {
    char bank[12], utility[12], batch[LIST_BATCH_MAX + 1], month[7], made_at[20];
    bool final;
};
/* Texts live until the callback returns. */
struct list_row {
    int64_t line, sequence, amount_fen;
    const char *customer, *name, *account, *bill;
};
struct result_row {
    struct list_row asked;
    int64_t debited_fen; /* amount_fen or 0 */
    const char *code;    /* two digits */
    const char *at;      /* YYYY-MM-DDThh:mm:ss; empty: nothing was debited */
    const char *reference;
};

struct list_events {
    int (*header)(void *ctx, const struct list_header *header, char *why, size_t size);
    int (*row)(void *ctx, const struct list_row *row, char *why, size_t size);
    bool (*progress)(void *ctx, int64_t bytes_done, int64_t bytes_total, int64_t records);
};
struct result_events {
    int (*header)(void *ctx, const struct result_header *header, char *why, size_t size);
    int (*row)(void *ctx, const struct result_row *row, char *why, size_t size);
    bool (*progress)(void *ctx, int64_t bytes_done, int64_t bytes_total, int64_t records);
};
/* Debited ones count in the result alone. */
struct list_sums { int64_t records, amount_fen, debited, debited_fen; };

/* As billfile_read: 0, or -1 with report and err; any event may be NULL. */
int listfile_read(const char *path, enum recfile_encoding encoding, const struct list_events *events, void *ctx,
                  struct list_sums *sums, struct recfile_report *report, struct error *err);
int resultfile_read(const char *path, enum recfile_encoding encoding, const struct result_events *events, void *ctx,
                    struct list_sums *sums, struct recfile_report *report, struct error *err);
/* The same from an open, seekable stream; `name` stands in errors. */
int listfile_read_stream(FILE *in, const char *name, enum recfile_encoding encoding, const struct list_events *events, void *ctx,
                         struct list_sums *sums, struct recfile_report *report, struct error *err);
int resultfile_read_stream(FILE *in, const char *name, enum recfile_encoding encoding, const struct result_events *events, void *ctx,
                           struct list_sums *sums, struct recfile_report *report, struct error *err);

/* Writing, UTF-8 with LF. Errors show in the stream. */
void listfile_put_header(FILE *out, const struct list_header *header);
void listfile_put(FILE *out, const struct list_row *row, struct list_sums *sums);
void listfile_put_end(FILE *out, const struct list_sums *sums);
void resultfile_put_header(FILE *out, const struct result_header *header);
void resultfile_put(FILE *out, const struct result_row *row, struct list_sums *sums);
/* The same from a row that was kept as text, without the line's end: list_row_format. */
#define LIST_TEXT_SIZE 400
size_t list_row_format(const struct list_row *row, char buf[LIST_TEXT_SIZE]); /* its length */
void resultfile_put_text(FILE *out, const char *asked, size_t len, int64_t debited_fen, const char *code, const char *at,
                         const char *reference);
void resultfile_put_end(FILE *out, const struct list_sums *sums);

#endif
