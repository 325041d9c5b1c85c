/* Bills go out: the list is made in the books first, then written from them. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/money.h"
#include "base/progress.h"
#include "base/text.h"
#include "utilityd/store.h"
#include "utilityd/withhold.h"

#define PATH_SIZE (UTILITY_PATH + 64)

static int failed(const struct error *err, int code)
{
    error_print("utilityd", err);
    return code;
}

int withholding_find(struct db *db, const char *bank, const char *batch, struct withholding *w)
{
    db_ask(db, "SELECT id, made_ms, records, sum_fen, month, retry_until, result_by, state FROM withholding WHERE bank=$1 AND batch=$2",
           DB_ARGS(DB_TEXT(bank), DB_TEXT(batch)));
    bool found = db_row(db);
    if (found) {
        *w = (struct withholding){.id = db_int(db, 0), .made_ms = db_int(db, 1), .records = db_int(db, 2), .sum_fen = db_int(db, 3),
                                  .retry_until = (day_t)db_int(db, 5), .result_by = (day_t)db_int(db, 6), .state = (int)db_int(db, 7)};
        db_copy(db, 4, w->month, sizeof w->month);
    }
    return db_end(db) < 0 ? -1 : found;
}

int64_t withhold_last_change(struct db *db) { return db_number(db, "SELECT coalesce(max(id), 0) FROM change", DB_NO_ARGS, -1); }

int withhold_lock(struct db *db)
{
    return db_kind(db) == DB_POSTGRES && db_run(db, "SELECT pg_advisory_xact_lock(" STORE_LOCK_IMPORT ")", DB_NO_ARGS) < 0 ? -1 : 0;
}

/* --- the books ---------------------------------------------------------------------- */

static const char gather_table[] =
    "CREATE TEMPORARY TABLE going (id BIGINT, customer TEXT, name TEXT, fen BIGINT, account TEXT, bill TEXT, sequence BIGINT)";
/* So no payment of theirs is under way while they are gathered. */
static const char lock_customers[] =
    "SELECT 1 FROM customer WHERE number IN (SELECT customer FROM transfer WHERE bank=$1) ORDER BY number FOR NO KEY UPDATE";
static const char gather[] =
    "INSERT INTO going SELECT b.id, b.customer, c.name, b.amount_fen - b.covered_fen, t.account, b.number, row_number() OVER (ORDER BY b.customer, b.number)"
    " FROM transfer t JOIN bill b ON b.customer=t.customer JOIN customer c ON c.number=t.customer"
    " WHERE t.bank=$1 AND b.period=$2 AND b.state=0 AND b.amount_fen > b.covered_fen";
static const char put_rows[] =
    "INSERT INTO withheld (withholding, sequence, customer, name, fen, account, bill) SELECT $1, sequence, customer, name, fen, account, bill FROM going";
static const char put_out[] = "UPDATE bill AS b SET state=2, change=g.sequence + $1 FROM going g WHERE g.id=b.id";

static int name_batch(struct withhold_ask *a, char *batch, size_t size)
{
    int64_t before = db_number(a->db, "SELECT count(*) FROM withholding WHERE bank=$1 AND month=$2", DB_ARGS(DB_TEXT(a->bank), DB_TEXT(a->month)), 0);
    snprintf(batch, size, "%s%03" PRId64, a->month, before + 1);
    return before < 0 ? -1 : 0;
}

#define STEPS 4 /* of making a list, each some seconds for a million bills */

/* 1: made; 0: there was nothing to put out; -1. */
static int make(struct withhold_ask *a, char *batch, size_t size, struct withholding *w, struct progress *bar)
{
    struct db *db = a->db;
    const struct utility_settings *set = &a->u->settings;
    day_t today = clock_today(&a->u->clock);
    day_t retry = a->retry_until != DAY_NONE ? a->retry_until : today + (day_t)set->retry_days;
    day_t by = a->result_by != DAY_NONE ? a->result_by : today + (day_t)set->result_days;
    if (withhold_lock(db) != 0 || db_run(db, gather_table, DB_NO_ARGS) < 0 ||
        (db_kind(db) == DB_POSTGRES && db_run(db, lock_customers, DB_ARGS(DB_TEXT(a->bank))) < 0))
        return -1;
    int64_t records = db_run(db, gather, DB_ARGS(DB_TEXT(a->bank), DB_TEXT(a->month))), from = withhold_last_change(db);
    progress_show(bar, 1, STEPS, records);
    int64_t sum = db_number(db, "SELECT coalesce(sum(fen), 0) FROM going", DB_NO_ARGS, -1);
    if (records <= 0 || from < 0 || sum < 0) return records == 0 ? 0 : -1;
    if (a->batch) text_copy(batch, size, a->batch);
    else if (name_batch(a, batch, size) != 0) return -1;
    if (db_run(db, "INSERT INTO withholding (bank, batch, month, made_ms, retry_until, result_by, records, sum_fen) VALUES ($1,$2,$3,$4,$5,$6,$7,$8)",
               DB_ARGS(DB_TEXT(a->bank), DB_TEXT(batch), DB_TEXT(a->month), DB_INT(clock_now_ms(&a->u->clock)), DB_INT(retry), DB_INT(by > retry ? by : retry),
                       DB_INT(records), DB_INT(sum))) < 0 ||
        withholding_find(db, a->bank, batch, w) != 1 || db_run(db, put_rows, DB_ARGS(DB_INT(w->id))) != records)
        return -1;
    progress_show(bar, 2, STEPS, records);
    if (db_run(db, put_out, DB_ARGS(DB_INT(from))) != records) return -1;
    progress_show(bar, 3, STEPS, records);
    char who[64], what[200];
    snprintf(what, sizeof what, "withholding list %s for bank %s: %" PRId64 " bills, %" PRId64 " fen", batch, a->bank, records, sum);
    return utility_audit(db, clock_now_ms(&a->u->clock), utility_user(who, sizeof who), what) == 0 && db_commit(db) == 0 ? 1 : -1;
}

/* --- the file ------------------------------------------------------------------------- */

static int unwritten(const char *path, struct error *err)
{
    return error_all(err, "the list cannot be written", path, strerror(errno), "see that the folder is there; list --batch writes it again");
}

static int write_rows(struct withhold_ask *a, const struct withholding *w, const char *batch, FILE *out, struct error *err)
{
    struct list_header h = {.retry_until = w->retry_until, .result_by = w->result_by};
    struct list_sums sums = {0};
    struct progress bar;
    text_copy(h.utility, sizeof h.utility, a->u->settings.id);
    text_copy(h.bank, sizeof h.bank, a->bank);
    text_copy(h.batch, sizeof h.batch, batch);
    text_copy(h.month, sizeof h.month, w->month);
    clock_format(&a->u->clock, w->made_ms, h.made_at, sizeof h.made_at);
    listfile_put_header(out, &h);
    progress_start(&bar, stderr, a->bar, "list", "rows");
    db_ask(a->db, "SELECT sequence, customer, name, fen, account, bill FROM withheld WHERE withholding=$1 ORDER BY sequence", DB_ARGS(DB_INT(w->id)));
    while (db_row(a->db)) {
        struct list_row row = {0, db_int(a->db, 0), db_int(a->db, 3), db_text(a->db, 1), db_text(a->db, 2), db_text(a->db, 4), db_text(a->db, 5)};
        listfile_put(out, &row, &sums);
        if (sums.records % RECFILE_PROGRESS_EVERY == 0) progress_show(&bar, sums.records, w->records, sums.records);
    }
    progress_end(&bar);
    listfile_put_end(out, &sums);
    if (db_end(a->db) < 0) return db_failed(a->db, "the list cannot be read", err);
    if (sums.records == w->records && sums.amount_fen == w->sum_fen) return 0;
    return error_all(err, "the list does not agree with the books", batch, "rows or sum differ", "run utilityd verify");
}

static int write_file(struct withhold_ask *a, const struct withholding *w, const char *batch, const char *path, struct error *err)
{
    char at_work[PATH_SIZE + 8];
    snprintf(at_work, sizeof at_work, "%s.part", path);
    FILE *out = fopen(at_work, "we");
    if (out == NULL) return unwritten(at_work, err);
    int status = write_rows(a, w, batch, out, err);
    bool good = fflush(out) == 0 && !ferror(out) && fdatasync(fileno(out)) == 0;
    if (fclose(out) != 0) good = false;
    if (status == 0 && (!good || rename(at_work, path) != 0)) status = unwritten(path, err);
    if (status != 0) unlink(at_work);
    return status;
}

int withhold_list(struct withhold_ask *a)
{
    struct withholding w;
    struct error err;
    char batch[LIST_BATCH_MAX + 1] = "", path[PATH_SIZE], sum[MONEY_TEXT_SIZE];
    struct progress bar;
    int made = 1;
    if (a->month) {
        progress_start(&bar, stderr, a->bar, "putting out", "bills");
        if (db_begin(a->db) != 0 || (made = make(a, batch, sizeof batch, &w, &bar)) < 0) {
            progress_end(&bar);
            db_failed(a->db, "no list was made", &err);
            return db_rollback(a->db), failed(&err, EX_IOERR);
        }
        progress_end(&bar);
        if (made == 0) db_rollback(a->db);
    } else {
        text_copy(batch, sizeof batch, a->batch);
        made = withholding_find(a->db, a->bank, batch, &w);
        if (made < 0) return db_failed(a->db, "the list cannot be read", &err), failed(&err, EX_UNAVAILABLE);
    }
    if (made == 0) {
        fprintf(stderr, a->month ? "utilityd: bank %s has no customer with an open bill of %s\n" : "utilityd: bank %s was sent no batch %s\n", a->bank,
                a->month ? a->month : batch);
        return EX_DATAERR;
    }
    if (a->output) text_copy(path, sizeof path, a->output);
    else snprintf(path, sizeof path, "WHLIST-%s-%s.txt", a->bank, batch);
    if (write_file(a, &w, batch, path, &err) != 0) return failed(&err, EX_IOERR);
    printf("batch %s for bank %s: %" PRId64 " bills, %s yuan\n  %s\n", batch, a->bank, w.records, money_format_grouped(w.sum_fen, sum, sizeof sum), path);
    return EX_OK;
}
