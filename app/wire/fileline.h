/* A line of a file as a record of a 0300, and back: each field escaped, the '|'
 * between them as they are. */
#ifndef WIRE_FILELINE_H
#define WIRE_FILELINE_H

#include <stdbool.h>
#include <stddef.h>

#define FILELINE_MAX 999   /* characters of a record, as written on the wire */
#define FILELINE_SIZE 1000

/* Characters written; -1: it is no UTF-8, or longer than a record may be. */
int fileline_pack(const char *line, char record[FILELINE_SIZE]);
/* -1: the record is no escaped text, or there is no room. */
int fileline_unpack(const char *record, size_t len, char *line, size_t size);

/* Whether one more record fits a message; all 0 in the beginning. */
struct fileline_room { int field; size_t used, total, count; };
bool fileline_fits(struct fileline_room *room, size_t len);

#endif
