/* Asking, and laying the rows out. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/key.h"
#include "base/money.h"
#include "base/text.h"
#include "utilityd/query.h"
#include "wire/bill.h"

#define SQL_SIZE 4096
#define CELL_SIZE 260

static bool shown(const struct query_column *c, enum table_style style, bool wide)
{
    return style != TABLE_TEXT || wide || !c->wide;
}

struct table *query_table(const struct question *q, enum table_style style, bool wide, struct column columns[QUERY_COLUMNS_MAX])
{
    size_t count = 0;
    for (const struct query_column *c = q->columns; c->name; c++)
        if (shown(c, style, wide))
            columns[count++] = (struct column){c->name, c->title, c->kind == QUERY_MONEY ? COLUMN_MONEY : c->kind == QUERY_INT ? COLUMN_INT : COLUMN_TEXT};
    return table_open(stdout, style, columns, count);
}

/* The text with its filters, and their values in order. */
static size_t build(const struct question *q, const struct query_filters *f, char *sql, struct db_arg *args)
{
    const char *texts[] = {f->bank, f->branch, NULL, f->station, f->customer};
    size_t count = 0, len = (size_t)snprintf(sql, SQL_SIZE, "%s WHERE %s", q->select, q->where);
    for (int i = 0; i < 5; i++) {
        if (!(f->given & 1u << i)) continue;
        /* arrears as of a day are what fell due before it */
        len += (size_t)snprintf(sql + len, SQL_SIZE - len, " AND %s%s$%zu", q->on[i], i == 2 && strcmp(q->name, "arrears") == 0 ? " < " : "=", count + 1);
        args[count++] = i == 2 ? DB_INT(f->day) : DB_TEXT(texts[i]);
        /* by what leads to them: only a payment that no bill names is in an index by customer */
        if (strcmp(q->on[i], "p.customer") == 0)
            len += (size_t)snprintf(sql + len, SQL_SIZE - len, " AND p.id IN (SELECT paid_by FROM bill WHERE customer=$%zu UNION"
                                                               " SELECT id FROM payment WHERE customer=$%zu AND aside=1)", count, count);
    }
    if (f->given & BY_KEY) {
        len += (size_t)snprintf(sql + len, SQL_SIZE - len, " AND s.bank=$1 AND s.branch=$2 AND p.reference=$3");
        args[0] = DB_TEXT(f->key.bank);
        args[1] = DB_TEXT(f->key.branch);
        args[2] = DB_INT(strtoll(f->key.ref, NULL, 10));
        count = 3;
    }
    if (f->above >= 0) {
        const char *row = strcmp(q->name, "reversals") ? "p" : "r";
        len += (size_t)snprintf(sql + len, SQL_SIZE - len, " AND %s.id > $%zu AND %s.id <= $%zu", row, count + 1, row, count + 2);
        args[count++] = DB_INT(f->above);
        args[count++] = DB_INT(f->upto);
    }
    snprintf(sql + len, SQL_SIZE - len, " %s", q->tail);
    return count;
}

static const char *key_text(struct db *db, int at, char *buf, size_t size)
{
    if (db_int(db, at + 2) < 0) return "";
    snprintf(buf, size, "%s/%s/%012lld", db_text(db, at), db_text(db, at + 1), (long long)db_int(db, at + 2));
    return buf;
}

/* One cell; returns the columns of the row that it took. */
static int cell(const struct utility *u, struct db *db, const struct query_column *c, int at, bool person, char *buf, struct cell *out)
{
    *out = (struct cell){.text = buf};
    buf[0] = '\0';
    switch (c->kind) {
    case QUERY_INT:
    case QUERY_MONEY: out->number = db_int(db, at); break;
    case QUERY_DAY: day_format((day_t)db_int(db, at), buf, CELL_SIZE); break;
    case QUERY_TIME:
        clock_format(&u->clock, db_int(db, at), buf, CELL_SIZE);
        if (person) memmove(buf, buf + 5, 11), buf[5] = ' ', buf[11] = '\0';
        break;
    case QUERY_KEY: out->text = key_text(db, at, buf, CELL_SIZE); return 3;
    case QUERY_NAME:
        if (person) text_clip(buf, CELL_SIZE, db_text(db, at), c->cells, '~');
        else out->text = db_text(db, at);
        break;
    case QUERY_TEXT: text_copy(buf, CELL_SIZE, db_text(db, at)); break;
    }
    return 1;
}

/* A line that stands alone: --follow can't know how wide the next will be. */
static void put_line(const struct question *q, const struct cell *cells, bool wide)
{
    char money[MONEY_TEXT_SIZE];
    size_t i = 0;
    for (const struct query_column *c = q->columns; c->name; c++) {
        if (!shown(c, TABLE_TEXT, wide)) continue;
        const char *text = cells[i].text;
        if (c->kind == QUERY_MONEY) printf("%12s  ", money_format_grouped(cells[i].number, money, sizeof money));
        else if (c->kind == QUERY_INT) printf("%3" PRId64 "  ", cells[i].number);
        else printf("%s%*s", text, c->kind == QUERY_NAME && text_width(text) < c->cells ? c->cells - text_width(text) + 2 : 2, "");
        i++;
    }
    putchar('\n');
}

int64_t query_print(const struct utility *u, struct db *db, const struct question *q, const struct query_filters *f,
                    struct table *table, bool person, bool wide, struct error *err)
{
    char sql[SQL_SIZE];
    struct db_arg args[8];
    int64_t rows = 0;
    size_t count = build(q, f, sql, args);
    db_ask(db, sql, args, count);
    for (; db_row(db); rows++) {
        char texts[QUERY_COLUMNS_MAX][CELL_SIZE];
        struct cell cells[QUERY_COLUMNS_MAX], dropped;
        size_t used = 0;
        int at = 1;
        for (const struct query_column *c = q->columns; c->name; c++) {
            bool wanted = shown(c, person ? TABLE_TEXT : TABLE_JSON, wide);
            at += cell(u, db, c, at, person, texts[used], wanted ? &cells[used] : &dropped);
            used += wanted;
        }
        if (table) table_row(table, cells);
        else put_line(q, cells, wide);
    }
    return db_end(db) < 0 ? db_failed(db, "the query failed", err) : rows;
}

/* --- one customer, for a person --------------------------------------------------- */

int query_customer_head(struct db *db, const char *customer, struct error *err)
{
    char name[CELL_SIZE], address[CELL_SIZE], credit[MONEY_TEXT_SIZE];
    db_ask(db, "SELECT name, address, supply, meter, credit_fen FROM customer WHERE number=$1", DB_ARGS(DB_TEXT(customer)));
    bool found = db_row(db);
    if (found)
        printf("Customer  %s  %s\nAddress   %s\nStation   %s    Meter %s    Credit %s\n\n", customer, text_clean(name, sizeof name, db_text(db, 0)),
               text_clean(address, sizeof address, db_text(db, 1)), db_text(db, 2), db_text(db, 3),
               money_format_grouped(db_int(db, 4), credit, sizeof credit));
    if (db_end(db) < 0) return db_failed(db, "the query failed", err);
    return found ? 1 : 0;
}

int query_customer_fees(const struct utility *u, struct db *db, const char *customer, struct error *err)
{
    const struct utility_settings *set = &u->settings;
    struct fee_rules rules = {(int)set->next_year_permille, set->minimum_fen, set->cap_fen};
    day_t today = clock_today(&u->clock);
    int64_t sum = 0;
    char text[200], money[MONEY_TEXT_SIZE];
    bool some = false;
    db_ask(db, "SELECT number, class, due, rate_permille, amount_fen - covered_fen, last_day FROM bill WHERE customer=$1 AND state=0 ORDER BY due, number",
           DB_ARGS(DB_TEXT(customer)));
    while (db_row(db)) {
        struct fee_facts facts = {db_text(db, 1)[0] == BILL_CLASS_RESIDENT, (day_t)db_int(db, 2), (int)db_int(db, 3), db_int(db, 4)};
        struct late_fee fee;
        if (!late_fee(&facts, today, &rules, &fee)) continue;
        if (fee.days > 0 && !some) puts("\nLate fee today");
        if (fee.days > 0) printf("  %s  %s%s\n", db_text(db, 0), late_fee_text(&fee, text, sizeof text), db_int(db, 5) < today ? "  (window closed)" : "");
        some = some || fee.days > 0;
        sum += facts.unpaid_fen + fee.fee_fen;
    }
    if (db_end(db) < 0) return db_failed(db, "the query failed", err);
    printf("\nTo pay today, late fees included: %s\n", money_format_grouped(sum, money, sizeof money));
    return 0;
}
