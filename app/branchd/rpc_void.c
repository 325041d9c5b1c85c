/* Void numbers whose paper a supervisor has neither seen nor named as missing. */
#include "branchd/service.h"

#define VOID_MAX 200

void rpc_void_papers(void *ctx, struct rpc_call *call)
{
    static struct ledger_void rows[VOID_MAX];
    struct service *s = ctx;
    struct error err = {0};
    int count = 0;
    size_t bytes = 0;
    if (!rpc_params(server_rpc(s->server), call, "{}")) return;
    enum ledger_result result = day_void(s->ledger, rows, VOID_MAX, &count, &err);
    if (result != LEDGER_OK) {
        refuse_result(s, call, result, &err);
        return;
    }
    json_t *list = json_array();
    for (int i = 0; i < count; i++)
        if (!json_add_bounded(list, json_pack("{s:s, s:s, s:s, s:s, s:o}", "series", rows[i].series, "number", rows[i].number, "till", rows[i].till,
                                              "ref", rows[i].ref, "at", json_time(s, rows[i].at_ms)), &bytes))
            break;
    answer(s, call, list);
}
