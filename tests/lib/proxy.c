#include "lib/proxy.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/secret.h"

#define LINES_MAX 64
#define PIECE_MAX 16384
#define DELAY_MS 60
#define STALL_MS 2500
#define SLOW_PIECE 40
#define SLOW_STEP_MS 5
#define SLOW_FOR_MS 800

struct way { /* one direction */
    uint8_t bytes[PIECE_MAX];
    size_t used;
    int64_t from_ms, slow_until_ms; /* when the next may go */
    bool silent, ended;
};
struct line {
    int fd[2]; /* caller, server; -1: free */
    struct way way[2]; /* from fd[i] to fd[1 - i] */
    bool cut, reset;   /* once the piece has gone */
};
struct proxy {
    int listener, port, server_port, one_in, wake[2];
    _Atomic bool calm, stop;
    _Atomic long counts[PROXY_TROUBLES];
    struct entropy_seeded seed;
    struct entropy chance;
    struct line lines[LINES_MAX];
    pthread_t thread;
};

int proxy_port(const struct proxy *p) { return p->port; }
long proxy_count(const struct proxy *p, enum proxy_trouble trouble) { return p->counts[trouble]; }

const char *proxy_word(enum proxy_trouble trouble)
{
    static const char *const words[] = {"delayed", "slow", "stalled", "half open", "deaf", "cut", "reset", "spoilt", "refused"};
    return words[trouble];
}

static uint64_t draw(struct proxy *p, uint64_t below) { return entropy_u64(&p->chance) % below; }

static void hang_up(struct line *l)
{
    struct linger now = {1, 0};
    for (int i = 0; i < 2; i++) {
        if (l->reset) setsockopt(l->fd[i], SOL_SOCKET, SO_LINGER, &now, sizeof now);
        close(l->fd[i]);
        l->fd[i] = -1;
    }
}

/* --- what befalls a piece -------------------------------------------------------------- */

/* So often each of them: what is noticed only by waiting comes seldom, or a test does nothing but wait. */
static const uint8_t shares[PROXY_REFUSE] = {[PROXY_DELAY] = 6, [PROXY_SLOW] = 4, [PROXY_STALL] = 2, [PROXY_HALF_OPEN] = 1,
                                             [PROXY_DEAF] = 1,  [PROXY_CUT] = 4,  [PROXY_RESET] = 4, [PROXY_SPOIL] = 3};
#define SHARES 25

static void befall(struct proxy *p, struct line *l, struct way *w, int64_t now)
{
    enum proxy_trouble what = PROXY_DELAY;
    for (uint64_t drawn = draw(p, SHARES); drawn >= shares[what]; what++)
        drawn -= shares[what];
    p->counts[what]++;
    switch (what) {
    case PROXY_DELAY: w->from_ms = now + 1 + (int64_t)draw(p, DELAY_MS); break;
    case PROXY_SLOW: w->slow_until_ms = now + SLOW_FOR_MS; break;
    case PROXY_STALL: w->from_ms = now + 200 + (int64_t)draw(p, STALL_MS); break;
    case PROXY_HALF_OPEN: w->silent = true; break;
    case PROXY_DEAF: l->way[0].silent = l->way[1].silent = true; break;
    case PROXY_RESET: l->reset = true; /* fall through */
    case PROXY_CUT:
        l->cut = true;
        w->used = draw(p, w->used); /* the rest never comes */
        break;
    default: w->bytes[draw(p, w->used)] ^= (uint8_t)(1 + draw(p, 255)); break;
    }
}

static void take(struct proxy *p, struct line *l, int i, int64_t now)
{
    struct way *w = &l->way[i];
    ssize_t got = read(l->fd[i], w->bytes, sizeof w->bytes);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) {
        w->ended = true;
        if (got < 0) l->reset = true;
        return;
    }
    w->used = (size_t)got;
    w->from_ms = now;
    if (!p->calm && !w->silent && !l->cut && draw(p, (uint64_t)p->one_in) == 0) befall(p, l, w, now);
    if (w->silent) w->used = 0;
}

static void give(struct proxy *p, struct line *l, int i, int64_t now)
{
    struct way *w = &l->way[i];
    bool slow = !p->calm && now < w->slow_until_ms;
    ssize_t gone = send(l->fd[1 - i], w->bytes, slow && w->used > SLOW_PIECE ? SLOW_PIECE : w->used, MSG_NOSIGNAL);
    if (gone < 0 && errno != EAGAIN) l->reset = l->cut = true, w->used = 0;
    if (gone <= 0) return;
    memmove(w->bytes, w->bytes + gone, w->used - (size_t)gone);
    w->used -= (size_t)gone;
    if (slow) w->from_ms = now + SLOW_STEP_MS;
}

/* --- connections ------------------------------------------------------------------------ */

static void nonblocking(int fd)
{
    int yes = 1;
    fcntl(fd, F_SETFL, O_NONBLOCK);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

static void newcomer(struct proxy *p)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)p->server_port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct line *l = NULL;
    int fd = accept(p->listener, NULL, NULL), server;
    if (fd < 0) return;
    for (size_t i = 0; i < LINES_MAX && l == NULL; i++)
        if (p->lines[i].fd[0] < 0) l = &p->lines[i];
    bool refused = !p->calm && draw(p, 8) == 0;
    if (refused) p->counts[PROXY_REFUSE]++;
    if (l == NULL || refused || (server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) < 0) {
        close(fd);
        return;
    }
    if (connect(server, (struct sockaddr *)&at, sizeof at) != 0) {
        close(fd);
        close(server);
        return;
    }
    nonblocking(fd);
    nonblocking(server);
    memset(l, 0, sizeof *l);
    l->fd[0] = fd;
    l->fd[1] = server;
}

static void look_after(struct proxy *p, struct line *l, const struct pollfd *polled, int64_t now)
{
    for (int i = 0; i < 2; i++)
        if (l->way[i].used == 0 && !l->way[i].ended && polled[i].revents) take(p, l, i, now);
    for (int i = 0; i < 2; i++)
        if (l->way[i].used && now >= l->way[i].from_ms) give(p, l, i, now);
    bool held = l->way[0].used || l->way[1].used;
    bool dead = l->way[0].silent || l->way[1].silent;
    if ((!held && (l->cut || l->way[0].ended || l->way[1].ended)) || (dead && (p->calm || (l->way[0].ended && l->way[1].ended)))) hang_up(l);
}

static void *run(void *arg)
{
    struct proxy *p = arg;
    while (!p->stop) {
        struct pollfd polled[2 + 2 * LINES_MAX];
        int64_t now = clock_monotonic_ms(), wait = 500;
        polled[0] = (struct pollfd){p->listener, POLLIN, 0};
        polled[1] = (struct pollfd){p->wake[0], POLLIN, 0};
        for (size_t n = 0; n < LINES_MAX; n++)
            for (int i = 0; i < 2; i++) {
                struct line *l = &p->lines[n];
                const struct way *in = &l->way[i], *out = &l->way[1 - i];
                short events = (short)((in->used == 0 && !in->ended ? POLLIN : 0) | (out->used && out->from_ms <= now ? POLLOUT : 0));
                if (l->fd[0] >= 0 && out->used && out->from_ms > now && out->from_ms - now < wait) wait = out->from_ms - now;
                polled[2 + 2 * n + (size_t)i] = (struct pollfd){events ? l->fd[i] : -1, events, 0};
            }
        if (poll(polled, 2 + 2 * LINES_MAX, (int)wait) < 0) continue;
        now = clock_monotonic_ms();
        char bytes[16];
        if (polled[1].revents && read(p->wake[0], bytes, sizeof bytes) < 0) break;
        for (size_t n = 0; n < LINES_MAX; n++)
            if (p->lines[n].fd[0] >= 0) look_after(p, &p->lines[n], &polled[2 + 2 * n], now);
        if (polled[0].revents) newcomer(p);
    }
    return NULL;
}

/* --- from outside ------------------------------------------------------------------------ */

struct proxy *proxy_open(int server_port, uint64_t seed, int one_in)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    struct proxy *p = calloc(1, sizeof *p);
    assert_non_null(p);
    p->server_port = server_port;
    p->one_in = one_in;
    p->seed.seed = seed;
    p->chance = entropy_seeded(&p->seed);
    for (size_t i = 0; i < LINES_MAX; i++)
        p->lines[i].fd[0] = p->lines[i].fd[1] = -1;
    p->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (p->listener < 0 || bind(p->listener, (struct sockaddr *)&at, sizeof at) != 0 || listen(p->listener, 64) != 0 ||
        getsockname(p->listener, (struct sockaddr *)&at, &len) != 0 || pipe2(p->wake, O_CLOEXEC) != 0)
        fail_msg("no proxy: %s", strerror(errno));
    p->port = ntohs(at.sin_port);
    assert_int_equal(pthread_create(&p->thread, NULL, run, p), 0);
    return p;
}

static void wake(struct proxy *p)
{
    if (write(p->wake[1], "x", 1) != 1) fail_msg("the proxy does not hear");
}

void proxy_calm(struct proxy *p, bool calm)
{
    p->calm = calm;
    wake(p);
}

void proxy_close(struct proxy *p)
{
    if (p == NULL) return;
    p->stop = true;
    wake(p);
    pthread_join(p->thread, NULL);
    for (size_t i = 0; i < LINES_MAX; i++)
        if (p->lines[i].fd[0] >= 0) hang_up(&p->lines[i]);
    close(p->listener);
    close(p->wake[0]);
    close(p->wake[1]);
    free(p);
}
