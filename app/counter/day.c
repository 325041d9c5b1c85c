/* The business day: opened, its steps to the close, agreed with the utility. The
 * steps are branchd's; this screen shows each with what is still to do. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "counter/counter.h"

#define REFRESH_S 2
#define BAR_CELLS 16

struct day { struct view view; json_t *day; int seconds; int64_t queue_at_first; bool agreed; };

/* branchd's names of the steps, and the two that follow them. */
static const struct { const char *name, *title; } steps[] = {
    {"tills", N_("Tills closed and counted")},   {"unanswered", N_("No payment without an outcome")},
    {"doubts", N_("Doubts settled")},            {"paper", N_("Void paper seen or missing")},
    {"vault", N_("Vault counted by two")},       {"queue", N_("Queue drained or carried over")},
};
#define STEPS ((int)(sizeof steps / sizeof steps[0]))

static const json_t *step_of(const struct day *s, const char *name)
{
    size_t i;
    json_t *one;
    json_array_foreach(js_at(s->day, "lists"), i, one)
        if (!strcmp(js_text(one, "name"), name)) return one;
    return NULL;
}

static bool state_is(const struct day *s, const char *state) { return !strcmp(js_text(s->day, "state"), state); }

static void came(struct counter *c, int64_t waits, const json_t *result, const struct rpc_error *error)
{
    struct day *s = screen_state(c, &screen_day);
    if (waits) busy_end(c);
    if (error) {
        if (waits) refuse_error(c, error);
        return;
    }
    js_keep(&s->day, (json_t *)result);
    counter_dirty(c);
}

static void ask(struct counter *c, struct day *s, bool waits)
{
    s->seconds = 0;
    if (waits) busy_start(c, _("Asking how the day stands"));
    call(c, "day_state", NULL, came, waits);
}

static void begin(struct counter *c, void *state, const json_t *arg)
{
    struct day *s = state;
    char now[CLOCK_SIZE];
    screen_form(c, s, "day");
    session_now(c, now, sizeof now);
    now[strcspn(now, "T")] = 0;
    view_set(&s->view, "date", now);
    view_set(&s->view, "answer", "");
    view_focus(&s->view, "answer");
    js_keep(&s->day, NULL);
    s->queue_at_first = 0;
    ask(c, s, true);
}

enum { DAY_OPENED = 1, DAY_BEGUN, DAY_CLOSED, DAY_ASKED, CLOCK_CONFIRMED };

static void done(struct counter *c, int64_t what, const json_t *result, const struct rpc_error *error)
{
    static const char *const words[] = {[DAY_OPENED] = N_("The business day is open."),
        [DAY_BEGUN] = N_("No more money is taken. Tills are counted and closed now."),
        [DAY_CLOSED] = N_("The day is closed. Its reports can be printed: R Enter."), [DAY_ASKED] = N_("The utility was asked."),
        [CLOCK_CONFIRMED] = N_("Date and time are confirmed.")};
    struct day *s = screen_state(c, &screen_day);
    busy_end(c);
    if (error) {
        refuse_error(c, error);
        ask(c, s, false);
        return;
    }
    if (what != CLOCK_CONFIRMED) js_keep(&s->day, (json_t *)result);
    say(c, "%s", _(words[what]));
}

static void open_day(struct counter *c, struct day *s)
{
    act_go(c, "day_open", json_pack("{s:s}", "date", view_get(&s->view, "date")), _("A business day is opened"), done, DAY_OPENED);
}

static void close_day(struct counter *c, struct day *s, const char *stage, int64_t tag)
{
    act_go(c, "day_close", json_pack("{s:s, s:s}", "date", js_text(s->day, "date"), "stage", stage), _("The business day is closed"), done, tag);
}

static void agree(struct counter *c, struct day *s)
{
    busy_start(c, _("Asking the utility"));
    call(c, "agree", json_pack("{s:s}", "date", js_text(s->day, "date")), done, DAY_ASKED);
}

/* Where the first thing that is in the way is settled. */
static void go_to_step(struct counter *c, struct day *s)
{
    static const struct { const char *name; const struct screen *screen; } where[] = {
        {"tills", &screen_branch}, {"unanswered", &screen_todo}, {"doubts", &screen_todo},
        {"paper", &screen_void},   {"vault", &screen_vault},     {"queue", &screen_queue},
    };
    for (size_t i = 0; i < sizeof where / sizeof where[0]; i++) {
        const json_t *step = step_of(s, where[i].name);
        if (!step || !js_int(step, "left")) continue;
        screen_open(c, where[i].screen, NULL);
        return;
    }
    say(c, "%s", _("Nothing is in the way."));
}

static void go_differences(struct counter *c, struct day *s)
{
    json_t *arg = json_pack("{s:s}", "date", js_text(s->day, "date"));
    screen_open(c, &screen_difference, arg);
    json_decref(arg);
}

static void press(struct counter *c, void *state, struct press press)
{
    struct day *s = state;
    if (press.code == PRESS_FN(5)) {
        ask(c, s, true);
        return;
    }
    if (press.code == PRESS_FN(12)) screen_back(c);
    switch (press.code < PRESS_F ? fields_letter(&s->view, press) : 0) {
    case 'O': open_day(c, s); break;
    case 'B': close_day(c, s, "begin", DAY_BEGUN); break;
    case 'X': close_day(c, s, "close", DAY_CLOSED); break;
    case 'A': agree(c, s); break;
    case 'D': go_differences(c, s); break;
    case 'R': screen_open(c, &screen_report, NULL); break;
    case 'G': go_to_step(c, s); break;
    case 'C': act_go(c, "clock_confirm", json_object(), _("Date and time of this machine are right"), done, CLOCK_CONFIRMED); break;
    default: break;
    }
}

static void mark(struct day *s, int row, bool is, const char *words)
{
    char name[FORM_NAME_SIZE];
    snprintf(name, sizeof name, "mark%d", row);
    view_set(&s->view, name, is ? "[x]" : "[ ]");
    snprintf(name, sizeof name, "words%d", row);
    view_set(&s->view, name, words);
}

/* How far the queue has drained since this screen was opened. */
static void queue_bar(struct day *s, int64_t left, char *words, size_t size)
{
    char bar[BAR_CELLS + 1];
    if (left > s->queue_at_first) s->queue_at_first = left;
    int full = s->queue_at_first ? (int)((s->queue_at_first - left) * BAR_CELLS / s->queue_at_first) : BAR_CELLS;
    memset(bar, '.', BAR_CELLS);
    memset(bar, '#', (size_t)full);
    bar[BAR_CELLS] = 0;
    if (left) snprintf(words, size, _("%lld left  [%s]"), (long long)left, bar);
    else snprintf(words, size, "%s", _("done"));
}

static void paint(struct counter *c, void *state)
{
    struct day *s = state;
    char words[VIEW_TEXT_SIZE], name[FORM_NAME_SIZE];
    const char *agreement = js_text(s->day, "agreement");
    bool closed = state_is(s, "closed");
    view_setf(&s->view, "day", "%s  %s", js_text(s->day, "date"), word_state(js_text(s->day, "state")));
    for (int i = 0; i < STEPS; i++) {
        const json_t *step = step_of(s, steps[i].name);
        int64_t left = js_int(step, "left");
        snprintf(name, sizeof name, "step%d", i + 1);
        view_set(&s->view, name, _(steps[i].title));
        if (!strcmp(steps[i].name, "queue") && step) queue_bar(s, left, words, sizeof words);
        else if (left) snprintf(words, sizeof words, _("%lld still to do: G Enter"), (long long)left);
        else snprintf(words, sizeof words, "%s", closed || step ? _("done") : "");
        mark(s, i + 1, closed || js_true(step, "done"), words);
    }
    mark(s, 7, closed || state_is(s, "cut off"), clock_of(js_text(s->day, "cut_at")));
    mark(s, 8, !strcmp(agreement, "agreed"), *agreement ? word_state(agreement) : "");
    view_money(&s->view, "kept", js_int(s->day, "totals.payments_fen") - js_int(s->day, "totals.reversed_fen"));
    view_money(&s->view, "answered", js_int(s->day, "totals.answered_fen") - js_int(s->day, "totals.answered_reversed_fen"));
    view_money(&s->view, "queued", js_int(s->day, "totals.queued_fen"));
    view_setf(&s->view, "count", "%lld", (long long)js_int(s->day, "totals.payments"));
    view_set(&s->view, "stopped", js_text(c->state, "stopped"));
}

static void changed(struct counter *c, void *state, const char *what, const json_t *params)
{
    struct day *s = state;
    if (screen_now(c) != &screen_day || c->locked) return;
    if ((!strcmp(what, "tick") && ++s->seconds >= REFRESH_S) || !strcmp(what, "again")) ask(c, s, false);
}

const struct screen screen_day = {
    .name = "day", .title = N_("The business day: open, close, agree"), .roles = ROLE_SUPERVISOR, .state_size = sizeof(struct day),
    .held = offsetof(struct day, day), .open = begin, .press = press, .paint = paint, .changed = changed,
};
