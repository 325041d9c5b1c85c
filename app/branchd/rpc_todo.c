/* What waits for a person, and the acts that settle it. */
#include <string.h>

#include "branchd/service.h"

#define WAITING_MAX 100

/* --- the list ------------------------------------------------------------------------ */

static const char *const acts[WAIT_KINDS][4] = {
    [WAIT_RESTORED] = {"restore_answer"},
    [WAIT_DECLINED] = {"hand_back"},
    [WAIT_NO_ANSWER] = {"ask_again", "finish", "abandon"},
    [WAIT_UNACKNOWLEDGED] = {"unacknowledged_answer"},
    [WAIT_DOUBT] = {"invoice_answer"},
    [WAIT_HANDED_OVER] = {"invoice_answer"},
    [WAIT_GIVE_BACK] = {"hand_back"},
    [WAIT_EXCEPTION] = {"settle", "reverse", "refund", "transfer"},
    [WAIT_SHORT] = {"settle"},
    [WAIT_PARKED] = {"release", "settle"},
    [WAIT_AGREEMENT] = {"agree"},
};

static json_t *acts_json(enum ledger_wait kind, bool moves)
{
    json_t *list = json_array();
    for (int i = 0; i < 4 && acts[kind][i]; i++) {
        if (moves && strcmp(acts[kind][i], "finish") == 0) continue; /* on line only */
        json_array_append_new(list, json_string(acts[kind][i]));
    }
    return list;
}

static json_t *waiting_json(struct service *s, const struct ledger_waiting *w)
{
    struct ledger_payment p;
    char id[KEY_TEXT_SIZE];
    bool payment = w->payment != 0 && payment_get_id(s->ledger, w->payment, &p, NULL) == LEDGER_OK;
    if (payment) key_format(&p.key, id, sizeof id);
    else if (w->day) day_format(w->day, id, sizeof id);
    else id[0] = '\0';
    return json_pack("{s:s, s:s, s:o, s:s, s:o, s:o}", "kind", wait_word(w->kind), "id", id, "since", json_time(s, w->since_ms), "text",
                     payment && p.reason[0] ? p.reason : "", "card", payment ? card_json(s, &p) : json_null(), "acts", acts_json(w->kind, payment && p.proc != PROC_CASH));
}

static const char *terminal_of(const struct session *session)
{
    return strcmp(session->operator.role, "teller") == 0 ? session->terminal : NULL;
}

/* Those of a kind in `kinds` (bits), as many as one message holds. */
static json_t *list_waiting(struct service *s, const struct session *session, unsigned kinds, bool cards, struct error *err)
{
    struct ledger_waiting rows[WAITING_MAX];
    int64_t counts[WAIT_KINDS];
    int count = 0;
    size_t bytes = 0;
    if (waiting_list(s->ledger, terminal_of(session), rows, WAITING_MAX, &count, counts, err) != LEDGER_OK) return NULL;
    json_t *list = json_array();
    for (int i = 0; i < count; i++) {
        struct ledger_payment p;
        if (!(kinds & 1u << rows[i].kind)) continue;
        json_t *item = NULL;
        if (!cards) item = waiting_json(s, &rows[i]);
        else if (payment_get_id(s->ledger, rows[i].payment, &p, NULL) == LEDGER_OK) item = card_json(s, &p);
        if (item && !json_add_bounded(list, item, &bytes)) break;
    }
    return list;
}

static void answer_waiting(struct service *s, struct rpc_call *call, unsigned kinds, bool cards)
{
    struct error err = {0};
    if (!rpc_params(server_rpc(s->server), call, "{}")) return;
    json_t *list = list_waiting(s, session_of(call), kinds, cards, &err);
    if (list) answer(s, call, list);
    else refuse_result(s, call, LEDGER_BROKEN, &err);
}

void rpc_todo(void *ctx, struct rpc_call *call) { answer_waiting(ctx, call, ~0u, false); }

void rpc_exceptions(void *ctx, struct rpc_call *call)
{
    answer_waiting(ctx, call, 1u << WAIT_EXCEPTION | 1u << WAIT_SHORT | 1u << WAIT_PARKED, true);
}

/* --- one payment --------------------------------------------------------------------------- */

static void done(struct service *s, struct rpc_call *call, enum ledger_result result, const struct ledger_payment *p, const struct error *err)
{
    if (result == LEDGER_OK) answer_payment(s, call, p);
    else refuse_result(s, call, result, err);
    queue_kick(s);
}

void rpc_unacknowledged_answer(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    struct key key;
    struct ledger_payment p;
    struct ledger_two two;
    struct error err = {0};
    const char *text, *cash, *approval = NULL;
    if (!rpc_params(server_rpc(s->server), call, "{s:s, s:s, s?s}", "key", &text, "cash", &cash, "approval", &approval) ||
        !take_key(s, call, text, &key))
        return;
    bool in_till = strcmp(cash, "in-till") == 0;
    if (!in_till && strcmp(cash, "not-taken") != 0) {
        refuse(s, call, RPC_PARAMS, "params", "no such answer", "cash: in-till or not-taken", NULL);
        return;
    }
    two_of(session_of(call), call, &two);
    enum ledger_result result = payment_cash_is(s->ledger, &key, in_till, &two, &p, &err);
    done(s, call, result, &p, &err);
}

void rpc_hand_back(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    struct key key;
    struct ledger_payment p;
    struct ledger_two two;
    struct error err = {0};
    const char *text, *approval = NULL;
    if (!rpc_params(server_rpc(s->server), call, "{s:s, s?s}", "key", &text, "approval", &approval) || !take_key(s, call, text, &key)) return;
    two_of(session_of(call), call, &two);
    enum ledger_result result = payment_hand_back(s->ledger, &key, &two, &p, &err);
    done(s, call, result, &p, &err);
}

/* --- turning back ------------------------------------------------------------------------------ */

void rpc_papers(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    struct key key;
    struct ledger_paper papers[LEDGER_PAPERS_MAX];
    struct error err = {0};
    int count = 0;
    const char *text;
    if (!rpc_params(server_rpc(s->server), call, "{s:s}", "key", &text) || !take_key(s, call, text, &key)) return;
    enum ledger_result result = payment_papers(s->ledger, &key, papers, LEDGER_PAPERS_MAX, &count, &err);
    if (result != LEDGER_OK) {
        refuse_result(s, call, result, &err);
        return;
    }
    json_t *list = json_array();
    for (int i = 0; i < count; i++)
        json_array_append_new(list, json_string(papers[i].number));
    answer(s, call, list);
}

/* [{number, state returned·missing}]; false: refused. */
static bool take_papers(struct service *s, struct rpc_call *call, const json_t *list, struct ledger_paper *papers, int *count)
{
    json_t *item;
    size_t i;
    *count = 0;
    json_array_foreach(list, i, item) {
        const char *number, *state;
        json_error_t fault;
        if (*count == LEDGER_PAPERS_MAX ||
            json_unpack_ex(item, &fault, JSON_STRICT, "{s:s, s:s}", "number", &number, "state", &state) != 0 ||
            strlen(number) >= sizeof papers->number || (strcmp(state, "returned") != 0 && strcmp(state, "missing") != 0)) {
            refuse(s, call, RPC_PARAMS, "params", "the request's parameters are not right", "paper: a number, and returned or missing", NULL);
            return false;
        }
        memcpy(papers[*count].number, number, strlen(number) + 1);
        papers[(*count)++].missing = strcmp(state, "missing") == 0;
    }
    return true;
}

typedef enum ledger_result turn_back(struct ledger *ledger, const struct key *key, const struct ledger_paper *papers, int count,
                                     const struct ledger_two *two, struct ledger_payment *out, struct error *err);

static void turn(struct service *s, struct rpc_call *call, turn_back *way)
{
    struct key key;
    struct ledger_payment p;
    struct ledger_two two;
    struct ledger_paper papers[LEDGER_PAPERS_MAX];
    struct error err = {0};
    json_t *list;
    int count;
    const char *text, *approval = NULL;
    if (!rpc_params(server_rpc(s->server), call, "{s:s, s:o, s?s}", "key", &text, "paper", &list, "approval", &approval) ||
        !take_key(s, call, text, &key) || !take_papers(s, call, list, papers, &count))
        return;
    two_of(session_of(call), call, &two);
    enum ledger_result result = way(s->ledger, &key, papers, count, &two, &p, &err);
    done(s, call, result, &p, &err);
}

void rpc_undo(void *ctx, struct rpc_call *call) { turn(ctx, call, payment_undo); }
void rpc_reverse(void *ctx, struct rpc_call *call) { turn(ctx, call, payment_reverse); }

void rpc_settle(void *ctx, struct rpc_call *call)
{
    static const char *const ways[] = {[SETTLE_KEEP] = "keep", [SETTLE_GIVE_BACK] = "give-back", [SETTLE_SHORT_TELLER] = "short-teller",
                                       [SETTLE_SHORT_UTILITY] = "short-utility", [SETTLE_SHORT_LOSS] = "short-loss"};
    const int count = sizeof ways / sizeof *ways;
    struct service *s = ctx;
    struct key key;
    struct ledger_payment p;
    struct ledger_two two;
    struct error err = {0};
    int way = 0;
    const char *text, *act, *approval = NULL;
    if (!rpc_params(server_rpc(s->server), call, "{s:s, s:s, s?s}", "key", &text, "act", &act, "approval", &approval) ||
        !take_key(s, call, text, &key))
        return;
    while (way < count && strcmp(ways[way], act) != 0)
        way++;
    if (way == count) {
        refuse(s, call, RPC_PARAMS, "params", "no such act", "keep, give-back, short-teller, short-utility or short-loss", NULL);
        return;
    }
    two_of(session_of(call), call, &two);
    enum ledger_result result = payment_settle(s->ledger, &key, (enum ledger_settle)way, &two, &p, &err);
    done(s, call, result, &p, &err);
}

/* --- the queue ------------------------------------------------------------------------------------- */

#define QUEUE_MAX 200

void rpc_queue(void *ctx, struct rpc_call *call)
{
    static struct ledger_queued rows[QUEUE_MAX];
    struct service *s = ctx;
    struct error err = {0};
    int limit = 50, count = 0;
    size_t bytes = 0;
    char key[KEY_TEXT_SIZE];
    if (!rpc_params(server_rpc(s->server), call, "{s?i}", "limit", &limit)) return;
    enum ledger_result result = outbox_list(s->ledger, rows, limit < 1 || limit > QUEUE_MAX ? QUEUE_MAX : limit, &count, &err);
    if (result != LEDGER_OK) {
        refuse_result(s, call, result, &err);
        return;
    }
    json_t *list = json_array();
    for (int i = 0; i < count; i++) {
        json_t *row = json_pack("{s:I, s:s, s:s, s:s, s:i, s:o, s:o}", "id", (json_int_t)rows[i].id, "key",
                                key_format(&rows[i].key, key, sizeof key), "kind", rows[i].class, "state", rows[i].state, "tries",
                                rows[i].tries, "since", json_time(s, rows[i].made_ms), "why", json_text(rows[i].why));
        if (!json_add_bounded(list, row, &bytes)) break;
    }
    answer(s, call, list);
}

void rpc_release(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    struct error err = {0};
    json_int_t id = 0;
    const char *reason = NULL;
    int released = 0;
    if (!rpc_params(server_rpc(s->server), call, "{s?I, s?s}", "id", &id, "reason", &reason)) return;
    if ((id == 0) == (reason == NULL)) {
        refuse(s, call, RPC_PARAMS, "params", "nothing was released", "either the id of a row or a reason: a refusal's code", NULL);
        return;
    }
    enum ledger_result result = outbox_release(s->ledger, id, reason, session_of(call)->operator.number, &released, &err);
    if (result == LEDGER_OK) answer(s, call, json_pack("{s:i}", "released", released));
    else refuse_result(s, call, result, &err);
    service_changed(s);
    queue_kick(s);
}
