/* The monthly withholding at the utility: who pays so, the list per bank, what
 * its result does to the bills. Each act is one transaction on either database. */
#ifndef UTILITYD_WITHHOLD_H
#define UTILITYD_WITHHOLD_H

#include "base/table.h"
#include "utilityd/utilityd.h"
#include "wire/accountfile.h"
#include "wire/listfile.h"

struct withhold_ask {
    struct utility *u;
    struct db *db;
    const char *bank, *month, *batch, *output, *file;
    day_t retry_until, result_by; /* DAY_NONE: by the settings */
    enum recfile_encoding encoding;
    enum table_style style;
    bool bar, interim;
};

/* A batch as it stands; found by bank and batch. 1, 0: none, -1. */
struct withholding { int64_t id, made_ms, records, sum_fen; char month[7]; day_t retry_until, result_by; int state; };
int withholding_find(struct db *db, const char *bank, const char *batch, struct withholding *w);
/* The highest change number of a bill; -1. */
int64_t withhold_last_change(struct db *db);
/* On PostgreSQL: no import at the same time. 0 or -1. */
int withhold_lock(struct db *db);

/* Each returns a sysexits code. */
int withhold_accounts(struct withhold_ask *a);
int withhold_open(struct withhold_ask *a);
int withhold_list(struct withhold_ask *a);
int withhold_result(struct withhold_ask *a);
int withhold_giveup(struct withhold_ask *a);
int withhold_notices(struct withhold_ask *a);
int withhold_batches(struct withhold_ask *a);

#endif
