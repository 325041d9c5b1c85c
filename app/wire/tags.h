/* DE 48: tagged data. A tag is 2 characters (A-Z, 0-9), then a length of 3
 * digits, then the value; tags follow one another, at most 999 characters. */
#ifndef WIRE_TAGS_H
#define WIRE_TAGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "wire/iso.h"

#define TAGS_MAX 999

struct tag_spec {
    char tag[3];
    bool repeats;        /* may stand more than once in one DE 48 */
    unsigned short max;  /* longest value */
    const char *name, *format;
    bool secret;         /* never in a log */
};
extern const struct tag_spec tag_specs[];
extern const size_t tag_spec_count;
const struct tag_spec *tag_spec(const char *tag); /* NULL: not known */

struct tags { /* writer */
    char text[TAGS_MAX + 1];
    size_t len;
};
void tags_start(struct tags *t);
int tags_add(struct tags *t, const char *tag, const char *value, size_t len, struct error *err);
int tags_addf(struct tags *t, const char *tag, struct error *err, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* UTF-8 value, escaped. */
int tags_add_text(struct tags *t, const char *tag, const char *utf8, struct error *err);
/* Puts it into DE 48; an empty writer drops DE 48. */
int tags_into(const struct tags *t, struct iso *m, struct error *err);

struct tag_iter { const char *at, *end; };
struct tag { char tag[3]; const char *value; size_t len; };
void tag_first(struct tag_iter *it, const char *text, size_t len);
void tag_first_of(struct tag_iter *it, const struct iso *m); /* DE 48; none when absent */
/* 1: *out is the next; 0: the end; -1: malformed. Unknown tags are handed out too. */
int tag_next(struct tag_iter *it, struct tag *out, struct error *err);
/* First tag of that name in DE 48. */
bool tag_find(const struct iso *m, const char *tag, struct tag *out);
bool tag_text(const struct iso *m, const char *tag, char *dst, size_t size); /* as written */
bool tag_utf8(const struct iso *m, const char *tag, char *dst, size_t size); /* unescaped */
/* Every tag well formed, none over its max, none twice that may not repeat. */
int tags_check(const struct iso *m, struct error *err);

#endif
