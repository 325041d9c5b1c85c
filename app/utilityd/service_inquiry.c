/* Bills of a customer, search, state of a key: reads of what is committed. */
#include <string.h>

#include "base/text.h"
#include "utilityd/service.h"
#include "wire/bill.h"
#include "wire/inquiry.h"
#include "wire/tags.h"

static sqlite3_stmt *prepare(struct service *s, const char *sql, const char *first)
{
    sqlite3_stmt *q = NULL;
    if (sqlite3_prepare_v2(s->db, sql, -1, &q, NULL) != SQLITE_OK) return NULL;
    if (first) sqlite3_bind_text(q, 1, first, -1, SQLITE_TRANSIENT);
    return q;
}

static void text(sqlite3_stmt *q, int column, char *dst, size_t size)
{
    const char *value = (const char *)sqlite3_column_text(q, column);
    if (!text_copy(dst, size, value ? value : "")) dst[0] = '\0';
}

/* Why a bill can't be paid here today; "00": it can. */
static const char *code_of(int state, day_t first, day_t last, day_t today)
{
    if (state == BILL_WITHHELD) return "80";
    return first <= today && today <= last ? "00" : "77";
}

static void read_bill(struct service *s, sqlite3_stmt *q, struct wire_listed_bill *b, day_t today)
{
    text(q, 0, b->bill, sizeof b->bill);
    text(q, 1, b->period, sizeof b->period);
    b->kwh = sqlite3_column_int64(q, 2);
    b->amount_fen = sqlite3_column_int64(q, 3);
    b->unpaid_fen = b->amount_fen - sqlite3_column_int64(q, 4);
    b->due = sqlite3_column_int(q, 5);
    b->first = sqlite3_column_int(q, 6);
    b->last = sqlite3_column_int(q, 7);
    b->permille = sqlite3_column_int(q, 8);
    text(q, 9, b->tariff, sizeof b->tariff);
    b->prev = sqlite3_column_int64(q, 11);
    b->curr = sqlite3_column_int64(q, 12);
    b->multiplier = sqlite3_column_int64(q, 13);
    text(q, 14, b->tiers, sizeof b->tiers);
    struct fee_facts facts = {b->tariff[0] == BILL_CLASS_RESIDENT, b->due, b->permille, b->unpaid_fen};
    struct late_fee fee;
    b->late_fee_fen = late_fee(&facts, today, &s->rules.fee, &fee) ? fee.fee_fen : 0;
    text_copy(b->code, sizeof b->code, code_of(sqlite3_column_int(q, 10), b->first, b->last, today));
}

static int read_bills(struct service *s, struct wire_bills *b, const char *only)
{
    sqlite3_stmt *q = prepare(s, "SELECT b.number, b.period, b.kwh, b.amount_fen, b.covered_fen, b.due, b.first_day, b.last_day,"
                                 " b.rate_permille, c.class, b.state, b.previous, b.current, b.multiplier, b.tiers FROM bill b JOIN customer c ON c.number=b.customer"
                                 " WHERE b.customer=?1 AND b.state IN (0,2) AND (?2='' OR b.number=?2) ORDER BY b.due, b.number", b->customer);
    int status;
    if (q == NULL) return -1;
    sqlite3_bind_text(q, 2, only, -1, SQLITE_STATIC);
    while ((status = sqlite3_step(q)) == SQLITE_ROW) {
        if (b->bill_count == WIRE_LISTED_MAX) b->not_shown++;
        else read_bill(s, q, &b->bills[b->bill_count++], service_today(s));
    }
    sqlite3_finalize(q);
    return status == SQLITE_DONE ? 0 : -1;
}

void service_inquiry(struct service *s, struct exchange *x)
{
    static _Thread_local struct wire_bills b;
    char only[WIRE_BILL_SIZE] = "";
    struct error err;
    memset(&b, 0, sizeof b);
    iso_text(&x->request, 103, b.customer, sizeof b.customer);
    if (message_proc(&x->request) == PROC_BILL) tag_text(&x->request, "BL", only, sizeof only);
    sqlite3_stmt *q = prepare(s, "SELECT name, address, credit_fen, supply, (SELECT meter FROM bill WHERE customer=?1 LIMIT 1) FROM customer WHERE number=?1", b.customer);
    bool found = q && sqlite3_step(q) == SQLITE_ROW;
    if (found) {
        text(q, 0, b.name, sizeof b.name);
        text(q, 1, b.address, sizeof b.address);
        b.credit_fen = sqlite3_column_int64(q, 2);
        text(q, 3, b.station, sizeof b.station);
        text(q, 4, b.meter, sizeof b.meter);
    }
    sqlite3_finalize(q);
    b.rules = (struct wire_fee_rules){s->rules.fee.next_year_permille, s->rules.fee.minimum_fen, s->rules.fee.cap_fen, s->rules.oldest_first, 0};
    if (!found) service_refuse(x, "14", "no such customer");
    else if (read_bills(s, &b, only) != 0 || wire_bills_pack(&x->request, &b, &x->answer, &err) != 0)
        service_refuse(x, "96", "the bills cannot be read");
    else x->answered = true;
}

/* --- search -------------------------------------------------------------------- */

/* By beginning of the number, end of the meter number, part of name or address. */
void service_search(struct service *s, struct exchange *x)
{
    static _Thread_local struct wire_found rows[WIRE_FOUND_MAX];
    char typed[400], clean[400];
    int count = 0, more = 0;
    if (!tag_utf8(&x->request, "SR", typed, sizeof typed) || typed[0] == '\0') {
        service_refuse(x, "30", "nothing to search for");
        return;
    }
    text_clean(clean, sizeof clean, typed);
    sqlite3_stmt *q = prepare(s, "SELECT c.number, c.name, c.address, coalesce((SELECT meter FROM bill WHERE customer=c.number LIMIT 1),''),"
                                 " (SELECT count(*) FROM bill WHERE customer=c.number AND state=0),"
                                 " (SELECT coalesce(sum(amount_fen-covered_fen),0) FROM bill WHERE customer=c.number AND state=0)"
                                 " FROM customer c WHERE instr(c.name, ?1) OR instr(c.address, ?1) OR substr(c.number, 1, length(?1))=?1"
                                 " OR (length(?1) >= 4 AND c.number IN (SELECT customer FROM bill WHERE substr(meter, -length(?1))=?1))"
                                 " ORDER BY c.number LIMIT 1000", clean);
    while (q && sqlite3_step(q) == SQLITE_ROW) {
        if (count == WIRE_FOUND_MAX) {
            more++;
            continue;
        }
        struct wire_found *f = &rows[count++];
        text(q, 0, f->customer, sizeof f->customer);
        text(q, 1, f->name, sizeof f->name);
        text(q, 2, f->address, sizeof f->address);
        text(q, 3, f->meter, sizeof f->meter);
        f->open_count = sqlite3_column_int(q, 4);
        f->open_fen = sqlite3_column_int64(q, 5);
    }
    sqlite3_finalize(q);
    x->answered = wire_search_pack(&x->request, rows, count, more, &x->answer, NULL) == 0;
    if (!x->answered) service_refuse(x, "96", "the customers cannot be read");
}

/* --- state of a key ------------------------------------------------------------ */

void service_state(struct service *s, struct exchange *x)
{
    static const enum wire_state states[] = {STATE_UNKNOWN, STATE_DECLINED, STATE_POSTED, STATE_TOMBSTONE, STATE_UNDONE, STATE_REVERSED};
    struct wire_answer a = {.code = "00"};
    enum wire_state state = STATE_UNKNOWN;
    struct key key;
    message_key(&x->request, &key);
    sqlite3_stmt *q = prepare(s, "SELECT p.state, p.code, p.approval FROM payment p JOIN station s ON s.id=p.station"
                                 " WHERE s.bank=?1 AND s.branch=?2 AND p.reference=CAST(?3 AS INTEGER)", key.bank);
    if (q) {
        sqlite3_bind_text(q, 2, key.branch, -1, SQLITE_STATIC);
        sqlite3_bind_text(q, 3, key.ref, -1, SQLITE_STATIC);
        if (sqlite3_step(q) == SQLITE_ROW) {
            state = states[sqlite3_column_int(q, 0)];
            text(q, 2, a.approval, sizeof a.approval);
        }
        sqlite3_finalize(q);
    }
    x->answered = wire_state_pack(&x->request, state, &a, &x->answer, NULL) == 0;
}
