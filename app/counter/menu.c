/* F10: everything there is for this person, lock and sign-off too. */
#include <string.h>

#include "base/text.h"
#include "counter/counter.h"

#define ITEMS_MAX 36

struct item {
    char letter; /* fixed, or 0: 1 to 9, then A and on, those of the acts left out */
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
    {'L', N_("Lock this terminal"), NULL, lock_now},
    {'S', N_("Sign off"), NULL, session_sign_off},
    {'T', N_("Language: English / Chinese"), NULL, switch_language},
    {'X', N_("Leave the program"), NULL, counter_quit},
};
#define ACTS (int)(sizeof acts / sizeof acts[0])

static bool of_an_act(char letter)
{
    for (int i = 0; i < ACTS; i++)
        if (acts[i].letter == letter) return true;
    return false;
}

static void give_letters(struct menu *s)
{
    char next = '1';
    for (int i = ACTS; i < s->count; i++) {
        while (of_an_act(next)) next++;
        s->item[i].letter = next;
        next = next == '9' ? 'A' : (char)(next + 1);
    }
}

static const char *cell(void *ctx, int row, const struct form_field *field, char *buf, size_t size)
{
    const struct menu *s = ctx;
    if (!strcmp(field->name, "title")) return _(s->item[row].title);
    if (strcmp(field->name, "no") != 0) return "";
    buf[0] = ' ';
    buf[1] = s->item[row].letter;
    buf[2] = 0;
    return buf;
}

static void begin(struct counter *c, void *state, const json_t *arg)
{
    struct menu *s = state;
    memcpy(s->item, acts, sizeof acts); /* first: in sight however many screens there are */
    s->count = ACTS;
    for (int i = 0; screens[i]; i++)
        if (screens[i]->title && (screens[i]->roles & c->role) && s->count < ITEMS_MAX)
            s->item[s->count++] = (struct item){0, screens[i]->title, screens[i], NULL};
    give_letters(s);
    screen_form(c, s, "menu");
    s->view.list.cell = cell;
    s->view.list.ctx = s;
    s->view.list.count = s->count;
    s->view.list.top = 0;
    s->view.list.at = ACTS < s->count ? ACTS : 0;
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

/* The letter in front puts the cursor there; Enter takes it, as everywhere. */
static void jump(struct counter *c, struct menu *s, uint32_t cp)
{
    if (cp >= 'a' && cp <= 'z') cp -= 'a' - 'A';
    for (int i = 0; i < s->count; i++)
        if ((uint32_t)s->item[i].letter == cp) view_list_move(&s->view, i - s->view.list.at, &c->terminal);
}

static void press(struct counter *c, void *state, struct press press)
{
    struct menu *s = state;
    if (list_press(c, &s->view, press)) return;
    switch (press.code) {
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
