/* Transport "serial": a printer on a serial line.
 *
 * Without flow control a printer that is switched off "takes" everything: only what
 * the kernel still holds is known not to have left, and no byte is ever known as taken
 * until an answer comes back. */
#include "drivers/transport.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"

#define CHUNK 512 /* half a second at 9,600: so often flow, time and cancel are looked at */
#define SLICE_MS 20

enum flow { FLOW_NONE, FLOW_DSR, FLOW_CTS, FLOW_XON };

struct tty_state {
    int fd;
    enum flow flow;
    struct termios before;
};

static const struct {
    int baud;
    speed_t speed;
} speeds[] = {
    { 1200, B1200 },   { 2400, B2400 },   { 4800, B4800 },     { 9600, B9600 },
    { 19200, B19200 }, { 38400, B38400 }, { 57600, B57600 }, { 115200, B115200 },
};
static const char *const flows[] = { "none", "dsr", "cts", "xon" };

static int bad_address(struct error *err, const char *uri, const char *why)
{
    return error_all(err, "printer address not understood", uri, why,
                     "write serial:/dev/ttyS0?baud=9600&flow=dsr (or cts, xon, none)");
}

static int set_option(const char *key, const char *value, speed_t *speed, enum flow *flow)
{
    if (strcmp(key, "baud") == 0)
        for (size_t i = 0; i < sizeof speeds / sizeof speeds[0]; i++)
            if (speeds[i].baud == atoi(value)) {
                *speed = speeds[i].speed;
                return 0;
            }
    if (strcmp(key, "flow") == 0)
        for (size_t i = 0; i < sizeof flows / sizeof flows[0]; i++)
            if (strcmp(flows[i], value) == 0) {
                *flow = (enum flow)i;
                return 0;
            }
    return -1;
}

static int split(const char *rest, char *path, size_t size, speed_t *speed, enum flow *flow)
{
    char copy[TRANSPORT_URI_SIZE], *save = NULL;
    if (!text_copy(copy, sizeof copy, rest)) return -1;
    char *options = strchr(copy, '?');
    if (options) *options++ = '\0';
    if (!text_copy(path, size, copy) || path[0] != '/') return -1;
    for (char *o = options ? strtok_r(options, "&", &save) : NULL; o; o = strtok_r(NULL, "&", &save)) {
        char *value = strchr(o, '=');
        if (value == NULL) return -1;
        *value++ = '\0';
        if (set_option(o, value, speed, flow) != 0) return -1;
    }
    return 0;
}

static int set_line(struct tty_state *s, speed_t speed)
{
    struct termios line;
    if (tcgetattr(s->fd, &s->before) != 0) return -1;
    line = s->before;
    cfmakeraw(&line);
    line.c_cflag = (line.c_cflag & (tcflag_t)~(CSTOPB | CRTSCTS | PARENB)) | CS8 | CLOCAL | CREAD;
    if (s->flow == FLOW_CTS) line.c_cflag |= CRTSCTS;
    if (s->flow == FLOW_XON) line.c_iflag |= IXON;
    cfsetspeed(&line, speed);
    return tcsetattr(s->fd, TCSANOW, &line);
}

static int tty_open(struct transport *t, const char *rest, const struct transport_how *how, struct error *err)
{
    struct tty_state *s = t->state;
    char path[TRANSPORT_URI_SIZE];
    speed_t speed = B9600;
    if (split(rest, path, sizeof path, &speed, &s->flow) != 0)
        return bad_address(err, t->uri, "no device there, or an option that it does not have");
    s->fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (s->fd < 0)
        return error_all(err, "cannot open the serial line", path, strerror(errno),
                         errno == EACCES ? "put this user into the group dialout" : "check the device's name");
    /* another program's job in the middle of ours would be on the same paper */
    if (ioctl(s->fd, TIOCEXCL) == 0 && set_line(s, speed) == 0) return 0;
    error_all(err, "cannot set the serial line", path, strerror(errno), "check that it is a serial device");
    close(s->fd);
    return -1;
}

/* -1: this line has no modem signals (a pseudo terminal, some USB adapters). */
static int signal_of(const struct tty_state *s)
{
    int lines = 0, want = s->flow == FLOW_DSR ? TIOCM_DSR : s->flow == FLOW_CTS ? TIOCM_CTS : 0;
    if (want == 0 || ioctl(s->fd, TIOCMGET, &lines) != 0) return -1;
    return (lines & want) != 0;
}

static void tty_port(struct transport *t, struct transport_port *out)
{
    const struct tty_state *s = t->state;
    int ready = signal_of(s);
    out->known = ready >= 0;
    out->ready = ready > 0;
    if (ready == 0)
        snprintf(out->words, sizeof out->words, "no %s: switched off, not ready or unplugged",
                 s->flow == FLOW_DSR ? "DSR" : "CTS");
}

static int in_kernel(const struct tty_state *s)
{
    int queued = 0;
    return ioctl(s->fd, TIOCOUTQ, &queued) == 0 && queued > 0 ? queued : 0;
}

static long tty_write(struct transport *t, const uint8_t *bytes, size_t len, int timeout_ms,
                      uint64_t *submitted, struct error *err)
{
    struct tty_state *s = t->state;
    struct pollfd p = { .fd = s->fd, .events = POLLOUT };
    int wait_ms = timeout_ms < SLICE_MS ? timeout_ms : SLICE_MS;
    if (s->flow == FLOW_DSR && signal_of(s) == 0) {
        poll(NULL, 0, wait_ms);
        return 0;
    }
    if (poll(&p, 1, wait_ms) <= 0) return 0;
    ssize_t n = write(s->fd, bytes, len < CHUNK ? len : CHUNK);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
    if (n < 0) return error_all(err, "the serial line broke", t->uri, strerror(errno), "look at the cable");
    *submitted += (uint64_t)n;
    return n;
}

static long tty_read(struct transport *t, uint8_t *buf, size_t size, int timeout_ms, struct error *err)
{
    struct tty_state *s = t->state;
    int64_t end_ms = clock_monotonic_ms() + timeout_ms;
    for (;;) {
        struct pollfd p = { .fd = s->fd, .events = POLLIN };
        int64_t left_ms = end_ms - clock_monotonic_ms();
        int n = poll(&p, 1, left_ms > SLICE_MS ? SLICE_MS : left_ms > 0 ? (int)left_ms : 0);
        if (n > 0) break;
        if (left_ms <= 0 || transport_cancelled(t)) return 0;
    }
    ssize_t n = read(s->fd, buf, size);
    if (n > 0) return n;
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
    return error_all(err, "the serial line broke", t->uri, n == 0 ? "it hung up" : strerror(errno),
                     "look at the cable");
}

/* tcdrain could block for ever on a printer that holds the line. */
static int tty_finish(struct transport *t, int timeout_ms, struct error *err)
{
    struct tty_state *s = t->state;
    int64_t end_ms = clock_monotonic_ms() + timeout_ms;
    while (in_kernel(s) > 0) {
        if (clock_monotonic_ms() >= end_ms || transport_cancelled(t)) {
            return error_all(err, "the printer did not take the whole job", t->uri,
                             "it holds the line: busy, out of paper or switched off", "look at the printer");
        }
        poll(NULL, 0, 5);
    }
    return 0;
}

static int tty_recall(struct transport *t, int timeout_ms, struct error *err)
{
    struct tty_state *s = t->state;
    return tcflush(s->fd, TCOFLUSH);
}

static void tty_close(struct transport *t)
{
    struct tty_state *s = t->state;
    tcflush(s->fd, t->broken ? TCIOFLUSH : TCIFLUSH); /* else close waits for a line that is held */
    tcsetattr(s->fd, TCSANOW, &s->before);
    ioctl(s->fd, TIOCNXCL);
    close(s->fd);
}

const struct transport_scheme transport_serial = {
    .name = "serial",
    .handed_over = "left this machine by the serial line",
    .asides = true,
    .two_way = true,
    .state_size = sizeof(struct tty_state),
    .open = tty_open,
    .write = tty_write,
    .read = tty_read,
    .port = tty_port,
    .finish = tty_finish,
    .recall = tty_recall,
    .close = tty_close,
};
