/* What Collect shows of its draft. */
#include <stdio.h>
#include <string.h>

#include "base/money.h"
#include "base/text.h"
#include "counter/collect.h"

#define PERIOD_SIZE 16

static const char *period(const json_t *bill, char *buf)
{
    const char *yyyymm = js_text(bill, "period");
    if (strlen(yyyymm) == 6) snprintf(buf, PERIOD_SIZE, "%.4s-%.2s", yyyymm, yyyymm + 4);
    else text_copy(buf, PERIOD_SIZE, yyyymm);
    return buf;
}

/* Why a bill can't be paid, in the room of its sum. */
static const char *in_short(const char *reason)
{
    static const struct { const char *reason, *text; } words[] = {
        {"window", N_("TOO LATE HERE")}, {"not-open", N_("NOT YET")}, {"withheld", N_("BY ACCOUNT")},
        {"paid", N_("PAID")},            {"in-hand", N_("UNDER WAY")}, {"older-unpaid", N_("OLDER FIRST")},
        {"offline-limit", N_("OVER LIMIT")},
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (!strcmp(words[i].reason, reason)) return _(words[i].text);
    return _("NOT NOW");
}

const char *collect_cell(void *ctx, int row, const struct form_field *field, char *buf, size_t size)
{
    const struct collect *s = ctx;
    const json_t *bill = draft_bill(&s->draft, row);
    if (!strcmp(field->name, "star")) {
        snprintf(buf, size, " %c%2d", s->draft.taken[row] ? '*' : ' ', row + 1);
        return buf;
    }
    if (!strcmp(field->name, "period")) return period(bill, buf);
    if (!strcmp(field->name, "late-days") && !js_int(bill, "late_days")) return "-";
    if (!strcmp(field->name, "pay-fen") && !js_true(bill, "payable")) return in_short(js_text(bill, "reason"));
    char name[FORM_NAME_SIZE];
    text_copy(name, sizeof name, field->name);
    for (char *p = name; *p; p++)
        if (*p == '-') *p = '_';
    const json_t *value = js_at(bill, name);
    return value ? view_format(field, value, buf, size) : "";
}

static void customer(struct counter *c, struct collect *s)
{
    struct view *view = &s->view;
    const json_t *found = s->draft.found;
    if (!found) {
        view_set(view, "name", "");
        return;
    }
    view_set(view, "customer", js_text(found, "customer"));
    view_set(view, "name", c->options.hanzi ? js_text(found, "name") : "");
    view_set(view, "address", c->options.hanzi ? js_text(found, "address") : "");
    if (js_has(found, "credit_fen")) view_money(view, "credit", js_int(found, "credit_fen"));
    else view_set(view, "credit", _("unknown"));
}

/* Last day to pay here that all taken bills share, "MM-DD"; "" when they differ or are unknown. */
static const char *window(const struct draft *draft)
{
    const char *least = "";
    for (int i = 0; i < draft_count(draft); i++) {
        const char *last = js_text(draft_bill(draft, i), "window_last");
        if (draft_payable(draft, i) && strlen(last) == 10 && (!*least || strcmp(last, least) < 0)) least = last;
    }
    return *least ? least + 5 : "";
}

static void why_not(struct counter *c, struct collect *s, char *buf, size_t size)
{
    const json_t *bill = draft_bill(&s->draft, s->view.list.at);
    const char *from = js_text(bill, "from");
    buf[0] = 0;
    if (!bill || js_true(bill, "payable")) return;
    const char *reason = js_text(bill, "reason");
    if (!strcmp(reason, "withheld")) from = ""; /* the row below has it */
    snprintf(buf, size, "%d: %s%s%s%s%s", s->view.list.at + 1, word_reason(reason), *from ? ", " : "", from, _(". "),
             word_remedy(reason));
}

static const char *month_day(const char *date) { return strlen(date) == 10 ? date + 5 : date; }

/* Of a customer who is debited by list: what he can do about a bill that is out, or where his invoices are. */
static void by_list(struct view *view, const struct draft *draft)
{
    char sum[MONEY_TEXT_SIZE];
    int out;
    const char *end = js_text(draft->found, "transfer.account_end"), *bank = js_text(draft->found, "transfer.bank");
    const char *until = js_text(draft->found, "transfer.deposit_until");
    int64_t fen = draft_withheld(draft, &out);
    const char *from = js_text(draft_bill(draft, out), "from");
    if (*until && *from)
        view_setf(view, "note2", _("Pay %s into ...%s, bank %s, by %s; or here from %s."), money_format_grouped(fen, sum, sizeof sum), end,
                  bank, month_day(until), month_day(from));
    else if (*from) view_setf(view, "note2", _("Out with bank %s, account ...%s; it can be paid here from %s."), bank, end, from);
    else view_setf(view, "note2", _("Pays from account ...%s, bank %s: invoices of what is debited are had at the utility."), end, bank);
}

static void notes(struct counter *c, struct collect *s)
{
    char why[VIEW_TEXT_SIZE], sum[MONEY_TEXT_SIZE], single[MONEY_TEXT_SIZE];
    struct view *view = &s->view;
    struct draft_sums sums = draft_sums(&s->draft);
    const char *until = window(&s->draft);
    why_not(c, s, why, sizeof why);
    if (*why) view_set(view, "note", why);
    else if (sums.taken && *until)
        view_setf(view, "note", _("Payable here until %s. Enter takes the %d."), until, sums.taken);
    else if (sums.taken) view_setf(view, "note", _("Enter takes the %d."), sums.taken);
    else view_set(view, "note", "");
    if (js_true(s->draft.found, "offline"))
        view_setf(view, "note2", _("From the copy of %.5s: queued. Left off line: %lld, %s; single %s"),
                  strlen(js_text(s->draft.found, "as_of")) > 11 ? js_text(s->draft.found, "as_of") + 11 : "--:--",
                  (long long)js_int(c->state, "offline_left.count"),
                  money_format_grouped(js_int(c->state, "offline_left.sum_fen"), sum, sizeof sum),
                  money_format_grouped(js_int(c->state, "offline_left.single_fen"), single, sizeof single));
    else if (js_has(s->draft.found, "transfer")) by_list(view, &s->draft);
    else view_set(view, "note2", "");
}

static void bills(struct counter *c, struct collect *s)
{
    struct view *view = &s->view;
    struct draft_sums sums = draft_sums(&s->draft);
    int count = draft_count(&s->draft);
    view->list.count = count;
    view_setf(view, "taken", _("* %d of %lld taken"), sums.taken, (long long)count + (long long)js_int(s->draft.found, "more"));
    view_setf(view, "kwh-sum", "%lld", (long long)sums.kwh);
    view_money(view, "amount-sum", sums.amount_fen);
    view_money(view, "late-sum", sums.late_fen);
    view_money(view, "pay-sum", sums.pay_fen);
    notes(c, s);
}

static void what_is_paid(struct view *view, const struct draft *draft, const struct draft_sums *sums)
{
    char first[PERIOD_SIZE] = "", last[PERIOD_SIZE] = "";
    for (int i = 0; i < draft_count(draft); i++) {
        if (!draft->taken[i]) continue;
        period(draft_bill(draft, i), *first ? last : first);
    }
    if (!sums->taken) view_set(view, "bills", _("none"));
    else view_setf(view, "bills", "%d: %s%s%s", sums->taken, first, *last ? " .. " : "", last);
}

static void cash(struct counter *c, struct collect *s)
{
    struct view *view = &s->view;
    struct draft_sums sums = draft_sums(&s->draft);
    what_is_paid(view, &s->draft, &sums);
    view_money(view, "late", sums.late_fen);
    view_money(view, "pay", sums.pay_fen);
    if (s->step == COLLECT_TENDER) {
        view_set(view, "kept", "");
        view_set(view, "change", "");
        big_nothing(view);
        return;
    }
    struct draft now = s->draft;
    if (draft_keep(&now, view_get(view, "confirm"), NULL)) now = s->draft;
    view_money(view, "kept", now.prepaid_fen);
    view_money(view, "change", now.change_fen);
    big_money(view, now.change_fen);
    view_ink(view, "change", INK_BOLD);
}

static void progress(struct counter *c, struct view *view)
{
    char paper[VIEW_TEXT_SIZE];
    const char *at = js_text(c->last, "recorded_at"), *sent = js_text(c->last, "forwarded_at");
    const char *word = js_text(c->last, "forwarded"), *approval = js_text(c->last, "approval");
    view_setf(view, "step1", "1 %s  %s", _("recorded"), strlen(at) > 11 ? at + 11 : "");
    view_setf(view, "step2", "2 %s  %s  %s %s", word_forwarded(word), strlen(sent) > 11 ? sent + 11 : "",
              *approval ? _("utility No") : "", approval);
    words_paper(c, c->last, paper, sizeof paper);
    view_setf(view, "step3", "3 %s", *paper ? paper : "-");
    bool done = !strcmp(word, "posted") || !strcmp(word, "queued");
    bool keep = !strcmp(word, "waiting") || !strcmp(word, "unknown") || !strcmp(word, "declined");
    view_set(view, "hand", done ? _("hand it over now") : keep ? _("WAIT: keep customer and change here") : "");
    view_ink(view, "hand", keep ? INK_ALARM : INK_PLAIN);
}

static void after(struct counter *c, struct view *view)
{
    view_set(view, "last-customer", js_text(c->last, "customer"));
    view_set(view, "last-name", c->options.hanzi ? js_text(c->last, "name") : "");
    view_setf(view, "last-bills", _("bills: %d"), (int)json_array_size(js_at(c->last, "bills")));
    view_set(view, "key", js_text(c->last, "key_short"));
    int64_t kept = js_int(c->last, "prepaid_fen");
    view_money(view, "total", js_int(c->last, "total_fen") - kept);
    view_money(view, "kept", kept);
    view_money(view, "tendered-sum", js_int(c->last, "tendered_fen"));
    view_money(view, "change", js_int(c->last, "change_fen"));
    big_money(view, js_int(c->last, "change_fen"));
    progress(c, view);
}

void collect_paint(struct counter *c, void *state)
{
    struct collect *s = state;
    switch (s->step) {
    case COLLECT_CUSTOMER: view_wrap(&s->view, "hint", c->options.hint ? c->options.hint : ""); break;
    case COLLECT_BILLS: customer(c, s), bills(c, s); break;
    case COLLECT_AFTER: after(c, &s->view); break;
    default: customer(c, s), cash(c, s); break;
    }
}
