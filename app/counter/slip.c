/* Paper that is put in by hand: a sheet for a flat-bed printer, plain paper for a copy
 * where numbered forms lie. Opened with F6; the customer's screen is never taken. */
#include <stdio.h>
#include <string.h>

#include "base/money.h"
#include "base/text.h"
#include "counter/counter.h"

struct slip { struct view view; };

static void begin(struct counter *c, void *state, const json_t *arg)
{
    struct slip *s = state;
    screen_form(c, s, "slip");
    view_blank(&s->view);
    view_focus(&s->view, "answer");
    step_new(c);
}

static void answered(struct counter *c, char letter)
{
    switch (letter) {
    case 'I':
        printing_paper_in(c);
        screen_back(c);
        break;
    case 'L': screen_back(c); break;
    case 'X':
        if (printing_drop(c)) screen_back(c);
        else refuse(c, "%s", _("An invoice is not dropped: it waits until it is printed."));
        break;
    default: break;
    }
}

static void press(struct counter *c, void *state, struct press press)
{
    struct slip *s = state;
    if (press.code == PRESS_FN(6) || press.code == PRESS_FN(12)) {
        screen_back(c);
        return;
    }
    if (press.code >= PRESS_F) return;
    char letter = answer_letter(&s->view, press);
    if (!letter) return;
    if (typed_ahead(c, press)) refuse(c, "%s", _("Another question came up meanwhile: read it, then answer."));
    else if (printing_wants(c, NULL)) answered(c, letter);
}

static void paint(struct counter *c, void *state)
{
    struct slip *s = state;
    struct view *view = &s->view;
    char sum[MONEY_TEXT_SIZE];
    bool plain = false;
    const json_t *job = printing_wants(c, &plain), *data = js_at(job, "data");
    int64_t fen = js_int(data, "total_fen") ? js_int(data, "total_fen") : js_int(data, "amount_fen");
    const char *number = js_text(data, "number");
    bool invoice = !strcmp(js_text(job, "kind"), "invoice");
    view_set(view, "title", !job ? _("No paper is asked for.") : plain ? _("PUT PLAIN PAPER IN") : _("PUT PAPER IN"));
    view_ink(view, "title", INK_BOLD);
    view_set(view, "number", invoice ? number : "");
    view_set(view, "paper", !job ? "" : invoice ? _("invoice: the sheet must bear this number") : js_int(data, "reprint") ? _("a copy, on plain paper")
                                                                                                                         : _("plain paper"));
    view_set(view, "customer", js_text(data, "customer"));
    view_set(view, "name", c->options.hanzi ? js_text(data, "name") : "");
    view_set(view, "sum", fen ? money_format_grouped(fen, sum, sizeof sum) : "");
    view_set(view, "printer", printing_words(c));
    view_set(view, "watch", job && printing_watching(c) ? _("The printer does not see it yet: push it in to the stop.") : "");
    view_set(view, "warn", plain ? _("Numbered sheets lie in this printer. A copy on one would use its number up.") : "");
    view_set(view, "kept", collect_begun(c) ? _("The customer you had begun with is kept as you left it.") : "");
}

static void changed(struct counter *c, void *state, const char *what, const json_t *params)
{
    if (screen_now(c) == &screen_slip) counter_dirty(c);
}

const struct screen screen_slip = {
    .name = "slip", .roles = ROLE_ANY, .state_size = sizeof(struct slip), .open = begin, .press = press, .paint = paint, .changed = changed,
};
