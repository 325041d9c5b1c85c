/* A thread with a service of its own. What arrives while it is at work shares its
 * next round. Called from the loop's thread only. */
#ifndef UTILITYD_WORKER_H
#define UTILITYD_WORKER_H

#include <uv.h>

#include "utilityd/service.h"

struct work {
    struct exchange x;
    void *conn; /* the caller's */
    struct work *next;
};
struct worker;
/* round: how many it works on at a time, at most (GROUP_MAX). on_done, from the
 * loop: items come back in order. on_broken: once, after which nothing more is
 * worked on. Takes the service over. */
struct worker *worker_start(uv_loop_t *loop, struct service *service, size_t round, void (*on_done)(void *ctx, struct work *w),
                            void (*on_broken)(void *ctx), void *ctx, struct error *err);
/* It goes to the thread with all that this turn of the loop gives. */
void worker_give(struct worker *worker, struct work *w);
/* Works off what it was given, ends the thread, hands everything back (on_done).
 * Its handles are closed with the loop's others, then worker_free. */
void worker_stop(struct worker *worker);
void worker_free(struct worker *worker);

#endif
