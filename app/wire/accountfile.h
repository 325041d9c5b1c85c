/* Accounts to open, from the utility's customer centre, and the bank's result.
 *
 *   ACCOPEN|1|utility|bank|batch|made-at
 *   sequence|customer|name|id document|phone|opening wish
 *   END|records
 *
 *   ACCRESULT|1|bank|utility|batch|made-at
 *   (the record as it came)|account|code
 *   END|records
 *
 * The opening wish is "new", or the number of the account whose agreement the
 * customer is to stand in. Codes: 00 open · 30 that wish is no account number ·
 * 14 no such account · 62 it is closed or frozen · 94 the customer stands in an
 * account's agreement already (which is named). */
#ifndef WIRE_ACCOUNTFILE_H
#define WIRE_ACCOUNTFILE_H

#include "wire/bill.h"
#include "wire/listfile.h"
#include "wire/recfile.h"

#define ACCOUNTFILE_TEXT_MAX 40 /* characters of the id document, the phone */
#define ACCOUNTFILE_NEW "new"

struct accountfile_header {
    char utility[12], bank[12], batch[LIST_BATCH_MAX + 1], made_at[20];
};
struct accountfile_row {
    int64_t line, sequence;
    const char *customer, *name, *document, *phone, *wish;
    const char *account, *code; /* of a result; NULL in a request */
};
struct accountfile_events {
    int (*header)(void *ctx, const struct accountfile_header *header, char *why, size_t size);
    int (*row)(void *ctx, const struct accountfile_row *row, char *why, size_t size);
};
/* result: ACCRESULT, else ACCOPEN. As billfile_read. */
int accountfile_read(const char *path, bool result, enum recfile_encoding encoding, const struct accountfile_events *events,
                     void *ctx, int64_t *records, struct recfile_report *report, struct error *err);
void accountfile_put_header(FILE *out, bool result, const struct accountfile_header *header);
void accountfile_put(FILE *out, const struct accountfile_row *row); /* a result when it has a code */
void accountfile_put_end(FILE *out, int64_t records);

#endif
