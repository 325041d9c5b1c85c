/* A bills file: BILLS|1|utility|made-at|business-date, bill records (bill.h),
 * END|records|sum of amounts. Refused whole when anything is wrong, a bill named
 * twice included. */
#ifndef WIRE_BILLFILE_H
#define WIRE_BILLFILE_H

#include "wire/bill.h"
#include "wire/recfile.h"

struct billfile_header {
    char utility[12]; /* digits */
    char made_at[20]; /* YYYY-MM-DDThh:mm:ss */
    day_t business_date;
};

/* Any may be NULL. header and bill return 0, or -1 with why (it becomes a fault
 * of that line). They are called while the file is still being judged: take
 * back what they did when billfile_read returns -1. */
struct billfile_events {
    int (*header)(void *ctx, const struct billfile_header *header, char *why, size_t why_size);
    int (*bill)(void *ctx, const struct bill *bill, char *why, size_t why_size);
    bool (*progress)(void *ctx, int64_t bytes_done, int64_t bytes_total, int64_t records);
};

struct billfile_sums { int64_t records, amount_fen; };

/* Opens `path` and reads it. sums may be NULL. 0, or -1 with report and err. */
int billfile_read(const char *path, enum recfile_encoding encoding,
                  const struct billfile_events *events, void *ctx, struct billfile_sums *sums,
                  struct recfile_report *report, struct error *err);
/* The same from an open, seekable stream; `name` stands in errors. */
int billfile_read_stream(FILE *in, const char *name, enum recfile_encoding encoding,
                         const struct billfile_events *events, void *ctx,
                         struct billfile_sums *sums, struct recfile_report *report,
                         struct error *err);

/* Writing, UTF-8 with LF; sums are kept as records are put. Errors show in the
 * stream (ferror). */
void billfile_put_header(FILE *out, const struct billfile_header *header, struct billfile_sums *sums);
void billfile_put(FILE *out, const struct bill *bill, struct billfile_sums *sums);
void billfile_put_end(FILE *out, const struct billfile_sums *sums);

#endif
