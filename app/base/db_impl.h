/* Inside of db.h: what each database does its own way. */
#ifndef BASE_DB_IMPL_H
#define BASE_DB_IMPL_H

#include "base/db.h"

struct db_ops {
    void (*ask)(struct db *db, const char *sql, const struct db_arg *args, size_t count);
    bool (*row)(struct db *db);
    const char *(*text)(struct db *db, int column); /* NULL: is NULL */
    int64_t (*number)(struct db *db, int column);
    int64_t (*blob)(struct db *db, int column, void *dst, size_t size);
    int64_t (*end)(struct db *db);
    int (*load)(struct db *db, const char *table, size_t columns);
    int (*load_row)(struct db *db, const struct db_arg *values);
    int (*load_end)(struct db *db);
    int (*script)(struct db *db, const char *sql); /* statements one after another, no parameters */
    struct sqlite3 *(*sqlite)(struct db *db); /* NULL: there is none */
    bool (*away)(const struct db *db);        /* NULL: never */
    const char *(*why)(const struct db *db);
    void (*close)(struct db *db);
};
struct db {
    const struct db_ops *ops;
    const struct db_books *books;
    enum db_kind kind;
    bool in_transaction;
};

/* A connection, to a file that is there or is made; whether books stand in it is not looked at. */
struct db *db_sqlite_open(const char *path, const struct db_books *books, bool make, struct error *err);
struct db *db_pg_open(const char *where, const struct db_books *books, struct error *err);

#endif
