/* Bytes from a terminal to keys. Knows the sequences of xterm, tmux, vt100,
 * vt220 and linux at once, whatever TERM says, and keeps the numeric keypad
 * numeric. Pure: time comes in with the bytes. */
#ifndef COUNTER_KEYS_H
#define COUNTER_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wchar.h>

enum press_code {
    PRESS_TEXT, /* cp is the character */
    PRESS_ENTER,
    PRESS_UP,
    PRESS_DOWN,
    PRESS_LEFT,
    PRESS_RIGHT,
    PRESS_ERASE,
    PRESS_REDRAW,
    PRESS_F, /* PRESS_FN(n) for F1..F12 */
    PRESS_F1, PRESS_F2, PRESS_F3, PRESS_F4, PRESS_F5, PRESS_F6,
    PRESS_F7, PRESS_F8, PRESS_F9, PRESS_F10, PRESS_F11, PRESS_F12,
};
#define PRESS_FN(n) ((enum press_code)(PRESS_F + (n)))

struct press {
    enum press_code code;
    uint32_t cp;
    uint64_t arrived_ns;
};

#define KEYS_TWIN_NS 50000000ull    /* a digit after Esc with more behind it sooner is text */
#define KEYS_ESC_NS 2000000000ull   /* a lone Esc lapses */
#define KEYS_CRLF_NS 50000000ull    /* LF of a scanner's CR LF is no second Enter */
#define KEYS_SEQUENCE_MAX 24

struct keys {
    enum { KEYS_PLAIN, KEYS_ESC, KEYS_TWIN, KEYS_SEQUENCE } state;
    char seq[KEYS_SEQUENCE_MAX];
    size_t len;
    uint64_t since_ns, cr_ns;
    char twin;
    mbstate_t mb;
};

typedef void keys_emit(void *ctx, struct press press);

void keys_start(struct keys *keys);
void keys_feed(struct keys *keys, const char *bytes, size_t n, uint64_t now_ns, keys_emit *emit,
               void *ctx);
/* When the clock must be looked at again: ns from now, 0 = never. */
uint64_t keys_wait_ns(const struct keys *keys, uint64_t now_ns);
void keys_tick(struct keys *keys, uint64_t now_ns, keys_emit *emit, void *ctx);
/* True while a lone Esc waits for its digit: the screen shows "Esc-". */
bool keys_esc(const struct keys *keys);

#endif
