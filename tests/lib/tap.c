#include "lib/tap.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/pcap.h"
#include "wire/channel.h"
#include "wire/iso.h"

#define PAIRS_MAX 64 /* connections of a whole test: a place is used once, its line still says that it is down */
#define EARLY_MAX 8 /* frames that come before the other side is up: a sign-on */

struct pair {
    struct tap *tap;
    struct channel *caller;   /* NULL: gone */
    struct channel_link *link; /* NULL: free */
    bool broken;              /* the server hung up: the caller is sent away */
    struct { uint8_t bytes[ISO_MESSAGE_MAX]; size_t len; } early[EARLY_MAX];
    int early_count;
};

struct tap {
    pthread_t thread;
    uv_loop_t loop;
    uv_async_t stop;
    struct channel_tls *server_tls, *caller_tls;
    struct channel_server *listener;
    struct pcap *pcap;
    char address[64], server[65];
    int server_port, port;
    struct pair pairs[PAIRS_MAX];
};

/* --- towards the server ------------------------------------------------------------ */

static void link_up(void *ctx, struct channel *c, const struct channel_peer *peer)
{
    struct pair *p = ctx;
    for (int i = 0; i < p->early_count; i++) channel_send(c, p->early[i].bytes, p->early[i].len);
    p->early_count = 0;
}

static void link_frame(void *ctx, struct channel *c, const uint8_t *bytes, size_t len)
{
    struct pair *p = ctx;
    pcap_frame(p->tap->pcap, false, p->tap->server_port, bytes, len);
    if (p->caller) channel_send(p->caller, bytes, len);
}

static void link_down(void *ctx, struct channel *c, const char *why)
{
    struct pair *p = ctx;
    if (p->caller) channel_close(p->caller, "the other side has gone");
}

/* --- towards the caller ------------------------------------------------------------- */

static void caller_up(void *ctx, struct channel *c, const struct channel_peer *peer)
{
    static const struct channel_events events = {NULL, link_up, link_frame, link_down, NULL, NULL};
    struct tap *t = ctx;
    for (int i = 0; i < PAIRS_MAX; i++) {
        struct pair *p = &t->pairs[i];
        if (p->tap) continue;
        p->tap = t;
        p->caller = c;
        p->link = channel_link_open(&t->loop, t->caller_tls, t->address, t->server, &events, p, NULL);
        channel_set_user(c, p);
        return;
    }
    channel_close(c, "too many");
}

static void caller_frame(void *ctx, struct channel *c, const uint8_t *bytes, size_t len)
{
    struct tap *t = ctx;
    struct pair *p = channel_user(c);
    struct channel *on = p ? channel_link_up(p->link) : NULL;
    if (!p) return;
    pcap_frame(t->pcap, true, t->server_port, bytes, len);
    if (on) {
        channel_send(on, bytes, len);
    } else if (p->early_count < EARLY_MAX) {
        memcpy(p->early[p->early_count].bytes, bytes, len);
        p->early[p->early_count++].len = len;
    }
}

static void caller_down(void *ctx, struct channel *c, const char *why)
{
    struct pair *p = channel_user(c);
    if (!p || !p->link) return;
    p->caller = NULL;
    channel_link_close(p->link);
    p->link = NULL;
}

/* --- opening and closing -------------------------------------------------------------- */

static void stop_now(uv_async_t *async)
{
    struct tap *t = async->data;
    for (int i = 0; i < PAIRS_MAX; i++) {
        if (t->pairs[i].link) channel_link_close(t->pairs[i].link);
        t->pairs[i].link = NULL;
        t->pairs[i].caller = NULL;
    }
    channel_server_close(t->listener);
    uv_close((uv_handle_t *)&t->stop, NULL);
}

static void *run(void *ctx)
{
    struct tap *t = ctx;
    uv_run(&t->loop, UV_RUN_DEFAULT);
    return NULL;
}

static struct channel_tls *tls_of(const struct world *w, const char *name)
{
    char ca[300], cert[300], key[300], file[100];
    struct error err;
    snprintf(file, sizeof file, "%s.crt", name);
    world_path(w, file, cert, sizeof cert);
    snprintf(file, sizeof file, "%s.key", name);
    world_path(w, file, key, sizeof key);
    struct channel_tls *tls = channel_tls_open(&(struct channel_tls_files){world_path(w, "ca.crt", ca, sizeof ca), cert, key}, &err);
    if (!tls) fail_msg("%s: %s %s", name, err.what, err.why);
    return tls;
}

struct tap *tap_open(const struct world *w, const char *server, const char *caller, int server_port, const char *file)
{
    static const struct channel_events events = {NULL, caller_up, caller_frame, caller_down, NULL, NULL};
    struct tap *t = calloc(1, sizeof *t);
    struct error err;
    char path[300];
    assert_non_null(t);
    t->server_port = server_port;
    snprintf(t->address, sizeof t->address, "127.0.0.1:%d", server_port);
    snprintf(t->server, sizeof t->server, "%s", server);
    t->pcap = pcap_open(world_path(w, file, path, sizeof path));
    assert_non_null(t->pcap);
    uv_loop_init(&t->loop);
    t->stop.data = t;
    uv_async_init(&t->loop, &t->stop, stop_now);
    t->server_tls = tls_of(w, server);
    t->caller_tls = tls_of(w, caller);
    t->listener = channel_listen(&t->loop, t->server_tls, "127.0.0.1:0", NULL, &events, t, &err);
    if (!t->listener) fail_msg("tap: %s %s", err.what, err.why);
    t->port = channel_server_port(t->listener);
    assert_int_equal(pthread_create(&t->thread, NULL, run, t), 0);
    return t;
}

int tap_port(const struct tap *t) { return t->port; }

long tap_close(struct tap *t)
{
    uv_async_send(&t->stop);
    pthread_join(t->thread, NULL);
    uv_loop_close(&t->loop);
    channel_tls_close(t->server_tls);
    channel_tls_close(t->caller_tls);
    long frames = pcap_close(t->pcap);
    free(t);
    return frames;
}
