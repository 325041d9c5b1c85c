/* Bills paid from a special account: the customer is one of the agreement, the bills stand
 * as in Collect, the customer's proof takes the place of the cash. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/money.h"
#include "base/text.h"
#include "counter/account.h"
#include "counter/draft.h"

struct paying { struct view view; json_t *account, *found; struct draft draft; };

static const char *cell(void *ctx, int row, const struct form_field *field, char *buf, size_t size)
{
    const struct paying *s = ctx;
    const json_t *bill = draft_bill(&s->draft, row);
    const char *period = js_text(bill, "period");
    if (!strcmp(field->name, "star")) snprintf(buf, size, " %c%2d", s->draft.taken[row] ? '*' : ' ', row + 1);
    else if (!strcmp(field->name, "period")) snprintf(buf, size, "%.4s-%s", period, strlen(period) == 6 ? period + 4 : "");
    else if (!strcmp(field->name, "kwh")) return view_format(field, js_at(bill, "kwh"), buf, size);
    else if (!strcmp(field->name, "amount")) return view_format(field, js_at(bill, "amount_fen"), buf, size);
    else if (!strcmp(field->name, "late")) return view_format(field, js_at(bill, "late_fee_fen"), buf, size);
    else if (!js_true(bill, "payable")) return word_reason(js_text(bill, "reason"));
    else return money_format_grouped(js_int(bill, "pay_fen"), buf, size);
    return buf;
}

static void found(struct counter *c, int64_t tag, const json_t *result, const struct rpc_error *error)
{
    struct paying *s = screen_state(c, &screen_account_pay);
    busy_end(c);
    if (error) {
        refuse_error(c, error);
        view_focus(&s->view, "customer");
        return;
    }
    js_keep(&s->found, (json_t *)result);
    draft_found(&s->draft, result, true);
    s->view.list.at = s->view.list.top = 0;
    s->view.list.count = draft_count(&s->draft);
    if (s->view.list.count) s->view.focus = VIEW_LIST;
    else view_focus(&s->view, "customer");
    step_new(c);
    if (!draft_sums(&s->draft).taken) refuse(c, "%s", s->view.list.count ? _("None of these bills can be paid here now.") : _("Nothing is owed."));
}

static bool in_agreement(const struct paying *s, const char *customer)
{
    size_t i;
    json_t *one;
    json_array_foreach(js_at(s->account, "customers"), i, one)
        if (!strcmp(js_text(one, "customer"), customer)) return true;
    return false;
}

static void look_up(struct counter *c, struct paying *s)
{
    struct draft_scan scan;
    if (!draft_scan(view_get(&s->view, "customer"), &scan) || !in_agreement(s, scan.customer)) {
        refuse(c, "%s", _("This account does not pay for that customer: its agreement names those above. L adds one."));
        return;
    }
    view_set(&s->view, "customer", scan.customer);
    busy_start(c, _("Looking the customer up"));
    call(c, "lookup", json_pack("{s:s}", "customer", scan.customer), found, 0);
}

static void begin(struct counter *c, void *state, const json_t *arg)
{
    struct paying *s = state;
    account_wipe(&s->view);
    screen_form(c, s, "account-pay");
    view_blank(&s->view);
    draft_clear(&s->draft);
    js_keep(&s->found, NULL);
    js_keep(&s->account, js_at(arg, "account"));
    s->view.list.cell = cell;
    s->view.list.ctx = s;
    s->view.list.count = s->view.list.at = s->view.list.top = 0;
    view_focus(&s->view, "customer");
    if (json_array_size(js_at(s->account, "customers")) != 1) return;
    view_set(&s->view, "customer", js_text(json_array_get(js_at(s->account, "customers"), 0), "customer"));
    look_up(c, s);
}

/* --- recorded --------------------------------------------------------------------------- */

static void paid(struct counter *c, const json_t *card, const struct rpc_error *error)
{
    struct paying *s = screen_state(c, &screen_account_pay);
    char words[SAY_SIZE], sum[MONEY_TEXT_SIZE];
    if (error || !account_posted(card)) {
        account_wipe(&s->view);
        view_focus(&s->view, "password");
        account_refuse(c, card, error);
        return;
    }
    snprintf(words, sizeof words, _("Paid from the account: %s. The receipt is printed; the utility has it."),
             money_format_grouped(js_int(card, "total_fen"), sum, sizeof sum));
    account_show(c, js_text(s->account, "account"), words);
    printing_kick(c);
}

static void record(struct counter *c, struct paying *s)
{
    char words[SAY_SIZE], sum[MONEY_TEXT_SIZE];
    struct draft_sums sums = draft_sums(&s->draft);
    if (*view_get(&s->view, "confirm")) {
        refuse(c, "%s", _("Enter records only on the empty field: erase what stands there."));
        return;
    }
    s->draft.prepaid_fen = s->draft.change_fen = 0;
    json_t *params = draft_pay(&s->draft);
    json_object_set(params, "lookup", js_at(params, "token"));
    json_object_del(params, "token");
    json_object_del(params, "tendered_fen");
    json_object_del(params, "change_fen");
    json_object_set(params, "account", js_at(s->account, "account"));
    if (!account_proof(c, &s->view, params) || account_off_line(c)) {
        json_decref(params);
        return;
    }
    snprintf(words, sizeof words, "%s\n%s  %s -> %s %s", _("Bills are paid from a special account"), money_format_grouped(sums.pay_fen, sum, sizeof sum),
             js_text(s->account, "account"), js_text(s->found, "customer"), js_text(s->found, "name"));
    account_go(c, &(struct account_act){.method = "account_pay", .params = params, .password = view_get(&s->view, "password"), .words = words, .done = paid});
    account_wipe(&s->view);
}

/* --- keys --------------------------------------------------------------------------------- */

static void bills_taken(struct counter *c, struct paying *s)
{
    struct draft_sums sums = draft_sums(&s->draft);
    if (!sums.taken) refuse(c, "%s", _("No bill is starred. Space stars one; F3 leaves this customer."));
    else if (sums.pay_fen > js_int(s->account, "balance_fen")) refuse(c, "%s", _("There is not so much on the account: star fewer, or deposit first (F3, D)."));
    else view_focus(&s->view, "password");
}

static void press_list(struct counter *c, struct paying *s, struct press press)
{
    if (list_press(c, &s->view, press)) return;
    if (press.code == PRESS_ENTER) bills_taken(c, s);
    else if (press.code == PRESS_TEXT && (press.cp == ' ' || press.cp == 0x3000) && draft_bill(&s->draft, s->view.list.at) &&
             !draft_star(&s->draft, s->view.list.at, js_true(c->hello, "rules.oldest_first")))
        refuse(c, "%s", word_reason(js_text(draft_bill(&s->draft, s->view.list.at), "reason")));
}

static void step_back(struct paying *s)
{
    const char *now = view_focused(&s->view);
    if (s->view.focus == VIEW_LIST) view_focus(&s->view, "customer");
    else if (!strcmp(now, "password")) s->view.focus = VIEW_LIST;
    else if (strcmp(now, "customer") != 0) view_focus(&s->view, "password");
}

static void press(struct counter *c, void *state, struct press press)
{
    struct paying *s = state;
    bool customer = !strcmp(view_focused(&s->view), "customer");
    if (press.code == PRESS_FN(12)) {
        account_wipe(&s->view);
        screen_back(c);
    } else if (s->view.focus == VIEW_LIST) press_list(c, s, press);
    else if (press.code == PRESS_UP) step_back(s);
    else if (press.code == PRESS_ENTER && customer) look_up(c, s);
    else if (press.code == PRESS_ENTER || press.code == PRESS_DOWN) {
        if (account_proof_enter(c, &s->view)) return;
        if (typed_ahead(c, press)) refuse(c, "%s", _("Typed ahead: look at account and sum, then Enter records."));
        else if (s->found) record(c, s);
    } else if (press.code < PRESS_F) view_press(&s->view, press);
}

static bool back(struct counter *c, void *state)
{
    struct paying *s = state;
    bool first = !strcmp(view_focused(&s->view), "customer") || json_array_size(js_at(s->account, "customers")) == 1;
    account_wipe(&s->view);
    if (first && (s->view.focus == VIEW_LIST || !strcmp(view_focused(&s->view), "customer"))) return false;
    step_back(s);
    return true;
}

static void paint(struct counter *c, void *state)
{
    struct paying *s = state;
    struct view *view = &s->view;
    struct draft_sums sums = draft_sums(&s->draft);
    char text[VIEW_TEXT_SIZE] = "";
    size_t i, at = 0;
    json_t *one;
    account_head(c, view, s->account);
    json_array_foreach(js_at(s->account, "customers"), i, one)
        if (at < sizeof text)
            at += (size_t)snprintf(text + at, sizeof text - at, "%s%s %s", i ? ", " : "", js_text(one, "customer"), c->options.hanzi ? js_text(one, "name") : "");
    view_set(view, "customers", text);
    view_set(view, "name", c->options.hanzi ? js_text(s->found, "name") : "");
    if (s->found) view_setf(view, "taken", _("%d of %d taken"), sums.taken, draft_count(&s->draft));
    else view_set(view, "taken", "");
    if (s->found) view_money(view, "pay", sums.pay_fen), view_money(view, "rest", js_int(s->account, "balance_fen") - sums.pay_fen);
    else view_set(view, "pay", ""), view_set(view, "rest", "");
    view_ink(view, "pay", INK_BOLD);
}

const struct screen screen_account_pay = {
    .name = "account-pay", .roles = ROLE_TELLER, .state_size = sizeof(struct paying), .held = offsetof(struct paying, account), .held_more = 2,
    .open = begin, .press = press, .paint = paint, .back = back,
};
