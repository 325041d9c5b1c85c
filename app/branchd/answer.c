/* How calls end: results, refusals with their code and word, small values as JSON. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "branchd/service.h"

void answer(struct service *s, struct rpc_call *call, json_t *result) { rpc_answer(server_rpc(s->server), call, result); }

void refuse(struct service *s, struct rpc_call *call, enum rpc_code code, const char *reason, const char *what, const char *why,
            const char *remedy)
{
    struct error err = {0};
    error_all(&err, what, NULL, why, remedy);
    rpc_refuse(server_rpc(s->server), call, code, reason, &err, NULL);
}

/* Which code of RPC.md a refusal of the ledger's belongs to; its word is ledger_word's. */
static enum rpc_code code_of(enum ledger_result result)
{
    switch (result) {
    case LEDGER_TOKEN: case LEDGER_STATE: case LEDGER_NUMBER: case LEDGER_BOOK: case LEDGER_DAY:
    case LEDGER_STARTUP: case LEDGER_STOPPED:
        return RPC_STATE;
    case LEDGER_IN_HAND: case LEDGER_OFFLINE_LIMIT: case LEDGER_LIMIT: case LEDGER_CASH_SHORT: case LEDGER_PREPAID:
        return RPC_BILL;
    case LEDGER_APPROVAL: case LEDGER_APPROVAL_ROLE: case LEDGER_APPROVAL_SAME: case LEDGER_APPROVAL_EXPIRED:
    case LEDGER_APPROVAL_USED: case LEDGER_APPROVAL_ALTERED: case LEDGER_APPROVAL_PASSWORD:
    case LEDGER_APPROVAL_CODE:
        return RPC_APPROVAL;
    case LEDGER_TILL: case LEDGER_PASSWORD: case LEDGER_LOCKED_OUT: case LEDGER_MUST_CHANGE: case LEDGER_WEAK: case LEDGER_ROLE:
        return RPC_WHO;
    case LEDGER_PARAMS:
        return RPC_PARAMS;
    case LEDGER_OK: case LEDGER_BROKEN:
        break;
    }
    return RPC_INTERNAL;
}

void refuse_result(struct service *s, struct rpc_call *call, enum ledger_result result, const struct error *err)
{
    rpc_refuse(server_rpc(s->server), call, code_of(result), ledger_word(result), err, NULL);
    if (result == LEDGER_BROKEN) service_broken(s);
}

void answer_payment(struct service *s, struct rpc_call *call, const struct ledger_payment *p)
{
    answer(s, call, card_json(s, p));
    payment_changed(s, p);
}

bool take_key(struct service *s, struct rpc_call *call, const char *text, struct key *key)
{
    if (key_parse(text, key)) return true;
    refuse(s, call, RPC_PARAMS, "params", "the request's parameters are not right", "key: not bank/branch/reference", NULL);
    return false;
}

bool take_day(struct service *s, struct rpc_call *call, const char *text, day_t *day)
{
    if (day_parse(text, day)) return true;
    refuse(s, call, RPC_PARAMS, "params", "the request's parameters are not right", "a date is YYYY-MM-DD", NULL);
    return false;
}

json_t *json_day(day_t day)
{
    char text[DAY_TEXT_SIZE];
    return day == DAY_NONE ? json_null() : json_string(day_format(day, text, sizeof text));
}

json_t *json_time(const struct service *s, int64_t ms)
{
    char text[CLOCK_TEXT_SIZE];
    return ms == 0 ? json_null() : json_string(clock_format(&s->branch->clock, ms, text, sizeof text));
}

json_t *json_text(const char *text) { return text && *text ? json_string(text) : json_null(); }

#define LIST_BYTES_MAX (RPC_LINE_MAX - 4096) /* of one answer, its envelope aside */

bool json_add_bounded(json_t *list, json_t *item, size_t *bytes)
{
    char *text = json_dumps(item, JSON_COMPACT | JSON_ENCODE_ANY);
    size_t len = text ? strlen(text) + 1 : LIST_BYTES_MAX;
    free(text);
    if (*bytes + len > LIST_BYTES_MAX) {
        json_decref(item);
        return false;
    }
    *bytes += len;
    return json_array_append_new(list, item) == 0;
}
