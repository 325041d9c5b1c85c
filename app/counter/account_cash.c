/* Cash into a special account and out of it: deposit, withdrawal, closing with what is
 * left. Recorded on an empty Confirm; cash goes out only when the bank has said so, and
 * then the sum stands there large. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/money.h"
#include "base/text.h"
#include "counter/account.h"
#include "counter/draft.h"

enum cash_act { DEPOSIT, WITHDRAW, CLOSE };

struct cash {
    struct view view;
    json_t *account, *card; /* card: what was done */
    enum cash_act act;
    bool done;
    int64_t sum_fen, tendered_fen, change_fen;
};

static const struct { const char *word, *method, *form, *title, *approves; } acts[] = {
    [DEPOSIT] = {"deposit", "account_deposit", "account-deposit", N_("DEPOSIT"), N_("A deposit above what one person may take")},
    [WITHDRAW] = {"withdraw", "account_withdraw", "account-withdraw", N_("WITHDRAWAL"), N_("Cash out of a special account")},
    [CLOSE] = {"close", "account_close", "account-withdraw", N_("ACCOUNT IS CLOSED, what is left is paid out"), N_("A special account is closed, what is left is paid out")},
};

static void first_step(struct counter *c, struct cash *s)
{
    char sum[MONEY_TEXT_SIZE];
    s->done = false;
    account_wipe(&s->view); /* of one who was left with F2 */
    screen_form(c, s, acts[s->act].form);
    view_blank(&s->view);
    view_focus(&s->view, s->act == CLOSE ? "password" : "sum");
    if (s->act == CLOSE) view_set(&s->view, "sum", money_format(js_int(s->account, "balance_fen"), sum, sizeof sum));
    step_new(c);
}

static void begin(struct counter *c, void *state, const json_t *arg)
{
    struct cash *s = state;
    js_keep(&s->account, js_at(arg, "account"));
    js_keep(&s->card, NULL);
    s->act = DEPOSIT;
    for (int i = DEPOSIT; i <= CLOSE; i++)
        if (!strcmp(acts[i].word, js_text(arg, "act"))) s->act = (enum cash_act)i;
    first_step(c, s);
    if (s->act == CLOSE && js_int(s->account, "held_fen"))
        refuse(c, "%s", _("Money is held for a payment that is not answered yet: the account can't be closed before it is."));
}

/* --- done ------------------------------------------------------------------------------- */

static void finished(struct counter *c, const json_t *card, const struct rpc_error *error)
{
    struct cash *s = screen_state(c, &screen_account_cash);
    char words[SAY_SIZE], sum[MONEY_TEXT_SIZE];
    if (error || !account_posted(card)) {
        account_wipe(&s->view);
        view_focus(&s->view, s->act == DEPOSIT ? "confirm" : "password");
        account_refuse(c, card, error);
        return;
    }
    printing_kick(c);
    if (s->act == DEPOSIT && !s->change_fen) { /* nothing is to be counted out: no screen for it */
        snprintf(words, sizeof words, _("Deposited: %s."), money_format_grouped(s->sum_fen, sum, sizeof sum));
        account_show(c, js_text(s->account, "account"), words);
        return;
    }
    js_keep(&s->card, (json_t *)card);
    s->done = true;
    screen_form(c, s, "account-done");
    view_focus(&s->view, "next");
    step_new(c);
}

static void record(struct counter *c, struct cash *s)
{
    char words[SAY_SIZE], sum[MONEY_TEXT_SIZE];
    if (*view_get(&s->view, "confirm")) {
        refuse(c, "%s", _("Enter records only on the empty field: erase what stands there."));
        return;
    }
    json_t *params = json_pack("{s:s, s:I}", "account", js_text(s->account, "account"), "sum_fen", (json_int_t)s->sum_fen);
    if (s->act == DEPOSIT) {
        json_object_set_new(params, "tendered_fen", json_integer(s->tendered_fen));
        json_object_set_new(params, "change_fen", json_integer(s->change_fen));
    } else if (!account_proof(c, &s->view, params)) {
        json_decref(params);
        return;
    }
    snprintf(words, sizeof words, "%s\n%s  %s %s", _(acts[s->act].approves), money_format_grouped(s->sum_fen, sum, sizeof sum),
             js_text(s->account, "account"), js_text(s->account, "holder"));
    account_go(c, &(struct account_act){.method = acts[s->act].method, .params = params, .password = s->act == DEPOSIT ? NULL : view_get(&s->view, "password"),
                                        .words = words, .done = finished});
    account_wipe(&s->view);
}

/* --- the fields --------------------------------------------------------------------------- */

static bool read_sum(struct counter *c, struct cash *s)
{
    const char *typed = view_get(&s->view, "sum");
    bool good = !money_parse(typed, &s->sum_fen, NULL) && (s->sum_fen > 0 || (s->act == CLOSE && s->sum_fen == 0));
    if (!good || strcspn(typed, ".") > 7) {
        view_focus(&s->view, "sum");
        refuse(c, "%s", _("Type the sum first, like 5000 or 812.50."));
        return false;
    }
    if (s->act == WITHDRAW && s->sum_fen > js_int(s->account, "balance_fen")) {
        view_focus(&s->view, "sum");
        refuse(c, "%s", _("There is not so much on the account."));
        return false;
    }
    return true;
}

/* An empty field and "." are the sum itself. */
static bool read_cash(struct counter *c, struct cash *s)
{
    const char *typed = view_get(&s->view, "tendered");
    char sum[MONEY_TEXT_SIZE];
    if (!*typed || !strcmp(typed, ".")) {
        s->tendered_fen = s->sum_fen;
        view_set(&s->view, "tendered", money_format(s->sum_fen, sum, sizeof sum));
    } else if (money_parse(typed, &s->tendered_fen, NULL) || strcspn(typed, ".") > 7) {
        refuse(c, "%s", _("Type the cash like 600 or 600.50; Enter alone is just the sum."));
        return false;
    }
    s->change_fen = s->tendered_fen - s->sum_fen;
    if (s->change_fen >= 0) return true;
    refuse(c, _("Short by %s."), money_format_grouped(-s->change_fen, sum, sizeof sum));
    return false;
}

static void enter(struct counter *c, struct cash *s, struct press press)
{
    const char *now = view_focused(&s->view);
    if (!strcmp(now, "sum")) {
        if (*view_get(&s->view, "sum") && read_sum(c, s)) view_focus(&s->view, s->act == DEPOSIT ? "tendered" : "password");
    } else if (!strcmp(now, "tendered")) {
        if (read_sum(c, s) && read_cash(c, s)) view_focus(&s->view, "confirm");
    } else if (!account_proof_enter(c, &s->view)) {
        bool plain = s->act == DEPOSIT && s->change_fen < DRAFT_AHEAD_FEN; /* practised hands don't look */
        if (typed_ahead(c, press) && !plain) refuse(c, "%s", _("Typed ahead: look at account and sum, then Enter records."));
        else if (read_sum(c, s) && (s->act != DEPOSIT || read_cash(c, s))) record(c, s);
    }
}

static void up(struct cash *s)
{
    view_next(&s->view, -1);
    if (s->act == CLOSE && !strcmp(view_focused(&s->view), "sum")) view_focus(&s->view, "password"); /* it is what is left */
}

static void press(struct counter *c, void *state, struct press press)
{
    struct cash *s = state;
    if (s->done) {
        if (press.code == PRESS_FN(12) || (press.code == PRESS_ENTER && !typed_ahead(c, press))) account_show(c, js_text(s->account, "account"), NULL);
    } else if (press.code == PRESS_FN(12)) {
        account_wipe(&s->view);
        screen_back(c);
    } else if (press.code == PRESS_UP) up(s);
    else if (press.code == PRESS_ENTER || press.code == PRESS_DOWN) enter(c, s, press);
    else if (press.code < PRESS_F) view_press(&s->view, press);
}

static bool back(struct counter *c, void *state)
{
    struct cash *s = state;
    account_wipe(&s->view);
    if (s->done) account_show(c, js_text(s->account, "account"), NULL);
    return s->done;
}

/* --- painting ------------------------------------------------------------------------------- */

static void paint_done(struct counter *c, struct cash *s)
{
    char sum[MONEY_TEXT_SIZE];
    struct view *view = &s->view;
    bool out = s->act != DEPOSIT;
    int64_t big = out ? s->sum_fen : s->change_fen;
    view_set(view, "title", out ? _("COUNT THE CASH OUT") : _("DEPOSITED. CHANGE:"));
    view_ink(view, "title", INK_BOLD);
    view_set(view, "sum", money_format_grouped(s->sum_fen, sum, sizeof sum));
    if (js_has(s->card, "balance_fen")) view_money(view, "balance", js_int(s->card, "balance_fen"));
    if (big) big_money(view, big);
    else big_nothing(view);
    int64_t unprinted = js_int(s->account, "book") && s->act != CLOSE ? js_int(s->account, "lines") + 1 - js_int(s->account, "printed") : 0;
    if (unprinted > 0) view_setf(view, "then", _("The passbook lacks %lld lines: Enter, then B Enter prints them."), (long long)unprinted);
    else view_set(view, "then", s->act == CLOSE ? _("The account is closed. Keep the passbook, cut through.") : "");
}

static void paint(struct counter *c, void *state)
{
    struct cash *s = state;
    struct view *view = &s->view;
    account_head(c, view, s->account);
    if (s->done) {
        paint_done(c, s);
        return;
    }
    bool confirm = !strcmp(view_focused(view), "confirm");
    view_set(view, "title", _(acts[s->act].title));
    view_ink(view, "title", INK_BOLD);
    view_set(view, "proof", js_true(s->account, "password") ? "" : _("This account has no password: the book is the proof."));
    if (confirm && s->act == DEPOSIT) view_money(view, "change", s->change_fen);
    else view_set(view, "change", "");
    if (confirm) big_money(view, s->sum_fen);
    else big_nothing(view);
}

const struct screen screen_account_cash = {
    .name = "account-cash", .roles = ROLE_TELLER, .state_size = sizeof(struct cash), .held = offsetof(struct cash, account), .held_more = 1,
    .open = begin, .press = press, .paint = paint, .back = back,
};
