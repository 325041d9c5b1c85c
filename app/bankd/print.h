/* The rows of a statement as a list: what `account`, `journal`, `withhold list` print. */
#ifndef BANKD_PRINT_H
#define BANKD_PRINT_H

#include "bankd/bank.h"
#include "base/table.h"

#define PRINT_COLUMNS_MAX 16

enum print_kind {
    PRINT_TEXT, PRINT_INT, PRINT_MONEY,
    PRINT_DAY,     /* YYYY-MM-DD; NULL: empty */
    PRINT_TIME,    /* local YYYY-MM-DDThh:mm:ss, of ms */
    PRINT_MOMENT,  /* local YYYY-MM-DD hh:mm:ss.mmm, of ms */
    PRINT_ACCOUNT, /* 18 digits */
    PRINT_CODE,    /* 6 digits; below 0: empty */
};
struct print_column { const char *name, *title; enum print_kind kind; };

/* The rows of the statement that was asked last, a column a column; ends it. Returns
 * how many rows, -1 with err. */
int64_t print_rows(const struct bank *b, struct db *db, enum table_style style, const struct print_column columns[PRINT_COLUMNS_MAX],
                   struct error *err);

#endif
