/* A day on one machine: utilityd, a bankd a bank, a branchd a branch, each a real
 * process with real books, and counters that are simulated: each speaks to its
 * branchd over the Unix socket as the counter program does, but nobody looks at
 * it. A third of the branches reach their bank through a cutter, which breaks
 * their connection in the middle of frames and lets it stand still. At the end
 * the three kinds of database are compared by SQL. */
#ifndef DAY_H
#define DAY_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "lib/world.h"

#define DAY_BANKS_MAX 4
#define DAY_BRANCHES_MAX 400
#define DAY_BILLS_SHARE 5 /* one payment in so many pays a bill, the others are prepayments */

struct town_branch {
    int bank, number;        /* 102..; 1.. of its bank */
    char name[32], id[16];   /* its program's name in the world; DE 42 */
    char socket[160], ledger[48];
    struct cutter *cutter;   /* NULL: straight to its bank */
};
struct town {
    struct world w;
    uv_loop_t loop;
    int banks, branches, counters; /* branches a bank, counters a branch */
    int64_t payments;              /* in all */
    uint64_t seed;
    int cut_ms;                    /* between two cuts of one link, on the average */
    int bank_ports[DAY_BANKS_MAX];
    struct town_branch rows[DAY_BRANCHES_MAX];
    int count;               /* of branches */
    int64_t started_ms;
};

/* town.c: certificates, settings, bills, ledgers; every daemon runs and every branch is signed on. */
void town_open(struct town *t);
void town_close(struct town *t);
int64_t town_bills(const struct town *t);          /* a customer each, K00000001.. */
uint64_t day_draw(uint64_t *state);                /* a number by chance, from a seed */
void day_say(const struct town *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* cutter.c */
struct cutter *cutter_open(uv_loop_t *loop, int bank_port, uint64_t seed);
int cutter_port(const struct cutter *c);
void cutter_start(struct cutter *c, int between_ms); /* from now on it cuts, so often on the average */
void cutter_heal(struct cutter *c);   /* and no more */
void cutter_close(struct cutter *c);
int64_t cutter_cuts(const struct cutter *c);
int64_t cutter_pauses(const struct cutter *c);

/* counters.c: works the payments off; returns when every counter has done its part. */
struct counted { int64_t paid, online, queued, abandoned, declined, refused, bills; int64_t *online_us; size_t samples; };
void counters_run(struct town *t, struct counted *out);

/* reckoning.c: waits until nothing is under way, then compares; the last line. 0: all agree. */
enum control { CONTROL_NONE, CONTROL_LOST, CONTROL_TWICE, CONTROL_AMOUNT };
int reckoning(struct town *t, enum control control);

#endif
