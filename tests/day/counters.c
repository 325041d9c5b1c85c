/* The counters: each a connection to its branchd and a small machine of states,
 * that asks what the counter program asks, in the same order. */
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/key.h"
#include "base/text.h"
#include "day/day.h"

#define LINE_MAX_BYTES 70000
#define WAIT_MS 20000    /* nothing heard of a payment for so long: it is looked at */
#define TRY_AGAIN_MS 150 /* after a refusal */
#define ABANDON_ONE_IN 8 /* of those without an answer; the others are finished as advices */
#define SAY_EVERY_MS 10000
#define DAY_LIMIT_MS 900000

enum step { HELLO, SIGN_ON, LOOKUP, PAY, SHOWN, WATCH, FINISH, APPROVE, ABANDON, LOOK, PAUSE, DONE };

struct counter {
    struct crew *crew;
    const struct town_branch *branch;
    uv_pipe_t pipe;
    uv_connect_t connect;
    uv_timer_t timer;
    int number, index;       /* 1.. in its branch; 0.. in the town */
    enum step step;
    int64_t to_do, next_bill, last_bill;
    uint64_t draw, asked_at;
    long long id;
    char key[KEY_TEXT_SIZE], forwarded[16], approval[48];
    bool pays_bill;
    size_t used, room;
    char *line;
};
struct crew {
    struct town *t;
    struct counter *all;
    int count, done;
    struct counted *out;
    int64_t said_ms;
    size_t sample_room;
};

static void ask(struct counter *c, enum step step);

static void __attribute__((noreturn)) give_up(struct counter *c, const char *what, const char *line)
{
    fail_msg("%s terminal %02d: %s: %.600s", c->branch->name, c->number, what, line);
    abort();
}

/* --- out -------------------------------------------------------------------------------- */

struct question { uv_write_t write; char text[]; };

static void written(uv_write_t *write, int status) { free(write->data); }

static void send_text(struct counter *c, const char *method, char *params)
{
    size_t size = strlen(params) + 160;
    struct question *q = malloc(sizeof *q + size);
    if (q == NULL) give_up(c, "no memory", "");
    int len = snprintf(q->text, size, "{\"jsonrpc\":\"2.0\",\"id\":%lld,\"method\":\"%s\",\"params\":%s}\n", ++c->id, method, params);
    uv_buf_t out = uv_buf_init(q->text, (unsigned)len);
    q->write.data = q;
    if (uv_write(&q->write, (uv_stream_t *)&c->pipe, &out, 1, written) != 0) give_up(c, "branchd takes nothing", "");
}

static void send_packed(struct counter *c, const char *method, json_t *params)
{
    char *text = params ? json_dumps(params, JSON_COMPACT) : NULL;
    if (text == NULL) give_up(c, "cannot be asked", method);
    send_text(c, method, text);
    free(text);
    json_decref(params);
}

static void customer(struct counter *c, char out[16])
{
    int64_t bills = town_bills(c->crew->t), n;
    c->pays_bill = c->to_do % DAY_BILLS_SHARE == 0 && c->next_bill < c->last_bill;
    if (c->pays_bill) n = ++c->next_bill;
    else n = 1 + (int64_t)(day_draw(&c->draw) % (uint64_t)bills);
    snprintf(out, 16, "K%08lld", (long long)n % 100000000);
}

static json_t *abandon_params(const struct counter *c) { return json_pack("{s:s}", "key", c->key); }

static void ask(struct counter *c, enum step step)
{
    char text[40];
    c->step = step;
    c->asked_at = uv_hrtime();
    switch (step) {
    case HELLO:
        snprintf(text, sizeof text, "%02d", c->number);
        send_packed(c, "hello", json_pack("{s:s, s:s, s:i}", "terminal", text, "language", "en", "protocol", 1));
        break;
    case SIGN_ON:
        snprintf(text, sizeof text, "%04d", 1000 + c->number);
        send_packed(c, "sign_on", json_pack("{s:s, s:s, s:i}", "operator", text, "password", "a long pass phrase", "float_fen", 0));
        break;
    case LOOKUP:
        customer(c, text);
        c->key[0] = c->forwarded[0] = '\0';
        send_packed(c, "lookup", json_pack("{s:s}", "customer", text));
        break;
    case SHOWN: send_packed(c, "shown", json_pack("{s:s}", "key", c->key)); break;
    case FINISH: send_packed(c, "finish", json_pack("{s:s}", "key", c->key)); break;
    case APPROVE:
        send_packed(c, "approve", json_pack("{s:s, s:s, s:s, s:o}", "operator", "2001", "password", "a long pass phrase", "act", "abandon", "params", abandon_params(c)));
        break;
    case ABANDON: send_packed(c, "abandon", json_pack("{s:s, s:s}", "key", c->key, "approval", c->approval)); break;
    case LOOK: send_packed(c, "payment", json_pack("{s:s}", "key", c->key)); break;
    default: break;
    }
}

/* The bill that is there to be paid, or 10.00 and some fen in advance. */
static void pay(struct counter *c, const json_t *lookup)
{
    json_t *bill = json_array_get(json_object_get(lookup, "bills"), 0), *bills = json_array();
    json_int_t prepaid = 1000 + (json_int_t)(day_draw(&c->draw) % 9000), sum = prepaid;
    if (c->pays_bill && json_is_true(json_object_get(bill, "payable"))) {
        sum = json_integer_value(json_object_get(bill, "pay_fen"));
        prepaid = 0;
        json_array_append_new(bills, json_pack("{s:O, s:O, s:O}", "bill", json_object_get(bill, "bill"), "amount_fen", json_object_get(bill, "amount_fen"),
                                               "late_fee_fen", json_object_get(bill, "late_fee_fen")));
        c->crew->out->bills++;
    }
    c->step = PAY;
    c->asked_at = uv_hrtime();
    send_packed(c, "pay", json_pack("{s:O, s:o, s:I, s:I, s:i}", "token", json_object_get(lookup, "token"), "bills", bills, "prepaid_fen", prepaid, "tendered_fen",
                                    sum, "change_fen", 0));
}

/* --- what becomes of a payment ------------------------------------------------------------ */

static void next_payment(struct counter *c)
{
    if (c->to_do > 0) {
        ask(c, LOOKUP);
        return;
    }
    c->step = DONE;
    c->crew->done++;
    uv_timer_stop(&c->timer);
}

static void add_sample(struct crew *crew, int64_t us)
{
    if (crew->out->samples == crew->sample_room) {
        crew->sample_room = crew->sample_room ? 2 * crew->sample_room : 1 << 17;
        crew->out->online_us = realloc(crew->out->online_us, crew->sample_room * sizeof *crew->out->online_us);
        if (crew->out->online_us == NULL) fail_msg("no memory");
    }
    crew->out->online_us[crew->out->samples++] = us;
}

/* Once the branch said "recorded": gone, queued, or nobody knows and the teller chooses. */
static void judge(struct counter *c)
{
    struct counted *out = c->crew->out;
    const char *f = c->forwarded;
    if (c->step != WATCH) return;
    if (strcmp(f, "posted") == 0 || strcmp(f, "excepted") == 0 || strcmp(f, "queued") == 0) {
        bool queued = *f == 'q';
        out->paid++;
        out->queued += queued;
        out->online += !queued;
        c->to_do--;
        next_payment(c);
    } else if (strcmp(f, "declined") == 0) {
        out->declined++;
        next_payment(c);
    } else if (strcmp(f, "undoing") == 0 || strcmp(f, "undone") == 0) {
        out->abandoned++;
        next_payment(c);
    } else if (strcmp(f, "unknown") == 0) {
        ask(c, day_draw(&c->draw) % ABANDON_ONE_IN == 0 ? APPROVE : FINISH);
    }
}

static void take_card(struct counter *c, const json_t *card)
{
    const char *key = json_string_value(json_object_get(card, "key")), *forwarded = json_string_value(json_object_get(card, "forwarded"));
    if (key == NULL || forwarded == NULL || strcmp(key, c->key) != 0) return;
    text_copy(c->forwarded, sizeof c->forwarded, forwarded);
}

static void take_note(struct counter *c, const json_t *message)
{
    const char *method = json_string_value(json_object_get(message, "method"));
    if (method == NULL || strcmp(method, "payment") != 0 || c->key[0] == '\0') return;
    bool was_waiting = strcmp(c->forwarded, "waiting") == 0;
    take_card(c, json_object_get(message, "params"));
    if (was_waiting && strcmp(c->forwarded, "posted") == 0) add_sample(c->crew, (int64_t)(uv_hrtime() - c->asked_at) / 1000);
    judge(c);
}

/* A refusal is no fault of the day's while the link comes and goes: another try, soon. */
static void refused(struct counter *c, const json_t *error, const char *line)
{
    const char *reason = json_string_value(json_object_get(json_object_get(error, "data"), "reason"));
    if (c->step == HELLO || c->step == SIGN_ON || reason == NULL) give_up(c, "refused", line);
    c->crew->out->refused++;
    if (c->step == FINISH || c->step == ABANDON || c->step == APPROVE || c->step == LOOK) {
        ask(c, LOOK); /* its answer came meanwhile, most likely */
        return;
    }
    if (c->step == SHOWN) give_up(c, "\"recorded\" was not taken", line);
    c->step = PAUSE;
    uv_timer_start(&c->timer, c->timer.timer_cb, TRY_AGAIN_MS, WAIT_MS);
}

static void answered(struct counter *c, const json_t *result, const char *line)
{
    switch (c->step) {
    case HELLO: ask(c, SIGN_ON); break;
    case SIGN_ON: ask(c, LOOKUP); break;
    case LOOKUP: pay(c, result); break;
    case PAY:
        text_copy(c->key, sizeof c->key, json_string_value(json_object_get(result, "key")));
        take_card(c, result);
        ask(c, SHOWN);
        break;
    case SHOWN: c->step = WATCH; judge(c); break;
    case APPROVE:
        text_copy(c->approval, sizeof c->approval, json_string_value(json_object_get(result, "approval")));
        ask(c, ABANDON);
        break;
    case FINISH: case ABANDON: case LOOK:
        c->step = WATCH;
        take_card(c, result);
        judge(c);
        break;
    default: give_up(c, "an answer to nothing", line);
    }
}

/* --- in --------------------------------------------------------------------------------- */

static void take_line(struct counter *c, const char *line)
{
    if (strstr(line, "\"method\":\"state\"") || strstr(line, "\"method\": \"state\"")) return; /* for screens */
    json_error_t fault;
    json_t *message = json_loads(line, 0, &fault);
    if (message == NULL) give_up(c, fault.text, line);
    const json_t *id = json_object_get(message, "id"), *error = json_object_get(message, "error");
    if (json_is_integer(id)) {
        uv_timer_start(&c->timer, c->timer.timer_cb, WAIT_MS, WAIT_MS);
        if (error) refused(c, error, line);
        else answered(c, json_object_get(message, "result"), line);
    } else {
        take_note(c, message);
    }
    json_decref(message);
}

static void get_buffer(uv_handle_t *handle, size_t wanted, uv_buf_t *buf)
{
    struct counter *c = handle->data;
    if (c->room - c->used < 4096) {
        c->room = c->room ? 2 * c->room : 16384;
        c->line = realloc(c->line, c->room);
        if (c->line == NULL || c->room > 4 * LINE_MAX_BYTES) give_up(c, "a line too long", "");
    }
    *buf = uv_buf_init(c->line + c->used, (unsigned)(c->room - c->used - 1));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct counter *c = stream->data;
    char *end;
    size_t at = 0;
    if (n < 0) {
        if (c->step == DONE) return;
        give_up(c, "branchd has gone", uv_strerror((int)n));
    }
    c->used += (size_t)n;
    c->line[c->used] = '\0';
    while ((end = memchr(c->line + at, '\n', c->used - at)) != NULL) {
        *end = '\0';
        take_line(c, c->line + at);
        at = (size_t)(end - c->line) + 1;
    }
    c->used -= at;
    memmove(c->line, c->line + at, c->used);
}

static void on_time(uv_timer_t *timer)
{
    struct counter *c = timer->data;
    if (c->step == PAUSE) ask(c, LOOKUP);
    else if (c->step == WATCH) ask(c, LOOK);
    else if (c->step != DONE) fprintf(stderr, "%s terminal %02d waits in step %d\n", c->branch->name, c->number, (int)c->step);
}

static void on_connect(uv_connect_t *connect, int status)
{
    struct counter *c = connect->data;
    if (status != 0) give_up(c, "no connection", uv_strerror(status));
    uv_read_start((uv_stream_t *)&c->pipe, get_buffer, on_read);
    ask(c, HELLO);
}

/* --- all of them -------------------------------------------------------------------------- */

static void seat(struct crew *crew, int i)
{
    struct town *t = crew->t;
    struct counter *c = &crew->all[i];
    int64_t own = town_bills(t) / crew->count;
    c->crew = crew;
    c->branch = &t->rows[i / t->counters];
    c->number = 1 + i % t->counters;
    c->index = i;
    c->draw = t->seed * 1000003u + (uint64_t)i;
    c->to_do = t->payments / crew->count + (i < t->payments % crew->count);
    c->next_bill = own * i;
    c->last_bill = own * (i + 1);
    c->connect.data = c->pipe.data = c->timer.data = c;
    uv_pipe_init(&t->loop, &c->pipe, 0);
    uv_timer_init(&t->loop, &c->timer);
    c->pipe.data = c->timer.data = c;
    uv_timer_start(&c->timer, on_time, WAIT_MS, WAIT_MS);
    uv_pipe_connect(&c->connect, &c->pipe, c->branch->socket, on_connect);
}

static void on_say(uv_timer_t *timer)
{
    struct crew *crew = timer->data;
    day_say(crew->t, "%lld payments, %lld of them queued", (long long)crew->out->paid, (long long)crew->out->queued);
}

void counters_run(struct town *t, struct counted *out)
{
    static struct crew crew;
    uv_timer_t say;
    int64_t until = clock_monotonic_ms() + DAY_LIMIT_MS;
    crew = (struct crew){.t = t, .count = t->count * t->counters, .out = out};
    crew.all = calloc((size_t)crew.count, sizeof *crew.all);
    if (crew.all == NULL) fail_msg("no memory");
    for (int i = 0; i < crew.count; i++)
        seat(&crew, i);
    uv_timer_init(&t->loop, &say);
    say.data = &crew;
    uv_timer_start(&say, on_say, SAY_EVERY_MS, SAY_EVERY_MS);
    while (crew.done < crew.count) {
        uv_run(&t->loop, UV_RUN_ONCE);
        if (clock_monotonic_ms() > until) fail_msg("%d of %d counters are not done", crew.count - crew.done, crew.count);
    }
    for (int i = 0; i < crew.count; i++) {
        uv_close((uv_handle_t *)&crew.all[i].pipe, NULL);
        uv_close((uv_handle_t *)&crew.all[i].timer, NULL);
    }
    uv_close((uv_handle_t *)&say, NULL);
    while (uv_is_active((uv_handle_t *)&say) || uv_run(&t->loop, UV_RUN_NOWAIT) < 0) {}
    for (int i = 0; i < crew.count; i++)
        free(crew.all[i].line);
}
