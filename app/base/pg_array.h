/* Array parameters for PostgreSQL, in its text form: {1,2}, {"a","b\"c"}. */
#ifndef BASE_PG_ARRAY_H
#define BASE_PG_ARRAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Grows as it must; kept between uses. A zeroed one is empty. */
struct pg_array { char *text; size_t used, room; int64_t count; bool failed; };

void pg_array_start(struct pg_array *a);
void pg_array_int(struct pg_array *a, int64_t value);
void pg_array_text(struct pg_array *a, const char *value);
/* bytea; NULL: NULL. */
void pg_array_bytes(struct pg_array *a, const uint8_t *bytes, size_t size);
/* Terminated, for libpq; "{}" when there was no memory (failed is set). */
const char *pg_array_end(struct pg_array *a);
void pg_array_free(struct pg_array *a);

#endif
