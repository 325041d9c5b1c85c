/* How fast a branch's queue drains: real branchd, bankd and utilityd on loopback, QUEUED advices that
 * were taken without the link, in order. The queue is laid into the ledger by the ledger itself, as the
 * daemon would, many to a commit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"
#include "branchd/branchd.h"
#include "ledger/payment.h"
#include "ledger/till.h"
#include "lib/world_branch.h"

#define QUEUED 10000
#define A_COMMIT 500
#define TARGET_MS 3000

static struct world w;

static void fine(enum ledger_result result, const struct error *err)
{
    if (result != LEDGER_OK) fail_msg("%s %s %s", ledger_word(result), err->what, err->why);
}

/* Prepayments of 1.00 of one customer, each shown: no invoices to print, one message each. */
static void lay(struct ledger *ledger, int count)
{
    static struct ledger_payment p;
    struct error err = {0};
    struct ledger_draft d = {.proc = 500000, .prepaid_fen = 100, .tendered_fen = 100, .offline = true, .detail = "{}"};
    snprintf(d.customer, sizeof d.customer, "0499110001");
    snprintf(d.operator_number, sizeof d.operator_number, BRANCH_TELLER);
    snprintf(d.terminal, sizeof d.terminal, "03");
    for (int i = 0; i < count; i++) {
        if (i % A_COMMIT == 0) fine(ledger_group_begin(ledger, &err), &err);
        snprintf(d.token, sizeof d.token, "%032x", i + 1);
        fine(payment_record(ledger, &d, NULL, &p, &err), &err);
        fine(payment_shown(ledger, &p.key, &err), &err);
        if (i % A_COMMIT == A_COMMIT - 1 || i == count - 1) fine(ledger_group_end(ledger, &err), &err);
    }
}

static void lay_queue(void)
{
    static struct branch branch;
    char path[512];
    struct error err = {0};
    struct ledger_startup found;
    struct ledger_till till;
    world_path(&w, "branchd.ini", path, sizeof path);
    if (branch_open(&branch, path, &err) != 0 || branch_world(&branch, false, &err) != 0) fine(LEDGER_BROKEN, &err);
    struct ledger *ledger = ledger_open(world_path(&w, "branch.db", path, sizeof path), &branch.world, &branch.rules, &err);
    if (ledger == NULL) fine(LEDGER_BROKEN, &err);
    fine(ledger_start(ledger, &found, &err), &err);
    fine(till_open(ledger, "03", "03", BRANCH_TELLER, 0, &till, &err), &err);
    lay(ledger, QUEUED);
    ledger_close(ledger);
}

/* Monotonic, when the queue holds no more than so many. */
static int64_t reaches(int64_t rows)
{
    char sql[120];
    snprintf(sql, sizeof sql, "SELECT count(*) <= %lld FROM outbox WHERE state IN ('ready','in flight','parked')", (long long)rows);
    int64_t until = clock_monotonic_ms() + 120000;
    while (world_sql(&w, "branch.db", sql) != 1 && clock_monotonic_ms() < until)
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL); /* the processor is the daemons' */
    return clock_monotonic_ms();
}

/* Processor time that a daemon has used, ms. */
static int64_t used_ms(const char *name)
{
    char path[64], line[600];
    unsigned long user = 0, kernel = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)world_pid(&w, name));
    FILE *file = fopen(path, "r");
    if (file == NULL || fgets(line, sizeof line, file) == NULL) line[0] = '\0';
    if (file) fclose(file);
    const char *rest = strrchr(line, ')');
    if (rest == NULL || sscanf(rest, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &kernel) != 2) return -1;
    return (int64_t)(user + kernel) * 1000 / sysconf(_SC_CLK_TCK);
}

static void a_long_queue_drains(void **state)
{
    world_open(&w, "drain");
    world_utility(&w, 100);
    world_bank(&w);
    world_branch(&w, "window = 256\ndrain = 100000\nfeed = 3600s\n[offline]\ncount = 1000000\nday = 9000000.00\n");
    world_wait_branch(&w);
    world_stop(&w, "branchd");
    lay_queue();
    world_start(&w, "branchd");
    int64_t begun = reaches(QUEUED - 1), bank = used_ms("bankd"), utility = used_ms("utilityd"), branch = used_ms("branchd");
    int64_t ms = reaches(0) - begun;
    printf("drain: processor time of branchd %lld ms, bankd %lld ms, utilityd %lld ms\n", (long long)(used_ms("branchd") - branch),
           (long long)(used_ms("bankd") - bank), (long long)(used_ms("utilityd") - utility));
    printf("bench: branch-drain-10000 ours %lldms peer - ratio - target %dms %s\n", (long long)ms, TARGET_MS, ms <= TARGET_MS ? "ok" : "short");
    assert_int_equal(world_branch_agrees(&w), QUEUED);
    assert_int_equal(world_sql(&w, "utility.db", "SELECT count(*) FROM (SELECT reference, lag(reference) OVER (ORDER BY id) AS before FROM payment)"
                               " WHERE reference < before"), 0);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_long_queue_drains)};
    return cmocka_run_group_tests_name("drain", tests, NULL, NULL);
}
