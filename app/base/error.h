/* What went wrong, told to a person: what, where, why, and what to do.
 *
 * A function that can fail returns 0 or a useful value on success and -1 on
 * failure, and fills the caller's struct error. Nothing deep down prints.
 * Every function here takes a NULL error and then does nothing. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stddef.h>

struct error {
    char what[200];   /* what could not be done: "bill file refused" */
    char where[200];  /* file:line:column, field, peer; empty when there is none */
    char why[240];    /* the reason */
    char remedy[240]; /* what to do about it; empty when nothing can be said */
};

/* Starts an error afresh with what could not be done. Always returns -1, so
 * that a caller can write `return error_set(err, …);`. */
int error_set(struct error *err, const char *what_fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Add the other parts; each returns -1 too. */
int error_where(struct error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int error_why(struct error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int error_remedy(struct error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* All four parts in one call, each a plain string or NULL; returns -1. */
int error_all(struct error *err, const char *what, const char *where, const char *why,
              const char *remedy);
/* "what: where: why. remedy" in one line into buf (always terminated); returns buf. */
const char *error_text(const struct error *err, char *buf, size_t size);
/* Prints "program: …" on stderr, the remedy on a line of its own. For mains only. */
void error_print(const char *program, const struct error *err);

#endif
