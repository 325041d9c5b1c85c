/* A terminal's bytes of any content: however they are cut, in one moment the same keys come out, and
 * nothing comes out that is no key. */
#include <assert.h>
#include <stdint.h>
#include <locale.h>
#include <string.h>

#include "counter/keys.h"

#define PRESSES_MAX 8192
#define NOW_NS 1000000000u
#define LATER_NS 60000000000u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct heard {
    size_t count;
    struct press press[PRESSES_MAX];
};

static void hear(void *ctx, struct press press)
{
    struct heard *h = ctx;
    assert(press.code >= PRESS_TEXT && press.code <= PRESS_F12);
    if (press.code == PRESS_TEXT) assert(press.cp >= ' ' && (press.cp < 0x7f || press.cp > 0x9f) && press.cp <= 0x10ffff && press.cp / 0x800 != 0x1b);
    if (h->count < PRESSES_MAX) h->press[h->count] = press;
    h->count++;
}

static void type(struct heard *h, const uint8_t *data, size_t size, size_t piece)
{
    struct keys keys;
    h->count = 0;
    keys_start(&keys);
    for (size_t at = 0; at < size; at += piece) {
        keys_feed(&keys, (const char *)data + at, size - at < piece ? size - at : piece, NOW_NS, hear, h);
        assert(keys.len <= sizeof keys.seq);
        keys_wait_ns(&keys, NOW_NS);
    }
    keys_tick(&keys, LATER_NS, hear, h);
    assert(!keys_esc(&keys) || keys_wait_ns(&keys, LATER_NS) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct heard whole, pieces;
    setlocale(LC_CTYPE, "C.UTF-8");
    if (size == 0) return 0;
    type(&whole, data + 1, size - 1, size);
    type(&pieces, data + 1, size - 1, 1 + data[0] % 7);
    assert(whole.count == pieces.count);
    for (size_t i = 0; i < whole.count && i < PRESSES_MAX; i++)
        assert(whole.press[i].code == pieces.press[i].code && whole.press[i].cp == pieces.press[i].cp);
    return 0;
}
