/* Books in PostgreSQL: the connection, its pipeline, the known stations. */
#include "utilityd/store_pg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "utilityd/db.h"

/* Look-ups alone: a plan made while the tables are small becomes a hash join over
 * all of them later, so such plans are forbidden on this connection. */
static const char greeting[] =
    "SET client_encoding='UTF8'; SET client_min_messages=warning; SET synchronous_commit=on;"
    "SET jit=off; SET enable_hashjoin=off; SET enable_mergejoin=off; SET enable_seqscan=off; SET plan_cache_mode=force_generic_plan";

static int failed(struct pg_store *s, const char *where, const PGresult *r, struct error *err)
{
    static const char *const meetings[] = {"23505", "40001", "40P01"};
    const char *state = r ? PQresultErrorField(r, PG_DIAG_SQLSTATE) : NULL;
    char why[240];
    for (size_t i = 0; i < sizeof meetings / sizeof *meetings; i++)
        s->store.again = s->store.again || (state && strcmp(state, meetings[i]) == 0);
    s->store.lost = s->store.lost || PQstatus(s->lib) != CONNECTION_OK;
    snprintf(why, sizeof why, "%s", r ? PQresultErrorMessage(r) : PQerrorMessage(s->lib));
    why[strcspn(why, "\n")] = '\0';
    return error_all(err, "the utility's books could not be used", where, why, "see that PostgreSQL runs and its disk has room");
}

int64_t pg_reference(const struct key *key) { return strtoll(key->ref, NULL, 10); }

/* --- the pipeline ----------------------------------------------------------------- */

struct pg_array *pg_array_of(struct pg_store *s, int index)
{
    pg_array_start(&s->arrays[index]);
    return &s->arrays[index];
}

int pg_queue(struct pg_store *s, enum pg_sql sql, int count, struct error *err)
{
    const char *values[PG_ARRAYS];
    char name[16];
    for (int i = 0; i < count; i++) {
        values[i] = pg_array_end(&s->arrays[i]);
        if (s->arrays[i].failed) return error_all(err, "payments not posted", NULL, "out of memory", NULL);
    }
    snprintf(name, sizeof name, "p%d", (int)sql);
    s->queued++;
    return PQsendQueryPrepared(s->lib, name, count, values, NULL, NULL, 0) == 1 ? 0 : failed(s, pg_texts[sql], NULL, err);
}

/* The results of one statement; its last one is NULL. */
static int take_results(struct pg_store *s, enum pg_sql sql, pg_take *take, void *ctx, struct error *err)
{
    int status = 0;
    PGresult *r;
    while ((r = PQgetResult(s->lib)) != NULL) {
        ExecStatusType is = PQresultStatus(r);
        if (is == PGRES_PIPELINE_ABORTED) status = -1;
        else if (is != PGRES_TUPLES_OK && is != PGRES_COMMAND_OK) status = failed(s, pg_texts[sql], r, err);
        else if (sql == PG_COMMIT && strcmp(PQcmdStatus(r), "COMMIT") != 0) status = error_all(err, "payments not posted", NULL, "the database rolled back", NULL);
        else if (take && status == 0) status = take(s, sql, r, ctx, err);
        PQclear(r);
    }
    if (PQstatus(s->lib) != CONNECTION_OK) status = failed(s, pg_texts[sql], NULL, err);
    return status;
}

int pg_run(struct pg_store *s, const enum pg_sql *queued, size_t count, pg_take *take, void *ctx, struct error *err)
{
    int status = PQpipelineSync(s->lib) == 1 ? 0 : failed(s, "pipeline", NULL, err);
    struct error first, *into = err;
    s->queued = 0;
    for (size_t i = 0; i < count && PQstatus(s->lib) == CONNECTION_OK; i++)
        if (take_results(s, queued[i], status == 0 ? take : NULL, ctx, into) != 0 && status == 0) {
            status = -1;
            into = &first; /* what follows fails because this did */
        }
    /* only the sync says that the whole was done */
    PGresult *r = PQstatus(s->lib) == CONNECTION_OK ? PQgetResult(s->lib) : NULL;
    if (status == 0 && PQresultStatus(r) != PGRES_PIPELINE_SYNC) status = failed(s, "pipeline", r, err);
    PQclear(r);
    return status;
}

/* --- stations --------------------------------------------------------------------- */

static struct pg_station *place_of(struct pg_store *s, const struct key *key)
{
    uint64_t hash = UINT64_C(1469598103934665603);
    for (const char *p = key->bank; *p; p++) hash = (hash ^ (unsigned char)*p) * UINT64_C(1099511628211);
    for (const char *p = key->branch; *p; p++) hash = (hash ^ (unsigned char)*p) * UINT64_C(1099511628211);
    for (size_t i = 0; i < PG_STATIONS; i++) {
        struct pg_station *at = &s->stations[(hash + i) % PG_STATIONS];
        if (at->id == 0 || (strcmp(at->bank, key->bank) == 0 && strcmp(at->branch, key->branch) == 0)) return at;
    }
    return &s->stations[0];
}

static int64_t ask_station(struct pg_store *s, enum pg_sql sql, const struct key *key, struct error *err)
{
    const char *values[] = {key->bank, key->branch};
    char name[16];
    snprintf(name, sizeof name, "p%d", (int)sql);
    PQexitPipelineMode(s->lib);
    PGresult *r = PQexecPrepared(s->lib, name, 2, values, NULL, NULL, 0);
    ExecStatusType is = PQresultStatus(r);
    int64_t id = is == PGRES_TUPLES_OK && PQntuples(r) ? strtoll(PQgetvalue(r, 0, 0), NULL, 10) : 0;
    if (is != PGRES_TUPLES_OK && is != PGRES_COMMAND_OK) {
        failed(s, pg_texts[sql], r, err);
        id = -1;
    }
    PQclear(r);
    PQenterPipelineMode(s->lib);
    return id;
}

/* Before the transaction: a station is there for ever once it is there. */
static int find_station(struct pg_store *s, const struct key *key, int64_t *id, struct error *err)
{
    struct pg_station *at = place_of(s, key);
    bool here = at->id && strcmp(at->bank, key->bank) == 0 && strcmp(at->branch, key->branch) == 0;
    *id = here ? at->id : ask_station(s, PG_STATION_READ, key, err);
    if (*id == 0 && ask_station(s, PG_STATION_ADD, key, err) >= 0) *id = ask_station(s, PG_STATION_READ, key, err);
    if (*id <= 0) return -1;
    if (at->id == 0 && s->station_count < PG_STATIONS / 2) {
        s->station_count++;
        at->id = *id;
        text_copy(at->bank, sizeof at->bank, key->bank);
        text_copy(at->branch, sizeof at->branch, key->branch);
    }
    return 0;
}

/* --- the connection --------------------------------------------------------------- */

/* The books say it, so that all front ends do alike. */
static bool keys_are_claimed(struct pg_store *s)
{
    PGresult *r = PQexec(s->lib, "SELECT 1 FROM setting WHERE name='key_lock' AND value='claim'");
    bool claimed = PQresultStatus(r) == PGRES_TUPLES_OK && PQntuples(r) == 1;
    PQclear(r);
    return claimed;
}

static int prepare(struct pg_store *s, struct error *err)
{
    PGresult *r = PQexec(s->lib, greeting);
    bool good = PQresultStatus(r) == PGRES_COMMAND_OK, claims = good && keys_are_claimed(s);
    for (int i = 0; i < PG_SQL_COUNT && good; i++) {
        char name[16];
        snprintf(name, sizeof name, "p%d", i);
        PQclear(r);
        r = PQprepare(s->lib, name, i == PG_LOCK_KEYS && claims ? pg_claim_keys : pg_texts[i], 0, NULL);
        good = PQresultStatus(r) == PGRES_COMMAND_OK;
    }
    if (!good) failed(s, "preparing", r, err);
    PQclear(r);
    if (!good) return -1;
    return PQenterPipelineMode(s->lib) == 1 ? 0 : failed(s, "pipeline", NULL, err);
}

/* A connection that was lost is made anew before the next group. */
static int revive(struct pg_store *s, struct error *err)
{
    if (PQstatus(s->lib) == CONNECTION_OK && s->queued == 0) return 0;
    s->open_transaction = false;
    s->queued = s->groups = 0;
    PQreset(s->lib);
    return PQstatus(s->lib) == CONNECTION_OK ? prepare(s, err) : failed(s, "connecting again", NULL, err);
}

static void rollback(struct pg_store *s)
{
    static const enum pg_sql one[] = {PG_ROLLBACK};
    bool again = s->store.again, lost = s->store.lost;
    if (s->open_transaction && s->queued == 0 && PQstatus(s->lib) == CONNECTION_OK && pg_queue(s, PG_ROLLBACK, 0, NULL) == 0) pg_run(s, one, 1, NULL, NULL, NULL);
    s->open_transaction = false;
    s->store.again = again;
    s->store.lost = lost || PQstatus(s->lib) != CONNECTION_OK;
}

static int read_group(struct store *store, struct group *group, struct error *err)
{
    struct pg_store *s = (struct pg_store *)store;
    store->again = store->lost = false;
    if (revive(s, err) != 0) return -1;
    s->groups++;
    for (size_t i = 0; i < group->key_count; i++)
        if (find_station(s, &group->keys[i].key, &group->station[i], err) != 0) return -1;
    s->open_transaction = true;
    if (pg_read_group(s, group, err) == 0) return 0;
    rollback(s);
    return -1;
}

/* A plan is made for the tables as they are: anew as often as they may have grown twofold. */
static void rest(struct store *store)
{
    static const enum pg_sql one[] = {PG_FORGET_PLANS};
    struct pg_store *s = (struct pg_store *)store;
    if (s->open_transaction || s->queued || PQstatus(s->lib) != CONNECTION_OK || (s->groups & (s->groups - 1)) != 0) return;
    if (pg_queue(s, PG_FORGET_PLANS, 0, NULL) == 0) pg_run(s, one, 1, NULL, NULL, NULL);
}

static int write_group(struct store *store, struct group *group, struct error *err)
{
    struct pg_store *s = (struct pg_store *)store;
    store->again = store->lost = false;
    if (pg_write_group(s, group, err) == 0) {
        s->open_transaction = false;
        return 0;
    }
    rollback(s);
    return -1;
}

static void close_store(struct store *store)
{
    struct pg_store *s = (struct pg_store *)store;
    for (int i = 0; i < PG_ARRAYS; i++)
        pg_array_free(&s->arrays[i]);
    free(s->stations);
    PQfinish(s->lib);
    free(store->group);
    free(s);
}

static const struct store_ops ops = {read_group, write_group, rest, close_store};

struct store *store_pg_open(const char *where, struct error *err)
{
    struct pg_store *s = calloc(1, sizeof *s);
    if (s) s->stations = calloc(PG_STATIONS, sizeof *s->stations);
    if (s == NULL || s->stations == NULL) {
        free(s);
        return error_all(err, "the utility's books were not opened", NULL, "out of memory", NULL), NULL;
    }
    s->store.ops = &ops;
    s->lib = PQconnectdb(where);
    if (PQstatus(s->lib) != CONNECTION_OK) failed(s, "connecting", NULL, err);
    else if (prepare(s, err) == 0) return &s->store;
    close_store(&s->store);
    return NULL;
}
