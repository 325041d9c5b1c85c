#include "bankd/status.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"

#define BACKLOG 16
#define ASKERS_MAX 32

struct status {
    uv_pipe_t listener;
    uv_timer_t timer; /* of the measures */
    const struct bank *bank;
    const struct relay *relay;
    int askers, open_handles;
    bool told;        /* that the measures can't be written */
    char path[sizeof ((struct sockaddr_un *)0)->sun_path];
};

struct asker {
    uv_pipe_t pipe; /* first: the handle is the asker */
    uv_write_t write;
    struct status *status;
    char *document;
};

static void free_if_done(struct status *s)
{
    if (s->open_handles == 0 && s->askers == 0) free(s);
}

/* --- the document -------------------------------------------------------------- */

static void asker_closed(uv_handle_t *handle)
{
    struct asker *a = (struct asker *)handle;
    struct status *s = a->status;
    free(a->document);
    free(a);
    s->askers--;
    free_if_done(s);
}

static void written(uv_write_t *write, int status) { uv_close((uv_handle_t *)write->handle, asker_closed); }

static void on_connection(uv_stream_t *listener, int status)
{
    struct status *s = listener->data;
    struct asker *a = status == 0 ? calloc(1, sizeof *a) : NULL;
    if (a == NULL) return;
    uv_pipe_init(listener->loop, &a->pipe, 0);
    a->status = s;
    s->askers++;
    a->document = s->askers <= ASKERS_MAX ? status_document(s->relay) : NULL;
    uv_buf_t buf = uv_buf_init(a->document, a->document ? (unsigned)strlen(a->document) : 0);
    if (uv_accept(listener, (uv_stream_t *)&a->pipe) != 0 || a->document == NULL ||
        uv_write(&a->write, (uv_stream_t *)&a->pipe, &buf, 1, written) != 0)
        uv_close((uv_handle_t *)&a->pipe, asker_closed);
}

/* Removes what a killed relay left; a socket that somebody answers stays. */
static int clear_path(const char *path, struct error *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return error_all(err, "cannot listen for status", path, strerror(errno), NULL);
    text_copy(address.sun_path, sizeof address.sun_path, path);
    int live = connect(fd, (struct sockaddr *)&address, sizeof address);
    int reason = errno;
    close(fd);
    if (live == 0) return error_all(err, "cannot listen for status", path, "another bankd answers there", "stop the other one, or set another path");
    if (reason == ECONNREFUSED && unlink(path) == 0) return 0;
    return reason == ENOENT ? 0 : error_all(err, "cannot listen for status", path, strerror(reason), "set another path");
}

/* --- measures ------------------------------------------------------------------ */

static void on_timer(uv_timer_t *timer)
{
    struct status *s = timer->data;
    char fresh[BANK_PATH + 8];
    snprintf(fresh, sizeof fresh, "%s.new", s->bank->settings.metrics);
    FILE *out = fopen(fresh, "we");
    bool good = out != NULL;
    if (out) {
        status_measures(s->relay, out);
        good = ferror(out) == 0;
        good = fclose(out) == 0 && good;
    }
    if (good && rename(fresh, s->bank->settings.metrics) == 0) {
        s->told = false;
    } else if (!s->told) {
        log_error("the measures cannot be written to %s: %s", s->bank->settings.metrics, strerror(errno));
        s->told = true;
    }
}

/* --- begin and end ------------------------------------------------------------- */

static void handle_closed(uv_handle_t *handle)
{
    struct status *s = handle->data;
    s->open_handles--;
    free_if_done(s);
}

struct status *status_open(const struct bank *b, uv_loop_t *loop, const struct relay *r, struct error *err)
{
    struct status *s = calloc(1, sizeof *s);
    if (s == NULL || !text_copy(s->path, sizeof s->path, b->settings.socket)) {
        error_all(err, "cannot listen for status", b->settings.socket, s ? "the path is longer than 107 bytes" : "no memory", NULL);
        free(s);
        return NULL;
    }
    if (clear_path(s->path, err) != 0) {
        free(s);
        return NULL;
    }
    s->bank = b;
    s->relay = r;
    s->open_handles = 2;
    uv_pipe_init(loop, &s->listener, 0);
    uv_timer_init(loop, &s->timer);
    s->listener.data = s->timer.data = s;
    int status = uv_pipe_bind(&s->listener, s->path);
    if (status == 0) status = uv_listen((uv_stream_t *)&s->listener, BACKLOG, on_connection);
    if (status != 0) {
        error_all(err, "cannot listen for status", b->settings.socket, uv_strerror(status), NULL);
        status_close(s);
        return NULL;
    }
    if (b->settings.metrics[0]) uv_timer_start(&s->timer, on_timer, 0, (uint64_t)b->settings.metrics_ms);
    return s;
}

void status_close(struct status *s)
{
    uv_close((uv_handle_t *)&s->listener, handle_closed); /* and unlinks the path */
    uv_close((uv_handle_t *)&s->timer, handle_closed);
}
