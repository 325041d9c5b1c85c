/* A passbook printer in Olivetti PR2 mode, on the network and on a serial line: asked how it is
 * (what it says is shown and decides nothing), told to take the book, print and give it back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"
#include "drivers/job.h"
#include "drivers/profile.h"
#include "drivers/status.h"
#include "lib/test_page.h"

#define PROFILE "olivetti-pr2"
#define INIT "\x1b" "0\x1bl\x1bS5"

/* The peer: keeps all that comes, answers ESC j when it is one that answers. */
struct peer {
    pthread_t thread;
    int listener, line, stop[2];
    bool mute;
    char uri[96];
    uint8_t got[8192];
    size_t len;
    pthread_mutex_t lock;
};

static void take(struct peer *p)
{
    uint8_t byte;
    if (read(p->line, &byte, 1) != 1) {
        if (p->listener >= 0) close(p->line), p->line = -1;
        return;
    }
    pthread_mutex_lock(&p->lock);
    if (p->len < sizeof p->got) p->got[p->len++] = byte;
    bool asked = p->len > 1 && memcmp(p->got + p->len - 2, "\x1bj", 2) == 0 && !p->mute;
    pthread_mutex_unlock(&p->lock);
    if (asked && write(p->line, "\x1br1", 3) != 3) abort();
}

static void *run(void *ctx)
{
    struct peer *p = ctx;
    for (;;) {
        struct pollfd ends[3] = {{.fd = p->stop[0], .events = POLLIN}, {.fd = p->line, .events = POLLIN}, {.fd = p->line < 0 ? p->listener : -1, .events = POLLIN}};
        if (poll(ends, 3, -1) < 0 || ends[0].revents) return NULL;
        if (ends[2].revents) p->line = accept4(p->listener, NULL, NULL, SOCK_CLOEXEC);
        if (ends[1].revents & POLLIN) take(p);
        else if (ends[1].revents) poll(NULL, 0, 5); /* nobody holds the other end of the serial line just now */
    }
}

static void on_network(struct peer *p)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    p->line = -1;
    p->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(p->listener, (struct sockaddr *)&at, len) || listen(p->listener, 4) || getsockname(p->listener, (struct sockaddr *)&at, &len)) abort();
    snprintf(p->uri, sizeof p->uri, "tcp:127.0.0.1:%d", ntohs(at.sin_port));
}

static void on_serial(struct peer *p)
{
    struct termios raw;
    p->listener = -1;
    p->line = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (p->line < 0 || grantpt(p->line) || unlockpt(p->line) || tcgetattr(p->line, &raw)) abort();
    cfmakeraw(&raw);
    tcsetattr(p->line, TCSANOW, &raw);
    snprintf(p->uri, sizeof p->uri, "serial:%s?baud=9600&flow=none", ptsname(p->line));
}

static struct peer *peer_start(bool serial, bool mute)
{
    struct peer *p = calloc(1, sizeof *p);
    if (p == NULL || pipe2(p->stop, O_CLOEXEC)) abort();
    pthread_mutex_init(&p->lock, NULL);
    p->mute = mute;
    if (serial) on_serial(p);
    else on_network(p);
    if (pthread_create(&p->thread, NULL, run, p)) abort();
    return p;
}

static void peer_stop(struct peer *p)
{
    if (write(p->stop[1], "", 1) != 1) abort();
    pthread_join(p->thread, NULL);
    int ends[] = {p->stop[0], p->stop[1], p->line, p->listener};
    for (int i = 0; i < 4; i++)
        if (ends[i] >= 0) close(ends[i]);
    free(p);
}

/* Until what it got ends with these bytes. */
static bool ends_with(struct peer *p, const char *tail, size_t n)
{
    int64_t until_ms = clock_monotonic_ms() + 5000;
    for (;;) {
        pthread_mutex_lock(&p->lock);
        bool ended = p->len >= n && memcmp(p->got + p->len - n, tail, n) == 0;
        pthread_mutex_unlock(&p->lock);
        if (ended || clock_monotonic_ms() > until_ms) return ended;
        poll(NULL, 0, 5);
    }
}

static struct page *line_of_a_passbook(void)
{
    struct page *page = page_new(13000, 18000, PAGE_PASSBOOK);
    put_text(page, profile_find(PROFILE), 1270, 2540, 0, "2026-11-24");
    return page;
}

static void what_it_answers_is_shown_and_decides_nothing(void **state)
{
    for (int serial = 0; serial < 2; serial++) {
        struct peer *p = peer_start(serial, false);
        struct printer_status status;
        print_status(p->uri, profile_find(PROFILE), 2000, &status);
        assert_int_equal(status.state, PRINTER_UNKNOWN);
        assert_true(status.can_print && !status.answered);
        assert_int_equal(status.raw_count, 1);
        assert_int_equal(status.raw[0], '1');
        assert_string_equal(status.words, "answers 31h; what that means is not verified on hardware");
        peer_stop(p);
    }
}

static void one_that_is_silent_is_not_waited_for_long(void **state)
{
    struct peer *p = peer_start(false, true);
    struct printer_status status;
    int64_t from_ms = clock_monotonic_ms();
    print_status(p->uri, profile_find(PROFILE), 5000, &status);
    assert_true(clock_monotonic_ms() - from_ms < 2000);
    assert_int_equal(status.state, PRINTER_UNKNOWN);
    assert_int_equal(status.raw_count, 0);
    peer_stop(p);
}

/* The book is taken from the front stand, printed, and given back last; the teller says whether
 * the line is whole. */
static void the_book_goes_in_and_comes_out(void **state)
{
    for (int serial = 0; serial < 2; serial++) {
        struct peer *p = peer_start(serial, false);
        struct page *page = line_of_a_passbook();
        struct print_job job = {.uri = p->uri, .profile = PROFILE, .page = page, .name = "0311-0007-3-passbook-9-1"};
        struct print_outcome out;
        assert_int_equal(print_job_run(&job, &out), 0);
        assert_int_equal(out.result, PRINT_HANDED_OVER);
        assert_true(ends_with(p, "2026-11-24\x1bO", 12));
        assert_memory_equal(p->got, "\x1bj" INIT, 2 + sizeof INIT - 1); /* asked, then made ready, before a byte of the book */
        page_free(page);
        peer_stop(p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_it_answers_is_shown_and_decides_nothing),
        cmocka_unit_test(one_that_is_silent_is_not_waited_for_long),
        cmocka_unit_test(the_book_goes_in_and_comes_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
