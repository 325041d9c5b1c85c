/* The Unix socket that counters sit on: lines in and out over libuv, peer
 * credentials, bounded queues. Loop thread only. */
#ifndef BRANCHD_SERVER_H
#define BRANCHD_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <uv.h>

#include "base/error.h"
#include "branchd/rpc.h"

#define SERVER_PEERS_MAX 512
#define SERVER_PEERS_OF_ONE 256  /* of one user: nobody alone can take all the places */
#define SERVER_OUT_MAX (8 << 20) /* bytes waiting for one peer, beyond which it is cut off: a long queue that drains tells of each payment */

/* What the service keeps for a peer; the server neither reads nor frees it. */
void server_set_user(struct rpc_peer *peer, void *user);
void *server_user(const struct rpc_peer *peer);
uid_t server_uid(const struct rpc_peer *peer); /* of the process at the other end */
/* Sends what is queued, then closes. */
void server_drop(struct rpc_peer *peer);

struct server_events {
    bool (*on_open)(void *ctx, struct rpc_peer *peer); /* false: turned away */
    void (*on_close)(void *ctx, struct rpc_peer *peer); /* last word of it */
    unsigned (*role_of)(const struct rpc_peer *peer);
};

struct server;
/* Listens at path (mode 0660; a dead socket there is replaced, a live one
 * refused). Methods, events and ctx stay the caller's. NULL with err. */
struct server *server_open(uv_loop_t *loop, const char *path, const struct rpc_method *methods,
                           size_t count, const struct server_events *events, void *ctx,
                           struct error *err);
const struct rpc *server_rpc(const struct server *server);
/* Calls each for every open peer. */
void server_each(struct server *server, void (*each)(void *ctx, struct rpc_peer *peer), void *ctx);
/* Closes listener and peers; the loop frees it. */
void server_close(struct server *server);

#endif
