#include "branchd/lookup.h"

#include <stdio.h>
#include <string.h>

#include "base/money.h"
#include "base/text.h"

/* --- judging ------------------------------------------------------------------------ */

static void refuse_bill(struct lookup_bill *b, const char *code, const char *reason, day_t from)
{
    text_copy(b->code, sizeof b->code, code);
    b->payable = false;
    b->reason = reason;
    b->from = from;
}

static void judge_window(struct lookup_bill *b, day_t today)
{
    text_copy(b->code, sizeof b->code, "00");
    b->payable = true;
    b->reason = NULL;
    b->from = DAY_NONE;
    if (today < b->bill.window_first) refuse_bill(b, "77", "not-open", b->bill.window_first);
    else if (today > b->bill.window_last) refuse_bill(b, "77", "window", DAY_NONE);
}

static void judge_fee(struct lookup_bill *b, const struct fee_rules *rules, day_t today)
{
    struct fee_facts facts = {b->bill.tariff == BILL_CLASS_RESIDENT, b->bill.due, b->bill.rate_permille, b->amount_fen};
    if (!late_fee(&facts, today, rules, &b->late)) refuse_bill(b, "13", "limit", DAY_NONE);
}

/* It is out until its result is in, and given up the day after result_by. One that
 * should be back already waits for the utility: nobody knows how long. */
static void refuse_withheld(const struct lookup *l, struct lookup_bill *b)
{
    refuse_bill(b, "80", "withheld", l->result_by && l->result_by >= l->on ? l->result_by + 1 : DAY_NONE);
}

void lookup_judge(struct lookup *l, day_t today)
{
    l->on = today;
    for (int i = 0; i < l->count; i++) {
        struct lookup_bill *b = &l->bills[i];
        bool withheld = strcmp(b->code, "80") == 0;
        judge_window(b, today);
        if (withheld) refuse_withheld(l, b);
        judge_fee(b, &l->rules.fee, today);
    }
}

/* --- from the utility ----------------------------------------------------------------- */

static void take_listed(struct lookup_bill *b, const struct wire_listed_bill *w)
{
    struct bill *bill = &b->bill;
    text_copy(bill->number, sizeof bill->number, w->bill);
    text_copy(bill->period, sizeof bill->period, w->period);
    bill->tariff = w->tariff[0];
    bill->prev = w->prev;
    bill->curr = w->curr;
    bill->multiplier = w->multiplier;
    bill->kwh = w->kwh;
    bill->amount_fen = w->amount_fen;
    if (bill_tiers_parse(w->tiers, bill->tiers, &bill->tier_count) != 0) bill->tier_count = 0;
    bill->due = w->due;
    bill->window_first = w->first;
    bill->window_last = w->last;
    bill->rate_permille = w->permille;
    b->amount_fen = w->unpaid_fen;
    text_copy(b->code, sizeof b->code, w->code);
}

/* What the utility says goes: where our count of a fee differs, its sum stands
 * alone, and a code that our calendar would not give is kept. */
static void follow_utility(const struct lookup *l, struct lookup_bill *b, const struct wire_listed_bill *w)
{
    if (b->late.fee_fen != w->late_fee_fen) {
        b->late.fee_fen = w->late_fee_fen;
        b->late.part_count = 0;
    }
    if (strcmp(w->code, "00") == 0) judge_window(b, b->bill.window_first);
    else if (strcmp(w->code, "80") == 0) refuse_withheld(l, b);
    else if (strcmp(w->code, "76") == 0) refuse_bill(b, "76", "paid", DAY_NONE);
    else if (b->payable) refuse_bill(b, w->code, "window", DAY_NONE);
}

void lookup_from_wire(struct lookup *l, const struct wire_bills *w, day_t today)
{
    memset(l, 0, sizeof *l);
    text_copy(l->customer, sizeof l->customer, w->customer);
    text_clean(l->name, sizeof l->name, w->name);
    text_clean(l->address, sizeof l->address, w->address);
    text_clean(l->station, sizeof l->station, w->station);
    text_copy(l->meter, sizeof l->meter, w->meter);
    l->credit_fen = w->credit_fen;
    text_copy(l->debited_at, sizeof l->debited_at, w->transfer_bank);
    text_copy(l->debited_end, sizeof l->debited_end, w->transfer_end);
    l->deposit_until = w->retry_until;
    l->result_by = w->result_by;
    l->rules = (struct copy_rules){{w->rules.next_year_permille, w->rules.minimum_fen, w->rules.cap_fen},
                                   w->rules.oldest_first != 0, w->rules.part_payment != 0};
    l->more = w->not_shown;
    for (int i = 0; i < w->bill_count; i++) {
        if (l->count == LEDGER_BILLS_MAX) l->more++;
        else take_listed(&l->bills[l->count++], &w->bills[i]);
    }
    lookup_judge(l, today);
    for (int i = 0; i < l->count; i++)
        follow_utility(l, &l->bills[i], &w->bills[i]);
    l->tariff = l->count ? l->bills[0].bill.tariff : '\0';
}

/* --- from the copy ---------------------------------------------------------------------- */

void lookup_from_copy(struct lookup *l, const char *customer, const struct copy_customer *c, const struct copy_rules *rules,
                      day_t today)
{
    memset(l, 0, sizeof *l);
    text_copy(l->customer, sizeof l->customer, customer);
    text_clean(l->name, sizeof l->name, c->name);
    text_clean(l->address, sizeof l->address, c->address);
    text_copy(l->meter, sizeof l->meter, c->meter);
    l->from_copy = true;
    l->credit_fen = -1;
    l->rules = *rules;
    l->more = c->more;
    for (int i = 0; i < c->count; i++) {
        struct lookup_bill *b = &l->bills[l->count++];
        b->bill = c->bills[i].bill;
        b->amount_fen = b->bill.amount_fen;
        text_copy(b->code, sizeof b->code, c->bills[i].state == COPY_WITHHELD ? "80" : "00");
    }
    if (l->count) {
        l->tariff = l->bills[0].bill.tariff;
        text_clean(l->station, sizeof l->station, l->bills[0].bill.station);
    }
    lookup_judge(l, today);
}

/* --- what is shown --------------------------------------------------------------------------- */

static json_t *day_json(day_t day)
{
    char text[DAY_TEXT_SIZE];
    return day == DAY_NONE ? json_null() : json_string(day_format(day, text, sizeof text));
}

static json_t *tiers_json(const struct bill *b)
{
    json_t *tiers = json_array();
    char price[24];
    for (int i = 0; i < b->tier_count; i++) {
        snprintf(price, sizeof price, "%lld.%04lld", (long long)(b->tiers[i].price_e4 / 10000),
                 (long long)(b->tiers[i].price_e4 % 10000));
        json_array_append_new(tiers, json_pack("{s:I, s:s}", "kwh", (json_int_t)b->tiers[i].kwh, "price", price));
    }
    return tiers;
}

static json_t *late_json(const struct late_fee *late)
{
    json_t *parts = json_array();
    for (int i = 0; i < late->part_count; i++) {
        const struct fee_part *p = &late->parts[i];
        json_array_append_new(parts, json_pack("{s:i, s:i, s:I, s:I}", "days", p->days, "rate", p->rate_permille, "base_fen",
                                               (json_int_t)p->base_fen, "fee_fen", (json_int_t)p->fee_fen));
    }
    return parts;
}

static json_t *bill_json(const struct lookup_bill *b)
{
    const struct bill *f = &b->bill;
    return json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:i, s:i, s:I, s:o, s:I, s:b, s:s?, s:o}",
                     "bill", f->number, "period", f->period, "prev", (json_int_t)f->prev, "curr", (json_int_t)f->curr,
                     "multiplier", (json_int_t)f->multiplier, "kwh", (json_int_t)f->kwh, "amount_fen",
                     (json_int_t)b->amount_fen, "tiers", tiers_json(f), "due", day_json(f->due), "window_first",
                     day_json(f->window_first), "window_last", day_json(f->window_last), "rate", f->rate_permille,
                     "late_days", b->late.days, "late_fee_fen", (json_int_t)b->late.fee_fen, "late_parts",
                     late_json(&b->late), "pay_fen", (json_int_t)b->amount_fen + b->late.fee_fen, "payable",
                     (int)b->payable, "reason", b->reason, "from", day_json(b->from));
}

static json_t *transfer_json(const struct lookup *l)
{
    bool in_time = l->deposit_until && l->deposit_until >= l->on;
    if (l->debited_at[0] == '\0') return json_null();
    return json_pack("{s:s, s:s, s:o}", "bank", l->debited_at, "account_end", l->debited_end, "deposit_until",
                     day_json(in_time ? l->deposit_until : DAY_NONE));
}

json_t *lookup_json(const struct lookup *l, const char *as_of, bool offline)
{
    json_t *bills = json_array();
    char tariff[2] = {l->tariff, '\0'};
    for (int i = 0; i < l->count; i++)
        json_array_append_new(bills, bill_json(&l->bills[i]));
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:i, s:b}", "token", l->token, "source",
                     l->from_copy ? "copy" : "utility", "as_of", as_of, "customer", l->customer, "name", l->name,
                     "address", l->address, "station", l->station, "class", tariff, "meter", l->meter, "credit_fen",
                     l->credit_fen < 0 ? json_null() : json_integer(l->credit_fen), "transfer", transfer_json(l), "bills", bills, "more", l->more,
                     "offline", (int)offline);
}

/* --- what a teller wants to pay of it ------------------------------------------------------------ */

static const struct lookup_bill *shown(const struct lookup *l, const char *number)
{
    for (int i = 0; i < l->count; i++)
        if (strcmp(l->bills[i].bill.number, number) == 0) return &l->bills[i];
    return NULL;
}

static bool is_chosen(const struct lookup_choice *chosen, int count, const char *number)
{
    for (int i = 0; i < count; i++)
        if (strcmp(chosen[i].bill, number) == 0) return true;
    return false;
}

static const char *choice_disagrees(const struct lookup *l, const struct lookup_choice *c, char *why, size_t size)
{
    char was[MONEY_TEXT_SIZE], is[MONEY_TEXT_SIZE];
    const struct lookup_bill *b = shown(l, c->bill);
    if (b == NULL) {
        snprintf(why, size, "bill %s was not on the screen", c->bill);
        return "params";
    }
    if (!b->payable) {
        snprintf(why, size, "bill %s cannot be paid here", c->bill);
        return b->reason;
    }
    if (c->amount_fen == b->amount_fen && c->late_fee_fen == b->late.fee_fen) return NULL;
    snprintf(why, size, "bill %s is %s today with its late fee, not %s", c->bill,
             money_format(b->amount_fen + b->late.fee_fen, is, sizeof is),
             money_format(c->amount_fen + c->late_fee_fen, was, sizeof was));
    return "amount-changed";
}

const char *lookup_disagrees(const struct lookup *l, const struct lookup_choice *chosen, int count, char *why, size_t why_size)
{
    day_t newest = DAY_NONE;
    for (int i = 0; i < count; i++) {
        const char *reason = choice_disagrees(l, &chosen[i], why, why_size);
        if (reason) return reason;
        if (is_chosen(chosen, i, chosen[i].bill)) {
            snprintf(why, why_size, "bill %s stands twice", chosen[i].bill);
            return "params";
        }
        day_t due = shown(l, chosen[i].bill)->bill.due;
        if (due > newest) newest = due;
    }
    for (int i = 0; l->rules.oldest_first && i < l->count; i++) {
        const struct lookup_bill *b = &l->bills[i];
        if (b->bill.due >= newest || !b->payable || b->amount_fen == 0 || is_chosen(chosen, count, b->bill.number)) continue;
        snprintf(why, why_size, "bill %s of %s is older and unpaid", b->bill.number, b->bill.period);
        return "older-unpaid";
    }
    return NULL;
}
