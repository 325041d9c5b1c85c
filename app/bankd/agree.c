/* Asks the utility for a day's totals and, when they are out of balance, for its
 * detail, over a connection of its own, so that the relay's are not held up. The
 * books are read and written on the loop's thread pool. */
#include <stdlib.h>
#include <string.h>

#include "bankd/day.h"
#include "base/log.h"
#include "base/text.h"
#include "wire/channel.h"

#define SILENCE_MS 30000  /* nothing heard for so long: it failed */
#define ROWS_MAX 5000000  /* payments of a bank's day */

struct agree {
    const struct bank *b;
    uv_loop_t *loop;
    struct channel_link *link;
    uv_timer_t timer;
    uv_work_t work;
    void (*then)(struct agree *a); /* after the work */
    day_t day;
    bool closing, working, over, closed; /* closed: the timer; it goes with the last of both */
    int stan;
    char asked[MATCH_KEY_SIZE];
    int64_t part, last;
    struct day_theirs *rows;
    size_t count, room;
    struct agree_end end;
    agree_ended *ended;
    void *ctx;
    struct iso *answer;     /* agree_ask: where the answer goes */
    const struct iso *request;
};

static void freed(struct agree *a)
{
    free(a->rows);
    free(a);
}

static void on_closed(uv_handle_t *handle)
{
    struct agree *a = handle->data;
    a->closed = true;
    if (!a->working) freed(a);
}

/* The line still says on_down from the loop: libuv ends handles the last one first,
 * so that the timer, which `a` goes with, is closed before the line. */
static void let_go(struct agree *a)
{
    uv_timer_stop(&a->timer);
    uv_close((uv_handle_t *)&a->timer, on_closed);
    if (a->link) channel_link_close(a->link);
    a->link = NULL;
}

static void finish(struct agree *a)
{
    if (a->over) return;
    a->over = true;
    a->ended(a->ctx, &a->end);
    let_go(a);
}

static void fail_with(struct agree *a, const char *why)
{
    a->end.failed = true;
    if (a->end.err.what[0] == '\0') error_all(&a->end.err, "the day was not agreed with the utility", a->b->settings.utility, why, "it is asked again; or: bankd totals DAY");
    finish(a);
}

static void on_silence(uv_timer_t *timer) { fail_with(timer->data, "no answer"); }

/* --- work for the thread pool ------------------------------------------------------------- */

static void work_done(uv_work_t *work, int status)
{
    struct agree *a = work->data;
    a->working = false;
    if (a->over && a->closed) freed(a);
    else if (a->over) return; /* on_closed is to come */
    else if (a->end.failed) fail_with(a, "");
    else a->then(a);
}

static void start_work(struct agree *a, uv_work_cb run, void (*then)(struct agree *a))
{
    a->working = true;
    a->then = then;
    a->work.data = a;
    if (uv_queue_work(a->loop, &a->work, run, work_done) == 0) return;
    a->working = false;
    fail_with(a, "no thread");
}

static void count_work(uv_work_t *work)
{
    struct agree *a = work->data;
    a->end.failed = day_count(a->b, a->day, &a->end.ours, &a->end.err) != 0;
}

static void keep_work(uv_work_t *work)
{
    struct agree *a = work->data;
    a->end.failed = day_keep(a->b, a->day, a->closing, &a->end.ours, &a->end.theirs, &a->end.err) != 0;
}

static void compare_work(uv_work_t *work)
{
    struct agree *a = work->data;
    a->end.differences = day_compare(a->b, a->day, a->rows, a->count, &a->end.err);
    a->end.failed = a->end.differences < 0;
}

/* --- messages ------------------------------------------------------------------------------- */

static void head(struct agree *a, struct wire_head *h)
{
    memset(h, 0, sizeof *h);
    a->stan++;
    snprintf(h->stan, sizeof h->stan, "%06u", (unsigned)a->stan % 1000000u);
    text_copy(h->key.bank, sizeof h->key.bank, a->b->settings.id);
    snprintf(h->key.ref, sizeof h->key.ref, "%012u", (unsigned)a->stan);
    h->proc = -1;
    h->sent_ms = clock_now_ms(&a->b->clock);
    clock_local(&a->b->clock, h->sent_ms, &h->local);
    h->business_day = a->day;
}

static void say(struct agree *a, const struct iso *m)
{
    char bytes[ISO_MESSAGE_MAX];
    struct channel *c = channel_link_up(a->link);
    int len = iso_pack(m, bytes, sizeof bytes, NULL);
    message_match_key(m, a->asked);
    if (c == NULL || len < 0 || !channel_send(c, bytes, (size_t)len)) fail_with(a, "the connection is gone");
}

static void sign_on(struct agree *a)
{
    struct wire_net n = {.net = NET_SIGN_ON, .sent_ms = clock_now_ms(&a->b->clock), .stan = "000001", .terminal = "TOTALS"};
    struct iso m;
    text_copy(n.bank, sizeof n.bank, a->b->settings.id);
    a->stan = 1;
    if (wire_net_ask(&n, &m, &a->end.err) != 0) fail_with(a, "");
    else say(a, &m);
}

static void ask_totals(struct agree *a)
{
    struct wire_totals t = a->end.ours;
    struct iso m;
    head(a, &t.head);
    t.closing = a->closing;
    if (wire_totals_ask(&t, &m, &a->end.err) != 0) fail_with(a, "");
    else say(a, &m);
}

static void ask_part(struct agree *a)
{
    struct wire_part p = {.action = '1', .part = a->part};
    struct iso m;
    int y, month, d;
    head(a, &p.head);
    day_to_ymd(a->day, &y, &month, &d);
    snprintf(p.file, sizeof p.file, "PAY:%04u%02u%02u", (unsigned)y % 10000, (unsigned)month % 100, (unsigned)d % 100);
    if (wire_part_ask(&p, &m, &a->end.err) != 0) fail_with(a, "");
    else say(a, &m);
}

/* --- answers ---------------------------------------------------------------------------------- */

static void kept(struct agree *a)
{
    if (a->end.in_balance) {
        finish(a);
        return;
    }
    a->part = 1;
    ask_part(a);
}

static void take_totals(struct agree *a, const struct iso *m)
{
    if (wire_totals_unpack(m, a->day, &a->end.theirs, &a->end.err) != 0 || strcmp(a->end.theirs.code, "00") != 0) {
        fail_with(a, "the utility refuses the totals");
        return;
    }
    a->end.in_balance = a->end.theirs.settlement == 1;
    start_work(a, keep_work, kept);
}

static bool add_row(struct agree *a, const struct day_theirs *row)
{
    if (a->count == a->room) {
        size_t room = a->room ? 2 * a->room : 1024;
        struct day_theirs *more = room <= ROWS_MAX ? realloc(a->rows, room * sizeof *more) : NULL;
        if (more == NULL) return false;
        a->rows = more;
        a->room = room;
    }
    a->rows[a->count++] = *row;
    return true;
}

static void take_part(struct agree *a, const struct iso *m)
{
    static struct wire_part part;
    struct day_theirs row;
    if (wire_part_unpack(m, a->day, &part, &a->end.err) != 0 || strcmp(part.code, "00") != 0) {
        fail_with(a, "the utility refuses its detail of the day");
        return;
    }
    for (int i = 0; i < part.record_count; i++) {
        int got = day_read(&part.records[i], a->b->settings.id, &row);
        if (got < 0 || (got == 1 && !add_row(a, &row))) {
            fail_with(a, got < 0 ? "a record of its detail cannot be read" : "more payments than there is room for");
            return;
        }
    }
    a->last = part.last;
    if (a->part++ < a->last) ask_part(a);
    else start_work(a, compare_work, finish);
}

static void on_up(void *ctx, struct channel *c, const struct channel_peer *peer) { sign_on(ctx); }

static void on_frame(void *ctx, struct channel *c, const uint8_t *bytes, size_t len)
{
    struct agree *a = ctx;
    struct iso m;
    char key[MATCH_KEY_SIZE];
    if (a->over || iso_unpack(&m, (const char *)bytes, len, NULL) != 0 || message_is_request(&m) || !message_match_key(&m, key) ||
        strcmp(key, a->asked) != 0)
        return;
    uv_timer_again(&a->timer);
    if (a->answer && m.mti[1] != '8') {
        *a->answer = m;
        finish(a);
    } else if (m.mti[1] == '8' && !iso_is(&m, 39, "00")) {
        fail_with(a, "the utility refuses our sign-on");
    } else if (a->answer) {
        say(a, a->request);
    } else if (m.mti[1] == '8') {
        start_work(a, count_work, ask_totals);
    } else if (m.mti[1] == '5') {
        take_totals(a, &m);
    } else {
        take_part(a, &m);
    }
}

static void on_down(void *ctx, struct channel *c, const char *why)
{
    struct agree *a = ctx;
    if (!a->over && a->stan > 0) fail_with(a, why);
}

struct agree *agree_start(const struct bank *b, uv_loop_t *loop, struct channel_tls *tls, day_t day, bool closing, agree_ended *ended, void *ctx,
                          struct error *err)
{
    static const struct channel_events events = {NULL, on_up, on_frame, on_down, NULL, NULL};
    char address[64];
    struct agree *a = calloc(1, sizeof *a);
    if (a == NULL) return error_all(err, "the day is not agreed", NULL, "no memory", NULL), NULL;
    a->b = b;
    a->loop = loop;
    a->day = day;
    a->closing = closing;
    a->ended = ended;
    a->ctx = ctx;
    snprintf(address, sizeof address, "%.*s", (int)strcspn(b->settings.utility, ", "), b->settings.utility);
    a->link = channel_link_open(loop, tls, address, b->settings.utility_name, &events, a, err);
    if (a->link == NULL) {
        free(a);
        return NULL;
    }
    uv_timer_init(loop, &a->timer);
    a->timer.data = a;
    uv_timer_start(&a->timer, on_silence, SILENCE_MS, SILENCE_MS);
    return a;
}

void agree_stop(struct agree *a)
{
    if (a == NULL || a->over) return;
    a->over = true;
    let_go(a);
}

static void copy_end(void *ctx, const struct agree_end *end) { *(struct agree_end *)ctx = *end; }

int agree_ask(const struct bank *b, const struct iso *request, struct iso *answer, struct error *err)
{
    const struct bank_settings *set = &b->settings;
    static struct agree_end end;
    uv_loop_t loop;
    struct channel_tls *tls = channel_tls_open(&(struct channel_tls_files){set->ca, set->cert, set->key}, err);
    if (tls == NULL) return -1;
    uv_loop_init(&loop);
    struct agree *a = agree_start(b, &loop, tls, 0, false, copy_end, &end, err);
    if (a) {
        a->answer = answer;
        a->request = request;
        uv_run(&loop, UV_RUN_DEFAULT);
        if (end.failed) *err = end.err;
    }
    uv_loop_close(&loop);
    channel_tls_close(tls);
    return a && !end.failed ? 0 : -1;
}
