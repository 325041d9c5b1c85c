/* JSON-RPC 2.0 over lines of text: what a counter may ask, who may ask it, and
 * how it is answered. Works on text; sockets are server.h's.
 *
 * A call is answered exactly once, at once or later; a peer that has gone is
 * answered into nothing. RPC.md describes every method. */
#ifndef BRANCHD_RPC_H
#define BRANCHD_RPC_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#define RPC_LINE_MAX 65536     /* bytes of one message */
#define RPC_UNDER_WAY_MAX 32   /* calls of one peer that wait for their answer */
#define RPC_DEPTH_MAX 8        /* nesting of a message */

/* Who may call: bits, so that a method names all its roles. */
enum rpc_role {
    RPC_NOBODY = 1, /* before sign-on */
    RPC_TELLER = 2,
    RPC_SUPERVISOR = 4,
    RPC_TECHNICIAN = 8,
    RPC_LOCKED = 16, /* signed on and locked: unlock and sign_off only */
    RPC_MUST_CHANGE = 32, /* signed on, and the password must be changed first */
    RPC_SIGNED_ON = RPC_TELLER | RPC_SUPERVISOR | RPC_TECHNICIAN,
    RPC_MONEY = RPC_TELLER,
};

/* The code and its word of RPC.md; a counter has a text for each word. */
enum rpc_code {
    RPC_PARSE = -32700, RPC_REQUEST = -32600, RPC_METHOD = -32601, RPC_PARAMS = -32602,
    RPC_WHO = 1, RPC_APPROVAL = 2, RPC_BILL = 3, RPC_LINK = 4, RPC_STATE = 5, RPC_INTERNAL = 6,
};

struct rpc_peer; /* one connected counter; belongs to the server */

struct rpc_call {
    struct rpc_peer *peer; /* NULL once it has gone */
    json_t *id;            /* owned */
    json_t *params;        /* an object, owned; handlers borrow */
    const struct rpc_method *method;
};

struct rpc_method {
    const char *name;
    unsigned roles; /* bits of enum rpc_role that may call it */
    /* Takes the call over: must come to rpc_answer or rpc_refuse, once. */
    void (*handle)(void *ctx, struct rpc_call *call);
};

/* What the server gives: the peer's rights now, and its line out. */
struct rpc_host {
    unsigned (*role_of)(const struct rpc_peer *peer);  /* one bit */
    void (*write)(struct rpc_peer *peer, const char *line, size_t len); /* with its LF */
    /* Counts a call in (+1) or out (-1); false: too many are under way. */
    bool (*count)(struct rpc_peer *peer, int step, struct rpc_call *call);
};

struct rpc {
    const struct rpc_method *methods;
    size_t count;
    const struct rpc_host *host;
    void *ctx; /* handed to handlers */
};

/* One line, LF cut. Whatever it is, it gets an answer (a notification of the
 * counter's, without an id, is refused: none is known). */
void rpc_line(const struct rpc *rpc, struct rpc_peer *peer, const char *line, size_t len);

/* Ends the call; steals result. */
void rpc_answer(const struct rpc *rpc, struct rpc_call *call, json_t *result);
/* Ends the call. err may be NULL; response: the utility's DE 39 or NULL. */
void rpc_refuse(const struct rpc *rpc, struct rpc_call *call, enum rpc_code code,
                const char *reason, const struct error *err, const char *response);
/* Reads members strictly, in jansson's format ("{s:s, s?:I}"): what isn't named
 * is refused. On false the call has been refused and is gone. */
bool rpc_params(const struct rpc *rpc, struct rpc_call *call, const char *fmt, ...);
/* To one peer; steals params. */
void rpc_notify(const struct rpc *rpc, struct rpc_peer *peer, const char *method, json_t *params);

#endif
