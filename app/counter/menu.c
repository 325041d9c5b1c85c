/* F10: everything there is for this person, lock and sign-off too. */
#include <string.h>

#include "base/text.h"
#include "counter/counter.h"

#define ITEMS_MAX 32

struct item {
    const char *title;
    const struct screen *screen; /* or NULL: do */
    void (*go)(struct counter *c);
};
struct menu {
    struct view view;
    struct item item[ITEMS_MAX];
    int count;
};

static void switch_language(struct counter *c)
{
    counter_language(c, strcmp(c->language, "en") != 0 ? "en" : "zh_CN");
    session_hello(c);
    screen_back(c);
}

static void lock_now(struct counter *c)
{
    screen_back(c);
    session_lock(c);
}

static const struct item acts[] = {
    {N_("Language: English / Chinese"), NULL, switch_language},
    {N_("Lock this terminal"), NULL, lock_now},
    {N_("Sign off"), NULL, session_sign_off},
    {N_("Leave the program"), NULL, counter_quit},
};

static const char *cell(void *ctx, int row, const struct form_field *field, char *buf, size_t size)
{
    const struct menu *s = ctx;
    if (!strcmp(field->name, "title")) return _(s->item[row].title);
    if (strcmp(field->name, "no") != 0) return "";
    buf[0] = ' ';
    buf[1] = (char)(row < 9 ? '1' + row : 'A' + row - 9);
    buf[2] = 0;
    return buf;
}

static void begin(struct counter *c, void *state, const json_t *arg)
{
    struct menu *s = state;
    s->count = 0;
    for (int i = 0; screens[i]; i++)
        if (screens[i]->title && (screens[i]->roles & c->role) && s->count < ITEMS_MAX)
            s->item[s->count++] = (struct item){screens[i]->title, screens[i], NULL};
    for (size_t i = 0; i < sizeof acts / sizeof acts[0] && s->count < ITEMS_MAX; i++) s->item[s->count++] = acts[i];
    screen_form(c, s, "menu");
    s->view.list.cell = cell;
    s->view.list.ctx = s;
    s->view.list.count = s->count;
    s->view.list.at = s->view.list.top = 0;
    s->view.focus = VIEW_LIST;
}

static void take(struct counter *c, const struct item *item)
{
    if (item->go) {
        item->go(c);
    } else if (item->screen == &screen_collect) {
        screen_home(c); /* with its draft */
    } else {
        screen_close(c, &screen_menu);
        screen_open(c, item->screen, NULL);
    }
}

/* 1..9 and A.. put the cursor there; Enter takes it, as everywhere. */
static void jump(struct counter *c, struct menu *s, uint32_t cp)
{
    int at = cp >= '1' && cp <= '9' ? (int)(cp - '1') : cp >= 'a' && cp <= 'z' ? (int)(cp - 'a') + 9
             : cp >= 'A' && cp <= 'Z' ? (int)(cp - 'A') + 9 : -1;
    if (at >= 0 && at < s->count) view_list_move(&s->view, at - s->view.list.at, &c->terminal);
}

static void press(struct counter *c, void *state, struct press press)
{
    struct menu *s = state;
    switch (press.code) {
    case PRESS_UP: view_list_move(&s->view, -1, &c->terminal); break;
    case PRESS_DOWN: view_list_move(&s->view, 1, &c->terminal); break;
    case PRESS_FN(10):
    case PRESS_FN(12): screen_back(c); break;
    case PRESS_ENTER: take(c, &s->item[s->view.list.at]); break;
    case PRESS_TEXT: jump(c, s, press.cp); break;
    default: break;
    }
}

const struct screen screen_menu = {
    .name = "menu", .roles = ROLE_ANY, .state_size = sizeof(struct menu), .open = begin, .press = press,
};
