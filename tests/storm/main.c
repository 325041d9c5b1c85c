/* storm: seeds, one after the other, in as many processes as there are cores.
 *
 *   storm [-s first] [-n seeds] [-m minutes] [-j processes] [-v]   runs them; ends with one line of totals
 *   storm -t seed                                                   tells one seed's story
 *   storm -k seed                                                   shrinks a failing one, tells what is left
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "storm/nodes.h"
#include "storm/sim.h"

#define FAULTS_MAX 4096
#define FAILS_MAX 64

struct totals { long seeds, payments, faults, days, events, lost, twice, broken; unsigned long failed[FAILS_MAX]; long failed_count; };
static struct totals *totals; /* shared by the processes */

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void count(const struct run *run)
{
    __atomic_add_fetch(&totals->seeds, 1, __ATOMIC_RELAXED);
    __atomic_add_fetch(&totals->payments, run->payments, __ATOMIC_RELAXED);
    __atomic_add_fetch(&totals->faults, run->faults, __ATOMIC_RELAXED);
    __atomic_add_fetch(&totals->days, run->days, __ATOMIC_RELAXED);
    __atomic_add_fetch(&totals->events, run->events, __ATOMIC_RELAXED);
    if (!run->kind[0]) return;
    long *kind = strcmp(run->kind, "lost") == 0 ? &totals->lost : strcmp(run->kind, "twice") == 0 ? &totals->twice : &totals->broken;
    __atomic_add_fetch(kind, 1, __ATOMIC_RELAXED);
    long at = __atomic_fetch_add(&totals->failed_count, 1, __ATOMIC_RELAXED);
    if (at < FAILS_MAX) totals->failed[at] = run->seed;
    printf("seed %lu: %s: %s\n", run->seed, run->kind, run->what);
    fflush(stdout);
}

static void work(unsigned long first, unsigned long step, long seeds, int64_t until_ms, long stop_at)
{
    for (long i = 0; i < seeds; i++) {
        struct run run = {.seed = first + (unsigned long)i * step};
        if (until_ms && now_ms() >= until_ms) break;
        if (stop_at && __atomic_load_n(&totals->failed_count, __ATOMIC_RELAXED) >= stop_at) break;
        storm_run(&run);
        count(&run);
        free(run.story.text);
    }
    nodes_free();
}

static void tell(unsigned long seed, const bool *muted, long muted_count, long most, FILE *out)
{
    struct run run = {.seed = seed, .telling = true, .muted = muted, .muted_count = muted_count, .customers_max = most};
    storm_run(&run);
    fputs(run.story.text ? run.story.text : "", out);
    fprintf(out, "seed %lu: %ld payments, %ld faults, %ld days, %ld events: %s %s\n", seed, run.payments, run.faults, run.days, run.events,
            run.kind[0] ? run.kind : "all is well", run.what);
    free(run.story.text);
}

/* --- shrinking -------------------------------------------------------------------------------- */

static bool fails(unsigned long seed, const bool *muted, long count_of, long most, long *faults)
{
    struct run run = {.seed = seed, .muted = muted, .muted_count = count_of, .customers_max = most};
    storm_run(&run);
    if (faults) *faults = run.faults;
    free(run.story.text);
    return run.kind[0] != '\0';
}

/* Faults are left out, halves first, then single ones, as long as it still fails; then customers. */
static void shrink(unsigned long seed)
{
    static bool muted[FAULTS_MAX], tried[FAULTS_MAX];
    long faults = 0, few = 0, left = 0;
    if (!fails(seed, NULL, 0, 0, &faults)) {
        printf("seed %lu does not fail\n", seed);
        return;
    }
    if (faults > FAULTS_MAX) faults = FAULTS_MAX;
    for (long size = faults; size >= 1; size = size == 1 ? 0 : (size + 1) / 2)
        for (long at = 0; at < faults; at += size) {
            memcpy(tried, muted, sizeof tried);
            for (long i = at; i < at + size && i < faults; i++)
                tried[i] = true;
            if (memcmp(tried, muted, sizeof tried) != 0 && fails(seed, tried, faults, 0, NULL)) memcpy(muted, tried, sizeof muted);
        }
    for (long max = 1; max < 12 && !few; max++)
        if (fails(seed, muted, faults, max, NULL)) few = max;
    for (long i = 0; i < faults; i++)
        left += !muted[i];
    tell(seed, muted, faults, few, stdout);
    printf("shrunk: of %ld faults %ld are left, customers a teller and day %ld\n", faults, left, few);
}

static int run_all(unsigned long first, long seeds, double minutes, int processes, long stop_at)
{
    int64_t start = now_ms(), until = minutes > 0 ? start + (int64_t)(minutes * 60000) : 0;
    totals = mmap(NULL, sizeof *totals, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (totals == MAP_FAILED) return 2;
    int died = 0, status;
    fflush(stdout);
    if (processes == 1) work(first, 1, until ? 1L << 40 : seeds, until, stop_at); /* here, for debuggers and counters of coverage */
    for (int i = 0; i < processes && processes > 1; i++)
        if (fork() == 0) {
            work(first + (unsigned long)i, (unsigned long)processes, until ? 1L << 40 : (seeds - i + processes - 1) / processes, until, stop_at);
            fflush(stdout);
            _exit(0);
        }
    while (wait(&status) > 0)
        died += !WIFEXITED(status) || WEXITSTATUS(status) != 0;
    double seconds = (double)(now_ms() - start) / 1000;
    printf("storm: %ld branch days in %.1f s, %.0f a minute, %.0f events a second\n", totals->days, seconds, (double)totals->days / seconds * 60, (double)totals->events / seconds);
    if (died) printf("storm: %d processes died\n", died);
    printf("storm: seeds %ld, payments %ld, faults %ld, lost %ld, twice %ld, broken %ld\n", totals->seeds, totals->payments, totals->faults, totals->lost,
           totals->twice, totals->broken + died);
    return died || totals->failed_count ? 1 : 0;
}

/* As one of the tests: make test runs it so. */
static int as_a_test(void)
{
    const char *seeds = getenv("SEEDS");
    long count_of = seeds ? strtol(seeds, NULL, 10) : 1000;
    int failed = run_all(1, count_of, 0, (int)sysconf(_SC_NPROCESSORS_ONLN), 10);
    printf("%s 1 - %ld seeds of the storm, nothing lost, nothing twice, nothing broken\n1..1\n", failed ? "not ok" : "ok", count_of);
    return failed;
}

int main(int argc, char **argv)
{
    if (argc == 1 && getenv("CMOCKA_MESSAGE_OUTPUT")) return as_a_test();
    unsigned long first = 1;
    long seeds = 100, stop_at = 0;
    double minutes = 0;
    int processes = (int)sysconf(_SC_NPROCESSORS_ONLN), option;
    while ((option = getopt(argc, argv, "s:n:m:j:t:k:x:")) != -1)
        switch (option) {
        case 's': first = strtoul(optarg, NULL, 10); break;
        case 'n': seeds = strtol(optarg, NULL, 10); break;
        case 'm': minutes = strtod(optarg, NULL); break;
        case 'j': processes = atoi(optarg); break;
        case 'x': stop_at = strtol(optarg, NULL, 10); break;
        case 't': tell(strtoul(optarg, NULL, 10), NULL, 0, 0, stdout); nodes_free(); return 0;
        case 'k': shrink(strtoul(optarg, NULL, 10)); nodes_free(); return 0;
        default: fprintf(stderr, "usage: storm [-s first] [-n seeds] [-m minutes] [-j processes] [-x stop after] | -t seed | -k seed\n"); return 64;
        }
    return run_all(first, seeds, minutes, processes, stop_at);
}
