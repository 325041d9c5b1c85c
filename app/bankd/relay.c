#include "bankd/relay_impl.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "wire/payment.h"

const int relay_latency_ms[LATENCY_STEPS] = {1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500};
static const char own_codes[OWN_CODES][3] = {"30", "58", "68", "91"};

void relay_alarm(struct relay *r, const char *station, const char *address, const char *fmt, ...)
{
    char what[300];
    va_list args;
    va_start(args, fmt);
    vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    r->alarms++;
    log_warn("ALARM %s at %s: %s", station, address, what);
    journal_alarm(r->journal, station, address, what);
}

void relay_on_day_over(struct relay *r, void (*over)(void *ctx, day_t day), void *ctx)
{
    r->on_day_over = over;
    r->day_ctx = ctx;
}

/* --- answers made here --------------------------------------------------------- */

static void count_own(struct relay *r, const struct iso *m, const char *code)
{
    char bank[KEY_BANK_SIZE], name[KEY_BRANCH_SIZE];
    iso_text(m, 32, bank, sizeof bank);
    iso_text(m, 42, name, sizeof name);
    struct branch *b = relay_branch(r, bank, name, false);
    for (int i = 0; b && i < OWN_CODES; i++)
        if (strcmp(own_codes[i], code) == 0) b->own[i]++;
}

void relay_answer_own(struct relay *r, struct session *s, const struct iso *request, const char *code, const char *why)
{
    struct wire_answer a = {0};
    struct iso answer;
    char bytes[ISO_MESSAGE_MAX];
    text_copy(a.code, sizeof a.code, code);
    if (why) snprintf(a.reason, sizeof a.reason, "%.150s", why);
    if (wire_answer_pack(request, &a, &answer, NULL) != 0) message_answer(request, code, &answer);
    int len = iso_pack(&answer, bytes, sizeof bytes, NULL);
    if (len < 0) return;
    count_own(r, request, code);
    if (message_net(request) != NET_ECHO)
        journal_message(r->journal, FATE_OWN, 0, s->cn, bytes, (size_t)len);
    relay_to_session(s, bytes, (size_t)len);
}

void relay_answer_unknown(struct relay *r, const struct item *item, enum own code)
{
    struct iso request;
    struct session *s = relay_session(r, item->session);
    if (code == OWN_91) journal_message(r->journal, FATE_HELD, 0, s ? s->cn : "", item->bytes, item->len);
    if (item->advice) {
        if (code == OWN_91) item->branch->unsaid++;
        return;
    }
    if (s == NULL || iso_unpack(&request, item->bytes, item->len, NULL) != 0) return; /* it asks again when it is back */
    relay_answer_own(r, s, &request, own_codes[code], NULL);
}

/* --- time ---------------------------------------------------------------------- */

static void on_tick(uv_timer_t *timer)
{
    struct relay *r = timer->data;
    int64_t now_ms = (int64_t)uv_now(r->loop);
    relay_expire_inflight(r, now_ms);
    relay_expire_queued(r, now_ms);
    relay_pump(r);
    if (r->link_count > 0 && now_ms - r->repeated_ms >= REPEAT_MS && relay_any_link(r)) { /* held money without an answer */
        r->repeated_ms = now_ms;
        desk_repeat(r->desk, r->bank->settings.again_ms);
    }
}

/* --- begin and end ------------------------------------------------------------- */

struct relay *relay_new(const struct bank *b, uv_loop_t *loop, struct channel_tls *tls, struct journal *journal)
{
    struct relay *r = calloc(1, sizeof *r);
    if (r == NULL) return NULL;
    r->bank = b;
    r->loop = loop;
    r->tls = tls;
    r->journal = journal;
    r->turn_end = &r->turn_first;
    r->started_ms = clock_now_ms(&b->clock);
    uv_timer_init(loop, &r->tick);
    r->tick.data = r;
    r->slots = (size_t)b->settings.connections + 1;
    r->sessions = calloc(r->slots, sizeof(struct session *));
    r->inflight = inflight_open((size_t)(b->settings.links * b->settings.window));
    return r;
}

int relay_start(struct relay *r, struct error *err)
{
    const struct bank_settings *set = &r->bank->settings;
    struct channel_limits limits = {(int)set->connections, (int)set->per_address};
    if (r->sessions == NULL || r->inflight == NULL) return error_all(err, "cannot relay", NULL, "no memory", NULL);
    r->desk = desk_open(r->bank, r->loop, relay_desk_done, r, err);
    r->policy = r->desk ? policy_load(set->policy, err) : NULL;
    if (r->policy == NULL || relay_links_open(r, err) != 0) return -1;
    r->server = channel_listen(r->loop, r->tls, set->listen, &limits, &relay_branch_events, r, err);
    if (r->server == NULL) return -1;
    return uv_timer_start(&r->tick, on_tick, TICK_MS, TICK_MS);
}

int relay_port(const struct relay *r) { return channel_server_port(r->server); }

int relay_reload_policy(struct relay *r, size_t *stations, struct error *err)
{
    struct policy *fresh = policy_load(r->bank->settings.policy, err);
    if (fresh == NULL) return -1;
    policy_free(r->policy);
    r->policy = fresh;
    *stations = policy_count(fresh);
    for (size_t i = 0; i < r->slots; i++) {
        struct session *s = r->sessions[i];
        char why[200] = "it is not in the access policy any more";
        if (s == NULL) continue;
        const struct policy_station *station = policy_station(fresh, s->cn);
        if (station == NULL || !policy_admits(station, channel_peer(s->channel)->pin, s->address, why, sizeof why))
            channel_close(s->channel, why);
    }
    return 0;
}

void relay_stop(struct relay *r)
{
    r->stopping = true;
    if (r->server) channel_server_close(r->server);
    r->server = NULL;
    relay_links_close(r);
    if (r->desk) desk_stop(r->desk);
    if (!uv_is_closing((uv_handle_t *)&r->tick)) uv_close((uv_handle_t *)&r->tick, NULL);
}

static void free_branch(struct branch *b)
{
    while (b->queue) {
        struct item *next = b->queue->next;
        free(b->queue);
        b->queue = next;
    }
    free(b);
}

void relay_free(struct relay *r)
{
    if (r == NULL) return;
    for (struct inflight_entry *e = r->inflight ? inflight_oldest(r->inflight) : NULL; e; e = inflight_next(r->inflight, e))
        free(e->request);
    for (size_t i = 0; i < BRANCH_BUCKETS; i++)
        while (r->buckets[i]) {
            struct branch *next = r->buckets[i]->chain;
            free_branch(r->buckets[i]);
            r->buckets[i] = next;
        }
    inflight_close(r->inflight);
    desk_free(r->desk);
    policy_free(r->policy);
    free(r->sessions);
    free(r);
}
