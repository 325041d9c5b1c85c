#include "counter/rpc.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "counter/js.h"

#define AGAIN_MS 200

struct sending {
    uv_write_t request;
    char line[];
};

static void rpc_try(uv_timer_t *timer);

static void give_up(struct rpc *rpc, struct rpc_pending *p)
{
    struct rpc_error away = {.code = -1, .reason = "away", .message = "no connection to the branch host"};
    rpc_answer *answer = p->answer;
    p->id = 0;
    if (answer) answer(p->ctx, NULL, &away);
}

static void gone(uv_handle_t *handle)
{
    struct rpc *rpc = handle->data;
    bool was_up = rpc->up;
    rpc->up = rpc->open = false;
    rpc->in_len = 0;
    for (int i = 0; i < RPC_PENDING_MAX; i++)
        if (rpc->pending[i].id) give_up(rpc, &rpc->pending[i]);
    if (rpc->closing) return;
    if (was_up) rpc->events.down(rpc->events.ctx);
    uv_timer_start(&rpc->again, rpc_try, AGAIN_MS, 0);
}

static void drop(struct rpc *rpc)
{
    if (rpc->open && !uv_is_closing((uv_handle_t *)&rpc->pipe)) uv_close((uv_handle_t *)&rpc->pipe, gone);
}

static void read_error(struct rpc_error *error, const json_t *from)
{
    memset(error, 0, sizeof *error);
    error->code = (int)js_int(from, "code");
    const struct { const char *path; char *to; size_t size; } parts[] = {
        {"data.reason", error->reason, sizeof error->reason},
        {"message", error->message, sizeof error->message},
        {"data.why", error->why, sizeof error->why},
        {"data.remedy", error->remedy, sizeof error->remedy},
        {"data.response", error->response, sizeof error->response},
    };
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        text_clip(parts[i].to, parts[i].size, js_text(from, parts[i].path), (int)parts[i].size, 0);
    if (!*error->reason) text_copy(error->reason, sizeof error->reason, "internal");
}

static void answered(struct rpc *rpc, const json_t *message)
{
    int64_t id = js_int(message, "id");
    for (int i = 0; i < RPC_PENDING_MAX; i++) {
        struct rpc_pending *p = &rpc->pending[i];
        struct rpc_error error;
        if (!id || p->id != id) continue;
        p->id = 0;
        const json_t *refused = js_at(message, "error");
        if (refused) read_error(&error, refused);
        if (p->answer) p->answer(p->ctx, refused ? NULL : js_at(message, "result"), refused ? &error : NULL);
        return;
    }
}

static void one_line(struct rpc *rpc, const char *line, size_t len)
{
    json_t *message = json_loadb(line, len, 0, NULL);
    if (!message) {
        drop(rpc);
        return;
    }
    const char *method = json_string_value(js_at(message, "method"));
    if (method) rpc->events.notice(rpc->events.ctx, method, js_at(message, "params"));
    else answered(rpc, message);
    json_decref(message);
}

static void space(uv_handle_t *handle, size_t wanted, uv_buf_t *buf)
{
    struct rpc *rpc = handle->data;
    *buf = uv_buf_init(rpc->in + rpc->in_len, (unsigned)(RPC_LINE_MAX - rpc->in_len));
}

static void arrived(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct rpc *rpc = stream->data;
    size_t at = 0;
    if (n < 0) {
        drop(rpc);
        return;
    }
    rpc->in_len += (size_t)n;
    for (char *end; (end = memchr(rpc->in + at, '\n', rpc->in_len - at)); at = (size_t)(end + 1 - rpc->in))
        one_line(rpc, rpc->in + at, (size_t)(end - (rpc->in + at)));
    memmove(rpc->in, rpc->in + at, rpc->in_len - at);
    rpc->in_len -= at;
    if (rpc->in_len == RPC_LINE_MAX) drop(rpc);
}

static void connected(uv_connect_t *request, int status)
{
    struct rpc *rpc = request->data;
    if (rpc->closing) return;
    if (status < 0) {
        drop(rpc);
        return;
    }
    rpc->up = true;
    uv_read_start((uv_stream_t *)&rpc->pipe, space, arrived);
    rpc->events.up(rpc->events.ctx);
}

static void rpc_try(uv_timer_t *timer)
{
    struct rpc *rpc = timer->data;
    uv_pipe_init(rpc->loop, &rpc->pipe, 0);
    rpc->pipe.data = rpc->connecting.data = rpc;
    rpc->open = true;
    uv_pipe_connect(&rpc->connecting, &rpc->pipe, rpc->path, connected);
}

int rpc_open(struct rpc *rpc, uv_loop_t *loop, const char *path, const struct rpc_events *events)
{
    memset(rpc, 0, sizeof *rpc);
    rpc->loop = loop;
    rpc->events = *events;
    rpc->next_id = 1;
    rpc->in = malloc(RPC_LINE_MAX);
    if (!rpc->in || !text_copy(rpc->path, sizeof rpc->path, path)) return -1;
    uv_timer_init(loop, &rpc->again);
    rpc->again.data = rpc;
    rpc_try(&rpc->again);
    return 0;
}

static void sent(uv_write_t *request, int status)
{
    struct rpc *rpc = request->data;
    free(request);
    if (status < 0 && status != UV_ECANCELED) drop(rpc);
}

static struct rpc_pending *pending_free(struct rpc *rpc)
{
    for (int i = 0; i < RPC_PENDING_MAX; i++)
        if (!rpc->pending[i].id) return &rpc->pending[i];
    return NULL;
}

static bool line_send(struct rpc *rpc, json_t *message)
{
    size_t len = json_dumpb(message, NULL, 0, JSON_COMPACT);
    struct sending *sending = len && len < RPC_LINE_MAX ? malloc(sizeof *sending + len + 1) : NULL;
    if (!sending) return false;
    json_dumpb(message, sending->line, len, JSON_COMPACT);
    sending->line[len] = '\n';
    sending->request.data = rpc;
    uv_buf_t buf = uv_buf_init(sending->line, (unsigned)len + 1);
    if (!uv_write(&sending->request, (uv_stream_t *)&rpc->pipe, &buf, 1, sent)) return true;
    free(sending);
    return false;
}

void rpc_call(struct rpc *rpc, const char *method, json_t *params, rpc_answer *answer, void *ctx)
{
    struct rpc_pending *p = pending_free(rpc), local = {0};
    struct rpc_pending call = {rpc->next_id++, answer, ctx, uv_now(rpc->loop)};
    json_t *message = json_pack("{s:s, s:I, s:s, s:o}", "jsonrpc", "2.0", "id", (json_int_t)call.id, "method",
                                method, "params", params ? params : json_object());
    if (p) *p = call;
    else local = call;
    if (!p || !message || !rpc->up || !line_send(rpc, message)) give_up(rpc, p ? p : &local);
    json_decref(message);
}

uint64_t rpc_waited_ms(const struct rpc *rpc)
{
    uint64_t waited = 0;
    for (int i = 0; i < RPC_PENDING_MAX; i++) {
        uint64_t since = uv_now(rpc->loop) - rpc->pending[i].since_ms;
        if (rpc->pending[i].id && since > waited) waited = since;
    }
    return waited;
}

static void freed(uv_handle_t *handle)
{
    struct rpc *rpc = handle->data;
    gone(handle);
    free(rpc->in);
    rpc->in = NULL;
}

void rpc_close(struct rpc *rpc)
{
    if (!rpc->loop || rpc->closing) return;
    rpc->closing = true;
    uv_close((uv_handle_t *)&rpc->again, NULL);
    if (rpc->open && !uv_is_closing((uv_handle_t *)&rpc->pipe)) uv_close((uv_handle_t *)&rpc->pipe, freed);
    else free(rpc->in);
}
