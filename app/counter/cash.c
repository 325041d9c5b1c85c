/* Cash into the till or out of it, vault on the other side; a second person signs. */
#include <stdio.h>
#include <string.h>

#include "base/money.h"
#include "counter/counter.h"

struct cash { struct view view; };

static void begin(struct counter *c, void *state, const json_t *arg)
{
    struct cash *s = state;
    screen_form(c, s, "cash");
    view_set(&s->view, "sum", "");
    view_set(&s->view, "answer", "");
    view_focus(&s->view, "sum");
}

static void moved(struct counter *c, int64_t in, const json_t *till, const struct rpc_error *error)
{
    busy_end(c);
    if (error) {
        refuse_error(c, error);
        return;
    }
    js_keep(&c->till, (json_t *)till);
    begin(c, screen_state(c, &screen_cash), NULL);
    say(c, "%s", in ? _("Booked into the till.") : _("Booked out of the till."));
}

static void move(struct counter *c, struct cash *s, bool in)
{
    int64_t fen;
    char sum[MONEY_TEXT_SIZE], words[SAY_SIZE];
    if (money_parse(view_get(&s->view, "sum"), &fen, NULL) || !fen) {
        view_focus(&s->view, "sum");
        refuse(c, "%s", _("Type the sum first, like 5000 or 812.50."));
        return;
    }
    snprintf(words, sizeof words, "%s\n%s", in ? _("Cash from the vault into the till") : _("Cash from the till into the vault"),
             money_format_grouped(fen, sum, sizeof sum));
    call_approved(c, "till_cash", json_pack("{s:s, s:I}", "direction", in ? "in" : "out", "sum_fen", (json_int_t)fen),
                  words, moved, in);
}

static void press(struct counter *c, void *state, struct press press)
{
    struct cash *s = state;
    bool sum = !strcmp(view_focused(&s->view), "sum");
    if (press.code == PRESS_FN(12)) screen_back(c);
    else if (press.code == PRESS_UP) view_focus(&s->view, "sum");
    else if (sum && (press.code == PRESS_DOWN || press.code == PRESS_ENTER)) {
        if (*view_get(&s->view, "sum")) view_focus(&s->view, "answer");
    } else if (sum) view_press(&s->view, press);
    else if (press.code < PRESS_F) {
        char letter = answer_letter(&s->view, press);
        if (letter == 'I' || letter == 'O') move(c, s, letter == 'I');
    }
}

static void paint(struct counter *c, void *state)
{
    struct cash *s = state;
    view_set(&s->view, "till", js_text(c->till, "number"));
}

const struct screen screen_cash = {
    .name = "cash", .title = N_("Cash in or out of the till"), .roles = ROLE_TELLER, .state_size = sizeof(struct cash),
    .open = begin, .press = press, .paint = paint,
};
