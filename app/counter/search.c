/* Search by name, pinyin initials, address or the end of the meter number, as
 * one types. Typing stays in the field; the arrows move in the list. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "counter/counter.h"

#define ROWS_ASKED 50

struct search {
    struct view view;
    json_t *found;
    int64_t asked, answered; /* numbers of the questions: the list belongs to `answered` */
    bool out;                /* one is on its way; a newer one goes when it is back */
    int offset;
};

static const char *cell(void *ctx, int row, const struct form_field *field, char *buf, size_t size)
{
    const struct search *s = ctx;
    const json_t *one = json_array_get(js_at(s->found, "rows"), (size_t)row);
    const char *meter = js_text(one, "meter");
    if (!strcmp(field->name, "mark")) return "";
    if (!strcmp(field->name, "meter")) return strlen(meter) > 6 ? meter + strlen(meter) - 6 : meter;
    if (!strcmp(field->name, "open")) return view_format(field, js_at(one, "open_bills"), buf, size);
    if (!strcmp(field->name, "sum")) return view_format(field, js_at(one, "open_fen"), buf, size);
    return view_format(field, js_at(one, field->name), buf, size);
}

static void ask_now(struct counter *c, struct search *s);

static void found(struct counter *c, int64_t number, const json_t *result, const struct rpc_error *error)
{
    struct search *s = screen_state(c, &screen_search);
    s->out = false;
    if (number != s->asked) { /* typed on since */
        if (s->answered != s->asked) ask_now(c, s);
        return;
    }
    s->answered = number;
    busy_end(c);
    js_keep(&s->found, error ? NULL : (json_t *)result);
    s->view.list.at = s->view.list.top = 0;
    s->view.list.count = (int)json_array_size(js_at(s->found, "rows"));
    if (error) refuse_error(c, error);
}

static void ask_now(struct counter *c, struct search *s)
{
    s->out = true;
    call_beside(c, "search", json_pack("{s:s, s:i, s:i}", "text", view_get(&s->view, "text"), "limit", ROWS_ASKED,
                                       "offset", s->offset), found, s->asked);
}

static void ask(struct counter *c, struct search *s)
{
    s->asked++;
    if (!*view_get(&s->view, "text")) {
        s->answered = s->asked;
        js_keep(&s->found, NULL);
        s->view.list.count = 0;
        return;
    }
    if (!s->out) ask_now(c, s);
}

static void begin(struct counter *c, void *state, const json_t *arg)
{
    struct search *s = state;
    screen_form(c, s, "search");
    s->view.list.cell = cell;
    s->view.list.ctx = s;
    view_set(&s->view, "text", arg ? js_text(arg, "text") : "");
    view_focus(&s->view, "text");
    s->offset = 0;
    ask(c, s);
}

static void page(struct counter *c, struct search *s, int by)
{
    int total = (int)js_int(s->found, "total"), next = s->offset + by * ROWS_ASKED;
    int rows = view_list_rows(&s->view, &c->terminal);
    bool inside = by > 0 ? s->view.list.top + rows < s->view.list.count : s->view.list.top > 0;
    if (inside) {
        view_list_move(&s->view, by * rows, &c->terminal);
    } else if (next >= 0 && next < total) {
        s->offset = next;
        ask(c, s);
    }
}

static void use(struct counter *c, struct search *s, struct press press)
{
    const json_t *one = json_array_get(js_at(s->found, "rows"), (size_t)s->view.list.at);
    if (press.code == PRESS_UP) view_list_move(&s->view, -1, &c->terminal);
    else if (press.code == PRESS_DOWN) view_list_move(&s->view, 1, &c->terminal);
    else if (press.code == PRESS_FN(7)) page(c, s, -1);
    else if (press.code == PRESS_FN(8)) page(c, s, 1);
    else if (one) {
        char customer[64];
        text_copy(customer, sizeof customer, js_text(one, "customer"));
        screen_close(c, &screen_search);
        collect_customer(c, customer);
    }
}

static void press(struct counter *c, void *state, struct press press)
{
    struct search *s = state;
    bool uses = press.code == PRESS_UP || press.code == PRESS_DOWN || press.code == PRESS_ENTER ||
                press.code == PRESS_FN(7) || press.code == PRESS_FN(8);
    if (uses && s->answered != s->asked) {
        /* the list is an older text's: this key waits for its own */
        busy_start(c, _("Searching"));
        typed_again(c, press);
    } else if (uses) {
        use(c, s, press);
    } else if (press.code == PRESS_FN(12)) {
        screen_back(c);
    } else if (view_press(&s->view, press)) {
        s->offset = 0;
        ask(c, s);
    }
}

static void paint(struct counter *c, void *state)
{
    struct search *s = state;
    struct view *view = &s->view;
    const json_t *one = json_array_get(js_at(s->found, "rows"), (size_t)view->list.at);
    const char *as_of = js_text(s->found, "as_of");
    if (!s->found) view_set(view, "count", *view_get(view, "text") ? _("Searching") : "");
    else view_setf(view, "count", _("%lld found, %d-%d here. Type on to narrow."), (long long)js_int(s->found, "total"),
                   s->offset + (view->list.count > 0), s->offset + view->list.count);
    view_setf(view, "as-of", "%s %.5s", s->found ? _("copy of") : "", strlen(as_of) > 11 ? as_of + 11 : "");
    view_set(view, "whole", js_text(one, "customer"));
    view_wrap(view, "name", js_text(one, "name"));
    view_wrap(view, "address", js_text(one, "address"));
}

const struct screen screen_search = {
    .name = "search", .title = N_("Search"), .roles = ROLE_TELLER, .state_size = sizeof(struct search),
    .held = offsetof(struct search, found), .open = begin, .press = press, .paint = paint,
};
