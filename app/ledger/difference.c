/* A day that is out of balance, payment by payment: what the utility's detail says against
 * what the books say, and what two people do about each that differs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/books.h"
#include "ledger/kind.h"

/* --- one key, both sides ------------------------------------------------------------------- */

struct ours { int64_t id; char ref[KEY_REF_SIZE], state[12]; int64_t amount_fen; bool posted, undone, reversed, foreign_undo; };

/* What the utility must say of it; NULL: whatever it says is right (its answer is still to come, or people settled it). */
static const char *expected(const struct ours *o)
{
    if (strcmp(o->state, "declined") == 0)
        return "declined";
    if (o->reversed)
        return "reversed";
    if (o->undone || o->foreign_undo)
        return "undone";
    return o->posted ? "posted" : NULL;
}

static bool same_state(const char *wanted, const char *told)
{
    return strcmp(wanted, told) == 0 || (strcmp(wanted, "undone") == 0 && strcmp(told, "tombstone") == 0);
}

struct found { const char *ref, *kind; int64_t ours_fen, theirs_fen; char words[LEDGER_REASON_SIZE]; };

static bool differs(const struct ours *o, const struct ledger_theirs *t, struct found *f)
{
    const char *wanted = expected(o);
    *f = (struct found){.ref = o->ref, .ours_fen = o->amount_fen, .theirs_fen = t ? t->amount_fen : 0};
    if (!wanted || (!t && (strcmp(wanted, "declined") == 0 || strcmp(wanted, "undone") == 0)))
        return false; /* without the key there is no money either */
    if (!t) {
        f->kind = "only here";
        snprintf(f->words, sizeof f->words, "%s here, not known there", o->state);
    } else if (!same_state(wanted, t->state)) {
        f->kind = "state";
        snprintf(f->words, sizeof f->words, "%s here, %s there", o->state, t->state);
    } else if (o->amount_fen != t->amount_fen && strcmp(t->state, "tombstone") != 0) { /* a tombstone knows no sum */
        f->kind = "amount";
        snprintf(f->words, sizeof f->words, "another sum under the same key");
    }
    return f->kind != NULL;
}

static enum ledger_result keep(struct ledger *ledger, day_t date, const struct found *f, struct error *err)
{
    return sql_run(ledger, err, "INSERT INTO difference (day, ref, kind, ours_fen, theirs_fen, words) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
                   " ON CONFLICT DO NOTHING",
                   BIND(sql_int(date), sql_text(f->ref), sql_text(f->kind), sql_int(f->ours_fen), sql_int(f->theirs_fen),
                        sql_text(f->words)));
}

/* --- only there ------------------------------------------------------------------------------ */

/* Keys of the present epoch are all in this ledger, and no later one was ever given to us. What an
 * older epoch made may be missing since a backup was restored. */
static enum ledger_result only_there(struct ledger *ledger, day_t date, const struct ledger_theirs *t, int *count, struct error *err)
{
    struct found f = {.ref = t->ref, .theirs_fen = t->amount_fen, .kind = "only there"};
    char state[12];
    int day, epoch;
    if (strcmp(t->state, "tombstone") == 0)
        return LEDGER_OK; /* undone unseen: no money of it is anywhere */
    (*count)++;
    if (sql_one(ledger, err, "SELECT epoch FROM branch", BIND_NOTHING, INTO(into_int(&epoch))) != 1)
        return LEDGER_BROKEN;
    int known = sql_one(ledger, err, "SELECT day, state FROM payment WHERE ref = ?1", BIND(sql_text(t->ref)),
                        INTO(into_int(&day), into_text(state, sizeof state)));
    if (known < 0)
        return LEDGER_BROKEN;
    bool ours = known == 1 || (t->ref[0] - '0') * 10 + t->ref[1] - '0' < epoch;
    if (known == 1)
        snprintf(f.words, sizeof f.words, "%s here, on another business day", state);
    else if (ours)
        snprintf(f.words, sizeof f.words, "%s there, missing here since a backup was restored", t->state);
    else
        snprintf(f.words, sizeof f.words, "%s there, and this branch never made it", t->state);
    if (!ours)
        f.kind = "not ours";
    enum ledger_result r = keep(ledger, date, &f, err);
    if (r != LEDGER_OK || ours)
        return r;
    char alarm[LEDGER_REASON_SIZE];
    snprintf(alarm, sizeof alarm, "the utility has payment %s, which this branch never made: somebody else speaks in its name", t->ref);
    r = sql_run(ledger, err, "UPDATE branch SET alarm = coalesce(alarm, ?1)", BIND(sql_text(alarm)));
    return r == LEDGER_OK ? ledger_audit(ledger, err, "alarm", NULL, NULL, NULL, t->ref, "%s", alarm) : r;
}

/* --- a whole day ------------------------------------------------------------------------------- */

static int by_ref(const void *a, const void *b)
{
    return strcmp(((const struct ledger_theirs *)a)->ref, ((const struct ledger_theirs *)b)->ref);
}

/* Ours in the order of their keys beside theirs. */
static enum ledger_result compare(struct ledger *ledger, day_t date, const struct ledger_theirs *theirs, int their_count, int *count,
                                  struct error *err)
{
    struct ours o;
    struct found f;
    int at = 0, got;
    enum ledger_result r = LEDGER_OK;
    sqlite3_stmt *walk = sql_start(ledger, err, "SELECT id, ref, state, amount_fen, posted, undone, reversed, foreign_undo FROM payment"
                                   " WHERE day = ?1 AND proc IN (500000, 501000, 200000, 220000) ORDER BY ref", BIND(sql_int(date)));
    if (!walk)
        return LEDGER_BROKEN;
    while ((got = sql_next(ledger, err, walk, INTO(into_int64(&o.id), into_text(o.ref, sizeof o.ref), into_text(o.state, sizeof o.state),
                           into_int64(&o.amount_fen), into_bool(&o.posted), into_bool(&o.undone), into_bool(&o.reversed),
                           into_bool(&o.foreign_undo)))) == 1) {
        for (; r == LEDGER_OK && at < their_count && strcmp(theirs[at].ref, o.ref) < 0; at++)
            r = only_there(ledger, date, &theirs[at], count, err);
        bool there = at < their_count && strcmp(theirs[at].ref, o.ref) == 0;
        if (r == LEDGER_OK && differs(&o, there ? &theirs[at] : NULL, &f)) {
            r = keep(ledger, date, &f, err);
            (*count)++;
        }
        at += there;
        if (r != LEDGER_OK) {
            sql_stop(walk);
            return r;
        }
    }
    for (; got == 0 && r == LEDGER_OK && at < their_count; at++)
        r = only_there(ledger, date, &theirs[at], count, err);
    return got < 0 ? LEDGER_BROKEN : r;
}

enum ledger_result differences_find(struct ledger *ledger, day_t date, struct ledger_theirs *theirs, int their_count, int *count,
                                    struct error *err)
{
    char text[DAY_TEXT_SIZE];
    struct ledger_day day;
    *count = 0;
    if (their_count)
        qsort(theirs, (size_t)their_count, sizeof *theirs, by_ref);
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = day_get(ledger, date, &day, err);
    if (r == LEDGER_OK) /* what was explained stays so, while it differs: see keep() */
        r = sql_run(ledger, err, "DELETE FROM difference WHERE day = ?1 AND repair IS NOT 'explained'", BIND(sql_int(date)));
    if (r == LEDGER_OK)
        r = compare(ledger, date, theirs, their_count, count, err);
    if (r == LEDGER_OK)
        r = ledger_audit(ledger, err, "differences", NULL, NULL, NULL, day_format(date, text, sizeof text), "%d of %d payments there", *count,
                         their_count);
    return ledger_end(ledger, r, err);
}

/* --- for people ---------------------------------------------------------------------------------- */

/* What can be done about it follows from its kind and from what it is here. */
static void next_acts(struct ledger *ledger, struct ledger_difference *d)
{
    struct ledger_payment p;
    d->may[REPAIR_EXPLAIN] = true;
    if (ledger_payment_by_key(ledger, &d->key, &p, NULL) != LEDGER_OK || p.proc != KIND_CASH)
        return;
    bool stands = p.posted && !p.undone && !p.reversed && !p.foreign_undo;
    d->may[REPAIR_TELL] = stands && strcmp(d->kind, "only here") == 0;
    d->may[REPAIR_UNDO] = p.undone && strcmp(d->kind, "state") == 0;
}

#define COLUMNS "SELECT ref, kind, coalesce(ours_fen, 0), coalesce(theirs_fen, 0), words, repair FROM difference WHERE day = ?1"

static int next_row(struct ledger *ledger, sqlite3_stmt *walk, struct ledger_difference *d, struct error *err)
{
    memset(d, 0, sizeof *d);
    memcpy(d->key.bank, ledger->bank, sizeof d->key.bank);
    memcpy(d->key.branch, ledger->branch, sizeof d->key.branch);
    return sql_next(ledger, err, walk, INTO(into_text(d->key.ref, sizeof d->key.ref), into_text(d->kind, sizeof d->kind),
                    into_int64(&d->ours_fen), into_int64(&d->theirs_fen), into_text(d->words, sizeof d->words),
                    into_text(d->repair, sizeof d->repair)));
}

enum ledger_result differences_list(struct ledger *ledger, day_t date, struct ledger_difference *rows, int max, int *count,
                                    struct error *err)
{
    int got = 0;
    *count = 0;
    sqlite3_stmt *walk = sql_start(ledger, err, COLUMNS " ORDER BY repair IS NOT NULL, kind = 'not ours' DESC, ref", BIND(sql_int(date)));
    if (!walk)
        return LEDGER_BROKEN;
    while (*count < max && (got = next_row(ledger, walk, &rows[*count], err)) == 1)
        (*count)++;
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
    sqlite3_stmt *walk = sql_start(ledger, err, COLUMNS " AND ref = ?2", BIND(sql_int(date), sql_text(key->ref)));
    int got = walk ? next_row(ledger, walk, &d, err) : -1;
    if (got == 1)
        sql_stop(walk);
    if (got <= 0)
        return got < 0 ? LEDGER_BROKEN : ledger_refuse(err, LEDGER_PARAMS, what, NULL, "there is none of that key on that day");
    next_acts(ledger, &d);
    if (d.repair[0] || !d.may[how])
        return ledger_refuse(err, LEDGER_STATE, what, NULL, d.repair[0] ? "it was %s already" : "that is no way to mend it%s", d.repair);
    if (how == REPAIR_EXPLAIN && !words[0])
        return ledger_refuse(err, LEDGER_PARAMS, what, "type what was found out", "it is explained in words");
    enum ledger_result r = approval_second(ledger, two, "repair", key->ref, true, checker, err);
    if (r == LEDGER_OK && repairs[how].class) {
        r = ledger_payment_by_key(ledger, key, &p, err);
        if (r == LEDGER_OK)
            r = ledger_outbox_add(ledger, &p, repairs[how].class, two->maker, checker, err);
    }
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
