/* Prepaid credit goes back in cash: on line only, two people, then handed back with
 * a slip. Opened from an exception it refunds what that payment left as credit. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/money.h"
#include "base/text.h"
#include "counter/counter.h"

struct refund { struct view view; json_t *found, *source; const char *place; };

static void begin(struct counter *c, void *state, const json_t *arg)
{
    struct refund *s = state;
    char sum[MONEY_TEXT_SIZE];
    int64_t credit = js_int(arg, "lies.PP"), suspense = js_int(arg, "lies.SU");
    screen_form(c, s, "refund");
    view_blank(&s->view);
    js_keep(&s->found, NULL);
    js_keep(&s->source, (json_t *)arg);
    s->place = suspense ? "SU" : "PP";
    view_focus(&s->view, arg ? "answer" : "customer");
    if (!arg) return;
    view_set(&s->view, "customer", js_text(arg, "customer"));
    view_set(&s->view, "sum", money_format(suspense ? suspense : credit, sum, sizeof sum));
}

static void found(struct counter *c, int64_t tag, const json_t *result, const struct rpc_error *error)
{
    struct refund *s = screen_state(c, &screen_refund);
    char sum[MONEY_TEXT_SIZE];
    busy_end(c);
    if (error) {
        js_keep(&s->found, NULL);
        refuse_error(c, error);
        return;
    }
    js_keep(&s->found, (json_t *)result);
    view_set(&s->view, "sum", js_int(result, "credit_fen") > 0 ? money_format(js_int(result, "credit_fen"), sum, sizeof sum) : "");
    view_focus(&s->view, "sum");
}

static void look_up(struct counter *c, struct refund *s)
{
    if (!*view_get(&s->view, "customer")) return;
    js_keep(&s->source, NULL);
    s->place = "PP";
    busy_start(c, _("Looking the customer up"));
    call(c, "lookup", json_pack("{s:s}", "customer", view_get(&s->view, "customer")), found, 0);
}

static void refunded(struct counter *c, int64_t tag, const json_t *card, const struct rpc_error *error)
{
    busy_end(c);
    if (error) {
        refuse_error(c, error);
        return;
    }
    session_last(c, card);
    begin(c, screen_state(c, &screen_refund), NULL);
    say(c, "%s", _("Asked of the utility. Once it has approved, F6 hands the cash back with a slip."));
}

static void refund(struct counter *c, struct refund *s)
{
    int64_t fen;
    char words[SAY_SIZE], sum[MONEY_TEXT_SIZE];
    if (!s->found && !s->source) {
        view_focus(&s->view, "customer");
        refuse(c, "%s", _("Look the customer up first."));
        return;
    }
    if (money_parse(view_get(&s->view, "sum"), &fen, NULL) || fen <= 0) {
        view_focus(&s->view, "sum");
        refuse(c, "%s", _("Type the sum first, like 5000 or 812.50."));
        return;
    }
    json_t *params = json_pack("{s:I, s:s}", "sum_fen", (json_int_t)fen, "place", s->place);
    if (s->source) json_object_set_new(params, "source", json_string(js_text(s->source, "key")));
    else json_object_set_new(params, "token", json_string(js_text(s->found, "token")));
    snprintf(words, sizeof words, "%s\n%s %s  %s", _("Credit is refunded in cash"), js_text(s->source ? s->source : s->found, "customer"),
             js_text(s->source ? s->source : s->found, "name"), money_format_grouped(fen, sum, sizeof sum));
    act_go(c, "refund", params, words, refunded, 0);
}

static void press(struct counter *c, void *state, struct press press)
{
    struct refund *s = state;
    bool customer = !strcmp(view_focused(&s->view), "customer");
    if (press.code == PRESS_FN(12)) begin(c, s, NULL);
    else if (customer && press.code == PRESS_ENTER) look_up(c, s);
    else if (press.code < PRESS_F && fields_letter(&s->view, press) == 'R') refund(c, s);
}

static void paint(struct counter *c, void *state)
{
    struct refund *s = state;
    const json_t *who = s->source ? s->source : s->found;
    view_set(&s->view, "name", js_text(who, "name"));
    view_set(&s->view, "address", js_text(who, "address"));
    if (s->found && js_has(s->found, "credit_fen")) view_money(&s->view, "credit", js_int(s->found, "credit_fen"));
    else view_set(&s->view, "credit", s->source ? view_get(&s->view, "sum") : "");
    view_setf(&s->view, "of", "%s %s", s->source ? js_text(s->source, "key_short") : "", !s->source ? "" : !strcmp(s->place, "SU") ? _("in suspense") : _("became credit"));
}

const struct screen screen_refund = {
    .name = "refund", .title = N_("Refund of prepaid credit"), .roles = ROLE_TELLER, .state_size = sizeof(struct refund),
    .held = offsetof(struct refund, found), .held_more = 1, .open = begin, .press = press, .paint = paint,
};
