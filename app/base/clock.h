/* The one clock. Programs make it once in main; everything else is handed it.
 * Tests and the storm hand in their own. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/date.h"

struct clock {
    int64_t (*now_ms)(void *ctx); /* UTC, ms since 1970-01-01 */
    void *ctx;
    int32_t utc_offset_s; /* local civil time less UTC; China: 28,800, no daylight saving */
};

#define CLOCK_TEXT_SIZE 32
#define CLOCK_CHINA_OFFSET_S 28800

/* The machine's clock, moved by shift_s seconds (a setting, 0 in production;
 * the demo works on a date of its own with it). */
struct clock clock_system(int32_t utc_offset_s, int64_t shift_s);
/* A clock that stands where *now_ms says; the caller owns and moves it. */
struct clock clock_manual(int64_t *now_ms, int32_t utc_offset_s);

int64_t clock_now_ms(const struct clock *clock);
day_t clock_today(const struct clock *clock);                                /* local date now */
void clock_local(const struct clock *clock, int64_t utc_ms, struct civil *out);
void clock_utc(int64_t utc_ms, struct civil *out);
int64_t clock_from_local(const struct clock *clock, const struct civil *local); /* -> UTC ms */
/* "2026-11-20T10:42:07" local. */
const char *clock_format(const struct clock *clock, int64_t utc_ms, char *buf, size_t size);
/* The same read back; false: not of that form, or no such moment. */
bool clock_parse(const struct clock *clock, const char *text, int64_t *utc_ms);
/* Monotonic ms for time-outs and latency only; never stored. */
int64_t clock_monotonic_ms(void);

#endif
