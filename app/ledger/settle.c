/* What two people settle: an exception, a short one, a message that was parked. */
#include <string.h>

#include "ledger/books.h"
#include "ledger/kind.h"

struct settling {
    const char *debit, *credit;  /* NULL: nothing is booked */
    int64_t fen;
    bool kept, give_back, posted; /* posted: it goes back from its receiver */
    char till[8];
};

static enum ledger_result refused(struct error *err, const char *why, const char *remedy)
{
    return ledger_refuse(err, LEDGER_STATE, "it can't be settled so", remedy, "%s", why);
}

/* --- each state's ways ------------------------------------------------------------------------------- */

static enum ledger_result excepted(struct ledger *ledger, const struct ledger_payment *p, enum ledger_settle how,
                                   struct settling *s, struct error *err)
{
    if (!p->foreign_undo && how == SETTLE_KEEP) { /* the customer's credit, or in suspense: the utility has it */
        s->kept = true;
        return LEDGER_OK;
    }
    if (!p->foreign_undo)
        return refused(err, "its money is at the utility", "reverse it on the same day, or refund the credit");
    if (how != SETTLE_GIVE_BACK)
        return refused(err, "the utility has nothing of it, its key is undone", "give the money back");
    s->give_back = true;
    return LEDGER_OK;
}

static enum ledger_result short_till(struct ledger *ledger, const struct ledger_payment *p, struct settling *s, struct error *err)
{
    int64_t till;
    if (sql_one(ledger, err, "SELECT id FROM till WHERE number = ?1 AND state = 'open'", BIND(sql_text(p->till)), INTO(into_int64(&till))) < 1)
        return ledger->broken[0] ? LEDGER_BROKEN
                                 : ledger_refuse(err, LEDGER_TILL, "it can't be settled so", "open the till first", "till %s is not open", p->till);
    s->debit = ledger_till_account(p->till, s->till);
    return LEDGER_OK;
}

static enum ledger_result short_one(struct ledger *ledger, const struct ledger_payment *p, enum ledger_settle how,
                                    struct settling *s, struct error *err)
{
    if (!ledger_cash_in(p)) /* it stays debited there: its customer's, at the utility */
        return how == SETTLE_KEEP ? LEDGER_OK : refused(err, "the rest is the customer's credit at the utility", "settle it as kept");
    s->credit = "claims";
    s->fen = p->rest_fen;
    switch (how) {
    case SETTLE_SHORT_TELLER: return short_till(ledger, p, s, err);
    case SETTLE_SHORT_UTILITY: s->debit = ledger_kind(p->proc)->to; return LEDGER_OK; /* given up by who has it */
    case SETTLE_SHORT_LOSS: s->debit = "loss"; return LEDGER_OK;
    default: return refused(err, "a part of it did not come back from the utility", "say who bears it: teller, utility or the bank");
    }
}

static enum ledger_result parked_advice(struct ledger *ledger, const struct ledger_payment *p, enum ledger_settle how,
                                        struct settling *s, struct error *err)
{
    if (how != SETTLE_KEEP && how != SETTLE_GIVE_BACK)
        return refused(err, "nothing of it is short", "keep the money for the utility, or give it back");
    s->kept = how == SETTLE_KEEP;
    s->give_back = !s->kept;
    if (s->kept) {
        s->debit = "awaiting-utility";
        s->credit = "owed-to-utility";
    }
    return LEDGER_OK;
}

static enum ledger_result parked_undoing(struct ledger *ledger, const struct ledger_payment *p, enum ledger_settle how,
                                         struct settling *s, struct error *err)
{
    if (how != SETTLE_GIVE_BACK)
        return refused(err, "its money is the customer's since it was turned back", "settle it as given back");
    s->give_back = !ledger_cash_in(p); /* cash was booked back when it was turned back */
    return LEDGER_OK;
}

static enum ledger_result parked_reversal(struct ledger *ledger, const struct ledger_payment *p, enum ledger_settle how,
                                          struct settling *s, struct error *err)
{
    if (how != SETTLE_KEEP && how != SETTLE_GIVE_BACK)
        return refused(err, "nothing of it is short", "let it stand, or give the money back");
    if (how == SETTLE_KEEP && p->foreign_undo)
        return refused(err, "the utility has nothing of it, its key is undone", "give the money back");
    s->kept = how == SETTLE_KEEP;
    s->give_back = !s->kept;
    s->posted = !p->foreign_undo;
    return LEDGER_OK;
}

static const struct {
    const char *state;
    bool parked; /* only with its last message parked */
    enum ledger_result (*ways)(struct ledger *, const struct ledger_payment *, enum ledger_settle, struct settling *, struct error *);
} states[] = {
    {"excepted", false, excepted}, {"short", false, short_one}, {"advised", true, parked_advice},
    {"undoing", true, parked_undoing}, {"reversing", true, parked_reversal},
};
#define STATES (sizeof states / sizeof *states)

/* --- doing it -------------------------------------------------------------------------------------------- */

/* Is the last of its messages parked, and is a notice? */
static enum ledger_result look_at_rows(struct ledger *ledger, const struct ledger_payment *p, bool *message, bool *notice, struct error *err)
{
    *message = *notice = false;
    if (sql_one(ledger, err, "SELECT state = 'parked' FROM outbox WHERE payment = ?1 AND class <> 'notice' ORDER BY id DESC LIMIT 1",
                BIND(sql_int(p->id)), INTO(into_bool(message))) < 0 ||
        sql_one(ledger, err, "SELECT 1 FROM outbox WHERE payment = ?1 AND class = 'notice' AND state = 'parked'",
                BIND(sql_int(p->id)), INTO(into_bool(notice))) < 0)
        return LEDGER_BROKEN;
    return LEDGER_OK;
}

static enum ledger_result rows_settled(struct ledger *ledger, const struct ledger_payment *p, struct error *err)
{
    return sql_run(ledger, err, "UPDATE outbox SET state = 'settled' WHERE payment = ?1 AND state = 'parked'", BIND(sql_int(p->id)));
}

static enum ledger_result money_settled(struct ledger *ledger, struct ledger_payment *p, const struct settling *s,
                                        const char *maker, struct error *err)
{
    enum ledger_result r = LEDGER_OK;
    if (!s->kept && !ledger_is(p, "short")) /* whose paper nobody has yet is on the list of void numbers */
        r = ledger_invoice_withdraw(ledger, p, NULL, 0, maker, err);
    if (r == LEDGER_OK)
        r = sql_run(ledger, err, "UPDATE payment SET state = 'settled', kept = ?2 WHERE id = ?1", BIND(sql_int(p->id), sql_int(s->kept)));
    if (r == LEDGER_OK && s->debit)
        r = ledger_payment_book(ledger, p, "settled", s->debit, s->credit, s->fen, maker, err);
    if (r == LEDGER_OK && s->give_back)
        r = ledger_kind_back(ledger, p, "settled", s->posted, maker, err);
    if (r == LEDGER_OK)
        r = ledger_payment_hand_no_cash(ledger, p, maker, err);
    strcpy(p->state, "settled");
    p->kept = s->kept;
    if (r == LEDGER_OK && s->kept)
        r = ledger_invoice_plan(ledger, p, err);
    return r == LEDGER_OK ? ledger_day_late(ledger, p->day, err) : r;
}

static enum ledger_result settle(struct ledger *ledger, const struct key *key, enum ledger_settle how,
                                 const struct ledger_two *two, struct ledger_payment *p, struct error *err)
{
    static const char *const hows[] = {"kept", "to be given back", "the teller bears it", "the utility bears it", "loss"};
    struct settling s = {0};
    char checker[LEDGER_OPERATOR_SIZE] = "", was[sizeof p->state];
    bool message, notice;
    size_t at = 0;
    enum ledger_result r = ledger_payment_by_key(ledger, key, p, err);
    if (r == LEDGER_OK)
        r = look_at_rows(ledger, p, &message, &notice, err);
    if (r != LEDGER_OK)
        return r;
    while (at < STATES && !ledger_is(p, states[at].state))
        at++;
    bool own = at < STATES && (message || !states[at].parked); /* else only a notice of it is parked */
    if (p->held || (!own && !(notice && how == SETTLE_KEEP)))
        return ledger_not_so(p, "there is nothing to settle", err);
    s.fen = p->amount_fen;
    if (own)
        r = states[at].ways(ledger, p, how, &s, err);
    if (r == LEDGER_OK)
        r = approval_second(ledger, two, "settle", p->key.ref, true, checker, err);
    memcpy(was, p->state, sizeof was);
    if (r == LEDGER_OK && own)
        r = money_settled(ledger, p, &s, two->maker, err);
    if (r == LEDGER_OK)
        r = rows_settled(ledger, p, err);
    if (r == LEDGER_OK)
        r = ledger_audit(ledger, err, "settled", two->maker, checker, two->terminal, p->key.ref, "%s: %s", was,
                         own ? hows[how] : "notice set aside");
    return r == LEDGER_OK ? ledger_payment_load(ledger, p->id, p, err) : r;
}

enum ledger_result payment_settle(struct ledger *ledger, const struct key *key, enum ledger_settle how,
                                  const struct ledger_two *two, struct ledger_payment *out, struct error *err)
{
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = settle(ledger, key, how, two, out, err);
    return ledger_end(ledger, r, err);
}
