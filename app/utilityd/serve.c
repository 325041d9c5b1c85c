/* The daemon: banks call in over TLS; a thread of its own works on the books, so
 * that what arrives while a commit is under way shares the next one. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <systemd/sd-daemon.h>
#include <uv.h>

#include "base/log.h"
#include "base/text.h"
#include "utilityd/service.h"
#include "wire/channel.h"
#include "wire/policy.h"

#define WAITING_MAX 20000 /* requests not answered yet; beyond it 96 */

/* A connection lives until its channel is down and nothing of it is in work. */
struct conn { struct channel *channel; int in_work; char cn[65]; };

struct work { struct exchange x; struct conn *conn; struct work *next; };

struct serve {
    struct utility *u;
    uv_loop_t loop;
    uv_async_t done_signal;
    uv_signal_t term, intr, hup;
    struct channel_tls *tls;
    struct channel_server *server;
    struct policy *policy;
    struct service *service;
    uv_thread_t thread;
    uv_mutex_t lock;
    uv_cond_t wake;
    struct work *todo, **todo_end, *done, **done_end; /* under lock */
    size_t waiting;
    bool stop;
};

static void release(struct conn *conn)
{
    if (conn->channel == NULL && conn->in_work == 0) free(conn);
}

/* --- the books' thread --------------------------------------------------------- */

static void books(void *arg)
{
    struct serve *s = arg;
    uv_mutex_lock(&s->lock);
    for (;;) {
        struct exchange *xs[GROUP_MAX];
        struct work *first = s->todo;
        size_t count = 0;
        if (first == NULL && s->stop) break;
        if (first == NULL) {
            uv_cond_wait(&s->wake, &s->lock);
            continue;
        }
        struct work *last = NULL;
        for (struct work *w = first; w && count < GROUP_MAX; last = w, w = w->next)
            xs[count++] = &w->x;
        s->todo = last->next;
        if (s->todo == NULL) s->todo_end = &s->todo;
        last->next = NULL;
        uv_mutex_unlock(&s->lock);
        service_work(s->service, xs, count);
        uv_mutex_lock(&s->lock);
        *s->done_end = first;
        s->done_end = &last->next;
        uv_async_send(&s->done_signal);
    }
    uv_mutex_unlock(&s->lock);
}

static void put_to_work(struct serve *s, struct work *w)
{
    w->conn->in_work++;
    s->waiting++;
    uv_mutex_lock(&s->lock);
    *s->todo_end = w;
    s->todo_end = &w->next;
    uv_cond_signal(&s->wake);
    uv_mutex_unlock(&s->lock);
}

static void send_answer(struct channel *c, const struct iso *m)
{
    char bytes[ISO_MESSAGE_MAX];
    struct error err;
    int len = iso_pack(m, bytes, sizeof bytes, &err);
    if (len < 0) log_error("an answer cannot be written: %s %s", err.where, err.why);
    else if (!channel_send(c, bytes, (size_t)len)) channel_close(c, "it does not read its answers");
}

static void on_done(uv_async_t *signal)
{
    struct serve *s = signal->data;
    uv_mutex_lock(&s->lock);
    struct work *w = s->done;
    s->done = NULL;
    s->done_end = &s->done;
    uv_mutex_unlock(&s->lock);
    while (w) {
        struct work *next = w->next;
        w->conn->in_work--;
        s->waiting--;
        if (w->conn->channel && w->x.answered) send_answer(w->conn->channel, &w->x.answer);
        release(w->conn);
        free(w);
        w = next;
    }
}

/* --- connections --------------------------------------------------------------- */

static bool allow(void *ctx, const struct channel_peer *peer, char *why, size_t size)
{
    struct serve *s = ctx;
    const struct policy_station *station = policy_station(s->policy, peer->cn);
    if (station) return policy_admits(station, peer->pin, peer->address, why, size);
    snprintf(why, size, "%s is not in the access policy", peer->cn);
    return false;
}

static void on_up(void *ctx, struct channel *c, const struct channel_peer *peer)
{
    struct conn *conn = calloc(1, sizeof *conn);
    if (conn == NULL) {
        channel_close(c, "no memory");
        return;
    }
    conn->channel = c;
    text_copy(conn->cn, sizeof conn->cn, peer->cn);
    channel_set_user(c, conn);
    log_info("%s is connected from %s", peer->cn, peer->address);
}

static void on_down(void *ctx, struct channel *c, const char *why)
{
    struct conn *conn = channel_user(c);
    const struct channel_peer *peer = channel_peer(c);
    log_info("%s at %s has gone: %s", peer->cn[0] ? peer->cn : "a stranger", peer->address, why);
    if (conn == NULL) return;
    conn->channel = NULL;
    release(conn);
}

/* A message that says who speaks is judged by the policy of now. */
static void judge_authority(struct serve *s, struct work *w)
{
    char bank[KEY_BANK_SIZE] = "", branch[KEY_BRANCH_SIZE] = "";
    const struct policy_station *station = policy_station(s->policy, w->conn->cn);
    iso_text(&w->x.request, 32, bank, sizeof bank);
    iso_text(&w->x.request, 42, branch, sizeof branch);
    if (w->x.request.mti[1] == '8' && bank[0] == '\0' && station) text_copy(bank, sizeof bank, policy_bank(station));
    if (station == NULL || !policy_allows(station, w->x.request.mti, bank, branch, w->x.why, sizeof w->x.why)) {
        if (station == NULL) text_copy(w->x.why, sizeof w->x.why, "not in the access policy any more");
        w->x.refusal = "58";
    }
}

static void on_frame(void *ctx, struct channel *c, const uint8_t *bytes, size_t len)
{
    struct serve *s = ctx;
    struct conn *conn = channel_user(c);
    struct work *w = calloc(1, sizeof *w);
    struct error err;
    if (w == NULL || iso_unpack(&w->x.request, (const char *)bytes, len, &err) != 0) {
        log_warn("%s sends what is no message: %s %s", conn->cn, w ? err.where : "", w ? err.why : "no memory");
        free(w);
        channel_close(c, "it sends what is no message");
        return;
    }
    char mti[5];
    w->conn = conn;
    text_copy(w->x.peer, sizeof w->x.peer, conn->cn);
    if (!message_answer_mti(&w->x.request, mti)) { /* an answer, and nothing was asked */
        free(w);
        return;
    }
    if (message_check(&w->x.request, &err) != 0) {
        snprintf(w->x.why, sizeof w->x.why, "%.80s: %.100s", err.where, err.why);
        w->x.refusal = "30";
    } else {
        judge_authority(s, w);
    }
    if (s->waiting >= WAITING_MAX) {
        message_answer(&w->x.request, "96", &w->x.answer);
        send_answer(c, &w->x.answer);
        free(w);
        return;
    }
    put_to_work(s, w);
}

static const struct channel_events events = {allow, on_up, on_frame, on_down, NULL, NULL};

/* --- signals, start, stop ------------------------------------------------------ */

static void on_stop(uv_signal_t *signal, int number)
{
    struct serve *s = signal->data;
    log_info("stopping");
    sd_notify(0, "STOPPING=1");
    uv_stop(&s->loop);
}

static void on_reload(uv_signal_t *signal, int number)
{
    struct serve *s = signal->data;
    struct error err;
    struct policy *fresh = policy_load(s->u->settings.policy, &err);
    if (fresh) {
        policy_free(s->policy);
        s->policy = fresh;
        log_info("access policy read again: %zu stations", policy_count(fresh));
    } else {
        log_error("the access policy stays as it was: %s: %s", err.where, err.why);
    }
    if (channel_tls_reload(s->tls, &err) != 0) log_error("the certificates stay as they were: %s: %s", err.where, err.why);
    else log_info("certificates read again");
}

static int start(struct serve *s, struct error *err)
{
    const struct utility_settings *set = &s->u->settings;
    s->todo_end = &s->todo;
    s->done_end = &s->done;
    uv_mutex_init(&s->lock);
    uv_cond_init(&s->wake);
    uv_loop_init(&s->loop);
    uv_async_init(&s->loop, &s->done_signal, on_done);
    uv_signal_t *signals[] = {&s->term, &s->intr, &s->hup};
    for (int i = 0; i < 3; i++) {
        uv_signal_init(&s->loop, signals[i]);
        signals[i]->data = s;
    }
    s->done_signal.data = s;
    uv_signal_start(&s->term, on_stop, SIGTERM);
    uv_signal_start(&s->intr, on_stop, SIGINT);
    uv_signal_start(&s->hup, on_reload, SIGHUP);
    s->policy = policy_load(set->policy, err);
    if (s->policy == NULL) return -1;
    s->service = service_open(s->u, err);
    if (s->service == NULL) return -1;
    s->tls = channel_tls_open(&(struct channel_tls_files){set->ca, set->cert, set->key}, err);
    if (s->tls == NULL) return -1;
    s->server = channel_listen(&s->loop, s->tls, set->listen, NULL, &events, s, err);
    return s->server ? 0 : -1;
}

static void close_all(uv_handle_t *handle, void *arg)
{
    if (!uv_is_closing(handle)) uv_close(handle, NULL);
}

static void finish(struct serve *s)
{
    if (s->server) channel_server_close(s->server);
    uv_walk(&s->loop, close_all, NULL);
    uv_run(&s->loop, UV_RUN_DEFAULT);
    uv_loop_close(&s->loop);
    channel_tls_close(s->tls);
    service_close(s->service);
    policy_free(s->policy);
}

int cmd_serve(struct utility *u, int argc, char **argv)
{
    static struct serve s;
    struct error err;
    s.u = u;
    signal(SIGPIPE, SIG_IGN);
    if (start(&s, &err) != 0) {
        error_print("utilityd", &err);
        finish(&s);
        return EX_CONFIG;
    }
    uv_thread_create(&s.thread, books, &s);
    char host[64];
    text_copy(host, sizeof host, u->settings.listen);
    char *colon = strrchr(host, ':');
    if (colon) *colon = '\0';
    printf("ready: %s:%d\n", host, channel_server_port(s.server));
    fflush(stdout);
    sd_notify(0, "READY=1");
    uv_run(&s.loop, UV_RUN_DEFAULT);
    uv_mutex_lock(&s.lock);
    s.stop = true;
    uv_cond_signal(&s.wake);
    uv_mutex_unlock(&s.lock);
    uv_thread_join(&s.thread);
    on_done(&s.done_signal); /* what was posted is answered before the connections end */
    finish(&s);
    return EX_OK;
}
