/* A day out of balance, payment by payment: what is here, what is there, and the
 * acts that mend it, each by two supervisors. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/money.h"
#include "base/text.h"
#include "counter/counter.h"

struct difference { struct view view; json_t *rows; char date[CLOCK_SIZE]; };

static const struct { const char *kind, *text, *next; } kinds[] = {
    {"only here", N_("only here"), N_("T Enter tells the utility again, as an advice under the same key.")},
    {"only there", N_("only there"), N_("The ledger lacks it since a backup was restored: A goes to it to take it up again; else explain with E.")},
    {"not ours", N_("NOT OURS"), N_("ALARM: somebody else speaks in this branch's name. Money stops; ask for a new certificate.")},
    {"amount", N_("another sum"), N_("Ask the utility for its record of this key; explain with E what was found.")},
    {"state", N_("another state"), N_("U Enter undoes it at the utility again, where it was undone here; else explain with E.")},
};

static int kind_of(const json_t *row)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (!strcmp(kinds[i].kind, js_text(row, "kind"))) return (int)i;
    return -1;
}

static const char *cell(void *ctx, int at, const struct form_field *field, char *buf, size_t size)
{
    const struct difference *s = ctx;
    const json_t *row = json_array_get(s->rows, (size_t)at);
    int kind = kind_of(row);
    if (!strcmp(field->name, "mark")) return "";
    if (!strcmp(field->name, "key")) return js_text(row, "key_short");
    if (!strcmp(field->name, "customer")) return js_text(row, "card.customer");
    if (!strcmp(field->name, "ours")) return view_format(field, js_at(row, "ours_fen"), buf, size);
    if (!strcmp(field->name, "theirs")) return view_format(field, js_at(row, "theirs_fen"), buf, size);
    if (!strcmp(field->name, "kind")) return kind < 0 ? "" : _(kinds[kind].text);
    if (!strcmp(field->name, "repair")) return js_has(row, "repair") ? word_state(js_text(row, "repair")) : "";
    return "";
}

static void listed(struct counter *c, int64_t acted, const json_t *result, const struct rpc_error *error)
{
    struct difference *s = screen_state(c, &screen_difference);
    busy_end(c);
    if (error) {
        refuse_error(c, error);
        return;
    }
    js_keep(&s->rows, (json_t *)result);
    list_show(&s->view, cell, s, s->rows);
    view_set(&s->view, "words", "");
    if (acted) say(c, "%s", _("Done. F5 asks the utility again; what agrees then goes from the list."));
}

static void ask(struct counter *c, struct difference *s)
{
    busy_start(c, _("Asking what differs"));
    call(c, "differences", json_pack("{s:s}", "date", s->date), listed, 0);
}

static void agreed(struct counter *c, int64_t tag, const json_t *result, const struct rpc_error *error)
{
    struct difference *s = screen_state(c, &screen_difference);
    busy_end(c);
    if (error) {
        refuse_error(c, error);
        return;
    }
    ask(c, s);
    say(c, "%s", word_state(js_text(result, "agreement")));
}

static void begin(struct counter *c, void *state, const json_t *arg)
{
    struct difference *s = state;
    text_copy(s->date, sizeof s->date, js_has(arg, "date") ? js_text(arg, "date") : js_text(c->state, "business_date"));
    screen_form(c, s, "difference");
    view_blank(&s->view);
    s->view.list.at = s->view.list.top = 0;
    js_keep(&s->rows, NULL);
    list_show(&s->view, cell, s, NULL);
    view_focus(&s->view, "answer");
    ask(c, s);
}

static void repair(struct counter *c, struct difference *s, const char *act, const char *what)
{
    const json_t *row = list_row(&s->view, s->rows);
    char words[SAY_SIZE], sum[MONEY_TEXT_SIZE];
    const char *found = view_get(&s->view, "words");
    if (!row) return;
    if (!strcmp(act, "explain") && !*found) {
        view_focus(&s->view, "words");
        refuse(c, "%s", _("Type first what was found out."));
        return;
    }
    snprintf(words, sizeof words, "%s\n%s  %s  %s", what, js_text(row, "key_short"), js_text(row, "card.customer"),
             money_format_grouped(js_int(row, "ours_fen"), sum, sizeof sum));
    json_t *params = json_pack("{s:s, s:s, s:s}", "date", s->date, "key", js_text(row, "key"), "act", act);
    if (!strcmp(act, "explain")) json_object_set_new(params, "words", json_string(found));
    act_go(c, "repair", params, words, listed, 1);
}

static void adopt(struct counter *c, const json_t *row)
{
    if (!row) return;
    if (strcmp(js_text(row, "kind"), "only there") != 0) refuse(c, "%s", _("Only what is at the utility alone is taken up again."));
    else screen_open(c, &screen_restored, row);
}

static void press(struct counter *c, void *state, struct press press)
{
    struct difference *s = state;
    if (list_press(c, &s->view, press)) return;
    if (press.code == PRESS_FN(12)) screen_back(c);
    if (press.code == PRESS_FN(5)) {
        busy_start(c, _("Asking the utility"));
        call(c, "agree", json_pack("{s:s}", "date", s->date), agreed, 0);
        return;
    }
    switch (press.code < PRESS_F ? fields_letter(&s->view, press) : 0) {
    case 'T': repair(c, s, "tell", _("The utility is told of this payment again")); break;
    case 'U': repair(c, s, "undo", _("The utility is told again that this payment was undone")); break;
    case 'E': repair(c, s, "explain", _("A difference is explained, and stands so in the audit")); break;
    case 'A': adopt(c, list_row(&s->view, s->rows)); break;
    case 'C':
        if (js_has(list_row(&s->view, s->rows), "card")) screen_open(c, &screen_card, js_at(list_row(&s->view, s->rows), "card"));
        break;
    default: break;
    }
}

static void paint(struct counter *c, void *state)
{
    struct difference *s = state;
    const json_t *row = list_row(&s->view, s->rows);
    int kind = row ? kind_of(row) : -1, open = 0;
    size_t i;
    json_t *one;
    json_array_foreach(s->rows, i, one) open += !js_has(one, "repair");
    view_setf(&s->view, "title", _("%s  %d open of %d"), s->date, open, s->view.list.count);
    view_wrap(&s->view, "said", js_text(row, "words"));
    view_wrap(&s->view, "next", kind < 0 ? (s->rows ? _("Nothing differs.") : "") : _(kinds[kind].next));
}

const struct screen screen_difference = {
    .name = "difference", .title = N_("Differences with the utility"), .roles = ROLE_SUPERVISOR, .state_size = sizeof(struct difference),
    .held = offsetof(struct difference, rows), .open = begin, .press = press, .paint = paint,
};
