/* From where a payment stands in the backup to where it stands at the utility, by the same
 * steps that its answers would have made. What is still under way goes on by itself. */
#include <stdlib.h>
#include <string.h>

#include "base/money.h"
#include "ledger/kind.h"
#include "ledger/restored_inside.h"

static bool there(const struct converging *c, const char *state) { return strcmp(c->theirs->state, state) == 0; }

static enum ledger_result note(struct ledger *ledger, const struct converging *c, const struct ledger_payment *p, const char *code, struct error *err)
{
    return sql_run(ledger, err, "UPDATE payment SET code = ?2, approval = coalesce(nullif(?3, ''), approval), answered_at = ?4 WHERE id = ?1",
                   BIND(sql_int(p->id), sql_text(code), sql_text(c->theirs->approval),
                        sql_int(c->theirs->answered_ms ? c->theirs->answered_ms : ledger_now(ledger))));
}

/* --- where its money lies there ------------------------------------------------------------------ */

/* The sum of "PP:fen;SU:fen" at one place. */
static int64_t at_place(const char *places, const char *place)
{
    int64_t fen = 0;
    for (const char *at = places; at && *at;) {
        if (strncmp(at, place, 2) == 0 && at[2] == ':')
            fen += strtoll(at + 3, NULL, 10);
        at = strchr(at, ';');
        at = at ? at + 1 : NULL;
    }
    return fen;
}

static bool bill_is_there(const char *bills, const char *bill)
{
    size_t len = strlen(bill);
    for (const char *at = bills; at && *at;) {
        if (strncmp(at, bill, len) == 0 && at[len] == ':')
            return true;
        at = strchr(at, ';');
        at = at ? at + 1 : NULL;
    }
    return false;
}

static enum ledger_result place(struct ledger *ledger, const struct converging *c, struct ledger_payment *p, bool *meant, struct error *err)
{
    int64_t credit_fen = at_place(c->theirs->places, "PP"), suspense_fen = at_place(c->theirs->places, "SU");
    enum ledger_result r = LEDGER_OK;
    *meant = suspense_fen == 0 && credit_fen == p->prepaid_fen;
    for (int i = 0; r == LEDGER_OK && i < p->bill_count; i++) {
        bool paid = bill_is_there(c->theirs->bills, p->bills[i].bill);
        *meant = *meant && paid;
        r = sql_run(ledger, err, "UPDATE payment_bill SET place = ?3 WHERE payment = ?1 AND position = ?2",
                    BIND(sql_int(p->id), sql_int(i), sql_text(paid ? "BL" : suspense_fen ? "SU" : "PP")));
    }
    if (r != LEDGER_OK || *meant)
        return r;
    r = sql_run(ledger, err, "DELETE FROM disposition WHERE payment = ?1 AND answer = '0230'", BIND(sql_int(p->id)));
    for (int i = 0; r == LEDGER_OK && i < 2; i++) {
        int64_t fen = i ? suspense_fen : credit_fen;
        if (fen)
            r = sql_run(ledger, err, "INSERT INTO disposition (payment, position, answer, part, place, amount_fen) VALUES (?1, ?2, '0230', 'PP', ?3, ?4)",
                        BIND(sql_int(p->id), sql_int(i), sql_text(i ? "SU" : "PP"), sql_int(fen)));
    }
    return r;
}

/* --- the steps -------------------------------------------------------------------------------------------- */

static enum ledger_result asked_rows_done(struct ledger *ledger, const struct ledger_payment *p, struct error *err)
{
    enum ledger_result r = ledger_outbox_done(ledger, p->id, "0200", err);
    return r == LEDGER_OK ? ledger_outbox_done(ledger, p->id, "0220", err) : r;
}

static enum ledger_result posted(struct ledger *ledger, const struct converging *c, struct ledger_payment *p, struct error *err)
{
    bool meant;
    enum ledger_result r = asked_rows_done(ledger, p, err);
    if (r == LEDGER_OK)
        r = place(ledger, c, p, &meant, err);
    if (r == LEDGER_OK)
        r = sql_run(ledger, err, "UPDATE payment SET posted = 1 WHERE id = ?1", BIND(sql_int(p->id)));
    if (r == LEDGER_OK)
        r = note(ledger, c, p, "00", err);
    if (r == LEDGER_OK)
        r = ledger_payment_move(ledger, p, meant || ledger_moves(p) ? "posted" : "excepted", err);
    if (r == LEDGER_OK && ledger_moves(p))
        return ledger_moved(ledger, p, err);
    if (r == LEDGER_OK)
        r = ledger_kind_posted(ledger, p, err);
    return r == LEDGER_OK ? ledger_invoice_plan(ledger, p, err) : r;
}

/* It goes on as an advice: nobody stands at the counter any more who could be told of a refusal. */
static enum ledger_result advised(struct ledger *ledger, struct ledger_payment *p, struct error *err)
{
    if (!ledger_is(p, "recorded"))
        return ledger_invoice_plan(ledger, p, err);
    enum ledger_result r = ledger_outbox_done(ledger, p->id, "0200", err);
    if (r == LEDGER_OK)
        r = sql_run(ledger, err, "UPDATE payment SET offline = 1 WHERE id = ?1", BIND(sql_int(p->id)));
    p->offline = true;
    if (r == LEDGER_OK)
        r = ledger_payment_move(ledger, p, "advised", err);
    if (r == LEDGER_OK)
        r = ledger_outbox_add(ledger, p, "0220", NULL, NULL, err);
    return r == LEDGER_OK ? ledger_invoice_plan(ledger, p, err) : r;
}

static enum ledger_result declined(struct ledger *ledger, const struct converging *c, struct ledger_payment *p, struct error *err)
{
    enum ledger_result r = asked_rows_done(ledger, p, err);
    if (r == LEDGER_OK)
        r = note(ledger, c, p, "", err);
    if (r == LEDGER_OK)
        r = ledger_payment_move(ledger, p, "declined", err);
    return r == LEDGER_OK ? ledger_kind_back(ledger, p, "declined", false, "", err) : r;
}

static enum ledger_result reversed(struct ledger *ledger, const struct converging *c, struct ledger_payment *p, struct error *err)
{
    enum ledger_result r = restored_withdraw(ledger, p, c->maker, err);
    if (r == LEDGER_OK && !ledger_is(p, "reversing")) {
        r = sql_run(ledger, err, "UPDATE payment SET stood = state WHERE id = ?1", BIND(sql_int(p->id)));
        if (r == LEDGER_OK)
            r = ledger_payment_move(ledger, p, "reversing", err);
    }
    if (r == LEDGER_OK)
        r = ledger_outbox_done(ledger, p->id, "0400", err);
    if (r == LEDGER_OK)
        r = sql_run(ledger, err, "UPDATE payment SET reversed = 1 WHERE id = ?1", BIND(sql_int(p->id)));
    if (r == LEDGER_OK)
        r = ledger_payment_move(ledger, p, "reversed", err);
    return r == LEDGER_OK ? ledger_kind_back(ledger, p, "reversed", true, "", err) : r;
}

/* The 0420 was made here once and is lost, or is still in the queue. */
static enum ledger_result undone(struct ledger *ledger, const struct converging *c, struct ledger_payment *p, struct error *err)
{
    int64_t rest_fen = c->theirs->rest_fen;
    enum ledger_result r = restored_withdraw(ledger, p, c->maker, err);
    if (r == LEDGER_OK && rest_fen > p->amount_fen)
        return ledger_refuse(err, LEDGER_PARAMS, "it is not as the utility has it", "settle it with the utility",
                             "more is missing there than was paid");
    if (r == LEDGER_OK && !ledger_is(p, "undoing")) {
        r = ledger_payment_move(ledger, p, "undoing", err);
        if (r == LEDGER_OK && ledger_cash_in(p))
            r = ledger_kind_back(ledger, p, "turned back", false, c->maker, err);
    }
    if (r == LEDGER_OK)
        r = asked_rows_done(ledger, p, err);
    if (r == LEDGER_OK)
        r = ledger_outbox_done(ledger, p->id, "0420", err);
    if (r == LEDGER_OK)
        r = sql_run(ledger, err, "UPDATE payment SET undone = 1, rest_fen = ?2 WHERE id = ?1", BIND(sql_int(p->id), sql_int(rest_fen)));
    p->rest_fen = rest_fen;
    if (r == LEDGER_OK)
        r = note(ledger, c, p, "00", err);
    if (r == LEDGER_OK)
        r = ledger_payment_move(ledger, p, rest_fen ? "short" : "undone", err);
    return r == LEDGER_OK ? ledger_kind_undone(ledger, p, rest_fen, err) : r;
}

/* --- which of them ------------------------------------------------------------------------------------------- */

static bool open_here(const struct ledger_payment *p) { return ledger_is(p, "recorded") || ledger_is(p, "advised"); }
static bool undone_there(const struct converging *c) { return there(c, "undone") || there(c, "tombstone"); }

/* As far as its money may stand, so that what is on paper can be said of it. */
static enum ledger_result stand(struct ledger *ledger, const struct converging *c, struct ledger_payment *p, struct error *err)
{
    bool paper = c->paper;
    if (!open_here(p))
        return LEDGER_OK;
    if (p->proc != KIND_CASH) /* on line only: never goes on as an advice */
        return there(c, "posted") ? posted(ledger, c, p, err) : LEDGER_OK;
    if (there(c, "posted") || there(c, "reversed"))
        return c->gone && there(c, "posted") ? (ledger_is(p, "recorded") && !paper ? LEDGER_OK : advised(ledger, p, err)) : posted(ledger, c, p, err);
    if (there(c, "declined") && ledger_is(p, "recorded") && !paper) /* with paper it was finished off line, and its 0220 is lost */
        return LEDGER_OK;
    if ((undone_there(c) || c->gone) && ledger_is(p, "recorded") && !paper)
        return LEDGER_OK;
    return advised(ledger, p, err);
}

static enum ledger_result go_back(struct ledger *ledger, const struct converging *c, struct ledger_payment *p, struct error *err)
{
    bool at_rest = ledger_is(p, "posted") || ledger_is(p, "excepted");
    if (there(c, "declined") && ledger_is(p, "recorded"))
        return declined(ledger, c, p, err);
    if (there(c, "reversed") && (at_rest || ledger_is(p, "reversing")))
        return reversed(ledger, c, p, err);
    if (undone_there(c) && (open_here(p) || ledger_is(p, "undoing")))
        return undone(ledger, c, p, err);
    bool cash_went = ledger_kind(p->proc)->out && c->gone; /* and the bank is asked again, which answers as it did */
    bool back = ledger_moves(p) || ledger_kind(p->proc)->out ? open_here(p) && !cash_went
        : ledger_cash_in(p) && c->gone && (open_here(p) || (at_rest && !p->foreign_undo));
    if (!back)
        return LEDGER_OK;
    enum ledger_result r = restored_withdraw(ledger, p, c->maker, err);
    if (r == LEDGER_OK)
        r = ledger_turn_back(ledger, p, NULL, 0, c->maker, c->checker, err);
    if (r == LEDGER_OK && there(c, "posted") && ledger_is(p, "undoing")) { /* the utility has it and counts it until its 0430 */
        r = asked_rows_done(ledger, p, err);
        if (r == LEDGER_OK)
            r = sql_run(ledger, err, "UPDATE payment SET posted = 1 WHERE id = ?1", BIND(sql_int(p->id)));
    }
    return r;
}

static enum ledger_result cash(struct ledger *ledger, const struct converging *c, struct ledger_payment *p, struct error *err)
{
    if (!c->gone)
        return LEDGER_OK;
    enum ledger_result r = sql_run(ledger, err, "UPDATE payment SET no_cash = 1 WHERE id = ?1", BIND(sql_int(p->id)));
    p->no_cash = true;
    return r == LEDGER_OK ? ledger_payment_hand_no_cash(ledger, p, c->maker, err) : r;
}

enum ledger_result restored_converge(struct ledger *ledger, const struct converging *c, struct ledger_payment *p, struct error *err)
{
    enum ledger_result r = ledger_payment_seen(ledger, p, err);
    if (r == LEDGER_OK)
        r = stand(ledger, c, p, err);
    if (r == LEDGER_OK && ledger_payment_stands(p) && !ledger_is(p, "reversing") && ledger_kind(p->proc)->paper)
        r = restored_paper(ledger, p, c->word->series, c->word->number, c->maker, err);
    if (r == LEDGER_OK)
        r = go_back(ledger, c, p, err);
    if (r == LEDGER_OK)
        r = cash(ledger, c, p, err);
    return r == LEDGER_OK ? ledger_day_late(ledger, p->day, err) : r;
}
