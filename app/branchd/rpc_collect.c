/* Collecting: the draft becomes a payment (T1); what the teller says to an answer that does not come. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/money.h"
#include "base/text.h"
#include "branchd/service.h"

/* --- pay ------------------------------------------------------------------------------ */

struct wish { struct lookup_choice bills[LEDGER_BILLS_MAX]; int count; json_int_t prepaid_fen, tendered_fen, change_fen; };

/* Reads pay's bills strictly; false with why. */
static bool read_bills(const json_t *list, struct wish *w, char *why, size_t size)
{
    json_t *item;
    size_t i;
    json_array_foreach(list, i, item) {
        const char *bill;
        json_int_t amount, late;
        json_error_t fault;
        if (w->count == LEDGER_BILLS_MAX) return snprintf(why, size, "at most %d bills in one payment", LEDGER_BILLS_MAX), false;
        struct lookup_choice *c = &w->bills[w->count];
        if (json_unpack_ex(item, &fault, JSON_STRICT, "{s:s, s:I, s:I}", "bill", &bill, "amount_fen", &amount, "late_fee_fen", &late) != 0)
            return snprintf(why, size, "bills: %.100s", fault.text), false;
        if (!text_copy(c->bill, sizeof c->bill, bill)) return snprintf(why, size, "bills: no such bill"), false;
        c->amount_fen = amount;
        c->late_fee_fen = late;
        w->count++;
    }
    return true;
}

static bool sum_of(const struct wish *w, int64_t *out)
{
    int64_t sum = w->prepaid_fen;
    for (int i = 0; i < w->count; i++)
        if (!money_add(sum, w->bills[i].amount_fen, &sum) || !money_add(sum, w->bills[i].late_fee_fen, &sum)) return false;
    *out = sum;
    return sum <= MONEY_MAX_FEN;
}

/* The cash adds up: returns a reason word, or NULL. */
static const char *cash_disagrees(const struct wish *w, char *why, size_t size)
{
    int64_t sum = 0, kept = 0;
    char missing[MONEY_TEXT_SIZE];
    if (w->prepaid_fen < 0) return snprintf(why, size, "the prepaid part is below zero"), "prepaid";
    if (!sum_of(w, &sum)) return snprintf(why, size, "more than a payment can be"), "limit";
    if (w->count == 0 && sum == 0) return snprintf(why, size, "neither bills nor a prepaid part"), "nothing-to-pay";
    if (w->tendered_fen < 0 || w->change_fen < 0 || !money_sub(w->tendered_fen, w->change_fen, &kept))
        return snprintf(why, size, "tender and change are not below zero"), "params";
    if (w->tendered_fen < sum)
        return snprintf(why, size, "%s is missing", money_format(sum - w->tendered_fen, missing, sizeof missing)), "cash-short";
    return kept == sum ? NULL : (snprintf(why, size, "tendered less change is not what is paid"), "params");
}

static void fill_draft(const struct session *session, const struct lookup *l, const struct wish *w, struct ledger_draft *d)
{
    memset(d, 0, sizeof *d);
    text_copy(d->token, sizeof d->token, l->token);
    d->proc = PROC_CASH;
    text_copy(d->customer, sizeof d->customer, l->customer);
    text_copy(d->name, sizeof d->name, l->name);
    text_copy(d->address, sizeof d->address, l->address);
    for (int i = 0; i < w->count; i++) {
        struct ledger_bill *b = &d->bills[d->bill_count++];
        text_copy(b->bill, sizeof b->bill, w->bills[i].bill);
        b->amount_fen = w->bills[i].amount_fen;
        b->late_fee_fen = w->bills[i].late_fee_fen;
        for (int j = 0; j < l->count; j++)
            if (strcmp(l->bills[j].bill.number, b->bill) == 0) text_copy(b->period, sizeof b->period, l->bills[j].bill.period);
    }
    d->prepaid_fen = w->prepaid_fen;
    d->tendered_fen = w->tendered_fen;
    d->change_fen = w->change_fen;
    text_copy(d->operator_number, sizeof d->operator_number, session->operator.number);
    text_copy(d->terminal, sizeof d->terminal, session->terminal);
}

static void record(struct service *s, struct rpc_call *call, struct session *session, struct ledger_draft *d)
{
    struct ledger_payment p;
    struct ledger_two two;
    struct error err = {0};
    char key[KEY_TEXT_SIZE];
    json_t *detail = paper_detail(s, session, session->lookup, d);
    char *text = detail ? json_dumps(detail, JSON_COMPACT) : NULL;
    json_decref(detail);
    if (text == NULL) {
        refuse(s, call, RPC_INTERNAL, "internal", "nothing was recorded", "no memory", NULL);
        return;
    }
    d->detail = text;
    two_of(session, call, &two);
    enum ledger_result result = payment_record(s->ledger, d, &two, &p, &err);
    free(text);
    if (result != LEDGER_OK) {
        refuse_result(s, call, result, &err);
        return;
    }
    log_line(LOG_LEVEL_INFO, key_format(&p.key, key, sizeof key), "recorded at terminal %s%s", p.terminal, d->offline ? ", off line" : "");
    memcpy(session->paid_token, d->token, sizeof session->paid_token);
    session->paid = p.key;
    free(session->lookup);
    session->lookup = NULL;
    answer_payment(s, call, &p);
    queue_kick(s);
}

void rpc_pay(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    struct session *session = session_of(call);
    struct wish w = {0};
    struct ledger_draft d;
    const char *token, *approval = NULL, *reason = NULL;
    json_t *bills;
    char why[200] = "";
    if (!rpc_params(server_rpc(s->server), call, "{s:s, s:o, s:I, s:I, s:I, s?s}", "token", &token, "bills", &bills, "prepaid_fen",
                    &w.prepaid_fen, "tendered_fen", &w.tendered_fen, "change_fen", &w.change_fen, "approval", &approval))
        return;
    if (session->paid_token[0] && strcmp(token, session->paid_token) == 0) { /* Enter twice is one payment */
        answer(s, call, card_of(s, &session->paid));
        return;
    }
    if (session->lookup == NULL || strcmp(token, session->lookup->token) != 0) {
        refuse(s, call, RPC_STATE, "token", "nothing was recorded", "this look-up is no longer the last one of its terminal", "look the customer up again");
        return;
    }
    lookup_today(s, session->lookup);
    bool offline = !link_up(s->link);
    if (!json_is_array(bills) || !read_bills(bills, &w, why, sizeof why)) reason = "params";
    if (reason == NULL) reason = lookup_disagrees(session->lookup, w.bills, w.count, why, sizeof why);
    if (reason == NULL) reason = cash_disagrees(&w, why, sizeof why);
    if (reason == NULL && offline && session->lookup->from_copy) reason = copy_refused(s);
    if (reason) {
        refuse(s, call, strcmp(reason, "params") == 0 ? RPC_PARAMS : RPC_BILL, reason, "nothing was recorded", why, NULL);
        return;
    }
    fill_draft(session, session->lookup, &w, &d);
    d.offline = offline;
    record(s, call, session, &d);
}

/* --- after T1 ---------------------------------------------------------------------------- */

void rpc_shown(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    struct key key;
    struct error err = {0};
    const char *text;
    if (!rpc_params(server_rpc(s->server), call, "{s:s}", "key", &text) || !take_key(s, call, text, &key)) return;
    enum ledger_result result = payment_shown(s->ledger, &key, &err);
    if (result == LEDGER_OK) answer(s, call, NULL);
    else refuse_result(s, call, result, &err);
}

void rpc_ask_again(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    struct key key;
    struct error err = {0};
    const char *text;
    if (!rpc_params(server_rpc(s->server), call, "{s:s}", "key", &text) || !take_key(s, call, text, &key)) return;
    if (!link_up(s->link)) {
        refuse(s, call, RPC_LINK, "link", "it cannot be asked now", "the link is down", "finish it off line, or abandon it");
        return;
    }
    enum ledger_result result = payment_ask_again(s->ledger, &key, &err);
    if (result != LEDGER_OK) {
        refuse_result(s, call, result, &err);
        return;
    }
    answer(s, call, card_of(s, &key));
    queue_kick(s);
}

void rpc_finish(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    struct key key;
    struct ledger_payment p;
    struct error err = {0};
    const char *text;
    if (!rpc_params(server_rpc(s->server), call, "{s:s}", "key", &text) || !take_key(s, call, text, &key)) return;
    enum ledger_result result = payment_finish(s->ledger, &key, session_of(call)->operator.number, &p, &err);
    if (result == LEDGER_OK) answer_payment(s, call, &p);
    else refuse_result(s, call, result, &err);
    queue_kick(s);
}

void rpc_abandon(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    struct key key;
    struct ledger_payment p;
    struct ledger_two two;
    struct error err = {0};
    const char *text, *approval = NULL;
    if (!rpc_params(server_rpc(s->server), call, "{s:s, s?s}", "key", &text, "approval", &approval) || !take_key(s, call, text, &key)) return;
    two_of(session_of(call), call, &two);
    enum ledger_result result = payment_abandon(s->ledger, &key, &two, &p, &err);
    if (result == LEDGER_OK) answer_payment(s, call, &p);
    else refuse_result(s, call, result, &err);
    queue_kick(s);
}

/* --- looking back ---------------------------------------------------------------------------- */

void rpc_payment(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    struct key key;
    struct ledger_payment p;
    struct error err = {0};
    const char *text;
    if (!rpc_params(server_rpc(s->server), call, "{s:s}", "key", &text) || !take_key(s, call, text, &key)) return;
    enum ledger_result result = payment_get(s->ledger, &key, &p, &err);
    if (result == LEDGER_OK) answer(s, call, card_json(s, &p));
    else refuse_result(s, call, result, &err);
}

#define FIND_MAX 50

static void answer_found(struct service *s, struct rpc_call *call, const struct ledger_find *find, int limit)
{
    int64_t ids[FIND_MAX];
    int count = 0;
    struct error err = {0};
    if (limit < 1 || limit > FIND_MAX) {
        refuse(s, call, RPC_PARAMS, "params", "the request's parameters are not right", "limit is 1 to 50", NULL);
        return;
    }
    enum ledger_result result = payment_find(s->ledger, find, ids, limit, &count, &err);
    if (result == LEDGER_OK) answer(s, call, cards_json(s, ids, count));
    else refuse_result(s, call, result, &err);
}

void rpc_recent(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    int limit = 10;
    struct ledger_find find = {.terminal = session_of(call)->terminal, .day = DAY_NONE};
    if (rpc_params(server_rpc(s->server), call, "{s?i}", "limit", &limit)) answer_found(s, call, &find, limit);
}

void rpc_find_payments(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    int limit = 20;
    const char *day = NULL;
    struct ledger_find find = {.day = DAY_NONE};
    if (!rpc_params(server_rpc(s->server), call, "{s?s, s?s, s?s, s?s, s?i}", "customer", &find.customer, "day", &day, "number",
                    &find.number, "teller", &find.operator_number, "limit", &limit))
        return;
    if (day == NULL || take_day(s, call, day, &find.day)) answer_found(s, call, &find, limit);
}
