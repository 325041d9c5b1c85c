/* Counting cash: kept before anything expected is said, booked later. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/money.h"
#include "ledger/till_inside.h"

static const char not_counted[] = "the count was not taken";

static bool is_note(int64_t fen)
{
    static const int64_t notes[LEDGER_NOTES_MAX] = {10000, 5000, 2000, 1000, 500, 100, 50, 10, 5, 2, 1};
    for (int i = 0; i < LEDGER_NOTES_MAX; i++)
        if (notes[i] == fen)
            return true;
    return false;
}

enum ledger_result count_sum(const struct ledger_note *notes, int note_count, int64_t sum_fen, int64_t *counted_fen,
                             struct error *err)
{
    int64_t total = 0, part;
    if (note_count < 0 || note_count > LEDGER_NOTES_MAX)
        return ledger_refuse(err, LEDGER_PARAMS, not_counted, NULL, "there are %d kinds of notes and coins", LEDGER_NOTES_MAX);
    for (int i = 0; i < note_count; i++) {
        bool twice = false;
        for (int k = 0; k < i; k++)
            twice = twice || notes[k].fen == notes[i].fen;
        if (!is_note(notes[i].fen) || twice || notes[i].count < 0 || !money_mul(notes[i].fen, notes[i].count, &part) ||
            !money_add(total, part, &total))
            return ledger_refuse(err, LEDGER_PARAMS, not_counted, NULL, "line %d of the count is no number of notes", i + 1);
    }
    if (note_count > 0 && sum_fen != 0 && sum_fen != total)
        return ledger_refuse(err, LEDGER_PARAMS, not_counted, "count again", "the notes do not add up to the sum that was typed");
    *counted_fen = note_count > 0 ? total : sum_fen;
    return sum_check(*counted_fen, true, not_counted, err);
}

enum ledger_result count_keep(struct ledger *ledger, const struct count_made *count, const struct ledger_note *notes,
                              int note_count, struct error *err)
{
    enum ledger_result r = sql_run(ledger, err,
        "INSERT INTO count (place, till, at, day, operator, second, counted_fen, expected_fen) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        BIND(sql_text(count->place), count->till ? sql_int(count->till) : sql_null(), sql_int(ledger_now(ledger)), sql_int(count->day),
             sql_text(count->operator_number), sql_text(count->second), sql_int(count->counted_fen), sql_int(count->expected_fen)));
    int64_t id = sql_last_id(ledger);
    for (int i = 0; i < note_count && r == LEDGER_OK; i++)
        r = sql_run(ledger, err, "INSERT INTO count_note (count, fen, notes) VALUES (?1, ?2, ?3)",
                    BIND(sql_int(id), sql_int(notes[i].fen), sql_int(notes[i].count)));
    return r;
}

enum ledger_result count_book(struct ledger *ledger, const struct count_made *count, struct error *err)
{
    int64_t difference = count->counted_fen - count->expected_fen;
    bool over = difference > 0;
    return ledger_entry(ledger, &(struct ledger_entry){.event = over ? "over" : "short", .till = count->till,
                        .debit = over ? count->place : "over-short", .credit = over ? "over-short" : count->place,
                        .fen = over ? difference : -difference, .operator_number = count->operator_number, .day = count->day}, err);
}

/* --- a till ----------------------------------------------------------------------------- */

/* A withdrawal that was asked for and not answered: its cash may go out yet. */
static enum ledger_result nothing_promised(struct ledger *ledger, const struct ledger_till *till, struct error *err)
{
    char ref[KEY_REF_SIZE];
    int got = sql_one(ledger, err, "SELECT ref FROM payment WHERE state = 'recorded' AND (state = 'recorded' OR state = 'advised' OR state = 'undoing'"
                      " OR state = 'reversing' OR state = 'excepted' OR state = 'short') AND (proc = 10000 OR proc = 950000) AND +till = ?1",
                      BIND(sql_int(till->id)), INTO(into_text(ref, sizeof ref)));
    if (got < 0)
        return LEDGER_BROKEN;
    return !got ? LEDGER_OK : ledger_refuse(err, LEDGER_STATE, not_counted, "ask the bank again, or abandon it",
                                            "withdrawal %s has no answer yet: its cash may go out", ref);
}

enum ledger_result till_counted(struct ledger *ledger, struct ledger_till *till, const char *operator_number, const char *second,
                                const struct ledger_note *notes, int note_count, int64_t sum_fen, struct ledger_count *out,
                                struct error *err)
{
    char account[8];
    struct count_made count = {.place = ledger_till_account(till->number, account), .till = till->id, .day = till->day,
                               .operator_number = operator_number, .second = second};
    enum ledger_result r = count_sum(notes, note_count, sum_fen, &count.counted_fen, err);
    if (r == LEDGER_OK)
        r = nothing_promised(ledger, till, err);
    if (r == LEDGER_OK)
        r = balance_of(ledger, count.place, &count.expected_fen, err);
    if (r == LEDGER_OK)
        r = count_keep(ledger, &count, notes, note_count, err);
    if (r == LEDGER_OK && strcmp(till->state, "open") == 0)
        r = sql_run(ledger, err, "UPDATE till SET state = 'counted' WHERE id = ?1", BIND(sql_int(till->id)));
    if (r == LEDGER_OK)
        *out = (struct ledger_count){count.counted_fen, count.expected_fen, count.counted_fen - count.expected_fen};
    return r;
}

static enum ledger_result count_own(struct ledger *ledger, const struct ledger_two *two, const struct ledger_note *notes,
                                    int note_count, int64_t sum_fen, struct ledger_count *out, struct error *err)
{
    struct ledger_till till;
    char checker[LEDGER_OPERATOR_SIZE], text[MONEY_TEXT_SIZE];
    enum ledger_result r = till_of(ledger, two->terminal, two->maker, &till, err);
    if (r != LEDGER_OK)
        return r;
    bool again = strcmp(till.state, "counted") == 0;
    r = approval_second(ledger, two, "till_count", till.number, again, checker, err);
    if (r == LEDGER_OK)
        r = till_counted(ledger, &till, two->maker, checker[0] ? checker : NULL, notes, note_count, sum_fen, out, err);
    if (r == LEDGER_OK)
        r = ledger_audit(ledger, err, again ? "till counted again" : "till counted", two->maker, checker, two->terminal, till.number,
                         "%s", money_format(out->counted_fen, text, sizeof text));
    return r;
}

enum ledger_result till_count(struct ledger *ledger, const struct ledger_two *two, const struct ledger_note *notes, int note_count,
                              int64_t sum_fen, struct ledger_count *out, struct error *err)
{
    assert(two);
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = count_own(ledger, two, notes, note_count, sum_fen, out, err);
    r = ledger_end(ledger, r, err);
    if (r != LEDGER_OK)
        memset(out, 0, sizeof *out); /* what is expected is said only after a count that stands */
    return r;
}
