/* Real power cuts: the ledger on an ext4 of its own in a file, payments as fast as they go, and the
 * file system shut down under them (its journal not written out), as when the power goes. Mounted
 * again, every sum and every number that somebody was told of is in the books.
 *
 * Wants root and loop devices; without them it says so and does nothing. ROUNDS=n cuts, 20 else. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>
#include <sqlite3.h>

#include "ledger/inside.h"
#include "lib/pay.h"

#define CUTS 20
#define CONTROL_CUTS 40          /* of these at least one must lose something */
#define RUN_US_MOST 60000        /* between the first payment and the cut */
#define EXT4_IOC_SHUTDOWN 0x8004587d
#define NO_LOG_FLUSH 2
#define SAID_MAX 20000

/* What somebody was told, the moment it was committed. */
struct told {
    int64_t payment, at_ns;
    enum { RECORDED, POSTED, AT_PRINTER, PRINTED } what;
    char number[20];
};

static struct books b;
static char folder[32], place[48], image[48], shelf[128];
static struct told told[SAID_MAX];
static size_t told_count;
static unsigned luck = 20261124;

static int shell(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static int shell(const char *fmt, ...)
{
    char line[400];
    va_list args;
    va_start(args, fmt);
    vsnprintf(line, sizeof line, fmt, args);
    va_end(args);
    return system(line);
}

static bool mounted(void) { return shell("mount -o loop %s %s 2>/dev/null", image, place) == 0; }
static void unmounted(void)
{
    for (int i = 0; umount(place) != 0; i++) {
        if (i == 1000) fail_msg("%s: %s", place, strerror(errno));
        usleep(5000);
    }
}

static int start(void **state)
{
    strcpy(folder, "/tmp/gridteller-cut-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(place, sizeof place, "%s/disk", folder);
    snprintf(image, sizeof image, "%s/image", folder);
    assert_int_equal(shell("mkdir %s && truncate -s 96M %s && mkfs.ext4 -q -F %s", place, image, image), 0);
    return mounted() ? 0 : -1;
}

static int stop(void **state)
{
    ledger_close(b.ledger); /* of a story that failed */
    unmounted();
    return shell("rm -rf %s", folder);
}

/* A morning's books, put on that disk. */
static void morning(void)
{
    pay_start(&b);
    ledger_close(b.ledger);
    assert_int_equal(shell("cp -p %s/branch.db* %s/ && sync -f %s", b.folder, place, place), 0);
    snprintf(shelf, sizeof shelf, "%s", b.path);
    snprintf(b.path, sizeof b.path, "%s/branch.db", place);
    b.ledger = NULL;
    told_count = 0;
}

static void evening(void)
{
    ledger_close(b.ledger);
    b.ledger = NULL;
    assert_int_equal(shell("rm -f %s/branch.db*", place), 0);
    snprintf(b.path, sizeof b.path, "%s", shelf);
    pay_again(&b, NULL);
    books_end(&b);
    b.ledger = NULL;
}

/* --- the branch at work, until its disk goes ------------------------------------------------ */

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void tell(int to, int64_t payment, int what, const char *number)
{
    struct told t = {.payment = payment, .at_ns = now_ns()};
    t.what = what;
    snprintf(t.number, sizeof t.number, "%s", number);
    if (write(to, &t, sizeof t) != sizeof t) _exit(1);
}

/* A refusal is an answer too; what can't be written ends the program. */
static bool done(enum ledger_result r)
{
    if (r == LEDGER_BROKEN) _exit(0);
    return r == LEDGER_OK;
}

static void print_it(int to, struct ledger_payment *p)
{
    struct ledger_print job;
    int64_t invoice, payment;
    char kind[8];
    if (!done(invoice_next(b.ledger, "03", &invoice, &payment, kind, &b.err)) || invoice == 0) return;
    if (!done(invoice_send(b.ledger, invoice, "03", &job, &b.err))) return;
    tell(to, payment, AT_PRINTER, job.number); /* it may be an older one's */
    if (done(invoice_result(b.ledger, invoice, job.attempt, job.number, OUTCOME_CONFIRMED, 900, "", p, &b.err))) tell(to, payment, PRINTED, job.number);
}

static void one_payment(int to, int n)
{
    static struct ledger_payment p;
    static struct ledger_send row;
    struct ledger_answer a = {.mti = "0210", .code = "00", .approval = "A00001"};
    char bill[24];
    bool unknown;
    int count;
    snprintf(bill, sizeof bill, "%d.%d", (int)getpid(), n);
    struct ledger_draft d = pay_draft(WANG, bill, 100 + n);
    snprintf(d.token, sizeof d.token, "%016x%016x", (unsigned)getpid(), (unsigned)n); /* another process draws others */
    if (!done(payment_record(b.ledger, &d, NULL, &p, &b.err))) return;
    tell(to, p.id, RECORDED, "");
    done(payment_shown(b.ledger, &p.key, &b.err));
    if (!done(outbox_take(b.ledger, true, &row, 1, &count, &b.err)) || count == 0) return;
    struct key key = row.key;
    if (done(outbox_answer(b.ledger, &key, &a, &unknown, &p, &b.err)) && strcmp(p.state, "posted") == 0) tell(to, p.id, POSTED, "");
    print_it(to, &p);
}

static void work(int to, const char *synchronous)
{
    pay_again(&b, NULL);
    pay_blind();
    if (synchronous) sqlite3_exec(b.ledger->db, synchronous, NULL, NULL, NULL);
    for (int n = 0;; n++)
        one_payment(to, n);
}

/* --- the cut ----------------------------------------------------------------------------------- */

/* What a program was told by a disk that had no power any more is no promise: a real one ends with
 * its machine, and has told nobody by then. */
static void hear(int from, int64_t cut_ns)
{
    struct told t;
    ssize_t got;
    while ((got = read(from, &t, sizeof t)) == sizeof t) {
        assert_true(told_count < SAID_MAX);
        if (t.at_ns < cut_ns) told[told_count++] = t;
    }
    assert_int_equal(got, 0);
}

static void power_goes_in_the_middle(const char *synchronous)
{
    int fds[2], how = NO_LOG_FLUSH, status;
    size_t before = told_count;
    struct told first;
    assert_int_equal(pipe(fds), 0);
    fcntl(fds[1], F_SETPIPE_SZ, 1 << 20);
    pid_t child = fork();
    if (child == 0) {
        close(fds[0]);
        work(fds[1], synchronous);
    }
    close(fds[1]);
    assert_int_equal(read(fds[0], &first, sizeof first), sizeof first); /* it is at work */
    told[told_count++] = first;
    luck = luck * 1664525u + 1013904223u;
    usleep(luck >> 8 & 0xffffff ? (luck >> 8) % RUN_US_MOST : 1);
    int disk = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(disk >= 0);
    int64_t cut_ns = now_ns();
    assert_int_equal(ioctl(disk, EXT4_IOC_SHUTDOWN, &how), 0);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, &status, 0), child);
    close(disk);
    hear(fds[0], cut_ns);
    close(fds[0]);
    assert_true(told_count > before);
    unmounted();
    assert_true(mounted());
}

/* What was told and is not so in the books. */
static long lost(bool say)
{
    static struct ledger_payment p;
    long missing = 0;
    for (size_t i = 0; i < told_count; i++) {
        const struct told *t = &told[i];
        bool there = payment_get_id(b.ledger, t->payment, &p, &b.err) == LEDGER_OK;
        if (there && t->what == POSTED) there = strcmp(p.state, "posted") == 0;
        /* a number that was told to a printer is that payment's for ever */
        if (there && t->what >= AT_PRINTER) there = strcmp(p.invoice.number, t->number) == 0;
        if (there && t->what == PRINTED) there = strcmp(p.invoice.state, "confirmed") == 0;
        if (!there && say) print_message("told %d of payment %lld, number \"%s\": it is %s, number \"%s\" %s\n", t->what, (long long)t->payment, t->number,
                                  p.state, p.invoice.number, p.invoice.state);
        missing += !there;
    }
    return missing;
}

/* The teller looks at the sheet that was at the printer: it is whole. */
static void settle_doubts(void)
{
    static struct ledger_payment p;
    struct ledger_waiting rows[64];
    int64_t counts[WAIT_KINDS];
    int count;
    pay_fine(&b, waiting_list(b.ledger, NULL, rows, 64, &count, counts, &b.err));
    for (int i = 0; i < count; i++) {
        pay_fine(&b, payment_get_id(b.ledger, rows[i].payment, &p, &b.err));
        if (rows[i].kind == WAIT_DOUBT)
            pay_fine(&b, invoice_answer(b.ledger, p.invoice.id, p.invoice.attempt, p.invoice.number, true, false, pay_alone(&b, "invoice_answer"), &p, &b.err));
        else if (rows[i].kind == WAIT_UNACKNOWLEDGED)
            pay_fine(&b, payment_cash_is(b.ledger, &p.key, true, pay_alone(&b, "unacknowledged_answer"), &p, &b.err));
    }
    ledger_close(b.ledger);
    b.ledger = NULL;
}

static void the_power_goes_and_nothing_that_was_told_is_lost(void **state)
{
    int cuts = getenv("ROUNDS") && atoi(getenv("ROUNDS")) > 0 ? atoi(getenv("ROUNDS")) : CUTS;
    size_t in_all = 0;
    morning();
    for (int i = 0; i < cuts; i++) {
        if (i % 20 == 19) { /* a new day: a book has a hundred sheets */
            pay_again(&b, NULL);
            evening();
            morning();
        }
        size_t before = told_count;
        power_goes_in_the_middle(NULL);
        in_all += told_count - before;
        b.seed.seed++;
        pay_again(&b, NULL);
        pay_verify(&b);
        assert_int_equal(lost(true), 0);
        settle_doubts();
    }
    pay_again(&b, NULL);
    pay_verify(&b);
    print_message("%d power cuts, %zu things told, 0 lost\n", cuts, in_all);
    evening();
}

/* The control: with one word of the settings another the same cuts lose what was told. */
static void with_synchronous_normal_it_would_be_lost(void **state)
{
    int cuts = 0;
    long missing = 0;
    while (missing == 0 && cuts < CONTROL_CUTS) {
        morning();
        power_goes_in_the_middle("PRAGMA synchronous = NORMAL");
        cuts++;
        pay_again(&b, NULL);
        missing = lost(false);
        evening();
    }
    print_message("the control: %d cuts, then %ld lost\n", cuts, missing);
    assert_true(missing > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_power_goes_and_nothing_that_was_told_is_lost),
        cmocka_unit_test(with_synchronous_normal_it_would_be_lost),
    };
    if (geteuid() != 0 || access("/dev/loop-control", R_OK | W_OK) != 0 || shell("command -v mkfs.ext4 >/dev/null && losetup -f >/dev/null 2>&1") != 0) {
        print_message("TAP version 13\n1..1\nok 1 - skipped: power cuts of a real ext4 want root, loop devices and mkfs.ext4\n");
        return 0;
    }
    return cmocka_run_group_tests_name("power cuts", tests, start, stop);
}
