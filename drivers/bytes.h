/* A growing buffer of printer bytes. A job has a limit; what would pass it, or
 * lack memory, sets `failed`, which the back end checks once at its end. */
#ifndef DRIVERS_BYTES_H
#define DRIVERS_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BYTES_MAX ((size_t)16 << 20)

/* Fixed command bytes, as the profiles' tables hold them. */
struct command {
    uint8_t len;
    const char *at;
};
#define COMMAND(s) { sizeof(s) - 1, (s) }

struct bytes {
    uint8_t *at;
    size_t len, size;
    bool failed;
};

void bytes_put(struct bytes *b, const void *from, size_t len);
void bytes_command(struct bytes *b, const struct command *c);
void bytes_u8(struct bytes *b, unsigned value);
void bytes_u16(struct bytes *b, unsigned value); /* low byte first */
void bytes_format(struct bytes *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void bytes_free(struct bytes *b);

#endif
