#include "branchd/copy.h"

#include <assert.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "branchd/copy.sql.h"
#include "branchd/pinyin.h"

#define COPY_VERSION 1
#define INITIALS_SIZE 64

enum query { PUT_CUSTOMER, PUT_BILL, MOVE_ON, BEGIN_FEED, END_FEED, READ_FEED, COUNT_OPEN,
             READ_CUSTOMER, READ_BILLS, COUNT_FOUND, READ_FOUND, QUERIES };
static const char *const sql[QUERIES] = {
    [PUT_CUSTOMER] = "INSERT INTO customer VALUES (?,?,?,?,?) ON CONFLICT DO UPDATE SET name=excluded.name,"
                     " address=excluded.address, meter=excluded.meter, initials=excluded.initials",
    [PUT_BILL] = "INSERT INTO bill VALUES (?,?,?,?,?,?) ON CONFLICT DO UPDATE SET customer=excluded.customer,"
                 " due=excluded.due, state=excluded.state, amount_fen=excluded.amount_fen, record=excluded.record",
    [MOVE_ON] = "UPDATE feed SET change=?",
    [BEGIN_FEED] = "UPDATE feed SET target=max(?,change), going_ms=?, next_year_permille=?, minimum_fen=?,"
                   " cap_fen=?, oldest_first=?, part_payment=?",
    [END_FEED] = "UPDATE feed SET made_at_ms=going_ms, change=target WHERE going_ms > 0",
    [READ_FEED] = "SELECT made_at_ms, change, target, next_year_permille, minimum_fen, cap_fen, oldest_first,"
                  " part_payment FROM feed",
    [COUNT_OPEN] = "SELECT count(*) FROM bill WHERE state='open'",
    [READ_CUSTOMER] = "SELECT name, address, meter FROM customer WHERE number=?",
    [READ_BILLS] = "SELECT state, record FROM bill WHERE customer=? AND state IN ('open','withheld')"
                   " ORDER BY due, number",
    [COUNT_FOUND] = "SELECT count(*) FROM customer WHERE found(?1, number, name, address, meter, initials)",
    [READ_FOUND] = "SELECT c.number, name, address, meter, count(b.number), coalesce(sum(b.amount_fen),0)"
                   " FROM (SELECT * FROM customer WHERE found(?1, number, name, address, meter, initials)"
                   " ORDER BY number LIMIT ?2 OFFSET ?3) c LEFT JOIN bill b ON b.customer=c.number AND b.state='open'"
                   " GROUP BY c.number ORDER BY c.number",
};
static const char *const state_words[] = {"open", "paid", "withheld", "withdrawn"};

struct copy {
    sqlite3 *db;
    sqlite3_stmt *query[QUERIES];
};

bool copy_state_parse(const char *word, enum copy_state *out)
{
    for (int i = 0; i < 4; i++)
        if (strcmp(word, state_words[i]) == 0) {
            *out = (enum copy_state)i;
            return true;
        }
    return false;
}

static int refuse(struct copy *copy, const char *what, struct error *err)
{
    error_set(err, "%s", what);
    error_where(err, "copy of the bills");
    error_why(err, "%s", copy->db ? sqlite3_errmsg(copy->db) : "no memory");
    return error_remedy(err, "look at the disk; the file may be deleted, it is fetched again");
}

/* Runs a statement to its end and readies it again. */
static bool done(sqlite3_stmt *q)
{
    int status = sqlite3_step(q);
    sqlite3_reset(q);
    sqlite3_clear_bindings(q);
    return status == SQLITE_DONE;
}

static void bind_text(sqlite3_stmt *q, int at, const char *text)
{
    sqlite3_bind_text(q, at, text, -1, SQLITE_TRANSIENT);
}

static void read_text(sqlite3_stmt *q, int column, char *dst, size_t size)
{
    const char *text = (const char *)sqlite3_column_text(q, column);
    if (!text_copy(dst, size, text ? text : "")) dst[0] = '\0';
}

/* --- searching ----------------------------------------------------------------- */

static bool initials_match(const char *stored, const char *typed)
{
    for (; *typed; stored++, typed++)
        if (*stored != *typed && *stored != PINYIN_UNKNOWN) return false;
    return true;
}

static bool ends_with(const char *text, const char *end)
{
    size_t a = strlen(text), b = strlen(end);
    return b <= a && strcmp(text + a - b, end) == 0;
}

/* found(typed, number, name, address, meter, initials) */
static void sql_found(sqlite3_context *out, int count, sqlite3_value **v)
{
    const char *t[6];
    for (int i = 0; i < 6; i++)
        t[i] = (const char *)sqlite3_value_text(v[i]);
    const char *typed = t[0];
    size_t len = strlen(typed);
    bool hit = strstr(t[2], typed) || strstr(t[3], typed);
    if (!hit && text_digits(typed)) hit = strncmp(t[1], typed, len) == 0 || ends_with(t[4], typed);
    if (!hit && text_alnum(typed)) hit = strcasestr(t[2], typed) != NULL || initials_match(t[5], typed);
    sqlite3_result_int(out, hit);
}

/* --- opening ------------------------------------------------------------------- */

static bool prepare(struct copy *copy)
{
    for (int i = 0; i < QUERIES; i++)
        if (sqlite3_prepare_v3(copy->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &copy->query[i], NULL))
            return false;
    return true;
}

/* True when the file is sound and of this version (a new one is made so). */
static bool make_ready(struct copy *copy)
{
    sqlite3_stmt *q = NULL;
    bool good = sqlite3_exec(copy->db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;", NULL, NULL, NULL) == 0 &&
                sqlite3_exec(copy->db, copy_sql, NULL, NULL, NULL) == 0 &&
                sqlite3_exec(copy->db, "INSERT OR IGNORE INTO feed VALUES (1,1,0,0,0,0,3,0,0,1,0)", NULL, NULL, NULL) == 0 &&
                sqlite3_create_function(copy->db, "found", 6, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL,
                                        sql_found, NULL, NULL) == 0 &&
                sqlite3_prepare_v2(copy->db, "SELECT version FROM feed", -1, &q, NULL) == 0 &&
                sqlite3_step(q) == SQLITE_ROW && sqlite3_column_int(q, 0) == COPY_VERSION;
    sqlite3_finalize(q);
    q = NULL;
    good = good && sqlite3_prepare_v2(copy->db, "PRAGMA quick_check(1)", -1, &q, NULL) == 0 &&
           sqlite3_step(q) == SQLITE_ROW && strcmp((const char *)sqlite3_column_text(q, 0), "ok") == 0;
    sqlite3_finalize(q);
    return good && prepare(copy);
}

static void shut(struct copy *copy)
{
    for (int i = 0; i < QUERIES; i++) {
        sqlite3_finalize(copy->query[i]);
        copy->query[i] = NULL;
    }
    sqlite3_close(copy->db);
    copy->db = NULL;
}

static void remove_files(const char *path)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (int i = 0; i < 3; i++) {
        char *name = sqlite3_mprintf("%s%s", path, ends[i]);
        if (name) unlink(name);
        sqlite3_free(name);
    }
}

struct copy *copy_open(const char *path, struct error *err)
{
    struct copy *copy = calloc(1, sizeof *copy);
    if (copy == NULL) {
        error_all(err, "cannot open the copy of the bills", path, "no memory", NULL);
        return NULL;
    }
    for (int attempt = 0; attempt < 2; attempt++) {
        if (sqlite3_open(path, &copy->db) == SQLITE_OK && make_ready(copy)) return copy;
        if (attempt == 0) {
            shut(copy);
            remove_files(path);
        }
    }
    refuse(copy, "cannot open the copy of the bills", err);
    shut(copy);
    free(copy);
    return NULL;
}

void copy_close(struct copy *copy)
{
    if (copy == NULL) return;
    shut(copy);
    free(copy);
}

/* --- feeding ------------------------------------------------------------------- */

int copy_info(struct copy *copy, struct copy_info *info, struct error *err)
{
    sqlite3_stmt *q = copy->query[READ_FEED], *n = copy->query[COUNT_OPEN];
    int status = -1;
    if (sqlite3_step(q) == SQLITE_ROW && sqlite3_step(n) == SQLITE_ROW) {
        info->made_at_ms = sqlite3_column_int64(q, 0);
        info->change = sqlite3_column_int64(q, 1);
        info->target = sqlite3_column_int64(q, 2);
        info->rules.fee = (struct fee_rules){sqlite3_column_int(q, 3), sqlite3_column_int64(q, 4),
                                             sqlite3_column_int64(q, 5)};
        info->rules.oldest_first = sqlite3_column_int(q, 6) != 0;
        info->rules.part_payment = sqlite3_column_int(q, 7) != 0;
        info->open_bills = sqlite3_column_int64(n, 0);
        status = 0;
    } else {
        refuse(copy, "cannot read how far the copy reaches", err);
    }
    sqlite3_reset(q);
    sqlite3_reset(n);
    return status;
}

int copy_begin(struct copy *copy, int64_t made_at_ms, int64_t target, const struct copy_rules *rules,
               struct error *err)
{
    sqlite3_stmt *q = copy->query[BEGIN_FEED];
    const int64_t values[] = {target, made_at_ms, rules->fee.next_year_permille, rules->fee.minimum_fen,
                              rules->fee.cap_fen, rules->oldest_first, rules->part_payment};
    for (int i = 0; i < 7; i++)
        sqlite3_bind_int64(q, i + 1, values[i]);
    return done(q) ? 0 : refuse(copy, "cannot begin a bill feed", err);
}

static bool put_change(struct copy *copy, const struct copy_change *c)
{
    char initials[INITIALS_SIZE], record[BILL_TEXT_SIZE];
    const struct bill *b = &c->bill;
    sqlite3_stmt *q = copy->query[PUT_CUSTOMER];
    const char *texts[] = {b->customer, b->name, b->address, b->meter,
                           pinyin_initials(initials, sizeof initials, b->name)};
    for (int i = 0; i < 5; i++)
        bind_text(q, i + 1, texts[i]);
    if (!done(q)) return false;
    q = copy->query[PUT_BILL];
    bind_text(q, 1, b->number);
    bind_text(q, 2, b->customer);
    sqlite3_bind_int(q, 3, b->due);
    bind_text(q, 4, state_words[c->state]);
    sqlite3_bind_int64(q, 5, b->amount_fen);
    bind_text(q, 6, bill_format(b, record, sizeof record));
    if (!done(q)) return false;
    sqlite3_bind_int64(copy->query[MOVE_ON], 1, c->change);
    return done(copy->query[MOVE_ON]);
}

int copy_apply(struct copy *copy, const struct copy_change *changes, int count, struct error *err)
{
    struct copy_info info;
    if (copy_info(copy, &info, err) != 0) return -1;
    int64_t last = info.change;
    if (sqlite3_exec(copy->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != 0)
        return refuse(copy, "cannot apply a bill feed", err);
    for (int i = 0; i < count; i++) {
        if (i > 0 && changes[i].change < changes[i - 1].change) {
            sqlite3_exec(copy->db, "ROLLBACK", NULL, NULL, NULL);
            return error_all(err, "bill feed refused", "change number", "the numbers fall", "fetch the feed whole");
        }
        if (changes[i].change <= last) continue;
        if (!put_change(copy, &changes[i])) goto failed;
    }
    if (sqlite3_exec(copy->db, "COMMIT", NULL, NULL, NULL) == 0) return 0;
failed:
    refuse(copy, "cannot apply a bill feed", err);
    sqlite3_exec(copy->db, "ROLLBACK", NULL, NULL, NULL);
    return -1;
}

int copy_whole(struct copy *copy, struct error *err)
{
    return done(copy->query[END_FEED]) ? 0 : refuse(copy, "cannot end a bill feed", err);
}

/* --- reading ------------------------------------------------------------------- */

static bool split_record(char *record, struct bill *bill)
{
    const char *fields[BILL_FIELDS];
    size_t count = 0;
    for (char *at = record; at && count < BILL_FIELDS;) {
        fields[count++] = at;
        at = strchr(at, '|');
        if (at) *at++ = '\0';
    }
    return bill_parse(fields, count, bill, &(struct bill_fault){0}) == 0;
}

int copy_lookup(struct copy *copy, const char *customer, struct copy_customer *out, struct error *err)
{
    sqlite3_stmt *q = copy->query[READ_CUSTOMER];
    memset(out, 0, sizeof *out);
    bind_text(q, 1, customer);
    int status = sqlite3_step(q);
    if (status == SQLITE_ROW) {
        read_text(q, 0, out->name, sizeof out->name);
        read_text(q, 1, out->address, sizeof out->address);
        read_text(q, 2, out->meter, sizeof out->meter);
    }
    sqlite3_reset(q);
    if (status != SQLITE_ROW) return status == SQLITE_DONE ? 0 : refuse(copy, "cannot read the copy", err);
    q = copy->query[READ_BILLS];
    bind_text(q, 1, customer);
    while ((status = sqlite3_step(q)) == SQLITE_ROW) {
        char record[BILL_TEXT_SIZE];
        if (out->count == COPY_BILLS_MAX) {
            out->more++;
            continue;
        }
        struct copy_bill *b = &out->bills[out->count];
        read_text(q, 1, record, sizeof record);
        if (!copy_state_parse((const char *)sqlite3_column_text(q, 0), &b->state) ||
            !split_record(record, &b->bill)) {
            sqlite3_reset(q);
            return error_all(err, "cannot read the copy", customer, "a bill in it is damaged",
                             "delete the copy; it is fetched again");
        }
        out->count++;
    }
    sqlite3_reset(q);
    return status == SQLITE_DONE ? 1 : refuse(copy, "cannot read the copy", err);
}

int copy_search(struct copy *copy, const char *text, int offset, struct copy_found *rows, int limit,
                int64_t *total, struct error *err)
{
    char typed[4 * COPY_TEXT_MAX + 1], clean[sizeof typed];
    assert(limit <= COPY_SEARCH_MAX && offset >= 0);
    *total = 0;
    if (!text_copy(typed, sizeof typed, text) || !utf8_valid(typed, strlen(typed)))
        return error_all(err, "search refused", "text", "longer than 60 characters, or no text", NULL);
    text_narrow(typed);
    text_clean(clean, sizeof clean, typed);
    if (clean[0] == '\0') return 0;
    for (char *c = clean; text_alnum(clean) && *c; c++)
        if (*c >= 'A' && *c <= 'Z') *c = (char)(*c - 'A' + 'a');
    sqlite3_stmt *q = copy->query[COUNT_FOUND];
    bind_text(q, 1, clean);
    bool counted = sqlite3_step(q) == SQLITE_ROW;
    if (counted) *total = sqlite3_column_int64(q, 0);
    sqlite3_reset(q);
    if (!counted) return refuse(copy, "cannot search the copy", err);
    q = copy->query[READ_FOUND];
    bind_text(q, 1, clean);
    sqlite3_bind_int(q, 2, limit);
    sqlite3_bind_int(q, 3, offset);
    int count = 0, status;
    while ((status = sqlite3_step(q)) == SQLITE_ROW && count < limit) {
        struct copy_found *r = &rows[count++];
        read_text(q, 0, r->customer, sizeof r->customer);
        read_text(q, 1, r->name, sizeof r->name);
        read_text(q, 2, r->address, sizeof r->address);
        read_text(q, 3, r->meter, sizeof r->meter);
        r->open_bills = sqlite3_column_int64(q, 4);
        r->open_fen = sqlite3_column_int64(q, 5);
    }
    sqlite3_reset(q);
    return status == SQLITE_DONE || status == SQLITE_ROW ? count : refuse(copy, "cannot search the copy", err);
}
