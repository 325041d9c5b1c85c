/* A payment turned back: a queued one undone, a posted one reversed the same day.
 * Every number that it ever had on paper is asked for: here, or missing. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/money.h"
#include "counter/counter.h"
#include "counter/printing.h"

#define PAPERS_MAX 16

struct turn { struct view view; json_t *card, *papers; char said[PAPERS_MAX]; /* R, M or 0 */ };

static bool queued(const struct turn *s) { return !strcmp(js_text(s->card, "state"), "advised"); }

static const char *cell(void *ctx, int at, const struct form_field *field, char *buf, size_t size)
{
    const struct turn *s = ctx;
    const char *number = json_string_value(json_array_get(s->papers, (size_t)at));
    if (!strcmp(field->name, "number")) return number ? number : "";
    if (!strcmp(field->name, "paper")) return s->said[at] == 'R' ? _("here, cancelled") : s->said[at] == 'M' ? _("MISSING") : "?";
    return "";
}

static void papers_came(struct counter *c, int64_t tag, const json_t *result, const struct rpc_error *error)
{
    struct turn *s = screen_state(c, &screen_turn);
    busy_end(c);
    if (error) {
        refuse_error(c, error);
        return;
    }
    js_keep(&s->papers, (json_t *)result);
    memset(s->said, 0, sizeof s->said);
    list_show(&s->view, cell, s, s->papers);
}

static void begin(struct counter *c, void *state, const json_t *arg)
{
    struct turn *s = state;
    screen_form(c, s, "turn");
    view_blank(&s->view);
    js_keep(&s->card, (json_t *)(arg ? arg : c->last));
    js_keep(&s->papers, NULL);
    s->view.list.at = s->view.list.top = 0;
    list_show(&s->view, cell, s, NULL);
    view_focus(&s->view, "answer");
    if (!s->card) return;
    busy_start(c, _("Asking for its papers"));
    call(c, "papers", json_pack("{s:s}", "key", js_text(s->card, "key")), papers_came, 0);
}

static void turned(struct counter *c, int64_t tag, const json_t *card, const struct rpc_error *error)
{
    struct turn *s = screen_state(c, &screen_turn);
    busy_end(c);
    if (error) {
        refuse_error(c, error);
        return;
    }
    js_keep(&s->card, (json_t *)card);
    screen_back(c);
    say(c, "%s", js_int(card, "give_back_fen") ? _("Turned back. F6: the cash goes back to the customer, with a slip.")
                                               : _("Asked. The cash goes back when the utility agrees; F6 shows it then."));
}

static void said(struct turn *s, char what)
{
    if (!s->view.list.count) return;
    s->said[s->view.list.at] = what;
    if (s->view.list.at < s->view.list.count - 1) s->view.list.at++;
}

static void turn(struct counter *c, struct turn *s)
{
    char words[SAY_SIZE], sum[MONEY_TEXT_SIZE], missing[SAY_SIZE / 2] = "";
    json_t *list = json_array();
    for (int i = 0; i < s->view.list.count; i++) {
        const char *number = json_string_value(json_array_get(s->papers, (size_t)i));
        if (!s->said[i]) {
            json_decref(list);
            refuse(c, "%s", _("Say of each number first whether its paper is here: R or M."));
            return;
        }
        json_array_append_new(list, json_pack("{s:s, s:s}", "number", number, "state", s->said[i] == 'R' ? "returned" : "missing"));
        if (s->said[i] == 'M' && strlen(missing) + 24 < sizeof missing) {
            strcat(missing, " ");
            strcat(missing, number);
        }
    }
    snprintf(words, sizeof words, "%s%s%s\n%s  %s %s  %s",
             queued(s) ? _("A queued payment is turned back") : _("A posted payment is reversed"), *missing ? _("; PAPER MISSING:") : "", missing,
             js_text(s->card, "key_short"), js_text(s->card, "customer"), js_text(s->card, "name"),
             money_format_grouped(js_int(s->card, "total_fen"), sum, sizeof sum));
    act_go(c, queued(s) ? "undo" : "reverse", json_pack("{s:s, s:o}", "key", js_text(s->card, "key"), "paper", list), words, turned, 0);
}

static void press(struct counter *c, void *state, struct press press)
{
    struct turn *s = state;
    if (list_press(c, &s->view, press)) return;
    if (press.code == PRESS_FN(12)) screen_back(c);
    switch (press.code < PRESS_F && s->card ? answer_letter(&s->view, press) : 0) {
    case 'R': said(s, 'R'); break;
    case 'M': said(s, 'M'); break;
    case 'X': turn(c, s); break;
    default: break;
    }
}

static void paint(struct counter *c, void *state)
{
    struct turn *s = state;
    char paper[VIEW_TEXT_SIZE];
    view_set(&s->view, "key", js_text(s->card, "key_short"));
    view_set(&s->view, "customer", js_text(s->card, "customer"));
    view_set(&s->view, "name", js_text(s->card, "name"));
    view_money(&s->view, "total", js_int(s->card, "total_fen"));
    view_set(&s->view, "state", word_state(js_text(s->card, "state")));
    words_paper(c, s->card, paper, sizeof paper);
    view_set(&s->view, "paper-now", paper);
    view_set(&s->view, "what", !s->card ? _("No payment was chosen: open it with F6 or from its card.")
             : queued(s) ? _("It waits for the utility: it is undone behind its message, and the cash goes back at once.")
             : _("The utility has it: it is reversed on the same business day, and the cash goes back when it has agreed."));
    view_set(&s->view, "none", s->papers && !s->view.list.count ? _("It has no number on paper.") : "");
}

const struct screen screen_turn = {
    .name = "turn", .roles = ROLE_TELLER | ROLE_SUPERVISOR, .state_size = sizeof(struct turn),
    .held = offsetof(struct turn, card), .held_more = 1, .open = begin, .press = press, .paint = paint,
};
