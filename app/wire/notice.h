/* Invoice notice (0220 / 340000): which number was printed, spoiled or cancelled
 * for which payment, so that the utility never prints a second one. */
#ifndef WIRE_NOTICE_H
#define WIRE_NOTICE_H

#include "wire/payment.h"

struct wire_notice {
    struct wire_head head;           /* a key of its own; no amount */
    char payment[KEY_REF_SIZE];      /* tag PK: DE 37 of the payment */
    const char *series, *number;     /* tag IV */
    const char *what;                /* "printed", "spoiled" or "cancelled" */
};
int wire_notice_pack(const struct wire_notice *n, struct iso *m, struct error *err);

#endif
