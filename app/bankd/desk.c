#include "bankd/desk.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"

#define WAITING_MAX 1024
#define GROUP_MAX 32

struct asked {
    struct asked *next;
    uint64_t tag;
    bool answered;
    size_t len;
    char bytes[ISO_MESSAGE_MAX]; /* the request, then its answer */
};
struct desk {
    const struct bank *bank;
    struct db *db;
    uv_work_t work;
    uv_loop_t *loop;
    void (*answered)(void *ctx, uint64_t tag, const void *bytes, size_t len);
    void *ctx;
    struct asked *first, **end; /* waiting */
    struct asked *group[GROUP_MAX];
    size_t waiting, count;
    bool busy, stopping;
};

/* Some of the group in one transaction. On -1 nothing of it stands. */
static int judge_some(struct desk *d, size_t from, size_t count, struct error *err)
{
    struct desk_answer answers[GROUP_MAX];
    int status = bank_begin(d->db) == 0 ? 0 : db_failed(d->db, "the desk's books cannot be written", err);
    for (size_t i = 0; i < count && status == 0; i++) {
        struct iso m;
        struct asked *a = d->group[from + i];
        status = iso_unpack(&m, a->bytes, a->len, err);
        if (status == 0) status = desk_judge(d->db, d->bank, &m, &answers[i], err);
    }
    if (status == 0 && db_commit(d->db) != 0) status = db_failed(d->db, "the desk's books cannot be written", err);
    if (status != 0) {
        db_rollback(d->db);
        return -1;
    }
    for (size_t i = 0; i < count; i++) {
        struct asked *a = d->group[from + i];
        memcpy(a->bytes, answers[i].bytes, answers[i].len);
        a->len = answers[i].len;
        a->answered = true;
    }
    return 0;
}

/* All together; when that fails one by one, so that a single bad one can't hold the
 * others up. Who is not answered asks again, and is judged then. */
static void on_work(uv_work_t *work)
{
    struct desk *d = work->data;
    struct error err;
    if (judge_some(d, 0, d->count, &err) == 0) return;
    log_error("%s: %s", err.what, err.why);
    for (size_t i = 0; d->count > 1 && i < d->count; i++)
        if (judge_some(d, i, 1, &err) != 0) log_error("%s: %s", err.what, err.why);
}

static void begin(struct desk *d);

static void on_done(uv_work_t *work, int status)
{
    struct desk *d = work->data;
    for (size_t i = 0; i < d->count; i++) {
        struct asked *a = d->group[i];
        if (a->answered && !d->stopping) d->answered(d->ctx, a->tag, a->bytes, a->len);
        free(a);
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

bool desk_ask(struct desk *d, uint64_t tag, const void *bytes, size_t len)
{
    if (d->stopping || d->waiting == WAITING_MAX || len > ISO_MESSAGE_MAX) return false;
    struct asked *a = malloc(sizeof *a);
    if (a == NULL) return false;
    a->next = NULL;
    a->tag = tag;
    a->answered = false;
    a->len = len;
    memcpy(a->bytes, bytes, len);
    *d->end = a;
    d->end = &a->next;
    d->waiting++;
    begin(d);
    return true;
}

struct desk *desk_open(const struct bank *b, uv_loop_t *loop, void (*answered)(void *ctx, uint64_t tag, const void *bytes, size_t len), void *ctx,
                       struct error *err)
{
    struct desk *d = calloc(1, sizeof *d);
    if (d == NULL) return error_all(err, "the desk cannot open", NULL, "no memory", NULL), NULL;
    *d = (struct desk){.bank = b, .loop = loop, .answered = answered, .ctx = ctx};
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
        free(d->first);
        d->first = next;
    }
    db_close(d->db);
    free(d);
}
