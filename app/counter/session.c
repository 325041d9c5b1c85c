/* Who is signed on, and what branchd says by itself. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/date.h"
#include "base/text.h"
#include "counter/account.h"

#define RECENT 10 /* the last payment is among these */
#define PROTOCOL 1
#define DAY_SECONDS 86400
#define HELLO_AGAIN_S 3

bool session_online(const struct counter *c) { return c->rpc.up && c->greeted; }

static void nothing(struct counter *c, int64_t tag, const json_t *result, const struct rpc_error *error) {}

/* --- the branch's time --- */

static int64_t local_seconds(const char *text)
{
    struct civil t;
    day_t day;
    if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d", &t.year, &t.month, &t.day, &t.hour, &t.minute, &t.second) != 6 ||
        !day_from_ymd(t.year, t.month, t.day, &day))
        return -1;
    return (int64_t)day * DAY_SECONDS + (int64_t)t.hour * 3600 + (int64_t)t.minute * 60 + t.second;
}

const char *session_now(const struct counter *c, char *buf, size_t size)
{
    int64_t then = local_seconds(js_text(c->state, "now"));
    struct civil t;
    buf[0] = 0;
    if (then < 0) return buf;
    clock_utc((then + ((int64_t)uv_now(c->loop) - c->state_at_ms) / 1000) * 1000, &t);
    snprintf(buf, size, "%04d-%02d-%02dT%02d:%02d:%02d", t.year, t.month, t.day, t.hour, t.minute, t.second);
    return buf;
}

static void state_keep(struct counter *c, const json_t *state)
{
    js_keep(&c->state, (json_t *)state);
    c->state_at_ms = (int64_t)uv_now(c->loop);
    if (c->signed_on) printing_kick(c);
}

/* --- coming and going of branchd --- */

static void signed_on_alone(struct counter *c, int64_t tag, const json_t *result, const struct rpc_error *error)
{
    busy_end(c);
    if (error) refuse_error(c, error);
    else session_signed_on(c, result);
}

/* Opened signed on: a demonstration, a kiosk. */
static void sign_on_by_itself(struct counter *c)
{
    const struct counter_options *o = &c->options;
    json_t *params = json_pack("{s:s, s:s}", "operator", o->operator_number, "password", o->password);
    const char *state = js_text(c->hello, "till.state");
    if (strcmp(state, "open") != 0) {
        json_object_set_new(params, "float_fen", json_integer(o->float_fen));
        if (js_has(c->hello, "next_number")) json_object_set(params, "next_number", js_at(c->hello, "next_number"));
    }
    busy_start(c, _("Signing on"));
    call(c, "sign_on", params, signed_on_alone, 0);
}

static void greeted(struct counter *c, int64_t tag, const json_t *result, const struct rpc_error *error)
{
    bool first = !c->hello, was_on = c->signed_on;
    if (error) {
        refuse_error(c, error);
        return;
    }
    c->greeted = true;
    js_keep(&c->hello, (json_t *)result);
    js_keep(&c->till, js_at(result, "till"));
    state_keep(c, js_at(result, "state"));
    if (tag) return; /* only the language changed */
    printing_bound(c);
    c->signed_on = c->locked = false;
    if (was_on) {
        screen_close(c, &screen_lock);
        screen_open(c, &screen_signon, NULL);
        say(c, "%s", _("The branch host was away. Sign on again; what you were doing is kept."));
    } else if (screen_now(c) == &screen_signon) {
        screen_signon.changed(c, screen_state(c, &screen_signon), "hello", result);
    }
    if (first && c->options.operator_number) sign_on_by_itself(c);
}

static void hello(struct counter *c, int64_t again)
{
    call_beside(c, "hello", json_pack("{s:s, s:s, s:i}", "terminal", c->options.terminal, "language", c->language,
                               "protocol", PROTOCOL), greeted, again);
}

void session_hello(struct counter *c) { if (c->rpc.up) hello(c, 1); }

void session_up(void *ctx)
{
    struct counter *c = ctx;
    c->greeted = false;
    c->hello_wait_s = 0;
    hello(c, 0);
}

void session_down(void *ctx)
{
    struct counter *c = ctx;
    c->greeted = false;
    counter_dirty(c);
}

static void tell_screens(struct counter *c, const char *what, const json_t *params)
{
    for (int i = 0; i < c->depth; i++) {
        const struct screen *screen = c->slot[c->stack[i]].screen;
        if (screen->changed) screen->changed(c, c->slot[c->stack[i]].state, what, params);
    }
}

/* Outcomes after which cash that a teller thinks is settled is not. */
static bool concerns_cash(const char *forwarded)
{
    return !strcmp(forwarded, "declined") || !strcmp(forwarded, "unknown") || !strcmp(forwarded, "short");
}

static void payment_changed(struct counter *c, const json_t *card)
{
    const char *forwarded = js_text(card, "forwarded");
    bool mine = c->last && !strcmp(js_text(c->last, "key"), js_text(card, "key"));
    bool news = !mine || strcmp(js_text(c->last, "forwarded"), forwarded) != 0;
    if (mine) js_keep(&c->last, (json_t *)card);
    if (mine && news && !account_busy(c)) account_late(c, card);
    if (news && concerns_cash(forwarded)) {
        bool still_here = mine && !collect_begun(c);
        if (still_here) typed_drop(c);
        terminal_bell(&c->terminal, still_here ? 1 : 2);
    }
}

void session_notice(void *ctx, const char *method, const json_t *params)
{
    struct counter *c = ctx;
    if (!strcmp(method, "state")) state_keep(c, params);
    else if (!strcmp(method, "payment")) payment_changed(c, params), account_notice(c, params);
    else if (!strcmp(method, "invoice")) printing_kick(c);
    tell_screens(c, method, params);
    counter_dirty(c);
}

/* --- signing on and off --- */

static void state_asked(struct counter *c, int64_t tag, const json_t *result, const struct rpc_error *error)
{
    if (!error) state_keep(c, result);
}

static void had_last(struct counter *c, int64_t tag, const json_t *result, const struct rpc_error *error)
{
    size_t i;
    json_t *card;
    json_array_foreach(result, i, card) /* a passbook's notice and its like are not what is asked for later */
        if (!c->last && (js_int(card, "total_fen") || json_array_size(js_at(card, "bills")))) js_keep(&c->last, card);
}

static unsigned role_of(const char *role)
{
    if (!strcmp(role, "supervisor")) return ROLE_SUPERVISOR;
    return strcmp(role, "technician") != 0 ? ROLE_TELLER : ROLE_TECHNICIAN;
}

static const struct screen *screen_named(const char *name)
{
    for (int i = 0; name && screens[i]; i++)
        if (!strcmp(screens[i]->name, name)) return screens[i];
    return NULL;
}

void session_signed_on(struct counter *c, const json_t *result)
{
    const char *number = js_text(result, "operator.number");
    bool same = !strcmp(number, c->operator_number) && c->depth > 1;
    js_keep(&c->operator, js_at(result, "operator"));
    js_keep(&c->till, js_at(result, "till"));
    text_copy(c->operator_number, sizeof c->operator_number, number);
    c->role = role_of(js_text(result, "operator.role"));
    c->signed_on = true;
    c->locked = false;
    c->last_press_ms = uv_now(c->loop);
    if (same) {
        screen_close(c, &screen_signon);
    } else {
        js_keep(&c->last, NULL);
        c->depth = 0;
        screen_home(c);
        const struct screen *wanted = screen_named(c->options.open_screen);
        if (wanted && wanted != screen_now(c) && (wanted->roles & c->role)) screen_open(c, wanted, NULL);
    }
    c->must_change = js_true(result, "must_change");
    if (c->must_change) screen_open(c, &screen_password, json_true());
    else if (json_array_size(js_at(result, "acts_to_show"))) screen_open(c, &screen_acts, js_at(result, "acts_to_show"));
    call_beside(c, "state", NULL, state_asked, 0);
    call_beside(c, "recent", json_pack("{s:i}", "limit", RECENT), had_last, 0);
    printing_kick(c);
}

void session_sign_off(struct counter *c)
{
    call_beside(c, "sign_off", NULL, nothing, 0);
    c->signed_on = c->locked = c->must_change = false;
    c->operator_number[0] = 0;
    js_keep(&c->operator, NULL);
    js_keep(&c->last, NULL);
    c->depth = 0;
    typed_drop(c);
    screen_open(c, &screen_signon, NULL);
    session_hello(c); /* till and start-up are another story by now */
}

void session_lock(struct counter *c)
{
    if (!c->signed_on || c->locked) return;
    c->locked = true;
    typed_drop(c);
    call_beside(c, "lock", NULL, nothing, 0);
    screen_open(c, &screen_lock, NULL);
}

void session_tick(struct counter *c)
{
    int64_t idle = (int64_t)(uv_now(c->loop) - c->last_press_ms);
    bool may = c->signed_on && !c->locked && !*c->busy;
    if (c->rpc.up && !c->greeted && ++c->hello_wait_s % HELLO_AGAIN_S == 0) hello(c, 0); /* the terminal was in use */
    if (may && c->options.idle_lock_ms > 0 && idle >= c->options.idle_lock_ms) session_lock(c);
}

void session_last(struct counter *c, const json_t *card)
{
    js_keep(&c->last, (json_t *)card);
    counter_dirty(c);
}
