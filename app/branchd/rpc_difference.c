/* A day that is out of balance: each payment that differs, and what two people do about it. */
#include <string.h>

#include "branchd/service.h"

#define ROWS_MAX 200

static const char *const repairs[REPAIR_KINDS] = {[REPAIR_TELL] = "tell", [REPAIR_UNDO] = "undo", [REPAIR_EXPLAIN] = "explain"};

static json_t *difference_json(struct service *s, const struct ledger_difference *d)
{
    struct ledger_payment p;
    char key[KEY_TEXT_SIZE], brief[KEY_TEXT_SIZE];
    bool known = payment_get(s->ledger, &d->key, &p, NULL) == LEDGER_OK;
    json_t *acts = json_array();
    for (int i = 0; i < REPAIR_KINDS; i++)
        if (d->may[i] && d->repair[0] == '\0') json_array_append_new(acts, json_string(repairs[i]));
    return json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:s, s:o, s:o, s:o}", "key", key_format(&d->key, key, sizeof key), "key_short",
                     key_short(&d->key, brief, sizeof brief), "reference", d->key.ref, "kind", d->kind, "ours_fen", (json_int_t)d->ours_fen, "theirs_fen",
                     (json_int_t)d->theirs_fen, "words", d->words, "repair", json_text(d->repair), "acts", acts, "card",
                     known ? card_json(s, &p) : json_null());
}

json_t *differences_json(struct service *s, day_t day, enum ledger_result *result, struct error *err)
{
    static struct ledger_difference rows[ROWS_MAX];
    int count = 0;
    size_t bytes = 0;
    json_t *list = json_array();
    *result = differences_list(s->ledger, day, rows, ROWS_MAX, &count, err);
    for (int i = 0; *result == LEDGER_OK && i < count; i++)
        if (!json_add_bounded(list, difference_json(s, &rows[i]), &bytes)) break;
    return list;
}

static void answer_differences(struct service *s, struct rpc_call *call, day_t day)
{
    struct error err = {0};
    enum ledger_result result;
    json_t *list = differences_json(s, day, &result, &err);
    if (result == LEDGER_OK) {
        answer(s, call, list);
        return;
    }
    json_decref(list);
    refuse_result(s, call, result, &err);
}

void rpc_differences(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    const char *text;
    day_t day;
    if (rpc_params(server_rpc(s->server), call, "{s:s}", "date", &text) && take_day(s, call, text, &day)) answer_differences(s, call, day);
}

void rpc_repair(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    struct key key;
    struct ledger_two two;
    struct error err = {0};
    const char *date, *text, *act, *words = "", *approval = NULL;
    int how = 0;
    day_t day;
    if (!rpc_params(server_rpc(s->server), call, "{s:s, s:s, s:s, s?s, s?s}", "date", &date, "key", &text, "act", &act, "words", &words, "approval",
                    &approval) ||
        !take_day(s, call, date, &day) || !take_key(s, call, text, &key))
        return;
    while (how < REPAIR_KINDS && strcmp(repairs[how], act) != 0)
        how++;
    if (how == REPAIR_KINDS || strlen(words) >= LEDGER_REASON_SIZE) {
        refuse(s, call, RPC_PARAMS, "params", "the difference stays", "act is tell, undo or explain; words are at most 199 bytes", NULL);
        return;
    }
    two_of(session_of(call), call, &two);
    enum ledger_result result = difference_repair(s->ledger, day, &key, (enum ledger_repair)how, words, &two, &err);
    if (result == LEDGER_OK) answer_differences(s, call, day);
    else refuse_result(s, call, result, &err);
    queue_kick(s);
}
