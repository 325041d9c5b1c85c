/* The utility's side: few connections, each signed on before it is used; what
 * went out on them and waits for its answer. */
#include "bankd/relay_impl.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "wire/session.h"

bool relay_link_usable(const struct link *l) { return l->signed_on; }

bool relay_link_has_room(const struct link *l)
{
    return l->signed_on && !l->full && l->unanswered < (size_t)l->relay->bank->settings.window;
}

bool relay_any_link(const struct relay *r)
{
    for (size_t i = 0; i < r->link_count; i++)
        if (r->links[i].signed_on) return true;
    return false;
}

struct link *relay_link_for(struct relay *r, struct branch *b)
{
    struct link *best = NULL;
    if (b->link && b->link->signed_on && b->link->life == b->link_life) return b->link;
    for (size_t i = 0; i < r->link_count; i++) {
        struct link *l = &r->links[i];
        if (l->signed_on && (best == NULL || l->branches < best->branches)) best = l;
    }
    if (best == NULL) return NULL;
    best->branches++;
    b->link = best;
    b->link_life = best->life;
    return best;
}

/* --- in flight ----------------------------------------------------------------- */

/* All that an entry waits for counts at the connection of its last request: a repeat may go over another one than the first. */
static void move_waiting(const struct item *before, struct link *l, size_t waiting)
{
    before->link->unanswered -= waiting;
    l->unanswered += waiting;
}

bool relay_link_send(struct link *l, struct item *item)
{
    struct relay *r = l->relay;
    if (!relay_link_has_room(l)) return false;
    struct inflight_entry *e = inflight_put(r->inflight, item->key, item->session, item->mti, (int64_t)uv_now(r->loop));
    if (e == NULL) return false;
    struct session *s = relay_session(r, item->session);
    bool kept = journal_message(r->journal, FATE_SENT, l->number, s ? s->cn : "", item->bytes, item->len);
    if (!kept || !channel_send(l->channel, item->bytes, item->len)) {
        if (kept) journal_message(r->journal, FATE_QUEUED, l->number, s ? s->cn : "", item->bytes, item->len);
        l->full = true;
        if (e->waiting == 0) inflight_drop(r->inflight, e);
        return false;
    }
    if (e->request) move_waiting(e->request, l, (size_t)e->waiting);
    free(e->request);
    e->request = item;
    e->waiting++;
    item->link = l;
    item->branch->in_flight++;
    item->branch->sent++;
    l->unanswered++;
    l->sent++;
    return true;
}

static void drop(struct relay *r, struct inflight_entry *e)
{
    struct item *item = e->request;
    item->branch->in_flight -= (size_t)e->waiting;
    item->link->unanswered -= (size_t)e->waiting;
    free(item);
    inflight_drop(r->inflight, e);
}

/* To all who asked with this entry and were told nothing yet. */
static void tell_unknown(struct relay *r, struct inflight_entry *e)
{
    if (((struct item *)e->request)->advice) return; /* it is sent again until it is answered */
    for (; e->told_unknown < e->waiting; e->told_unknown++)
        relay_answer_unknown(r, e->request, OWN_68);
}

void relay_expire_inflight(struct relay *r, int64_t now_ms)
{
    struct inflight_entry *e = inflight_oldest(r->inflight), *next;
    for (; e && now_ms - e->sent_ms >= r->bank->settings.answer_ms; e = next) {
        next = inflight_next(r->inflight, e);
        tell_unknown(r, e);
        if (now_ms - e->sent_ms >= FORGET_MS) drop(r, e);
    }
}

/* What it had under way gets no answer over it any more. */
static void lose_inflight(struct link *l)
{
    struct relay *r = l->relay;
    struct inflight_entry *e = inflight_oldest(r->inflight), *next;
    for (; e; e = next) {
        const struct item *item = e->request;
        next = inflight_next(r->inflight, e);
        if (item->link != l) continue;
        tell_unknown(r, e);
        drop(r, e);
    }
}

/* --- answers of the utility ---------------------------------------------------- */

static void count_latency(struct relay *r, int64_t ms)
{
    int step = 0;
    while (step < LATENCY_STEPS && ms > relay_latency_ms[step])
        step++;
    r->latency[step]++;
    r->latency_sum_ms += ms;
    r->latency_count++;
}

/* An answer on its way through: to the connection that asked; has it gone, to the one that the branch has now. */
struct passing {
    int link;
    uint64_t session;
    bool late;
    char bank[KEY_BANK_SIZE], name[KEY_BRANCH_SIZE];
};

static void deliver(struct relay *r, const struct passing *p, const struct iso *m, const void *bytes, size_t len)
{
    struct branch *b = relay_branch(r, p->bank, p->name, false);
    struct session *s = relay_session(r, p->session);
    if (s == NULL && b) s = relay_session(r, b->session);
    if (b) b->answered++;
    if (b && p->late) b->late++;
    relay_tell(m, s == NULL ? "for nobody" : p->late ? "late, to" : "to", s ? s->cn : "");
    enum journal_fate fate = s == NULL ? FATE_NOBODY : p->late ? FATE_LATE : FATE_ANSWER;
    if (journal_message(r->journal, fate, p->link, s ? s->cn : "", bytes, len) && s) relay_to_session(s, bytes, len);
}

void relay_link_pass_on(struct relay *r, struct passing *p, bool lost, const void *bytes, size_t len)
{
    struct iso m;
    if (!lost && !r->stopping && iso_unpack(&m, bytes, len, NULL) == 0) deliver(r, p, &m, bytes, len);
    free(p);
}

/* What the utility says of a payment from an account is booked here first. */
static bool to_desk(struct relay *r, const struct passing *p, const uint8_t *bytes, size_t len)
{
    struct passing *kept = malloc(sizeof *kept);
    if (kept == NULL) return false;
    *kept = *p;
    if (desk_hear(r->desk, (uint64_t)(uintptr_t)kept, bytes, len)) return true;
    free(kept);
    return false;
}

static void pass(struct link *l, const struct iso *m, const uint8_t *bytes, size_t len)
{
    struct relay *r = l->relay;
    char key[MATCH_KEY_SIZE];
    struct inflight_entry *e = message_match_key(m, key) ? inflight_find(r->inflight, key) : NULL;
    struct passing p = {.link = l->number, .session = e ? e->station : 0, .late = e == NULL || e->told_unknown > 0};
    iso_text(m, 32, p.bank, sizeof p.bank);
    iso_text(m, 42, p.name, sizeof p.name);
    if (e) {
        const struct item *item = e->request;
        count_latency(r, (int64_t)uv_now(r->loop) - e->sent_ms);
        e->waiting--;
        if (e->told_unknown > 0) e->told_unknown--;
        item->branch->in_flight--;
        item->link->unanswered--;
        if (e->waiting == 0) drop(r, e);
    }
    l->answered++;
    if (message_proc(m) != PROC_ACCOUNT || (m->mti[1] != '2' && m->mti[1] != '4')) deliver(r, &p, m, bytes, len);
    else if (!to_desk(r, &p, bytes, len)) log_warn("an answer to a payment from an account can't be booked now: it is asked for again");
    if (r->queued) relay_pump(r);
}

/* --- what the link itself says and hears --------------------------------------- */

static void say(struct link *l, const struct iso *m)
{
    char bytes[ISO_MESSAGE_MAX];
    int len = iso_pack(m, bytes, sizeof bytes, NULL);
    if (len > 0) channel_send(l->channel, bytes, (size_t)len);
}

static void ask(struct link *l, enum net net)
{
    const struct bank *b = l->relay->bank;
    struct wire_net n = {.net = net, .sent_ms = clock_now_ms(&b->clock)};
    struct iso m;
    struct error err;
    l->stan = l->stan % 999999 + 1;
    snprintf(n.stan, sizeof n.stan, "%06u", l->stan % 1000000);
    snprintf(n.terminal, sizeof n.terminal, "RELAY-%02d", l->number);
    text_copy(n.bank, sizeof n.bank, b->settings.id);
    if (wire_net_ask(&n, &m, &err) != 0 || !message_match_key(&m, l->asked)) {
        log_error("the utility cannot be asked: %s", err.why);
        return;
    }
    say(l, &m);
}

/* The utility's business day is `begins`: the one before is over. */
static void day_is(struct relay *r, day_t begins)
{
    char text[DAY_TEXT_SIZE];
    day_t ended = begins - 1;
    if (ended <= r->day_over) return;
    log_info("the utility's business day %s is over", day_format(ended, text, sizeof text));
    if (r->on_day_over) r->on_day_over(r->day_ctx, ended);
    r->day_over = ended;
}

static void signed_on(struct link *l, const struct iso *m)
{
    struct wire_net n;
    char code[4];
    iso_text(m, 39, code, sizeof code);
    if (l->signed_on) return; /* an echo's answer */
    if (strcmp(code, "00") != 0) {
        relay_alarm(l->relay, l->relay->bank->settings.utility_name, l->address, "the utility refuses our sign-on with %s", code);
        channel_close(l->channel, "sign-on refused");
        return;
    }
    l->signed_on = true;
    l->life++;
    l->branches = 0;
    l->since_ms = clock_now_ms(&l->relay->bank->clock);
    log_info("connection %d to the utility at %s is signed on", l->number, l->address);
    if (wire_net_unpack(m, &n, NULL) == 0 && n.begins) day_is(l->relay, n.begins); /* a cut-over that nobody was here to hear of */
    relay_pump(l->relay);
}

static void utility_asks(struct link *l, const struct iso *m)
{
    struct iso answer;
    struct wire_net n;
    if (m->mti[1] == '8' && message_net(m) == NET_CUTOVER && wire_net_unpack(m, &n, NULL) == 0)
        day_is(l->relay, n.begins ? n.begins : clock_today(&l->relay->bank->clock));
    message_answer(m, m->mti[1] == '8' ? "00" : "30", &answer);
    say(l, &answer);
}

static void on_up(void *ctx, struct channel *c, const struct channel_peer *peer)
{
    struct link *l = ctx;
    l->channel = c;
    l->signed_on = l->full = false;
    ask(l, NET_SIGN_ON);
}

static void on_frame(void *ctx, struct channel *c, const uint8_t *bytes, size_t len)
{
    struct link *l = ctx;
    struct iso m;
    struct error err;
    char mti[5], key[MATCH_KEY_SIZE];
    if (iso_unpack(&m, (const char *)bytes, len, &err) != 0) {
        log_error("the utility sends what is no message: %s %s", err.where, err.why);
        channel_close(c, "it sends what is no message");
    } else if (message_answer_mti(&m, mti)) {
        utility_asks(l, &m);
    } else if (l->asked[0] && message_match_key(&m, key) && strcmp(key, l->asked) == 0) {
        l->asked[0] = '\0';
        signed_on(l, &m);
    } else {
        pass(l, &m, bytes, len);
    }
}

static void on_down(void *ctx, struct channel *c, const char *why)
{
    struct link *l = ctx;
    if (l->signed_on || strcmp(l->said, why) != 0)
        log_warn("connection %d to the utility at %s is down: %s", l->number, l->address, why);
    if (l->signed_on) l->losses++;
    text_copy(l->said, sizeof l->said, why);
    l->channel = NULL;
    l->signed_on = l->full = false;
    l->asked[0] = '\0';
    l->since_ms = clock_now_ms(&l->relay->bank->clock);
    if (l->relay->stopping) return;
    lose_inflight(l);
    relay_pump(l->relay);
}

static void on_idle(void *ctx, struct channel *c) { ask(ctx, NET_ECHO); }

static void on_drained(void *ctx, struct channel *c)
{
    struct link *l = ctx;
    l->full = false;
    relay_pump(l->relay);
}

static const struct channel_events events = {NULL, on_up, on_frame, on_down, on_idle, on_drained};

/* --- begin and end ------------------------------------------------------------- */

int relay_links_open(struct relay *r, struct error *err)
{
    const struct bank_settings *set = &r->bank->settings;
    char list[sizeof set->utility], *addresses[LINKS_MAX], *save = NULL;
    size_t count = 0;
    text_copy(list, sizeof list, set->utility);
    for (char *a = strtok_r(list, ", ", &save); a && count < LINKS_MAX; a = strtok_r(NULL, ", ", &save))
        addresses[count++] = a;
    if (count == 0) return error_all(err, "the utility cannot be called", "setting utility.address", "no address is given", NULL);
    for (int64_t i = 0; i < set->links; i++) {
        struct link *l = &r->links[i];
        l->relay = r;
        l->number = (int)i + 1;
        l->since_ms = r->started_ms;
        if (!text_copy(l->address, sizeof l->address, addresses[(size_t)i % count]))
            return error_all(err, "the utility cannot be called", "setting utility.address", "an address is too long", NULL);
        l->wire = channel_link_open(r->loop, r->tls, l->address, set->utility_name, &events, l, err);
        if (l->wire == NULL) return -1;
        r->link_count++;
    }
    return 0;
}

void relay_links_close(struct relay *r)
{
    for (size_t i = 0; i < r->link_count; i++) {
        if (r->links[i].wire) channel_link_close(r->links[i].wire);
        r->links[i].wire = NULL;
    }
}
