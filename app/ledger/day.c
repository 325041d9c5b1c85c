/* The business day: open -> closing -> cut off -> closed, never back. */
#include "ledger/day.h"

#include <string.h>

#include "ledger/books.h"

#define DAY_COLUMNS "SELECT date, state, agreement, opened_at, cut_at, closed_at FROM day "
#define INTO_DAY(d) INTO(into_int(&(d)->date), into_text((d)->state, sizeof (d)->state), \
    into_text((d)->agreement, sizeof (d)->agreement), into_int64(&(d)->opened_ms), into_int64(&(d)->cut_ms), into_int64(&(d)->closed_ms))

#define AHEAD_DAYS 1  /* a date far ahead could never be taken back: dates only grow */
#define BEHIND_DAYS 7 /* a day that was closed late, holidays between */

static const char not_opened[] = "the day was not opened", not_closed[] = "the day was not closed";

enum ledger_result day_get(struct ledger *ledger, day_t date, struct ledger_day *out, struct error *err)
{
    char text[DAY_TEXT_SIZE];
    int got = sql_one(ledger, err, DAY_COLUMNS "WHERE date = ?1", BIND(sql_int(date)), INTO_DAY(out));
    if (got == 0)
        return ledger_refuse(err, LEDGER_DAY, "no such day", NULL, "%s was no business day of this branch",
                             day_format(date, text, sizeof text));
    return got < 0 ? LEDGER_BROKEN : LEDGER_OK;
}

enum ledger_result day_now(struct ledger *ledger, struct ledger_day *out, struct error *err)
{
    int got = sql_one(ledger, err, DAY_COLUMNS "ORDER BY date DESC LIMIT 1", BIND_NOTHING, INTO_DAY(out));
    if (got == 0)
        return ledger_refuse(err, LEDGER_DAY, "no business day", "a supervisor opens the first one", "none was ever opened here");
    return got < 0 ? LEDGER_BROKEN : LEDGER_OK;
}

/* --- opening --------------------------------------------------------------------------- */

static day_t today(const struct ledger *ledger)
{
    struct civil local;
    day_t day = DAY_NONE;
    clock_local(&ledger->world.clock, ledger_now(ledger), &local);
    day_from_ymd(local.year, local.month, local.day, &day);
    return day;
}

static enum ledger_result may_open(struct ledger *ledger, day_t date, struct error *err)
{
    struct ledger_day last;
    char text[DAY_TEXT_SIZE], other[DAY_TEXT_SIZE];
    day_t now = today(ledger);
    int got = sql_one(ledger, err, DAY_COLUMNS "ORDER BY date DESC LIMIT 1", BIND_NOTHING, INTO_DAY(&last));
    if (got < 0)
        return LEDGER_BROKEN;
    day_format(date, text, sizeof text);
    if (got && strcmp(last.state, "closed") != 0)
        return ledger_refuse(err, LEDGER_DAY, not_opened, "close that day first", "%s is %s",
                             day_format(last.date, text, sizeof text), last.state);
    if (got && date <= last.date)
        return ledger_refuse(err, LEDGER_DAY, not_opened, "business dates never go back", "%s is not after %s", text,
                             day_format(last.date, other, sizeof other));
    if (date > now + AHEAD_DAYS || date < now - BEHIND_DAYS)
        return ledger_refuse(err, LEDGER_PARAMS, not_opened, "look at the date, and at the clock", "%s is too far from today, %s", text,
                             day_format(now, other, sizeof other));
    return LEDGER_OK;
}

enum ledger_result day_open(struct ledger *ledger, day_t date, const char *operator_number, struct error *err)
{
    char text[DAY_TEXT_SIZE];
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = role_check(ledger, operator_number, ROLE_SUPERVISOR, not_opened, err);
    if (r == LEDGER_OK)
        r = may_open(ledger, date, err);
    if (r == LEDGER_OK)
        r = sql_run(ledger, err, "INSERT INTO day (date, opened_at, opened_by) VALUES (?1, ?2, ?3)",
                    BIND(sql_int(date), sql_int(ledger_now(ledger)), sql_text(operator_number)));
    if (r == LEDGER_OK)
        r = ledger_audit(ledger, err, "day opened", operator_number, NULL, NULL, day_format(date, text, sizeof text),
                         "by operator %s", operator_number);
    return ledger_end(ledger, r, err);
}

/* --- closing ---------------------------------------------------------------------------- */

static enum ledger_result at_work(struct ledger *ledger, struct ledger_day *out, struct error *err)
{
    enum ledger_result r = day_now(ledger, out, err);
    if (r == LEDGER_OK && strcmp(out->state, "closed") == 0)
        return ledger_refuse(err, LEDGER_STATE, not_closed, NULL, "it is closed already");
    return r;
}

/* The first step that stands in the way. */
static enum ledger_result steps_done(struct ledger *ledger, struct error *err)
{
    struct ledger_close_step steps[LEDGER_CLOSE_STEPS];
    enum ledger_result r = day_steps(ledger, steps, err);
    for (int i = 0; r == LEDGER_OK && i < LEDGER_CLOSE_STEPS; i++)
        if (!steps[i].done)
            return ledger_refuse(err, LEDGER_STATE, not_closed, "settle it first", "%s", steps[i].words);
    return r;
}

/* After a restore a payment of this day that the backup lacks can be taken up only while the day is open: once it
 * is closed nobody could speak for it any more. Those of later days wait for theirs. */
static enum ledger_result nothing_lacking(struct ledger *ledger, day_t date, struct error *err)
{
    int64_t lacking = 0;
    bool fetching = false;
    char ref[KEY_REF_SIZE] = "";
    if (sql_one(ledger, err, "SELECT b.restored = 1, (SELECT count(*) FROM restored WHERE kind = 'lacking' AND settled_at IS NULL AND day <= ?1),"
                " coalesce((SELECT min(ref) FROM restored WHERE kind = 'lacking' AND settled_at IS NULL AND day <= ?1), '') FROM branch b",
                BIND(sql_int(date)), INTO(into_bool(&fetching), into_int64(&lacking), into_text(ref, sizeof ref))) != 1)
        return LEDGER_BROKEN;
    if (fetching)
        return ledger_refuse(err, LEDGER_STARTUP, not_closed, "see that the link is up",
                             "the books were restored from a backup, and what the utility has of this day was not fetched yet");
    return lacking == 0 ? LEDGER_OK
        : ledger_refuse(err, LEDGER_STARTUP, not_closed, "two supervisors say of each what became of it",
                        "%lld payments of it are missing here since the backup, one is %s", (long long)lacking, ref);
}

static enum ledger_result begin_closing(struct ledger *ledger, const char *operator_number, struct ledger_day *out, struct error *err)
{
    char text[DAY_TEXT_SIZE];
    if (strcmp(out->state, "open") != 0)
        return LEDGER_OK;
    enum ledger_result r = nothing_lacking(ledger, out->date, err);
    if (r == LEDGER_OK)
        r = sql_run(ledger, err, "UPDATE day SET state = 'closing' WHERE date = ?1", BIND(sql_int(out->date)));
    if (r == LEDGER_OK)
        r = ledger_audit(ledger, err, "day closing", operator_number, NULL, NULL, day_format(out->date, text, sizeof text),
                         "no money is taken any more");
    return r == LEDGER_OK ? day_get(ledger, out->date, out, err) : r;
}

enum ledger_result day_closing(struct ledger *ledger, const char *operator_number, struct ledger_day *out, struct error *err)
{
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = role_check(ledger, operator_number, ROLE_SUPERVISOR, not_closed, err);
    if (r == LEDGER_OK)
        r = at_work(ledger, out, err);
    if (r == LEDGER_OK)
        r = begin_closing(ledger, operator_number, out, err);
    return ledger_end(ledger, r, err);
}

static enum ledger_result cut_off(struct ledger *ledger, const struct ledger_two *two, struct ledger_day *out, struct error *err)
{
    char checker[LEDGER_OPERATOR_SIZE], text[DAY_TEXT_SIZE];
    enum ledger_result r = at_work(ledger, out, err);
    if (r == LEDGER_OK && strcmp(out->state, "cut off") == 0)
        return ledger_refuse(err, LEDGER_STATE, not_closed, "close it", "it is cut off already");
    day_format(r == LEDGER_OK ? out->date : 0, text, sizeof text);
    if (r == LEDGER_OK)
        r = approval_second(ledger, two, "day_close", text, false, checker, err);
    if (r == LEDGER_OK)
        r = steps_done(ledger, err);
    if (r == LEDGER_OK)
        r = begin_closing(ledger, two->maker, out, err);
    if (r == LEDGER_OK)
        r = sql_run(ledger, err, "UPDATE day SET state = 'cut off', cut_at = ?2,"
                    " last_payment = (SELECT coalesce(max(id), 0) FROM payment) WHERE date = ?1",
                    BIND(sql_int(out->date), sql_int(ledger_now(ledger))));
    if (r == LEDGER_OK)
        r = ledger_audit(ledger, err, "day cut off", two->maker, checker, two->terminal, text, "its payments are fixed");
    return r == LEDGER_OK ? day_get(ledger, out->date, out, err) : r;
}

enum ledger_result day_cut_off(struct ledger *ledger, const struct ledger_two *two, struct ledger_day *out, struct error *err)
{
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = cut_off(ledger, two, out, err);
    return ledger_end(ledger, r, err);
}

/* --- closed ------------------------------------------------------------------------------- */

/* What the last count of the vault was over or short. */
static enum ledger_result book_vault(struct ledger *ledger, day_t date, struct error *err)
{
    struct count_made count = {.place = "vault", .day = date};
    char who[LEDGER_OPERATOR_SIZE];
    if (sql_one(ledger, err, "SELECT counted_fen, expected_fen, operator FROM count WHERE day = ?1 AND place = 'vault'"
                " ORDER BY id DESC LIMIT 1", BIND(sql_int(date)),
                INTO(into_int64(&count.counted_fen), into_int64(&count.expected_fen), into_text(who, sizeof who))) != 1)
        return LEDGER_BROKEN;
    count.operator_number = who;
    return count_book(ledger, &count, err);
}

static enum ledger_result close_day(struct ledger *ledger, const struct ledger_two *two, struct ledger_day *out, struct error *err)
{
    char checker[LEDGER_OPERATOR_SIZE], text[DAY_TEXT_SIZE];
    enum ledger_result r = at_work(ledger, out, err);
    if (r == LEDGER_OK && strcmp(out->state, "cut off") != 0)
        return ledger_refuse(err, LEDGER_STATE, not_closed, "cut it off first", "it is %s", out->state);
    day_format(r == LEDGER_OK ? out->date : 0, text, sizeof text);
    if (r == LEDGER_OK)
        r = approval_second(ledger, two, "day_close", text, false, checker, err);
    if (r == LEDGER_OK)
        r = steps_done(ledger, err);
    if (r == LEDGER_OK)
        r = book_vault(ledger, out->date, err);
    if (r == LEDGER_OK)
        r = sql_run(ledger, err, "UPDATE day SET state = 'closed', closed_at = ?2, closed_by = ?3 WHERE date = ?1",
                    BIND(sql_int(out->date), sql_int(ledger_now(ledger)), sql_text(two->maker)));
    if (r == LEDGER_OK)
        r = day_clear(ledger, out->date, two->maker, err);
    if (r == LEDGER_OK)
        r = ledger_audit(ledger, err, "day closed", two->maker, checker, two->terminal, text, "its report bears the head after this record");
    if (r == LEDGER_OK)
        r = day_anchor(ledger, out->date, err);
    return r == LEDGER_OK ? day_get(ledger, out->date, out, err) : r;
}

enum ledger_result day_close(struct ledger *ledger, const struct ledger_two *two, struct ledger_day *out, struct error *err)
{
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = close_day(ledger, two, out, err);
    return ledger_end(ledger, r, err);
}

enum ledger_result day_anchor(struct ledger *ledger, day_t date, struct error *err)
{
    return sql_run(ledger, err, "UPDATE day SET (head_id, head) = (SELECT audit_id, audit_head FROM branch) WHERE date = ?1",
                   BIND(sql_int(date)));
}

/* owed_fen is kept by the journal itself, so this entry brings it to nothing. */
enum ledger_result day_clear(struct ledger *ledger, day_t date, const char *operator_number, struct error *err)
{
    int64_t owed_fen;
    if (sql_one(ledger, err, "SELECT owed_fen FROM day WHERE date = ?1 AND state = 'closed'", BIND(sql_int(date)),
                INTO(into_int64(&owed_fen))) != 1)
        return ledger->broken[0] ? LEDGER_BROKEN : LEDGER_OK; /* not closed yet: with its closing */
    bool back = owed_fen < 0;
    enum ledger_result r = ledger_entry(ledger, &(struct ledger_entry){.event = "cleared",
                                        .debit = back ? "clearing-bank" : "owed-to-utility",
                                        .credit = back ? "owed-to-utility" : "clearing-bank", .fen = back ? -owed_fen : owed_fen,
                                        .operator_number = operator_number, .day = date}, err);
    if (r == LEDGER_OK && owed_fen != 0)
        r = sql_run(ledger, err, "UPDATE day SET cleared_fen = cleared_fen + ?2 WHERE date = ?1", BIND(sql_int(date), sql_int(owed_fen)));
    return r;
}
