#include "counter/keys.h"

#include <string.h>

#define F(n) PRESS_FN(n)
#define NOTHING PRESS_FN(11)

/* What follows ESC. F11 stands for "known, does nothing". */
static const struct {
    const char *seq;
    enum press_code code;
    char text;
} sequences[] = {
    {"[A", PRESS_UP, 0},    {"OA", PRESS_UP, 0},    {"[B", PRESS_DOWN, 0},  {"OB", PRESS_DOWN, 0},
    {"[C", PRESS_RIGHT, 0}, {"OC", PRESS_RIGHT, 0}, {"[D", PRESS_LEFT, 0},  {"OD", PRESS_LEFT, 0},
    {"OP", F(1), 0},        {"OQ", F(2), 0},        {"OR", F(3), 0},        {"OS", F(4), 0},
    {"[[A", F(1), 0},       {"[[B", F(2), 0},       {"[[C", F(3), 0},       {"[[D", F(4), 0},
    {"[[E", F(5), 0},       {"[11~", F(1), 0},      {"[12~", F(2), 0},      {"[13~", F(3), 0},
    {"[14~", F(4), 0},      {"[15~", F(5), 0},      {"[17~", F(6), 0},      {"[18~", F(7), 0},
    {"[19~", F(8), 0},      {"[20~", F(9), 0},      {"[21~", F(10), 0},     {"[23~", NOTHING, 0},
    {"[24~", F(12), 0},     {"[5~", F(7), 0},       {"[6~", F(8), 0},       {"[3~", PRESS_ERASE, 0},
    {"OM", PRESS_ENTER, 0}, {"Oj", PRESS_TEXT, '*'}, {"Ok", PRESS_TEXT, '+'}, {"Ol", PRESS_TEXT, ','},
    {"Om", PRESS_TEXT, '-'}, {"On", PRESS_TEXT, '.'}, {"Oo", PRESS_TEXT, '/'}, {"Op", PRESS_TEXT, '0'},
    {"Oq", PRESS_TEXT, '1'}, {"Or", PRESS_TEXT, '2'}, {"Os", PRESS_TEXT, '3'}, {"Ot", PRESS_TEXT, '4'},
    {"Ou", PRESS_TEXT, '5'}, {"Ov", PRESS_TEXT, '6'}, {"Ow", PRESS_TEXT, '7'}, {"Ox", PRESS_TEXT, '8'},
    {"Oy", PRESS_TEXT, '9'}, {"OX", PRESS_TEXT, '='},
};

void keys_start(struct keys *keys)
{
    memset(keys, 0, sizeof *keys);
}

static void give(keys_emit *emit, void *ctx, enum press_code code, uint32_t cp, uint64_t now_ns)
{
    struct press press = {code, cp, now_ns};
    if (code != NOTHING) emit(ctx, press);
}

static void sequence_done(struct keys *keys, uint64_t now_ns, keys_emit *emit, void *ctx)
{
    keys->state = KEYS_PLAIN;
    for (size_t i = 0; i < sizeof sequences / sizeof sequences[0]; i++)
        if (strlen(sequences[i].seq) == keys->len && !memcmp(sequences[i].seq, keys->seq, keys->len))
            give(emit, ctx, sequences[i].code, (unsigned char)sequences[i].text, now_ns);
}

/* A character that may stand in a field: the C library lets through what Unicode has not, and the
 * upper control characters, which a terminal takes for the beginning of a sequence. */
static bool is_text(wchar_t wide)
{
    uint32_t cp = (uint32_t)wide;
    return cp >= 0x20 && (cp < 0x7f || cp > 0x9f) && (cp < 0xd800 || cp > 0xdfff) && cp <= 0x10ffff;
}

/* One byte of text or a control character outside any sequence. */
static void plain(struct keys *keys, char byte, uint64_t now_ns, keys_emit *emit, void *ctx)
{
    unsigned char b = (unsigned char)byte;
    if (b == '\n' && keys->cr_ns && now_ns - keys->cr_ns < KEYS_CRLF_NS) {
        keys->cr_ns = 0;
        return;
    }
    keys->cr_ns = b == '\r' ? now_ns : 0;
    if (b == '\r' || b == '\n') {
        give(emit, ctx, PRESS_ENTER, 0, now_ns);
    } else if (b == 0x08 || b == 0x7f) {
        give(emit, ctx, PRESS_ERASE, 0, now_ns);
    } else if (b == 0x0c) {
        give(emit, ctx, PRESS_REDRAW, 0, now_ns);
    } else if (b == '\t') {
        give(emit, ctx, PRESS_DOWN, 0, now_ns);
    } else if (b >= 0x20) {
        wchar_t wide;
        size_t took = mbrtowc(&wide, &byte, 1, &keys->mb);
        if (took == (size_t)-1) memset(&keys->mb, 0, sizeof keys->mb);
        else if (took != (size_t)-2 && is_text(wide)) give(emit, ctx, PRESS_TEXT, (uint32_t)wide, now_ns);
    }
}

static enum press_code twin_code(char digit)
{
    if (digit == '=') return F(12);
    return digit == '0' ? F(10) : F(digit - '0');
}

static bool sequence_ends(const struct keys *keys)
{
    unsigned char last = (unsigned char)keys->seq[keys->len - 1];
    if (keys->len < 2) return false;
    if (keys->len == 2 && keys->seq[0] == '[' && last == '[') return false; /* linux ESC [ [ A */
    if (keys->seq[0] == 'O') return last < '0' || last > '9';
    return last >= 0x40 && last <= 0x7e;
}

static void feed_byte(struct keys *keys, char byte, uint64_t now_ns, keys_emit *emit, void *ctx)
{
    keys_tick(keys, now_ns, emit, ctx);
    if (keys->state == KEYS_TWIN) {
        keys->state = KEYS_PLAIN;
        give(emit, ctx, PRESS_TEXT, (unsigned char)keys->twin, now_ns);
    }
    if (byte == 0x1b) {
        keys->state = KEYS_ESC;
        keys->since_ns = now_ns;
        return;
    }
    switch (keys->state) {
    case KEYS_ESC:
        keys->state = KEYS_PLAIN;
        if (byte == '[' || byte == 'O') {
            keys->state = KEYS_SEQUENCE;
            keys->seq[0] = byte;
            keys->len = 1;
        } else if ((byte >= '0' && byte <= '9') || byte == '=') {
            keys->state = KEYS_TWIN;
            keys->twin = byte;
            keys->since_ns = now_ns;
        } else {
            plain(keys, byte, now_ns, emit, ctx);
        }
        return;
    case KEYS_SEQUENCE:
        keys->seq[keys->len++] = byte;
        if (sequence_ends(keys)) sequence_done(keys, now_ns, emit, ctx);
        else if (keys->len == KEYS_SEQUENCE_MAX) keys->state = KEYS_PLAIN;
        return;
    default: plain(keys, byte, now_ns, emit, ctx);
    }
}

void keys_feed(struct keys *keys, const char *bytes, size_t n, uint64_t now_ns, keys_emit *emit,
               void *ctx)
{
    for (size_t i = 0; i < n; i++) feed_byte(keys, bytes[i], now_ns, emit, ctx);
}

static uint64_t limit_ns(const struct keys *keys)
{
    if (keys->state == KEYS_TWIN) return KEYS_TWIN_NS;
    return keys->state == KEYS_ESC ? KEYS_ESC_NS : 0;
}

uint64_t keys_wait_ns(const struct keys *keys, uint64_t now_ns)
{
    uint64_t limit = limit_ns(keys), gone = now_ns - keys->since_ns;
    if (!limit) return 0;
    return gone >= limit ? 1 : limit - gone;
}

void keys_tick(struct keys *keys, uint64_t now_ns, keys_emit *emit, void *ctx)
{
    uint64_t limit = limit_ns(keys);
    if (!limit || now_ns - keys->since_ns < limit) return;
    bool twin = keys->state == KEYS_TWIN;
    keys->state = KEYS_PLAIN;
    if (twin) give(emit, ctx, twin_code(keys->twin), 0, now_ns);
}

bool keys_esc(const struct keys *keys)
{
    return keys->state == KEYS_ESC;
}
