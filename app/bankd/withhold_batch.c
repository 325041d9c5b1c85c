/* A batch in the books: is it known, where does it stand, is it settled, does it agree. */
#include <inttypes.h>
#include <string.h>

#include "bankd/withhold.h"

enum { RUNNING, INTERIM, FINAL };

static sqlite3_stmt *ask(const struct withhold *w, const char *sql)
{
    sqlite3_stmt *q = NULL;
    return sqlite3_prepare_v2(w->db, sql, -1, &q, NULL) == SQLITE_OK ? q : NULL;
}

static int failed(const struct withhold *w, struct error *err)
{
    return bank_db_failed(w->db, "the withholding's books cannot be read", err);
}

static bool run(const struct withhold *w, const char *sql, const int64_t *values, int count)
{
    sqlite3_stmt *q = ask(w, sql);
    for (int i = 0; q && i < count; i++)
        sqlite3_bind_int64(q, i + 1, values[i]);
    bool good = q && sqlite3_step(q) == SQLITE_DONE;
    sqlite3_finalize(q);
    return good;
}

/* --- which batch ------------------------------------------------------------------ */

/* 1: known; *same: by the same file. 0: not known. */
static int find(struct withhold *w, bool *same, struct error *err)
{
    sqlite3_stmt *q = ask(w, "SELECT id, digest, first_entry, pass, pieces, state, final_ms, first_failed FROM batch WHERE utility=? AND number=?");
    if (q) {
        sqlite3_bind_text(q, 1, w->header.utility, -1, SQLITE_STATIC);
        sqlite3_bind_text(q, 2, w->header.batch, -1, SQLITE_STATIC);
    }
    int status = q ? sqlite3_step(q) : SQLITE_ERROR;
    if (status == SQLITE_ROW) {
        w->batch = sqlite3_column_int64(q, 0);
        *same = sqlite3_column_bytes(q, 1) == SECRET_HASH_BYTES && memcmp(sqlite3_column_blob(q, 1), w->digest, SECRET_HASH_BYTES) == 0;
        w->first_entry = sqlite3_column_int64(q, 2);
        w->pass = sqlite3_column_int(q, 3);
        w->pieces_done = sqlite3_column_int64(q, 4);
        w->state = sqlite3_column_int(q, 5);
        w->final_ms = sqlite3_column_int64(q, 6);
        w->first_failed = sqlite3_column_int64(q, 7);
    }
    sqlite3_finalize(q);
    return status == SQLITE_ROW ? 1 : status == SQLITE_DONE ? 0 : failed(w, err);
}

static bool put_batch(struct withhold *w)
{
    sqlite3_stmt *q = ask(w, "INSERT INTO batch (utility, number, month, made_at, file, digest, records, sum_fen, retry_until, result_by,"
                             " first_entry, first_failed) SELECT ?,?,?,?,?,?,?,?,?,?, coalesce(max(id), 0) + 1, (SELECT coalesce(max(id), 0) + 1 FROM failed)"
                             " FROM entry");
    const char *const texts[] = {w->header.utility, w->header.batch, w->header.month, w->header.made_at, w->path};
    const int64_t numbers[] = {w->sums.records, w->sums.amount_fen, w->header.retry_until, w->header.result_by};
    for (int i = 0; q && i < 5; i++)
        sqlite3_bind_text(q, i + 1, texts[i], -1, SQLITE_STATIC);
    if (q) sqlite3_bind_blob(q, 6, w->digest, SECRET_HASH_BYTES, SQLITE_STATIC);
    for (int i = 0; q && i < 4; i++)
        sqlite3_bind_int64(q, i + 7, numbers[i]);
    bool good = q && sqlite3_step(q) == SQLITE_DONE;
    sqlite3_finalize(q);
    const int64_t pass[] = {sqlite3_last_insert_rowid(w->db), clock_now_ms(&w->bank->clock)};
    return good && run(w, "INSERT INTO pass (batch, number, at_ms) VALUES (?1, 1, ?2)", pass, 2);
}

static int read_passes(struct withhold *w, struct error *err)
{
    sqlite3_stmt *q = ask(w, "SELECT number, at_ms FROM pass WHERE batch=? ORDER BY number");
    int status = q ? SQLITE_ROW : SQLITE_ERROR;
    if (q) sqlite3_bind_int64(q, 1, w->batch);
    while (q && (status = sqlite3_step(q)) == SQLITE_ROW)
        if (sqlite3_column_int(q, 0) <= PASSES_MAX) w->pass_ms[sqlite3_column_int(q, 0)] = sqlite3_column_int64(q, 1);
    sqlite3_finalize(q);
    return status == SQLITE_DONE ? 0 : failed(w, err);
}

int withhold_begin(struct withhold *w, struct error *err)
{
    bool same = false;
    if (!run(w, "BEGIN IMMEDIATE", NULL, 0)) return failed(w, err);
    int known = find(w, &same, err);
    if (known == 1 && !same) {
        run(w, "ROLLBACK", NULL, 0);
        error_set(err, "withholding list refused");
        error_where(err, "%s", w->path);
        error_why(err, "batch %s of utility %s was worked already, with another file", w->header.batch, w->header.utility);
        error_remedy(err, "a corrected list needs a batch number of its own; nothing of this one took effect");
        return 1;
    }
    bool good = known == 1 || (known == 0 && put_batch(w) && find(w, &same, err) == 1);
    if (!good) {
        if (known >= 0) failed(w, err);
        run(w, "ROLLBACK", NULL, 0);
        return -1;
    }
    if (!run(w, "COMMIT", NULL, 0)) return failed(w, err);
    return read_passes(w, err);
}

/* --- what became of the rows ------------------------------------------------------- */

static enum fate fate_of(const unsigned char *code)
{
    for (int i = FATE_51; code && i < FATE_DEBITED; i++)
        if (strcmp(withhold_codes[i], (const char *)code) == 0) return (enum fate)i;
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
    sqlite3_stmt *q = ask(w, sql);
    int status = q ? SQLITE_ROW : SQLITE_ERROR;
    if (q) sqlite3_bind_int64(q, 1, first);
    if (q) sqlite3_bind_int64(q, 2, w->batch);
    while (q && (status = sqlite3_step(q)) == SQLITE_ROW) {
        int64_t row = sqlite3_column_int64(q, 0);
        if (row < 1 || row > w->sums.records) continue; /* the check at the end says so */
        w->fates[row] = (uint8_t)(debited ? FATE_DEBITED + pass_of(w, sqlite3_column_int64(q, 1)) - 1 : (int)fate_of(sqlite3_column_text(q, 1)));
    }
    sqlite3_finalize(q);
    return status == SQLITE_DONE;
}

int withhold_fates(struct withhold *w, struct error *err)
{
    bool good = read_fates(w, "SELECT row, code FROM failed WHERE id>=?1 AND batch=?2 ORDER BY id", w->first_failed, false) &&
                read_fates(w, "SELECT row, at_ms FROM entry WHERE id>=?1 AND batch=?2", w->first_entry, true);
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
    int64_t next[] = {w->batch, w->pass + 1, clock_now_ms(&w->bank->clock)};
    if (!run(w, "BEGIN IMMEDIATE", NULL, 0) || !run(w, "INSERT INTO pass (batch, number, at_ms) VALUES (?,?,?)", next, 3) ||
        !run(w, "UPDATE batch SET pass=?2, pieces=0, state=0 WHERE id=?1 AND pass=?2-1 AND state=1", next, 2) || !run(w, "COMMIT", NULL, 0)) {
        failed(w, err);
        run(w, "ROLLBACK", NULL, 0);
        return -1;
    }
    w->pass++;
    w->pass_ms[w->pass] = next[2];
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
    int64_t to[] = {w->batch, final ? FINAL : INTERIM, final ? clock_now_ms(&w->bank->clock) : 0};
    if (!run(w, "UPDATE batch SET state=?2, final_ms=?3 WHERE id=?1", to, 3)) return failed(w, err);
    w->state = (int)to[1];
    w->final_ms = to[2];
    return 0;
}

/* --- the check --------------------------------------------------------------------- */

/* In the journal: what was debited, and how many rows the first pass judged. */
int withhold_check(struct withhold *w, const struct list_sums *sums, struct error *err)
{
    int64_t entries = -1, fen = -1, judged = -1;
    sqlite3_stmt *q = ask(w, "SELECT count(*), coalesce(sum(fen), 0), count(*) FILTER (WHERE at_ms=?3)"
                             " + (SELECT count(*) FROM failed WHERE id>=?4 AND batch=?2 AND pass=1) FROM entry WHERE id>=?1 AND batch=?2 AND credit=1");
    const int64_t values[] = {w->first_entry, w->batch, w->pass_ms[1], w->first_failed};
    for (int i = 0; q && i < 4; i++)
        sqlite3_bind_int64(q, i + 1, values[i]);
    if (q && sqlite3_step(q) == SQLITE_ROW) {
        entries = sqlite3_column_int64(q, 0);
        fen = sqlite3_column_int64(q, 1);
        judged = sqlite3_column_int64(q, 2);
    }
    sqlite3_finalize(q);
    if (entries < 0) return failed(w, err);
    if (entries == sums->debited && fen == sums->debited_fen && judged == w->sums.records && sums->records == w->sums.records &&
        sums->amount_fen == w->sums.amount_fen)
        return 0;
    error_set(err, "batch %s does not agree with its journal", w->header.batch);
    error_why(err, "the result has %" PRId64 " debited rows, %" PRId64 " fen; the journal %" PRId64 ", %" PRId64 " fen; %" PRId64 " rows judged of %" PRId64,
              sums->debited, sums->debited_fen, entries, fen, judged, w->sums.records);
    return error_remedy(err, "do not send the result; run bankd verify and call whoever looks after the books");
}
