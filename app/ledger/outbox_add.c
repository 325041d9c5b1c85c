/* A message becomes bytes in the transaction that wants it sent, and never changes again. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "ledger/inside.h"

void ledger_outbox_digest(const struct ledger *ledger, int64_t payment, const char *class, const char *ref,
                          const void *bytes, size_t size, unsigned char digest[SECRET_HASH_BYTES])
{
    struct secret_chain chain;
    secret_chain_init(&chain, ledger->world.audit_key);
    secret_chain_text(&chain, "outbox");
    secret_chain_int(&chain, payment);
    secret_chain_text(&chain, class);
    secret_chain_text(&chain, ref);
    secret_chain_field(&chain, bytes, size);
    secret_chain_final(&chain, digest);
}

static enum ledger_result keep(struct ledger *ledger, int64_t payment, const struct ledger_message *m, struct error *err)
{
    uint8_t bytes[LEDGER_MESSAGE_MAX];
    unsigned char digest[SECRET_HASH_BYTES];
    int size = ledger->world.pack(ledger->world.pack_ctx, m, bytes, sizeof bytes, err);
    if (size < 0)
        return LEDGER_PARAMS; /* err says what does not fit; nothing is kept */
    ledger_outbox_digest(ledger, payment, m->class, m->key.ref, bytes, (size_t)size, digest);
    enum ledger_result r = sql_run(ledger, err, "INSERT INTO outbox (payment, class, ref, bytes, made_at) VALUES (?1, ?2, ?3, ?4, ?5)",
                                   BIND(sql_int(payment), sql_text(m->class), sql_text(m->key.ref),
                                        sql_blob(bytes, (size_t)size), sql_int(ledger_now(ledger))));
    if (r == LEDGER_OK)
        r = sql_run(ledger, err, "INSERT INTO outbox_digest (id, digest) VALUES (?1, ?2)",
                    BIND(sql_int(sql_last_id(ledger)), sql_blob(digest, sizeof digest)));
    return r;
}

static void message_about(const struct ledger_payment *p, const char *class, const char *maker, const char *checker, struct ledger_message *m)
{
    bool back = class[1] == '4';
    *m = (struct ledger_message){
        .class = class, .key = p->key, .proc = p->proc, .amount_fen = p->amount_fen, .taken_ms = p->taken_ms,
        .business = p->day, .stan = p->stan, .terminal = p->terminal, .customer = p->customer, .account = p->account,
        .operator_number = back ? maker : p->operator_number, .bill_count = p->bill_count, .prepaid_fen = p->prepaid_fen,
        .original_class = back ? (p->offline ? "0220" : "0200") : NULL, .checker = checker,
        .moved = p->source, .from = p->source_place[0] ? p->source_place : NULL, .series = "", .number = "", .paper = "",
    };
    for (int i = 0; i < p->bill_count; i++) {
        m->bills[i].bill = p->bills[i].bill;
        m->bills[i].amount_fen = p->bills[i].amount_fen;
        m->bills[i].late_fee_fen = p->bills[i].late_fee_fen;
    }
}

enum ledger_result ledger_outbox_add(struct ledger *ledger, const struct ledger_payment *p, const char *class,
                                     const char *maker, const char *checker, struct error *err)
{
    struct ledger_message m;
    message_about(p, class, maker, checker, &m);
    return keep(ledger, p->id, &m, err);
}

enum ledger_result ledger_outbox_ask(struct ledger *ledger, const struct ledger_payment *p, const struct ledger_account_ask *ask,
                                     const char *checker, struct error *err)
{
    struct ledger_message m;
    message_about(p, "0200", NULL, checker[0] ? checker : NULL, &m);
    m.ask = ask;
    return keep(ledger, p->id, &m, err);
}

enum ledger_result ledger_notice(struct ledger *ledger, const struct ledger_payment *p, const char *series,
                                 const char *number, const char *paper, const char *operator_number, struct error *err)
{
    struct ledger_message m = {
        .class = "notice", .proc = 340000, .taken_ms = ledger_now(ledger), .business = p->day, .terminal = p->terminal,
        .customer = p->customer, .account = "", .operator_number = operator_number, .noticed = p->key,
        .series = series, .number = number, .paper = paper,
    };
    enum ledger_result r = ledger_next_key(ledger, &m.key, err);
    if (r == LEDGER_OK)
        r = ledger_next_stan(ledger, p->day, p->terminal, &m.stan, err);
    return r == LEDGER_OK ? keep(ledger, p->id, &m, err) : r;
}

enum ledger_result ledger_outbox_done(struct ledger *ledger, int64_t payment, const char *class, struct error *err)
{
    return sql_run(ledger, err, "UPDATE outbox SET state = 'done' WHERE payment = ?1 AND class = ?2"
                   " AND (state = 'ready' OR state = 'in flight' OR state = 'parked')", BIND(sql_int(payment), sql_text(class)));
}
