/* A branch measured: Enter to "recorded" beside the disk's own time; its queue of
 * 10,000 payments drained on loopback; and over a real line of 2 Mbit/s (a network
 * namespace with a token bucket at both ends, where root may make one), with the
 * bytes that a payment takes on it. Real branchd, bankd and utilityd.
 *
 * BENCH_QUEUE (10000) makes it smaller. */
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>
#include <cmocka.h>

#include "base/clock.h"
#include "lib/rpc_client.h"
#include "lib/world_branch.h"

#define PAIRS 400
#define LINE_BITS 2000000
#define SPACE "gridteller-bench"
#define OUTSIDE "10.213.77.1"

static struct world w;
static struct talk teller;
static char socket_path[512];
static int64_t samples[PAIRS];
static bool has_line;

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void line(const char *name, const char *unit, int64_t ours, int64_t peer, int64_t target, bool good)
{
    printf("bench: %s ours %lld%s peer ", name, (long long)ours, unit);
    if (peer) printf("%lld%s ratio %lld.%03lld", (long long)peer, unit, (long long)(ours / peer), (long long)(ours % peer * 1000 / peer));
    else printf("- ratio -");
    printf(" target %lld%s %s\n", (long long)target, unit, good ? "ok" : "short");
    fflush(stdout);
}

/* --- Enter to recorded -------------------------------------------------------------------- */

static int64_t prepay_us(char key[64])
{
    json_t *lookup = talk_ask(&teller, "lookup", "{s:s}", "customer", "0499110001");
    json_t *params = json_pack("{s:O, s:[], s:i, s:i, s:i}", "token", json_object_get(lookup, "token"), "bills", "prepaid_fen", 100, "tendered_fen", 100, "change_fen", 0);
    uint64_t from = uv_hrtime();
    json_t *card = talk_ask(&teller, "pay", "o", params);
    int64_t us = (int64_t)((uv_hrtime() - from) / 1000);
    snprintf(key, 64, "%s", talk_text(card, "key"));
    talk_ask(&teller, "shown", "{s:s}", "key", key);
    return us;
}

static int64_t disk_pair_us(int fd)
{
    static char block[4096];
    uint64_t from = uv_hrtime();
    for (int i = 0; i < 2; i++)
        if (write(fd, block, sizeof block) != sizeof block || fdatasync(fd) != 0) fail_msg("the disk fails");
    return (int64_t)((uv_hrtime() - from) / 1000);
}

/* Taken in turn, so that both see the same disk. */
static void enter_to_recorded(void)
{
    static int64_t disk[PAIRS];
    char path[300], key[64];
    int fd = open(world_path(&w, "disk", path, sizeof path), O_WRONLY | O_CREAT, 0600);
    if (fd < 0) fail_msg("%s", path);
    for (int i = 0; i < PAIRS; i++) {
        disk[i] = disk_pair_us(fd);
        samples[i] = prepay_us(key);
    }
    close(fd);
    talk_state_reaches(&teller, key, "posted", 10000);
    qsort(samples, PAIRS, sizeof *samples, by_size);
    qsort(disk, PAIRS, sizeof *disk, by_size);
    int64_t ours = samples[PAIRS / 2], peer = disk[PAIRS / 2];
    line("branch-enter-to-recorded (peer: two 4 KiB appends with fdatasync)", "us", ours, peer, 2 * peer, ours <= 2 * peer);
}

/* --- the queue ------------------------------------------------------------------------------ */

static json_t *state_now(void) { return talk_ask(&teller, "state", NULL); }

static void wait_link(bool up)
{
    int64_t until = clock_monotonic_ms() + 60000;
    while (json_is_true(json_object_get(json_object_get(state_now(), "link"), "up")) != up) {
        if (clock_monotonic_ms() > until) fail_msg("the link does not go %s: %s", up ? "up" : "down", world_read(&w, "branchd.log"));
        talk_note(&teller, "state", 10);
    }
}

/* Recorded while the bank is down; ms from the link's coming up to the last answer. */
static int64_t drain_ms(int count)
{
    char key[64];
    int64_t before = world_sql(&w, "utility.db", "SELECT count(*) FROM payment WHERE state=2");
    world_kill(&w, "bankd");
    wait_link(false);
    for (int i = 0; i < count; i++)
        prepay_us(key);
    world_start(&w, "bankd");
    wait_link(true);
    int64_t from = clock_monotonic_ms();
    for (int64_t until = from + 120000; talk_number(state_now(), "queue") > 0 && clock_monotonic_ms() < until;)
        talk_note(&teller, "state", 20); /* one that waits may be old: what counts is asked */
    int64_t ms = clock_monotonic_ms() - from;
    assert_int_equal(world_sql(&w, "utility.db", "SELECT count(*) FROM payment WHERE state=2"), before + count);
    assert_int_equal(world_sql(&w, "utility.db", "SELECT count(*) FROM (SELECT reference, lag(reference) OVER (ORDER BY id) AS before FROM payment) WHERE reference < before"), 0);
    return ms;
}

/* --- a line of 2 Mbit/s ----------------------------------------------------------------------- */

static bool shell(const char *command)
{
    char quiet[600];
    snprintf(quiet, sizeof quiet, "%s >/dev/null 2>&1", command);
    return system(quiet) == 0;
}

/* The branch lives in a network namespace of its own, a wire between. */
static bool make_line(void)
{
    shell("ip link del gtb0; ip netns del " SPACE);
    return geteuid() == 0 && shell("ip netns add " SPACE " && ip link add gtb0 type veth peer name gtb1 netns " SPACE " && ip addr add " OUTSIDE "/30 dev gtb0 && "
                                   "ip link set gtb0 up && ip netns exec " SPACE " ip addr add 10.213.77.2/30 dev gtb1 && ip netns exec " SPACE " ip link set gtb1 up");
}

static void remove_line(void) { shell("ip link del gtb0; ip netns del " SPACE); }

static bool narrow_line(void)
{
    return shell("tc qdisc add dev gtb0 root tbf rate 2mbit burst 4kb latency 400ms && ip netns exec " SPACE " tc qdisc add dev gtb1 root tbf rate 2mbit burst 4kb latency 400ms && "
                 "ethtool -K gtb0 tso off gso off; ip netns exec " SPACE " ethtool -K gtb1 tso off gso off; true");
}

/* Bytes with their IP and Ethernet headers. */
static int64_t line_bytes(const char *which)
{
    char path[100];
    long long n = 0;
    snprintf(path, sizeof path, "/sys/class/net/gtb0/statistics/%s_bytes", which);
    FILE *in = fopen(path, "r");
    if (in == NULL || fscanf(in, "%lld", &n) != 1) fail_msg("%s", path);
    fclose(in);
    return n;
}

static void over_the_line(int count)
{
    if (!has_line || !narrow_line()) {
        printf("bench: branch-line-2mbit skipped: needs root, ip netns and tc\n");
        return;
    }
    int64_t up = line_bytes("rx"), down = line_bytes("tx"), ms = drain_ms(count);
    up = line_bytes("rx") - up;
    down = line_bytes("tx") - down;
    /* an answer is a little longer than its payment: that direction is full first */
    int64_t rate = (int64_t)count * 1000 / ms, used = (up > down ? up : down) * 8 * 1000 / ms * 1000 / LINE_BITS;
    line("branch-line-bytes-up (a payment, with TLS, TCP, IP and Ethernet)", "B", up / count, 0, 250, up / count <= 250);
    line("branch-line-bytes-down (its answer)", "B", down / count, 0, 250, down / count <= 250);
    line("branch-line-2mbit-drain", "/s", rate, 0, 1000, rate >= 1000);
    line("branch-line-2mbit-used (the fuller direction)", " per mille", used, 0, 900, used >= 900);
}

/* --- the world ---------------------------------------------------------------------------------- */

static void replace(const char *file, const char *from, const char *to)
{
    char path[300], command[800];
    snprintf(command, sizeof command, "sed -i 's|%s|%s|' '%s'", from, to, world_path(&w, file, path, sizeof path));
    if (system(command) != 0) fail_msg("%s", command);
}

/* The branch moves into the namespace; what it finds there is the bank's address on the wire. */
static void move_branch(void)
{
    if (world_stop(&w, "branchd") != 0 || world_stop(&w, "bankd") != 0) fail_msg("not stopped in order");
    replace("bankd.ini", "listen = 127.0.0.1", "listen = 0.0.0.0");
    replace("bankd.policy", "from=127.0.0.1", "from=any");
    replace("branchd.ini", "address = 127.0.0.1", "address = " OUTSIDE);
    world_start(&w, "bankd");
    int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), away = open("/run/netns/" SPACE, O_RDONLY | O_CLOEXEC);
    if (home < 0 || away < 0 || setns(away, CLONE_NEWNET) != 0) fail_msg("the namespace cannot be entered");
    world_start(&w, "branchd");
    if (setns(home, CLONE_NEWNET) != 0) fail_msg("the namespace cannot be left");
    close(home);
    close(away);
}

static void the_bench(void **state)
{
    int queue = getenv("BENCH_QUEUE") ? atoi(getenv("BENCH_QUEUE")) : 10000;
    world_open(&w, "bench");
    world_utility(&w, 100);
    world_bank(&w);
    world_branch(&w, "feed = 1h\nagreement = 1h\n[offline]\ncount = 1000000\nday = 9000000.00\n[till]\nlimit = 9000000.00\n");
    has_line = make_line();
    if (has_line) move_branch();
    world_branch_socket(&w, socket_path, sizeof socket_path);
    talk_open(&teller, socket_path, "03");
    talk_sign_on(&teller, BRANCH_TELLER, BRANCH_PASSWORD);
    wait_link(true);
    enter_to_recorded();
    int64_t ms = drain_ms(queue);
    line("branch-queue-drained (out of the ledger, in order, none twice)", "ms", ms, 0, 3000 * (int64_t)queue / 10000, ms <= 3000 * (int64_t)queue / 10000);
    over_the_line(queue / 2);
    talk_close(&teller);
    world_branch_verify(&w);
    world_close(&w);
    remove_line();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_bench)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
