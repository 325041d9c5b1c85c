#include "bankd/journal.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "wire/message.h"
#include "wire/tags.h"

#define BATCH 2000          /* rows that are written without waiting for more */
#define WAITING_MAX 50000   /* rows; beyond it the relay waits */
#define PURGE_ROWS "10000"  /* old rows dropped at a time */
#define PURGE_EVERY_MS 60000

const char *const journal_fates[] = {"sent", "local", "refused", "held", "answer", "late", "nobody", "own"};

/* A message, or an alarm (what set). */
struct row {
    struct row *next;
    int64_t at_ms;
    enum journal_fate fate;
    int link;
    char station[65], address[64];
    char *what;
    size_t len;
    char bytes[];
};

struct journal {
    const struct bank *bank;
    sqlite3 *db;
    sqlite3_stmt *begin, *commit, *message, *alarm, *purge;
    int64_t run, seq, purged_ms; /* seq, purged_ms: the writer's */
    uv_thread_t thread;
    uv_async_t signal;
    void (*on_failed)(void *ctx);
    void *ctx;
    uv_mutex_t lock;
    uv_cond_t wake, room;
    struct row *first, **end; /* from here on under lock */
    size_t waiting;
    int64_t written;
    bool stop, failed;
    struct error why;
};

/* --- writing ------------------------------------------------------------------- */

/* A password was sealed for the bank alone; it is not for this book either. */
static void blank_secrets(const struct iso *m, char *text, size_t len)
{
    struct tag_iter it;
    struct tag tag;
    tag_first_of(&it, m);
    while (tag_next(&it, &tag, NULL) == 1) {
        const struct tag_spec *spec = tag_spec(tag.tag);
        if (spec == NULL || !spec->secret || tag.len == 0) continue;
        for (char *at = text; (at = memmem(at, len - (size_t)(at - text), tag.value, tag.len)) != NULL; at += tag.len)
            memset(at, '*', tag.len);
    }
}

static void bind_field(sqlite3_stmt *q, int at, const struct iso *m, int field)
{
    char text[40];
    iso_text(m, field, text, sizeof text);
    sqlite3_bind_text(q, at, text, -1, SQLITE_TRANSIENT);
}

static bool step(sqlite3_stmt *q)
{
    int status = sqlite3_step(q);
    sqlite3_reset(q);
    return status == SQLITE_DONE;
}

static bool write_message(struct journal *j, struct row *r)
{
    static const struct { int at, field; } fields[] = {{8, 32}, {9, 42}, {10, 41}, {11, 11}, {12, 37}, {14, 39}, {15, 38}};
    sqlite3_stmt *q = j->message;
    struct iso m;
    day_t business;
    int64_t fen;
    char mmdd[8];
    if (iso_unpack(&m, r->bytes, r->len, NULL) != 0) return false; /* it was read once already */
    blank_secrets(&m, r->bytes, r->len);
    sqlite3_clear_bindings(q);
    sqlite3_bind_int64(q, 1, j->seq + 1);
    sqlite3_bind_int64(q, 2, j->run);
    sqlite3_bind_int64(q, 3, r->at_ms);
    sqlite3_bind_text(q, 4, journal_fates[r->fate], -1, SQLITE_STATIC);
    sqlite3_bind_int(q, 5, r->link);
    sqlite3_bind_text(q, 6, r->station, -1, SQLITE_STATIC);
    sqlite3_bind_text(q, 7, m.mti, -1, SQLITE_TRANSIENT);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        bind_field(q, fields[i].at, &m, fields[i].field);
    if (iso_number(&m, 4, &fen)) sqlite3_bind_int64(q, 13, fen);
    if (iso_text(&m, 15, mmdd, sizeof mmdd) && day_from_mmdd(mmdd, clock_today(&j->bank->clock), &business))
        sqlite3_bind_int(q, 16, business);
    sqlite3_bind_text(q, 17, r->bytes, (int)r->len, SQLITE_STATIC);
    sqlite3_bind_int(q, 18, iso_has(&m, 70) ? message_net(&m) : message_proc(&m));
    if (!step(q)) return false;
    j->seq++;
    return true;
}

static bool write_alarm(struct journal *j, struct row *r)
{
    sqlite3_bind_int64(j->alarm, 1, r->at_ms);
    sqlite3_bind_text(j->alarm, 2, r->station, -1, SQLITE_STATIC);
    sqlite3_bind_text(j->alarm, 3, r->address, -1, SQLITE_STATIC);
    sqlite3_bind_text(j->alarm, 4, r->what, -1, SQLITE_STATIC);
    return step(j->alarm);
}

static bool purge(struct journal *j)
{
    int64_t now_ms = clock_now_ms(&j->bank->clock);
    if (now_ms - j->purged_ms < PURGE_EVERY_MS) return true;
    j->purged_ms = now_ms;
    sqlite3_bind_int64(j->purge, 1, now_ms - j->bank->settings.keep_days * INT64_C(86400000));
    return step(j->purge);
}

static bool write_rows(struct journal *j, struct row *rows)
{
    bool good = step(j->begin);
    for (struct row *r = rows; r && good; r = r->next)
        good = r->what ? write_alarm(j, r) : write_message(j, r);
    return good && purge(j) && step(j->commit);
}

static void free_rows(struct row *rows)
{
    while (rows) {
        struct row *next = rows->next;
        free(rows->what);
        free(rows);
        rows = next;
    }
}

/* Waits for rows, and for more to share their commit. Under lock. */
static struct row *gather(struct journal *j)
{
    uint64_t until = uv_hrtime() + (uint64_t)j->bank->settings.commit_ms * 1000000, now;
    while (j->first == NULL && !j->stop) {
        uv_cond_wait(&j->wake, &j->lock);
        until = uv_hrtime() + (uint64_t)j->bank->settings.commit_ms * 1000000;
    }
    while (j->waiting < BATCH && !j->stop && (now = uv_hrtime()) < until)
        uv_cond_timedwait(&j->wake, &j->lock, until - now);
    struct row *rows = j->first;
    j->first = NULL;
    j->end = &j->first;
    return rows;
}

static void writer(void *arg)
{
    struct journal *j = arg;
    struct row *rows;
    uv_mutex_lock(&j->lock);
    while ((rows = gather(j)) != NULL) {
        size_t count = 0;
        uv_mutex_unlock(&j->lock);
        for (struct row *r = rows; r; r = r->next)
            count++;
        bool good = !j->failed && write_rows(j, rows);
        free_rows(rows);
        uv_mutex_lock(&j->lock);
        if (good) {
            j->written = j->seq;
        } else if (!j->failed) {
            bank_db_failed(j->db, "the journal cannot be written", &j->why);
            j->failed = true;
            uv_async_send(&j->signal);
        }
        j->waiting -= count;
        uv_cond_broadcast(&j->room);
    }
    uv_mutex_unlock(&j->lock);
}

/* --- handing over -------------------------------------------------------------- */

static void add(struct journal *j, struct row *r)
{
    uv_mutex_lock(&j->lock);
    while (j->waiting >= WAITING_MAX && !j->failed)
        uv_cond_wait(&j->room, &j->lock);
    *j->end = r;
    j->end = &r->next;
    j->waiting++;
    if (j->waiting == 1 || j->waiting == BATCH) uv_cond_signal(&j->wake);
    uv_mutex_unlock(&j->lock);
}

static struct row *new_row(struct journal *j, const char *station, size_t len)
{
    struct row *r = malloc(sizeof *r + len + 1);
    if (r == NULL) { /* a row left out in silence would be worse than a stop */
        log_error("no memory for the journal");
        abort();
    }
    r->next = NULL;
    r->at_ms = clock_now_ms(&j->bank->clock);
    r->what = NULL;
    r->len = len;
    text_copy(r->station, sizeof r->station, station);
    return r;
}

void journal_message(struct journal *j, enum journal_fate fate, int link, const char *station, const void *bytes, size_t len)
{
    struct row *r = new_row(j, station, len);
    r->fate = fate;
    r->link = link;
    memcpy(r->bytes, bytes, len);
    add(j, r);
}

void journal_alarm(struct journal *j, const char *station, const char *address, const char *what)
{
    struct row *r = new_row(j, station, 0);
    text_copy(r->address, sizeof r->address, address);
    r->what = strdup(what);
    if (r->what) add(j, r);
    else free(r);
}

size_t journal_waiting(struct journal *j)
{
    uv_mutex_lock(&j->lock);
    size_t waiting = j->waiting;
    uv_mutex_unlock(&j->lock);
    return waiting;
}

int64_t journal_written(struct journal *j)
{
    uv_mutex_lock(&j->lock);
    int64_t written = j->written;
    uv_mutex_unlock(&j->lock);
    return written;
}

/* --- begin and end ------------------------------------------------------------- */

static void on_signal(uv_async_t *signal)
{
    struct journal *j = signal->data;
    log_error("%s: %s. %s", j->why.what, j->why.why, j->why.remedy);
    j->on_failed(j->ctx);
}

static bool prepare(struct journal *j)
{
    const struct { sqlite3_stmt **q; const char *sql; } rows[] = {
        {&j->begin, "BEGIN IMMEDIATE"},
        {&j->commit, "COMMIT"},
        {&j->message, "INSERT INTO message (seq, run, at_ms, fate, link, station, mti, bank, branch, terminal, stan, reference,"
                      " amount_fen, code, approval, business, text, what) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"},
        {&j->alarm, "INSERT INTO alarm (at_ms, station, address, what) VALUES (?,?,?,?)"},
        {&j->purge, "DELETE FROM message WHERE at_ms < ? AND seq < (SELECT min(seq) FROM message) + " PURGE_ROWS},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (sqlite3_prepare_v2(j->db, rows[i].sql, -1, rows[i].q, NULL) != SQLITE_OK) return false;
    return true;
}

static bool begin_run(struct journal *j)
{
    char sql[120];
    snprintf(sql, sizeof sql, "INSERT INTO run (started_ms) VALUES (%lld) RETURNING id", (long long)clock_now_ms(&j->bank->clock));
    j->run = bank_db_int(j->db, sql);
    j->seq = bank_db_int(j->db, "SELECT coalesce(max(seq), 0) FROM message");
    j->written = j->seq;
    return j->run > 0 && j->seq >= 0;
}

static void close_db(struct journal *j)
{
    sqlite3_stmt *all[] = {j->begin, j->commit, j->message, j->alarm, j->purge};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        sqlite3_finalize(all[i]);
    sqlite3_close(j->db);
    j->db = NULL;
}

struct journal *journal_open(const struct bank *b, uv_loop_t *loop, void (*failed)(void *ctx), void *ctx, struct error *err)
{
    struct journal *j = calloc(1, sizeof *j);
    if (j == NULL) return error_all(err, "the journal was not opened", NULL, "no memory", NULL), NULL;
    j->bank = b;
    j->on_failed = failed;
    j->ctx = ctx;
    j->end = &j->first;
    j->db = bank_db(b, err);
    if (j->db && prepare(j) && begin_run(j)) {
        uv_mutex_init(&j->lock);
        uv_cond_init(&j->wake);
        uv_cond_init(&j->room);
        uv_async_init(loop, &j->signal, on_signal);
        j->signal.data = j;
        uv_thread_create(&j->thread, writer, j);
        return j;
    }
    if (j->db) bank_db_failed(j->db, "the journal was not opened", err);
    close_db(j);
    free(j);
    return NULL;
}

int journal_stop(struct journal *j, struct error *err)
{
    char sql[120];
    uv_mutex_lock(&j->lock);
    j->stop = true;
    uv_cond_signal(&j->wake);
    uv_mutex_unlock(&j->lock);
    uv_thread_join(&j->thread);
    uv_close((uv_handle_t *)&j->signal, NULL);
    snprintf(sql, sizeof sql, "UPDATE run SET ended_ms=%lld WHERE id=%lld", (long long)clock_now_ms(&j->bank->clock), (long long)j->run);
    if (!j->failed && sqlite3_exec(j->db, sql, NULL, NULL, NULL) != SQLITE_OK) {
        bank_db_failed(j->db, "the journal's end was not noted", &j->why);
        j->failed = true;
    }
    if (j->failed && err) *err = j->why;
    close_db(j);
    return j->failed ? -1 : 0;
}

void journal_free(struct journal *j)
{
    if (j == NULL) return;
    uv_cond_destroy(&j->room);
    uv_cond_destroy(&j->wake);
    uv_mutex_destroy(&j->lock);
    free(j);
}
