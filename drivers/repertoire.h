/* Which characters a printer's own font has, and their bytes there.
 *
 * Only bytes of one or two are ever sent: a printer in Hanzi mode takes the four
 * bytes of GB18030 for two pairs and prints rubbish. 镕 喆 犇 have two bytes and
 * are not in GB2312; ² • ✓ £ and the half-width ¥ have four and are in no font. */
#ifndef DRIVERS_REPERTOIRE_H
#define DRIVERS_REPERTOIRE_H

#include <stddef.h>
#include <stdint.h>

enum repertoire {
    REPERTOIRE_NONE,    /* ASCII alone */
    REPERTOIRE_GB2312,
    REPERTOIRE_GBK,
    REPERTOIRE_GB18030, /* its two-byte part */
};

/* Bytes of cp in this font: 1 or 2 into out, or 0 when it is not in it. Control
 * characters are in none. Safe from any thread. */
size_t repertoire_encode(enum repertoire repertoire, uint32_t cp, uint8_t out[2]);
const char *repertoire_name(enum repertoire repertoire);

#endif
