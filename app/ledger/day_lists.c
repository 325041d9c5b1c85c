/* What stands on a day's report beside its sums: what is to be explained, the cash that went
 * through a teller's tills, the numbers of each book. */
#include <string.h>

#include "ledger/books.h"

/* From the opening of the day to that of the next one. */
static enum ledger_result span(struct ledger *ledger, day_t date, int64_t *from_ms, int64_t *to_ms, struct error *err)
{
    int got = sql_one(ledger, err, "SELECT opened_at, coalesce((SELECT min(opened_at) - 1 FROM day WHERE date > ?1), 9223372036854775807)"
                      " FROM day WHERE date = ?1", BIND(sql_int(date)), INTO(into_int64(from_ms), into_int64(to_ms)));
    if (got == 0)
        return ledger_refuse(err, LEDGER_DAY, "there is no such report", NULL, "that business day was never opened");
    return got < 0 ? LEDGER_BROKEN : LEDGER_OK;
}

/* --- to be explained ---------------------------------------------------------------------- */

#define APPROVER(acts) "coalesce((SELECT o.name FROM act a JOIN operator o ON o.number = a.checker WHERE a.subject = p.ref" \
                       " AND a.act IN (" acts ") ORDER BY a.id DESC LIMIT 1), '')"
#define WHOSE(who) " AND (?2 IS NULL OR " who " = ?2)"
#define PAYMENTS(at, what, acts, note, where) \
    " UNION ALL SELECT " at ", " what ", p.ref, '', p.operator, " APPROVER(acts) ", p.amount_fen, " note " FROM payment p WHERE p.day = ?1 AND " where \
    WHOSE("p.operator")

static const char listed_sql[] =
    "SELECT i.settled_at AS at, i.state, p.ref, printf('%0*d', b.digits, i.number), p.operator, " APPROVER("'spoil', 'invoice_answer', 'reverse', 'undo'")
    ", p.amount_fen, coalesce(i.paper, '') FROM invoice i JOIN payment p ON p.id = i.payment JOIN book b ON b.id = i.book"
    " WHERE i.number IS NOT NULL AND i.state IN ('spoiled', 'cancelled') AND i.sent_at BETWEEN ?3 AND ?4" WHOSE("p.operator")
    PAYMENTS("p.answered_at", "'declined'", "''", "coalesce(p.code, '')", "p.state = 'declined'")
    PAYMENTS("coalesce(p.answered_at, p.taken_at)", "iif(p.offline = 1, 'undone', 'abandoned')", "'abandon', 'undo', 'unacknowledged_answer'", "p.state",
             "p.state IN ('undoing', 'undone', 'short')")
    PAYMENTS("p.answered_at", "'reversed'", "'reverse', 'unacknowledged_answer'", "''", "p.state = 'reversed'")
    PAYMENTS("p.answered_at", "'refund'", "'refund'", "p.customer", "p.proc = 200000 AND p.state = 'posted'")
    PAYMENTS("p.answered_at", "'transfer'", "'transfer'", "p.customer", "p.proc = 220000 AND p.state = 'posted'")
    PAYMENTS("coalesce(p.answered_at, p.taken_at)", "'exception'", "'settle'", "p.state",
             "(p.state = 'excepted' OR (p.state = 'settled' AND p.foreign_undo = 0))")
    " UNION ALL SELECT e.at, 'handed-back', p.ref, '', e.operator, " APPROVER("'hand_back'") ", e.amount_fen, p.state FROM entry e"
    " JOIN payment p ON p.id = e.payment WHERE e.day = ?1 AND e.event = 'handed back'" WHOSE("e.operator")
    " UNION ALL SELECT c.at, 'recount', c.place, '', c.operator, o.name, c.counted_fen, '' FROM count c JOIN operator o ON o.number = c.second"
    " WHERE c.day = ?1 AND c.till IS NOT NULL" WHOSE("c.operator")
    " UNION ALL SELECT e.at, e.event, '', '', coalesce(t.operator, e.operator), '', e.amount_fen, iif(e.till IS NULL, 'vault', 'till ' || t.number)"
    " FROM entry e LEFT JOIN till t ON t.id = e.till WHERE e.day = ?1 AND e.event IN ('over', 'short')" WHOSE("t.operator")
    " UNION ALL SELECT c.at, 'counterfeit', c.serial, '', c.maker, o.name, c.fen, c.customer FROM counterfeit c JOIN operator o ON o.number = c.checker"
    " WHERE c.day = ?1" WHOSE("c.maker") " ORDER BY 1";

enum ledger_result day_listed(struct ledger *ledger, day_t date, const char *operator_number, day_listed_row *each, void *ctx,
                              struct error *err)
{
    int64_t from_ms, to_ms;
    struct ledger_listed row;
    int got;
    enum ledger_result r = span(ledger, date, &from_ms, &to_ms, err);
    if (r != LEDGER_OK)
        return r;
    sqlite3_stmt *walk = sql_start(ledger, err, listed_sql, BIND(sql_int(date), sql_text(operator_number), sql_int(from_ms), sql_int(to_ms)));
    if (!walk)
        return LEDGER_BROKEN;
    while ((got = sql_next(ledger, err, walk, INTO(into_int64(&row.at_ms), into_text(row.what, sizeof row.what), into_text(row.ref, sizeof row.ref),
                           into_text(row.number, sizeof row.number), into_text(row.operator_number, sizeof row.operator_number),
                           into_text(row.approver, sizeof row.approver), into_int64(&row.amount_fen), into_text(row.note, sizeof row.note)))) == 1)
        each(ctx, &row);
    return got < 0 ? LEDGER_BROKEN : LEDGER_OK;
}

/* --- cash ------------------------------------------------------------------------------------ */

enum ledger_result day_cash(struct ledger *ledger, day_t date, const char *operator_number, struct ledger_cash *rows, int max,
                            int *count, struct error *err)
{
    struct ledger_cash row;
    int got = 0;
    *count = 0;
    sqlite3_stmt *walk = sql_start(ledger, err,
        "SELECT e.event, count(*), sum(iif(e.debit GLOB 'till:*', e.amount_fen, -e.amount_fen)) FROM till t JOIN entry e ON e.till = t.id"
        " WHERE t.day = ?1 AND t.operator = ?2 AND e.commodity = 'CNY' AND (e.debit GLOB 'till:*' OR e.credit GLOB 'till:*')"
        " GROUP BY e.event ORDER BY min(e.id)", BIND(sql_int(date), sql_text(operator_number)));
    if (!walk)
        return LEDGER_BROKEN;
    while (*count < max && (got = sql_next(ledger, err, walk, INTO(into_text(row.event, sizeof row.event), into_int64(&row.count),
                                           into_int64(&row.fen)))) == 1)
        rows[(*count)++] = row;
    sql_stop(walk);
    return got < 0 ? LEDGER_BROKEN : LEDGER_OK;
}

/* --- numbers ------------------------------------------------------------------------------------ */

/* ?1 and ?2: the day's first and last moment. */
#define OF_THE_DAY "WITH d AS (SELECT book, count(*) FILTER (WHERE state = 'confirmed') AS used, count(*) FILTER (WHERE state IN ('spoiled', 'cancelled'))" \
    " AS void FROM invoice INDEXED BY invoice_sent WHERE number IS NOT NULL AND sent_at BETWEEN ?1 AND ?2 GROUP BY book) "
#define GONE(run) "(SELECT count(*) FROM number n WHERE n.series = " run ".series AND n.number BETWEEN " run ".first AND " run ".last" \
    " AND n.state IN ('lost', 'damaged'))"

static const char books_of_day[] = OF_THE_DAY
    "SELECT b.series, printf('%0*d', b.digits, b.first), printf('%0*d', b.digits, b.last), b.till, coalesce(d.used, 0), coalesce(d.void, 0), " GONE("b") ","
    " iif(g.id IS NULL, 0, b.last + 1 - b.next), iif(g.id IS NULL, b.last + 1 - b.next, 0) FROM book b LEFT JOIN d ON d.book = b.id"
    " LEFT JOIN returned g ON g.book = b.id"
    " WHERE b.state = 'loaded' OR d.book IS NOT NULL OR b.loaded_at BETWEEN ?1 AND ?2 OR g.at BETWEEN ?1 AND ?2 ORDER BY b.till, b.id";
static const char ranges_of_day[] = OF_THE_DAY
    "SELECT c.series, printf('%0*d', c.digits, c.first), printf('%0*d', c.digits, c.last), '',"
    " (SELECT coalesce(sum(d.used), 0) FROM book b JOIN d ON d.book = b.id WHERE b.received = c.id),"
    " (SELECT coalesce(sum(d.void), 0) FROM book b JOIN d ON d.book = b.id WHERE b.received = c.id), " GONE("c") ","
    " (SELECT coalesce(sum(g.last + 1 - g.first), 0) FROM returned g WHERE g.received = c.id) AS back,"
    " c.last + 1 - c.first - (SELECT coalesce(sum(g.last + 1 - g.first), 0) FROM returned g WHERE g.received = c.id)"
    " - (SELECT coalesce(sum(b.next - b.first), 0) FROM book b WHERE b.received = c.id) AS left FROM received c"
    " WHERE NOT EXISTS (SELECT 1 FROM book b WHERE b.received = c.id AND b.first = c.first AND b.last = c.last)"
    " AND (left > 0 OR c.at BETWEEN ?1 AND ?2 OR EXISTS (SELECT 1 FROM returned g WHERE g.received = c.id AND g.at BETWEEN ?1 AND ?2)) ORDER BY c.id";

static enum ledger_result add_runs(struct ledger *ledger, const char *sql, int64_t from_ms, int64_t to_ms, struct ledger_book_day *rows, int max,
                                   int *count, struct error *err)
{
    struct ledger_book_day row;
    int got = 0;
    sqlite3_stmt *walk = sql_start(ledger, err, sql, BIND(sql_int(from_ms), sql_int(to_ms)));
    if (!walk)
        return LEDGER_BROKEN;
    while (*count < max && (got = sql_next(ledger, err, walk, INTO(into_text(row.series, sizeof row.series), into_text(row.first, sizeof row.first),
                                           into_text(row.last, sizeof row.last), into_text(row.till, sizeof row.till), into_int64(&row.used),
                                           into_int64(&row.void_count), into_int64(&row.lost), into_int64(&row.returned), into_int64(&row.left)))) == 1)
        rows[(*count)++] = row;
    sql_stop(walk);
    return got < 0 ? LEDGER_BROKEN : LEDGER_OK;
}

enum ledger_result day_books(struct ledger *ledger, day_t date, struct ledger_book_day *rows, int max, int *count, struct error *err)
{
    int64_t from_ms, to_ms;
    *count = 0;
    enum ledger_result r = span(ledger, date, &from_ms, &to_ms, err);
    if (r == LEDGER_OK)
        r = add_runs(ledger, books_of_day, from_ms, to_ms, rows, max, count, err);
    return r == LEDGER_OK ? add_runs(ledger, ranges_of_day, from_ms, to_ms, rows, max, count, err) : r;
}

enum ledger_result day_void(struct ledger *ledger, struct ledger_void *rows, int max, int *count, struct error *err)
{
    struct ledger_void row;
    int got = 0;
    *count = 0;
    sqlite3_stmt *walk = sql_start(ledger, err,
        "SELECT n.series, printf('%0*d', b.digits, n.number), b.till, p.ref, coalesce(i.settled_at, i.sent_at) FROM number n"
        " JOIN book b ON b.id = n.book JOIN invoice i ON i.id = n.invoice JOIN payment p ON p.id = i.payment"
        " WHERE n.state = 'void' AND n.paper IS NULL ORDER BY b.till, n.number", BIND_NOTHING);
    if (!walk)
        return LEDGER_BROKEN;
    while (*count < max && (got = sql_next(ledger, err, walk, INTO(into_text(row.series, sizeof row.series), into_text(row.number, sizeof row.number),
                                           into_text(row.till, sizeof row.till), into_text(row.ref, sizeof row.ref), into_int64(&row.at_ms)))) == 1)
        rows[(*count)++] = row;
    sql_stop(walk);
    return got < 0 ? LEDGER_BROKEN : LEDGER_OK;
}
