/* A new password: chosen, or demanded at the first sign-on. */
#include <string.h>

#include "base/secret.h"
#include "counter/counter.h"

struct password { struct view view; bool forced; };

static void clear(struct password *s)
{
    static const char *const fields[] = {"old", "new", "again"};
    for (int i = 0; i < 3; i++) {
        int at = form_find(s->view.form, fields[i]);
        if (at >= 0) secret_wipe(s->view.value[at], VIEW_TEXT_SIZE);
    }
    view_focus(&s->view, "old");
}

static void begin(struct counter *c, void *state, const json_t *arg)
{
    struct password *s = state;
    s->forced = json_is_true(arg);
    screen_form(c, s, "password");
    clear(s);
}

static void changed_it(struct counter *c, int64_t tag, const json_t *result, const struct rpc_error *error)
{
    struct password *s = screen_state(c, &screen_password);
    busy_end(c);
    clear(s);
    if (error) {
        refuse_error(c, error);
        return;
    }
    s->forced = c->must_change = false;
    screen_close(c, &screen_password);
    say(c, "%s", _("The password is changed."));
}

static void submit(struct counter *c, struct password *s)
{
    const char *new = view_get(&s->view, "new");
    if (strcmp(new, view_get(&s->view, "again")) != 0) {
        view_set(&s->view, "again", "");
        refuse(c, "%s", _("The new password was not typed alike twice. Type it again."));
        return;
    }
    busy_start(c, _("Changing the password"));
    call(c, "change_password", json_pack("{s:s, s:s}", "old", view_get(&s->view, "old"), "new", new), changed_it, 0);
}

static void press(struct counter *c, void *state, struct press press)
{
    struct password *s = state;
    const char *field = view_focused(&s->view);
    if (press.code == PRESS_ENTER && !strcmp(field, "again")) submit(c, s);
    else if (press.code == PRESS_ENTER && !*view_get(&s->view, field)) return;
    else if (press.code == PRESS_ENTER || press.code == PRESS_DOWN) view_next(&s->view, 1);
    else if (press.code == PRESS_UP) view_next(&s->view, -1);
    else if (press.code == PRESS_FN(12)) clear(s);
    else view_press(&s->view, press);
}

static bool back(struct counter *c, void *state)
{
    struct password *s = state;
    clear(s);
    if (s->forced) refuse(c, "%s", _("The password must be changed first."));
    return s->forced;
}

static void paint(struct counter *c, void *state)
{
    struct password *s = state;
    view_set(&s->view, "why", s->forced ? _("This password was given to you: choose your own before you go on.") : "");
}

const struct screen screen_password = {
    .name = "password", .title = N_("Change the password"), .roles = ROLE_ANY, .state_size = sizeof(struct password),
    .open = begin, .press = press, .paint = paint, .back = back,
};
