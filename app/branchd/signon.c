#include "branchd/signon.h"

#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "branchd/service.h"
#include "wire/session.h"

#define SIGNON_ANSWER_MS 10000
#define SIGNON_DELAY_MIN_MS 1000
#define SIGNON_DELAY_MAX_MS 10000 /* the front end may have a delay of its own to the utility: the two add up */

/* From the answer on this ledger may take money, and what waited goes out. */
static void accepted(struct service *s, const struct ledger_identity *id, const struct wire_net *n)
{
    struct error err = {0};
    if (!id->epoch_held || id->epoch != n->epoch) {
        enum ledger_result result = ledger_epoch(s->ledger, id->random, n->epoch, &err);
        if (result == LEDGER_BROKEN) {
            service_broken(s);
            return;
        }
        if (result != LEDGER_OK) {
            log_error("the epoch %d cannot be taken: %s", n->epoch, err.why);
            link_away(s->link, "the utility gave an epoch that cannot be used");
            return;
        }
        log_info("epoch %d", n->epoch);
    }
    s->signon_delay_ms = SIGNON_DELAY_MIN_MS;
    link_signed_on(s->link);
    agree_reopened(s, n->reopened, n->reopened_count);
    restore_kick(s);
    queue_kick(s);
    feed_start(s);
    agree_start(s, true);
}

static void answered(struct service *s, const struct link_tag *tag, enum link_end how, const struct iso *m)
{
    struct ledger_identity id;
    struct wire_net n;
    struct error err = {0};
    char why[120];
    if (how == LINK_LOST) return;
    if (how == LINK_ANSWERED && wire_net_unpack(m, &n, &err) == 0 && strcmp(n.code, "00") == 0 && n.epoch > 0 &&
        ledger_identity(s->ledger, &id, &err) == LEDGER_OK) {
        accepted(s, &id, &n);
        return;
    }
    const struct code_spec *spec = how == LINK_ANSWERED ? code_spec(n.code) : NULL;
    if (how != LINK_ANSWERED) snprintf(why, sizeof why, "the sign-on has no answer");
    else if (err.why[0]) snprintf(why, sizeof why, "the sign-on's answer is not valid: %.60s", err.why);
    else if (strcmp(n.code, "91") == 0 || strcmp(n.code, "68") == 0) snprintf(why, sizeof why, "the utility is away");
    else snprintf(why, sizeof why, "the sign-on is refused: %.2s %s", n.code, spec ? spec->meaning : "");
    link_away(s->link, why);
    signon_later(s);
}

void signon_start(struct service *s)
{
    struct ledger_identity id;
    struct wire_head h;
    struct iso m;
    struct error err = {0};
    s->signon_at_ms = 0;
    if (ledger_identity(s->ledger, &id, &err) != LEDGER_OK) return;
    link_head(s->link, &h);
    struct wire_net n = {.net = NET_SIGN_ON, .sent_ms = h.sent_ms};
    text_copy(n.stan, sizeof n.stan, h.stan);
    text_copy(n.bank, sizeof n.bank, id.bank);
    text_copy(n.branch, sizeof n.branch, id.branch);
    text_copy(n.terminal, sizeof n.terminal, h.terminal);
    text_copy(n.nonce, sizeof n.nonce, id.random);
    if (wire_net_ask(&n, &m, &err) != 0) log_error("the sign-on cannot be written: %s", err.why);
    else if (!link_ask(s->link, &m, SIGNON_ANSWER_MS, false, answered, &(struct link_tag){0})) signon_later(s);
}

void signon_later(struct service *s)
{
    if (s->signon_at_ms) return;
    if (s->signon_delay_ms == 0) s->signon_delay_ms = SIGNON_DELAY_MIN_MS;
    s->signon_at_ms = clock_monotonic_ms() + s->signon_delay_ms;
    s->signon_delay_ms = s->signon_delay_ms * 2 > SIGNON_DELAY_MAX_MS ? SIGNON_DELAY_MAX_MS : s->signon_delay_ms * 2;
}

void signon_tick(struct service *s)
{
    struct link_status l;
    link_status(s->link, &l);
    if (s->signon_at_ms && l.connected && !l.up && clock_monotonic_ms() >= s->signon_at_ms) signon_start(s);
}
