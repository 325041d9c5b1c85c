/* A bank that asks: many lines to a utility's front ends, one question at a time on
 * each, its answers timed. Every customer K00000001 … has one bill B00000001 … of 52.00. */
#ifndef TESTS_LIB_BENCH_LOAD_H
#define TESTS_LIB_BENCH_LOAD_H

#include "lib/utility_world.h"

#define LOAD_LINES_MAX 512

struct load {
    struct utility_world *u;
    int lines, fronts;     /* front ends utilityd and utilityd-2 */
    const int *ports;
    bool pay;              /* a bill each; else the bills of a customer are looked up */
    int64_t rate;          /* questions a second, all lines together; 0: each line asks when it has its answer */
    int64_t seconds, customers;
    int64_t next;          /* goes on: no bill is paid twice. Far from the one before it, as people come to a counter */
    /* what came of it */
    int64_t a_second, p50_us, p99_us;
    int64_t cpu_us, own_us; /* processor time for one, of the front ends and of this program */
};
void load_run(struct load *load);
/* A bills file, and the import of it; ms. */
void load_make_bills(struct utility_world *u, int64_t count);
int64_t load_import_ms(struct utility_world *u);
/* Each of 1 to count once, no two neighbours near one another. */
int64_t load_scattered(int64_t n, int64_t count);

#endif
