/* Which bills a list has named already: 8 bytes and a little each. */
#include <stdlib.h>

#include "bankd/withhold.h"

struct marks { uint64_t *slots; size_t mask; };

struct marks *marks_open(size_t most)
{
    struct marks *m = malloc(sizeof *m);
    size_t slots = 1024;
    while (slots < most + most / 4)
        slots *= 2;
    if (m == NULL) return NULL;
    m->mask = slots - 1;
    m->slots = calloc(slots, sizeof *m->slots);
    if (m->slots) return m;
    free(m);
    return NULL;
}

void marks_close(struct marks *m)
{
    if (m == NULL) return;
    free(m->slots);
    free(m);
}

bool marks_add(struct marks *m, uint64_t mark)
{
    size_t at = (size_t)(mark >> 7) & m->mask;
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
