/* The second person signs here, on the teller's screen, for exactly what is shown. */
#include <stdio.h>
#include <string.h>

#include "base/secret.h"
#include "counter/counter.h"

struct approve { struct view view; };

static void clear(struct approve *s)
{
    int at = form_find(s->view.form, "password");
    if (at >= 0) secret_wipe(s->view.value[at], VIEW_TEXT_SIZE);
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
    if (!*view_get(&s->view, "operator") || !*view_get(&s->view, "password")) return;
    asking_send(c, view_get(&s->view, "operator"), view_get(&s->view, "password"));
    clear(s);
}

static void press(struct counter *c, void *state, struct press press)
{
    struct approve *s = state;
    bool number = !strcmp(view_focused(&s->view), "operator");
    if (press.code == PRESS_FN(12)) asking_drop(c);
    else if (press.code == PRESS_UP) view_focus(&s->view, "operator");
    else if (press.code == PRESS_ENTER && number && !*view_get(&s->view, "operator")) return;
    else if (press.code == PRESS_DOWN || (press.code == PRESS_ENTER && number)) view_focus(&s->view, "password");
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
