/* The utility's customers that an account pays for: one more, or one less. The agreement is
 * printed anew, in its two copies. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "counter/account.h"

struct customers { struct view view; json_t *account, *found; };

static const char *cell(void *ctx, int at, const struct form_field *field, char *buf, size_t size)
{
    const struct customers *s = ctx;
    const json_t *row = json_array_get(js_at(s->account, "customers"), (size_t)at);
    if (!strcmp(field->name, "mark")) return "";
    return js_text(row, !strcmp(field->name, "number") ? "customer" : "name");
}

static void begin(struct counter *c, void *state, const json_t *arg)
{
    struct customers *s = state;
    screen_form(c, s, "account-customers");
    view_blank(&s->view);
    js_keep(&s->account, js_at(arg, "account"));
    js_keep(&s->found, NULL);
    s->view.list.at = s->view.list.top = 0;
    list_show(&s->view, cell, s, js_at(s->account, "customers"));
    view_focus(&s->view, "customer");
}

static void found(struct counter *c, int64_t tag, const json_t *result, const struct rpc_error *error)
{
    struct customers *s = screen_state(c, &screen_account_customers);
    busy_end(c);
    js_keep(&s->found, error ? NULL : (json_t *)result);
    if (error) refuse_error(c, error);
    else view_focus(&s->view, "answer");
}

static void look_up(struct counter *c, struct customers *s)
{
    char text[VIEW_TEXT_SIZE];
    text_copy(text, sizeof text, view_get(&s->view, "customer"));
    text_narrow(text);
    text[strcspn(text, "+;| ")] = 0;
    view_set(&s->view, "customer", text);
    busy_start(c, _("Looking the customer up"));
    call(c, "lookup", json_pack("{s:s}", "customer", text), found, 0);
}

static void changed_so(struct counter *c, const json_t *card, const struct rpc_error *error)
{
    struct customers *s = screen_state(c, &screen_account_customers);
    if (error || !account_posted(card)) {
        account_refuse(c, card, error);
        return;
    }
    account_show(c, js_text(s->account, "account"), _("The agreement is changed. A prints it anew, in two copies, to be signed."));
}

static void change(struct counter *c, struct customers *s, bool link)
{
    const json_t *row = link ? s->found : list_row(&s->view, js_at(s->account, "customers"));
    if (!row) {
        view_focus(&s->view, link ? "customer" : "answer");
        refuse(c, "%s", link ? _("Look the customer up first: number, Enter.") : _("The list is empty."));
        return;
    }
    char words[SAY_SIZE];
    snprintf(words, sizeof words, "%s\n%s  %s %s", link ? _("An account pays for one more customer") : _("An account pays for a customer no more"),
             js_text(s->account, "account"), js_text(row, "customer"), js_text(row, "name"));
    account_go(c, &(struct account_act){
        .method = "account_link", .params = json_pack("{s:s, s:s, s:s, s:s}", "account", js_text(s->account, "account"), "act", link ? "link" : "unlink",
                                                      "customer", js_text(row, "customer"), "name", js_text(row, "name")),
        .words = words, .done = changed_so});
}

static void press(struct counter *c, void *state, struct press press)
{
    struct customers *s = state;
    bool number = !strcmp(view_focused(&s->view), "customer");
    if (list_press(c, &s->view, press)) return;
    if (press.code == PRESS_FN(12)) screen_back(c);
    else if (number && press.code == PRESS_ENTER) {
        if (*view_get(&s->view, "customer")) look_up(c, s);
        else view_focus(&s->view, "answer");
    } else if (number && press.code < PRESS_F) view_press(&s->view, press);
    else if (press.code == PRESS_ENTER && !*view_get(&s->view, "answer")) view_focus(&s->view, "customer");
    else if (press.code < PRESS_F) {
        char letter = answer_letter(&s->view, press);
        if (letter == 'L' || letter == 'U') change(c, s, letter == 'L');
    }
}

static void paint(struct counter *c, void *state)
{
    struct customers *s = state;
    account_head(c, &s->view, s->account);
    view_set(&s->view, "name", c->options.hanzi ? js_text(s->found, "name") : "");
}

const struct screen screen_account_customers = {
    .name = "account-customers", .roles = ROLE_TELLER, .state_size = sizeof(struct customers), .held = offsetof(struct customers, account),
    .held_more = 1, .open = begin, .press = press, .paint = paint,
};
