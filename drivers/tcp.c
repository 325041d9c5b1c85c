/* Transport "tcp": a printer's raw port. What was acknowledged was taken by the
 * peer's kernel, no more than that: a listener that never accepted has been seen
 * to acknowledge a whole job. */
#include "drivers/transport.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/sockios.h>

#include "base/clock.h"
#include "base/text.h"

#define RAW_PORT "9100"
#define SLICE_MS 50 /* how long a wait lasts before the cancel flag is looked at */

struct tcp_state {
    int fd;
    uint64_t paper; /* counted bytes that send() took */
};

static int no_way(struct error *err, const char *where, const char *why)
{
    return error_all(err, "cannot reach the printer", where, why,
                     "check that it is switched on, its cable and its address");
}

/* "host:port", "host", "[v6]:port". */
static int split(const char *rest, char *host, size_t size, char *port, size_t port_size)
{
    const char *end, *colon;
    if (rest[0] == '[') {
        rest++;
        end = strchr(rest, ']');
        if (end == NULL) return -1;
        colon = end[1] == ':' ? end + 1 : NULL;
    } else {
        colon = strrchr(rest, ':');
        end = colon ? colon : rest + strlen(rest);
    }
    if (end == rest || (size_t)(end - rest) >= size) return -1;
    memcpy(host, rest, (size_t)(end - rest));
    host[end - rest] = '\0';
    if (!text_copy(port, port_size, colon ? colon + 1 : RAW_PORT)) return -1;
    return text_digits(port) ? 0 : -1;
}

static int wait_for(struct transport *t, int fd, short events, int timeout_ms)
{
    int64_t end_ms = clock_monotonic_ms() + timeout_ms;
    for (;;) {
        int64_t left_ms = end_ms - clock_monotonic_ms();
        struct pollfd p = { .fd = fd, .events = events };
        int slice = left_ms > SLICE_MS ? SLICE_MS : left_ms > 0 ? (int)left_ms : 0;
        int n = poll(&p, 1, slice);
        if (n > 0) return 1;
        if (left_ms <= 0 || transport_cancelled(t)) return 0;
    }
}

/* -1 with errno when this address can't be reached. */
static int connect_one(struct transport *t, const struct addrinfo *a, int timeout_ms)
{
    int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), one = 1;
    int number = 0;
    socklen_t len = sizeof number;
    if (fd < 0) return -1;
    if (connect(fd, a->ai_addr, a->ai_addrlen) == 0) goto up;
    if (errno != EINPROGRESS) number = errno;
    else if (!wait_for(t, fd, POLLOUT, timeout_ms)) number = ETIMEDOUT;
    else if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &number, &len) != 0) number = errno;
    if (number != 0) {
        close(fd);
        errno = number;
        return -1;
    }
up:
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

static int tcp_open(struct transport *t, const char *rest, const struct transport_how *how,
                    struct error *err)
{
    struct tcp_state *s = t->state;
    char host[200], port[8];
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list = NULL;
    if (split(rest, host, sizeof host, port, sizeof port) != 0)
        return error_all(err, "printer address not understood", t->uri, "no host and port there",
                         "write tcp:HOST:PORT, for example tcp:192.168.1.50:9100");
    int failed = getaddrinfo(host, port, &hints, &list);
    if (failed) return no_way(err, t->uri, gai_strerror(failed));
    s->fd = -1;
    errno = ENOENT;
    int timeout_ms = how->connect_timeout_ms ? how->connect_timeout_ms : 3000;
    for (const struct addrinfo *a = list; a && s->fd < 0; a = a->ai_next)
        s->fd = connect_one(t, a, timeout_ms);
    int number = errno;
    freeaddrinfo(list);
    return s->fd >= 0 ? 0 : no_way(err, t->uri, strerror(number));
}

/* What was written and is not in our send queue any more was acknowledged. */
static uint64_t acknowledged(struct tcp_state *s)
{
    int queued = 0;
    if (ioctl(s->fd, SIOCOUTQ, &queued) != 0 || queued < 0) return 0;
    return (uint64_t)queued >= s->paper ? 0 : s->paper - (uint64_t)queued;
}

static void note_taken(struct transport *t)
{
    uint64_t taken = acknowledged(t->state);
    if (taken > t->taken) t->taken = taken;
}

static long tcp_write(struct transport *t, const uint8_t *bytes, size_t len, int timeout_ms,
                      uint64_t *submitted, struct error *err)
{
    struct tcp_state *s = t->state;
    if (!wait_for(t, s->fd, POLLOUT, timeout_ms < 200 ? timeout_ms : 200)) return 0;
    ssize_t n = send(s->fd, bytes, len, MSG_NOSIGNAL);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
    if (n < 0) {
        int number = errno;
        note_taken(t);
        return error_all(err, "the printer closed the line", t->uri, strerror(number),
                         "look at the printer and its cable");
    }
    *submitted += (uint64_t)n;
    if (submitted == &t->submitted) {
        s->paper += (uint64_t)n;
        note_taken(t);
    }
    return n;
}

static long tcp_read(struct transport *t, uint8_t *buf, size_t size, int timeout_ms, struct error *err)
{
    struct tcp_state *s = t->state;
    if (!wait_for(t, s->fd, POLLIN, timeout_ms)) return 0;
    ssize_t n = recv(s->fd, buf, size, 0);
    if (n > 0) return n;
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
    return error_all(err, "the printer closed the line", t->uri,
                     n == 0 ? "it ended the connection" : strerror(errno),
                     "look at the printer and its cable");
}

/* Until the peer's kernel has acknowledged all. */
static int tcp_finish(struct transport *t, int timeout_ms, struct error *err)
{
    struct tcp_state *s = t->state;
    int64_t end_ms = clock_monotonic_ms() + timeout_ms;
    for (;;) {
        int queued = 0, number = 0;
        socklen_t len = sizeof number;
        note_taken(t);
        if (getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &number, &len) == 0 && number != 0)
            return no_way(err, t->uri, strerror(number));
        if (ioctl(s->fd, SIOCOUTQ, &queued) == 0 && queued == 0) break;
        if (clock_monotonic_ms() >= end_ms || transport_cancelled(t))
            return no_way(err, t->uri, "the last bytes were not acknowledged in time");
        poll(NULL, 0, 2);
    }
    note_taken(t);
    return 0;
}

/* An orderly end: a close with unread answers would reset the line and could
 * take back what the printer has not read yet. */
static void tcp_close(struct transport *t)
{
    struct tcp_state *s = t->state;
    uint8_t unread[256];
    shutdown(s->fd, SHUT_WR);
    while (recv(s->fd, unread, sizeof unread, MSG_DONTWAIT) > 0) {}
    close(s->fd);
}

const struct transport_scheme transport_tcp = {
    .name = "tcp",
    .handed_over = "taken by the printer's network port",
    .asides = true,
    .two_way = true,
    .state_size = sizeof(struct tcp_state),
    .open = tcp_open,
    .write = tcp_write,
    .read = tcp_read,
    .finish = tcp_finish,
    .close = tcp_close,
};
