#include "utilityd/db.h"

#include "utilityd/schema.sql.h"
#include "utilityd/schema_pg.sql.h"

static const struct db_part parts[] = {{"change", schema_sql, schema_pg_sql}};
static const struct db_books books = {"the utility's books", "a utility", "utilityd init", "PRAGMA cache_size=-65536", parts, 1};

struct db *utility_db_open(const char *where, struct error *err) { return db_open(where, &books, err); }
int utility_db_make(const char *where, struct error *err) { return db_make(where, &books, err); }
