/* Files of the withholding over the line, as 0300 file actions with the utility: a
 * list is fetched, a result is sent. A connection of their own, so that no payment
 * waits behind a million rows; with a certificate of its own if the settings name
 * one (else the utility sees, and notes, a second session of this bank). */
#ifndef BANKD_TRAVEL_H
#define BANKD_TRAVEL_H

#include "bankd/bank.h"

/* Each 0, or -1 with err. A list lands whole under its name or not at all. */
int travel_fetch(const struct bank *b, const char *batch, const char *path, bool bar, struct error *err);
/* A result as bankd withhold run wrote it; sent again it is the same for the utility. */
int travel_send(const struct bank *b, const char *path, bool bar, struct error *err);

#endif
