/* Tills, the vault, counterfeit notes. Counts are blind: what was expected is in
 * the answer to a count that is already kept. */
#include <stdlib.h>
#include <string.h>

#include "base/money.h"
#include "branchd/service.h"

struct counted { struct ledger_note notes[LEDGER_NOTES_MAX]; int note_count; json_int_t sum_fen; };

/* By notes [{fen, count}] or by sum_fen; false: refused. */
static bool take_count(struct service *s, struct rpc_call *call, const json_t *notes, json_int_t sum_fen, struct counted *out)
{
    json_t *item;
    size_t i;
    memset(out, 0, sizeof *out);
    out->sum_fen = sum_fen < 0 ? 0 : sum_fen;
    bool good = notes == NULL ? sum_fen >= 0 : json_is_array(notes) && json_array_size(notes) <= LEDGER_NOTES_MAX;
    json_array_foreach(notes, i, item) {
        json_int_t fen, count;
        json_error_t fault;
        if (!good || json_unpack_ex(item, &fault, JSON_STRICT, "{s:I, s:I}", "fen", &fen, "count", &count) != 0) {
            good = false;
            break;
        }
        out->notes[out->note_count++] = (struct ledger_note){fen, count};
    }
    if (!good) refuse(s, call, RPC_PARAMS, "params", "the count was not taken", "notes [{fen, count}], or sum_fen", NULL);
    return good;
}

static void answer_count(struct service *s, struct rpc_call *call, enum ledger_result result, const struct ledger_count *c, const struct error *err)
{
    if (result != LEDGER_OK) {
        refuse_result(s, call, result, err);
        return;
    }
    answer(s, call, json_pack("{s:I, s:I, s:I}", "expected_fen", (json_int_t)c->expected_fen, "counted_fen", (json_int_t)c->counted_fen,
                              "difference_fen", (json_int_t)c->difference_fen));
    service_changed(s);
}

static json_t *till_json(struct service *s, const struct ledger_till *t)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:I, s:o, s:o}", "number", t->number, "terminal", t->terminal, "state", t->state, "operator",
                     t->operator_number, "business_date", json_day(t->day), "float_fen", (json_int_t)t->float_fen, "since",
                     json_time(s, t->opened_ms), "closed_at", json_time(s, t->closed_ms));
}

static void answer_till(struct service *s, struct rpc_call *call, enum ledger_result result, const struct ledger_till *t, const struct error *err)
{
    if (result != LEDGER_OK) {
        refuse_result(s, call, result, err);
        return;
    }
    answer(s, call, till_json(s, t));
    service_changed(s);
}

void rpc_till_count(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    struct counted c;
    struct ledger_count out;
    struct ledger_two two;
    struct error err = {0};
    json_t *notes = NULL;
    json_int_t sum_fen = -1;
    const char *approval = NULL;
    if (!rpc_params(server_rpc(s->server), call, "{s?o, s?I, s?s}", "notes", &notes, "sum_fen", &sum_fen, "approval", &approval) ||
        !take_count(s, call, notes, sum_fen, &c))
        return;
    two_of(session_of(call), call, &two);
    enum ledger_result result = till_count(s->ledger, &two, c.notes, c.note_count, c.sum_fen, &out, &err);
    answer_count(s, call, result, &out, &err);
}

void rpc_till_cash(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    struct ledger_till t;
    struct ledger_two two;
    struct error err = {0};
    json_int_t sum_fen;
    const char *direction, *approval = NULL;
    if (!rpc_params(server_rpc(s->server), call, "{s:s, s:I, s?s}", "direction", &direction, "sum_fen", &sum_fen, "approval", &approval)) return;
    bool in = strcmp(direction, "in") == 0;
    if (!in && strcmp(direction, "out") != 0) {
        refuse(s, call, RPC_PARAMS, "params", "no such direction", "in or out, as the till sees it", NULL);
        return;
    }
    two_of(session_of(call), call, &two);
    enum ledger_result result = till_cash(s->ledger, &two, in, sum_fen, &t, &err);
    answer_till(s, call, result, &t, &err);
}

void rpc_till_close(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    struct ledger_till t;
    struct ledger_two two;
    struct error err = {0};
    const char *approval = NULL;
    if (!rpc_params(server_rpc(s->server), call, "{s?s}", "approval", &approval)) return;
    two_of(session_of(call), call, &two);
    enum ledger_result result = till_close(s->ledger, &two, &t, &err);
    answer_till(s, call, result, &t, &err);
}

void rpc_till_force_close(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    struct counted c;
    struct ledger_count out;
    struct ledger_two two;
    struct error err = {0};
    json_t *notes = NULL;
    json_int_t sum_fen = -1;
    const char *number, *approval = NULL;
    if (!rpc_params(server_rpc(s->server), call, "{s:s, s?o, s?I, s?s}", "number", &number, "notes", &notes, "sum_fen", &sum_fen, "approval",
                    &approval) ||
        !take_count(s, call, notes, sum_fen, &c))
        return;
    two_of(session_of(call), call, &two);
    enum ledger_result result = till_force_close(s->ledger, number, &two, c.notes, c.note_count, c.sum_fen, &out, &err);
    answer_count(s, call, result, &out, &err);
}

void rpc_till_handover(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    struct ledger_till t;
    struct ledger_two two;
    struct error err = {0};
    const char *to, *approval = NULL;
    if (!rpc_params(server_rpc(s->server), call, "{s:s, s?s}", "to", &to, "approval", &approval)) return;
    two_of(session_of(call), call, &two);
    enum ledger_result result = till_hand_over(s->ledger, &two, to, &t, &err);
    answer_till(s, call, result, &t, &err);
}

void rpc_till_accept(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    struct session *session = session_of(call);
    struct counted c;
    struct ledger_count out;
    struct error err = {0};
    json_t *notes = NULL;
    json_int_t sum_fen = -1;
    const char *number = session->till;
    if (!rpc_params(server_rpc(s->server), call, "{s?s, s?o, s?I}", "number", &number, "notes", &notes, "sum_fen", &sum_fen) ||
        !take_count(s, call, notes, sum_fen, &c))
        return;
    enum ledger_result result = till_accept(s->ledger, number, session->terminal, session->operator.number, c.notes, c.note_count,
                                            c.sum_fen, &out, &err);
    answer_count(s, call, result, &out, &err);
}

void rpc_counterfeit(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    struct session *session = session_of(call);
    struct ledger_counterfeit n = {0};
    struct ledger_two two;
    struct error err = {0};
    json_int_t fen;
    const char *serial, *series, *customer, *approval = NULL;
    if (!rpc_params(server_rpc(s->server), call, "{s:I, s:s, s:s, s:s, s?s}", "fen", &fen, "serial", &serial, "series", &series, "customer_name",
                    &customer, "approval", &approval))
        return;
    n.fen = fen;
    if (strlen(serial) >= sizeof n.serial || strlen(series) >= sizeof n.series || strlen(customer) >= sizeof n.customer) {
        refuse(s, call, RPC_PARAMS, "params", "the note was not taken in", "a text in it is too long", NULL);
        return;
    }
    memcpy(n.serial, serial, strlen(serial));
    memcpy(n.series, series, strlen(series));
    memcpy(n.customer, customer, strlen(customer));
    two_of(session, call, &two);
    enum ledger_result result = counterfeit_take(s->ledger, &two, &n, &err);
    if (result == LEDGER_OK) answer(s, call, counterfeit_job(s, session, &n, n.checker));
    else refuse_result(s, call, result, &err);
}

void rpc_vault(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    struct counted c;
    struct ledger_count out;
    struct ledger_two two;
    struct error err = {0};
    json_t *notes = NULL;
    json_int_t sum_fen = -1;
    int64_t vault_fen = 0;
    const char *act, *approval = NULL;
    enum ledger_result result;
    if (!rpc_params(server_rpc(s->server), call, "{s:s, s?o, s?I, s?s}", "act", &act, "notes", &notes, "sum_fen", &sum_fen, "approval", &approval) ||
        !take_count(s, call, notes, sum_fen, &c))
        return;
    two_of(session_of(call), call, &two);
    bool count = strcmp(act, "count") == 0, in = strcmp(act, "in") == 0;
    if (!count && !in && strcmp(act, "out") != 0) {
        refuse(s, call, RPC_PARAMS, "params", "no such act", "count, in or out", NULL);
        return;
    }
    if (count) result = vault_count(s->ledger, &two, c.notes, c.note_count, c.sum_fen, &out, &err);
    else result = vault_cash(s->ledger, &two, in, c.sum_fen, &err);
    if (result == LEDGER_OK) result = account_balance(s->ledger, "vault", &vault_fen, &err);
    if (result != LEDGER_OK) {
        refuse_result(s, call, result, &err);
        return;
    }
    json_t *answered = json_pack("{s:I}", "vault_fen", (json_int_t)vault_fen);
    if (count) json_object_set_new(answered, "difference_fen", json_integer(out.difference_fen));
    answer(s, call, answered);
}
