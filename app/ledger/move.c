/* Money that moves after it was posted: a credit goes back in cash, a wrong customer number is
 * corrected. On line only: unknown is asked again or abandoned, never finished as an advice. */
#include <stdio.h>
#include <string.h>

#include "base/money.h"
#include "ledger/books.h"
#include "ledger/kind.h"

static const char what[] = "no money was moved";

bool ledger_moves(const struct ledger_payment *p) { return p->proc == KIND_REFUND || p->proc == KIND_TRANSFER; }

static enum ledger_result no(struct error *err, enum ledger_result result, const char *remedy, const char *why)
{
    return ledger_refuse(err, result, what, remedy, "%s", why);
}

/* --- whose money -------------------------------------------------------------------------- */

/* A part of which nothing was said lies where it was meant to be. */
int64_t payment_lies(const struct ledger_payment *p, const char *place)
{
    int64_t sum = 0, told = 0;
    if (!p->posted || p->undone || p->reversed || p->foreign_undo || ledger_kind(p->proc)->bank)
        return 0;
    for (int i = 0; i < p->part_count; i++) {
        told += p->parts[i].amount_fen;
        if (strcmp(p->parts[i].place, place) == 0)
            sum += p->parts[i].amount_fen;
    }
    if (told == 0) {
        bool bills = strcmp(place, "BL") == 0, credit = strcmp(place, "PP") == 0;
        sum = bills ? p->bills_fen + p->late_fee_fen : credit ? p->prepaid_fen : 0;
    }
    return sum;
}

/* 1: that place's money of it has moved, or is moving; -1 broken. */
static int moved_already(struct ledger *ledger, const struct ledger_payment *p, const char *place, struct error *err)
{
    int64_t other;
    return sql_one(ledger, err, "SELECT m.id FROM source s JOIN payment m ON m.id = s.payment WHERE s.original = ?1 AND s.place = ?2"
                   " AND m.state IN ('recorded', 'posted', 'excepted', 'settled', 'undoing')", BIND(sql_int(p->id), sql_text(place)),
                   INTO(into_int64(&other)));
}

static enum ledger_result source_check(struct ledger *ledger, const struct ledger_source *source, const struct ledger_payment *p,
                                       struct ledger_payment *original, struct error *err)
{
    bool refund = p->proc == KIND_REFUND;
    if (!source->key.ref[0])
        return refund && strcmp(source->place, "PP") == 0 ? LEDGER_OK : no(err, LEDGER_PARAMS, NULL, "it isn't said whose money");
    if (refund && strcmp(source->place, "BL") == 0)
        return no(err, LEDGER_PARAMS, "reverse it on the same day, or transfer it", "a bill that was paid is not refunded");
    enum ledger_result r = ledger_payment_by_key(ledger, &source->key, original, err);
    if (r != LEDGER_OK)
        return r;
    if (original->proc == KIND_REFUND || (!ledger_is(original, "posted") && !ledger_is(original, "excepted") && !ledger_is(original, "settled")))
        return ledger_not_so(original, what, err);
    if (strcmp(original->invoice.state, "sent") == 0)
        return no(err, LEDGER_STATE, "F6: look at the paper and answer", "its invoice is at the printer");
    int moved = moved_already(ledger, original, source->place, err);
    if (moved != 0)
        return moved < 0 ? LEDGER_BROKEN : no(err, LEDGER_STATE, NULL, "that money has moved, or is moving");
    if (payment_lies(original, source->place) != p->amount_fen)
        return no(err, LEDGER_PARAMS, NULL, "it is not what lies there");
    return LEDGER_OK;
}

/* --- T1 ------------------------------------------------------------------------------------ */

enum ledger_result ledger_payment_unseen(struct ledger *ledger, const struct ledger_payment *p, struct error *err)
{
    return sql_run(ledger, err, "UPDATE payment SET shown_at = ?2 WHERE id = ?1", BIND(sql_int(p->id), sql_int(ledger_now(ledger))));
}

static enum ledger_result permitted(struct ledger *ledger, const struct ledger_draft *d, const struct ledger_source *source,
                                    struct ledger_payment *p, int64_t *till, struct error *err)
{
    char account[8];
    struct ledger_payment original;
    enum ledger_result r = ledger_may_take(ledger, err);
    if (r == LEDGER_OK)
        r = ledger_day_open(ledger, &p->day, err);
    if (r == LEDGER_OK)
        r = ledger_till_open_at(ledger, d->terminal, d->operator_number, till, p->till, err);
    if (r == LEDGER_OK)
        r = source_check(ledger, source, p, &original, err);
    if (r == LEDGER_OK && p->proc == KIND_REFUND)
        r = cash_check(ledger, ledger_till_account(p->till, account), p->amount_fen, what, err);
    return r == LEDGER_OK ? ledger_bills_free(ledger, d, err) : r;
}

static enum ledger_result record(struct ledger *ledger, const struct ledger_draft *d, const struct ledger_source *source,
                                 const struct ledger_two *two, struct ledger_payment *p, struct error *err)
{
    char checker[LEDGER_OPERATOR_SIZE] = "";
    int64_t till, first;
    const char *act = d->proc == KIND_REFUND ? "refund" : "transfer";
    enum ledger_result r = ledger_draft_sums(d, p, err);
    if (r == LEDGER_OK && (d->offline || d->tendered_fen || d->change_fen))
        return no(err, LEDGER_PARAMS, NULL, "no cash comes in with it, and it needs the link");
    if (r == LEDGER_OK && d->proc == KIND_REFUND && d->bill_count)
        return no(err, LEDGER_PARAMS, NULL, "a refund pays no bills");
    if (r == LEDGER_OK)
        r = ledger_payment_of_token(ledger, d, &first, err);
    if (r != LEDGER_OK)
        return r;
    if (first)
        return ledger_payment_load(ledger, first, p, err);
    p->proc = d->proc;
    p->taken_ms = ledger_now(ledger);
    r = permitted(ledger, d, source, p, &till, err);
    if (r == LEDGER_OK)
        r = ledger_next_key(ledger, &p->key, err);
    if (r == LEDGER_OK)
        r = approval_second(ledger, two, act, p->key.ref, true, checker, err);
    if (r == LEDGER_OK)
        r = ledger_payment_insert(ledger, d, p, till, checker, source, err);
    if (r == LEDGER_OK)
        r = ledger_payment_unseen(ledger, p, err);
    if (r == LEDGER_OK)
        r = ledger_payment_load(ledger, p->id, p, err);
    return r == LEDGER_OK ? ledger_outbox_add(ledger, p, "0200", NULL, NULL, err) : r;
}

static enum ledger_result move(struct ledger *ledger, const struct ledger_draft *draft, int proc, const struct ledger_source *source,
                               const struct ledger_two *two, struct ledger_payment *out, struct error *err)
{
    memset(out, 0, sizeof *out);
    if (draft->proc != proc)
        return no(err, LEDGER_PARAMS, NULL, "it is another kind of payment");
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = record(ledger, draft, source, two, out, err);
    return ledger_end(ledger, r, err);
}

enum ledger_result payment_refund(struct ledger *ledger, const struct ledger_draft *draft, const struct ledger_source *source,
                                  const struct ledger_two *two, struct ledger_payment *out, struct error *err)
{
    return move(ledger, draft, KIND_REFUND, source, two, out, err);
}

enum ledger_result payment_transfer(struct ledger *ledger, const struct ledger_draft *draft, const struct ledger_source *source,
                                    const struct ledger_two *two, struct ledger_payment *out, struct error *err)
{
    return move(ledger, draft, KIND_TRANSFER, source, two, out, err);
}

/* --- approved -------------------------------------------------------------------------------- */

/* The payment whose money it was: its bills may be paid again, its invoice is for nothing. */
static enum ledger_result original_left(struct ledger *ledger, const struct ledger_payment *p, struct error *err)
{
    struct ledger_payment original = {0};
    if (!p->source.ref[0])
        return LEDGER_OK;
    enum ledger_result r = ledger_payment_by_key(ledger, &p->source, &original, err);
    if (r == LEDGER_OK)
        r = sql_run(ledger, err, "UPDATE payment SET moved_fen = moved_fen + ?2 WHERE id = ?1", BIND(sql_int(original.id), sql_int(p->amount_fen)));
    if (r == LEDGER_OK && strcmp(p->source_place, "BL") == 0)
        r = sql_run(ledger, err, "UPDATE payment_bill SET place = 'RV', live = 0 WHERE payment = ?1 AND place = 'BL'", BIND(sql_int(original.id)));
    bool whole = original.moved_fen + p->amount_fen == original.amount_fen, bills = strcmp(p->source_place, "BL") == 0;
    if (r == LEDGER_OK && (whole || bills)) { /* its paper is asked for with the void sheets */
        r = ledger_invoice_withdraw(ledger, &original, NULL, 0, p->operator_number, err);
        r = r == LEDGER_STATE ? LEDGER_OK : r; /* at the printer again meanwhile: a person answers for it */
    }
    return r == LEDGER_OK ? ledger_audit(ledger, err, "money moved", p->operator_number, NULL, p->terminal, original.key.ref, "to %s", p->key.ref) : r;
}

enum ledger_result ledger_moved(struct ledger *ledger, struct ledger_payment *p, struct error *err)
{
    enum ledger_result r = original_left(ledger, p, err);
    if (r == LEDGER_OK && p->proc == KIND_TRANSFER)
        return ledger_invoice_plan(ledger, p, err);
    if (r == LEDGER_OK)
        r = ledger_payment_book(ledger, p, "refunded", "owed-to-utility", "to-be-given-back", p->amount_fen, p->operator_number, err);
    return r == LEDGER_OK ? ledger_payment_owe(ledger, p, p->amount_fen, err) : r;
}
