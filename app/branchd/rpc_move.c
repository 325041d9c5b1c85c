/* Money that moves after it was posted: refund and transfer, on line only, by two people. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "branchd/service.h"

static const char not_moved[] = "no money was moved";

static bool on_line(struct service *s, struct rpc_call *call)
{
    if (!link_up(s->link)) refuse(s, call, RPC_LINK, "link", not_moved, "the link is down", "it is asked of the utility only: wait for the link");
    return link_up(s->link);
}

/* A draft for the customer of the last look-up, when that look-up is meant; else of the payment whose money it is. */
static bool begin_draft(struct service *s, struct rpc_call *call, const char *token, const struct key *source, struct ledger_draft *d)
{
    struct session *session = session_of(call);
    struct ledger_payment p;
    struct error err = {0};
    memset(d, 0, sizeof *d);
    text_copy(d->operator_number, sizeof d->operator_number, session->operator.number);
    text_copy(d->terminal, sizeof d->terminal, session->terminal);
    if (token && session->lookup && strcmp(token, session->lookup->token) == 0) {
        text_copy(d->token, sizeof d->token, token);
        text_copy(d->customer, sizeof d->customer, session->lookup->customer);
        text_copy(d->name, sizeof d->name, session->lookup->name);
        text_copy(d->address, sizeof d->address, session->lookup->address);
        return true;
    }
    if (token || source == NULL) {
        refuse(s, call, RPC_STATE, "token", not_moved, "this look-up is no longer the last one of its terminal", "look the customer up again");
        return false;
    }
    enum ledger_result result = payment_get(s->ledger, source, &p, &err);
    if (result != LEDGER_OK) {
        refuse_result(s, call, result, &err);
        return false;
    }
    entropy_hex(&s->branch->world.entropy, (LEDGER_TOKEN_SIZE - 1) / 2, d->token, sizeof d->token);
    memcpy(d->customer, p.customer, sizeof d->customer);
    memcpy(d->name, p.name, sizeof d->name);
    memcpy(d->address, p.address, sizeof d->address);
    return true;
}

typedef enum ledger_result moves(struct ledger *ledger, const struct ledger_draft *draft, const struct ledger_source *source,
                                 const struct ledger_two *two, struct ledger_payment *out, struct error *err);

static void record(struct service *s, struct rpc_call *call, moves *move, struct ledger_draft *d, const struct ledger_source *source, json_t *detail)
{
    struct session *session = session_of(call);
    struct ledger_payment p;
    struct ledger_two two;
    struct error err = {0};
    char key[KEY_TEXT_SIZE], *text = detail ? json_dumps(detail, JSON_COMPACT) : NULL;
    d->detail = text;
    two_of(session, call, &two);
    enum ledger_result result = move(s->ledger, d, source, &two, &p, &err);
    free(text);
    if (result != LEDGER_OK) {
        refuse_result(s, call, result, &err);
        return;
    }
    log_line(LOG_LEVEL_INFO, key_format(&p.key, key, sizeof key), "%s recorded at terminal %s", call->method->name, p.terminal);
    if (session->lookup && strcmp(session->lookup->token, d->token) == 0) {
        free(session->lookup);
        session->lookup = NULL;
    }
    answer_payment(s, call, &p);
    queue_kick(s);
}

void rpc_refund(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    struct ledger_draft d;
    struct ledger_source source = {0};
    json_int_t sum_fen;
    const char *token = NULL, *text = NULL, *place, *approval = NULL;
    if (!rpc_params(server_rpc(s->server), call, "{s?s, s:I, s?s, s:s, s?s}", "token", &token, "sum_fen", &sum_fen, "source", &text, "place", &place,
                    "approval", &approval) ||
        !on_line(s, call) || (text && !take_key(s, call, text, &source.key)) || !begin_draft(s, call, token, text ? &source.key : NULL, &d))
        return;
    text_copy(source.place, sizeof source.place, place);
    d.proc = PROC_REFUND;
    d.prepaid_fen = sum_fen;
    record(s, call, payment_refund, &d, &source, NULL);
}

bool take_chosen(struct service *s, struct rpc_call *call, const json_t *list, const char *not_done, struct ledger_draft *d)
{
    struct lookup *l = session_of(call)->lookup;
    struct lookup_choice chosen[LEDGER_BILLS_MAX];
    json_t *item;
    size_t i;
    char why[200] = "bills: bill, amount_fen, late_fee_fen, at most 12";
    const char *reason = json_is_array(list) && json_array_size(list) <= LEDGER_BILLS_MAX ? NULL : "params";
    json_array_foreach(list, i, item) {
        const char *bill;
        json_int_t amount, late;
        json_error_t fault;
        if (reason || json_unpack_ex(item, &fault, JSON_STRICT, "{s:s, s:I, s:I}", "bill", &bill, "amount_fen", &amount, "late_fee_fen", &late) != 0 ||
            !text_copy(chosen[i].bill, sizeof chosen[i].bill, bill)) {
            reason = "params";
            break;
        }
        chosen[i].amount_fen = d->bills[i].amount_fen = amount;
        chosen[i].late_fee_fen = d->bills[i].late_fee_fen = late;
        text_copy(d->bills[i].bill, sizeof d->bills[i].bill, bill);
        for (int j = 0; j < l->count; j++)
            if (strcmp(l->bills[j].bill.number, bill) == 0) text_copy(d->bills[i].period, sizeof d->bills[i].period, l->bills[j].bill.period);
        d->bill_count++;
    }
    if (reason == NULL && d->bill_count) reason = lookup_disagrees(l, chosen, d->bill_count, why, sizeof why);
    if (reason) refuse(s, call, strcmp(reason, "params") == 0 ? RPC_PARAMS : RPC_BILL, reason, not_done, why, NULL);
    return reason == NULL;
}

void rpc_transfer(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    struct ledger_draft d;
    struct ledger_source source = {0};
    json_t *bills;
    json_int_t prepaid_fen;
    const char *token, *text, *place, *approval = NULL;
    if (!rpc_params(server_rpc(s->server), call, "{s:s, s:o, s:I, s:s, s:s, s?s}", "token", &token, "bills", &bills, "prepaid_fen", &prepaid_fen,
                    "source", &text, "place", &place, "approval", &approval) ||
        !on_line(s, call) || !take_key(s, call, text, &source.key) || !begin_draft(s, call, token, NULL, &d))
        return;
    lookup_today(s, session_of(call)->lookup);
    text_copy(source.place, sizeof source.place, place);
    d.proc = PROC_TRANSFER;
    d.prepaid_fen = prepaid_fen;
    if (!take_chosen(s, call, bills, not_moved, &d)) return;
    json_t *detail = paper_detail(s, session_of(call), session_of(call)->lookup, &d);
    record(s, call, payment_transfer, &d, &source, detail);
    json_decref(detail);
}
