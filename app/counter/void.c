/* Void numbers: the paper of each is handed in and seen, or named as missing, before
 * its till can close. */
#include <stddef.h>
#include <string.h>

#include "counter/counter.h"

struct voids { struct view view; json_t *rows; };

static const char *cell(void *ctx, int at, const struct form_field *field, char *buf, size_t size)
{
    const struct voids *s = ctx;
    const json_t *row = json_array_get(s->rows, (size_t)at);
    if (!strcmp(field->name, "mark")) return "";
    if (!strcmp(field->name, "at")) return clock_of(js_text(row, "at"));
    return js_text(row, field->name);
}

static void listed(struct counter *c, int64_t tag, const json_t *result, const struct rpc_error *error)
{
    struct voids *s = screen_state(c, &screen_void);
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
    busy_start(c, _("Asking for void paper"));
    call(c, "void_papers", NULL, listed, 0);
}

static void begin(struct counter *c, void *state, const json_t *arg)
{
    struct voids *s = state;
    screen_form(c, s, "void");
    view_blank(&s->view);
    js_keep(&s->rows, NULL);
    s->view.list.at = s->view.list.top = 0;
    list_show(&s->view, cell, s, NULL);
    view_focus(&s->view, "answer");
    ask(c);
}

static void marked(struct counter *c, int64_t tag, const json_t *result, const struct rpc_error *error)
{
    busy_end(c);
    if (error) refuse_error(c, error);
    else ask(c);
}

static void mark(struct counter *c, struct voids *s, bool missing)
{
    const json_t *row = list_row(&s->view, s->rows);
    if (!row) return;
    busy_firm(c, _("Under way"));
    call(c, "number_seen", json_pack("{s:s, s:s, s:b}", "series", js_text(row, "series"), "number", js_text(row, "number"), "missing", missing), marked, 0);
}

static void press(struct counter *c, void *state, struct press press)
{
    struct voids *s = state;
    if (list_press(c, &s->view, press)) return;
    if (press.code == PRESS_FN(5)) ask(c);
    if (press.code == PRESS_FN(12)) screen_back(c);
    switch (press.code < PRESS_F ? answer_letter(&s->view, press) : 0) {
    case 'S': mark(c, s, false); break;
    case 'M': mark(c, s, true); break;
    default: break;
    }
}

static void paint(struct counter *c, void *state)
{
    struct voids *s = state;
    view_set(&s->view, "none", s->rows && !s->view.list.count ? _("No void paper is waiting.") : "");
}

const struct screen screen_void = {
    .name = "void", .title = N_("Void paper: seen or missing"), .roles = ROLE_SUPERVISOR, .state_size = sizeof(struct voids),
    .held = offsetof(struct voids, rows), .open = begin, .press = press, .paint = paint,
};
