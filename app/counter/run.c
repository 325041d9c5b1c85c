/* The loop: terminal, branchd and clock come together here, and the picture is
 * drawn once after whatever happened. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "counter/account.h"

#define TICK_MS 250
#define SECOND_MS 1000
#define SEEN_NS 150000000ull /* nobody answers to what he sees sooner: such a key was typed ahead */
#define BUSY_SHOWN_MS 500
#define LAST_JOB_MS 60000 /* a print job under way is waited for so long when the terminal is lost */
#define SAID_ROW 19       /* a long message begins a row higher */
#define HEAD_LAST 1
#define FOOT_FIRST 20
#define LAST_ROW 21
#define STATE_ROW 23

/* --- the picture --- */

static void paint_small(struct counter *c)
{
    struct terminal *t = &c->terminal;
    char line[SAY_SIZE];
    terminal_clear(t);
    snprintf(line, sizeof line, _("This window is %d x %d. 80 x 24 is the least; nothing is lost."), t->cols, t->rows);
    terminal_put(t, 0, 0, t->cols, line, INK_PLAIN);
    terminal_cursor(t, 0, 0);
}

static void paint_said(struct counter *c)
{
    struct terminal *t = &c->terminal;
    char row[SAY_SIZE];
    const char *text = c->said;
    unsigned ink = c->said_ink;
    uint64_t waited = uv_now(c->loop) - c->busy_since_ms;
    char busy[SAY_SIZE + 64];
    if (*c->busy && waited >= BUSY_SHOWN_MS) {
        snprintf(busy, sizeof busy, c->busy_firm ? _("%s  %d s") : _("%s  %d s   F12 = leave it"), c->busy,
                 (int)(waited / 1000));
        text = busy;
        ink = INK_REVERSE;
    } else if (!*text && *c->form_said) {
        text = c->form_said;
    }
    int spare = t->rows - TERMINAL_ROWS;
    bool high = text_width(text) > TERMINAL_COLS;
    if (high) {
        text = view_line(text, row, sizeof row, TERMINAL_COLS);
        terminal_put(t, SAID_ROW + spare, 0, TERMINAL_COLS, row, ink);
    }
    terminal_put(t, FOOT_FIRST + spare, 0, TERMINAL_COLS, text, ink);
    if (keys_esc(&t->keys)) terminal_put(t, FOOT_FIRST + spare, TERMINAL_COLS - 4, 4, "Esc-", INK_BOLD);
}

static void paint_whole(struct counter *c)
{
    struct terminal *t = &c->terminal;
    const struct screen *screen = screen_now(c);
    struct view *view = screen_state(c, screen);
    terminal_clear(t);
    terminal_cursor(t, FOOT_FIRST + t->rows - TERMINAL_ROWS, 0);
    if (screen->paint) screen->paint(c, view);
    view_paint(view, t);
    frame_fill(c);
    view_paint_rows(&c->frame, t, 0, HEAD_LAST);
    view_paint_rows(&c->frame, t, LAST_ROW, LAST_ROW);
    view_paint_rows(&c->frame, t, STATE_ROW, STATE_ROW);
    paint_said(c);
}

static void paint(struct counter *c)
{
    struct terminal *t = &c->terminal;
    bool small = terminal_small(t);
    if (!c->depth) return;
    if (small) paint_small(c);
    else paint_whole(c);
    if (!terminal_show(t)) return; /* it still holds earlier bytes; resized() comes when it took them */
    c->dirty = false;
    if (small) return;
    if (c->step_ns == UINT64_MAX) c->step_ns = uv_hrtime() + SEEN_NS;
    json_array_extend(c->showing, c->to_show);
    json_array_clear(c->to_show);
}

static void before_waiting(uv_prepare_t *prepare)
{
    struct counter *c = prepare->data;
    typed_go(c);
    if (c->dirty && !c->quit) paint(c);
}

/* --- events --- */

static void pressed(void *ctx, struct press press) { typed_come(ctx, press); }

static void repaint(void *ctx) { counter_dirty(ctx); }

static void nothing(struct counter *c, int64_t tag, const json_t *result, const struct rpc_error *error) {}

/* Acknowledged means that the terminal took the bytes: only then branchd hears it. */
static void taken(void *ctx)
{
    struct counter *c = ctx;
    size_t i;
    json_t *key;
    json_array_foreach(c->showing, i, key) call_beside(c, "shown", json_pack("{s:O}", "key", key), nothing, 0);
    json_array_clear(c->showing);
}

static void hung_up(void *ctx) { counter_quit(ctx); }

static void ended(uv_signal_t *handle, int signum) { counter_quit(handle->data); }

static void ticked(uv_timer_t *timer)
{
    struct counter *c = timer->data;
    uint64_t now = uv_now(c->loop);
    if (*c->busy && now - c->busy_since_ms >= BUSY_SHOWN_MS) counter_dirty(c);
    if (now / SECOND_MS == c->ticked_s) return;
    c->ticked_s = now / SECOND_MS;
    counter_dirty(c); /* the clock in row 1 */
    session_tick(c);
    for (int i = 0; i < c->depth; i++) {
        const struct screen *screen = c->slot[c->stack[i]].screen;
        if (screen->changed) screen->changed(c, c->slot[c->stack[i]].state, "tick", NULL);
    }
}

/* --- opening and closing --- */

static void watch(struct counter *c)
{
    static const int signals[] = {SIGHUP, SIGTERM, SIGINT};
    for (int i = 0; i < 3; i++) {
        uv_signal_init(c->loop, &c->ends[i]);
        c->ends[i].data = c;
        uv_signal_start(&c->ends[i], ended, signals[i]);
    }
    uv_prepare_init(c->loop, &c->painter);
    uv_timer_init(c->loop, &c->tick);
    c->painter.data = c->tick.data = c;
    uv_prepare_start(&c->painter, before_waiting);
    uv_timer_start(&c->tick, ticked, TICK_MS, TICK_MS);
}

static void closed_all(struct counter *c)
{
    for (int i = 0; i < 3; i++) uv_close((uv_handle_t *)&c->ends[i], NULL);
    uv_close((uv_handle_t *)&c->painter, NULL);
    uv_close((uv_handle_t *)&c->tick, NULL);
    rpc_close(&c->rpc);
    uv_run(c->loop, UV_RUN_DEFAULT);
}

/* A job that is on its way to the printer ends and is reported, whatever the terminal does. */
static void last_job(struct counter *c)
{
    c->signed_on = false; /* no further one is begun */
    char number[WORD_SIZE] = "";
    uint64_t from = uv_now(c->loop), until = from + LAST_JOB_MS;
    bool told = !isatty(STDERR_FILENO);
    while (printing_busy(c) && uv_now(c->loop) < until) {
        uv_run(c->loop, UV_RUN_ONCE);
        if (told || uv_now(c->loop) - from < BUSY_SHOWN_MS) continue;
        printing_now(c, number, sizeof number);
        fprintf(stderr, _("Waiting for the printer to end what it has begun (%s), at most a minute.\n"), number);
        told = true;
    }
}

static void forget(struct counter *c)
{
    for (int i = 0; i < c->slot_count; i++) {
        size_t held = c->slot[i].screen->held;
        for (int n = 0; held && n <= c->slot[i].screen->held_more; n++)
            js_keep((json_t **)(void *)((char *)c->slot[i].state + held) + n, NULL);
        view_free(c->slot[i].state);
        free(c->slot[i].state);
    }
    view_free(&c->frame);
    json_t **kept[] = {&c->hello, &c->state, &c->operator, &c->last, &c->till, &c->to_show, &c->showing};
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) js_keep(kept[i], NULL);
    forms_close();
}

int counter_run(const struct counter_options *options, struct error *err)
{
    struct counter *c = calloc(1, sizeof *c);
    if (!c) return error_set(err, "no memory for the counter");
    const struct terminal_events events = {pressed, repaint, repaint, taken, hung_up, c};
    const struct rpc_events branch = {session_up, session_down, session_notice, c};
    int status = -1;
    c->options = *options;
    c->loop = uv_default_loop();
    c->to_show = json_array();
    c->showing = json_array();
    forms_open(options->forms);
    counter_language(c, options->language);
    if (terminal_open(&c->terminal, c->loop, &events, err)) goto out;
    watch(c);
    c->last_press_ms = uv_now(c->loop);
    screen_open(c, &screen_signon, NULL);
    status = rpc_open(&c->rpc, c->loop, options->socket, &branch);
    if (status) error_all(err, "the branch host can't be asked", options->socket, "the socket's name is too long",
                          "give a name of at most 107 characters");
    if (!status) status = printing_open(c);
    while (!status && !c->quit) uv_run(c->loop, UV_RUN_ONCE);
    uv_prepare_stop(&c->painter);
    terminal_close(&c->terminal);
    last_job(c);
    passbook_close(c);
    printing_close(c);
    closed_all(c);
out:
    asking_forget(c);
    account_free(c);
    forget(c);
    free(c);
    return status;
}
