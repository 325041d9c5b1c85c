/* Text on the wire: anything outside printable ASCII, the backslash and the
 * separators | and ; are written \uXXXX (UTF-16, surrogate pairs beyond U+FFFF).
 * Lengths on the wire count what is written. */
#ifndef WIRE_TEXT_H
#define WIRE_TEXT_H

#include <stddef.h>

/* UTF-8 in, printable ASCII out, terminated. Returns characters written, or -1
 * when the text isn't UTF-8 or doesn't fit (dst is empty then). */
int wire_text_escape(char *dst, size_t size, const char *utf8);
/* The other way, from a slice. -1: a bare backslash form, an unpaired
 * surrogate, U+0000, a byte outside printable ASCII, or no room. */
int wire_text_unescape(char *dst, size_t size, const char *text, size_t len);

#endif
