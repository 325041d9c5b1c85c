#include "utilityd/worker.h"

#include <stdlib.h>

struct worker {
    struct service *service;
    void (*on_done)(void *ctx, struct work *w);
    void (*on_broken)(void *ctx);
    void *ctx;
    uv_async_t signal;
    uv_prepare_t before; /* before the loop waits and after it has waited: what was */
    uv_check_t after;    /* gathered goes to the thread in one step */
    struct work *fresh, **fresh_end; /* the loop's alone */
    size_t round;
    uv_thread_t thread;
    uv_mutex_t lock;
    uv_cond_t wake;
    struct work *todo, **todo_end, *done, **done_end; /* under lock */
    bool stop, broken;                                /* under lock */
    bool told, running;
};

/* A round. */
static struct work *take(struct worker *r, struct exchange **xs, size_t *count)
{
    struct work *first = r->todo, *last = NULL;
    *count = 0;
    for (struct work *w = first; w && *count < r->round; last = w, w = w->next)
        xs[(*count)++] = &w->x;
    r->todo = last->next;
    if (r->todo == NULL) r->todo_end = &r->todo;
    last->next = NULL;
    return first;
}

/* The loop is woken after the lock is free. */
static void give_back(struct worker *r, struct work *first, bool whole)
{
    uv_mutex_lock(&r->lock);
    r->broken = r->broken || !whole;
    *r->done_end = first;
    while (*r->done_end)
        r->done_end = &(*r->done_end)->next;
    uv_mutex_unlock(&r->lock);
    uv_async_send(&r->signal);
}

static void run(void *arg)
{
    struct worker *r = arg;
    uv_mutex_lock(&r->lock);
    for (;;) {
        struct exchange *xs[GROUP_MAX];
        size_t count;
        if (r->todo == NULL && r->stop) break;
        if (r->todo == NULL) {
            uv_cond_wait(&r->wake, &r->lock);
            continue;
        }
        struct work *first = take(r, xs, &count);
        bool go = !r->broken;
        uv_mutex_unlock(&r->lock);
        bool whole = !go || service_work(r->service, xs, count);
        give_back(r, first, whole);
        if (go && whole) service_rest(r->service);
        uv_mutex_lock(&r->lock);
    }
    uv_mutex_unlock(&r->lock);
}

static void on_signal(uv_async_t *signal)
{
    struct worker *r = signal->data;
    uv_mutex_lock(&r->lock);
    struct work *w = r->done;
    bool broken = r->broken && !r->told;
    r->done = NULL;
    r->done_end = &r->done;
    uv_mutex_unlock(&r->lock);
    while (w) {
        struct work *next = w->next;
        r->on_done(r->ctx, w);
        w = next;
    }
    if (!broken) return;
    r->told = true;
    r->on_broken(r->ctx);
}

/* What the loop has gathered, in one step. */
static void hand_over(struct worker *r)
{
    if (r->fresh == NULL) return;
    uv_mutex_lock(&r->lock);
    *r->todo_end = r->fresh;
    r->todo_end = r->fresh_end;
    uv_mutex_unlock(&r->lock);
    r->fresh = NULL;
    r->fresh_end = &r->fresh;
    uv_cond_signal(&r->wake);
}

static void on_before(uv_prepare_t *handle) { hand_over(handle->data); }
static void on_after(uv_check_t *handle) { hand_over(handle->data); }

static void start_handles(struct worker *r, uv_loop_t *loop)
{
    uv_async_init(loop, &r->signal, on_signal);
    uv_prepare_init(loop, &r->before);
    uv_check_init(loop, &r->after);
    r->signal.data = r->before.data = r->after.data = r;
    uv_prepare_start(&r->before, on_before);
    uv_check_start(&r->after, on_after);
}

struct worker *worker_start(uv_loop_t *loop, struct service *service, size_t round, void (*on_done)(void *ctx, struct work *w),
                            void (*on_broken)(void *ctx), void *ctx, struct error *err)
{
    struct worker *r = calloc(1, sizeof *r);
    if (r == NULL) {
        service_close(service);
        return error_all(err, "cannot serve", NULL, "no memory", NULL), NULL;
    }
    *r = (struct worker){.service = service, .round = round, .on_done = on_done, .on_broken = on_broken, .ctx = ctx};
    r->todo_end = &r->todo;
    r->done_end = &r->done;
    r->fresh_end = &r->fresh;
    uv_mutex_init(&r->lock);
    uv_cond_init(&r->wake);
    start_handles(r, loop);
    r->running = uv_thread_create(&r->thread, run, r) == 0;
    if (!r->running) error_all(err, "cannot serve", NULL, "no thread can be started", NULL);
    return r;
}

void worker_give(struct worker *r, struct work *w)
{
    w->next = NULL;
    *r->fresh_end = w;
    r->fresh_end = &w->next;
}

void worker_stop(struct worker *r)
{
    if (!r->running) return;
    hand_over(r);
    uv_mutex_lock(&r->lock);
    r->stop = true;
    uv_cond_signal(&r->wake);
    uv_mutex_unlock(&r->lock);
    uv_thread_join(&r->thread);
    r->running = false;
    on_signal(&r->signal);
}

void worker_free(struct worker *r)
{
    if (r == NULL) return;
    service_close(r->service);
    uv_mutex_destroy(&r->lock);
    uv_cond_destroy(&r->wake);
    free(r);
}
