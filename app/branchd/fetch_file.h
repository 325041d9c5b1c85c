/* A file of the utility (0300), asked for part by part over the link. */
#ifndef BRANCHD_FETCH_FILE_H
#define BRANCHD_FETCH_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/date.h"
#include "wire/iso.h"

struct service;

/* One record of it, header and trailer left out. Says why it can't be used, or NULL. */
typedef const char *fetch_record(void *ctx, const struct iso_slice *record);
/* why NULL: all of it came. */
typedef void fetch_end(struct service *s, void *ctx, const char *why);
/* kind "PAY" or "INV", of a business day. done is called once, also when nothing could be asked. */
void fetch_file(struct service *s, const char *kind, day_t day, fetch_record *record, fetch_end *done, void *ctx);
/* Splits a record into exactly `count` or more fields at '|', copied into text; the last holds the rest. False: fewer, or too long. */
#define FETCH_RECORD_SIZE (ISO_FIELD_MAX + 1)
bool fetch_split(const struct iso_slice *record, char text[FETCH_RECORD_SIZE], char **fields, size_t count);

/* A sum of money or a code of a record: digits, at most twelve, as everywhere on the wire. */
bool fetch_number(const char *text, int64_t *out);

#endif
