/* Exceptions worked off one by one: what the utility put elsewhere than it was
 * meant, what came back short, messages that were set aside. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/money.h"
#include "base/text.h"
#include "counter/counter.h"

struct exceptions { struct view view; json_t *rows; };

static const char *what_is(const json_t *card)
{
    const char *state = js_text(card, "state");
    if (!strcmp(state, "short")) return _("undo came short");
    if (strcmp(state, "excepted")) return _("message set aside");
    if (js_int(card, "lies.SU")) return _("in suspense");
    if (js_int(card, "lies.PP") > js_int(card, "prepaid_fen")) return _("became credit");
    return !strcmp(js_text(card, "response"), "12") ? _("UNDONE THERE") : _("not as meant");
}

static const char *cell(void *ctx, int at, const struct form_field *field, char *buf, size_t size)
{
    const struct exceptions *s = ctx;
    const json_t *card = json_array_get(s->rows, (size_t)at);
    const char *day = js_text(card, "business_date");
    if (!strcmp(field->name, "mark")) return "";
    if (!strcmp(field->name, "key")) return js_text(card, "key_short");
    if (!strcmp(field->name, "amount")) return view_format(field, js_at(card, "total_fen"), buf, size);
    if (!strcmp(field->name, "what")) return what_is(card);
    if (!strcmp(field->name, "day")) return strlen(day) == 10 ? day + 5 : day;
    return js_text(card, field->name);
}

static void listed(struct counter *c, int64_t waits, const json_t *result, const struct rpc_error *error)
{
    struct exceptions *s = screen_state(c, &screen_exceptions);
    if (waits) busy_end(c);
    if (error) {
        if (waits) refuse_error(c, error);
        return;
    }
    js_keep(&s->rows, (json_t *)result);
    list_show(&s->view, cell, s, s->rows);
    counter_dirty(c);
}

static void ask(struct counter *c, bool waits)
{
    if (waits) busy_start(c, _("Asking for the exceptions"));
    call(c, "exceptions", NULL, listed, waits);
}

static void begin(struct counter *c, void *state, const json_t *arg)
{
    struct exceptions *s = state;
    screen_form(c, s, "exceptions");
    view_blank(&s->view);
    js_keep(&s->rows, NULL);
    s->view.list.at = s->view.list.top = 0;
    list_show(&s->view, cell, s, NULL);
    view_focus(&s->view, "answer");
    ask(c, true);
}

static void settled(struct counter *c, int64_t tag, const json_t *result, const struct rpc_error *error)
{
    busy_end(c);
    if (error) refuse_error(c, error);
    else say(c, "%s", _("It is settled."));
    ask(c, false);
}

static void settle(struct counter *c, const json_t *card, const char *how, const char *what)
{
    char words[SAY_SIZE], sum[MONEY_TEXT_SIZE];
    snprintf(words, sizeof words, "%s\n%s  %s  %s", what, js_text(card, "key_short"), js_text(card, "customer"),
             money_format_grouped(js_int(card, "total_fen"), sum, sizeof sum));
    act_go(c, "settle", json_pack("{s:s, s:s}", "key", js_text(card, "key"), "act", how), words, settled, 0);
}

static void press(struct counter *c, void *state, struct press press)
{
    struct exceptions *s = state;
    const json_t *card = list_row(&s->view, s->rows);
    bool shorted = card && !strcmp(js_text(card, "state"), "short");
    if (list_press(c, &s->view, press)) return;
    if (press.code == PRESS_FN(12)) screen_back(c);
    if (press.code == PRESS_FN(5)) ask(c, true);
    char letter = press.code < PRESS_F ? fields_letter(&s->view, press) : 0;
    if (!letter || !card) return;
    if (shorted && strchr("ABD", letter)) {
        settle(c, card, letter == 'A' ? "short-teller" : letter == 'B' ? "short-utility" : "short-loss",
               _("What did not come back is borne by one of three: A the teller, B the utility, D the bank"));
        return;
    }
    switch (letter) {
    case 'K': settle(c, card, "keep", _("It is settled: the money stays with the customer's account")); break;
    case 'G': settle(c, card, "give-back", _("It is settled: the money is given back")); break;
    case 'R': screen_open(c, &screen_refund, card); break;
    case 'C': screen_open(c, &screen_transfer, card); break;
    case 'T': screen_open(c, &screen_turn, card); break;
    case 'F': screen_open(c, &screen_queue, NULL); break;
    default: refuse(c, "%s", _("That can't be done with this one.")); break;
    }
}

static void paint(struct counter *c, void *state)
{
    struct exceptions *s = state;
    const json_t *card = list_row(&s->view, s->rows), *one;
    char parts[VIEW_TEXT_SIZE] = "", sum[MONEY_TEXT_SIZE];
    size_t i, at = 0;
    static const struct { const char *place, *words; } places[] = {
        {"BL", N_("paid the bill")}, {"PP", N_("credit")}, {"SU", N_("suspense")}, {"RV", N_("undone")}};
    view_setf(&s->view, "title", _("%d open"), s->view.list.count);
    view_setf(&s->view, "taken", "%s  %s  %s %s", clock_of(js_text(card, "recorded_at")), js_text(card, "terminal"), js_text(card, "teller_name"),
              js_text(card, "invoice.number"));
    json_array_foreach(js_at(card, "disposition"), i, one) {
        const char *words = js_text(one, "place");
        for (size_t p = 0; p < sizeof places / sizeof places[0]; p++)
            if (!strcmp(places[p].place, words)) words = _(places[p].words);
        int n = at < sizeof parts ? snprintf(parts + at, sizeof parts - at, "%s%s: %s", at ? ", " : "", words,
                                             money_format_grouped(js_int(one, "amount_fen"), sum, sizeof sum)) : -1;
        if (n > 0) at += (size_t)n;
    }
    view_setf(&s->view, "says", "%s %s", js_text(card, "reason"), parts);
    const char *state_now = js_text(card, "state");
    view_set(&s->view, "next", !card ? "" : !strcmp(state_now, "short") ? _("A the teller bears it   B the utility   D the bank")
             : !strcmp(state_now, "excepted") ? _("K keep as credit   R refund   C correct number   T reverse today")
             : _("F send it again   K keep   G give back"));
    view_set(&s->view, "who", !card ? (s->rows ? _("Nothing is open.") : "") : js_true(card, "held") ? _("waits for the teller") : "");
}

static void changed(struct counter *c, void *state, const char *what, const json_t *params)
{
    if (screen_now(c) == &screen_exceptions && (!strcmp(what, "again") || !strcmp(what, "payment"))) ask(c, false);
}

const struct screen screen_exceptions = {
    .name = "exceptions", .title = N_("Exceptions"), .roles = ROLE_SUPERVISOR | ROLE_TELLER, .state_size = sizeof(struct exceptions),
    .held = offsetof(struct exceptions, rows), .open = begin, .press = press, .paint = paint, .changed = changed,
};
