/* Connections to the bank's books. */
#include <stdio.h>

#include "bankd/bank.h"
#include "bankd/accounts.sql.h"
#include "bankd/accounts_pg.sql.h"
#include "bankd/schema.sql.h"
#include "bankd/schema_pg.sql.h"
#include "bankd/settle.sql.h"
#include "bankd/settle_pg.sql.h"

#define LOCK_ACCOUNTS "-3"

/* Books that were made before there were accounts get them (bankd init). */
static const struct db_part parts[] = {{"message", schema_sql, schema_pg_sql}, {"account", accounts_sql, accounts_pg_sql},
                                      {"settled", settle_sql, settle_pg_sql}};
static const struct db_books books = {"the bank's books", "a bank", "bankd init", "PRAGMA foreign_keys=ON", parts, sizeof parts / sizeof *parts};

struct db *bank_db(const struct bank *b, struct error *err) { return db_open(b->settings.store, &books, err); }
int bank_make(const struct bank *b, struct error *err) { return db_make(b->settings.store, &books, err); }

/* SQLite has one writer anyway. The lock is a statement of its own: what is read
 * later sees what the one before left. */
int bank_begin(struct db *db)
{
    if (db_begin(db) != 0) return -1;
    return db_kind(db) == DB_POSTGRES && db_run(db, "SELECT pg_advisory_xact_lock(" LOCK_ACCOUNTS ")", DB_NO_ARGS) < 0 ? -1 : 0;
}

const char *bank_beside(const struct bank *b, char *buf, size_t size)
{
    if (db_kind_of(b->settings.store) == DB_SQLITE) snprintf(buf, size, "%s", b->settings.store);
    else snprintf(buf, size, "%s/bank-%s", b->settings.work, b->settings.id);
    return buf;
}
