/* Ranges of numbers: received, taken out as books, and what is not used goes back. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "ledger/books.h"
#include "ledger/inside.h"

static enum ledger_result no(struct error *err, enum ledger_result result, const char *why)
{
    return ledger_refuse(err, result, "the numbers were not booked", "look at the paper again", "%s", why);
}

static enum ledger_result read_run(struct ledger_run *run, const char *first, const char *last, struct error *err)
{
    size_t len = strnlen(run->series, LEDGER_SERIES_SIZE);
    if (len == 0 || len >= LEDGER_SERIES_SIZE || !utf8_valid(run->series, len))
        return no(err, LEDGER_PARAMS, "a series has 1 to 20 characters");
    if (!ledger_number_read(first, 0, &run->first))
        return no(err, LEDGER_PARAMS, "a first number is 1 to 18 digits");
    run->digits = (int)strlen(first);
    if (!ledger_number_read(last, run->digits, &run->last))
        return no(err, LEDGER_PARAMS, "the last number has as many digits as the first");
    return run->first <= run->last ? LEDGER_OK : no(err, LEDGER_NUMBER, "the last number is before the first");
}

static const char *words_of(const struct ledger_run *run, char *buf, size_t size)
{
    snprintf(buf, size, "%s %0*lld to %0*lld", run->series, run->digits, (long long)run->first, run->digits, (long long)run->last);
    return buf;
}

/* --- received ------------------------------------------------------------------------------------------ */

static enum ledger_result put_range(struct ledger *ledger, const struct ledger_run *run, const char *maker, const char *checker,
                                    struct error *err)
{
    return sql_run(ledger, err, "INSERT INTO received (series, first, last, digits, at, maker, checker) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                   BIND(sql_text(run->series), sql_int(run->first), sql_int(run->last), sql_int(run->digits), sql_int(ledger_now(ledger)),
                        sql_text(maker), checker[0] ? sql_text(checker) : sql_null()));
}

/* The range that this run has numbers in: 1, 0 none, -1. *whole: all of them. */
static int range_at(struct ledger *ledger, const struct ledger_run *run, int64_t *id, bool *whole, struct error *err)
{
    *id = 0;
    return sql_one(ledger, err, "SELECT id, first <= ?2 AND last >= ?3 AND digits = ?4 FROM received"
                   " WHERE series = ?1 AND first <= ?3 AND last >= ?2 ORDER BY first LIMIT 1",
                   BIND(sql_text(run->series), sql_int(run->first), sql_int(run->last), sql_int(run->digits)),
                   INTO(into_int64(id), into_bool(whole)));
}

static int some(struct ledger *ledger, const char *sql, const struct ledger_run *run, struct error *err)
{
    bool found = false;
    int got = sql_one(ledger, err, sql, BIND(sql_text(run->series), sql_int(run->first), sql_int(run->last)), INTO(into_bool(&found)));
    return got < 0 ? -1 : got && found;
}

static int went_back(struct ledger *ledger, const struct ledger_run *run, struct error *err)
{
    return some(ledger, "SELECT EXISTS (SELECT 1 FROM returned WHERE series = ?1 AND first <= ?3 AND last >= ?2)", run, err);
}

enum ledger_result ledger_range_of(struct ledger *ledger, const struct ledger_run *run, const char *maker, const char *checker,
                                   int64_t *received, struct error *err)
{
    bool whole = false;
    int got = range_at(ledger, run, received, &whole, err), back = got < 0 ? -1 : went_back(ledger, run, err);
    if (back < 0)
        return LEDGER_BROKEN;
    if (back)
        return no(err, LEDGER_NUMBER, "some of these numbers were returned");
    if (got && !whole)
        return no(err, LEDGER_NUMBER, "only some of these numbers stand in the range that was received");
    if (got)
        return LEDGER_OK;
    enum ledger_result r = put_range(ledger, run, maker, checker, err);
    *received = sql_last_id(ledger);
    return r;
}

static enum ledger_result receive(struct ledger *ledger, const struct ledger_run *run, const struct ledger_two *two, struct error *err)
{
    char checker[LEDGER_OPERATOR_SIZE] = "", words[100];
    int64_t id;
    bool whole;
    int got = range_at(ledger, run, &id, &whole, err);
    if (got != 0)
        return got < 0 ? LEDGER_BROKEN : no(err, LEDGER_NUMBER, "some of these numbers were received before");
    enum ledger_result r = approval_second(ledger, two, "number_receive", run->series, true, checker, err);
    if (r == LEDGER_OK)
        r = put_range(ledger, run, two->maker, checker, err);
    return r == LEDGER_OK ? ledger_audit(ledger, err, "numbers received", two->maker, checker, two->terminal, run->series, "%s",
                                         words_of(run, words, sizeof words)) : r;
}

enum ledger_result numbers_receive(struct ledger *ledger, const char *series, const char *first, const char *last,
                                   const struct ledger_two *two, struct error *err)
{
    struct ledger_run run = {.series = series};
    enum ledger_result r = read_run(&run, first, last, err);
    if (r != LEDGER_OK)
        return r;
    r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = receive(ledger, &run, two, err);
    return ledger_end(ledger, r, err);
}

/* --- returned ------------------------------------------------------------------------------------------ */

struct rest { int64_t book, next, last; bool printing, all; };

/* A book that has numbers among these. */
static enum ledger_result rest_of(struct ledger *ledger, const struct ledger_run *run, struct rest *rest, struct error *err)
{
    rest->book = 0;
    int got = sql_one(ledger, err, "SELECT id, next, last, EXISTS (SELECT 1 FROM invoice WHERE state = 'sent' AND book = book.id)"
                      " FROM book WHERE series = ?1 AND first <= ?3 AND last >= ?2 ORDER BY first LIMIT 1",
                      BIND(sql_text(run->series), sql_int(run->first), sql_int(run->last)),
                      INTO(into_int64(&rest->book), into_int64(&rest->next), into_int64(&rest->last), into_bool(&rest->printing)));
    if (got <= 0)
        return got < 0 ? LEDGER_BROKEN : LEDGER_OK;
    if (rest->printing)
        return no(err, LEDGER_STATE, "the book's last number is at the printer: answer first whether its paper is whole");
    if (rest->next > rest->last)
        return no(err, LEDGER_NUMBER, "the book that these numbers are of is used up");
    if (rest->next != run->first || rest->last != run->last)
        return ledger_refuse(err, LEDGER_NUMBER, "the numbers were not booked", "look at the paper again, report what is missing as lost first",
                             "of their book goes back all that is unused or nothing: %0*lld to %0*lld", run->digits, (long long)rest->next,
                             run->digits, (long long)rest->last);
    return LEDGER_OK;
}

static enum ledger_result may_return(struct ledger *ledger, const struct ledger_run *run, int64_t *received, struct rest *rest, struct error *err)
{
    bool whole = false;
    int got = range_at(ledger, run, received, &whole, err), back = got < 0 ? -1 : went_back(ledger, run, err);
    if (back < 0)
        return LEDGER_BROKEN;
    if (!got || !whole)
        return no(err, LEDGER_NUMBER, "these numbers were never received, or not all of them");
    return back ? no(err, LEDGER_NUMBER, "some of these numbers were returned before") : rest_of(ledger, run, rest, err);
}

static enum ledger_result give_back(struct ledger *ledger, const struct ledger_run *run, const struct ledger_two *two, struct error *err)
{
    char checker[LEDGER_OPERATOR_SIZE] = "", words[100];
    int64_t received = 0;
    struct rest rest = {0};
    enum ledger_result r = may_return(ledger, run, &received, &rest, err);
    if (r == LEDGER_OK)
        r = approval_second(ledger, two, "number_return", run->series, true, checker, err);
    if (r == LEDGER_OK && rest.book)
        r = sql_run(ledger, err, "UPDATE book SET state = 'ended' WHERE id = ?1 AND state = 'loaded'", BIND(sql_int(rest.book)));
    if (r == LEDGER_OK)
        r = sql_run(ledger, err, "INSERT INTO returned (received, book, series, first, last, at, maker, checker) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                    BIND(sql_int(received), rest.book ? sql_int(rest.book) : sql_null(), sql_text(run->series), sql_int(run->first),
                         sql_int(run->last), sql_int(ledger_now(ledger)), sql_text(two->maker), sql_text(checker)));
    return r == LEDGER_OK ? ledger_audit(ledger, err, "numbers returned", two->maker, checker, two->terminal, run->series, "%s",
                                         words_of(run, words, sizeof words)) : r;
}

enum ledger_result numbers_return(struct ledger *ledger, const char *series, const char *first, const char *last,
                                  const struct ledger_two *two, struct error *err)
{
    struct ledger_run run = {.series = series};
    enum ledger_result r = read_run(&run, first, last, err);
    if (r != LEDGER_OK)
        return r;
    r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = give_back(ledger, &run, two, err);
    return ledger_end(ledger, r, err);
}

/* --- listed ---------------------------------------------------------------------------------------------- */

/* What a range has beside one book that is all of it. */
#define RANGE_COLUMNS \
    "SELECT id, series, printf('%0*d', digits, first), printf('%0*d', digits, last)," \
    " coalesce((SELECT printf('%0*d', c.digits, min(f.n)) FROM (SELECT c.first AS n UNION ALL SELECT b.last + 1 FROM book b WHERE b.received = c.id" \
    "   UNION ALL SELECT g.last + 1 FROM returned g WHERE g.received = c.id) f WHERE f.n <= c.last" \
    "   AND NOT EXISTS (SELECT 1 FROM book b WHERE b.received = c.id AND f.n BETWEEN b.first AND b.last)" \
    "   AND NOT EXISTS (SELECT 1 FROM returned g WHERE g.received = c.id AND f.n BETWEEN g.first AND g.last)), ''), '', 'received'," \
    " " LEDGER_NUMBERS_OF("c", "= 'used'") ", " LEDGER_NUMBERS_OF("c", "= 'void'") ", " LEDGER_NUMBERS_OF("c", "IN ('lost', 'damaged')") "," \
    " " BACK ", last + 1 - first - " BACK " - (SELECT coalesce(sum(b.next - b.first), 0) FROM book b WHERE b.received = c.id)" \
    " FROM received c WHERE NOT EXISTS (SELECT 1 FROM book b WHERE b.received = c.id AND b.first = c.first AND b.last = c.last)"
#define BACK "(SELECT coalesce(sum(g.last + 1 - g.first), 0) FROM returned g WHERE g.received = c.id)"

static enum ledger_result list(struct ledger *ledger, const char *sql, struct ledger_book *rows, int max, int *count, struct error *err)
{
    struct ledger_book b;
    int got = 0;
    sqlite3_stmt *walk = sql_start(ledger, err, sql, BIND(sql_int(max)));
    if (!walk)
        return LEDGER_BROKEN;
    while (*count < max && (got = sql_next(ledger, err, walk, LEDGER_INTO_BOOK(&b))) == 1)
        rows[(*count)++] = b;
    sql_stop(walk);
    return got < 0 ? LEDGER_BROKEN : LEDGER_OK;
}

enum ledger_result book_list(struct ledger *ledger, struct ledger_book *rows, int max, int *count, struct error *err)
{
    *count = 0;
    enum ledger_result r = list(ledger, LEDGER_BOOK_COLUMNS " WHERE state = 'loaded' ORDER BY till, id DESC LIMIT ?1", rows, max, count, err);
    if (r == LEDGER_OK)
        r = list(ledger, RANGE_COLUMNS " ORDER BY id DESC LIMIT ?1", rows, max, count, err);
    return r == LEDGER_OK ? list(ledger, LEDGER_BOOK_COLUMNS " WHERE state <> 'loaded' ORDER BY id DESC LIMIT ?1", rows, max, count, err) : r;
}
