/* TLS 1.3 channel of frames over libuv; certificates on both sides from a
 * private CA, no tickets, no early data, TCP_NODELAY. Loop thread only. There
 * is no way to talk without TLS. */
#ifndef WIRE_CHANNEL_H
#define WIRE_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/error.h"

#define CHANNEL_HANDSHAKE_MS 5000
#define CHANNEL_FRAME_MS 5000       /* a frame that has begun must be whole by then */
#define CHANNEL_IDLE_MS 30000       /* link: on_idle, for an echo */
#define CHANNEL_ANSWER_MS 10000     /* link: sent, and nothing heard since */
#define CHANNEL_SILENT_MS 100000    /* server: a station that is there is heard three times in it */
#define CHANNEL_BACKOFF_MIN_MS 500
#define CHANNEL_BACKOFF_MAX_MS 30000
#define CHANNEL_QUEUE_MAX (1 << 20) /* bytes waiting to be written */

/* Limits in ms; the CHANNEL_… values unless set otherwise, by tests. */
struct channel_times { int handshake, frame, idle, answer, backoff_min, backoff_max, silent; /* 0: waits for ever */ };

struct channel_tls_files { const char *ca, *cert, *key; }; /* PEM paths */
struct channel_tls;
struct channel_tls *channel_tls_open(const struct channel_tls_files *files, struct error *err);
/* New connections use the new files; on -1 the old stay. Live ones are kept. */
int channel_tls_reload(struct channel_tls *tls, struct error *err);
/* For connections begun from now on. */
void channel_tls_set_times(struct channel_tls *tls, const struct channel_times *times);
void channel_tls_close(struct channel_tls *tls);

struct channel_peer {
    char cn[65];      /* subject's common name */
    char pin[65];     /* SHA-256 of its public key (SPKI), lower-case hex */
    char address[64]; /* numeric, no port */
};
struct channel;
struct channel_events {
    /* NULL: any peer of this CA. False refuses; fill why. Called before on_up. */
    bool (*allow)(void *ctx, const struct channel_peer *peer, char *why, size_t why_size);
    void (*on_up)(void *ctx, struct channel *c, const struct channel_peer *peer);
    void (*on_frame)(void *ctx, struct channel *c, const uint8_t *bytes, size_t len);
    /* Last call for c. c's user pointer is still readable; why is for logs. */
    void (*on_down)(void *ctx, struct channel *c, const char *why);
    void (*on_idle)(void *ctx, struct channel *c);   /* links only; may be NULL */
    void (*on_drained)(void *ctx, struct channel *c); /* queue empty after a refused send; may be NULL */
};
/* Copies. False: not up, or the queue is full (wait for on_drained). */
bool channel_send(struct channel *c, const void *bytes, size_t len);
/* Ends it; on_down follows from the loop. */
void channel_close(struct channel *c, const char *why);
void channel_set_user(struct channel *c, void *user);
void *channel_user(const struct channel *c);
const struct channel_peer *channel_peer(const struct channel *c);

struct channel_limits { int connections, per_address; }; /* 0: 4096, 256 */
struct channel_server;
/* address "127.0.0.1:0"; limits may be NULL. Everything is copied but tls and ctx. */
struct channel_server *channel_listen(uv_loop_t *loop, struct channel_tls *tls, const char *address,
                                      const struct channel_limits *limits,
                                      const struct channel_events *events, void *ctx,
                                      struct error *err);
int channel_server_port(const struct channel_server *s);
/* Closes listener and channels (on_down each); freed by the loop. */
void channel_server_close(struct channel_server *s);

/* A client that stays connected: back-off with jitter 0.5..30 s, idle hook,
 * dropped when nothing was heard within the answer limit of a send. */
struct channel_link;
/* peer_cn: the name that the server's certificate must bear. */
struct channel_link *channel_link_open(uv_loop_t *loop, struct channel_tls *tls, const char *address,
                                       const char *peer_cn, const struct channel_events *events,
                                       void *ctx, struct error *err);
struct channel *channel_link_up(const struct channel_link *l); /* NULL while down */
void channel_link_close(struct channel_link *l);

#endif
