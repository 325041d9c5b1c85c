#include "drivers/bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool room(struct bytes *b, size_t len)
{
    if (b->failed || len > BYTES_MAX - b->len) {
        b->failed = true;
        return false;
    }
    if (b->len + len <= b->size) return true;
    size_t size = b->size ? b->size : 4096;
    while (size < b->len + len) size *= 2;
    uint8_t *at = realloc(b->at, size);
    if (at == NULL) {
        b->failed = true;
        return false;
    }
    b->at = at;
    b->size = size;
    return true;
}

void bytes_put(struct bytes *b, const void *from, size_t len)
{
    if (len == 0 || !room(b, len)) return;
    memcpy(b->at + b->len, from, len);
    b->len += len;
}

void bytes_command(struct bytes *b, const struct command *c) { bytes_put(b, c->at, c->len); }

void bytes_u8(struct bytes *b, unsigned value)
{
    uint8_t byte = (uint8_t)value;
    bytes_put(b, &byte, 1);
}

void bytes_u16(struct bytes *b, unsigned value)
{
    uint8_t pair[2] = { (uint8_t)value, (uint8_t)(value >> 8) };
    bytes_put(b, pair, 2);
}

void bytes_format(struct bytes *b, const char *fmt, ...)
{
    char text[64];
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (n < 0 || (size_t)n >= sizeof text) b->failed = true;
    else bytes_put(b, text, (size_t)n);
}

void bytes_free(struct bytes *b)
{
    free(b->at);
    *b = (struct bytes){ 0 };
}
