/* The branch now, for the supervisor: tills, link, queue, what waits, payments by
 * the hour. Refreshes by itself; the cursor stays on its till. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/money.h"
#include "base/text.h"
#include "counter/counter.h"

#define REFRESH_S 5
#define BAR_MAX 40
#define HOURS 24
#define HOUR_ROWS 4

struct branch { struct view view; json_t *now; int seconds; bool by_teller; int64_t by_hour[HOURS]; };

static const json_t *till_at(const struct branch *s, int row) { return json_array_get(js_at(s->now, "tills"), (size_t)row); }

/* What became of the last paper at this terminal; trouble in the printer's own words. */
static const char *printer(const json_t *paper, char *buf, size_t size)
{
    const char *words = js_text(paper, "words"), *outcome = js_text(paper, "outcome");
    if (!*outcome) return "-";
    bool fine = !strcmp(outcome, "confirmed") || !strcmp(outcome, "handed-over") || !strcmp(outcome, "sending");
    snprintf(buf, size, "%.5s %s", clock_of(js_text(paper, "at")), !fine && *words ? words : word_outcome(outcome));
    return buf;
}

static const char *cell(void *ctx, int row, const struct form_field *field, char *buf, size_t size)
{
    const struct branch *s = ctx;
    const json_t *till = till_at(s, row);
    const char *since = js_text(till, "since");
    if (!strcmp(field->name, "mark")) return "";
    if (!strcmp(field->name, "teller")) return js_text(till, "operator_name");
    if (!strcmp(field->name, "state")) return word_state(js_text(till, "state"));
    if (!strcmp(field->name, "since")) return snprintf(buf, size, "%.5s", clock_of(since)), buf;
    if (!strcmp(field->name, "printer")) return printer(js_at(till, "paper"), buf, size);
    if (!strcmp(field->name, "cash")) return view_format(field, js_at(till, "cash_fen"), buf, size);
    if (!strcmp(field->name, "over")) return js_true(till, "over_limit") ? _("OVER LIMIT") : "";
    return view_format(field, js_at(till, field->name), buf, size);
}

static void came(struct counter *c, int64_t waits, const json_t *result, const struct rpc_error *error)
{
    struct branch *s = screen_state(c, &screen_branch);
    size_t i;
    json_t *hour;
    if (waits) busy_end(c);
    if (error) {
        if (waits) refuse_error(c, error);
        return;
    }
    js_keep(&s->now, (json_t *)result);
    s->view.list.count = (int)json_array_size(js_at(result, "tills"));
    memset(s->by_hour, 0, sizeof s->by_hour);
    json_array_foreach(js_at(result, "hours"), i, hour) {
        int64_t at = js_int(hour, "hour");
        if (at >= 0 && at < HOURS) s->by_hour[at] += js_int(hour, "payments");
    }
    counter_dirty(c);
}

static void ask(struct counter *c, struct branch *s, bool waits)
{
    s->seconds = 0;
    if (waits) busy_start(c, _("Asking how the branch is"));
    call(c, "branch_now", NULL, came, waits);
}

static void begin(struct counter *c, void *state, const json_t *arg)
{
    struct branch *s = state;
    screen_form(c, s, "branch");
    s->view.list.cell = cell;
    s->view.list.ctx = s;
    view_set(&s->view, "answer", "");
    view_focus(&s->view, "answer");
    ask(c, s, true);
}

static void opened(struct counter *c, int64_t tag, const json_t *result, const struct rpc_error *error)
{
    busy_end(c);
    if (error) refuse_error(c, error);
    else say(c, "%s", _("The business day is open."));
    ask(c, screen_state(c, &screen_branch), false);
}

static void open_day(struct counter *c)
{
    char now[CLOCK_SIZE];
    session_now(c, now, sizeof now);
    now[strcspn(now, "T")] = 0;
    busy_firm(c, _("Opening the business day"));
    call_approved(c, "day_open", json_pack("{s:s}", "date", now), _("A business day is opened"), opened, 0);
}

/* The till of a teller who is absent, under the cursor. */
static void close_absent(struct counter *c, const struct branch *s)
{
    const json_t *till = till_at(s, s->view.list.at);
    if (till) screen_open(c, &screen_count_force, till);
}

static void press(struct counter *c, void *state, struct press press)
{
    struct branch *s = state;
    if (list_press(c, &s->view, press)) return;
    if (press.code == PRESS_FN(5)) ask(c, s, true);
    switch (press.code < PRESS_F ? answer_letter(&s->view, press) : 0) {
    case 'D': open_day(c); break;
    case 'S': screen_open(c, &screen_day, NULL); break;
    case 'B': s->by_teller = !s->by_teller; break;
    case 'F': close_absent(c, s); break;
    case 'V': screen_open(c, &screen_vault, NULL); break;
    case 'E': screen_open(c, &screen_exceptions, NULL); break;
    case 'R': screen_open(c, &screen_report, NULL); break;
    default: break;
    }
}

static const char *const bar_rows[HOUR_ROWS] = {"hour1", "hour2", "hour3", "hour4"};

static void bar_row(struct branch *s, int row, const char *label, int64_t payments, int64_t most)
{
    char bar[BAR_MAX + 1];
    size_t cells = (size_t)(payments * BAR_MAX / (most > 0 ? most : 1));
    memset(bar, '#', cells);
    bar[cells] = 0;
    view_setf(&s->view, bar_rows[row], "%s %s %lld", label, bar, (long long)payments);
}

/* The last hours, up to this one. */
static void hours(const struct counter *c, struct branch *s)
{
    char now[CLOCK_SIZE], label[4];
    int64_t most = 1;
    session_now(c, now, sizeof now);
    int last = HOURS - 1, this_hour = atoi(clock_of(now)) % HOURS;
    while (last > this_hour && !s->by_hour[last]) last--;
    for (int i = 0; i < HOURS; i++) most = s->by_hour[i] > most ? s->by_hour[i] : most;
    int hour = last < HOUR_ROWS ? 0 : last - HOUR_ROWS + 1;
    for (int row = 0; row < HOUR_ROWS; hour++, row++) {
        snprintf(label, sizeof label, "%02d", hour % HOURS);
        bar_row(s, row, label, s->by_hour[hour], most);
    }
}

/* The tellers with the most payments, as many as there are rows. */
static void tellers(struct branch *s)
{
    json_t *sums = json_object(), *hour, *sum;
    const char *number;
    size_t i;
    int64_t most = 0;
    json_array_foreach(js_at(s->now, "hours"), i, hour)
        json_object_set_new(sums, js_text(hour, "operator"),
                            json_integer(js_int(sums, js_text(hour, "operator")) + js_int(hour, "payments")));
    for (int row = 0; row < HOUR_ROWS; row++) {
        const char *best = NULL;
        int64_t best_sum = -1;
        json_object_foreach(sums, number, sum)
            if (json_integer_value(sum) > best_sum) best = number, best_sum = json_integer_value(sum);
        view_set(&s->view, bar_rows[row], "");
        if (!best) continue;
        if (row == 0) most = best_sum;
        bar_row(s, row, best, best_sum, most);
        json_object_del(sums, best);
    }
    json_decref(sums);
}

static void paint(struct counter *c, void *state)
{
    struct branch *s = state;
    struct view *view = &s->view;
    const char *since = js_text(s->now, "link.since"), *made = js_text(s->now, "copy.made_at");
    char now[CLOCK_SIZE], waits[VIEW_TEXT_SIZE] = "";
    size_t i, at = 0;
    json_t *one;
    session_now(c, now, sizeof now);
    view_set(view, "as-of", strlen(now) > 11 ? now + 11 : "");
    view_setf(view, "day", "%s %s  %s", js_text(s->now, "business_date"), word_state(js_text(s->now, "day_state")),
              word_state(js_text(s->now, "agreement")));
    if (js_true(s->now, "link.up")) view_setf(view, "line", _("on line %lld ms"), (long long)js_int(s->now, "link.rtt_ms"));
    else view_setf(view, "line", _("OFF LINE since %.5s"), strlen(since) > 11 ? since + 11 : "--:--");
    view_setf(view, "waiting", _("%lld waiting, %lld set aside"), (long long)js_int(s->now, "queue"),
              (long long)js_int(s->now, "parked"));
    json_array_foreach(js_at(s->now, "attention"), i, one) {
        int n = at < sizeof waits ? snprintf(waits + at, sizeof waits - at, "%s%s %lld", i ? "; " : "",
                                             word_kind(js_text(one, "kind")), (long long)js_int(one, "count")) : -1;
        if (n > 0) at += (size_t)n;
    }
    view_set(view, "attention", *waits ? waits : _("nothing"));
    view_money(view, "vault", js_int(s->now, "vault_fen"));
    view_setf(view, "copy", "%.10s %.5s  %lld", made, clock_of(made), (long long)js_int(s->now, "copy.bills"));
    view_setf(view, "payments", "%lld", (long long)js_int(s->now, "totals.payments"));
    view_money(view, "sum", js_int(s->now, "totals.payments_fen"));
    view_set(view, "bars", s->by_teller ? _("By teller") : _("By hour"));
    if (s->by_teller) tellers(s);
    else hours(c, s);
}

static void changed(struct counter *c, void *state, const char *what, const json_t *params)
{
    struct branch *s = state;
    if (screen_now(c) != &screen_branch || c->locked) return;
    if (!strcmp(what, "tick") && ++s->seconds >= REFRESH_S) ask(c, s, false);
}

const struct screen screen_branch = {
    .name = "branch", .title = N_("The branch now"), .roles = ROLE_SUPERVISOR, .state_size = sizeof(struct branch),
    .held = offsetof(struct branch, now), .open = begin, .press = press, .paint = paint, .changed = changed,
};
