/* What templates see of a payment. It is made at T1 and stored with it, so that a
 * paper printed a week later says what was true then; number, state and the
 * count of a copy are filled in when it is printed. */
#include <stdlib.h>
#include <string.h>

#include "base/money.h"
#include "base/text.h"
#include "branchd/service.h"

static const struct lookup_bill *bill_of(const struct lookup *l, const char *number)
{
    for (int i = 0; i < l->count; i++)
        if (strcmp(l->bills[i].bill.number, number) == 0) return &l->bills[i];
    return NULL;
}

static json_t *tiers_json(const struct bill *b)
{
    json_t *tiers = json_array();
    char price[24];
    for (int i = 0; i < b->tier_count; i++) {
        int64_t fen = 0;
        money_muldiv(b->tiers[i].kwh, b->tiers[i].price_e4, 100, &fen); /* 1/10000 yuan a kWh */
        snprintf(price, sizeof price, "%lld.%04lld", (long long)(b->tiers[i].price_e4 / 10000), (long long)(b->tiers[i].price_e4 % 10000));
        json_array_append_new(tiers, json_pack("{s:I, s:s, s:I}", "kwh", (json_int_t)b->tiers[i].kwh, "price", price, "amount_fen",
                                               (json_int_t)fen));
    }
    return tiers;
}

static json_t *bills_json(const struct lookup *l, const struct ledger_draft *d)
{
    json_t *bills = json_array();
    for (int i = 0; i < d->bill_count; i++) {
        const struct lookup_bill *b = bill_of(l, d->bills[i].bill);
        if (b == NULL) continue; /* pay has seen to it that each is there */
        const struct bill *f = &b->bill;
        json_array_append_new(
            bills, json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:i, s:I, s:I}", "bill", f->number, "period", f->period,
                             "prev", (json_int_t)f->prev, "curr", (json_int_t)f->curr, "multiplier", (json_int_t)f->multiplier, "kwh",
                             (json_int_t)f->kwh, "amount_fen", (json_int_t)d->bills[i].amount_fen, "tiers", tiers_json(f), "due",
                             json_day(f->due), "late_days", b->late.days, "late_fee_fen", (json_int_t)d->bills[i].late_fee_fen,
                             "pay_fen", (json_int_t)d->bills[i].amount_fen + d->bills[i].late_fee_fen));
    }
    return bills;
}

/* What credit covered of the bills before the customer came. */
static int64_t credit_used(const struct lookup *l, const struct ledger_draft *d)
{
    int64_t used = 0;
    for (int i = 0; i < d->bill_count; i++) {
        const struct lookup_bill *b = bill_of(l, d->bills[i].bill);
        if (b && b->bill.amount_fen > b->amount_fen) used += b->bill.amount_fen - b->amount_fen;
    }
    return used;
}

json_t *paper_names(const struct service *s)
{
    const struct branch_settings *set = &s->branch->settings;
    bool english = strcmp(set->language, "en") == 0;
    return json_pack("{s:s, s:s, s:s, s:s, s:s}", "utility_name", english ? set->utility_name_en : set->utility_name, "bank_name",
                     english ? set->bank_name_en : set->bank_name, "branch", set->branch, "branch_name",
                     english ? set->branch_name_en : set->branch_name, "language", set->language);
}

json_t *paper_detail(struct service *s, const struct session *session, const struct lookup *l, const struct ledger_draft *d)
{
    char tariff[2] = {l->tariff, '\0'};
    int64_t bills_fen = 0, late_fen = 0;
    for (int i = 0; i < d->bill_count; i++) {
        bills_fen += d->bills[i].amount_fen;
        late_fen += d->bills[i].late_fee_fen;
    }
    json_t *detail = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "customer", d->customer, "name", d->name, "address", d->address,
                               "station", l->station, "meter", l->meter, "class", tariff, "bills", bills_json(l, d));
    json_t *names = paper_names(s);
    if (detail) json_object_update(detail, names);
    json_decref(names);
    json_t *rest = json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s, s:s, s:s}", "bills_fen", (json_int_t)bills_fen,
                             "late_fee_fen", (json_int_t)late_fen, "prepaid_fen", (json_int_t)d->prepaid_fen, "total_fen",
                             (json_int_t)bills_fen + late_fen + d->prepaid_fen, "tendered_fen", (json_int_t)d->tendered_fen,
                             "change_fen", (json_int_t)d->change_fen, "credit_used_fen", (json_int_t)credit_used(l, d), "teller",
                             d->operator_number, "teller_name", session->operator.name, "terminal", d->terminal);
    if (detail) json_object_update(detail, rest);
    json_decref(rest);
    return detail;
}

json_t *paper_data(struct ledger *ledger, const struct clock *clock, const struct ledger_payment *p, const char *series,
                   const char *number, int reprint, struct error *err)
{
    char *stored = NULL, key[KEY_TEXT_SIZE], brief[KEY_TEXT_SIZE], at[CLOCK_TEXT_SIZE];
    json_error_t fault;
    if (payment_detail(ledger, p->id, &stored, err) != LEDGER_OK) return NULL;
    json_t *data = json_loads(stored, 0, &fault);
    free(stored);
    if (!json_is_object(data)) {
        json_decref(data);
        error_all(err, "the paper cannot be made", "detail of the payment", fault.text, NULL);
        return NULL;
    }
    bool waits = strcmp(p->state, "advised") == 0;
    json_t *now = json_pack("{s:s, s:s, s:o, s:s, s:s, s:s, s:s, s:s, s:i}", "series", series, "number", number, "business_date",
                            json_day(p->day), "recorded_at", clock_format(clock, p->taken_ms, at, sizeof at), "key", key_format(&p->key, key, sizeof key),
                            "key_short", key_short(&p->key, brief, sizeof brief), "approval", p->approval, "state",
                            waits ? "queued" : "posted", "reprint", reprint);
    json_object_update(data, now);
    json_decref(now);
    if (p->account[0]) json_object_set_new(data, "account", json_string(p->account));
    if (p->balance_fen >= 0) json_object_set_new(data, "balance_fen", json_integer((json_int_t)p->balance_fen));
    return data;
}
