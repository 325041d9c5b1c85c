#include "wire/text.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/text.h"

#define ESCAPE_LEN 6 /* \uXXXX */

static bool plain(uint32_t c)
{
    return c >= 0x20 && c <= 0x7e && c != '\\' && c != '|' && c != ';' && c != '~';
}

static void put_unit(char *at, uint32_t unit)
{
    static const char hex[] = "0123456789ABCDEF";
    at[0] = '\\';
    at[1] = 'u';
    for (int i = 0; i < 4; i++)
        at[2 + i] = hex[(unit >> (12 - 4 * i)) & 0xf];
}

/* Writes one character; returns the bytes taken, 0 when they don't fit. */
static size_t put_character(char *at, size_t room, uint32_t c)
{
    if (plain(c)) {
        if (room < 1) return 0;
        *at = (char)c;
        return 1;
    }
    if (c <= 0xffff) {
        if (room < ESCAPE_LEN) return 0;
        put_unit(at, c);
        return ESCAPE_LEN;
    }
    if (room < 2 * ESCAPE_LEN) return 0;
    put_unit(at, 0xd800 + ((c - 0x10000) >> 10));
    put_unit(at + ESCAPE_LEN, 0xdc00 + ((c - 0x10000) & 0x3ff));
    return 2 * ESCAPE_LEN;
}

int wire_text_escape(char *dst, size_t size, const char *utf8)
{
    if (size == 0) return -1;
    const char *end = utf8 + strlen(utf8);
    size_t used = 0;
    while (utf8 < end) {
        uint32_t c;
        size_t step = utf8_next(utf8, end, &c);
        size_t put = step ? put_character(dst + used, size - 1 - used, c) : 0;
        if (put == 0) {
            dst[0] = '\0';
            return -1;
        }
        utf8 += step;
        used += put;
    }
    dst[used] = '\0';
    return (int)used;
}

/* One UTF-16 unit from \uXXXX at text; false when it isn't that form. */
static bool get_unit(const char *text, const char *end, uint32_t *unit)
{
    if (end - text < ESCAPE_LEN || text[0] != '\\' || text[1] != 'u') return false;
    *unit = 0;
    for (int i = 2; i < ESCAPE_LEN; i++) {
        char c = text[i];
        uint32_t digit;
        if (c >= '0' && c <= '9') digit = (uint32_t)(c - '0');
        else if (c >= 'A' && c <= 'F') digit = (uint32_t)(c - 'A' + 10);
        else if (c >= 'a' && c <= 'f') digit = (uint32_t)(c - 'a' + 10);
        else return false;
        *unit = *unit << 4 | digit;
    }
    return true;
}

/* One character; returns the bytes read, 0 when they are of no valid form. */
static size_t get_character(const char *text, const char *end, uint32_t *c)
{
    if (*text != '\\') {
        *c = (unsigned char)*text;
        return *c >= 0x20 && *c <= 0x7e ? 1 : 0;
    }
    if (!get_unit(text, end, c) || *c == 0 || (*c >= 0xdc00 && *c <= 0xdfff)) return 0;
    if (*c < 0xd800 || *c > 0xdfff) return ESCAPE_LEN;
    uint32_t low;
    if (!get_unit(text + ESCAPE_LEN, end, &low) || low < 0xdc00 || low > 0xdfff) return 0;
    *c = 0x10000 + ((*c - 0xd800) << 10) + (low - 0xdc00);
    return 2 * ESCAPE_LEN;
}

int wire_text_unescape(char *dst, size_t size, const char *text, size_t len)
{
    if (size == 0) return -1;
    const char *end = text + len;
    size_t used = 0;
    while (text < end) {
        uint32_t c;
        size_t step = get_character(text, end, &c);
        size_t put = step ? utf8_put(dst + used, size - 1 - used, c) : 0;
        if (put == 0) {
            dst[0] = '\0';
            return -1;
        }
        text += step;
        used += put;
    }
    dst[used] = '\0';
    return (int)used;
}
