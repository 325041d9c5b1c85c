/* The terminal: ncurses draws into memory, and a queue of our own takes the
 * bytes to the tty, so a held terminal (XOFF, a stuck line) never stops us. */
#ifndef COUNTER_TERMINAL_H
#define COUNTER_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <termios.h>
#include <uv.h>

#include "base/error.h"
#include "counter/keys.h"

#define TERMINAL_ROWS 24
#define TERMINAL_COLS 80

struct terminal_events {
    void (*press)(void *ctx, struct press press);
    void (*resized)(void *ctx);
    void (*esc)(void *ctx);   /* a lone Esc came or lapsed */
    void (*taken)(void *ctx); /* the terminal has taken every byte painted so far */
    void (*lost)(void *ctx);  /* hung up */
    void *ctx;
};

enum ink { INK_PLAIN = 0, INK_REVERSE = 1, INK_BOLD = 2, INK_UNDER = 4, INK_ALARM = 8 };

struct terminal {
    int fd;
    bool own_fd, opened, lost, dirty, closed;
    int rows, cols, cursor_row, cursor_col;
    struct termios before;
    int sink_fd;
    void *sink, *screen; /* FILE *, SCREEN * */
    char *out;
    size_t out_len, out_at, out_size;
    struct keys keys;
    struct terminal_events events;
    uv_poll_t poll;
    uv_signal_t winch;
    uv_timer_t esc_timer, drain_timer;
    int polling;
};

/* Chooses the locale: the environment's, C.UTF-8 where that one is missing.
 * Returns false when the terminal's locale can't show Hanzi. */
bool terminal_locale(void);
int terminal_open(struct terminal *t, uv_loop_t *loop, const struct terminal_events *events,
                  struct error *err);
void terminal_close(struct terminal *t);

/* Painting: clear, put, cursor, show. show returns false when the terminal
 * still holds earlier bytes; it calls resized() once it has taken them. */
void terminal_clear(struct terminal *t);
/* Text clipped to `cells` cells from (row, col); never wraps, never half a Hanzi. */
void terminal_put(struct terminal *t, int row, int col, int cells, const char *utf8, unsigned ink);
void terminal_cursor(struct terminal *t, int row, int col);
bool terminal_show(struct terminal *t);
void terminal_redraw(struct terminal *t); /* everything again, keypad numeric */
void terminal_bell(struct terminal *t, int times);
bool terminal_small(const struct terminal *t);

#endif
