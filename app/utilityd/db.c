/* Connections to the books beside the posting one: import, queries, checks. */
#include <string.h>
#include <unistd.h>

#include "utilityd/utilityd.h"

#define WAIT_MS 20000 /* for the posting connection's commits */

int utility_db_failed(sqlite3 *db, const char *what, struct error *err)
{
    error_set(err, "%s", what);
    error_where(err, "the utility's books");
    error_why(err, "%s", db ? sqlite3_errmsg(db) : "no memory");
    return error_remedy(err, "see that the disk has room; nothing was half done");
}

sqlite3 *utility_db(const struct utility *u, struct error *err)
{
    const char *path = u->settings.store;
    sqlite3 *db = NULL;
    if (access(path, F_OK) != 0) {
        error_all(err, "the utility's books were not opened", path, "there is no such file", "make it: utilityd init");
        return NULL;
    }
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
        sqlite3_busy_timeout(db, WAIT_MS) == SQLITE_OK &&
        sqlite3_exec(db, "PRAGMA synchronous=FULL; PRAGMA recursive_triggers=ON; PRAGMA trusted_schema=OFF;"
                         "PRAGMA temp_store=MEMORY", NULL, NULL, NULL) == SQLITE_OK &&
        utility_db_int(db, "SELECT count(*) FROM sqlite_schema WHERE name='payment'") == 1)
        return db;
    error_all(err, "the utility's books were not opened", path,
              sqlite3_errcode(db) ? sqlite3_errmsg(db) : "this file is not the books of a utility", "make it: utilityd init");
    sqlite3_close(db);
    return NULL;
}

int64_t utility_db_int(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *q = NULL;
    int64_t value = -1;
    if (sqlite3_prepare_v2(db, sql, -1, &q, NULL) == SQLITE_OK && sqlite3_step(q) == SQLITE_ROW)
        value = sqlite3_column_int64(q, 0);
    sqlite3_finalize(q);
    return value;
}

int utility_audit(sqlite3 *db, int64_t now_ms, const char *who, const char *what)
{
    sqlite3_stmt *q = NULL;
    int status = sqlite3_prepare_v2(db, "INSERT INTO audit (at_ms, who, what) VALUES (?,?,?)", -1, &q, NULL);
    if (status == SQLITE_OK) {
        sqlite3_bind_int64(q, 1, now_ms);
        sqlite3_bind_text(q, 2, who, -1, SQLITE_TRANSIENT);
        sqlite3_bind_text(q, 3, what, -1, SQLITE_TRANSIENT);
        status = sqlite3_step(q);
    }
    sqlite3_finalize(q);
    return status == SQLITE_DONE ? 0 : -1;
}
