#include "bankd/desk.h"

#include "bankd/hold.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"

#define WAITING_MAX 1024
#define GROUP_MAX 32

enum job { ASKED, HEARD, REPEAT };
struct asked {
    struct asked *next;
    enum job job;
    uint64_t tag;
    bool answered;
    enum desk_end end;
    int64_t after_ms;
    size_t len;
    char bytes[ISO_MESSAGE_MAX]; /* the request, then its answer */
};
struct desk {
    const struct bank *bank;
    struct db *db;
    uv_work_t work;
    uv_loop_t *loop;
    desk_done *done;
    void *ctx;
    struct asked *first, **end; /* waiting */
    struct asked *group[GROUP_MAX];
    size_t waiting, count;
    bool busy, stopping, repeating;
};

/* One of the group, inside a transaction. An empty answer: there is none. */
static int judge_one(struct desk *d, const struct asked *a, struct desk_answer *answer, struct error *err)
{
    struct iso m;
    *answer = (struct desk_answer){.end = DESK_ANSWER};
    if (a->job == REPEAT) {
        answer->end = DESK_SEND_ON;
        return hold_repeat(d->db, d->bank, clock_now_ms(&d->bank->clock) - a->after_ms, answer, err) < 0 ? -1 : 0;
    }
    if (iso_unpack(&m, a->bytes, a->len, err) != 0) return -1;
    if (a->job == ASKED) return desk_judge(d->db, d->bank, &m, answer, err);
    answer->end = DESK_PASS;
    return hold_settle(d->db, d->bank, &m, err);
}

/* Some of the group in one transaction. On -1 nothing of it stands. */
static int judge_some(struct desk *d, size_t from, size_t count, struct error *err)
{
    static struct desk_answer answers[GROUP_MAX]; /* one group at a time, on one thread */
    int status = bank_begin(d->db) == 0 ? 0 : db_failed(d->db, "the desk's books cannot be written", err);
    for (size_t i = 0; i < count && status == 0; i++) {
        status = judge_one(d, d->group[from + i], &answers[i], err);
    }
    if (status == 0 && db_commit(d->db) != 0) status = db_failed(d->db, "the desk's books cannot be written", err);
    if (status != 0) {
        db_rollback(d->db);
        return -1;
    }
    for (size_t i = 0; i < count; i++) {
        struct asked *a = d->group[from + i];
        bool made = answers[i].len > 0; /* else what came goes on as it is */
        if (made) memcpy(a->bytes, answers[i].bytes, answers[i].len);
        if (made) a->len = answers[i].len;
        a->end = answers[i].end;
        a->answered = made || a->end == DESK_PASS || (a->end == DESK_SEND_ON && a->job == ASKED);
    }
    return 0;
}

/* Nobody asked: the books are not locked for writing just to see that nothing is to be repeated. */
static bool nothing_due(struct desk *d)
{
    const struct asked *a = d->group[0];
    return d->count == 1 && a->job == REPEAT && hold_due(d->db, clock_now_ms(&d->bank->clock) - a->after_ms) == 0;
}

/* All together; when that fails one by one, so that a single bad one can't hold the
 * others up. Who is not answered asks again, and is judged then. */
static void on_work(uv_work_t *work)
{
    struct desk *d = work->data;
    struct error err;
    if (nothing_due(d) || judge_some(d, 0, d->count, &err) == 0) return;
    log_error("%s: %s", err.what, err.why);
    for (size_t i = 0; d->count > 1 && i < d->count; i++)
        if (judge_some(d, i, 1, &err) != 0) log_error("%s: %s", err.what, err.why);
}

static void begin(struct desk *d);

/* What was heard has something kept for it, so its end is always told. */
static void end(struct desk *d, struct asked *a)
{
    if (a->job == REPEAT) d->repeating = false;
    if (a->answered && !d->stopping) d->done(d->ctx, a->tag, a->end, a->bytes, a->len);
    else if (a->job == HEARD) d->done(d->ctx, a->tag, DESK_LOST, a->bytes, a->len);
    free(a);
}

static void on_done(uv_work_t *work, int status)
{
    struct desk *d = work->data;
    for (size_t i = 0; i < d->count; i++) {
        struct asked *a = d->group[i];
        end(d, a);
    }
    d->count = 0;
    d->busy = false;
    begin(d);
}

static void begin(struct desk *d)
{
    if (d->busy || d->first == NULL || d->stopping) return;
    while (d->first && d->count < GROUP_MAX) {
        d->group[d->count++] = d->first;
        d->first = d->first->next;
        d->waiting--;
    }
    if (d->first == NULL) d->end = &d->first;
    d->work.data = d;
    d->busy = uv_queue_work(d->loop, &d->work, on_work, on_done) == 0;
}

static bool add(struct desk *d, enum job job, uint64_t tag, const void *bytes, size_t len, int64_t after_ms)
{
    if (d->stopping || d->waiting == WAITING_MAX || len > ISO_MESSAGE_MAX) return false;
    struct asked *a = malloc(sizeof *a);
    if (a == NULL) return false;
    a->next = NULL;
    a->job = job;
    a->tag = tag;
    a->after_ms = after_ms;
    a->answered = false;
    a->len = len;
    if (len > 0) memcpy(a->bytes, bytes, len);
    *d->end = a;
    d->end = &a->next;
    d->waiting++;
    begin(d);
    return true;
}

bool desk_ask(struct desk *d, uint64_t tag, const void *bytes, size_t len) { return add(d, ASKED, tag, bytes, len, 0); }
bool desk_hear(struct desk *d, uint64_t tag, const void *bytes, size_t len) { return add(d, HEARD, tag, bytes, len, 0); }

void desk_repeat(struct desk *d, int64_t after_ms)
{
    if (!d->repeating) d->repeating = add(d, REPEAT, 0, NULL, 0, after_ms);
}

struct desk *desk_open(const struct bank *b, uv_loop_t *loop, desk_done *done, void *ctx, struct error *err)
{
    struct desk *d = calloc(1, sizeof *d);
    if (d == NULL) return error_all(err, "the desk cannot open", NULL, "no memory", NULL), NULL;
    *d = (struct desk){.bank = b, .loop = loop, .done = done, .ctx = ctx};
    d->end = &d->first;
    d->db = bank_db(b, err);
    if (d->db) return d;
    free(d);
    return NULL;
}

void desk_stop(struct desk *d)
{
    d->stopping = true;
}

void desk_free(struct desk *d)
{
    if (d == NULL) return;
    while (d->first) {
        struct asked *next = d->first->next;
        end(d, d->first);
        d->first = next;
    }
    db_close(d->db);
    free(d);
}
