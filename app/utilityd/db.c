#include "utilityd/db_impl.h"

#include <string.h>

#include "base/text.h"

enum db_kind db_kind_of(const char *where)
{
    bool pg = strncmp(where, "postgresql://", 13) == 0 || strncmp(where, "postgres://", 11) == 0;
    return pg ? DB_POSTGRES : DB_SQLITE;
}

struct db *db_open(const char *where, struct error *err)
{
    return db_kind_of(where) == DB_POSTGRES ? db_pg_open(where, err) : db_sqlite_open(where, err);
}

int db_make(const char *where, struct error *err)
{
    return db_kind_of(where) == DB_POSTGRES ? db_pg_make(where, err) : db_sqlite_make(where, err);
}

void db_close(struct db *db)
{
    if (db) db->ops->close(db);
}

enum db_kind db_kind(const struct db *db) { return db->kind; }
void db_ask(struct db *db, const char *sql, const struct db_arg *args, size_t count) { db->ops->ask(db, sql, args, count); }
bool db_row(struct db *db) { return db->ops->row(db); }
int64_t db_int(struct db *db, int column) { return db->ops->number(db, column); }
int64_t db_end(struct db *db) { return db->ops->end(db); }
bool db_is_null(struct db *db, int column) { return db->ops->text(db, column) == NULL; }

const char *db_text(struct db *db, int column)
{
    const char *text = db->ops->text(db, column);
    return text ? text : "";
}

bool db_copy(struct db *db, int column, char *dst, size_t size) { return text_copy(dst, size, db_text(db, column)); }

int64_t db_run(struct db *db, const char *sql, const struct db_arg *args, size_t count)
{
    db_ask(db, sql, args, count);
    while (db_row(db)) {}
    return db_end(db);
}

int64_t db_number(struct db *db, const char *sql, const struct db_arg *args, size_t count, int64_t none)
{
    int64_t value = none;
    db_ask(db, sql, args, count);
    if (db_row(db)) value = db_int(db, 0);
    while (db_row(db)) {}
    return db_end(db) < 0 ? -1 : value;
}

int db_begin(struct db *db)
{
    if (db_run(db, db->kind == DB_SQLITE ? "BEGIN IMMEDIATE" : "BEGIN", DB_NO_ARGS) < 0) return -1;
    db->in_transaction = true;
    return 0;
}

int db_begin_read(struct db *db)
{
    if (db->kind != DB_SQLITE || db_run(db, "BEGIN", DB_NO_ARGS) < 0) return -1;
    db->in_transaction = true;
    return 0;
}

int db_commit(struct db *db)
{
    if (db_run(db, "COMMIT", DB_NO_ARGS) < 0) return -1;
    db->in_transaction = false;
    return 0;
}

void db_rollback(struct db *db)
{
    if (db->in_transaction) db_run(db, "ROLLBACK", DB_NO_ARGS);
    db->in_transaction = false;
}

int db_load(struct db *db, const char *table, size_t columns) { return db->ops->load(db, table, columns); }
int db_load_row(struct db *db, const struct db_arg *values) { return db->ops->load_row(db, values); }
int db_load_end(struct db *db) { return db->ops->load_end(db); }
const char *db_why(const struct db *db) { return db->ops->why(db); }

int db_failed(const struct db *db, const char *what, struct error *err)
{
    error_set(err, "%s", what);
    error_where(err, "the utility's books");
    error_why(err, "%s", db_why(db));
    return error_remedy(err, "see that the database runs and its disk has room; nothing was half done");
}
