/* For tests/bench: a line a measure, samples, what a program used of the processor. */
#ifndef TESTS_LIB_BENCH_H
#define TESTS_LIB_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* From the environment. */
int64_t bench_setting(const char *name, int64_t preset);
int64_t bench_now_us(void); /* monotonic */
/* Sorts the samples; the one below which so many of 1,000 are. */
int64_t bench_part(int64_t *samples, size_t count, unsigned per_mille);
/* Processor time of a program and of this one so far, us; a program that is gone: 0. */
int64_t bench_cpu_us(pid_t pid);
int64_t bench_own_cpu_us(void);
/* The same of a program with its children, ended or not. */
int64_t bench_tree_cpu_us(pid_t pid);

/* How late one who sleeps for a millisecond wakes, 99 times of 100, us: what the machine
 * adds to every wait now, whoever it is. Takes a second. */
int64_t bench_late_us(void);

/* bench: NAME ours X peer Y ratio R target T ok|short. peer 0: there is none, target is
 * a figure; else it is a ratio in per mille. more: more is better. target 0: none. */
void bench_line(const char *name, const char *unit, int64_t ours, int64_t peer, int64_t target, bool more);

#endif
