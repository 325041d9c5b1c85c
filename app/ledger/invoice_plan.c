/* Paper as the rest of the ledger sees it: planned when money stands, withdrawn when it goes back. */
#include <stdio.h>
#include <string.h>

#include "ledger/kind.h"

enum ledger_result ledger_invoice_plan(struct ledger *ledger, const struct ledger_payment *p, struct error *err)
{
    int64_t stands;
    /* a payment of bills in cash has a number, all else a receipt, when there is a sum to be receipted */
    const char *kind = p->bill_count > 0 && p->proc != KIND_ACCOUNT ? "invoice" : "receipt";
    if (!ledger_kind(p->proc)->paper || (p->bill_count == 0 && p->amount_fen == 0))
        return LEDGER_OK;
    int got = sql_one(ledger, err, "SELECT id FROM invoice WHERE payment = ?1 AND (state = 'planned' OR state = 'sent' OR state = 'confirmed')",
                      BIND(sql_int(p->id)), INTO(into_int64(&stands)));
    if (got)
        return got < 0 ? LEDGER_BROKEN : LEDGER_OK;
    return sql_run(ledger, err, "INSERT INTO invoice (payment, kind, state, planned_at) VALUES (?1, ?2, 'planned', ?3)",
                   BIND(sql_int(p->id), sql_text(kind), sql_int(ledger_now(ledger))));
}

enum ledger_result ledger_sheet_load(struct ledger *ledger, int64_t invoice, struct ledger_sheet *out, struct error *err)
{
    memset(out, 0, sizeof *out);
    int got = sql_one(ledger, err,
        "SELECT i.id, i.payment, coalesce(i.book, 0), i.attempt, i.kind, i.state, i.doubt, i.series,"
        " printf('%0*d', b.digits, i.number), i.number IS NOT NULL"
        " FROM invoice i LEFT JOIN book b ON b.id = i.book WHERE i.id = ?1", BIND(sql_int(invoice)),
        INTO(into_int64(&out->id), into_int64(&out->payment), into_int64(&out->book), into_int(&out->attempt),
             into_text(out->kind, sizeof out->kind), into_text(out->state, sizeof out->state),
             into_text(out->doubt, sizeof out->doubt), into_text(out->series, sizeof out->series),
             into_text(out->number, sizeof out->number), into_bool(&out->numbered)));
    if (got == 0)
        return ledger_refuse(err, LEDGER_PARAMS, "no such invoice", NULL, "the ledger has none of number %lld", (long long)invoice);
    if (!out->numbered)
        out->number[0] = '\0';
    return got < 0 ? LEDGER_BROKEN : LEDGER_OK;
}

/* What a state of an invoice means for its number, and what the utility is told. */
static const struct { const char *state, *number, *notice; } meanings[] = {
    {"confirmed", "used", "printed"}, {"spoiled", "void", "spoiled"}, {"cancelled", "void", "cancelled"},
};

static size_t meaning_of(const char *state)
{
    size_t m = 0;
    while (m < 2 && strcmp(meanings[m].state, state) != 0)
        m++;
    return m;
}

const char *ledger_sheet_notice(const char *state) { return meanings[meaning_of(state)].notice; }

enum ledger_result ledger_sheet_set(struct ledger *ledger, const struct ledger_sheet *sheet, const char *to, const char *paper,
                                    struct error *err)
{
    enum ledger_result r = sql_run(ledger, err,
        "UPDATE invoice SET state = ?2, doubt = NULL, settled_at = ?3, paper = ?4 WHERE id = ?1",
        BIND(sql_int(sheet->id), sql_text(to), sql_int(ledger_now(ledger)), sql_text(paper)));
    if (r != LEDGER_OK || !sheet->numbered)
        return r;
    const char *seen = !paper ? NULL : strcmp(paper, "returned") == 0 ? "seen" : "missing";
    return sql_run(ledger, err, "UPDATE number SET state = ?2, paper = ?3 WHERE invoice = ?1 AND state IN ('assigned', 'used')",
                   BIND(sql_int(sheet->id), sql_text(meanings[meaning_of(to)].number), sql_text(seen)));
}

enum ledger_result ledger_sheet_move(struct ledger *ledger, const struct ledger_sheet *sheet, const struct ledger_payment *payment,
                                     const char *to, const char *paper, const char *operator_number, struct error *err)
{
    enum ledger_result r = ledger_sheet_set(ledger, sheet, to, paper, err);
    return r == LEDGER_OK && sheet->numbered
        ? ledger_notice(ledger, payment, sheet->series, sheet->number, ledger_sheet_notice(to), operator_number, err) : r;
}

/* --- withdrawn -------------------------------------------------------------------------------- */

/* NULL: not named. */
static const struct ledger_paper *named(const struct ledger_paper *papers, int count, const char *number)
{
    for (int i = 0; i < count; i++)
        if (strcmp(papers[i].number, number) == 0)
            return &papers[i];
    return NULL;
}

static enum ledger_result papers_named(struct ledger *ledger, const struct ledger_payment *p, const struct ledger_paper *papers,
                                       int count, struct error *err)
{
    struct ledger_paper wanted[LEDGER_PAPERS_MAX];
    int wanted_count;
    enum ledger_result r = payment_papers(ledger, &p->key, wanted, LEDGER_PAPERS_MAX, &wanted_count, err);
    for (int i = 0; r == LEDGER_OK && i < wanted_count; i++)
        if (!named(papers, count, wanted[i].number))
            return ledger_refuse(err, LEDGER_PARAMS, "the payment was not turned back", "say of each number whether its paper is there",
                                 "nothing was said about the paper of number %s", wanted[i].number);
    for (int i = 0; r == LEDGER_OK && i < count; i++) {
        const struct ledger_paper *known = named(wanted, wanted_count, papers[i].number);
        if (!known || named(papers, i, papers[i].number))
            return ledger_refuse(err, LEDGER_PARAMS, "the payment was not turned back", NULL,
                                 "number %s is not on its papers, or stands twice", papers[i].number);
    }
    return r;
}

static enum ledger_result note_spoiled(struct ledger *ledger, const struct ledger_sheet *sheet, bool missing, struct error *err)
{
    enum ledger_result r = sql_run(ledger, err, "UPDATE invoice SET paper = ?2 WHERE id = ?1",
                                   BIND(sql_int(sheet->id), sql_text(missing ? "missing" : "returned")));
    if (r == LEDGER_OK)
        r = sql_run(ledger, err, "UPDATE number SET paper = ?2 WHERE invoice = ?1 AND state = 'void'",
                    BIND(sql_int(sheet->id), sql_text(missing ? "missing" : "seen")));
    return r;
}

static enum ledger_result withdraw_one(struct ledger *ledger, const struct ledger_payment *p, int64_t invoice,
                                       const struct ledger_paper *papers, int count, const char *operator_number, struct error *err)
{
    struct ledger_sheet sheet;
    enum ledger_result r = ledger_sheet_load(ledger, invoice, &sheet, err);
    if (r != LEDGER_OK)
        return r;
    if (strcmp(sheet.state, "sent") == 0)
        return ledger_refuse(err, LEDGER_STATE, "the payment was not turned back", "answer first whether the paper is whole",
                             "its invoice %s is at the printer", sheet.number);
    if (strcmp(sheet.state, "planned") == 0)
        return sql_run(ledger, err, "UPDATE invoice SET state = 'dropped', settled_at = ?2 WHERE id = ?1",
                       BIND(sql_int(invoice), sql_int(ledger_now(ledger))));
    const struct ledger_paper *paper = papers ? named(papers, count, sheet.number) : NULL;
    if (strcmp(sheet.state, "confirmed") == 0)
        return ledger_sheet_move(ledger, &sheet, p, "cancelled", !paper ? NULL : paper->missing ? "missing" : "returned",
                                 operator_number, err);
    return paper ? note_spoiled(ledger, &sheet, paper->missing, err) : LEDGER_OK;
}

enum ledger_result ledger_invoice_withdraw(struct ledger *ledger, const struct ledger_payment *payment,
                                           const struct ledger_paper *papers, int count, const char *operator_number,
                                           struct error *err)
{
    int64_t invoices[64]; /* one that spoils more sheets than this has a printer that wants mending first */
    int found = 0, got = 1;
    enum ledger_result r = papers ? papers_named(ledger, payment, papers, count, err) : LEDGER_OK;
    if (r != LEDGER_OK)
        return r;
    sqlite3_stmt *walk = sql_start(ledger, err, "SELECT id FROM invoice WHERE payment = ?1 AND state <> 'dropped' ORDER BY id DESC",
                                   BIND(sql_int(payment->id)));
    if (!walk)
        return LEDGER_BROKEN;
    while (got == 1 && found < 64) {
        got = sql_next(ledger, err, walk, INTO(into_int64(&invoices[found])));
        found += got == 1;
    }
    sql_stop(walk);
    if (got < 0)
        return LEDGER_BROKEN;
    for (int i = 0; r == LEDGER_OK && i < found; i++)
        r = withdraw_one(ledger, payment, invoices[i], papers, count, operator_number, err);
    return r;
}

enum ledger_result payment_papers(struct ledger *ledger, const struct key *key, struct ledger_paper *papers, int max,
                                  int *count, struct error *err)
{
    struct ledger_payment p;
    struct ledger_paper paper;
    int got = 1;
    *count = 0;
    enum ledger_result r = ledger_payment_by_key(ledger, key, &p, err);
    if (r != LEDGER_OK)
        return r;
    sqlite3_stmt *walk = sql_start(ledger, err,
        "SELECT printf('%0*d', b.digits, i.number), n.paper IS 'missing' FROM invoice i JOIN book b ON b.id = i.book"
        " JOIN number n ON n.series = i.series AND n.number = i.number"
        " WHERE i.payment = ?1 AND i.state IN ('sent', 'confirmed', 'spoiled', 'cancelled') AND n.paper IS NOT 'seen' ORDER BY i.id",
        BIND(sql_int(p.id)));
    if (!walk)
        return LEDGER_BROKEN;
    while (got == 1 && *count < max) {
        got = sql_next(ledger, err, walk, INTO(into_text(paper.number, sizeof paper.number), into_bool(&paper.missing)));
        if (got == 1)
            papers[(*count)++] = paper;
    }
    sql_stop(walk);
    return got < 0 ? LEDGER_BROKEN : LEDGER_OK;
}
