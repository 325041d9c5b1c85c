#include "branchd/rpc.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static void send_object(const struct rpc *rpc, struct rpc_peer *peer, json_t *object)
{
    char *text = peer ? json_dumps(object, JSON_COMPACT) : NULL;
    json_decref(object);
    if (text == NULL) return;
    size_t len = strlen(text);
    text[len] = '\n'; /* in the place of the NUL */
    rpc->host->write(peer, text, len + 1);
    free(text);
}

static json_t *envelope(json_t *id)
{
    json_t *object = json_pack("{s:s}", "jsonrpc", "2.0");
    json_object_set(object, "id", id ? id : json_null());
    return object;
}

static void send_error(const struct rpc *rpc, struct rpc_peer *peer, json_t *id, enum rpc_code code,
                       const char *reason, const struct error *err, const char *response)
{
    json_t *data = json_pack("{s:s}", "reason", reason);
    if (err && err->why[0]) json_object_set_new(data, "why", json_string(err->why));
    if (err && err->where[0]) json_object_set_new(data, "where", json_string(err->where));
    if (err && err->remedy[0]) json_object_set_new(data, "remedy", json_string(err->remedy));
    if (response) json_object_set_new(data, "response", json_string(response));
    json_t *object = envelope(id);
    json_object_set_new(object, "error",
                        json_pack("{s:i, s:s, s:o}", "code", (int)code, "message",
                                  err && err->what[0] ? err->what : reason, "data", data));
    send_object(rpc, peer, object);
}

static void end(const struct rpc *rpc, struct rpc_call *call)
{
    if (call->peer) rpc->host->count(call->peer, -1, call);
    json_decref(call->id);
    json_decref(call->params);
    free(call);
}

void rpc_answer(const struct rpc *rpc, struct rpc_call *call, json_t *result)
{
    json_t *object = envelope(call->id);
    json_object_set_new(object, "result", result ? result : json_object());
    send_object(rpc, call->peer, object);
    end(rpc, call);
}

void rpc_refuse(const struct rpc *rpc, struct rpc_call *call, enum rpc_code code,
                const char *reason, const struct error *err, const char *response)
{
    if (call->peer) send_error(rpc, call->peer, call->id, code, reason, err, response);
    end(rpc, call);
}

bool rpc_params(const struct rpc *rpc, struct rpc_call *call, const char *fmt, ...)
{
    json_error_t fault;
    va_list args;
    va_start(args, fmt);
    int status = json_vunpack_ex(call->params, &fault, JSON_STRICT, fmt, args);
    va_end(args);
    if (status == 0) return true;
    struct error err;
    error_set(&err, "the request's parameters are not right");
    error_where(&err, "%s", call->method->name);
    error_why(&err, "%s", fault.text);
    rpc_refuse(rpc, call, RPC_PARAMS, "params", &err, NULL);
    return false;
}

void rpc_notify(const struct rpc *rpc, struct rpc_peer *peer, const char *method, json_t *params)
{
    send_object(rpc, peer, json_pack("{s:s, s:s, s:o}", "jsonrpc", "2.0", "method", method, "params",
                                     params ? params : json_object()));
}

static const struct rpc_method *method_named(const struct rpc *rpc, const char *name)
{
    for (size_t i = 0; i < rpc->count; i++)
        if (strcmp(rpc->methods[i].name, name) == 0) return &rpc->methods[i];
    return NULL;
}

static bool too_deep(const char *line, size_t len)
{
    int depth = 0;
    bool text = false;
    for (size_t i = 0; i < len; i++) {
        char c = line[i];
        if (text && c == '\\') i++;
        else if (c == '"') text = !text;
        else if (!text && (c == '{' || c == '[') && ++depth > RPC_DEPTH_MAX) return true;
        else if (!text && (c == '}' || c == ']')) depth--;
    }
    return false;
}

/* Why this peer may not call that; NULL: it may. */
static const char *barred(const struct rpc *rpc, struct rpc_peer *peer, const struct rpc_method *m)
{
    unsigned role = rpc->host->role_of(peer);
    if (m->roles & role) return NULL;
    return role == RPC_NOBODY ? "sign-on" : role == RPC_LOCKED ? "locked" : role == RPC_MUST_CHANGE ? "must-change" : "role";
}

/* Takes id and params over when it succeeds. */
static void dispatch(const struct rpc *rpc, struct rpc_peer *peer, const char *name, json_t *id,
                     json_t *params)
{
    const struct rpc_method *m = method_named(rpc, name);
    struct error err = {0};
    if (m == NULL) {
        error_set(&err, "no such method");
        error_where(&err, "%.60s", name);
        send_error(rpc, peer, id, RPC_METHOD, "method", &err, NULL);
        return;
    }
    const char *bar = barred(rpc, peer, m);
    if (bar) {
        error_set(&err, "not allowed");
        error_where(&err, "%s", m->name);
        send_error(rpc, peer, id, RPC_WHO, bar, &err, NULL);
        return;
    }
    struct rpc_call *call = calloc(1, sizeof *call);
    if (call == NULL) {
        send_error(rpc, peer, id, RPC_INTERNAL, "internal", NULL, NULL);
        return;
    }
    *call = (struct rpc_call){peer, json_incref(id), params ? json_incref(params) : json_object(), m};
    if (!rpc->host->count(peer, 1, call)) {
        error_set(&err, "too many requests are waiting for their answer");
        send_error(rpc, peer, id, RPC_REQUEST, "request", &err, NULL);
        call->peer = NULL;
        end(rpc, call);
        return;
    }
    m->handle(rpc->ctx, call);
}

void rpc_line(const struct rpc *rpc, struct rpc_peer *peer, const char *line, size_t len)
{
    struct error err = {0};
    json_error_t fault;
    json_t *message = NULL, *id = NULL, *params = NULL;
    const char *version, *name;
    error_set(&err, "not a request");
    if (len > RPC_LINE_MAX || too_deep(line, len)) {
        error_why(&err, "too long, or nested too deep");
        send_error(rpc, peer, NULL, RPC_PARSE, "parse", &err, NULL);
        return;
    }
    message = json_loadb(line, len, JSON_REJECT_DUPLICATES, &fault);
    if (message == NULL) {
        error_where(&err, "column %d", fault.column);
        error_why(&err, "%s", fault.text);
        send_error(rpc, peer, NULL, RPC_PARSE, "parse", &err, NULL);
        return;
    }
    if (json_unpack_ex(message, &fault, JSON_STRICT, "{s:s, s:o, s:s, s?o}", "jsonrpc", &version,
                       "id", &id, "method", &name, "params", &params) != 0 ||
        strcmp(version, "2.0") != 0 || !(json_is_integer(id) || json_is_string(id)) ||
        (params && !json_is_object(params))) {
        error_why(&err, "jsonrpc 2.0, id, method and an object of params belong in it");
        send_error(rpc, peer, NULL, RPC_REQUEST, "request", &err, NULL);
    } else {
        dispatch(rpc, peer, name, id, params);
    }
    json_decref(message);
}
