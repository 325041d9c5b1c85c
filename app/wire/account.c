#include "wire/account.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "wire/head.h"
#include "wire/message.h"
#include "wire/records.h"

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
        put(&t, "OP", a->maker, err) || put_text(&t, "PH", a->phone, err) || put(&t, "PW", a->sealed, err) || put(&t, "SP", a->checker, err))
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
    return 0;
}

/* --- answers ----------------------------------------------------------------------- */

static int put_lines(const struct wire_account_answer *a, struct iso *m, struct error *err)
{
    struct records_out out;
    char record[120], day[DAY_TEXT_SIZE];
    if (a->line_count == 0) return 0;
    records_start(&out, m);
    for (int i = 0; i < a->line_count; i++) {
        const struct wire_account_line *l = &a->lines[i];
        int len = snprintf(record, sizeof record, "%lld|%s|%s|%lld|%lld", (long long)l->line, day_format(l->day, day, sizeof day), l->what,
                           (long long)l->fen, (long long)l->balance_fen);
        if (!records_add(&out, record, (size_t)len)) break;
    }
    return records_end(&out, err);
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
    if (put_text(&t, "TX", a->reason, err) || tags_into(&t, m, err)) return -1;
    return put_lines(a, m, err);
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
    const char *parts[5];
    if (!head_split(record->text, record->len, text, parts, 5) || !head_amount(parts[0], &l->line) || !day_parse(parts[1], &l->day) ||
        !text_copy(l->what, sizeof l->what, parts[2]) || !read_signed(parts[3], &l->fen) || !head_amount(parts[4], &l->balance_fen))
        return error_all(err, "message is not valid", "field 120", "a line is line|day|what|amount|balance", NULL);
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
    records_first(&in, m);
    while (records_next(&in, &record)) {
        if (a->line_count == WIRE_ACCOUNT_LINES_MAX) return error_all(err, "message is not valid", "field 120", "too many lines", NULL);
        if (take_line(&record, &a->lines[a->line_count++], err) != 0) return -1;
    }
    return 0;
}
