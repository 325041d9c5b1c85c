/* Locked: the attention line stays, the draft stays, the person proves to be the same. */
#include <string.h>

#include "base/secret.h"
#include "counter/counter.h"

struct lock { struct view view; };

static void begin(struct counter *c, void *state, const json_t *arg)
{
    struct lock *s = state;
    screen_form(c, s, "lock");
    view_set(&s->view, "password", "");
    view_set(&s->view, "answer", "");
    view_focus(&s->view, "password");
}

static void unlocked(struct counter *c, int64_t tag, const json_t *result, const struct rpc_error *error)
{
    busy_end(c);
    if (error) {
        refuse_error(c, error);
        return;
    }
    c->locked = false;
    screen_close(c, &screen_lock);
}

static void unlock(struct counter *c, struct lock *s)
{
    int i = form_find(s->view.form, "password");
    if (!*view_get(&s->view, "password")) return;
    busy_start(c, _("Unlocking"));
    call(c, "unlock", json_pack("{s:s}", "password", view_get(&s->view, "password")), unlocked, 0);
    if (i >= 0) secret_wipe(s->view.value[i], VIEW_TEXT_SIZE);
}

static void press(struct counter *c, void *state, struct press press)
{
    struct lock *s = state;
    bool question = !strcmp(view_focused(&s->view), "answer");
    if (press.code == PRESS_UP) view_focus(&s->view, "password");
    else if (press.code == PRESS_DOWN) view_focus(&s->view, "answer");
    else if (press.code == PRESS_FN(12)) view_set(&s->view, question ? "answer" : "password", "");
    else if (question && answer_letter(&s->view, press) == 'S') session_sign_off(c);
    else if (!question && press.code == PRESS_ENTER) unlock(c, s);
    else if (!question) view_press(&s->view, press);
}

static void paint(struct counter *c, void *state)
{
    struct lock *s = state;
    view_setf(&s->view, "who", "%s %s", c->operator_number, c->options.hanzi ? js_text(c->operator, "name") : "");
}

const struct screen screen_lock = {
    .name = "lock", .roles = 0, .alone = true, .state_size = sizeof(struct lock),
    .open = begin, .press = press, .paint = paint,
};
