/* The card of a payment: what a counter shows of it, in one object. */
#include <stdlib.h>
#include <string.h>

#include "branchd/service.h"
#include "wire/message.h"

const char *forwarded_word(const struct ledger_payment *p)
{
    if (strcmp(p->state, "recorded") == 0) return p->unanswered ? "unknown" : "waiting";
    return strcmp(p->state, "advised") == 0 ? "queued" : p->state;
}

static json_t *bills_json(const struct ledger_payment *p)
{
    json_t *bills = json_array();
    for (int i = 0; i < p->bill_count; i++)
        json_array_append_new(bills, json_pack("{s:s, s:s, s:I, s:I}", "bill", p->bills[i].bill, "period", p->bills[i].period,
                                               "amount_fen", (json_int_t)p->bills[i].amount_fen, "late_fee_fen",
                                               (json_int_t)p->bills[i].late_fee_fen));
    return bills;
}

static json_t *parts_json(const struct ledger_payment *p)
{
    json_t *parts = json_array();
    for (int i = 0; i < p->part_count; i++)
        json_array_append_new(parts, json_pack("{s:s, s:s, s:I}", "part", p->parts[i].part, "place", p->parts[i].place,
                                               "amount_fen", (json_int_t)p->parts[i].amount_fen));
    return parts;
}

static json_t *invoice_json(const struct ledger_payment *p)
{
    if (p->invoice.id == 0) return json_null();
    return json_pack("{s:I, s:s, s:s, s:o, s:s, s:o, s:i, s:i}", "id", (json_int_t)p->invoice.id, "kind", p->invoice.kind,
                     "series", p->invoice.series, "number", json_text(p->invoice.number), "state", p->invoice.state, "doubt",
                     json_text(p->invoice.doubt), "attempt", p->invoice.attempt, "reprints", p->invoice.reprints);
}

static const char *process_of(const struct ledger_payment *p)
{
    static const struct { int proc; const char *word; } words[] = {
        {PROC_CASH, "payment"}, {PROC_REFUND, "refund"}, {PROC_TRANSFER, "transfer"}, {PROC_ACCOUNT, "account-payment"}, {PROC_DEPOSIT, "deposit"},
        {PROC_WITHDRAW, "withdrawal"}, {PROC_OPEN, "open"}, {PROC_CLOSE, "close"}, {PROC_LINK, "link"}, {PROC_FREEZE, "freeze"}, {PROC_PASSBOOK, "passbook"},
    };
    size_t i = 0;
    while (i + 1 < sizeof words / sizeof *words && words[i].proc != p->proc)
        i++;
    return words[i].word;
}

static const char *reason_of(const struct ledger_payment *p)
{
    const struct code_spec *spec = p->code[0] && strcmp(p->code, "00") != 0 ? code_spec(p->code) : NULL;
    return p->reason[0] ? p->reason : spec ? spec->meaning : "";
}

json_t *card_json(struct service *s, const struct ledger_payment *p)
{
    char key[KEY_TEXT_SIZE], brief[KEY_TEXT_SIZE];
    json_t *card = json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:s, s:s}", "key",
                             key_format(&p->key, key, sizeof key), "key_short", key_short(&p->key, brief, sizeof brief),
                             "customer", p->customer, "name", p->name, "address", p->address, "bills", bills_json(p),
                             "total_fen", (json_int_t)p->amount_fen, "bills_fen", (json_int_t)p->bills_fen, "late_fee_fen",
                             (json_int_t)p->late_fee_fen, "prepaid_fen", (json_int_t)p->prepaid_fen, "tendered_fen",
                             (json_int_t)p->tendered_fen, "change_fen", (json_int_t)p->change_fen, "state", p->state,
                             "forwarded", forwarded_word(p));
    json_t *rest = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:s, s:s, s:o, s:b, s:b, s:I, s:o}", "approval",
                             json_text(p->approval), "response", json_text(p->code), "reason", json_text(reason_of(p)),
                             "disposition", parts_json(p), "recorded_at", json_time(s, p->taken_ms), "forwarded_at",
                             json_time(s, p->answered_ms), "teller", p->operator_number, "teller_name", p->operator_name,
                             "terminal", p->terminal, "business_date", json_day(p->day), "shown", (int)(p->shown_ms != 0),
                             "held", (int)p->held, "give_back_fen", (json_int_t)p->owed_fen, "invoice", invoice_json(p));
    json_object_update(card, rest);
    json_object_set_new(card, "process", json_string(process_of(p)));
    json_object_set_new(card, "account", json_string(p->account));
    json_object_set_new(card, "balance_fen", p->balance_fen < 0 ? json_null() : json_integer((json_int_t)p->balance_fen));
    json_object_set_new(card, "lies", json_pack("{s:I, s:I, s:I}", "BL", (json_int_t)payment_lies(p, "BL"), "PP", (json_int_t)payment_lies(p, "PP"),
                                                "SU", (json_int_t)payment_lies(p, "SU")));
    json_object_set_new(card, "moved_fen", json_integer(p->moved_fen));
    json_object_set_new(card, "source", p->source.ref[0] ? json_string(key_format(&p->source, key, sizeof key)) : json_null());
    json_decref(rest);
    return card;
}

json_t *card_of(struct service *s, const struct key *key)
{
    struct ledger_payment p;
    return payment_get(s->ledger, key, &p, NULL) == LEDGER_OK ? card_json(s, &p) : json_null();
}

json_t *cards_json(struct service *s, const int64_t *ids, int count)
{
    json_t *list = json_array();
    struct ledger_payment p;
    size_t bytes = 0;
    for (int i = 0; i < count; i++)
        if (payment_get_id(s->ledger, ids[i], &p, NULL) != LEDGER_OK || !json_add_bounded(list, card_json(s, &p), &bytes)) break;
    return list;
}

void payment_changed(struct service *s, const struct ledger_payment *p)
{
    struct session *session = session_at(s, p->terminal);
    if (session && session->signed_on) {
        rpc_notify(server_rpc(s->server), session->peer, "payment", card_json(s, p));
        if (strcmp(p->invoice.state, "planned") == 0 && !p->held)
            rpc_notify(server_rpc(s->server), session->peer, "invoice",
                       json_pack("{s:I}", "invoice", (json_int_t)p->invoice.id));
    }
    service_changed(s);
}
