/* Code 128 (ISO/IEC 15417), sets B and C: what stands on meter notices. */
#ifndef DRIVERS_CODE128_H
#define DRIVERS_CODE128_H

#include <stddef.h>
#include <stdint.h>

#define CODE128_TEXT_MAX 80
#define CODE128_BARS_MAX ((CODE128_TEXT_MAX + 3) * 6 + 7)

/* Widths in modules, bar and space in turn, beginning and ending with a bar.
 * Returns how many, or -1: not printable ASCII, empty, longer than CODE128_TEXT_MAX. */
int code128_encode(const char *text, uint8_t *widths, size_t size);

#endif
