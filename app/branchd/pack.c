/* A message of the ledger as the bytes that go on the wire: made once, inside
 * the ledger's transaction, and never again. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "branchd/branchd.h"
#include "ledger/payment.h"
#include "wire/account.h"
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
    if (m->ask) {
        copy(p.sealed, sizeof p.sealed, m->ask->sealed);
        copy(p.book, sizeof p.book, m->ask->book);
        copy(p.checker, sizeof p.checker, m->checker);
    }
    copy(p.moved, sizeof p.moved, m->moved.ref);
    copy(p.from, sizeof p.from, m->from);
    for (int i = 0; i < m->bill_count; i++) {
        copy(p.bills[i].bill, sizeof p.bills[i].bill, m->bills[i].bill);
        p.bills[i].amount_fen = m->bills[i].amount_fen;
        p.bills[i].late_fee_fen = m->bills[i].late_fee_fen;
    }
    return wire_payment_pack(&p, m->class, out, err);
}

/* To the bank itself. */
static int pack_account(const struct branch *b, const struct ledger_message *m, struct iso *out, struct error *err)
{
    struct wire_account_ask a = {.head = {.proc = 0}};
    const struct ledger_account_ask *ask = m->ask;
    head_of(b, m, &a.head);
    copy(a.account, sizeof a.account, m->account);
    copy(a.customer, sizeof a.customer, m->customer);
    copy(a.maker, sizeof a.maker, m->operator_number);
    copy(a.checker, sizeof a.checker, m->checker);
    copy(a.name, sizeof a.name, ask->name);
    copy(a.document, sizeof a.document, ask->document);
    copy(a.phone, sizeof a.phone, ask->phone);
    copy(a.act, sizeof a.act, ask->act);
    copy(a.sealed, sizeof a.sealed, ask->sealed);
    copy(a.book, sizeof a.book, ask->book);
    return wire_account_pack(&a, m->class, out, err);
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
            bool to_bank = m->class[1] == '2' && wire_account_is_banks(m->proc);
            if ((to_bank ? pack_account : packers[i].pack)(ctx, m, &message, err) != 0 || message_check(&message, err) != 0) return -1;
            return iso_pack(&message, (char *)bytes, size, err);
        }
    return error_all(err, "message cannot be made", m->class, "no such class of message", NULL);
}
