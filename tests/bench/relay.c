/* What the relay costs: time added to a payment against the direct way in the
 * same run, a queue drained through it, memory with 2,000 branches connected. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <cmocka.h>

#include "lib/station.h"
#include "lib/world.h"

#define PAIRS 3000
#define QUEUE 10000
#define WINDOW 128
#define BRANCHES 2000
#define AT_ONCE 64 /* handshakes under way */
#define ADDED_TARGET_US 300
#define QUEUE_TARGET_MS 3000
#define MEMORY_TARGET_KB (64 * 1024)

static struct world w;
static uv_loop_t loop;
static int64_t next = 1;

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static int64_t part(int64_t *all, size_t count, unsigned per_mille)
{
    qsort(all, count, sizeof *all, by_size);
    return all[(count - 1) * per_mille / 1000];
}

/* peer 0: none. Ratio in per mille of ours to the peer. */
static void line(const char *name, const char *unit, int64_t ours, int64_t peer, int64_t target, bool good)
{
    printf("bench: %s ours %lld%s peer ", name, (long long)ours, unit);
    if (peer) printf("%lld%s ratio %lld.%03lld", (long long)peer, unit, (long long)(ours / peer), (long long)(ours % peer * 1000 / peer));
    else printf("- ratio -");
    printf(" target %lld%s %s\n", (long long)target, unit, good ? "ok" : "short");
    fflush(stdout);
}

static int64_t one_payment_us(struct station *s)
{
    struct iso m, answer;
    station_pay(&m, "0200", "0311-0007", next++, 100);
    uint64_t from = uv_hrtime();
    if (!station_ask(s, &m, &answer, STATION_WAIT_MS) || !iso_is(&answer, 39, "00")) fail_msg("a payment failed");
    return (int64_t)((uv_hrtime() - from) / 1000);
}

static void time_added(void)
{
    static int64_t relayed[PAIRS], straight[PAIRS];
    struct station bank, utility;
    station_open(&bank, &w, &loop, "branch-0311-0007", w.bank_port, "bank-102");
    station_open(&utility, &w, &loop, "branch-0311-0007", w.utility_port, "utility");
    station_wait_up(&bank);
    station_wait_up(&utility);
    for (int i = 0; i < PAIRS; i++) {
        straight[i] = one_payment_us(&utility);
        relayed[i] = one_payment_us(&bank);
    }
    int64_t ours = part(relayed, PAIRS, 500), peer = part(straight, PAIRS, 500);
    line("relay-payment-median", "us", ours, peer, peer + ADDED_TARGET_US, ours - peer < ADDED_TARGET_US);
    line("relay-adds-median", "us", ours - peer, 0, ADDED_TARGET_US, ours - peer < ADDED_TARGET_US);
    line("relay-payment-p99", "us", part(relayed, PAIRS, 990), part(straight, PAIRS, 990), 2 * part(straight, PAIRS, 990),
         part(relayed, PAIRS, 990) < 2 * part(straight, PAIRS, 990));
    station_close(&bank);
    station_close(&utility);
}

/* --- a branch's queue ------------------------------------------------------------- */

struct drain { struct station *s; int64_t first, sent, answered; };

static void on_answer(void *ctx, const uint8_t *bytes, size_t len) { ((struct drain *)ctx)->answered++; }

static bool drained(void *ctx)
{
    struct drain *d = ctx;
    struct iso m;
    while (d->sent < QUEUE && d->sent - d->answered < WINDOW) {
        station_pay(&m, "0220", "0311-0007", d->first + d->sent, 100);
        if (!station_send(d->s, &m)) break;
        d->sent++;
    }
    return d->answered == QUEUE;
}

static int64_t drain_ms(int port, const char *peer_cn)
{
    struct station s;
    struct drain d = {&s, next, 0, 0};
    next += QUEUE;
    station_open(&s, &w, &loop, "branch-0311-0007", port, peer_cn);
    station_wait_up(&s);
    s.on_frame = on_answer;
    s.ctx = &d;
    uint64_t from = uv_hrtime();
    if (!station_until(&loop, drained, &d, 60000)) fail_msg("the queue was not drained");
    int64_t ms = (int64_t)((uv_hrtime() - from) / 1000000);
    station_close(&s);
    return ms;
}

/* --- many branches ---------------------------------------------------------------- */

static bool is_up(void *ctx) { return ((struct station *)ctx)->up != NULL; }

static long memory_kb(long *empty_kb)
{
    static struct station stations[BRANCHES];
    char cn[32], branch[16], code[3];
    struct iso m;
    for (int i = 0; i < BRANCHES; i++) {
        snprintf(cn, sizeof cn, "branch-0499-%04d", i);
        world_station(&w, cn);
        world_append(&w, "bankd.policy", "station %s bank=102 branch=0499-%04d from=127.0.0.1 messages=all\n", cn, i);
    }
    world_append(&w, "bankd.ini", "[serve]\nconnections_per_address = 4000\n");
    if (world_stop(&w, "bankd") != 0) fail_msg("bankd did not stop in order");
    world_start(&w, "bankd");
    world_wait_bank(&w);
    *empty_kb = world_memory_kb(&w, "bankd");
    for (int i = 0; i < BRANCHES; i++) {
        snprintf(cn, sizeof cn, "branch-0499-%04d", i);
        station_open(&stations[i], &w, &loop, cn, w.bank_port, "bank-102");
        if (i >= AT_ONCE && !station_until(&loop, is_up, &stations[i - AT_ONCE], 20000)) fail_msg("not connected: %s", stations[i - AT_ONCE].why);
    }
    for (int i = 0; i < BRANCHES; i++) {
        station_wait_up(&stations[i]);
        snprintf(branch, sizeof branch, "0499-%04d", i);
        station_pay(&m, "0200", branch, 1, 100);
        if (strcmp(station_code(&stations[i], &m, code), "00") != 0) fail_msg("%s was answered %s", branch, code);
    }
    long kb = world_memory_kb(&w, "bankd");
    for (int i = 0; i < BRANCHES; i++)
        station_hang_up(&stations[i]);
    uv_run(&loop, UV_RUN_DEFAULT);
    for (int i = 0; i < BRANCHES; i++)
        station_free(&stations[i]);
    return kb;
}

int main(void)
{
    struct rlimit files;
    long empty_kb, full_kb;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    uv_loop_init(&loop);
    world_open(&w, "bench");
    world_station(&w, "branch-0311-0007");
    world_utility(&w, 100);
    world_bank(&w);
    time_added();
    int64_t direct_ms = drain_ms(w.utility_port, "utility"), ms = drain_ms(w.bank_port, "bank-102");
    line("relay-queue-10000", "ms", ms, direct_ms, QUEUE_TARGET_MS, ms < QUEUE_TARGET_MS);
    full_kb = memory_kb(&empty_kb);
    line("relay-memory-2000-branches", "kB", full_kb, 0, MEMORY_TARGET_KB, full_kb < MEMORY_TARGET_KB);
    line("relay-memory-a-branch", "B", (full_kb - empty_kb) * 1024 / BRANCHES, 0, 32 * 1024, (full_kb - empty_kb) * 1024 / BRANCHES < 32 * 1024);
    if (world_stop(&w, "bankd") != 0) fail_msg("bankd did not stop in order");
    world_close(&w);
    return uv_loop_close(&loop);
}
