/* Civil dates as a count of days since 1970-01-01, proleptic Gregorian, so that
 * days late are a subtraction. No time zone in here. */
#ifndef BASE_DATE_H
#define BASE_DATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef int32_t day_t; /* days since 1970-01-01 */
#define DAY_NONE INT32_MIN
#define DAY_TEXT_SIZE 16

bool day_from_ymd(int year, int month, int day, day_t *out); /* false: no such date; years 1900..2999 */
void day_to_ymd(day_t day, int *year, int *month, int *mday);
bool day_parse(const char *text, day_t *out);                 /* "YYYY-MM-DD" exactly */
const char *day_format(day_t day, char *buf, size_t size);    /* "YYYY-MM-DD" */
bool day_parse_compact(const char *text, day_t *out);         /* "YYYYMMDD" exactly */
int day_weekday(day_t day);                                   /* 0 Sunday .. 6 Saturday */
int day_year(day_t day);
/* The full date nearest to `near` whose month and day are MMDD (wire DE 13, 15).
 * False when MMDD is no date in any year near it. */
bool day_from_mmdd(const char *mmdd, day_t near, day_t *out);
/* "YYYYMM", 1900..2999, month 01..12. */
bool period_valid(const char *yyyymm);

struct civil { int year, month, day, hour, minute, second; };

#endif
