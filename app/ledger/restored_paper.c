/* Paper after a restore: the payment's invoices become what the utility was told of its
 * numbers, and last what two people hold in their hands. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ledger/restored_inside.h"

#define NUMBERS_MAX 64

static const char what[] = "its paper is not taken up";

struct told { char series[LEDGER_SERIES_SIZE], told[10]; int64_t number; };

/* The last word about each number of this payment, in the order in which they were first told. */
static enum ledger_result told_of(struct ledger *ledger, const char *ref, struct told *rows, int *count, struct error *err)
{
    int got = 1;
    *count = 0;
    sqlite3_stmt *walk = sql_start(ledger, err,
        "SELECT series, number, (SELECT told FROM restored_number l WHERE l.ref = n.ref AND l.series = n.series AND l.number = n.number"
        " ORDER BY id DESC LIMIT 1) FROM restored_number n WHERE ref = ?1 GROUP BY series, number ORDER BY min(id)", BIND(sql_text(ref)));
    if (!walk)
        return LEDGER_BROKEN;
    while (got == 1 && *count < NUMBERS_MAX) {
        got = sql_next(ledger, err, walk, INTO(into_text(rows[*count].series, sizeof rows->series), into_int64(&rows[*count].number),
                                               into_text(rows[*count].told, sizeof rows->told)));
        *count += got == 1;
    }
    sql_stop(walk);
    return got < 0 ? LEDGER_BROKEN : LEDGER_OK;
}

/* The utility is told once of what became of a number. */
static enum ledger_result move_and_tell(struct ledger *ledger, const struct ledger_payment *p, const struct ledger_sheet *sheet, const char *to,
                                        const char *maker, struct error *err)
{
    bool known = false;
    if (sheet->numbered &&
        sql_one(ledger, err, "SELECT 1 FROM restored_number WHERE ref = ?1 AND series = ?2 AND number = ?3 AND told = ?4",
                BIND(sql_text(p->key.ref), sql_text(sheet->series), sql_int(strtoll(sheet->number, NULL, 10)),
                     sql_text(ledger_sheet_notice(to))), INTO(into_bool(&known))) < 0)
        return LEDGER_BROKEN;
    return known ? ledger_sheet_set(ledger, sheet, to, NULL, err) : ledger_sheet_move(ledger, sheet, p, to, NULL, maker, err);
}

/* --- a number that is on paper ------------------------------------------------------------------------ */

static enum ledger_result find_book(struct ledger *ledger, const char *series, int64_t number, int64_t *book, int64_t *next, struct error *err)
{
    int got = sql_one(ledger, err, "SELECT id, next FROM book WHERE series = ?1 AND ?2 BETWEEN first AND last",
                      BIND(sql_text(series), sql_int(number)), INTO(into_int64(book), into_int64(next)));
    if (got < 0)
        return LEDGER_BROKEN;
    return got ? LEDGER_OK : ledger_refuse(err, LEDGER_BOOK, what, "load the book that it came from", "no book has number %lld of series %s",
                                           (long long)number, series);
}

/* The book goes on above it; what lies between is written off until its own payment is spoken for. */
static enum ledger_result reserve(struct ledger *ledger, const char *series, int64_t number, int64_t *book, struct error *err)
{
    int64_t next;
    char state[12] = "";
    enum ledger_result r = find_book(ledger, series, number, book, &next, err);
    if (r == LEDGER_OK && number >= next) {
        r = ledger_numbers_gone(ledger, *book, series, next, number - 1, "lost", err);
        if (r == LEDGER_OK)
            r = sql_run(ledger, err, "UPDATE book SET next = ?2 WHERE id = ?1", BIND(sql_int(*book), sql_int(number + 1)));
    }
    if (r == LEDGER_OK)
        r = sql_run(ledger, err, "INSERT INTO number (series, number, book, state) VALUES (?1, ?2, ?3, 'unused') ON CONFLICT DO NOTHING",
                    BIND(sql_text(series), sql_int(number), sql_int(*book)));
    if (r == LEDGER_OK && sql_one(ledger, err, "SELECT state FROM number WHERE series = ?1 AND number = ?2", BIND(sql_text(series), sql_int(number)),
                                  INTO(into_text(state, sizeof state))) != 1)
        return LEDGER_BROKEN;
    if (r == LEDGER_OK && strcmp(state, "unused") != 0 && strcmp(state, "lost") != 0)
        return ledger_refuse(err, LEDGER_NUMBER, what, "look at the paper again", "number %lld of series %s is another payment's, or damaged",
                             (long long)number, series);
    return r;
}

/* People say that it has a number, so it is no receipt, whatever was planned. */
static enum ledger_result plan(struct ledger *ledger, const struct ledger_payment *p, int64_t *invoice, struct error *err)
{
    bool receipt = false;
    if (sql_one(ledger, err, "SELECT 1 FROM invoice WHERE payment = ?1 AND kind = 'receipt' AND state IN ('sent', 'confirmed')", BIND(sql_int(p->id)),
                INTO(into_bool(&receipt))) < 0)
        return LEDGER_BROKEN;
    if (receipt)
        return ledger_refuse(err, LEDGER_NUMBER, what, "look at the paper again", "it has a receipt without a number");
    enum ledger_result r = sql_run(ledger, err, "UPDATE invoice SET state = 'dropped', settled_at = ?2 WHERE payment = ?1 AND kind = 'receipt' AND state = 'planned'",
                                   BIND(sql_int(p->id), sql_int(ledger_now(ledger))));
    if (r == LEDGER_OK)
        r = sql_run(ledger, err, "INSERT INTO invoice (payment, kind, state, planned_at) SELECT ?1, 'invoice', 'planned', ?2"
                    " WHERE NOT EXISTS (SELECT 1 FROM invoice WHERE payment = ?1 AND state = 'planned')",
                    BIND(sql_int(p->id), sql_int(ledger_now(ledger))));
    if (r == LEDGER_OK && sql_one(ledger, err, "SELECT id FROM invoice WHERE payment = ?1 AND state = 'planned'", BIND(sql_int(p->id)),
                                  INTO(into_int64(invoice))) != 1)
        return LEDGER_BROKEN;
    return r;
}

/* One sheet of a book is open at a time: of one that was at the printer when the backup was made people speak first. */
static enum ledger_result no_other_open(struct ledger *ledger, const struct ledger_payment *p, int64_t book, struct error *err)
{
    char ref[KEY_REF_SIZE] = "", number[20] = "";
    int got = sql_one(ledger, err, "SELECT o.ref, printf('%0*d', b.digits, i.number) FROM invoice i JOIN payment o ON o.id = i.payment JOIN book b ON b.id = i.book"
                      " WHERE i.book = ?1 AND i.state = 'sent' AND i.payment <> ?2", BIND(sql_int(book), sql_int(p->id)),
                      INTO(into_text(ref, sizeof ref), into_text(number, sizeof number)));
    if (got < 1)
        return got < 0 ? LEDGER_BROKEN : LEDGER_OK;
    return ledger_refuse(err, LEDGER_STATE, what, "speak for that one first", "number %s of the same book was at the printer for key %s", number, ref);
}

static enum ledger_result assign(struct ledger *ledger, const struct ledger_payment *p, const char *series, int64_t number,
                                 struct ledger_sheet *sheet, struct error *err)
{
    int64_t book, invoice;
    enum ledger_result r = reserve(ledger, series, number, &book, err);
    if (r == LEDGER_OK)
        r = no_other_open(ledger, p, book, err);
    if (r == LEDGER_OK)
        r = plan(ledger, p, &invoice, err);
    if (r == LEDGER_OK)
        r = sql_run(ledger, err, "UPDATE number SET state = 'assigned', invoice = ?3 WHERE series = ?1 AND number = ?2",
                    BIND(sql_text(series), sql_int(number), sql_int(invoice)));
    if (r == LEDGER_OK)
        r = sql_run(ledger, err, "UPDATE invoice SET state = 'sent', attempt = attempt + 1, sent_at = ?2, book = ?3, series = ?4, number = ?5 WHERE id = ?1",
                    BIND(sql_int(invoice), sql_int(ledger_now(ledger)), sql_int(book), sql_text(series), sql_int(number)));
    return r == LEDGER_OK ? ledger_sheet_load(ledger, invoice, sheet, err) : r;
}

/* 1: the payment has an invoice of this number. */
static int sheet_of(struct ledger *ledger, const struct ledger_payment *p, const char *series, int64_t number, struct ledger_sheet *sheet, struct error *err)
{
    int64_t id;
    int got = sql_one(ledger, err, "SELECT id FROM invoice WHERE payment = ?1 AND series = ?2 AND number = ?3",
                      BIND(sql_int(p->id), sql_text(series), sql_int(number)), INTO(into_int64(&id)));
    return got == 1 && ledger_sheet_load(ledger, id, sheet, err) != LEDGER_OK ? -1 : got;
}

/* The invoice that stands, if any, is not what is on paper. */
static enum ledger_result spoil_standing(struct ledger *ledger, const struct ledger_payment *p, const char *series, int64_t number,
                                         const char *maker, struct error *err)
{
    struct ledger_sheet sheet;
    int64_t id;
    int got = sql_one(ledger, err, "SELECT id FROM invoice WHERE payment = ?1 AND state IN ('sent', 'confirmed') AND kind = 'invoice'"
                      " AND (series, number) IS NOT (?2, ?3)",
                      BIND(sql_int(p->id), sql_text(series), sql_int(number)), INTO(into_int64(&id)));
    if (got < 1)
        return got < 0 ? LEDGER_BROKEN : LEDGER_OK;
    enum ledger_result r = ledger_sheet_load(ledger, id, &sheet, err);
    return r == LEDGER_OK ? move_and_tell(ledger, p, &sheet, "spoiled", maker, err) : r;
}

static enum ledger_result becomes(struct ledger *ledger, const struct ledger_payment *p, const char *series, int64_t number, const char *state,
                                  const char *maker, struct error *err)
{
    struct ledger_sheet sheet;
    enum ledger_result r = LEDGER_OK;
    int got = sheet_of(ledger, p, series, number, &sheet, err);
    if (got < 0)
        return LEDGER_BROKEN;
    if (!got)
        r = spoil_standing(ledger, p, series, number, maker, err);
    if (r == LEDGER_OK && !got)
        r = assign(ledger, p, series, number, &sheet, err);
    if (r != LEDGER_OK || strcmp(sheet.state, state) == 0)
        return r;
    if (strcmp(sheet.state, "sent") != 0 && strcmp(sheet.state, "confirmed") != 0)
        return ledger_refuse(err, LEDGER_NUMBER, what, "look at the paper again", "number %s is %s here", sheet.number, sheet.state);
    return move_and_tell(ledger, p, &sheet, state, maker, err);
}

/* A number that was cancelled was on paper before; one that is void here was too, and the notice of it is still in the queue. */
static enum ledger_result as_told(struct ledger *ledger, const struct ledger_payment *p, const struct told *t, const char *maker, struct error *err)
{
    if (strcmp(t->told, "spoiled") == 0)
        return becomes(ledger, p, t->series, t->number, "spoiled", maker, err);
    bool void_here = false;
    if (sql_one(ledger, err, "SELECT 1 FROM number WHERE series = ?1 AND number = ?2 AND state = 'void'", BIND(sql_text(t->series), sql_int(t->number)),
                INTO(into_bool(&void_here))) < 0)
        return LEDGER_BROKEN;
    bool cancelled = strcmp(t->told, "cancelled") == 0;
    if (void_here)
        return LEDGER_OK;
    enum ledger_result r = becomes(ledger, p, t->series, t->number, "confirmed", maker, err);
    return r == LEDGER_OK && cancelled ? becomes(ledger, p, t->series, t->number, "cancelled", maker, err) : r;
}

/* --- all of it ----------------------------------------------------------------------------------------------- */

static enum ledger_result receipts_settled(struct ledger *ledger, const struct ledger_payment *p, struct error *err)
{
    return sql_run(ledger, err, "UPDATE invoice SET state = 'confirmed', doubt = NULL, settled_at = ?2 WHERE payment = ?1 AND state = 'sent' AND kind = 'receipt'",
                   BIND(sql_int(p->id), sql_int(ledger_now(ledger))));
}

enum ledger_result restored_paper(struct ledger *ledger, struct ledger_payment *p, const char *series, const char *number,
                                  const char *maker, struct error *err)
{
    struct told told[NUMBERS_MAX];
    int count;
    int64_t held = number[0] ? strtoll(number, NULL, 10) : -1;
    if (number[0] && (!text_digits(number) || strlen(number) > 18 || !series[0]))
        return ledger_refuse(err, LEDGER_PARAMS, what, NULL, "a number is 1 to 18 digits of a series");
    enum ledger_result r = told_of(ledger, p->key.ref, told, &count, err);
    for (int i = 0; r == LEDGER_OK && i < count; i++)
        if (told[i].number != held || strcmp(told[i].series, series) != 0 || strcmp(told[i].told, "cancelled") == 0)
            r = as_told(ledger, p, &told[i], maker, err);
    bool cancelled = false;
    for (int i = 0; i < count; i++)
        cancelled = cancelled || (told[i].number == held && strcmp(told[i].series, series) == 0 && strcmp(told[i].told, "cancelled") == 0);
    if (r == LEDGER_OK && held >= 0 && !cancelled)
        r = becomes(ledger, p, series, held, "confirmed", maker, err);
    else if (r == LEDGER_OK && held < 0 && count == 0)
        r = spoil_standing(ledger, p, "", -1, maker, err);
    if (r == LEDGER_OK)
        r = receipts_settled(ledger, p, err);
    return r == LEDGER_OK ? ledger_invoice_plan(ledger, p, err) : r;
}

enum ledger_result restored_withdraw(struct ledger *ledger, struct ledger_payment *p, const char *maker, struct error *err)
{
    struct ledger_sheet sheet;
    int64_t id;
    enum ledger_result r = sql_run(ledger, err, "UPDATE invoice SET state = 'dropped', settled_at = ?2 WHERE payment = ?1 AND state = 'planned'",
                                   BIND(sql_int(p->id), sql_int(ledger_now(ledger))));
    if (r != LEDGER_OK)
        return r;
    int got = sql_one(ledger, err, "SELECT id FROM invoice WHERE payment = ?1 AND state = 'confirmed'", BIND(sql_int(p->id)), INTO(into_int64(&id)));
    if (got < 1)
        return got < 0 ? LEDGER_BROKEN : LEDGER_OK;
    r = ledger_sheet_load(ledger, id, &sheet, err);
    return r == LEDGER_OK ? move_and_tell(ledger, p, &sheet, "cancelled", maker, err) : r;
}
