#include "lib/flat_bed.h"

#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SHEETS 32
#define SHEET_MAX 32768

struct sheet { uint8_t bytes[SHEET_MAX]; size_t len; bool whole; };
struct flat_bed {
    char uri[64];
    int listener, wake[2];
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t sheets, jam_at; /* jam_at 0: it does not */
    struct sheet sheet[SHEETS];
};

/* Only asked how it is: no sheet. */
static bool question(const struct sheet *s) { return s->len == 2 && memcmp(s->bytes, "\x1bj", 2) == 0; }

static void ended(struct flat_bed *bed, struct sheet *s)
{
    pthread_mutex_lock(&bed->lock);
    s->whole = !question(s);
    if (question(s)) {
        s->len = 0;
        bed->sheets--;
    }
    if (s->whole) bed->jam_at = 0;
    pthread_cond_broadcast(&bed->changed);
    pthread_mutex_unlock(&bed->lock);
}

/* One connection is one sheet; one that brings nothing was only a look whether the printer is there. */
static void serve(struct flat_bed *bed, int line)
{
    struct sheet *s = NULL;
    struct linger now = {1, 0};
    uint8_t bytes[1024];
    for (;;) {
        pthread_mutex_lock(&bed->lock);
        size_t room = bed->jam_at && (!s || s->len < bed->jam_at) ? bed->jam_at - (s ? s->len : 0) : sizeof bytes;
        bool jammed = bed->jam_at && s && s->len >= bed->jam_at;
        pthread_mutex_unlock(&bed->lock);
        if (jammed) setsockopt(line, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        ssize_t n = jammed ? 0 : read(line, bytes, room < sizeof bytes ? room : sizeof bytes);
        if (n <= 0) break;
        pthread_mutex_lock(&bed->lock);
        if (!s && bed->sheets == SHEETS) abort();
        if (!s) s = &bed->sheet[bed->sheets++];
        if (s->len + (size_t)n > SHEET_MAX) abort();
        memcpy(s->bytes + s->len, bytes, (size_t)n);
        s->len += (size_t)n;
        pthread_mutex_unlock(&bed->lock);
    }
    close(line);
    if (s) ended(bed, s);
}

static void *run(void *ctx)
{
    struct flat_bed *bed = ctx;
    struct pollfd f[2] = {{.fd = bed->wake[0], .events = POLLIN}, {.fd = bed->listener, .events = POLLIN}};
    while (poll(f, 2, -1) >= 0 && !f[0].revents) {
        int line = f[1].revents ? accept(bed->listener, NULL, NULL) : -1;
        if (line >= 0) serve(bed, line);
    }
    return NULL;
}

struct flat_bed *flat_bed_start(void)
{
    struct flat_bed *bed = calloc(1, sizeof *bed);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    if (!bed || pipe(bed->wake)) abort();
    pthread_mutex_init(&bed->lock, NULL);
    pthread_cond_init(&bed->changed, NULL);
    bed->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(bed->listener, (struct sockaddr *)&at, len) || listen(bed->listener, 4)) abort();
    getsockname(bed->listener, (struct sockaddr *)&at, &len);
    snprintf(bed->uri, sizeof bed->uri, "tcp:127.0.0.1:%d", ntohs(at.sin_port));
    if (pthread_create(&bed->thread, NULL, run, bed)) abort();
    return bed;
}

const char *flat_bed_uri(const struct flat_bed *bed) { return bed->uri; }

void flat_bed_jam(struct flat_bed *bed, size_t bytes)
{
    pthread_mutex_lock(&bed->lock);
    bed->jam_at = bytes;
    pthread_mutex_unlock(&bed->lock);
}

const uint8_t *flat_bed_sheet(struct flat_bed *bed, size_t n, size_t *len)
{
    pthread_mutex_lock(&bed->lock);
    while (bed->sheets <= n || !bed->sheet[n].whole) pthread_cond_wait(&bed->changed, &bed->lock);
    *len = bed->sheet[n].len;
    pthread_mutex_unlock(&bed->lock);
    return bed->sheet[n].bytes;
}

size_t flat_bed_sheets(struct flat_bed *bed)
{
    pthread_mutex_lock(&bed->lock);
    size_t count = bed->sheets;
    pthread_mutex_unlock(&bed->lock);
    return count;
}

void flat_bed_stop(struct flat_bed *bed)
{
    if (write(bed->wake[1], "x", 1) != 1) abort();
    pthread_join(bed->thread, NULL);
    close(bed->listener);
    close(bed->wake[0]);
    close(bed->wake[1]);
    free(bed);
}
