/* The business day: opened, closed, agreed; its totals and reports. */
#include <string.h>

#include "branchd/report.h"
#include "branchd/service.h"

static json_t *steps_json(struct service *s)
{
    struct ledger_close_step steps[LEDGER_CLOSE_STEPS];
    json_t *list = json_array();
    if (day_steps(s->ledger, steps, NULL) != LEDGER_OK) return list;
    for (int i = 0; i < LEDGER_CLOSE_STEPS; i++)
        json_array_append_new(list, json_pack("{s:s, s:b, s:I, s:s}", "name", steps[i].name, "done", (int)steps[i].done, "left",
                                              (json_int_t)steps[i].left, "words", steps[i].words));
    return list;
}

static json_t *day_json(struct service *s, const struct ledger_day *d)
{
    struct ledger_totals t = {0};
    bool counted = day_totals(s->ledger, d->date, NULL, &t, NULL) == LEDGER_OK;
    bool closed = strcmp(d->state, "closed") == 0;
    enum ledger_result found;
    return json_pack("{s:o, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "date", json_day(d->date), "state", d->state, "agreement", d->agreement,
                     "opened_at", json_time(s, d->opened_ms), "cut_at", json_time(s, d->cut_ms), "closed_at", json_time(s, d->closed_ms),
                     "totals", counted ? totals_json(&t) : json_null(), "lists", closed ? json_array() : steps_json(s),
                     "differences", differences_json(s, d->date, &found, NULL));
}

static void answer_day(struct service *s, struct rpc_call *call, enum ledger_result result, const struct ledger_day *d, const struct error *err)
{
    if (result != LEDGER_OK) {
        refuse_result(s, call, result, err);
        return;
    }
    answer(s, call, day_json(s, d));
    service_changed(s);
}

void rpc_day_open(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    struct ledger_day d;
    struct error err = {0};
    const char *text, *approval = NULL;
    day_t date;
    if (!rpc_params(server_rpc(s->server), call, "{s:s, s?s}", "date", &text, "approval", &approval) || !take_day(s, call, text, &date)) return;
    enum ledger_result result = day_open(s->ledger, date, session_of(call)->operator.number, &err);
    if (result == LEDGER_OK) result = day_get(s->ledger, date, &d, &err);
    answer_day(s, call, result, &d, &err);
}

void rpc_day_state(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    struct ledger_day d;
    struct error err = {0};
    const char *text = NULL;
    day_t date = DAY_NONE;
    if (!rpc_params(server_rpc(s->server), call, "{s?s}", "date", &text) || (text && !take_day(s, call, text, &date))) return;
    enum ledger_result result = text ? day_get(s->ledger, date, &d, &err) : day_now(s->ledger, &d, &err);
    answer_day(s, call, result, &d, &err);
}

/* Asked, or not to be asked now: the day as it stands. */
static void agreed(struct service *s, struct rpc_call *call)
{
    const char *text = json_string_value(json_object_get(call->params, "date"));
    struct ledger_day d;
    struct error err = {0};
    day_t date = DAY_NONE;
    day_parse(text ? text : "", &date);
    enum ledger_result result = day_get(s->ledger, date, &d, &err);
    answer_day(s, call, result, &d, &err);
}

/* stage "begin": no more money is taken, tills are counted. "close": cut off, closed,
 * and the utility asked whether it agrees; the link need not be there for it. */
void rpc_day_close(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    struct session *session = session_of(call);
    struct ledger_day d;
    struct ledger_two two;
    struct error err = {0};
    const char *text, *stage = "close", *approval = NULL;
    day_t date;
    if (!rpc_params(server_rpc(s->server), call, "{s:s, s?s, s?s}", "date", &text, "stage", &stage, "approval", &approval) ||
        !take_day(s, call, text, &date))
        return;
    enum ledger_result result = day_now(s->ledger, &d, &err);
    if (result == LEDGER_OK && (d.date != date || strcmp(d.state, "closed") == 0)) {
        result = LEDGER_STATE;
        error_all(&err, "the day was not closed", text, "it is not the day at work", NULL);
    }
    if (result == LEDGER_OK && strcmp(stage, "begin") == 0) {
        result = day_closing(s->ledger, session->operator.number, &d, &err);
        answer_day(s, call, result, &d, &err);
        return;
    }
    two_of(session, call, &two);
    if (result == LEDGER_OK && strcmp(d.state, "cut off") != 0) {
        result = day_cut_off(s->ledger, &two, &d, &err);
        two.token = NULL; /* one word for both halves of the act */
    }
    if (result == LEDGER_OK) result = day_close(s->ledger, &two, &d, &err);
    if (result == LEDGER_OK) agree_day(s, date, call, agreed);
    else refuse_result(s, call, result, &err);
}

void rpc_agree(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    const char *text;
    day_t date;
    if (!rpc_params(server_rpc(s->server), call, "{s:s}", "date", &text) || !take_day(s, call, text, &date)) return;
    if (link_up(s->link)) agree_day(s, date, call, agreed);
    else refuse(s, call, RPC_LINK, "link", "the utility cannot be asked now", "the link is down", "it is asked by itself once the link is back");
}

void rpc_clock_confirm(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    struct ledger_two two;
    struct error err = {0};
    const char *approval = NULL;
    if (!rpc_params(server_rpc(s->server), call, "{s?s}", "approval", &approval)) return;
    two_of(session_of(call), call, &two);
    enum ledger_result result = ledger_clock_confirm(s->ledger, &two, &err);
    if (result == LEDGER_OK) {
        s->startup.clock_wrong = false;
        answer(s, call, NULL);
        service_changed(s);
    } else {
        refuse_result(s, call, result, &err);
    }
}

/* --- figures ---------------------------------------------------------------------------- */

void rpc_totals(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    struct ledger_totals t = {0};
    struct error err = {0};
    const struct session *session = session_of(call);
    const char *text, *teller = NULL;
    day_t day;
    if (!rpc_params(server_rpc(s->server), call, "{s:s, s?s}", "day", &text, "teller", &teller) || !take_day(s, call, text, &day)) return;
    if (strcmp(session->operator.role, "teller") == 0) teller = session->operator.number; /* his own only */
    enum ledger_result result = day_totals(s->ledger, day, teller, &t, &err);
    if (result == LEDGER_OK) answer(s, call, totals_json(&t));
    else refuse_result(s, call, result, &err);
}

static void make_report(struct service *s, struct rpc_call *call,
                        json_t *(*make)(struct service *s, const struct report_ask *ask, enum ledger_result *result, struct error *err))
{
    struct session *session = session_of(call);
    struct report_ask ask = {.english = strcmp(session->language, "en") == 0, .terminal = session->terminal, .signer = session->operator.name};
    struct error err = {0};
    enum ledger_result result;
    const char *text;
    if (!rpc_params(server_rpc(s->server), call, "{s:s, s:s, s?s}", "name", &ask.name, "day", &text, "teller", &ask.teller) ||
        !take_day(s, call, text, &ask.day))
        return;
    if (strcmp(session->operator.role, "teller") == 0 &&
        (strcmp(ask.name, "teller") != 0 || (ask.teller && strcmp(ask.teller, session->operator.number) != 0))) {
        refuse(s, call, RPC_WHO, "role", "not allowed", "a teller sees his own report", NULL);
        return;
    }
    if (ask.teller == NULL) ask.teller = session->operator.number;
    json_t *report = make(s, &ask, &result, &err);
    if (report) answer(s, call, report);
    else refuse_result(s, call, result, &err);
}

void rpc_report(void *ctx, struct rpc_call *call) { make_report(ctx, call, report_make); }
void rpc_report_paper(void *ctx, struct rpc_call *call) { make_report(ctx, call, report_paper); }
