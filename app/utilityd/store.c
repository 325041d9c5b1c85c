#include "utilityd/store.h"

#include "utilityd/db.h"

struct store *store_open(const char *where, struct error *err)
{
    return db_kind_of(where) == DB_POSTGRES ? store_pg_open(where, err) : store_sqlite_open(where, err);
}

/* The lock is had when those that write have committed; who comes meanwhile waits for no more than this. */
int64_t store_settled(struct db *db, const char *sql)
{
    if (db_kind(db) == DB_SQLITE) return db_number(db, sql, DB_NO_ARGS, -1);
    if (db_begin(db) != 0) return -1;
    int64_t id = -1;
    if (db_run(db, "SELECT pg_advisory_xact_lock(" STORE_LOCK_POSTS ")", DB_NO_ARGS) >= 0) id = db_number(db, sql, DB_NO_ARGS, -1);
    if (id >= 0 && db_commit(db) == 0) return id;
    db_rollback(db);
    return -1;
}
