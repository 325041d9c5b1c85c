#include "branchd/link.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "branchd/service.h"
#include "branchd/signon.h"
#include "wire/channel.h"
#include "wire/session.h"

#define REFERENCES INT64_C(10000000000) /* under one epoch */

struct pending {
    char match[MATCH_KEY_SIZE];
    int64_t sent_ms, deadline_ms; /* monotonic */
    bool late, told;              /* told: its time-out was, and an answer may still come */
    link_done *done;
    struct link_tag tag;
};

struct link {
    struct service *s;
    struct channel_tls *tls;
    struct channel_link *channel;
    uv_timer_t timer; /* time-outs */
    struct link_status status;
    int64_t reference, stan; /* of messages that are no payments */
    struct pending pending[LINK_PENDING_MAX];
    int pending_count;
    bool closing;
};

static void set_state(struct link *l, bool up, const char *why)
{
    if (l->status.up != up || strcmp(l->status.why, why) != 0) {
        if (l->status.up != up) l->status.since_ms = service_now(l->s);
        service_changed(l->s);
    }
    l->status.up = up;
    text_copy(l->status.why, sizeof l->status.why, why);
}

bool link_up(const struct link *l) { return l->status.up; }
void link_status(const struct link *l, struct link_status *out) { *out = l->status; }

void link_away(struct link *l, const char *why)
{
    bool was = l->status.up;
    set_state(l, false, why);
    if (was) {
        log_warn("off line: %s", why);
        signon_later(l->s);
    }
}

void link_signed_on(struct link *l)
{
    set_state(l, true, "");
    log_info("on line with %s", l->status.peer);
}

/* --- who waits ------------------------------------------------------------------- */

/* Takes it out of the table and tells its asker. */
static void end(struct link *l, int at, enum link_end how, const struct iso *message)
{
    struct pending p = l->pending[at];
    if (how == LINK_TIMEOUT && p.late) l->pending[at].told = true;
    else l->pending[at] = l->pending[--l->pending_count];
    if (p.told && how == LINK_LOST) return;
    if (how == LINK_TIMEOUT) l->status.unanswered++;
    p.done(l->s, &p.tag, p.told && how == LINK_ANSWERED ? LINK_LATE : how, message);
}

static int find(const struct link *l, const char *match)
{
    for (int i = 0; i < l->pending_count; i++)
        if (strcmp(l->pending[i].match, match) == 0) return i;
    return -1;
}

static void on_timer(uv_timer_t *timer)
{
    struct link *l = timer->data;
    int64_t now = clock_monotonic_ms();
    for (int i = l->pending_count - 1; i >= 0; i--)
        if (i < l->pending_count && !l->pending[i].told && l->pending[i].deadline_ms <= now) end(l, i, LINK_TIMEOUT, NULL);
}

/* One that was told its time-out gives its place to one that waits. */
static bool make_room(struct link *l)
{
    for (int i = 0; i < l->pending_count && l->pending_count == LINK_PENDING_MAX; i++)
        if (l->pending[i].told) l->pending[i] = l->pending[--l->pending_count];
    return l->pending_count < LINK_PENDING_MAX;
}

bool link_ask(struct link *l, const struct iso *request, int64_t timeout_ms, bool late, link_done *done, const struct link_tag *tag)
{
    struct pending p = {.late = late, .done = done, .tag = *tag, .sent_ms = clock_monotonic_ms()};
    char bytes[ISO_MESSAGE_MAX], text[200];
    struct error err;
    struct channel *c = channel_link_up(l->channel);
    p.deadline_ms = p.sent_ms + timeout_ms;
    if (c == NULL || !make_room(l) || !message_match_key(request, p.match)) return false;
    int before = find(l, p.match);
    if (before >= 0 && !l->pending[before].told) return false;
    int len = iso_pack(request, bytes, sizeof bytes, &err);
    if (len < 0) log_error("a message cannot be sent: %s %s", err.where, err.why);
    if (len < 0 || !channel_send(c, bytes, (size_t)len)) return false;
    log_debug("sent %s", message_describe(request, text, sizeof text));
    if (before >= 0) l->pending[before] = p;
    else l->pending[l->pending_count++] = p;
    return true;
}

void link_head(struct link *l, struct wire_head *head)
{
    const struct branch *b = l->s->branch;
    memset(head, 0, sizeof *head);
    l->reference = (l->reference + 1) % REFERENCES;
    l->stan = l->stan % 999999 + 1;
    key_make(&head->key, b->settings.bank, b->settings.branch, 0, l->reference);
    snprintf(head->stan, sizeof head->stan, "%06" PRId64, l->stan);
    text_copy(head->terminal, sizeof head->terminal, "00");
    head->sent_ms = service_now(l->s);
    clock_local(&b->clock, head->sent_ms, &head->local);
    head->business_day = service_today(l->s);
}

/* --- the connection ------------------------------------------------------------------- */

static void on_up(void *ctx, struct channel *c, const struct channel_peer *peer)
{
    struct link *l = ctx;
    l->status.connected = true;
    text_copy(l->status.peer, sizeof l->status.peer, peer->cn);
    set_state(l, false, "signing on");
    signon_start(l->s);
}

static void on_down(void *ctx, struct channel *c, const char *why)
{
    struct link *l = ctx;
    if (l->status.connected || l->status.why[0] == '\0') log_warn("link: %s", why);
    l->status.connected = false;
    set_state(l, false, why);
    while (l->pending_count > 0)
        end(l, l->pending_count - 1, LINK_LOST, NULL);
    if (!l->closing) queue_lost(l->s);
}

/* A request of the bank's: an echo or a cut-over is acknowledged, nothing else is expected. */
static void answer_request(struct channel *c, const struct iso *request)
{
    struct iso out;
    char bytes[ISO_MESSAGE_MAX], mti[5];
    if (!message_answer_mti(request, mti)) return;
    message_answer(request, request->mti[1] == '8' ? "00" : "57", &out);
    int len = iso_pack(&out, bytes, sizeof bytes, NULL);
    if (len > 0) channel_send(c, bytes, (size_t)len);
}

static void measure(struct link *l, const struct pending *p)
{
    int64_t ms = clock_monotonic_ms() - p->sent_ms;
    l->status.answered++;
    if (p->match[1] == '8' || p->match[1] == '1') l->status.rtt_ms = ms;
}

static void on_frame(void *ctx, struct channel *c, const uint8_t *bytes, size_t len)
{
    struct link *l = ctx;
    struct iso m;
    struct error err;
    char match[MATCH_KEY_SIZE], text[200];
    if (iso_unpack(&m, (const char *)bytes, len, &err) != 0) {
        log_warn("%s sends what is no message: %s %s", l->status.peer, err.where, err.why);
        channel_close(c, "it sends what is no message");
        return;
    }
    if (message_check(&m, &err) != 0) {
        log_warn("%s sends a message that is not valid: %s %s", l->status.peer, err.where, err.why);
        return;
    }
    if (message_is_request(&m)) {
        answer_request(c, &m);
        return;
    }
    log_debug("got %s", message_describe(&m, text, sizeof text));
    int at = message_match_key(&m, match) ? find(l, match) : -1;
    if (at < 0) {
        log_warn("an answer that nobody waits for: %s", message_describe(&m, text, sizeof text));
        return;
    }
    measure(l, &l->pending[at]);
    end(l, at, LINK_ANSWERED, &m);
}

static void echoed(struct service *s, const struct link_tag *tag, enum link_end how, const struct iso *m) { service_changed(s); }

static void on_idle(void *ctx, struct channel *c)
{
    struct link *l = ctx;
    struct wire_head h;
    struct iso m;
    link_head(l, &h);
    struct wire_net n = {.net = NET_ECHO, .sent_ms = h.sent_ms};
    text_copy(n.stan, sizeof n.stan, h.stan);
    if (wire_net_ask(&n, &m, NULL) == 0)
        link_ask(l, &m, CHANNEL_ANSWER_MS, false, echoed, &(struct link_tag){0});
}

static void on_drained(void *ctx, struct channel *c) { queue_kick(((struct link *)ctx)->s); }

/* --- opening and closing ------------------------------------------------------------------ */

struct link *link_open(struct service *s, struct error *err)
{
    static const struct channel_events events = {NULL, on_up, on_frame, on_down, on_idle, on_drained};
    const struct branch_settings *set = &s->branch->settings;
    struct link *l = calloc(1, sizeof *l);
    if (l == NULL) return error_all(err, "cannot open the link", NULL, "no memory", NULL), NULL;
    l->s = s;
    l->status.rtt_ms = -1;
    l->status.since_ms = service_now(s);
    text_copy(l->status.why, sizeof l->status.why, "connecting");
    l->reference = (int64_t)(entropy_u64(&s->branch->world.entropy) % (uint64_t)REFERENCES);
    l->tls = channel_tls_open(&(struct channel_tls_files){set->ca, set->cert, set->key}, err);
    if (l->tls) l->channel = channel_link_open(&s->loop, l->tls, set->address, set->peer, &events, l, err);
    if (l->channel == NULL) {
        channel_tls_close(l->tls);
        free(l);
        return NULL;
    }
    uv_timer_init(&s->loop, &l->timer);
    l->timer.data = l;
    uv_timer_start(&l->timer, on_timer, 100, 100);
    return l;
}

int link_reload(struct link *l, struct error *err) { return channel_tls_reload(l->tls, err); }

void link_renew(struct link *l, const char *why)
{
    struct channel *c = channel_link_up(l->channel);
    if (c) channel_close(c, why);
}

void link_close(struct link *l)
{
    if (l == NULL) return;
    l->closing = true;
    channel_link_close(l->channel);
    uv_close((uv_handle_t *)&l->timer, NULL);
}

void link_free(struct link *l)
{
    if (l == NULL) return;
    channel_tls_close(l->tls);
    free(l);
}
