/* Paper through the printer: T3 before the first byte, T4 with the printer's word or a person's. */
#include <stdio.h>
#include <string.h>

#include "ledger/books.h"
#include "ledger/inside.h"

static const char what[] = "the invoice was not printed";

/* The money of a planned one must stand, and nobody may be in doubt about its cash. */
#define PAYMENT_STANDS \
    "p.held = 0 AND (p.state IN ('posted', 'advised') OR (p.state = 'excepted' AND p.foreign_undo = 0)" \
    " OR (p.state = 'settled' AND p.kept = 1))"
/* The book at the till of a terminal. */
#define BOOK_HERE "(SELECT b.id FROM till t JOIN book b ON b.till = t.number WHERE t.terminal = ?1 AND t.state <> 'closed'" \
    " AND b.state = 'loaded' AND b.next <= b.last)"

enum ledger_result invoice_next(struct ledger *ledger, const char *terminal, int64_t *id, int64_t *payment, char kind[8],
                                struct error *err)
{
    *id = *payment = 0;
    kind[0] = '\0';
    int got = sql_one(ledger, err,
        "SELECT i.id, i.payment, i.kind FROM invoice i JOIN payment p ON p.id = i.payment"
        " WHERE i.state = 'planned' AND p.terminal = ?1 AND (SELECT restored FROM branch) = 0 AND " PAYMENT_STANDS
        " AND (i.kind = 'receipt' OR (" BOOK_HERE " IS NOT NULL"
        " AND NOT EXISTS (SELECT 1 FROM invoice s WHERE s.state = 'sent' AND s.book = " BOOK_HERE ")))"
        " ORDER BY i.id LIMIT 1", BIND(sql_text(terminal)), INTO(into_int64(id), into_int64(payment), into_text(kind, 8)));
    return got < 0 ? LEDGER_BROKEN : LEDGER_OK;
}

/* --- T3 ------------------------------------------------------------------------------------------------ */

struct here { int64_t book, next, last; int digits; char series[LEDGER_SERIES_SIZE]; };

static enum ledger_result book_here(struct ledger *ledger, const char *terminal, struct here *h, struct error *err)
{
    bool busy = false;
    int got = sql_one(ledger, err, "SELECT b.id, b.next, b.last, b.digits, b.series,"
                      " EXISTS (SELECT 1 FROM invoice WHERE state = 'sent' AND book = b.id)"
                      " FROM till t JOIN book b ON b.till = t.number"
                      " WHERE t.terminal = ?1 AND t.state <> 'closed' AND b.state = 'loaded'", BIND(sql_text(terminal)),
                      INTO(into_int64(&h->book), into_int64(&h->next), into_int64(&h->last), into_int(&h->digits),
                           into_text(h->series, sizeof h->series), into_bool(&busy)));
    if (got < 0)
        return LEDGER_BROKEN;
    if (!got)
        return ledger_refuse(err, LEDGER_BOOK, what, "load a book of numbers at the till", "no numbers are loaded at terminal %s", terminal);
    if (h->next > h->last)
        return ledger_refuse(err, LEDGER_BOOK, what, "load the next book", "the book's last number %0*lld is used", h->digits, (long long)h->last);
    if (busy)
        return ledger_refuse(err, LEDGER_STATE, what, "answer first whether the last paper is whole", "the book's last number is at the printer");
    return LEDGER_OK;
}

static enum ledger_result take_number(struct ledger *ledger, const struct here *h, int64_t invoice, struct error *err)
{
    enum ledger_result r = sql_run(ledger, err, "UPDATE book SET next = next + 1 WHERE id = ?1", BIND(sql_int(h->book)));
    if (r == LEDGER_OK)
        r = sql_run(ledger, err, "INSERT INTO number (series, number, book, state) VALUES (?1, ?2, ?3, 'unused') ON CONFLICT DO NOTHING",
                    BIND(sql_text(h->series), sql_int(h->next), sql_int(h->book)));
    if (r == LEDGER_OK)
        r = sql_run(ledger, err, "UPDATE number SET state = 'assigned', invoice = ?3 WHERE series = ?1 AND number = ?2",
                    BIND(sql_text(h->series), sql_int(h->next), sql_int(invoice)));
    return r;
}

/* A name that no job had before: the epoch is raised by every restore, the attempt by every job. */
static enum ledger_result name_job(struct ledger *ledger, struct ledger_print *out, const char *kind, struct error *err)
{
    int epoch;
    if (sql_one(ledger, err, "SELECT epoch FROM branch", BIND_NOTHING, INTO(into_int(&epoch))) != 1)
        return LEDGER_BROKEN;
    snprintf(out->job, sizeof out->job, "%s-%02d-%s-%lld-%d%s%s", ledger->branch, epoch, kind, (long long)out->invoice,
             out->attempt, out->number[0] ? "-" : "", out->number);
    return LEDGER_OK;
}

static enum ledger_result may_print(struct ledger *ledger, int64_t invoice, struct ledger_sheet *sheet, struct ledger_payment *p,
                                    struct error *err)
{
    day_t day;
    enum ledger_result r = ledger_not_restoring(ledger, what, err);
    if (r == LEDGER_OK)
        r = ledger_sheet_load(ledger, invoice, sheet, err);
    if (r == LEDGER_OK)
        r = ledger_day_at_work(ledger, &day, NULL, err);
    if (r == LEDGER_OK)
        r = ledger_payment_load(ledger, sheet->payment, p, err);
    if (r == LEDGER_OK && strcmp(sheet->state, "planned") != 0)
        return ledger_refuse(err, LEDGER_STATE, what, NULL, "it is %s", sheet->state);
    if (r == LEDGER_OK && (p->held || !ledger_payment_stands(p) || ledger_is(p, "reversing")))
        return ledger_not_so(p, what, err);
    return r;
}

static enum ledger_result send(struct ledger *ledger, int64_t invoice, const char *terminal, struct ledger_print *out, struct error *err)
{
    struct ledger_sheet sheet;
    struct ledger_payment p;
    struct here h = {0};
    enum ledger_result r = may_print(ledger, invoice, &sheet, &p, err);
    bool numbered = strcmp(sheet.kind, "invoice") == 0;
    if (r == LEDGER_OK && numbered)
        r = book_here(ledger, terminal, &h, err);
    if (r == LEDGER_OK && numbered)
        r = take_number(ledger, &h, invoice, err);
    if (r == LEDGER_OK)
        r = sql_run(ledger, err, "UPDATE invoice SET state = 'sent', attempt = attempt + 1, sent_at = ?2, book = ?3, series = ?4,"
                    " number = ?5 WHERE id = ?1",
                    BIND(sql_int(invoice), sql_int(ledger_now(ledger)), numbered ? sql_int(h.book) : sql_null(),
                         numbered ? sql_text(h.series) : sql_null(), numbered ? sql_int(h.next) : sql_null()));
    if (r == LEDGER_OK)
        r = ledger_sheet_load(ledger, invoice, &sheet, err);
    if (r != LEDGER_OK)
        return r;
    out->invoice = invoice;
    out->payment = sheet.payment;
    out->attempt = sheet.attempt;
    memcpy(out->kind, sheet.kind, sizeof out->kind);
    memcpy(out->series, sheet.series, sizeof out->series);
    memcpy(out->number, sheet.number, sizeof out->number);
    r = name_job(ledger, out, sheet.kind, err);
    return r == LEDGER_OK ? ledger_audit(ledger, err, "invoice to the printer", NULL, NULL, terminal, p.key.ref, "%s", out->job) : r;
}

enum ledger_result invoice_send(struct ledger *ledger, int64_t invoice, const char *terminal, struct ledger_print *out,
                                struct error *err)
{
    memset(out, 0, sizeof *out);
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = send(ledger, invoice, terminal, out, err);
    return ledger_end(ledger, r, err);
}

/* --- T4 ------------------------------------------------------------------------------------------------- */

/* The job that is out now, and no other: any other word is kept in the audit and changes nothing. */
static enum ledger_result present(struct ledger *ledger, int64_t invoice, int attempt, const char *number,
                                  struct ledger_sheet *sheet, struct ledger_payment *p, struct error *err)
{
    enum ledger_result r = ledger_sheet_load(ledger, invoice, sheet, err);
    if (r == LEDGER_OK)
        r = ledger_payment_load(ledger, sheet->payment, p, err);
    if (r != LEDGER_OK)
        return r;
    if (strcmp(sheet->state, "sent") == 0 && sheet->attempt == attempt && strcmp(sheet->number, number) == 0)
        return LEDGER_OK;
    ledger_keep(ledger);
    if (ledger_audit(ledger, err, "word about another job", NULL, NULL, p->terminal, p->key.ref, "invoice %lld attempt %d number %s",
                     (long long)invoice, attempt, number) != LEDGER_OK)
        return LEDGER_BROKEN;
    return ledger_refuse(err, LEDGER_STATE, "nothing was changed", "look at the invoice again",
                         "it is %s, attempt %d, number %s", sheet->state, sheet->attempt, sheet->number[0] ? sheet->number : "none");
}

static enum ledger_result doubt(struct ledger *ledger, const struct ledger_sheet *sheet, const char *kind, struct error *err)
{
    return sql_run(ledger, err, "UPDATE invoice SET doubt = ?2 WHERE id = ?1", BIND(sql_int(sheet->id), sql_text(kind)));
}

/* No byte was taken: the number is free again, and the book's next; unless the book has
 * gone on meanwhile (a restore): then a person looks. */
static enum ledger_result give_up_number(struct ledger *ledger, const struct ledger_sheet *sheet, struct error *err)
{
    enum ledger_result r = LEDGER_OK;
    if (sheet->numbered) {
        r = sql_run(ledger, err, "UPDATE book SET next = next - 1 WHERE id = ?1 AND next = 1 + (SELECT number FROM invoice WHERE id = ?2)",
                    BIND(sql_int(sheet->book), sql_int(sheet->id)));
        if (r == LEDGER_OK && sql_changes(ledger) == 0)
            return doubt(ledger, sheet, "unknown", err);
    }
    if (r == LEDGER_OK)
        r = sql_run(ledger, err, "UPDATE number SET state = 'unused', invoice = NULL WHERE invoice = ?1 AND state = 'assigned'", BIND(sql_int(sheet->id)));
    if (r == LEDGER_OK)
        r = sql_run(ledger, err, "UPDATE invoice SET state = 'planned', doubt = NULL, book = NULL, series = NULL, number = NULL,"
                    " sent_at = NULL WHERE id = ?1", BIND(sql_int(sheet->id)));
    return r;
}

static enum ledger_result result_of(struct ledger *ledger, const struct ledger_sheet *sheet, const struct ledger_payment *p,
                                    enum ledger_outcome outcome, int64_t bytes, struct error *err)
{
    switch (outcome) {
    case OUTCOME_NOTHING_SENT: /* with bytes taken, or after another word about the job, that proves nothing */
        return bytes > 0 || sheet->doubt[0] ? doubt(ledger, sheet, "unknown", err) : give_up_number(ledger, sheet, err);
    case OUTCOME_HANDED_OVER: return doubt(ledger, sheet, "handed-over", err);
    case OUTCOME_CONFIRMED: return ledger_sheet_move(ledger, sheet, p, "confirmed", NULL, p->operator_number, err);
    default: return doubt(ledger, sheet, "unknown", err);
    }
}

enum ledger_result invoice_result(struct ledger *ledger, int64_t invoice, int attempt, const char *number,
                                  enum ledger_outcome outcome, int64_t bytes, const char *words,
                                  struct ledger_payment *out, struct error *err)
{
    static const char *const outcomes[] = {"nothing sent", "handed over", "confirmed", "unknown"};
    struct ledger_sheet sheet;
    if ((unsigned)outcome > OUTCOME_UNKNOWN)
        outcome = OUTCOME_UNKNOWN;
    memset(out, 0, sizeof *out);
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = present(ledger, invoice, attempt, number, &sheet, out, err);
    if (r == LEDGER_OK)
        r = result_of(ledger, &sheet, out, outcome, bytes, err);
    if (r == LEDGER_OK)
        r = ledger_audit(ledger, err, "printer's word", NULL, NULL, out->terminal, out->key.ref, "invoice %lld attempt %d %s: %s, %lld bytes; %s",
                         (long long)invoice, attempt, number, outcomes[outcome], (long long)bytes, words ? words : "");
    if (r == LEDGER_OK)
        r = ledger_payment_load(ledger, sheet.payment, out, err);
    return ledger_end(ledger, r, err);
}

bool invoice_is_at(struct ledger *ledger, int64_t invoice, const char *terminal)
{
    int64_t payment;
    return sql_one(ledger, NULL, "SELECT p.id FROM invoice i JOIN payment p ON p.id = i.payment WHERE i.id = ?1 AND p.terminal = ?2",
                   BIND(sql_int(invoice), sql_text(terminal)), INTO(into_int64(&payment))) == 1;
}

/* Its program is gone, and with it what it knew of the job that was out: a person looks. */
enum ledger_result invoice_counter_gone(struct ledger *ledger, const char *terminal, struct error *err)
{
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = sql_run(ledger, err, "UPDATE invoice SET doubt = 'unknown' WHERE state = 'sent' AND state IN ('planned', 'sent')"
                    " AND doubt IS NULL AND (SELECT terminal FROM payment WHERE id = payment) = ?1", BIND(sql_text(terminal)));
    int64_t jobs = r == LEDGER_OK ? sql_changes(ledger) : 0;
    if (r == LEDGER_OK && jobs == 0) { /* nothing was changed: no commit to wait for */
        ledger_end(ledger, LEDGER_STATE, NULL);
        return ledger->broken[0] ? LEDGER_BROKEN : LEDGER_OK;
    }
    if (r == LEDGER_OK)
        r = ledger_audit(ledger, err, "counter gone while printing", NULL, NULL, terminal, terminal, "%lld jobs in doubt", (long long)jobs);
    return ledger_end(ledger, r, err);
}

/* --- a person's word ------------------------------------------------------------------------------------------ */

/* Its number is void, and another is planned with it when its money still stands. */
static enum ledger_result spoil(struct ledger *ledger, const struct ledger_sheet *sheet, struct ledger_payment *p,
                                const char *operator_number, struct error *err)
{
    enum ledger_result r = ledger_sheet_move(ledger, sheet, p, "spoiled", NULL, operator_number, err);
    return r == LEDGER_OK && ledger_payment_stands(p) ? ledger_invoice_plan(ledger, p, err) : r;
}

/* How many of a teller's invoices were spoiled on this business day. */
static enum ledger_result spoiled_today(struct ledger *ledger, const char *operator_number, int *count, struct error *err)
{
    return sql_one(ledger, err, "SELECT count(*) FROM payment p JOIN invoice i ON i.payment = p.id"
                   " WHERE p.day = (SELECT max(date) FROM day) AND p.operator = ?1 AND i.state = 'spoiled'",
                   BIND(sql_text(operator_number)), INTO(into_int(count))) < 0 ? LEDGER_BROKEN : LEDGER_OK;
}

static enum ledger_result answer(struct ledger *ledger, const struct ledger_sheet *sheet, bool whole, bool cleared,
                                 const struct ledger_two *two, struct ledger_payment *p, struct error *err)
{
    char checker[LEDGER_OPERATOR_SIZE] = "";
    int spoiled = 0;
    if (!whole && !cleared)
        return ledger_refuse(err, LEDGER_STATE, "the answer was not taken", "clear the printer: switch it off and on",
                             "what lies in its buffer would come out with the next paper");
    enum ledger_result r = ledger_not_restoring(ledger, "the answer was not taken", err);
    if (r == LEDGER_OK && !whole)
        r = spoiled_today(ledger, two->maker, &spoiled, err);
    bool needed = !whole && sheet->numbered && spoiled >= ledger->rules.spoil_alone_a_day;
    if (r == LEDGER_OK)
        r = approval_second(ledger, two, "invoice_answer", p->key.ref, needed, checker, err);
    if (r == LEDGER_OK)
        r = whole ? ledger_sheet_move(ledger, sheet, p, "confirmed", NULL, two->maker, err) : spoil(ledger, sheet, p, two->maker, err);
    return r == LEDGER_OK ? ledger_audit(ledger, err, whole ? "paper is whole" : "paper spoiled", two->maker, checker, two->terminal,
                                         p->key.ref, "number %s attempt %d", sheet->number, sheet->attempt) : r;
}

enum ledger_result invoice_answer(struct ledger *ledger, int64_t invoice, int attempt, const char *number, bool whole,
                                  bool cleared, const struct ledger_two *two, struct ledger_payment *out, struct error *err)
{
    struct ledger_sheet sheet;
    memset(out, 0, sizeof *out);
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = present(ledger, invoice, attempt, number, &sheet, out, err);
    if (r == LEDGER_OK)
        r = answer(ledger, &sheet, whole, cleared, two, out, err);
    if (r == LEDGER_OK)
        r = ledger_payment_load(ledger, sheet.payment, out, err);
    return ledger_end(ledger, r, err);
}

static enum ledger_result spoil_confirmed(struct ledger *ledger, int64_t invoice, const char *number, const struct ledger_two *two,
                                          struct ledger_payment *p, struct error *err)
{
    struct ledger_sheet sheet;
    char checker[LEDGER_OPERATOR_SIZE] = "";
    enum ledger_result r = ledger_sheet_load(ledger, invoice, &sheet, err);
    if (r == LEDGER_OK)
        r = ledger_payment_load(ledger, sheet.payment, p, err);
    if (r == LEDGER_OK && (strcmp(sheet.state, "confirmed") != 0 || strcmp(sheet.number, number) != 0))
        return ledger_refuse(err, LEDGER_STATE, "it can't be spoiled", NULL, "it is %s, number %s", sheet.state, sheet.number[0] ? sheet.number : "none");
    if (r == LEDGER_OK)
        r = approval_second(ledger, two, "spoil", p->key.ref, true, checker, err);
    if (r == LEDGER_OK)
        r = spoil(ledger, &sheet, p, two->maker, err);
    if (r == LEDGER_OK)
        r = ledger_audit(ledger, err, "paper spoiled", two->maker, checker, two->terminal, p->key.ref, "number %s, confirmed before", sheet.number);
    return r == LEDGER_OK ? ledger_payment_load(ledger, p->id, p, err) : r;
}

enum ledger_result invoice_spoil(struct ledger *ledger, int64_t invoice, const char *number, const struct ledger_two *two,
                                 struct ledger_payment *out, struct error *err)
{
    memset(out, 0, sizeof *out);
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = spoil_confirmed(ledger, invoice, number, two, out, err);
    return ledger_end(ledger, r, err);
}

/* --- a copy ------------------------------------------------------------------------------------------------------ */

static enum ledger_result reprint(struct ledger *ledger, const struct key *key, const struct ledger_two *two,
                                  struct ledger_print *out, int *count, struct error *err)
{
    struct ledger_payment p;
    char checker[LEDGER_OPERATOR_SIZE] = "";
    enum ledger_result r = ledger_payment_by_key(ledger, key, &p, err);
    if (r == LEDGER_OK && strcmp(p.invoice.state, "confirmed") != 0)
        return ledger_refuse(err, LEDGER_STATE, "nothing was printed again", "print the invoice first", "it has no paper that is whole");
    if (r == LEDGER_OK)
        r = approval_second(ledger, two, "reprint_data", p.key.ref, true, checker, err);
    if (r == LEDGER_OK)
        r = sql_run(ledger, err, "UPDATE invoice SET reprints = reprints + 1 WHERE id = ?1", BIND(sql_int(p.invoice.id)));
    if (r != LEDGER_OK)
        return r;
    *count = p.invoice.reprints + 1;
    out->invoice = p.invoice.id;
    out->payment = p.id;
    out->attempt = *count;
    memcpy(out->kind, p.invoice.kind, sizeof out->kind);
    memcpy(out->series, p.invoice.series, sizeof out->series);
    memcpy(out->number, p.invoice.number, sizeof out->number);
    r = name_job(ledger, out, "copy", err);
    return r == LEDGER_OK ? ledger_audit(ledger, err, "printed again", two->maker, checker, two->terminal, p.key.ref, "%s", out->job) : r;
}

enum ledger_result invoice_reprint(struct ledger *ledger, const struct key *key, const struct ledger_two *two,
                                   struct ledger_print *out, int *count, struct error *err)
{
    memset(out, 0, sizeof *out);
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = reprint(ledger, key, two, out, count, err);
    return ledger_end(ledger, r, err);
}
