#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "lib/bank_books.h"

#define FIRST_FEN 5000
#define LIST_HEAD {.utility = "0311", .bank = "102", .month = "202611", .made_at = "2026-11-20T08:00:00"}

void bank_books_open(struct bank_books *b, enum db_kind kind, const char *name, const char *extra)
{
    char path[200];
    memset(b, 0, sizeof *b);
    b->kind = kind;
    world_open(&b->w, name);
    if (kind == DB_POSTGRES) postgres_open(&b->pg);
    if (kind == DB_POSTGRES) snprintf(b->db, sizeof b->db, "%s", b->pg.url);
    else world_path(&b->w, "bank.db", b->db, sizeof b->db);
    world_write(&b->w, "bankd.ini", "[bank]\nid = 102\n[store]\npath = %s\nwork = %s\n%s", b->db, b->w.dir, extra);
    snprintf(b->config, sizeof b->config, "--config=%s", world_path(&b->w, "bankd.ini", path, sizeof path));
    assert_int_equal(world_run(&b->w, NULL, 0, "bankd", b->config, "init", NULL), 0);
}

void bank_books_close(struct bank_books *b)
{
    world_close(&b->w);
    postgres_close(&b->pg);
}

const char *bank_books_account(int64_t i, char buf[ACCOUNT_TEXT_SIZE]) { return account_format(account_number("102", i), buf); }

struct db *bank_books_db(struct bank_books *b)
{
    static struct bank bank;
    struct error err;
    assert_int_equal(bank_open(&bank, NULL, &err), 0);
    snprintf(bank.settings.store, sizeof bank.settings.store, "%s", b->db);
    struct db *db = bank_db(&bank, &err);
    if (db == NULL) fail_msg("%s: %s", err.where, err.why);
    return db;
}

int64_t bank_books_sql(struct bank_books *b, const char *sql)
{
    struct db *db = bank_books_db(b);
    int64_t value = db_number(db, sql, DB_NO_ARGS, INT64_MIN);
    if (value == -1 && *db_why(db)) fail_msg("%s: %s", sql, db_why(db));
    db_close(db);
    return value;
}

void bank_books_change(struct bank_books *b, const char *sql)
{
    struct db *db = bank_books_db(b);
    if (db_run(db, sql, DB_NO_ARGS) < 0) fail_msg("%s: %s", sql, db_why(db));
    db_close(db);
}

/* Table after table: their columns in the order of accounts.sql. */
static void fill(struct db *db, const char *table, int64_t accounts)
{
    static const struct { const char *table; size_t columns; } tables[] = {{"account", 5}, {"holder", 10}, {"agreement", 4}, {"entry", 14}};
    size_t which = 0;
    while (strcmp(tables[which].table, table) != 0)
        which++;
    assert_int_equal(db_load(db, table, tables[which].columns), 0);
    for (int64_t i = 1; i <= accounts; i++) {
        int64_t number = account_number("102", i), fen = FIRST_FEN + i % 50000;
        char name[40], customer[32];
        snprintf(name, sizeof name, "客户%08lld", (long long)i);
        snprintf(customer, sizeof customer, "C%08lld", (long long)i);
        const struct db_arg rows[][14] = {
            {DB_INT(number), DB_INT(0), DB_INT(fen), DB_INT(1), DB_INT(i)},
            {DB_INT(number), DB_TEXT(name), DB_TEXT(""), DB_TEXT(""), DB_INT(0), DB_TEXT("test"), DB_TEXT(""), DB_INT(0), DB_INT(0), DB_INT(0)},
            {DB_INT(number), DB_TEXT(customer), DB_TEXT(name), DB_INT(0)},
            {DB_INT(i), DB_INT(4), DB_INT(number), DB_INT(fen), DB_INT(1), DB_INT(0), DB_INT(0), DB_INT(0), DB_INT(1), DB_INT(0), DB_INT(fen), DB_TEXT(""),
             DB_INT(0), DB_TEXT("")}};
        if (db_load_row(db, rows[which]) != 0) fail_msg("%s: %s", table, db_why(db));
    }
    if (db_load_end(db) != 0) fail_msg("%s: %s", table, db_why(db));
}

void bank_books_fill(struct bank_books *b, int64_t accounts)
{
    struct db *db = bank_books_db(b);
    if (b->kind == DB_SQLITE) db_run(db, "PRAGMA synchronous=OFF", DB_NO_ARGS);
    assert_int_equal(db_begin(db), 0);
    for (const char *const *table = (const char *const[]){"account", "holder", "agreement", "entry", NULL}; *table; table++)
        fill(db, *table, accounts);
    assert_int_equal(db_commit(db), 0);
    assert_true(db_run(db, b->kind == DB_SQLITE ? "PRAGMA wal_checkpoint(TRUNCATE)" : "ANALYZE account, agreement", DB_NO_ARGS) >= 0);
    db_close(db);
}

static FILE *begin(struct bank_books *b, const char *file, const char *batch)
{
    struct list_header h = LIST_HEAD;
    char path[300];
    FILE *f = fopen(world_path(&b->w, file, path, sizeof path), "w");
    assert_non_null(f);
    strcpy(h.batch, batch);
    day_from_ymd(2026, 11, 25, &h.retry_until);
    day_from_ymd(2026, 11, 28, &h.result_by);
    listfile_put_header(f, &h);
    return f;
}

/* In an order that is not the accounts': neighbours in the list are strangers. */
void bank_books_list(struct bank_books *b, const char *file, const char *batch, int64_t rows)
{
    struct list_sums sums = {0};
    FILE *f = begin(b, file, batch);
    int64_t step = 7368787; /* prime, so that every customer comes once */
    for (int64_t i = 1, at = 0; i <= rows; i++) {
        char customer[32], name[40], account[ACCOUNT_TEXT_SIZE], bill[32];
        at = (at + step) % rows;
        snprintf(customer, sizeof customer, "C%08lld", (long long)at + 1);
        snprintf(name, sizeof name, "客户%08lld", (long long)at + 1);
        snprintf(bill, sizeof bill, "202611%08lld", (long long)at + 1);
        struct list_row row = {i, i, 5200 + at % 10000, customer, name, bank_books_account(at + 1, account), bill};
        listfile_put(f, &row, &sums);
    }
    listfile_put_end(f, &sums);
    assert_int_equal(fclose(f), 0);
}

void bank_books_list_of(struct bank_books *b, const char *file, const char *batch, const struct list_row *rows, size_t count)
{
    struct list_sums sums = {0};
    FILE *f = begin(b, file, batch);
    for (size_t i = 0; i < count; i++)
        listfile_put(f, &rows[i], &sums);
    listfile_put_end(f, &sums);
    assert_int_equal(fclose(f), 0);
}

int bank_books_run(struct bank_books *b, const char *file, const char *folder, char *said, size_t size)
{
    char path[300], to[300];
    mkdir(world_path(&b->w, folder, to, sizeof to), 0700);
    return world_run(&b->w, said, size, "bankd", b->config, "withhold", "run", world_path(&b->w, file, path, sizeof path), "--result", to, NULL);
}

