/* The second person signs here, on the teller's screen, for exactly what is shown. */
#include <stdio.h>
#include <string.h>

#include "base/secret.h"
#include "counter/counter.h"

struct approve { struct view view; };

static void clear(struct approve *s)
{
    static const char *const fields[] = {"password", "code"};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        int at = form_find(s->view.form, fields[i]);
        if (at >= 0) secret_wipe(s->view.value[at], VIEW_TEXT_SIZE);
    }
}

static void begin(struct counter *c, void *state, const json_t *arg)
{
    struct approve *s = state;
    screen_form(c, s, "approve");
    view_set(&s->view, "operator", "");
    clear(s);
    view_focus(&s->view, "operator");
}

static void submit(struct counter *c, struct approve *s)
{
    if (!*view_get(&s->view, "operator") || (!*view_get(&s->view, "password") && !*view_get(&s->view, "code"))) return;
    asking_send(c, view_get(&s->view, "operator"), view_get(&s->view, "password"), view_get(&s->view, "code"));
    clear(s);
    view_focus(&s->view, "password"); /* when it was wrong, all of it is typed again */
}

/* Behind the password comes a code where the branch asks for one, and of somebody who has no password here. */
static bool wants_code(const struct counter *c, const struct approve *s)
{
    return js_true(c->hello, "rules.approval_code") || !*view_get(&s->view, "password");
}

static void press(struct counter *c, void *state, struct press press)
{
    struct approve *s = state;
    bool number = !strcmp(view_focused(&s->view), "operator"), password = !strcmp(view_focused(&s->view), "password");
    if (press.code == PRESS_FN(12)) asking_drop(c);
    else if (press.code == PRESS_UP) view_focus(&s->view, number || password ? "operator" : "password");
    else if (press.code == PRESS_ENTER && number && !*view_get(&s->view, "operator")) return;
    else if (number && (press.code == PRESS_DOWN || press.code == PRESS_ENTER)) view_focus(&s->view, "password");
    else if (password && (press.code == PRESS_DOWN || (press.code == PRESS_ENTER && wants_code(c, s)))) view_focus(&s->view, "code");
    else if (press.code == PRESS_ENTER) submit(c, s);
    else view_press(&s->view, press);
}

static bool back(struct counter *c, void *state)
{
    clear(state);
    asking_drop(c);
    return true;
}

static void paint(struct counter *c, void *state)
{
    struct approve *s = state;
    const char *words = asking_words(c);
    char first[VIEW_TEXT_SIZE];
    size_t len = strcspn(words, "\n");
    snprintf(first, sizeof first, "%.*s", (int)len, words);
    view_set(&s->view, "words", first);
    view_set(&s->view, "words2", words[len] ? words + len + 1 : "");
}

const struct screen screen_approve = {
    .name = "approve", .roles = 0, .alone = true, .state_size = sizeof(struct approve),
    .open = begin, .press = press, .paint = paint, .back = back,
};
