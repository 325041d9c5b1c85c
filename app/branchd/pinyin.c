#include "branchd/pinyin.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* GB2312's first level (16-01 to 55-89) stands in the order of its readings, so
 * a letter is a range: the first code of each. No Mandarin syllable begins with I, U or V. */
static const struct { uint16_t from; char letter; } ranges[] = {
    {0xB0A1, 'a'}, {0xB0C5, 'b'}, {0xB2C1, 'c'}, {0xB4EE, 'd'}, {0xB6EA, 'e'}, {0xB7A2, 'f'},
    {0xB8C1, 'g'}, {0xB9FE, 'h'}, {0xBBF7, 'j'}, {0xBFA6, 'k'}, {0xC0AC, 'l'}, {0xC2E8, 'm'},
    {0xC4C3, 'n'}, {0xC5B6, 'o'}, {0xC5BE, 'p'}, {0xC6DA, 'q'}, {0xC8BB, 'r'}, {0xC8F6, 's'},
    {0xCBFA, 't'}, {0xCDDA, 'w'}, {0xCEF4, 'x'}, {0xD1B9, 'y'}, {0xD4D1, 'z'},
};
#define FIRST_LEVEL_LAST 0xD7F9

static char letter_of(uint16_t gb)
{
    char letter = PINYIN_UNKNOWN;
    if (gb > FIRST_LEVEL_LAST) return letter;
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges && ranges[i].from <= gb; i++)
        letter = ranges[i].letter;
    return letter;
}

static bool is_hanzi(uint32_t c)
{
    return (c >= 0x3400 && c <= 0x9fff) || (c >= 0xf900 && c <= 0xfaff) || (c >= 0x20000 && c <= 0x3ffff);
}

static char initial_of(const char *at, size_t len, uint32_t c)
{
    if (c < 0x80) return isalnum((int)c) ? (char)tolower((int)c) : '\0';
    if (!is_hanzi(c)) return '\0';
    char *gb = NULL, letter = PINYIN_UNKNOWN;
    size_t gb_len;
    if (utf8_to_gb18030(at, len, &gb, &gb_len, NULL) == 0 && gb_len == 2)
        letter = letter_of((uint16_t)((unsigned char)gb[0] << 8 | (unsigned char)gb[1]));
    free(gb);
    return letter;
}

const char *pinyin_initials(char *dst, size_t size, const char *utf8)
{
    const char *end = utf8 + strlen(utf8);
    size_t used = 0, step;
    uint32_t c;
    for (; utf8 < end && used + 1 < size && (step = utf8_next(utf8, end, &c)) != 0; utf8 += step) {
        char letter = initial_of(utf8, step, c);
        if (letter) dst[used++] = letter;
    }
    dst[used] = '\0';
    return dst;
}
