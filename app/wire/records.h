/* Records in DE 120 to 127: a line each, LF not sent but written as '~', as many
 * as fit a field, never one over two fields. For app/wire. */
#ifndef WIRE_RECORDS_H
#define WIRE_RECORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "wire/iso.h"

#define RECORDS_FIRST 120
#define RECORDS_LAST 127
#define RECORDS_RESERVE 1100 /* of a message, kept for DE 48 and what else follows */

struct records_out {
    struct iso *m;
    int field;
    size_t used, total;
    char text[ISO_FIELD_MAX];
    bool failed;
};
void records_start(struct records_out *out, struct iso *m);
/* False: it doesn't fit this message any more; what was added stays. */
bool records_add(struct records_out *out, const char *record, size_t len);
/* Writes the last field. */
int records_end(struct records_out *out, struct error *err);

struct records_in { const struct iso *m; int field; size_t at; };
void records_first(struct records_in *in, const struct iso *m);
/* The next record, into the message; false: the end. */
bool records_next(struct records_in *in, struct iso_slice *record);

#endif
