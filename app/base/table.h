/* A list of records to a person or a machine: aligned table, CSV (RFC 4180) or
 * JSON lines. One writer for every `query`, `status` and report that prints. */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum table_style { TABLE_TEXT, TABLE_CSV, TABLE_JSON };
enum column_kind { COLUMN_TEXT, COLUMN_INT, COLUMN_MONEY /* int64_t fen */ };

struct column { const char *name; /* machine name */ const char *title; /* for people */ enum column_kind kind; };
struct cell { const char *text; int64_t number; };

struct table;
/* Columns are kept by pointer. TEXT gathers rows (at most 1,000 before the
 * widths are fixed) and pads by cells, Hanzi counted as two. */
struct table *table_open(FILE *out, enum table_style style, const struct column *columns, size_t count);
void table_row(struct table *table, const struct cell *cells);
/* Ends the output; frees. Returns the number of rows. */
int64_t table_close(struct table *table);

#endif
