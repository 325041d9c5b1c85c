#include "counter/view.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/money.h"
#include "base/text.h"
#include "counter/js.h"

#define BODY_LAST 19 /* rows after it stick to the bottom of the terminal */
#define CUT_MARK '>'

void view_form(struct view *view, const struct form *form)
{
    if (form == view->form) return;
    char (*value)[VIEW_TEXT_SIZE] = calloc(FORM_FIELDS_MAX, sizeof *value);
    if (!value) abort();
    for (int i = 0; view->form && i < view->form->field_count; i++) {
        int to = form_find(form, view->form->field[i].name);
        if (to >= 0) memcpy(value[to], view->value[i], VIEW_TEXT_SIZE);
    }
    int focus = view->focus >= 0 && view->form ? form_find(form, view->form->field[view->focus].name) : view->focus;
    view->focus = focus == -1 && view->focus >= 0 ? VIEW_NONE : focus;
    free(view->value);
    view->value = value;
    view->form = form;
    memset(view->ink, 0, sizeof view->ink);
}

void view_free(struct view *view)
{
    free(view->value);
    memset(view, 0, sizeof *view);
}

void view_blank(struct view *view)
{
    if (view->form) memset(view->value, 0, FORM_FIELDS_MAX * sizeof *view->value);
    memset(view->ink, 0, sizeof view->ink);
}

void view_set(struct view *view, const char *name, const char *text)
{
    int i = form_find(view->form, name);
    if (i >= 0) text_clip(view->value[i], VIEW_TEXT_SIZE, text, VIEW_TEXT_SIZE / 3, 0);
}

void view_setf(struct view *view, const char *name, const char *fmt, ...)
{
    char text[VIEW_TEXT_SIZE];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    view_set(view, name, text);
}

void view_ink(struct view *view, const char *name, unsigned ink)
{
    int i = form_find(view->form, name);
    if (i >= 0) view->ink[i] = ink;
}

const char *view_get(const struct view *view, const char *name)
{
    int i = form_find(view->form, name);
    return i >= 0 ? view->value[i] : "";
}

const char *view_line(const char *text, char *row, size_t size, int cells)
{
    text_clip(row, size, text, cells, 0);
    size_t cut = strlen(row);
    const char *blank = strrchr(row, ' ');
    if (text[cut] && text[cut] != ' ' && blank && text_width(blank) < cells / 2) cut = (size_t)(blank - row);
    row[cut] = 0;
    text += cut;
    return text + strspn(text, " ");
}

void view_wrap(struct view *view, const char *name, const char *text)
{
    char part[FORM_NAME_SIZE + 12], row[VIEW_TEXT_SIZE];
    for (int n = 1; n <= 9; n++) {
        snprintf(part, sizeof part, "%.30s%d", name, n);
        int i = form_find(view->form, part);
        if (i < 0) return;
        text = view_line(text, row, sizeof row, view->form->field[i].width);
        view_set(view, part, row);
    }
}

void view_money(struct view *view, const char *name, int64_t fen)
{
    char text[MONEY_TEXT_SIZE];
    view_set(view, name, money_format_grouped(fen, text, sizeof text));
}

const char *view_format(const struct form_field *field, const json_t *value, char *buf, size_t size)
{
    const char *text = json_string_value(value);
    buf[0] = 0;
    if (json_is_integer(value)) {
        if (field->kind == FORM_MONEY && size >= MONEY_TEXT_SIZE)
            return money_format_grouped(json_integer_value(value), buf, size);
        snprintf(buf, size, "%lld", (long long)json_integer_value(value));
    } else if (json_is_boolean(value)) {
        text_copy(buf, size, json_is_true(value) ? "*" : "");
    } else if (text && field->kind == FORM_CLOCK && strlen(text) >= 19) {
        snprintf(buf, size, "%.*s", field->width >= 8 ? 8 : 5, text + 11);
    } else if (text && field->kind == FORM_DAY && strlen(text) >= 10) {
        snprintf(buf, size, "%.*s", field->width >= 10 ? 10 : 5, text + (field->width >= 10 ? 0 : 5));
    } else if (text) {
        text_clip(buf, size, text, (int)size / 4, 0);
    }
    return buf;
}

void view_fill(struct view *view, const json_t *object)
{
    for (int i = 0; i < view->form->field_count; i++) {
        const struct form_field *field = &view->form->field[i];
        char path[FORM_NAME_SIZE];
        if (field->input || field->column) continue;
        text_copy(path, sizeof path, field->name);
        for (char *p = path; *p; p++)
            if (*p == '-') *p = '.';
        const json_t *value = js_at(object, path);
        if (value) view_format(field, value, view->value[i], VIEW_TEXT_SIZE);
    }
}

/* --- focus and typing --- */

void view_focus(struct view *view, const char *name)
{
    int i = form_find(view->form, name);
    if (i >= 0) view->focus = i;
}

const char *view_focused(const struct view *view)
{
    return view->focus >= 0 && view->form ? view->form->field[view->focus].name : "";
}

bool view_next(struct view *view, int step)
{
    for (int i = view->focus + step; i >= 0 && i < view->form->field_count; i += step) {
        if (!view->form->field[i].input) continue;
        view->focus = i;
        return true;
    }
    return false;
}

static bool accepts(const struct form_field *field, uint32_t cp)
{
    switch (field->kind) {
    case FORM_DIGITS:
    case FORM_COUNT: return (cp >= '0' && cp <= '9') || (cp >= 0xff10 && cp <= 0xff19);
    default: return cp >= 0x20 && (cp < 0x7f || cp > 0x9f);
    }
}

static bool type(struct view *view, uint32_t cp)
{
    const struct form_field *field = &view->form->field[view->focus];
    char *text = view->value[view->focus];
    size_t len = strlen(text);
    if (!accepts(field, cp)) return false;
    if ((int)utf8_count(text) >= field->max) return true;
    size_t put = utf8_put(text + len, VIEW_TEXT_SIZE - 1 - len, cp);
    text[len + put] = 0;
    if (field->kind != FORM_TEXT && field->kind != FORM_SECRET) text_narrow(text);
    return true;
}

static void erase_last(char *text)
{
    size_t len = strlen(text);
    while (len && ((unsigned char)text[len - 1] & 0xc0) == 0x80) len--;
    if (len) text[len - 1] = 0;
}

bool view_press(struct view *view, struct press press)
{
    if (view->focus < 0 || !view->form) return false;
    if (press.code == PRESS_TEXT) return type(view, press.cp);
    if (press.code != PRESS_ERASE) return false;
    erase_last(view->value[view->focus]);
    return true;
}

/* --- painting --- */

static int spare_rows(const struct terminal *t)
{
    return t->rows > FORM_ROWS ? t->rows - FORM_ROWS : 0;
}

/* Where a form's row stands: the list takes the rows that a larger terminal has. */
static int row_on(const struct view *view, const struct terminal *t, int row)
{
    int list = view->form->list_last;
    bool below = row > BODY_LAST || (list >= 0 && row > list);
    return below ? row + spare_rows(t) : row;
}

int view_list_rows(const struct view *view, const struct terminal *t)
{
    if (!view->form || view->form->list_first < 0) return 0;
    return view->form->list_last - view->form->list_first + 1 + spare_rows(t);
}

bool view_list_move(struct view *view, int by, const struct terminal *t)
{
    int before = view->list.at, rows = view_list_rows(view, t);
    view->list.at += by;
    if (rows > 0 && (by >= rows || -by >= rows)) view->list.top += by; /* a page: the rows shown are all others */
    if (view->list.top > view->list.count - rows) view->list.top = view->list.count - rows;
    if (view->list.top < 0) view->list.top = 0;
    if (view->list.at >= view->list.count) view->list.at = view->list.count - 1;
    if (view->list.at < 0) view->list.at = 0;
    if (view->list.at < view->list.top) view->list.top = view->list.at;
    if (rows > 0 && view->list.at >= view->list.top + rows) view->list.top = view->list.at - rows + 1;
    return view->list.at != before;
}

static void aligned(struct terminal *t, const struct form_field *field, int row, const char *text, unsigned ink)
{
    char fit[VIEW_TEXT_SIZE];
    int width = text_width(text);
    if (width > field->width) {
        if (field->kind == FORM_MONEY && !field->input) {
            memset(fit, '#', (size_t)field->width); /* half a sum would be another sum */
            fit[field->width] = 0;
        } else {
            text_clip(fit, sizeof fit, text, field->width, CUT_MARK);
        }
        text = fit;
        width = text_width(fit);
    }
    int left = field->align == FORM_RIGHT ? field->width - width
               : field->align == FORM_CENTRE ? (field->width - width) / 2 : 0;
    terminal_put(t, row, field->col + left, field->width - left, text, ink);
}

/* What is typed is shown from its end when it is longer than the field. */
static const char *tail(const char *text, int cells)
{
    while (text_width(text) > cells) {
        uint32_t cp;
        size_t took = utf8_next(text, text + strlen(text), &cp);
        text += took ? took : 1;
    }
    return text;
}

static void paint_input(struct view *view, struct terminal *t, int i)
{
    const struct form_field *field = &view->form->field[i];
    int row = row_on(view, t, field->row);
    bool focus = view->focus == i;
    const char *text = field->kind == FORM_SECRET ? "" : view->value[i];
    if (focus) text = tail(text, field->width - (field->width > 1));
    if (focus) terminal_put(t, row, field->col - 1, 1, "[", INK_BOLD);
    if (focus) terminal_put(t, row, field->col + field->width, 1, "]", INK_BOLD);
    if (focus || field->align == FORM_LEFT)
        terminal_put(t, row, field->col, field->width, text, focus ? INK_BOLD : INK_PLAIN);
    else aligned(t, field, row, text, INK_PLAIN);
    int at = text_width(text);
    if (focus) terminal_cursor(t, row, field->col + (at < field->width ? at : field->width - 1));
}

static void paint_list(struct view *view, struct terminal *t)
{
    int rows = view_list_rows(view, t);
    char buf[VIEW_TEXT_SIZE];
    view_list_move(view, 0, t);
    for (int i = 0; i < rows && view->list.top + i < view->list.count; i++) {
        int row = view->form->list_first + i, item = view->list.top + i;
        bool first = true;
        for (int f = 0; f < view->form->field_count; f++) {
            const struct form_field *field = &view->form->field[f];
            if (!field->column) continue;
            buf[0] = 0;
            const char *text = view->list.cell ? view->list.cell(view->list.ctx, item, field, buf, sizeof buf) : "";
            aligned(t, field, row, text, item == view->list.at ? INK_BOLD : INK_PLAIN);
            if (first && item == view->list.at) {
                if (view->focus == VIEW_LIST) terminal_cursor(t, row, field->col);
                terminal_put(t, row, field->col, 1, ">", INK_BOLD);
            }
            first = false;
        }
    }
}

void view_paint_rows(struct view *view, struct terminal *t, int first, int last)
{
    for (int row = first; row <= last; row++) {
        bool list = view->form->list_first >= 0 && row >= view->form->list_first && row <= view->form->list_last;
        if (!list) terminal_put(t, row_on(view, t, row), 0, FORM_COLS, view->form->row[row], INK_PLAIN);
    }
    for (int i = 0; i < view->form->field_count; i++) {
        const struct form_field *field = &view->form->field[i];
        if (field->row < first || field->row > last || field->column) continue;
        if (field->input) paint_input(view, t, i);
        else aligned(t, field, row_on(view, t, field->row), view->value[i], view->ink[i]);
    }
}

void view_paint(struct view *view, struct terminal *t)
{
    view_paint_rows(view, t, 0, FORM_ROWS - 1);
    if (view->form->list_first >= 0) paint_list(view, t);
}
