/* A special account: found by its number or by a customer whose bills it pays; what is
 * on it, and everything that can be done with it, each by a letter. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "counter/account.h"

#define ACCOUNT_DIGITS 18

struct hub {
    struct view view;
    json_t *account; /* as the bank answered */
    char asked[40];
    char words[SAY_SIZE]; /* said when it has been looked up */
};

enum { BY_ACCOUNT, BY_CUSTOMER };

static const char *cell(void *ctx, int row, const struct form_field *field, char *buf, size_t size)
{
    const struct hub *s = ctx;
    return account_cell(json_array_get(js_at(s->account, "movements"), (size_t)row), field, buf, size);
}

/* The last lines are those that are asked for. */
static void show_end(struct counter *c, struct hub *s)
{
    list_show(&s->view, cell, s, js_at(s->account, "movements"));
    view_list_move(&s->view, s->view.list.count, &c->terminal);
}

static void look(struct counter *c, struct hub *s, int by);

static void found(struct counter *c, int64_t by, const json_t *result, const struct rpc_error *error)
{
    struct hub *s = screen_state(c, &screen_account);
    busy_end(c);
    if (error) {
        if (by == BY_ACCOUNT && !strcmp(error->response, "14")) { /* a customer's number of as many digits */
            look(c, s, BY_CUSTOMER);
            return;
        }
        bool none = by == BY_CUSTOMER && !strcmp(error->response, "14");
        if (none) refuse(c, "%s", _("The bank has no such account, and no account pays for such a customer. O opens one."));
        else account_refuse(c, NULL, error);
        if (!s->account) view_focus(&s->view, none ? "answer" : "account");
        return;
    }
    js_keep(&s->account, (json_t *)result);
    view_set(&s->view, "account", js_text(result, "account"));
    view_set(&s->view, "answer", "");
    view_focus(&s->view, "answer");
    show_end(c, s);
    step_new(c);
    if (*s->words) say(c, "%s", s->words);
    s->words[0] = 0;
}

static void look(struct counter *c, struct hub *s, int by)
{
    busy_start(c, _("The bank is asked"));
    call(c, "account", json_pack("{s:s}", by == BY_ACCOUNT ? "account" : "customer", s->asked), found, by);
}

static void look_up(struct counter *c, struct hub *s, const char *typed)
{
    char text[VIEW_TEXT_SIZE];
    text_copy(text, sizeof text, typed);
    text_narrow(text);
    text[strcspn(text, "+;| ")] = 0; /* a scanned notice: its customer stands first */
    if (!*text || account_off_line(c)) return;
    if (!text_copy(s->asked, sizeof s->asked, text) || !text_alnum(text)) {
        refuse(c, "%s", _("Type or scan the account's number, or a customer's that it pays for."));
        return;
    }
    look(c, s, strlen(text) == ACCOUNT_DIGITS && text_digits(text) ? BY_ACCOUNT : BY_CUSTOMER);
}

static void blank(struct counter *c, struct hub *s)
{
    js_keep(&s->account, NULL);
    view_blank(&s->view);
    s->view.list.at = s->view.list.top = 0;
    show_end(c, s);
    view_focus(&s->view, "account");
}

static void begin(struct counter *c, void *state, const json_t *arg)
{
    struct hub *s = state;
    screen_form(c, s, "account");
    s->words[0] = 0;
    blank(c, s);
    if (arg) look_up(c, s, js_text(arg, "account"));
    else account_off_line(c);
}

static const struct screen *const acts_on[] = {&screen_account_open, &screen_account_cash, &screen_account_pay, &screen_account_customers};

void account_show(struct counter *c, const char *account, const char *words)
{
    json_t *arg = json_pack("{s:s}", "account", account);
    struct hub *s = screen_state(c, &screen_account);
    screen_open(c, &screen_account, arg);
    for (size_t i = 0; i < sizeof acts_on / sizeof acts_on[0]; i++) screen_close(c, acts_on[i]); /* F3 goes past them */
    if (words) text_copy(s->words, sizeof s->words, words);
    json_decref(arg);
}

/* --- acts ----------------------------------------------------------------------------- */

static void frozen(struct counter *c, const json_t *card, const struct rpc_error *error)
{
    if (error || !account_posted(card)) account_refuse(c, card, error);
    else account_show(c, js_text(card, "account"), _("Done: look at the account's state."));
}

static void freeze(struct counter *c, const struct hub *s)
{
    char words[SAY_SIZE];
    bool thaw = !strcmp(js_text(s->account, "state"), "frozen");
    snprintf(words, sizeof words, "%s\n%s %s", thaw ? _("A frozen account is put in use again") : _("An account is frozen: it takes deposits and gives nothing"),
             js_text(s->account, "account"), js_text(s->account, "holder"));
    account_go(c, &(struct account_act){
        .method = "account_freeze", .params = json_pack("{s:s, s:s}", "account", js_text(s->account, "account"), "act", thaw ? "unfreeze" : "freeze"),
        .words = words, .done = frozen});
}

static void act_on(struct counter *c, const struct hub *s, const struct screen *screen, const char *act)
{
    json_t *arg = json_pack("{s:O, s:s}", "account", s->account, "act", act);
    screen_open(c, screen, arg);
    json_decref(arg);
}

static const struct { char letter; const struct screen *screen; const char *act; } screens_of[] = {
    {'D', &screen_account_cash, "deposit"}, {'W', &screen_account_cash, "withdraw"}, {'X', &screen_account_cash, "close"},
    {'P', &screen_account_pay, "pay"},      {'S', &screen_account_statement, ""},    {'L', &screen_account_customers, ""},
    {'B', &screen_passbook, ""},
};

static void answered(struct counter *c, struct hub *s, char letter)
{
    if (letter == 'O') { /* for the customer that no account pays for yet, where one was typed */
        json_t *arg = json_pack("{s:s}", "customer", s->account ? "" : view_get(&s->view, "account"));
        screen_open(c, &screen_account_open, arg);
        json_decref(arg);
        return;
    }
    if (!letter || account_off_line(c)) return;
    if (!s->account) {
        refuse(c, "%s", _("Look an account up first: type or scan its number, Enter."));
        return;
    }
    if (letter == 'F') freeze(c, s);
    if (letter == 'A') account_agreement(c, js_text(s->account, "account"));
    for (size_t i = 0; i < sizeof screens_of / sizeof screens_of[0]; i++)
        if (screens_of[i].letter == letter) act_on(c, s, screens_of[i].screen, screens_of[i].act);
}

/* Digits answer nothing: they are the next number, wherever the cursor stands. */
static bool next_number(struct counter *c, struct hub *s, struct press press)
{
    bool digit = press.code == PRESS_TEXT && ((press.cp >= '0' && press.cp <= '9') || (press.cp >= 0xff10 && press.cp <= 0xff19));
    if (!digit || strcmp(view_focused(&s->view), "answer") != 0) return false;
    blank(c, s);
    view_press(&s->view, press);
    return true;
}

static void press(struct counter *c, void *state, struct press press)
{
    struct hub *s = state;
    bool number = !strcmp(view_focused(&s->view), "account");
    if (next_number(c, s, press)) return;
    if (press.code == PRESS_FN(12)) {
        if (s->account || *view_get(&s->view, "account")) blank(c, s);
        else screen_back(c);
    } else if (press.code == PRESS_FN(5) && s->account) look_up(c, s, js_text(s->account, "account"));
    else if (press.code == PRESS_FN(7) || press.code == PRESS_FN(8)) list_press(c, &s->view, press);
    else if (press.code == PRESS_UP) view_focus(&s->view, "account");
    else if (press.code == PRESS_DOWN) view_focus(&s->view, "answer");
    else if (number && press.code == PRESS_ENTER) {
        if (*view_get(&s->view, "account")) look_up(c, s, view_get(&s->view, "account"));
        else view_focus(&s->view, "answer");
    } else if (number) view_press(&s->view, press);
    else if (press.code < PRESS_F) answered(c, s, answer_letter(&s->view, press));
}

static void pays_for(const struct counter *c, struct hub *s)
{
    char text[VIEW_TEXT_SIZE] = "";
    size_t i, at = 0;
    json_t *one;
    json_array_foreach(js_at(s->account, "customers"), i, one)
        if (at < sizeof text)
            at += (size_t)snprintf(text + at, sizeof text - at, "%s%s %s", i ? ", " : "", js_text(one, "customer"), c->options.hanzi ? js_text(one, "name") : "");
    view_set(&s->view, "customers", text);
}

static void paint(struct counter *c, void *state)
{
    struct hub *s = state;
    struct view *view = &s->view;
    const json_t *a = s->account;
    int64_t book = js_int(a, "book"), unprinted = js_int(a, "lines") - js_int(a, "printed"), amiss = (int64_t)json_array_size(js_at(a, "amiss"));
    view_set(view, "holder", c->options.hanzi ? js_text(a, "holder") : "");
    view_set(view, "document", js_text(a, "document"));
    view_set(view, "phone", js_text(a, "phone"));
    view_set(view, "state", a ? word_account_state(js_text(a, "state")) : "");
    view_ink(view, "state", a && strcmp(js_text(a, "state"), "open") != 0 ? INK_ALARM : INK_PLAIN);
    if (a) view_money(view, "balance", js_int(a, "balance_fen")), view_money(view, "held", js_int(a, "held_fen"));
    else view_set(view, "balance", ""), view_set(view, "held", "");
    if (!a) view_set(view, "book", "");
    else if (!book) view_set(view, "book", _("none given out (B)"));
    else if (amiss) view_setf(view, "book", _("%08lld, %lld NOT WHOLE, %lld to print"), (long long)book, (long long)amiss, (long long)unprinted);
    else view_setf(view, "book", _("%08lld, %lld to print"), (long long)book, (long long)unprinted);
    view_set(view, "proof", !a ? "" : js_true(a, "password") ? _("password set") : _("no password"));
    pays_for(c, s);
}

static void changed(struct counter *c, void *state, const char *what, const json_t *params)
{
    struct hub *s = state;
    if (!strcmp(what, "again") && s->account && !account_busy(c)) look_up(c, s, js_text(s->account, "account"));
}

const struct screen screen_account = {
    .name = "account", .title = N_("Special account"), .roles = ROLE_TELLER, .state_size = sizeof(struct hub),
    .held = offsetof(struct hub, account), .open = begin, .press = press, .paint = paint, .changed = changed,
};
