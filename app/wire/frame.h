/* Frames on a byte stream: 2 bytes big-endian length, then 1..8192 bytes.
 * Pure: works on bytes, knows no socket. */
#ifndef WIRE_FRAME_H
#define WIRE_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/iso.h"

#define FRAME_HEAD 2
#define FRAME_MAX ISO_MESSAGE_MAX

struct frame_reader {
    uint16_t have; /* bytes gathered, head included */
    bool bad;      /* once bad, always bad */
    uint8_t bytes[FRAME_HEAD + FRAME_MAX];
};
void frame_start(struct frame_reader *r);
/* Takes what it can of *in (moves *in, *len on) up to one whole frame.
 * 1: a frame is at *frame, *frame_len, valid till the next call; 0: more bytes
 * are wanted; -1: a length of 0 or above 8192. */
int frame_feed(struct frame_reader *r, const uint8_t **in, size_t *len, const uint8_t **frame,
               size_t *frame_len);
bool frame_partial(const struct frame_reader *r); /* a frame has begun and is not whole */
/* head must have room for FRAME_HEAD. False when len is no frame's length. */
bool frame_head(uint8_t *head, size_t len);

#endif
