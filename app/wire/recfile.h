/* The text files that cross between utility and bank, whatever their kind: a
 * header line, records, a trailer; fields separated by '|'; UTF-8 or GB18030; LF
 * or CRLF.
 *
 * A line is decoded before it is split: a trail byte of GB18030 can be '|'. Each
 * fault is gathered with line, field and reason, the first RECFILE_FAULTS_MAX are
 * kept, and reading goes on to the end so that one look shows them all. The file
 * is streamed: memory does not grow with it. A caller that acts on records while
 * they are read must be able to take that back when the file is refused, or read
 * the file twice. */
#ifndef WIRE_RECFILE_H
#define WIRE_RECFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"

#define RECFILE_FAULTS_MAX 20
#define RECFILE_LINE_MAX 8192  /* bytes of a line as it stands in the file */
#define RECFILE_FIELDS_MAX 32
#define RECFILE_PROGRESS_EVERY 4096 /* records */

enum recfile_encoding { RECFILE_FIND_OUT, RECFILE_UTF8, RECFILE_GB18030 };
/* "utf-8", "gb18030", "auto" as on a command line. */
bool recfile_encoding_parse(const char *word, enum recfile_encoding *out);
const char *recfile_encoding_name(enum recfile_encoding encoding);

struct recfile_fault {
    int64_t line;        /* 1 is the header; 0: the file as a whole */
    int field;           /* 1-based; 0: the line as a whole */
    char field_name[32]; /* empty when the field has none */
    char why[160];
};

struct recfile_report {
    enum recfile_encoding encoding; /* what it was read as */
    int64_t records;
    int64_t fault_count;            /* all of them, kept or not */
    struct recfile_fault faults[RECFILE_FAULTS_MAX];
};

/* What is to be judged by kind. Each returns 0, or -1 with fault->field,
 * field_name and why filled (line is filled by the reader). NULL: not judged.
 * Fields are NUL-terminated UTF-8 and live until the function returns. */
struct recfile_kind {
    const char *name;      /* first field of the header: "BILLS" */
    const char *what;      /* "bills file": begins the error */
    size_t header_fields;  /* with name and version, which the reader checks ("1") */
    size_t record_fields;
    size_t trailer_fields; /* with END and the count, which the reader checks */
    int (*header)(void *ctx, const char *const *fields, struct recfile_fault *fault);
    int (*record)(void *ctx, int64_t line, const char *const *fields, struct recfile_fault *fault);
    /* Called with the trailer's fields after the count was found right. Not
     * called when there were faults before: its sums would be wrong by them. */
    int (*trailer)(void *ctx, const char *const *fields, struct recfile_fault *fault);
    /* Every RECFILE_PROGRESS_EVERY records and at the end; false stops (why: stopped). */
    bool (*progress)(void *ctx, int64_t bytes_done, int64_t bytes_total, int64_t records);
};

/* Reads from the beginning of `in`, which must be seekable. `name` stands in
 * errors. 0 when there is no fault; else -1, report filled, and err with the
 * first fault and how many more there are. */
int recfile_read(FILE *in, const char *name, enum recfile_encoding encoding,
                 const struct recfile_kind *kind, void *ctx, struct recfile_report *report,
                 struct error *err);
/* The kept faults, a line each: "NAME:LINE: field 3 (customer name): why". */
void recfile_print_faults(FILE *out, const char *name, const struct recfile_report *report);

/* For judges: fills fault and returns -1. */
int recfile_refuse(struct recfile_fault *fault, int field, const char *field_name,
                   const char *why_fmt, ...) __attribute__((format(printf, 4, 5)));
/* A non-negative whole number of at most 18 digits. */
bool recfile_number(const char *text, int64_t *out);
/* "2026-11-19T18:00:00". */
bool recfile_time_valid(const char *text);

#endif
