/* Stands in a branch's way to its bank: passes bytes on, and every so often breaks
 * the connection, half a read before the end of what it passes, and lets nobody
 * through for a while; or lets everything stand still, longer than a counter waits. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "day/day.h"

#define AWAY_MS 4000  /* nobody gets through, at most */
#define STILL_MS 5000 /* nothing moves, at most: longer than a counter waits */
#define CHUNK 65536

struct side { uv_tcp_t tcp; struct passage *passage; bool open, reading; };
struct passage {
    struct passage *next;
    struct cutter *cutter;
    struct side branch, bank;
    uv_connect_t connect;
    bool ending, half; /* half: the next read goes on by half, then the end */
};
struct cutter {
    uv_tcp_t listener;
    uv_timer_t timer;
    struct sockaddr_in to;
    int port;
    uint64_t draw, between_ms;
    bool cutting, still, away;
    struct passage *first;
    int64_t cuts, pauses;
};
struct packet { uv_write_t write; char bytes[]; };

static char buffer[CHUNK];

static void side_closed(uv_handle_t *handle)
{
    struct side *s = handle->data;
    struct passage *p = s->passage;
    s->open = false;
    if (p->branch.open || p->bank.open) return;
    for (struct passage **at = &p->cutter->first; *at; at = &(*at)->next)
        if (*at == p) {
            *at = p->next;
            break;
        }
    free(p);
}

static void end(struct passage *p)
{
    if (p->ending) return;
    p->ending = true;
    uv_close((uv_handle_t *)&p->branch.tcp, side_closed);
    uv_close((uv_handle_t *)&p->bank.tcp, side_closed);
}

static void get_buffer(uv_handle_t *handle, size_t wanted, uv_buf_t *buf) { *buf = uv_buf_init(buffer, sizeof buffer); }

static void written(uv_write_t *write, int status) { free(write->data); }

static void passed(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct side *from = stream->data;
    struct passage *p = from->passage;
    struct side *to = from == &p->branch ? &p->bank : &p->branch;
    if (n < 0) {
        end(p);
        return;
    }
    size_t len = p->half ? (size_t)n / 2 : (size_t)n;
    struct packet *packet = len > 0 && !p->ending ? malloc(sizeof *packet + len) : NULL;
    if (packet) {
        memcpy(packet->bytes, buf->base, len);
        packet->write.data = packet;
        uv_buf_t out = uv_buf_init(packet->bytes, (unsigned)len);
        if (uv_write(&packet->write, (uv_stream_t *)&to->tcp, &out, 1, written) != 0) free(packet);
    }
    if (p->half) end(p);
}

static void flow(struct passage *p, bool on)
{
    struct side *sides[] = {&p->branch, &p->bank};
    for (int i = 0; i < 2; i++) {
        if (p->ending || sides[i]->reading == on) continue;
        sides[i]->reading = on;
        if (on) uv_read_start((uv_stream_t *)&sides[i]->tcp, get_buffer, passed);
        else uv_read_stop((uv_stream_t *)&sides[i]->tcp);
    }
}

static void at_bank(uv_connect_t *connect, int status)
{
    struct passage *p = connect->data;
    if (status != 0) end(p);
    else flow(p, !p->cutter->still);
}

static void init_side(struct passage *p, struct side *s)
{
    s->passage = p;
    s->open = true;
    s->tcp.data = s;
    uv_tcp_init(p->cutter->listener.loop, &s->tcp);
    s->tcp.data = s;
}

static void on_call(uv_stream_t *listener, int status)
{
    struct cutter *c = listener->data;
    struct passage *p = calloc(1, sizeof *p);
    if (status != 0 || p == NULL) {
        free(p);
        return;
    }
    p->cutter = c;
    p->next = c->first;
    c->first = p;
    init_side(p, &p->branch);
    init_side(p, &p->bank);
    p->connect.data = p;
    uv_accept(listener, (uv_stream_t *)&p->branch.tcp);
    uv_tcp_nodelay(&p->branch.tcp, 1);
    uv_tcp_nodelay(&p->bank.tcp, 1);
    if (c->away || uv_tcp_connect(&p->connect, &p->bank.tcp, (struct sockaddr *)&c->to, at_bank) != 0) end(p);
}

/* --- what goes wrong, and when ------------------------------------------------------------- */

static void next_event(uv_timer_t *timer)
{
    struct cutter *c = timer->data;
    uint64_t draw = day_draw(&c->draw);
    if (c->still || c->away) {
        c->still = c->away = false;
        for (struct passage *p = c->first; p; p = p->next)
            flow(p, true);
    } else if (c->cutting && draw % 4 == 0) {
        c->still = true;
        c->pauses++;
        for (struct passage *p = c->first; p; p = p->next)
            flow(p, false);
    } else if (c->cutting) {
        c->away = true;
        c->cuts++;
        for (struct passage *p = c->first; p; p = p->next)
            p->half = true; /* if nothing more passes it ends with the time below */
    }
    uint64_t most = c->still ? STILL_MS : c->away ? AWAY_MS : 2 * c->between_ms;
    if (c->cutting || c->still || c->away) uv_timer_start(timer, next_event, 200 + (draw >> 8) % most, 0);
}

void cutter_start(struct cutter *c, int between_ms)
{
    c->cutting = true;
    c->between_ms = (uint64_t)between_ms;
    uv_timer_start(&c->timer, next_event, day_draw(&c->draw) % c->between_ms, 0);
}

void cutter_heal(struct cutter *c)
{
    c->cutting = false;
    if (c->still || c->away) next_event(&c->timer);
}

struct cutter *cutter_open(uv_loop_t *loop, int bank_port, uint64_t seed)
{
    struct cutter *c = calloc(1, sizeof *c);
    struct sockaddr_in at;
    if (c == NULL) fail_msg("no memory");
    c->port = world_free_port();
    c->draw = seed;
    uv_ip4_addr("127.0.0.1", c->port, &at);
    uv_ip4_addr("127.0.0.1", bank_port, &c->to);
    uv_tcp_init(loop, &c->listener);
    uv_timer_init(loop, &c->timer);
    c->listener.data = c->timer.data = c;
    if (uv_tcp_bind(&c->listener, (struct sockaddr *)&at, 0) != 0 || uv_listen((uv_stream_t *)&c->listener, 64, on_call) != 0)
        fail_msg("no cutter at port %d", c->port);
    return c;
}

int cutter_port(const struct cutter *c) { return c->port; }
int64_t cutter_cuts(const struct cutter *c) { return c->cuts; }
int64_t cutter_pauses(const struct cutter *c) { return c->pauses; }

/* Freed with the program: its handles end with the loop. */
void cutter_close(struct cutter *c)
{
    for (struct passage *p = c->first; p; p = p->next)
        end(p);
    uv_close((uv_handle_t *)&c->timer, NULL);
    uv_close((uv_handle_t *)&c->listener, NULL);
}
