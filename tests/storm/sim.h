/* The storm: a bank's counters for a day or three, out of one number.
 *
 * One thread, one seed. The programs' own code runs: the branch's ledger, queue,
 * link, sign-on and agreement; the bank's relay; the utility's service, judge and
 * store. What is under them is not real: time, disks (disk.h), connections and
 * timers (net.c), people, printers and paper (people.c). Every chance is drawn from
 * the seed, each kind of it from a stream of its own, so that a fault left out by
 * the shrinker leaves the other draws as they were. */
#ifndef STORM_SIM_H
#define STORM_SIM_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* --- chance ------------------------------------------------------------------------- */

enum stream { DICE_PEOPLE, DICE_NET, DICE_DISK, DICE_FAULT, DICE_PAPER, DICE_SETUP, STREAMS };
unsigned dice(enum stream stream, unsigned sides); /* 0..sides-1 */
bool one_in(enum stream stream, unsigned sides);

/* Faults are numbered as their chances come up; a muted one does not strike. Returns whether it does. */
bool fault(unsigned one_in_so_many, const char *what);

/* --- time and events ------------------------------------------------------------------ */

typedef void event_fn(void *ctx, long arg);
struct node;
/* node NULL: the world's; else it is dropped once that program has died. */
void at_ms(int64_t delay_ms, struct node *node, event_fn *fn, void *ctx, long arg);
int64_t sim_now(void);             /* ms UTC, the true time */

/* --- programs ---------------------------------------------------------------------------- */

enum node_kind { NODE_BRANCH, NODE_BANK, NODE_UTILITY };
struct node {
    enum node_kind kind;
    char name[24];
    bool up, fails;                /* fails: its books can't be gone on with, it ends at the next event */
    unsigned long life;            /* counts its starts */
    int64_t wall_ms, skew_ms;      /* what its clock says: true time and an error */
    struct disk *disk;
    bool short_of_memory;          /* an allocation failed since its start */
    bool silent;                   /* went with the power: its connections tell nobody */
};
/* The node whose code runs now; sets its clock. Returns the one before. */
struct node *enter(struct node *node);
void leave(struct node *before);
struct node *node_inside(void);    /* NULL: the world's */

/* --- telling ------------------------------------------------------------------------------- */

/* A line of the story, when one is told. */
void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The seed has failed: what is wrong, in words. kind: "lost", "twice" or "broken". Does not return. */
void broken(const char *kind, const char *fmt, ...) __attribute__((format(printf, 2, 3), noreturn));

/* --- a run ------------------------------------------------------------------------------------ */

struct run {
    unsigned long seed;
    bool telling, quiet_faults;    /* a story is told; no faults (to measure) */
    const bool *muted;             /* by a fault's number; NULL: none */
    long muted_count, customers_max; /* customers_max 0: as the seed says */
    /* out */
    char kind[16], what[400];      /* "" : all is well */
    long faults, payments, days, events;
    struct story { char *text; size_t size, room; } story;
    jmp_buf out;
};
extern struct run *run_now;
extern bool sim_calm;              /* no faults from now on */

void sim_begin(struct run *run);
/* Runs events until `until` (ms) or until `done` says so. */
void sim_run(int64_t until_ms, bool (*done)(void));
/* Everybody sleeps: time goes on, and nothing happens. */
void sim_night(int64_t ms);
void sim_end(void);
/* A whole seed; run's out part is filled. */
void storm_run(struct run *run);

/* net.c */
void net_reset(void);
void net_gone(struct node *node);  /* its program ended: connections and timers go */
bool net_timer_due(int64_t *at_ms, unsigned long *order);
void net_timer_fire(void);
void net_night(int64_t ms);        /* timers stand still */
void net_trouble(void);            /* a connection, chosen by chance, is cut, stalls or goes half-open */
void net_drained(void);            /* what was under way long ago has come or never will */
void net_ghost(void);              /* a request of long ago arrives at the utility once more */
unsigned long next_order(void);
void net_arrives(void *frame, long serial); /* its ctx is freed with it */

#endif
