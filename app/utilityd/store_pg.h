/* Inside of the PostgreSQL store: one group is two round trips, each a pipeline. */
#ifndef UTILITYD_STORE_PG_H
#define UTILITYD_STORE_PG_H

#include <libpq-fe.h>

#include "base/pg_array.h"
#include "utilityd/store.h"

/* Advisory locks: a key's is its station and reference, a station's its number. */
#define PG_LOCK_KEY(station, reference) ((station) << 40 | (reference))

#define PG_STATIONS 16384 /* places of the table of known stations */
#define PG_ARRAYS 18
#define PG_PIPELINE 16

struct pg_station { int64_t id; char bank[KEY_BANK_SIZE], branch[KEY_BRANCH_SIZE]; };

struct pg_store {
    struct store store; /* first: a struct store * is one of these */
    PGconn *lib;
    bool open_transaction;
    uint64_t groups; /* so many were read over this connection */
    size_t queued; /* statements whose results nobody has taken */
    struct pg_station *stations;
    size_t station_count;
    struct pg_array arrays[PG_ARRAYS];
};

/* Statements by number; each is prepared once a connection. */
enum pg_sql { PG_BEGIN, PG_COMMIT, PG_ROLLBACK, PG_FORGET_PLANS, PG_STATION_READ, PG_STATION_ADD, PG_LOCK_STATIONS, PG_LOCK_KEYS, PG_READ_KEYS,
              PG_READ_CUSTOMERS, PG_READ_PARTS, PG_READ_BILLS, PG_READ_DAYS, PG_LOCK_CHANGES, PG_WRITE_KEYS, PG_DROP_PARTS,
              PG_WRITE_PARTS, PG_WRITE_BILLS, PG_WRITE_CUSTOMERS, PG_WRITE_REVERSALS, PG_WRITE_DAYS, PG_SQL_COUNT };
extern const char *const pg_texts[PG_SQL_COUNT];
extern const char pg_claim_keys[]; /* in the place of PG_LOCK_KEYS, in books that say so */

/* Array `index` afresh; after its last value the statement takes it. */
struct pg_array *pg_array_of(struct pg_store *s, int index);
/* Queues a statement with the first `count` arrays as its parameters. */
int pg_queue(struct pg_store *s, enum pg_sql sql, int count, struct error *err);
/* Ends the pipeline, takes the results in the order they were queued; `take` may
 * be NULL. -1: one failed; what it says is in err and store->again, ->lost. */
typedef int pg_take(struct pg_store *s, enum pg_sql sql, PGresult *r, void *ctx, struct error *err);
int pg_run(struct pg_store *s, const enum pg_sql *queued, size_t count, pg_take *take, void *ctx, struct error *err);
int64_t pg_reference(const struct key *key);

/* The two halves: store_pg_read.c, store_pg_write.c. */
int pg_read_group(struct pg_store *s, struct group *group, struct error *err);
int pg_write_group(struct pg_store *s, struct group *group, struct error *err);

#endif
