/* Eight front ends' worth of connections post overlapping keys of overlapping
 * customers to one PostgreSQL, all at once. */
#ifndef TESTS_LIB_OVERLAP_H
#define TESTS_LIB_OVERLAP_H

#include <stdint.h>

struct overlap {
    int64_t claimed;      /* keys that were claimed by a row */
    int64_t answers;      /* in all */
    int64_t failed;       /* groups that failed although they were tried again */
    int64_t two_answers;  /* keys that were answered in two ways */
    int64_t paid_twice;   /* bills that two keys were told to have paid */
    int64_t credit_off;   /* fen of credit in the books that no answered key explains, or lacks */
    int64_t feed_missed;  /* changes of bills that a reader of the feed has not seen when all is over */
    int64_t follow_missed; /* and payments that one who follows them has not */
};
void overlap_run(struct overlap *out);
/* The same over books whose keys are claimed by rows, not by advisory locks. */
void overlap_run_claiming(struct overlap *out);

#endif
