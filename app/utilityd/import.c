/* A bills file into the books: whole or not at all. Bills that were paid stay
 * as they are; prepaid credit is used up by what is new. */
#include <getopt.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/text.h"
#include "utilityd/utilityd.h"
#include "wire/billfile.h"

#define FEED_EXTRA 32 /* change number and state, in front of a bill on the wire */
#define BAR_CELLS 30

enum query { PUT_CUSTOMER, PUT_BILL, READ_BILL, RETURN_COVER, QUERIES };
static const char *const sql[QUERIES] = {
    [PUT_CUSTOMER] = "INSERT INTO customer (number, name, address, supply, class) VALUES (?1,?2,?3,?4,?5)"
                     " ON CONFLICT DO UPDATE SET name=?2, address=?3, supply=?4, class=?5"
                     " WHERE (name, address, supply, class) IS NOT (?2,?3,?4,?5)",
    [PUT_BILL] = "INSERT INTO bill (number, customer, meter, period, previous, current, multiplier, kwh, amount_fen,"
                 " tiers, due, first_day, last_day, rate_permille, resident, change)"
                 " VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16)"
                 " ON CONFLICT (number) DO UPDATE SET meter=?3, period=?4, previous=?5, current=?6, multiplier=?7, kwh=?8,"
                 " amount_fen=?9, covered_fen=min(covered_fen, ?9), tiers=?10, due=?11, first_day=?12, last_day=?13,"
                 " rate_permille=?14, resident=?15, state=0, change=?16"
                 " WHERE customer=?2 AND state IN (0,3) AND ((meter, period, previous, current, multiplier, kwh, amount_fen,"
                 " tiers, due, first_day, last_day, rate_permille, resident) IS NOT (?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15)"
                 " OR state=3)",
    [READ_BILL] = "SELECT customer, state FROM bill WHERE number=?1",
    [RETURN_COVER] = "UPDATE customer SET credit_fen = credit_fen + coalesce((SELECT max(covered_fen - ?2, 0) FROM bill"
                     " WHERE number=?1 AND state IN (0,3)), 0) WHERE number=?3",
};

struct import {
    struct utility *u;
    sqlite3 *db;
    sqlite3_stmt *query[QUERIES];
    int64_t change, put, same, paid;
    bool covered; /* some bill is covered by credit already */
    bool tty;
    const char *file;
};

static void text(sqlite3_stmt *q, int at, const char *value) { sqlite3_bind_text(q, at, value, -1, SQLITE_STATIC); }

static bool run(sqlite3_stmt *q)
{
    int status = sqlite3_step(q);
    sqlite3_reset(q);
    return status == SQLITE_DONE;
}

static int on_header(void *ctx, const struct billfile_header *header, char *why, size_t size)
{
    struct import *m = ctx;
    if (strcmp(header->utility, m->u->settings.id) == 0) return 0;
    snprintf(why, size, "the file is of utility %s, these are the books of %s", header->utility, m->u->settings.id);
    return -1;
}

static bool put_customer(struct import *m, const struct bill *b)
{
    char tariff[2] = {b->tariff, '\0'};
    sqlite3_stmt *q = m->query[PUT_CUSTOMER];
    const char *values[] = {b->customer, b->name, b->address, b->station, tariff};
    for (int i = 0; i < 5; i++)
        text(q, i + 1, values[i]);
    return run(q);
}

static bool put_bill(struct import *m, const struct bill *b)
{
    char tiers[256];
    sqlite3_stmt *q = m->query[PUT_BILL];
    text(q, 1, b->number);
    text(q, 2, b->customer);
    text(q, 3, b->meter);
    text(q, 4, b->period);
    const int64_t numbers[] = {b->prev, b->curr, b->multiplier, b->kwh, b->amount_fen};
    for (int i = 0; i < 5; i++)
        sqlite3_bind_int64(q, 5 + i, numbers[i]);
    text(q, 10, bill_tiers_format(b->tiers, b->tier_count, tiers, sizeof tiers));
    const int64_t rest[] = {b->due, b->window_first, b->window_last, b->rate_permille, b->tariff == BILL_CLASS_RESIDENT, m->change};
    for (int i = 0; i < 6; i++)
        sqlite3_bind_int64(q, 11 + i, rest[i]);
    return run(q);
}

/* Nothing changed: it stood there so, is paid or withheld, or is another customer's. */
static int why_unchanged(struct import *m, const struct bill *b, char *why, size_t size)
{
    sqlite3_stmt *q = m->query[READ_BILL];
    int status = 0;
    text(q, 1, b->number);
    if (sqlite3_step(q) == SQLITE_ROW) {
        const char *owner = (const char *)sqlite3_column_text(q, 0);
        if (strcmp(owner, b->customer) != 0) {
            snprintf(why, size, "bill %s stands in the books for customer %s", b->number, owner);
            status = -1;
        } else if (sqlite3_column_int(q, 1) == 0) {
            m->same++;
        } else {
            m->paid++;
        }
    }
    sqlite3_reset(q);
    return status;
}

static int on_bill(void *ctx, const struct bill *b, char *why, size_t size)
{
    struct import *m = ctx;
    char wire[BILL_WIRE_MAX + 1];
    int len = bill_wire_format(b, wire, sizeof wire);
    if (len < 0 || len > BILL_WIRE_MAX - FEED_EXTRA) {
        snprintf(why, size, "as written on the wire it is longer than %d characters", BILL_WIRE_MAX - FEED_EXTRA);
        return -1;
    }
    if (m->covered) {
        sqlite3_stmt *q = m->query[RETURN_COVER];
        text(q, 1, b->number);
        sqlite3_bind_int64(q, 2, b->amount_fen);
        text(q, 3, b->customer);
        if (!run(q)) goto failed;
    }
    if (!put_customer(m, b) || !put_bill(m, b)) goto failed;
    if (sqlite3_changes(m->db) == 0) return why_unchanged(m, b, why, size);
    m->change++;
    m->put++;
    return 0;
failed:
    snprintf(why, size, "it cannot be stored: %.100s", sqlite3_errmsg(m->db));
    return -1;
}

static bool on_progress(void *ctx, int64_t done, int64_t total, int64_t records)
{
    struct import *m = ctx;
    if (!m->tty) return true;
    int cells = total ? (int)(done * BAR_CELLS / total) : BAR_CELLS;
    fprintf(stderr, "\r[%.*s%*s] %3d %%  %lld bills ", cells, "##############################", BAR_CELLS - cells, "",
            total ? (int)(done * 100 / total) : 100, (long long)records);
    if (done >= total) fputc('\n', stderr);
    return true;
}

/* Open bills of a month that the new file no longer names. */
static int64_t withdraw(struct import *m, const char *period, int64_t from_change)
{
    sqlite3_stmt *q = NULL;
    int64_t count = -1;
    if (sqlite3_prepare_v2(m->db, "UPDATE bill SET state=3, change=?2 + id WHERE period=?1 AND state=0 AND number NOT IN"
                                  " (SELECT number FROM named)", -1, &q, NULL) == SQLITE_OK) {
        text(q, 1, period);
        sqlite3_bind_int64(q, 2, from_change);
        if (sqlite3_step(q) == SQLITE_DONE) count = sqlite3_changes(m->db);
    }
    sqlite3_finalize(q);
    return count;
}

/* Credit goes to the oldest open bill first; what is left of it stays credit. */
static int use_credit(struct import *m, int64_t *count, struct error *err)
{
    sqlite3_stmt *read = NULL, *cover = NULL, *take = NULL;
    int status = -1;
    *count = 0;
    if (sqlite3_prepare_v2(m->db, "SELECT b.id, b.customer, b.amount_fen - b.covered_fen FROM bill b JOIN customer c ON c.number=b.customer"
                                  " WHERE c.credit_fen > 0 AND b.state=0 AND b.amount_fen > b.covered_fen"
                                  " AND b.first_day <= ?1 ORDER BY b.customer, b.due, b.number", -1, &read, NULL) ||
        sqlite3_prepare_v2(m->db, "UPDATE bill SET covered_fen = covered_fen + ?2, change = ?3,"
                                  " state = CASE WHEN amount_fen = covered_fen + ?2 THEN 1 ELSE 0 END,"
                                  " paid_by = CASE WHEN amount_fen = covered_fen + ?2 THEN 0 END WHERE id=?1", -1, &cover, NULL) ||
        sqlite3_prepare_v2(m->db, "UPDATE customer SET credit_fen = credit_fen - min(credit_fen, ?2) WHERE number=?1"
                                  " RETURNING credit_fen", -1, &take, NULL))
        goto done;
    struct use { int64_t bill, need; char customer[BILL_CUSTOMER_MAX + 1]; } *uses = NULL;
    size_t used = 0, room = 0;
    sqlite3_bind_int(read, 1, clock_today(&m->u->clock) + 366);
    while (sqlite3_step(read) == SQLITE_ROW) {
        if (used == room) {
            struct use *more = reallocarray(uses, room = room ? 2 * room : 256, sizeof *uses);
            if (more == NULL) break;
            uses = more;
        }
        uses[used].bill = sqlite3_column_int64(read, 0);
        uses[used].need = sqlite3_column_int64(read, 2);
        text_copy(uses[used++].customer, sizeof uses->customer, (const char *)sqlite3_column_text(read, 1));
    }
    status = 0;
    for (size_t i = 0; i < used && status == 0; i++) {
        sqlite3_stmt *q = NULL;
        int64_t have = 0;
        if (sqlite3_prepare_v2(m->db, "SELECT credit_fen FROM customer WHERE number=?", -1, &q, NULL) == SQLITE_OK) {
            text(q, 1, uses[i].customer);
            if (sqlite3_step(q) == SQLITE_ROW) have = sqlite3_column_int64(q, 0);
        }
        sqlite3_finalize(q);
        int64_t part = have < uses[i].need ? have : uses[i].need;
        if (part == 0) continue;
        sqlite3_bind_int64(cover, 1, uses[i].bill);
        sqlite3_bind_int64(cover, 2, part);
        sqlite3_bind_int64(cover, 3, m->change++);
        text(take, 1, uses[i].customer);
        sqlite3_bind_int64(take, 2, part);
        bool good = run(cover) && sqlite3_step(take) == SQLITE_ROW;
        sqlite3_reset(take);
        if (!good) status = -1;
        else (*count)++;
    }
    free(uses);
done:
    sqlite3_finalize(read);
    sqlite3_finalize(cover);
    sqlite3_finalize(take);
    return status == 0 ? 0 : utility_db_failed(m->db, "prepaid credit cannot be used up", err);
}

static int prepare(struct import *m, struct error *err)
{
    for (int i = 0; i < QUERIES; i++)
        if (sqlite3_prepare_v2(m->db, sql[i], -1, &m->query[i], NULL) != SQLITE_OK)
            return utility_db_failed(m->db, "the bills file cannot be taken in", err);
    if (sqlite3_exec(m->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
        return utility_db_failed(m->db, "the bills file cannot be taken in", err);
    m->change = utility_db_int(m->db, "SELECT coalesce(max(change), 0) + 1 FROM bill");
    m->covered = utility_db_int(m->db, "SELECT EXISTS (SELECT 1 FROM bill WHERE covered_fen > 0)") == 1;
    return 0;
}

static int on_named(void *ctx, const struct bill *b, char *why, size_t size)
{
    struct import *m = ctx;
    sqlite3_stmt *q = NULL;
    if (sqlite3_prepare_v2(m->db, "INSERT OR IGNORE INTO temp.named VALUES (?)", -1, &q, NULL) == SQLITE_OK) {
        text(q, 1, b->number);
        sqlite3_step(q);
    }
    sqlite3_finalize(q);
    return on_bill(ctx, b, why, size);
}

static int finish(struct import *m, const char *replace, const struct billfile_sums *sums, struct error *err)
{
    int64_t withdrawn = 0, credits;
    char what[300];
    if (replace && (withdrawn = withdraw(m, replace, m->change)) < 0)
        return utility_db_failed(m->db, "the month cannot be replaced", err);
    m->change = utility_db_int(m->db, "SELECT coalesce(max(change), 0) + 1 FROM bill");
    if (use_credit(m, &credits, err) != 0) return -1;
    snprintf(what, sizeof what, "import of %.100s: %lld bills, %lld new or changed, %lld withdrawn, %lld covered by credit",
             m->file, (long long)sums->records, (long long)m->put, (long long)withdrawn, (long long)credits);
    const struct passwd *user = getpwuid(getuid());
    if (utility_audit(m->db, clock_now_ms(&m->u->clock), user ? user->pw_name : "-", what) != 0 ||
        sqlite3_exec(m->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
        return utility_db_failed(m->db, "the bills file cannot be taken in", err);
    printf("%s: %lld bills, sum %lld fen: %lld new or changed, %lld as before, %lld paid or withheld already, %lld withdrawn, %lld covered by credit\n",
           m->file, (long long)sums->records, (long long)sums->amount_fen, (long long)m->put, (long long)m->same,
           (long long)m->paid, (long long)withdrawn, (long long)credits);
    return 0;
}

int cmd_import(struct utility *u, int argc, char **argv)
{
    static const struct option options[] = {{"encoding", 1, NULL, 'e'}, {"replace", 1, NULL, 'r'}, {0}};
    struct import m = {.u = u, .tty = isatty(STDERR_FILENO) == 1};
    struct recfile_report report;
    struct billfile_sums sums;
    struct error err;
    enum recfile_encoding encoding = RECFILE_FIND_OUT;
    const char *replace = NULL;
    int c, code = EX_DATAERR;
    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (c == 'r') replace = optarg;
        if (c == '?' || (c == 'e' && !recfile_encoding_parse(optarg, &encoding)) || (c == 'r' && !period_valid(optarg))) goto usage;
    }
    if (optind + 1 != argc) goto usage;
    m.file = argv[optind];
    struct billfile_events events = {on_header, replace ? on_named : on_bill, on_progress};
    m.db = utility_db(u, &err);
    if (m.db == NULL || (replace && sqlite3_exec(m.db, "CREATE TEMP TABLE named (number TEXT PRIMARY KEY) WITHOUT ROWID", NULL, NULL, NULL)) ||
        prepare(&m, &err) != 0) {
        error_print("utilityd", &err);
        code = EX_UNAVAILABLE;
    } else if (billfile_read(m.file, encoding, &events, &m, &sums, &report, &err) != 0) {
        recfile_print_faults(stderr, m.file, &report);
        error_print("utilityd", &err);
    } else if (finish(&m, replace, &sums, &err) != 0) {
        error_print("utilityd", &err);
        code = EX_IOERR;
    } else {
        code = EX_OK;
    }
    for (int i = 0; i < QUERIES; i++)
        sqlite3_finalize(m.query[i]);
    sqlite3_close(m.db); /* what isn't committed never was */
    return code;
usage:
    fprintf(stderr, "usage: utilityd import [--encoding auto|utf-8|gb18030] [--replace YYYYMM] FILE\n");
    return EX_USAGE;
}
