/* A form with its values, focus and list on the terminal. */
#ifndef COUNTER_VIEW_H
#define COUNTER_VIEW_H

#include <jansson.h>

#include "counter/form.h"
#include "counter/terminal.h"

#define VIEW_TEXT_SIZE 600
#define VIEW_LIST (-1) /* the list has the focus */
#define VIEW_NONE (-2)

struct view;
/* Text of one column in one row of the list, into buf. */
typedef const char *view_cell(void *ctx, int row, const struct form_field *field, char *buf, size_t size);

struct view {
    const struct form *form;
    char (*value)[VIEW_TEXT_SIZE]; /* one a field */
    unsigned ink[FORM_FIELDS_MAX];
    int focus; /* field index, VIEW_LIST or VIEW_NONE */
    struct {
        int count, at, top;
        view_cell *cell;
        void *ctx;
    } list;
};

/* Changes the form (language, step); values of fields of the same name stay. */
void view_form(struct view *view, const struct form *form);
void view_free(struct view *view);
void view_set(struct view *view, const char *name, const char *text);
void view_setf(struct view *view, const char *name, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void view_ink(struct view *view, const char *name, unsigned ink);
const char *view_get(const struct view *view, const char *name);
/* The first `cells` cells of text into row, broken at a blank where one is near;
 * returns what is left. For Hanzi any place will do. */
const char *view_line(const char *text, char *row, size_t size, int cells);
/* A long text over the fields NAME1, NAME2 …, as many as the form has. */
void view_wrap(struct view *view, const char *name, const char *text);
void view_money(struct view *view, const char *name, int64_t fen);
/* Fills every output field whose name is a member (dots for depth, written as
 * "-" in the form: operator-name) of the object. */
void view_fill(struct view *view, const json_t *object);
/* One value as its kind says. */
const char *view_format(const struct form_field *field, const json_t *value, char *buf, size_t size);
void view_blank(struct view *view); /* empties every value */

void view_focus(struct view *view, const char *name);
const char *view_focused(const struct view *view); /* name, "" for none or the list */
bool view_next(struct view *view, int step); /* false: no other input field there */
/* Text, erase, up and down in a list. True when the key was used. */
bool view_press(struct view *view, struct press press);
bool view_list_move(struct view *view, int by, const struct terminal *t);
int view_list_rows(const struct view *view, const struct terminal *t);
void view_paint(struct view *view, struct terminal *t);
/* Draws only the rows first..last of the form; used for the frame's rows. */
void view_paint_rows(struct view *view, struct terminal *t, int first, int last);

#endif
