/* Branches, each with one queue for what cannot be sent on at once, and the
 * turns by which the queues are worked off: one message a branch. */
#include "bankd/relay_impl.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static size_t bucket_of(const char *bank, const char *name)
{
    uint64_t h = UINT64_C(14695981039346656037);
    for (const char *p = bank; *p; p++)
        h = (h ^ (unsigned char)*p) * UINT64_C(1099511628211);
    for (const char *p = name; *p; p++)
        h = (h ^ (unsigned char)*p) * UINT64_C(1099511628211);
    return (size_t)(h ^ h >> 32) % BRANCH_BUCKETS;
}

struct branch *relay_branch(struct relay *r, const char *bank, const char *name, bool make)
{
    struct branch **bucket = &r->buckets[bucket_of(bank, name)], *b = *bucket;
    while (b && (strcmp(b->name, name) != 0 || strcmp(b->bank, bank) != 0))
        b = b->chain;
    if (b || !make || r->branch_count == BRANCHES_MAX || (b = calloc(1, sizeof *b)) == NULL) return b;
    text_copy(b->bank, sizeof b->bank, bank);
    text_copy(b->name, sizeof b->name, name);
    b->queue_end = &b->queue;
    b->chain = *bucket;
    *bucket = b;
    r->branch_count++;
    return b;
}

/* --- the queue of a branch ----------------------------------------------------- */

static void enqueue(struct relay *r, struct item *item)
{
    struct branch *b = item->branch;
    if (b->queue == NULL) { /* its turn comes after all others */
        b->turn = NULL;
        *r->turn_end = b;
        r->turn_end = &b->turn;
    }
    *b->queue_end = item;
    b->queue_end = &item->next;
    b->queued++;
    r->queued++;
}

static struct item *dequeue(struct relay *r, struct branch *b)
{
    struct item *item = b->queue;
    b->queue = item->next;
    if (b->queue == NULL) b->queue_end = &b->queue;
    item->next = NULL;
    b->queued--;
    r->queued--;
    return item;
}

static struct branch *next_turn(struct relay *r)
{
    struct branch *b = r->turn_first;
    r->turn_first = b->turn;
    if (r->turn_first == NULL) r->turn_end = &r->turn_first;
    b->turn = NULL;
    return b;
}

static void last_turn(struct relay *r, struct branch *b)
{
    *r->turn_end = b;
    r->turn_end = &b->turn;
}

/* --- in, on, out --------------------------------------------------------------- */

static void hold(struct relay *r, struct item *item)
{
    relay_answer_unknown(r, item, OWN_91);
    free(item);
}

void relay_submit(struct relay *r, struct item *item)
{
    struct branch *b = item->branch;
    struct link *l = relay_link_for(r, b);
    if (l == NULL || b->queued + b->in_flight >= (size_t)r->bank->settings.waiting) hold(r, item);
    else if (b->queue || !relay_link_send(l, item)) enqueue(r, item);
}

void relay_pump(struct relay *r)
{
    struct branch *stuck_first = NULL, **stuck_end = &stuck_first;
    while (r->turn_first) {
        struct branch *b = next_turn(r);
        struct link *l = relay_link_for(r, b);
        if (l == NULL) { /* none is up: nothing of it will be sent on */
            while (b->queue)
                hold(r, dequeue(r, b));
        } else if (relay_link_send(l, b->queue)) {
            dequeue(r, b);
            if (b->queue) last_turn(r, b);
        } else {
            *stuck_end = b;
            stuck_end = &b->turn;
        }
    }
    if (stuck_first == NULL) return;
    r->turn_first = stuck_first;
    r->turn_end = stuck_end;
}

/* The oldest stands first in each queue. */
void relay_expire_queued(struct relay *r, int64_t now_ms)
{
    struct branch *kept_first = NULL, **kept_end = &kept_first;
    while (r->turn_first) {
        struct branch *b = next_turn(r);
        while (b->queue && now_ms - b->queue->arrived_ms >= r->bank->settings.answer_ms)
            hold(r, dequeue(r, b));
        if (b->queue == NULL) continue;
        *kept_end = b;
        kept_end = &b->turn;
    }
    if (kept_first == NULL) return;
    r->turn_first = kept_first;
    r->turn_end = kept_end;
}
