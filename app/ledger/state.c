/* The few ways in which a payment's row and its money move. */
#include <stdio.h>
#include <string.h>

#include "ledger/inside.h"

enum ledger_result ledger_payment_move(struct ledger *ledger, struct ledger_payment *payment, const char *state, struct error *err)
{
    enum ledger_result r = sql_run(ledger, err, "UPDATE payment SET state = ?2 WHERE id = ?1",
                                   BIND(sql_int(payment->id), sql_text(state)));
    if (r == LEDGER_OK)
        snprintf(payment->state, sizeof payment->state, "%s", state);
    return r;
}

enum ledger_result ledger_payment_book(struct ledger *ledger, const struct ledger_payment *payment, const char *event,
                                       const char *debit, const char *credit, int64_t fen, const char *operator_number,
                                       struct error *err)
{
    struct ledger_entry entry = {.event = event, .payment = payment->id, .debit = debit, .credit = credit, .fen = fen,
                                 .operator_number = operator_number, .day = payment->day};
    return ledger_entry(ledger, &entry, err);
}

enum ledger_result ledger_payment_owe(struct ledger *ledger, struct ledger_payment *payment, int64_t fen, struct error *err)
{
    payment->owed_fen += fen;
    return sql_run(ledger, err, "UPDATE payment SET owed_fen = ?2 WHERE id = ?1",
                   BIND(sql_int(payment->id), sql_int(payment->owed_fen)));
}

enum ledger_result ledger_payment_hand(struct ledger *ledger, struct ledger_payment *payment, int64_t till,
                                       const char *from, const char *operator_number, struct error *err)
{
    struct ledger_entry entry = {.event = "handed back", .payment = payment->id, .till = till, .debit = "to-be-given-back",
                                 .credit = from, .fen = payment->owed_fen, .operator_number = operator_number,
                                 .day = payment->day};
    enum ledger_result r = ledger_entry(ledger, &entry, err);
    if (r == LEDGER_OK)
        r = sql_run(ledger, err, "UPDATE payment SET handed_fen = handed_fen + owed_fen, owed_fen = 0, handed_at = ?2 WHERE id = ?1",
                    BIND(sql_int(payment->id), sql_int(ledger_now(ledger))));
    payment->handed_fen += payment->owed_fen;
    payment->owed_fen = 0;
    return r;
}

/* The till it was booked into never had the cash; once that till was counted and closed,
 * the count has shown so, and what was short there is found. */
enum ledger_result ledger_payment_hand_no_cash(struct ledger *ledger, struct ledger_payment *payment,
                                               const char *operator_number, struct error *err)
{
    int64_t till;
    bool closed;
    char account[8];
    if (!payment->no_cash || payment->owed_fen == 0)
        return LEDGER_OK;
    if (sql_one(ledger, err, "SELECT t.id, t.state = 'closed' FROM payment p JOIN till t ON t.id = p.till WHERE p.id = ?1",
                BIND(sql_int(payment->id)), INTO(into_int64(&till), into_bool(&closed))) != 1)
        return LEDGER_BROKEN;
    return ledger_payment_hand(ledger, payment, till, closed ? "over-short" : ledger_till_account(payment->till, account),
                               operator_number, err);
}

enum ledger_result ledger_payment_seen(struct ledger *ledger, struct ledger_payment *payment, struct error *err)
{
    payment->held = false;
    return sql_run(ledger, err, "UPDATE payment SET held = 0, shown_at = coalesce(shown_at, ?2) WHERE id = ?1",
                   BIND(sql_int(payment->id), sql_int(ledger_now(ledger))));
}
