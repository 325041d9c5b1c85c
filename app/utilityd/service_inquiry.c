/* Bills of a customer, search, state of a key: reads of what is committed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "utilityd/service.h"
#include "wire/bill.h"
#include "wire/inquiry.h"
#include "wire/tags.h"

/* --- bills of a customer --------------------------------------------------------- */

/* Why a bill can't be paid here today; "00": it can. */
static const char *code_of(enum bill_state state, day_t first, day_t last, day_t today)
{
    static const char *const by_state[] = {[BILL_OPEN] = NULL, [BILL_PAID] = "76", [BILL_WITHHELD] = "80", [BILL_WITHDRAWN] = "78"};
    if (by_state[state]) return by_state[state];
    return first <= today && today <= last ? "00" : "77";
}

static void read_bill(struct service *s, struct wire_listed_bill *b, day_t today)
{
    struct db *db = s->db;
    db_copy(db, 0, b->bill, sizeof b->bill);
    db_copy(db, 1, b->period, sizeof b->period);
    b->kwh = db_int(db, 2);
    b->amount_fen = db_int(db, 3);
    b->unpaid_fen = b->amount_fen - db_int(db, 4);
    b->due = (day_t)db_int(db, 5);
    b->first = (day_t)db_int(db, 6);
    b->last = (day_t)db_int(db, 7);
    b->permille = (int)db_int(db, 8);
    db_copy(db, 9, b->tariff, sizeof b->tariff);
    enum bill_state state = (enum bill_state)db_int(db, 10);
    b->prev = db_int(db, 11);
    b->curr = db_int(db, 12);
    b->multiplier = db_int(db, 13);
    db_copy(db, 14, b->tiers, sizeof b->tiers);
    struct fee_facts facts = {b->tariff[0] == BILL_CLASS_RESIDENT, b->due, b->permille, b->unpaid_fen};
    struct late_fee fee;
    b->late_fee_fen = late_fee(&facts, today, &s->rules.fee, &fee) ? fee.fee_fen : 0;
    if (state == BILL_PAID) b->unpaid_fen = b->late_fee_fen = 0;
    text_copy(b->code, sizeof b->code, code_of(state, b->first, b->last, today));
}

#define BILL_COLUMNS "SELECT number, period, kwh, amount_fen, covered_fen, due, first_day, last_day, rate_permille," \
                     " class, state, previous, current, multiplier, tiers FROM bill"

/* The open ones, oldest first; or one by its number, in whatever state. */
static int read_bills(struct service *s, struct wire_bills *b, const char *only)
{
    struct db_arg args[] = {DB_TEXT(b->customer), DB_TEXT(only)};
    db_ask(s->db, only[0] ? BILL_COLUMNS " WHERE customer=$1 AND number=$2"
                          : BILL_COLUMNS " WHERE customer=$1 AND state IN (0,2) ORDER BY due, number", args, only[0] ? 2 : 1);
    while (db_row(s->db)) {
        if (b->bill_count == WIRE_LISTED_MAX) b->not_shown++;
        else read_bill(s, &b->bills[b->bill_count++], service_today(s));
    }
    return db_end(s->db) < 0 ? -1 : 0;
}

static void account_end(const char *account, char to[5])
{
    size_t len = strlen(account);
    text_copy(to, 5, account + (len > 4 ? len - 4 : 0));
}

/* 1: there; 0: no such customer; -1. */
static int read_customer(struct service *s, struct wire_bills *b)
{
    db_ask(s->db, "SELECT c.name, c.address, c.credit_fen, c.supply, c.meter, coalesce(t.bank, ''), coalesce(t.account, '') FROM customer c"
                  " LEFT JOIN transfer t ON t.customer=c.number WHERE c.number=$1", DB_ARGS(DB_TEXT(b->customer)));
    bool found = db_row(s->db);
    if (found) {
        db_copy(s->db, 0, b->name, sizeof b->name);
        db_copy(s->db, 1, b->address, sizeof b->address);
        b->credit_fen = db_int(s->db, 2);
        db_copy(s->db, 3, b->station, sizeof b->station);
        db_copy(s->db, 4, b->meter, sizeof b->meter);
        db_copy(s->db, 5, b->transfer_bank, sizeof b->transfer_bank);
        account_end(db_text(s->db, 6), b->transfer_end);
    }
    return db_end(s->db) < 0 ? -1 : found;
}

/* A bill that is out: with which bank and account, until when and by when, so that
 * the counter can say what to deposit or when to come again. It is the list's account
 * that counts, should the customer have another by now. */
static int read_list(struct service *s, struct wire_bills *b)
{
    int at = 0;
    while (at < b->bill_count && strcmp(b->bills[at].code, "80") != 0)
        at++;
    if (at == b->bill_count) return 0;
    db_ask(s->db, "SELECT h.bank, w.account, h.retry_until, h.result_by FROM withheld w JOIN withholding h ON h.id=w.withholding WHERE w.customer=$1"
                  " AND h.state < 2 AND w.debited_fen=0 ORDER BY h.id DESC LIMIT 1", DB_ARGS(DB_TEXT(b->customer)));
    if (db_row(s->db)) {
        db_copy(s->db, 0, b->transfer_bank, sizeof b->transfer_bank);
        account_end(db_text(s->db, 1), b->transfer_end);
        b->retry_until = (day_t)db_int(s->db, 2);
        b->result_by = (day_t)db_int(s->db, 3);
    }
    return db_end(s->db) < 0 ? -1 : 0;
}

void service_inquiry(struct service *s, struct exchange *x)
{
    static _Thread_local struct wire_bills b;
    char only[WIRE_BILL_SIZE] = "";
    bool one = message_proc(&x->request) == PROC_BILL;
    struct error err;
    memset(&b, 0, sizeof b);
    iso_text(&x->request, 103, b.customer, sizeof b.customer);
    if (one && (!tag_text(&x->request, "BL", only, sizeof only) || !only[0])) {
        service_refuse(x, "30", "tag BL names the bill");
        return;
    }
    b.rules = (struct wire_fee_rules){s->rules.fee.next_year_permille, s->rules.fee.minimum_fen, s->rules.fee.cap_fen, s->rules.oldest_first, 0};
    int found = read_customer(s, &b);
    if (found == 0) service_refuse(x, "14", "no such customer");
    else if (found < 0 || read_bills(s, &b, only) != 0 || read_list(s, &b) != 0) service_refuse(x, "96", "the bills cannot be read");
    else if (one && b.bill_count == 0) service_refuse(x, "14", "this customer has no such bill");
    else if (wire_bills_pack(&x->request, &b, &x->answer, &err) != 0) service_refuse(x, "96", err.why);
    else x->answered = true;
}

/* --- search -------------------------------------------------------------------- */

#define PATTERN_SIZE 900

/* What was typed as a LIKE pattern, ! before its own signs. */
static void pattern(char *to, const char *before, const char *typed, const char *behind)
{
    size_t at = (size_t)snprintf(to, PATTERN_SIZE, "%s", before);
    for (; *typed && at + 3 < PATTERN_SIZE; typed++) {
        if (strchr("!%_", *typed)) to[at++] = '!';
        to[at++] = *typed;
    }
    snprintf(to + at, PATTERN_SIZE - at, "%s", behind);
}

/* Digits and letters alone: the beginning of a customer's number, by its index,
 * and the end of a meter's. Anything else: part of a name or an address. */
static void ask_for(struct service *s, const char *typed)
{
    static _Thread_local char end_of[PATTERN_SIZE], part_of[PATTERN_SIZE], upto[PATTERN_SIZE];
    bool pg = db_kind(s->db) == DB_POSTGRES;
    snprintf(upto, sizeof upto, "%s~", typed); /* behind every digit and letter */
    pattern(end_of, "%", typed, "");
    pattern(part_of, "%", typed, "%");
    if (text_digits(typed))
        db_ask(s->db, "SELECT number FROM customer WHERE number >= $1 AND number < $2"
                      " UNION SELECT number FROM customer WHERE length($1) >= 4 AND meter LIKE $3 ESCAPE '!'"
                      " ORDER BY number LIMIT 1000", DB_ARGS(DB_TEXT(typed), DB_TEXT(upto), DB_TEXT(end_of)));
    else
        db_ask(s->db, pg ? "SELECT number FROM customer WHERE name ILIKE $1 ESCAPE '!' OR address ILIKE $1 ESCAPE '!'"
                           " OR number=$2 OR meter=$2 ORDER BY number LIMIT 1000"
                         : "SELECT number FROM customer WHERE name LIKE $1 ESCAPE '!' OR address LIKE $1 ESCAPE '!'"
                           " OR number=$2 OR meter=$2 ORDER BY number LIMIT 1000", DB_ARGS(DB_TEXT(part_of), DB_TEXT(typed)));
}

static int read_found(struct service *s, struct wire_found *f)
{
    db_ask(s->db, "SELECT c.name, c.address, c.meter, count(b.number), coalesce(sum(b.amount_fen - b.covered_fen), 0)"
                  " FROM customer c LEFT JOIN bill b ON b.customer=c.number AND b.state=0 WHERE c.number=$1"
                  " GROUP BY c.name, c.address, c.meter", DB_ARGS(DB_TEXT(f->customer)));
    if (db_row(s->db)) {
        db_copy(s->db, 0, f->name, sizeof f->name);
        db_copy(s->db, 1, f->address, sizeof f->address);
        db_copy(s->db, 2, f->meter, sizeof f->meter);
        f->open_count = (int)db_int(s->db, 3);
        f->open_fen = db_int(s->db, 4);
    }
    return db_end(s->db) < 0 ? -1 : 0;
}

void service_search(struct service *s, struct exchange *x)
{
    static _Thread_local struct wire_found rows[WIRE_FOUND_MAX];
    char typed[400], clean[400];
    int count = 0, more = 0;
    if (!tag_utf8(&x->request, "SR", typed, sizeof typed) || typed[0] == '\0') {
        service_refuse(x, "30", "nothing to search for");
        return;
    }
    memset(rows, 0, sizeof rows);
    text_clean(clean, sizeof clean, typed);
    ask_for(s, clean);
    while (db_row(s->db)) {
        if (count == WIRE_FOUND_MAX) more++;
        else db_copy(s->db, 0, rows[count++].customer, sizeof rows->customer);
    }
    bool good = db_end(s->db) >= 0;
    for (int i = 0; i < count && good; i++)
        good = read_found(s, &rows[i]) == 0;
    x->answered = good && wire_search_pack(&x->request, rows, count, more, &x->answer, NULL) == 0;
    if (!x->answered) service_refuse(x, "96", "the customers cannot be read");
}

/* --- state of a key ------------------------------------------------------------ */

static int read_places(struct service *s, int64_t payment, struct wire_answer *a)
{
    static const enum wire_place places[] = {[HOME_BILL] = PLACE_BILL, [HOME_CREDIT] = PLACE_PREPAID, [HOME_SUSPENSE] = PLACE_SUSPENSE};
    db_ask(s->db, "SELECT part, bill, place, amount_fen FROM part WHERE payment=$1 ORDER BY position", DB_ARGS(DB_INT(payment)));
    while (db_row(s->db) && a->part_count < WIRE_PARTS_MAX) {
        struct wire_disposition *d = &a->parts[a->part_count++];
        if (db_int(s->db, 0) < 0) text_copy(d->part, sizeof d->part, "PP");
        else db_copy(s->db, 1, d->part, sizeof d->part);
        d->place = places[db_int(s->db, 2)];
        d->amount_fen = db_int(s->db, 3);
    }
    return db_end(s->db) < 0 ? -1 : 0;
}

/* How the key stands: approval and places of one that is posted, the code of a refusal in words. */
void service_state(struct service *s, struct exchange *x)
{
    static const enum wire_state states[] = {STATE_UNKNOWN, STATE_DECLINED, STATE_POSTED, STATE_TOMBSTONE, STATE_UNDONE, STATE_REVERSED};
    struct wire_answer a = {.code = "00"};
    enum wire_state state = STATE_UNKNOWN;
    struct key key;
    char code[3] = "";
    int64_t payment = 0;
    if (!message_key(&x->request, &key) || !text_digits(key.ref)) {
        service_refuse(x, "30", "field 37 is no reference");
        return;
    }
    int64_t reference = strtoll(key.ref, NULL, 10);
    db_ask(s->db, "SELECT p.id, p.state, p.code, p.approval FROM payment p JOIN station s ON s.id=p.station"
                  " WHERE s.bank=$1 AND s.branch=$2 AND p.reference=$3", DB_ARGS(DB_TEXT(key.bank), DB_TEXT(key.branch), DB_INT(reference)));
    if (db_row(s->db)) {
        payment = db_int(s->db, 0);
        state = states[db_int(s->db, 1)];
        db_copy(s->db, 2, code, sizeof code);
        db_copy(s->db, 3, a.approval, sizeof a.approval);
    }
    bool good = db_end(s->db) >= 0 && (state != STATE_POSTED || read_places(s, payment, &a) == 0);
    const struct code_spec *spec = code_spec(code);
    if (state == STATE_DECLINED && spec) snprintf(a.reason, sizeof a.reason, "%s %s", code, spec->meaning);
    x->answered = good && wire_state_pack(&x->request, state, &a, &x->answer, NULL) == 0;
    if (!x->answered) service_refuse(x, "96", "the key cannot be read");
}
