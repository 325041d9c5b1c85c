/* The second step of an import: what was gathered goes into the books, by set. */
#include <stdio.h>
#include <string.h>

#include "base/money.h"
#include "base/text.h"
#include "utilityd/import.h"
#include "utilityd/store.h"

#define LOADED 19 /* columns */

/* No index: they are read from end to end, in the order of the file. */
static const char make_bills[] =
    "CREATE TEMPORARY TABLE new_bill (line BIGINT, number TEXT, customer TEXT, meter TEXT, period TEXT, previous BIGINT,"
    " current BIGINT, multiplier BIGINT, kwh BIGINT, amount_fen BIGINT, tiers TEXT, due BIGINT, first_day BIGINT,"
    " last_day BIGINT, rate_permille BIGINT, class TEXT, name TEXT, address TEXT, supply TEXT)";

int import_gather(struct db *db, struct error *err)
{
    if (db_run(db, make_bills, DB_NO_ARGS) < 0 || db_load(db, "new_bill", LOADED) != 0)
        return db_failed(db, "the bills cannot be gathered", err);
    return 0;
}

int import_put(struct db *db, const struct bill *b, int64_t line)
{
    char tiers[256], class[2] = {b->tariff, '\0'};
    const struct db_arg row[] = {
        DB_INT(line), DB_TEXT(b->number), DB_TEXT(b->customer), DB_TEXT(b->meter), DB_TEXT(b->period), DB_INT(b->prev),
        DB_INT(b->curr), DB_INT(b->multiplier), DB_INT(b->kwh), DB_INT(b->amount_fen),
        DB_TEXT(bill_tiers_format(b->tiers, b->tier_count, tiers, sizeof tiers)), DB_INT(b->due), DB_INT(b->window_first),
        DB_INT(b->window_last), DB_INT(b->rate_permille), DB_TEXT(class), DB_TEXT(b->name), DB_TEXT(b->address), DB_TEXT(b->station)};
    return db_load_row(db, row);
}

int import_gathered(struct db *db, struct error *err)
{
    return db_load_end(db) == 0 ? 0 : db_failed(db, "the bills cannot be gathered", err);
}

/* --- taking over ------------------------------------------------------------------ */

#define CONTENT(t) t ".meter," t ".period," t ".previous," t ".current," t ".multiplier," t ".kwh," t ".amount_fen," \
                   t ".tiers," t ".due," t ".first_day," t ".last_day," t ".rate_permille," t ".class"
#define DIFFERS "((" CONTENT("b") ") IS DISTINCT FROM (" CONTENT("n") "))"
#define BOTH " FROM new_bill n JOIN bill b ON b.number=n.number"

static const char strangers[] = "SELECT n.line, n.number, b.customer" BOTH " WHERE b.customer <> n.customer ORDER BY n.line";
static const char differing[] = "SELECT n.line, n.number, b.amount_fen, n.amount_fen" BOTH
                                " WHERE b.state IN (1,2) AND " DIFFERS " ORDER BY n.line";

/* The file's last word on a customer counts. */
static const char customers_sqlite[] =
    "INSERT INTO customer (number, name, address, supply, meter) SELECT customer, name, address, supply, meter FROM new_bill"
    " WHERE true ON CONFLICT (number) DO UPDATE SET name=excluded.name, address=excluded.address,"
    " supply=excluded.supply, meter=excluded.meter WHERE (customer.name, customer.address, customer.supply, customer.meter)"
    " IS DISTINCT FROM (excluded.name, excluded.address, excluded.supply, excluded.meter)";
static const char customers_pg[] =
    "INSERT INTO customer (number, name, address, supply, meter) SELECT DISTINCT ON (customer) customer, name, address, supply, meter"
    " FROM new_bill ORDER BY customer, line DESC ON CONFLICT (number) DO UPDATE SET name=excluded.name, address=excluded.address,"
    " supply=excluded.supply, meter=excluded.meter WHERE (customer.name, customer.address, customer.supply, customer.meter)"
    " IS DISTINCT FROM (excluded.name, excluded.address, excluded.supply, excluded.meter)";

/* What credit covered of bills that change or go is credit again, and is used anew below. */
#define COVER_BACK(which) \
    "UPDATE customer SET credit_fen = credit_fen + (SELECT sum(b.covered_fen) FROM bill b WHERE b.customer=customer.number AND b.covered_fen > 0 AND " which ")" \
    " WHERE number IN (SELECT b.customer FROM bill b WHERE b.covered_fen > 0 AND " which ")"
#define CHANGING "b.id IN (SELECT b.id" BOTH " WHERE b.state=0 AND b.covered_fen > 0 AND " DIFFERS ")"
#define GOING "b.state=0 AND b.period=$1 AND NOT EXISTS (SELECT 1 FROM new_bill n WHERE n.number=b.number)"

static const char update_bills[] =
    "UPDATE bill AS b SET meter=n.meter, period=n.period, previous=n.previous, current=n.current, multiplier=n.multiplier, kwh=n.kwh,"
    " amount_fen=n.amount_fen, covered_fen=0, tiers=n.tiers, due=n.due, first_day=n.first_day, last_day=n.last_day,"
    " rate_permille=n.rate_permille, class=n.class, state=0, change=n.line + $1 FROM new_bill n WHERE n.number=b.number AND"
    " (b.state=3 OR (b.state=0 AND " DIFFERS "))";
static const char insert_bills[] =
    "INSERT INTO bill (number, customer, meter, period, previous, current, multiplier, kwh, amount_fen, tiers, due, first_day, last_day,"
    " rate_permille, class, change) SELECT n.number, n.customer, " CONTENT("n") ", n.line + $1 FROM new_bill n"
    " WHERE NOT EXISTS (SELECT 1 FROM bill b WHERE b.number=n.number)";
static const char withdraw_bills[] =
    "UPDATE bill AS b SET state=3, covered_fen=0, change=$2 + b.id WHERE " GOING;

/* Of each customer with credit, the open bills in order of their due dates; what
 * the older ones need comes first. A bill that is covered whole is paid (by 0). */
static const char plan_cover[] =
    "CREATE TEMPORARY TABLE cover AS SELECT id, customer, need, row_number() OVER (ORDER BY id) AS place,"
    " CASE WHEN credit - before < need THEN credit - before ELSE need END AS part FROM"
    " (SELECT b.id, b.customer, b.amount_fen - b.covered_fen AS need, c.credit_fen AS credit,"
    " coalesce(sum(b.amount_fen - b.covered_fen) OVER (PARTITION BY b.customer ORDER BY b.due, b.number"
    " ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before"
    " FROM customer c JOIN bill b ON b.customer=c.number WHERE c.credit_fen > 0 AND b.state=0 AND b.amount_fen > b.covered_fen) t"
    " WHERE credit > before";
static const char cover_bills[] =
    "UPDATE bill AS b SET covered_fen = b.covered_fen + t.part, change = $1 + t.place, state = CASE WHEN t.part = t.need THEN 1 ELSE 0 END,"
    " paid_by = CASE WHEN t.part = t.need THEN 0 END FROM cover t WHERE t.id=b.id";
static const char use_credit[] =
    "UPDATE customer SET credit_fen = credit_fen - (SELECT sum(part) FROM cover t WHERE t.customer=customer.number)"
    " WHERE number IN (SELECT customer FROM cover)";

/* PostgreSQL knows nothing yet of tables that this very transaction fills, and
 * would read them from end to end for each bill: look-ups by index alone. */
static const char *const look_ups[] = {"SET LOCAL enable_hashjoin=off", "SET LOCAL enable_mergejoin=off", "SET LOCAL enable_seqscan=off"};

static int prepare_pg(struct db *db)
{
    int status = db_run(db, "SELECT pg_advisory_xact_lock(" STORE_LOCK_IMPORT ")", DB_NO_ARGS) < 0 || db_run(db, "ANALYZE new_bill", DB_NO_ARGS) < 0;
    for (size_t i = 0; i < sizeof look_ups / sizeof *look_ups && status == 0; i++)
        status = db_run(db, look_ups[i], DB_NO_ARGS) < 0;
    return status ? -1 : 0;
}

static int64_t next_change(struct db *db) { return db_number(db, "SELECT coalesce(max(id), 0) FROM change", DB_NO_ARGS, -1); }

static void list(struct import_listed *to, int64_t line, const char *number)
{
    to->line = line;
    text_copy(to->number, sizeof to->number, number);
}

/* A number that stands in the books for another customer refuses the file. */
static int64_t find_strangers(struct db *db, struct import_listed *listed, int *count)
{
    int64_t found = 0;
    db_ask(db, strangers, DB_NO_ARGS);
    for (; db_row(db); found++) {
        if (*count == IMPORT_LISTED_MAX) continue;
        list(&listed[*count], db_int(db, 0), db_text(db, 1));
        snprintf(listed[*count].what, sizeof listed->what, "bill %s stands in the books for customer %s", db_text(db, 1), db_text(db, 2));
        ++*count;
    }
    return db_end(db) < 0 ? -1 : found;
}

static int64_t find_differing(struct db *db, struct import_listed *listed, int *count)
{
    int64_t found = 0;
    char ours[MONEY_TEXT_SIZE], theirs[MONEY_TEXT_SIZE];
    db_ask(db, differing, DB_NO_ARGS);
    for (; db_row(db); found++) {
        if (*count == IMPORT_LISTED_MAX) continue;
        list(&listed[*count], db_int(db, 0), db_text(db, 1));
        snprintf(listed[*count].what, sizeof listed->what, "bill %s is paid or out for withholding with %s; the file says %s: it stays",
                 db_text(db, 1), money_format(db_int(db, 2), ours, sizeof ours), money_format(db_int(db, 3), theirs, sizeof theirs));
        ++*count;
    }
    return db_end(db) < 0 ? -1 : found;
}

static int put_bills(struct db *db, bool anything, struct import_counts *c)
{
    int64_t from = next_change(db);
    bool pg = db_kind(db) == DB_POSTGRES;
    if (from < 0 || db_run(db, pg ? customers_pg : customers_sqlite, DB_NO_ARGS) < 0) return -1;
    if (anything && (db_run(db, COVER_BACK(CHANGING), DB_NO_ARGS) < 0 ||
                     (c->changed = db_run(db, update_bills, DB_ARGS(DB_INT(from)))) < 0))
        return -1;
    c->fresh = db_run(db, insert_bills, DB_ARGS(DB_INT(from)));
    c->same = c->records - c->fresh - c->changed - c->paid;
    return c->fresh < 0 ? -1 : 0;
}

static int withdraw(struct db *db, const char *month, struct import_counts *c)
{
    int64_t from = next_change(db);
    if (from < 0 || db_run(db, "CREATE INDEX new_bill_number ON new_bill (number)", DB_NO_ARGS) < 0 ||
        db_run(db, COVER_BACK(GOING), DB_ARGS(DB_TEXT(month))) < 0)
        return -1;
    c->withdrawn = db_run(db, withdraw_bills, DB_ARGS(DB_TEXT(month), DB_INT(from)));
    return c->withdrawn < 0 ? -1 : 0;
}

static int cover(struct db *db, struct import_counts *c)
{
    int64_t from = next_change(db);
    if (from < 0 || db_run(db, plan_cover, DB_NO_ARGS) < 0 || (c->covered = db_run(db, cover_bills, DB_ARGS(DB_INT(from)))) < 0 ||
        db_run(db, use_credit, DB_NO_ARGS) < 0)
        return -1;
    c->covered_fen = db_number(db, "SELECT coalesce(sum(part), 0) FROM cover", DB_NO_ARGS, 0);
    return c->covered_fen < 0 ? -1 : 0;
}

int import_take_over(struct db *db, const char *replace, struct import_counts *counts, struct import_listed *listed,
                     int *listed_count, int64_t *faults, struct error *err)
{
    *listed_count = 0;
    *faults = 0;
    if (db_begin(db) != 0) return db_failed(db, "the bills cannot be taken over", err);
    if (db_kind(db) == DB_POSTGRES && prepare_pg(db) != 0)
        return db_failed(db, "the bills cannot be taken over", err);
    int64_t before = db_number(db, "SELECT count(*) FROM (SELECT 1 FROM bill LIMIT 1) t", DB_NO_ARGS, 0);
    if (before > 0) {
        *faults = find_strangers(db, listed, listed_count);
        if (*faults > 0) return -1;
        counts->differ = find_differing(db, listed, listed_count);
        counts->paid = db_number(db, "SELECT count(*)" BOTH " WHERE b.state IN (1,2)", DB_NO_ARGS, 0);
    }
    if (*faults < 0 || before < 0 || counts->differ < 0 || counts->paid < 0 || put_bills(db, before > 0, counts) != 0 ||
        (replace && withdraw(db, replace, counts) != 0) || cover(db, counts) != 0) {
        *faults = 0;
        return db_failed(db, "the bills cannot be taken over", err);
    }
    return 0;
}
