#include "base/clock.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define DAY_MS INT64_C(86400000)

/* One for the process, as a clock is made once in main; struct clock is copied about. */
static int64_t system_shift_ms;

static int64_t system_now_ms(void *ctx)
{
    const int64_t *shift_ms = ctx;
    struct timespec now;
    int failed = clock_gettime(CLOCK_REALTIME, &now);
    assert(!failed);
    (void)failed;
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 + *shift_ms;
}

static int64_t manual_now_ms(void *ctx) { return *(const int64_t *)ctx; }

struct clock clock_system(int32_t utc_offset_s, int64_t shift_s)
{
    system_shift_ms = shift_s * 1000;
    return (struct clock){ system_now_ms, &system_shift_ms, utc_offset_s };
}

struct clock clock_manual(int64_t *now_ms, int32_t utc_offset_s)
{
    return (struct clock){ manual_now_ms, now_ms, utc_offset_s };
}

int64_t clock_now_ms(const struct clock *clock) { return clock->now_ms(clock->ctx); }

static int64_t floor_days(int64_t ms) { return ms / DAY_MS - (ms % DAY_MS < 0); }

day_t clock_today(const struct clock *clock)
{
    return (day_t)floor_days(clock_now_ms(clock) + (int64_t)clock->utc_offset_s * 1000);
}

void clock_utc(int64_t utc_ms, struct civil *out)
{
    int64_t days = floor_days(utc_ms);
    int second = (int)((utc_ms - days * DAY_MS) / 1000);
    day_to_ymd((day_t)days, &out->year, &out->month, &out->day);
    out->hour = second / 3600;
    out->minute = second / 60 % 60;
    out->second = second % 60;
}

void clock_local(const struct clock *clock, int64_t utc_ms, struct civil *out)
{
    clock_utc(utc_ms + (int64_t)clock->utc_offset_s * 1000, out);
}

int64_t clock_from_local(const struct clock *clock, const struct civil *local)
{
    day_t day;
    bool real = day_from_ymd(local->year, local->month, local->day, &day);
    assert(real);
    (void)real;
    int64_t second = local->hour * 3600 + local->minute * 60 + local->second;
    return day * DAY_MS + (second - clock->utc_offset_s) * 1000;
}

const char *clock_format(const struct clock *clock, int64_t utc_ms, char *buf, size_t size)
{
    struct civil at;
    clock_local(clock, utc_ms, &at);
    snprintf(buf, size, "%04d-%02d-%02dT%02d:%02d:%02d", at.year, at.month, at.day, at.hour,
             at.minute, at.second);
    return buf;
}

int64_t clock_monotonic_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool clock_parse(const struct clock *clock, const char *text, int64_t *utc_ms)
{
    struct civil local = {0};
    char day[DAY_TEXT_SIZE];
    day_t date;
    int used = 0;
    unsigned hour, minute, second;
    if (strlen(text) != 19 || text[10] != 'T') return false;
    memcpy(day, text, 10);
    day[10] = '\0';
    if (!day_parse(day, &date) || sscanf(text + 11, "%2u:%2u:%2u%n", &hour, &minute, &second, &used) != 3 || used != 8 || hour > 23 ||
        minute > 59 || second > 59)
        return false;
    day_to_ymd(date, &local.year, &local.month, &local.day);
    local.hour = (int)hour;
    local.minute = (int)minute;
    local.second = (int)second;
    *utc_ms = clock_from_local(clock, &local);
    return true;
}
