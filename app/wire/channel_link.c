/* The calling side: stays connected, or tries again ever more slowly. */
#include "wire/channel_impl.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/rand.h>

#include "base/text.h"

struct channel_link {
    uv_loop_t *loop;
    uv_timer_t again;
    struct channel_tls *tls;
    struct channel_events events, own; /* the caller's; ours around them */
    void *ctx;
    struct sockaddr_storage address;
    char peer_cn[65];
    struct channel *channel; /* the one under way, or NULL */
    uint64_t delay_ms;
    bool closing, timer_gone;
};

static void try_now(uv_timer_t *timer);

static void free_if_done(struct channel_link *l)
{
    if (l->closing && l->timer_gone && l->channel == NULL) free(l);
}

/* Between half and the whole of the delay, so that a thousand branches don't call at once. */
static uint64_t jittered(uint64_t ms)
{
    uint16_t random = 0;
    RAND_bytes((unsigned char *)&random, sizeof random);
    return ms / 2 + ms * random / 65536 / 2;
}

static void channel_gone(struct channel *c)
{
    struct channel_link *l = c->owner;
    l->channel = NULL;
    free(c);
    if (l->closing) {
        free_if_done(l);
        return;
    }
    uv_timer_start(&l->again, try_now, jittered(l->delay_ms), 0);
    l->delay_ms *= 2;
    if (l->delay_ms > (uint64_t)l->tls->times.backoff_max) l->delay_ms = (uint64_t)l->tls->times.backoff_max;
}

/* A frame heard proves that the peer took our certificate: back to short delays. */
static void link_frame(void *ctx, struct channel *c, const uint8_t *bytes, size_t len)
{
    struct channel_link *l = c->owner;
    l->delay_ms = (uint64_t)l->tls->times.backoff_min;
    l->events.on_frame(ctx, c, bytes, len);
}

static void connected(uv_connect_t *request, int status)
{
    struct channel *c = request->handle->data;
    free(request);
    if (c->closing) return;
    if (status < 0) channel_close(c, uv_strerror(status));
    else channel_begin(c);
}

static void try_now(uv_timer_t *timer)
{
    struct channel_link *l = timer->data;
    struct channel *c = calloc(1, sizeof *c);
    uv_connect_t *request = calloc(1, sizeof *request);
    if (c == NULL || request == NULL) {
        free(c);
        free(request);
        uv_timer_start(timer, try_now, l->delay_ms, 0);
        return;
    }
    l->channel = c;
    uv_tcp_init(l->loop, &c->tcp);
    c->owner = l;
    c->gone = channel_gone;
    int status = channel_init(c, l->loop, l->tls, &l->own, l->ctx, false, l->peer_cn, NULL);
    if (status == 0) status = uv_tcp_connect(request, &c->tcp, (struct sockaddr *)&l->address, connected);
    if (status == 0) return;
    free(request);
    channel_close(c, "cannot connect");
}

struct channel_link *channel_link_open(uv_loop_t *loop, struct channel_tls *tls, const char *address,
                                       const char *peer_cn, const struct channel_events *events, void *ctx,
                                       struct error *err)
{
    struct sockaddr_storage at;
    if (channel_address(address, &at, err) != 0) return NULL;
    struct channel_link *l = calloc(1, sizeof *l);
    if (l == NULL || !text_copy(l->peer_cn, sizeof l->peer_cn, peer_cn)) {
        error_all(err, "cannot open the link", address, "no memory, or a name too long", NULL);
        free(l);
        return NULL;
    }
    l->loop = loop;
    l->tls = tls;
    l->events = l->own = *events;
    l->own.on_frame = link_frame;
    l->ctx = ctx;
    l->address = at;
    l->delay_ms = (uint64_t)tls->times.backoff_min;
    uv_timer_init(loop, &l->again);
    l->again.data = l;
    uv_timer_start(&l->again, try_now, 0, 0);
    return l;
}

struct channel *channel_link_up(const struct channel_link *l)
{
    return l->channel && l->channel->up ? l->channel : NULL;
}

static void timer_closed(uv_handle_t *handle)
{
    struct channel_link *l = handle->data;
    l->timer_gone = true;
    free_if_done(l);
}

void channel_link_close(struct channel_link *l)
{
    l->closing = true;
    if (l->channel) channel_close(l->channel, "this side ends");
    uv_close((uv_handle_t *)&l->again, timer_closed);
}
