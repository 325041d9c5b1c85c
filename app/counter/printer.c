/* The printer of this terminal, for whoever works at it: how it is, cleared when its
 * buffer is in doubt, and the number of the sheet in it checked against the book. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "counter/counter.h"
#include "counter/printing.h"

struct printer { struct view view; struct printer_status status; bool asked; };

static void begin(struct counter *c, void *state, const json_t *arg)
{
    struct printer *s = state;
    screen_form(c, s, "printer");
    view_blank(&s->view);
    s->asked = false;
    view_focus(&s->view, "answer");
}

static void heard(struct counter *c, bool cleared, const struct printer_status *status)
{
    struct printer *s = screen_state(c, &screen_printer);
    busy_end(c);
    if (!status) {
        refuse(c, "%s", _("No printer is bound to this terminal."));
        return;
    }
    s->status = *status;
    s->asked = true;
    if (cleared) say(c, "%s", _("The printer is cleared."));
}

static void checked(struct counter *c, int64_t tag, const json_t *result, const struct rpc_error *error)
{
    struct printer *s = screen_state(c, &screen_printer);
    busy_end(c);
    if (error) refuse_error(c, error);
    else say(c, "%s", _("That is the book's next number."));
    view_set(&s->view, "next", "");
    view_focus(&s->view, error ? "next" : "answer");
}

static void check(struct counter *c, struct printer *s)
{
    busy_start(c, _("Checking the number"));
    call(c, "number_check", json_pack("{s:s}", "next", view_get(&s->view, "next")), checked, 0);
}

static void answered(struct counter *c, struct printer *s, char letter)
{
    switch (letter) {
    case 'A':
        if (!printing_bound_here(c)) heard(c, false, NULL);
        else busy_start(c, _("Asking the printer")), printing_ask(c, heard);
        break;
    case 'C': busy_start(c, _("Clearing the printer")), printing_clear(c, heard); break;
    default: break;
    }
}

static void press(struct counter *c, void *state, struct press press)
{
    struct printer *s = state;
    bool question = !strcmp(view_focused(&s->view), "answer");
    if (press.code == PRESS_FN(12)) begin(c, s, NULL);
    else if (press.code == PRESS_FN(5)) answered(c, s, 'A');
    else if (press.code == PRESS_UP) view_focus(&s->view, "next");
    else if (press.code == PRESS_DOWN) view_focus(&s->view, "answer");
    else if (question && press.code < PRESS_F) answered(c, s, answer_letter(&s->view, press));
    else if (press.code == PRESS_ENTER && *view_get(&s->view, "next")) check(c, s);
    else if (!question) view_press(&s->view, press);
}

static void paint(struct counter *c, void *state)
{
    struct printer *s = state;
    struct view *view = &s->view;
    const json_t *bound = js_at(c->hello, "printers.invoice"), *receipt = js_at(c->hello, "printers.receipt");
    const struct profile *profile = profile_find(js_text(bound, "profile"));
    const char *rest, *uri = js_text(bound, "uri");
    const struct transport_scheme *scheme = transport_scheme_of(uri, &rest);
    view_setf(view, "now", "%s  %s", printing_words(c), s->asked ? s->status.words : "");
    view_set(view, "device", s->asked ? s->status.device_id : "");
    view_setf(view, "name", "%s  %s", js_text(bound, "name"), uri);
    view_setf(view, "paper", "%s  %s", js_text(bound, "template"), js_text(bound, "media"));
    view_setf(view, "receipts", "%s  %s", js_text(receipt, "name"), js_text(receipt, "uri"));
    view_set(view, "title", profile ? profile->title : "");
    view_set(view, "verified", !profile ? "" : profile->verified ? _("tried on the real device") : _("NOT VERIFIED ON HARDWARE"));
    view_set(view, "answers", !profile ? "" : profile->answers == ANSWERS_NO ? _("no: each invoice is confirmed by F6 Y Enter")
                                                                            : _("yes: it says itself when a sheet is printed"));
    view_set(view, "handed", scheme ? _(scheme->handed_over) : "");
    view_set(view, "number", js_text(c->state, "next_number"));
}

const struct screen screen_printer = {
    .name = "printer", .title = N_("Printer"), .roles = ROLE_TELLER | ROLE_SUPERVISOR, .state_size = sizeof(struct printer),
    .open = begin, .press = press, .paint = paint,
};
