/* Collect: customer, bills, cash, confirm, and the customer field again. */
#include "counter/collect.h"

#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/money.h"
#include "base/text.h"

#define STRAY_NS 100000000ull /* a scanner's keys come closer than this */
#define ERROR_SIZE 900

static const char *const step_form[] = {
    "collect", "collect-bills", "collect-tender", "collect-tender", "collect-after",
};

static void step_to(struct counter *c, struct collect *s, enum collect_step step)
{
    static const char *const focus[] = {"customer", "", "tendered", "confirm", "customer"};
    if (s->view.form && form_find(s->view.form, "tendered") >= 0)
        text_copy(s->cash, sizeof s->cash, view_get(&s->view, "tendered"));
    s->step = step;
    s->drop_warned = false;
    s->stray_ns = 0;
    screen_form(c, s, step_form[step]);
    view_set(&s->view, "tendered", s->cash);
    if (step == COLLECT_BILLS) s->view.focus = VIEW_LIST;
    else view_focus(&s->view, focus[step]);
    step_new(c);
}

static void start_over(struct counter *c, struct collect *s, enum collect_step step)
{
    draft_clear(&s->draft);
    if (s->view.form) view_blank(&s->view);
    s->view.list.at = s->view.list.top = s->view.list.count = 0;
    step_to(c, s, step);
    view_set(&s->view, "customer", "");
    s->cash[0] = 0;
}

static void begin(struct counter *c, void *state, const json_t *arg)
{
    struct collect *s = state;
    s->view.list.cell = collect_cell;
    s->view.list.ctx = s;
    start_over(c, s, COLLECT_CUSTOMER);
}

bool collect_begun(struct counter *c)
{
    struct collect *s = screen_state(c, &screen_collect);
    if (!s->view.form) return false;
    return s->step != COLLECT_AFTER && (s->step != COLLECT_CUSTOMER || *view_get(&s->view, "customer"));
}

static void refuse_with(struct counter *c, const struct error *err)
{
    char text[ERROR_SIZE];
    size_t at = (size_t)snprintf(text, sizeof text, "%s%s%s", err->what, *err->why ? ": " : "", err->why);
    if (*err->remedy) {
        int stop = snprintf(text + at, sizeof text - at, "%s", _(". "));
        snprintf(text + at + stop, sizeof text - at - (size_t)stop, "%s", err->remedy);
        text[at + (size_t)stop] = (char)toupper((unsigned char)text[at + (size_t)stop]);
    }
    refuse(c, "%s", text);
}

/* --- look-up --- */

/* A notice may be older than the bill: what differs is said, nothing is chosen by it. */
static void say_difference(struct counter *c, const struct collect *s)
{
    char here[MONEY_TEXT_SIZE], there[MONEY_TEXT_SIZE];
    if (!*s->scan.period) return;
    for (int i = 0; i < draft_count(&s->draft); i++) {
        const json_t *bill = draft_bill(&s->draft, i);
        if (strcmp(js_text(bill, "period"), s->scan.period) != 0) continue;
        int64_t pay = js_int(bill, "pay_fen");
        if (s->scan.amount_fen < 0 || s->scan.amount_fen == pay || s->scan.amount_fen == js_int(bill, "amount_fen"))
            return;
        say(c, _("The notice says %s for %s; to be paid today is %s."),
            money_format_grouped(s->scan.amount_fen, there, sizeof there), s->scan.period,
            money_format_grouped(pay, here, sizeof here));
        return;
    }
    say(c, _("The notice is for %s; that bill is not open any more."), s->scan.period);
}

static void to_tender(struct counter *c, struct collect *s)
{
    struct draft_sums sums = draft_sums(&s->draft);
    step_to(c, s, COLLECT_TENDER);
    if (!sums.taken || sums.pay_fen) return;
    s->draft.tendered_fen = s->draft.change_fen = s->draft.prepaid_fen = 0;
    view_set(&s->view, "tendered", "0.00");
    step_to(c, s, COLLECT_CONFIRM); /* a sum of zero needs no cash */
}

enum { LOOK_EXACT = 1, LOOK_AGAIN = 2 };

static void looked_up(struct counter *c, int64_t how, const json_t *result, const struct rpc_error *error)
{
    struct collect *s = screen_state(c, &screen_collect);
    bool again = how & LOOK_AGAIN;
    busy_end(c);
    if (error) {
        if (again) step_to(c, s, COLLECT_TENDER);
        refuse_error(c, error);
        return;
    }
    if (again) {
        char cash[VIEW_TEXT_SIZE];
        struct error err = {0};
        draft_renew(&s->draft, result);
        text_copy(cash, sizeof cash, view_get(&s->view, "tendered"));
        view_set(&s->view, "confirm", "");
        bool enough = *cash && !draft_cash(&s->draft, cash, &err);
        step_to(c, s, enough ? COLLECT_CONFIRM : COLLECT_TENDER);
        return; /* why was said when it was refused */
    }
    draft_found(&s->draft, result, how & LOOK_EXACT);
    s->cash[0] = 0;
    view_set(&s->view, "confirm", "");
    s->view.list.at = s->view.list.top = 0;
    step_to(c, s, COLLECT_BILLS);
    say_difference(c, s);
    if (!draft_count(&s->draft)) say(c, "%s", _("Nothing is owed. Enter = take cash as credit, F12 = next customer."));
}

static void look_up(struct counter *c, const char *customer, int64_t how)
{
    busy_start(c, _("Looking the customer up"));
    call(c, "lookup", json_pack("{s:s}", "customer", customer), looked_up, how);
}

void collect_customer(struct counter *c, const char *customer)
{
    struct collect *s = screen_state(c, &screen_collect);
    screen_home(c);
    start_over(c, s, COLLECT_CUSTOMER);
    memset(&s->scan, 0, sizeof s->scan);
    view_set(&s->view, "customer", customer);
    look_up(c, customer, 0);
}

static void open_search(struct counter *c, const struct collect *s)
{
    json_t *arg = json_pack("{s:s}", "text", s->step == COLLECT_CUSTOMER || s->step == COLLECT_AFTER
                                                 ? view_get(&s->view, "customer") : "");
    screen_open(c, &screen_search, arg);
    json_decref(arg);
}

static void customer_entered(struct counter *c, struct collect *s)
{
    const char *typed = view_get(&s->view, "customer");
    if (!*typed) return;
    if (draft_scan(typed, &s->scan)) look_up(c, s->scan.customer, LOOK_EXACT);
    else open_search(c, s);
}

/* --- recording --- */

static bool worth_looking_again(const struct rpc_error *error)
{
    return !strcmp(error->reason, "amount-changed") || !strcmp(error->reason, "token") ||
           !strcmp(error->response, "78");
}

static void recorded(struct counter *c, int64_t tag, const json_t *card, const struct rpc_error *error)
{
    struct collect *s = screen_state(c, &screen_collect);
    busy_end(c);
    if (error && !strcmp(error->reason, "away")) {
        refuse(c, "%s", _("The branch host went away while it recorded. Keep cash and customer; when it is back, "
                          "F6 and Last say whether this payment was recorded."));
        return;
    }
    if (error) {
        refuse_error(c, error);
        if (worth_looking_again(error)) look_up(c, js_text(s->draft.found, "customer"), LOOK_AGAIN);
        return;
    }
    session_last(c, card);
    json_array_append(c->to_show, js_at(card, "key"));
    start_over(c, s, COLLECT_AFTER);
    printing_kick(c);
}

static void record(struct counter *c, struct collect *s, struct press press)
{
    struct error err = {0};
    if (draft_keep(&s->draft, view_get(&s->view, "confirm"), &err)) {
        refuse_with(c, &err);
        return;
    }
    bool plain = s->draft.exact && draft_all_payable(&s->draft) && s->draft.change_fen < DRAFT_AHEAD_FEN;
    if (typed_ahead(c, press) && !plain) {
        refuse(c, "%s", _("Typed ahead: look at customer, bills and change, then Enter records."));
        return;
    }
    char words[SAY_SIZE], sum[MONEY_TEXT_SIZE];
    const json_t *found = s->draft.found;
    snprintf(words, sizeof words, "%s\n%s  %s %s", _("A payment above what one person may take"),
             money_format_grouped(s->draft.tendered_fen - s->draft.change_fen, sum, sizeof sum), js_text(found, "customer"),
             js_text(found, "name"));
    busy_firm(c, _("Recording"));
    call_approved(c, "pay", draft_pay(&s->draft), words, recorded, 0);
}

static void tendered(struct counter *c, struct collect *s)
{
    struct error err = {0};
    const char *typed = view_get(&s->view, "tendered");
    if (!*typed) return;
    if (draft_cash(&s->draft, typed, &err)) {
        refuse_with(c, &err);
        return;
    }
    view_set(&s->view, "confirm", "");
    step_to(c, s, COLLECT_CONFIRM);
    int64_t warn = js_int(c->hello, "rules.tender_warn_fen");
    if (warn > 0 && s->draft.change_fen >= warn) say(c, "%s", _("Much change: is the cash typed right?"));
}

/* --- keys of each step --- */

static void press_customer(struct counter *c, struct collect *s, struct press press)
{
    if (press.code == PRESS_ENTER) {
        customer_entered(c, s);
    } else if (press.code == PRESS_FN(4)) {
        open_search(c, s);
    } else if (press.code == PRESS_FN(12)) {
        start_over(c, s, COLLECT_CUSTOMER);
    } else if (s->step == COLLECT_AFTER && press.code == PRESS_TEXT) {
        start_over(c, s, COLLECT_CUSTOMER); /* the first key of the next customer wipes the digits */
        view_press(&s->view, press);
    } else {
        view_press(&s->view, press);
    }
}

static void fee_open(struct counter *c, const struct collect *s)
{
    json_t *bill = json_copy((json_t *)draft_bill(&s->draft, s->view.list.at));
    if (!bill) return;
    int out;
    json_object_set_new(bill, "deposit_fen", json_integer(draft_withheld(&s->draft, &out)));
    json_object_set(bill, "transfer", js_at(s->draft.found, "transfer"));
    json_object_set(bill, "customer_name", js_at(s->draft.found, "name"));
    json_object_set(bill, "customer_address", js_at(s->draft.found, "address"));
    screen_open(c, &screen_fee, bill);
    json_decref(bill);
}

static void star(struct counter *c, struct collect *s)
{
    const json_t *bill = draft_bill(&s->draft, s->view.list.at);
    if (!bill) return;
    if (!draft_star(&s->draft, s->view.list.at, js_true(c->hello, "rules.oldest_first")))
        refuse(c, "%s", word_reason(js_text(bill, "reason")));
}

/* Digits here are the next customer's scan: they and their Enter choose nothing. */
static bool stray(struct counter *c, struct collect *s, struct press press)
{
    bool scan = press.arrived_ns - s->stray_ns < STRAY_NS;
    if (press.code == PRESS_ENTER && !scan) return false;
    const char *words = _("Enter takes what is starred. For another customer press F12 first.");
    if (!scan) refuse(c, "%s", words); /* one bell a scan */
    else say(c, "%s", words), c->said_ink = INK_ALARM;
    s->stray_ns = press.arrived_ns;
    return true;
}

static void bills_taken(struct counter *c, struct collect *s, struct press press)
{
    if (stray(c, s, press)) return;
    if (draft_count(&s->draft) && !draft_sums(&s->draft).taken)
        refuse(c, "%s", _("No bill is starred. Space stars one; F12 leaves this customer."));
    else to_tender(c, s);
}

static void drop(struct counter *c, struct collect *s)
{
    bool cash = s->step >= COLLECT_TENDER && s->step != COLLECT_AFTER && *view_get(&s->view, "tendered");
    if (cash && !s->drop_warned) {
        refuse(c, "%s", _("Cash is typed. Give it back, then F12 once more drops this customer; nothing is booked."));
        s->drop_warned = true;
        return;
    }
    start_over(c, s, COLLECT_CUSTOMER);
}

static void press_bills(struct counter *c, struct collect *s, struct press press)
{
    int page = view_list_rows(&s->view, &c->terminal);
    switch (press.code) {
    case PRESS_UP: view_list_move(&s->view, -1, &c->terminal); break;
    case PRESS_DOWN: view_list_move(&s->view, 1, &c->terminal); break;
    case PRESS_FN(7): view_list_move(&s->view, -page, &c->terminal); break;
    case PRESS_FN(8): view_list_move(&s->view, page, &c->terminal); break;
    case PRESS_FN(4): fee_open(c, s); break;
    case PRESS_FN(5): look_up(c, js_text(s->draft.found, "customer"), s->draft.exact ? LOOK_EXACT : 0); break;
    case PRESS_FN(12): drop(c, s); break;
    case PRESS_ENTER: bills_taken(c, s, press); break;
    case PRESS_TEXT:
        if (press.cp == ' ' || press.cp == 0x3000) star(c, s);
        else stray(c, s, press);
        break;
    default: break;
    }
}

static void press_cash(struct counter *c, struct collect *s, struct press press)
{
    if (press.code == PRESS_FN(12)) {
        drop(c, s);
        return;
    }
    s->drop_warned = false;
    if (press.code == PRESS_ENTER && s->step == COLLECT_TENDER) tendered(c, s);
    else if (press.code == PRESS_ENTER) record(c, s, press);
    else if (press.code == PRESS_UP && s->step == COLLECT_CONFIRM) step_to(c, s, COLLECT_TENDER);
    else if (press.code == PRESS_DOWN && s->step == COLLECT_TENDER) tendered(c, s);
    else view_press(&s->view, press);
}

static void press(struct counter *c, void *state, struct press press)
{
    struct collect *s = state;
    switch (s->step) {
    case COLLECT_CUSTOMER:
    case COLLECT_AFTER: press_customer(c, s, press); break;
    case COLLECT_BILLS: press_bills(c, s, press); break;
    default: press_cash(c, s, press); break;
    }
}

/* One step back, everything kept. */
static bool back(struct counter *c, void *state)
{
    struct collect *s = state;
    static const enum collect_step before[] = {COLLECT_CUSTOMER, COLLECT_CUSTOMER, COLLECT_BILLS, COLLECT_TENDER,
                                               COLLECT_AFTER};
    if (before[s->step] == s->step) return false;
    step_to(c, s, before[s->step]);
    return true;
}

static void changed(struct counter *c, void *state, const char *what, const json_t *params)
{
    if (!strcmp(what, "again")) step_new(c);
}

const struct screen screen_collect = {
    .name = "collect", .title = N_("Collect"), .roles = ROLE_TELLER, .state_size = sizeof(struct collect),
    .held = offsetof(struct collect, draft.found), .open = begin, .press = press, .paint = collect_paint, .changed = changed, .back = back,
};
