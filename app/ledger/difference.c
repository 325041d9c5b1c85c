/* What a day's agreement found, payment by payment. */
#include <stdio.h>
#include <string.h>

#include "ledger/books.h"
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
    char alarm[LEDGER_REASON_SIZE];
    enum ledger_result r = sql_run(ledger, err, "INSERT INTO difference (day, ref, kind, ours_fen, theirs_fen, words) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
                                   " ON CONFLICT DO NOTHING", /* explained, and still so */
                                   BIND(sql_int(date), sql_text(d->ref), sql_text(d->kind), sum_or_none(d->ours_fen),
                                        sum_or_none(d->theirs_fen), sql_text(d->words)));
    if (r != LEDGER_OK || strcmp(d->kind, "not ours") != 0 || sql_changes(ledger) == 0)
        return r;
    snprintf(alarm, sizeof alarm, "the utility has payment %s, which this branch never made: somebody else speaks in its name", d->ref);
    r = sql_run(ledger, err, "UPDATE branch SET alarm = coalesce(alarm, ?1)", BIND(sql_text(alarm)));
    return r == LEDGER_OK ? ledger_audit(ledger, err, "ALARM", NULL, NULL, NULL, d->ref, "%s", alarm) : r;
}

enum ledger_result difference_keep(struct ledger *ledger, day_t date, const struct ledger_difference *rows, int count, struct error *err)
{
    char text[DAY_TEXT_SIZE];
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = sql_run(ledger, err, "DELETE FROM difference WHERE day = ?1 AND repair IS NOT 'explained'", BIND(sql_int(date)));
    for (int i = 0; r == LEDGER_OK && i < count; i++)
        r = keep_one(ledger, date, &rows[i], err);
    if (r == LEDGER_OK)
        r = ledger_audit(ledger, err, "differences", NULL, NULL, NULL, day_format(date, text, sizeof text), "%d payments differ", count);
    return ledger_end(ledger, r, err);
}

/* --- for people ----------------------------------------------------------------------------- */

/* What can be done about it follows from its kind and from what it is here. */
static void next_acts(struct ledger *ledger, struct ledger_difference *d)
{
    struct ledger_payment p;
    struct key key;
    memset(&key, 0, sizeof key);
    memcpy(key.bank, ledger->bank, sizeof key.bank);
    memcpy(key.branch, ledger->branch, sizeof key.branch);
    memcpy(key.ref, d->ref, sizeof key.ref);
    memset(d->may, 0, sizeof d->may);
    if (d->repair[0])
        return;
    d->may[REPAIR_EXPLAIN] = true;
    if (ledger_payment_by_key(ledger, &key, &p, NULL) != LEDGER_OK || ledger_moves(&p))
        return;
    bool stands = p.posted && !p.undone && !p.reversed && !p.foreign_undo;
    d->may[REPAIR_TELL] = stands && strcmp(d->kind, "only here") == 0;
    d->may[REPAIR_UNDO] = p.undone && strcmp(d->kind, "state") == 0;
}

#define COLUMNS "SELECT ref, kind, coalesce(ours_fen, -1), coalesce(theirs_fen, -1), words, repair FROM difference WHERE day = ?1"
#define INTO_DIFFERENCE(d) INTO(into_text((d)->ref, sizeof (d)->ref), into_text((d)->kind, sizeof (d)->kind), into_int64(&(d)->ours_fen), \
    into_int64(&(d)->theirs_fen), into_text((d)->words, sizeof (d)->words), into_text((d)->repair, sizeof (d)->repair))

enum ledger_result difference_list(struct ledger *ledger, day_t date, struct ledger_difference *rows, int max, int *count, struct error *err)
{
    struct ledger_difference d;
    int got = 0;
    *count = 0;
    sqlite3_stmt *walk = sql_start(ledger, err, COLUMNS " ORDER BY repair IS NOT NULL, kind = 'not ours' DESC, ref LIMIT ?2",
                                   BIND(sql_int(date), sql_int(max)));
    if (!walk)
        return LEDGER_BROKEN;
    while (*count < max && (got = sql_next(ledger, err, walk, INTO_DIFFERENCE(&d))) == 1)
        rows[(*count)++] = d;
    sql_stop(walk);
    for (int i = 0; i < *count; i++)
        next_acts(ledger, &rows[i]);
    return got < 0 ? LEDGER_BROKEN : LEDGER_OK;
}

static const struct { const char *word, *class; } repairs[REPAIR_KINDS] = {
    [REPAIR_TELL] = {"told again", "0220"}, [REPAIR_UNDO] = {"undone again", "0420"}, [REPAIR_EXPLAIN] = {"explained", NULL},
};

static enum ledger_result repair(struct ledger *ledger, day_t date, const struct key *key, enum ledger_repair how, const char *words,
                                 const struct ledger_two *two, struct error *err)
{
    static const char what[] = "the difference stays";
    struct ledger_difference d;
    struct ledger_payment p;
    char checker[LEDGER_OPERATOR_SIZE] = "";
    int got = sql_one(ledger, err, COLUMNS " AND ref = ?2", BIND(sql_int(date), sql_text(key->ref)), INTO_DIFFERENCE(&d));
    if (got <= 0)
        return got < 0 ? LEDGER_BROKEN : ledger_refuse(err, LEDGER_PARAMS, what, NULL, "there is none of that key on that day");
    next_acts(ledger, &d);
    if (!d.may[how])
        return ledger_refuse(err, LEDGER_STATE, what, NULL, d.repair[0] ? "it was %s already" : "that is no way to mend it%s", d.repair);
    if (how == REPAIR_EXPLAIN && !words[0])
        return ledger_refuse(err, LEDGER_PARAMS, what, "type what was found out", "it is explained in words");
    enum ledger_result r = approval_second(ledger, two, "repair", key->ref, true, checker, err);
    if (r == LEDGER_OK && repairs[how].class)
        r = ledger_payment_by_key(ledger, key, &p, err);
    if (r == LEDGER_OK && repairs[how].class)
        r = ledger_outbox_add(ledger, &p, repairs[how].class, two->maker, checker, err);
    if (r == LEDGER_OK)
        r = sql_run(ledger, err, "UPDATE difference SET repair = ?3, repaired_at = ?4, words = iif(?5 = '', words, ?5) WHERE day = ?1 AND ref = ?2",
                    BIND(sql_int(date), sql_text(key->ref), sql_text(repairs[how].word), sql_int(ledger_now(ledger)), sql_text(words)));
    return r == LEDGER_OK ? ledger_audit(ledger, err, "difference", two->maker, checker, two->terminal, key->ref, "%s: %s %s", d.kind,
                                         repairs[how].word, words) : r;
}

enum ledger_result difference_repair(struct ledger *ledger, day_t date, const struct key *key, enum ledger_repair how, const char *words,
                                     const struct ledger_two *two, struct error *err)
{
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = repair(ledger, date, key, how, words, two, err);
    return ledger_end(ledger, r, err);
}
