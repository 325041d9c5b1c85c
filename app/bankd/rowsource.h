/* Rows that lie in memory as a table of SQL: a thousand are written by one
 * statement, INSERT … SELECT … FROM it, instead of a thousand times one. */
#ifndef BANKD_ROWSOURCE_H
#define BANKD_ROWSOURCE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ROWSOURCE_COLUMNS 8 /* named a, b, c … h: whole numbers */

struct rowsource { int64_t (*rows)[ROWSOURCE_COLUMNS]; size_t count; };
/* The table's name and the rows are kept by pointer while db is open. */
bool rowsource_open(sqlite3 *db, const char *name, struct rowsource *source);

#endif
