#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "utilityd/schema.sql.h"
#include "utilityd/store.h"

enum sql { BEGIN, COMMIT, ROLLBACK, STATION_ADD, KEY_READ, PARTS_READ, CUSTOMER_READ, OPEN_READ,
           BILL_READ, DAY_READ, KEY_WRITE, PARTS_DROP, PART_WRITE, CUSTOMER_WRITE, BILL_WRITE,
           DAY_REOPEN, SQL_COUNT };

#define BILL_COLUMNS \
    "SELECT b.number, b.customer, b.amount_fen - b.covered_fen, b.due, b.first_day, b.last_day, b.rate_permille," \
    " b.resident, b.state, s.bank, s.branch, p.reference FROM bill b" \
    " LEFT JOIN payment p ON p.id = b.paid_by LEFT JOIN station s ON s.id = p.station"
#define STATION "(SELECT id FROM station WHERE bank = ?1 AND branch = ?2)"

static const char *const texts[SQL_COUNT] = {
    [BEGIN] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
    [ROLLBACK] = "ROLLBACK",
    [STATION_ADD] = "INSERT OR IGNORE INTO station (bank, branch) VALUES (?1, ?2)",
    [KEY_READ] = "SELECT id, state, code, reversal, approval, content, origin, customer,"
                 " amount_fen, short_fen, taken, business, flagged FROM payment"
                 " WHERE station = " STATION " AND reference = ?3",
    [PARTS_READ] = "SELECT part, bill, place, amount_fen FROM part WHERE payment = ?1"
                   " ORDER BY position",
    [CUSTOMER_READ] = "SELECT credit_fen FROM customer WHERE number = ?1",
    [OPEN_READ] = BILL_COLUMNS " WHERE b.customer = ?1 AND b.state = 0 ORDER BY b.due",
    [BILL_READ] = BILL_COLUMNS " WHERE b.number = ?1",
    [DAY_READ] = "SELECT closed FROM branch_day WHERE station = " STATION " AND business = ?3",
    [DAY_REOPEN] = "UPDATE branch_day SET agreed = 0 WHERE closed = 1 AND station = " STATION
                   " AND business = ?3",
    [KEY_WRITE] =
        "INSERT INTO payment (station, reference, state, code, reversal, approval, content, origin,"
        " customer, amount_fen, short_fen, taken, business, flagged, posted_ms)"
        " VALUES (" STATION ", ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)"
        " ON CONFLICT (station, reference) DO UPDATE SET state = excluded.state,"
        " code = excluded.code, reversal = excluded.reversal, approval = excluded.approval,"
        " content = excluded.content, customer = excluded.customer,"
        " amount_fen = excluded.amount_fen, short_fen = excluded.short_fen,"
        " taken = excluded.taken, business = excluded.business, flagged = excluded.flagged"
        " RETURNING id",
    [PARTS_DROP] = "DELETE FROM part WHERE payment = ?1",
    [PART_WRITE] = "INSERT INTO part (payment, position, part, bill, place, amount_fen)"
                   " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    [CUSTOMER_WRITE] = "UPDATE customer SET credit_fen = ?2 WHERE number = ?1",
    [BILL_WRITE] = "UPDATE bill SET state = ?5, change = (SELECT max(change) + 1 FROM bill),"
                   " paid_by = (SELECT id FROM payment WHERE station = " STATION
                   " AND reference = ?3) WHERE number = ?4",
};

struct sqlite_store {
    struct store store; /* first: a struct store * is one of these */
    sqlite3 *db;
    sqlite3_stmt *statements[SQL_COUNT];
};

static struct sqlite_store *of(struct store *store)
{
    return (struct sqlite_store *)store;
}

static int failed(sqlite3 *db, const char *where, struct error *err)
{
    return error_all(err, "the utility's books could not be used", where, sqlite3_errmsg(db),
                     "see that the disk has room and that no other program has the file open");
}

/* A key is always parameters 1 to 3; a station alone 1 and 2. */
static void bind_key(sqlite3_stmt *st, const struct key *key)
{
    sqlite3_bind_text(st, 1, key->bank, -1, SQLITE_STATIC);
    sqlite3_bind_text(st, 2, key->branch, -1, SQLITE_STATIC);
    if (sqlite3_bind_parameter_count(st) >= 3)
        sqlite3_bind_int64(st, 3, strtoll(key->ref, NULL, 10));
}

static void bind_text(sqlite3_stmt *st, int index, const char *text)
{
    sqlite3_bind_text(st, index, text, -1, SQLITE_STATIC);
}

/* Runs a statement that gives no row that anybody wants. */
static int run(struct store *store, enum sql sql, struct error *err)
{
    sqlite3_stmt *st = of(store)->statements[sql];
    int rc;
    while ((rc = sqlite3_step(st)) == SQLITE_ROW)
        ;
    sqlite3_reset(st);
    return rc == SQLITE_DONE ? 0 : failed(of(store)->db, texts[sql], err);
}

static int begin(struct store *store, struct error *err) { return run(store, BEGIN, err); }
static int commit(struct store *store, struct error *err) { return run(store, COMMIT, err); }

static void rollback(struct store *store)
{
    if (!sqlite3_get_autocommit(of(store)->db))
        run(store, ROLLBACK, NULL);
}

static void column_text(sqlite3_stmt *st, int column, char *dst, size_t size)
{
    const char *text = (const char *)sqlite3_column_text(st, column);
    text_copy(dst, size, text ? text : "");
}

static void column_digest(sqlite3_stmt *st, int column, uint8_t digest[JUDGE_DIGEST_SIZE])
{
    if (sqlite3_column_bytes(st, column) == JUDGE_DIGEST_SIZE)
        memcpy(digest, sqlite3_column_blob(st, column), JUDGE_DIGEST_SIZE);
}

static void take_key(sqlite3_stmt *st, struct judge_key *key)
{
    key->state = (enum key_state)sqlite3_column_int(st, 1);
    column_text(st, 2, key->code, sizeof key->code);
    column_text(st, 3, key->reversal, sizeof key->reversal);
    column_text(st, 4, key->approval, sizeof key->approval);
    key->has_content = sqlite3_column_type(st, 5) != SQLITE_NULL;
    column_digest(st, 5, key->content);
    column_digest(st, 6, key->origin);
    column_text(st, 7, key->customer, sizeof key->customer);
    key->amount_fen = sqlite3_column_int64(st, 8);
    key->short_fen = sqlite3_column_int64(st, 9);
    key->taken = sqlite3_column_int(st, 10);
    key->business = sqlite3_column_int(st, 11);
    key->flagged = sqlite3_column_int(st, 12) != 0;
}

static int read_places(struct store *store, int64_t id, struct judge_key *key, struct error *err)
{
    sqlite3_stmt *st = of(store)->statements[PARTS_READ];
    int rc;
    sqlite3_bind_int64(st, 1, id);
    while ((rc = sqlite3_step(st)) == SQLITE_ROW && key->place_count < JUDGE_PLACES_MAX) {
        struct judge_place *place = &key->places[key->place_count++];
        place->part = sqlite3_column_int(st, 0);
        column_text(st, 1, place->bill, sizeof place->bill);
        place->home = (enum judge_home)sqlite3_column_int(st, 2);
        place->amount_fen = sqlite3_column_int64(st, 3);
    }
    sqlite3_reset(st);
    return rc == SQLITE_DONE ? 0 : failed(of(store)->db, "parts of a payment", err);
}

static int read_keys(struct store *store, struct judge_key *keys, size_t count, struct error *err)
{
    sqlite3_stmt *st = of(store)->statements[KEY_READ];
    for (size_t i = 0; i < count; i++) {
        bind_key(st, &keys[i].key);
        int rc = sqlite3_step(st);
        int64_t id = 0;
        if (rc == SQLITE_ROW) {
            id = sqlite3_column_int64(st, 0);
            take_key(st, &keys[i]);
        }
        sqlite3_reset(st);
        if (rc != SQLITE_ROW && rc != SQLITE_DONE)
            return failed(of(store)->db, "a key", err);
        if (id && read_places(store, id, &keys[i], err) != 0)
            return -1;
    }
    return 0;
}

static int read_customers(struct store *store, struct judge_customer *customers, bool *found,
                          size_t count, struct error *err)
{
    sqlite3_stmt *st = of(store)->statements[CUSTOMER_READ];
    for (size_t i = 0; i < count; i++) {
        bind_text(st, 1, customers[i].number);
        int rc = sqlite3_step(st);
        found[i] = rc == SQLITE_ROW;
        if (found[i])
            customers[i].credit_fen = sqlite3_column_int64(st, 0);
        sqlite3_reset(st);
        if (rc != SQLITE_ROW && rc != SQLITE_DONE)
            return failed(of(store)->db, "a customer", err);
    }
    return 0;
}

static void take_bill(sqlite3_stmt *st, struct judge_bill *bill)
{
    memset(bill, 0, sizeof *bill);
    column_text(st, 0, bill->number, sizeof bill->number);
    column_text(st, 1, bill->customer, sizeof bill->customer);
    bill->amount_fen = sqlite3_column_int64(st, 2);
    bill->due = sqlite3_column_int(st, 3);
    bill->first = sqlite3_column_int(st, 4);
    bill->last = sqlite3_column_int(st, 5);
    bill->rate_permille = sqlite3_column_int(st, 6);
    bill->resident = sqlite3_column_int(st, 7) != 0;
    bill->state = (enum bill_state)sqlite3_column_int(st, 8);
    if (bill->state != BILL_PAID)
        return;
    column_text(st, 9, bill->paid_by.bank, sizeof bill->paid_by.bank);
    column_text(st, 10, bill->paid_by.branch, sizeof bill->paid_by.branch);
    char reference[24];
    snprintf(reference, sizeof reference, "%012lld", (long long)sqlite3_column_int64(st, 11));
    text_copy(bill->paid_by.ref, sizeof bill->paid_by.ref, reference);
}

static int read_bills(struct store *store, enum sql sql, const char *number,
                      struct group_bills *out, struct error *err)
{
    sqlite3_stmt *st = of(store)->statements[sql];
    int rc;
    bind_text(st, 1, number);
    while ((rc = sqlite3_step(st)) == SQLITE_ROW && out->count < GROUP_BILLS_MAX)
        take_bill(st, &out->rows[out->count++]);
    sqlite3_reset(st);
    if (rc == SQLITE_ROW)
        return error_all(err, "payments not posted", number, "too many open bills at once", NULL);
    return rc == SQLITE_DONE ? 0 : failed(of(store)->db, "bills", err);
}

static int read_open_bills(struct store *store, const char *customer, struct group_bills *out,
                           struct error *err)
{
    return read_bills(store, OPEN_READ, customer, out, err);
}

static int read_bill(struct store *store, const char *number, struct group_bills *out,
                     struct error *err)
{
    return read_bills(store, BILL_READ, number, out, err);
}

static int day_closed(struct store *store, const struct key *key, day_t business, bool *closed,
                      struct error *err)
{
    sqlite3_stmt *st = of(store)->statements[DAY_READ];
    bind_key(st, key);
    sqlite3_bind_int(st, 3, business);
    int rc = sqlite3_step(st);
    *closed = rc == SQLITE_ROW && sqlite3_column_int(st, 0) != 0;
    sqlite3_reset(st);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : failed(of(store)->db, "a day", err);
}

static void bind_row(sqlite3_stmt *st, const struct judge_key *key, int64_t now_ms)
{
    bind_key(st, &key->key);
    sqlite3_bind_int(st, 4, (int)key->state);
    bind_text(st, 5, key->code);
    bind_text(st, 6, key->reversal);
    bind_text(st, 7, key->approval);
    if (key->has_content)
        sqlite3_bind_blob(st, 8, key->content, JUDGE_DIGEST_SIZE, SQLITE_STATIC);
    else
        sqlite3_bind_null(st, 8);
    sqlite3_bind_blob(st, 9, key->origin, JUDGE_DIGEST_SIZE, SQLITE_STATIC);
    bind_text(st, 10, key->customer);
    sqlite3_bind_int64(st, 11, key->amount_fen);
    sqlite3_bind_int64(st, 12, key->short_fen);
    sqlite3_bind_int(st, 13, key->taken);
    sqlite3_bind_int(st, 14, key->business);
    sqlite3_bind_int(st, 15, key->flagged);
    sqlite3_bind_int64(st, 16, now_ms);
}

static int write_places(struct store *store, int64_t id, const struct judge_key *key,
                        struct error *err)
{
    sqlite3_stmt *st = of(store)->statements[PART_WRITE];
    sqlite3_bind_int64(of(store)->statements[PARTS_DROP], 1, id);
    if (run(store, PARTS_DROP, err) != 0)
        return -1;
    for (size_t i = 0; i < key->place_count; i++) {
        sqlite3_bind_int64(st, 1, id);
        sqlite3_bind_int(st, 2, (int)i);
        sqlite3_bind_int(st, 3, key->places[i].part);
        bind_text(st, 4, key->places[i].bill);
        sqlite3_bind_int(st, 5, (int)key->places[i].home);
        sqlite3_bind_int64(st, 6, key->places[i].amount_fen);
        if (run(store, PART_WRITE, err) != 0)
            return -1;
    }
    return 0;
}

static int write_key(struct store *store, const struct judge_key *key, int64_t now_ms,
                     struct error *err)
{
    sqlite3_stmt *st = of(store)->statements[KEY_WRITE];
    bind_key(of(store)->statements[STATION_ADD], &key->key);
    if (run(store, STATION_ADD, err) != 0)
        return -1;
    bind_row(st, key, now_ms);
    int64_t id = sqlite3_step(st) == SQLITE_ROW ? sqlite3_column_int64(st, 0) : 0;
    int rc = id ? sqlite3_step(st) : SQLITE_ERROR;
    sqlite3_reset(st);
    if (rc != SQLITE_DONE)
        return failed(of(store)->db, "writing a key", err);
    return write_places(store, id, key, err);
}

/* Whatever changes a key of a day that was agreed, the day is to be agreed anew. */
static int reopen_day(struct store *store, const struct judge_key *key, struct error *err)
{
    sqlite3_stmt *st = of(store)->statements[DAY_REOPEN];
    bind_text(st, 1, key->key.bank);
    bind_text(st, 2, key->key.branch);
    sqlite3_bind_int(st, 3, key->business);
    return run(store, DAY_REOPEN, err);
}

static int write_keys(struct store *store, const struct judge_key *keys, size_t count,
                      int64_t now_ms, struct error *err)
{
    for (size_t i = 0; i < count; i++)
        if (keys[i].changed && (write_key(store, &keys[i], now_ms, err) != 0 ||
                                reopen_day(store, &keys[i], err) != 0))
            return -1;
    return 0;
}

static int write_customers(struct store *store, const struct judge_customer *customers,
                           size_t count, struct error *err)
{
    sqlite3_stmt *st = of(store)->statements[CUSTOMER_WRITE];
    for (size_t i = 0; i < count; i++) {
        bind_text(st, 1, customers[i].number);
        sqlite3_bind_int64(st, 2, customers[i].credit_fen);
        if (customers[i].changed && run(store, CUSTOMER_WRITE, err) != 0)
            return -1;
    }
    return 0;
}

static int write_bills(struct store *store, const struct group_bills *bills, struct error *err)
{
    sqlite3_stmt *st = of(store)->statements[BILL_WRITE];
    for (size_t i = 0; i < bills->count; i++) {
        const struct judge_bill *bill = &bills->rows[i];
        bind_key(st, &bill->paid_by); /* all empty for an open bill: paid_by NULL */
        bind_text(st, 4, bill->number);
        sqlite3_bind_int(st, 5, (int)bill->state);
        if (bill->changed && run(store, BILL_WRITE, err) != 0)
            return -1;
    }
    return 0;
}

static void close_store(struct store *store)
{
    for (int i = 0; i < SQL_COUNT; i++)
        sqlite3_finalize(of(store)->statements[i]);
    sqlite3_close(of(store)->db);
    free(store);
}

static const struct store_ops ops = {
    .begin = begin, .read_keys = read_keys, .read_customers = read_customers,
    .read_open_bills = read_open_bills, .read_bill = read_bill, .day_closed = day_closed,
    .write_keys = write_keys, .write_customers = write_customers, .write_bills = write_bills,
    .commit = commit, .rollback = rollback, .close = close_store,
};

static bool pragma_is(sqlite3 *db, const char *pragma, const char *wanted)
{
    sqlite3_stmt *st = NULL;
    bool is = sqlite3_prepare_v2(db, pragma, -1, &st, NULL) == SQLITE_OK &&
              sqlite3_step(st) == SQLITE_ROW &&
              strcmp((const char *)sqlite3_column_text(st, 0), wanted) == 0;
    sqlite3_finalize(st);
    return is;
}

static int prepare(struct sqlite_store *s, const char *path, struct error *err)
{
    sqlite3_exec(s->db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                        "PRAGMA recursive_triggers=ON; PRAGMA trusted_schema=OFF;"
                        "PRAGMA wal_autocheckpoint=10000; PRAGMA busy_timeout=10000", NULL, NULL, NULL);
    if (!pragma_is(s->db, "PRAGMA journal_mode", "wal") ||
        !pragma_is(s->db, "PRAGMA synchronous", "2") ||
        !pragma_is(s->db, "PRAGMA recursive_triggers", "1"))
        return error_all(err, "the utility's books were not opened", path,
                         "the database does not work in WAL with synchronous=FULL",
                         "keep it on a local disk");
    if (pragma_is(s->db, "PRAGMA schema_version", "0") &&
        sqlite3_exec(s->db, schema_sql, NULL, NULL, NULL) != SQLITE_OK)
        return failed(s->db, path, err);
    for (int i = 0; i < SQL_COUNT; i++)
        if (sqlite3_prepare_v3(s->db, texts[i], -1, SQLITE_PREPARE_PERSISTENT, &s->statements[i],
                               NULL) != SQLITE_OK)
            return failed(s->db, texts[i], err);
    return 0;
}

struct store *store_sqlite_open(const char *path, struct error *err)
{
    struct sqlite_store *s = calloc(1, sizeof *s);
    if (!s)
        return error_all(err, "the utility's books were not opened", path, "out of memory", NULL),
               NULL;
    s->store.ops = &ops;
    if (sqlite3_open(path, &s->db) != SQLITE_OK) {
        failed(s->db, path, err);
    } else if (prepare(s, path, err) == 0) {
        return &s->store;
    }
    close_store(&s->store);
    return NULL;
}
