/* First letters of a Chinese name: 王建国 -> "wjg". */
#ifndef BRANCHD_PINYIN_H
#define BRANCHD_PINYIN_H

#include <stddef.h>

#define PINYIN_UNKNOWN '*' /* a Hanzi outside GB2312's first level: matches any letter */

/* Lower-case initials of the Hanzi and the ASCII letters and digits as they
 * stand; everything else is left out. Cut to size. Returns dst. */
const char *pinyin_initials(char *dst, size_t size, const char *utf8);

#endif
