/* Connections, timers and the log as the programs know them (wire/channel.h, uv.h,
 * base/log.h), over simulated time. A connection keeps order, as TCP does; it delays,
 * stalls, goes half-open or is cut, and what was under way then may still arrive,
 * later than what a new connection brings. */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "storm/nodes.h"
#include "storm/sim.h"
#include "wire/channel.h"

#define CHANNELS_MAX 64
#define TIMERS_MAX 64
#define GHOSTS_MAX 64
#define FRAME_MAX_ 8192

/* --- one end of a connection -------------------------------------------------------------- */

struct channel {
    bool used, closed;
    struct node *node;
    unsigned long life, serial;
    struct channel *other;
    unsigned long other_serial;
    const struct channel_events *events;
    void *ctx, *user;
    struct channel_link *link;     /* NULL: the server's end */
    struct channel_peer peer;      /* who is at the other end */
    int64_t arrive_ms;             /* of the last frame sent: none overtakes it */
    int64_t sent_ms, heard_ms;
    bool waits;                    /* sent, and nothing heard since */
    bool lost;                     /* what it sends goes nowhere, and nobody says so */
};
struct channel_link { bool used; struct node *node, *to; const struct channel_events *events; void *ctx; struct channel *up; int64_t backoff_ms; unsigned long serial; };
struct channel_server { struct node *node; const struct channel_events *events; void *ctx; };
struct channel_tls { int nothing; };

static struct channel channels[CHANNELS_MAX];
static struct channel_link links[16];
static struct channel_server servers[8];
static struct channel_tls tls_one;
static unsigned long serials;
static struct { uint8_t bytes[FRAME_MAX_]; size_t len; } ghosts[GHOSTS_MAX];
static int ghost_count;

static struct { uv_timer_t *timer; struct node *node; int64_t at_ms; unsigned long order; } timers[TIMERS_MAX];
static int timer_count;

struct frame { struct channel *to; unsigned long serial; size_t len; uint8_t bytes[]; };

static int64_t delay_ms(void) { return 1 + (int64_t)dice(DICE_NET, 12) + (one_in(DICE_NET, 40) ? (int64_t)dice(DICE_NET, 400) : 0); }

static struct channel *other_end(const struct channel *c)
{
    struct channel *o = c->other;
    return o && o->used && o->serial == c->other_serial ? o : NULL;
}

static void call_down(struct channel *c, const char *why)
{
    struct node *old = enter(c->node);
    c->closed = true;
    if (c->link) c->link->up = NULL;
    c->events->on_down(c->ctx, c, why);
    c->used = false;
    leave(old);
}

static void try_link(void *ctx, long serial);

static void again(struct channel_link *l)
{
    l->backoff_ms = l->backoff_ms ? l->backoff_ms * 2 : CHANNEL_BACKOFF_MIN_MS;
    if (l->backoff_ms > CHANNEL_BACKOFF_MAX_MS) l->backoff_ms = CHANNEL_BACKOFF_MAX_MS;
    at_ms(l->backoff_ms / 2 + (int64_t)dice(DICE_NET, (unsigned)l->backoff_ms), l->node, try_link, l, (long)l->serial);
}

/* From the loop: the end c goes down, with its link tried anew. */
static void down_now(void *ctx, long serial)
{
    struct channel *c = ctx;
    if (!c->used || c->serial != (unsigned long)serial) return;
    struct channel_link *l = c->link;
    call_down(c, "the connection is gone");
    if (l && l->used) again(l);
}

static void down_later(struct channel *c, int64_t ms)
{
    c->closed = true;
    at_ms(ms, c->node, down_now, c, (long)c->serial);
}

void net_arrives(void *ctx, long serial)
{
    struct frame *f = ctx;
    struct channel *c = f->to;
    if (c->used && c->serial == (unsigned long)serial && !c->closed && c->node->up && c->node->life == c->life && !c->lost) {
        struct node *old = enter(c->node);
        c->heard_ms = sim_now();
        c->waits = false;
        c->events->on_frame(c->ctx, c, f->bytes, f->len);
        leave(old);
    }
    free(f);
}

/* Payments and what takes them back; an invoice's notice is nothing to come twice. */
static void remember(const void *bytes, size_t len)
{
    if (memmem(bytes, len, "340000", 6)) return;
    int at = ghost_count < GHOSTS_MAX ? ghost_count++ : (int)dice(DICE_NET, GHOSTS_MAX);
    memcpy(ghosts[at].bytes, bytes, len);
    ghosts[at].len = len;
}

bool channel_send(struct channel *c, const void *bytes, size_t len)
{
    if (!c || !c->used || c->closed || !c->node->up || c->node->fails || node_off(c->node) || len > FRAME_MAX_) return false;
    struct channel *o = other_end(c);
    if (!c->waits) c->sent_ms = sim_now();
    c->waits = true;
    if (!o || c->lost) return true; /* into the void */
    struct frame *f = malloc(sizeof *f + len);
    assert(f);
    f->to = o;
    f->len = len;
    memcpy(f->bytes, bytes, len);
    int64_t arrive = sim_now() + delay_ms();
    if (arrive <= c->arrive_ms) arrive = c->arrive_ms + 1;
    c->arrive_ms = arrive;
    if (o->node->kind == NODE_UTILITY && len > 4 && (((const char *)bytes)[1] == '2' || ((const char *)bytes)[1] == '4')) remember(bytes, len);
    at_ms(arrive - sim_now(), NULL, net_arrives, f, (long)o->serial);
    return true;
}

void channel_close(struct channel *c, const char *why)
{
    if (!c->used || c->closed) return;
    struct channel *o = other_end(c);
    say("closes a connection: %s", why);
    if (o && !o->closed) down_later(o, delay_ms());
    down_later(c, 0);
}

void channel_set_user(struct channel *c, void *user) { c->user = user; }
void *channel_user(const struct channel *c) { return c->user; }
const struct channel_peer *channel_peer(const struct channel *c) { return &c->peer; }

/* --- made and kept ---------------------------------------------------------------------------- */

struct channel_tls *channel_tls_open(const struct channel_tls_files *files, struct error *err) { return &tls_one; }
int channel_tls_reload(struct channel_tls *tls, struct error *err) { return 0; }
void channel_tls_close(struct channel_tls *tls) {}

static struct channel *new_channel(struct node *node, const struct channel_events *events, void *ctx, const char *cn)
{
    int i = 0;
    while (i < CHANNELS_MAX && channels[i].used) i++;
    assert(i < CHANNELS_MAX);
    struct channel *c = &channels[i];
    memset(c, 0, sizeof *c);
    c->used = true;
    c->node = node;
    c->life = node->life;
    c->serial = ++serials;
    c->events = events;
    c->ctx = ctx;
    c->heard_ms = sim_now();
    text_copy(c->peer.cn, sizeof c->peer.cn, cn);
    text_copy(c->peer.address, sizeof c->peer.address, "127.0.0.1");
    return c;
}

static void up_now(void *ctx, long serial)
{
    struct channel *c = ctx;
    if (c->used && c->serial == (unsigned long)serial && !c->closed) c->events->on_up(c->ctx, c, &c->peer);
}

static void keep_alive(void *ctx, long serial)
{
    struct channel *c = ctx;
    if (!c->used || c->serial != (unsigned long)serial || c->closed) return;
    if (c->waits && sim_now() - c->sent_ms >= CHANNEL_ANSWER_MS && sim_now() - c->heard_ms >= CHANNEL_ANSWER_MS) {
        down_later(c, 0);
        return;
    }
    if (!c->waits && sim_now() - c->heard_ms >= CHANNEL_IDLE_MS && c->events->on_idle) c->events->on_idle(c->ctx, c);
    at_ms(1000, c->node, keep_alive, c, serial);
}

/* The server's end. */
static void still_there(void *ctx, long serial)
{
    struct channel *c = ctx;
    if (!c->used || c->serial != (unsigned long)serial || c->closed) return;
    int64_t left = c->heard_ms + CHANNEL_SILENT_MS - sim_now();
    if (left > 0) at_ms(left, c->node, still_there, c, serial);
    else down_later(c, 0);
}

static void try_link(void *ctx, long serial)
{
    struct channel_link *l = ctx;
    struct channel_server *s = NULL;
    if (!l->used || l->serial != (unsigned long)serial || l->up) return;
    for (size_t i = 0; i < sizeof servers / sizeof *servers; i++)
        if (servers[i].node == l->to && l->to->up) s = &servers[i];
    if (!s || fault(12, "a connection is refused")) {
        again(l);
        return;
    }
    struct channel *near = new_channel(l->node, l->events, l->ctx, l->to->name);
    struct channel *far = new_channel(l->to, s->events, s->ctx, l->node->name);
    near->other = far, near->other_serial = far->serial;
    far->other = near, far->other_serial = near->serial;
    near->link = l;
    l->up = near;
    l->backoff_ms = 0;
    char why[200] = "";
    struct node *old = enter(l->to);
    bool good = !s->events->allow || s->events->allow(s->ctx, &far->peer, why, sizeof why);
    if (good) s->events->on_up(s->ctx, far, &far->peer);
    leave(old);
    if (!good) {
        far->used = false;
        down_later(near, 2);
        return;
    }
    at_ms(CHANNEL_SILENT_MS, far->node, still_there, far, (long)far->serial);
    at_ms(delay_ms(), l->node, up_now, near, (long)near->serial);
    at_ms(1000, l->node, keep_alive, near, (long)near->serial);
}

struct channel_link *channel_link_open(uv_loop_t *loop, struct channel_tls *tls, const char *address, const char *peer_cn,
                                       const struct channel_events *events, void *ctx, struct error *err)
{
    size_t i = 0;
    while (i < sizeof links / sizeof *links && links[i].used) i++;
    assert(i < sizeof links / sizeof *links);
    struct channel_link *l = &links[i];
    *l = (struct channel_link){.used = true, .node = node_of_loop(loop), .to = node_named(peer_cn), .events = events, .ctx = ctx, .serial = ++serials};
    assert(l->node && l->to);
    at_ms(1 + (int64_t)dice(DICE_NET, 50), l->node, try_link, l, (long)l->serial);
    return l;
}

struct channel *channel_link_up(const struct channel_link *l) { return l->up && !l->up->closed ? l->up : NULL; }

void channel_link_close(struct channel_link *l)
{
    l->used = false;
    if (l->up) {
        struct channel *c = l->up;
        c->link = NULL;
        l->up = NULL;
        call_down(c, "closed");
    }
}

struct channel_server *channel_listen(uv_loop_t *loop, struct channel_tls *tls, const char *address, const struct channel_limits *limits,
                                      const struct channel_events *events, void *ctx, struct error *err)
{
    size_t i = 0;
    while (i < sizeof servers / sizeof *servers && servers[i].node) i++;
    assert(i < sizeof servers / sizeof *servers);
    servers[i] = (struct channel_server){node_of_loop(loop), events, ctx};
    return &servers[i];
}

int channel_server_port(const struct channel_server *s) { return 1; }

void channel_server_close(struct channel_server *s)
{
    for (int i = 0; i < CHANNELS_MAX; i++)
        if (channels[i].used && channels[i].node == s->node && !channels[i].link) call_down(&channels[i], "closed");
    s->node = NULL;
}

static void drop_timers(const struct node *node)
{
    for (int i = timer_count - 1; i >= 0; i--)
        if (timers[i].node == node) timers[i] = timers[--timer_count];
}

void net_gone(struct node *node)
{
    drop_timers(node);
    for (int i = 0; i < CHANNELS_MAX; i++) {
        struct channel *c = &channels[i], *o = c->used && c->node == node ? other_end(c) : NULL;
        if (o && !o->closed) {
            if (node->silent) o->lost = true; /* no reset comes from a dark machine */
            else down_later(o, delay_ms());
        }
    }
}

/* --- trouble ------------------------------------------------------------------------------------- */

void net_trouble(void)
{
    int start = (int)dice(DICE_NET, CHANNELS_MAX), kind = (int)dice(DICE_NET, 4);
    for (int k = 0; k < CHANNELS_MAX; k++) {
        struct channel *c = &channels[(start + k) % CHANNELS_MAX], *o = c->used && c->link ? other_end(c) : NULL;
        if (!o || c->closed) continue;
        if (kind == 0) {
            say("the connection of %s to %s is cut", c->node->name, o->node->name);
            down_later(c, 1);
            down_later(o, 1 + (int64_t)dice(DICE_NET, 3000)); /* what is under way to it still arrives */
            o->closed = false;
        } else if (kind == 1) {
            say("the connection of %s to %s is half open", c->node->name, o->node->name);
            if (dice(DICE_NET, 2)) c->lost = true;
            else o->lost = true;
        } else {
            struct channel *slow = kind == 2 ? c : o;
            say("the connection of %s to %s stalls", c->node->name, o->node->name);
            slow->arrive_ms = sim_now() + 500 + (int64_t)dice(DICE_NET, 9000);
        }
        return;
    }
}

void net_drained(void) { ghost_count = 0; }

void net_ghost(void)
{
    struct node *utility = node_named("utility");
    if (!ghost_count || !utility->up) return;
    int at = (int)dice(DICE_NET, (unsigned)ghost_count), tries = 8;
    while (one_in(DICE_NET, 2) == 0 && tries-- > 0 && memcmp(ghosts[at].bytes, "022", 3) != 0) /* an advice behind what undid it */
        at = (int)dice(DICE_NET, (unsigned)ghost_count);
    for (int i = 0; i < CHANNELS_MAX; i++)
        if (channels[i].used && channels[i].node == utility && !channels[i].closed) {
            struct node *old = enter(utility);
            say("a request of before arrives again: %.4s", (const char *)ghosts[at].bytes);
            channels[i].events->on_frame(channels[i].ctx, &channels[i], ghosts[at].bytes, ghosts[at].len);
            leave(old);
            return;
        }
}

/* --- timers ----------------------------------------------------------------------------------------- */

int uv_timer_init(uv_loop_t *loop, uv_timer_t *timer)
{
    memset(timer, 0, sizeof *timer);
    timer->loop = loop;
    return 0;
}

int uv_timer_stop(uv_timer_t *timer)
{
    for (int i = 0; i < timer_count; i++)
        if (timers[i].timer == timer) {
            timers[i] = timers[--timer_count];
            break;
        }
    return 0;
}

int uv_timer_start(uv_timer_t *timer, uv_timer_cb cb, uint64_t timeout, uint64_t repeat)
{
    uv_timer_stop(timer);
    assert(timer_count < TIMERS_MAX);
    timer->timer_cb = cb;
    timer->repeat = repeat;
    timers[timer_count].timer = timer;
    timers[timer_count].node = node_of_loop(timer->loop);
    timers[timer_count].at_ms = sim_now() + (int64_t)timeout;
    timers[timer_count++].order = next_order();
    return 0;
}

static int earliest(void)
{
    int best = -1;
    for (int i = 0; i < timer_count; i++)
        if (best < 0 || timers[i].at_ms < timers[best].at_ms || (timers[i].at_ms == timers[best].at_ms && timers[i].order < timers[best].order)) best = i;
    return best;
}

bool net_timer_due(int64_t *at, unsigned long *order)
{
    int i = earliest();
    if (i < 0) return false;
    *at = timers[i].at_ms;
    *order = timers[i].order;
    return true;
}

void net_timer_fire(void)
{
    int i = earliest();
    uv_timer_t *timer = timers[i].timer;
    struct node *node = timers[i].node, *old = enter(node);
    uv_timer_stop(timer);
    if (timer->repeat) uv_timer_start(timer, timer->timer_cb, timer->repeat, timer->repeat);
    if (!node || node->up) timer->timer_cb(timer);
    leave(old);
}

void net_night(int64_t ms)
{
    for (int i = 0; i < timer_count; i++)
        timers[i].at_ms += ms;
}

uint64_t uv_now(const uv_loop_t *loop) { return (uint64_t)sim_now(); }
void uv_close(uv_handle_t *handle, uv_close_cb cb) { uv_timer_stop((uv_timer_t *)handle); }
int uv_is_closing(const uv_handle_t *handle) { return 0; }
int64_t __wrap_clock_monotonic_ms(void);
int64_t __wrap_clock_monotonic_ms(void) { return sim_now(); }

void net_reset(void)
{
    memset(channels, 0, sizeof channels);
    memset(links, 0, sizeof links);
    memset(servers, 0, sizeof servers);
    timer_count = ghost_count = 0;
    serials = 0;
}

/* --- the log: lines of the story --------------------------------------------------------------------- */

void log_open(const char *program, enum log_level least, const struct clock *clock) {}

void log_line(enum log_level level, const char *key, const char *fmt, ...)
{
    char words[500];
    va_list args;
    if (level == LOG_LEVEL_DEBUG || !run_now || !run_now->telling) return;
    va_start(args, fmt);
    vsnprintf(words, sizeof words, fmt, args);
    va_end(args);
    say("  %s%s%s", key ? key : "", key ? ": " : "", words);
}
