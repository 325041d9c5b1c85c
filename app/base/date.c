#include "base/date.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define YEAR_MIN 1900
#define YEAR_MAX 2999

static bool leap(int year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

static int month_days(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    return days[month - 1] + (month == 2 && leap(year));
}

/* Days before 1 January of that year, counted from 1 January of year 1. */
static int32_t days_before_year(int year)
{
    int32_t y = year - 1;
    return y * 365 + y / 4 - y / 100 + y / 400;
}

bool day_from_ymd(int year, int month, int day, day_t *out)
{
    if (year < YEAR_MIN || year > YEAR_MAX || month < 1 || month > 12) return false;
    if (day < 1 || day > month_days(year, month)) return false;
    int32_t count = days_before_year(year) - days_before_year(1970) + day - 1;
    for (int m = 1; m < month; m++) count += month_days(year, m);
    *out = count;
    return true;
}

void day_to_ymd(day_t day, int *year, int *month, int *mday)
{
    assert(day != DAY_NONE);
    int32_t since = day + days_before_year(1970);
    int y = (int)((int64_t)since * 400 / 146097) + 1;
    while (days_before_year(y) > since) y--;
    while (days_before_year(y + 1) <= since) y++;
    int left = since - days_before_year(y), m = 1;
    while (left >= month_days(y, m)) left -= month_days(y, m++);
    *year = y;
    *month = m;
    *mday = left + 1;
}

/* Exactly `count` digits as a number, or -1. */
static int digits(const char *text, int count)
{
    int value = 0;
    for (int i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9') return -1;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

bool day_parse(const char *text, day_t *out)
{
    if (strlen(text) != 10 || text[4] != '-' || text[7] != '-') return false;
    return day_from_ymd(digits(text, 4), digits(text + 5, 2), digits(text + 8, 2), out);
}

bool day_parse_compact(const char *text, day_t *out)
{
    if (strlen(text) != 8) return false;
    return day_from_ymd(digits(text, 4), digits(text + 4, 2), digits(text + 6, 2), out);
}

const char *day_format(day_t day, char *buf, size_t size)
{
    int year, month, mday;
    if (day == DAY_NONE) {
        snprintf(buf, size, "-");
        return buf;
    }
    day_to_ymd(day, &year, &month, &mday);
    snprintf(buf, size, "%04d-%02d-%02d", year, month, mday);
    return buf;
}

int day_weekday(day_t day)
{
    int w = (int)(((int64_t)day + 4) % 7); /* 1970-01-01 was a Thursday */
    return w < 0 ? w + 7 : w;
}

int day_year(day_t day)
{
    int year, month, mday;
    day_to_ymd(day, &year, &month, &mday);
    return year;
}

bool day_from_mmdd(const char *mmdd, day_t near, day_t *out)
{
    if (near == DAY_NONE || strlen(mmdd) != 4) return false;
    int month = digits(mmdd, 2), mday = digits(mmdd + 2, 2), year = day_year(near);
    int64_t best = INT64_MAX;
    /* 29 February may be eight years from the next one, about a century's turn */
    for (int y = year - 8; y <= year + 8; y++) {
        day_t day;
        if (!day_from_ymd(y, month, mday, &day)) continue;
        int64_t gap = (int64_t)day - near;
        if (gap < 0) gap = -gap;
        if (gap >= best) continue;
        best = gap;
        *out = day;
    }
    return best != INT64_MAX;
}

bool period_valid(const char *yyyymm)
{
    if (strlen(yyyymm) != 6) return false;
    int year = digits(yyyymm, 4), month = digits(yyyymm + 4, 2);
    return year >= YEAR_MIN && year <= YEAR_MAX && month >= 1 && month <= 12;
}
