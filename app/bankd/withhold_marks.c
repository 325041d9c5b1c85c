/* Which bills a list has named already: 8 bytes and a little each. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "bankd/withhold.h"

#define HUGE_PAGE (2 << 20) /* the table is hit at random: with small pages each hit would miss the processor's page table too */

struct marks { uint64_t *slots; size_t mask; };

struct marks *marks_open(size_t most)
{
    struct marks *m = malloc(sizeof *m);
    size_t slots = HUGE_PAGE / sizeof *m->slots;
    void *room = NULL;
    while (slots < most + most / 4)
        slots *= 2;
    if (m == NULL) return NULL;
    if (posix_memalign(&room, HUGE_PAGE, slots * sizeof *m->slots) != 0) {
        free(m);
        return NULL;
    }
    madvise(room, slots * sizeof *m->slots, MADV_HUGEPAGE); /* a wish: without it the table is slower, not wrong */
    m->mask = slots - 1;
    m->slots = memset(room, 0, slots * sizeof *m->slots);
    return m;
}

void marks_close(struct marks *m)
{
    if (m == NULL) return;
    free(m->slots);
    free(m);
}

static size_t slot_of(const struct marks *m, uint64_t mark) { return (size_t)(mark >> 7) & m->mask; }

void marks_expect(const struct marks *m, uint64_t mark) { __builtin_prefetch(&m->slots[slot_of(m, mark)], 1); }

bool marks_add(struct marks *m, uint64_t mark)
{
    size_t at = slot_of(m, mark);
    for (; m->slots[at]; at = (at + 1) & m->mask)
        if (m->slots[at] == mark) return false;
    m->slots[at] = mark;
    return true;
}

/* Never 0. Two texts with one mark are compared as texts where it matters. */
uint64_t mark_of(const char *text)
{
    uint64_t h = UINT64_C(14695981039346656037);
    for (; *text; text++)
        h = (h ^ (unsigned char)*text) * UINT64_C(1099511628211);
    h = (h ^ h >> 32) * UINT64_C(0xd6e8feb86659fd93);
    h ^= h >> 32;
    return h ? h : 1;
}
