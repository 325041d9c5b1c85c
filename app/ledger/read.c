/* A payment as it stands, copied out of its rows. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ledger/inside.h"

static int load_row(struct ledger *ledger, int64_t id, struct ledger_payment *p, struct error *err)
{
    return sql_one(ledger, err,
        "SELECT p.id, p.ref, p.proc, p.state, p.customer, p.name, p.address, p.bills_fen, p.late_fee_fen, p.prepaid_fen,"
        " p.amount_fen, p.tendered_fen, p.change_fen, p.day, p.taken_at, p.answered_at, p.shown_at, p.handed_at, p.stan,"
        " p.terminal, p.operator, o.name, t.number, p.offline, p.held, p.no_cash, p.posted, p.undone, p.reversed,"
        " p.foreign_undo, p.kept, p.code, p.approval, p.reason, p.rest_fen, p.owed_fen, p.handed_fen, p.moved_fen, p.adopted,"
        " q.ref, s.place, p.account, coalesce(p.balance_fen, -1)"
        " FROM payment p JOIN operator o ON o.number = p.operator JOIN till t ON t.id = p.till"
        " LEFT JOIN source s ON s.payment = p.id LEFT JOIN payment q ON q.id = s.original WHERE p.id = ?1",
        BIND(sql_int(id)),
        INTO(into_int64(&p->id), into_text(p->key.ref, sizeof p->key.ref), into_int(&p->proc),
             into_text(p->state, sizeof p->state), into_text(p->customer, sizeof p->customer),
             into_text(p->name, sizeof p->name), into_text(p->address, sizeof p->address), into_int64(&p->bills_fen),
             into_int64(&p->late_fee_fen), into_int64(&p->prepaid_fen), into_int64(&p->amount_fen),
             into_int64(&p->tendered_fen), into_int64(&p->change_fen), into_int(&p->day), into_int64(&p->taken_ms),
             into_int64(&p->answered_ms), into_int64(&p->shown_ms), into_int64(&p->handed_ms), into_int(&p->stan),
             into_text(p->terminal, sizeof p->terminal), into_text(p->operator_number, sizeof p->operator_number),
             into_text(p->operator_name, sizeof p->operator_name), into_text(p->till, sizeof p->till),
             into_bool(&p->offline), into_bool(&p->held), into_bool(&p->no_cash), into_bool(&p->posted),
             into_bool(&p->undone), into_bool(&p->reversed), into_bool(&p->foreign_undo), into_bool(&p->kept),
             into_text(p->code, sizeof p->code), into_text(p->approval, sizeof p->approval),
             into_text(p->reason, sizeof p->reason), into_int64(&p->rest_fen), into_int64(&p->owed_fen),
             into_int64(&p->handed_fen), into_int64(&p->moved_fen), into_bool(&p->adopted), into_text(p->source.ref, sizeof p->source.ref),
             into_text(p->source_place, sizeof p->source_place), into_text(p->account, sizeof p->account), into_int64(&p->balance_fen)));
}

static int load_bills(struct ledger *ledger, struct ledger_payment *p, struct error *err)
{
    struct ledger_bill b;
    char place[3];
    int got;
    sqlite3_stmt *walk = sql_start(ledger, err, "SELECT bill, period, amount_fen, late_fee_fen, place FROM payment_bill"
                                   " WHERE payment = ?1 ORDER BY position", BIND(sql_int(p->id)));
    if (!walk)
        return -1;
    while ((got = sql_next(ledger, err, walk, INTO(into_text(b.bill, sizeof b.bill), into_text(b.period, sizeof b.period),
                           into_int64(&b.amount_fen), into_int64(&b.late_fee_fen), into_text(place, sizeof place)))) == 1 &&
           p->bill_count < LEDGER_BILLS_MAX) {
        memcpy(p->bill_places[p->bill_count], place, sizeof place);
        p->bills[p->bill_count++] = b;
    }
    sql_stop(walk);
    return got < 0 ? -1 : 0;
}

/* Where the last answer put the parts. */
static int load_parts(struct ledger *ledger, struct ledger_payment *p, struct error *err)
{
    struct ledger_disposition d;
    int got;
    sqlite3_stmt *walk = sql_start(ledger, err, "SELECT part, place, amount_fen FROM disposition WHERE payment = ?1"
                                   " AND answer = (SELECT max(answer) FROM disposition WHERE payment = ?1) ORDER BY position",
                                   BIND(sql_int(p->id)));
    if (!walk)
        return -1;
    while ((got = sql_next(ledger, err, walk, INTO(into_text(d.part, sizeof d.part), into_text(d.place, sizeof d.place),
                           into_int64(&d.amount_fen)))) == 1 && p->part_count < LEDGER_PARTS_MAX)
        p->parts[p->part_count++] = d;
    sql_stop(walk);
    return got < 0 ? -1 : 0;
}

static int load_queue(struct ledger *ledger, struct ledger_payment *p, struct error *err)
{
    bool once = false; /* its 0200 is out for the first time and may yet be answered in time */
    int got = sql_one(ledger, err, "SELECT max(tries) > 0, max(state = 'parked'),"
                      " max(class = '0200' AND tries = 1 AND state = 'in flight') FROM outbox WHERE payment = ?1",
                      BIND(sql_int(p->id)), INTO(into_bool(&p->asked), into_bool(&p->parked), into_bool(&once)));
    p->unanswered = ledger_is(p, "recorded") && p->asked && !once;
    return got < 0 ? -1 : 0;
}

static int load_invoice(struct ledger *ledger, struct ledger_payment *p, struct error *err)
{
    int got = sql_one(ledger, err,
        "SELECT i.id, i.kind, i.state, i.doubt, i.series, printf('%0*d', b.digits, i.number), i.attempt, i.reprints,"
        " i.number IS NULL FROM invoice i LEFT JOIN book b ON b.id = i.book WHERE i.payment = ?1 ORDER BY i.id DESC LIMIT 1",
        BIND(sql_int(p->id)),
        INTO(into_int64(&p->invoice.id), into_text(p->invoice.kind, sizeof p->invoice.kind),
             into_text(p->invoice.state, sizeof p->invoice.state), into_text(p->invoice.doubt, sizeof p->invoice.doubt),
             into_text(p->invoice.series, sizeof p->invoice.series), into_text(p->invoice.number, sizeof p->invoice.number),
             into_int(&p->invoice.attempt), into_int(&p->invoice.reprints)));
    if (got == 1 && !p->invoice.series[0])
        p->invoice.number[0] = '\0';
    return got < 0 ? -1 : 0;
}

enum ledger_result ledger_payment_row(struct ledger *ledger, int64_t id, struct ledger_payment *out, struct error *err)
{
    memset(out, 0, sizeof *out);
    int got = load_row(ledger, id, out, err);
    if (got == 0)
        return ledger_refuse(err, LEDGER_PARAMS, "no such payment", NULL, "the ledger has no payment of number %lld", (long long)id);
    if (got < 0 || load_bills(ledger, out, err))
        return LEDGER_BROKEN;
    memcpy(out->key.bank, ledger->bank, sizeof out->key.bank);
    memcpy(out->key.branch, ledger->branch, sizeof out->key.branch);
    if (out->source.ref[0]) {
        memcpy(out->source.bank, ledger->bank, sizeof out->source.bank);
        memcpy(out->source.branch, ledger->branch, sizeof out->source.branch);
    }
    return LEDGER_OK;
}

enum ledger_result ledger_payment_load(struct ledger *ledger, int64_t id, struct ledger_payment *out, struct error *err)
{
    enum ledger_result r = ledger_payment_row(ledger, id, out, err);
    if (r == LEDGER_OK && (load_parts(ledger, out, err) || load_queue(ledger, out, err) || load_invoice(ledger, out, err)))
        return LEDGER_BROKEN;
    return r;
}

enum ledger_result ledger_payment_by_key(struct ledger *ledger, const struct key *key, struct ledger_payment *out,
                                         struct error *err)
{
    int64_t id;
    int got = 0;
    if (strcmp(key->bank, ledger->bank) == 0 && strcmp(key->branch, ledger->branch) == 0)
        got = sql_one(ledger, err, "SELECT id FROM payment WHERE ref = ?1", BIND(sql_text(key->ref)), INTO(into_int64(&id)));
    if (got == 1)
        return ledger_payment_load(ledger, id, out, err);
    if (got < 0)
        return LEDGER_BROKEN;
    char text[KEY_TEXT_SIZE];
    return ledger_refuse(err, LEDGER_PARAMS, "no such payment", "look it up by customer or invoice number",
                         "this branch made no key %s", key_format(key, text, sizeof text));
}

enum ledger_result payment_get(struct ledger *ledger, const struct key *key, struct ledger_payment *out, struct error *err)
{
    return ledger_payment_by_key(ledger, key, out, err);
}

enum ledger_result payment_get_id(struct ledger *ledger, int64_t id, struct ledger_payment *out, struct error *err)
{
    return ledger_payment_load(ledger, id, out, err);
}

enum ledger_result payment_detail(struct ledger *ledger, int64_t payment, char **json, struct error *err)
{
    *json = NULL;
    sqlite3_stmt *walk = sql_start(ledger, err, "SELECT data FROM detail WHERE payment = ?1", BIND(sql_int(payment)));
    int got = walk ? sql_next(ledger, err, walk, NULL, 0) : -1;
    if (got < 0)
        return LEDGER_BROKEN;
    if (got == 0)
        return ledger_refuse(err, LEDGER_PARAMS, "no detail", NULL, "the payment has none, or there is no such payment");
    *json = strdup((const char *)sqlite3_column_text(walk, 0));
    sql_stop(walk);
    return *json ? LEDGER_OK : ledger_refuse(err, LEDGER_PARAMS, "no detail", "try again", "there is no memory for it");
}

/* --- what it is ------------------------------------------------------------------------- */

bool ledger_is(const struct ledger_payment *payment, const char *state) { return strcmp(payment->state, state) == 0; }

bool ledger_payment_stands(const struct ledger_payment *p)
{
    return ledger_is(p, "posted") || ledger_is(p, "advised") || ledger_is(p, "reversing") ||
           (ledger_is(p, "excepted") && !p->foreign_undo) || (ledger_is(p, "settled") && p->kept);
}

enum ledger_result ledger_not_so(const struct ledger_payment *payment, const char *what, struct error *err)
{
    char text[KEY_TEXT_SIZE];
    return ledger_refuse(err, LEDGER_STATE, what, "look at the payment again: somebody or something was quicker",
                         "payment %s is %s%s", key_short(&payment->key, text, sizeof text), payment->state,
                         payment->held ? ", and held until a person has said where its cash is" : "");
}
