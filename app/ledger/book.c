/* Books of numbers: a run of them, at one till, each to be accounted for. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ledger/books.h"
#include "ledger/inside.h"

#define DIGITS_MAX 18
#define SKIPPED_MAX 10000 /* numbers that a book may have lost before it came here, or at once */

static enum ledger_result no(struct error *err, enum ledger_result result, const char *why)
{
    return ledger_refuse(err, result, "the numbers were not taken", "look at the paper again", "%s", why);
}

bool ledger_number_read(const char *text, int digits, int64_t *number)
{
    if (!text_digits(text) || strlen(text) > DIGITS_MAX || (digits && (int)strlen(text) != digits))
        return false;
    *number = strtoll(text, NULL, 10);
    return true;
}

/* --- what is loaded ------------------------------------------------------------------------------- */

struct loaded { int64_t id, first, last, next; int digits; char series[LEDGER_SERIES_SIZE]; bool sent; };

/* 1: there is one; 0: none; -1 broken. */
static int loaded_at(struct ledger *ledger, const char *till, struct loaded *b, struct error *err)
{
    return sql_one(ledger, err, "SELECT id, series, first, last, next, digits,"
                   " EXISTS (SELECT 1 FROM invoice WHERE state = 'sent' AND book = book.id)"
                   " FROM book WHERE till = ?1 AND state = 'loaded'", BIND(sql_text(till)),
                   INTO(into_int64(&b->id), into_text(b->series, sizeof b->series), into_int64(&b->first), into_int64(&b->last),
                        into_int64(&b->next), into_int(&b->digits), into_bool(&b->sent)));
}

static enum ledger_result need(struct ledger *ledger, const char *till, struct loaded *b, struct error *err)
{
    int got = loaded_at(ledger, till, b, err);
    if (got < 0)
        return LEDGER_BROKEN;
    return got ? LEDGER_OK : ledger_refuse(err, LEDGER_BOOK, "no numbers", "load a book of numbers", "none is loaded at till %s", till);
}

static enum ledger_result not_printing(const struct loaded *b, struct error *err)
{
    return b->sent ? no(err, LEDGER_STATE, "the book's last number is at the printer: answer first whether its paper is whole") : LEDGER_OK;
}

enum ledger_result book_at(struct ledger *ledger, const char *till, struct ledger_book *out, struct error *err)
{
    memset(out, 0, sizeof *out);
    int got = sql_one(ledger, err, LEDGER_BOOK_COLUMNS " WHERE till = ?1 AND state = 'loaded'", BIND(sql_text(till)), LEDGER_INTO_BOOK(out));
    if (got < 0)
        return LEDGER_BROKEN;
    return got ? LEDGER_OK : ledger_refuse(err, LEDGER_BOOK, "no numbers", "load a book of numbers", "none is loaded at till %s", till);
}

enum ledger_result book_waits(struct ledger *ledger, const char *till, char number[20], struct error *err)
{
    number[0] = '\0';
    int got = sql_one(ledger, err, "SELECT printf('%0*d', b.digits, i.number) FROM book b JOIN invoice i ON i.book = b.id"
                      " WHERE b.till = ?1 AND b.state = 'loaded' AND i.state = 'sent' AND i.doubt IS NOT NULL",
                      BIND(sql_text(till)), INTO(into_text(number, 20)));
    return got < 0 ? LEDGER_BROKEN : LEDGER_OK;
}

enum ledger_result book_check(struct ledger *ledger, const char *till, const char *next, struct error *err)
{
    struct loaded b;
    int64_t number;
    enum ledger_result r = need(ledger, till, &b, err);
    if (r != LEDGER_OK)
        return r;
    if (b.next > b.last)
        return ledger_refuse(err, LEDGER_BOOK, "no numbers", "load the next book", "the book at till %s is used up", till);
    if (ledger_number_read(next, b.digits, &number) && number == b.next)
        return LEDGER_OK;
    return ledger_refuse(err, LEDGER_NUMBER, "another number is next", "put the right paper in, or report the numbers between as lost",
                         "the paper says %.20s, the book %0*lld", next, b.digits, (long long)b.next);
}

/* --- loaded ---------------------------------------------------------------------------------------------- */

/* Numbers that never reached this printer: each gets its row, so that none is missing. */
enum ledger_result ledger_numbers_gone(struct ledger *ledger, int64_t book, const char *series, int64_t from, int64_t upto,
                                       const char *state, struct error *err)
{
    enum ledger_result r = LEDGER_OK;
    for (int64_t n = from; r == LEDGER_OK && n <= upto; n++) {
        r = sql_run(ledger, err, "INSERT INTO number (series, number, book, state) VALUES (?1, ?2, ?3, 'unused') ON CONFLICT DO NOTHING",
                    BIND(sql_text(series), sql_int(n), sql_int(book)));
        if (r == LEDGER_OK)
            r = sql_run(ledger, err, "UPDATE number SET state = ?3 WHERE series = ?1 AND number = ?2",
                        BIND(sql_text(series), sql_int(n), sql_text(state)));
    }
    return r;
}

struct run { const char *till, *series; int64_t first, last, next; int digits; };

static enum ledger_result read_run(struct run *run, const char *first, const char *last, const char *next, struct error *err)
{
    size_t len = strnlen(run->series, LEDGER_SERIES_SIZE);
    if (!ledger_number_read(first, 0, &run->first))
        return no(err, LEDGER_PARAMS, "a book's first number is 1 to 18 digits");
    run->digits = (int)strlen(first);
    if (!ledger_number_read(last, run->digits, &run->last) || !ledger_number_read(next, run->digits, &run->next))
        return no(err, LEDGER_PARAMS, "all numbers of a book have as many digits as its first");
    if (len == 0 || len >= LEDGER_SERIES_SIZE || !utf8_valid(run->series, len) || strlen(run->till) != 2 || !text_digits(run->till))
        return no(err, LEDGER_PARAMS, "a series has 1 to 20 characters, a till two digits");
    if (run->first > run->last || run->next < run->first || run->next > run->last)
        return no(err, LEDGER_NUMBER, "the next number is not in the book");
    return LEDGER_OK;
}

/* The very book that was taken out before; 0: a new one. NUMBER when its numbers stand in another. */
static enum ledger_result known(struct ledger *ledger, const struct run *run, int64_t *book, int64_t *from, struct error *err)
{
    int64_t first, last, next;
    char state[12];
    *book = 0;
    *from = run->first;
    int got = sql_one(ledger, err, "SELECT id, first, last, next, iif(EXISTS (SELECT 1 FROM returned r WHERE r.book = book.id), 'returned', state)"
                      " FROM book WHERE series = ?1 AND first <= ?3 AND last >= ?2",
                      BIND(sql_text(run->series), sql_int(run->first), sql_int(run->last)),
                      INTO(into_int64(book), into_int64(&first), into_int64(&last), into_int64(&next), into_text(state, sizeof state)));
    if (got < 0)
        return LEDGER_BROKEN;
    if (!got)
        return LEDGER_OK;
    *from = next;
    if (first == run->first && last == run->last && strcmp(state, "returned") == 0)
        return no(err, LEDGER_NUMBER, "the rest of this book was returned");
    if (first != run->first || last != run->last || strcmp(state, "ended") != 0)
        return no(err, LEDGER_NUMBER, "some of its numbers stand in another book");
    if (run->next < next)
        return no(err, LEDGER_NUMBER, "its next number was used before");
    return LEDGER_OK;
}

/* What the utility was told of since the backup is on paper, whether or not these books know. */
static enum ledger_result above_the_told(struct ledger *ledger, const struct run *run, struct error *err)
{
    int64_t told;
    if (sql_one(ledger, err, "SELECT coalesce(max(number), -1) FROM restored_number WHERE series = ?1 AND number BETWEEN ?2 AND ?3",
                BIND(sql_text(run->series), sql_int(run->first), sql_int(run->last)), INTO(into_int64(&told))) != 1)
        return LEDGER_BROKEN;
    return run->next > told ? LEDGER_OK : no(err, LEDGER_NUMBER, "the utility was told of a number above its next one");
}

static enum ledger_result put_in(struct ledger *ledger, const struct run *run, const char *maker, const char *checker, struct error *err)
{
    int64_t book = 0, from = 0, received = 0;
    enum ledger_result r = known(ledger, run, &book, &from, err);
    if (r == LEDGER_OK)
        r = above_the_told(ledger, run, err);
    if (r == LEDGER_OK && run->next - from > SKIPPED_MAX)
        r = no(err, LEDGER_NUMBER, "too many numbers before its next one are missing");
    if (r == LEDGER_OK && !book)
        r = ledger_range_of(ledger, &(struct ledger_run){run->series, run->first, run->last, run->digits}, maker, checker, &received, err);
    if (r == LEDGER_OK)
        r = sql_run(ledger, err, "UPDATE book SET state = 'ended' WHERE till = ?1 AND state = 'loaded'", BIND(sql_text(run->till)));
    if (r == LEDGER_OK && book)
        r = sql_run(ledger, err, "UPDATE book SET state = 'loaded', till = ?2, next = ?3, loaded_at = ?4, loaded_by = ?5 WHERE id = ?1",
                    BIND(sql_int(book), sql_text(run->till), sql_int(run->next), sql_int(ledger_now(ledger)), sql_text(maker)));
    else if (r == LEDGER_OK)
        r = sql_run(ledger, err, "INSERT INTO book (received, series, first, last, digits, till, next, loaded_at, loaded_by)"
                    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                    BIND(sql_int(received), sql_text(run->series), sql_int(run->first), sql_int(run->last), sql_int(run->digits), sql_text(run->till),
                         sql_int(run->next), sql_int(ledger_now(ledger)), sql_text(maker)));
    if (r == LEDGER_OK && !book)
        book = sql_last_id(ledger);
    return r == LEDGER_OK ? ledger_numbers_gone(ledger, book, run->series, from, run->next - 1, "lost", err) : r;
}

/* The first book comes with the installation; after it two people load. */
static enum ledger_result alone(struct ledger *ledger, bool *may, struct error *err)
{
    return sql_one(ledger, err, "SELECT installed = 0 OR NOT EXISTS (SELECT 1 FROM book) FROM branch", BIND_NOTHING,
                   INTO(into_bool(may))) == 1 ? LEDGER_OK : LEDGER_BROKEN;
}

static enum ledger_result load(struct ledger *ledger, const struct run *run, const struct ledger_two *two, struct error *err)
{
    struct loaded before;
    char checker[LEDGER_OPERATOR_SIZE] = "";
    bool may_alone = false;
    int got = loaded_at(ledger, run->till, &before, err);
    enum ledger_result r = got < 0 ? LEDGER_BROKEN : got ? not_printing(&before, err) : LEDGER_OK;
    if (r == LEDGER_OK)
        r = alone(ledger, &may_alone, err);
    if (r == LEDGER_OK)
        r = approval_second(ledger, two, "book_load", run->till, !may_alone, checker, err);
    if (r == LEDGER_OK)
        r = put_in(ledger, run, two->maker, checker, err);
    return r == LEDGER_OK ? ledger_audit(ledger, err, "book loaded", two->maker, checker, two->terminal, run->till,
                                         "%s %0*lld to %0*lld, next %0*lld", run->series, run->digits, (long long)run->first,
                                         run->digits, (long long)run->last, run->digits, (long long)run->next) : r;
}

enum ledger_result book_load(struct ledger *ledger, const char *till, const char *series, const char *first, const char *last,
                             const char *next, const struct ledger_two *two, struct error *err)
{
    struct run run = {.till = till, .series = series};
    enum ledger_result r = read_run(&run, first, last, next, err);
    if (r != LEDGER_OK)
        return r;
    r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = load(ledger, &run, two, err);
    return ledger_end(ledger, r, err);
}

/* --- lost, damaged, seen ------------------------------------------------------------------------------------- */

static enum ledger_result lose(struct ledger *ledger, const char *till, const char *upto, bool damaged,
                               const struct ledger_two *two, struct error *err)
{
    struct loaded b;
    int64_t last = 0;
    char checker[LEDGER_OPERATOR_SIZE] = "";
    enum ledger_result r = need(ledger, till, &b, err);
    if (r == LEDGER_OK)
        r = not_printing(&b, err);
    if (r == LEDGER_OK && (!ledger_number_read(upto, b.digits, &last) || last < b.next || last > b.last || last - b.next >= SKIPPED_MAX))
        r = no(err, LEDGER_NUMBER, "it is not among the numbers of the book that are still unused");
    if (r == LEDGER_OK)
        r = approval_second(ledger, two, "number_lost", till, true, checker, err);
    if (r == LEDGER_OK)
        r = ledger_numbers_gone(ledger, b.id, b.series, b.next, last, damaged ? "damaged" : "lost", err);
    if (r == LEDGER_OK)
        r = sql_run(ledger, err, "UPDATE book SET next = ?2 WHERE id = ?1", BIND(sql_int(b.id), sql_int(last + 1)));
    return r == LEDGER_OK ? ledger_audit(ledger, err, damaged ? "numbers damaged" : "numbers lost", two->maker, checker, two->terminal,
                                         till, "%s %0*lld to %s", b.series, b.digits, (long long)b.next, upto) : r;
}

enum ledger_result book_lost(struct ledger *ledger, const char *till, const char *upto, bool damaged,
                             const struct ledger_two *two, struct error *err)
{
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = lose(ledger, till, upto, damaged, two, err);
    return ledger_end(ledger, r, err);
}

static enum ledger_result seen(struct ledger *ledger, const char *series, const char *number, bool missing,
                               const char *operator_number, struct error *err)
{
    int64_t n, invoice;
    enum ledger_result r = role_check(ledger, operator_number, ROLE_SUPERVISOR, "the paper was not noted", err);
    if (r != LEDGER_OK)
        return r;
    if (!ledger_number_read(number, 0, &n))
        return no(err, LEDGER_PARAMS, "a number is 1 to 18 digits");
    int got = sql_one(ledger, err, "SELECT invoice FROM number WHERE series = ?1 AND number = ?2 AND state = 'void'",
                      BIND(sql_text(series), sql_int(n)), INTO(into_int64(&invoice)));
    if (got < 1)
        return got < 0 ? LEDGER_BROKEN : no(err, LEDGER_PARAMS, "no such number is void");
    r = sql_run(ledger, err, "UPDATE number SET paper = ?3 WHERE series = ?1 AND number = ?2",
                BIND(sql_text(series), sql_int(n), sql_text(missing ? "missing" : "seen")));
    if (r == LEDGER_OK)
        r = sql_run(ledger, err, "UPDATE invoice SET paper = ?2 WHERE id = ?1", BIND(sql_int(invoice), sql_text(missing ? "missing" : "returned")));
    return r == LEDGER_OK ? ledger_audit(ledger, err, missing ? "void paper missing" : "void paper seen", operator_number, NULL, NULL,
                                         number, "series %s", series) : r;
}

enum ledger_result number_seen(struct ledger *ledger, const char *series, const char *number, bool missing,
                               const char *operator_number, struct error *err)
{
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = seen(ledger, series, number, missing, operator_number, err);
    return ledger_end(ledger, r, err);
}
