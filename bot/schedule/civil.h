/* SPDX-License-Identifier: MIT */
/* civil.h: dates and times of day as people write them, without a zone (proleptic Gregorian
 * calendar). */
#ifndef SCHEDULE_CIVIL_H
#define SCHEDULE_CIVIL_H

#include <stdint.h>

#include "base/str.h"

enum {
    CIVIL_YEAR_MIN = 1900,
    CIVIL_YEAR_MAX = 2200,
    CIVIL_DAY_SECONDS = 86400,
    CIVIL_TEXT_BYTES = 20, /* "2026-11-23T09:00:00" and a NUL */
};

/* A local date and time: what a clock on the wall shows.  No leap seconds. */
struct civil {
    int year;   /* 1900 .. 2200 */
    int month;  /* 1 .. 12 */
    int day;    /* 1 .. 31 */
    int hour;   /* 0 .. 23 */
    int minute; /* 0 .. 59 */
    int second; /* 0 .. 59 */
};

/* True for a date that exists, in the range above. */
bool civil_valid(const struct civil *civil);
bool civil_leap_year(int64_t year);
int civil_month_days(int64_t year, int month);

/* Days from 1970-01-01 to that date (months 1 .. 12; any year and day within +-10^12), and back. */
int64_t civil_days(int64_t year, int month, int64_t day);
void civil_split_days(int64_t days, int64_t *ret_year, int *ret_month, int *ret_day);

/* Seconds from 1970-01-01T00:00:00 on the same wall clock, and back: -ERANGE outside the years
 * above. */
int64_t civil_seconds(const struct civil *civil);
int civil_of_seconds(int64_t seconds, struct civil *ret_civil) MUST_CHECK;

/* ISO 8601 day of the week: 1 Monday .. 7 Sunday. */
int civil_weekday(const struct civil *civil);
int civil_weekday_of_days(int64_t days);
/* <0, 0, >0 */
int civil_compare(const struct civil *a, const struct civil *b);

/* "2026-11-23T09:00", "2026-11-23 09:00", both also with ":SS", and "2026-11-23" (midnight).
 * -EINVAL when it is not written like that, -ERANGE when there is no such date or time. */
int civil_parse(struct str text, struct civil *ret_civil) MUST_CHECK;
/* Writes "2026-11-23T09:00:00"; civil_parse reads it back. */
void civil_format(const struct civil *civil, char out[CIVIL_TEXT_BYTES]);
/* Writes "2026-11-23 09:00". */
void civil_format_short(const struct civil *civil, char out[CIVIL_TEXT_BYTES]);

/* Division that rounds down, and the remainder that is never negative: `divisor` > 0. */
static inline int64_t civil_floor_div(int64_t value, int64_t divisor)
{
    return value / divisor - (value % divisor < 0);
}
static inline int64_t civil_floor_mod(int64_t value, int64_t divisor)
{
    int64_t rest = value % divisor;
    return rest < 0 ? rest + divisor : rest;
}

#endif
