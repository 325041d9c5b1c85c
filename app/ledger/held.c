/* Held since the start: the ledger took it and the screen never said so, so nobody knows
 * whether the customer's cash lies in the till. A person says. */
#include <string.h>

#include "ledger/books.h"
#include "ledger/inside.h"

/* The act that its state needs; what was turned back already is only booked as handed back. */
static enum ledger_result without_cash(struct ledger *ledger, struct ledger_payment *p, const char *maker, const char *checker,
                                       struct error *err)
{
    bool turn = ledger_is(p, "recorded") || ledger_is(p, "advised") || ledger_is(p, "posted") || ledger_is(p, "excepted");
    if (!turn && p->owed_fen == 0)
        return ledger_not_so(p, "it can't be turned back", err);
    enum ledger_result r = sql_run(ledger, err, "UPDATE payment SET no_cash = 1 WHERE id = ?1", BIND(sql_int(p->id)));
    p->no_cash = true;
    if (r == LEDGER_OK)
        r = turn ? ledger_turn_back(ledger, p, NULL, 0, maker, checker, err) : ledger_payment_seen(ledger, p, err);
    return r == LEDGER_OK ? ledger_payment_hand_no_cash(ledger, p, maker, err) : r;
}

static enum ledger_result cash_is(struct ledger *ledger, const struct key *key, bool in_till, const struct ledger_two *two,
                                  struct ledger_payment *p, struct error *err)
{
    char checker[LEDGER_OPERATOR_SIZE] = "";
    enum ledger_result r = ledger_not_restoring(ledger, "its cash is not asked for alone", err);
    if (r == LEDGER_OK)
        r = ledger_payment_by_key(ledger, key, p, err);
    if (r == LEDGER_OK && !p->held)
        return ledger_not_so(p, "its cash is not asked for", err);
    if (r == LEDGER_OK)
        r = approval_second(ledger, two, "unacknowledged_answer", p->key.ref, !in_till, checker, err);
    if (r == LEDGER_OK)
        r = in_till ? ledger_payment_seen(ledger, p, err) : without_cash(ledger, p, two->maker, checker, err);
    if (r == LEDGER_OK)
        r = ledger_audit(ledger, err, in_till ? "cash is in the till" : "cash was not taken", two->maker, checker,
                         two->terminal, p->key.ref, "%s", p->state);
    return r == LEDGER_OK ? ledger_payment_load(ledger, p->id, p, err) : r;
}

enum ledger_result payment_cash_is(struct ledger *ledger, const struct key *key, bool in_till, const struct ledger_two *two,
                                   struct ledger_payment *out, struct error *err)
{
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = cash_is(ledger, key, in_till, two, out, err);
    return ledger_end(ledger, r, err);
}
