/* The vault: always two people. And notes that are no money. */
#include <assert.h>
#include <string.h>

#include "base/money.h"
#include "base/text.h"
#include "ledger/till_inside.h"

/* --- the vault --------------------------------------------------------------------------- */

static enum ledger_result count_vault(struct ledger *ledger, const struct ledger_two *two, const struct ledger_note *notes,
                                      int note_count, int64_t sum_fen, struct ledger_count *out, struct error *err)
{
    char checker[LEDGER_OPERATOR_SIZE], text[MONEY_TEXT_SIZE];
    struct count_made count = {.place = "vault", .second = checker};
    enum ledger_result r = ledger_day_at_work(ledger, &count.day, NULL, err);
    if (r == LEDGER_OK)
        r = approval_second(ledger, two, "vault", "vault", true, checker, err);
    if (r == LEDGER_OK)
        r = count_sum(notes, note_count, sum_fen, &count.counted_fen, err);
    if (r == LEDGER_OK)
        r = balance_of(ledger, "vault", &count.expected_fen, err);
    if (r != LEDGER_OK)
        return r;
    count.operator_number = two->maker;
    r = count_keep(ledger, &count, notes, note_count, err);
    if (r == LEDGER_OK)
        r = ledger_audit(ledger, err, "vault counted", two->maker, checker, two->terminal, "vault", "%s",
                         money_format(count.counted_fen, text, sizeof text));
    *out = (struct ledger_count){count.counted_fen, count.expected_fen, count.counted_fen - count.expected_fen};
    return r;
}

enum ledger_result vault_count(struct ledger *ledger, const struct ledger_two *two, const struct ledger_note *notes, int note_count,
                               int64_t sum_fen, struct ledger_count *out, struct error *err)
{
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = count_vault(ledger, two, notes, note_count, sum_fen, out, err);
    r = ledger_end(ledger, r, err);
    if (r != LEDGER_OK)
        memset(out, 0, sizeof *out);
    return r;
}

static enum ledger_result move_cash(struct ledger *ledger, const struct ledger_two *two, bool in, int64_t sum_fen, struct error *err)
{
    static const char what[] = "no cash was moved";
    char checker[LEDGER_OPERATOR_SIZE], text[MONEY_TEXT_SIZE];
    day_t day;
    enum ledger_result r = ledger_day_at_work(ledger, &day, NULL, err);
    if (r == LEDGER_OK)
        r = sum_check(sum_fen, false, what, err);
    if (r == LEDGER_OK)
        r = approval_second(ledger, two, "vault", "vault", true, checker, err);
    if (r == LEDGER_OK && !in)
        r = cash_check(ledger, "vault", sum_fen, what, err);
    if (r == LEDGER_OK)
        r = ledger_entry(ledger, &(struct ledger_entry){.event = in ? "from the bank" : "to the bank",
                         .debit = in ? "vault" : "clearing-bank", .credit = in ? "clearing-bank" : "vault", .fen = sum_fen,
                         .operator_number = two->maker, .day = day}, err);
    if (r == LEDGER_OK)
        r = ledger_audit(ledger, err, in ? "cash from the bank" : "cash to the bank", two->maker, checker, two->terminal, "vault",
                         "%s", money_format(sum_fen, text, sizeof text));
    return r;
}

enum ledger_result vault_cash(struct ledger *ledger, const struct ledger_two *two, bool in, int64_t sum_fen, struct error *err)
{
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = move_cash(ledger, two, in, sum_fen, err);
    return ledger_end(ledger, r, err);
}

/* --- counterfeit notes ---------------------------------------------------------------------- */

static enum ledger_result note_check(const struct ledger_counterfeit *note, struct error *err)
{
    int64_t fen;
    struct ledger_note one = {note->fen, 1};
    if (count_sum(&one, 1, 0, &fen, NULL) != LEDGER_OK)
        return ledger_refuse(err, LEDGER_PARAMS, "no note was taken in", NULL, "there is no note of this value");
    if (!note->serial[0])
        return ledger_refuse(err, LEDGER_PARAMS, "no note was taken in", "read it off the note; if it is not readable, say so there",
                             "its number is missing");
    return LEDGER_OK;
}

/* Never tender: a memo in a commodity of its own, face value in and face value owed. */
static enum ledger_result take_note(struct ledger *ledger, const struct ledger_two *two, struct ledger_counterfeit *note,
                                    struct error *err)
{
    char checker[LEDGER_OPERATOR_SIZE], number[LEDGER_TILL_SIZE], text[MONEY_TEXT_SIZE];
    int64_t till;
    day_t day;
    enum ledger_result r = ledger_day_at_work(ledger, &day, NULL, err);
    if (r == LEDGER_OK)
        r = note_check(note, err);
    if (r == LEDGER_OK)
        r = ledger_till_open_at(ledger, two->terminal, two->maker, &till, number, err);
    if (r == LEDGER_OK)
        r = approval_second(ledger, two, "counterfeit", number, true, checker, err);
    if (r == LEDGER_OK)
        r = sql_run(ledger, err, "INSERT INTO counterfeit (at, day, till, fen, serial, series, customer, maker, checker)"
                    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                    BIND(sql_int(ledger_now(ledger)), sql_int(day), sql_int(till), sql_int(note->fen), sql_text(note->serial),
                         sql_text(note->series), sql_text(note->customer), sql_text(two->maker), sql_text(checker)));
    if (r != LEDGER_OK)
        return r;
    int64_t id = sql_last_id(ledger);
    r = ledger_entry(ledger, &(struct ledger_entry){.event = "counterfeit", .till = till, .debit = "counterfeit",
                     .credit = "counterfeit-owners", .commodity = "CFT", .fen = note->fen, .operator_number = two->maker, .day = day}, err);
    if (r == LEDGER_OK)
        r = ledger_audit(ledger, err, "counterfeit taken in", two->maker, checker, two->terminal, number, "%s, number %s, paper %lld",
                         money_format(note->fen, text, sizeof text), note->serial, (long long)id);
    if (r == LEDGER_OK)
        note->id = id;
    memcpy(note->checker, checker, sizeof note->checker);
    return r;
}

enum ledger_result counterfeit_take(struct ledger *ledger, const struct ledger_two *two, struct ledger_counterfeit *note,
                                    struct error *err)
{
    assert(two);
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = take_note(ledger, two, note, err);
    return ledger_end(ledger, r, err);
}
