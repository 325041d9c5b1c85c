#include "storm/sim.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "lib/disk.h"
#include "storm/nodes.h"

#define EVENTS_MAX 4096

struct event { int64_t at_ms; unsigned long order, life; struct node *node; event_fn *fn; void *ctx; long arg; };

struct run *run_now;
bool sim_calm;
static struct event heap[EVENTS_MAX];
static int count;
static unsigned long order;
static int64_t now_ms;
static uint64_t state[STREAMS];
static struct node *inside;

/* --- chance: splitmix64, a stream a kind ------------------------------------------------ */

static uint64_t next(enum stream stream)
{
    uint64_t z = state[stream] += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

unsigned dice(enum stream stream, unsigned sides) { return sides ? (unsigned)(next(stream) >> 32) % sides : 0; }
bool one_in(enum stream stream, unsigned sides) { return dice(stream, sides) == 0; }
static uint32_t disk_draw(void *ctx) { return (uint32_t)(next(DICE_DISK) >> 32); }

/* Not every seed has every kind of trouble, and some have much of one: what one kind mends or hides
 * shows where it is absent. */
static unsigned rate_of(const char *what, unsigned one_in_so_many)
{
    uint64_t h = run_now->seed + UINT64_C(0x9e3779b97f4a7c15);
    for (const char *at = what; *at; at++)
        h = (h ^ (unsigned char)*at) * UINT64_C(0x100000001b3);
    switch ((h ^ h >> 29) % 5) {
    case 0: case 1: return 0;
    case 2: return (one_in_so_many + 3) / 4;
    default: return one_in_so_many;
    }
}

bool fault(unsigned one_in_so_many, const char *what)
{
    struct run *r = run_now;
    unsigned rate = rate_of(what, one_in_so_many);
    if (sim_calm || r->quiet_faults || rate == 0 || !one_in(DICE_FAULT, rate)) return false;
    long number = r->faults++;
    if (r->muted && number < r->muted_count && r->muted[number]) return false;
    say("FAULT %ld: %s", number, what);
    return true;
}

/* --- telling --------------------------------------------------------------------------------- */

static void add(struct story *s, const char *text)
{
    size_t len = strlen(text);
    if (s->size + len + 1 > s->room) {
        s->room = (s->size + len + 1) * 2;
        s->text = realloc(s->text, s->room);
        assert(s->text);
    }
    memcpy(s->text + s->size, text, len + 1);
    s->size += len;
}

void say(const char *fmt, ...)
{
    char words[600], line[700];
    va_list args;
    if (!run_now || !run_now->telling) return;
    va_start(args, fmt);
    vsnprintf(words, sizeof words, fmt, args);
    va_end(args);
    int64_t local = now_ms + 28800000;
    snprintf(line, sizeof line, "%02d %02d:%02d:%02d.%03d %-8s %s\n", (int)(local / 86400000 % 100), (int)(local / 3600000 % 24), (int)(local / 60000 % 60),
             (int)(local / 1000 % 60), (int)(local % 1000), inside ? inside->name : "", words);
    add(&run_now->story, line);
}

void broken(const char *kind, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(run_now->what, sizeof run_now->what, fmt, args);
    va_end(args);
    snprintf(run_now->kind, sizeof run_now->kind, "%s", kind);
    say("BROKEN (%s): %s", kind, run_now->what);
    longjmp(run_now->out, 1);
}

/* --- events ------------------------------------------------------------------------------------ */

static bool before(const struct event *a, const struct event *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->order < b->order;
}

static void swap(int a, int b)
{
    struct event e = heap[a];
    heap[a] = heap[b];
    heap[b] = e;
}

unsigned long next_order(void) { return ++order; }
int64_t sim_now(void) { return now_ms; }

void at_ms(int64_t delay_ms, struct node *node, event_fn *fn, void *ctx, long arg)
{
    assert(count < EVENTS_MAX && delay_ms >= 0);
    int i = count++;
    heap[i] = (struct event){now_ms + delay_ms, ++order, node ? node->life : 0, node, fn, ctx, arg};
    for (; i > 0 && before(&heap[i], &heap[(i - 1) / 2]); i = (i - 1) / 2)
        swap(i, (i - 1) / 2);
}

static struct event pop(void)
{
    struct event first = heap[0];
    heap[0] = heap[--count];
    for (int i = 0, child; (child = 2 * i + 1) < count; i = child) {
        if (child + 1 < count && before(&heap[child + 1], &heap[child])) child++;
        if (!before(&heap[child], &heap[i])) break;
        swap(i, child);
    }
    return first;
}

struct node *enter(struct node *node)
{
    struct node *old = inside;
    inside = node;
    if (node) node->wall_ms = now_ms + node->skew_ms;
    return old;
}

struct node *node_inside(void) { return inside; }

void leave(struct node *old)
{
    struct node *was = inside;
    enter(old);
    if (!old && was) node_after(was);
}

static void happen(const struct event *e)
{
    if (e->node && (!e->node->up || e->node->life != e->life)) return;
    struct node *old = enter(e->node);
    e->fn(e->ctx, e->arg);
    leave(old);
}

void sim_run(int64_t until_ms, bool (*done)(void))
{
    while (!done || !done()) {
        int64_t timer_ms;
        unsigned long timer_order;
        bool timer = net_timer_due(&timer_ms, &timer_order);
        if (timer && count && (heap[0].at_ms < timer_ms || (heap[0].at_ms == timer_ms && heap[0].order < timer_order))) timer = false;
        int64_t next_ms = timer ? timer_ms : count ? heap[0].at_ms : until_ms;
        if (next_ms >= until_ms) break;
        if (next_ms > now_ms) now_ms = next_ms;
        run_now->events++;
        if (timer) {
            net_timer_fire();
        } else {
            struct event e = pop();
            happen(&e);
        }
    }
    if (now_ms < until_ms && !(done && done())) now_ms = until_ms;
}

void sim_night(int64_t ms)
{
    now_ms += ms;
    for (int i = 0; i < count; i++)
        heap[i].at_ms += ms;
    net_night(ms);
}

void sim_begin(struct run *run)
{
    static bool installed;
    run_now = run;
    run->kind[0] = run->what[0] = '\0';
    run->faults = run->payments = run->days = run->events = 0;
    run->story.size = 0;
    for (int i = 0; i < STREAMS; i++)
        state[i] = run->seed * UINT64_C(0xd1342543de82ef95) + (uint64_t)i * UINT64_C(0x9e3779b97f4a7c15) * 7919 + 1;
    now_ms = INT64_C(20781) * 86400000 + 30 * 60000; /* 2026-11-24, 08:30 in China */
    count = 0;
    order = 0;
    inside = NULL;
    sim_calm = false;
    memory_short_at(NULL, 0);
    if (!installed) memory_install();
    if (!installed) disk_install(&now_ms, disk_draw, NULL);
    installed = true;
    net_reset();
}

void sim_end(void)
{
    for (int i = 0; i < count; i++)
        if (heap[i].fn == net_arrives) free(heap[i].ctx);
    count = 0;
    run_now = NULL;
}
