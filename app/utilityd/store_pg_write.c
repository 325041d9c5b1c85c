/* Second round trip: what changed, and the commit. */
#include "utilityd/store_pg.h"

struct queue { enum pg_sql sql[PG_PIPELINE]; size_t count; };

static int add(struct pg_store *s, struct queue *q, enum pg_sql sql, int arrays, struct error *err)
{
    q->sql[q->count++] = sql;
    return pg_queue(s, sql, arrays, err);
}

static int add_keys(struct pg_store *s, struct queue *q, const struct group *g, struct error *err)
{
    struct pg_array *a[18];
    for (int i = 0; i < 18; i++)
        a[i] = pg_array_of(s, i);
    for (size_t i = 0; i < g->key_count; i++) {
        const struct judge_key *key = &g->keys[i];
        if (!key->changed) continue;
        const int64_t numbers[] = {key->proc, key->amount_fen, key->short_fen, key->taken, key->business, key->flagged, g->now_ms};
        pg_array_int(a[0], g->station[i]);
        pg_array_int(a[1], pg_reference(&key->key));
        pg_array_int(a[2], key->state);
        pg_array_text(a[3], key->code);
        pg_array_text(a[4], key->reversal);
        pg_array_text(a[5], key->approval);
        pg_array_bytes(a[6], key->has_content ? key->content : NULL, sizeof key->content);
        pg_array_bytes(a[7], key->origin, sizeof key->origin);
        pg_array_text(a[8], key->customer);
        for (int n = 0; n < 7; n++)
            pg_array_int(a[9 + n], numbers[n]);
        pg_array_text(a[16], key->trace);
        pg_array_int(a[17], group_aside(key));
    }
    return a[0]->count ? add(s, q, PG_WRITE_KEYS, 18, err) : 0;
}

static int drop_parts(struct pg_store *s, struct queue *q, const struct group *g, struct error *err)
{
    struct pg_array *rows = pg_array_of(s, 0);
    for (size_t i = 0; i < g->key_count; i++)
        if (g->keys[i].changed && g->row[i]) pg_array_int(rows, g->row[i]);
    return rows->count ? add(s, q, PG_DROP_PARTS, 1, err) : 0;
}

static int add_parts(struct pg_store *s, struct queue *q, const struct group *g, struct error *err)
{
    struct pg_array *a[7];
    for (int i = 0; i < 7; i++)
        a[i] = pg_array_of(s, i);
    for (size_t i = 0; i < g->key_count; i++)
        for (size_t p = 0; g->keys[i].changed && p < g->keys[i].place_count; p++) {
            const struct judge_place *place = &g->keys[i].places[p];
            pg_array_int(a[0], g->station[i]);
            pg_array_int(a[1], pg_reference(&g->keys[i].key));
            pg_array_int(a[2], (int64_t)p);
            pg_array_int(a[3], place->part);
            pg_array_text(a[4], place->bill);
            pg_array_int(a[5], place->home);
            pg_array_int(a[6], place->amount_fen);
        }
    return a[0]->count ? add(s, q, PG_WRITE_PARTS, 7, err) : 0;
}

/* An open bill is paid by no key: station 0. */
static int add_bills(struct pg_store *s, struct queue *q, const struct group *g, struct error *err)
{
    struct pg_array *a[4];
    for (int i = 0; i < 4; i++)
        a[i] = pg_array_of(s, i);
    for (size_t i = 0; i < g->bill_count; i++) {
        const struct judge_bill *bill = &g->bills[i];
        if (!bill->changed) continue;
        int payer = bill->state == BILL_PAID ? group_key(g, &bill->paid_by) : -1;
        pg_array_int(a[0], payer >= 0 ? g->station[payer] : 0);
        pg_array_int(a[1], payer >= 0 ? pg_reference(&bill->paid_by) : 0);
        pg_array_int(a[2], g->bill_row[i]);
        pg_array_int(a[3], bill->state);
    }
    return a[0]->count ? add(s, q, PG_WRITE_BILLS, 4, err) : 0;
}

static int add_customers(struct pg_store *s, struct queue *q, const struct group *g, struct error *err)
{
    struct pg_array *number = pg_array_of(s, 0), *credit = pg_array_of(s, 1);
    for (size_t i = 0; i < g->customer_count; i++) {
        if (!g->customers[i].changed) continue;
        pg_array_text(number, g->customers[i].number);
        pg_array_int(credit, g->customers[i].credit_fen);
    }
    return number->count ? add(s, q, PG_WRITE_CUSTOMERS, 2, err) : 0;
}

static int add_reversals(struct pg_store *s, struct queue *q, const struct group *g, struct error *err)
{
    struct pg_array *a[7];
    for (int i = 0; i < 7; i++)
        a[i] = pg_array_of(s, i);
    for (size_t i = 0; i < g->count; i++) {
        const struct judge_request *request = &g->requests[i];
        if (!judge_is_reversal_to_keep(request, &g->answers[i])) continue;
        pg_array_int(a[0], g->station[g->key_of[i]]);
        pg_array_int(a[1], pg_reference(&request->key));
        pg_array_text(a[2], request->kind == JUDGE_UNDO ? "0420" : "0400");
        pg_array_text(a[3], g->answers[i].code);
        pg_array_text(a[4], request->maker);
        pg_array_text(a[5], request->checker);
        pg_array_int(a[6], g->now_ms);
    }
    return a[0]->count ? add(s, q, PG_WRITE_REVERSALS, 7, err) : 0;
}

static int add_days(struct pg_store *s, struct queue *q, const struct group *g, struct error *err)
{
    struct pg_array *station = pg_array_of(s, 0), *business = pg_array_of(s, 1);
    for (size_t i = 0; i < g->key_count; i++) {
        if (!g->reopened[i]) continue;
        pg_array_int(station, g->station[i]);
        pg_array_int(business, g->keys[i].business);
    }
    return station->count ? add(s, q, PG_WRITE_DAYS, 2, err) : 0;
}

int pg_write_group(struct pg_store *s, struct group *g, struct error *err)
{
    struct queue q = {.count = 0};
    if (add(s, &q, PG_LOCK_CHANGES, 0, err) != 0 || add_keys(s, &q, g, err) != 0 || drop_parts(s, &q, g, err) != 0 ||
        add_parts(s, &q, g, err) != 0 || add_bills(s, &q, g, err) != 0 || add_customers(s, &q, g, err) != 0 ||
        add_reversals(s, &q, g, err) != 0 || add_days(s, &q, g, err) != 0 || add(s, &q, PG_COMMIT, 0, err) != 0)
        return -1;
    return pg_run(s, q.sql, q.count, NULL, NULL, err);
}
