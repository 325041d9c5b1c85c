/* Rows of the books for many account numbers, asked for in rising order: walked
 * where the wanted ones lie close, sought where they lie apart. */
#ifndef BANKD_SWEEP_H
#define BANKD_SWEEP_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

struct sweep {
    sqlite3_stmt *q; /* … WHERE first column >= ?1 ORDER BY it */
    bool live;       /* q stands on a row */
    int64_t at;      /* its first column */
    int status;      /* SQLITE_DONE, or why it failed */
};
/* sql's only parameter is ?1. False: see sqlite3_errmsg. */
bool sweep_open(struct sweep *s, sqlite3 *db, const char *sql);
/* To the first row at or behind number; false: it is not number's, or it failed. */
bool sweep_to(struct sweep *s, int64_t number);
/* To the next row; false: it is not number's. */
bool sweep_next(struct sweep *s, int64_t number);
bool sweep_failed(const struct sweep *s);
void sweep_rest(struct sweep *s); /* lets the books go; it starts anew afterwards */
void sweep_close(struct sweep *s);

#endif
