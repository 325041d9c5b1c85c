/* A byte stream of any content: however it is cut into pieces, the same frames come out of it and it
 * is found bad at the same frame. The first byte chooses the pieces. */
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "wire/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    size_t frames, bytes;
    uint64_t sum;
    bool bad, partial;
};

static struct seen cut(const uint8_t *bytes, size_t size, size_t piece)
{
    static struct frame_reader reader;
    struct seen seen = {0};
    frame_start(&reader);
    for (size_t at = 0; at < size && !seen.bad; at += piece) {
        const uint8_t *in = bytes + at, *frame;
        size_t left = size - at < piece ? size - at : piece, len;
        int got;
        while ((got = frame_feed(&reader, &in, &left, &frame, &len)) == 1) {
            assert(len >= 1 && len <= FRAME_MAX);
            seen.frames++;
            seen.bytes += len;
            for (size_t i = 0; i < len; i++)
                seen.sum = seen.sum * 31 + frame[i];
        }
        seen.bad = got < 0;
        if (!seen.bad) assert(left == 0);
    }
    seen.partial = !seen.bad && frame_partial(&reader);
    return seen;
}

static bool same(const struct seen *a, const struct seen *b)
{
    return a->frames == b->frames && a->bytes == b->bytes && a->sum == b->sum && a->bad == b->bad && a->partial == b->partial;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    struct seen whole = cut(data + 1, size - 1, size), pieces = cut(data + 1, size - 1, 1 + (size_t)data[0]), bytes = cut(data + 1, size - 1, 1);
    assert(same(&whole, &pieces) && same(&whole, &bytes));
    return 0;
}
