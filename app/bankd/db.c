/* Connections to the bank's books: making them, reading them, writing the journal. */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bankd/bank.h"
#include "bankd/accounts.sql.h"
#include "bankd/schema.sql.h"
#include "base/guard.h"

#define WAIT_MS 20000 /* for the journal's commits */
#define IS_OURS "SELECT count(*) FROM sqlite_schema WHERE name IN ('message', 'account')"

int bank_db_failed(sqlite3 *db, const char *what, struct error *err)
{
    error_set(err, "%s", what);
    error_where(err, "the bank's books");
    error_why(err, "%s", db ? sqlite3_errmsg(db) : "no memory");
    return error_remedy(err, "see that the disk has room and that the file is whole: bankd verify");
}

static int64_t one(sqlite3 *db, const char *sql, char *text, size_t size)
{
    sqlite3_stmt *q = NULL;
    int64_t value = -1;
    if (sqlite3_prepare_v2(db, sql, -1, &q, NULL) == SQLITE_OK && sqlite3_step(q) == SQLITE_ROW) {
        value = sqlite3_column_int64(q, 0);
        const unsigned char *got = sqlite3_column_text(q, 0);
        if (text) snprintf(text, size, "%s", got ? (const char *)got : "");
    }
    sqlite3_finalize(q);
    return value;
}

int64_t bank_db_int(sqlite3 *db, const char *sql) { return one(db, sql, NULL, 0); }

/* WAL and synchronous=FULL are asked for, and the answer is read back. */
static bool ready(sqlite3 *db)
{
    char mode[16] = "";
    if (sqlite3_busy_timeout(db, WAIT_MS) != SQLITE_OK ||
        sqlite3_exec(db, "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA recursive_triggers=ON;"
                         "PRAGMA trusted_schema=OFF", NULL, NULL, NULL) != SQLITE_OK)
        return false;
    one(db, "PRAGMA journal_mode=WAL", mode, sizeof mode);
    return sqlite3_stricmp(mode, "wal") == 0 && bank_db_int(db, "PRAGMA synchronous") == 2 &&
           bank_db_int(db, "PRAGMA recursive_triggers") == 1;
}

sqlite3 *bank_db(const struct bank *b, struct error *err)
{
    const char *path = b->settings.store;
    sqlite3 *db = NULL;
    if (access(path, F_OK) != 0) {
        error_all(err, "the bank's books were not opened", path, "there is no such file", "make it: bankd init");
        return NULL;
    }
    if (guard_secret("the bank's books were not opened", path, err) != 0) return NULL;
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK && ready(db) &&
        bank_db_int(db, IS_OURS) == 2)
        return db;
    error_all(err, "the bank's books were not opened", path,
              sqlite3_errcode(db) != SQLITE_OK && sqlite3_errcode(db) != SQLITE_ROW && sqlite3_errcode(db) != SQLITE_DONE
                  ? sqlite3_errmsg(db) : "this file is not the books of a bank", "make it: bankd init");
    sqlite3_close(db);
    return NULL;
}

/* Books that were made before there were accounts get them. */
static int put_schema(sqlite3 *db)
{
    static const char begin[] = "BEGIN IMMEDIATE", commit[] = "COMMIT";
    if (!ready(db)) return -1;
    const char *const steps[] = {
        begin, bank_db_int(db, "SELECT count(*) FROM sqlite_schema WHERE name='message'") == 1 ? "" : schema_sql,
        bank_db_int(db, "SELECT count(*) FROM sqlite_schema WHERE name='account'") == 1 ? "" : accounts_sql, commit};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (sqlite3_exec(db, steps[i], NULL, NULL, NULL) != SQLITE_OK) return -1;
    return 0;
}

int bank_make(const struct bank *b, struct error *err)
{
    sqlite3 *db = NULL;
    mode_t mask = umask(077);
    int status = sqlite3_open_v2(b->settings.store, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
    status = status == SQLITE_OK ? put_schema(db) : -1;
    if (status != 0) {
        error_set(err, "the bank's books were not made");
        error_where(err, "%s", b->settings.store);
        error_why(err, "%s", db ? sqlite3_errmsg(db) : "no memory");
        error_remedy(err, "see that the folder is there and can be written by this user");
    }
    sqlite3_close(db);
    umask(mask);
    return status;
}
