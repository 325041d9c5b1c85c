/* One bill and its late fee, explained: days x rate x amount; the customer in full. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/money.h"
#include "counter/counter.h"

struct fee { struct view view; json_t *bill; };

static const char *cell(void *ctx, int row, const struct form_field *field, char *buf, size_t size)
{
    const struct fee *s = ctx;
    const json_t *part = json_array_get(js_at(s->bill, "late_parts"), (size_t)row);
    if (!strcmp(field->name, "days")) return view_format(field, js_at(part, "days"), buf, size);
    if (!strcmp(field->name, "base")) return view_format(field, js_at(part, "base_fen"), buf, size);
    if (!strcmp(field->name, "fee")) return view_format(field, js_at(part, "fee_fen"), buf, size);
    if (strcmp(field->name, "rate") != 0) return "";
    snprintf(buf, size, "%lld/1000", (long long)js_int(part, "rate"));
    return buf;
}

static void begin(struct counter *c, void *state, const json_t *arg)
{
    struct fee *s = state;
    if (arg) js_keep(&s->bill, (json_t *)arg);
    screen_form(c, s, "fee");
    s->view.list.cell = cell;
    s->view.list.ctx = s;
    s->view.list.count = (int)json_array_size(js_at(s->bill, "late_parts"));
    s->view.list.at = s->view.list.top = 0;
    s->view.focus = VIEW_LIST;
}

static void tiers(struct view *view, const json_t *bill)
{
    char line[VIEW_TEXT_SIZE] = "";
    size_t i, at = 0;
    const json_t *tier;
    json_array_foreach(js_at(bill, "tiers"), i, tier) {
        int n = snprintf(line + at, sizeof line - at, "%s%lld kWh x %s", i ? "  +  " : "", (long long)js_int(tier, "kwh"),
                         js_text(tier, "price"));
        if (n < 0 || (at += (size_t)n) >= sizeof line) break;
    }
    view_set(view, "tiers", line);
}

/* Why it can't be paid; of one that is out with a bank, what can be done about it, in full. */
static void why_not(struct view *view, const json_t *bill)
{
    char sum[MONEY_TEXT_SIZE];
    const char *reason = js_text(bill, "reason"), *from = js_text(bill, "from"), *until = js_text(bill, "transfer.deposit_until");
    bool payable = js_true(bill, "payable"), out = !payable && !strcmp(reason, "withheld");
    if (out && *from) view_setf(view, "reason", _("%s; it can be paid here from %s."), word_reason(reason), from);
    else view_set(view, "reason", payable ? "" : word_reason(reason));
    if (out && *until)
        view_setf(view, "way", _("Until %s: pay %s into account ...%s, bank %s."), until,
                  money_format_grouped(js_int(bill, "deposit_fen"), sum, sizeof sum), js_text(bill, "transfer.account_end"),
                  js_text(bill, "transfer.bank"));
    else view_set(view, "way", "");
}

static void paint(struct counter *c, void *state)
{
    struct fee *s = state;
    struct view *view = &s->view;
    const char *period = js_text(s->bill, "period");
    view_fill(view, s->bill);
    view_setf(view, "period", "%.4s-%s", period, strlen(period) == 6 ? period + 4 : "");
    view_money(view, "amount", js_int(s->bill, "amount_fen"));
    view_money(view, "late", js_int(s->bill, "late_fee_fen"));
    view_money(view, "pay", js_int(s->bill, "pay_fen"));
    tiers(view, s->bill);
    view_wrap(view, "name", c->options.hanzi ? js_text(s->bill, "customer_name") : "");
    view_wrap(view, "address", c->options.hanzi ? js_text(s->bill, "customer_address") : "");
    why_not(view, s->bill);
}

static void press(struct counter *c, void *state, struct press press)
{
    struct fee *s = state;
    if (press.code == PRESS_UP) view_list_move(&s->view, -1, &c->terminal);
    else if (press.code == PRESS_DOWN) view_list_move(&s->view, 1, &c->terminal);
    else if (press.code == PRESS_ENTER || press.code == PRESS_FN(4) || press.code == PRESS_FN(12)) screen_back(c);
}

const struct screen screen_fee = {
    .name = "fee", .roles = ROLE_TELLER, .state_size = sizeof(struct fee),
    .held = offsetof(struct fee, bill), .open = begin, .press = press, .paint = paint,
};
