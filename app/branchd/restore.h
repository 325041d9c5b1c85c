/* After a restore: what the utility has of each day since the backup is fetched by itself, as
 * soon as there is a new epoch, and goes into the ledger in one. Then people work. */
#ifndef BRANCHD_RESTORE_H
#define BRANCHD_RESTORE_H

#include <stdbool.h>
#include <stdint.h>

struct service;

/* What the fetching is at; in struct service. */
struct restore {
    bool going;              /* a file is under way */
    int64_t again_ms;        /* monotonic: not tried before */
    char why[160];           /* of the last try that came to nothing; "" none */
};
/* At every tick and sign-on: begins when there is something to fetch. */
void restore_kick(struct service *s);
/* The books are a restored backup that is not worked off. */
bool restore_waits(struct service *s);

#endif
