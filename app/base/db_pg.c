/* The books in PostgreSQL, or what speaks its protocol. */
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/db_impl.h"

#define KEPT_MAX 64 /* prepared statements */
#define ARGS_MAX 32
#define OID_BYTEA 17
#define OID_INT8 20
#define OID_TEXT 25
#define LINE_MAX_BYTES 40000 /* of a loaded row */

struct pg {
    struct db db;
    PGconn *lib;
    char *kept[KEPT_MAX];
    size_t kept_count;
    PGresult *now; /* the row that is looked at, or the end */
    bool asked, finished, failed;
    int64_t changed;
    size_t load_columns;
    char why[240];
};

static struct pg *of(struct db *db) { return (struct pg *)db; }

static void fail(struct pg *p, const char *why)
{
    snprintf(p->why, sizeof p->why, "%s", why);
    p->why[strcspn(p->why, "\n")] = '\0';
    p->failed = true;
}

static void forget(struct pg *p)
{
    for (size_t i = 0; i < p->kept_count; i++)
        free(p->kept[i]);
    p->kept_count = 0;
}

/* What a connection is told once. */
static bool greet(PGconn *lib)
{
    PGresult *r = PQexec(lib, "SET client_encoding='UTF8'; SET synchronous_commit=on; SET client_min_messages=warning; SET bytea_output=hex; SET jit=off");
    bool good = PQresultStatus(r) == PGRES_COMMAND_OK;
    PQclear(r);
    return good;
}

/* A connection that was lost is made anew, but never in the middle of a transaction. */
static bool alive(struct pg *p)
{
    if (PQstatus(p->lib) == CONNECTION_OK) return true;
    if (p->db.in_transaction) return false;
    forget(p);
    PQreset(p->lib);
    return PQstatus(p->lib) == CONNECTION_OK && greet(p->lib);
}

/* The prepared statement's name. */
static bool keep(struct pg *p, const char *sql, const struct db_arg *args, size_t count, char name[16])
{
    size_t i = 0;
    while (i < p->kept_count && strcmp(p->kept[i], sql) != 0)
        i++;
    snprintf(name, 16, "s%zu", i);
    if (i < p->kept_count) return true;
    static const Oid oids[] = {[DB_IS_INT] = OID_INT8, [DB_IS_TEXT] = OID_TEXT, [DB_IS_BLOB] = OID_BYTEA};
    Oid types[ARGS_MAX];
    for (size_t a = 0; a < count && a < ARGS_MAX; a++)
        types[a] = oids[args[a].type];
    if (i == KEPT_MAX) name[0] = '\0'; /* no room: the unnamed one */
    PGresult *r = PQprepare(p->lib, name, sql, (int)count, types);
    bool good = PQresultStatus(r) == PGRES_COMMAND_OK;
    if (!good) fail(p, PQresultErrorMessage(r));
    PQclear(r);
    if (good && i < KEPT_MAX && (p->kept[i] = strdup(sql)) != NULL) p->kept_count++;
    return good;
}

static void ask(struct db *db, const char *sql, const struct db_arg *args, size_t count)
{
    struct pg *p = of(db);
    const char *values[ARGS_MAX];
    char numbers[ARGS_MAX][24], name[16];
    int sizes[ARGS_MAX], binary[ARGS_MAX];
    p->asked = p->finished = p->failed = false;
    p->changed = 0;
    p->now = NULL;
    if (!alive(p)) {
        fail(p, PQerrorMessage(p->lib));
        return;
    }
    if (!keep(p, sql, args, count, name)) return;
    for (size_t i = 0; i < count && i < ARGS_MAX; i++) {
        if (args[i].type == DB_IS_INT) snprintf(numbers[i], sizeof numbers[i], "%lld", (long long)args[i].number);
        values[i] = args[i].type == DB_IS_INT ? numbers[i] : args[i].text;
        binary[i] = args[i].type == DB_IS_BLOB;
        sizes[i] = binary[i] ? (int)args[i].number : 0;
    }
    p->asked = PQsendQueryPrepared(p->lib, name, (int)count, values, sizes, binary, 0) == 1 && PQsetSingleRowMode(p->lib) == 1;
    if (!p->asked) fail(p, PQerrorMessage(p->lib));
}

static bool row(struct db *db)
{
    struct pg *p = of(db);
    if (!p->asked || p->finished) return false;
    PQclear(p->now);
    p->now = PQgetResult(p->lib);
    ExecStatusType status = PQresultStatus(p->now);
    if (status == PGRES_SINGLE_TUPLE) return true;
    p->finished = true;
    if (p->now && (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)) p->changed = strtoll(PQcmdTuples(p->now), NULL, 10);
    else if (p->now) fail(p, PQresultErrorMessage(p->now));
    if (PQstatus(p->lib) != CONNECTION_OK && !p->failed) fail(p, PQerrorMessage(p->lib));
    return false;
}

static const char *text(struct db *db, int column)
{
    struct pg *p = of(db);
    return PQgetisnull(p->now, 0, column) ? NULL : PQgetvalue(p->now, 0, column);
}

static int64_t number(struct db *db, int column)
{
    const char *value = text(db, column);
    return value ? strtoll(value, NULL, 10) : 0;
}

static int digit(char c) { return c >= 'a' ? c - 'a' + 10 : c - '0'; }

/* "\\x0123…" */
static int64_t blob(struct db *db, int column, void *dst, size_t size)
{
    const char *hex = text(db, column);
    size_t len = hex && hex[0] == '\\' ? strlen(hex + 2) / 2 : 0;
    if (hex == NULL || len > size) return -1;
    for (size_t i = 0; i < len; i++)
        ((unsigned char *)dst)[i] = (unsigned char)(digit(hex[2 + 2 * i]) << 4 | digit(hex[3 + 2 * i]));
    return (int64_t)len;
}

static bool away(const struct db *db) { return PQstatus(((const struct pg *)db)->lib) != CONNECTION_OK; }

static int64_t end(struct db *db)
{
    struct pg *p = of(db);
    while (p->asked && !p->finished)
        row(db);
    PQclear(p->now);
    p->now = NULL;
    for (PGresult *r; p->asked && (r = PQgetResult(p->lib)) != NULL;)
        PQclear(r);
    p->asked = false;
    return p->failed ? -1 : p->changed;
}

/* --- loading ------------------------------------------------------------------------ */

static int load(struct db *db, const char *table, size_t columns)
{
    struct pg *p = of(db);
    char sql[100];
    snprintf(sql, sizeof sql, "COPY %s FROM STDIN", table);
    p->load_columns = columns;
    PGresult *r = PQexec(p->lib, sql);
    bool good = PQresultStatus(r) == PGRES_COPY_IN;
    if (!good) fail(p, PQresultErrorMessage(r));
    PQclear(r);
    return good ? 0 : -1;
}

/* One value in COPY's text form; false: there is no room. */
static bool put(char *line, size_t *used, const char *from)
{
    for (; *from && *used + 4 < LINE_MAX_BYTES; from++) {
        static const char signs[] = "\\\t\n\r", letters[] = "\\tnr";
        const char *special = strchr(signs, *from);
        if (special) line[(*used)++] = '\\';
        line[(*used)++] = special ? letters[special - signs] : *from;
    }
    return *from == '\0';
}

static bool put_value(char *line, size_t *used, const struct db_arg *value)
{
    char number[24];
    if (value->type == DB_IS_INT) snprintf(number, sizeof number, "%lld", (long long)value->number);
    if (value->type == DB_IS_INT || value->text) return put(line, used, value->type == DB_IS_INT ? number : value->text);
    if (*used + 4 >= LINE_MAX_BYTES) return false;
    line[(*used)++] = '\\';
    line[(*used)++] = 'N';
    return true;
}

static int load_row(struct db *db, const struct db_arg *values)
{
    struct pg *p = of(db);
    char line[LINE_MAX_BYTES];
    size_t used = 0;
    for (size_t i = 0; i < p->load_columns; i++) {
        if (i) line[used++] = '\t';
        if (!put_value(line, &used, &values[i])) return fail(p, "a row is too long"), -1;
    }
    line[used++] = '\n';
    if (PQputCopyData(p->lib, line, (int)used) == 1) return 0;
    fail(p, PQerrorMessage(p->lib));
    return -1;
}

static int load_end(struct db *db)
{
    struct pg *p = of(db);
    bool good = PQputCopyEnd(p->lib, NULL) == 1;
    for (PGresult *r; (r = PQgetResult(p->lib)) != NULL; PQclear(r))
        if (PQresultStatus(r) != PGRES_COMMAND_OK) {
            fail(p, PQresultErrorMessage(r));
            good = false;
        }
    return good ? 0 : -1;
}

/* --- opening ------------------------------------------------------------------------- */

static const char *why(const struct db *db) { return ((const struct pg *)db)->why; }

static void close_db(struct db *db)
{
    struct pg *p = of(db);
    forget(p);
    PQclear(p->now);
    PQfinish(p->lib);
    free(p);
}

static int script(struct db *db, const char *sql)
{
    struct pg *p = of(db);
    PGresult *r = PQexec(p->lib, sql);
    bool good = PQresultStatus(r) == PGRES_COMMAND_OK || PQresultStatus(r) == PGRES_TUPLES_OK;
    if (!good) fail(p, PQresultErrorMessage(r));
    PQclear(r);
    return good ? 0 : -1;
}

static const struct db_ops ops = {.ask = ask, .row = row, .text = text, .number = number, .blob = blob, .end = end, .load = load, .load_row = load_row,
                                  .load_end = load_end, .script = script, .away = away, .why = why, .close = close_db};

struct db *db_pg_open(const char *where, const struct db_books *books, struct error *err)
{
    struct pg *p = calloc(1, sizeof *p);
    if (p) {
        p->db = (struct db){.ops = &ops, .books = books, .kind = DB_POSTGRES};
        p->lib = PQconnectdb(where);
        if (PQstatus(p->lib) == CONNECTION_OK && greet(p->lib)) return &p->db;
        fail(p, PQerrorMessage(p->lib));
    }
    /* the address may hold a password: name the place alone */
    const char *at = strrchr(where, '@');
    error_set(err, "%s were not opened", books->name);
    error_where(err, "%s", at ? at + 1 : where);
    error_why(err, "%s", p ? p->why : "no memory");
    error_remedy(err, "see that PostgreSQL runs there and knows user and database");
    if (p) close_db(&p->db);
    return NULL;
}
