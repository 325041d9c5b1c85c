/* Before anyone signs on: what was under way is put where a person sees it, and the clock is
 * believed or not. And who this branch is to the utility. */
#include <string.h>

#include "base/text.h"
#include "ledger/books.h"
#include "ledger/inside.h"

#define RANDOM_BYTES 16

/* T1 that no screen said: whatever came of it since, nothing is sent or printed before a
 * person has spoken. What is out may have arrived: it is sent again as a repeat. What was
 * at a printer is never sent again by the program. */
static const char *const recovery[] = {
    "UPDATE payment SET held = 1 WHERE shown_at IS NULL AND held = 0 AND (state IN ('recorded', 'advised', 'posted', 'excepted') OR (state = 'declined' AND owed_fen > 0))",
    "UPDATE outbox SET state = 'ready', not_before = 0 WHERE state = 'in flight' AND (state = 'ready' OR state = 'in flight' OR state = 'parked')",
    "UPDATE outbox SET not_before = 0 WHERE state = 'ready' AND not_before > 0",
    "UPDATE invoice SET doubt = 'unknown' WHERE state = 'sent' AND state IN ('planned', 'sent') AND doubt IS NULL",
};
#define STEPS (sizeof recovery / sizeof *recovery)

static enum ledger_result count_up(struct ledger *ledger, struct ledger_startup *out, struct error *err)
{
    int got = sql_one(ledger, err,
        "SELECT (SELECT count(*) FROM invoice WHERE state = 'sent' AND state IN ('planned', 'sent')),"
        " (SELECT count(*) FROM payment WHERE held = 0 AND state = 'recorded'"
        " AND (state = 'recorded' OR state = 'advised' OR state = 'undoing' OR state = 'reversing' OR state = 'excepted' OR state = 'short')),"
        " (SELECT count(*) FROM payment WHERE held = 1),"
        " (SELECT count(*) FROM outbox WHERE (state = 'ready' OR state = 'in flight' OR state = 'parked')),"
        " (SELECT count(*) FROM outbox WHERE state = 'parked' AND (state = 'ready' OR state = 'in flight' OR state = 'parked'))", BIND_NOTHING,
        INTO(into_int64(&out->doubt), into_int64(&out->unanswered), into_int64(&out->unacknowledged), into_int64(&out->queued),
             into_int64(&out->parked)));
    return got == 1 ? LEDGER_OK : LEDGER_BROKEN;
}

static enum ledger_result recover(struct ledger *ledger, struct ledger_startup *out, struct error *err)
{
    enum ledger_result r = LEDGER_OK;
    for (size_t i = 0; r == LEDGER_OK && i < STEPS; i++)
        r = sql_run(ledger, err, recovery[i], BIND_NOTHING);
    if (r == LEDGER_OK)
        r = count_up(ledger, out, err);
    return r == LEDGER_OK ? ledger_audit(ledger, err, "started", NULL, NULL, NULL, ledger->branch,
                                         "doubt %lld, unanswered %lld, unacknowledged %lld, queued %lld, parked %lld%s",
                                         (long long)out->doubt, (long long)out->unanswered, (long long)out->unacknowledged,
                                         (long long)out->queued, (long long)out->parked, out->clock_wrong ? ", clock not believed" : "") : r;
}

enum ledger_result ledger_start(struct ledger *ledger, struct ledger_startup *out, struct error *err)
{
    memset(out, 0, sizeof *out);
    if (ledger->started)
        return ledger_refuse(err, LEDGER_STATE, "the ledger is started once", NULL, "it was started before");
    if (ledger_guards_check(ledger, err) != 0)
        return LEDGER_BROKEN;
    int64_t away_ms = clock_now_ms(&ledger->world.clock) - ledger->latest_ms;
    out->clock_wrong = away_ms < -LEDGER_CLOCK_BEHIND_MS || away_ms > LEDGER_CLOCK_AHEAD_MS;
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK && out->clock_wrong) /* the time it tells is written down once it is confirmed */
        ledger->now_ms = ledger->latest_ms;
    if (r == LEDGER_OK)
        r = recover(ledger, out, err);
    r = ledger_end(ledger, r, err);
    if (r == LEDGER_OK) {
        ledger->started = true;
        ledger->clock_wrong = out->clock_wrong;
    }
    return r;
}

enum ledger_result ledger_clock_confirm(struct ledger *ledger, const struct ledger_two *two, struct error *err)
{
    char now[CLOCK_TEXT_SIZE], checker[LEDGER_OPERATOR_SIZE] = "";
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = approval_second(ledger, two, "clock_confirm", ledger->branch, true, checker, err);
    int64_t now_ms = clock_now_ms(&ledger->world.clock);
    if (r == LEDGER_OK && now_ms > ledger->now_ms)
        ledger->now_ms = now_ms;
    if (r == LEDGER_OK)
        r = ledger_audit(ledger, err, "clock confirmed", two->maker, checker, two->terminal, ledger->branch, "%s",
                         clock_format(&ledger->world.clock, clock_now_ms(&ledger->world.clock), now, sizeof now));
    r = ledger_end(ledger, r, err);
    if (r == LEDGER_OK)
        ledger->clock_wrong = false;
    return r;
}

enum ledger_result ledger_clock_moved(struct ledger *ledger, int64_t by_ms, struct error *err)
{
    ledger->clock_wrong = true; /* first: the record of it bears the time of the last one */
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = ledger_audit(ledger, err, "clock moved", NULL, NULL, NULL, ledger->branch, "by %lld s", (long long)(by_ms / 1000));
    return ledger_end(ledger, r, err);
}

/* --- who we are ------------------------------------------------------------------------------------------ */

enum ledger_result ledger_identity(struct ledger *ledger, struct ledger_identity *out, struct error *err)
{
    memset(out, 0, sizeof *out);
    return sql_one(ledger, err, "SELECT bank, branch, random, epoch, epoch_held, alarm FROM branch", BIND_NOTHING,
                   INTO(into_text(out->bank, sizeof out->bank), into_text(out->branch, sizeof out->branch),
                        into_text(out->random, sizeof out->random), into_int(&out->epoch), into_bool(&out->epoch_held),
                        into_text(out->alarm, sizeof out->alarm))) == 1 ? LEDGER_OK : LEDGER_BROKEN;
}

static enum ledger_result take_epoch(struct ledger *ledger, const char *random, int epoch, struct error *err)
{
    struct ledger_identity us;
    enum ledger_result r = ledger_identity(ledger, &us, err);
    if (r != LEDGER_OK)
        return r;
    bool ours = strcmp(us.random, random) == 0, same = us.epoch_held && epoch == us.epoch;
    if (ours && same)
        return LEDGER_OK;
    if (!ours || us.epoch_held || epoch <= us.epoch || epoch > 99) {
        ledger_keep(ledger);
        if (ledger_audit(ledger, err, "epoch refused", NULL, NULL, NULL, ledger->branch, "%d for %s", epoch, ours ? "us" : "another") != LEDGER_OK)
            return LEDGER_BROKEN;
        return ledger_refuse(err, LEDGER_STATE, "the utility's epoch was not taken", "have the utility look at this branch's sign-ons",
                             "it gave %d, and this ledger %s %d", epoch, us.epoch_held ? "holds" : "was at", us.epoch);
    }
    r = sql_run(ledger, err, "UPDATE branch SET epoch = ?1, epoch_held = 1", BIND(sql_int(epoch)));
    return r == LEDGER_OK ? ledger_audit(ledger, err, "epoch", NULL, NULL, NULL, ledger->branch, "%d", epoch) : r;
}

enum ledger_result ledger_epoch(struct ledger *ledger, const char *random, int epoch, struct error *err)
{
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = take_epoch(ledger, random, epoch, err);
    return ledger_end(ledger, r, err);
}

enum ledger_result ledger_new_random(struct ledger *ledger, const char *why, const char *who, struct error *err)
{
    char random[2 * RANDOM_BYTES + 1];
    enum ledger_result r = sql_run(ledger, err, "UPDATE branch SET random = ?1, epoch_held = 0",
                                   BIND(sql_text(entropy_hex(&ledger->world.entropy, RANDOM_BYTES, random, sizeof random))));
    return r == LEDGER_OK ? ledger_audit(ledger, err, why, who, NULL, NULL, ledger->branch, "no epoch until the next sign-on") : r;
}

/* What an alarm waited for: whoever has the old key can't speak in this branch's name any more. */
static enum ledger_result another_certificate(struct ledger *ledger, struct error *err)
{
    enum ledger_result r = ledger_new_random(ledger, "certificate changed", NULL, err);
    return r == LEDGER_OK ? sql_run(ledger, err, "UPDATE branch SET alarm = NULL", BIND_NOTHING) : r;
}

enum ledger_result ledger_certificate(struct ledger *ledger, const char *pin, bool *changed, struct error *err)
{
    char before[80];
    enum ledger_result r = LEDGER_OK;
    *changed = false;
    if (sql_one(ledger, err, "SELECT pin FROM branch", BIND_NOTHING, INTO(into_text(before, sizeof before))) != 1)
        return LEDGER_BROKEN;
    if (strcmp(before, pin) == 0)
        return LEDGER_OK;
    r = ledger_begin(ledger, err);
    if (r == LEDGER_OK && before[0])
        r = another_certificate(ledger, err);
    if (r == LEDGER_OK)
        r = sql_run(ledger, err, "UPDATE branch SET pin = ?1", BIND(sql_text(pin)));
    if (r == LEDGER_OK)
        r = ledger_audit(ledger, err, "certificate", NULL, NULL, NULL, ledger->branch, "%.16s…", pin);
    r = ledger_end(ledger, r, err);
    *changed = r == LEDGER_OK && before[0];
    return r;
}
