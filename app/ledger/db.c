/* Statements found by their SQL, one transaction, and what failed is said once. */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "ledger/inside.h"

static const char cannot_go_on[] = "the branch's ledger can't be gone on with";
static const char restart[] = "see that the disk has room and works, then start the program again";

enum ledger_result ledger_fail(struct ledger *ledger, struct error *err, const char *where, const char *why)
{
    if (!ledger->broken[0]) /* the first reason is the one that matters */
        snprintf(ledger->broken, sizeof ledger->broken, "%.150s: %.240s", where, why);
    error_all(err, cannot_go_on, where, why, restart);
    return LEDGER_BROKEN;
}

static enum ledger_result still_broken(const struct ledger *ledger, struct error *err)
{
    error_all(err, cannot_go_on, NULL, ledger->broken, restart);
    return LEDGER_BROKEN;
}

static enum ledger_result fail_sql(struct ledger *ledger, struct error *err, const char *sql)
{
    char where[160];
    snprintf(where, sizeof where, "%.120s", sql);
    return ledger_fail(ledger, err, where, sqlite3_errmsg(ledger->db));
}

const char *ledger_broken(const struct ledger *ledger) { return ledger->broken; }

enum ledger_result ledger_refuse(struct error *err, enum ledger_result result, const char *what, const char *remedy,
                                 const char *why_fmt, ...)
{
    char why[240];
    va_list args;
    va_start(args, why_fmt);
    vsnprintf(why, sizeof why, why_fmt, args);
    va_end(args);
    error_all(err, what, NULL, why, remedy);
    return result;
}

/* --- statements ----------------------------------------------------------------------- */

/* Literals live as long as the program, so an address is a name. */
static sqlite3_stmt *prepared(struct ledger *ledger, struct error *err, const char *sql)
{
    size_t slot = ((uintptr_t)sql >> 3) * 2654435761u % LEDGER_STATEMENTS;
    for (int tries = 0; tries < LEDGER_STATEMENTS; tries++, slot = (slot + 1) % LEDGER_STATEMENTS) {
        if (ledger->statements[slot].sql == sql)
            return ledger->statements[slot].statement;
        if (ledger->statements[slot].sql)
            continue;
        if (sqlite3_prepare_v3(ledger->db, sql, -1, SQLITE_PREPARE_PERSISTENT,
                               &ledger->statements[slot].statement, NULL) != SQLITE_OK) {
            fail_sql(ledger, err, sql);
            return NULL;
        }
        ledger->statements[slot].sql = sql;
        return ledger->statements[slot].statement;
    }
    ledger_fail(ledger, err, sql, "more statements than the cache holds");
    return NULL;
}

static int bind(sqlite3_stmt *statement, int index, const struct sql_value *value)
{
    switch (value->kind) {
    case SQL_INT: return sqlite3_bind_int64(statement, index, value->number);
    case SQL_TEXT: return sqlite3_bind_text(statement, index, value->data, -1, SQLITE_TRANSIENT);
    case SQL_BLOB: return sqlite3_bind_blob64(statement, index, value->data, value->size, SQLITE_TRANSIENT);
    default: return sqlite3_bind_null(statement, index);
    }
}

sqlite3_stmt *sql_start(struct ledger *ledger, struct error *err, const char *sql, const struct sql_value *values, int count)
{
    if (ledger->broken[0]) {
        still_broken(ledger, err);
        return NULL;
    }
    sqlite3_stmt *statement = prepared(ledger, err, sql);
    if (!statement)
        return NULL;
    assert(!sqlite3_stmt_busy(statement)); /* two walks at once over one statement would lose rows */
    assert(sqlite3_bind_parameter_count(statement) == count);
    for (int i = 0; i < count; i++)
        if (bind(statement, i + 1, &values[i]) != SQLITE_OK) {
            fail_sql(ledger, err, sql);
            return NULL;
        }
    return statement;
}

void sql_stop(sqlite3_stmt *statement)
{
    sqlite3_reset(statement);
}

static bool store_text(sqlite3_stmt *statement, int column, char *text, size_t size)
{
    const char *value = (const char *)sqlite3_column_text(statement, column);
    return text_copy(text, size, value ? value : "");
}

static bool store_blob(sqlite3_stmt *statement, int column, void *data, size_t size)
{
    const void *value = sqlite3_column_blob(statement, column);
    memset(data, 0, size);
    if (sqlite3_column_type(statement, column) == SQLITE_NULL)
        return true;
    if ((size_t)sqlite3_column_bytes(statement, column) != size)
        return false;
    memcpy(data, value, size);
    return true;
}

static bool store(sqlite3_stmt *statement, int column, const struct sql_into *into)
{
    int64_t number;
    switch (into->kind) {
    case INTO_TEXT: return store_text(statement, column, into->data, into->size);
    case INTO_BLOB: return store_blob(statement, column, into->data, into->size);
    case INTO_INT64: *(int64_t *)into->data = sqlite3_column_int64(statement, column); return true;
    case INTO_BOOL: *(bool *)into->data = sqlite3_column_int64(statement, column) != 0; return true;
    default:
        number = sqlite3_column_int64(statement, column);
        *(int *)into->data = (int)number;
        return number == (int)number;
    }
}

int sql_next(struct ledger *ledger, struct error *err, sqlite3_stmt *statement, const struct sql_into *into, int columns)
{
    int rc = sqlite3_step(statement);
    if (rc == SQLITE_DONE) {
        sqlite3_reset(statement);
        return 0;
    }
    if (rc != SQLITE_ROW) {
        fail_sql(ledger, err, sqlite3_sql(statement));
        sqlite3_reset(statement);
        return -1;
    }
    assert(columns <= sqlite3_column_count(statement));
    for (int i = 0; i < columns; i++)
        if (!store(statement, i, &into[i])) {
            char where[160];
            snprintf(where, sizeof where, "column %s of %.100s", sqlite3_column_name(statement, i), sqlite3_sql(statement));
            ledger_fail(ledger, err, where, "holds a value that is too large for it");
            sqlite3_reset(statement);
            return -1;
        }
    return 1;
}

int sql_one(struct ledger *ledger, struct error *err, const char *sql, const struct sql_value *values, int count,
            const struct sql_into *into, int columns)
{
    sqlite3_stmt *statement = sql_start(ledger, err, sql, values, count);
    int got = statement ? sql_next(ledger, err, statement, into, columns) : -1;
    if (got == 1)
        sqlite3_reset(statement);
    return got;
}

enum ledger_result sql_run(struct ledger *ledger, struct error *err, const char *sql, const struct sql_value *values, int count)
{
    sqlite3_stmt *statement = sql_start(ledger, err, sql, values, count);
    int got;
    if (!statement)
        return LEDGER_BROKEN;
    while ((got = sql_next(ledger, err, statement, NULL, 0)) == 1)
        ;
    return got ? LEDGER_BROKEN : LEDGER_OK;
}

int64_t sql_changes(const struct ledger *ledger) { return sqlite3_changes64(ledger->db); }
int64_t sql_last_id(const struct ledger *ledger) { return sqlite3_last_insert_rowid(ledger->db); }

/* --- one transaction --------------------------------------------------------------------- */

enum ledger_result ledger_begin(struct ledger *ledger, struct error *err)
{
    assert(!ledger->begun);
    enum ledger_result r = sql_run(ledger, err, ledger->group ? "SAVEPOINT act" : "BEGIN IMMEDIATE", BIND_NOTHING);
    if (r != LEDGER_OK)
        return r;
    int64_t now_ms = clock_now_ms(&ledger->world.clock);
    ledger->begun = true;
    ledger->keep = ledger->stamped = false;
    /* a time that nobody believes is not written down: after a restart it would be the last record's */
    ledger->now_ms = now_ms > ledger->latest_ms && !ledger->clock_wrong ? now_ms : ledger->latest_ms;
    return LEDGER_OK;
}

void ledger_keep(struct ledger *ledger) { ledger->keep = true; }
int64_t ledger_now(const struct ledger *ledger) { return ledger->now_ms; }

/* A walk left open would hold an old snapshot and, with it, the WAL's end. */
static void end_walks(struct ledger *ledger)
{
    for (sqlite3_stmt *s = sqlite3_next_stmt(ledger->db, NULL); s; s = sqlite3_next_stmt(ledger->db, s))
        if (sqlite3_stmt_busy(s))
            sqlite3_reset(s);
}

static void roll_back(struct ledger *ledger)
{
    /* straight to SQLite: it must work on a broken ledger too */
    if (!sqlite3_get_autocommit(ledger->db))
        sqlite3_exec(ledger->db, ledger->group ? "ROLLBACK TO act; RELEASE act" : "ROLLBACK", NULL, NULL, NULL);
}

static enum ledger_result commit(struct ledger *ledger, struct error *err)
{
    enum ledger_result r = LEDGER_OK;
    if (!ledger->stamped)
        r = sql_run(ledger, err, "UPDATE branch SET latest_ms = ?1", BIND(sql_int(ledger->now_ms)));
    if (r == LEDGER_OK)
        r = sql_run(ledger, err, ledger->group ? "RELEASE act" : "COMMIT", BIND_NOTHING);
    if (r == LEDGER_OK)
        ledger->latest_ms = ledger->now_ms;
    return r;
}

enum ledger_result ledger_end(struct ledger *ledger, enum ledger_result result, struct error *err)
{
    if (!ledger->begun)
        return result;
    ledger->begun = false;
    end_walks(ledger);
    if (ledger->broken[0])
        result = LEDGER_BROKEN;
    if (result == LEDGER_OK || (result != LEDGER_BROKEN && ledger->keep)) {
        if (commit(ledger, NULL) == LEDGER_OK)
            return result;
        result = still_broken(ledger, err);
    }
    roll_back(ledger);
    return result;
}

/* --- many acts, one commit ------------------------------------------------------------------- */

enum ledger_result ledger_group_begin(struct ledger *ledger, struct error *err)
{
    assert(!ledger->begun && !ledger->group);
    enum ledger_result r = sql_run(ledger, err, "BEGIN IMMEDIATE", BIND_NOTHING);
    ledger->group = r == LEDGER_OK;
    return r;
}

enum ledger_result ledger_group_end(struct ledger *ledger, struct error *err)
{
    assert(!ledger->begun);
    if (!ledger->group)
        return ledger->broken[0] ? still_broken(ledger, err) : LEDGER_OK;
    ledger->group = false;
    end_walks(ledger);
    enum ledger_result r = ledger->broken[0] ? LEDGER_BROKEN : sql_run(ledger, NULL, "COMMIT", BIND_NOTHING);
    if (r != LEDGER_OK)
        r = still_broken(ledger, err);
    roll_back(ledger);
    return r;
}
