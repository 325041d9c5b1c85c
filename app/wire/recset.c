#include "wire/recset.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Entries lie one after the other in an arena, 4-byte line then the text with
 * its NUL; the table holds offsets + 1, open addressing, at most half full. */
struct recset {
    char *arena;
    size_t used, room;
    uint32_t *slots;
    size_t slot_count, entries; /* slot_count is a power of two */
};

#define SLOTS_FIRST 1024
#define ARENA_FIRST 65536
#define ARENA_MAX UINT32_MAX

struct recset *recset_open(void)
{
    struct recset *set = calloc(1, sizeof *set);
    if (!set) return NULL;
    set->arena = malloc(ARENA_FIRST);
    set->slots = calloc(SLOTS_FIRST, sizeof *set->slots);
    set->room = ARENA_FIRST;
    set->slot_count = SLOTS_FIRST;
    if (set->arena && set->slots) return set;
    recset_close(set);
    return NULL;
}

void recset_close(struct recset *set)
{
    if (!set) return;
    free(set->arena);
    free(set->slots);
    free(set);
}

static uint64_t hash(const char *text)
{
    uint64_t h = UINT64_C(14695981039346656037); /* FNV-1a, then mixed: slots are the low bits */
    for (; *text; text++) h = (h ^ (unsigned char)*text) * UINT64_C(1099511628211);
    h ^= h >> 29;
    return h * UINT64_C(0xbf58476d1ce4e5b9) >> 16;
}

static size_t slot_of(const struct recset *set, const char *text)
{
    size_t at = hash(text) & (set->slot_count - 1);
    while (set->slots[at] && strcmp(set->arena + set->slots[at] - 1 + sizeof(uint32_t), text) != 0)
        at = (at + 1) & (set->slot_count - 1);
    return at;
}

static int grow_slots(struct recset *set)
{
    size_t had = set->slot_count;
    uint32_t *old = set->slots, *made = calloc(had * 2, sizeof *made);
    if (!made) return -1;
    set->slots = made;
    set->slot_count = had * 2;
    for (size_t i = 0; i < had; i++)
        if (old[i]) made[slot_of(set, set->arena + old[i] - 1 + sizeof(uint32_t))] = old[i];
    free(old);
    return 0;
}

static int make_room(struct recset *set, size_t need)
{
    if (set->entries >= RECSET_MAX) return -1;
    if (set->used + need > set->room) {
        size_t room = set->room + set->room / 2 + need;
        char *arena = room < ARENA_MAX ? realloc(set->arena, room) : NULL;
        if (!arena) return -1;
        set->arena = arena;
        set->room = room;
    }
    return (set->entries + 1) * 2 > set->slot_count ? grow_slots(set) : 0;
}

int64_t recset_add(struct recset *set, const char *text, int64_t line)
{
    size_t len = strlen(text);
    uint32_t seen, now = line < UINT32_MAX ? (uint32_t)line : UINT32_MAX;
    assert(len <= RECSET_TEXT_MAX);
    if (make_room(set, sizeof now + len + 1)) return -1;
    size_t at = slot_of(set, text);
    if (set->slots[at]) {
        memcpy(&seen, set->arena + set->slots[at] - 1, sizeof seen);
        return seen;
    }
    memcpy(set->arena + set->used, &now, sizeof now);
    memcpy(set->arena + set->used + sizeof now, text, len + 1);
    set->slots[at] = (uint32_t)set->used + 1;
    set->used += sizeof now + len + 1;
    set->entries++;
    return 0;
}

int64_t recset_find(const struct recset *set, const char *text)
{
    uint32_t seen;
    size_t at = slot_of(set, text);
    if (!set->slots[at]) return 0;
    memcpy(&seen, set->arena + set->slots[at] - 1, sizeof seen);
    return seen;
}
