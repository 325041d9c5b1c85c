/* A set of short texts that remembers the line where each was first seen: finds
 * a bill, or a sequence, that a file names twice. About 40 bytes an entry. */
#ifndef WIRE_RECSET_H
#define WIRE_RECSET_H

#include <stdint.h>

struct recset;
struct recset *recset_open(void); /* NULL: no memory */
/* 0: it is new and now in the set; > 0: the line where it was seen before;
 * -1: no memory, or more than RECSET_MAX entries. */
int64_t recset_add(struct recset *set, const char *text, int64_t line);
/* The line where it was seen; 0: it is not in the set. */
int64_t recset_find(const struct recset *set, const char *text);
void recset_close(struct recset *set);

#define RECSET_MAX 20000000
#define RECSET_TEXT_MAX 63 /* bytes */

#endif
