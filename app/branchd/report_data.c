/* What the templates of the day's reports see (printer-templates/README.md). */
#include <stdlib.h>
#include <string.h>

#include "branchd/report.h"

#define TILLS_MAX 100
#define BOOKS_MAX 50
#define LISTED_MAX 60

static const char *said(const struct report_ask *ask, const char *zh, const char *en) { return ask->english ? en : zh; }

static json_t *frame(struct service *s, const struct report_ask *ask)
{
    const struct branch_settings *set = &s->branch->settings;
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:i, s:s}", "utility_name", said(ask, set->utility_name, set->utility_name_en), "bank_name",
                     said(ask, set->bank_name, set->bank_name_en), "branch", set->branch, "branch_name",
                     said(ask, set->branch_name, set->branch_name_en), "business_date", json_day(ask->day), "reprint", 0, "language",
                     ask->english ? "en" : "zh_CN");
}

/* --- numbers and what must be listed ------------------------------------------------- */

/* till NULL: all books. */
static json_t *numbers(struct service *s, const char *till)
{
    static struct ledger_book rows[BOOKS_MAX];
    int count = 0;
    json_t *list = json_array();
    if (book_list(s->ledger, rows, BOOKS_MAX, &count, NULL) != LEDGER_OK) return list;
    for (int i = 0; i < count; i++) {
        const struct ledger_book *b = &rows[i];
        int64_t all = strtoll(b->last, NULL, 10) - strtoll(b->first, NULL, 10) + 1;
        if (till && strcmp(till, b->till) != 0) continue;
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I}", "series", b->series, "teller", b->till, "from", b->first,
                                              "to", b->last, "used", (json_int_t)b->used, "void", (json_int_t)b->void_count, "lost",
                                              (json_int_t)b->lost, "unused", (json_int_t)all - b->used - b->void_count - b->lost));
    }
    return list;
}

/* Why an auditor looks at it; NULL: an ordinary payment. */
static const char *listed_as(const struct ledger_payment *p)
{
    static const struct { const char *state, *as; } words[] = {
        {"declined", "declined"}, {"undoing", "abandoned"}, {"undone", "abandoned"}, {"reversing", "reversing"}, {"reversed", "reversed"},
        {"excepted", "excepted"}, {"short", "short"}, {"settled", "settled"}, {"advised", "queued"},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i].state, p->state) == 0) return words[i].as;
    return NULL;
}

static json_t *listed(struct service *s, const struct report_ask *ask, const char *teller)
{
    static int64_t ids[5000];
    struct ledger_payment p;
    struct ledger_find find = {.operator_number = teller, .day = ask->day};
    int count = 0;
    char at[CLOCK_TEXT_SIZE], key[KEY_TEXT_SIZE];
    json_t *list = json_array();
    if (payment_find(s->ledger, &find, ids, 5000, &count, NULL) != LEDGER_OK) return list;
    for (int i = count - 1; i >= 0 && json_array_size(list) < LISTED_MAX; i--) {
        if (payment_get_id(s->ledger, ids[i], &p, NULL) != LEDGER_OK || listed_as(&p) == NULL) continue;
        clock_format(&s->branch->clock, p.taken_ms, at, sizeof at);
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:s}", "time", at + 11, "teller", p.operator_number, "what",
                                              listed_as(&p), "key_short", key_short(&p.key, key, sizeof key), "number", p.invoice.number,
                                              "amount_fen", (json_int_t)p.amount_fen, "approver_name", "", "note", p.reason));
    }
    return list;
}

/* --- a teller's day ---------------------------------------------------------------------- */

static void cash(json_t *list, const char *what, int64_t count, int64_t fen)
{
    if (fen) json_array_append_new(list, json_pack("{s:s, s:I, s:I}", "what", what, "count", (json_int_t)count, "amount_fen", (json_int_t)fen));
}

static void business(json_t *list, const char *what, int64_t count, int64_t bills_fen, int64_t late_fen, int64_t fen)
{
    if (count)
        json_array_append_new(list, json_pack("{s:s, s:I, s:I, s:I, s:I}", "what", what, "count", (json_int_t)count, "bills_fen",
                                              (json_int_t)bills_fen, "late_fee_fen", (json_int_t)late_fen, "amount_fen", (json_int_t)fen));
}

/* His last till of the day; false: he had none. */
static bool till_of(struct service *s, const struct report_ask *ask, struct ledger_till *out)
{
    static struct ledger_till rows[TILLS_MAX];
    int count = 0;
    bool found = false;
    if (till_list(s->ledger, ask->day, rows, TILLS_MAX, &count, NULL) != LEDGER_OK) return false;
    for (int i = 0; i < count; i++)
        if (strcmp(rows[i].operator_number, ask->teller) == 0 && (!found || rows[i].opened_ms > out->opened_ms)) {
            *out = rows[i];
            found = true;
        }
    return found;
}

json_t *report_teller_data(struct service *s, const struct report_ask *ask, const struct ledger_operator *who, const struct ledger_totals *t)
{
    struct ledger_till till = {0};
    json_t *data = frame(s, ask), *in = json_array(), *done = json_array();
    till_of(s, ask, &till);
    bool counted = till.id != 0 && strcmp(till.state, "closed") == 0;
    int64_t over_short = t->over_fen - t->short_fen, expected = till.cash_fen - (counted ? over_short : 0);
    cash(in, said(ask, "期初备用金", "Float"), 1, till.float_fen);
    cash(in, said(ask, "收入电费", "Bills and late fees"), t->payments, t->bills_fen + t->late_fee_fen);
    cash(in, said(ask, "收入预存", "Prepaid"), t->payments, t->prepaid_fen);
    cash(in, said(ask, "其他（调拨、退还等）", "Other (vault, handed back …)"), 1,
         expected - till.float_fen - t->bills_fen - t->late_fee_fen - t->prepaid_fen);
    business(done, said(ask, "收费", "Payments"), t->payments, t->bills_fen, t->late_fee_fen, t->payments_fen);
    business(done, said(ask, "其中待转发", "of these queued"), t->queued, 0, 0, t->queued_fen);
    business(done, said(ask, "冲正", "Reversals"), t->reversed, 0, 0, -t->reversed_fen);
    json_t *rest = json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:I, s:I, s:I, s:o, s:o, s:o}", "teller", who->number, "teller_name", who->name, "till",
                             till.number, "terminal", till.terminal, "opened_at", json_time(s, till.opened_ms), "closed_at",
                             json_time(s, till.closed_ms), "cash", in, "expected_fen", (json_int_t)expected, "counted_fen",
                             (json_int_t)till.cash_fen, "over_short_fen", (json_int_t)(counted ? over_short : 0), "business", done, "numbers",
                             numbers(s, till.number), "listed", listed(s, ask, who->number));
    json_object_update(data, rest);
    json_decref(rest);
    return data;
}

/* --- the branch's day ----------------------------------------------------------------------- */

/* utility_fen -1: the utility says no such sum. */
static void total(json_t *list, const char *what, int64_t count, int64_t fen, int64_t utility_fen)
{
    json_t *row = json_pack("{s:s, s:I, s:I}", "what", what, "count", (json_int_t)count, "amount_fen", (json_int_t)fen);
    if (utility_fen >= 0) json_object_set_new(row, "utility_fen", json_integer(utility_fen));
    json_array_append_new(list, row);
}

json_t *report_branch_data(struct service *s, const struct report_ask *ask, const struct ledger_day *day, const struct ledger_totals *t)
{
    json_t *data = frame(s, ask), *totals = json_array();
    total(totals, said(ask, "收费", "Payments"), t->payments, t->payments_fen, t->answered_fen);
    total(totals, said(ask, "其中违约金", "of it late fees"), t->payments, t->late_fee_fen, -1);
    total(totals, said(ask, "其中预存", "of it prepaid"), t->payments, t->prepaid_fen, -1);
    total(totals, said(ask, "冲正", "Reversals"), t->reversed, -t->reversed_fen, -1);
    total(totals, said(ask, "净额", "Net"), t->payments - t->reversed, t->payments_fen - t->reversed_fen, t->answered_fen - t->answered_reversed_fen);
    json_t *rest = json_pack("{s:o, s:s, s:I, s:o, s:o, s:o}", "closed_at", json_time(s, day->closed_ms), "agreement", day->agreement, "queued",
                             (json_int_t)t->queued, "totals", totals, "numbers", numbers(s, NULL), "listed", listed(s, ask, NULL));
    json_object_update(data, rest);
    json_decref(rest);
    return data;
}

json_t *report_teller_row(const struct ledger_operator *who, const struct ledger_totals *t, const char *till_state)
{
    return json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s}", "teller", who->number, "name", who->name, "count",
                     (json_int_t)t->payments, "bills_fen", (json_int_t)t->bills_fen, "late_fee_fen", (json_int_t)t->late_fee_fen, "prepaid_fen",
                     (json_int_t)t->prepaid_fen, "reversed_fen", (json_int_t)-t->reversed_fen, "void", (json_int_t)t->invoices_void,
                     "over_short_fen", (json_int_t)t->over_fen - t->short_fen, "state", till_state);
}
