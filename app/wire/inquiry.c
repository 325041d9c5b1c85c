#include "wire/inquiry.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "wire/head.h"
#include "wire/message.h"
#include "wire/records.h"
#include "wire/text.h"

#define BILL_COLUMNS 16
#define FOUND_COLUMNS 6

/* --- asking -------------------------------------------------------------------- */

static int ask(const struct wire_head *head, int proc, const char *customer, const struct tags *t,
               struct iso *m, struct error *err)
{
    struct wire_head h = *head;
    h.proc = proc;
    if (head_pack(&h, "0100", false, m, err) || tags_into(t, m, err)) return -1;
    return customer ? iso_set(m, 103, customer, strlen(customer), err) : 0;
}

int wire_bills_ask(const struct wire_head *head, const char *customer, const char *bill, struct iso *m,
                   struct error *err)
{
    struct tags t;
    tags_start(&t);
    if (bill && tags_add(&t, "BL", bill, strlen(bill), err) != 0) return -1;
    return ask(head, bill ? PROC_BILL : PROC_BILLS, customer, &t, m, err);
}

int wire_search_ask(const struct wire_head *head, const char *utf8, struct iso *m, struct error *err)
{
    struct tags t;
    tags_start(&t);
    if (tags_add_text(&t, "SR", utf8, err) != 0) return -1;
    return ask(head, PROC_SEARCH, NULL, &t, m, err);
}

/* --- bills --------------------------------------------------------------------- */

static void swap(char *text, char from, char to)
{
    for (; *text; text++)
        if (*text == from) *text = to;
}

/* One listed bill as a record; dates as days would tie both sides to one epoch, so YYYY-MM-DD. */
static int format_bill(const struct wire_listed_bill *b, char *to, size_t size)
{
    char tariff[64], due[DAY_TEXT_SIZE], first[DAY_TEXT_SIZE], last[DAY_TEXT_SIZE], tiers[WIRE_TIERS_SIZE];
    text_copy(tiers, sizeof tiers, b->tiers);
    swap(tiers, ';', ',');
    if (wire_text_escape(tariff, sizeof tariff, b->tariff) < 0) return -1;
    int len = snprintf(to, size, "%s|%s|%lld|%lld|%lld|%lld|%s|%s|%s|%d|%s|%s|%lld|%lld|%lld|%s", b->bill, b->period, (long long)b->kwh,
                       (long long)b->amount_fen, (long long)b->unpaid_fen, (long long)b->late_fee_fen,
                       day_format(b->due, due, sizeof due), day_format(b->first, first, sizeof first),
                       day_format(b->last, last, sizeof last), b->permille, tariff, b->code, (long long)b->prev, (long long)b->curr,
                       (long long)b->multiplier, tiers);
    return len > 0 && (size_t)len < size ? len : -1;
}

static int put_transfer(struct tags *t, const struct wire_bills *b, struct error *err)
{
    char until[DAY_TEXT_SIZE], by[DAY_TEXT_SIZE];
    if (b->transfer_bank[0] == '\0') return 0;
    if (b->result_by == 0) return tags_addf(t, "TR", err, "%s|%s", b->transfer_bank, b->transfer_end);
    return tags_addf(t, "TR", err, "%s|%s|%s|%s", b->transfer_bank, b->transfer_end, day_format(b->retry_until, until, sizeof until),
                     day_format(b->result_by, by, sizeof by));
}

int wire_bills_pack(const struct iso *req, const struct wire_bills *b, struct iso *m, struct error *err)
{
    char record[ISO_FIELD_MAX + 1];
    struct records_out out;
    struct tags t;
    int shown = 0;
    assert(b->bill_count >= 0 && b->bill_count <= WIRE_LISTED_MAX);
    message_answer(req, "00", m);
    records_start(&out, m);
    for (; shown < b->bill_count; shown++) {
        int len = format_bill(&b->bills[shown], record, sizeof record);
        if (len < 0) return head_refuse_tag(err, "--", "a bill is too long to be sent");
        if (!records_add(&out, record, (size_t)len)) break;
    }
    if (records_end(&out, err) != 0) return -1;
    tags_start(&t);
    const struct wire_fee_rules *r = &b->rules;
    if (tags_add_text(&t, "CN", b->name, err) || tags_add_text(&t, "CA", b->address, err) ||
        tags_add_text(&t, "SS", b->station, err) || tags_add_text(&t, "MT", b->meter, err) ||
        tags_addf(&t, "CR", err, "%lld", (long long)b->credit_fen) ||
        tags_addf(&t, "FR", err, "%d|%lld|%lld|%d|%d", r->next_year_permille, (long long)r->minimum_fen,
                  (long long)r->cap_fen, r->oldest_first, r->part_payment) ||
        put_transfer(&t, b, err) ||
        tags_addf(&t, "NS", err, "%d", b->not_shown + b->bill_count - shown))
        return -1;
    return tags_into(&t, m, err);
}

static bool whole_int(const char *text, int most, int *out)
{
    int64_t value;
    if (!head_amount(text, &value) || value > most) return false;
    *out = (int)value;
    return true;
}

static int read_rules(const struct iso *m, struct wire_fee_rules *r, struct error *err)
{
    char text[HEAD_SPLIT_SIZE];
    const char *p[5];
    struct tag t;
    if (tag_find(m, "FR", &t) && head_split(t.value, t.len, text, p, 5) && whole_int(p[0], 1000, &r->next_year_permille) &&
        head_amount(p[1], &r->minimum_fen) && head_amount(p[2], &r->cap_fen) && whole_int(p[3], 1, &r->oldest_first) &&
        whole_int(p[4], 1, &r->part_payment))
        return 0;
    return head_refuse_tag(err, "FR", "missing or malformed");
}

static bool read_bill(const char *const *p, struct wire_listed_bill *b)
{
    size_t len = strlen(p[10]);
    return text_alnum(p[0]) && text_copy(b->bill, sizeof b->bill, p[0]) && period_valid(p[1]) &&
           text_copy(b->period, sizeof b->period, p[1]) && head_amount(p[2], &b->kwh) &&
           head_amount(p[3], &b->amount_fen) && head_amount(p[4], &b->unpaid_fen) &&
           head_amount(p[5], &b->late_fee_fen) && day_parse(p[6], &b->due) && day_parse(p[7], &b->first) &&
           day_parse(p[8], &b->last) && whole_int(p[9], 1000, &b->permille) &&
           wire_text_unescape(b->tariff, sizeof b->tariff, p[10], len) >= 0 && text_copy(b->code, sizeof b->code, p[11]) &&
           strlen(b->code) == 2 && head_amount(p[12], &b->prev) && head_amount(p[13], &b->curr) &&
           head_amount(p[14], &b->multiplier) && text_copy(b->tiers, sizeof b->tiers, p[15]) &&
           strspn(b->tiers, "0123456789@.,") == strlen(b->tiers);
}

static int read_transfer(const struct iso *m, struct wire_bills *b, struct error *err)
{
    char text[HEAD_SPLIT_SIZE];
    const char *p[4];
    struct tag t;
    if (!tag_find(m, "TR", &t)) return 0;
    bool out = head_split(t.value, t.len, text, p, 4);
    if ((out || head_split(t.value, t.len, text, p, 2)) && text_digits(p[0]) && text_copy(b->transfer_bank, sizeof b->transfer_bank, p[0]) &&
        text_copy(b->transfer_end, sizeof b->transfer_end, p[1]) && (!out || (day_parse(p[2], &b->retry_until) && day_parse(p[3], &b->result_by))))
        return 0;
    return head_refuse_tag(err, "TR", "it is bank|end of the account, or these and two days");
}

int wire_bills_unpack(const struct iso *m, struct wire_bills *b, struct error *err)
{
    char text[HEAD_SPLIT_SIZE];
    const char *parts[BILL_COLUMNS];
    struct records_in in;
    struct iso_slice record;
    int64_t not_shown;
    memset(b, 0, sizeof *b);
    if (!iso_text(m, 103, b->customer, sizeof b->customer) || !tag_utf8(m, "CN", b->name, sizeof b->name) ||
        !tag_utf8(m, "CA", b->address, sizeof b->address))
        return head_refuse_tag(err, "CN", "customer, name or address is missing or malformed");
    tag_utf8(m, "SS", b->station, sizeof b->station);
    tag_utf8(m, "MT", b->meter, sizeof b->meter);
    if (read_transfer(m, b, err) != 0) return -1;
    if (!head_tag_amount(m, "CR", &b->credit_fen)) return head_refuse_tag(err, "CR", "no amount");
    if (!head_tag_amount(m, "NS", &not_shown) || not_shown > 1000000) return head_refuse_tag(err, "NS", "no count");
    b->not_shown = (int)not_shown;
    if (read_rules(m, &b->rules, err) != 0) return -1;
    records_first(&in, m);
    while (records_next(&in, &record)) {
        if (b->bill_count == WIRE_LISTED_MAX) return head_refuse_tag(err, "--", "more bills than an answer holds");
        if (!head_split(record.text, record.len, text, parts, BILL_COLUMNS) || !read_bill(parts, &b->bills[b->bill_count]))
            return head_refuse_tag(err, "--", "a bill's record is malformed");
        swap(b->bills[b->bill_count++].tiers, ',', ';');
    }
    return 0;
}

/* --- search -------------------------------------------------------------------- */

static int format_found(const struct wire_found *f, char *to, size_t size)
{
    char name[ISO_FIELD_MAX + 1], address[ISO_FIELD_MAX + 1];
    if (wire_text_escape(name, sizeof name, f->name) < 0 || wire_text_escape(address, sizeof address, f->address) < 0)
        return -1;
    int len = snprintf(to, size, "%s|%s|%s|%s|%d|%lld", f->customer, name, address, f->meter, f->open_count,
                       (long long)f->open_fen);
    return len > 0 && (size_t)len < size ? len : -1;
}

int wire_search_pack(const struct iso *req, const struct wire_found *rows, int count, int more, struct iso *m,
                     struct error *err)
{
    char record[ISO_FIELD_MAX + 1];
    struct records_out out;
    struct tags t;
    int shown = 0;
    assert(count >= 0 && count <= WIRE_FOUND_MAX);
    message_answer(req, "00", m);
    records_start(&out, m);
    for (; shown < count; shown++) {
        int len = format_found(&rows[shown], record, sizeof record);
        if (len < 0) return head_refuse_tag(err, "--", "a customer is too long to be sent");
        if (!records_add(&out, record, (size_t)len)) break;
    }
    tags_start(&t);
    if (records_end(&out, err) || tags_addf(&t, "NS", err, "%d", more + count - shown)) return -1;
    return tags_into(&t, m, err);
}

static bool read_found(const char *const *p, struct wire_found *f)
{
    return text_copy(f->customer, sizeof f->customer, p[0]) && text_alnum(p[0]) &&
           wire_text_unescape(f->name, sizeof f->name, p[1], strlen(p[1])) >= 0 &&
           wire_text_unescape(f->address, sizeof f->address, p[2], strlen(p[2])) >= 0 &&
           text_copy(f->meter, sizeof f->meter, p[3]) && whole_int(p[4], 1000000, &f->open_count) &&
           head_amount(p[5], &f->open_fen);
}

int wire_search_unpack(const struct iso *m, struct wire_found *rows, int *count, int *more, struct error *err)
{
    char text[HEAD_SPLIT_SIZE];
    const char *parts[FOUND_COLUMNS];
    struct records_in in;
    struct iso_slice record;
    int64_t not_shown;
    *count = *more = 0;
    if (!head_tag_amount(m, "NS", &not_shown) || not_shown > 100000000) return head_refuse_tag(err, "NS", "no count");
    *more = (int)not_shown;
    records_first(&in, m);
    while (records_next(&in, &record)) {
        if (*count == WIRE_FOUND_MAX) return head_refuse_tag(err, "--", "more customers than an answer holds");
        memset(&rows[*count], 0, sizeof *rows);
        if (!head_split(record.text, record.len, text, parts, FOUND_COLUMNS) || !read_found(parts, &rows[(*count)++]))
            return head_refuse_tag(err, "--", "a customer's record is malformed");
    }
    return 0;
}
