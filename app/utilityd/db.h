/* Connections to the utility's books: reads, imports and small writes. (Posting has
 * a store of its own, store.h.) */
#ifndef UTILITYD_DB_H
#define UTILITYD_DB_H

#include "base/db.h"

/* where: a file's path, or postgresql://…; the books must stand there. NULL with err. */
struct db *utility_db_open(const char *where, struct error *err);
/* Makes the tables when there are none. */
int utility_db_make(const char *where, struct error *err);

#endif
