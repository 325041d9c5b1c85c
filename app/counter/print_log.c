/* The last print jobs of the branch, with bytes and times. */
#include <stddef.h>
#include <string.h>

#include "counter/counter.h"

#define ROWS_ASKED 100

struct print_log { struct view view; json_t *rows; };

static const char *clock_part(const char *time) { return strlen(time) > 11 ? time + 11 : time; }

static const char *cell(void *ctx, int row, const struct form_field *field, char *buf, size_t size)
{
    const struct print_log *s = ctx;
    const json_t *one = json_array_get(s->rows, (size_t)row);
    if (!strcmp(field->name, "mark")) return "";
    if (!strcmp(field->name, "at")) return clock_part(js_text(one, "at"));
    if (!strcmp(field->name, "outcome")) return word_outcome(js_text(one, "outcome"));
    return view_format(field, js_at(one, field->name), buf, size);
}

static void came(struct counter *c, int64_t tag, const json_t *result, const struct rpc_error *error)
{
    struct print_log *s = screen_state(c, &screen_print_log);
    busy_end(c);
    if (error) {
        refuse_error(c, error);
        return;
    }
    js_keep(&s->rows, (json_t *)result);
    s->view.list.count = (int)json_array_size(result);
    counter_dirty(c);
}

static void ask(struct counter *c)
{
    busy_start(c, _("Asking for the print jobs"));
    call(c, "print_log", json_pack("{s:i}", "limit", ROWS_ASKED), came, 0);
}

static void begin(struct counter *c, void *state, const json_t *arg)
{
    struct print_log *s = state;
    screen_form(c, s, "print-log");
    view_blank(&s->view);
    s->view.list.cell = cell;
    s->view.list.ctx = s;
    s->view.list.at = s->view.list.top = 0;
    s->view.focus = VIEW_LIST;
    ask(c);
}

static void press(struct counter *c, void *state, struct press press)
{
    struct print_log *s = state;
    int page = view_list_rows(&s->view, &c->terminal);
    int by = press.code == PRESS_UP ? -1 : press.code == PRESS_DOWN ? 1 : press.code == PRESS_FN(7) ? -page
             : press.code == PRESS_FN(8) ? page : 0;
    if (by) view_list_move(&s->view, by, &c->terminal);
    else if (press.code == PRESS_FN(5)) ask(c);
    else if (press.code == PRESS_FN(12)) screen_back(c);
}

static void paint(struct counter *c, void *state)
{
    struct print_log *s = state;
    const json_t *one = json_array_get(s->rows, (size_t)s->view.list.at);
    view_setf(&s->view, "title", _("PRINT JOBS - %d, newest first"), s->view.list.count);
    view_set(&s->view, "name", js_text(one, "job"));
    view_set(&s->view, "started", js_text(one, "at"));
    view_wrap(&s->view, "words", js_text(one, "words"));
}

const struct screen screen_print_log = {
    .name = "print-log", .title = N_("Print jobs"), .roles = ROLE_TECHNICIAN | ROLE_SUPERVISOR, .state_size = sizeof(struct print_log),
    .held = offsetof(struct print_log, rows), .open = begin, .press = press, .paint = paint,
};
