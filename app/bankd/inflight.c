#include "bankd/inflight.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define NONE UINT32_MAX

/* A slot is on one chain of its hash, and on the list of time. */
struct slot {
    struct inflight_entry entry; /* first: an entry is its slot */
    uint32_t chain, older, newer;
};

struct inflight {
    size_t capacity, count, buckets;
    uint32_t free, oldest, newest;
    uint32_t *bucket;
    struct slot *slots;
};

/* FNV-1a. Peers are certified; still, no key can be made to cost more than its chain. */
static size_t bucket_of(const struct inflight *t, const char *key)
{
    uint64_t h = UINT64_C(14695981039346656037);
    for (; *key; key++)
        h = (h ^ (unsigned char)*key) * UINT64_C(1099511628211);
    return (size_t)(h ^ h >> 32) & (t->buckets - 1);
}

struct inflight *inflight_open(size_t capacity)
{
    struct inflight *t = calloc(1, sizeof *t);
    if (t == NULL) return NULL;
    for (t->buckets = 16; t->buckets < 2 * capacity; t->buckets *= 2) {}
    t->capacity = capacity;
    t->bucket = malloc(t->buckets * sizeof *t->bucket);
    t->slots = calloc(capacity, sizeof *t->slots);
    if (t->bucket == NULL || t->slots == NULL) {
        inflight_close(t);
        return NULL;
    }
    memset(t->bucket, 0xff, t->buckets * sizeof *t->bucket);
    t->oldest = t->newest = NONE;
    t->free = capacity ? 0 : NONE;
    for (size_t i = 0; i < capacity; i++)
        t->slots[i].chain = i + 1 < capacity ? (uint32_t)(i + 1) : NONE;
    return t;
}

void inflight_close(struct inflight *t)
{
    if (t == NULL) return;
    free(t->bucket);
    free(t->slots);
    free(t);
}

size_t inflight_count(const struct inflight *t) { return t->count; }

static uint32_t index_of(const struct inflight *t, const struct inflight_entry *e)
{
    return (uint32_t)((const struct slot *)(const void *)e - t->slots);
}

static void unlink_time(struct inflight *t, uint32_t i)
{
    struct slot *s = &t->slots[i];
    *(s->older == NONE ? &t->oldest : &t->slots[s->older].newer) = s->newer;
    *(s->newer == NONE ? &t->newest : &t->slots[s->newer].older) = s->older;
}

static void append_time(struct inflight *t, uint32_t i)
{
    struct slot *s = &t->slots[i];
    s->older = t->newest;
    s->newer = NONE;
    *(t->newest == NONE ? &t->oldest : &t->slots[t->newest].newer) = i;
    t->newest = i;
}

/* The newest stands first in its chain. */
struct inflight_entry *inflight_find(struct inflight *t, const char *key)
{
    struct inflight_entry *first = NULL;
    for (uint32_t i = t->bucket[bucket_of(t, key)]; i != NONE; i = t->slots[i].chain)
        if (strcmp(t->slots[i].entry.key, key) == 0) first = &t->slots[i].entry;
    return first;
}

static struct inflight_entry *find_of(struct inflight *t, const char *key, uint64_t station)
{
    for (uint32_t i = t->bucket[bucket_of(t, key)]; i != NONE; i = t->slots[i].chain) {
        struct inflight_entry *e = &t->slots[i].entry;
        if (e->station == station && strcmp(e->key, key) == 0) return e;
    }
    return NULL;
}

struct inflight_entry *inflight_put(struct inflight *t, const char *key, uint64_t station,
                                    const char *mti, int64_t now_ms)
{
    assert(strlen(key) < INFLIGHT_KEY_SIZE && strlen(mti) == 4);
    struct inflight_entry *e = find_of(t, key, station);
    if (e) {
        unlink_time(t, index_of(t, e));
    } else {
        if (t->free == NONE) return NULL;
        uint32_t i = t->free;
        uint32_t *bucket = &t->bucket[bucket_of(t, key)];
        t->free = t->slots[i].chain;
        t->slots[i].chain = *bucket;
        *bucket = i;
        t->count++;
        e = &t->slots[i].entry;
        memset(e, 0, sizeof *e);
        memcpy(e->key, key, strlen(key) + 1);
    }
    e->station = station;
    e->sent_ms = now_ms;
    memcpy(e->mti, mti, sizeof e->mti);
    append_time(t, index_of(t, e));
    return e;
}

void inflight_drop(struct inflight *t, struct inflight_entry *e)
{
    uint32_t i = index_of(t, e), *at = &t->bucket[bucket_of(t, e->key)];
    while (*at != i)
        at = &t->slots[*at].chain;
    *at = t->slots[i].chain;
    unlink_time(t, i);
    t->slots[i].chain = t->free;
    t->free = i;
    t->count--;
}

struct inflight_entry *inflight_oldest(struct inflight *t)
{
    return t->oldest == NONE ? NULL : &t->slots[t->oldest].entry;
}

struct inflight_entry *inflight_next(struct inflight *t, const struct inflight_entry *e)
{
    uint32_t next = t->slots[index_of(t, e)].newer;
    return next == NONE ? NULL : &t->slots[next].entry;
}
