/* Which legal moves of the ledger's state machine (schema.sql, `move`) were made: with MOVES_SEEN=file in
 * the environment each that is made through a watched connection is a line there, "thing|was|becomes". */
#ifndef TESTS_MOVES_H
#define TESTS_MOVES_H

#include <sqlite3.h>

void moves_watch(sqlite3 *db);
/* Before it is closed; what was rolled back is not among them. */
void moves_tell(sqlite3 *db);

#endif
