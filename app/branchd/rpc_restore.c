/* After a restore: what two supervisors have still to say, and what they say. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "branchd/restore.h"
#include "branchd/service.h"
#include "ledger/restored.h"

#define ROWS_MAX 60 /* of one answer; the next ones are asked for behind the last */

static const char *const cashes[] = {[RESTORED_IN_TILL] = "in-till", [RESTORED_GONE] = "gone", [RESTORED_NOT_OURS] = "not-ours"};
#define CASHES ((int)(sizeof cashes / sizeof *cashes))

/* --- the list -------------------------------------------------------------------------- */

/* Who a customer is, as far as the branch's copy of the bills tells. */
static bool customer_of(struct service *s, const char *number, struct copy_found *out)
{
    int64_t total = 0;
    memset(out, 0, sizeof *out);
    return number[0] && copy_search(s->copy, number, 0, out, 1, &total, NULL) == 1 && strcmp(out->customer, number) == 0;
}

static json_t *row_json(struct service *s, const struct restored_row *r)
{
    const struct restored_theirs *t = &r->theirs;
    struct ledger_payment p;
    struct copy_found who;
    struct key key = {.bank = ""};
    char text[KEY_TEXT_SIZE], brief[KEY_TEXT_SIZE];
    bool ours = r->payment && payment_get_id(s->ledger, r->payment, &p, NULL) == LEDGER_OK;
    text_copy(key.bank, sizeof key.bank, s->branch->settings.bank);
    text_copy(key.branch, sizeof key.branch, s->branch->settings.branch);
    text_copy(key.ref, sizeof key.ref, t->ref);
    if (!ours) customer_of(s, t->customer, &who);
    return json_pack("{s:s, s:s, s:s, s:o, s:s, s:s, s:I, s:I, s:o, s:s, s:o, s:o}", "key", key_format(&key, text, sizeof text), "key_short",
                     key_short(&key, brief, sizeof brief), "kind", r->kind, "theirs", json_text(t->state), "customer", ours ? p.customer : t->customer,
                     "name", ours ? p.name : who.name, "amount_fen", (json_int_t)(ours ? p.amount_fen : t->amount_fen), "their_fen",
                     t->state[0] ? (json_int_t)t->amount_fen : (json_int_t)-1, "day", json_day(ours ? p.day : t->day), "numbers", r->numbers,
                     "at", json_time(s, ours ? p.taken_ms : t->taken_ms ? t->taken_ms : t->answered_ms), "card", ours ? card_json(s, &p) : json_null());
}

void rpc_restore_state(void *ctx, struct rpc_call *call)
{
    static const char *const stages[] = {[RESTORED_NONE] = "none", [RESTORED_FETCH] = "fetch", [RESTORED_WORK] = "work"};
    static struct restored_row rows[ROWS_MAX];
    struct service *s = ctx;
    struct restored_state state;
    struct error err = {0};
    const char *after = "";
    int count = 0;
    size_t bytes = 0;
    if (!rpc_params(server_rpc(s->server), call, "{s?s}", "after", &after)) return;
    enum ledger_result result = restored_state(s->ledger, &state, &err);
    const char *slash = strrchr(after, '/');
    if (result == LEDGER_OK && state.stage == RESTORED_WORK) result = restored_list(s->ledger, slash ? slash + 1 : after, rows, ROWS_MAX, &count, &err);
    if (result != LEDGER_OK) {
        refuse_result(s, call, result, &err);
        return;
    }
    json_t *list = json_array();
    for (int i = 0; i < count; i++)
        if (!json_add_bounded(list, row_json(s, &rows[i]), &bytes)) break;
    answer(s, call, json_pack("{s:s, s:o, s:o, s:I, s:I, s:o, s:o}", "stage", stages[state.stage], "first",
                              json_day(state.stage ? state.first : DAY_NONE), "last", json_day(state.stage ? state.last : DAY_NONE), "left",
                              (json_int_t)state.left, "settled", (json_int_t)state.settled, "why", json_text(s->restore.why), "list", list));
}

/* --- what the paper of one that is taken up says ------------------------------------------ */

static json_t *bills_json(const struct ledger_draft *d)
{
    json_t *bills = json_array();
    for (int i = 0; i < d->bill_count; i++)
        json_array_append_new(bills, json_pack("{s:s, s:s, s:i, s:i, s:i, s:i, s:I, s:[], s:n, s:i, s:I, s:I}", "bill", d->bills[i].bill, "period",
                                               d->bills[i].period, "prev", 0, "curr", 0, "multiplier", 1, "kwh", 0, "amount_fen",
                                               (json_int_t)d->bills[i].amount_fen, "tiers", "due", "late_days", 0, "late_fee_fen",
                                               (json_int_t)d->bills[i].late_fee_fen, "pay_fen",
                                               (json_int_t)(d->bills[i].amount_fen + d->bills[i].late_fee_fen)));
    return bills;
}

/* Meter readings and tiers went with the disk: what is printed of it shows its sums. Owned by the caller. */
static char *detail_of(struct service *s, const struct session *session, const struct ledger_draft *d, const struct copy_found *who)
{
    int64_t bills_fen = 0, late_fen = 0;
    for (int i = 0; i < d->bill_count; i++) {
        bills_fen += d->bills[i].amount_fen;
        late_fen += d->bills[i].late_fee_fen;
    }
    json_t *detail = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:i, s:s, s:s, s:s}", "customer", d->customer, "name",
                               who->name, "address", who->address, "station", "", "meter", who->meter, "class", "R", "bills", bills_json(d), "bills_fen",
                               (json_int_t)bills_fen, "late_fee_fen", (json_int_t)late_fen, "prepaid_fen", (json_int_t)d->prepaid_fen, "total_fen",
                               (json_int_t)(bills_fen + late_fen + d->prepaid_fen), "tendered_fen", (json_int_t)d->tendered_fen, "change_fen",
                               (json_int_t)d->change_fen, "credit_used_fen", 0, "teller", session->operator.number, "teller_name", session->operator.name,
                               "terminal", session->terminal);
    json_t *names = paper_names(s);
    if (detail) json_object_update(detail, names);
    json_decref(names);
    char *text = detail ? json_dumps(detail, JSON_COMPACT) : NULL;
    json_decref(detail);
    return text;
}

/* --- two people speak ------------------------------------------------------------------------ */

static bool fits(struct service *s, struct rpc_call *call, char *into, size_t size, const char *text, const char *member)
{
    if (text == NULL || text_copy(into, size, text)) return true;
    refuse(s, call, RPC_PARAMS, "params", "the request's parameters are not right", member, NULL);
    return false;
}

static void answered(struct service *s, struct rpc_call *call, enum ledger_result result, const struct ledger_payment *p, const struct error *err)
{
    if (result != LEDGER_OK) refuse_result(s, call, result, err);
    else if (p->id) answer_payment(s, call, p);
    else answer(s, call, json_null());
    service_changed(s);
}

void rpc_restore_answer(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    struct session *session = session_of(call);
    struct restored_word word = {.till = ""};
    struct restored_row row;
    struct ledger_payment p;
    struct ledger_two two;
    struct error err = {0};
    const char *text, *cash, *till = NULL, *series = NULL, *number = NULL, *approval = NULL;
    if (!rpc_params(server_rpc(s->server), call, "{s:s, s:s, s?s, s?s, s?s, s?s}", "key", &text, "cash", &cash, "till", &till, "series", &series,
                    "number", &number, "approval", &approval) ||
        !take_key(s, call, text, &word.key) || !fits(s, call, word.till, sizeof word.till, till, "till") ||
        !fits(s, call, word.series, sizeof word.series, series, "series") || !fits(s, call, word.number, sizeof word.number, number, "number"))
        return;
    int which = 0;
    while (which < CASHES && strcmp(cashes[which], cash) != 0)
        which++;
    if (which == CASHES) {
        refuse(s, call, RPC_PARAMS, "params", "no such answer", "cash: in-till, gone or not-ours", NULL);
        return;
    }
    word.cash = (enum restored_cash)which;
    two_of(session, call, &two);
    char *detail = NULL;
    enum ledger_result result = restored_get(s->ledger, word.key.ref, &row, &err);
    if (result == LEDGER_OK && row.payment == 0) {
        struct copy_found who;
        struct ledger_draft draft;
        if (customer_of(s, row.theirs.customer, &who)) {
            text_copy(word.name, sizeof word.name, who.name);
            text_copy(word.address, sizeof word.address, who.address);
        }
        if (restored_draft_of(&row.theirs, &draft)) word.detail = detail = detail_of(s, session, &draft, &who);
    }
    if (result == LEDGER_OK) result = restored_answer(s->ledger, &word, &two, &p, &err);
    free(detail);
    answered(s, call, result, &p, &err);
}

/* [{bill, period, amount_fen, late_fee_fen}]; false: refused. */
static bool take_bills(struct service *s, struct rpc_call *call, const json_t *list, struct ledger_draft *d)
{
    json_t *item;
    size_t i;
    json_array_foreach(list, i, item) {
        const char *bill, *period = "";
        json_int_t fen, late_fen = 0;
        json_error_t fault;
        struct ledger_bill *b = &d->bills[d->bill_count];
        if (d->bill_count == LEDGER_BILLS_MAX ||
            json_unpack_ex(item, &fault, JSON_STRICT, "{s:s, s?s, s:I, s?I}", "bill", &bill, "period", &period, "amount_fen", &fen, "late_fee_fen", &late_fen) != 0 ||
            !text_copy(b->bill, sizeof b->bill, bill) || !text_copy(b->period, sizeof b->period, period)) {
            refuse(s, call, RPC_PARAMS, "params", "the request's parameters are not right", "bills: bill, period, amount_fen, late_fee_fen; at most 12", NULL);
            return false;
        }
        b->amount_fen = fen;
        b->late_fee_fen = late_fen;
        d->bill_count++;
        d->tendered_fen += fen + late_fen;
    }
    return true;
}

void rpc_restore_adopt(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    struct session *session = session_of(call);
    struct restored_word word = {.cash = RESTORED_IN_TILL};
    struct ledger_draft draft = {.proc = 500000};
    struct copy_found who;
    struct ledger_payment p;
    struct ledger_two two;
    struct error err = {0};
    json_t *bills;
    json_int_t prepaid_fen = 0;
    int64_t taken_ms;
    const char *text, *customer, *at, *till, *series = NULL, *number = NULL, *approval = NULL;
    if (!rpc_params(server_rpc(s->server), call, "{s:s, s:s, s:s, s:o, s?I, s:s, s?s, s?s, s?s}", "key", &text, "customer", &customer, "recorded_at", &at,
                    "bills", &bills, "prepaid_fen", &prepaid_fen, "till", &till, "series", &series, "number", &number, "approval", &approval) ||
        !take_key(s, call, text, &word.key) || !fits(s, call, draft.customer, sizeof draft.customer, customer, "customer") ||
        !fits(s, call, word.till, sizeof word.till, till, "till") || !fits(s, call, word.series, sizeof word.series, series, "series") ||
        !fits(s, call, word.number, sizeof word.number, number, "number") || !take_bills(s, call, bills, &draft))
        return;
    if (!clock_parse(&s->branch->clock, at, &taken_ms) || taken_ms > service_now(s)) {
        refuse(s, call, RPC_PARAMS, "params", "the request's parameters are not right", "recorded_at is YYYY-MM-DDThh:mm:ss, and past", NULL);
        return;
    }
    draft.prepaid_fen = prepaid_fen;
    draft.tendered_fen += prepaid_fen;
    if (customer_of(s, draft.customer, &who)) {
        text_copy(draft.name, sizeof draft.name, who.name);
        text_copy(draft.address, sizeof draft.address, who.address);
    }
    char *detail = detail_of(s, session, &draft, &who);
    draft.detail = detail;
    two_of(session, call, &two);
    enum ledger_result result = restored_adopt(s->ledger, &word, &draft, taken_ms, &two, &p, &err);
    free(detail);
    answered(s, call, result, &p, &err);
}

void rpc_restore_done(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    struct ledger_two two;
    struct error err = {0};
    const char *approval = NULL;
    if (!rpc_params(server_rpc(s->server), call, "{s?s}", "approval", &approval)) return;
    two_of(session_of(call), call, &two);
    enum ledger_result result = restored_done(s->ledger, &two, &err);
    if (result != LEDGER_OK) {
        refuse_result(s, call, result, &err);
        return;
    }
    answer(s, call, NULL);
    service_changed(s);
    queue_kick(s);
    agree_start(s, true);
}
