#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bankd/journal_impl.h"
#include "base/log.h"
#include "base/text.h"

#define BATCH 2000          /* rows that are written without waiting for more */
#define WAITING_MAX 50000   /* rows; beyond it the relay waits */
#define PURGE_EVERY_MS 60000
#define AWAY_MS 1000        /* until a database that is away is tried again */

struct journal {
    const struct bank *bank;
    struct db *db;               /* the writer's, while it runs */
    int64_t purged_ms;
    int64_t run, order, messages, alarms; /* last numbers given; the loop's */
    uv_thread_t thread;
    uv_async_t signal;
    void (*on_failed)(void *ctx);
    void *ctx;
    uv_mutex_t lock;
    uv_cond_t wake, room;
    struct journal_spool spool; /* from here on under lock */
    struct row *first, **end;
    size_t waiting;
    bool stop, failed;
    struct error why;
};

/* --- the writer ---------------------------------------------------------------- */

static uint64_t deadline(const struct journal *j) { return uv_hrtime() + (uint64_t)j->bank->settings.commit_ms * 1000000; }

/* Waits for rows, and for more to share their commit. Under lock. */
static struct row *gather(struct journal *j)
{
    uint64_t until = deadline(j), now;
    while (j->first == NULL && !j->stop) {
        uv_cond_wait(&j->wake, &j->lock);
        until = deadline(j);
    }
    while (j->waiting < BATCH && !j->stop && (now = uv_hrtime()) < until)
        uv_cond_timedwait(&j->wake, &j->lock, until - now);
    struct row *rows = j->first;
    j->first = NULL;
    j->end = &j->first;
    return rows;
}

/* 0: not now. */
static int64_t keep_from_ms(struct journal *j)
{
    int64_t now_ms = clock_now_ms(&j->bank->clock);
    if (now_ms - j->purged_ms < PURGE_EVERY_MS) return 0;
    j->purged_ms = now_ms;
    return now_ms - j->bank->settings.keep_days * INT64_C(86400000);
}

/* Once and for good. Under lock. */
static void fail(struct journal *j)
{
    if (j->failed) return;
    j->failed = true;
    uv_async_send(&j->signal);
}

static bool stopping(struct journal *j)
{
    uv_mutex_lock(&j->lock);
    bool stop = j->stop;
    uv_mutex_unlock(&j->lock);
    return stop;
}

/* A database that is away is waited for: the spool keeps the rows, and the relay goes
 * on until too many wait. A stop does not wait; the next start takes them in. */
static bool write_rows(struct journal *j, struct row *rows)
{
    bool good = journal_write(j->db, j->bank, rows, keep_from_ms(j), false), told = false;
    while (!good && db_away(j->db) && !stopping(j)) {
        if (!told) log_warn("the journal waits for its database: %s", db_why(j->db));
        told = true;
        uv_sleep(AWAY_MS);
        good = journal_write(j->db, j->bank, rows, 0, true);
    }
    if (good && told) log_info("the journal's database is back");
    return good;
}

static void writer(void *arg)
{
    struct journal *j = arg;
    struct row *rows;
    uv_mutex_lock(&j->lock);
    while ((rows = gather(j)) != NULL) {
        size_t count = 0;
        bool good = !j->failed;
        int spooled = journal_spool_turn(&j->spool);
        uv_mutex_unlock(&j->lock);
        for (struct row *r = rows; r; r = r->next)
            count++;
        good = good && write_rows(j, rows);
        journal_rows_free(rows);
        uv_mutex_lock(&j->lock);
        if (!good && !j->failed) db_failed(j->db, "the journal cannot be written", &j->why);
        if (!good || !journal_spool_empty(&j->spool, spooled)) fail(j);
        j->waiting -= count;
        uv_cond_broadcast(&j->room);
    }
    uv_mutex_unlock(&j->lock);
}

/* --- handing over -------------------------------------------------------------- */

static bool add(struct journal *j, struct row_facts *facts, const char *station, const char *address, const void *bytes)
{
    facts->order = ++j->order;
    facts->run = j->run;
    facts->at_ms = clock_now_ms(&j->bank->clock);
    text_copy(facts->station, sizeof facts->station, station);
    text_copy(facts->address, sizeof facts->address, address);
    struct row *r = journal_row(facts, bytes);
    uv_mutex_lock(&j->lock);
    while (j->waiting >= WAITING_MAX && !j->failed)
        uv_cond_wait(&j->room, &j->lock);
    if (r == NULL || j->failed || !journal_spool_add(&j->spool, r)) {
        char beside[BANK_PATH];
        if (!j->failed) error_all(&j->why, "the journal cannot be written", bank_beside(j->bank, beside, sizeof beside), r ? strerror(errno) : "no memory",
                                  "see that its disk has room; the relay ends, and takes in at its next start what it kept");
        fail(j);
        free(r);
    } else {
        *j->end = r;
        j->end = &r->next;
        j->waiting++;
        if (j->waiting == 1 || j->waiting == BATCH) uv_cond_signal(&j->wake);
    }
    bool kept = !j->failed;
    uv_mutex_unlock(&j->lock);
    return kept;
}

bool journal_message(struct journal *j, enum journal_fate fate, int link, const char *station, const void *bytes, size_t len)
{
    struct row_facts facts;
    memset(&facts, 0, sizeof facts); /* every byte of it is summed */
    facts.seq = ++j->messages;
    facts.fate = (int32_t)fate;
    facts.link = link;
    facts.len = (uint32_t)len;
    return add(j, &facts, station, "", bytes);
}

void journal_alarm(struct journal *j, const char *station, const char *address, const char *what)
{
    struct row_facts facts;
    memset(&facts, 0, sizeof facts);
    facts.seq = ++j->alarms;
    facts.alarm = 1;
    facts.len = (uint32_t)strlen(what);
    add(j, &facts, station, address, what);
}

size_t journal_waiting(struct journal *j)
{
    uv_mutex_lock(&j->lock);
    size_t waiting = j->waiting;
    uv_mutex_unlock(&j->lock);
    return waiting;
}

int64_t journal_count(const struct journal *j) { return j->messages; }

/* --- begin and end ------------------------------------------------------------- */

static void on_signal(uv_async_t *signal)
{
    struct journal *j = signal->data;
    uv_mutex_lock(&j->lock);
    bool failed = j->failed;
    uv_mutex_unlock(&j->lock);
    if (!failed) return;
    log_error("%s: %s. %s", j->why.what, j->why.why, j->why.remedy);
    j->on_failed(j->ctx);
}

/* Unlinks from the list what is in the books already. */
static struct row *only_new(struct journal *j, struct row *rows)
{
    struct row *first = NULL, **end = &first, *next;
    for (struct row *r = rows; r; r = next) {
        int64_t *last = r->facts.alarm ? &j->alarms : &j->messages;
        next = r->next;
        r->next = NULL;
        if (r->facts.seq <= *last) {
            free(r);
            continue;
        }
        *last = r->facts.seq;
        *end = r;
        end = &r->next;
    }
    return first;
}

/* Takes in what a killed relay left in the spool. */
static int recover(struct journal *j, struct error *err)
{
    struct row *rows = NULL;
    size_t count = 0;
    char beside[BANK_PATH];
    if (journal_spool_open(&j->spool, bank_beside(j->bank, beside, sizeof beside), err) != 0) return -1;
    journal_spool_read(&j->spool, &rows);
    rows = only_new(j, rows);
    for (struct row *r = rows; r; r = r->next)
        count++;
    bool good = rows == NULL || journal_write(j->db, j->bank, rows, 0, false);
    journal_rows_free(rows);
    if (!good) return db_failed(j->db, "the spool was not taken into the journal", err);
    for (int i = 0; i < 2; i++)
        if (!journal_spool_empty(&j->spool, i)) return error_all(err, "the spool cannot be emptied", beside, strerror(errno), NULL);
    if (count) log_info("%zu journal rows of a run that was cut off were taken in", count);
    return 0;
}

static int begin(struct journal *j, struct error *err)
{
    j->db = bank_db(j->bank, err);
    if (j->db == NULL) return -1;
    j->messages = db_number(j->db, "SELECT coalesce(max(seq), 0) FROM message", DB_NO_ARGS, -1);
    j->alarms = db_number(j->db, "SELECT coalesce(max(id), 0) FROM alarm", DB_NO_ARGS, -1);
    if (j->messages < 0 || j->alarms < 0) return db_failed(j->db, "the journal was not opened", err);
    if (recover(j, err) != 0) return -1;
    j->run = db_number(j->db, "INSERT INTO run (started_ms) VALUES ($1) RETURNING id", DB_ARGS(DB_INT(clock_now_ms(&j->bank->clock))), -1);
    return j->run > 0 ? 0 : db_failed(j->db, "the journal was not opened", err);
}

struct journal *journal_open(const struct bank *b, uv_loop_t *loop, void (*failed)(void *ctx), void *ctx, struct error *err)
{
    struct journal *j = calloc(1, sizeof *j);
    if (j == NULL) return error_all(err, "the journal was not opened", NULL, "no memory", NULL), NULL;
    j->bank = b;
    j->on_failed = failed;
    j->ctx = ctx;
    j->end = &j->first;
    j->spool.fds[0] = j->spool.fds[1] = -1;
    if (begin(j, err) != 0) {
        journal_spool_close(&j->spool);
        db_close(j->db);
        free(j);
        return NULL;
    }
    uv_mutex_init(&j->lock);
    uv_cond_init(&j->wake);
    uv_cond_init(&j->room);
    uv_async_init(loop, &j->signal, on_signal);
    j->signal.data = j;
    uv_thread_create(&j->thread, writer, j);
    return j;
}

int journal_stop(struct journal *j, struct error *err)
{
    uv_mutex_lock(&j->lock);
    j->stop = true;
    uv_cond_signal(&j->wake);
    uv_mutex_unlock(&j->lock);
    uv_thread_join(&j->thread);
    uv_close((uv_handle_t *)&j->signal, NULL);
    if (!j->failed && db_run(j->db, "UPDATE run SET ended_ms=$1 WHERE id=$2", DB_ARGS(DB_INT(clock_now_ms(&j->bank->clock)), DB_INT(j->run))) != 1) {
        db_failed(j->db, "the journal's end was not noted", &j->why);
        j->failed = true;
    }
    if (j->failed && err) *err = j->why;
    db_close(j->db);
    journal_spool_close(&j->spool);
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
