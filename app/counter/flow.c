/* Screens in a stack, keys in their order. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "counter/account.h"

/* --- the stack --- */

const struct screen *screen_now(const struct counter *c)
{
    return c->depth ? c->slot[c->stack[c->depth - 1]].screen : NULL;
}

static void *state_now(struct counter *c)
{
    return c->slot[c->stack[c->depth - 1]].state;
}

static int slot_of(struct counter *c, const struct screen *screen)
{
    for (int i = 0; i < c->slot_count; i++)
        if (c->slot[i].screen == screen) return i;
    if (c->slot_count == SLOTS_MAX) abort(); /* more screens than screens.c may list */
    void *state = calloc(1, screen->state_size);
    if (!state) abort();
    ((struct view *)state)->focus = VIEW_NONE;
    c->slot[c->slot_count].screen = screen;
    c->slot[c->slot_count].state = state;
    return c->slot_count++;
}

void *screen_state(struct counter *c, const struct screen *screen)
{
    return c->slot[slot_of(c, screen)].state;
}

bool screen_is_open(const struct counter *c, const struct screen *screen)
{
    for (int i = 0; i < c->depth; i++)
        if (c->slot[c->stack[i]].screen == screen) return true;
    return false;
}

static void stack_take(struct counter *c, int slot)
{
    int to = 0;
    for (int i = 0; i < c->depth; i++)
        if (c->stack[i] != slot) c->stack[to++] = c->stack[i];
    c->depth = to;
}

void screen_open(struct counter *c, const struct screen *screen, const json_t *arg)
{
    int slot = slot_of(c, screen);
    stack_take(c, slot);
    if (c->depth == STACK_MAX) abort(); /* each screen stands there once */
    c->stack[c->depth++] = slot;
    screen->open(c, c->slot[slot].state, arg);
    counter_dirty(c);
}

static void came_back(struct counter *c)
{
    const struct screen *screen = screen_now(c);
    if (screen && screen->changed) screen->changed(c, state_now(c), "again", NULL);
    counter_dirty(c);
}

void screen_back(struct counter *c)
{
    if (c->depth < 2) return;
    c->depth--;
    came_back(c);
}

void screen_close(struct counter *c, const struct screen *screen)
{
    bool top = screen_now(c) == screen;
    stack_take(c, slot_of(c, screen));
    if (top) came_back(c);
}

void screen_home(struct counter *c)
{
    const struct screen *home = c->role == ROLE_TELLER ? &screen_collect
                                : c->role == ROLE_TECHNICIAN ? &screen_printers : &screen_branch;
    if (c->depth && c->slot[c->stack[0]].screen == home) {
        bool moved = c->depth > 1;
        c->depth = 1;
        if (moved) came_back(c);
        return;
    }
    c->depth = 0;
    screen_open(c, home, NULL);
}

void screen_form(struct counter *c, void *state, const char *form)
{
    struct view *view = state;
    struct error err = {0};
    const struct form *got = forms_get(form, c->language, &err);
    if (!got) abort(); /* no such form is built in: the check of forms finds it before anybody */
    if (*err.what) error_text(&err, c->form_said, sizeof c->form_said);
    view_form(view, got);
    counter_dirty(c);
}

void counter_language(struct counter *c, const char *language)
{
    extern int _nl_msg_cat_cntr; /* glibc's: catalogues are looked up anew when it moves */
    bool chinese = !strcmp(language, "zh_CN") && c->options.hanzi; /* else nobody could read it */
    text_copy(c->language, sizeof c->language, chinese ? "zh_CN" : "en");
    setenv("LANGUAGE", c->language, 1);
    ++_nl_msg_cat_cntr;
    for (int i = 0; i < c->slot_count; i++) {
        struct view *view = c->slot[i].state;
        if (view->form) screen_form(c, view, view->form->name);
    }
    screen_form(c, &c->frame, "frame");
}

/* --- what is said --- */

void counter_dirty(struct counter *c) { c->dirty = true; }

void counter_quit(struct counter *c) { c->quit = true; }

void say(struct counter *c, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(c->said, sizeof c->said, fmt, args);
    va_end(args);
    c->said_ink = INK_PLAIN;
    counter_dirty(c);
}

void refuse(struct counter *c, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(c->said, sizeof c->said, fmt, args);
    va_end(args);
    c->said_ink = INK_ALARM;
    typed_drop(c);
    terminal_bell(&c->terminal, 1);
    counter_dirty(c);
}

void refuse_error(struct counter *c, const struct rpc_error *error)
{
    char text[SAY_SIZE];
    words_error(error, text, sizeof text);
    refuse(c, "%s", text);
}

void say_nothing(struct counter *c)
{
    if (!*c->said) return;
    *c->said = 0;
    counter_dirty(c);
}

/* --- waiting --- */

static void busy_set(struct counter *c, const char *words, bool firm)
{
    text_copy(c->busy, sizeof c->busy, words);
    c->busy_firm = firm;
    c->busy_since_ms = uv_now(c->loop);
}

void busy_start(struct counter *c, const char *words)
{
    if (!*c->busy || !c->busy_firm) busy_set(c, words, false); /* what is being recorded is waited for first */
}

void busy_firm(struct counter *c, const char *words)
{
    busy_set(c, words, true);
    c->firm_next = true;
}

void busy_over(struct counter *c)
{
    *c->busy = 0; /* the keys that waited go on once the answer has been worked in */
    c->busy_firm = c->firm_next = false;
    counter_dirty(c);
}

void busy_end(struct counter *c)
{
    if (!c->busy_firm || c->answering != ANSWER_OTHER) busy_over(c);
}

static void busy_leave(struct counter *c)
{
    if (c->busy_firm) return;
    c->busy_round++;
    typed_drop(c);
    *c->busy = 0;
    say(c, "%s", _("Left. Nothing was changed by it."));
}

/* --- keys --- */

void typed_drop(struct counter *c) { c->typed_count = 0; }

void typed_again(struct counter *c, struct press press)
{
    if (c->typed_count == TYPED_MAX) return;
    c->typed_first = (c->typed_first + TYPED_MAX - 1) % TYPED_MAX;
    c->typed[c->typed_first] = press;
    c->typed_count++;
}

void step_new(struct counter *c) { c->step_ns = UINT64_MAX; }

bool typed_ahead(const struct counter *c, struct press press)
{
    return press.arrived_ns < c->step_ns;
}

static void go_help(struct counter *c)
{
    const struct view *view = state_now(c);
    json_t *arg = json_pack("{s:s, s:s}", "form", view->form->name, "field", view_focused(view));
    screen_open(c, &screen_help, arg);
    json_decref(arg);
}

static void go_back(struct counter *c)
{
    const struct screen *screen = screen_now(c);
    if (screen->back && screen->back(c, state_now(c))) counter_dirty(c);
    else if (!screen->alone) screen_back(c);
}

static void go_waiting(struct counter *c)
{
    const json_t *attention = js_at(c->state, "attention");
    if (passbook_waits(c) && screen_now(c) != &screen_passbook) screen_open(c, &screen_passbook, NULL);
    else if (printing_wants(c, NULL) && !printing_watching(c)) screen_open(c, &screen_slip, NULL);
    else if (json_array_size(attention) || !c->last) screen_open(c, &screen_todo, NULL);
    else screen_open(c, &screen_card, NULL);
}

static void go_menu(struct counter *c) { screen_open(c, &screen_menu, NULL); }

/* Keys that mean the same everywhere; those of an `alone` screen stay with it. */
static const struct {
    enum press_code code;
    bool always; /* on an `alone` screen too */
    const struct screen *own; /* on this one the key is the screen's */
    void (*go)(struct counter *c);
} everywhere[] = {
    {PRESS_FN(1), true, &screen_help, go_help}, {PRESS_FN(2), false, NULL, screen_home},
    {PRESS_FN(3), true, NULL, go_back},         {PRESS_FN(6), false, &screen_todo, go_waiting},
    {PRESS_FN(9), false, NULL, asking_again},   {PRESS_FN(10), false, &screen_menu, go_menu},
};

/* Help over a lock must not be a way past the lock, nor past a password to be changed. */
static bool alone(const struct counter *c)
{
    if (c->must_change) return true;
    for (int i = 0; i < c->depth; i++)
        if (c->slot[c->stack[i]].screen->alone) return true;
    return false;
}

static void dispatch(struct counter *c, struct press press)
{
    const struct screen *screen = screen_now(c);
    say_nothing(c);
    counter_dirty(c);
    if (press.code != PRESS_FN(9)) asking_over(c);
    for (size_t i = 0; i < sizeof everywhere / sizeof everywhere[0]; i++) {
        if (everywhere[i].code != press.code || everywhere[i].own == screen) continue;
        if (everywhere[i].always || !alone(c)) everywhere[i].go(c);
        return;
    }
    screen->press(c, state_now(c), press);
}

void typed_go(struct counter *c)
{
    if (c->pumping) return;
    c->pumping = true;
    while (c->typed_count && !*c->busy && !c->quit && c->depth) {
        struct press press = c->typed[c->typed_first];
        c->typed_first = (c->typed_first + 1) % TYPED_MAX;
        c->typed_count--;
        dispatch(c, press);
    }
    c->pumping = false;
}

void typed_come(struct counter *c, struct press press)
{
    c->last_press_ms = uv_now(c->loop);
    if (press.code == PRESS_REDRAW) {
        terminal_redraw(&c->terminal);
        counter_dirty(c);
        return;
    }
    if (terminal_small(&c->terminal)) return; /* nobody sees what they would do */
    if (*c->busy && press.code == PRESS_FN(12)) {
        busy_leave(c);
        return;
    }
    if (c->typed_count == TYPED_MAX) {
        terminal_bell(&c->terminal, 1);
        return;
    }
    c->typed[(c->typed_first + c->typed_count++) % TYPED_MAX] = press;
    typed_go(c);
}
