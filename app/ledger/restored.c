/* After a restore: what is to be fetched, what the utility says of it, and the list that
 * people work off. */
#include "ledger/restored.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ledger/books.h"
#include "ledger/restored_inside.h"

static int stage_of(struct ledger *ledger, bool *epoch_held, struct error *err)
{
    int stage = -1;
    bool held;
    if (sql_one(ledger, err, "SELECT restored, epoch_held FROM branch", BIND_NOTHING, INTO(into_int(&stage), into_bool(&held))) != 1)
        return -1;
    if (epoch_held)
        *epoch_held = held;
    return stage;
}

enum ledger_result ledger_not_restoring(struct ledger *ledger, const char *what, struct error *err)
{
    int stage = stage_of(ledger, NULL, err);
    if (stage < 0)
        return LEDGER_BROKEN;
    return stage == RESTORED_NONE ? LEDGER_OK
        : ledger_refuse(err, LEDGER_STARTUP, what, "two supervisors say of each payment what became of it", "the books were restored from a backup");
}

enum ledger_result restored_state(struct ledger *ledger, struct restored_state *out, struct error *err)
{
    struct civil local;
    day_t today = DAY_NONE;
    memset(out, 0, sizeof *out);
    int stage = stage_of(ledger, NULL, err);
    if (stage < 0 ||
        sql_one(ledger, err, "SELECT min(coalesce((SELECT min(day) FROM payment INDEXED BY payment_held WHERE held = 1), 99999), coalesce((SELECT max(date) FROM day), 99999)),"
                " coalesce((SELECT max(date) FROM day), 0), (SELECT count(*) FROM restored WHERE settled_at IS NULL),"
                " (SELECT count(*) FROM restored WHERE settled_at IS NOT NULL AND kind <> 'past')", BIND_NOTHING,
                INTO(into_int(&out->first), into_int(&out->last), into_int64(&out->left), into_int64(&out->settled))) != 1)
        return LEDGER_BROKEN;
    out->stage = (enum restored_stage)stage;
    clock_local(&ledger->world.clock, clock_now_ms(&ledger->world.clock), &local);
    day_from_ymd(local.year, local.month, local.day, &today);
    if (today > out->last)
        out->last = today;
    if (out->first > out->last)
        out->first = out->last;
    return LEDGER_OK;
}

/* --- what the utility knows ------------------------------------------------------------------------- */

/* What is at rest in both books and says the same. What is under way here is on the list already. */
static const struct { const char *theirs, *ours; } same[] = {
    {"posted", "posted"},     {"posted", "excepted"},  {"posted", "settled"},   {"reversed", "reversed"}, {"undone", "undone"},
    {"undone", "short"},      {"undone", "settled"},   {"tombstone", "undone"}, {"tombstone", "settled"}, {"tombstone", "excepted"},
    {"tombstone", "undoing"}, {"declined", "declined"},
};

static bool agree(const char *ours, const char *theirs)
{
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        if (strcmp(same[i].theirs, theirs) == 0 && strcmp(same[i].ours, ours) == 0)
            return true;
    return false;
}

static enum ledger_result list_it(struct ledger *ledger, const struct restored_theirs *t, const char *kind, struct error *err)
{
    return sql_run(ledger, err,
        "INSERT INTO restored (ref, kind, theirs, proc, day, customer, bills, places, amount_fen, rest_fen, approval, answered_at,"
        " taken_at, stan, terminal) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)"
        " ON CONFLICT DO UPDATE SET kind = iif(kind = 'past', excluded.kind, kind), settled_at = NULL, theirs = excluded.theirs, proc = excluded.proc, day = excluded.day, customer = excluded.customer,"
        " bills = excluded.bills, places = excluded.places, amount_fen = excluded.amount_fen, rest_fen = excluded.rest_fen,"
        " approval = excluded.approval, answered_at = excluded.answered_at, taken_at = excluded.taken_at, stan = excluded.stan,"
        " terminal = excluded.terminal",
        BIND(sql_text(t->ref), sql_text(kind), sql_text(t->state), sql_int(t->proc), sql_int(t->day), sql_text(t->customer),
             sql_text(t->bills), sql_text(t->places), sql_int(t->amount_fen), sql_int(t->rest_fen), sql_text(t->approval),
             sql_int(t->answered_ms), sql_int(t->taken_ms), sql_int(t->stan), sql_text(t->terminal)));
}

static enum ledger_result one_of_theirs(struct ledger *ledger, const struct restored_theirs *t, struct error *err)
{
    char ours[12] = "";
    bool listed = false;
    int got = sql_one(ledger, err, "SELECT p.state, r.ref IS NOT NULL FROM payment p LEFT JOIN restored r ON r.ref = p.ref AND r.settled_at IS NULL"
                      " WHERE p.ref = ?1", BIND(sql_text(t->ref)), INTO(into_text(ours, sizeof ours), into_bool(&listed)));
    if (got < 0)
        return LEDGER_BROKEN;
    if (!got)
        return list_it(ledger, t, "lacking", err);
    return listed || !agree(ours, t->state) ? list_it(ledger, t, "differs", err) : LEDGER_OK;
}

static enum ledger_result one_number(struct ledger *ledger, const struct restored_number *n, struct error *err)
{
    if (!text_digits(n->number) || strlen(n->number) > 18)
        return LEDGER_OK; /* no number of a book of this branch */
    return sql_run(ledger, err, "INSERT INTO restored_number (ref, series, number, told) VALUES (?1, ?2, ?3, ?4)",
                   BIND(sql_text(n->ref), sql_text(n->series), sql_int(strtoll(n->number, NULL, 10)), sql_text(n->told)));
}

/* Paper of which the utility knows more than the backup: its payment is spoken for too. */
static const char other_paper[] =
    "INSERT INTO restored (ref, kind, theirs) SELECT DISTINCT p.ref, 'differs', NULL FROM restored_number t JOIN payment p ON p.ref = t.ref"
    " LEFT JOIN number n ON n.series = t.series AND n.number = t.number"
    " LEFT JOIN invoice i ON i.id = n.invoice"
    " WHERE t.id = (SELECT max(id) FROM restored_number l WHERE l.ref = t.ref AND l.series = t.series AND l.number = t.number)"
    " AND (i.payment IS NOT p.id OR n.state IS NOT iif(t.told = 'printed', 'used', 'void'))"
    " ON CONFLICT DO UPDATE SET kind = 'differs', theirs = NULL, settled_at = NULL WHERE kind = 'past'";

/* All of it again, when the first try came to nothing half way: what is known is only added to. */
static enum ledger_result keep_known(struct ledger *ledger, const struct restored_theirs *theirs, int their_count,
                                     const struct restored_number *numbers, int number_count, struct error *err)
{
    bool epoch_held = false;
    int stage = stage_of(ledger, &epoch_held, err);
    if (stage < 0)
        return LEDGER_BROKEN;
    if (stage != RESTORED_FETCH)
        return ledger_refuse(err, LEDGER_STATE, "nothing is to be fetched", NULL, "the ledger is not fresh from a backup");
    if (!epoch_held)
        return ledger_refuse(err, LEDGER_STARTUP, "it can't be compared yet", "the branch signs on first", "the ledger has no new epoch");
    enum ledger_result r = LEDGER_OK;
    for (int i = 0; r == LEDGER_OK && i < number_count; i++)
        r = one_number(ledger, &numbers[i], err);
    for (int i = 0; r == LEDGER_OK && i < their_count; i++)
        r = one_of_theirs(ledger, &theirs[i], err);
    if (r == LEDGER_OK)
        r = sql_run(ledger, err, other_paper, BIND_NOTHING);
    if (r == LEDGER_OK)
        r = sql_run(ledger, err, "UPDATE payment SET held = 1 WHERE held = 0 AND ref IN (SELECT ref FROM restored WHERE settled_at IS NULL)"
                    " AND state NOT IN ('declined', 'undone', 'short', 'reversed', 'settled')", BIND_NOTHING);
    if (r == LEDGER_OK)
        r = sql_run(ledger, err, "UPDATE branch SET restored = 2", BIND_NOTHING);
    return r == LEDGER_OK ? ledger_audit(ledger, err, "utility's books fetched", NULL, NULL, NULL, ledger->branch,
                                         "%d payments and %d numbers since the backup", their_count, number_count) : r;
}

enum ledger_result restored_known(struct ledger *ledger, const struct restored_theirs *theirs, int their_count,
                                  const struct restored_number *numbers, int number_count, struct error *err)
{
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = keep_known(ledger, theirs, their_count, numbers, number_count, err);
    return ledger_end(ledger, r, err);
}

/* --- the list -------------------------------------------------------------------------------------------- */

#define ROW_COLUMNS \
    "SELECT r.ref, r.kind, r.theirs, coalesce(r.proc, 0), coalesce(r.day, 0), r.customer, r.bills, r.places, coalesce(r.amount_fen, 0)," \
    " coalesce(r.rest_fen, 0), r.approval, coalesce(r.answered_at, 0), coalesce(r.taken_at, 0), coalesce(r.stan, 0), r.terminal," \
    " coalesce((SELECT id FROM payment p WHERE p.ref = r.ref), 0), r.settled_at IS NOT NULL," \
    " substr(coalesce((SELECT group_concat(series || ' ' || number || ' ' || told, ', ') FROM restored_number n WHERE n.ref = r.ref), ''), 1, 190)" \
    " FROM restored r "
#define INTO_ROW(w) \
    INTO(into_text((w)->theirs.ref, sizeof (w)->theirs.ref), into_text((w)->kind, sizeof (w)->kind), \
         into_text((w)->theirs.state, sizeof (w)->theirs.state), into_int(&(w)->theirs.proc), into_int(&(w)->theirs.day), \
         into_text((w)->theirs.customer, sizeof (w)->theirs.customer), into_text((w)->theirs.bills, sizeof (w)->theirs.bills), \
         into_text((w)->theirs.places, sizeof (w)->theirs.places), into_int64(&(w)->theirs.amount_fen), into_int64(&(w)->theirs.rest_fen), \
         into_text((w)->theirs.approval, sizeof (w)->theirs.approval), into_int64(&(w)->theirs.answered_ms), into_int64(&(w)->theirs.taken_ms), \
         into_int(&(w)->theirs.stan), into_text((w)->theirs.terminal, sizeof (w)->theirs.terminal), into_int64(&(w)->payment), \
         into_bool(&(w)->settled), into_text((w)->numbers, sizeof (w)->numbers))

enum ledger_result restored_list(struct ledger *ledger, const char *after, struct restored_row *rows, int max, int *count, struct error *err)
{
    int got = 0;
    *count = 0;
    sqlite3_stmt *walk = sql_start(ledger, err, ROW_COLUMNS "WHERE r.settled_at IS NULL AND r.ref > ?1 ORDER BY r.ref LIMIT ?2",
                                   BIND(sql_text(after), sql_int(max)));
    if (!walk)
        return LEDGER_BROKEN;
    while (*count < max && (got = sql_next(ledger, err, walk, INTO_ROW(&rows[*count]))) == 1)
        ++*count;
    sql_stop(walk);
    return got < 0 ? LEDGER_BROKEN : LEDGER_OK;
}

enum ledger_result restored_get(struct ledger *ledger, const char *ref, struct restored_row *out, struct error *err)
{
    memset(out, 0, sizeof *out);
    int got = sql_one(ledger, err, ROW_COLUMNS "WHERE r.ref = ?1 AND r.kind <> 'past'", BIND(sql_text(ref)), INTO_ROW(out));
    if (got == 0) /* at rest in both books, and its paper is another than both say: it is spoken for too */
        got = sql_one(ledger, err, "SELECT ref, id FROM payment WHERE ref = ?1 AND (state = 'posted' OR state = 'excepted') AND bill_count > 0",
                      BIND(sql_text(ref)), INTO(into_text(out->theirs.ref, sizeof out->theirs.ref), into_int64(&out->payment)));
    if (got < 0)
        return LEDGER_BROKEN;
    if (got && !out->kind[0])
        text_copy(out->kind, sizeof out->kind, "differs");
    return got ? LEDGER_OK : ledger_refuse(err, LEDGER_PARAMS, "nobody has to speak for it", "one that only the paper knows is adopted",
                                           "neither the backup nor the utility has key %s open", ref);
}

/* --- all is said --------------------------------------------------------------------------------------------- */

static enum ledger_result finish(struct ledger *ledger, const struct ledger_two *two, struct error *err)
{
    struct restored_state s;
    char checker[LEDGER_OPERATOR_SIZE];
    enum ledger_result r = restored_state(ledger, &s, err);
    if (r == LEDGER_OK && s.stage != RESTORED_WORK)
        return ledger_refuse(err, LEDGER_STATE, "it is not finished", NULL, "%s",
                             s.stage == RESTORED_NONE ? "there is no restore to finish" : "the utility's books were not fetched yet");
    if (r == LEDGER_OK && s.left)
        return ledger_refuse(err, LEDGER_STATE, "it is not finished", "say of each where its cash is, and its number",
                             "%lld payments are left", (long long)s.left);
    if (r == LEDGER_OK)
        r = approval_second(ledger, two, "restore_done", ledger->branch, true, checker, err);
    if (r == LEDGER_OK)
        r = sql_run(ledger, err, "UPDATE branch SET restored = 0", BIND_NOTHING);
    return r == LEDGER_OK ? ledger_audit(ledger, err, "restore finished", two->maker, checker, two->terminal, ledger->branch,
                                         "%lld payments were spoken for", (long long)s.settled) : r;
}

enum ledger_result restored_done(struct ledger *ledger, const struct ledger_two *two, struct error *err)
{
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = finish(ledger, two, err);
    return ledger_end(ledger, r, err);
}
