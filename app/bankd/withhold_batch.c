/* A batch in the books: is it known, where does it stand, is it settled, does it agree. */
#include <inttypes.h>
#include <string.h>

#include "bankd/withhold.h"

enum { RUNNING, INTERIM, FINAL };

static int failed(const struct withhold *w, struct error *err)
{
    return db_failed(w->db, "the withholding's books cannot be read", err);
}

/* --- which batch ------------------------------------------------------------------ */

/* 1: known; *same: by the same file. 0: not known. */
static int find(struct withhold *w, bool *same, struct error *err)
{
    unsigned char digest[SECRET_HASH_BYTES];
    db_ask(w->db, "SELECT id, digest, first_entry, pass, pieces, state, final_ms, first_failed FROM batch WHERE utility=$1 AND number=$2",
           DB_ARGS(DB_TEXT(w->header.utility), DB_TEXT(w->header.batch)));
    bool found = db_row(w->db);
    if (found) {
        w->batch = db_int(w->db, 0);
        *same = db_blob(w->db, 1, digest, sizeof digest) == SECRET_HASH_BYTES && memcmp(digest, w->digest, SECRET_HASH_BYTES) == 0;
        w->first_entry = db_int(w->db, 2);
        w->pass = (int)db_int(w->db, 3);
        w->pieces_done = db_int(w->db, 4);
        w->state = (int)db_int(w->db, 5);
        w->final_ms = db_int(w->db, 6);
        w->first_failed = db_int(w->db, 7);
    }
    return db_end(w->db) < 0 ? failed(w, err) : found;
}

static bool put_batch(struct withhold *w)
{
    int64_t id = db_number(w->db, "INSERT INTO batch (utility, number, month, made_at, file, digest, records, sum_fen, retry_until, result_by,"
                                  " first_entry, first_failed) SELECT $1,$2,$3,$4,$5,$6,$7,$8,$9,$10, coalesce(max(id), 0) + 1,"
                                  " (SELECT coalesce(max(id), 0) + 1 FROM failed) FROM entry RETURNING id",
                           DB_ARGS(DB_TEXT(w->header.utility), DB_TEXT(w->header.batch), DB_TEXT(w->header.month), DB_TEXT(w->header.made_at), DB_TEXT(w->path),
                                   DB_BLOB(w->digest, SECRET_HASH_BYTES), DB_INT(w->sums.records), DB_INT(w->sums.amount_fen), DB_INT(w->header.retry_until),
                                   DB_INT(w->header.result_by)), -1);
    return id > 0 && db_run(w->db, "INSERT INTO pass (batch, number, at_ms) VALUES ($1, 1, $2)", DB_ARGS(DB_INT(id), DB_INT(clock_now_ms(&w->bank->clock)))) == 1;
}

static int read_passes(struct withhold *w, struct error *err)
{
    db_ask(w->db, "SELECT number, at_ms FROM pass WHERE batch=$1 ORDER BY number", DB_ARGS(DB_INT(w->batch)));
    while (db_row(w->db))
        if (db_int(w->db, 0) <= PASSES_MAX) w->pass_ms[db_int(w->db, 0)] = db_int(w->db, 1);
    return db_end(w->db) < 0 ? failed(w, err) : 0;
}

int withhold_begin(struct withhold *w, struct error *err)
{
    bool same = false;
    int known = bank_begin(w->db) == 0 ? find(w, &same, err) : failed(w, err);
    if (known == 1 && !same) {
        db_rollback(w->db);
        error_set(err, "withholding list refused");
        error_where(err, "%s", w->path);
        error_why(err, "batch %s of utility %s was worked already, with another file", w->header.batch, w->header.utility);
        error_remedy(err, "a corrected list needs a batch number of its own; nothing of this one took effect");
        return 1;
    }
    bool good = known == 1 || (known == 0 && put_batch(w) && find(w, &same, err) == 1);
    if (!good || db_commit(w->db) != 0) {
        if (known >= 0) failed(w, err);
        db_rollback(w->db);
        return -1;
    }
    return read_passes(w, err);
}

/* --- what became of the rows ------------------------------------------------------- */

static enum fate fate_of(const char *code)
{
    for (int i = FATE_51; i < FATE_DEBITED; i++)
        if (strcmp(withhold_codes[i], code) == 0) return (enum fate)i;
    return FATE_NONE;
}

static int pass_of(const struct withhold *w, int64_t at_ms)
{
    for (int pass = w->pass; pass > 1; pass--)
        if (w->pass_ms[pass] == at_ms) return pass;
    return 1;
}

/* Rows of one of the two tables, as they were written. */
static bool read_fates(struct withhold *w, const char *sql, int64_t first, bool debited)
{
    db_ask(w->db, sql, DB_ARGS(DB_INT(first), DB_INT(w->batch)));
    while (db_row(w->db)) {
        int64_t row = db_int(w->db, 0);
        if (row < 1 || row > w->sums.records) continue; /* the check at the end says so */
        w->fates[row] = (uint8_t)(debited ? FATE_DEBITED + pass_of(w, db_int(w->db, 1)) - 1 : (int)fate_of(db_text(w->db, 1)));
    }
    return db_end(w->db) >= 0;
}

int withhold_fates(struct withhold *w, struct error *err)
{
    bool good = read_fates(w, "SELECT row, code FROM failed WHERE id>=$1 AND batch=$2 ORDER BY id", w->first_failed, false) &&
                read_fates(w, "SELECT row, at_ms FROM entry WHERE id>=$1 AND batch=$2", w->first_entry, true);
    return good ? 0 : failed(w, err);
}

/* --- passes ------------------------------------------------------------------------ */

static day_t day_of(const struct withhold *w, int64_t at_ms)
{
    struct civil at;
    day_t day = DAY_NONE;
    clock_local(&w->bank->clock, at_ms, &at);
    day_from_ymd(at.year, at.month, at.day, &day);
    return day;
}

static bool may_retry(const struct withhold *w)
{
    return w->bank->settings.retry && clock_today(&w->bank->clock) <= w->header.retry_until;
}

int withhold_pass(struct withhold *w, struct error *err)
{
    if (w->state == RUNNING) return 1;
    if (w->state == FINAL || !may_retry(w) || w->pass == PASSES_MAX || day_of(w, w->pass_ms[w->pass]) >= clock_today(&w->bank->clock)) return 0;
    int64_t now_ms = clock_now_ms(&w->bank->clock);
    if (bank_begin(w->db) != 0 ||
        db_run(w->db, "INSERT INTO pass (batch, number, at_ms) VALUES ($1,$2,$3)", DB_ARGS(DB_INT(w->batch), DB_INT(w->pass + 1), DB_INT(now_ms))) < 0 ||
        db_run(w->db, "UPDATE batch SET pass=$2, pieces=0, state=0 WHERE id=$1 AND pass=$2-1 AND state=1", DB_ARGS(DB_INT(w->batch), DB_INT(w->pass + 1))) < 0 ||
        db_commit(w->db) != 0) {
        failed(w, err);
        db_rollback(w->db);
        return -1;
    }
    w->pass++;
    w->pass_ms[w->pass] = now_ms;
    w->pieces_done = 0;
    w->state = RUNNING;
    return 1;
}

/* Final when no row can be tried again: none has 51, or no further day is allowed. */
int withhold_settle(struct withhold *w, struct error *err)
{
    if (w->state == FINAL) return 0;
    bool waits = false;
    for (int64_t row = 1; row <= w->sums.records && !waits; row++)
        waits = w->fates[row] == FATE_51;
    bool final = !waits || !w->bank->settings.retry || clock_today(&w->bank->clock) >= w->header.retry_until;
    int64_t final_ms = final ? clock_now_ms(&w->bank->clock) : 0;
    if (db_run(w->db, "UPDATE batch SET state=$2, final_ms=$3 WHERE id=$1", DB_ARGS(DB_INT(w->batch), DB_INT(final ? FINAL : INTERIM), DB_INT(final_ms))) < 0)
        return failed(w, err);
    w->state = final ? FINAL : INTERIM;
    w->final_ms = final_ms;
    return 0;
}

/* --- the check --------------------------------------------------------------------- */

/* In the journal: what was debited, and how many rows the first pass judged. */
int withhold_check(struct withhold *w, const struct list_sums *sums, struct error *err)
{
    int64_t entries = -1, fen = -1, judged = -1;
    db_ask(w->db, "SELECT count(*), coalesce(sum(fen), 0), count(*) FILTER (WHERE at_ms=$3)"
                  " + (SELECT count(*) FROM failed WHERE id>=$4 AND batch=$2 AND pass=1) FROM entry WHERE id>=$1 AND batch=$2 AND credit=1",
           DB_ARGS(DB_INT(w->first_entry), DB_INT(w->batch), DB_INT(w->pass_ms[1]), DB_INT(w->first_failed)));
    if (db_row(w->db)) {
        entries = db_int(w->db, 0);
        fen = db_int(w->db, 1);
        judged = db_int(w->db, 2);
    }
    if (db_end(w->db) < 0) return failed(w, err);
    if (entries == sums->debited && fen == sums->debited_fen && judged == w->sums.records && sums->records == w->sums.records &&
        sums->amount_fen == w->sums.amount_fen)
        return 0;
    error_set(err, "batch %s does not agree with its journal", w->header.batch);
    error_why(err, "the result has %" PRId64 " debited rows, %" PRId64 " fen; the journal %" PRId64 ", %" PRId64 " fen; %" PRId64 " rows judged of %" PRId64,
              sums->debited, sums->debited_fen, entries, fen, judged, w->sums.records);
    return error_remedy(err, "do not send the result; run bankd verify and call whoever looks after the books");
}
