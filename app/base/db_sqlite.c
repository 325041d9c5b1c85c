/* The books in one SQLite file. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/db_impl.h"
#include "base/guard.h"

#define WAIT_MS 60000 /* for whoever writes: an import holds the books for seconds */
#define KEPT_MAX 64   /* prepared statements */
#define ARGS_MAX 32

struct kept {
    char *sql;
    sqlite3_stmt *st;
    int at[ARGS_MAX + 1]; /* where $1 … stand among SQLite's own parameters */
};

struct sqlite {
    struct db db;
    sqlite3 *lib;
    struct kept kept[KEPT_MAX];
    size_t kept_count, next; /* next: the one that goes when there is no room */
    sqlite3_stmt *now, *load;
    size_t load_columns;
    int status;
    char why[240];
};

static struct sqlite *of(struct db *db) { return (struct sqlite *)db; }

static void remember(struct sqlite *s, int status)
{
    s->status = status;
    snprintf(s->why, sizeof s->why, "%s", sqlite3_errmsg(s->lib));
}

static struct kept *keep(struct sqlite *s, const char *sql)
{
    for (size_t i = 0; i < s->kept_count; i++)
        if (strcmp(s->kept[i].sql, sql) == 0) return &s->kept[i];
    sqlite3_stmt *st = NULL;
    int status = sqlite3_prepare_v3(s->lib, sql, -1, SQLITE_PREPARE_PERSISTENT, &st, NULL);
    char *copy = status == SQLITE_OK ? strdup(sql) : NULL;
    if (copy == NULL) {
        remember(s, status ? status : SQLITE_NOMEM);
        sqlite3_finalize(st);
        return NULL;
    }
    struct kept *k = s->kept_count < KEPT_MAX ? &s->kept[s->kept_count++] : &s->kept[s->next++ % KEPT_MAX];
    sqlite3_finalize(k->st);
    free(k->sql);
    k->sql = copy;
    k->st = st;
    for (int i = 1; i <= ARGS_MAX; i++) {
        char name[16];
        snprintf(name, sizeof name, "$%d", i);
        k->at[i] = sqlite3_bind_parameter_index(st, name);
    }
    return k;
}

static void bind(sqlite3_stmt *st, int at, const struct db_arg *arg)
{
    if (at == 0) return;
    if (arg->type == DB_IS_INT) sqlite3_bind_int64(st, at, arg->number);
    else if (arg->type == DB_IS_BLOB && arg->text) sqlite3_bind_blob64(st, at, arg->text, (sqlite3_uint64)arg->number, SQLITE_STATIC);
    else if (arg->text) sqlite3_bind_text(st, at, arg->text, -1, SQLITE_STATIC);
    else sqlite3_bind_null(st, at);
}

static void ask(struct db *db, const char *sql, const struct db_arg *args, size_t count)
{
    struct sqlite *s = of(db);
    s->status = SQLITE_OK;
    struct kept *k = keep(s, sql);
    s->now = k ? k->st : NULL;
    for (size_t i = 0; k && i < count && i < ARGS_MAX; i++)
        bind(k->st, k->at[i + 1], &args[i]);
}

static bool row(struct db *db)
{
    struct sqlite *s = of(db);
    if (s->now == NULL || (s->status != SQLITE_OK && s->status != SQLITE_ROW)) return false;
    int status = sqlite3_step(s->now);
    if (status == SQLITE_ROW || status == SQLITE_DONE) s->status = status;
    else remember(s, status);
    return status == SQLITE_ROW;
}

static const char *text(struct db *db, int column) { return (const char *)sqlite3_column_text(of(db)->now, column); }
static int64_t number(struct db *db, int column) { return sqlite3_column_int64(of(db)->now, column); }

static int64_t blob(struct db *db, int column, void *dst, size_t size)
{
    const void *bytes = sqlite3_column_blob(of(db)->now, column);
    int len = sqlite3_column_bytes(of(db)->now, column);
    if (sqlite3_column_type(of(db)->now, column) == SQLITE_NULL || (size_t)len > size) return -1;
    if (len > 0) memcpy(dst, bytes, (size_t)len);
    return len;
}

static sqlite3 *handle(struct db *db) { return of(db)->lib; }

static int64_t end(struct db *db)
{
    struct sqlite *s = of(db);
    int64_t changed = s->lib ? sqlite3_changes64(s->lib) : 0;
    if (s->now) {
        int status = sqlite3_reset(s->now);
        if (status != SQLITE_OK && (s->status == SQLITE_ROW || s->status == SQLITE_DONE)) remember(s, status);
        if (s->status == SQLITE_OK) s->status = SQLITE_DONE; /* never stepped */
    } else if (s->status == SQLITE_OK) {
        s->status = SQLITE_ERROR;
    }
    s->now = NULL;
    return s->status == SQLITE_ROW || s->status == SQLITE_DONE ? changed : -1;
}

static int load(struct db *db, const char *table, size_t columns)
{
    struct sqlite *s = of(db);
    char sql[400];
    int len = snprintf(sql, sizeof sql, "INSERT INTO %s VALUES (?", table);
    for (size_t i = 1; i < columns; i++)
        len += snprintf(sql + len, sizeof sql - (size_t)len, ",?");
    snprintf(sql + len, sizeof sql - (size_t)len, ")");
    s->load_columns = columns;
    s->status = sqlite3_prepare_v2(s->lib, sql, -1, &s->load, NULL);
    if (s->status == SQLITE_OK) s->status = sqlite3_exec(s->lib, "SAVEPOINT load", NULL, NULL, NULL);
    if (s->status != SQLITE_OK) remember(s, s->status);
    return s->status == SQLITE_OK ? 0 : -1;
}

static int load_row(struct db *db, const struct db_arg *values)
{
    struct sqlite *s = of(db);
    for (size_t i = 0; i < s->load_columns; i++)
        bind(s->load, (int)i + 1, &values[i]);
    int status = sqlite3_step(s->load);
    if (status != SQLITE_DONE) remember(s, status);
    sqlite3_reset(s->load);
    return status == SQLITE_DONE ? 0 : -1;
}

static int load_end(struct db *db)
{
    struct sqlite *s = of(db);
    sqlite3_finalize(s->load);
    s->load = NULL;
    int status = sqlite3_exec(s->lib, "RELEASE load", NULL, NULL, NULL);
    if (status != SQLITE_OK) remember(s, status);
    return status == SQLITE_OK ? 0 : -1;
}

static const char *why(const struct db *db) { return ((const struct sqlite *)db)->why; }

static void close_db(struct db *db)
{
    struct sqlite *s = of(db);
    for (size_t i = 0; i < s->kept_count; i++) {
        sqlite3_finalize(s->kept[i].st);
        free(s->kept[i].sql);
    }
    sqlite3_finalize(s->load);
    sqlite3_close(s->lib); /* what isn't committed never was */
    free(s);
}

static int script(struct db *db, const char *sql)
{
    struct sqlite *s = of(db);
    int status = sqlite3_exec(s->lib, sql, NULL, NULL, NULL);
    if (status != SQLITE_OK) remember(s, status);
    return status == SQLITE_OK ? 0 : -1;
}

static const struct db_ops ops = {.ask = ask, .row = row, .text = text, .number = number, .blob = blob, .end = end, .load = load, .load_row = load_row,
                                  .load_end = load_end, .script = script, .sqlite = handle, .why = why, .close = close_db};

/* The log and synchronous=FULL are asked for, and the answer is read back. */
static bool ready(struct sqlite *s)
{
    bool good = sqlite3_busy_timeout(s->lib, WAIT_MS) == SQLITE_OK &&
                script(&s->db, "PRAGMA synchronous=FULL; PRAGMA recursive_triggers=ON; PRAGMA trusted_schema=OFF") == 0 &&
                script(&s->db, s->db.books->pragmas) == 0;
    db_ask(&s->db, "PRAGMA journal_mode=WAL", DB_NO_ARGS);
    good = good && db_row(&s->db) && sqlite3_stricmp(db_text(&s->db, 0), "wal") == 0;
    return db_end(&s->db) >= 0 && good && db_number(&s->db, "PRAGMA synchronous", DB_NO_ARGS, 0) == 2 &&
           db_number(&s->db, "PRAGMA recursive_triggers", DB_NO_ARGS, 0) == 1;
}

static struct db *not_opened(struct sqlite *s, const char *path, const struct db_books *books, const char *why, bool missing, struct error *err)
{
    error_set(err, "%s were not opened", books->name);
    error_where(err, "%s", path);
    error_why(err, "%s", why);
    if (missing) error_remedy(err, "name the right file in the settings, or make it: %s", books->init);
    else error_remedy(err, "see that the folder is there, that the file is %s's books and may be written, and that the disk has room", books->kind);
    if (s) close_db(&s->db);
    return NULL;
}

struct db *db_sqlite_open(const char *path, const struct db_books *books, bool make, struct error *err)
{
    struct sqlite *s = calloc(1, sizeof *s);
    if (s == NULL) return not_opened(NULL, path, books, "no memory", false, err);
    s->db = (struct db){.ops = &ops, .books = books, .kind = DB_SQLITE};
    if (!make && access(path, F_OK) != 0) return not_opened(s, path, books, "there is no such file", true, err);
    char what[80];
    snprintf(what, sizeof what, "%s were not opened", books->name);
    if (guard_secret(what, path, err) != 0) return close_db(&s->db), NULL;
    mode_t mask = umask(077);
    int status = sqlite3_open_v2(path, &s->lib, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (make ? SQLITE_OPEN_CREATE : 0), NULL);
    bool good = status == SQLITE_OK && ready(s);
    umask(mask);
    if (good) return &s->db;
    return not_opened(s, path, books, s->lib ? sqlite3_errmsg(s->lib) : "no memory", false, err);
}
