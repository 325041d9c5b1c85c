/* The agreement of a day with the utility (0500 with CO): asked after cut-off,
 * again by itself until it is agreed, and anew when the utility re-opens a day. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "branchd/service.h"
#include "wire/session.h"

#define TOTALS_ANSWER_MS 10000
#define DAYS_MAX 40

/* One 0500 under way: which day, and who waits for it. */
struct asking { day_t day; struct rpc_call *call; agree_done *done; };

static void finish(struct service *s, struct asking *a)
{
    if (a->done) a->done(s, a->call);
    free(a);
    service_changed(s);
}

/* True when it is out of balance: what differs is asked for. */
static bool judged(struct service *s, const struct wire_totals *t, day_t day)
{
    struct error err = {0};
    char text[DAY_TEXT_SIZE];
    bool agreed = t->settlement == 1;
    enum ledger_result result = agreement_answer(s->ledger, day, agreed, &err);
    if (result == LEDGER_BROKEN) service_broken(s);
    else if (result != LEDGER_OK) log_warn("the agreement of %s cannot be kept: %s", day_format(day, text, sizeof text), err.why);
    else if (agreed) log_info("%s is agreed with the utility", day_format(day, text, sizeof text));
    else log_warn("%s is OUT OF BALANCE: the utility has %lld payments of %lld fen", day_format(day, text, sizeof text),
                  (long long)t->credits, (long long)t->credits_fen);
    for (int i = 0; i < t->reopened_count; i++)
        if (t->reopened[i] != day) agreement_reopen(s->ledger, t->reopened[i], NULL);
    return result == LEDGER_OK && !agreed;
}

static void answered(struct service *s, const struct link_tag *tag, enum link_end how, const struct iso *m)
{
    struct asking *a = tag->ctx;
    struct wire_totals t;
    struct error err = {0};
    bool out = false;
    if (how == LINK_ANSWERED && wire_totals_unpack(m, a->day, &t, &err) == 0 && strcmp(t.code, "00") == 0)
        out = judged(s, &t, a->day);
    else if (agreement_no_answer(s->ledger, a->day, &err) == LEDGER_BROKEN)
        service_broken(s);
    if (!out) {
        finish(s, a);
        return;
    }
    detail_fetch(s, a->day, a->call, a->done); /* whoever waits is answered with the differences */
    free(a);
}

static bool write_totals(struct service *s, day_t day, struct iso *m, struct error *err)
{
    struct ledger_totals ours = {0};
    struct wire_totals t = {.closing = true};
    enum ledger_result result = agreement_ask(s->ledger, day, &ours, t.audit_head, err);
    if (result == LEDGER_BROKEN) service_broken(s);
    if (result != LEDGER_OK) return false;
    link_head(s->link, &t.head);
    t.head.business_day = day;
    t.credits = ours.answered;
    t.credits_fen = ours.answered_fen;
    t.credit_undone = ours.answered_reversed;
    t.credit_undone_fen = ours.answered_reversed_fen;
    t.debits = ours.refunds;
    t.debits_fen = ours.refunds_fen;
    return wire_totals_ask(&t, m, err) == 0;
}

/* Sends it; false: nothing is under way. */
static bool ask(struct service *s, struct asking *a)
{
    struct iso m;
    struct error err = {0};
    if (!link_up(s->link) || restore_waits(s)) return false; /* its days are not whole before people have spoken */
    if (!write_totals(s, a->day, &m, &err)) {
        log_warn("the totals of a day cannot be asked: %s", err.why);
        return false;
    }
    if (link_ask(s->link, &m, TOTALS_ANSWER_MS, false, answered, &(struct link_tag){.ctx = a})) return true;
    if (agreement_no_answer(s->ledger, a->day, &err) == LEDGER_BROKEN) service_broken(s);
    return false;
}

void agree_day(struct service *s, day_t day, struct rpc_call *call, agree_done *done)
{
    struct asking *a = calloc(1, sizeof *a);
    if (a == NULL) {
        if (done) done(s, call);
        return;
    }
    *a = (struct asking){day, call, done};
    if (!ask(s, a)) finish(s, a);
}

/* One with differences is not asked again by the clock: people work on it. When the
 * totals differed and no payment does, answers were on their way: nobody has anything to do. */
static bool waits_for_people(struct service *s, day_t day)
{
    struct ledger_day d;
    struct ledger_difference one;
    int count = 1;
    return day_get(s->ledger, day, &d, NULL) == LEDGER_OK && strcmp(d.agreement, "differences") == 0 &&
           differences_list(s->ledger, day, &one, 1, &count, NULL) == LEDGER_OK && count > 0;
}

void agree_start(struct service *s, bool all)
{
    day_t days[DAYS_MAX];
    int count = 0;
    s->agreed_ms = clock_monotonic_ms();
    if (!link_up(s->link) || agreement_open(s->ledger, days, DAYS_MAX, &count, NULL) != LEDGER_OK) return;
    for (int i = 0; i < count; i++)
        if (all || !waits_for_people(s, days[i])) agree_day(s, days[i], NULL, NULL);
}

void agree_reopened(struct service *s, const day_t *days, int count)
{
    struct error err;
    for (int i = 0; i < count; i++)
        if (agreement_reopen(s->ledger, days[i], &err) == LEDGER_BROKEN) service_broken(s);
}
