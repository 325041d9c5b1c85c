/* UTF-8, character by character, strict: no overlong form, no surrogate,
 * nothing beyond U+10FFFF. */
#include <string.h>

#include "base/text.h"

static bool tail(const char *p) { return ((unsigned char)*p & 0xc0) == 0x80; }

size_t utf8_next(const char *text, const char *end, uint32_t *cp)
{
    static const struct {
        unsigned char mask, lead;
        uint32_t least;
    } form[] = { { 0xe0, 0xc0, 0x80 }, { 0xf0, 0xe0, 0x800 }, { 0xf8, 0xf0, 0x10000 } };
    if (text >= end) return 0;
    unsigned char first = (unsigned char)*text;
    if (first < 0x80) {
        *cp = first;
        return 1;
    }
    for (size_t i = 0; i < 3; i++) {
        size_t len = i + 2;
        if ((first & form[i].mask) != form[i].lead) continue;
        if ((size_t)(end - text) < len) return 0;
        uint32_t value = first & (unsigned char)~form[i].mask;
        for (size_t k = 1; k < len; k++) {
            if (!tail(text + k)) return 0;
            value = value << 6 | ((unsigned char)text[k] & 0x3f);
        }
        if (value < form[i].least || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
            return 0;
        *cp = value;
        return len;
    }
    return 0;
}

/* Most text is ASCII for long stretches: those are passed over eight bytes at a time. */
static const char *past_ascii(const char *text, const char *end)
{
    uint64_t eight;
    while (end - text >= (ptrdiff_t)sizeof eight) {
        memcpy(&eight, text, sizeof eight);
        if (eight & UINT64_C(0x8080808080808080)) break;
        text += sizeof eight;
    }
    while (text < end && (unsigned char)*text < 0x80) text++;
    return text;
}

bool utf8_valid(const char *text, size_t len)
{
    const char *end = text + len;
    while ((text = past_ascii(text, end)) < end) {
        uint32_t cp;
        size_t step = utf8_next(text, end, &cp);
        if (!step) return false;
        text += step;
    }
    return true;
}

size_t utf8_put(char *buf, size_t size, uint32_t cp)
{
    size_t len = cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
    if (cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff) || len > size) return 0;
    if (len == 1) {
        buf[0] = (char)cp;
        return 1;
    }
    static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
    for (size_t i = len - 1; i > 0; i--, cp >>= 6) buf[i] = (char)(0x80 | (cp & 0x3f));
    buf[0] = (char)(lead[len] | cp);
    return len;
}

/* Each byte that is no part of a character counts as one, as it is drawn. */
size_t utf8_count(const char *text)
{
    const char *end = text + strlen(text);
    size_t count = 0;
    while (text < end) {
        uint32_t cp;
        size_t step = utf8_next(text, end, &cp);
        text += step ? step : 1;
        count++;
    }
    return count;
}
