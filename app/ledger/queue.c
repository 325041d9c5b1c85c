/* Store and forward: T5, and what is done with rows that got no answer. Nothing here ever
 * gives a row up. */
#include <stdio.h>
#include <string.h>

#include "ledger/books.h"
#include "ledger/inside.h"

#define TAKE_MAX 256
#define OPEN_ROWS "(state = 'ready' OR state = 'in flight' OR state = 'parked')" /* said in full, so that outbox_open serves */

/* A payment's rows go one after the other; a 0420 passes the parked row of its key. A notice
 * has a key of its own: it waits for its payment's messages and for the notices before it
 * (but a parked one), and nothing waits for it. */
#define MAY_GO \
    "SELECT o.id FROM outbox o JOIN payment p ON p.id = o.payment" \
    " WHERE o.state = 'ready' AND o.not_before <= ?1 AND p.held = 0" \
    " AND NOT EXISTS (SELECT 1 FROM outbox b WHERE b.payment = o.payment AND b.id < o.id" \
    " AND b.state <> 'done' AND b.state <> 'settled'" \
    " AND CASE WHEN b.class = 'notice' THEN o.class = 'notice' AND b.state <> 'parked'" \
    " ELSE NOT (b.state = 'parked' AND o.class = '0420') END)"
static const char urgent_sql[] = MAY_GO " AND o.class IN ('0200', '0400') ORDER BY o.id LIMIT ?2";
static const char advice_sql[] = MAY_GO " AND o.class NOT IN ('0200', '0400') ORDER BY o.id LIMIT ?2";

static enum ledger_result find(struct ledger *ledger, const char *sql, int64_t *ids, int max, int *count, struct error *err)
{
    int got = 0;
    sqlite3_stmt *walk = sql_start(ledger, err, sql, BIND(sql_int(ledger_now(ledger)), sql_int(max - *count)));
    if (!walk)
        return LEDGER_BROKEN;
    while (*count < max && (got = sql_next(ledger, err, walk, INTO(into_int64(&ids[*count])))) == 1)
        ++*count;
    sql_stop(walk);
    return got < 0 ? LEDGER_BROKEN : LEDGER_OK;
}

static int load_bytes(sqlite3_stmt *row, struct ledger_send *send)
{
    int size = sqlite3_column_bytes(row, 5);
    if (size < 1 || (size_t)size > sizeof send->bytes)
        return -1;
    memcpy(send->bytes, sqlite3_column_blob(row, 5), (size_t)size);
    send->len = (size_t)size;
    return 0;
}

static enum ledger_result take_one(struct ledger *ledger, int64_t id, struct ledger_send *send, struct error *err)
{
    memset(send, 0, offsetof(struct ledger_send, bytes));
    enum ledger_result r = sql_run(ledger, err, "UPDATE outbox SET state = 'in flight', tries = tries + 1, sent_at = ?2 WHERE id = ?1",
                                   BIND(sql_int(id), sql_int(ledger_now(ledger))));
    if (r != LEDGER_OK)
        return r;
    sqlite3_stmt *row = sql_start(ledger, err, "SELECT id, payment, class, tries, ref, bytes FROM outbox WHERE id = ?1", BIND(sql_int(id)));
    int got = row ? sql_next(ledger, err, row, INTO(into_int64(&send->outbox), into_int64(&send->payment),
                             into_text(send->class, sizeof send->class), into_int(&send->tries),
                             into_text(send->key.ref, sizeof send->key.ref))) : -1;
    if (got == 1 && load_bytes(row, send) != 0)
        return ledger_fail(ledger, err, "outbox", "a message is longer than any that was kept");
    sql_stop(row);
    memcpy(send->key.bank, ledger->bank, sizeof send->key.bank);
    memcpy(send->key.branch, ledger->branch, sizeof send->key.branch);
    return got == 1 ? LEDGER_OK : LEDGER_BROKEN;
}

enum ledger_result outbox_take(struct ledger *ledger, bool urgent_only, struct ledger_send *rows, int max, int *count,
                               struct error *err)
{
    int64_t ids[TAKE_MAX];
    int found = 0;
    bool may = false;
    *count = 0;
    if (max > TAKE_MAX)
        max = TAKE_MAX;
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK && sql_one(ledger, err, "SELECT epoch_held = 1 AND restored = 0 FROM branch", BIND_NOTHING, INTO(into_bool(&may))) != 1)
        r = LEDGER_BROKEN;
    if (r == LEDGER_OK && may && ledger->started) { /* a restored queue may be stale: nothing of it goes before */
        r = find(ledger, urgent_sql, ids, max, &found, err);
        if (r == LEDGER_OK && !urgent_only)
            r = find(ledger, advice_sql, ids, max, &found, err);
    }
    for (int i = 0; r == LEDGER_OK && i < found; i++)
        r = take_one(ledger, ids[i], &rows[i], err);
    if (r == LEDGER_OK && found == 0) { /* nothing was changed: no commit to wait for */
        ledger_end(ledger, LEDGER_STATE, NULL);
        return ledger->broken[0] ? LEDGER_BROKEN : LEDGER_OK;
    }
    r = ledger_end(ledger, r, err);
    *count = r == LEDGER_OK ? found : 0;
    return r;
}

/* --- not answered ------------------------------------------------------------------------------ */

enum ledger_result outbox_again(struct ledger *ledger, int64_t outbox, int64_t wait_ms, struct error *err)
{
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = sql_run(ledger, err, "UPDATE outbox SET state = 'ready', not_before = ?2 WHERE id = ?1 AND state IN ('ready', 'in flight')",
                    BIND(sql_int(outbox), sql_int(ledger_now(ledger) + wait_ms)));
    if (r == LEDGER_OK && sql_changes(ledger) == 0)
        r = ledger_refuse(err, LEDGER_STATE, "it is not asked again", NULL, "row %lld is answered or parked", (long long)outbox);
    return ledger_end(ledger, r, err);
}

enum ledger_result outbox_all_again(struct ledger *ledger, struct error *err)
{
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = sql_run(ledger, err, "UPDATE outbox SET state = 'ready', not_before = 0 WHERE state = 'in flight' AND " OPEN_ROWS, BIND_NOTHING);
    return ledger_end(ledger, r, err);
}

enum ledger_result payment_ask_again(struct ledger *ledger, const struct key *key, struct error *err)
{
    struct ledger_payment p;
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = ledger_payment_by_key(ledger, key, &p, err);
    if (r == LEDGER_OK && (!ledger_is(&p, "recorded") || p.held))
        r = ledger_not_so(&p, "it is not asked again", err);
    if (r == LEDGER_OK) /* one that is in flight is asked again once it has timed out */
        r = sql_run(ledger, err, "UPDATE outbox SET not_before = 0 WHERE payment = ?1 AND class = '0200' AND state = 'ready'",
                    BIND(sql_int(p.id)));
    return ledger_end(ledger, r, err);
}

/* --- what a supervisor sees of it ------------------------------------------------------------------ */

int64_t outbox_open(struct ledger *ledger, int64_t *parked)
{
    int64_t open, held;
    if (sql_one(ledger, NULL, "SELECT count(*), coalesce(sum(state = 'parked'), 0) FROM outbox"
                " WHERE (state = 'ready' OR state = 'in flight' OR state = 'parked')", BIND_NOTHING, INTO(into_int64(&open), into_int64(&held))) != 1)
        return -1;
    if (parked)
        *parked = held;
    return open;
}

enum ledger_result outbox_list(struct ledger *ledger, struct ledger_queued *rows, int max, int *count, struct error *err)
{
    struct ledger_queued q;
    int got = 0;
    *count = 0;
    sqlite3_stmt *walk = sql_start(ledger, err, "SELECT id, ref, class, state, coalesce(why, code), tries, made_at FROM outbox"
                                   " WHERE (state = 'ready' OR state = 'in flight' OR state = 'parked') ORDER BY state = 'parked' DESC, id LIMIT ?1",
                                   BIND(sql_int(max)));
    if (!walk)
        return LEDGER_BROKEN;
    memset(&q, 0, sizeof q);
    memcpy(q.key.bank, ledger->bank, sizeof q.key.bank);
    memcpy(q.key.branch, ledger->branch, sizeof q.key.branch);
    while (*count < max && (got = sql_next(ledger, err, walk, INTO(into_int64(&q.id), into_text(q.key.ref, sizeof q.key.ref),
                            into_text(q.class, sizeof q.class), into_text(q.state, sizeof q.state),
                            into_text(q.why, sizeof q.why), into_int(&q.tries), into_int64(&q.made_ms)))) == 1)
        rows[(*count)++] = q;
    sql_stop(walk);
    return got < 0 ? LEDGER_BROKEN : LEDGER_OK;
}

enum ledger_result outbox_release(struct ledger *ledger, int64_t id, const char *code, const char *operator_number,
                                  int *released, struct error *err)
{
    *released = 0;
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = role_check(ledger, operator_number, ROLE_SUPERVISOR, "parked messages are not sent again", err);
    if (r == LEDGER_OK)
        r = sql_run(ledger, err, "UPDATE outbox SET state = 'ready', not_before = 0 WHERE state = 'parked' AND " OPEN_ROWS
                    " AND (id = ?1 OR (?1 = 0 AND code = ?2))", BIND(sql_int(id), sql_text(code)));
    if (r == LEDGER_OK)
        *released = (int)sql_changes(ledger);
    if (r == LEDGER_OK && *released == 0)
        r = ledger_refuse(err, LEDGER_STATE, "nothing was sent again", NULL, "no such message is parked");
    if (r == LEDGER_OK)
        r = ledger_audit(ledger, err, "parked sent again", operator_number, NULL, NULL, "outbox", "%d of %s %lld", *released,
                         id ? "row" : code ? code : "", (long long)id);
    return ledger_end(ledger, r, err);
}
