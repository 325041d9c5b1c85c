#include "branchd/report.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/money.h"
#include "base/text.h"

#define TELLERS_MAX 64
#define TILLS_MAX 100
#define BOOKS_MAX 50
#define DIFFERENCES_MAX 100
#define LABEL_CELLS 30
#define FIGURE_CELLS 16

/* Every figure of a day's totals: its name for machines and in both languages. */
static const struct figure {
    const char *name, *zh, *en;
    size_t offset;
    bool money;
} figures[] = {
#define COUNT(member, zh, en) {#member, zh, en, offsetof(struct ledger_totals, member), false}
#define MONEY(member, zh, en) {#member, zh, en, offsetof(struct ledger_totals, member), true}
    COUNT(all, "全部缴费笔数", "All keys of the day"),
    COUNT(payments, "收费笔数", "Payments"),
    MONEY(payments_fen, "收费金额", "Payments, sum"),
    MONEY(bills_fen, "  其中电费", "  of it bills"),
    MONEY(late_fee_fen, "  其中违约金", "  of it late fees"),
    MONEY(prepaid_fen, "  其中预存", "  of it prepaid"),
    COUNT(reversed, "冲正笔数", "Reversed"),
    MONEY(reversed_fen, "冲正金额", "Reversed, sum"),
    COUNT(answered, "电力已答复笔数", "Answered by the utility"),
    MONEY(answered_fen, "电力已答复金额", "Answered, sum"),
    COUNT(answered_reversed, "其中已冲正笔数", "Of these reversed"),
    MONEY(answered_reversed_fen, "其中已冲正金额", "Of these reversed, sum"),
    COUNT(recorded, "未决笔数", "No final answer"),
    COUNT(posted, "已入账笔数", "Posted"),
    COUNT(queued, "待转发笔数", "Queued"),
    MONEY(queued_fen, "待转发金额", "Queued, sum"),
    COUNT(undoing, "撤销中笔数", "Undoing"),
    COUNT(reversing, "冲正中笔数", "Reversing"),
    COUNT(declined, "拒绝笔数", "Declined"),
    COUNT(undone, "已撤销笔数", "Undone"),
    COUNT(excepted, "异常笔数", "Exceptions"),
    COUNT(shorts, "短款撤销笔数", "Short"),
    COUNT(settled, "已处理笔数", "Settled"),
    COUNT(abandoned, "放弃笔数", "Abandoned"),
    COUNT(refunds, "退预存笔数", "Refunds"),
    MONEY(refunds_fen, "退预存金额", "Refunds, sum"),
    COUNT(from_accounts, "  其中专户支付笔数", "  of payments from accounts"),
    MONEY(from_accounts_fen, "  其中专户支付金额", "  of payments from accounts, sum"),
    COUNT(deposits, "专户存入笔数", "Account deposits"),
    MONEY(deposits_fen, "专户存入金额", "Account deposits, sum"),
    COUNT(withdrawals, "专户支取笔数", "Account withdrawals"),
    MONEY(withdrawals_fen, "专户支取金额", "Account withdrawals, sum"),
    MONEY(given_back_fen, "已退款", "Handed back"),
    MONEY(to_give_back_fen, "待退款", "To be given back"),
    MONEY(over_fen, "长款", "Over"),
    MONEY(short_fen, "短款", "Short in cash"),
    COUNT(invoices_used, "发票用纸张数", "Invoice sheets printed"),
    COUNT(invoices_void, "  其中作废", "  of it void"),
    COUNT(invoices_reprinted, "补打次数", "Copies printed"),
#undef COUNT
#undef MONEY
};
#define FIGURES (sizeof figures / sizeof *figures)

static int64_t figure_of(const struct ledger_totals *t, const struct figure *f)
{
    int64_t value;
    memcpy(&value, (const char *)t + f->offset, sizeof value);
    return value;
}

json_t *totals_json(const struct ledger_totals *t)
{
    json_t *totals = json_object();
    for (size_t i = 0; i < FIGURES; i++)
        json_object_set_new(totals, figures[i].name, json_integer(figure_of(t, &figures[i])));
    return totals;
}

/* --- a report being written ------------------------------------------------------------- */

struct report {
    struct service *s;
    const struct report_ask *ask;
    json_t *lines, *data;
    char *csv;
    size_t csv_used;
    struct error *err;
    enum ledger_result result;
};
#define LISTED_IN_REPORT 60
#define CSV_MAX 20000 /* title, lines and data share the message with it */

static void line(struct report *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void line(struct report *r, const char *fmt, ...)
{
    char text[400], clean[400];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    text_clean(clean, sizeof clean, text);
    json_array_append_new(r->lines, json_string(clean));
}

static void csv(struct report *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void csv(struct report *r, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(r->csv + r->csv_used, CSV_MAX - r->csv_used, fmt, args);
    va_end(args);
    if (len > 0 && (size_t)len < CSV_MAX - r->csv_used) r->csv_used += (size_t)len;
    else r->csv[r->csv_used] = '\0';
}

/* A label in its cells, then a figure at the right. */
static void pair(struct report *r, const char *label, const char *figure)
{
    int left = LABEL_CELLS - text_width(label), right = FIGURE_CELLS - text_width(figure);
    line(r, "%s%*s%*s%s", label, left > 0 ? left : 1, "", right > 0 ? right : 0, "", figure);
}

static const char *said(const struct report *r, const char *zh, const char *en) { return r->ask->english ? en : zh; }

static const char *figure_text(const struct figure *f, int64_t value, char *buf, size_t size)
{
    if (f->money) return money_format_grouped(value, buf, size);
    snprintf(buf, size, "%" PRId64, value);
    return buf;
}

static void put_totals(struct report *r, const char *whose, const struct ledger_totals *t)
{
    char text[MONEY_TEXT_SIZE];
    for (size_t i = 0; i < FIGURES; i++) {
        int64_t value = figure_of(t, &figures[i]);
        bool always = i < 6;
        if (value != 0 || always) pair(r, said(r, figures[i].zh, figures[i].en), figure_text(&figures[i], value, text, sizeof text));
        csv(r, "%s,%s,%s\r\n", whose, figures[i].name, figures[i].money ? money_format(value, text, sizeof text)
                                                                       : figure_text(&figures[i], value, text, sizeof text));
    }
}

/* What its template sees, and every sum by its name beside it. */
static bool put_data(struct report *r, const struct ledger_totals *t)
{
    json_t *data = report_data(r->s, r->ask, LISTED_IN_REPORT, &r->result, r->err);
    if (data == NULL) return false;
    json_object_update(r->data, data);
    json_decref(data);
    json_object_set_new(r->data, "sums", totals_json(t));
    return true;
}

static bool read_totals(struct report *r, day_t day, const char *teller, struct ledger_totals *t)
{
    memset(t, 0, sizeof *t);
    r->result = day_totals(r->s->ledger, day, teller, t, r->err);
    return r->result == LEDGER_OK;
}

static void head(struct report *r, const char *zh, const char *en, const char *when)
{
    const struct branch_settings *set = &r->s->branch->settings;
    char now[CLOCK_TEXT_SIZE];
    line(r, "%s  %s", said(r, set->bank_name, set->bank_name_en), said(r, set->branch_name, set->branch_name_en));
    line(r, "%s  %s", said(r, zh, en), when);
    line(r, "%s %s", said(r, "制表时间", "made at"), clock_format(&r->s->branch->clock, service_now(r->s), now, sizeof now));
    line(r, "%s", "");
}

static void sign(struct report *r)
{
    line(r, "%s", "");
    line(r, "%s", said(r, "柜员签名 ____________  主管签名 ____________", "Teller ____________  Supervisor ____________"));
}

/* --- the three --------------------------------------------------------------------------------- */

static bool teller_report(struct report *r)
{
    struct ledger_totals t;
    struct ledger_operator who = {0};
    char when[DAY_TEXT_SIZE];
    if (!read_totals(r, r->ask->day, r->ask->teller, &t)) return false;
    r->result = operator_get(r->s->ledger, r->ask->teller, &who, r->err);
    if (r->result != LEDGER_OK) return false;
    head(r, "柜员日报", "Teller's day", day_format(r->ask->day, when, sizeof when));
    line(r, "%s %s", who.number, who.name);
    csv(r, "operator,figure,value\r\n");
    put_totals(r, who.number, &t);
    if (!put_data(r, &t)) return false;
    sign(r);
    return true;
}

static void put_tills(struct report *r)
{
    struct ledger_till tills[TILLS_MAX];
    int count = 0;
    char cash[MONEY_TEXT_SIZE];
    r->result = till_list(r->s->ledger, r->ask->day, tills, TILLS_MAX, &count, r->err);
    line(r, "%s", "");
    line(r, "%s", said(r, "钱箱", "Tills"));
    for (int i = 0; i < count; i++) {
        line(r, "  %s  %-8s  %-8s  %s", tills[i].number, tills[i].operator_number, report_word(r->ask, tills[i].state),
             money_format_grouped(tills[i].cash_fen, cash, sizeof cash));
        csv(r, "till %s,%s,%s\r\n", tills[i].number, tills[i].state, money_format(tills[i].cash_fen, cash, sizeof cash));
    }
}

/* Since they came: received = used + void + lost + returned + unused, but for one that is at a printer. */
static void put_books(struct report *r)
{
    struct ledger_book books[BOOKS_MAX];
    int count = 0;
    r->result = book_list(r->s->ledger, books, BOOKS_MAX, &count, r->err);
    line(r, "%s", "");
    line(r, "%s", said(r, "发票号段（领入以来）", "Invoice numbers (since they came)"));
    for (int i = 0; i < count; i++) {
        const struct ledger_book *b = &books[i];
        line(r, "  %s %s-%s  %s  %s %s  %s %" PRId64 "  %s %" PRId64 "  %s %" PRId64 "  %s %" PRId64 "  %s %" PRId64, b->series, b->first, b->last,
             b->till[0] ? b->till : said(r, "领入", "received"), said(r, "下一号", "next"), b->next[0] ? b->next : "-", said(r, "已用", "used"), b->used,
             said(r, "作废", "void"), b->void_count, said(r, "遗失", "lost"), b->lost, said(r, "退回", "returned"), b->returned,
             said(r, "未用", "unused"), b->left);
        csv(r, "numbers %s %s-%s %s,used / void / lost / returned / unused,%" PRId64 " / %" PRId64 " / %" PRId64 " / %" PRId64 " / %" PRId64 "\r\n", b->series,
            b->first, b->last, b->till[0] ? b->till : "received", b->used, b->void_count, b->lost, b->returned, b->left);
    }
}

#define APPROVALS_MAX 150 /* the audit has them all */
#define ACT_CELLS 21

static void one_approval(void *ctx, int64_t at_ms, const char *act, const char *subject, const char *maker, const char *checker)
{
    struct report *r = ctx;
    char at[CLOCK_TEXT_SIZE];
    clock_format(&r->s->branch->clock, at_ms, at, sizeof at);
    char name[80];
    /* padded by cells: Hanzi take two */
    const char *word = report_word(r->ask, act);
    snprintf(name, sizeof name, "%s%*s", word, text_width(word) < ACT_CELLS ? ACT_CELLS - text_width(word) : 0, "");
    line(r, "  %.8s  %s %-20.20s %-8s %s %s", strlen(at) > 11 ? at + 11 : at, name, subject, maker, said(r, "复核", "signed by"), checker);
    csv(r, "approval %s,%s %s,%s / %s\r\n", at, act, subject, maker, checker);
}

/* Whoever signed sees on paper what was done in his name. */
static void put_approvals(struct report *r)
{
    int64_t left = 0;
    line(r, "%s", "");
    line(r, "%s", said(r, "双人操作", "Done by two people"));
    r->result = approval_list(r->s->ledger, r->ask->day, APPROVALS_MAX, one_approval, r, &left, r->err);
    if (left) line(r, "  %s %" PRId64, said(r, "另有（见审计）", "more, see the audit:"), left);
}

static void put_differences(struct report *r)
{
    struct ledger_difference rows[DIFFERENCES_MAX];
    int count = 0;
    char ours[MONEY_TEXT_SIZE], theirs[MONEY_TEXT_SIZE];
    r->result = differences_list(r->s->ledger, r->ask->day, rows, DIFFERENCES_MAX, &count, r->err);
    if (count == 0) return;
    line(r, "%s", "");
    line(r, "%s", said(r, "与电力的差异", "Differences with the utility"));
    for (int i = 0; i < count; i++) {
        money_format(rows[i].ours_fen, ours, sizeof ours);
        money_format(rows[i].theirs_fen, theirs, sizeof theirs);
        line(r, "  %s %-10s %s %s  %s %s", rows[i].key.ref, report_word(r->ask, rows[i].kind), said(r, "本网点", "here"), ours, said(r, "电力", "utility"), theirs);
        csv(r, "difference %s,%s,%s / %s\r\n", rows[i].key.ref, rows[i].kind, ours, theirs);
    }
}

static bool put_tellers(struct report *r)
{
    struct ledger_operator people[TELLERS_MAX];
    struct ledger_totals t;
    int count = 0;
    char sum[MONEY_TEXT_SIZE];
    r->result = operator_list(r->s->ledger, people, TELLERS_MAX, &count, r->err);
    line(r, "%s", "");
    line(r, "%s", said(r, "按柜员", "By teller"));
    for (int i = 0; r->result == LEDGER_OK && i < count; i++) {
        if (!read_totals(r, r->ask->day, people[i].number, &t)) return false;
        if (t.all == 0 && t.over_fen == 0 && t.short_fen == 0) continue;
        line(r, "  %-8s %6" PRId64 " %14s  %s %" PRId64 "  %s %" PRId64 "  %s %" PRId64, people[i].number, t.payments,
             money_format_grouped(t.payments_fen, sum, sizeof sum), said(r, "拒绝", "declined"), t.declined, said(r, "冲正", "reversed"),
             t.reversed, said(r, "作废", "void"), t.invoices_void);
        csv(r, "%s,payments,%" PRId64 "\r\n%s,payments_fen,%s\r\n", people[i].number, t.payments, people[i].number,
            money_format(t.payments_fen, sum, sizeof sum));
    }
    return r->result == LEDGER_OK;
}

static bool branch_report(struct report *r)
{
    struct ledger_totals t;
    struct ledger_day day;
    char when[DAY_TEXT_SIZE], chain[SECRET_HEX_SIZE] = "";
    if (!read_totals(r, r->ask->day, NULL, &t)) return false;
    r->result = day_get(r->s->ledger, r->ask->day, &day, r->err);
    if (r->result != LEDGER_OK) return false;
    head(r, "网点日报", "Branch's day", day_format(day.date, when, sizeof when));
    line(r, "%s %s  %s %s", said(r, "状态", "state"), report_word(r->ask, day.state), said(r, "与电力对账", "agreement"),
         report_word(r->ask, day.agreement));
    csv(r, "whose,figure,value\r\n");
    put_totals(r, "branch", &t);
    if (!put_data(r, &t)) return false;
    if (!put_tellers(r)) return false;
    put_tills(r);
    if (r->result == LEDGER_OK) put_books(r);
    if (r->result == LEDGER_OK) put_approvals(r);
    if (r->result == LEDGER_OK) put_differences(r);
    if (r->result == LEDGER_OK) r->result = audit_head(r->s->ledger, chain, r->err);
    if (r->result != LEDGER_OK) return false;
    line(r, "%s", "");
    line(r, "%s %s", said(r, "审计链", "audit head"), chain);
    json_object_set_new(r->data, "audit_head", json_string(chain));
    sign(r);
    return true;
}

static bool month_report(struct report *r)
{
    int year, month, mday;
    char when[16], text[DAY_TEXT_SIZE], sum[MONEY_TEXT_SIZE];
    int64_t payments = 0, payments_fen = 0;
    day_t day;
    day_to_ymd(r->ask->day, &year, &month, &mday);
    snprintf(when, sizeof when, "%04u-%02u", (unsigned)year % 10000, (unsigned)month % 100);
    head(r, "月报", "Month", when);
    csv(r, "date,payments,sum,late_fees,prepaid,reversed,agreement\r\n");
    for (mday = 1; mday <= 31 && day_from_ymd(year, month, mday, &day); mday++) {
        struct ledger_day state;
        struct ledger_totals t;
        if (day_get(r->s->ledger, day, &state, NULL) != LEDGER_OK) continue;
        if (!read_totals(r, day, NULL, &t)) return false;
        line(r, "%s %6" PRId64 " %16s  %s", day_format(day, text, sizeof text), t.payments, money_format_grouped(t.payments_fen, sum, sizeof sum),
             report_word(r->ask, state.agreement));
        csv(r, "%s,%" PRId64 ",%s,", text, t.payments, money_format(t.payments_fen, sum, sizeof sum));
        csv(r, "%s,", money_format(t.late_fee_fen, sum, sizeof sum));
        csv(r, "%s,", money_format(t.prepaid_fen, sum, sizeof sum));
        csv(r, "%s,%s\r\n", money_format(t.reversed_fen, sum, sizeof sum), state.agreement);
        payments += t.payments;
        money_add(payments_fen, t.payments_fen, &payments_fen);
    }
    line(r, "%s %6" PRId64 " %16s", said(r, "合计      ", "sum       "), payments, money_format_grouped(payments_fen, sum, sizeof sum));
    json_object_set_new(r->data, "payments", json_integer(payments));
    json_object_set_new(r->data, "payments_fen", json_integer(payments_fen));
    sign(r);
    return true;
}

static const struct { const char *name, *zh, *en; bool (*make)(struct report *r); } reports[] = {
    {"teller", "柜员日报", "Teller's day", teller_report},
    {"branch", "网点日报", "Branch's day", branch_report},
    {"month", "月报", "Month", month_report},
};

json_t *report_make(struct service *s, const struct report_ask *ask, enum ledger_result *result, struct error *err)
{
    struct report r = {.s = s, .ask = ask, .err = err, .result = LEDGER_PARAMS};
    json_t *made = NULL;
    r.lines = json_array();
    r.data = json_object();
    r.csv = calloc(1, CSV_MAX);
    error_all(err, "no report was made", ask->name, "teller (with a teller), branch or month", NULL);
    for (size_t i = 0; r.csv && i < sizeof reports / sizeof *reports; i++) {
        if (strcmp(reports[i].name, ask->name) != 0 || (i == 0 && ask->teller == NULL)) continue;
        json_object_set_new(r.data, "date", json_day(ask->day));
        if (reports[i].make(&r))
            made = json_pack("{s:s, s:O, s:s, s:O}", "title", ask->english ? reports[i].en : reports[i].zh, "lines", r.lines, "csv", r.csv,
                             "data", r.data);
    }
    json_decref(r.lines);
    json_decref(r.data);
    free(r.csv);
    *result = made ? LEDGER_OK : r.result == LEDGER_OK ? LEDGER_PARAMS : r.result;
    return made;
}
