/* Takes connections: so many in all and from one address, and when all places
 * are taken the oldest that has not shown a certificate yet gives way. */
#include "wire/channel_impl.h"

#include <stdlib.h>
#include <string.h>

#define BACKLOG 1024
#define CONNECTIONS 4096
#define PER_ADDRESS 256

struct channel_server {
    uv_tcp_t listener;
    struct channel_tls *tls;
    struct channel_events events;
    void *ctx;
    struct channel_limits limits;
    struct channel *first, *last; /* by age */
    int count;
    bool listener_gone;
};

static void free_if_done(struct channel_server *s)
{
    if (s->listener_gone && s->count == 0) free(s);
}

static void channel_gone(struct channel *c)
{
    struct channel_server *s = c->owner;
    *(c->prev ? &c->prev->next : &s->first) = c->next;
    *(c->next ? &c->next->prev : &s->last) = c->prev;
    free(c);
    s->count--;
    free_if_done(s);
}

static void add(struct channel_server *s, struct channel *c)
{
    c->prev = s->last;
    *(s->last ? &s->last->next : &s->first) = c;
    s->last = c;
    s->count++;
}

static void address_of(uv_tcp_t *tcp, char *text, size_t size)
{
    struct sockaddr_storage a;
    int len = sizeof a;
    text[0] = '\0';
    if (uv_tcp_getpeername(tcp, (struct sockaddr *)&a, &len) != 0) return;
    if (a.ss_family == AF_INET) uv_ip4_name((struct sockaddr_in *)&a, text, size);
    else uv_ip6_name((struct sockaddr_in6 *)&a, text, size);
}

static bool has_place(struct channel_server *s, const struct channel *newcomer)
{
    int same = 0;
    struct channel *strange = NULL;
    for (struct channel *c = s->first; c; c = c->next) {
        if (c == newcomer || c->closing) continue;
        if (strcmp(c->peer.address, newcomer->peer.address) == 0) same++;
        if (!c->up && strange == NULL) strange = c;
    }
    if (same >= s->limits.per_address) return false;
    if (s->count <= s->limits.connections) return true;
    if (strange) channel_close(strange, "gave its place to a newer connection");
    return strange != NULL;
}

static void on_connection(uv_stream_t *stream, int status)
{
    struct channel_server *s = stream->data;
    struct channel *c = status == 0 ? calloc(1, sizeof *c) : NULL;
    if (c == NULL) return;
    uv_tcp_init(stream->loop, &c->tcp);
    c->owner = s;
    c->gone = channel_gone;
    add(s, c);
    if (channel_init(c, stream->loop, s->tls, &s->events, s->ctx, true, NULL, NULL) != 0 ||
        uv_accept(stream, (uv_stream_t *)&c->tcp) != 0) {
        channel_close(c, "cannot be taken");
        return;
    }
    address_of(&c->tcp, c->peer.address, sizeof c->peer.address);
    if (has_place(s, c)) channel_begin(c);
    else channel_close(c, "too many connections");
}

static void listener_closed(uv_handle_t *handle)
{
    struct channel_server *s = handle->data;
    s->listener_gone = true;
    free_if_done(s);
}

struct channel_server *channel_listen(uv_loop_t *loop, struct channel_tls *tls, const char *address,
                                      const struct channel_limits *limits, const struct channel_events *events,
                                      void *ctx, struct error *err)
{
    struct sockaddr_storage at;
    if (channel_address(address, &at, err) != 0) return NULL;
    struct channel_server *s = calloc(1, sizeof *s);
    if (s == NULL) {
        error_all(err, "cannot listen", address, "no memory", NULL);
        return NULL;
    }
    s->tls = tls;
    s->events = *events;
    s->events.on_idle = NULL;
    s->ctx = ctx;
    s->limits = (struct channel_limits){CONNECTIONS, PER_ADDRESS};
    if (limits && limits->connections) s->limits.connections = limits->connections;
    if (limits && limits->per_address) s->limits.per_address = limits->per_address;
    uv_tcp_init(loop, &s->listener);
    s->listener.data = s;
    int status = uv_tcp_bind(&s->listener, (struct sockaddr *)&at, 0);
    if (status == 0) status = uv_listen((uv_stream_t *)&s->listener, BACKLOG, on_connection);
    if (status == 0) return s;
    error_set(err, "cannot listen");
    error_where(err, "%s", address);
    error_why(err, "%s", uv_strerror(status));
    uv_close((uv_handle_t *)&s->listener, listener_closed);
    return NULL;
}

int channel_server_port(const struct channel_server *s)
{
    struct sockaddr_storage a;
    int len = sizeof a;
    if (uv_tcp_getsockname(&s->listener, (struct sockaddr *)&a, &len) != 0) return 0;
    return ntohs(a.ss_family == AF_INET ? ((struct sockaddr_in *)&a)->sin_port : ((struct sockaddr_in6 *)&a)->sin6_port);
}

void channel_server_close(struct channel_server *s)
{
    for (struct channel *c = s->first; c; c = c->next)
        channel_close(c, "this side ends");
    uv_close((uv_handle_t *)&s->listener, listener_closed);
}
