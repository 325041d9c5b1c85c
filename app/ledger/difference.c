/* What a day's agreement found, payment by payment. */
#include <string.h>

#include "ledger/day.h"
#include "ledger/inside.h"

enum ledger_result day_keys(struct ledger *ledger, day_t date, day_keyed *each, void *ctx, struct error *err)
{
    struct ledger_keyed k;
    int got;
    sqlite3_stmt *walk = sql_start(ledger, err, "SELECT ref, state, amount_fen, posted, undone, reversed, foreign_undo, kept FROM payment"
                                   " WHERE day = ?1 ORDER BY ref", BIND(sql_int(date)));
    if (!walk)
        return LEDGER_BROKEN;
    while ((got = sql_next(ledger, err, walk, INTO(into_text(k.ref, sizeof k.ref), into_text(k.state, sizeof k.state),
                           into_int64(&k.amount_fen), into_bool(&k.posted), into_bool(&k.undone), into_bool(&k.reversed),
                           into_bool(&k.foreign_undo), into_bool(&k.kept)))) == 1)
        each(ctx, &k);
    return got < 0 ? LEDGER_BROKEN : LEDGER_OK;
}

static struct sql_value sum_or_none(int64_t fen) { return fen < 0 ? sql_null() : sql_int(fen); }

static enum ledger_result keep_one(struct ledger *ledger, day_t date, const struct ledger_difference *d, struct error *err)
{
    enum ledger_result r = sql_run(ledger, err, "INSERT INTO difference (day, ref, kind, ours_fen, theirs_fen, words) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                                   BIND(sql_int(date), sql_text(d->ref), sql_text(d->kind), sum_or_none(d->ours_fen),
                                        sum_or_none(d->theirs_fen), sql_text(d->words)));
    if (r == LEDGER_OK && strcmp(d->kind, "not ours") == 0)
        r = ledger_audit(ledger, err, "ALARM", NULL, NULL, NULL, d->ref, "the utility has a payment of a key that this branch never made");
    return r;
}

enum ledger_result difference_keep(struct ledger *ledger, day_t date, const struct ledger_difference *rows, int count, struct error *err)
{
    char text[DAY_TEXT_SIZE];
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = sql_run(ledger, err, "DELETE FROM difference WHERE day = ?1", BIND(sql_int(date)));
    for (int i = 0; r == LEDGER_OK && i < count; i++)
        r = keep_one(ledger, date, &rows[i], err);
    if (r == LEDGER_OK)
        r = ledger_audit(ledger, err, "differences", NULL, NULL, NULL, day_format(date, text, sizeof text), "%d payments differ", count);
    return ledger_end(ledger, r, err);
}

enum ledger_result difference_list(struct ledger *ledger, day_t date, struct ledger_difference *rows, int max, int *count, struct error *err)
{
    struct ledger_difference d;
    int got = 0;
    *count = 0;
    sqlite3_stmt *walk = sql_start(ledger, err, "SELECT ref, kind, coalesce(ours_fen, -1), coalesce(theirs_fen, -1), words FROM difference"
                                   " WHERE day = ?1 ORDER BY kind = 'not ours' DESC, ref LIMIT ?2", BIND(sql_int(date), sql_int(max)));
    if (!walk)
        return LEDGER_BROKEN;
    while (*count < max && (got = sql_next(ledger, err, walk, INTO(into_text(d.ref, sizeof d.ref), into_text(d.kind, sizeof d.kind),
                            into_int64(&d.ours_fen), into_int64(&d.theirs_fen), into_text(d.words, sizeof d.words)))) == 1)
        rows[(*count)++] = d;
    sql_stop(walk);
    return got < 0 ? LEDGER_BROKEN : LEDGER_OK;
}
