/* Sums of a day. Payments are read from the index payment_totals alone, already
 * grouped as it is sorted, so a million take a fraction of a second; what each
 * group counts as is said here once. */
#include <string.h>

#include "base/money.h"
#include "ledger/books.h"

struct group {
    char state[12];
    int proc;
    bool posted, undone, reversed, foreign_undo, kept, offline;
    int64_t count, amount_fen, bills_fen, late_fee_fen, prepaid_fen;
};

/* Where a state's own count goes. */
static int64_t *state_count(struct ledger_totals *t, const char *state)
{
    const struct { const char *state; int64_t *count; } counts[] = {
        {"recorded", &t->recorded}, {"posted", &t->posted}, {"advised", &t->queued}, {"undoing", &t->undoing},
        {"reversing", &t->reversing}, {"declined", &t->declined}, {"undone", &t->undone}, {"reversed", &t->reversed},
        {"excepted", &t->excepted}, {"short", &t->shorts}, {"settled", &t->settled},
    };
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        if (strcmp(counts[i].state, state) == 0)
            return counts[i].count;
    return NULL;
}

static bool is(const struct group *g, const char *state) { return strcmp(g->state, state) == 0; }

/* The utility has it, and no 0420 took it back. */
static bool answered(const struct group *g) { return g->posted && !g->undone && !g->foreign_undo; }
/* Its cash was taken for the utility and stays, or was turned back by a reversal (counted beside it). */
static bool taken(const struct group *g)
{
    if (is(g, "settled"))
        return g->kept;
    return is(g, "recorded") || is(g, "advised") || is(g, "posted") ||
           (!g->foreign_undo && (is(g, "excepted") || is(g, "reversing") || is(g, "reversed")));
}

static void add(struct ledger_totals *t, const struct group *g)
{
    int64_t *count = state_count(t, g->state);
    t->all += g->count;
    if (count)
        *count += g->count;
    if (is(g, "advised"))
        t->queued_fen += g->amount_fen;
    if (is(g, "reversed"))
        t->reversed_fen += g->amount_fen;
    if ((is(g, "undoing") || is(g, "undone") || is(g, "short")) && !g->offline)
        t->abandoned += g->count;
    if (answered(g)) {
        t->answered += g->count;
        t->answered_fen += g->amount_fen;
        if (g->reversed) {
            t->answered_reversed += g->count;
            t->answered_reversed_fen += g->amount_fen;
        }
    }
    if (taken(g)) {
        t->payments += g->count;
        t->payments_fen += g->amount_fen;
        t->bills_fen += g->bills_fen;
        t->late_fee_fen += g->late_fee_fen;
        t->prepaid_fen += g->prepaid_fen;
    }
}

#define GROUPS(who) "SELECT state, proc, posted, undone, reversed, foreign_undo, kept, offline, count(*), sum(amount_fen), sum(bills_fen)," \
    " sum(late_fee_fen), sum(prepaid_fen) FROM payment WHERE day = ?1" who " AND proc IN (500000, 501000)" \
    " GROUP BY operator, state, posted, undone, reversed, foreign_undo, kept, proc, offline"

static enum ledger_result payments(struct ledger *ledger, day_t date, const char *operator_number, struct ledger_totals *out,
                                   struct error *err)
{
    struct group g;
    int got;
    sqlite3_stmt *walk = operator_number
        ? sql_start(ledger, err, GROUPS(" AND operator = ?2"), BIND(sql_int(date), sql_text(operator_number)))
        : sql_start(ledger, err, GROUPS(""), BIND(sql_int(date)));
    if (!walk)
        return LEDGER_BROKEN;
    while ((got = sql_next(ledger, err, walk,
                           INTO(into_text(g.state, sizeof g.state), into_int(&g.proc), into_bool(&g.posted), into_bool(&g.undone),
                                into_bool(&g.reversed), into_bool(&g.foreign_undo), into_bool(&g.kept), into_bool(&g.offline),
                                into_int64(&g.count), into_int64(&g.amount_fen), into_int64(&g.bills_fen), into_int64(&g.late_fee_fen),
                                into_int64(&g.prepaid_fen)))) == 1)
        add(out, &g);
    return got < 0 ? LEDGER_BROKEN : LEDGER_OK;
}

/* --- beside the payments: each a sum from a small index of its own ----------------------- */

#define BANK "SELECT count(*), coalesce(sum(amount_fen), 0) FROM payment INDEXED BY payment_bank WHERE" \
    " (proc = 210000 OR proc = 10000 OR proc = 920000 OR proc = 950000 OR proc = 501000) AND day = ?1 AND (?2 IS NULL OR operator = ?2) AND ?3 <= ?4 AND amount_fen > 0 AND "
#define KEPT " AND (state = 'posted' OR state = 'reversing' OR (state = 'excepted' AND foreign_undo = 0) OR (state = 'settled' AND kept = 1))"

/* ?1 day, ?2 operator or NULL, ?3 and ?4 the first and the last moment of the day. */
static const struct beside { const char *sql; size_t first, second; } besides[] = {
    {"SELECT count(*), coalesce(sum(amount_fen), 0) FROM payment INDEXED BY payment_refund WHERE proc = 200000 AND posted = 1"
     " AND undone = 0 AND day = ?1 AND (?2 IS NULL OR operator = ?2) AND ?3 <= ?4",
     offsetof(struct ledger_totals, refunds), offsetof(struct ledger_totals, refunds_fen)},
    {BANK "(proc = 210000 OR proc = 920000)" KEPT, offsetof(struct ledger_totals, deposits), offsetof(struct ledger_totals, deposits_fen)},
    {BANK "(proc = 10000 OR proc = 950000)" KEPT, offsetof(struct ledger_totals, withdrawals), offsetof(struct ledger_totals, withdrawals_fen)},
    {BANK "proc = 501000" KEPT, offsetof(struct ledger_totals, from_accounts), offsetof(struct ledger_totals, from_accounts_fen)},
    {"SELECT coalesce(sum(handed_fen), 0), 0 FROM payment INDEXED BY payment_handed WHERE handed_fen > 0 AND day = ?1"
     " AND (?2 IS NULL OR operator = ?2) AND ?3 <= ?4",
     offsetof(struct ledger_totals, given_back_fen), SIZE_MAX},
    {"SELECT coalesce(sum(owed_fen), 0), 0 FROM payment INDEXED BY payment_owed WHERE owed_fen > 0 AND day = ?1"
     " AND (?2 IS NULL OR operator = ?2) AND ?3 <= ?4",
     offsetof(struct ledger_totals, to_give_back_fen), SIZE_MAX},
    {"SELECT coalesce(sum(amount_fen) FILTER (WHERE event = 'over'), 0), coalesce(sum(amount_fen) FILTER (WHERE event = 'short'), 0)"
     " FROM entry WHERE day = ?1 AND event IN ('over', 'short') AND ?3 <= ?4"
     " AND (?2 IS NULL OR (SELECT operator FROM till WHERE id = entry.till) = ?2)",
     offsetof(struct ledger_totals, over_fen), offsetof(struct ledger_totals, short_fen)},
    {"SELECT count(*), count(*) FILTER (WHERE state IN ('spoiled', 'cancelled')) FROM invoice INDEXED BY invoice_sent"
     " WHERE number IS NOT NULL AND sent_at BETWEEN ?3 AND ?4 AND ?1 <> 0"
     " AND (?2 IS NULL OR (SELECT operator FROM payment WHERE id = invoice.payment) = ?2)",
     offsetof(struct ledger_totals, invoices_used), offsetof(struct ledger_totals, invoices_void)},
    {"SELECT count(*), 0 FROM act WHERE act = 'reprint_data' AND at BETWEEN ?3 AND ?4 AND ?1 <> 0 AND (?2 IS NULL OR maker = ?2)",
     offsetof(struct ledger_totals, invoices_reprinted), SIZE_MAX},
};

static int64_t *member(struct ledger_totals *t, size_t offset) { return (int64_t *)(void *)((char *)t + offset); }

static enum ledger_result the_rest(struct ledger *ledger, day_t date, const char *operator_number, struct ledger_totals *out,
                                   struct error *err)
{
    int64_t from_ms, to_ms, first, second;
    int got = sql_one(ledger, err, "SELECT opened_at, coalesce((SELECT min(opened_at) - 1 FROM day WHERE date > ?1), 9223372036854775807)"
                      " FROM day WHERE date = ?1", BIND(sql_int(date)), INTO(into_int64(&from_ms), into_int64(&to_ms)));
    if (got < 0)
        return LEDGER_BROKEN;
    for (size_t i = 0; got && i < sizeof besides / sizeof *besides; i++) {
        if (sql_one(ledger, err, besides[i].sql, BIND(sql_int(date), sql_text(operator_number), sql_int(from_ms), sql_int(to_ms)),
                    INTO(into_int64(&first), into_int64(&second))) != 1)
            return LEDGER_BROKEN;
        *member(out, besides[i].first) = first;
        if (besides[i].second != SIZE_MAX)
            *member(out, besides[i].second) = second;
    }
    return LEDGER_OK;
}

enum ledger_result day_totals(struct ledger *ledger, day_t date, const char *operator_number, struct ledger_totals *out,
                              struct error *err)
{
    memset(out, 0, sizeof *out);
    enum ledger_result r = payments(ledger, date, operator_number, out, err);
    return r == LEDGER_OK ? the_rest(ledger, date, operator_number, out, err) : r;
}

/* --- by hour -------------------------------------------------------------------------------- */

#define HOUR_MS 3600000
#define DAY_HOURS 24

enum ledger_result day_by_hour(struct ledger *ledger, day_t date, day_hour *each, void *ctx, struct error *err)
{
    int hour, got;
    char who[LEDGER_OPERATOR_SIZE];
    int64_t count, sum_fen;
    /* taken(), in SQL */
    sqlite3_stmt *walk = sql_start(ledger, err,
        "SELECT (taken_at + ?2) / ?3 % ?4 AS hour, operator, count(*), sum(amount_fen) FROM payment WHERE day = ?1"
        " AND proc IN (500000, 501000) AND (state IN ('recorded', 'advised', 'posted') OR (state = 'settled' AND kept = 1)"
        "  OR (foreign_undo = 0 AND state IN ('excepted', 'reversing', 'reversed')))"
        " GROUP BY hour, operator ORDER BY hour, operator",
        BIND(sql_int(date), sql_int((int64_t)ledger->world.clock.utc_offset_s * 1000), sql_int(HOUR_MS), sql_int(DAY_HOURS)));
    if (!walk)
        return LEDGER_BROKEN;
    while ((got = sql_next(ledger, err, walk, INTO(into_int(&hour), into_text(who, sizeof who), into_int64(&count),
                                                   into_int64(&sum_fen)))) == 1)
        each(ctx, hour, who, count, sum_fen);
    return got < 0 ? LEDGER_BROKEN : LEDGER_OK;
}
