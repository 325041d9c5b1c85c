/* The line to the bank, for the technician: peer, certificates and their expiry, round
 * trips, queue, last error. Asked anew every five seconds while it is looked at. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "counter/counter.h"

#define REFRESH_S 5
#define DAYS_WARN 30 /* a certificate with fewer left is said loudly */

struct link { struct view view; json_t *now; int seconds; };

static void came(struct counter *c, int64_t waits, const json_t *result, const struct rpc_error *error)
{
    struct link *s = screen_state(c, &screen_link);
    if (waits) busy_end(c);
    if (error && waits) refuse_error(c, error);
    if (!error) js_keep(&s->now, (json_t *)result);
    counter_dirty(c);
}

static void ask(struct counter *c, struct link *s, bool waits)
{
    s->seconds = 0;
    if (waits) busy_start(c, _("Asking for the line"));
    call(c, "link_status", NULL, came, waits);
}

static void begin(struct counter *c, void *state, const json_t *arg)
{
    struct link *s = state;
    screen_form(c, s, "link");
    view_blank(&s->view);
    ask(c, s, true);
}

static void press(struct counter *c, void *state, struct press press)
{
    if (press.code == PRESS_FN(5)) ask(c, state, true);
    else if (press.code == PRESS_FN(12)) screen_back(c);
}

static void changed(struct counter *c, void *state, const char *what, const json_t *params)
{
    struct link *s = state;
    if (screen_now(c) != &screen_link) return;
    if (!strcmp(what, "tick") && ++s->seconds >= REFRESH_S) ask(c, s, false);
    if (!strcmp(what, "again")) ask(c, s, true);
}

static void certificate(struct view *view, const json_t *one, int n)
{
    char name[FORM_NAME_SIZE];
    int64_t days = js_int(one, "days_left");
    snprintf(name, sizeof name, "file%d", n);
    view_set(view, name, js_text(one, "file"));
    snprintf(name, sizeof name, "pin%d", n);
    view_set(view, name, js_text(one, "pin"));
    snprintf(name, sizeof name, "until%d", n);
    if (!one) view_set(view, name, "");
    else if (*js_text(one, "why")) view_set(view, name, js_text(one, "why"));
    else view_setf(view, name, days < 0 ? _("EXPIRED %.10s") : days < DAYS_WARN ? _("until %.10s, ONLY %lld DAYS LEFT") : _("until %.10s, %lld days left"),
                   js_text(one, "until"), (long long)days);
    view_ink(view, name, one && (days < DAYS_WARN || *js_text(one, "why")) ? INK_ALARM : INK_PLAIN);
}

static void paint(struct counter *c, void *state)
{
    struct link *s = state;
    struct view *view = &s->view;
    const json_t *peer = json_array_get(js_at(s->now, "peers"), 0), *certs = js_at(s->now, "certificates");
    const char *since = js_text(peer, "since"), *made = js_text(s->now, "feed.made_at");
    if (!s->now) return;
    view_set(view, "peer", js_text(peer, "name"));
    view_set(view, "address", js_text(peer, "address"));
    view_setf(view, "state", "%s %s", js_true(peer, "up") ? _("on line since") : js_true(peer, "connected") ? _("connected, NOT SIGNED ON, since") : _("OFF LINE since"),
              since);
    view_ink(view, "state", js_true(peer, "up") ? INK_PLAIN : INK_ALARM);
    if (js_has(peer, "rtt_ms")) view_setf(view, "trip", _("%lld ms"), (long long)js_int(peer, "rtt_ms"));
    else view_set(view, "trip", "-");
    view_setf(view, "answers", _("%lld answered, %lld not"), (long long)js_int(peer, "answered"), (long long)js_int(peer, "unanswered"));
    view_wrap(view, "why", js_text(peer, "why"));
    for (int i = 0; i < 2; i++) certificate(view, json_array_get(certs, (size_t)i), i + 1);
    view_setf(view, "epoch", "%lld %s", (long long)js_int(s->now, "epoch"), js_true(s->now, "epoch_held") ? "" : _("NOT HELD"));
    view_setf(view, "waiting", _("%lld wait, %lld set aside"), (long long)js_int(s->now, "queue"), (long long)js_int(s->now, "parked"));
    view_setf(view, "feed", _("change %lld, made %s, %lld still to come"), (long long)js_int(s->now, "feed.change"), made, (long long)js_int(s->now, "feed.left"));
    view_set(view, "alarm", js_text(s->now, "alarm"));
    view_ink(view, "alarm", INK_ALARM);
}

const struct screen screen_link = {
    .name = "link", .title = N_("The line to the bank"), .roles = ROLE_TECHNICIAN | ROLE_SUPERVISOR, .state_size = sizeof(struct link),
    .held = offsetof(struct link, now), .open = begin, .press = press, .paint = paint, .changed = changed,
};
