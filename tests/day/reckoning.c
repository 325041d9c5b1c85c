/* The end of the day: what branches, banks and utility have in their books, side by
 * side. The counters' own counts are not asked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/text.h"
#include "day/day.h"
#include "lib/station.h"
#include "wire/session.h"

#define DRAIN_MS 120000

/* --- until nothing is under way ------------------------------------------------------------- */

static int64_t number(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *q = NULL;
    int64_t n = -1;
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK) {
        sqlite3_busy_timeout(db, 10000);
        if (sqlite3_prepare_v2(db, sql, -1, &q, NULL) == SQLITE_OK && sqlite3_step(q) == SQLITE_ROW) n = sqlite3_column_int64(q, 0);
    }
    if (n < 0) fail_msg("%s: %s: %s", path, sql, sqlite3_errmsg(db));
    sqlite3_finalize(q);
    sqlite3_close(db);
    return n;
}

static void wait_for_queues(struct town *t)
{
    char path[300];
    int64_t until = clock_monotonic_ms() + DRAIN_MS;
    for (int i = 0; i < t->count; i++)
        while (number(world_path(&t->w, t->rows[i].ledger, path, sizeof path), "SELECT count(*) FROM outbox WHERE state IN ('ready','in flight')") > 0) {
            uint64_t soon = uv_hrtime() + 50000000u;
            if (clock_monotonic_ms() > until) fail_msg("%s: its queue does not drain", t->rows[i].name);
            while (uv_hrtime() < soon) { /* the cutters pass on what drains */
                uv_run(&t->loop, UV_RUN_NOWAIT);
                uv_sleep(1);
            }
        }
}

/* A bank's journal is written many rows a commit: until its last is in the books. */
static void wait_for_journals(struct town *t)
{
    static char out[1 << 20];
    char config[300];
    int64_t until = clock_monotonic_ms() + DRAIN_MS;
    for (int i = 0; i < t->banks; i++) {
        snprintf(config, sizeof config, "--config=%s/bankd-%d.ini", t->w.dir, 102 + i);
        do {
            if (clock_monotonic_ms() > until) fail_msg("the journal of bank %d is not written", 102 + i);
            world_run(&t->w, out, sizeof out, "bankd", config, "status", "--json", NULL);
        } while (strstr(out, "\"waiting\": 0") == NULL || strstr(out, "\"in_flight\": 0,") == NULL);
    }
}

/* --- side by side ------------------------------------------------------------------------------ */

static void run_sql(sqlite3 *db, const char *sql)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK) fail_msg("%s: %s", sql, sqlite3_errmsg(db));
}

static int64_t one(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *q = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &q, NULL) != SQLITE_OK || sqlite3_step(q) != SQLITE_ROW) fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    int64_t n = sqlite3_column_int64(q, 0);
    sqlite3_finalize(q);
    return n;
}

/* Every branch's payments into one table, every bank's approved keys into another; the utility's books beside them. */
static sqlite3 *gather(struct town *t)
{
    static const char tables[] =
        "CREATE TABLE branch (bank TEXT, branch TEXT, reference INTEGER, amount INTEGER, day INTEGER, stands INTEGER, gone INTEGER, PRIMARY KEY (bank, branch, reference));"
        "CREATE TABLE bank (bank TEXT, branch TEXT, reference INTEGER, amount INTEGER, day INTEGER, approvals INTEGER, undone INTEGER, PRIMARY KEY (bank, branch, reference));";
    static const char bank_rows[] =
        "INSERT INTO bank SELECT bank, branch, CAST(reference AS INTEGER), max(amount_fen), max(business),"
        " count(DISTINCT CASE WHEN mti IN ('0210','0230') AND approval <> '' THEN approval END), max(mti IN ('0410','0430')) FROM side.message"
        " WHERE fate IN ('answer','late','nobody') AND code = '00' AND mti IN ('0210','0230','0410','0430') AND what = 500000 GROUP BY 1, 2, 3";
    char sql[700];
    sqlite3 *db;
    if (sqlite3_open(":memory:", &db) != SQLITE_OK) fail_msg("no memory");
    sqlite3_busy_timeout(db, 10000);
    run_sql(db, tables);
    for (int i = 0; i < t->count; i++) {
        const struct town_branch *row = &t->rows[i];
        snprintf(sql, sizeof sql, "ATTACH '%s/%s' AS side; INSERT INTO branch SELECT '%d', '%s', CAST(ref AS INTEGER), amount_fen, day,"
                 " state IN ('posted','excepted') AND foreign_undo = 0, state IN ('undone','declined') FROM side.payment; DETACH side",
                 t->w.dir, row->ledger, row->bank, row->id);
        run_sql(db, sql);
    }
    for (int i = 0; i < t->banks; i++) {
        snprintf(sql, sizeof sql, "ATTACH '%s/bankd-%d.db' AS side", t->w.dir, 102 + i);
        run_sql(db, sql);
        run_sql(db, bank_rows);
        run_sql(db, "DETACH side");
    }
    snprintf(sql, sizeof sql, "ATTACH '%s/utility.db' AS utility", t->w.dir);
    run_sql(db, sql);
    run_sql(db, "CREATE TABLE posted AS SELECT s.bank, s.branch, p.reference, p.amount_fen AS amount, p.business AS day, p.id FROM utility.payment p"
                " JOIN utility.station s ON s.id = p.station WHERE p.state = 2; CREATE UNIQUE INDEX posted_key ON posted (bank, branch, reference)");
    return db;
}

/* A hand that knows how to: the books are spoiled, and the reckoning must say so. */
static void spoil(sqlite3 *db, enum control control)
{
    if (control == CONTROL_LOST) run_sql(db, "DELETE FROM posted WHERE id = (SELECT min(id) FROM posted)");
    if (control == CONTROL_AMOUNT) run_sql(db, "UPDATE posted SET amount = amount + 1 WHERE id = (SELECT min(id) FROM posted)");
    if (control == CONTROL_TWICE)
        run_sql(db, "INSERT INTO posted SELECT bank, branch, reference + 900000000, amount, day, id + 1000000000 FROM posted WHERE id = (SELECT min(id) FROM posted)");
}

static const struct { const char *what, *sql; } twice[] = {
    {"keys posted at the utility that no branch took money for",
     "SELECT count(*) FROM posted p WHERE NOT EXISTS (SELECT 1 FROM branch b WHERE b.bank=p.bank AND b.branch=p.branch AND b.reference=p.reference)"},
    {"keys with two approvals in a bank's journal", "SELECT count(*) FROM bank WHERE approvals > 1"},
    {"bills that two posted keys pay", "SELECT count(*) FROM (SELECT r.bill FROM utility.part r JOIN posted p ON p.id=r.payment WHERE r.place=0 GROUP BY r.bill HAVING count(*) > 1)"},
};
static const struct { const char *what, *sql; } differences[] = {
    {"keys whose amount or day differs between branch and utility",
     "SELECT count(*) FROM branch b JOIN posted p ON b.bank=p.bank AND b.branch=p.branch AND b.reference=p.reference WHERE b.amount<>p.amount OR b.day<>p.day"},
    {"keys posted at the utility and given back at the branch",
     "SELECT count(*) FROM branch b JOIN posted p ON b.bank=p.bank AND b.branch=p.branch AND b.reference=p.reference WHERE b.stands=0"},
    {"keys of a branch that neither stand nor are gone", "SELECT count(*) FROM branch WHERE stands=0 AND gone=0"},
    {"keys posted that the bank did not see approved",
     "SELECT count(*) FROM posted p WHERE NOT EXISTS (SELECT 1 FROM bank b WHERE b.bank=p.bank AND b.branch=p.branch AND b.reference=p.reference AND b.approvals=1"
     " AND b.undone=0 AND b.amount=p.amount AND b.day=p.day)"},
    {"keys approved through a bank that the utility has not posted",
     "SELECT count(*) FROM bank b WHERE b.undone=0 AND b.approvals>0 AND NOT EXISTS (SELECT 1 FROM posted p WHERE b.bank=p.bank AND b.branch=p.branch AND b.reference=p.reference)"},
    {"branches whose sum is not the utility's",
     "SELECT count(*) FROM (SELECT bank, branch, sum(amount) AS fen, count(*) AS n FROM branch WHERE stands=1 GROUP BY 1, 2) b FULL JOIN"
     " (SELECT bank, branch, sum(amount) AS fen, count(*) AS n FROM posted GROUP BY 1, 2) p ON b.bank=p.bank AND b.branch=p.branch WHERE b.fen IS NOT p.fen OR b.n IS NOT p.n"},
};

/* --- 0500, as the branches and the banks would ask ------------------------------------------------ */

static bool in_balance(struct town *t, struct station *s, sqlite3 *db, const char *bank, const char *branch)
{
    struct clock clock = clock_system(CLOCK_CHINA_OFFSET_S, 0);
    struct wire_totals w = {.head = {.proc = -1, .sent_ms = clock_now_ms(&clock), .business_day = clock_today(&clock)}}, theirs;
    static int64_t ref;
    struct iso m, answer;
    struct error err;
    char sql[300];
    snprintf(sql, sizeof sql, branch ? "SELECT count(*) FROM branch WHERE stands=1 AND bank='%s' AND branch='%s'" : "SELECT count(*) FROM bank WHERE undone=0 AND approvals>0 AND bank='%s'", bank, branch);
    w.credits = one(db, sql);
    snprintf(sql, sizeof sql, branch ? "SELECT coalesce(sum(amount),0) FROM branch WHERE stands=1 AND bank='%s' AND branch='%s'"
                                     : "SELECT coalesce(sum(amount),0) FROM bank WHERE undone=0 AND approvals>0 AND bank='%s'", bank, branch);
    w.credits_fen = one(db, sql);
    key_make(&w.head.key, bank, branch ? branch : "x", 0, ++ref);
    if (branch == NULL) w.head.key.branch[0] = '\0';
    else text_copy(w.head.terminal, sizeof w.head.terminal, "00");
    snprintf(w.head.stan, sizeof w.head.stan, "%06u", (unsigned)ref % 1000000u);
    clock_local(&clock, w.head.sent_ms, &w.head.local);
    if (wire_totals_ask(&w, &m, &err) != 0) fail_msg("0500: %s %s", err.where, err.why);
    return station_ask(s, &m, &answer, STATION_WAIT_MS) && wire_totals_unpack(&answer, w.head.business_day, &theirs, &err) == 0 && theirs.settlement == 1;
}

static int64_t ask_totals(struct town *t, sqlite3 *db)
{
    int64_t out = 0;
    char cn[32], bank[8];
    for (int i = 0; i < t->banks; i++) {
        struct station s;
        snprintf(bank, sizeof bank, "1%02d", (2 + i) % 100);
        snprintf(cn, sizeof cn, "bank-%d", 102 + i);
        station_open(&s, &t->w, &t->loop, cn, t->w.utility_port, "utility");
        station_wait_up(&s);
        out += !in_balance(t, &s, db, bank, NULL);
        for (int b = 0; b < t->count; b++)
            if (t->rows[b].bank == 102 + i) out += !in_balance(t, &s, db, bank, t->rows[b].id);
        station_close(&s);
    }
    day_say(t, "0500 of %d branches and %d whole banks: %lld out of balance", t->count, t->banks, (long long)out);
    return out;
}

int reckoning(struct town *t, enum control control)
{
    int64_t doubled = 0, differ = 0, n;
    wait_for_queues(t);
    day_say(t, "the queues are empty");
    wait_for_journals(t);
    sqlite3 *db = gather(t);
    spoil(db, control);
    int64_t payments = one(db, "SELECT count(*) FROM branch WHERE stands=1"), posted = one(db, "SELECT count(*) FROM posted");
    int64_t lost = one(db, "SELECT count(*) FROM branch b WHERE stands=1 AND NOT EXISTS (SELECT 1 FROM posted p WHERE b.bank=p.bank AND b.branch=p.branch AND b.reference=p.reference)");
    for (size_t i = 0; i < sizeof twice / sizeof *twice; i++)
        if ((n = one(db, twice[i].sql)) != 0) day_say(t, "TWICE: %lld %s", (long long)n, twice[i].what), doubled += n;
    for (size_t i = 0; i < sizeof differences / sizeof *differences; i++)
        if ((n = one(db, differences[i].sql)) != 0) day_say(t, "DIFFERENCE: %lld %s", (long long)n, differences[i].what), differ += n;
    day_say(t, "%lld fen at the branches, %lld at the banks, %lld at the utility; %lld keys were abandoned and undone", (long long)one(db, "SELECT sum(amount) FROM branch WHERE stands=1"),
            (long long)one(db, "SELECT sum(amount) FROM bank WHERE undone=0 AND approvals>0"), (long long)one(db, "SELECT sum(amount) FROM posted"),
            (long long)one(db, "SELECT count(*) FROM branch WHERE gone=1"));
    differ += ask_totals(t, db);
    sqlite3_close(db);
    printf("day: payments %lld, posted %lld, lost %lld, twice %lld, differences %lld\n", (long long)payments, (long long)posted, (long long)lost, (long long)doubled,
           (long long)differ);
    return lost == 0 && doubled == 0 && differ == 0 && payments == posted && payments >= t->payments ? 0 : 1;
}
