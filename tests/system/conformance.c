/* The conformance suite, tried on what it must pass and on what it must fail: our
 * utilityd directly and through bankd, and the same utility behind a relay that
 * does one thing wrong. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "lib/station.h"
#include "lib/world.h"

static struct world w;
static char out[1 << 16];

/* The suite's exit code; what it said is in `out`. */
static int suite(int port, const char *cert, const char *peer, const char *more)
{
    char address[32], ca[300], crt[300], key[300], file[80], bills[300], state[300];
    snprintf(address, sizeof address, "127.0.0.1:%d", port);
    snprintf(file, sizeof file, "%s.crt", cert);
    world_path(&w, file, crt, sizeof crt);
    snprintf(file, sizeof file, "%s.key", cert);
    world_path(&w, file, key, sizeof key);
    return world_run(&w, out, sizeof out, "conformance", "--address", address, "--ca", world_path(&w, "ca.crt", ca, sizeof ca), "--cert", crt,
                     "--key", key, "--peer", peer, "--bills", world_path(&w, "bills.txt", bills, sizeof bills), "--state",
                     world_path(&w, "suite.state", state, sizeof state), more, NULL);
}

static bool says(const char *verdict, const char *name)
{
    char text[80];
    snprintf(text, sizeof text, "%-8s %-18s ", verdict, name);
    return strstr(out, text) != NULL;
}

static int count(const char *verdict)
{
    int n = 0;
    size_t len = strlen(verdict);
    for (const char *at = out; at; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL)
        n += strncmp(at, verdict, len) == 0;
    return n;
}

static void our_utility_passes(void **state)
{
    if (suite(w.utility_port, "bank-102", "utility", "--slow") != 0) fail_msg("%s", out);
    assert_int_equal(count("skipped "), 1); /* the day is not closed here */
    assert_true(says("ok", "tombstone") && says("ok", "payment-repeated") && says("ok", "late-fee") && says("ok", "window-before") && says("ok", "older-first"));
}

static void our_relay_passes(void **state)
{
    if (suite(w.bank_port, "branch-0311-0007", "bank-102", NULL) != 0) fail_msg("%s", out);
    assert_true(says("ok", "order") && says("ok", "detail") && says("skipped", "totals-bank"));
}

static void a_day_is_closed(void **state)
{
    if (suite(w.bank_port, "branch-0311-0007", "bank-102", "--close-day") != 0) fail_msg("%s", out);
    assert_true(says("ok", "day-closed"));
}

static void a_stranger_is_told_so(void **state)
{
    world_station(&w, "branch-0999-0001");
    assert_int_equal(suite(w.bank_port, "branch-0999-0001", "bank-102", NULL), 69);
}

/* --- a relay that does one thing wrong ---------------------------------------------------- */

enum wrong { CHANGES_APPROVAL, FORGETS_TOMBSTONES };

struct wrong_relay {
    enum wrong wrong;
    uv_loop_t loop;
    struct channel_tls *tls;
    struct channel_link *link;
    struct channel *down; /* the suite's last connection */
};

static void down_up(void *ctx, struct channel *c, const struct channel_peer *peer) { ((struct wrong_relay *)ctx)->down = c; }

static void down_down(void *ctx, struct channel *c, const char *why)
{
    struct wrong_relay *r = ctx;
    if (r->down == c) r->down = NULL;
}

static void down_frame(void *ctx, struct channel *c, const uint8_t *bytes, size_t len)
{
    struct wrong_relay *r = ctx;
    struct iso m, a;
    char packed[ISO_MESSAGE_MAX];
    if (iso_unpack(&m, (const char *)bytes, len, NULL) != 0) {
        channel_close(c, "no message");
        return;
    }
    r->down = c;
    if (r->wrong == FORGETS_TOMBSTONES && m.mti[1] == '4' && m.mti[2] == '2') {
        message_answer(&m, "00", &a);
        channel_send(c, packed, (size_t)iso_pack(&a, packed, sizeof packed, NULL));
    } else if (channel_link_up(r->link)) {
        channel_send(channel_link_up(r->link), bytes, len);
    }
}

static void up_up(void *ctx, struct channel *c, const struct channel_peer *peer) {}

static void up_down(void *ctx, struct channel *c, const char *why) {}

/* Every approval is another than the one before. */
static void up_frame(void *ctx, struct channel *c, const uint8_t *bytes, size_t len)
{
    static unsigned turn;
    struct wrong_relay *r = ctx;
    struct iso m;
    char packed[ISO_MESSAGE_MAX], approval[7];
    if (r->down == NULL || iso_unpack(&m, (const char *)bytes, len, NULL) != 0) return;
    if (r->wrong == CHANGES_APPROVAL && m.mti[1] == '2' && iso_has(&m, 38)) {
        snprintf(approval, sizeof approval, "W%05u", turn++ % 100000u);
        iso_set(&m, 38, approval, 6, NULL);
    }
    channel_send(r->down, packed, (size_t)iso_pack(&m, packed, sizeof packed, NULL));
}

/* Never returns. */
static void be_wrong(enum wrong wrong, int port)
{
    static const struct channel_events down = {NULL, down_up, down_frame, down_down, NULL, NULL};
    static const struct channel_events up = {NULL, up_up, up_frame, up_down, NULL, NULL};
    static struct wrong_relay r;
    char ca[300], crt[300], key[300], at[32], utility[32];
    struct error err;
    r.wrong = wrong;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    uv_loop_init(&r.loop);
    snprintf(at, sizeof at, "127.0.0.1:%d", port);
    snprintf(utility, sizeof utility, "127.0.0.1:%d", w.utility_port);
    r.tls = channel_tls_open(&(struct channel_tls_files){world_path(&w, "ca.crt", ca, sizeof ca), world_path(&w, "bank-102.crt", crt, sizeof crt),
                                                         world_path(&w, "bank-102.key", key, sizeof key)}, &err);
    if (r.tls == NULL) _exit(1);
    r.link = channel_link_open(&r.loop, r.tls, utility, "utility", &up, &r, &err);
    while (channel_link_up(r.link) == NULL)
        uv_run(&r.loop, UV_RUN_ONCE);
    if (channel_listen(&r.loop, r.tls, at, NULL, &down, &r, &err) == NULL) _exit(2);
    uv_run(&r.loop, UV_RUN_DEFAULT);
    _exit(3);
}

static int suite_against(enum wrong wrong)
{
    int port = world_free_port(), status, code, tries = 0;
    pid_t pid = fork();
    if (pid == 0) be_wrong(wrong, port);
    do
        code = suite(port, "branch-0311-0007", "bank-102", NULL);
    while (code == 69 && ++tries < 200); /* it does not listen yet */
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return code;
}

static void another_approval_is_seen(void **state)
{
    assert_int_equal(suite_against(CHANGES_APPROVAL), 1);
    if (!says("FAIL", "payment-repeated")) fail_msg("%s", out);
    assert_non_null(strstr(out, "DE 38 was W"));
    assert_true(says("ok", "tombstone") && says("ok", "window-over") && says("ok", "totals-count"));
}

static void a_lost_tombstone_is_seen(void **state)
{
    assert_int_equal(suite_against(FORGETS_TOMBSTONES), 1);
    if (!says("FAIL", "tombstone")) fail_msg("%s", out);
    assert_true(says("FAIL", "undone") && says("ok", "payment-repeated") && says("ok", "reversal"));
}

/* --- the world ------------------------------------------------------------------------------ */

static int open_world(void **state)
{
    world_open(&w, "conformance");
    world_station(&w, "branch-0311-0007");
    world_utility(&w, 100);
    world_bank(&w);
    return 0;
}

static int close_world(void **state)
{
    world_close(&w);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(our_utility_passes), cmocka_unit_test(our_relay_passes), cmocka_unit_test(a_stranger_is_told_so),
        cmocka_unit_test(another_approval_is_seen), cmocka_unit_test(a_lost_tombstone_is_seen), cmocka_unit_test(a_day_is_closed),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
