/* A bank's result comes back: judged against the list, posted in one transaction. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/money.h"
#include "base/progress.h"
#include "base/text.h"
#include "utilityd/withhold.h"

#define LISTED_MAX 20
enum { OUT, INTERIM, FINAL, GIVEN_UP };

struct result {
    struct withhold_ask *ask;
    struct db *db;
    struct result_header header;
    struct list_sums sums;
    struct withholding batch;
    struct progress bar;
    int64_t fresh, fresh_fen, known, credit, credit_fen, arrears, arrears_fen;
};

static int failed(const struct error *err, int code)
{
    error_print("utilityd", err);
    return code;
}

static int books(struct result *r, struct error *err) { return db_failed(r->db, "the result was not posted", err); }

/* --- gathering ------------------------------------------------------------------------- */

static const char gather_table[] = "CREATE TEMPORARY TABLE come (line BIGINT, sequence BIGINT, customer TEXT, fen BIGINT, account TEXT, bill TEXT,"
                                   " debited_fen BIGINT, code TEXT, debited_at TEXT, reference TEXT)";
#define COME_COLUMNS 10

static int on_header(void *ctx, const struct result_header *h, char *why, size_t size)
{
    struct result *r = ctx;
    if (strcmp(h->utility, r->ask->u->settings.id) == 0) return r->header = *h, 0;
    snprintf(why, size, "the result is for utility %s, these are the books of %s", h->utility, r->ask->u->settings.id);
    return -1;
}

static int on_row(void *ctx, const struct result_row *row, char *why, size_t size)
{
    struct result *r = ctx;
    const struct db_arg values[] = {DB_INT(row->asked.line), DB_INT(row->asked.sequence), DB_TEXT(row->asked.customer), DB_INT(row->asked.amount_fen),
                                    DB_TEXT(row->asked.account), DB_TEXT(row->asked.bill), DB_INT(row->debited_fen), DB_TEXT(row->code), DB_TEXT(row->at),
                                    DB_TEXT(row->reference)};
    if (db_load_row(r->db, values) == 0) return 0;
    snprintf(why, size, "it cannot be gathered: %.100s", db_why(r->db));
    return -1;
}

static bool on_progress(void *ctx, int64_t done, int64_t total, int64_t records)
{
    progress_show(&((struct result *)ctx)->bar, done, total, records);
    return true;
}

/* --- judging the whole ------------------------------------------------------------------ */

/* Each names rows that refuse the file. $1: the batch. */
static const struct { const char *why, *sql; } faults[] = {
    {"no row of the list is like it",
     "SELECT n.line FROM come n LEFT JOIN withheld w ON w.withholding=$1 AND w.sequence=n.sequence WHERE w.sequence IS NULL OR w.customer<>n.customer"
     " OR w.fen<>n.fen OR w.account<>n.account OR w.bill<>n.bill ORDER BY n.line"},
    {"its sequence stands in another row too",
     "SELECT n.line FROM come n WHERE n.sequence IN (SELECT sequence FROM come GROUP BY sequence HAVING count(*) > 1) AND $1 > 0 ORDER BY n.line"},
    {"it was debited, an earlier result says",
     "SELECT n.line FROM come n JOIN withheld w ON w.withholding=$1 AND w.sequence=n.sequence WHERE w.debited_fen > 0 AND n.code<>'00' ORDER BY n.line"},
};

static int64_t find_faults(struct result *r)
{
    int64_t found = 0;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        db_ask(r->db, faults[i].sql, DB_ARGS(DB_INT(r->batch.id)));
        for (; db_row(r->db); found++)
            if (found < LISTED_MAX) fprintf(stderr, "%s:%" PRId64 ": %s\n", r->ask->file, db_int(r->db, 0), faults[i].why);
        if (db_end(r->db) < 0) return -1;
    }
    if (found > LISTED_MAX) fprintf(stderr, "%s: and %" PRId64 " more faults\n", r->ask->file, found - LISTED_MAX);
    return found;
}

/* --- posting ---------------------------------------------------------------------------- */

static const char lock_customers[] = "SELECT 1 FROM customer WHERE number IN (SELECT customer FROM come) ORDER BY number FOR NO KEY UPDATE";
/* What was posted before is left alone. */
static const char drop_known[] =
    "DELETE FROM come WHERE EXISTS (SELECT 1 FROM withheld w WHERE w.withholding=$1 AND w.sequence=come.sequence AND w.debited_fen > 0)";
static const char pay_bills[] =
    "UPDATE bill AS b SET state=1, paid_by=$1, change=n.sequence + $2 FROM come n WHERE n.code='00' AND b.number=n.bill AND b.customer=n.customer"
    " AND b.state IN (0,2) AND b.amount_fen - b.covered_fen = n.fen";
/* Paid meanwhile, or another amount now: the money is the customer's credit. */
static const char note_rows[] =
    "UPDATE withheld AS w SET debited_fen=n.debited_fen, code=n.code, debited_at=n.debited_at, reference=n.reference,"
    " place=CASE WHEN n.code<>'00' OR EXISTS (SELECT 1 FROM bill b WHERE b.number=n.bill AND b.paid_by=$2) THEN 0 ELSE 1 END"
    " FROM come n WHERE w.withholding=$1 AND w.sequence=n.sequence";
static const char credit_table[] = "CREATE TEMPORARY TABLE extra (customer TEXT, fen BIGINT)";
static const char gather_credit[] =
    "INSERT INTO extra SELECT n.customer, sum(n.fen) FROM come n JOIN withheld w ON w.withholding=$1 AND w.sequence=n.sequence"
    " WHERE n.code='00' AND w.place=1 GROUP BY n.customer";
static const char give_credit[] =
    "UPDATE customer SET credit_fen=credit_fen + (SELECT fen FROM extra e WHERE e.customer=customer.number) WHERE number IN (SELECT customer FROM extra)";
/* Open again, with time for paying: $2 the day until, $3 the changes before. */
static const char give_up[] =
    "UPDATE bill AS b SET state=0, last_day=CASE WHEN b.last_day < $2 THEN $2 ELSE b.last_day END, change=w.sequence + $3 FROM withheld w"
    " WHERE w.withholding=$1 AND b.number=w.bill AND b.customer=w.customer AND b.state=2";

static int64_t give_up_bills(struct withhold_ask *a, int64_t batch)
{
    int64_t from = withhold_last_change(a->db);
    day_t until = clock_today(&a->u->clock) + (day_t)a->u->settings.pay_days;
    return from < 0 ? -1 : db_run(a->db, give_up, DB_ARGS(DB_INT(batch), DB_INT(until), DB_INT(from)));
}

static bool count(struct result *r, const char *sql, int64_t *rows, int64_t *fen)
{
    db_ask(r->db, sql, DB_ARGS(DB_INT(r->batch.id)));
    if (db_row(r->db)) *rows = db_int(r->db, 0), *fen = db_int(r->db, 1);
    return db_end(r->db) >= 0;
}

#define STEPS 5 /* of posting, each some seconds for a million rows */

static bool step(struct result *r, int64_t done, int number)
{
    progress_show(&r->bar, number, STEPS, r->sums.records);
    return done >= 0;
}

static int post(struct result *r, struct error *err)
{
    struct db *db = r->db;
    int64_t id = r->batch.id;
    r->known = db_run(db, drop_known, DB_ARGS(DB_INT(id)));
    int64_t from = withhold_last_change(db);
    if (!step(r, r->known, 1) || from < 0 || !step(r, db_run(db, pay_bills, DB_ARGS(DB_INT(-id), DB_INT(from))), 2) ||
        !step(r, db_run(db, note_rows, DB_ARGS(DB_INT(id), DB_INT(-id))), 3) || db_run(db, credit_table, DB_NO_ARGS) < 0 ||
        db_run(db, gather_credit, DB_ARGS(DB_INT(id))) < 0 || !step(r, db_run(db, give_credit, DB_NO_ARGS), 4))
        return books(r, err);
    if (r->header.final && give_up_bills(r->ask, id) < 0) return books(r, err);
    int state = r->header.final ? FINAL : r->batch.state == OUT ? INTERIM : r->batch.state;
    if (db_run(db, "UPDATE withholding SET state=$2 WHERE id=$1", DB_ARGS(DB_INT(id), DB_INT(state))) != 1 ||
        !count(r, "SELECT count(*), coalesce(sum(fen), 0) FROM come WHERE code='00' AND $1 > 0", &r->fresh, &r->fresh_fen) ||
        !count(r, "SELECT count(*), coalesce(sum(n.fen), 0) FROM come n JOIN withheld w ON w.withholding=$1 AND w.sequence=n.sequence WHERE n.code='00' AND w.place=1",
               &r->credit, &r->credit_fen) ||
        !count(r, "SELECT count(*), coalesce(sum(fen), 0) FROM withheld WHERE withholding=$1 AND debited_fen=0", &r->arrears, &r->arrears_fen))
        return books(r, err);
    return 0;
}

/* Debited in the file is debited in the books: rows known before and new ones. */
static int check(struct result *r, struct error *err)
{
    int64_t rows = -1, fen = -1;
    if (!count(r, "SELECT count(*), coalesce(sum(debited_fen), 0) FROM withheld WHERE withholding=$1 AND debited_fen > 0", &rows, &fen)) return books(r, err);
    if (r->header.final ? rows == r->sums.debited && fen == r->sums.debited_fen : rows >= r->sums.debited && fen >= r->sums.debited_fen) return 0;
    error_all(err, "the result was not posted", r->ask->file, "what it debited is not what the books then have", "a final result has every row of its list");
    return -1;
}

static void tell(const struct result *r)
{
    char a[MONEY_TEXT_SIZE], b[MONEY_TEXT_SIZE], c[MONEY_TEXT_SIZE];
    printf("batch %s of bank %s, %s: posted %" PRId64 ", %s yuan; known before %" PRId64 "\n", r->header.batch, r->header.bank,
           r->header.final ? "final" : "interim", r->fresh, money_format_grouped(r->fresh_fen, a, sizeof a), r->known);
    if (r->credit)
        printf("  exceptions: %" PRId64 " bills were paid meanwhile or changed; %s yuan are the customers' credit (query withhold)\n", r->credit,
               money_format_grouped(r->credit_fen, b, sizeof b));
    printf("  %s %" PRId64 ", %s yuan\n", r->header.final ? "arrears" : "not debited yet", r->arrears, money_format_grouped(r->arrears_fen, c, sizeof c));
    printf("  checked: file and books agree\n");
}

static int judge_and_post(struct result *r, struct error *err)
{
    int found = withholding_find(r->db, r->header.bank, r->header.batch, &r->batch);
    if (found < 0) return books(r, err), failed(err, EX_IOERR);
    if (found == 0 || strcmp(r->batch.month, r->header.month) != 0) {
        fprintf(stderr, "utilityd: withholding result refused: %s: no batch %s of %s was sent to bank %s\nnothing of the file was taken in\n", r->ask->file,
                r->header.batch, r->header.month, r->header.bank);
        return EX_DATAERR;
    }
    int64_t faulty = find_faults(r);
    if (faulty < 0) return books(r, err), failed(err, EX_IOERR);
    if (r->header.final && r->sums.records != r->batch.records) {
        fprintf(stderr, "%s: a final result has all %" PRId64 " rows of its list, this has %" PRId64 "\n", r->ask->file, r->batch.records, r->sums.records);
        faulty++;
    }
    if (faulty) {
        fprintf(stderr, "utilityd: withholding result refused: it does not agree with the list\nnothing of the file was taken in\n");
        return EX_DATAERR;
    }
    char who[64], what[300];
    progress_start(&r->bar, stderr, r->ask->bar, "posting", "rows");
    int posted = post(r, err);
    progress_end(&r->bar);
    if (posted != 0 || check(r, err) != 0) return failed(err, EX_IOERR);
    snprintf(what, sizeof what, "withholding result of bank %s, batch %s, %s: posted %" PRId64 " rows, %" PRId64 " fen", r->header.bank, r->header.batch,
             r->header.final ? "final" : "interim", r->fresh, r->fresh_fen);
    if (utility_audit(r->db, clock_now_ms(&r->ask->u->clock), utility_user(who, sizeof who), what) != 0 || db_commit(r->db) != 0)
        return books(r, err), failed(err, EX_IOERR);
    tell(r);
    return EX_OK;
}

static int post_file(struct withhold_ask *a)
{
    static const struct result_events events = {on_header, on_row, on_progress};
    struct result r = {.ask = a, .db = a->db};
    struct recfile_report report;
    struct error err;
    if (access(a->file, R_OK) != 0)
        return failed((error_all(&err, "withholding result cannot be read", a->file, strerror(errno), "name a file that is there"), &err), EX_NOINPUT);
    if (db_run(a->db, gather_table, DB_NO_ARGS) < 0 || db_load(a->db, "come", COME_COLUMNS) != 0) return books(&r, &err), failed(&err, EX_IOERR);
    progress_start(&r.bar, stderr, a->bar, "result", "rows");
    int status = resultfile_read(a->file, a->encoding, &events, &r, &r.sums, &report, &err);
    progress_end(&r.bar);
    if (status != 0) {
        recfile_print_faults(stderr, a->file, &report);
        failed(&err, 0);
        fputs("nothing of the file was taken in\n", stderr);
        return EX_DATAERR;
    }
    if (db_load_end(a->db) != 0 || db_run(a->db, "CREATE INDEX come_sequence ON come (sequence)", DB_NO_ARGS) < 0 || db_begin(a->db) != 0 ||
        withhold_lock(a->db) != 0 ||
        (db_kind(a->db) == DB_POSTGRES && (db_run(a->db, "ANALYZE come", DB_NO_ARGS) < 0 || db_run(a->db, lock_customers, DB_NO_ARGS) < 0)))
        return books(&r, &err), db_rollback(a->db), failed(&err, EX_IOERR);
    int code = judge_and_post(&r, &err);
    if (code != EX_OK) db_rollback(a->db);
    return code;
}

/* --- over the line ---------------------------------------------------------------------- */

/* The parts that came, one behind the other, as the file that they are. 0: whole. */
static int assemble(struct withhold_ask *a, const char *name, FILE *out, struct error *err)
{
    int64_t parts = 0, last = 0;
    db_ask(a->db, "SELECT part, last, text FROM received WHERE bank=$1 AND file=$2 ORDER BY part", DB_ARGS(DB_TEXT(a->bank), DB_TEXT(name)));
    while (db_row(a->db)) {
        if (db_int(a->db, 0) == parts + 1) parts++;
        last = db_int(a->db, 1);
        fputs(db_text(a->db, 2), out);
    }
    if (db_end(a->db) < 0) return db_failed(a->db, "the result was not posted", err);
    if (last > 0 && parts == last && fflush(out) == 0) return 0;
    error_set(err, "the result was not posted");
    error_where(err, "%s of bank %s", name, a->bank);
    error_why(err, last ? "%" PRId64 " of its %" PRId64 " parts are here" : "nothing of it has come", parts, last);
    return error_remedy(err, "wait until the bank has sent the rest, or take its file");
}

static int post_received(struct withhold_ask *a)
{
    char path[] = "/tmp/utilityd-result-XXXXXX", name[LIST_BATCH_MAX + 8];
    struct error err = {0};
    int fd = mkstemp(path), code = EX_IOERR;
    FILE *out = fd >= 0 ? fdopen(fd, "w") : NULL;
    snprintf(name, sizeof name, "WH%c:%s", a->interim ? 'I' : 'F', a->batch);
    if (out == NULL) return failed((error_all(&err, "the result was not posted", path, strerror(errno), NULL), &err), EX_IOERR);
    if (assemble(a, name, out, &err) != 0) {
        code = failed(&err, EX_DATAERR);
    } else {
        a->file = path;
        code = post_file(a);
    }
    fclose(out);
    unlink(path);
    if (code == EX_OK && db_run(a->db, "DELETE FROM received WHERE bank=$1 AND file=$2", DB_ARGS(DB_TEXT(a->bank), DB_TEXT(name))) < 0)
        return db_failed(a->db, "the parts that came were not cleared", &err), failed(&err, EX_IOERR);
    return code;
}

int withhold_result(struct withhold_ask *a) { return a->file ? post_file(a) : post_received(a); }

/* --- not in time --------------------------------------------------------------------------- */

int withhold_giveup(struct withhold_ask *a)
{
    int64_t ids[100], bills = 0;
    size_t batches = 0;
    struct error err;
    if (db_begin(a->db) != 0 || withhold_lock(a->db) != 0) return db_failed(a->db, "nothing was given up", &err), failed(&err, EX_IOERR);
    db_ask(a->db, "SELECT id FROM withholding WHERE state < 2 AND result_by < $1 ORDER BY id", DB_ARGS(DB_INT(clock_today(&a->u->clock))));
    while (db_row(a->db) && batches < sizeof ids / sizeof *ids)
        ids[batches++] = db_int(a->db, 0);
    bool good = db_end(a->db) >= 0;
    for (size_t i = 0; i < batches && good; i++) {
        int64_t given = give_up_bills(a, ids[i]);
        good = given >= 0 && db_run(a->db, "UPDATE withholding SET state=$2 WHERE id=$1", DB_ARGS(DB_INT(ids[i]), DB_INT(GIVEN_UP))) == 1;
        bills += given;
    }
    if (!good || db_commit(a->db) != 0) {
        db_failed(a->db, "nothing was given up", &err);
        return db_rollback(a->db), failed(&err, EX_IOERR);
    }
    printf("%zu lists, %" PRId64 " bills given up\n", batches, bills);
    return EX_OK;
}
