/* JSON-RPC to branchd over its Unix socket. Never blocks: a call returns at
 * once and its answer comes later, or an error "away" when the line is lost.
 * Made anew by itself when branchd comes back. */
#ifndef COUNTER_RPC_H
#define COUNTER_RPC_H

#include <jansson.h>
#include <stdbool.h>
#include <uv.h>

#define RPC_LINE_MAX 65536
#define RPC_PENDING_MAX 64
#define RPC_WORD_SIZE 40
#define RPC_TEXT_SIZE 240

struct rpc_error {
    int code;
    char reason[RPC_WORD_SIZE]; /* "away": no connection, or lost before the answer */
    char message[RPC_TEXT_SIZE], why[RPC_TEXT_SIZE], remedy[RPC_TEXT_SIZE];
    char response[8];
};

/* error NULL: result is borrowed. Else result is NULL. */
typedef void rpc_answer(void *ctx, const json_t *result, const struct rpc_error *error);

struct rpc_events {
    void (*up)(void *ctx);
    void (*down)(void *ctx);
    void (*notice)(void *ctx, const char *method, const json_t *params);
    void *ctx;
};

struct rpc_pending {
    int64_t id; /* 0: free */
    rpc_answer *answer;
    void *ctx;
    uint64_t since_ms;
};

struct rpc {
    uv_loop_t *loop;
    char path[108];
    struct rpc_events events;
    uv_pipe_t pipe;
    uv_connect_t connecting;
    uv_timer_t again;
    bool up, closing, open;
    int64_t next_id;
    struct rpc_pending pending[RPC_PENDING_MAX];
    char *in;
    size_t in_len;
};

int rpc_open(struct rpc *rpc, uv_loop_t *loop, const char *path, const struct rpc_events *events);
/* params: stolen; NULL for none. */
void rpc_call(struct rpc *rpc, const char *method, json_t *params, rpc_answer *answer, void *ctx);
/* The oldest unanswered call has waited so long; 0 when there is none. */
uint64_t rpc_waited_ms(const struct rpc *rpc);
void rpc_close(struct rpc *rpc);

#endif
