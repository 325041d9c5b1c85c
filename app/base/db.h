/* SQL over the books of a program, whichever database holds them.
 *
 * A text is written once for both: parameters are $1, $2 … in order, and only what
 * both understand the same way is used. One statement at a time a connection:
 *
 *     db_ask(db, "SELECT credit_fen FROM customer WHERE number=$1", DB_ARGS(DB_TEXT(number)));
 *     while (db_row(db))
 *         sum += db_int(db, 0);
 *     if (db_end(db) != 0) … db_failed(db, …)
 */
#ifndef BASE_DB_H
#define BASE_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct db_arg {
    enum db_type { DB_IS_INT, DB_IS_TEXT, DB_IS_BLOB } type;
    int64_t number; /* of a blob: its bytes */
    const char *text; /* NULL: NULL */
};
#define DB_INT(value) ((struct db_arg){.type = DB_IS_INT, .number = (value)})
#define DB_TEXT(value) ((struct db_arg){.type = DB_IS_TEXT, .text = (value)})
#define DB_BLOB(bytes, size) ((struct db_arg){.type = DB_IS_BLOB, .number = (int64_t)(size), .text = (const char *)(bytes)})
#define DB_NULL DB_TEXT(NULL)
/* A list of them and its length, for two parameters of a call. */
#define DB_ARGS(...) (const struct db_arg[]){__VA_ARGS__}, \
                     sizeof((const struct db_arg[]){__VA_ARGS__}) / sizeof(struct db_arg)
#define DB_NO_ARGS NULL, 0

enum db_kind { DB_SQLITE, DB_POSTGRES };
struct db;

/* Whose books these are: what their tables are made with, and what errors call them. */
struct db_part { const char *sign, *sqlite, *pg; }; /* a table that shows that it stands; its schema for each */
struct db_books {
    const char *name, *kind, *init;  /* "the utility's books", "a utility", "utilityd init" */
    const char *pragmas;             /* SQLite's, beside those that all have */
    const struct db_part *parts;
    size_t count;
};

/* where: a file's path, or postgresql://…; the books must stand there (db_make).
 * NULL with err. books are kept by pointer. */
struct db *db_open(const char *where, const struct db_books *books, struct error *err);
/* Makes the parts that do not stand yet; a file that holds something else is refused. */
int db_make(const char *where, const struct db_books *books, struct error *err);
/* One more part, for books that are older than it. -1: see db_why. */
int db_make_part(struct db *db, const struct db_part *part);
void db_close(struct db *db);
enum db_kind db_kind(const struct db *db);
enum db_kind db_kind_of(const char *where);

/* Statements are kept prepared; their number is small. A failure shows in db_end. */
void db_ask(struct db *db, const char *sql, const struct db_arg *args, size_t count);
bool db_row(struct db *db); /* false: no more, or it failed */
int64_t db_int(struct db *db, int column);      /* NULL: 0 */
const char *db_text(struct db *db, int column); /* NULL: ""; valid till the next row */
bool db_copy(struct db *db, int column, char *dst, size_t size); /* false: too long, dst empty */
/* Its bytes; returns how many, -1: NULL, or more than size. */
int64_t db_blob(struct db *db, int column, void *dst, size_t size);
bool db_is_null(struct db *db, int column);
/* Ends the statement, its rows read or not. Returns the rows that it changed, -1: it failed. */
int64_t db_end(struct db *db);
/* The three in one, for a statement whose rows nobody wants; and for one number
 * (no row: `none`; -1: failed). */
int64_t db_run(struct db *db, const char *sql, const struct db_arg *args, size_t count);
int64_t db_number(struct db *db, const char *sql, const struct db_arg *args, size_t count, int64_t none);

/* A transaction; on SQLite it locks the books for writing at once. */
int db_begin(struct db *db);
/* One that only reads, where that is the cheaper; ended with db_commit. -1: statement by statement is, or it failed. */
int db_begin_read(struct db *db);
int db_commit(struct db *db);
void db_rollback(struct db *db);

/* Many rows into a table, whole numbers and texts, every column of it in its order:
 * begin, a call a row, end. Inside a transaction. */
int db_load(struct db *db, const char *table, size_t columns);
int db_load_row(struct db *db, const struct db_arg *values);
int db_load_end(struct db *db);

/* SQLite's own handle, for what is done past this layer there; NULL: not SQLite. */
struct sqlite3 *db_sqlite(struct db *db);
/* Whether the database is away, so that the same may go well later (PostgreSQL only). */
bool db_away(const struct db *db);

/* Why the last one failed; and the same as an error. Returns -1. */
const char *db_why(const struct db *db);
int db_failed(const struct db *db, const char *what, struct error *err);

#endif
