/* Inside of the channel: one TLS connection, whoever began it. For app/wire/channel*.c. */
#ifndef WIRE_CHANNEL_IMPL_H
#define WIRE_CHANNEL_IMPL_H

#include <openssl/ssl.h>

#include "wire/channel.h"
#include "wire/frame.h"

#define CHANNEL_WHY_SIZE 200

#define CHANNEL_READ_SIZE (16384 + 512)

struct channel_tls {
    SSL_CTX *ctx;
    struct channel_times times;
    char ca[512], cert[512], key[512];
    char read_buffer[CHANNEL_READ_SIZE]; /* one loop, one read at a time */
};

struct channel {
    uv_tcp_t tcp;     /* first: the handle is the channel */
    uv_timer_t timer; /* handshake or frame must end, idle, answer */
    int open_handles;
    const struct channel_events *events;
    void *ctx, *user;
    struct channel_times times;
    SSL *ssl;
    BIO *in, *out;
    bool up, closing, reading, full;
    const char *wanted_cn; /* of a link; NULL: any */
    struct channel_peer peer;
    struct frame_reader *frame; /* NULL: no frame has begun; thousands of idle channels stay small */
    char *read_buffer;          /* the context's */
    uint64_t frame_since, heard_at, sent_at; /* loop times, 0: none */
    bool idle_told;
    char why[CHANNEL_WHY_SIZE];
    void (*gone)(struct channel *c); /* owner's last act, after on_down; frees c */
    void *owner;
    struct channel *prev, *next; /* of the server's list */
};

/* Readies a zeroed channel on the loop, its TCP handle initialised. */
int channel_init(struct channel *c, uv_loop_t *loop, struct channel_tls *tls, const struct channel_events *events,
                 void *ctx, bool server, const char *wanted_cn, struct error *err);
/* Begins TLS on the connected TCP handle. */
void channel_begin(struct channel *c);
/* Names the peer and asks the caller's policy. */
bool channel_know_peer(struct channel *c);
int channel_pin_of(X509 *cert, char pin[65]);
/* "127.0.0.1:9101" or "[::1]:9101". */
int channel_address(const char *text, struct sockaddr_storage *out, struct error *err);

#endif
