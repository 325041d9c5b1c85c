/* What a counter's socket brings, lines of any bytes: each is answered with exactly one line of JSON
 * and by nobody who may not be asked; and the file records that the branch splits are split in bounds. */
#include <assert.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "branchd/fetch_file.h"
#include "branchd/rpc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct rpc_peer {
    unsigned role;
    int lines, under_way;
};

static unsigned role_of(const struct rpc_peer *peer) { return peer->role; }

static void hear(struct rpc_peer *peer, const char *line, size_t len)
{
    json_t *said = len && line[len - 1] == '\n' ? json_loadb(line, len - 1, 0, NULL) : NULL;
    assert(said && (json_object_get(said, "result") || json_object_get(said, "error")));
    assert(memchr(line, '\n', len) == line + len - 1);
    json_decref(said);
    peer->lines++;
}

static bool count(struct rpc_peer *peer, int step, struct rpc_call *call)
{
    peer->under_way += step;
    return true;
}

static const struct rpc_host host = {role_of, hear, count};
static const struct rpc rpc;

static void pay(void *ctx, struct rpc_call *call)
{
    const char *token, *approval = NULL;
    json_t *bills;
    json_int_t prepaid, tendered, change;
    assert(call->peer->role == RPC_TELLER);
    if (rpc_params(&rpc, call, "{s:s, s:o, s:I, s:I, s:I, s?s}", "token", &token, "bills", &bills, "prepaid_fen", &prepaid, "tendered_fen", &tendered,
                   "change_fen", &change, "approval", &approval))
        rpc_answer(&rpc, call, json_pack("{s:s, s:i}", "token", token, "bills", (int)json_array_size(bills)));
}

static void hello(void *ctx, struct rpc_call *call)
{
    const char *terminal, *language;
    int protocol;
    if (rpc_params(&rpc, call, "{s:s, s:s, s:i}", "terminal", &terminal, "language", &language, "protocol", &protocol))
        rpc_answer(&rpc, call, json_pack("{s:s}", "terminal", terminal));
}

static void state(void *ctx, struct rpc_call *call)
{
    if (rpc_params(&rpc, call, "{}")) rpc_refuse(&rpc, call, RPC_STATE, "state", NULL, "91");
}

static const struct rpc_method methods[] = {{"pay", RPC_TELLER, pay}, {"hello", RPC_NOBODY | RPC_SIGNED_ON, hello}, {"state", RPC_SIGNED_ON | RPC_LOCKED, state}};
static const struct rpc rpc = {methods, sizeof methods / sizeof *methods, &host, NULL};

static void split(const uint8_t *data, size_t size)
{
    static char text[FETCH_RECORD_SIZE];
    char *fields[10];
    struct iso_slice record = {(const char *)data, size};
    for (size_t n = 1; n <= 10; n++)
        if (fetch_split(&record, text, fields, n))
            for (size_t i = 0; i < n; i++)
                assert(fields[i] >= text && fields[i] + strlen(fields[i]) < text + sizeof text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const unsigned roles[] = {RPC_NOBODY, RPC_TELLER, RPC_SUPERVISOR, RPC_TECHNICIAN, RPC_LOCKED, RPC_MUST_CHANGE};
    if (size == 0) return 0;
    struct rpc_peer peer = {.role = roles[data[0] % 6]};
    const char *at = (const char *)data + 1, *end = (const char *)data + size;
    split(data + 1, size - 1);
    while (at < end) {
        const char *lf = memchr(at, '\n', (size_t)(end - at));
        size_t len = (size_t)((lf ? lf : end) - at);
        int before = peer.lines;
        /* a copy that ends where the line ends: reading on is seen */
        char *line = malloc(len ? len : 1);
        memcpy(line, at, len);
        rpc_line(&rpc, &peer, line, len);
        free(line);
        assert(peer.lines == before + 1 && peer.under_way == 0);
        at += len + 1;
    }
    return 0;
}
