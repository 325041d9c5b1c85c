/* utilityd serve: banks call in over TLS. One worker posts, so that what arrives
 * while a commit is under way shares the next one; another one reads, so that a
 * search or a feed holds up no payment. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <systemd/sd-daemon.h>
#include <uv.h>

#include "base/log.h"
#include "base/text.h"
#include "utilityd/watch.h"
#include "utilityd/worker.h"
#include "wire/channel.h"
#include "wire/policy.h"
#include "wire/session.h"

#define READS_A_ROUND 16 /* no commit is shared: the first need not wait for the last */
#define WAITING_MAX 4096 /* requests not answered yet, about 20 kB each; beyond it 96 */

/* A connection lives until its channel is down and nothing of it is in work. */
struct conn { struct conn *next; struct channel *channel; int in_work, posting; char cn[65], address[64]; };

struct serve {
    struct utility *u;
    uv_loop_t loop;
    uv_signal_t term, intr, hup;
    struct channel_tls *tls;
    struct channel_server *server;
    struct policy *policy;
    struct worker *books, *desk;
    struct watch *watch;
    struct conn *conns;  /* whose channel is up */
    unsigned stan;
    size_t waiting;
    bool broken;
};

static void release(struct conn *conn)
{
    if (conn->channel == NULL && conn->in_work == 0) free(conn);
}

/* --- to the workers and back ----------------------------------------------------- */

/* A read goes to the desk, unless the same connection has something with the
 * books: then it follows that, and sees it. */
static void put_to_work(struct serve *s, struct conn *conn, struct work *w)
{
    bool read = w->x.refusal == NULL && service_only_reads(&w->x.request) && conn->posting == 0;
    w->conn = conn;
    conn->in_work++;
    conn->posting += !read;
    s->waiting++;
    worker_give(read ? s->desk : s->books, w);
}

static void send_answer(struct channel *c, const struct iso *m)
{
    char bytes[ISO_MESSAGE_MAX];
    struct error err;
    int len = iso_pack(m, bytes, sizeof bytes, &err);
    if (len < 0) log_error("an answer cannot be written: %s %s", err.where, err.why);
    else if (!channel_send(c, bytes, (size_t)len)) channel_close(c, "it does not read its answers");
}

static void on_done(struct serve *s, struct work *w)
{
    struct conn *conn = w->conn;
    conn->in_work--;
    s->waiting--;
    service_finish(&w->x);
    if (conn->channel && w->x.answered) send_answer(conn->channel, &w->x.answer);
    release(conn);
    free(w);
}

static void on_posted(void *ctx, struct work *w)
{
    ((struct conn *)w->conn)->posting--;
    on_done(ctx, w);
}

static void on_read(void *ctx, struct work *w) { on_done(ctx, w); }

/* Never retry an fsync: end, and let whoever starts it again read the disk anew. */
static void on_broken(void *ctx)
{
    struct serve *s = ctx;
    log_error("the books' disk fails: ending without an answer to what was under way; see to the disk, then start again");
    s->broken = true;
    uv_stop(&s->loop);
}

/* --- connections ----------------------------------------------------------------- */

static bool allow(void *ctx, const struct channel_peer *peer, char *why, size_t size)
{
    struct serve *s = ctx;
    const struct policy_station *station = policy_station(s->policy, peer->cn);
    if (station) return policy_admits(station, peer->pin, peer->address, why, size);
    snprintf(why, size, "%s is not in the access policy", peer->cn);
    return false;
}

/* A bank keeps several; a session more than that, or one from elsewhere, may be somebody in its name. */
static void look_at_others(struct serve *s, const struct conn *fresh)
{
    int others = 0;
    const char *elsewhere = NULL;
    for (const struct conn *c = s->conns; c; c = c->next) {
        if (c == fresh || strcmp(c->cn, fresh->cn) != 0) continue;
        others++;
        if (strcmp(c->address, fresh->address) != 0) elsewhere = c->address;
    }
    if (elsewhere)
        watch_alarm(s->watch, fresh->cn, "a second live session of this certificate from %s, another is from %s", fresh->address, elsewhere);
    else if (others >= s->u->settings.sessions || (others > 0 && strncmp(fresh->cn, "branch-", 7) == 0))
        watch_alarm(s->watch, fresh->cn, "a further live session of this certificate from %s, %d are live", fresh->address, others + 1);
}

static void on_up(void *ctx, struct channel *c, const struct channel_peer *peer)
{
    struct serve *s = ctx;
    struct conn *conn = calloc(1, sizeof *conn);
    if (conn == NULL) {
        channel_close(c, "no memory");
        return;
    }
    conn->channel = c;
    text_copy(conn->cn, sizeof conn->cn, peer->cn);
    text_copy(conn->address, sizeof conn->address, peer->address);
    conn->next = s->conns;
    s->conns = conn;
    look_at_others(s, conn);
    channel_set_user(c, conn);
    log_info("%s is connected from %s", peer->cn, peer->address);
}

static void on_down(void *ctx, struct channel *c, const char *why)
{
    struct conn *conn = channel_user(c);
    const struct channel_peer *peer = channel_peer(c);
    log_info("%s at %s has gone: %s", peer->cn[0] ? peer->cn : "a stranger", peer->address, why);
    if (conn == NULL) return;
    for (struct conn **at = &((struct serve *)ctx)->conns; *at; at = &(*at)->next)
        if (*at == conn) {
            *at = conn->next;
            break;
        }
    conn->channel = NULL;
    release(conn);
}

/* Whom a message speaks for is judged by the policy of now. */
static void judge_authority(struct serve *s, const struct conn *conn, struct exchange *x)
{
    char bank[KEY_BANK_SIZE] = "", branch[KEY_BRANCH_SIZE] = "";
    const struct policy_station *station = policy_station(s->policy, conn->cn);
    iso_text(&x->request, 32, bank, sizeof bank);
    iso_text(&x->request, 42, branch, sizeof branch);
    if (x->request.mti[1] == '8' && bank[0] == '\0' && station) text_copy(bank, sizeof bank, policy_bank(station));
    if (station && policy_allows(station, x->request.mti, bank, branch, x->why, sizeof x->why)) return;
    if (station == NULL) text_copy(x->why, sizeof x->why, "not in the access policy any more");
    x->refusal = "58";
}

/* What is no message can't be answered: the connection ends. */
static struct work *read_message(struct conn *conn, struct channel *c, const uint8_t *bytes, size_t len)
{
    struct work *w = malloc(sizeof *w); /* its messages are large, and written whole before they are read */
    struct error err;
    char why[240];
    if (w == NULL) {
        channel_close(c, "no memory");
        return NULL;
    }
    w->next = NULL;
    w->x.refusal = NULL;
    w->x.why[0] = '\0';
    w->x.answered = false;
    w->x.state = EXCHANGE_FRESH;
    if (iso_unpack(&w->x.request, (const char *)bytes, len, &err) == 0) return w;
    snprintf(why, sizeof why, "it sends what is no message: %.80s: %.100s", err.where, err.why);
    channel_close(c, why);
    free(w);
    return NULL;
}

static void on_frame(void *ctx, struct channel *c, const uint8_t *bytes, size_t len)
{
    struct serve *s = ctx;
    struct conn *conn = channel_user(c);
    struct error err;
    char mti[5];
    if (conn == NULL) return;
    struct work *w = read_message(conn, c, bytes, len);
    if (w == NULL) return;
    struct exchange *x = &w->x;
    text_copy(x->peer, sizeof x->peer, conn->cn);
    bool asks = message_answer_mti(&x->request, mti);
    if (asks && message_check(&x->request, &err) != 0) {
        snprintf(x->why, sizeof x->why, "%.80s: %.100s", err.where, err.why);
        x->refusal = "30";
    } else if (asks) {
        judge_authority(s, conn, x);
        service_read(s->u, x);
    }
    if (asks && s->waiting < WAITING_MAX) {
        put_to_work(s, conn, w);
        return;
    }
    if (asks) message_answer(&x->request, "96", &x->answer), send_answer(c, &x->answer);
    else if (x->request.mti[1] != '8') log_warn("%s sends a %s, and nothing was asked of it", conn->cn, x->request.mti);
    free(w);
}

static const struct channel_events events = {allow, on_up, on_frame, on_down, NULL, NULL};

/* --- the business day ------------------------------------------------------------ */

/* 0800/201 with the day that begins, to every bank; its answer is not waited for. */
static void on_turn(void *ctx, day_t day)
{
    struct serve *s = ctx;
    struct wire_net n = {.net = NET_CUTOVER, .sent_ms = clock_now_ms(&s->u->clock), .begins = day};
    struct iso m;
    struct error err;
    char text[DAY_TEXT_SIZE];
    log_info("business day %s begins", day_format(day, text, sizeof text));
    for (struct conn *c = s->conns; c; c = c->next) {
        s->stan = s->stan % 999999 + 1;
        snprintf(n.stan, sizeof n.stan, "%06u", s->stan % 1000000u);
        if (wire_net_ask(&n, &m, &err) != 0) log_error("the cut-over cannot be told: %s %s", err.where, err.why);
        else send_answer(c->channel, &m);
    }
}

/* --- signals, start, stop -------------------------------------------------------- */

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

static void start_signals(struct serve *s)
{
    const struct { uv_signal_t *signal; uv_signal_cb act; int number; } rows[] = {
        {&s->term, on_stop, SIGTERM}, {&s->intr, on_stop, SIGINT}, {&s->hup, on_reload, SIGHUP}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uv_signal_init(&s->loop, rows[i].signal);
        rows[i].signal->data = s;
        uv_signal_start(rows[i].signal, rows[i].act, rows[i].number);
    }
}

static struct worker *start_worker(struct serve *s, bool posts, struct error *err)
{
    struct service *service = service_open(s->u, posts, err);
    return service ? worker_start(&s->loop, service, posts ? GROUP_MAX : READS_A_ROUND, posts ? on_posted : on_read, on_broken, s, err) : NULL;
}

/* A sysexits code, EX_OK when it serves. */
static int start(struct serve *s, struct error *err)
{
    const struct utility_settings *set = &s->u->settings;
    uv_loop_init(&s->loop);
    start_signals(s);
    s->policy = policy_load(set->policy, err);
    if (s->policy == NULL) return EX_CONFIG;
    s->tls = channel_tls_open(&(struct channel_tls_files){set->ca, set->cert, set->key}, err);
    if (s->tls == NULL) return EX_CONFIG;
    s->books = start_worker(s, true, err);
    s->desk = s->books ? start_worker(s, false, err) : NULL;
    if (s->desk == NULL) return EX_UNAVAILABLE;
    s->watch = watch_open(&s->loop, s->u, on_turn, s, err);
    if (s->watch == NULL) return EX_UNAVAILABLE;
    struct channel_limits limits = {0, (int)set->per_address};
    s->server = channel_listen(&s->loop, s->tls, set->listen, &limits, &events, s, err);
    return s->server && confine_calls("utilityd", set->system_calls, err) == 0 ? EX_OK : EX_CONFIG;
}

static void close_all(uv_handle_t *handle, void *arg)
{
    if (!uv_is_closing(handle)) uv_close(handle, NULL);
}

static void finish(struct serve *s)
{
    /* what was posted is answered before the connections end */
    if (s->books) worker_stop(s->books);
    if (s->desk) worker_stop(s->desk);
    uv_run(&s->loop, UV_RUN_NOWAIT);
    if (s->server) channel_server_close(s->server);
    uv_walk(&s->loop, close_all, NULL);
    uv_run(&s->loop, UV_RUN_DEFAULT);
    uv_loop_close(&s->loop);
    worker_free(s->books);
    worker_free(s->desk);
    watch_free(s->watch);
    channel_tls_close(s->tls);
    policy_free(s->policy);
}

int cmd_serve(struct utility *u, int argc, char **argv)
{
    struct serve s = {.u = u};
    struct error err;
    char host[64];
    if (argc > 1) return utility_usage(argv[0], "it takes no argument, not", argv[1]);
    confine_start();
    signal(SIGPIPE, SIG_IGN);
    int code = start(&s, &err);
    if (code == EX_OK) {
        text_copy(host, sizeof host, u->settings.listen);
        char *colon = strrchr(host, ':');
        if (colon) *colon = '\0';
        printf("ready: %s:%d\n", host, channel_server_port(s.server));
        fflush(stdout);
        sd_notify(0, "READY=1");
        uv_run(&s.loop, UV_RUN_DEFAULT);
        code = s.broken ? EX_IOERR : EX_OK;
    } else {
        error_print("utilityd", &err);
    }
    finish(&s);
    return code;
}
