/* Fetches a day's payments from the utility, part by part, compares them with
 * the ledger and keeps the differences there. */
#ifndef BRANCHD_FETCH_DAY_H
#define BRANCHD_FETCH_DAY_H

#include "base/date.h"

struct service;

typedef void fetch_done(struct service *s, void *ctx);
/* Calls done when the differences are kept, or could not be had (that is logged). */
void fetch_day(struct service *s, day_t day, fetch_done *done, void *ctx);

#endif
