#include "drivers/repertoire.h"

#include <iconv.h>
#include <pthread.h>
#include <stdbool.h>

#include "base/text.h"

/* Two bytes of every character of the basic plane that has them, and the smallest
 * repertoire it is in. Made once from the system's own tables. */
static uint16_t code_of[0x10000];
static uint8_t least[0x10000];
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* The one character that these two bytes stand for, or 0. */
static uint32_t decode(iconv_t cd, unsigned code)
{
    char in[2] = { (char)(code >> 8), (char)code }, out[8], *src = in, *dst = out;
    size_t left = 2, room = sizeof out;
    uint32_t cp = 0;
    iconv(cd, NULL, NULL, NULL, NULL);
    if (iconv(cd, &src, &left, &dst, &room) == (size_t)-1 || left) return 0;
    return utf8_next(out, dst, &cp) == (size_t)(dst - out) ? cp : 0;
}

static bool private_use(uint32_t cp) { return cp >= 0xe000 && cp <= 0xf8ff; }

/* GB2312 differs from GB18030 in two punctuation marks' Unicode values, not in
 * their bytes: so membership is asked by bytes, values are GB18030's. */
static void build(void)
{
    iconv_t all = iconv_open("UTF-8", "GB18030"), gbk = iconv_open("UTF-8", "GBK");
    iconv_t gb2312 = iconv_open("UTF-8", "GB2312");
    bool have = all != (iconv_t)-1 && gbk != (iconv_t)-1 && gb2312 != (iconv_t)-1;
    for (unsigned lead = 0x81; have && lead <= 0xfe; lead++) {
        for (unsigned trail = 0x40; trail <= 0xfe; trail++) {
            unsigned code = lead << 8 | trail;
            uint32_t cp = trail == 0x7f ? 0 : decode(all, code);
            if (cp == 0 || cp > 0xffff || private_use(cp)) continue;
            code_of[cp] = (uint16_t)code;
            least[cp] = lead >= 0xa1 && trail >= 0xa1 && decode(gb2312, code) ? REPERTOIRE_GB2312
                        : decode(gbk, code)                                   ? REPERTOIRE_GBK
                                                                              : REPERTOIRE_GB18030;
        }
    }
    if (all != (iconv_t)-1) iconv_close(all);
    if (gbk != (iconv_t)-1) iconv_close(gbk);
    if (gb2312 != (iconv_t)-1) iconv_close(gb2312);
}

size_t repertoire_encode(enum repertoire repertoire, uint32_t cp, uint8_t out[2])
{
    if (cp >= 0x20 && cp <= 0x7e) {
        out[0] = (uint8_t)cp;
        return 1;
    }
    if (repertoire == REPERTOIRE_NONE || cp < 0x80 || cp > 0xffff) return 0;
    pthread_once(&once, build);
    if (code_of[cp] == 0 || least[cp] > repertoire) return 0;
    out[0] = (uint8_t)(code_of[cp] >> 8);
    out[1] = (uint8_t)code_of[cp];
    return 2;
}

const char *repertoire_name(enum repertoire repertoire)
{
    static const char *const name[] = { "ASCII", "GB2312", "GBK", "GB18030 (two bytes)" };
    return name[repertoire];
}
