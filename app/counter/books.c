/* Invoice numbers: ranges that came to the branch, books of them issued to tills, what became of
 * their numbers, those lost or damaged before they were used, and those that go back unused. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "counter/counter.h"

struct books { struct view view; json_t *rows; };

static const char *cell(void *ctx, int at, const struct form_field *field, char *buf, size_t size)
{
    const struct books *s = ctx;
    const json_t *row = json_array_get(s->rows, (size_t)at), *value = js_at(row, field->name);
    if (!strcmp(field->name, "mark")) return "";
    if (!strcmp(field->name, "state")) return word_state(js_text(row, "state"));
    return value ? view_format(field, value, buf, size) : "";
}

static void listed(struct counter *c, int64_t tag, const json_t *result, const struct rpc_error *error)
{
    struct books *s = screen_state(c, &screen_books);
    busy_end(c);
    if (error) {
        refuse_error(c, error);
        return;
    }
    js_keep(&s->rows, (json_t *)result);
    list_show(&s->view, cell, s, s->rows);
}

static void ask(struct counter *c)
{
    busy_start(c, _("Asking for the books"));
    call(c, "books", NULL, listed, 0);
}

static void begin(struct counter *c, void *state, const json_t *arg)
{
    struct books *s = state;
    screen_form(c, s, "books");
    view_blank(&s->view);
    s->view.list.at = s->view.list.top = 0;
    list_show(&s->view, cell, s, NULL);
    view_set(&s->view, "till-to", js_text(c->till, "number"));
    view_focus(&s->view, "answer");
    ask(c);
}

enum { LOADED, WRITTEN_OFF, RECEIVED, RETURNED };

static void done(struct counter *c, int64_t what, const json_t *result, const struct rpc_error *error)
{
    struct books *s = screen_state(c, &screen_books);
    busy_end(c);
    if (error) {
        refuse_error(c, error);
        return;
    }
    const char *series = view_get(&s->view, "to-series"), *till = view_get(&s->view, "till-to");
    switch (what) {
    case LOADED: say(c, _("The book is loaded at till %s."), till); break;
    case WRITTEN_OFF: say(c, _("Written off at till %s."), till); break;
    case RECEIVED: say(c, _("Received: %s, from its first number to its last."), series); break;
    default: say(c, _("Returned: %s. These numbers can't be used any more."), series); break;
    }
    view_set(&s->view, "to-first", "");
    view_set(&s->view, "to-last", "");
    view_set(&s->view, "to-next", "");
    ask(c);
}

static bool missing(struct counter *c, struct books *s, const char *field, const char *words)
{
    if (*view_get(&s->view, field)) return false;
    view_focus(&s->view, field);
    refuse(c, "%s", words);
    return true;
}

static void load(struct counter *c, struct books *s)
{
    char words[SAY_SIZE];
    const struct view *v = &s->view;
    if (missing(c, s, "till-to", _("Type the till's number first.")) || missing(c, s, "to-series", _("Type the series as the paper says.")) ||
        missing(c, s, "to-first", _("Type the first number, with its zeros.")) || missing(c, s, "to-last", _("Type the last number, with its zeros.")))
        return;
    const char *next = *view_get(v, "to-next") ? view_get(v, "to-next") : view_get(v, "to-first");
    snprintf(words, sizeof words, "%s\n%s %s: %s-%s, %s", _("A book of numbers is issued to a till"), view_get(v, "till-to"), view_get(v, "to-series"),
             view_get(v, "to-first"), view_get(v, "to-last"), next);
    act_go(c, "book_load", json_pack("{s:s, s:s, s:s, s:s, s:s}", "series", view_get(v, "to-series"), "first", view_get(v, "to-first"), "last",
                                     view_get(v, "to-last"), "next", next, "till", view_get(v, "till-to")), words, done, LOADED);
}

static void lost(struct counter *c, struct books *s, const char *state)
{
    char words[SAY_SIZE];
    if (missing(c, s, "till-to", _("Type the till's number first.")) || missing(c, s, "to-last", _("Type the last number that is gone."))) return;
    snprintf(words, sizeof words, "%s\n%s: %s", _("Numbers from the next one on are written off"), view_get(&s->view, "till-to"), view_get(&s->view, "to-last"));
    act_go(c, "number_lost", json_pack("{s:s, s:s, s:s}", "till", view_get(&s->view, "till-to"), "upto", view_get(&s->view, "to-last"), "state", state),
           words, done, WRITTEN_OFF);
}

/* A range comes, or unused numbers go back. */
static void range(struct counter *c, struct books *s, const char *method, const char *what, int64_t then)
{
    char words[SAY_SIZE];
    const struct view *v = &s->view;
    if (missing(c, s, "to-series", _("Type the series as the paper says.")) || missing(c, s, "to-first", _("Type the first number, with its zeros.")) ||
        missing(c, s, "to-last", _("Type the last number, with its zeros.")))
        return;
    snprintf(words, sizeof words, "%s\n%s: %s-%s", what, view_get(v, "to-series"), view_get(v, "to-first"), view_get(v, "to-last"));
    act_go(c, method, json_pack("{s:s, s:s, s:s}", "series", view_get(v, "to-series"), "first", view_get(v, "to-first"), "last", view_get(v, "to-last")),
           words, done, then);
}

static void press(struct counter *c, void *state, struct press press)
{
    struct books *s = state;
    if (list_press(c, &s->view, press)) return;
    if (press.code == PRESS_FN(5)) ask(c);
    if (press.code == PRESS_FN(12)) begin(c, s, NULL);
    bool question = !strcmp(view_focused(&s->view), "answer");
    if (press.code == PRESS_ENTER && question && !*view_get(&s->view, "answer")) {
        view_focus(&s->view, "till-to"); /* round to the first field */
        return;
    }
    switch (press.code < PRESS_F ? fields_letter(&s->view, press) : 0) {
    case 'L': load(c, s); break;
    case 'X': lost(c, s, "lost"); break;
    case 'D': lost(c, s, "damaged"); break;
    case 'R': range(c, s, "number_receive", _("A range of numbers came to the branch"), RECEIVED); break;
    case 'B': range(c, s, "number_return", _("Unused numbers go back and are used no more"), RETURNED); break;
    case 'V': screen_open(c, &screen_void, NULL); break;
    default: break;
    }
}

static void changed(struct counter *c, void *state, const char *what, const json_t *params)
{
    if (screen_now(c) == &screen_books && !strcmp(what, "again")) ask(c);
}

const struct screen screen_books = {
    .name = "books", .title = N_("Invoice numbers"), .roles = ROLE_SUPERVISOR | ROLE_TELLER, .state_size = sizeof(struct books),
    .held = offsetof(struct books, rows), .open = begin, .press = press, .changed = changed,
};
