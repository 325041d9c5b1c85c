/* Going through the input fields of a form, and through its list. */
#include <string.h>

#include "counter/counter.h"

/* Enter and the arrows go from field to field; the last one, "answer", takes a
 * letter, and only there an Enter does anything. */
char fields_letter(struct view *view, struct press press)
{
    bool question = !strcmp(view_focused(view), "answer");
    if (press.code == PRESS_UP) view_next(view, -1);
    else if (press.code == PRESS_DOWN || (press.code == PRESS_ENTER && !question)) view_next(view, 1);
    else if (press.code < PRESS_F && question) return answer_letter(view, press);
    else view_press(view, press);
    return 0;
}

/* With a list on the screen the arrows are the list's, and Enter goes to the next field. */
bool list_press(struct counter *c, struct view *view, struct press press)
{
    int page = view_list_rows(view, &c->terminal);
    int by = press.code == PRESS_UP ? -1 : press.code == PRESS_DOWN ? 1 : press.code == PRESS_FN(7) ? -page
             : press.code == PRESS_FN(8) ? page : 0;
    if (by) view_list_move(view, by, &c->terminal);
    return by != 0;
}

void list_show(struct view *view, view_cell *cell, void *ctx, const json_t *rows)
{
    view->list.cell = cell;
    view->list.ctx = ctx;
    view->list.count = (int)json_array_size(rows);
    if (view->list.at >= view->list.count) view->list.at = view->list.count ? view->list.count - 1 : 0;
}

const json_t *list_row(const struct view *view, const json_t *rows)
{
    return json_array_get(rows, (size_t)view->list.at);
}

void act_go(struct counter *c, const char *method, json_t *params, const char *words, counter_answer *answer, int64_t tag)
{
    busy_firm(c, _("Under way"));
    call_approved(c, method, params, words, answer, tag);
}

const char *clock_of(const char *time) { return strlen(time) > 11 ? time + 11 : ""; }
