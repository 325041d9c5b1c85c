#include "lib/bench.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int64_t bench_setting(const char *name, int64_t preset)
{
    const char *text = getenv(name);
    return text ? strtoll(text, NULL, 10) : preset;
}

static int64_t us_of(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t bench_now_us(void) { return us_of(CLOCK_MONOTONIC); }
int64_t bench_own_cpu_us(void) { return us_of(CLOCK_PROCESS_CPUTIME_ID); }

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

int64_t bench_part(int64_t *samples, size_t count, unsigned per_mille)
{
    if (count == 0) return 0;
    qsort(samples, count, sizeof *samples, by_size);
    return samples[(count - 1) * per_mille / 1000];
}

struct used { int parent; unsigned long user, kernel, gone_user, gone_kernel; };

static bool read_used(int pid, struct used *u)
{
    char path[64], stat[1024] = "";
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *in = fopen(path, "r");
    if (in == NULL) return false;
    const char *rest = fgets(stat, sizeof stat, in) ? strrchr(stat, ')') : NULL;
    fclose(in);
    return rest && sscanf(rest + 2, "%*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %lu %lu", &u->parent, &u->user, &u->kernel, &u->gone_user, &u->gone_kernel) == 5;
}

static int64_t us(unsigned long ticks) { return (int64_t)ticks * 1000000 / sysconf(_SC_CLK_TCK); }

int64_t bench_cpu_us(pid_t pid)
{
    struct used u;
    return read_used((int)pid, &u) ? us(u.user + u.kernel) : 0;
}

int64_t bench_tree_cpu_us(pid_t pid)
{
    unsigned long ticks = 0;
    struct used u;
    DIR *all = opendir("/proc");
    for (struct dirent *entry; all && (entry = readdir(all)) != NULL;) {
        int other = atoi(entry->d_name);
        if (other <= 0 || !read_used(other, &u)) continue;
        if (other == (int)pid) ticks += u.user + u.kernel + u.gone_user + u.gone_kernel;
        else if (u.parent == (int)pid) ticks += u.user + u.kernel;
    }
    if (all) closedir(all);
    return us(ticks);
}

int64_t bench_late_us(void)
{
    static int64_t late[800];
    for (int i = 0; i < 800; i++) {
        int64_t from = bench_now_us();
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        late[i] = bench_now_us() - from - 1000;
    }
    return bench_part(late, 800, 990);
}

void bench_line(const char *name, const char *unit, int64_t ours, int64_t peer, int64_t target, bool more)
{
    int64_t ratio = peer ? ours * 1000 / peer : ours;
    bool good = target == 0 || (more ? ratio >= target : ratio <= target);
    printf("bench: %s ours %lld%s peer ", name, (long long)ours, unit);
    if (peer) printf("%lld%s ratio %lld.%03lld", (long long)peer, unit, (long long)(ratio / 1000), (long long)(ratio % 1000));
    else printf("- ratio -");
    if (target == 0) printf(" target -");
    else if (peer) printf(" target %lld.%03lld", (long long)(target / 1000), (long long)(target % 1000));
    else printf(" target %lld%s", (long long)target, unit);
    printf(" %s\n", good ? "ok" : "short");
    fflush(stdout);
}
