/* Two people: whose word an act has, bound to a hash of exactly its parameters. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "branchd/service.h"

void two_hash(const json_t *params, unsigned char hash[SECRET_HASH_BYTES])
{
    struct secret_chain chain;
    json_t *bare = params ? json_copy((json_t *)params) : json_object();
    json_object_del(bare, "approval");
    char *text = json_dumps(bare, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENSURE_ASCII);
    secret_chain_init(&chain, NULL);
    secret_chain_text(&chain, text);
    secret_chain_final(&chain, hash);
    free(text);
    json_decref(bare);
}

void two_of(const struct session *session, const struct rpc_call *call, struct ledger_two *two)
{
    memset(two, 0, sizeof *two);
    text_copy(two->maker, sizeof two->maker, session->operator.number);
    text_copy(two->terminal, sizeof two->terminal, session->terminal);
    two->token = json_string_value(json_object_get(call->params, "approval"));
    two->act = call->method->name;
    two_hash(call->params, two->params);
}
