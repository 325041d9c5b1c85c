/* The card of one payment: money, utility and paper apart, and what can still be done. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/money.h"
#include "base/text.h"
#include "counter/account.h"

struct card { struct view view; json_t *card; };

static const char *cell(void *ctx, int row, const struct form_field *field, char *buf, size_t size)
{
    const struct card *s = ctx;
    const json_t *bill = json_array_get(js_at(s->card, "bills"), (size_t)row);
    const char *period = js_text(bill, "period");
    if (!strcmp(field->name, "mark")) return "";
    if (!strcmp(field->name, "bill")) return js_text(bill, "bill");
    if (!strcmp(field->name, "amount")) return view_format(field, js_at(bill, "amount_fen"), buf, size);
    if (!strcmp(field->name, "late")) return view_format(field, js_at(bill, "late_fee_fen"), buf, size);
    if (strcmp(field->name, "period") != 0) return "";
    snprintf(buf, size, "%.4s-%s", period, strlen(period) == 6 ? period + 4 : "");
    return buf;
}

static void show(struct counter *c, struct card *s, const json_t *card)
{
    js_keep(&s->card, (json_t *)card);
    s->view.list.count = (int)json_array_size(js_at(card, "bills"));
    counter_dirty(c);
}

static void begin(struct counter *c, void *state, const json_t *arg)
{
    struct card *s = state;
    screen_form(c, s, "card");
    s->view.list.cell = cell;
    s->view.list.ctx = s;
    s->view.list.at = s->view.list.top = 0;
    view_set(&s->view, "answer", "");
    view_focus(&s->view, "answer");
    show(c, s, arg ? arg : c->last);
}

static void answered(struct counter *c, int64_t tag, const json_t *result, const struct rpc_error *error)
{
    busy_end(c);
    if (error) {
        refuse_error(c, error);
        return;
    }
    show(c, screen_state(c, &screen_card), result);
    say(c, "%s", _("Done."));
}

static void copied(struct counter *c, int64_t tag, const json_t *result, const struct rpc_error *error)
{
    busy_end(c);
    if (error) refuse_error(c, error);
    else printing_copy(c, result);
}

static void ask(struct counter *c, struct card *s, const char *method, json_t *params, const char *what,
                counter_answer *answer)
{
    char words[SAY_SIZE], sum[MONEY_TEXT_SIZE];
    snprintf(words, sizeof words, "%s\n%s  %s  %s %s", what, js_text(s->card, "key_short"),
             money_format_grouped(js_int(s->card, "total_fen"), sum, sizeof sum), js_text(s->card, "customer"),
             js_text(s->card, "name")); /* the name comes last: it may be long, and what is signed for is the sum */
    call_approved(c, method, params, words, answer, 0);
}

static void reprint(struct counter *c, struct card *s)
{
    if (!strcmp(js_text(s->card, "process"), "account-payment")) {
        refuse(c, "%s", _("It has a receipt here; its invoice is printed by the utility and had there."));
        return;
    }
    if (strcmp(js_text(s->card, "invoice.state"), "confirmed") != 0) {
        refuse(c, "%s", _("Only an invoice that is confirmed can be copied."));
        return;
    }
    ask(c, s, "reprint_data", json_pack("{s:s}", "key", js_text(s->card, "key")),
        _("A copy of a printed invoice, on plain paper, marked as a copy"), copied);
}

static void spoil(struct counter *c, struct card *s)
{
    ask(c, s, "spoil", json_pack("{s:I, s:s}", "invoice", (json_int_t)js_int(s->card, "invoice.id"), "number",
                                 js_text(s->card, "invoice.number")),
        _("A printed invoice is unreadable after all: its number becomes void, the next one is printed"), answered);
}

static void asked_again(struct counter *c, struct card *s)
{
    busy_start(c, _("Asking again"));
    call(c, "payment", json_pack("{s:s}", "key", js_text(s->card, "key")), answered, 0);
}

static void press(struct counter *c, void *state, struct press press)
{
    struct card *s = state;
    if (press.code == PRESS_UP || press.code == PRESS_DOWN) {
        view_list_move(&s->view, press.code == PRESS_UP ? -1 : 1, &c->terminal);
        return;
    }
    if (press.code == PRESS_FN(12)) screen_back(c);
    if (press.code == PRESS_FN(5) && s->card) asked_again(c, s);
    if (press.code >= PRESS_F || !s->card) return;
    switch (answer_letter(&s->view, press)) {
    case 'R': reprint(c, s); break;
    case 'S': spoil(c, s); break;
    case 'T': screen_open(c, &screen_turn, s->card); break;
    case 'C': screen_open(c, &screen_transfer, s->card); break;
    default: break;
    }
}

static void paint(struct counter *c, void *state)
{
    struct card *s = state;
    struct view *view = &s->view;
    char paper[VIEW_TEXT_SIZE];
    const char *at = js_text(s->card, "recorded_at"), *sent = js_text(s->card, "forwarded_at");
    char account[WORD_SIZE];
    const char *process = js_text(s->card, "process");
    bool plain = !s->card || !*process || !strcmp(process, "payment");
    view_fill(view, s->card);
    if (plain) view_set(view, "none", s->card ? "" : _("No payment was taken at this terminal yet."));
    else view_setf(view, "none", "%s %s", word_process(process), account_short(js_text(s->card, "account"), account, sizeof account));
    view_money(view, "total", js_int(s->card, "total_fen"));
    view_money(view, "credit", js_int(s->card, "prepaid_fen"));
    view_money(view, "tendered", js_int(s->card, "tendered_fen"));
    view_money(view, "change", js_int(s->card, "change_fen"));
    view_set(view, "key", js_text(s->card, "key_short"));
    view_setf(view, "recorded", "%s %.10s %s", word_state(js_text(s->card, "state")), at, strlen(at) > 11 ? at + 11 : "");
    view_setf(view, "forward", "%s  %s  %s %s", word_forwarded(js_text(s->card, "forwarded")),
              strlen(sent) > 11 ? sent + 11 : "", js_text(s->card, "approval"), js_text(s->card, "reason"));
    words_paper(c, s->card, paper, sizeof paper);
    view_setf(view, "paper", "%s  %s", paper, js_text(s->card, "invoice.series"));
}

static void changed(struct counter *c, void *state, const char *what, const json_t *params)
{
    struct card *s = state;
    if (!strcmp(what, "payment") && s->card && !strcmp(js_text(params, "key"), js_text(s->card, "key")))
        show(c, s, params);
}

const struct screen screen_card = {
    .name = "card", .title = N_("Last payment"), .roles = ROLE_ANY, .state_size = sizeof(struct card),
    .held = offsetof(struct card, card), .open = begin, .press = press, .paint = paint, .changed = changed,
};
