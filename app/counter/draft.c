#include "counter/draft.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/date.h"
#include "base/money.h"
#include "base/text.h"
#include "counter/counter.h"

#define QR_RUN_MIN 8

void draft_clear(struct draft *draft)
{
    js_keep(&draft->found, NULL);
    memset(draft, 0, sizeof *draft);
}

int draft_count(const struct draft *draft)
{
    size_t count = json_array_size(js_at(draft->found, "bills"));
    return count > DRAFT_BILLS_MAX ? DRAFT_BILLS_MAX : (int)count;
}

const json_t *draft_bill(const struct draft *draft, int i)
{
    return json_array_get(js_at(draft->found, "bills"), (size_t)i);
}

bool draft_payable(const struct draft *draft, int i)
{
    return js_true(draft_bill(draft, i), "payable");
}

bool draft_all_payable(const struct draft *draft)
{
    for (int i = 0; i < draft_count(draft); i++)
        if (!draft_payable(draft, i)) return false;
    return true;
}

void draft_found(struct draft *draft, const json_t *found, bool exact)
{
    draft_clear(draft);
    js_keep(&draft->found, (json_t *)found);
    draft->exact = exact;
    for (int i = 0; i < draft_count(draft); i++) draft->taken[i] = draft_payable(draft, i);
}

void draft_renew(struct draft *draft, const json_t *found)
{
    struct draft before = *draft;
    before.found = json_incref(draft->found);
    draft_found(draft, found, before.exact);
    for (int i = 0; i < draft_count(draft); i++)
        for (int j = 0; j < draft_count(&before); j++)
            if (!strcmp(js_text(draft_bill(draft, i), "bill"), js_text(draft_bill(&before, j), "bill")))
                draft->taken[i] = before.taken[j] && draft_payable(draft, i);
    draft->tendered_fen = before.tendered_fen;
    json_decref(before.found);
}

bool draft_star(struct draft *draft, int i, bool oldest_first)
{
    if (i < 0 || i >= draft_count(draft) || !draft_payable(draft, i)) return false;
    bool take = !draft->taken[i];
    draft->taken[i] = take;
    if (!oldest_first) return true;
    if (take)
        for (int older = 0; older < i; older++) draft->taken[older] = draft_payable(draft, older);
    else
        for (int younger = i + 1; younger < draft_count(draft); younger++) draft->taken[younger] = false;
    return true;
}

struct draft_sums draft_sums(const struct draft *draft)
{
    struct draft_sums sums = {0};
    for (int i = 0; i < draft_count(draft); i++) {
        const json_t *bill = draft_bill(draft, i);
        if (!draft->taken[i]) continue;
        sums.taken++;
        if (!money_add(sums.kwh, js_int(bill, "kwh"), &sums.kwh) ||
            !money_add(sums.amount_fen, js_int(bill, "amount_fen"), &sums.amount_fen) ||
            !money_add(sums.late_fen, js_int(bill, "late_fee_fen"), &sums.late_fen) ||
            !money_add(sums.pay_fen, js_int(bill, "pay_fen"), &sums.pay_fen))
            return (struct draft_sums){0}; /* branchd never says such sums; nothing is taken then */
    }
    return sums;
}

int64_t draft_withheld(const struct draft *draft, int *any)
{
    int64_t sum = 0;
    *any = -1;
    for (int i = 0; i < draft_count(draft); i++) {
        const json_t *bill = draft_bill(draft, i);
        if (strcmp(js_text(bill, "reason"), "withheld") != 0) continue;
        *any = i;
        if (!money_add(sum, js_int(bill, "amount_fen"), &sum)) return 0;
    }
    return sum;
}

static int digits_before_point(const char *typed)
{
    int digits = 0;
    for (const char *p = typed; *p && *p != '.'; p++) digits += isdigit((unsigned char)*p) != 0;
    return digits;
}

int draft_cash(struct draft *draft, const char *typed, struct error *err)
{
    char cash[64], missing[MONEY_TEXT_SIZE];
    int64_t tendered, pay = draft_sums(draft).pay_fen, change;
    if (!text_copy(cash, sizeof cash, typed)) return error_all(err, _("This is no sum"), "", "", "");
    text_narrow(cash);
    if (!strcmp(cash, ".")) tendered = pay;
    else if (digits_before_point(cash) > DRAFT_CASH_DIGITS)
        return error_all(err, _("That is a customer number"), "", _("cash has at most 7 digits before the point"),
                         _("type the cash; F12 leaves this customer"));
    else if (money_parse(cash, &tendered, err))
        return error_all(err, _("This is no sum"), "", cash, _("type it like 600 or 539.90, or . for exact cash"));
    if (!money_sub(tendered, pay, &change)) return error_all(err, _("This is no sum"), "", cash, "");
    if (change < 0) {
        money_format_grouped(-change, missing, sizeof missing);
        error_all(err, _("The cash is short"), "", "", _("take the missing sum, or F3 and fewer bills"));
        return error_why(err, _("%s is missing"), missing);
    }
    draft->tendered_fen = tendered;
    draft->change_fen = change;
    draft->prepaid_fen = 0;
    return 0;
}

int draft_keep(struct draft *draft, const char *typed, struct error *err)
{
    char text[64];
    int64_t change, kept = 0;
    if (!text_copy(text, sizeof text, typed)) text_copy(text, sizeof text, "?");
    text_narrow(text);
    if (!money_sub(draft->tendered_fen, draft_sums(draft).pay_fen, &change)) change = 0;
    if (!strcmp(text, "+")) kept = change;
    else if (*text == '+' && digits_before_point(text) <= DRAFT_CASH_DIGITS && !money_parse(text + 1, &kept, err)) {
        if (kept > change)
            return error_all(err, _("More than the change can't be kept"), "", "", _("type less, or + for all of it"));
    } else if (*text) {
        return error_all(err, _("Nothing but + may stand here"), "", text,
                         _("Enter alone records; F12 leaves this customer"));
    }
    draft->prepaid_fen = kept;
    draft->change_fen = change - kept;
    if (!draft_sums(draft).taken && !kept)
        return error_all(err, _("Nothing is to be paid"), "", "", _("+ Enter keeps the cash as credit, F12 leaves"));
    return 0;
}

json_t *draft_pay(const struct draft *draft)
{
    json_t *bills = json_array();
    for (int i = 0; i < draft_count(draft); i++) {
        const json_t *bill = draft_bill(draft, i);
        if (!draft->taken[i]) continue;
        json_array_append_new(bills, json_pack("{s:O, s:O, s:O}", "bill", js_at(bill, "bill"), "amount_fen",
                                               js_at(bill, "amount_fen"), "late_fee_fen", js_at(bill, "late_fee_fen")));
    }
    return json_pack("{s:s, s:o, s:I, s:I, s:I}", "token", js_text(draft->found, "token"), "bills", bills,
                     "prepaid_fen", (json_int_t)draft->prepaid_fen, "tendered_fen", (json_int_t)draft->tendered_fen,
                     "change_fen", (json_int_t)draft->change_fen);
}

/* The longest run of digits in a QR's text is the customer's number. */
static bool scan_qr(const char *text, struct draft_scan *scan)
{
    size_t best = 0;
    for (const char *p = text; *p; p++) {
        size_t run = strspn(p, "0123456789");
        if (run > best && run < sizeof scan->customer) {
            memcpy(scan->customer, p, run);
            scan->customer[best = run] = 0;
        }
        if (run) p += run - 1;
    }
    return best >= QR_RUN_MIN;
}

bool draft_scan(const char *typed, struct draft_scan *scan)
{
    char text[256], sum[64] = "", *save = NULL;
    memset(scan, 0, sizeof *scan);
    scan->amount_fen = -1;
    text_clip(text, sizeof text, typed, (int)sizeof text / 4, 0);
    text_narrow(text);
    if (strchr(text, '=') || strstr(text, "://")) return scan_qr(text, scan);
    bool parted = strpbrk(text, "+;|") != NULL;
    char *customer = strtok_r(text, "+;| ", &save);
    char *period = parted ? strtok_r(NULL, "+;| ", &save) : NULL;
    char *amount = parted ? strtok_r(NULL, "+;| ", &save) : strtok_r(NULL, "", &save);
    if (!customer || !text_alnum(customer) || !strpbrk(customer, "0123456789")) return false;
    if (!parted && amount) return false; /* words with blanks: an address */
    if (!text_copy(scan->customer, sizeof scan->customer, customer)) return false;
    if (period && period_valid(period)) text_copy(scan->period, sizeof scan->period, period);
    if (amount && text_copy(sum, sizeof sum, amount) && money_parse(sum, &scan->amount_fen, NULL)) scan->amount_fen = -1;
    return true;
}
