/* Every invariant of the books as a query that finds what breaks it. Each gives one text, an
 * example, or no row. ?1 is the business day from which payments are looked at: the day at
 * work for a quick look, all for a deep one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/inside.h"

#define CNY(account) \
    "(SELECT coalesce(sum(iif(credit " account ", amount_fen, -amount_fen)), 0) FROM entry WHERE payment = p.id" \
    " AND commodity = 'CNY' AND (debit " account " OR credit " account "))"
#define STANDS \
    "(p.state IN ('posted', 'advised', 'reversing') OR (p.state = 'excepted' AND p.foreign_undo = 0)" \
    " OR (p.state = 'settled' AND p.kept = 1))"
#define TURNED_BACK "p.state IN ('declined', 'undoing', 'undone', 'short', 'reversed') OR (p.state = 'settled' AND p.kept = 0)"
#define PAYMENTS "SELECT p.ref || ' ' || p.state FROM payment p WHERE p.day >= ?1 AND "
#define LISTED "(SELECT count(*) FROM invoice i WHERE i.payment = p.id AND i.state IN ('planned', 'sent', 'confirmed'))"
/* Money that came in cash: where it is by its state, from `waiting` to `to`. */
#define CASH_IN(procs, event_, waiting, to) \
    PAYMENTS "p.proc IN (" procs ") AND NOT (" \
    CNY("= '" waiting "'") " = iif(p.state IN ('recorded', 'advised') OR (p.foreign_undo = 1 AND p.state IN ('excepted', 'reversing')), p.amount_fen, 0)" \
    " AND " CNY("= 'to-be-given-back'") " = p.owed_fen" \
    " AND p.amount_fen - p.handed_fen = (SELECT coalesce(sum(iif(event = '" event_ "', amount_fen, -amount_fen)), 0) FROM entry" \
    " WHERE payment = p.id AND event IN ('" event_ "', 'handed back'))" \
    " AND CASE WHEN p.state IN ('posted', 'reversing') OR p.state = 'excepted' OR (p.state = 'settled' AND p.kept = 1)" \
    " THEN " CNY("= '" to "'") " = iif(p.foreign_undo = 1, 0, p.amount_fen)" \
    " WHEN p.state = 'short' THEN " CNY("= '" to "'") " = p.rest_fen AND " CNY("= 'claims'") " = -p.rest_fen" \
    " WHEN p.state = 'settled' THEN " CNY("= '" to "'") " IN (0, p.rest_fen) AND " CNY("= 'claims'") " = 0" \
    " ELSE " CNY("= '" to "'") " = 0 END)"
#define BOOKED_ONCE(procs, event_) \
    PAYMENTS "p.proc IN (" procs ") AND p.amount_fen > 0 AND (SELECT count(*), coalesce(sum(amount_fen), 0) FROM entry e WHERE e.payment = p.id" \
    " AND e.event = '" event_ "' AND +e.till = p.till AND e.debit = 'till:' || (SELECT number FROM till WHERE id = p.till)) <> (1, p.amount_fen)"
#define ON_PAPER "p.proc NOT IN (200000, 930000, 940000, 350000) AND (p.amount_fen > 0 OR p.bill_count > 0)"
#define ROW(class) "EXISTS (SELECT 1 FROM outbox o WHERE o.payment = p.id AND o.class = '" class "' AND (o.state = 'ready' OR o.state = 'in flight' OR o.state = 'parked'))"
#define ACT(acts) "EXISTS (SELECT 1 FROM act a WHERE a.subject = p.ref AND a.maker <> a.checker AND a.act IN (" acts "))"

static const struct rule { int number; bool deep; const char *name, *sql; } rules[] = {
    {1, true, "accounts hold what the journal says",
     "WITH s(name, commodity, fen) AS (SELECT debit, commodity, amount_fen FROM entry WHERE ?1 IS NOT NULL"
     " UNION ALL SELECT credit, commodity, -amount_fen FROM entry),"
     " t AS (SELECT name, commodity, sum(fen) AS fen FROM s GROUP BY 1, 2)"
     " SELECT name FROM (SELECT name, commodity, fen FROM t EXCEPT SELECT name, commodity, balance_fen FROM account)"
     " UNION ALL SELECT name FROM (SELECT name, commodity, balance_fen FROM account EXCEPT SELECT name, commodity, fen FROM t)"},
    {1, false, "the accounts sum to zero",
     "SELECT commodity || ' ' || sum(balance_fen) FROM account WHERE ?1 IS NOT NULL GROUP BY commodity HAVING sum(balance_fen) <> 0"},
    {1, false, "a till that nobody has open is empty",
     "SELECT name || ' ' || balance_fen FROM account WHERE ?1 IS NOT NULL AND name GLOB 'till:*' AND commodity = 'CNY' AND balance_fen <> 0"
     " AND NOT EXISTS (SELECT 1 FROM till t WHERE 'till:' || t.number = name AND t.state <> 'closed')"},
    {1, false, "each payment's money is where its state says",
     CASH_IN("500000", "recorded", "awaiting-utility", "owed-to-utility")},
    {1, false, "each deposit's money is where its state says",
     CASH_IN("210000, 920000", "deposited", "awaiting-bank", "clearing-bank")},
    {1, false, "a withdrawal's cash went out when the bank said so, and not before",
     PAYMENTS "p.proc IN (10000, 950000) AND ((SELECT coalesce(sum(amount_fen), 0) FROM entry e WHERE e.payment = p.id AND e.event = 'withdrawn'"
     " AND e.debit = 'clearing-bank' AND e.credit = 'till:' || (SELECT number FROM till WHERE id = p.till) AND +e.till = p.till)"
     " <> iif(p.state = 'posted', p.amount_fen, 0) OR EXISTS (SELECT 1 FROM entry e WHERE e.payment = p.id AND e.event <> 'withdrawn'))"},
    {1, false, "what was paid from an account is where its state says",
     PAYMENTS "p.proc = 501000 AND NOT (" CNY("= 'awaiting-utility'")
     " = iif(p.state IN ('recorded', 'undoing') OR (p.foreign_undo = 1 AND p.state IN ('excepted', 'reversing')), p.amount_fen, 0)"
     " AND " CNY("= 'owed-to-utility'") " = CASE WHEN p.foreign_undo = 1 THEN 0 WHEN p.state IN ('posted', 'reversing', 'excepted')"
     " OR (p.state = 'settled' AND p.kept = 1) THEN p.amount_fen WHEN p.state IN ('short', 'settled') THEN p.rest_fen ELSE 0 END"
     " AND " CNY("= 'clearing-bank'") " = -(" CNY("= 'awaiting-utility'") " + " CNY("= 'owed-to-utility'") ")"
     " AND NOT EXISTS (SELECT 1 FROM entry e WHERE e.payment = p.id AND e.till IS NOT NULL))"},
    {1, false, "what moves no money books nothing",
     PAYMENTS "p.proc IN (930000, 940000, 350000) AND (p.amount_fen <> 0 OR EXISTS (SELECT 1 FROM entry WHERE payment = p.id))"},
    {1, false, "a payment's sum is that of its bills",
     PAYMENTS "(p.bills_fen, p.late_fee_fen, p.bill_count) <> (SELECT coalesce(sum(amount_fen), 0), coalesce(sum(late_fee_fen), 0), count(*)"
     " FROM payment_bill b WHERE b.payment = p.id)"},
    {2, false, "cash was booked once with its record",
     BOOKED_ONCE("500000", "recorded")},
    {2, false, "a deposit was booked once with its record", BOOKED_ONCE("210000, 920000", "deposited")},
    {3, false, "what is unfinished has a message on its way",
     PAYMENTS "((p.state = 'recorded' AND NOT " ROW("0200") ") OR (p.state = 'advised' AND NOT " ROW("0220") ")"
     " OR (p.state = 'undoing' AND NOT " ROW("0420") ") OR (p.state = 'reversing' AND NOT " ROW("0400") "))"},
    {3, false, "what was turned back is given back or listed",
     PAYMENTS "p.owed_fen + p.handed_fen <> CASE WHEN p.proc = 200000 THEN iif(p.state = 'posted', p.amount_fen, 0) WHEN p.proc IN (500000, 210000, 920000)"
     " THEN iif(" TURNED_BACK ", p.amount_fen, 0) ELSE 0 END"},
    {3, false, "nothing that is final is held",
     PAYMENTS "p.held = 1 AND p.state IN ('declined', 'undone', 'short', 'reversed', 'settled') AND p.owed_fen = 0"
     " AND p.id NOT IN (SELECT payment FROM invoice WHERE state IN ('planned', 'sent'))"},
    {4, true, "a number is one invoice's",
     "SELECT series || ' ' || number FROM invoice WHERE number IS NOT NULL AND ?1 IS NOT NULL GROUP BY series, number HAVING count(*) > 1"},
    {4, true, "a number names the invoice that bears it",
     "SELECT n.series || ' ' || n.number || ' ' || n.state FROM number n LEFT JOIN invoice i ON i.id = n.invoice WHERE ?1 IS NOT NULL"
     " AND n.invoice IS NOT NULL AND (i.series, i.number, i.book) IS NOT (n.series, n.number, n.book)"},
    {4, false, "a number is what its invoice says",
     "SELECT i.series || ' ' || i.number || ' ' || i.state FROM payment p CROSS JOIN invoice i ON i.payment = p.id"
     " LEFT JOIN number n ON n.series = i.series AND n.number = i.number WHERE p.day >= ?1 AND i.number IS NOT NULL"
     " AND (n.invoice IS NOT i.id OR n.state <> CASE i.state WHEN 'sent' THEN 'assigned' WHEN 'confirmed' THEN 'used' ELSE 'void' END)"},
    {5, false, "no number of a book is missing",
     "SELECT b.series || ' ' || b.first || ' to ' || b.next FROM book b WHERE (?1 = 0 OR b.state = 'loaded') AND b.next - b.first <>"
     " (SELECT count(*) FROM number n WHERE n.series = b.series AND n.number >= b.first AND n.number < b.next AND n.state <> 'unused')"
     " UNION ALL SELECT n.series || ' ' || n.number FROM book b CROSS JOIN number n"
     " ON n.series = b.series AND n.number BETWEEN b.next AND b.last WHERE n.state <> 'unused'"},
    {5, false, "a book is a part of one range, and what went back is unused",
     "SELECT b.series || ' ' || b.first FROM book b LEFT JOIN received c ON c.id = b.received WHERE ?1 IS NOT NULL"
     " AND (c.id IS NULL OR c.series <> b.series OR b.first < c.first OR b.last > c.last)"
     " UNION ALL SELECT g.series || ' ' || g.first FROM returned g LEFT JOIN book b ON b.id = g.book WHERE"
     " (b.id IS NOT NULL AND (b.state <> 'ended' OR b.next <> g.first OR b.last <> g.last))"
     " OR EXISTS (SELECT 1 FROM book o WHERE o.series = g.series AND o.first <= g.last AND o.last >= g.first AND o.id IS NOT g.book)"
     " OR EXISTS (SELECT 1 FROM returned o WHERE o.series = g.series AND o.first <= g.last AND o.last >= g.first AND o.id <> g.id)"},
    {5, true, "ranges that were received don't overlap",
     "SELECT c.series || ' ' || c.first FROM received c WHERE ?1 IS NOT NULL"
     " AND EXISTS (SELECT 1 FROM received o WHERE o.series = c.series AND o.first <= c.last AND o.last >= c.first AND o.id <> c.id)"},
    {6, false, "money that stands has one invoice, money that went back has none",
     PAYMENTS "CASE WHEN NOT (" ON_PAPER ") THEN " LISTED " <> 0 WHEN p.moved_fen > 0 THEN " LISTED " > 1 WHEN p.state = 'reversing' OR p.state = 'recorded' THEN " LISTED " <> 0"
     " WHEN " STANDS " THEN " LISTED " <> 1 WHEN p.state = 'excepted' THEN " LISTED " > 1 ELSE " LISTED " <> 0 END"},
    {7, false, "a key is booked as posted at most once",
     PAYMENTS "(SELECT count(*) FROM entry e WHERE e.payment = p.id AND e.event = 'posted') > (p.posted AND p.amount_fen > 0)"},
    {8, false, "a day that is cut off has no payment without an answer",
     PAYMENTS "p.state = 'recorded' AND (SELECT state FROM day WHERE date = p.day) IN ('cut off', 'closed')"},
    {8, false, "a day that is cut off is frozen",
     "SELECT p.ref FROM day d JOIN payment p ON p.id > d.last_payment AND p.day <= d.date WHERE ?1 IS NOT NULL AND d.last_payment IS NOT NULL"
     " AND d.date = (SELECT max(date) FROM day WHERE last_payment IS NOT NULL)"},
    {9, false, "a message that waits has its digest",
     "SELECT o.id FROM outbox o LEFT JOIN outbox_digest g ON g.id = o.id WHERE ?1 IS NOT NULL AND (o.state = 'ready' OR o.state = 'in flight' OR o.state = 'parked')"
     " AND g.id IS NULL"},
    {10, false, "what was turned back or settled bears two names",
     PAYMENTS "((p.state = 'settled' AND NOT " ACT("'settle'") ")"
     " OR (p.state IN ('undoing', 'undone', 'short') AND NOT " ACT("'abandon', 'undo', 'unacknowledged_answer', 'restore_answer', 'restore_adopt'") ")"
     " OR (p.state IN ('reversing', 'reversed') AND NOT " ACT("'reverse', 'unacknowledged_answer', 'restore_answer'") ")"
     " OR (p.proc = 200000 AND NOT " ACT("'refund'") ") OR (p.proc = 220000 AND NOT " ACT("'transfer'") ")"
     " OR (p.handed_fen > 0 AND p.state <> 'declined' AND p.proc <> 200000 AND NOT " ACT("'hand_back', 'unacknowledged_answer', 'restore_answer', 'restore_adopt'") ")"
     " OR (p.adopted = 1 AND NOT " ACT("'restore_answer', 'restore_adopt'") "))"},
    {11, false, "days and keys only grow",
     "SELECT ref FROM (SELECT ref, day, lag(ref) OVER (ORDER BY id) AS ref_before, lag(day) OVER (ORDER BY id) AS day_before"
     " FROM payment WHERE adopted = 0 AND proc IN (500000, 200000, 220000) AND id >= coalesce((SELECT min(id) FROM payment WHERE day = ?1), iif(?1 = 0, 0, 9223372036854775807))) WHERE ref <= ref_before OR day < day_before"},
    {11, false, "no key is ahead of the counter",
     "SELECT ref FROM payment WHERE ?1 IS NOT NULL AND ref > (SELECT printf('%02d%010d', epoch, counter) FROM branch)"},
    {11, false, "a STAN is used once a day and terminal",
     "SELECT terminal || ' ' || stan FROM payment WHERE day >= ?1 GROUP BY day, terminal, stan HAVING count(*) > 1"
     " UNION ALL SELECT p.terminal || ' ' || p.stan FROM payment p LEFT JOIN stan s ON s.day = p.day AND s.terminal = p.terminal"
     " WHERE p.day >= ?1 AND p.stan > coalesce(s.last, 0)"},
    {12, false, "the audit ends where the branch says",
     "SELECT audit_id FROM branch WHERE ?1 IS NOT NULL AND (audit_id, audit_head) IS NOT"
     " (SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1)"},
    {12, false, "each payment has its audit record",
     PAYMENTS "NOT EXISTS (SELECT 1 FROM audit a WHERE a.id = p.audit AND a.subject = p.ref AND a.event = iif(p.adopted, 'payment adopted', 'payment recorded'))"},
    {13, false, "a payment's acts bear two names",
     PAYMENTS "EXISTS (SELECT 1 FROM act a WHERE a.subject = p.ref AND a.maker = a.checker)"},
    {13, true, "maker and checker are two",
     "SELECT act || ' ' || subject FROM act WHERE ?1 IS NOT NULL AND maker = checker"
     " UNION ALL SELECT 'approval ' || id FROM approval WHERE used_by = checker"
     " UNION ALL SELECT 'count ' || id FROM count WHERE second = operator"
     " UNION ALL SELECT 'counterfeit ' || id FROM counterfeit WHERE maker = checker"
     " UNION ALL SELECT 'received ' || id FROM received WHERE maker = checker UNION ALL SELECT 'returned ' || id FROM returned WHERE maker = checker"},
    {13, true, "no audit record names one person twice",
     "SELECT 'record ' || id FROM audit WHERE ?1 IS NOT NULL AND second <> '' AND second = operator"},
    {14, false, "a day's cash kept is what stands of it",
     "SELECT date(d.date * 86400, 'unixepoch') FROM day d WHERE d.date >= ?1 AND"
     " (SELECT coalesce(sum(CASE event WHEN 'recorded' THEN amount_fen WHEN 'handed back' THEN -amount_fen ELSE 0 END), 0)"
     " FROM entry e WHERE e.day = d.date AND e.event IN ('recorded', 'handed back') AND e.payment IS NOT NULL"
     " AND (SELECT proc FROM payment WHERE id = e.payment) = 500000) <>"
     " (SELECT coalesce(sum(CASE WHEN " TURNED_BACK " THEN p.owed_fen ELSE p.amount_fen END), 0)"
     " FROM payment p WHERE p.day = d.date AND p.proc = 500000)"},
    {14, false, "what stands of a closed day is on paper, or listed",
     PAYMENTS "(SELECT state FROM day WHERE date = p.day) = 'closed' AND p.state = 'posted' AND " ON_PAPER " AND p.moved_fen = 0 AND " LISTED " = 0"},
    {1, false, "a refund's money is where its state says",
     PAYMENTS "p.proc = 200000 AND (" CNY("= 'to-be-given-back'") " <> p.owed_fen"
     " OR " CNY("= 'owed-to-utility'") " <> iif(p.state = 'posted', -p.amount_fen, 0))"},
    {1, false, "a transfer books nothing",
     PAYMENTS "p.proc = 220000 AND EXISTS (SELECT 1 FROM entry WHERE payment = p.id)"},
    {1, false, "what moved is what was taken along",
     PAYMENTS "p.moved_fen <> (SELECT coalesce(sum(m.amount_fen), 0) FROM source s JOIN payment m ON m.id = s.payment"
     " WHERE s.original = p.id AND m.state IN ('posted', 'settled', 'excepted'))"},
};
#define RULES (sizeof rules / sizeof *rules)

struct finding { ledger_broken_rule *each; void *ctx; int broken; };

static void found(struct finding *f, int number, const char *name, const char *example)
{
    f->broken++;
    if (f->each)
        f->each(f->ctx, number, name, example);
}

static int ask(struct ledger *ledger, const struct rule *rule, day_t from, struct finding *f, struct error *err)
{
    char example[200];
    sqlite3_stmt *walk = sql_start(ledger, err, rule->sql, BIND(sql_int(from)));
    int got = walk ? sql_next(ledger, err, walk, NULL, 0) : -1;
    if (got == 1) {
        const char *text = (const char *)sqlite3_column_text(walk, 0);
        snprintf(example, sizeof example, "%s", text ? text : "");
        found(f, rule->number, rule->name, example);
        sql_stop(walk);
    }
    return got < 0 ? -1 : 0;
}

/* --- what takes the key --------------------------------------------------------------------------- */

static int chain(struct ledger *ledger, struct finding *f, struct error *err)
{
    int64_t bad;
    char head[SECRET_HEX_SIZE], example[64];
    if (ledger_audit_chain(ledger, 0, NULL, &bad, head, err) != LEDGER_OK)
        return -1;
    snprintf(example, sizeof example, "record %lld", (long long)bad);
    if (bad)
        found(f, 12, "the audit chain holds", example);
    return 0;
}

static bool same_bytes(const struct ledger *ledger, sqlite3_stmt *row)
{
    unsigned char digest[SECRET_HASH_BYTES];
    ledger_outbox_digest(ledger, sqlite3_column_int64(row, 1), (const char *)sqlite3_column_text(row, 2),
                         (const char *)sqlite3_column_text(row, 3), sqlite3_column_blob(row, 4),
                         (size_t)sqlite3_column_bytes(row, 4), digest);
    return sqlite3_column_bytes(row, 5) == SECRET_HASH_BYTES && secret_equal(digest, sqlite3_column_blob(row, 5), sizeof digest);
}

static int digests(struct ledger *ledger, struct finding *f, struct error *err)
{
    char example[64];
    int got;
    sqlite3_stmt *walk = sql_start(ledger, err, "SELECT o.id, o.payment, o.class, o.ref, o.bytes, g.digest FROM outbox o"
                                   " LEFT JOIN outbox_digest g ON g.id = o.id", BIND_NOTHING);
    if (!walk)
        return -1;
    while ((got = sql_next(ledger, err, walk, NULL, 0)) == 1 && same_bytes(ledger, walk))
        ;
    if (got == 1) {
        snprintf(example, sizeof example, "message %lld", (long long)sqlite3_column_int64(walk, 0));
        found(f, 9, "no message changed after its commit", example);
        sql_stop(walk);
    }
    return got < 0 ? -1 : 0;
}

/* --- all of it ---------------------------------------------------------------------------------------- */

int ledger_verify(struct ledger *ledger, bool deep, ledger_broken_rule *each, void *ctx, struct error *err)
{
    struct finding f = {.each = each, .ctx = ctx};
    int from = 0;
    if (!deep && sql_one(ledger, err, "SELECT coalesce(max(date), 0) FROM day", BIND_NOTHING, INTO(into_int(&from))) != 1)
        return -1;
    for (size_t i = 0; i < RULES; i++)
        if ((deep || !rules[i].deep) && ask(ledger, &rules[i], from, &f, err) != 0)
            return -1;
    if (deep && (chain(ledger, &f, err) != 0 || digests(ledger, &f, err) != 0))
        return -1;
    return f.broken;
}
