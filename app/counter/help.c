/* Help on the field and on the screen, as the form's file has it. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "counter/counter.h"

#define LINES_MAX 400
#define LINE_SIZE 320
#define HELP_LINE_MAX 1024

struct help {
    struct view view;
    char form[FORM_NAME_SIZE], field[FORM_NAME_SIZE];
    char lines[LINES_MAX][LINE_SIZE];
    int count;
};

static const char *cell(void *ctx, int row, const struct form_field *field, char *buf, size_t size)
{
    const struct help *s = ctx;
    return strcmp(field->name, "text") != 0 ? "" : s->lines[row];
}

static void add_line(struct help *s, const char *text)
{
    if (s->count < LINES_MAX) text_copy(s->lines[s->count++], LINE_SIZE, text);
}

/* A line of the form's file may be longer than one of the screen. */
static void add_text(struct help *s, const char *text, int cells)
{
    char line[HELP_LINE_MAX], row[LINE_SIZE];
    while (*text) {
        size_t len = strcspn(text, "\n"), keep = len < sizeof line - 1 ? len : sizeof line - 1;
        memcpy(line, text, keep);
        line[keep] = 0;
        const char *rest = line;
        do {
            rest = view_line(rest, row, sizeof row, cells);
            add_line(s, row);
        } while (*rest);
        text += len + (text[len] == '\n');
    }
}

static void fill(struct counter *c, struct help *s)
{
    struct error err = {0};
    const struct form *form = forms_get(s->form, c->language, &err), *frame = forms_get("frame", c->language, &err);
    const char *field = form && *s->field ? form_help(form, s->field) : NULL;
    const char *screen = form ? form_help(form, "screen") : NULL;
    const char *keys = frame ? form_help(frame, "screen") : NULL;
    s->count = 0;
    int at = form_find(s->view.form, "text"), cells = at >= 0 ? s->view.form->field[at].width : FORM_COLS / 2;
    if (field) add_text(s, field, cells), add_line(s, "");
    if (screen) add_text(s, screen, cells), add_line(s, "");
    if (keys) add_text(s, keys, cells);
    s->view.list.count = s->count;
    s->view.list.at = s->view.list.top = 0;
}

static void begin(struct counter *c, void *state, const json_t *arg)
{
    struct help *s = state;
    screen_form(c, s, "help");
    s->view.list.cell = cell;
    s->view.list.ctx = s;
    s->view.focus = VIEW_LIST;
    text_copy(s->form, sizeof s->form, arg ? js_text(arg, "form") : "collect");
    text_copy(s->field, sizeof s->field, arg ? js_text(arg, "field") : "");
    fill(c, s);
}

static void press(struct counter *c, void *state, struct press press)
{
    struct help *s = state;
    int page = view_list_rows(&s->view, &c->terminal) - 1;
    int by = press.code == PRESS_UP ? -1 : press.code == PRESS_DOWN ? 1 : press.code == PRESS_FN(7) ? -page
             : press.code == PRESS_FN(8) ? page : 0;
    if (by) view_list_move(&s->view, by, &c->terminal);
    else if (press.code == PRESS_ENTER || press.code == PRESS_FN(1) || press.code == PRESS_FN(12)) screen_back(c);
}

const struct screen screen_help = {
    .name = "help", .roles = ROLE_ANY, .state_size = sizeof(struct help), .open = begin, .press = press,
};
