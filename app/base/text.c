#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#include <uninorm.h>
#include <uniwidth.h>

/* Names and addresses are compared; nothing longer is. */
#define FOLD_MAX 1024
#define REPLACEMENT 0xfffd

/* Steps over one character; a byte that is none becomes U+FFFD, one byte on. */
static size_t next(const char *text, const char *end, uint32_t *cp)
{
    size_t step = utf8_next(text, end, cp);
    if (step) return step;
    *cp = REPLACEMENT;
    return 1;
}

int text_cp_width(uint32_t cp)
{
    if (cp < 0x20 || (cp >= 0x7f && cp < 0xa0)) return 0;
    int width = uc_width(cp, "UTF-8"); /* an encoding that is not CJK: ambiguous is 1 */
    return width < 0 ? 0 : width;
}

int text_width(const char *utf8)
{
    const char *end = utf8 + strlen(utf8);
    int cells = 0;
    while (utf8 < end) {
        uint32_t cp;
        utf8 += next(utf8, end, &cp);
        cells += text_cp_width(cp);
    }
    return cells;
}

/* Bytes and cells of the longest whole-character start of text within the limits. */
static size_t fit(const char *text, size_t room, int cells, int *used)
{
    const char *p = text, *end = text + strlen(text);
    *used = 0;
    while (p < end) {
        uint32_t cp;
        size_t step = next(p, end, &cp);
        int width = text_cp_width(cp);
        if (*used + width > cells || (size_t)(p - text) + step > room) break;
        *used += width;
        p += step;
    }
    return (size_t)(p - text);
}

int text_clip(char *dst, size_t size, const char *utf8, int cells, char mark)
{
    int used = 0;
    if (size == 0) return 0;
    size_t len = fit(utf8, size - 1, cells, &used);
    bool cut = utf8[len] != '\0';
    if (cut && mark && cells > 0 && size > 1) {
        len = fit(utf8, size - 2, cells - 1, &used);
        memcpy(dst, utf8, len);
        /* the mark stands in the last cell, also when a wide character left it empty */
        while (used < cells - 1 && len + 2 < size) {
            dst[len++] = ' ';
            used++;
        }
        dst[len++] = mark;
        used++;
    } else {
        memcpy(dst, utf8, len);
    }
    dst[len] = '\0';
    return used;
}

static bool unprintable(uint32_t cp)
{
    static const struct {
        uint32_t first, last;
    } range[] = {
        { 0, 0x1f },          /* C0 */
        { 0x7f, 0x9f },       /* DEL, C1 */
        { 0x61c, 0x61c },     /* Arabic letter mark */
        { 0x200e, 0x200f },   /* left-to-right, right-to-left mark */
        { 0x2028, 0x202e },   /* line, paragraph separator; embeddings, overrides */
        { 0x2066, 0x2069 },   /* isolates */
    };
    for (size_t i = 0; i < sizeof range / sizeof *range; i++)
        if (cp >= range[i].first && cp <= range[i].last) return true;
    return false;
}

const char *text_clean(char *dst, size_t size, const char *utf8)
{
    const char *end = utf8 + strlen(utf8);
    size_t used = 0;
    if (size == 0) return dst;
    while (utf8 < end) {
        uint32_t cp;
        utf8 += next(utf8, end, &cp);
        size_t wrote = utf8_put(dst + used, size - 1 - used, unprintable(cp) ? ' ' : cp);
        if (!wrote) break;
        used += wrote;
    }
    dst[used] = '\0';
    return dst;
}

int text_fold(char *dst, size_t size, const char *utf8)
{
    size_t len = strlen(utf8), got = FOLD_MAX;
    uint8_t folded[FOLD_MAX];
    if (size) dst[0] = '\0';
    if (len > FOLD_MAX || !utf8_valid(utf8, len)) return -1;
    if (len == 0) return size ? 0 : -1;
    uint8_t *made = u8_normalize(UNINORM_NFKC, (const uint8_t *)utf8, len, folded, &got);
    if (!made) return -1;
    /* NFKC has turned full width and ideographic blanks into plain ones */
    size_t from = 0;
    while (from < got && made[from] == ' ') from++;
    while (got > from && made[got - 1] == ' ') got--;
    int status = got - from < size ? 0 : -1;
    if (status == 0) {
        memcpy(dst, made + from, got - from);
        dst[got - from] = '\0';
    }
    if (made != folded) free(made);
    return status;
}

bool text_same(const char *a, const char *b)
{
    char fold_a[FOLD_MAX], fold_b[FOLD_MAX];
    if (text_fold(fold_a, sizeof fold_a, a) || text_fold(fold_b, sizeof fold_b, b)) return false;
    return strcmp(fold_a, fold_b) == 0;
}

bool text_copy(char *dst, size_t size, const char *src)
{
    size_t len = strlen(src);
    if (size) dst[0] = '\0';
    if (len >= size) return false;
    memcpy(dst, src, len + 1);
    return true;
}

/* In place: what is written is never longer than what was read. */
void text_narrow(char *utf8)
{
    const char *from = utf8, *end = utf8 + strlen(utf8);
    char *to = utf8;
    while (from < end) {
        uint32_t cp;
        size_t step = utf8_next(from, end, &cp);
        if (step && cp >= 0xff01 && cp <= 0xff5e) {
            *to++ = (char)(cp - 0xff01 + '!');
        } else if (step && cp == 0x3000) {
            *to++ = ' ';
        } else {
            step = step ? step : 1;
            memmove(to, from, step);
            to += step;
        }
        from += step;
    }
    *to = '\0';
}

bool text_digits(const char *text)
{
    const char *at = text;
    while (*at >= '0' && *at <= '9') at++;
    return at > text && *at == '\0';
}

bool text_alnum(const char *text)
{
    const char *at = text;
    while ((*at >= '0' && *at <= '9') || (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z')) at++;
    return at > text && *at == '\0';
}
