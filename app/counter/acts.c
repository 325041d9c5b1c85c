/* What was approved in this person's name since he was here: shown at his sign-on,
 * so that nobody's word is used behind his back. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "counter/counter.h"

struct acts { struct view view; json_t *rows; };

static const char *cell(void *ctx, int at, const struct form_field *field, char *buf, size_t size)
{
    const struct acts *s = ctx;
    const json_t *row = json_array_get(s->rows, (size_t)at);
    const char *when = js_text(row, "at");
    if (!strcmp(field->name, "mark")) return "";
    if (!strcmp(field->name, "act")) return word_act(js_text(row, "act"));
    if (strcmp(field->name, "at")) return js_text(row, field->name);
    snprintf(buf, size, "%.5s %.5s", strlen(when) > 5 ? when + 5 : "", clock_of(when));
    return buf;
}

static void begin(struct counter *c, void *state, const json_t *arg)
{
    struct acts *s = state;
    screen_form(c, s, "acts");
    js_keep(&s->rows, (json_t *)arg);
    s->view.list.at = s->view.list.top = 0;
    list_show(&s->view, cell, s, s->rows);
    view_setf(&s->view, "title", "%d", s->view.list.count);
    view_set(&s->view, "answer", "");
    view_focus(&s->view, "answer");
}

static void press(struct counter *c, void *state, struct press press)
{
    struct acts *s = state;
    if (list_press(c, &s->view, press)) return;
    if (press.code == PRESS_FN(12) || (press.code < PRESS_F && answer_letter(&s->view, press) == 'Y')) screen_back(c);
}

const struct screen screen_acts = {
    .name = "acts", .roles = ROLE_ANY, .state_size = sizeof(struct acts), .held = offsetof(struct acts, rows), .open = begin, .press = press,
};
