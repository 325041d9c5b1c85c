#include "wire/payment.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/money.h"
#include "base/text.h"
#include "wire/head.h"
#include "wire/message.h"

static const char place_words[][3] = {"BL", "PP", "SU", "RV"};
static const char state_letters[] = "NPDRUT";
#define ORIGINAL_LEN 42

/* --- payment ------------------------------------------------------------------- */

/* DE 4 is bills, late fees and the prepaid part, and one of them at least is there. */
static int check_sum(const struct wire_payment *p, struct error *err)
{
    int64_t sum = p->prepaid_fen;
    for (int i = 0; i < p->bill_count; i++)
        if (!money_add(sum, p->bills[i].amount_fen, &sum) || !money_add(sum, p->bills[i].late_fee_fen, &sum))
            return head_refuse_tag(err, "BL", "the sum is too large");
    if (p->bill_count == 0 && p->prepaid_fen == 0) return head_refuse_tag(err, "BL", "nothing is paid by it");
    if (sum != p->head.amount_fen) return head_refuse_tag(err, "BL", "bills, late fees and prepaid part do not add up to field 4");
    return 0;
}

static int put_bills(const struct wire_payment *p, struct tags *t, struct error *err)
{
    for (int i = 0; i < p->bill_count; i++) {
        const struct wire_bill_part *b = &p->bills[i];
        if (!text_alnum(b->bill) || b->amount_fen < 0 || b->late_fee_fen < 0)
            return head_refuse_tag(err, "BL", "no such bill or amount");
        if (tags_addf(t, "BL", err, "%s|%lld|%lld", b->bill, (long long)b->amount_fen, (long long)b->late_fee_fen) != 0)
            return -1;
    }
    return 0;
}

static int put_number(struct iso *m, int field, const char *text, struct error *err)
{
    return *text ? iso_set(m, field, text, strlen(text), err) : 0;
}

int wire_payment_pack(const struct wire_payment *p, const char mti[5], struct iso *m, struct error *err)
{
    struct tags t;
    assert(p->bill_count >= 0 && p->bill_count <= WIRE_BILLS_MAX && p->prepaid_fen >= 0);
    tags_start(&t);
    if (check_sum(p, err) || head_pack(&p->head, mti, true, m, err) || put_bills(p, &t, err)) return -1;
    if (p->prepaid_fen && tags_addf(&t, "PP", err, "%lld", (long long)p->prepaid_fen) != 0) return -1;
    if (p->operator_id[0] && tags_add(&t, "OP", p->operator_id, strlen(p->operator_id), err) != 0) return -1;
    if (p->sealed[0] && tags_add(&t, "PW", p->sealed, strlen(p->sealed), err) != 0) return -1;
    if (p->book[0] && tags_add(&t, "BK", p->book, strlen(p->book), err) != 0) return -1;
    if (p->checker[0] && tags_add(&t, "SP", p->checker, strlen(p->checker), err) != 0) return -1;
    if (p->moved[0] && tags_add(&t, "PK", p->moved, strlen(p->moved), err) != 0) return -1;
    if (p->from[0] && tags_add(&t, "MV", p->from, strlen(p->from), err) != 0) return -1;
    if (tags_into(&t, m, err) || put_number(m, 102, p->account, err) || put_number(m, 103, p->customer, err)) return -1;
    return 0;
}

static int take_bill(const struct tag *tag, struct wire_payment *p, struct error *err)
{
    char text[HEAD_SPLIT_SIZE];
    const char *parts[3];
    if (p->bill_count == WIRE_BILLS_MAX) return head_refuse_tag(err, "BL", "more than 12 bills");
    struct wire_bill_part *b = &p->bills[p->bill_count];
    if (!head_split(tag->value, tag->len, text, parts, 3) || !text_alnum(parts[0]) ||
        !text_copy(b->bill, sizeof b->bill, parts[0]) || !head_amount(parts[1], &b->amount_fen) ||
        !head_amount(parts[2], &b->late_fee_fen))
        return head_refuse_tag(err, "BL", "it is bill|amount|late fee");
    for (int i = 0; i < p->bill_count; i++)
        if (strcmp(p->bills[i].bill, b->bill) == 0) return head_refuse_tag(err, "BL", "one bill stands twice");
    p->bill_count++;
    return 0;
}

int wire_payment_unpack(const struct iso *m, day_t near, struct wire_payment *p, struct error *err)
{
    struct tag_iter it;
    struct tag tag;
    int status;
    memset(p, 0, sizeof *p);
    if (head_unpack(m, near, &p->head, err) != 0) return -1;
    iso_text(m, 102, p->account, sizeof p->account);
    iso_text(m, 103, p->customer, sizeof p->customer);
    tag_first_of(&it, m);
    while ((status = tag_next(&it, &tag, err)) == 1)
        if (strcmp(tag.tag, "BL") == 0 && take_bill(&tag, p, err) != 0) return -1;
    if (status != 0) return -1;
    if (!head_tag_amount(m, "PP", &p->prepaid_fen)) return head_refuse_tag(err, "PP", "no amount");
    tag_text(m, "OP", p->operator_id, sizeof p->operator_id);
    tag_text(m, "PK", p->moved, sizeof p->moved);
    tag_text(m, "MV", p->from, sizeof p->from);
    tag_text(m, "PW", p->sealed, sizeof p->sealed);
    tag_text(m, "BK", p->book, sizeof p->book);
    tag_text(m, "SP", p->checker, sizeof p->checker);
    return check_sum(p, err);
}

/* --- reversal ------------------------------------------------------------------ */

/* MTI, STAN, the counter's date and time (DE 13, 12: a repeat changes DE 7), DE 32, no DE 33. */
static int put_original(const struct wire_reversal *r, struct iso *m, struct error *err)
{
    const struct civil *l = &r->head.local;
    return iso_setf(m, 90, err, "%s%s%02d%02d%02d%02d%02d%.*s%s%011d", r->original_mti, r->head.stan, l->month,
                    l->day, l->hour, l->minute, l->second, 11 - (int)strlen(r->head.key.bank), "00000000000",
                    r->head.key.bank, 0);
}

int wire_reversal_pack(const struct wire_reversal *r, const char mti[5], struct iso *m, struct error *err)
{
    struct tags t;
    tags_start(&t);
    if (head_pack(&r->head, mti, true, m, err) || put_original(r, m, err)) return -1;
    if (r->maker[0] && tags_add(&t, "OP", r->maker, strlen(r->maker), err) != 0) return -1;
    if (r->moved[0] && tags_add(&t, "PK", r->moved, strlen(r->moved), err) != 0) return -1;
    if (r->checker[0] && tags_add(&t, "SP", r->checker, strlen(r->checker), err) != 0) return -1;
    return tags_into(&t, m, err);
}

int wire_reversal_unpack(const struct iso *m, day_t near, struct wire_reversal *r, struct error *err)
{
    struct iso same;
    memset(r, 0, sizeof *r);
    if (head_unpack(m, near, &r->head, err) != 0) return -1;
    tag_text(m, "OP", r->maker, sizeof r->maker);
    tag_text(m, "SP", r->checker, sizeof r->checker);
    tag_text(m, "PK", r->moved, sizeof r->moved);
    struct iso_slice original = iso_get(m, 90);
    if (original.text == NULL) return 0; /* matched by the fields it shares */
    assert(original.len == ORIGINAL_LEN);
    memcpy(r->original_mti, original.text, 4);
    iso_clear(&same, "0400");
    if (put_original(r, &same, err) != 0) return -1;
    if (memcmp(iso_get(&same, 90).text, original.text, ORIGINAL_LEN) != 0) {
        error_set(err, "message is not valid");
        error_where(err, "field 90 (%s)", iso_fields[90].name);
        return error_why(err, "it does not agree with fields 11, 12, 13 and 32");
    }
    return 0;
}

/* --- answers ------------------------------------------------------------------- */

static int put_answer(const struct iso *req, const struct wire_answer *a, struct tags *t, struct iso *m, struct error *err)
{
    message_answer(req, a->code, m);
    if (a->approval[0] && iso_set(m, 38, a->approval, strlen(a->approval), err) != 0) return -1;
    assert(a->part_count >= 0 && a->part_count <= WIRE_PARTS_MAX);
    for (int i = 0; i < a->part_count; i++) {
        const struct wire_disposition *d = &a->parts[i];
        if (tags_addf(t, "DX", err, "%s|%s|%lld", d->part, place_words[d->place], (long long)d->amount_fen) != 0) return -1;
    }
    if (a->reason[0]) tags_add_text(t, "TX", a->reason, NULL); /* left out when there is no room */
    return 0;
}

int wire_answer_pack(const struct iso *req, const struct wire_answer *a, struct iso *m, struct error *err)
{
    struct tags t;
    tags_start(&t);
    return put_answer(req, a, &t, m, err) || tags_into(&t, m, err) ? -1 : 0;
}

static int take_place(const struct tag *tag, struct wire_answer *a, struct error *err)
{
    char text[HEAD_SPLIT_SIZE];
    const char *parts[3];
    if (a->part_count == WIRE_PARTS_MAX) return head_refuse_tag(err, "DX", "more parts than a payment can have");
    struct wire_disposition *d = &a->parts[a->part_count];
    if (!head_split(tag->value, tag->len, text, parts, 3) || !text_copy(d->part, sizeof d->part, parts[0]) ||
        !head_amount(parts[2], &d->amount_fen))
        return head_refuse_tag(err, "DX", "it is part|place|amount");
    for (int i = 0; i < 4; i++)
        if (strcmp(place_words[i], parts[1]) == 0) {
            d->place = (enum wire_place)i;
            a->part_count++;
            return 0;
        }
    return head_refuse_tag(err, "DX", "a place is BL, PP, SU or RV");
}

int wire_answer_unpack(const struct iso *m, struct wire_answer *a, struct error *err)
{
    struct tag_iter it;
    struct tag tag;
    int status;
    memset(a, 0, sizeof *a);
    head_code(m, a->code);
    iso_text(m, 38, a->approval, sizeof a->approval);
    tag_first_of(&it, m);
    while ((status = tag_next(&it, &tag, err)) == 1)
        if (strcmp(tag.tag, "DX") == 0 && take_place(&tag, a, err) != 0) return -1;
    if (status != 0) return -1;
    tag_utf8(m, "TX", a->reason, sizeof a->reason);
    return 0;
}

/* --- state of a key ------------------------------------------------------------ */

int wire_state_ask(const struct wire_head *head, struct iso *m, struct error *err)
{
    struct wire_head h = *head;
    h.proc = PROC_STATE;
    return head_pack(&h, "0100", false, m, err);
}

int wire_state_pack(const struct iso *req, enum wire_state state, const struct wire_answer *a, struct iso *m,
                    struct error *err)
{
    struct tags t;
    tags_start(&t);
    if (tags_add(&t, "ST", &state_letters[state], 1, err) != 0) return -1;
    return put_answer(req, a, &t, m, err) || tags_into(&t, m, err) ? -1 : 0;
}

int wire_state_unpack(const struct iso *m, enum wire_state *state, struct wire_answer *a, struct error *err)
{
    char letter[2];
    if (wire_answer_unpack(m, a, err) != 0) return -1;
    const char *at = tag_text(m, "ST", letter, sizeof letter) && letter[0] ? strchr(state_letters, letter[0]) : NULL;
    if (at == NULL) return head_refuse_tag(err, "ST", "missing, or no state of a key");
    *state = (enum wire_state)(at - state_letters);
    return 0;
}
