/* Inside of db.h: what each database does its own way. */
#ifndef UTILITYD_DB_IMPL_H
#define UTILITYD_DB_IMPL_H

#include "utilityd/db.h"

struct db_ops {
    void (*ask)(struct db *db, const char *sql, const struct db_arg *args, size_t count);
    bool (*row)(struct db *db);
    const char *(*text)(struct db *db, int column); /* NULL: is NULL */
    int64_t (*number)(struct db *db, int column);
    int64_t (*end)(struct db *db);
    int (*load)(struct db *db, const char *table, size_t columns);
    int (*load_row)(struct db *db, const struct db_arg *values);
    int (*load_end)(struct db *db);
    const char *(*why)(const struct db *db);
    void (*close)(struct db *db);
};
struct db {
    const struct db_ops *ops;
    enum db_kind kind;
    bool in_transaction;
};

struct db *db_sqlite_open(const char *path, struct error *err);
struct db *db_pg_open(const char *where, struct error *err);
int db_sqlite_make(const char *path, struct error *err);
int db_pg_make(const char *where, struct error *err);

#endif
