/* A day that is out of balance, compared payment by payment: the utility's
 * detail (file PAY:YYYYMMDD) against the ledger's. Works on rows; the fetching
 * is fetch_day's. */
#ifndef BRANCHD_COMPARE_H
#define BRANCHD_COMPARE_H

#include "ledger/day.h"
#include "wire/iso.h"

#define COMPARE_ROWS_MAX 200000 /* payments of one branch and day */

struct compare_theirs { char ref[KEY_REF_SIZE], state[12]; int64_t amount_fen; };

/* One row of the file as on the wire, or its header or trailer. 1: *out is a row; 0: header
 * or trailer; -1: malformed, or of another branch. */
int compare_read(const struct iso_slice *record, const char *bank, const char *branch, struct compare_theirs *out);
/* Both sides sorted by reference. epoch: the ledger's; a key of an earlier one that the ledger
 * lacks was lost by a restore ("only there"), any other was never made here ("not ours").
 * What is still on its way (queued, being turned back) is no difference. Returns how many
 * differ, at most max of them written. */
int compare_day(const struct ledger_keyed *ours, int our_count, const struct compare_theirs *theirs, int their_count,
                int epoch, struct ledger_difference *out, int max);
/* What to do about it, in English. */
const char *compare_act(const char *kind);

#endif
