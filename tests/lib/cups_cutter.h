/* Stands between a program and the private cupsd, and kills and restarts that at a chosen
 * request of the conversation: before cupsd hears it, or after it did what was asked and
 * before the answer gets through. */
#ifndef TESTS_LIB_CUPS_CUTTER_H
#define TESTS_LIB_CUPS_CUTTER_H

#include <stdbool.h>

struct cups_cutter;
/* The private cupsd runs already. */
struct cups_cutter *cups_cutter_start(void);
const char *cups_cutter_path(const struct cups_cutter *c); /* for cupsSetServer, which counts for one thread */
/* From now on requests are counted from 1; at the n-th cupsd is killed, once. 0: never. */
void cups_cutter_arm(struct cups_cutter *c, int n, bool after);
bool cups_cutter_fired(struct cups_cutter *c);
int cups_cutter_requests(struct cups_cutter *c); /* so many since it was armed */
void cups_cutter_stop(struct cups_cutter *c);

#endif
