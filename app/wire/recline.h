/* Lines of a file as bytes, counted and bounded: what recfile reads through. */
#ifndef WIRE_RECLINE_H
#define WIRE_RECLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "wire/recfile.h"

#define RECLINE_CHUNK 65536

struct recline {
    FILE *in;
    int64_t number;                /* of the line in `text`, from 1 */
    int64_t bytes;                 /* of the file, read so far */
    bool too_long;                 /* the rest was skipped */
    size_t len;                    /* of text, without LF, CR LF and the file's mark */
    char text[RECFILE_LINE_MAX + 1];
    size_t at, have;
    char chunk[RECLINE_CHUNK];
};

/* Goes to the file's beginning. -1: it is no file that can be read twice. */
int recline_start(struct recline *l, FILE *in);
/* 1: a line is there; 0: the end; -1: the file can't be read (errno). */
int recline_next(struct recline *l);

#endif
