/* The statements of the PostgreSQL store. */
#include "utilityd/store_pg.h"

/* Locks are had in one statement and what is judged is read in a later one. A
 * statement that locks and reads at once keeps the snapshot from before its wait:
 * two front ends then answer one key twice, in silence. A test builds this file
 * so, to see that it notices. */
#ifndef PG_LOCK_FIRST
#define PG_LOCK_FIRST 1
#endif

#define KEY_COLUMNS "SELECT p.station, p.reference, p.id, p.state, p.code, p.reversal, p.approval, encode(p.content, 'hex'), encode(p.origin, 'hex')," \
                    " p.customer, p.amount_fen, p.short_fen, p.taken, p.business, p.flagged, p.proc"
/* A look-up for each row on the left: the limit keeps the planner from joining
 * whole tables, which it likes while they are small and the plan outlives that. */
#define PAYMENT_OF " CROSS JOIN LATERAL (SELECT * FROM payment x WHERE x.station=k.station AND x.reference=k.reference LIMIT 1) p"
#define PARTS_OF " CROSS JOIN LATERAL (SELECT * FROM part x WHERE x.payment=p.id ORDER BY x.position LIMIT 100) t"
#define BILL_NUMBERED(column) " CROSS JOIN LATERAL (SELECT id FROM bill x WHERE x.number=" column " LIMIT 1) b"
#define BY_KEY " FROM unnest($1::bigint[], $2::bigint[]) k(station, reference)" PAYMENT_OF

const char *const pg_texts[PG_SQL_COUNT] = {
    [PG_BEGIN] = "BEGIN",
    [PG_COMMIT] = "COMMIT",
    [PG_ROLLBACK] = "ROLLBACK",
    [PG_FORGET_PLANS] = "DISCARD PLANS",
    [PG_STATION_READ] = "SELECT id FROM station WHERE bank=$1 AND branch=$2",
    [PG_STATION_ADD] = "INSERT INTO station (bank, branch) VALUES ($1, $2) ON CONFLICT DO NOTHING",
    [PG_LOCK_STATIONS] = "SELECT pg_advisory_xact_lock_shared(x) FROM unnest($1::bigint[]) x",
#if PG_LOCK_FIRST
    [PG_LOCK_KEYS] = "SELECT pg_advisory_xact_lock(x) FROM unnest($1::bigint[]) x",
    [PG_READ_KEYS] = KEY_COLUMNS BY_KEY,
#else
    [PG_LOCK_KEYS] = "SELECT 1 FROM unnest($1::bigint[]) x",
    [PG_READ_KEYS] = "WITH k AS MATERIALIZED (SELECT station, reference, pg_advisory_xact_lock(station << 40 | reference) FROM unnest($1::bigint[], $2::bigint[])"
                     " u(station, reference) ORDER BY station, reference) " KEY_COLUMNS " FROM k" PAYMENT_OF,
#endif
    [PG_READ_CUSTOMERS] = "SELECT c.number, c.credit_fen FROM customer c WHERE c.number = ANY (ARRAY(SELECT unnest($3::text[]) UNION SELECT p.customer" BY_KEY
                          ")) ORDER BY c.number FOR NO KEY UPDATE",
    [PG_READ_PARTS] = "SELECT t.payment, t.part, t.bill, t.place, t.amount_fen" BY_KEY PARTS_OF " ORDER BY t.payment, t.position",
    [PG_READ_BILLS] =
        "SELECT number, customer, amount_fen - covered_fen, due, first_day, last_day, rate_permille, class, state, paid_by, id FROM bill WHERE id = ANY (ARRAY("
        "SELECT b.id FROM (SELECT unnest($3::text[]) AS number UNION SELECT p.customer" BY_KEY ") c CROSS JOIN LATERAL (SELECT id FROM bill x WHERE x.customer=c.number AND x.state=0 LIMIT 10000) b"
        " UNION SELECT b.id FROM unnest($4::text[]) n(number)" BILL_NUMBERED("n.number")
        " UNION SELECT b.id" BY_KEY PARTS_OF BILL_NUMBERED("t.bill") ")) ORDER BY due, number",
    [PG_READ_DAYS] = "SELECT d.station, d.business FROM (SELECT unnest($1::bigint[]) AS station, unnest($3::bigint[]) AS business UNION"
                     " SELECT p.station, p.business" BY_KEY ") k JOIN branch_day d ON d.station=k.station AND d.business=k.business WHERE d.closed=1",
    [PG_LOCK_CHANGES] = "SELECT pg_advisory_xact_lock_shared(" STORE_LOCK_IMPORT "), pg_advisory_xact_lock_shared(" STORE_LOCK_POSTS ")",
    [PG_WRITE_KEYS] =
        "INSERT INTO payment (station, reference, state, code, reversal, approval, content, origin, customer, proc, amount_fen, short_fen, taken, business,"
        " flagged, posted_ms, trace, aside) SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::bytea[], $8::bytea[],"
        " $9::text[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[], $16::bigint[], $17::text[], $18::bigint[])"
        " ON CONFLICT (station, reference) DO UPDATE SET state=excluded.state, code=excluded.code, reversal=excluded.reversal, approval=excluded.approval,"
        " content=excluded.content, customer=excluded.customer, proc=excluded.proc, amount_fen=excluded.amount_fen, short_fen=excluded.short_fen,"
        " taken=excluded.taken, business=excluded.business, flagged=excluded.flagged, aside=excluded.aside",
    [PG_DROP_PARTS] = "DELETE FROM part WHERE payment = ANY ($1::bigint[])",
    [PG_WRITE_PARTS] = "INSERT INTO part (payment, position, part, bill, place, amount_fen) SELECT p.id, k.position, k.part, k.bill, k.place, k.amount_fen"
                       " FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::bigint[], $7::bigint[])"
                       " k(station, reference, position, part, bill, place, amount_fen)" PAYMENT_OF,
    [PG_WRITE_BILLS] = "UPDATE bill b SET state=k.state, change=nextval('change_number'),"
                       " paid_by=(SELECT p.id FROM payment p WHERE p.station=k.station AND p.reference=k.reference)"
                       " FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[]) k(station, reference, id, state)"
                       " WHERE b.id=k.id",
    [PG_WRITE_CUSTOMERS] = "UPDATE customer c SET credit_fen=k.credit FROM unnest($1::text[], $2::bigint[]) k(number, credit) WHERE c.number=k.number",
    [PG_WRITE_REVERSALS] = "INSERT INTO reversal (station, reference, mti, code, maker, checker, at_ms)"
                           " SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[])",
    [PG_WRITE_DAYS] = "INSERT INTO branch_day (station, business, closed, agreed) SELECT DISTINCT station, business, 1, 0"
                      " FROM unnest($1::bigint[], $2::bigint[]) k(station, business) ORDER BY 1, 2 ON CONFLICT (station, business) DO UPDATE SET closed=1, agreed=0",
};

/* Where advisory locks are not the whole database's (several nodes behind one address):
 * a key is claimed by a row of its own. Who comes second waits for the first one's
 * commit, whether the row is new or there; in order, so that nobody waits in a ring. */
const char pg_claim_keys[] =
    "INSERT INTO claim (station, reference) SELECT DISTINCT x >> 40, x & 1099511627775 FROM unnest($1::bigint[]) x ORDER BY 1, 2"
    " ON CONFLICT (station, reference) DO UPDATE SET groups=claim.groups + 1";
