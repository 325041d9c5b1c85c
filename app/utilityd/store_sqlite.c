/* Books in a SQLite file: one writer, who locks when he begins. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "utilityd/store.h"
#include "utilityd/wal.h"

#define WAIT_MS 60000 /* while an import holds the books */

enum sql { BEGIN, COMMIT, ROLLBACK, STATION_READ, STATION_ADD, KEY_READ, PARTS_READ, CUSTOMER_READ,
           OPEN_READ, BILL_READ, DAY_READ, KEY_ADD, KEY_WRITE, PARTS_DROP, PART_WRITE,
           CUSTOMER_WRITE, CHANGE_READ, BILL_WRITE, DAY_REOPEN, REVERSAL_ADD, SQL_COUNT };

#define BILL_COLUMNS \
    "SELECT b.number, b.customer, b.amount_fen - b.covered_fen, b.due, b.first_day, b.last_day, b.rate_permille," \
    " b.class, b.state, b.id, s.bank, s.branch, p.reference FROM bill b" \
    " LEFT JOIN payment p ON p.id = b.paid_by LEFT JOIN station s ON s.id = p.station"

static const char *const texts[SQL_COUNT] = {
    [BEGIN] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
    [ROLLBACK] = "ROLLBACK",
    [STATION_READ] = "SELECT id FROM station WHERE bank = ?1 AND branch = ?2",
    [STATION_ADD] = "INSERT INTO station (bank, branch) VALUES (?1, ?2) RETURNING id",
    [KEY_READ] = "SELECT id, state, code, reversal, approval, content, origin, customer,"
                 " amount_fen, short_fen, taken, business, flagged, proc FROM payment"
                 " WHERE station = ?1 AND reference = ?2",
    [PARTS_READ] = "SELECT part, bill, place, amount_fen FROM part WHERE payment = ?1"
                   " ORDER BY position",
    [CUSTOMER_READ] = "SELECT credit_fen FROM customer WHERE number = ?1",
    [OPEN_READ] = "SELECT number, customer, amount_fen - covered_fen, due, first_day, last_day, rate_permille,"
                  " class, 0, id FROM bill WHERE customer = ?1 AND state = 0 ORDER BY due",
    [BILL_READ] = BILL_COLUMNS " WHERE b.number = ?1",
    [DAY_READ] = "SELECT closed FROM branch_day WHERE station = ?1 AND business = ?2",
    [DAY_REOPEN] = "INSERT INTO branch_day (station, business, closed, agreed) VALUES (?1, ?2, 1, 0)"
                   " ON CONFLICT DO UPDATE SET closed = 1, agreed = 0",
    [KEY_ADD] =
        "INSERT INTO payment (state, code, reversal, approval, content, customer, amount_fen,"
        " short_fen, taken, business, flagged, proc, aside, station, reference, origin, posted_ms, trace)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)",
    [KEY_WRITE] =
        "UPDATE payment SET state = ?1, code = ?2, reversal = ?3, approval = ?4, content = ?5,"
        " customer = ?6, amount_fen = ?7, short_fen = ?8, taken = ?9, business = ?10, flagged = ?11,"
        " proc = ?12, aside = ?13 WHERE id = ?14",
    [PARTS_DROP] = "DELETE FROM part WHERE payment = ?1",
    [PART_WRITE] = "INSERT INTO part (payment, position, part, bill, place, amount_fen)"
                   " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    [CUSTOMER_WRITE] = "UPDATE customer SET credit_fen = ?2 WHERE number = ?1",
    [CHANGE_READ] = "SELECT coalesce(max(id), 0) FROM change",
    [BILL_WRITE] = "UPDATE bill SET state = ?2, change = ?3, paid_by = ?4 WHERE id = ?1",
    [REVERSAL_ADD] = "INSERT INTO reversal (station, reference, mti, code, maker, checker, at_ms)"
                     " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
};

struct sqlite_store {
    struct store store; /* first: a struct store * is one of these */
    sqlite3 *db;
    sqlite3_stmt *statements[SQL_COUNT];
    int64_t last_station; /* 0: none */
    char last_bank[KEY_BANK_SIZE], last_branch[KEY_BRANCH_SIZE];
    bool new_station; /* in this transaction: not there yet for others */
    struct wal wal;
};

static struct sqlite_store *of(struct store *store)
{
    return (struct sqlite_store *)store;
}

/* After these nobody knows what is on the disk until it is read anew. */
static bool breaks(int code)
{
    code &= 0xff;
    return code == SQLITE_IOERR || code == SQLITE_FULL || code == SQLITE_CORRUPT ||
           code == SQLITE_NOTADB || code == SQLITE_READONLY || code == SQLITE_CANTOPEN;
}

static int failed(struct store *store, const char *where, struct error *err)
{
    store->broken = store->broken || breaks(sqlite3_errcode(of(store)->db));
    return error_all(err, "the utility's books could not be used", where,
                     sqlite3_errmsg(of(store)->db),
                     "see that the disk has room and that no other program has the file open");
}

static sqlite3_stmt *get(struct store *store, enum sql sql)
{
    return of(store)->statements[sql];
}

static void bind_text(sqlite3_stmt *st, int index, const char *text)
{
    sqlite3_bind_text(st, index, text, -1, SQLITE_STATIC);
}

/* Runs a statement; *id, when wanted, is its first row's first column. */
static int run(struct store *store, enum sql sql, int64_t *id, struct error *err)
{
    sqlite3_stmt *st = get(store, sql);
    int rc;
    while ((rc = sqlite3_step(st)) == SQLITE_ROW)
        if (id)
            *id = sqlite3_column_int64(st, 0);
    if (rc != SQLITE_DONE)
        failed(store, texts[sql], err);
    sqlite3_reset(st);
    return rc == SQLITE_DONE ? 0 : -1;
}

static void rollback(struct store *store)
{
    if (of(store)->new_station)
        of(store)->last_station = 0;
    if (!sqlite3_get_autocommit(of(store)->db))
        run(store, ROLLBACK, NULL, NULL);
}

/* --- reading ------------------------------------------------------------------- */

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

/* A station keeps its number for ever; keys come sorted, so the last one is
 * mostly the next one. */
static int read_station(struct store *store, const struct key *key, int64_t *id, struct error *err)
{
    struct sqlite_store *s = of(store);
    if (s->last_station && strcmp(s->last_branch, key->branch) == 0 && strcmp(s->last_bank, key->bank) == 0) {
        *id = s->last_station;
        return 0;
    }
    *id = s->last_station = 0;
    for (int i = 0; i < 2 && *id == 0; i++) {
        enum sql sql = i ? STATION_ADD : STATION_READ;
        bind_text(get(store, sql), 1, key->bank);
        bind_text(get(store, sql), 2, key->branch);
        if (run(store, sql, id, err) != 0)
            return -1;
        s->new_station = s->new_station || i;
    }
    s->last_station = *id;
    text_copy(s->last_bank, sizeof s->last_bank, key->bank);
    text_copy(s->last_branch, sizeof s->last_branch, key->branch);
    return 0;
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
    key->proc = sqlite3_column_int(st, 13);
}

static int read_places(struct store *store, int64_t id, struct judge_key *key, struct error *err)
{
    sqlite3_stmt *st = get(store, PARTS_READ);
    int rc;
    sqlite3_bind_int64(st, 1, id);
    while ((rc = sqlite3_step(st)) == SQLITE_ROW && key->place_count < JUDGE_PLACES_MAX) {
        struct judge_place *place = &key->places[key->place_count++];
        place->part = sqlite3_column_int(st, 0);
        column_text(st, 1, place->bill, sizeof place->bill);
        place->home = (enum judge_home)sqlite3_column_int(st, 2);
        place->amount_fen = sqlite3_column_int64(st, 3);
    }
    if (rc != SQLITE_DONE)
        failed(store, "parts of a payment", err);
    sqlite3_reset(st);
    return rc == SQLITE_DONE ? 0 : -1;
}

static int read_key(struct store *store, struct group *group, size_t i, struct error *err)
{
    sqlite3_stmt *st = get(store, KEY_READ);
    struct judge_key *key = &group->keys[i];
    if (read_station(store, &key->key, &group->station[i], err) != 0)
        return -1;
    sqlite3_bind_int64(st, 1, group->station[i]);
    sqlite3_bind_int64(st, 2, strtoll(key->key.ref, NULL, 10));
    int rc = sqlite3_step(st);
    if (rc == SQLITE_ROW) {
        group->row[i] = sqlite3_column_int64(st, 0);
        take_key(st, key);
    } else if (rc != SQLITE_DONE) {
        failed(store, "a key", err);
    }
    sqlite3_reset(st);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        return -1;
    return group->row[i] ? read_places(store, group->row[i], key, err) : 0;
}

static void take_bill(sqlite3_stmt *st, struct group *group)
{
    struct judge_bill *bill = &group->bills[group->bill_count];
    char class[8], reference[24];
    memset(bill, 0, sizeof *bill);
    column_text(st, 0, bill->number, sizeof bill->number);
    column_text(st, 1, bill->customer, sizeof bill->customer);
    bill->amount_fen = sqlite3_column_int64(st, 2);
    bill->due = sqlite3_column_int(st, 3);
    bill->first = sqlite3_column_int(st, 4);
    bill->last = sqlite3_column_int(st, 5);
    bill->rate_permille = sqlite3_column_int(st, 6);
    column_text(st, 7, class, sizeof class);
    bill->resident = class[0] == BILL_CLASS_RESIDENT;
    bill->state = (enum bill_state)sqlite3_column_int(st, 8);
    group->bill_row[group->bill_count++] = sqlite3_column_int64(st, 9);
    if (bill->state != BILL_PAID)
        return;
    column_text(st, 10, bill->paid_by.bank, sizeof bill->paid_by.bank);
    column_text(st, 11, bill->paid_by.branch, sizeof bill->paid_by.branch);
    snprintf(reference, sizeof reference, "%012lld", (long long)sqlite3_column_int64(st, 12));
    text_copy(bill->paid_by.ref, sizeof bill->paid_by.ref, reference);
}

static int read_bills(struct store *store, enum sql sql, const char *number, struct group *group,
                      struct error *err)
{
    sqlite3_stmt *st = get(store, sql);
    int rc;
    bind_text(st, 1, number);
    while ((rc = sqlite3_step(st)) == SQLITE_ROW && group->bill_count < GROUP_BILLS_MAX)
        take_bill(st, group);
    if (rc == SQLITE_ROW)
        error_all(err, "payments not posted", number, "too many open bills at once", NULL);
    else if (rc != SQLITE_DONE)
        failed(store, "bills", err);
    sqlite3_reset(st);
    return rc == SQLITE_DONE ? 0 : -1;
}

static int read_customer(struct store *store, struct group *group, const char *number,
                         struct error *err)
{
    sqlite3_stmt *st = get(store, CUSTOMER_READ);
    if (!number[0])
        return 0;
    for (size_t i = 0; i < group->customer_count; i++)
        if (strcmp(group->customers[i].number, number) == 0)
            return 0;
    bind_text(st, 1, number);
    int rc = sqlite3_step(st);
    struct judge_customer *customer = rc == SQLITE_ROW ? group_customer(group, number) : NULL;
    if (customer)
        customer->credit_fen = sqlite3_column_int64(st, 0);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        failed(store, "a customer", err);
    sqlite3_reset(st);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        return -1;
    return customer ? read_bills(store, OPEN_READ, number, group, err) : 0;
}

static int read_named(struct store *store, struct group *group, const char *number,
                      struct error *err)
{
    return number[0] && !group_has_bill(group, number) ? read_bills(store, BILL_READ, number, group, err) : 0;
}

static int read_request(struct store *store, struct group *group, size_t i, struct error *err)
{
    const struct judge_request *request = &group->requests[i];
    sqlite3_stmt *st = get(store, DAY_READ);
    int64_t closed = 0, station = group->station[group->key_of[i]];
    day_t day = group_business(group, i);
    for (size_t p = 0; p < request->part_count; p++)
        if (read_named(store, group, request->parts[p].bill, err) != 0)
            return -1;
    if (i > 0 && group->station[group->key_of[i - 1]] == station && group_business(group, i - 1) == day) {
        group->closed[i] = group->closed[i - 1];
        return 0;
    }
    sqlite3_bind_int64(st, 1, station);
    sqlite3_bind_int(st, 2, day);
    if (run(store, DAY_READ, &closed, err) != 0)
        return -1;
    group->closed[i] = closed != 0;
    return 0;
}

static int read_rows(struct store *store, struct group *group, struct error *err)
{
    for (size_t i = 0; i < group->key_count; i++)
        if (read_key(store, group, i, err) != 0 ||
            read_customer(store, group, group->keys[i].customer, err) != 0)
            return -1;
    for (size_t i = 0; i < group->count; i++)
        if (read_customer(store, group, group->requests[i].customer, err) != 0)
            return -1;
    for (size_t i = 0; i < group->count; i++)
        if (read_request(store, group, i, err) != 0)
            return -1;
    for (size_t i = 0; i < group->key_count; i++)
        for (size_t p = 0; p < group->keys[i].place_count; p++)
            if (read_named(store, group, group->keys[i].places[p].bill, err) != 0)
                return -1;
    return 0;
}

static int read_group(struct store *store, struct group *group, struct error *err)
{
    of(store)->new_station = false;
    if (run(store, BEGIN, NULL, err) == 0 && read_rows(store, group, err) == 0)
        return 0;
    rollback(store);
    return -1;
}

/* --- writing ------------------------------------------------------------------- */

static void bind_row(sqlite3_stmt *st, const struct judge_key *key)
{
    sqlite3_bind_int(st, 1, (int)key->state);
    bind_text(st, 2, key->code);
    bind_text(st, 3, key->reversal);
    bind_text(st, 4, key->approval);
    if (key->has_content)
        sqlite3_bind_blob(st, 5, key->content, JUDGE_DIGEST_SIZE, SQLITE_STATIC);
    else
        sqlite3_bind_null(st, 5);
    bind_text(st, 6, key->customer);
    sqlite3_bind_int64(st, 7, key->amount_fen);
    sqlite3_bind_int64(st, 8, key->short_fen);
    sqlite3_bind_int(st, 9, key->taken);
    sqlite3_bind_int(st, 10, key->business);
    sqlite3_bind_int(st, 11, key->flagged);
    sqlite3_bind_int(st, 12, key->proc);
    sqlite3_bind_int(st, 13, group_aside(key));
}

static int write_places(struct store *store, int64_t id, const struct judge_key *key,
                        struct error *err)
{
    sqlite3_stmt *st = get(store, PART_WRITE);
    for (size_t i = 0; i < key->place_count; i++) {
        sqlite3_bind_int64(st, 1, id);
        sqlite3_bind_int(st, 2, (int)i);
        sqlite3_bind_int(st, 3, key->places[i].part);
        bind_text(st, 4, key->places[i].bill);
        sqlite3_bind_int(st, 5, (int)key->places[i].home);
        sqlite3_bind_int64(st, 6, key->places[i].amount_fen);
        if (run(store, PART_WRITE, NULL, err) != 0)
            return -1;
    }
    return 0;
}

static int add_key(struct store *store, struct group *group, size_t i, struct error *err)
{
    const struct judge_key *key = &group->keys[i];
    sqlite3_stmt *st = get(store, KEY_ADD);
    bind_row(st, key);
    sqlite3_bind_int64(st, 14, group->station[i]);
    sqlite3_bind_int64(st, 15, strtoll(key->key.ref, NULL, 10));
    sqlite3_bind_blob(st, 16, key->origin, JUDGE_DIGEST_SIZE, SQLITE_STATIC);
    sqlite3_bind_int64(st, 17, group->now_ms);
    bind_text(st, 18, key->trace);
    if (run(store, KEY_ADD, NULL, err) != 0)
        return -1;
    group->row[i] = sqlite3_last_insert_rowid(of(store)->db);
    return 0;
}

static int change_key(struct store *store, struct group *group, size_t i, struct error *err)
{
    bind_row(get(store, KEY_WRITE), &group->keys[i]);
    sqlite3_bind_int64(get(store, KEY_WRITE), 14, group->row[i]);
    sqlite3_bind_int64(get(store, PARTS_DROP), 1, group->row[i]);
    return run(store, KEY_WRITE, NULL, err) != 0 || run(store, PARTS_DROP, NULL, err) != 0 ? -1 : 0;
}

static int write_key(struct store *store, struct group *group, size_t i, struct error *err)
{
    if (group->keys[i].changed &&
        ((group->row[i] ? change_key : add_key)(store, group, i, err) != 0 ||
         write_places(store, group->row[i], &group->keys[i], err) != 0))
        return -1;
    if (!group->reopened[i])
        return 0;
    sqlite3_bind_int64(get(store, DAY_REOPEN), 1, group->station[i]);
    sqlite3_bind_int(get(store, DAY_REOPEN), 2, group->keys[i].business);
    return run(store, DAY_REOPEN, NULL, err);
}

static int write_customers(struct store *store, const struct group *group, struct error *err)
{
    sqlite3_stmt *st = get(store, CUSTOMER_WRITE);
    for (size_t i = 0; i < group->customer_count; i++) {
        bind_text(st, 1, group->customers[i].number);
        sqlite3_bind_int64(st, 2, group->customers[i].credit_fen);
        if (group->customers[i].changed && run(store, CUSTOMER_WRITE, NULL, err) != 0)
            return -1;
    }
    return 0;
}

static int write_bills(struct store *store, const struct group *group, struct error *err)
{
    sqlite3_stmt *st = get(store, BILL_WRITE);
    int64_t change = -1;
    for (size_t i = 0; i < group->bill_count; i++) {
        const struct judge_bill *bill = &group->bills[i];
        if (!bill->changed)
            continue;
        if (change < 0 && run(store, CHANGE_READ, &change, err) != 0)
            return -1;
        sqlite3_bind_int64(st, 1, group->bill_row[i]);
        sqlite3_bind_int(st, 2, (int)bill->state);
        sqlite3_bind_int64(st, 3, ++change);
        int payer = bill->state == BILL_PAID ? group_key(group, &bill->paid_by) : -1;
        if (payer >= 0)
            sqlite3_bind_int64(st, 4, group->row[payer]);
        else
            sqlite3_bind_null(st, 4);
        if (run(store, BILL_WRITE, NULL, err) != 0)
            return -1;
    }
    return 0;
}

static int write_reversals(struct store *store, const struct group *group, struct error *err)
{
    sqlite3_stmt *st = get(store, REVERSAL_ADD);
    for (size_t i = 0; i < group->count; i++) {
        const struct judge_request *request = &group->requests[i];
        if (!judge_is_reversal_to_keep(request, &group->answers[i]))
            continue;
        sqlite3_bind_int64(st, 1, group->station[group->key_of[i]]);
        sqlite3_bind_int64(st, 2, strtoll(request->key.ref, NULL, 10));
        bind_text(st, 3, request->kind == JUDGE_UNDO ? "0420" : "0400");
        bind_text(st, 4, group->answers[i].code);
        bind_text(st, 5, request->maker);
        bind_text(st, 6, request->checker);
        sqlite3_bind_int64(st, 7, group->now_ms);
        if (run(store, REVERSAL_ADD, NULL, err) != 0)
            return -1;
    }
    return 0;
}

static int write_group(struct store *store, struct group *group, struct error *err)
{
    int result = 0;
    for (size_t i = 0; i < group->key_count && result == 0; i++)
        result = write_key(store, group, i, err);
    if (result == 0 && write_customers(store, group, err) == 0 && write_bills(store, group, err) == 0 &&
        write_reversals(store, group, err) == 0 && run(store, COMMIT, NULL, err) == 0)
        return 0;
    rollback(store);
    return -1;
}

static void rest(struct store *store)
{
    wal_rest(&of(store)->wal);
}

/* --- opening and closing ----------------------------------------------------------- */

static void close_store(struct store *store)
{
    struct sqlite_store *s = of(store);
    wal_stop(&s->wal);
    for (int i = 0; i < SQL_COUNT; i++)
        sqlite3_finalize(s->statements[i]);
    sqlite3_close(s->db);
    free(store->group);
    free(s);
}

static const struct store_ops ops = {read_group, write_group, rest, close_store};

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
    sqlite3_busy_timeout(s->db, WAIT_MS);
    sqlite3_exec(s->db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                        "PRAGMA recursive_triggers=ON; PRAGMA trusted_schema=OFF;"
                        "PRAGMA cache_size=-262144", NULL, NULL, NULL);
    if (!pragma_is(s->db, "PRAGMA journal_mode", "wal") ||
        !pragma_is(s->db, "PRAGMA synchronous", "2") ||
        !pragma_is(s->db, "PRAGMA recursive_triggers", "1"))
        return error_all(err, "the utility's books were not opened", path,
                         "the database does not work in WAL with synchronous=FULL",
                         "keep it on a local disk");
    for (int i = 0; i < SQL_COUNT; i++)
        if (sqlite3_prepare_v3(s->db, texts[i], -1, SQLITE_PREPARE_PERSISTENT, &s->statements[i],
                               NULL) != SQLITE_OK)
            return failed(&s->store, texts[i], err);
    return wal_start(&s->wal, s->db, path, err);
}

struct store *store_sqlite_open(const char *path, struct error *err)
{
    struct sqlite_store *s = calloc(1, sizeof *s);
    if (!s)
        return error_all(err, "the utility's books were not opened", path, "out of memory", NULL),
               NULL;
    s->store.ops = &ops;
    if (sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
        failed(&s->store, path, err);
    } else if (prepare(s, path, err) == 0) {
        return &s->store;
    }
    close_store(&s->store);
    return NULL;
}
