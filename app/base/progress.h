/* How far a long work is, on a terminal: a bar, how many, how many a second, how
 * long still. Nothing when the stream is no terminal. */
#ifndef BASE_PROGRESS_H
#define BASE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct progress {
    FILE *out; /* NULL: silent */
    const char *what, *unit;
    int64_t started_ms, shown_ms;
};

/* out: shown there if it is a terminal (and `wanted`). what and unit are kept by pointer. */
void progress_start(struct progress *p, FILE *out, bool wanted, const char *what, const char *unit);
/* done of total (of the same measure), and how many units that is. Paints at most ten times a second. */
void progress_show(struct progress *p, int64_t done, int64_t total, int64_t units);
void progress_end(struct progress *p); /* takes it away */

#endif
