/* ISO 8583:1987 in ASCII: one table of 128 fields, one loop over it.
 * A message is an MTI, a bitmap of 16 or 32 hex digits and fields, every byte
 * printable ASCII. Nothing here allocates; every buffer is bounded. */
#ifndef WIRE_ISO_H
#define WIRE_ISO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define ISO_MESSAGE_MAX 8192 /* bytes of a packed message, without the frame's length */
#define ISO_FIELDS 128
#define ISO_FIELD_MAX 999

enum iso_kind {
    ISO_N,   /* digits */
    ISO_XN,  /* C or D, then digits; the sign counts in the length */
    ISO_AN,  /* letters, digits and blank */
    ISO_ANS, /* any printable ASCII */
    ISO_Z,   /* track data: digits, letters and = ^ ; ? % */
    ISO_B,   /* binary written as hex digits, two a byte */
};
enum iso_length { ISO_FIXED, ISO_LL, ISO_LLL };

struct iso_field {
    const char *name;
    enum iso_kind kind;
    enum iso_length length;
    uint16_t max; /* characters as written; exactly these when fixed */
};
/* By field number; [0] is unused, [1] is the second bitmap and never set by hand. */
extern const struct iso_field iso_fields[ISO_FIELDS + 1];

/* About 8.7 kB; lives on a stack or in a table, is copied by assignment. */
struct iso {
    char mti[5];
    uint16_t used;                   /* bytes of data[] taken */
    uint64_t present[2];             /* bit 63 of [0] is field 1, of [1] field 65 */
    uint16_t offset[ISO_FIELDS + 1]; /* valid for present fields only */
    uint16_t length[ISO_FIELDS + 1];
    char data[ISO_MESSAGE_MAX];
};

/* A value inside a struct iso (not terminated); text NULL when absent. */
struct iso_slice {
    const char *text;
    size_t len;
};

void iso_clear(struct iso *m, const char mti[5]);
bool iso_has(const struct iso *m, int field);
struct iso_slice iso_get(const struct iso *m, int field);
/* Sets or replaces a field. A fixed N is filled with zeros on the left, a fixed
 * AN or ANS with blanks on the right; kind and length are checked. 0 or -1 with
 * the field's number and name in err. A replaced value's room is not reclaimed. */
int iso_set(struct iso *m, int field, const char *text, size_t len, struct error *err);
int iso_setf(struct iso *m, int field, struct error *err, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
int iso_set_number(struct iso *m, int field, int64_t value, struct error *err); /* value >= 0 */
void iso_drop(struct iso *m, int field);

/* Copies a field as text, trailing blanks of a fixed AN/ANS cut. False when it
 * is absent or doesn't fit (dst is empty then). */
bool iso_text(const struct iso *m, int field, char *dst, size_t size);
/* A whole N field as a number. False when absent or beyond int64_t. */
bool iso_number(const struct iso *m, int field, int64_t *out);
/* True when the field is present and equals text (trailing blanks cut). */
bool iso_is(const struct iso *m, int field, const char *text);

/* Bytes written (1..ISO_MESSAGE_MAX) or -1. The bitmap has 32 digits when a
 * field above 64 is present. */
int iso_pack(const struct iso *m, char *buf, size_t size, struct error *err);
/* Strict: kinds, lengths, no byte outside 0x20..0x7e, no field 1 bit without a
 * second bitmap used, nothing after the last field. 0 or -1 with the field. */
int iso_unpack(struct iso *m, const char *bytes, size_t len, struct error *err);

#endif
