/* A report as its A4 template wants it: teller's day, branch's day, month. The figures are
 * those of report.c, from the same totals. */
#include <stdio.h>
#include <string.h>

#include "branchd/report.h"

#define TELLERS_MAX 64
#define TILLS_MAX 100
#define BOOKS_MAX 50
#define CASH_MAX 24
#define LISTED_MAX 160 /* as many as one message holds; the audit has them all */

struct paper { struct service *s; const struct report_ask *ask; int listed_max; json_t *data; struct error *err; enum ledger_result result; };

static const char *said(const struct paper *p, const char *zh, const char *en) { return p->ask->english ? en : zh; }
static void put(struct paper *p, const char *name, json_t *value) { json_object_set_new(p->data, name, value); }

static void row(json_t *list, const char *what, int64_t count, int64_t fen)
{
    json_array_append_new(list, json_pack("{s:s, s:I, s:I, s:I}", "what", what, "count", (json_int_t)count, "amount_fen", (json_int_t)fen, "utility_fen",
                                          (json_int_t)fen));
}

/* --- what both daily reports have --------------------------------------------------------- */

static void put_numbers(struct paper *p, const char *till)
{
    struct ledger_book_day books[BOOKS_MAX];
    int count = 0;
    json_t *list = json_array();
    p->result = day_books(p->s->ledger, p->ask->day, books, BOOKS_MAX, &count, p->err);
    for (int i = 0; i < count; i++) {
        const struct ledger_book_day *b = &books[i];
        if (till && strcmp(b->till, till) != 0) continue;
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I}", "series", b->series, "teller",
                                              b->till[0] ? b->till : said(p, "领入", "in all"), "from", b->first, "to", b->last, "used", (json_int_t)b->used,
                                              "void", (json_int_t)b->void_count, "lost", (json_int_t)b->lost, "returned", (json_int_t)b->returned,
                                              "unused", (json_int_t)b->left));
    }
    put(p, "numbers", list);
}

struct listing { struct paper *p; json_t *list; int left_off; };

static void one_listed(void *ctx, const struct ledger_listed *l)
{
    struct listing *to = ctx;
    char brief[20] = "", note[120];
    if ((int)json_array_size(to->list) >= to->p->listed_max) {
        to->left_off++;
        return;
    }
    if (strlen(l->ref) == KEY_REF_SIZE - 1 && strspn(l->ref, "0123456789") == KEY_REF_SIZE - 1) snprintf(brief, sizeof brief, "%.2s-%s", l->ref, l->ref + 2);
    else snprintf(brief, sizeof brief, "%.19s", l->ref);
    snprintf(note, sizeof note, "%s", strcmp(l->note, "missing") == 0 ? said(to->p, "票面缺失", "paper missing") :
             strcmp(l->note, "returned") == 0 ? said(to->p, "票面已收回", "paper here") : l->note);
    json_array_append_new(to->list, json_pack("{s:o, s:s, s:s, s:s, s:s, s:I, s:s, s:s}", "time", json_time(to->p->s, l->at_ms), "teller",
                                              l->operator_number, "what", l->what, "key_short", brief, "number", l->number, "amount_fen",
                                              (json_int_t)l->amount_fen, "approver_name", l->approver, "note", note));
}

static void put_listed(struct paper *p, const char *teller)
{
    struct listing to = {p, json_array(), 0};
    p->result = day_listed(p->s->ledger, p->ask->day, teller, one_listed, &to, p->err);
    if (to.left_off) {
        char words[64];
        snprintf(words, sizeof words, "%s %d", said(p, "另有（见审计）", "more, see the audit:"), to.left_off);
        json_array_append_new(to.list, json_pack("{s:s, s:s, s:s, s:s, s:I, s:s, s:s}", "teller", "", "what", "-", "key_short", "", "number", "", "amount_fen",
                                                 (json_int_t)0, "approver_name", "", "note", words));
    }
    put(p, "listed", to.list);
}

/* --- teller --------------------------------------------------------------------------------- */

static const struct { const char *event, *zh, *en; } events[] = {
    {"float", "期初备用金", "Float"}, {"taken over", "接箱", "Taken over"}, {"recorded", "收款", "Taken from customers"},
    {"deposited", "专户存入", "Paid into accounts"}, {"withdrawn", "专户支取", "Paid out of accounts"},
    {"handed back", "退还客户", "Handed back"}, {"cash in", "金库领入", "From the vault"}, {"cash out", "交付金库", "Into the vault"},
    {"over", "长款", "Over"}, {"short", "短款", "Short"}, {"till closed", "关箱入库", "Closed, into the vault"},
    {"force closed", "强制关箱入库", "Closed by two, into the vault"}, {"handed over", "移交", "Handed over"},
};

static const char *event_word(const struct paper *p, const char *event)
{
    for (size_t i = 0; i < sizeof events / sizeof *events; i++)
        if (strcmp(events[i].event, event) == 0) return said(p, events[i].zh, events[i].en);
    return event;
}

static void put_cash(struct paper *p)
{
    struct ledger_cash cash[CASH_MAX];
    int count = 0;
    json_t *list = json_array();
    p->result = day_cash(p->s->ledger, p->ask->day, p->ask->teller, cash, CASH_MAX, &count, p->err);
    for (int i = 0; i < count; i++)
        row(list, event_word(p, cash[i].event), cash[i].count, cash[i].fen);
    put(p, "cash", list);
}

static void put_business(struct paper *p, const struct ledger_totals *t)
{
    json_t *list = json_array();
    const struct { const char *what; int64_t count, bills, late, sum; } rows[] = {
        {said(p, "缴费", "Payments"), t->payments, t->bills_fen + t->prepaid_fen, t->late_fee_fen, t->payments_fen},
        {said(p, "  其中待送达", "  of these queued"), t->queued, 0, 0, t->queued_fen},
        {said(p, "冲正", "Reversed"), t->reversed, -t->reversed_fen, 0, -t->reversed_fen},
        {said(p, "退预存", "Refunds"), t->refunds, -t->refunds_fen, 0, -t->refunds_fen},
        {said(p, "净额", "Net"), t->payments - t->reversed, t->bills_fen + t->prepaid_fen - t->reversed_fen - t->refunds_fen, t->late_fee_fen,
         t->payments_fen - t->reversed_fen - t->refunds_fen},
        {said(p, "  其中专户支付", "  of it from accounts"), t->from_accounts, 0, 0, t->from_accounts_fen},
        {said(p, "专户存入", "Account deposits"), t->deposits, 0, 0, t->deposits_fen},
        {said(p, "专户支取", "Account withdrawals"), t->withdrawals, 0, 0, -t->withdrawals_fen},
    };
    const size_t net = 4;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (i == 0 || i == net || rows[i].count)
            json_array_append_new(list, json_pack("{s:s, s:I, s:I, s:I, s:I}", "what", rows[i].what, "count", (json_int_t)rows[i].count, "bills_fen",
                                                  (json_int_t)rows[i].bills, "late_fee_fen", (json_int_t)rows[i].late, "amount_fen",
                                                  (json_int_t)rows[i].sum));
    put(p, "business", list);
}

/* His last till of the day; the first one's opening. */
static void put_till(struct paper *p)
{
    struct ledger_till tills[TILLS_MAX];
    int count = 0, last = -1;
    int64_t counted_fen = 0, over_short_fen = 0, opened_ms = 0;
    struct ledger_totals t;
    p->result = till_list(p->s->ledger, p->ask->day, tills, TILLS_MAX, &count, p->err);
    for (int i = 0; i < count; i++)
        if (strcmp(tills[i].operator_number, p->ask->teller) == 0) {
            last = i;
            if (opened_ms == 0 || tills[i].opened_ms < opened_ms) opened_ms = tills[i].opened_ms;
            counted_fen += tills[i].cash_fen;
        }
    if (day_totals(p->s->ledger, p->ask->day, p->ask->teller, &t, NULL) == LEDGER_OK) over_short_fen = t.over_fen - t.short_fen;
    put(p, "till", json_string(last < 0 ? "-" : tills[last].number));
    put(p, "terminal", json_string(last < 0 ? "-" : tills[last].terminal));
    put(p, "opened_at", json_time(p->s, opened_ms));
    put(p, "closed_at", json_time(p->s, last < 0 ? 0 : tills[last].closed_ms));
    put(p, "counted_fen", json_integer(counted_fen));
    put(p, "expected_fen", json_integer(counted_fen - over_short_fen));
    put(p, "over_short_fen", json_integer(over_short_fen));
    if (p->result == LEDGER_OK) put_numbers(p, last < 0 ? "-" : tills[last].number);
}

static void teller_paper(struct paper *p)
{
    struct ledger_operator who;
    struct ledger_totals t;
    p->result = operator_get(p->s->ledger, p->ask->teller, &who, p->err);
    if (p->result == LEDGER_OK) p->result = day_totals(p->s->ledger, p->ask->day, p->ask->teller, &t, p->err);
    if (p->result != LEDGER_OK) return;
    put(p, "teller", json_string(who.number));
    put(p, "teller_name", json_string(who.name));
    put_business(p, &t);
    put_till(p);
    if (p->result == LEDGER_OK) put_cash(p);
    if (p->result == LEDGER_OK) put_listed(p, p->ask->teller);
}

/* --- branch ----------------------------------------------------------------------------------- */

static const char *till_state(struct service *s, day_t day, const char *teller)
{
    struct ledger_till tills[TILLS_MAX];
    int count = 0;
    const char *state = "";
    if (till_list(s->ledger, day, tills, TILLS_MAX, &count, NULL) != LEDGER_OK) return state;
    for (int i = 0; i < count; i++)
        if (strcmp(tills[i].operator_number, teller) == 0) state = strcmp(tills[i].state, "open") == 0 ? "open" : strcmp(tills[i].state, "counted") == 0 ? "counted" : "closed";
    return state;
}

static void put_tellers(struct paper *p)
{
    static struct ledger_operator people[TELLERS_MAX];
    struct ledger_totals t;
    int count = 0;
    json_t *list = json_array();
    p->result = operator_list(p->s->ledger, people, TELLERS_MAX, &count, p->err);
    for (int i = 0; p->result == LEDGER_OK && i < count; i++) {
        p->result = day_totals(p->s->ledger, p->ask->day, people[i].number, &t, p->err);
        const char *state = till_state(p->s, p->ask->day, people[i].number);
        if (t.all == 0 && state[0] == '\0') continue;
        json_array_append_new(list, json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s}", "teller", people[i].number, "name", people[i].name, "count",
                                              (json_int_t)t.payments, "bills_fen", (json_int_t)t.bills_fen, "late_fee_fen", (json_int_t)t.late_fee_fen,
                                              "prepaid_fen", (json_int_t)t.prepaid_fen, "reversed_fen", (json_int_t)-t.reversed_fen, "void",
                                              (json_int_t)t.invoices_void, "over_short_fen", (json_int_t)(t.over_fen - t.short_fen), "state", state));
    }
    put(p, "tellers", list);
}

/* The utility's column is what it answered for; it is the branch's own once the day is agreed. */
static void put_totals(struct paper *p, const struct ledger_totals *t)
{
    json_t *list = json_array();
    row(list, said(p, "电费", "Bills"), t->payments, t->bills_fen);
    row(list, said(p, "违约金", "Late fees"), 0, t->late_fee_fen);
    row(list, said(p, "预存电费", "Prepaid"), 0, t->prepaid_fen);
    row(list, said(p, "收费合计", "Taken in all"), t->payments, t->payments_fen);
    row(list, said(p, "冲正", "Reversed"), t->reversed, -t->reversed_fen);
    if (t->refunds) row(list, said(p, "退预存", "Refunds"), t->refunds, -t->refunds_fen);
    row(list, said(p, "净额", "Net"), t->payments - t->reversed, t->payments_fen - t->reversed_fen - t->refunds_fen);
    row(list, said(p, "电力已答复净额", "Net as answered by the utility"), t->answered - t->answered_reversed,
        t->answered_fen - t->answered_reversed_fen - t->refunds_fen);
    if (t->from_accounts) row(list, said(p, "其中专户支付", "Of payments from accounts"), t->from_accounts, t->from_accounts_fen);
    if (t->deposits) row(list, said(p, "专户存入", "Account deposits"), t->deposits, t->deposits_fen);
    if (t->withdrawals) row(list, said(p, "专户支取", "Account withdrawals"), t->withdrawals, -t->withdrawals_fen);
    put(p, "totals", list);
}

static void branch_paper(struct paper *p)
{
    struct ledger_totals t;
    struct ledger_day day;
    char head[SECRET_HEX_SIZE] = "";
    p->result = day_totals(p->s->ledger, p->ask->day, NULL, &t, p->err);
    if (p->result == LEDGER_OK) p->result = day_get(p->s->ledger, p->ask->day, &day, p->err);
    if (p->result == LEDGER_OK) p->result = audit_head(p->s->ledger, head, p->err);
    if (p->result != LEDGER_OK) return;
    put(p, "closed_at", json_time(p->s, day.closed_ms));
    put(p, "supervisor_name", json_string(p->ask->signer ? p->ask->signer : ""));
    put(p, "agreement", json_string(day.agreement));
    put(p, "queued", json_integer(t.queued));
    put(p, "audit_head", json_string(head));
    put_totals(p, &t);
    put_tellers(p);
    if (p->result == LEDGER_OK) put_numbers(p, NULL);
    if (p->result == LEDGER_OK) put_listed(p, NULL);
}

/* --- month -------------------------------------------------------------------------------------- */

static void month_row(json_t *list, const char *what, const struct ledger_totals *t, const char *state)
{
    json_array_append_new(list, json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:s}", "what", what, "count", (json_int_t)t->payments, "bills_fen",
                                          (json_int_t)t->bills_fen, "late_fee_fen", (json_int_t)t->late_fee_fen, "prepaid_fen", (json_int_t)t->prepaid_fen,
                                          "reversed_fen", (json_int_t)(-t->reversed_fen - t->refunds_fen), "net_fen",
                                          (json_int_t)(t->payments_fen - t->reversed_fen - t->refunds_fen), "state", state));
}

static void month_paper(struct paper *p)
{
    int year, month, mday;
    day_t day;
    char text[DAY_TEXT_SIZE];
    struct ledger_totals sum = {0};
    json_t *list = json_array();
    day_to_ymd(p->ask->day, &year, &month, &mday);
    snprintf(text, sizeof text, "%04u-%02u", (unsigned)year % 10000, (unsigned)month % 100);
    put(p, "month", json_string(text));
    for (mday = 1; mday <= 31 && p->result == LEDGER_OK && day_from_ymd(year, month, mday, &day); mday++) {
        struct ledger_day state;
        struct ledger_totals t;
        if (day_get(p->s->ledger, day, &state, NULL) != LEDGER_OK) continue;
        p->result = day_totals(p->s->ledger, day, NULL, &t, p->err);
        month_row(list, day_format(day, text, sizeof text), &t, state.agreement);
        sum.payments += t.payments;
        sum.payments_fen += t.payments_fen;
        sum.bills_fen += t.bills_fen;
        sum.late_fee_fen += t.late_fee_fen;
        sum.prepaid_fen += t.prepaid_fen;
        sum.reversed_fen += t.reversed_fen;
        sum.refunds_fen += t.refunds_fen;
    }
    month_row(list, said(p, "合计", "Sum"), &sum, "");
    put(p, "days", list);
}

/* --- the three ------------------------------------------------------------------------------------- */

static const struct { const char *name, *template; bool teller; void (*make)(struct paper *p); } papers[] = {
    {"teller", "teller-day-a4", true, teller_paper}, {"branch", "branch-day-a4", false, branch_paper}, {"month", "month-a4", false, month_paper},
};

static json_t *frame(struct service *s, const struct report_ask *ask)
{
    const struct branch_settings *set = &s->branch->settings;
    bool english = ask->english;
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:i, s:s}", "utility_name", english ? set->utility_name_en : set->utility_name, "bank_name",
                     english ? set->bank_name_en : set->bank_name, "branch", set->branch, "branch_name", english ? set->branch_name_en : set->branch_name,
                     "business_date", json_day(ask->day), "reprint", 0, "language", english ? "en" : "zh_CN");
}

/* Its row in the table; -1 with err. */
static int paper_of(const struct report_ask *ask, struct error *err)
{
    for (int i = 0; i < (int)(sizeof papers / sizeof *papers); i++)
        if (strcmp(papers[i].name, ask->name) == 0 && (!papers[i].teller || ask->teller)) return i;
    return error_all(err, "no report was made", ask->name, "teller (with a teller), branch or month", NULL);
}

json_t *report_data(struct service *s, const struct report_ask *ask, int listed_max, enum ledger_result *result, struct error *err)
{
    struct paper p = {.s = s, .ask = ask, .listed_max = listed_max, .err = err, .result = LEDGER_OK};
    int at = paper_of(ask, err);
    *result = LEDGER_PARAMS;
    if (at < 0) return NULL;
    p.data = frame(s, ask);
    papers[at].make(&p);
    *result = p.result;
    if (p.result == LEDGER_OK) return p.data;
    json_decref(p.data);
    return NULL;
}

json_t *report_paper(struct service *s, const struct report_ask *ask, enum ledger_result *result, struct error *err)
{
    char job[128], when[DAY_TEXT_SIZE];
    json_t *data = report_data(s, ask, LISTED_MAX, result, err);
    if (data == NULL) return NULL;
    int at = paper_of(ask, err);
    snprintf(job, sizeof job, "%s %s %s%s%s", s->branch->settings.branch, papers[at].name, day_format(ask->day, when, sizeof when),
             papers[at].teller ? " " : "", papers[at].teller ? ask->teller : "");
    const json_t *office = printers_for(s->printers, ask->terminal ? ask->terminal : "all", "report");
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o}", "job", job, "template", papers[at].template, "media", "", "kind", "report", "data", data, "printer",
                     office ? json_deep_copy(office) : json_null());
}
