#include "bankd/print.h"

#include <inttypes.h>

#include "bankd/account.h"

#define CELL_SIZE 40

static const enum column_kind kinds[] = {[PRINT_INT] = COLUMN_INT, [PRINT_MONEY] = COLUMN_MONEY, [PRINT_CODE] = COLUMN_TEXT};

static const char *moment(const struct bank *b, int64_t ms, char buf[CELL_SIZE])
{
    char text[CLOCK_TEXT_SIZE];
    clock_format(&b->clock, ms, text, sizeof text);
    snprintf(buf, CELL_SIZE, "%.10s %.8s.%03" PRId64, text, text + 11, ms % 1000);
    return buf;
}

/* A cell that is no plain text or number. */
static const char *cell(const struct bank *b, struct db *db, int at, enum print_kind kind, char buf[CELL_SIZE])
{
    int64_t value = db_int(db, at);
    if (db_is_null(db, at) || (kind == PRINT_CODE && value < 0)) return "";
    switch (kind) {
    case PRINT_DAY: return day_format((day_t)value, buf, CELL_SIZE);
    case PRINT_TIME: return clock_format(&b->clock, value, buf, CELL_SIZE);
    case PRINT_MOMENT: return moment(b, value, buf);
    case PRINT_ACCOUNT: return account_format(value, buf);
    case PRINT_CODE: snprintf(buf, CELL_SIZE, "%06" PRId64, value); return buf;
    default: return db_text(db, at);
    }
}

int64_t print_rows(const struct bank *b, struct db *db, enum table_style style, const struct print_column columns[PRINT_COLUMNS_MAX],
                   struct error *err)
{
    struct column heads[PRINT_COLUMNS_MAX];
    size_t count = 0;
    for (; count < PRINT_COLUMNS_MAX && columns[count].name; count++)
        heads[count] = (struct column){columns[count].name, columns[count].title, columns[count].kind < sizeof kinds / sizeof *kinds ? kinds[columns[count].kind] : COLUMN_TEXT};
    struct table *table = table_open(stdout, style, heads, count);
    while (db_row(db)) {
        char texts[PRINT_COLUMNS_MAX][CELL_SIZE];
        struct cell cells[PRINT_COLUMNS_MAX];
        for (size_t i = 0; i < count; i++) {
            bool number = columns[i].kind == PRINT_INT || columns[i].kind == PRINT_MONEY;
            cells[i] = (struct cell){number ? db_text(db, (int)i) : cell(b, db, (int)i, columns[i].kind, texts[i]), number ? db_int(db, (int)i) : 0};
        }
        table_row(table, cells);
    }
    int64_t rows = table_close(table);
    return db_end(db) < 0 ? db_failed(db, "the query failed", err) : rows;
}
