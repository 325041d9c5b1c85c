/* What was sent on to the utility and has no answer yet. A request is found by
 * its match key; a repeat over the same connection shares its entry. Should two
 * connections ask the same, each has an entry and gets its own answer. Pure. */
#ifndef BANKD_INFLIGHT_H
#define BANKD_INFLIGHT_H

#include <stddef.h>
#include <stdint.h>

#define INFLIGHT_KEY_SIZE 64

struct inflight_entry {
    char key[INFLIGHT_KEY_SIZE];
    uint64_t station;   /* who waits; never used twice, so that a new connection isn't taken for an old one */
    int64_t sent_ms;    /* of the last time it was sent on */
    int waiting;        /* requests with this key that are not answered */
    int told_unknown;   /* of these, how many were answered 68 already */
    char mti[5];        /* of the last request */
    void *request;      /* the caller's */
};

struct inflight;
/* NULL: no memory. */
struct inflight *inflight_open(size_t capacity);
void inflight_close(struct inflight *table);
size_t inflight_count(const struct inflight *table);

/* The entry of key and station, made when there is none (waiting 0); NULL: the
 * table is full, so the request may not be sent on. Its place in the order of
 * time is renewed. */
struct inflight_entry *inflight_put(struct inflight *table, const char *key, uint64_t station,
                                    const char *mti, int64_t now_ms);
/* The one with this key that was made first; NULL: none. */
struct inflight_entry *inflight_find(struct inflight *table, const char *key);
void inflight_drop(struct inflight *table, struct inflight_entry *entry);
/* The one that waits longest; NULL: none. Then the next longer one. */
struct inflight_entry *inflight_oldest(struct inflight *table);
struct inflight_entry *inflight_next(struct inflight *table, const struct inflight_entry *entry);

#endif
