#include "branchd/server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 64

struct server {
    uv_pipe_t listener;
    struct rpc rpc;
    const struct server_events *events;
    void *ctx;
    struct rpc_peer *peers; /* list */
    int peer_count;
    bool listener_gone;
    char path[sizeof ((struct sockaddr_un *)0)->sun_path];
};

struct rpc_peer {
    uv_pipe_t pipe; /* first: the handle is the peer */
    struct server *server;
    struct rpc_peer *next;
    void *user;
    uid_t uid;
    bool open, dropping;
    struct rpc_call *calls[RPC_UNDER_WAY_MAX]; /* not answered yet */
    size_t used; /* of line[] */
    char line[RPC_LINE_MAX + 1];
};

struct out { /* one write under way */
    uv_write_t request;
    char bytes[];
};

void server_set_user(struct rpc_peer *peer, void *user) { peer->user = user; }
void *server_user(const struct rpc_peer *peer) { return peer->user; }
uid_t server_uid(const struct rpc_peer *peer) { return peer->uid; }
const struct rpc *server_rpc(const struct server *server) { return &server->rpc; }

static void free_if_done(struct server *s)
{
    if (s->listener_gone && s->peer_count == 0) free(s);
}

static void peer_closed(uv_handle_t *handle)
{
    struct rpc_peer *peer = (struct rpc_peer *)handle;
    struct server *s = peer->server;
    free(peer);
    s->peer_count--;
    free_if_done(s);
}

/* Its open calls are answered into nothing from here on. */
static void peer_end(struct rpc_peer *peer)
{
    if (!peer->open) return;
    peer->open = false;
    for (size_t i = 0; i < RPC_UNDER_WAY_MAX; i++)
        if (peer->calls[i]) peer->calls[i]->peer = NULL;
    for (struct rpc_peer **at = &peer->server->peers; *at; at = &(*at)->next)
        if (*at == peer) {
            *at = peer->next;
            break;
        }
    peer->server->events->on_close(peer->server->ctx, peer);
    uv_close((uv_handle_t *)&peer->pipe, peer_closed);
}

static void write_done(uv_write_t *request, int status)
{
    struct rpc_peer *peer = (struct rpc_peer *)request->handle;
    free(request);
    if (status < 0 && status != UV_ECANCELED) peer_end(peer);
    else if (peer->dropping && uv_stream_get_write_queue_size((uv_stream_t *)&peer->pipe) == 0)
        peer_end(peer);
}

/* A counter that does not read is cut off before it takes memory. */
static void host_write(struct rpc_peer *peer, const char *line, size_t len)
{
    if (!peer->open || peer->dropping) return;
    struct out *out = NULL;
    if (uv_stream_get_write_queue_size((uv_stream_t *)&peer->pipe) + len <= SERVER_OUT_MAX)
        out = malloc(sizeof *out + len);
    if (out == NULL) {
        peer_end(peer);
        return;
    }
    memcpy(out->bytes, line, len);
    uv_buf_t buf = uv_buf_init(out->bytes, (unsigned)len);
    if (uv_write(&out->request, (uv_stream_t *)&peer->pipe, &buf, 1, write_done) != 0) {
        free(out);
        peer_end(peer);
    }
}

static bool host_count(struct rpc_peer *peer, int step, struct rpc_call *call)
{
    struct rpc_call *from = step > 0 ? NULL : call, *to = step > 0 ? call : NULL;
    for (size_t i = 0; i < RPC_UNDER_WAY_MAX; i++)
        if (peer->calls[i] == from) {
            peer->calls[i] = to;
            return true;
        }
    return false;
}

static unsigned host_role(const struct rpc_peer *peer) { return peer->server->events->role_of(peer); }

static const struct rpc_host host = {host_role, host_write, host_count};

static void give_room(uv_handle_t *handle, size_t hint, uv_buf_t *buf)
{
    struct rpc_peer *peer = (struct rpc_peer *)handle;
    *buf = uv_buf_init(peer->line + peer->used, (unsigned)(sizeof peer->line - peer->used));
}

static void take_bytes(uv_stream_t *stream, ssize_t got, const uv_buf_t *buf)
{
    struct rpc_peer *peer = (struct rpc_peer *)stream;
    if (got < 0) {
        peer_end(peer);
        return;
    }
    peer->used += (size_t)got;
    char *start = peer->line, *lf;
    while (peer->open && !peer->dropping &&
           (lf = memchr(start, '\n', peer->used - (size_t)(start - peer->line))) != NULL) {
        rpc_line(&peer->server->rpc, peer, start, (size_t)(lf - start));
        start = lf + 1;
    }
    if (!peer->open) return;
    peer->used -= (size_t)(start - peer->line);
    memmove(peer->line, start, peer->used);
    if (peer->used == sizeof peer->line) peer_end(peer); /* a line without an end */
}

void server_drop(struct rpc_peer *peer)
{
    if (!peer->open) return;
    peer->dropping = true;
    if (uv_stream_get_write_queue_size((uv_stream_t *)&peer->pipe) == 0) peer_end(peer);
}

static bool know_peer(struct rpc_peer *peer)
{
    struct ucred cred;
    socklen_t len = sizeof cred;
    uv_os_fd_t fd;
    if (uv_fileno((uv_handle_t *)&peer->pipe, &fd) != 0 ||
        getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) != 0)
        return false;
    peer->uid = cred.uid;
    return true;
}

/* Those that were turned away and are not closed yet take no place. */
static bool has_room(const struct server *s, uid_t uid)
{
    int all = 0, same = 0;
    for (const struct rpc_peer *p = s->peers; p; p = p->next, all++)
        same += p->uid == uid;
    return all < SERVER_PEERS_MAX && same < SERVER_PEERS_OF_ONE;
}

static void on_connection(uv_stream_t *stream, int status)
{
    struct server *s = stream->data;
    struct rpc_peer *peer = status == 0 ? calloc(1, sizeof *peer) : NULL;
    if (peer == NULL) return;
    peer->server = s;
    uv_pipe_init(stream->loop, &peer->pipe, 0);
    s->peer_count++;
    if (uv_accept(stream, (uv_stream_t *)&peer->pipe) != 0 ||
        !know_peer(peer) || !has_room(s, peer->uid) || !s->events->on_open(s->ctx, peer)) {
        uv_close((uv_handle_t *)&peer->pipe, peer_closed);
        return;
    }
    peer->open = true;
    peer->next = s->peers;
    s->peers = peer;
    if (uv_read_start((uv_stream_t *)&peer->pipe, give_room, take_bytes) != 0) peer_end(peer);
}

/* Removes what a killed branchd left; a socket that somebody answers stays. */
static int clear_path(const char *path, struct error *err)
{
    struct stat st;
    if (lstat(path, &st) != 0) return 0;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool live = false;
    if (fd >= 0) {
        memcpy(address.sun_path, path, strlen(path) + 1);
        live = connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
        close(fd);
    }
    if (live || !S_ISSOCK(st.st_mode))
        return error_all(err, "cannot listen for counters", path,
                         live ? "another branchd answers there" : "a file that is no socket stands there",
                         "stop the other one, or set another path");
    if (unlink(path) != 0) {
        error_set(err, "cannot listen for counters");
        error_where(err, "%s", path);
        return error_why(err, "%s", strerror(errno));
    }
    return 0;
}

static void listener_closed(uv_handle_t *handle)
{
    struct server *s = handle->data;
    s->listener_gone = true;
    free_if_done(s);
}

static void forget_listener(uv_handle_t *handle) { free(handle->data); }

struct server *server_open(uv_loop_t *loop, const char *path, const struct rpc_method *methods,
                           size_t count, const struct server_events *events, void *ctx,
                           struct error *err)
{
    struct server *s = calloc(1, sizeof *s);
    int status = -1;
    if (s == NULL || strlen(path) >= sizeof s->path || clear_path(path, err) != 0) {
        if (s && strlen(path) >= sizeof s->path)
            error_all(err, "cannot listen for counters", path, "the path is longer than 107 bytes", NULL);
        free(s);
        return NULL;
    }
    memcpy(s->path, path, strlen(path) + 1);
    s->rpc = (struct rpc){methods, count, &host, ctx};
    s->events = events;
    s->ctx = ctx;
    uv_pipe_init(loop, &s->listener, 0);
    s->listener.data = s;
    mode_t old = umask(0117);
    status = uv_pipe_bind(&s->listener, path);
    umask(old);
    if (status == 0) status = uv_listen((uv_stream_t *)&s->listener, BACKLOG, on_connection);
    if (status != 0) {
        error_set(err, "cannot listen for counters");
        error_where(err, "%s", path);
        error_why(err, "%s", uv_strerror(status));
        uv_close((uv_handle_t *)&s->listener, forget_listener);
        return NULL;
    }
    return s;
}

void server_each(struct server *server, void (*each)(void *ctx, struct rpc_peer *peer), void *ctx)
{
    struct rpc_peer *next;
    for (struct rpc_peer *p = server->peers; p; p = next) {
        next = p->next;
        each(ctx, p);
    }
}

void server_close(struct server *server)
{
    while (server->peers)
        peer_end(server->peers);
    uv_close((uv_handle_t *)&server->listener, listener_closed);
    unlink(server->path);
}
