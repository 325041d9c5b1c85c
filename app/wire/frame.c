#include "wire/frame.h"

#include <string.h>

void frame_start(struct frame_reader *r)
{
    r->have = 0;
    r->bad = false;
}

static size_t body_len(const struct frame_reader *r) { return (size_t)r->bytes[0] << 8 | r->bytes[1]; }

/* Moves at most `want` bytes over. */
static void take(struct frame_reader *r, const uint8_t **in, size_t *len, size_t want)
{
    size_t n = *len < want ? *len : want;
    memcpy(r->bytes + r->have, *in, n);
    r->have = (uint16_t)(r->have + n);
    *in += n;
    *len -= n;
}

int frame_feed(struct frame_reader *r, const uint8_t **in, size_t *len, const uint8_t **frame,
               size_t *frame_len)
{
    if (r->bad) return -1;
    if (r->have >= FRAME_HEAD && r->have == FRAME_HEAD + body_len(r)) r->have = 0;
    if (r->have < FRAME_HEAD) take(r, in, len, (size_t)(FRAME_HEAD - r->have));
    if (r->have < FRAME_HEAD) return 0;
    size_t body = body_len(r);
    if (body == 0 || body > FRAME_MAX) {
        r->bad = true;
        return -1;
    }
    take(r, in, len, FRAME_HEAD + body - r->have);
    if (r->have < FRAME_HEAD + body) return 0;
    *frame = r->bytes + FRAME_HEAD;
    *frame_len = body;
    return 1;
}

bool frame_partial(const struct frame_reader *r)
{
    if (r->have == 0 || r->bad) return false;
    return r->have < FRAME_HEAD || r->have < FRAME_HEAD + body_len(r);
}

bool frame_head(uint8_t *head, size_t len)
{
    if (len == 0 || len > FRAME_MAX) return false;
    head[0] = (uint8_t)(len >> 8);
    head[1] = (uint8_t)len;
    return true;
}
