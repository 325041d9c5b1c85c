/* One TLS connection: memory BIOs between OpenSSL and libuv, frames above. */
#include "wire/channel_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "base/text.h"

#define TICK_MS 250 /* how finely limits are kept, at most */

struct out { uv_write_t request; char bytes[]; };

void channel_set_user(struct channel *c, void *user) { c->user = user; }
void *channel_user(const struct channel *c) { return c->user; }
const struct channel_peer *channel_peer(const struct channel *c) { return &c->peer; }

static size_t queued(const struct channel *c)
{
    return uv_stream_get_write_queue_size((const uv_stream_t *)&c->tcp) + BIO_ctrl_pending(c->out);
}

/* --- ending -------------------------------------------------------------------- */

static void handle_closed(uv_handle_t *handle)
{
    struct channel *c = handle->data;
    if (--c->open_handles > 0) return;
    SSL_free(c->ssl); /* the BIOs with it */
    c->ssl = NULL;
    free(c->frame);
    c->frame = NULL;
    if (c->events->on_down) c->events->on_down(c->ctx, c, c->why[0] ? c->why : "closed");
    c->gone(c);
}

void channel_close(struct channel *c, const char *why)
{
    if (c->closing) return;
    c->closing = true;
    c->up = false;
    if (why && !c->why[0]) snprintf(c->why, sizeof c->why, "%.150s", why);
    uv_close((uv_handle_t *)&c->tcp, handle_closed);
    uv_close((uv_handle_t *)&c->timer, handle_closed);
}

static void close_tls(struct channel *c, const char *what)
{
    char why[120] = "";
    unsigned long code = ERR_get_error();
    if (code) ERR_error_string_n(code, why, sizeof why);
    ERR_clear_error();
    snprintf(c->why, sizeof c->why, "%s%s%s", what, code ? ": " : "", why);
    channel_close(c, NULL);
}

/* --- writing ------------------------------------------------------------------- */

static void written(uv_write_t *request, int status)
{
    struct channel *c = request->handle->data;
    free(request);
    if (c->closing) return;
    if (status < 0) {
        channel_close(c, uv_strerror(status));
    } else if (c->full && queued(c) == 0) {
        c->full = false;
        if (c->events->on_drained) c->events->on_drained(c->ctx, c);
    }
}

/* What OpenSSL has ready goes out; at once as far as the kernel takes it. */
static void flush(struct channel *c)
{
    char *bytes;
    long len = BIO_get_mem_data(c->out, &bytes);
    if (len <= 0 || c->closing) return;
    size_t done = 0;
    if (uv_stream_get_write_queue_size((uv_stream_t *)&c->tcp) == 0) {
        uv_buf_t now = uv_buf_init(bytes, (unsigned)len);
        int n = uv_try_write((uv_stream_t *)&c->tcp, &now, 1);
        if (n > 0) done = (size_t)n;
    }
    if (done < (size_t)len) {
        size_t rest = (size_t)len - done;
        struct out *out = malloc(sizeof *out + rest);
        if (out == NULL) {
            channel_close(c, "no memory");
            return;
        }
        memcpy(out->bytes, bytes + done, rest);
        uv_buf_t later = uv_buf_init(out->bytes, (unsigned)rest);
        if (uv_write(&out->request, (uv_stream_t *)&c->tcp, &later, 1, written) != 0) {
            free(out);
            channel_close(c, "the connection broke");
            return;
        }
    }
    BIO_reset(c->out);
}

bool channel_send(struct channel *c, const void *bytes, size_t len)
{
    uint8_t frame[FRAME_HEAD + FRAME_MAX];
    if (!c->up || c->closing || !frame_head(frame, len)) return false;
    if (queued(c) + len > CHANNEL_QUEUE_MAX) {
        c->full = true;
        return false;
    }
    memcpy(frame + FRAME_HEAD, bytes, len);
    if (SSL_write(c->ssl, frame, (int)(FRAME_HEAD + len)) <= 0) {
        close_tls(c, "cannot write");
        return false;
    }
    if (c->sent_at == 0) c->sent_at = uv_now(c->tcp.loop);
    if (!c->reading) flush(c); /* answers to one read leave together */
    return !c->closing;
}

/* --- reading ------------------------------------------------------------------- */

static void take_frames(struct channel *c, const uint8_t *bytes, size_t len)
{
    const uint8_t *frame;
    size_t frame_len;
    int status;
    if (c->frame == NULL) {
        c->frame = malloc(sizeof *c->frame);
        if (c->frame == NULL) {
            channel_close(c, "no memory");
            return;
        }
        frame_start(c->frame);
    }
    while (!c->closing && (status = frame_feed(c->frame, &bytes, &len, &frame, &frame_len)) != 0) {
        if (status < 0) {
            channel_close(c, "a length that no frame has");
            return;
        }
        c->frame_since = 0;
        c->events->on_frame(c->ctx, c, frame, frame_len);
    }
    if (frame_partial(c->frame)) {
        if (c->frame_since == 0) c->frame_since = uv_now(c->tcp.loop);
        return;
    }
    c->frame_since = 0;
    free(c->frame);
    c->frame = NULL;
}

/* Fresh buffers: those of the handshake are many times what a message needs. */
static void renew_buffers(struct channel *c)
{
    BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
    if (in == NULL || out == NULL || BIO_ctrl_pending(c->in) || BIO_ctrl_pending(c->out)) {
        BIO_free(in);
        BIO_free(out);
        return;
    }
    BIO_set_mem_eof_return(in, -1);
    BIO_set_mem_eof_return(out, -1);
    c->in = in;
    c->out = out;
    SSL_set_bio(c->ssl, in, out); /* frees the old ones */
}

static bool shake(struct channel *c)
{
    ERR_clear_error();
    int status = SSL_do_handshake(c->ssl);
    if (status != 1 && SSL_get_error(c->ssl, status) != SSL_ERROR_WANT_READ) {
        flush(c); /* the alert says why */
        close_tls(c, "no TLS agreed on");
        return false;
    }
    flush(c);
    if (status != 1 || c->closing) return false;
    renew_buffers(c);
    if (!channel_know_peer(c)) {
        channel_close(c, NULL);
        return false;
    }
    c->up = true;
    c->heard_at = uv_now(c->tcp.loop);
    if (c->events->on_up) c->events->on_up(c->ctx, c, &c->peer);
    return !c->closing;
}

static void take_plain(struct channel *c)
{
    uint8_t plain[16384];
    int n = 0;
    ERR_clear_error();
    while (!c->closing && (n = SSL_read(c->ssl, plain, sizeof plain)) > 0)
        take_frames(c, plain, (size_t)n);
    if (c->closing || n > 0) return;
    int reason = SSL_get_error(c->ssl, n);
    if (reason == SSL_ERROR_ZERO_RETURN) channel_close(c, "the peer ended it");
    else if (reason != SSL_ERROR_WANT_READ && reason != SSL_ERROR_WANT_WRITE) close_tls(c, "not TLS, or refused");
}

static void room(uv_handle_t *handle, size_t hint, uv_buf_t *buf)
{
    struct channel *c = handle->data;
    *buf = uv_buf_init(c->read_buffer, CHANNEL_READ_SIZE);
}

static void arrived(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct channel *c = stream->data;
    if (n < 0) {
        channel_close(c, n == UV_EOF ? "the peer hung up" : uv_strerror((int)n));
        return;
    }
    if (n == 0) return;
    if (BIO_write(c->in, buf->base, (int)n) != n) {
        channel_close(c, "no memory");
        return;
    }
    c->heard_at = uv_now(c->tcp.loop);
    c->sent_at = 0;
    c->idle_told = false;
    c->reading = true;
    if (c->up || shake(c)) take_plain(c);
    c->reading = false;
    if (!c->closing) flush(c);
}

/* --- limits -------------------------------------------------------------------- */

static void tick(uv_timer_t *timer)
{
    struct channel *c = timer->data;
    uint64_t now = uv_now(timer->loop);
    if (!c->up) {
        if (now - c->heard_at >= (uint64_t)c->times.handshake) channel_close(c, "the handshake took too long");
    } else if (c->frame_since && now - c->frame_since >= (uint64_t)c->times.frame) {
        channel_close(c, "a frame took too long");
    } else if (c->wanted_cn && c->sent_at && now - c->sent_at >= (uint64_t)c->times.answer) {
        channel_close(c, "no answer");
    } else if (!c->wanted_cn && c->times.silent && now - c->heard_at >= (uint64_t)c->times.silent) {
        channel_close(c, "nothing was heard of it"); /* else each power cut of a peer would keep a place for ever */
    } else if (c->events->on_idle && !c->idle_told && now - c->heard_at >= (uint64_t)c->times.idle) {
        c->idle_told = true;
        c->events->on_idle(c->ctx, c);
    }
}

static int shortest(const struct channel_times *t)
{
    int ms = TICK_MS, all[] = {t->handshake, t->frame, t->idle, t->answer, t->silent};
    for (int i = 0; i < 5; i++)
        if (all[i] && all[i] / 2 < ms) ms = all[i] / 2 + 1;
    return ms;
}

int channel_init(struct channel *c, uv_loop_t *loop, struct channel_tls *tls, const struct channel_events *events,
                 void *ctx, bool server, const char *wanted_cn, struct error *err)
{
    uv_timer_init(loop, &c->timer);
    c->tcp.data = c->timer.data = c;
    c->open_handles = 2;
    c->events = events;
    c->ctx = ctx;
    c->times = tls->times;
    c->wanted_cn = wanted_cn;
    c->read_buffer = tls->read_buffer;
    c->ssl = SSL_new(tls->ctx);
    c->in = BIO_new(BIO_s_mem());
    c->out = BIO_new(BIO_s_mem());
    if (c->ssl == NULL || c->in == NULL || c->out == NULL) {
        BIO_free(c->in);
        BIO_free(c->out);
        SSL_free(c->ssl);
        c->ssl = NULL;
        return error_all(err, "cannot begin TLS", NULL, "no memory", NULL);
    }
    BIO_set_mem_eof_return(c->in, -1);
    BIO_set_mem_eof_return(c->out, -1);
    SSL_set_bio(c->ssl, c->in, c->out);
    if (server) SSL_set_accept_state(c->ssl);
    else SSL_set_connect_state(c->ssl);
    return 0;
}

void channel_begin(struct channel *c)
{
    int ms = shortest(&c->times);
    c->heard_at = uv_now(c->tcp.loop); /* the handshake's time begins */
    uv_tcp_nodelay(&c->tcp, 1);
    uv_timer_start(&c->timer, tick, (uint64_t)ms, (uint64_t)ms);
    if (uv_read_start((uv_stream_t *)&c->tcp, room, arrived) != 0) {
        channel_close(c, "the connection broke");
        return;
    }
    shake(c);
}

int channel_address(const char *text, struct sockaddr_storage *out, struct error *err)
{
    char host[64], *end;
    const char *colon = strrchr(text, ':');
    size_t len = colon ? (size_t)(colon - text) : 0;
    long port = colon ? strtol(colon + 1, &end, 10) : -1;
    memset(out, 0, sizeof *out);
    if (len > 0 && len < sizeof host && colon[1] && *end == '\0' && port >= 0 && port <= 65535) {
        bool six = text[0] == '[' && text[len - 1] == ']';
        snprintf(host, sizeof host, "%.*s", (int)(six ? len - 2 : len), text + (six ? 1 : 0));
        if (six ? uv_ip6_addr(host, (int)port, (struct sockaddr_in6 *)out) == 0
                : uv_ip4_addr(host, (int)port, (struct sockaddr_in *)out) == 0)
            return 0;
    }
    return error_all(err, "not an address", text, "it is no numeric host and port", "write 127.0.0.1:9101 or [::1]:9101");
}
