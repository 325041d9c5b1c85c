/* A message of the ledger as the bytes that go on the wire: made once, inside
 * the ledger's transaction, and never again. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "branchd/branchd.h"
#include "wire/message.h"
#include "wire/notice.h"

static void head_of(const struct branch *b, const struct ledger_message *m, struct wire_head *h)
{
    memset(h, 0, sizeof *h);
    h->key = m->key;
    snprintf(h->stan, sizeof h->stan, "%06u", (unsigned)m->stan % 1000000);
    text_copy(h->terminal, sizeof h->terminal, m->terminal);
    h->proc = m->proc;
    h->amount_fen = m->amount_fen;
    clock_local(&b->clock, m->taken_ms, &h->local);
    h->business_day = m->business;
    h->sent_ms = clock_now_ms(&b->clock);
}

static void copy(char *dst, size_t size, const char *src) { text_copy(dst, size, src ? src : ""); }

static int pack_payment(const struct branch *b, const struct ledger_message *m, struct iso *out, struct error *err)
{
    struct wire_payment p = {.bill_count = m->bill_count, .prepaid_fen = m->prepaid_fen};
    head_of(b, m, &p.head);
    copy(p.customer, sizeof p.customer, m->customer);
    copy(p.account, sizeof p.account, m->account);
    copy(p.operator_id, sizeof p.operator_id, m->operator_number);
    copy(p.moved, sizeof p.moved, m->moved.ref);
    copy(p.from, sizeof p.from, m->from);
    for (int i = 0; i < m->bill_count; i++) {
        copy(p.bills[i].bill, sizeof p.bills[i].bill, m->bills[i].bill);
        p.bills[i].amount_fen = m->bills[i].amount_fen;
        p.bills[i].late_fee_fen = m->bills[i].late_fee_fen;
    }
    return wire_payment_pack(&p, m->class, out, err);
}

static int pack_reversal(const struct branch *b, const struct ledger_message *m, struct iso *out, struct error *err)
{
    struct wire_reversal r = {0};
    head_of(b, m, &r.head);
    copy(r.original_mti, sizeof r.original_mti, m->original_class);
    copy(r.maker, sizeof r.maker, m->operator_number);
    copy(r.checker, sizeof r.checker, m->checker);
    copy(r.moved, sizeof r.moved, m->moved.ref);
    return wire_reversal_pack(&r, m->class, out, err);
}

static int pack_notice(const struct branch *b, const struct ledger_message *m, struct iso *out, struct error *err)
{
    struct wire_notice n = {.series = m->series, .number = m->number, .what = m->paper};
    head_of(b, m, &n.head);
    copy(n.payment, sizeof n.payment, m->noticed.ref);
    return wire_notice_pack(&n, out, err);
}

static const struct {
    const char *class;
    int (*pack)(const struct branch *b, const struct ledger_message *m, struct iso *out, struct error *err);
} packers[] = {{"0200", pack_payment}, {"0220", pack_payment}, {"0400", pack_reversal}, {"0420", pack_reversal}, {"notice", pack_notice}};

int branch_pack(void *ctx, const struct ledger_message *m, uint8_t *bytes, size_t size, struct error *err)
{
    struct iso message;
    for (size_t i = 0; i < sizeof packers / sizeof *packers; i++)
        if (strcmp(packers[i].class, m->class) == 0) {
            if (packers[i].pack(ctx, m, &message, err) != 0 || message_check(&message, err) != 0) return -1;
            return iso_pack(&message, (char *)bytes, size, err);
        }
    return error_all(err, "message cannot be made", m->class, "no such class of message", NULL);
}
