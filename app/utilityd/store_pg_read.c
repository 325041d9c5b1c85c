/* First round trip: lock, then read, each in a statement of its own. */
#include "utilityd/store_pg.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* --- taking rows ------------------------------------------------------------------ */

static const char *text(const PGresult *r, int row, int column) { return PQgetvalue(r, row, column); }
static int64_t number(const PGresult *r, int row, int column) { return strtoll(PQgetvalue(r, row, column), NULL, 10); }

static void digest(const PGresult *r, int row, int column, uint8_t out[JUDGE_DIGEST_SIZE])
{
    unsigned byte = 0;
    const char *hex = text(r, row, column);
    if (PQgetlength(r, row, column) != 2 * JUDGE_DIGEST_SIZE) return;
    for (int i = 0; i < 2 * JUDGE_DIGEST_SIZE; i++) {
        byte = byte << 4 | (unsigned)(hex[i] <= '9' ? hex[i] - '0' : hex[i] - 'a' + 10);
        if (i & 1) out[i / 2] = (uint8_t)byte;
    }
}

static int key_at(const struct group *g, int64_t station, int64_t reference)
{
    for (size_t i = 0; i < g->key_count; i++)
        if (g->station[i] == station && pg_reference(&g->keys[i].key) == reference) return (int)i;
    return -1;
}

static void take_key(struct group *g, const PGresult *r, int row)
{
    int at = key_at(g, number(r, row, 0), number(r, row, 1));
    if (at < 0) return;
    struct judge_key *key = &g->keys[at];
    g->row[at] = number(r, row, 2);
    key->state = (enum key_state)number(r, row, 3);
    text_copy(key->code, sizeof key->code, text(r, row, 4));
    text_copy(key->reversal, sizeof key->reversal, text(r, row, 5));
    text_copy(key->approval, sizeof key->approval, text(r, row, 6));
    key->has_content = !PQgetisnull(r, row, 7);
    digest(r, row, 7, key->content);
    digest(r, row, 8, key->origin);
    text_copy(key->customer, sizeof key->customer, text(r, row, 9));
    key->amount_fen = number(r, row, 10);
    key->short_fen = number(r, row, 11);
    key->taken = (day_t)number(r, row, 12);
    key->business = (day_t)number(r, row, 13);
    key->flagged = number(r, row, 14) != 0;
    key->proc = (int)number(r, row, 15);
}

static void take_part(struct group *g, const PGresult *r, int row)
{
    for (size_t i = 0; i < g->key_count; i++) {
        struct judge_key *key = &g->keys[i];
        if (g->row[i] != number(r, row, 0) || key->place_count == JUDGE_PLACES_MAX) continue;
        struct judge_place *place = &key->places[key->place_count++];
        place->part = (int)number(r, row, 1);
        text_copy(place->bill, sizeof place->bill, text(r, row, 2));
        place->home = (enum judge_home)number(r, row, 3);
        place->amount_fen = number(r, row, 4);
    }
}

static void take_bill(struct group *g, const PGresult *r, int row)
{
    struct judge_bill *bill = &g->bills[g->bill_count];
    g->bill_row[g->bill_count++] = number(r, row, 10);
    memset(bill, 0, sizeof *bill);
    text_copy(bill->number, sizeof bill->number, text(r, row, 0));
    text_copy(bill->customer, sizeof bill->customer, text(r, row, 1));
    bill->amount_fen = number(r, row, 2);
    bill->due = (day_t)number(r, row, 3);
    bill->first = (day_t)number(r, row, 4);
    bill->last = (day_t)number(r, row, 5);
    bill->rate_permille = (int)number(r, row, 6);
    bill->resident = text(r, row, 7)[0] == BILL_CLASS_RESIDENT;
    bill->state = (enum bill_state)number(r, row, 8);
    for (size_t i = 0; i < g->key_count && bill->state == BILL_PAID; i++)
        if (g->row[i] && g->row[i] == number(r, row, 9)) bill->paid_by = g->keys[i].key;
}

static void take_day(struct group *g, const PGresult *r, int row)
{
    for (size_t i = 0; i < g->count; i++)
        if (g->station[g->key_of[i]] == number(r, row, 0) && group_business(g, i) == number(r, row, 1)) g->closed[i] = true;
}

static int take(struct pg_store *s, enum pg_sql sql, PGresult *r, void *ctx, struct error *err)
{
    struct group *g = ctx;
    int rows = PQresultStatus(r) == PGRES_TUPLES_OK ? PQntuples(r) : 0;
    if (sql == PG_READ_BILLS && rows > GROUP_BILLS_MAX) return error_all(err, "payments not posted", NULL, "too many open bills at once", NULL);
    for (int row = 0; row < rows; row++) {
        if (sql == PG_READ_KEYS) take_key(g, r, row);
        if (sql == PG_READ_PARTS) take_part(g, r, row);
        if (sql == PG_READ_BILLS) take_bill(g, r, row);
        if (sql == PG_READ_DAYS) take_day(g, r, row);
        struct judge_customer *c = sql == PG_READ_CUSTOMERS ? group_customer(g, text(r, row, 0)) : NULL;
        if (c) c->credit_fen = number(r, row, 1);
    }
    return 0;
}

/* --- asking ----------------------------------------------------------------------- */

static int by_number(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return left < right ? -1 : left > right;
}

/* Sorted and each once: every front end locks in the same order. */
static int queue_locks(struct pg_store *s, enum pg_sql sql, int64_t *locks, size_t count, struct error *err)
{
    struct pg_array *a = pg_array_of(s, 0);
    qsort(locks, count, sizeof *locks, by_number);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || locks[i] != locks[i - 1]) pg_array_int(a, locks[i]);
    return pg_queue(s, sql, 1, err);
}

static void put_reads(struct pg_store *s, const struct group *g)
{
    struct pg_array *station = pg_array_of(s, 0), *reference = pg_array_of(s, 1), *customer = pg_array_of(s, 2), *bill = pg_array_of(s, 3);
    for (size_t i = 0; i < g->key_count; i++) {
        pg_array_int(station, g->station[i]);
        pg_array_int(reference, pg_reference(&g->keys[i].key));
    }
    for (size_t i = 0; i < g->count; i++) {
        if (g->requests[i].customer[0]) pg_array_text(customer, g->requests[i].customer);
        for (size_t p = 0; p < g->requests[i].part_count; p++)
            pg_array_text(bill, g->requests[i].parts[p].bill);
    }
}

/* Of each key, the business day that some request of it names. */
static void put_days(struct pg_store *s, const struct group *g)
{
    struct pg_array *day = pg_array_of(s, 2);
    for (size_t k = 0; k < g->key_count; k++) {
        int64_t business = -1; /* no request is of it: only its money moves */
        for (size_t i = 0; i < g->count && business < 0; i++)
            if (key_equal(&g->requests[i].key, &g->keys[k].key)) business = g->requests[i].business;
        pg_array_int(day, business);
    }
}

int pg_read_group(struct pg_store *s, struct group *g, struct error *err)
{
    static const enum pg_sql order[] = {PG_BEGIN, PG_LOCK_STATIONS, PG_LOCK_KEYS, PG_READ_KEYS, PG_READ_CUSTOMERS, PG_READ_PARTS, PG_READ_BILLS, PG_READ_DAYS};
    int64_t stations[GROUP_KEYS_MAX], locks[GROUP_KEYS_MAX];
    for (size_t i = 0; i < g->key_count; i++) {
        stations[i] = g->station[i];
        locks[i] = PG_LOCK_KEY(g->station[i], pg_reference(&g->keys[i].key));
    }
    if (pg_queue(s, PG_BEGIN, 0, err) != 0 || queue_locks(s, PG_LOCK_STATIONS, stations, g->key_count, err) != 0 ||
        queue_locks(s, PG_LOCK_KEYS, locks, g->key_count, err) != 0)
        return -1;
    put_reads(s, g);
    if (pg_queue(s, PG_READ_KEYS, 2, err) != 0 || pg_queue(s, PG_READ_CUSTOMERS, 3, err) != 0 || pg_queue(s, PG_READ_PARTS, 2, err) != 0 ||
        pg_queue(s, PG_READ_BILLS, 4, err) != 0)
        return -1;
    put_days(s, g);
    if (pg_queue(s, PG_READ_DAYS, 3, err) != 0) return -1;
    return pg_run(s, order, sizeof order / sizeof *order, take, g, err);
}
