#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "lib/bank_books.h"

#define FIRST_FEN 5000
#define LIST_HEAD {.utility = "0311", .bank = "102", .month = "202611", .made_at = "2026-11-20T08:00:00"}

void bank_books_open(struct bank_books *b, const char *name, const char *extra)
{
    char path[200];
    memset(b, 0, sizeof *b);
    world_open(&b->w, name);
    world_write(&b->w, "bankd.ini", "[bank]\nid = 102\n[store]\npath = bank.db\n%s", extra);
    world_path(&b->w, "bank.db", b->db, sizeof b->db);
    snprintf(b->config, sizeof b->config, "--config=%s", world_path(&b->w, "bankd.ini", path, sizeof path));
    assert_int_equal(world_run(&b->w, NULL, 0, "bankd", b->config, "init", NULL), 0);
}

void bank_books_close(struct bank_books *b) { world_close(&b->w); }

const char *bank_books_account(int64_t i, char buf[ACCOUNT_TEXT_SIZE]) { return account_format(account_number("102", i), buf); }

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *q = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &q, NULL) != SQLITE_OK) fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    return q;
}

static void run(sqlite3_stmt *q)
{
    if (sqlite3_step(q) != SQLITE_DONE) fail_msg("%s", sqlite3_errmsg(sqlite3_db_handle(q)));
    sqlite3_reset(q);
}

void bank_books_fill(struct bank_books *b, int64_t accounts)
{
    sqlite3 *db = NULL;
    char name[40];
    assert_int_equal(sqlite3_open(b->db, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "PRAGMA synchronous=OFF; BEGIN", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_stmt *account = prepare(db, "INSERT INTO account (number, balance_fen, lines, last) VALUES (?,?,1,?)"),
                 *holder = prepare(db, "INSERT INTO holder (account, name, document, phone, opened_ms, opened_by) VALUES (?1,?2,'','',0,'test')"),
                 *agreement = prepare(db, "INSERT INTO agreement (account, customer, name, since_ms) VALUES (?,?,?,0)"),
                 *entry = prepare(db, "INSERT INTO entry (id, debit, credit, fen, what, at_ms, line, balance_fen) VALUES (?,4,?,?,1,0,1,?)");
    for (int64_t i = 1; i <= accounts; i++) {
        int64_t number = account_number("102", i), fen = FIRST_FEN + i % 50000;
        snprintf(name, sizeof name, "客户%08lld", (long long)i);
        sqlite3_bind_int64(account, 1, number);
        sqlite3_bind_int64(account, 2, fen);
        sqlite3_bind_int64(account, 3, i);
        run(account);
        sqlite3_bind_int64(holder, 1, number);
        sqlite3_bind_text(holder, 2, name, -1, SQLITE_STATIC);
        run(holder);
        sqlite3_bind_int64(agreement, 1, number);
        sqlite3_bind_text(agreement, 3, name, -1, SQLITE_STATIC);
        char customer[32];
        snprintf(customer, sizeof customer, "C%08lld", (long long)i);
        sqlite3_bind_text(agreement, 2, customer, -1, SQLITE_STATIC);
        run(agreement);
        sqlite3_bind_int64(entry, 1, i);
        sqlite3_bind_int64(entry, 2, number);
        sqlite3_bind_int64(entry, 3, fen);
        sqlite3_bind_int64(entry, 4, fen);
        run(entry);
    }
    sqlite3_finalize(account);
    sqlite3_finalize(holder);
    sqlite3_finalize(agreement);
    sqlite3_finalize(entry);
    assert_int_equal(sqlite3_exec(db, "COMMIT; PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
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

int64_t bank_books_sql(struct bank_books *b, const char *sql) { return world_sql(&b->w, "bank.db", sql); }
