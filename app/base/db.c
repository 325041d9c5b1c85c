#include "base/db_impl.h"

#include <string.h>

#include "base/text.h"

enum db_kind db_kind_of(const char *where)
{
    bool pg = strncmp(where, "postgresql://", 13) == 0 || strncmp(where, "postgres://", 11) == 0;
    return pg ? DB_POSTGRES : DB_SQLITE;
}

/* --- whether they stand, and making them --------------------------------------------- */

static bool stands(struct db *db, const struct db_part *part)
{
    const char *sql = db->kind == DB_POSTGRES ? "SELECT count(*) FROM pg_tables WHERE schemaname=current_schema() AND tablename=$1"
                                              : "SELECT count(*) FROM sqlite_schema WHERE type='table' AND name=$1";
    return db_number(db, sql, DB_ARGS(DB_TEXT(part->sign)), 0) == 1;
}

static struct db *connection(const char *where, const struct db_books *books, bool make, struct error *err)
{
    return db_kind_of(where) == DB_POSTGRES ? db_pg_open(where, books, err) : db_sqlite_open(where, books, make, err);
}

/* An address may hold a password: the place alone. */
static const char *place(const char *where)
{
    const char *at = db_kind_of(where) == DB_POSTGRES ? strrchr(where, '@') : NULL;
    return at ? at + 1 : where;
}

struct db *db_open(const char *where, const struct db_books *books, struct error *err)
{
    struct db *db = connection(where, books, false, err);
    size_t part = 0;
    while (db && part < books->count && stands(db, &books->parts[part]))
        part++;
    if (db == NULL || part == books->count) return db;
    error_set(err, "%s were not opened", books->name);
    error_where(err, "%s", place(where));
    error_why(err, "%s%s", db->kind == DB_POSTGRES ? "the database holds no books of " : "this file is not the books of ", books->kind);
    error_remedy(err, "name the right place in the settings; or make them, or add what older ones lack: %s", books->init);
    db_close(db);
    return NULL;
}

/* Two that make them at once: the second waits, and finds them. */
static int lock_making(struct db *db)
{
    return db->kind == DB_POSTGRES && db_run(db, "SELECT pg_advisory_xact_lock(-2)", DB_NO_ARGS) < 0 ? -1 : 0;
}

static int make_part(struct db *db, const struct db_part *part)
{
    return stands(db, part) ? 0 : db->ops->script(db, db->kind == DB_POSTGRES ? part->pg : part->sqlite);
}

int db_make_part(struct db *db, const struct db_part *part)
{
    if (stands(db, part)) return 0;
    if (db_begin(db) == 0 && lock_making(db) == 0 && make_part(db, part) == 0 && db_commit(db) == 0) return 0;
    db_rollback(db);
    return -1;
}

/* A file of somebody else's. */
static bool strange(struct db *db)
{
    return db->kind == DB_SQLITE && !stands(db, &db->books->parts[0]) && db_number(db, "SELECT count(*) FROM sqlite_schema", DB_NO_ARGS, -1) != 0;
}

int db_make(const char *where, const struct db_books *books, struct error *err)
{
    struct db *db = connection(where, books, true, err);
    int status = -1;
    if (db == NULL) return -1;
    bool foreign = false;
    if (db_begin(db) == 0 && lock_making(db) == 0 && !(foreign = strange(db))) {
        status = 0;
        for (size_t i = 0; i < books->count && status == 0; i++)
            status = make_part(db, &books->parts[i]);
        if (status == 0) status = db_commit(db);
    }
    if (status != 0) {
        error_set(err, "%s were not made", books->name);
        error_where(err, "%s", place(where));
        error_why(err, "%s", foreign ? "the file is there and holds something else" : db_why(db));
        error_remedy(err, "%s", db->kind == DB_POSTGRES ? "see that the user may make tables there" : "see that the folder is there, may be written and has room");
    }
    db_close(db);
    return status;
}

/* --- use -------------------------------------------------------------------------------- */

void db_close(struct db *db)
{
    if (db) db->ops->close(db);
}

enum db_kind db_kind(const struct db *db) { return db->kind; }
void db_ask(struct db *db, const char *sql, const struct db_arg *args, size_t count) { db->ops->ask(db, sql, args, count); }
bool db_row(struct db *db) { return db->ops->row(db); }
int64_t db_int(struct db *db, int column) { return db->ops->number(db, column); }
int64_t db_end(struct db *db) { return db->ops->end(db); }
int64_t db_blob(struct db *db, int column, void *dst, size_t size) { return db->ops->blob(db, column, dst, size); }
struct sqlite3 *db_sqlite(struct db *db) { return db->ops->sqlite ? db->ops->sqlite(db) : NULL; }
bool db_away(const struct db *db) { return db->ops->away && db->ops->away(db); }
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
    error_where(err, "%s", db->books->name);
    error_why(err, "%s", db_why(db));
    return error_remedy(err, "see that the database runs and its disk has room; nothing was half done");
}
