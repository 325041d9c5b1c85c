/* T2 and T6: what an answer means for a payment. A table of codes, one handler a message, and
 * everything that comes too late or from nowhere is audited and changes nothing. */
#include <stdio.h>
#include <string.h>

#include "base/money.h"
#include "ledger/kind.h"

#define AGAIN_MS 1000 /* unknown: not asked again before, unless the caller says otherwise */

struct heard {
    const struct ledger_answer *answer;
    struct ledger_payment *payment;
    int64_t outbox;          /* the row it answers */
    bool *unknown;
};

/* --- what is final -------------------------------------------------------------------------------- */

enum meaning { DONE, REFUSED, UNKNOWN, REFUSED_ROW, UNDONE_HERE };

/* A decline is a refusal that the posting place has stored with the key, and nothing else:
 * what does not stand here is unknown, whoever sent it. */
static const struct { const char *code; enum meaning to_0200, to_0400, to_advice; } codes[] = {
    {"00", DONE, DONE, DONE},
    {"12", UNDONE_HERE, REFUSED_ROW, REFUSED_ROW},
    {"13", REFUSED, REFUSED_ROW, REFUSED_ROW}, {"14", REFUSED, REFUSED_ROW, REFUSED_ROW},
    {"25", UNKNOWN, REFUSED, REFUSED_ROW}, /* of a passbook's lines: they were sent before */
    {"51", REFUSED, REFUSED, REFUSED_ROW},     {"55", REFUSED, REFUSED_ROW, REFUSED_ROW},
    {"57", REFUSED, REFUSED_ROW, REFUSED_ROW}, {"61", REFUSED, REFUSED_ROW, REFUSED_ROW},
    {"62", REFUSED, REFUSED_ROW, REFUSED_ROW}, {"76", REFUSED, REFUSED_ROW, REFUSED_ROW},
    {"77", REFUSED, REFUSED_ROW, REFUSED_ROW}, {"78", REFUSED, REFUSED_ROW, REFUSED_ROW},
    {"79", REFUSED, REFUSED_ROW, REFUSED_ROW}, {"80", REFUSED, REFUSED_ROW, REFUSED_ROW},
    {"98", REFUSED, REFUSED, REFUSED_ROW},
    {"68", UNKNOWN, UNKNOWN, UNKNOWN},         {"91", UNKNOWN, UNKNOWN, UNKNOWN},
    {"30", UNKNOWN, REFUSED_ROW, REFUSED_ROW}, {"58", UNKNOWN, REFUSED_ROW, REFUSED_ROW},
    {"94", UNKNOWN, REFUSED_ROW, REFUSED_ROW}, {"96", UNKNOWN, REFUSED_ROW, REFUSED_ROW},
};

/* The bank refuses a passbook's lines that another branch has sent, for good. */
static bool refused_lines(const struct heard *h) { return h->payment->proc == KIND_PASSBOOK && strcmp(h->answer->code, "25") == 0; }

static enum meaning meaning_of(const char *class, const char *code)
{
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (strcmp(codes[i].code, code) == 0)
            return strcmp(class, "0200") == 0 ? codes[i].to_0200 : strcmp(class, "0400") == 0 ? codes[i].to_0400 : codes[i].to_advice;
    return strcmp(class, "0200") == 0 ? UNKNOWN : REFUSED_ROW;
}

/* --- rows ------------------------------------------------------------------------------------------- */

static enum ledger_result row_to(struct ledger *ledger, const struct heard *h, const char *state, int64_t wait_ms, struct error *err)
{
    return sql_run(ledger, err, "UPDATE outbox SET state = ?2, not_before = ?3, code = ?4, why = ?5 WHERE id = ?1",
                   BIND(sql_int(h->outbox), sql_text(state), sql_int(wait_ms ? ledger_now(ledger) + wait_ms : 0),
                        sql_text(h->answer->code), sql_text(h->answer->reason)));
}

/* Only a row that is out can be parked; one that was put back meanwhile is out as far as its answer goes. */
static enum ledger_result park(struct ledger *ledger, const struct heard *h, struct error *err)
{
    enum ledger_result r = sql_run(ledger, err, "UPDATE outbox SET state = 'in flight' WHERE id = ?1 AND state = 'ready'",
                                   BIND(sql_int(h->outbox)));
    return r == LEDGER_OK ? row_to(ledger, h, "parked", 0, err) : r;
}

/* What the payment says of its last answer that counted. */
static enum ledger_result note(struct ledger *ledger, const struct heard *h, struct error *err)
{
    const struct ledger_answer *a = h->answer;
    return sql_run(ledger, err, "UPDATE payment SET code = ?2, approval = coalesce(nullif(?3, ''), approval), reason = ?4,"
                   " answered_at = ?5 WHERE id = ?1",
                   BIND(sql_int(h->payment->id), sql_text(a->code), sql_text(a->approval),
                        a->reason[0] ? sql_text(a->reason) : sql_null(), sql_int(ledger_now(ledger))));
}

static enum ledger_result audit(struct ledger *ledger, const struct heard *h, const char *event, struct error *err)
{
    return ledger_audit(ledger, err, event, NULL, NULL, h->payment->terminal, h->payment->key.ref, "%s %s%s%s; %s",
                        h->answer->mti, h->answer->code, h->answer->approval[0] ? " " : "", h->answer->approval, h->payment->state);
}

static enum ledger_result late(struct ledger *ledger, const struct heard *h, struct error *err)
{
    ledger_keep(ledger);
    if (audit(ledger, h, "answer too late", err) != LEDGER_OK)
        return LEDGER_BROKEN;
    return ledger_not_so(h->payment, "the answer came too late and changed nothing", err);
}

/* --- dispositions ---------------------------------------------------------------------------------- */

static enum ledger_result keep_parts(struct ledger *ledger, const struct heard *h, struct error *err)
{
    /* a reversal that was refused may be asked for again: its last answer counts */
    enum ledger_result r = sql_run(ledger, err, "DELETE FROM disposition WHERE payment = ?1 AND answer = ?2",
                                   BIND(sql_int(h->payment->id), sql_text(h->answer->mti)));
    for (int i = 0; r == LEDGER_OK && i < h->answer->part_count; i++) {
        const struct ledger_disposition *d = &h->answer->parts[i];
        r = sql_run(ledger, err, "INSERT INTO disposition (payment, position, answer, part, place, amount_fen)"
                    " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                    BIND(sql_int(h->payment->id), sql_int(i), sql_text(h->answer->mti), sql_text(d->part), sql_text(d->place),
                         sql_int(d->amount_fen)));
    }
    return r;
}

static bool part_is(const struct ledger_answer *a, const char *part, const char *place)
{
    for (int i = 0; i < a->part_count; i++)
        if (strcmp(a->parts[i].part, part) == 0 && strcmp(a->parts[i].place, place) == 0)
            return true;
    return false;
}

/* Where a bill lies as a whole: paid, though the rest of its money may be elsewhere. */
static const char *bill_place(const struct ledger_answer *a, const char *bill)
{
    static const char *const places[] = {"BL", "RV", "SU", "PP"};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (part_is(a, bill, places[i]))
            return places[i];
    return "BL"; /* nothing was said of it: it is where it was meant to be */
}

static enum ledger_result place_bills(struct ledger *ledger, const struct heard *h, bool undone, struct error *err)
{
    enum ledger_result r = LEDGER_OK;
    struct ledger_payment *p = h->payment;
    for (int i = 0; r == LEDGER_OK && i < p->bill_count; i++) {
        snprintf(p->bill_places[i], sizeof p->bill_places[i], "%s", undone ? "RV" : bill_place(h->answer, p->bills[i].bill));
        r = sql_run(ledger, err, "UPDATE payment_bill SET place = ?3 WHERE payment = ?1 AND position = ?2",
                    BIND(sql_int(p->id), sql_int(i), sql_text(p->bill_places[i])));
    }
    return r;
}

static bool any_place(const struct ledger_answer *a, const char *place)
{
    for (int i = 0; i < a->part_count; i++)
        if (strcmp(a->parts[i].place, place) == 0)
            return true;
    return false;
}

/* Every part is where it was meant: a bill at its bill, the prepaid part in the credit. */
static bool as_meant(const struct ledger_payment *p, const struct ledger_answer *a)
{
    for (int i = 0; i < a->part_count; i++) {
        bool prepaid = strcmp(a->parts[i].part, "PP") == 0;
        for (int b = 0; prepaid && b < p->bill_count; b++)
            prepaid = strcmp(p->bills[b].bill, "PP") != 0;
        if (strcmp(a->parts[i].place, prepaid ? "PP" : "BL") != 0)
            return false;
    }
    return true;
}

/* --- 0210 and 0230 ----------------------------------------------------------------------------------- */

/* Somebody else speaks in this branch's name: the key was undone, and not by us. */
static enum ledger_result alarm_raised(struct ledger *ledger, const struct heard *h, struct error *err)
{
    char words[LEDGER_REASON_SIZE], text[KEY_TEXT_SIZE];
    snprintf(words, sizeof words, "payment %s was undone at the utility, and not by this branch: somebody else speaks in its name",
             key_short(&h->payment->key, text, sizeof text));
    enum ledger_result r = sql_run(ledger, err, "UPDATE branch SET alarm = coalesce(alarm, ?1)", BIND(sql_text(words)));
    return r == LEDGER_OK ? ledger_audit(ledger, err, "alarm", NULL, NULL, NULL, h->payment->key.ref, "%s", words) : r;
}

static enum ledger_result undone_elsewhere(struct ledger *ledger, const struct heard *h, struct error *err)
{
    struct ledger_payment *p = h->payment;
    enum ledger_result r = place_bills(ledger, h, true, err);
    if (r == LEDGER_OK)
        r = sql_run(ledger, err, "UPDATE payment SET foreign_undo = 1 WHERE id = ?1", BIND(sql_int(p->id)));
    p->foreign_undo = true;
    if (r == LEDGER_OK)
        r = ledger_payment_move(ledger, p, "excepted", err);
    if (r == LEDGER_OK) /* it stands no more: what was not begun on paper is not begun */
        r = sql_run(ledger, err, "UPDATE invoice SET state = 'dropped', settled_at = ?2 WHERE payment = ?1 AND state = 'planned'",
                    BIND(sql_int(p->id), sql_int(ledger_now(ledger))));
    if (r == LEDGER_OK)
        r = alarm_raised(ledger, h, err);
    return r;
}

/* The account that was opened, and what is on it now. */
static enum ledger_result keep_account(struct ledger *ledger, const struct heard *h, struct error *err)
{
    const struct ledger_answer *a = h->answer;
    bool opened = h->payment->proc == KIND_OPEN && a->account[0];
    return sql_run(ledger, err, "UPDATE payment SET account = iif(?2, ?3, account), balance_fen = ?4 WHERE id = ?1",
                   BIND(sql_int(h->payment->id), sql_int(opened), sql_text(a->account), a->has_balance ? sql_int(a->balance_fen) : sql_null()));
}

static enum ledger_result taken(struct ledger *ledger, const struct heard *h, struct error *err)
{
    struct ledger_payment *p = h->payment;
    bool meant = ledger_moves(p) || as_meant(p, h->answer); /* what moves was asked for by two people */
    const struct ledger_answer *a = h->answer;
    snprintf(p->state, sizeof p->state, "%s", meant ? "posted" : "excepted");
    enum ledger_result r = place_bills(ledger, h, false, err);
    if (r == LEDGER_OK) /* in one: each change of a payment's row is a change of its indexes */
        r = sql_run(ledger, err, "UPDATE payment SET code = ?2, approval = coalesce(nullif(?3, ''), approval), reason = ?4,"
                    " answered_at = ?5, posted = 1, state = ?6 WHERE id = ?1",
                    BIND(sql_int(p->id), sql_text(a->code), sql_text(a->approval), a->reason[0] ? sql_text(a->reason) : sql_null(),
                         sql_int(ledger_now(ledger)), sql_text(p->state)));
    if (r == LEDGER_OK && ledger_moves(p))
        return ledger_moved(ledger, p, err);
    if (r == LEDGER_OK && ledger_kind(p->proc)->bank)
        r = keep_account(ledger, h, err);
    if (r == LEDGER_OK)
        r = ledger_kind_posted(ledger, p, err);
    return r == LEDGER_OK ? ledger_invoice_plan(ledger, p, err) : r;
}

static enum ledger_result accepted(struct ledger *ledger, const struct heard *h, struct error *err)
{
    bool undone = any_place(h->answer, "RV") || strcmp(h->answer->code, "12") == 0;
    enum ledger_result r = row_to(ledger, h, "done", 0, err);
    if (r == LEDGER_OK && undone)
        r = note(ledger, h, err);
    if (r == LEDGER_OK && h->answer->part_count)
        r = keep_parts(ledger, h, err);
    if (r == LEDGER_OK)
        r = undone ? undone_elsewhere(ledger, h, err) : taken(ledger, h, err);
    return r == LEDGER_OK ? audit(ledger, h, "payment answered", err) : r;
}

static enum ledger_result declined(struct ledger *ledger, const struct heard *h, struct error *err)
{
    struct ledger_payment *p = h->payment;
    enum ledger_result r = row_to(ledger, h, "done", 0, err);
    if (r == LEDGER_OK)
        r = note(ledger, h, err);
    if (r == LEDGER_OK)
        r = ledger_payment_move(ledger, p, "declined", err);
    if (r == LEDGER_OK)
        r = ledger_kind_back(ledger, p, "declined", false, "", err);
    return r == LEDGER_OK ? audit(ledger, h, "payment declined", err) : r;
}

static enum ledger_result answered_0210(struct ledger *ledger, const struct heard *h, struct error *err)
{
    if (!ledger_is(h->payment, "recorded"))
        return late(ledger, h, err);
    switch (refused_lines(h) ? REFUSED : meaning_of("0200", h->answer->code)) {
    case DONE:
    case UNDONE_HERE: return accepted(ledger, h, err);
    case REFUSED: return declined(ledger, h, err);
    default: *h->unknown = true; return row_to(ledger, h, "ready", AGAIN_MS, err);
    }
}

/* Behind it a 0420 may wait already: then it books nothing, its money is to be given back. */
static enum ledger_result answered_0230(struct ledger *ledger, const struct heard *h, struct error *err)
{
    enum meaning m = meaning_of("0220", h->answer->code);
    if (m == UNKNOWN) {
        *h->unknown = true;
        return row_to(ledger, h, "ready", AGAIN_MS, err);
    }
    if (m != DONE) {
        enum ledger_result r = park(ledger, h, err);
        return r == LEDGER_OK ? audit(ledger, h, "advice refused", err) : r;
    }
    if (ledger_is(h->payment, "advised"))
        return accepted(ledger, h, err);
    if (h->payment->posted && !h->payment->undone) { /* told again after a difference: it has it now */
        enum ledger_result r = row_to(ledger, h, "done", 0, err);
        return r == LEDGER_OK ? audit(ledger, h, "told again", err) : r;
    }
    if (!ledger_is(h->payment, "undoing"))
        return late(ledger, h, err);
    enum ledger_result r = row_to(ledger, h, "done", 0, err);
    /* until its 0430 the utility has it and counts it, and so do the day's totals */
    if (r == LEDGER_OK && !any_place(h->answer, "RV") && strcmp(h->answer->code, "12") != 0)
        r = sql_run(ledger, err, "UPDATE payment SET posted = 1 WHERE id = ?1", BIND(sql_int(h->payment->id)));
    return r == LEDGER_OK ? audit(ledger, h, "advice answered before its undoing", err) : r;
}

/* --- 0410 and 0430 -------------------------------------------------------------------------------------- */

static enum ledger_result reversal_done(struct ledger *ledger, const struct heard *h, struct error *err)
{
    struct ledger_payment *p = h->payment;
    enum ledger_result r = sql_run(ledger, err, "UPDATE payment SET reversed = 1 WHERE id = ?1", BIND(sql_int(p->id)));
    if (r == LEDGER_OK)
        r = ledger_payment_move(ledger, p, "reversed", err);
    if (r == LEDGER_OK)
        r = ledger_kind_back(ledger, p, "reversed", !p->foreign_undo, "", err);
    return r == LEDGER_OK ? ledger_payment_hand_no_cash(ledger, p, "", err) : r;
}

/* It stands as before, and says so; its paper was taken in, so a new one is planned. */
static enum ledger_result reversal_refused(struct ledger *ledger, const struct heard *h, struct error *err)
{
    char stood[12];
    struct ledger_payment *p = h->payment;
    if (sql_one(ledger, err, "SELECT stood FROM payment WHERE id = ?1", BIND(sql_int(p->id)), INTO(into_text(stood, sizeof stood))) != 1)
        return LEDGER_BROKEN;
    enum ledger_result r = ledger_payment_move(ledger, p, stood, err);
    return r == LEDGER_OK && ledger_payment_stands(p) ? ledger_invoice_plan(ledger, p, err) : r;
}

static enum ledger_result answered_0410(struct ledger *ledger, const struct heard *h, struct error *err)
{
    if (!ledger_is(h->payment, "reversing"))
        return late(ledger, h, err);
    enum meaning m = meaning_of("0400", h->answer->code);
    if (m == UNKNOWN) {
        *h->unknown = true;
        return row_to(ledger, h, "ready", AGAIN_MS, err);
    }
    if (m == REFUSED_ROW) {
        enum ledger_result parked = park(ledger, h, err);
        return parked == LEDGER_OK ? audit(ledger, h, "reversal parked", err) : parked;
    }
    enum ledger_result r = row_to(ledger, h, "done", 0, err);
    if (r == LEDGER_OK)
        r = note(ledger, h, err);
    if (r == LEDGER_OK)
        r = keep_parts(ledger, h, err);
    if (r == LEDGER_OK)
        r = m == DONE ? reversal_done(ledger, h, err) : reversal_refused(ledger, h, err);
    return r == LEDGER_OK ? audit(ledger, h, m == DONE ? "payment reversed" : "reversal refused", err) : r;
}

/* What the utility could not take back, in suspense. */
static bool rest_of(const struct ledger_answer *a, int64_t amount_fen, int64_t *rest_fen)
{
    *rest_fen = 0;
    for (int i = 0; i < a->part_count; i++)
        if (strcmp(a->parts[i].place, "SU") == 0 && !money_add(*rest_fen, a->parts[i].amount_fen, rest_fen))
            return false;
    return *rest_fen >= 0 && *rest_fen <= amount_fen;
}

static enum ledger_result answered_0430(struct ledger *ledger, const struct heard *h, struct error *err)
{
    struct ledger_payment *p = h->payment;
    int64_t rest_fen;
    if (p->undone && meaning_of("0420", h->answer->code) == DONE) { /* told again after a difference */
        enum ledger_result r = row_to(ledger, h, "done", 0, err);
        return r == LEDGER_OK ? audit(ledger, h, "told again", err) : r;
    }
    if (!ledger_is(p, "undoing"))
        return late(ledger, h, err);
    enum meaning m = meaning_of("0420", h->answer->code);
    if (m == UNKNOWN) {
        *h->unknown = true;
        return row_to(ledger, h, "ready", AGAIN_MS, err);
    }
    if (m != DONE || !rest_of(h->answer, p->amount_fen, &rest_fen)) {
        enum ledger_result r = park(ledger, h, err);
        return r == LEDGER_OK ? audit(ledger, h, "undoing refused", err) : r;
    }
    enum ledger_result r = ledger_outbox_done(ledger, p->id, "0420", err); /* and with it its parked advice */
    if (r == LEDGER_OK)
        r = ledger_outbox_done(ledger, p->id, "0220", err);
    if (r == LEDGER_OK)
        r = note(ledger, h, err);
    if (r == LEDGER_OK)
        r = keep_parts(ledger, h, err);
    if (r == LEDGER_OK)
        r = sql_run(ledger, err, "UPDATE payment SET undone = 1, rest_fen = ?2 WHERE id = ?1", BIND(sql_int(p->id), sql_int(rest_fen)));
    p->rest_fen = rest_fen;
    if (r == LEDGER_OK)
        r = ledger_payment_move(ledger, p, rest_fen ? "short" : "undone", err);
    if (r == LEDGER_OK)
        r = ledger_kind_undone(ledger, p, rest_fen, err);
    return r == LEDGER_OK ? audit(ledger, h, "payment undone", err) : r;
}

/* --- the notice's, and which is which ------------------------------------------------------------------ */

static enum ledger_result notice_answered(struct ledger *ledger, const struct heard *h, struct error *err)
{
    switch (meaning_of("0220", h->answer->code)) {
    case DONE: return row_to(ledger, h, "done", 0, err);
    case UNKNOWN: *h->unknown = true; return row_to(ledger, h, "ready", AGAIN_MS, err);
    default: return park(ledger, h, err);
    }
}

static const struct { const char *mti, *class; enum ledger_result (*handle)(struct ledger *, const struct heard *, struct error *); }
answers[] = {
    {"0210", "0200", answered_0210}, {"0230", "0220", answered_0230}, {"0230", "notice", notice_answered},
    {"0410", "0400", answered_0410}, {"0430", "0420", answered_0430},
};
#define ANSWERS (sizeof answers / sizeof *answers)

#define ASKED " AND state IN ('ready', 'in flight') AND tries > 0 ORDER BY id LIMIT 1"

/* The row that is open for this answer; 0: there is none (any more). */
static int find_row(struct ledger *ledger, const struct key *key, const char *class, int64_t *outbox, int64_t *payment, struct error *err)
{
    *outbox = 0;
    if (strcmp(class, "notice") == 0)
        return sql_one(ledger, err, "SELECT id, payment FROM outbox WHERE class = 'notice' AND ref = ?1" ASKED,
                       BIND(sql_text(key->ref)), INTO(into_int64(outbox), into_int64(payment)));
    return sql_one(ledger, err, "SELECT id, payment FROM outbox WHERE payment = (SELECT id FROM payment WHERE ref = ?1) AND class = ?2" ASKED,
                   BIND(sql_text(key->ref), sql_text(class)), INTO(into_int64(outbox), into_int64(payment)));
}

static enum ledger_result from_nowhere(struct ledger *ledger, const struct key *key, const struct ledger_answer *a, struct error *err)
{
    char text[KEY_TEXT_SIZE];
    key_format(key, text, sizeof text);
    ledger_keep(ledger);
    if (ledger_audit(ledger, err, "answer to nothing", NULL, NULL, NULL, text, "%s %s", a->mti, a->code) != LEDGER_OK)
        return LEDGER_BROKEN;
    return ledger_refuse(err, LEDGER_STATE, "the answer changed nothing", NULL, "this branch asked nothing of %s", text);
}

/* What came over a wire is looked at before it is kept, whoever read it before. */
static bool well_formed(const struct ledger_answer *a)
{
    bool fits = strnlen(a->account, sizeof a->account) < sizeof a->account && a->balance_fen >= 0 && a->balance_fen <= MONEY_MAX_FEN &&
                strnlen(a->code, sizeof a->code) < sizeof a->code && strnlen(a->approval, sizeof a->approval) < sizeof a->approval &&
                strnlen(a->reason, sizeof a->reason) < sizeof a->reason && a->part_count >= 0 && a->part_count <= LEDGER_PARTS_MAX;
    for (int i = 0; fits && i < a->part_count; i++) {
        const struct ledger_disposition *d = &a->parts[i];
        fits = strnlen(d->part, sizeof d->part) < sizeof d->part && d->amount_fen >= 0 && d->amount_fen <= MONEY_MAX_FEN &&
               (strcmp(d->place, "BL") == 0 || strcmp(d->place, "PP") == 0 || strcmp(d->place, "SU") == 0 || strcmp(d->place, "RV") == 0);
    }
    return fits;
}

static enum ledger_result hear(struct ledger *ledger, const struct key *key, struct heard *h, struct error *err)
{
    int64_t payment;
    size_t a = 0;
    bool ours = strcmp(key->bank, ledger->bank) == 0 && strcmp(key->branch, ledger->branch) == 0;
    for (; ours && a < ANSWERS && !h->outbox; a++)
        if (strcmp(answers[a].mti, h->answer->mti) == 0 && find_row(ledger, key, answers[a].class, &h->outbox, &payment, err) < 0)
            return LEDGER_BROKEN;
    if (h->outbox) {
        enum ledger_result r = ledger_payment_row(ledger, payment, h->payment, err);
        if (r == LEDGER_OK && h->payment->held)
            return late(ledger, h, err);
        char before[sizeof h->payment->state];
        memcpy(before, h->payment->state, sizeof before);
        if (r == LEDGER_OK)
            r = answers[a - 1].handle(ledger, h, err);
        if (r == LEDGER_OK && !ledger_is(h->payment, before)) /* so the day's totals are others */
            r = ledger_day_late(ledger, h->payment->day, err);
        return r == LEDGER_OK ? ledger_payment_load(ledger, payment, h->payment, err) : r;
    }
    enum ledger_result known = ledger_payment_by_key(ledger, key, h->payment, err);
    return known == LEDGER_OK ? late(ledger, h, err) : known == LEDGER_BROKEN ? known : from_nowhere(ledger, key, h->answer, err);
}

enum ledger_result outbox_answer(struct ledger *ledger, const struct key *key, const struct ledger_answer *answer,
                                 bool *unknown, struct ledger_payment *out, struct error *err)
{
    struct heard h = {.answer = answer, .payment = out, .unknown = unknown};
    *unknown = false;
    memset(out, 0, sizeof *out);
    if (!well_formed(answer))
        return ledger_refuse(err, LEDGER_PARAMS, "the answer changed nothing", "it is asked again", "it says what no answer can say");
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = hear(ledger, key, &h, err);
    return ledger_end(ledger, r, err);
}
