/* A counterfeit note taken in, before the customer's eyes and by two people. It is
 * no tender; the customer gets a receipt. */
#include <stdio.h>
#include <string.h>

#include "base/money.h"
#include "counter/counter.h"

struct counterfeit { struct view view; };

static void begin(struct counter *c, void *state, const json_t *arg)
{
    struct counterfeit *s = state;
    screen_form(c, s, "counterfeit");
    view_blank(&s->view);
    view_focus(&s->view, "value");
}

static void taken(struct counter *c, int64_t tag, const json_t *job, const struct rpc_error *error)
{
    busy_end(c);
    if (error) {
        refuse_error(c, error);
        return;
    }
    begin(c, screen_state(c, &screen_counterfeit), NULL);
    if (printing_bound_here(c)) printing_copy(c, job);
    say(c, _("Taken in as %s. Stamp the note; the customer signs the receipt and keeps one."), js_text(job, "data.receipt_number"));
}

static void take(struct counter *c, struct counterfeit *s)
{
    static const char *const needed[] = {"serial", "series", "customer"};
    int64_t fen;
    char words[SAY_SIZE], sum[MONEY_TEXT_SIZE];
    const struct view *v = &s->view;
    if (money_parse(view_get(v, "value"), &fen, NULL) || fen <= 0) {
        view_focus(&s->view, "value");
        refuse(c, "%s", _("Type the face value first, like 100."));
        return;
    }
    for (int i = 0; i < 3; i++) {
        if (*view_get(v, needed[i])) continue;
        view_focus(&s->view, needed[i]);
        refuse(c, "%s", _("Serial number, series and the holder's name stand on the receipt."));
        return;
    }
    snprintf(words, sizeof words, "%s\n%s  %s  %s", _("A counterfeit note is taken in"), money_format_grouped(fen, sum, sizeof sum), view_get(v, "serial"),
             view_get(v, "customer"));
    act_go(c, "counterfeit", json_pack("{s:I, s:s, s:s, s:s}", "fen", (json_int_t)fen, "serial", view_get(v, "serial"), "series", view_get(v, "series"),
                                       "customer_name", view_get(v, "customer")), words, taken, 0);
}

static void press(struct counter *c, void *state, struct press press)
{
    struct counterfeit *s = state;
    if (press.code == PRESS_FN(12)) begin(c, s, NULL);
    else if (press.code < PRESS_F && fields_letter(&s->view, press) == 'X') take(c, s);
}

const struct screen screen_counterfeit = {
    .name = "counterfeit", .title = N_("Counterfeit note taken in"), .roles = ROLE_TELLER, .state_size = sizeof(struct counterfeit),
    .open = begin, .press = press,
};
