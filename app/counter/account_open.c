/* A special account is opened: for a customer of the utility whose bills it shall pay, with
 * its holder's document, a password of the customer's own and a first deposit. Then the
 * agreement is printed in its two copies. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/money.h"
#include "base/text.h"
#include "counter/account.h"

struct opening { struct view view; json_t *found; int64_t sum_fen, tendered_fen; };

/* --- whose bills ------------------------------------------------------------------------ */

static void found(struct counter *c, int64_t tag, const json_t *result, const struct rpc_error *error)
{
    struct opening *s = screen_state(c, &screen_account_open);
    busy_end(c);
    if (error) {
        refuse_error(c, error);
        return;
    }
    js_keep(&s->found, (json_t *)result);
    view_set(&s->view, "holder", js_text(result, "name"));
    view_focus(&s->view, "holder");
    if (js_has(result, "transfer"))
        refuse(c, _("This customer's bills are debited by list already, bank %s, account ending in %s."), js_text(result, "transfer.bank"),
               js_text(result, "transfer.account_end"));
}

static void look_up(struct counter *c, struct opening *s)
{
    char text[VIEW_TEXT_SIZE];
    text_copy(text, sizeof text, view_get(&s->view, "customer"));
    text_narrow(text);
    text[strcspn(text, "+;| ")] = 0;
    if (!*text) return;
    view_set(&s->view, "customer", text);
    js_keep(&s->found, NULL);
    busy_start(c, _("Looking the customer up"));
    call(c, "lookup", json_pack("{s:s}", "customer", text), found, 0);
}

static void begin(struct counter *c, void *state, const json_t *arg)
{
    struct opening *s = state;
    account_wipe(&s->view);
    screen_form(c, s, "account-open");
    view_blank(&s->view);
    js_keep(&s->found, NULL);
    view_focus(&s->view, "customer");
    view_set(&s->view, "customer", js_text(arg, "customer"));
    if (!account_off_line(c)) look_up(c, s);
}

/* --- recorded ------------------------------------------------------------------------------ */

static void opened(struct counter *c, const json_t *card, const struct rpc_error *error)
{
    struct opening *s = screen_state(c, &screen_account_open);
    char words[SAY_SIZE];
    if (error || !account_posted(card)) {
        account_wipe(&s->view);
        view_focus(&s->view, "password");
        account_refuse(c, card, error);
        return;
    }
    snprintf(words, sizeof words, _("Account %s is open. The agreement is printed in two copies; B gives out a passbook."), js_text(card, "account"));
    account_agreement(c, js_text(card, "account"));
    account_show(c, js_text(card, "account"), words);
    printing_kick(c);
}

static bool lacks(struct counter *c, struct opening *s, const char *field, const char *words)
{
    view_focus(&s->view, field);
    refuse(c, "%s", words);
    return false;
}

static bool passwords(struct counter *c, struct opening *s)
{
    const char *one = view_get(&s->view, "password"), *two = view_get(&s->view, "password2");
    bool six = strlen(one) == ACCOUNT_PASSWORD_DIGITS && text_digits(one);
    if (!*one && !*two) return true; /* the book will be the proof */
    if (six && !strcmp(one, two)) return true;
    account_wipe(&s->view);
    return lacks(c, s, "password", six ? _("The two passwords differ: the customer types both again.") : _("The password is six digits: the customer types it again."));
}

static bool sums(struct counter *c, struct opening *s)
{
    const char *sum = view_get(&s->view, "sum"), *cash = view_get(&s->view, "tendered");
    char text[MONEY_TEXT_SIZE];
    s->sum_fen = s->tendered_fen = 0;
    if (*sum && (money_parse(sum, &s->sum_fen, NULL) || s->sum_fen < 0 || strcspn(sum, ".") > 7))
        return lacks(c, s, "sum", _("Type the sum first, like 5000 or 812.50."));
    s->tendered_fen = s->sum_fen;
    if (*sum && (!*cash || !strcmp(cash, ".")) && !strcmp(view_focused(&s->view), "tendered")) view_set(&s->view, "tendered", money_format(s->sum_fen, text, sizeof text));
    if (*cash && strcmp(cash, ".") != 0 && (money_parse(cash, &s->tendered_fen, NULL) || strcspn(cash, ".") > 7))
        return lacks(c, s, "tendered", _("Type the cash like 600 or 600.50; Enter alone is just the sum."));
    if (s->tendered_fen >= s->sum_fen) return true;
    view_focus(&s->view, "tendered");
    refuse(c, _("Short by %s."), money_format_grouped(s->sum_fen - s->tendered_fen, text, sizeof text));
    return false;
}

static bool complete(struct counter *c, struct opening *s)
{
    const struct view *v = &s->view;
    if (!s->found || strcmp(js_text(s->found, "customer"), view_get(v, "customer")) != 0)
        return lacks(c, s, "customer", _("Look the customer up first: number, Enter."));
    if (!*view_get(v, "holder")) return lacks(c, s, "holder", _("Whose account is it? Type the name as in the document."));
    if (!*view_get(v, "document")) return lacks(c, s, "document", _("Type the number of the holder's identity document."));
    return passwords(c, s) && sums(c, s);
}

static void record(struct counter *c, struct opening *s)
{
    char words[SAY_SIZE], sum[MONEY_TEXT_SIZE];
    struct view *v = &s->view;
    if (*view_get(v, "confirm")) {
        refuse(c, "%s", _("Enter records only on the empty field: erase what stands there."));
        return;
    }
    if (!complete(c, s) || account_off_line(c)) return;
    snprintf(words, sizeof words, "%s\n%s  %s %s", _("A first deposit above what one person may take"), money_format_grouped(s->sum_fen, sum, sizeof sum),
             view_get(v, "customer"), view_get(v, "holder"));
    json_t *params = json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:I}", "customer", view_get(v, "customer"), "name", view_get(v, "holder"), "document",
                               view_get(v, "document"), "phone", view_get(v, "phone"), "sum_fen", (json_int_t)s->sum_fen, "tendered_fen",
                               (json_int_t)s->tendered_fen, "change_fen", (json_int_t)(s->tendered_fen - s->sum_fen));
    account_go(c, &(struct account_act){.method = "account_open", .params = params, .password = view_get(v, "password"), .words = words, .done = opened});
    account_wipe(v);
}

static void enter(struct counter *c, struct opening *s, struct press press)
{
    const char *now = view_focused(&s->view);
    if (!strcmp(now, "customer")) look_up(c, s);
    else if (!strcmp(now, "password") && !*view_get(&s->view, "password")) view_focus(&s->view, "sum");
    else if (!strcmp(now, "password2")) {
        if (passwords(c, s)) view_focus(&s->view, "sum");
    } else if (!strcmp(now, "sum")) {
        if (sums(c, s)) view_focus(&s->view, *view_get(&s->view, "sum") ? "tendered" : "confirm");
    } else if (!strcmp(now, "tendered")) {
        if (sums(c, s)) view_focus(&s->view, "confirm");
    } else if (strcmp(now, "confirm") != 0) view_next(&s->view, 1);
    else if (typed_ahead(c, press)) refuse(c, "%s", _("Typed ahead: look at account and sum, then Enter records."));
    else record(c, s);
}

static void press(struct counter *c, void *state, struct press press)
{
    struct opening *s = state;
    if (press.code == PRESS_FN(12)) {
        account_wipe(&s->view);
        screen_back(c);
    } else if (press.code == PRESS_UP) view_next(&s->view, -1);
    else if (press.code == PRESS_DOWN) view_next(&s->view, 1);
    else if (press.code == PRESS_ENTER) enter(c, s, press);
    else if (press.code < PRESS_F) view_press(&s->view, press);
}

static bool back(struct counter *c, void *state)
{
    account_wipe(&((struct opening *)state)->view);
    return false;
}

static void paint(struct counter *c, void *state)
{
    struct opening *s = state;
    struct view *view = &s->view;
    bool confirm = !strcmp(view_focused(view), "confirm");
    view_set(view, "name", c->options.hanzi ? js_text(s->found, "name") : "");
    view_set(view, "address", c->options.hanzi ? js_text(s->found, "address") : "");
    if (confirm) view_money(view, "change", s->tendered_fen - s->sum_fen);
    else view_set(view, "change", "");
    /* what was typed unseen: that it is there */
    view_set(view, "typed", *view_get(view, "password") ? _("typed") : "");
}

const struct screen screen_account_open = {
    .name = "account-open", .roles = ROLE_TELLER, .state_size = sizeof(struct opening), .held = offsetof(struct opening, found),
    .open = begin, .press = press, .paint = paint, .back = back,
};
