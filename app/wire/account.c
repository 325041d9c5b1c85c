#include "wire/account.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "wire/head.h"
#include "wire/message.h"
#include "wire/records.h"
#include "wire/text.h"

bool wire_account_is_banks(int proc)
{
    static const int procs[] = {PROC_DEPOSIT, PROC_WITHDRAW, PROC_BALANCE, PROC_PASSBOOK, PROC_STATEMENT, PROC_OPEN, PROC_LINK, PROC_FREEZE, PROC_CLOSE};
    for (size_t i = 0; i < sizeof procs / sizeof *procs; i++)
        if (procs[i] == proc) return true;
    return false;
}

static bool bears_money(const struct wire_account_ask *a)
{
    return a->head.proc == PROC_DEPOSIT || a->head.proc == PROC_WITHDRAW || a->head.amount_fen > 0;
}

static int put(struct tags *t, const char *tag, const char *value, struct error *err)
{
    return *value ? tags_add(t, tag, value, strlen(value), err) : 0;
}

static int put_text(struct tags *t, const char *tag, const char *utf8, struct error *err)
{
    return *utf8 ? tags_add_text(t, tag, utf8, err) : 0;
}

static int put_field(struct iso *m, int field, const char *text, struct error *err)
{
    return *text ? iso_set(m, field, text, strlen(text), err) : 0;
}

int wire_account_pack(const struct wire_account_ask *a, const char mti[5], struct iso *m, struct error *err)
{
    struct tags t;
    tags_start(&t);
    if (head_pack(&a->head, mti, bears_money(a), m, err) || put_field(m, 102, a->account, err) || put_field(m, 103, a->customer, err)) return -1;
    if (put(&t, "AC", a->act, err) || put(&t, "BK", a->book, err) || put_text(&t, "CN", a->name, err) || put_text(&t, "DC", a->document, err) ||
        (a->from && tags_addf(&t, "LN", err, "%lld", (long long)a->from)) || put(&t, "OP", a->maker, err) || put_text(&t, "PH", a->phone, err) || put(&t, "PW", a->sealed, err) || put(&t, "SP", a->checker, err))
        return -1;
    return tags_into(&t, m, err);
}

int wire_account_unpack(const struct iso *m, day_t near, struct wire_account_ask *a, struct error *err)
{
    memset(a, 0, sizeof *a);
    if (head_unpack(m, near, &a->head, err) != 0) return -1;
    iso_text(m, 102, a->account, sizeof a->account);
    iso_text(m, 103, a->customer, sizeof a->customer);
    tag_text(m, "AC", a->act, sizeof a->act);
    tag_text(m, "BK", a->book, sizeof a->book);
    tag_utf8(m, "CN", a->name, sizeof a->name);
    tag_utf8(m, "DC", a->document, sizeof a->document);
    tag_utf8(m, "PH", a->phone, sizeof a->phone);
    tag_text(m, "PW", a->sealed, sizeof a->sealed);
    tag_text(m, "OP", a->maker, sizeof a->maker);
    tag_text(m, "SP", a->checker, sizeof a->checker);
    return head_tag_amount(m, "LN", &a->from) ? 0 : head_refuse_tag(err, "LN", "it is no line");
}

/* --- answers ----------------------------------------------------------------------- */

static bool put_customer(struct records_out *out, const char *customer, const char *name)
{
    char record[ISO_FIELD_MAX + 1], escaped[6 * WIRE_NAME_SIZE];
    if (wire_text_escape(escaped, sizeof escaped, name) < 0) return false;
    int len = snprintf(record, sizeof record, "C|%s|%s", customer, escaped);
    return len < (int)sizeof record && records_add(out, record, (size_t)len);
}

static int put_records(const struct wire_account_answer *a, struct iso *m, struct error *err)
{
    struct records_out out;
    char record[120], day[DAY_TEXT_SIZE];
    if (a->line_count == 0 && a->customer_count == 0) return 0;
    records_start(&out, m);
    for (int i = 0; i < a->customer_count; i++)
        if (!put_customer(&out, a->customers[i].customer, a->customers[i].name)) break;
    for (int i = 0; i < a->line_count; i++) {
        const struct wire_account_line *l = &a->lines[i];
        int len = snprintf(record, sizeof record, "%lld|%s|%s|%lld|%lld|%lld|%s", (long long)l->line, day_format(l->day, day, sizeof day), l->what,
                           (long long)l->fen, (long long)l->balance_fen, (long long)l->place, l->paper);
        if (!records_add(&out, record, (size_t)len)) break;
    }
    return records_end(&out, err);
}

/* Of a question: what stands. Who the holder is goes along as far as there is room. */
static int put_state(struct tags *t, const struct wire_account_answer *a, struct error *err)
{
    char amiss[WIRE_ACCOUNT_AMISS_MAX * 20] = "";
    size_t len = 0;
    if (a->state[0] == '\0') return 0;
    for (int i = 0; i < a->amiss_count; i++)
        len += (size_t)snprintf(amiss + len, sizeof amiss - len, "%s%lld", i ? "|" : "", (long long)a->amiss[i]);
    if (put(t, "AC", a->state, err) || put(t, "AM", amiss, err) || tags_addf(t, "HB", err, "%lld", (long long)a->held_fen) ||
        tags_addf(t, "LN", err, "%lld", (long long)a->last_line) || (a->password && put(t, "PS", "1", err)))
        return -1;
    if (put_text(t, "CN", a->holder, NULL) == 0 && put_text(t, "DC", a->document, NULL) == 0) (void)put_text(t, "PH", a->phone, NULL);
    return 0;
}

int wire_account_answer_pack(const struct iso *req, const struct wire_account_answer *a, struct iso *m, struct error *err)
{
    struct tags t;
    tags_start(&t);
    message_answer(req, a->code, m);
    if (a->account[0] && put_field(m, 102, a->account, err) != 0) return -1;
    if (a->has_balance && tags_addf(&t, "BA", err, "%lld", (long long)a->balance_fen) != 0) return -1;
    if (put(&t, "BK", a->book, err) != 0) return -1;
    if (a->short_fen && tags_addf(&t, "DX", err, "PP|SU|%lld", (long long)a->short_fen) != 0) return -1;
    if (put_text(&t, "TX", a->reason, err) || put_state(&t, a, err) || tags_into(&t, m, err)) return -1;
    return put_records(a, m, err);
}

static bool read_signed(const char *text, int64_t *out)
{
    bool below = *text == '-';
    if (!head_amount(text + below, out)) return false;
    if (below) *out = -*out;
    return true;
}

static int take_line(const struct iso_slice *record, struct wire_account_line *l, struct error *err)
{
    char text[HEAD_SPLIT_SIZE];
    const char *parts[7];
    if (!head_split(record->text, record->len, text, parts, 7) || !head_amount(parts[0], &l->line) || !day_parse(parts[1], &l->day) ||
        !text_copy(l->what, sizeof l->what, parts[2]) || !read_signed(parts[3], &l->fen) || !head_amount(parts[4], &l->balance_fen) ||
        !head_amount(parts[5], &l->place) || !text_copy(l->paper, sizeof l->paper, parts[6]))
        return error_all(err, "message is not valid", "field 120", "a line is line|day|what|amount|balance|place|paper", NULL);
    return 0;
}

static int take_customer(const struct iso_slice *record, struct wire_account_answer *a, struct error *err)
{
    char text[HEAD_SPLIT_SIZE];
    const char *parts[3];
    if (a->customer_count == WIRE_ACCOUNT_CUSTOMERS_MAX) return 0;
    if (!head_split(record->text, record->len, text, parts, 3) || !text_alnum(parts[1]) ||
        !text_copy(a->customers[a->customer_count].customer, sizeof a->customers[0].customer, parts[1]) ||
        wire_text_unescape(a->customers[a->customer_count].name, sizeof a->customers[0].name, parts[2], strlen(parts[2])) < 0)
        return error_all(err, "message is not valid", "field 120", "a customer is C|customer|name", NULL);
    a->customer_count++;
    return 0;
}

static int take_state(const struct iso *m, struct wire_account_answer *a, struct error *err)
{
    char amiss[WIRE_ACCOUNT_AMISS_MAX * 20], *rest = amiss, *part;
    tag_text(m, "AC", a->state, sizeof a->state);
    tag_utf8(m, "CN", a->holder, sizeof a->holder);
    tag_utf8(m, "DC", a->document, sizeof a->document);
    tag_utf8(m, "PH", a->phone, sizeof a->phone);
    a->password = tag_find(m, "PS", &(struct tag){{0}, NULL, 0});
    if (!head_tag_amount(m, "HB", &a->held_fen)) return head_refuse_tag(err, "HB", "no amount");
    if (!head_tag_amount(m, "LN", &a->last_line)) return head_refuse_tag(err, "LN", "it is no line");
    if (!tag_text(m, "AM", amiss, sizeof amiss)) return 0;
    while ((part = strsep(&rest, "|")) && a->amiss_count < WIRE_ACCOUNT_AMISS_MAX)
        if (!head_amount(part, &a->amiss[a->amiss_count++])) return head_refuse_tag(err, "AM", "lines, separated by |");
    return 0;
}

int wire_account_answer_unpack(const struct iso *m, struct wire_account_answer *a, struct error *err)
{
    struct records_in in;
    struct iso_slice record;
    struct tag dx;
    memset(a, 0, sizeof *a);
    head_code(m, a->code);
    iso_text(m, 102, a->account, sizeof a->account);
    a->has_balance = tag_find(m, "BA", &(struct tag){{0}, NULL, 0});
    if (!head_tag_amount(m, "BA", &a->balance_fen)) return head_refuse_tag(err, "BA", "no amount");
    tag_text(m, "BK", a->book, sizeof a->book);
    tag_utf8(m, "TX", a->reason, sizeof a->reason);
    if (tag_find(m, "DX", &dx)) {
        char text[HEAD_SPLIT_SIZE];
        const char *parts[3];
        if (!head_split(dx.value, dx.len, text, parts, 3) || !head_amount(parts[2], &a->short_fen)) return head_refuse_tag(err, "DX", "it is part|place|amount");
    }
    if (take_state(m, a, err) != 0) return -1;
    records_first(&in, m);
    while (records_next(&in, &record)) {
        if (record.len > 2 && memcmp(record.text, "C|", 2) == 0) {
            if (take_customer(&record, a, err) != 0) return -1;
            continue;
        }
        if (a->line_count == WIRE_ACCOUNT_LINES_MAX) return error_all(err, "message is not valid", "field 120", "too many lines", NULL);
        if (take_line(&record, &a->lines[a->line_count++], err) != 0) return -1;
    }
    return 0;
}
