#include "wire/session.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/money.h"
#include "base/text.h"
#include "wire/head.h"
#include "wire/message.h"
#include "wire/records.h"

#define COUNT_MAX INT64_C(9999999999)        /* n10 */
#define SUM_MAX INT64_C(9999999999999999)    /* n16 */

static int refuse(struct error *err, int field, const char *why)
{
    error_set(err, "message is not valid");
    error_where(err, "field %d (%s)", field, iso_fields[field].name);
    return error_why(err, "%s", why);
}

static int put(struct iso *m, int field, const char *text, struct error *err)
{
    return *text ? iso_set(m, field, text, strlen(text), err) : 0;
}

static int put_day(struct tags *t, const char *tag, day_t day, struct error *err)
{
    int year, month, mday;
    day_to_ymd(day, &year, &month, &mday);
    return tags_addf(t, tag, err, "%04d%02d%02d", year, month, mday);
}

static int put_reopened(struct tags *t, const day_t *days, int count, struct error *err)
{
    assert(count >= 0 && count <= WIRE_REOPENED_MAX);
    for (int i = 0; i < count; i++)
        if (put_day(t, "RO", days[i], err) != 0) return -1;
    return 0;
}

static int take_reopened(const struct iso *m, day_t *days, int *count, struct error *err)
{
    struct tag_iter it;
    struct tag tag;
    int status;
    char text[16];
    *count = 0;
    tag_first_of(&it, m);
    while ((status = tag_next(&it, &tag, err)) == 1) {
        if (strcmp(tag.tag, "RO") != 0) continue;
        if (*count == WIRE_REOPENED_MAX) return head_refuse_tag(err, "RO", "more than 40 days");
        snprintf(text, sizeof text, "%.*s", (int)(tag.len < 15 ? tag.len : 15), tag.value);
        if (!day_parse_compact(text, &days[(*count)++])) return head_refuse_tag(err, "RO", "it is YYYYMMDD");
    }
    return status;
}

/* --- network management -------------------------------------------------------- */

int wire_net_ask(const struct wire_net *n, struct iso *m, struct error *err)
{
    struct tags t;
    tags_start(&t);
    iso_clear(m, "0800");
    if (head_stamp(m, n->sent_ms, err) || put(m, 11, n->stan, err) || put(m, 32, n->bank, err) ||
        put(m, 41, n->terminal, err) || put(m, 42, n->branch, err) || iso_setf(m, 70, err, "%03d", n->net))
        return -1;
    if (n->begins && put_day(&t, "BD", n->begins, err) != 0) return -1;
    if (n->nonce[0] && tags_add(&t, "EN", n->nonce, strlen(n->nonce), err) != 0) return -1;
    return tags_into(&t, m, err);
}

int wire_net_answer(const struct iso *req, const struct wire_net *n, struct iso *m, struct error *err)
{
    struct tags t;
    tags_start(&t);
    message_answer(req, n->code, m);
    if (n->begins && put_day(&t, "BD", n->begins, err) != 0) return -1;
    if (n->epoch && tags_addf(&t, "EP", err, "%02d", n->epoch) != 0) return -1;
    if (put_reopened(&t, n->reopened, n->reopened_count, err) != 0) return -1;
    return tags_into(&t, m, err);
}

int wire_net_unpack(const struct iso *m, struct wire_net *n, struct error *err)
{
    int64_t epoch;
    char text[16];
    memset(n, 0, sizeof *n);
    n->net = message_net(m);
    iso_text(m, 11, n->stan, sizeof n->stan);
    iso_text(m, 32, n->bank, sizeof n->bank);
    iso_text(m, 42, n->branch, sizeof n->branch);
    iso_text(m, 41, n->terminal, sizeof n->terminal);
    head_code(m, n->code);
    if (tag_text(m, "EN", n->nonce, sizeof n->nonce) &&
        (strlen(n->nonce) != 32 || strspn(n->nonce, "0123456789abcdef") != 32))
        return head_refuse_tag(err, "EN", "32 hex digits in lower case");
    if (!head_tag_amount(m, "EP", &epoch) || epoch > 99) return head_refuse_tag(err, "EP", "01 to 99");
    n->epoch = (int)epoch;
    if (tag_text(m, "BD", text, sizeof text) && !day_parse_compact(text, &n->begins)) return head_refuse_tag(err, "BD", "it is YYYYMMDD");
    return take_reopened(m, n->reopened, &n->reopened_count, err);
}

/* --- totals -------------------------------------------------------------------- */

/* Where each figure stands: a table, so that writing and reading can't differ. */
static const struct { int field; size_t at; int64_t most; } figures[] = {
    {74, offsetof(struct wire_totals, credits), COUNT_MAX},
    {75, offsetof(struct wire_totals, credit_undone), COUNT_MAX},
    {76, offsetof(struct wire_totals, debits), COUNT_MAX},
    {77, offsetof(struct wire_totals, debit_undone), COUNT_MAX},
    {86, offsetof(struct wire_totals, credits_fen), SUM_MAX},
    {87, offsetof(struct wire_totals, credit_undone_fen), SUM_MAX},
    {88, offsetof(struct wire_totals, debits_fen), SUM_MAX},
    {89, offsetof(struct wire_totals, debit_undone_fen), SUM_MAX},
};
#define FIGURES (sizeof figures / sizeof *figures)

static int64_t net_of(const struct wire_totals *t)
{
    return t->credits_fen - t->credit_undone_fen - t->debits_fen + t->debit_undone_fen;
}

static int put_figures(const struct wire_totals *t, struct iso *m, struct error *err)
{
    for (size_t i = 0; i < FIGURES; i++) {
        int64_t value;
        memcpy(&value, (const char *)t + figures[i].at, sizeof value);
        if (value < 0 || value > figures[i].most) return refuse(err, figures[i].field, "not a figure that fits");
        if (iso_set_number(m, figures[i].field, value, err) != 0) return -1;
    }
    int64_t net = net_of(t);
    if (net > SUM_MAX || net < -SUM_MAX) return refuse(err, 97, "not a figure that fits");
    return iso_setf(m, 97, err, "%c%016lld", net < 0 ? 'D' : 'C', (long long)(net < 0 ? -net : net));
}

static int put_totals_tags(const struct wire_totals *t, struct iso *m, struct error *err)
{
    struct tags tags;
    tags_start(&tags);
    if (t->closing && tags_add(&tags, "CO", "1", 1, err) != 0) return -1;
    if (t->audit_head[0] && tags_add(&tags, "AH", t->audit_head, strlen(t->audit_head), err) != 0) return -1;
    return put_reopened(&tags, t->reopened, t->reopened_count, err) || tags_into(&tags, m, err) ? -1 : 0;
}

int wire_totals_ask(const struct wire_totals *t, struct iso *m, struct error *err)
{
    struct wire_head h = t->head;
    h.proc = -1;
    if (head_pack(&h, "0500", false, m, err) || put_figures(t, m, err)) return -1;
    return put_totals_tags(t, m, err);
}

int wire_totals_answer(const struct iso *req, const struct wire_totals *t, struct iso *m, struct error *err)
{
    message_answer(req, t->code, m);
    if (iso_setf(m, 66, err, "%d", t->settlement) || put_figures(t, m, err)) return -1;
    return put_totals_tags(t, m, err);
}

int wire_totals_unpack(const struct iso *m, day_t near, struct wire_totals *t, struct error *err)
{
    int64_t settlement = 0;
    char net[24], said[18] = "", one[2];
    memset(t, 0, sizeof *t);
    if (head_unpack(m, near, &t->head, err) != 0) return -1;
    for (size_t i = 0; i < FIGURES; i++) {
        int64_t value = 0;
        iso_number(m, figures[i].field, &value);
        memcpy((char *)t + figures[i].at, &value, sizeof value);
    }
    int64_t sum = net_of(t);
    snprintf(net, sizeof net, "%c%016lld", sum < 0 ? 'D' : 'C', (long long)(sum < 0 ? -sum : sum));
    if (iso_text(m, 97, said, sizeof said) && strcmp(net, said) != 0)
        return refuse(err, 97, "it is not credits - undone - debits + undone");
    t->closing = tag_text(m, "CO", one, sizeof one) && strcmp(one, "1") == 0;
    tag_text(m, "AH", t->audit_head, sizeof t->audit_head);
    head_code(m, t->code);
    iso_number(m, 66, &settlement);
    t->settlement = (int)settlement;
    return take_reopened(m, t->reopened, &t->reopened_count, err);
}

/* --- files --------------------------------------------------------------------- */

static int put_part(const struct wire_part *p, struct iso *m, struct error *err)
{
    struct records_out out;
    struct tags t;
    records_start(&out, m);
    assert(p->record_count >= 0 && p->record_count <= WIRE_RECORDS_MAX);
    for (int i = 0; i < p->record_count; i++)
        if (!records_add(&out, p->records[i].text, p->records[i].len)) return refuse(err, 120, "the records don't fit one part");
    tags_start(&t);
    if (records_end(&out, err) || tags_addf(&t, "PT", err, "%010lld", (long long)p->part)) return -1;
    if (p->last && tags_addf(&t, "LP", err, "%010lld", (long long)p->last) != 0) return -1;
    return tags_into(&t, m, err);
}

int wire_part_ask(const struct wire_part *p, struct iso *m, struct error *err)
{
    struct wire_head h = p->head;
    h.proc = -1;
    if (head_pack(&h, "0300", false, m, err) || iso_set(m, 91, &p->action, 1, err) || put(m, 101, p->file, err)) return -1;
    return put_part(p, m, err);
}

int wire_part_answer(const struct iso *req, const struct wire_part *p, struct iso *m, struct error *err)
{
    message_answer(req, p->code, m);
    return put_part(p, m, err);
}

int wire_part_unpack(const struct iso *m, day_t near, struct wire_part *p, struct error *err)
{
    struct records_in in;
    struct iso_slice record;
    memset(p, 0, sizeof *p);
    if (head_unpack(m, near, &p->head, err) != 0) return -1;
    struct iso_slice action = iso_get(m, 91);
    if (action.text) p->action = *action.text;
    iso_text(m, 101, p->file, sizeof p->file);
    head_code(m, p->code);
    if (!head_tag_amount(m, "PT", &p->part) || !head_tag_amount(m, "LP", &p->last))
        return head_refuse_tag(err, "PT", "no number of a part");
    records_first(&in, m);
    while (records_next(&in, &record)) {
        if (p->record_count == WIRE_RECORDS_MAX) return refuse(err, 120, "more records than a part holds");
        p->records[p->record_count++] = record;
    }
    return 0;
}

