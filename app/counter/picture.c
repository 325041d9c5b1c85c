/* The page as it will stand on the paper, moved by tenths of a millimetre with the arrows.
 * The edge of what the printer reaches, and the fold of a passbook, can't be passed: what
 * would leave it is refused here as it would be at the printer. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "counter/printers.h"
#include "counter/printing.h"
#include "print/preview.h"

#define COLUMNS 78
#define STEP_MM10 10 /* of a page key */
#define OFFSET_MAX_MM10 999
#define RULER_HALF 20 /* cells, each 1/10 mm, to either side of zero */

struct picture {
    struct view view;
    json_t *lines; /* the picture, row by row */
    int x_mm10, y_mm10, was_x_mm10, was_y_mm10;
    char why[VIEW_TEXT_SIZE];
};

static struct printers *owner(struct counter *c) { return screen_state(c, &screen_printers); }

static const char *cell(void *ctx, int row, const struct form_field *field, char *buf, size_t size)
{
    const struct picture *s = ctx;
    const char *line = json_string_value(json_array_get(s->lines, (size_t)row));
    return !strcmp(field->name, "line") && line ? line : "";
}

/* Draws it anew at these offsets; where that can't be, the old picture stays and the reason is said. */
static bool draw(struct counter *c, struct picture *s, int x_mm10, int y_mm10)
{
    struct trial_of of;
    struct error err = {0};
    struct page_preview preview;
    if (!printers_trial(c, owner(c), &of)) return false;
    of.trial = TRIAL_TEST;
    of.offset_x_mm10 = x_mm10;
    of.offset_y_mm10 = y_mm10;
    const struct print_set *set = printing_set(c->printing, &err);
    struct page *page = set ? trial_page(&of, set, &err) : NULL;
    bool drawn = page && !page_preview(page, COLUMNS, &preview, &err);
    page_free(page);
    snprintf(s->why, sizeof s->why, "%s%s%s", drawn ? "" : err.why, drawn || !*err.where ? "" : " - ", drawn ? "" : err.where);
    if (!drawn) return false;
    json_t *lines = json_array();
    for (int i = 0; i < preview.rows; i++) json_array_append_new(lines, json_string(preview.line[i]));
    s->view.list.count = preview.rows;
    page_preview_free(&preview);
    js_keep(&s->lines, lines);
    json_decref(lines);
    s->x_mm10 = x_mm10;
    s->y_mm10 = y_mm10;
    return true;
}

static void begin(struct counter *c, void *state, const json_t *arg)
{
    struct picture *s = state;
    struct view *from = &owner(c)->view;
    screen_form(c, s, "picture");
    view_blank(&s->view);
    s->view.list.cell = cell;
    s->view.list.ctx = s;
    s->view.list.at = s->view.list.top = 0;
    s->view.list.count = 0;
    s->view.focus = VIEW_LIST;
    js_keep(&s->lines, NULL);
    s->x_mm10 = s->y_mm10 = 0;
    offset_read(view_get(from, "right"), &s->x_mm10);
    offset_read(view_get(from, "down"), &s->y_mm10);
    s->was_x_mm10 = s->x_mm10;
    s->was_y_mm10 = s->y_mm10;
    if (!draw(c, s, s->x_mm10, s->y_mm10)) refuse(c, "%s %s", _("The page can't be drawn:"), s->why);
}

static void nudge(struct counter *c, struct picture *s, int by_x, int by_y)
{
    int x = s->x_mm10 + by_x, y = s->y_mm10 + by_y;
    if (abs(x) > OFFSET_MAX_MM10 || abs(y) > OFFSET_MAX_MM10) return;
    if (draw(c, s, x, y)) return;
    refuse(c, "%s %s", _("No further:"), s->why);
}

static void take(struct counter *c, struct picture *s, bool keep)
{
    struct view *to = &owner(c)->view;
    offset_show(to, "right", keep ? s->x_mm10 : s->was_x_mm10);
    offset_show(to, "down", keep ? s->y_mm10 : s->was_y_mm10);
    js_keep(&s->lines, NULL);
    s->view.list.count = 0;
    screen_back(c);
    view_focus(to, "answer");
}

static void press(struct counter *c, void *state, struct press press)
{
    struct picture *s = state;
    int page = view_list_rows(&s->view, &c->terminal) - 1;
    switch (press.code) {
    case PRESS_LEFT: nudge(c, s, -1, 0); break;
    case PRESS_RIGHT: nudge(c, s, 1, 0); break;
    case PRESS_UP: nudge(c, s, 0, -1); break;
    case PRESS_DOWN: nudge(c, s, 0, 1); break;
    case PRESS_FN(7): view_list_move(&s->view, -page, &c->terminal); break;
    case PRESS_FN(8): view_list_move(&s->view, page, &c->terminal); break;
    case PRESS_FN(12): take(c, s, false); break;
    case PRESS_ENTER: take(c, s, true); break;
    case PRESS_TEXT: /* hands that find no arrows: by millimetres */
        if (press.cp == '4' || press.cp == '6') nudge(c, s, press.cp == '4' ? -STEP_MM10 : STEP_MM10, 0);
        if (press.cp == '8' || press.cp == '2') nudge(c, s, 0, press.cp == '8' ? -STEP_MM10 : STEP_MM10);
        break;
    default: break;
    }
}

static bool back(struct counter *c, void *state)
{
    take(c, state, false);
    return true;
}

/* One cell a tenth of a millimetre: zero in the middle, * where the page stands now. */
static void ruler(struct view *view, const char *field, int mm10)
{
    char line[2 * RULER_HALF + 2];
    for (int i = 0; i <= 2 * RULER_HALF; i++) line[i] = i == RULER_HALF ? '|' : i % 10 ? '.' : '+';
    int at = mm10 < -RULER_HALF ? 0 : mm10 > RULER_HALF ? 2 * RULER_HALF : mm10 + RULER_HALF;
    line[at] = mm10 < -RULER_HALF ? '<' : mm10 > RULER_HALF ? '>' : '*';
    line[2 * RULER_HALF + 1] = 0;
    view_set(view, field, line);
}

static void paint(struct counter *c, void *state)
{
    struct picture *s = state;
    const struct view *from = &owner(c)->view;
    view_setf(&s->view, "title", "%s  %s  %s", view_get(from, "template"), view_get(from, "media"), view_get(from, "profile"));
    offset_show(&s->view, "right", s->x_mm10);
    offset_show(&s->view, "down", s->y_mm10);
    ruler(&s->view, "ruler-x", s->x_mm10);
    ruler(&s->view, "ruler-y", s->y_mm10);
}

const struct screen screen_picture = {
    .name = "picture", .roles = ROLE_TECHNICIAN, .state_size = sizeof(struct picture),
    .held = offsetof(struct picture, lines), .open = begin, .press = press, .paint = paint, .back = back,
};
