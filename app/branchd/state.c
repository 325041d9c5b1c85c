/* The state line of every counter: link, queue, numbers, what waits. */
#include <string.h>

#include "branchd/service.h"

#define WAITING_MAX 200

static json_t *link_json(struct service *s)
{
    struct link_status l;
    link_status(s->link, &l);
    return json_pack("{s:b, s:o, s:o, s:o}", "up", (int)l.up, "since", json_time(s, l.since_ms), "rtt_ms",
                     l.rtt_ms < 0 ? json_null() : json_integer(l.rtt_ms), "why", json_text(l.why));
}

static json_t *copy_json(struct service *s)
{
    const struct copy_info *c = &s->copy_info;
    if (c->made_at_ms == 0) return json_null();
    int64_t age_s = (service_now(s) - c->made_at_ms) / 1000;
    return json_pack("{s:o, s:I, s:I}", "made_at", json_time(s, c->made_at_ms), "bills", (json_int_t)c->open_bills, "age_s",
                     (json_int_t)(age_s < 0 ? 0 : age_s));
}

static json_t *offline_json(struct service *s)
{
    struct ledger_offline_left left;
    if (payment_offline_left(s->ledger, &left, NULL) != LEDGER_OK) return json_null();
    return json_pack("{s:I, s:I, s:I}", "count", (json_int_t)left.count, "sum_fen", (json_int_t)left.sum_fen, "single_fen",
                     (json_int_t)left.single_fen);
}

/* What each kind of waiting thing is called in English; the counter has its own words. */
static const char *const wait_texts[WAIT_KINDS] = {
    [WAIT_RESTORED] = "restored from a backup: what became of them?",
    [WAIT_DECLINED] = "declined: give the cash back", [WAIT_NO_ANSWER] = "no answer from the utility",
    [WAIT_UNACKNOWLEDGED] = "recorded before the stop, not shown: is the cash in the till?",
    [WAIT_DOUBT] = "invoice in doubt", [WAIT_HANDED_OVER] = "invoice handed over to the printer",
    [WAIT_GIVE_BACK] = "to be given back", [WAIT_EXCEPTION] = "exceptions", [WAIT_SHORT] = "short",
    [WAIT_PARKED] = "parked in the queue", [WAIT_AGREEMENT] = "days not agreed",
};

static json_t *attention_json(struct service *s, const struct session *session)
{
    struct ledger_waiting rows[1];
    int64_t counts[WAIT_KINDS] = {0};
    int count = 0;
    json_t *list = json_array();
    bool teller = session && session->signed_on && strcmp(session->operator.role, "teller") == 0;
    if (waiting_list(s->ledger, teller ? session->terminal : NULL, rows, 1, &count, counts, NULL) != LEDGER_OK) return list;
    for (int kind = 0; kind < WAIT_KINDS; kind++)
        if (counts[kind] > 0)
            json_array_append_new(list, json_pack("{s:s, s:I, s:s}", "kind", wait_word((enum ledger_wait)kind), "count",
                                                  (json_int_t)counts[kind], "text", wait_texts[kind]));
    return list;
}

static json_t *summary_json(struct service *s, const struct session *session, const struct ledger_day *day)
{
    struct ledger_totals t = {0};
    if (session == NULL || !session->signed_on || day == NULL ||
        day_totals(s->ledger, day->date, session->operator.number, &t, NULL) != LEDGER_OK)
        return json_null();
    return json_pack("{s:I, s:I}", "payments", (json_int_t)t.payments, "sum_fen", (json_int_t)t.payments_fen);
}

static void put_book(struct service *s, const struct session *session, json_t *state)
{
    struct ledger_book book = {0};
    char waits[20] = "";
    if (session && session->greeted) {
        if (book_at(s->ledger, session->till, &book, NULL) != LEDGER_OK) book.next[0] = '\0';
        if (book_waits(s->ledger, session->till, waits, NULL) != LEDGER_OK) waits[0] = '\0';
    }
    json_object_set_new(state, "next_number", json_text(book.next));
    json_object_set_new(state, "series", json_text(book.series));
    json_object_set_new(state, "book_waits", json_text(waits));
}

/* Why no payment can be taken now; "" it can. */
static void put_stopped(struct service *s, json_t *state)
{
    struct ledger_identity id;
    const char *why = s->stopped;
    if (why[0] == '\0' && ledger_identity(s->ledger, &id, NULL) == LEDGER_OK)
        why = id.alarm[0] ? id.alarm : id.epoch_held ? "" : "this ledger has not signed on at the utility yet";
    if (why[0] == '\0' && restore_waits(s)) why = "the books were restored from a backup: two supervisors say of each payment what became of it";
    if (why[0] == '\0' && s->startup.clock_wrong) why = "the clock is not what the last record says: a supervisor confirms it";
    json_object_set_new(state, "stopped", json_text(why));
}

json_t *state_json(struct service *s, const struct session *session)
{
    struct ledger_day day;
    int64_t parked = 0, queue = outbox_open(s->ledger, &parked);
    bool known = day_now(s->ledger, &day, NULL) == LEDGER_OK;
    json_t *state = json_pack("{s:o, s:o, s:o, s:o, s:I, s:I, s:o, s:o, s:o, s:o}", "business_date",
                              json_day(known ? day.date : DAY_NONE), "day_state", json_text(known ? day.state : ""), "now",
                              json_time(s, service_now(s)), "link", link_json(s), "queue", (json_int_t)(queue < 0 ? 0 : queue),
                              "parked", (json_int_t)parked, "attention", attention_json(s, session), "copy", copy_json(s),
                              "offline_left", offline_json(s), "summary", summary_json(s, session, known ? &day : NULL));
    put_book(s, session, state);
    put_stopped(s, state);
    return state;
}

static void push_one(void *ctx, struct session *session)
{
    struct service *s = ctx;
    if (session->greeted) rpc_notify(server_rpc(s->server), session->peer, "state", state_json(s, session));
}

void state_push(struct service *s)
{
    s->dirty = false;
    s->pushed_ms = clock_monotonic_ms();
    session_each(s, push_one, s);
}
