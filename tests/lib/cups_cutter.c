#include "lib/cups_cutter.h"

#include <cups/cups.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/private_cups.h"

#define LOOK_MS 50

struct cups_cutter {
    pthread_t thread;
    pthread_mutex_t lock;
    int listener, stop[2];
    char path[96], real[96];
    int at, requests;
    bool after, fired;
};

static int unix_socket(const char *path, bool listening)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
    bool ok = fd >= 0 && (listening ? bind(fd, (struct sockaddr *)&at, sizeof at) == 0 && listen(fd, 8) == 0
                                    : connect(fd, (struct sockaddr *)&at, sizeof at) == 0);
    if (!ok && fd >= 0) close(fd);
    return ok ? fd : -1;
}

static bool send_all(int fd, const char *bytes, size_t len)
{
    for (size_t done = 0; done < len;) {
        ssize_t n = send(fd, bytes + done, len - done, MSG_NOSIGNAL);
        if (n <= 0) return false;
        done += (size_t)n;
    }
    return true;
}

/* This is where it is to happen; then it has, and the connection is gone. */
static bool cut_here(struct cups_cutter *c, bool after)
{
    pthread_mutex_lock(&c->lock);
    bool now = !c->fired && c->at > 0 && c->requests == c->at && c->after == after;
    if (now) {
        cups_kill();
        cups_start_again();
        c->fired = true;
    }
    pthread_mutex_unlock(&c->lock);
    return now;
}

/* Client and server take turns; a new turn of the client is a new request. "100 Continue" is
 * no answer. */
static void carry(struct cups_cutter *c, int client)
{
    static char bytes[65536];
    bool asking = false;
    int server = unix_socket(c->real, false);
    while (server >= 0) {
        struct pollfd ends[3] = {{.fd = client, .events = POLLIN}, {.fd = server, .events = POLLIN}, {.fd = c->stop[0], .events = POLLIN}};
        if (poll(ends, 3, -1) < 0 || ends[2].revents) break;
        if (ends[0].revents) {
            ssize_t n = recv(client, bytes, sizeof bytes, 0);
            if (n <= 0) break;
            if (!asking) {
                pthread_mutex_lock(&c->lock);
                c->requests++;
                pthread_mutex_unlock(&c->lock);
                asking = true;
                if (cut_here(c, false)) break;
            }
            if (!send_all(server, bytes, (size_t)n)) break;
        } else if (ends[1].revents) {
            ssize_t n = recv(server, bytes, sizeof bytes, 0);
            if (n <= 0) break;
            bool interim = (size_t)n > 12 && memcmp(bytes + 9, "100", 3) == 0;
            if (!interim) {
                asking = false;
                if (cut_here(c, true)) break;
            }
            if (!send_all(client, bytes, (size_t)n)) break;
        }
    }
    if (server >= 0) close(server);
}

static void *run(void *ctx)
{
    struct cups_cutter *c = ctx;
    for (;;) {
        struct pollfd ends[2] = {{.fd = c->listener, .events = POLLIN}, {.fd = c->stop[0], .events = POLLIN}};
        if (poll(ends, 2, -1) < 0 || ends[1].revents) return NULL;
        int client = accept4(c->listener, NULL, NULL, SOCK_CLOEXEC);
        if (client < 0) continue;
        carry(c, client);
        close(client);
    }
}

struct cups_cutter *cups_cutter_start(void)
{
    struct cups_cutter *c = calloc(1, sizeof *c);
    if (c == NULL || pipe(c->stop) != 0) abort();
    pthread_mutex_init(&c->lock, NULL);
    snprintf(c->real, sizeof c->real, "%.80s", cupsServer());
    snprintf(c->path, sizeof c->path, "%.80s-cutter", c->real);
    c->listener = unix_socket(c->path, true);
    if (c->listener < 0 || pthread_create(&c->thread, NULL, run, c) != 0) abort();
    return c;
}

const char *cups_cutter_path(const struct cups_cutter *c) { return c->path; }

void cups_cutter_arm(struct cups_cutter *c, int n, bool after)
{
    pthread_mutex_lock(&c->lock);
    c->at = n;
    c->after = after;
    c->requests = 0;
    c->fired = false;
    pthread_mutex_unlock(&c->lock);
}

bool cups_cutter_fired(struct cups_cutter *c)
{
    pthread_mutex_lock(&c->lock);
    bool fired = c->fired;
    pthread_mutex_unlock(&c->lock);
    return fired;
}

int cups_cutter_requests(struct cups_cutter *c)
{
    pthread_mutex_lock(&c->lock);
    int requests = c->requests;
    pthread_mutex_unlock(&c->lock);
    return requests;
}

void cups_cutter_stop(struct cups_cutter *c)
{
    if (write(c->stop[1], "", 1) != 1) abort();
    pthread_join(c->thread, NULL);
    close(c->listener);
    unlink(c->path);
    close(c->stop[0]);
    close(c->stop[1]);
    free(c);
}
