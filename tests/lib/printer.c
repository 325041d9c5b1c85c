#include "lib/printer.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "lib/escpos_read.h"

#define BUFFER (1 << 20)

struct test_printer {
    struct printer_plan plan;
    char uri[128];
    int listener, line, slave, wake[2];
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool stop, refill, empty, died;
    uint8_t real_time[2]; /* of a 10 04 n or 10 05 n under way */
    int real_time_len;
    uint8_t buffer[BUFFER], paper[BUFFER];
    uint8_t said[4096]; /* without a line: answers not fetched yet */
    size_t buffered, printed, said_len;
    long received;
    int kicks;
    int64_t last_us; /* when the last byte came to paper */
};

static void answer(struct test_printer *p, const void *bytes, size_t len)
{
    if (p->plan.mute || (p->plan.silent_at != NEVER && p->received > p->plan.silent_at)) return;
    if (p->plan.no_line && p->said_len + len <= sizeof p->said) {
        memcpy(p->said + p->said_len, bytes, len);
        p->said_len += len;
    } else if (!p->plan.no_line && write(p->line, bytes, len) < 0) {
        p->died = true;
    }
}

static void tell_status(struct test_printer *p, int n)
{
    bool out = p->empty, open = p->plan.cover_open;
    uint8_t byte = 0x12;
    if (n == 1 && (out || open)) byte |= 0x08;
    if (n == 2) byte |= (uint8_t)((open ? 0x04 : 0) | (out ? 0x20 : 0));
    if (n == 4 && out) byte |= 0x60;
    answer(p, &byte, 1);
}

static bool is_question(const uint8_t *c, long len)
{
    return (len > 3 && memcmp(c, "\x1d(H", 3) == 0) || memcmp(c, "\x1dr", 2) == 0;
}

static void ask_back(struct test_printer *p, const uint8_t *c)
{
    if (c[1] == 'r') {
        answer(p, "\x00", 1);
    } else if (!p->plan.no_id) {
        uint8_t id[7] = { 0x37, 0x22, c[7], c[8], c[9], c[10], 0 };
        answer(p, id, sizeof id);
    }
}

static int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* One command or character after another comes to paper, as long as there is some. */
static void print(struct test_printer *p)
{
    while (!p->empty && !p->plan.cover_open && p->buffered > 0) {
        long n = escpos_length(p->buffer, p->buffered);
        if (n == 0) break;
        if (n < 0) n = 1; /* rubbish, on paper */
        if (is_question(p->buffer, n)) {
            ask_back(p, p->buffer);
        } else if (memcmp(p->buffer, "\x1b@", 2) != 0 && memcmp(p->buffer, "\x1bR", 2) != 0) {
            if (memcmp(p->buffer, "\x1bp", 2) == 0) p->kicks++;
            memcpy(p->paper + p->printed, p->buffer, (size_t)n);
            p->printed += (size_t)n;
            p->last_us = now_us();
        }
        p->buffered -= (size_t)n;
        memmove(p->buffer, p->buffer + n, p->buffered);
        if (p->plan.paper_out_at != NEVER && (long)p->printed >= p->plan.paper_out_at) p->empty = true;
    }
    pthread_cond_broadcast(&p->changed);
}

static void real_time(struct test_printer *p, uint8_t n)
{
    if (p->real_time[1] == 0x04 && n >= 1 && n <= 4) tell_status(p, n);
    if (p->real_time[1] == 0x05 && n == 2) p->buffered = 0;
    p->real_time_len = 0;
}

/* 10 04 n and 10 05 n are obeyed wherever they stand; all else waits for its turn. */
static void take(struct test_printer *p, uint8_t byte)
{
    p->received++;
    if (p->real_time_len == 2) {
        real_time(p, byte);
        return;
    }
    if (p->real_time_len == 1 && (byte == 0x04 || byte == 0x05)) {
        p->real_time[p->real_time_len++] = byte;
        return;
    }
    if (p->real_time_len == 1) {
        p->buffer[p->buffered++] = 0x10;
        p->real_time_len = 0;
    }
    if (byte == 0x10) p->real_time[p->real_time_len++] = byte;
    else p->buffer[p->buffered++] = byte;
    print(p);
}

static void hang_up(struct test_printer *p, bool reset)
{
    struct linger now = { 1, 0 };
    if (p->line < 0) return;
    if (reset && !p->plan.serial) setsockopt(p->line, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(p->line);
    p->line = -1;
}

/* Power gone: the buffer with it. Then it is switched on again, or not. */
static void die(struct test_printer *p)
{
    hang_up(p, true);
    p->buffered = 0;
    p->real_time_len = 0;
    p->died = !p->plan.comes_back;
    p->plan.dies_at = NEVER;
    if (p->died && p->listener >= 0) {
        close(p->listener);
        p->listener = -1;
    }
}

static bool stalled(const struct test_printer *p)
{
    return p->plan.stalls_at != NEVER && p->received >= p->plan.stalls_at;
}

static void hear(struct test_printer *p)
{
    uint8_t bytes[4096];
    size_t want = sizeof bytes;
    const long limits[] = { p->plan.dies_at, p->plan.stalls_at };
    for (int i = 0; i < 2; i++)
        if (limits[i] != NEVER && limits[i] - p->received < (long)want) want = (size_t)(limits[i] - p->received);
    ssize_t n = want ? read(p->line, bytes, want) : 0;
    pthread_mutex_lock(&p->lock);
    for (ssize_t i = 0; i < n; i++) take(p, bytes[i]);
    pthread_mutex_unlock(&p->lock);
    if (p->plan.dies_at != NEVER && p->received >= p->plan.dies_at) die(p);
    else if (n <= 0 && !p->plan.serial && want) hang_up(p, false);
}

static void *run(void *ctx)
{
    struct test_printer *p = ctx;
    while (!p->stop) {
        bool reads = p->line >= 0 && !stalled(p);
        struct pollfd f[3] = {
            { .fd = p->wake[0], .events = POLLIN },
            { .fd = p->line < 0 ? p->listener : -1, .events = POLLIN },
            { .fd = reads ? p->line : -1, .events = POLLIN },
        };
        if (poll(f, 3, -1) < 0) break;
        if (f[0].revents) {
            char c;
            if (read(p->wake[0], &c, 1) != 1) break;
            pthread_mutex_lock(&p->lock);
            if (p->refill) {
                p->empty = p->refill = p->plan.cover_open = false;
                p->plan.paper_out_at = p->plan.stalls_at = NEVER;
                print(p);
            }
            pthread_mutex_unlock(&p->lock);
        }
        if (f[1].revents) p->line = accept4(p->listener, NULL, NULL, SOCK_CLOEXEC);
        if (f[2].revents) hear(p);
    }
    return NULL;
}

static void open_line(struct test_printer *p)
{
    p->listener = p->line = p->slave = -1;
    if (p->plan.no_line) return;
    if (p->plan.serial) {
        struct termios raw;
        char name[64];
        if (openpty(&p->line, &p->slave, name, NULL, NULL) != 0) abort();
        tcgetattr(p->slave, &raw);
        cfmakeraw(&raw);
        tcsetattr(p->slave, TCSANOW, &raw);
        snprintf(p->uri, sizeof p->uri, "serial:%s?baud=115200&flow=none", name);
        return;
    }
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                              .sin_port = htons((uint16_t)p->plan.port) };
    socklen_t len = sizeof at;
    int small = 4096, again = 1; /* so that a stall is felt soon */
    p->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(p->listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    setsockopt(p->listener, SOL_SOCKET, SO_REUSEADDR, &again, sizeof again);
    if (bind(p->listener, (struct sockaddr *)&at, len) || listen(p->listener, 4)) abort();
    getsockname(p->listener, (struct sockaddr *)&at, &len);
    snprintf(p->uri, sizeof p->uri, "tcp:127.0.0.1:%d", ntohs(at.sin_port));
}

struct test_printer *printer_start(const struct printer_plan *plan)
{
    struct test_printer *p = calloc(1, sizeof *p);
    if (p == NULL || pipe2(p->wake, O_CLOEXEC) != 0) abort();
    p->plan = *plan;
    p->empty = plan->starts_empty;
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->changed, NULL);
    open_line(p);
    if (pthread_create(&p->thread, NULL, run, p) != 0) abort();
    return p;
}

const char *printer_uri(const struct test_printer *p) { return p->uri; }

static void wake(struct test_printer *p)
{
    if (write(p->wake[1], "w", 1) != 1) abort();
}

void printer_refill(struct test_printer *p)
{
    pthread_mutex_lock(&p->lock);
    p->refill = true;
    wake(p);
    while (p->refill) pthread_cond_wait(&p->changed, &p->lock);
    pthread_mutex_unlock(&p->lock);
}

void printer_await_empty(struct test_printer *p)
{
    pthread_mutex_lock(&p->lock);
    while (!p->empty) pthread_cond_wait(&p->changed, &p->lock);
    pthread_mutex_unlock(&p->lock);
}

void printer_await_bytes(struct test_printer *p, size_t bytes)
{
    pthread_mutex_lock(&p->lock);
    while (p->printed < bytes) pthread_cond_wait(&p->changed, &p->lock);
    pthread_mutex_unlock(&p->lock);
}

const uint8_t *printer_paper(struct test_printer *p, size_t *len)
{
    pthread_mutex_lock(&p->lock);
    *len = p->printed;
    pthread_mutex_unlock(&p->lock);
    return p->paper;
}

int64_t printer_last_us(struct test_printer *p)
{
    pthread_mutex_lock(&p->lock);
    int64_t us = p->last_us;
    pthread_mutex_unlock(&p->lock);
    return us;
}

int printer_kicks(struct test_printer *p)
{
    pthread_mutex_lock(&p->lock);
    int kicks = p->kicks;
    pthread_mutex_unlock(&p->lock);
    return kicks;
}

size_t printer_take(struct test_printer *p, const uint8_t *bytes, size_t len)
{
    size_t n = 0;
    pthread_mutex_lock(&p->lock);
    for (; n < len && !p->died && !stalled(p); n++) {
        if (p->plan.dies_at != NEVER && p->received >= p->plan.dies_at) die(p);
        else take(p, bytes[n]);
    }
    pthread_mutex_unlock(&p->lock);
    return n;
}

size_t printer_answers(struct test_printer *p, uint8_t *bytes, size_t size)
{
    pthread_mutex_lock(&p->lock);
    size_t n = p->said_len < size ? p->said_len : size;
    memcpy(bytes, p->said, n);
    p->said_len -= n;
    memmove(p->said, p->said + n, p->said_len);
    pthread_mutex_unlock(&p->lock);
    return n;
}

bool printer_died(struct test_printer *p)
{
    pthread_mutex_lock(&p->lock);
    bool died = p->died;
    pthread_mutex_unlock(&p->lock);
    return died;
}

bool printer_empty(struct test_printer *p)
{
    pthread_mutex_lock(&p->lock);
    bool empty = p->empty;
    pthread_mutex_unlock(&p->lock);
    return empty;
}

void printer_stop(struct test_printer *p)
{
    p->stop = true;
    wake(p);
    pthread_join(p->thread, NULL);
    hang_up(p, true);
    if (p->listener >= 0) close(p->listener);
    if (p->slave >= 0) close(p->slave);
    close(p->wake[0]);
    close(p->wake[1]);
    free(p);
}
