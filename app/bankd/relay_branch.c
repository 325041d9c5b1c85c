/* The branches' side: who may come in, whose message it is, where it goes. */
#include "bankd/relay_impl.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"

#define REFUSALS_LOGGED 20 /* of one session; after that each hundredth */

/* --- sessions ------------------------------------------------------------------ */

struct session *relay_session(struct relay *r, uint64_t id)
{
    struct session *s = id ? r->sessions[id % r->slots] : NULL;
    return s && s->id == id ? s : NULL;
}

static size_t sessions_of(struct relay *r, const char *cn)
{
    size_t count = 0;
    for (size_t i = 0; i < r->slots; i++)
        if (r->sessions[i] && strcmp(r->sessions[i]->cn, cn) == 0) count++;
    return count;
}

static bool allow(void *ctx, const struct channel_peer *peer, char *why, size_t size)
{
    struct relay *r = ctx;
    const struct policy_station *station = policy_station(r->policy, peer->cn);
    bool good = station && policy_admits(station, peer->pin, peer->address, why, size);
    if (station == NULL) snprintf(why, size, "%s is not in the access policy", peer->cn);
    if (good && sessions_of(r, peer->cn) >= (size_t)r->bank->settings.per_certificate) {
        snprintf(why, size, "%s has too many sessions", peer->cn);
        good = false;
    }
    if (!good) {
        r->refused_connections++;
        relay_alarm(r, peer->cn, peer->address, "turned away: %s", why);
    }
    return good;
}

static struct session *new_session(struct relay *r)
{
    struct session *s = calloc(1, sizeof *s);
    for (size_t i = 0; s && i < r->slots; i++) {
        size_t slot = (r->slot_hint + i) % r->slots;
        if (r->sessions[slot]) continue;
        s->id = ++r->serial * r->slots + slot;
        s->relay = r;
        r->sessions[slot] = s;
        r->slot_hint = slot + 1;
        r->session_count++;
        return s;
    }
    free(s);
    return NULL;
}

static void on_up(void *ctx, struct channel *c, const struct channel_peer *peer)
{
    struct relay *r = ctx;
    size_t others = sessions_of(r, peer->cn);
    struct session *s = new_session(r);
    if (s == NULL) {
        channel_close(c, "no place for it");
        return;
    }
    s->channel = c;
    s->since_ms = clock_now_ms(&r->bank->clock);
    text_copy(s->cn, sizeof s->cn, peer->cn);
    text_copy(s->address, sizeof s->address, peer->address);
    channel_set_user(c, s);
    r->connected++;
    if (others) relay_alarm(r, s->cn, s->address, "a further session of this certificate, %zu are live", others + 1);
    log_info("%s is connected from %s", s->cn, s->address);
}

static void on_down(void *ctx, struct channel *c, const char *why)
{
    struct relay *r = ctx;
    struct session *s = channel_user(c);
    const struct channel_peer *peer = channel_peer(c);
    log_info("%s at %s has gone: %s", peer->cn[0] ? peer->cn : "a stranger", peer->address, why);
    if (s == NULL) return;
    r->sessions[s->id % r->slots] = NULL;
    r->session_count--;
    free(s);
}

bool relay_to_session(struct session *s, const void *bytes, size_t len)
{
    if (channel_send(s->channel, bytes, len)) return true;
    channel_close(s->channel, "it does not read its answers");
    return false;
}

/* --- messages ------------------------------------------------------------------ */

static void refuse(struct session *s, const struct iso *m, const char *code, const char *why, const uint8_t *bytes, size_t len)
{
    struct relay *r = s->relay;
    char text[200];
    s->refused++;
    if (s->refused <= REFUSALS_LOGGED || s->refused % 100 == 0) { /* the journal has each */
        log_warn("%s: refused with %s: %s: %s", s->cn, code, why, message_describe(m, text, sizeof text));
        if (strcmp(code, "58") == 0)
            relay_alarm(r, s->cn, s->address, "58: %s (%lld refused on this connection)", why, (long long)s->refused);
    }
    journal_message(r->journal, FATE_REFUSED, 0, s->cn, bytes, len);
    relay_answer_own(r, s, m, code, why);
}

/* By the policy of now. A message of network management need not name the bank. */
static bool may_speak(struct session *s, const struct iso *m, const char *bank, const char *name, char *why, size_t size)
{
    const struct policy_station *station = policy_station(s->relay->policy, s->cn);
    if (station == NULL) {
        snprintf(why, size, "%s is not in the access policy any more", s->cn);
        return false;
    }
    bool unnamed = m->mti[1] == '8' && *bank == '\0' && *name == '\0';
    if (unnamed && message_net(m) != NET_SIGN_ON && message_net(m) != NET_CUTOVER) return true; /* for this station alone */
    return policy_allows(station, m->mti, unnamed ? policy_bank(station) : bank, name, why, size);
}

/* An echo and a sign-off concern this station; a sign-on of a branch may bring an epoch from the utility. */
static bool is_local(const struct iso *m)
{
    return m->mti[1] == '8' && (message_net(m) == NET_ECHO || message_net(m) == NET_SIGN_OFF ||
                                (message_net(m) == NET_SIGN_ON && !iso_has(m, 42)));
}

static void answer_local(struct session *s, const struct iso *m, const uint8_t *bytes, size_t len)
{
    if (message_net(m) != NET_ECHO) journal_message(s->relay->journal, FATE_LOCAL, 0, s->cn, bytes, len);
    relay_answer_own(s->relay, s, m, "00", NULL);
}

/* The bank's own: judged at its desk, nothing of it is sent on but payments from an account, once their money is held.
 * Of these none is held while there is no connection to the utility. */
static void to_desk(struct session *s, const struct iso *m, const uint8_t *bytes, size_t len)
{
    struct relay *r = s->relay;
    if (!journal_message(r->journal, FATE_LOCAL, 0, s->cn, bytes, len)) return;
    if (message_proc(m) == PROC_ACCOUNT && m->mti[1] == '2' && !relay_any_link(r)) relay_answer_own(r, s, m, "91", "no connection to the utility");
    else if (!desk_ask(r->desk, s->id, bytes, len) && !message_is_advice(m)) relay_answer_own(r, s, m, "91", "too many wait at the bank");
}

/* The line that a payment can be followed by, here as in the other programs. */
void relay_tell(const struct iso *m, const char *words, const char *whom)
{
    struct key key;
    char text[KEY_TEXT_SIZE], code[4] = "";
    if ((m->mti[1] != '2' && m->mti[1] != '4') || !message_key(m, &key)) return;
    iso_text(m, 39, code, sizeof code);
    log_line(LOG_LEVEL_INFO, key_format(&key, text, sizeof text), "%s%s%s %s %s", m->mti, code[0] ? " " : "", code, words, whom);
}

static bool send_on(struct relay *r, uint64_t session, struct branch *b, const struct iso *m, const uint8_t *bytes, size_t len)
{
    struct item *item = malloc(sizeof *item + len);
    if (item == NULL) return false;
    item->next = NULL;
    item->branch = b;
    item->link = NULL;
    item->session = session;
    item->arrived_ms = (int64_t)uv_now(r->loop);
    item->advice = message_is_advice(m);
    item->len = len;
    memcpy(item->bytes, bytes, len);
    memcpy(item->mti, m->mti, sizeof item->mti);
    message_match_key(m, item->key);
    relay_submit(r, item);
    return true;
}

/* Its money is held, or its undoing kept: now it goes on; tag 0: once more, from here. */
static void desk_sends(struct relay *r, uint64_t tag, const void *bytes, size_t len)
{
    char bank[KEY_BANK_SIZE], name[KEY_BRANCH_SIZE];
    struct session *s = relay_session(r, tag);
    struct iso m;
    if (iso_unpack(&m, bytes, len, NULL) != 0 || !iso_text(&m, 32, bank, sizeof bank) || !iso_text(&m, 42, name, sizeof name)) return;
    struct branch *b = relay_branch(r, bank, name, true);
    if (b == NULL) return; /* what is held is repeated */
    if (s) b->session = s->id;
    if (s) b->last_ms = clock_now_ms(&r->bank->clock);
    relay_tell(&m, tag ? "from" : "once more, from", s ? s->cn : "the bank");
    send_on(r, tag, b, &m, bytes, len);
}

void relay_desk_done(void *ctx, uint64_t tag, enum desk_end end, const void *bytes, size_t len)
{
    struct relay *r = ctx;
    struct session *s = relay_session(r, tag);
    switch (end) {
    case DESK_ANSWER:
        journal_message(r->journal, FATE_DESK, 0, s ? s->cn : "", bytes, len);
        if (s) relay_to_session(s, bytes, len); /* else it asks again when it is back */
        return;
    case DESK_SEND_ON:
        desk_sends(r, tag, bytes, len);
        if (tag == 0 && relay_any_link(r)) desk_repeat(r->desk, r->bank->settings.again_ms); /* the next one that waits */
        return;
    case DESK_PASS:
    case DESK_LOST: relay_link_pass_on(r, (struct passing *)(uintptr_t)tag, end == DESK_LOST, bytes, len); return;
    }
}

static void on_frame(void *ctx, struct channel *c, const uint8_t *bytes, size_t len)
{
    struct session *s = channel_user(c);
    char bank[KEY_BANK_SIZE], name[KEY_BRANCH_SIZE], mti[5], key[MATCH_KEY_SIZE], why[200];
    struct iso m;
    struct error err;
    if (s == NULL) return;
    if (iso_unpack(&m, (const char *)bytes, len, &err) != 0) {
        log_warn("%s sends what is no message: %s %s", s->cn, err.where, err.why);
        channel_close(c, "it sends what is no message");
        return;
    }
    s->messages++;
    if (!message_answer_mti(&m, mti)) return; /* an answer, and nothing was asked */
    iso_text(&m, 32, bank, sizeof bank);
    iso_text(&m, 42, name, sizeof name);
    if (message_check(&m, &err) != 0 || !message_match_key(&m, key)) {
        snprintf(why, sizeof why, "%.80s: %.100s", err.where, err.why);
        refuse(s, &m, "30", why, bytes, len);
    } else if (!may_speak(s, &m, bank, name, why, sizeof why)) {
        refuse(s, &m, "58", why, bytes, len);
    } else if (is_local(&m)) {
        answer_local(s, &m, bytes, len);
    } else if (desk_is_ours(&m)) {
        to_desk(s, &m, bytes, len);
    } else {
        struct branch *b = relay_branch(s->relay, bank, name, true);
        if (b == NULL) {
            channel_close(c, "it speaks for more branches than there are places");
            return;
        }
        b->session = s->id;
        b->last_ms = clock_now_ms(&s->relay->bank->clock);
        relay_tell(&m, "from", s->cn);
        if (!send_on(s->relay, s->id, b, &m, bytes, len)) channel_close(c, "no memory");
    }
}

const struct channel_events relay_branch_events = {allow, on_up, on_frame, on_down, NULL, NULL};
