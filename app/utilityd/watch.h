/* The business day, and what people should look at. The day stands in the books,
 * for all front ends of one database: it goes on at a set hour, or by command
 * (utilityd cutover), never back, once for all. Works on the loop's thread pool. */
#ifndef UTILITYD_WATCH_H
#define UTILITYD_WATCH_H

#include <uv.h>

#include "utilityd/utilityd.h"

/* As the books have it, not before what the calendar says; DAY_NONE: they can't be read. */
day_t business_day(struct db *db, const struct utility *u);
/* From `was` to `now`; false when somebody else was first, or it can't be written. */
bool business_turn(struct db *db, day_t was, day_t now, int64_t at_ms, const char *who);

struct watch;
/* turned: called from the loop when the day has gone on, here or elsewhere. NULL with err. */
struct watch *watch_open(uv_loop_t *loop, struct utility *u, void (*turned)(void *ctx, day_t day), void *ctx, struct error *err);
/* Into log and audit. */
void watch_alarm(struct watch *w, const char *who, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Its handle is closed by the caller with the loop's others, then watch_free. */
void watch_free(struct watch *w);

int cmd_cutover(struct utility *u, int argc, char **argv);

#endif
