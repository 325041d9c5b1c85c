#include "lib/station.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/pcap.h"
#include "wire/session.h"

/* --- the line ---------------------------------------------------------------------- */

static void on_up(void *ctx, struct channel *c, const struct channel_peer *peer)
{
    struct station *s = ctx;
    s->up = c;
    s->ups++;
}

static void on_down(void *ctx, struct channel *c, const char *why)
{
    struct station *s = ctx;
    s->up = NULL;
    s->downs++;
    snprintf(s->why, sizeof s->why, "%s", why);
}

static void on_frame(void *ctx, struct channel *c, const uint8_t *bytes, size_t len)
{
    struct station *s = ctx;
    s->received++;
    if (s->pcap) pcap_frame(s->pcap, false, s->peer_port, bytes, len);
    if (s->on_frame) {
        s->on_frame(s->ctx, bytes, len);
        return;
    }
    struct station_frame *f = malloc(sizeof *f + len);
    assert_non_null(f);
    f->next = NULL;
    f->len = len;
    memcpy(f->bytes, bytes, len);
    *s->end = f;
    s->end = &f->next;
}

static const struct channel_events events = {NULL, on_up, on_frame, on_down, NULL, NULL};

void station_open(struct station *s, const struct world *w, uv_loop_t *loop, const char *cn, int port, const char *peer_cn)
{
    char ca[200], cert[200], key[200], address[32];
    struct error err;
    memset(s, 0, sizeof *s);
    s->loop = loop;
    s->end = &s->first;
    s->peer_port = port;
    snprintf(ca, sizeof ca, "%s/ca.crt", w->dir);
    snprintf(cert, sizeof cert, "%s/%s.crt", w->dir, cn);
    snprintf(key, sizeof key, "%s/%s.key", w->dir, cn);
    snprintf(address, sizeof address, "127.0.0.1:%d", port);
    s->tls = channel_tls_open(&(struct channel_tls_files){ca, cert, key}, &err);
    if (s->tls == NULL) fail_msg("%s: %s", err.where, err.why);
    channel_tls_set_times(s->tls, &(struct channel_times){5000, 5000, 60000, 60000, 20, 200, 0});
    s->link = channel_link_open(loop, s->tls, address, peer_cn, &events, s, &err);
    if (s->link == NULL) fail_msg("%s: %s", err.where, err.why);
}

void station_hang_up(struct station *s)
{
    if (s->link) channel_link_close(s->link);
    s->link = NULL;
}

void station_free(struct station *s)
{
    while (s->first) {
        struct station_frame *next = s->first->next;
        free(s->first);
        s->first = next;
    }
    channel_tls_close(s->tls);
    s->tls = NULL;
}

static bool is_down(void *ctx) { return ((struct station *)ctx)->up == NULL; }

void station_close(struct station *s)
{
    station_hang_up(s);
    station_until(s->loop, is_down, s, STATION_WAIT_MS);
    while (uv_loop_alive(s->loop) && uv_run(s->loop, UV_RUN_NOWAIT) != 0 && s->up) {}
    uv_run(s->loop, UV_RUN_NOWAIT);
    station_free(s);
}

/* --- waiting ----------------------------------------------------------------------- */

static void too_long(uv_timer_t *t) { *(bool *)t->data = true; }

bool station_until(uv_loop_t *loop, bool (*condition)(void *ctx), void *ctx, int ms)
{
    bool late = false, met = condition(ctx);
    uv_timer_t *watch = malloc(sizeof *watch);
    assert_non_null(watch);
    uv_timer_init(loop, watch);
    watch->data = &late;
    uv_update_time(loop);
    uv_timer_start(watch, too_long, (uint64_t)ms, 0);
    while (!met && !late) {
        uv_run(loop, UV_RUN_ONCE);
        met = condition(ctx);
    }
    uv_close((uv_handle_t *)watch, (uv_close_cb)free);
    uv_run(loop, UV_RUN_NOWAIT);
    return met;
}

static bool is_up(void *ctx) { return ((struct station *)ctx)->up != NULL; }

void station_wait_up(struct station *s)
{
    if (!station_until(s->loop, is_up, s, STATION_WAIT_MS)) fail_msg("the station is not connected: %s", s->why);
}

/* --- messages ---------------------------------------------------------------------- */

bool station_send(struct station *s, const struct iso *m)
{
    char bytes[ISO_MESSAGE_MAX];
    struct error err;
    int len = iso_pack(m, bytes, sizeof bytes, &err);
    if (len < 0) fail_msg("%s: %s", err.where, err.why);
    if (s->up == NULL || !channel_send(s->up, bytes, (size_t)len)) return false;
    if (s->pcap) pcap_frame(s->pcap, true, s->peer_port, bytes, (size_t)len);
    return true;
}

bool station_take(struct station *s, const struct iso *m, struct iso *answer)
{
    char wanted[MATCH_KEY_SIZE], key[MATCH_KEY_SIZE];
    struct error err;
    assert_true(message_match_key(m, wanted));
    for (struct station_frame **at = &s->first, *f; (f = *at) != NULL; at = &f->next) {
        if (iso_unpack(answer, f->bytes, f->len, &err) != 0) fail_msg("an answer can't be read: %s %s", err.where, err.why);
        if (message_is_request(answer) || !message_match_key(answer, key) || strcmp(key, wanted) != 0) continue;
        *at = f->next;
        if (f->next == NULL) s->end = at;
        free(f);
        return true;
    }
    return false;
}

struct wanted { struct station *s; const struct iso *m; struct iso *answer; };

static bool has_come(void *ctx)
{
    struct wanted *w = ctx;
    return station_take(w->s, w->m, w->answer);
}

bool station_answer(struct station *s, const struct iso *m, struct iso *answer, int ms)
{
    struct wanted w = {s, m, answer};
    return station_until(s->loop, has_come, &w, ms);
}

bool station_ask(struct station *s, const struct iso *m, struct iso *answer, int ms)
{
    return station_send(s, m) && station_answer(s, m, answer, ms);
}

const char *station_code(struct station *s, const struct iso *m, char code[3])
{
    struct iso answer;
    char text[200];
    if (!station_ask(s, m, &answer, STATION_WAIT_MS)) fail_msg("no answer to %s", message_describe(m, text, sizeof text));
    iso_text(&answer, 39, code, 3);
    return code;
}

/* --- what is said ------------------------------------------------------------------ */

static void head(struct wire_head *h, const char *branch, int64_t n)
{
    struct clock clock = clock_system(CLOCK_CHINA_OFFSET_S, 0);
    memset(h, 0, sizeof *h);
    assert_true(key_make(&h->key, "102", branch, 1, n));
    snprintf(h->stan, sizeof h->stan, "%06u", (unsigned)n % 1000000u);
    snprintf(h->terminal, sizeof h->terminal, "%02u", (unsigned)n % 4u + 1);
    h->proc = PROC_CASH;
    h->business_day = clock_today(&clock);
    day_to_ymd(h->business_day, &h->local.year, &h->local.month, &h->local.day);
    h->local.hour = (int)(9 + n / 3600 % 8);
    h->local.minute = (int)(n / 60 % 60);
    h->local.second = (int)(n % 60);
    h->sent_ms = clock_now_ms(&clock);
}

void station_payment(struct wire_payment *p, const char *branch, int64_t n, int64_t prepaid_fen)
{
    memset(p, 0, sizeof *p);
    head(&p->head, branch, n);
    snprintf(p->customer, sizeof p->customer, "0499110001");
    snprintf(p->operator_id, sizeof p->operator_id, "8001");
    p->prepaid_fen = p->head.amount_fen = prepaid_fen;
}

void station_pay(struct iso *m, const char *mti, const char *branch, int64_t n, int64_t prepaid_fen)
{
    struct wire_payment p;
    struct error err;
    station_payment(&p, branch, n, prepaid_fen);
    if (wire_payment_pack(&p, mti, m, &err) != 0) fail_msg("%s: %s", err.where, err.why);
}

void station_undo(struct iso *m, const char *mti, const char *branch, int64_t n, int64_t prepaid_fen)
{
    struct wire_reversal r = {.original_mti = "0200", .maker = "8001", .checker = "8002"};
    struct error err;
    head(&r.head, branch, n);
    r.head.amount_fen = prepaid_fen;
    if (wire_reversal_pack(&r, mti, m, &err) != 0) fail_msg("%s: %s", err.where, err.why);
}

void station_sign_on(struct iso *m, const char *branch, int64_t n, const char *nonce)
{
    struct clock clock = clock_system(CLOCK_CHINA_OFFSET_S, 0);
    struct wire_net net = {.net = NET_SIGN_ON, .bank = "102", .terminal = "00", .sent_ms = clock_now_ms(&clock)};
    struct error err;
    snprintf(net.stan, sizeof net.stan, "%06u", (unsigned)n % 1000000u);
    snprintf(net.branch, sizeof net.branch, "%s", branch);
    if (nonce) snprintf(net.nonce, sizeof net.nonce, "%s", nonce);
    if (wire_net_ask(&net, m, &err) != 0) fail_msg("%s: %s", err.where, err.why);
}
