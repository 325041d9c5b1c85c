#include "utilityd/store.h"

#include "utilityd/db.h"

struct store *store_open(const char *where, struct error *err)
{
    return db_kind_of(where) == DB_POSTGRES ? store_pg_open(where, err) : store_sqlite_open(where, err);
}
