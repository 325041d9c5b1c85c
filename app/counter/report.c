/* Reports: a teller's day, the branch's, a month; on the screen, printed, saved as
 * PDF and CSV. All three show the same figures. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "counter/counter.h"

struct report { struct view view; json_t *report; char name[WORD_SIZE]; bool save; };

static const char *cell(void *ctx, int at, const struct form_field *field, char *buf, size_t size)
{
    const struct report *s = ctx;
    const char *line = json_string_value(json_array_get(js_at(s->report, "lines"), (size_t)at));
    return !strcmp(field->name, "line") && line ? line : "";
}

static void begin(struct counter *c, void *state, const json_t *arg)
{
    struct report *s = state;
    screen_form(c, s, "report");
    view_blank(&s->view);
    js_keep(&s->report, NULL);
    s->view.list.at = s->view.list.top = 0;
    list_show(&s->view, cell, s, NULL);
    view_set(&s->view, "day", js_text(c->state, "business_date"));
    view_set(&s->view, "teller", c->role == ROLE_TELLER ? c->operator_number : "");
    view_focus(&s->view, "answer");
}

static json_t *asked(const struct report *s)
{
    json_t *params = json_pack("{s:s, s:s}", "name", s->name, "day", view_get(&s->view, "day"));
    if (!strcmp(s->name, "teller") && *view_get(&s->view, "teller"))
        json_object_set_new(params, "teller", json_string(view_get(&s->view, "teller")));
    return params;
}

static void came(struct counter *c, int64_t tag, const json_t *result, const struct rpc_error *error)
{
    struct report *s = screen_state(c, &screen_report);
    busy_end(c);
    if (error) {
        refuse_error(c, error);
        return;
    }
    js_keep(&s->report, (json_t *)result);
    s->view.list.at = s->view.list.top = 0;
    list_show(&s->view, cell, s, js_at(result, "lines"));
}

static void show(struct counter *c, struct report *s, const char *name)
{
    if (!strcmp(name, "teller") && !*view_get(&s->view, "teller")) {
        view_focus(&s->view, "teller");
        refuse(c, "%s", _("Type the teller's number first."));
        return;
    }
    text_copy(s->name, sizeof s->name, name);
    busy_start(c, _("The report is being made"));
    call(c, "report", asked(s), came, 0);
}

static void paper_came(struct counter *c, int64_t save, const json_t *job, const struct rpc_error *error)
{
    struct report *s = screen_state(c, &screen_report);
    busy_end(c);
    if (error) refuse_error(c, error);
    else if (save) paper_save(c, job, js_text(s->report, "csv"));
    else paper_office(c, job);
}

static void paper(struct counter *c, struct report *s, bool save)
{
    if (!s->report) {
        refuse(c, "%s", _("Show the report first: T, B or M."));
        return;
    }
    busy_start(c, _("The report is being made"));
    call(c, "report_paper", asked(s), paper_came, save);
}

static void press(struct counter *c, void *state, struct press press)
{
    struct report *s = state;
    if (list_press(c, &s->view, press)) return;
    if (press.code == PRESS_FN(12)) screen_back(c);
    bool question = !strcmp(view_focused(&s->view), "answer");
    if (press.code == PRESS_ENTER && question && !*view_get(&s->view, "answer")) {
        view_focus(&s->view, "day"); /* round to the first field */
        return;
    }
    switch (press.code < PRESS_F ? fields_letter(&s->view, press) : 0) {
    case 'T': show(c, s, "teller"); break;
    case 'B': show(c, s, "branch"); break;
    case 'M': show(c, s, "month"); break;
    case 'S': paper(c, s, true); break;
    case 'P': paper(c, s, false); break;
    default: break;
    }
}

static void paint(struct counter *c, void *state)
{
    struct report *s = state;
    view_set(&s->view, "title", js_text(s->report, "title"));
}

const struct screen screen_report = {
    .name = "report", .title = N_("Reports"), .roles = ROLE_SUPERVISOR | ROLE_TELLER, .state_size = sizeof(struct report),
    .held = offsetof(struct report, report), .open = begin, .press = press, .paint = paint,
};
