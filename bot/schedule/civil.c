/* SPDX-License-Identifier: MIT */
/* civil.c: calendar arithmetic by counting days, four centuries at a time. */
#include "schedule/civil.h"

#include <errno.h>
#include <stdio.h>

enum {
    ERA_DAYS = 146097,    /* 400 years */
    ERA_TO_EPOCH = 719468 /* from 0000-03-01 to 1970-01-01 */
};

bool civil_leap_year(int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

int civil_month_days(int64_t year, int month)
{
    if (month == 2)
        return civil_leap_year(year) ? 29 : 28;
    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

bool civil_valid(const struct civil *civil)
{
    return civil->year >= CIVIL_YEAR_MIN && civil->year <= CIVIL_YEAR_MAX && civil->month >= 1 &&
           civil->month <= 12 && civil->day >= 1 &&
           civil->day <= civil_month_days(civil->year, civil->month) && civil->hour >= 0 &&
           civil->hour <= 23 && civil->minute >= 0 && civil->minute <= 59 && civil->second >= 0 &&
           civil->second <= 59;
}

/* Years are counted from March, so that the leap day is the last day of a year: day of year needs
 * no table. */
int64_t civil_days(int64_t year, int month, int64_t day)
{
    int64_t march_year = month <= 2 ? year - 1 : year;
    int64_t era = civil_floor_div(march_year, 400);
    int64_t year_of_era = march_year - era * 400;
    int64_t month_from_march = (month + 9) % 12;
    int64_t day_of_year = (153 * month_from_march + 2) / 5;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * ERA_DAYS + day_of_era - ERA_TO_EPOCH + day - 1;
}

void civil_split_days(int64_t days, int64_t *ret_year, int *ret_month, int *ret_day)
{
    int64_t shifted = days + ERA_TO_EPOCH;
    int64_t era = civil_floor_div(shifted, ERA_DAYS);
    int64_t day_of_era = shifted - era * ERA_DAYS;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / (ERA_DAYS - 1)) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;
    *ret_day = (int)(day_of_year - (153 * month_from_march + 2) / 5 + 1);
    *ret_month = (int)(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
    *ret_year = year_of_era + era * 400 + (*ret_month <= 2);
}

int64_t civil_seconds(const struct civil *civil)
{
    return civil_days(civil->year, civil->month, civil->day) * CIVIL_DAY_SECONDS +
           (int64_t)civil->hour * 3600 + (int64_t)civil->minute * 60 + civil->second;
}

int civil_of_seconds(int64_t seconds, struct civil *ret_civil)
{
    int64_t days = civil_floor_div(seconds, CIVIL_DAY_SECONDS);
    int rest = (int)civil_floor_mod(seconds, CIVIL_DAY_SECONDS);
    if (days < civil_days(CIVIL_YEAR_MIN, 1, 1) || days >= civil_days(CIVIL_YEAR_MAX + 1, 1, 1))
        return -ERANGE;
    int64_t year;
    struct civil civil = {.hour = rest / 3600, .minute = rest / 60 % 60, .second = rest % 60};
    civil_split_days(days, &year, &civil.month, &civil.day);
    civil.year = (int)year;
    *ret_civil = civil;
    return 0;
}

int civil_weekday_of_days(int64_t days)
{
    return (int)civil_floor_mod(days + 3, 7) + 1; /* 1970-01-01 was a Thursday */
}

int civil_weekday(const struct civil *civil)
{
    return civil_weekday_of_days(civil_days(civil->year, civil->month, civil->day));
}

int civil_compare(const struct civil *a, const struct civil *b)
{
    int64_t difference = civil_seconds(a) - civil_seconds(b);
    return (difference > 0) - (difference < 0);
}

/* Takes the next character off `*rest` when it is one of `allowed`. */
static bool take_one_of(struct str *rest, const char *allowed)
{
    if (str_empty(*rest) || !rest->ptr[0] || !strchr(allowed, rest->ptr[0]))
        return false;
    *rest = str_from(*rest, 1);
    return true;
}

/* Takes exactly `count` digits off `*rest`. */
static bool take_digits(struct str *rest, size_t count, int *ret_value)
{
    int value = 0;
    if (rest->len < count)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (rest->ptr[i] < '0' || rest->ptr[i] > '9')
            return false;
        value = value * 10 + (rest->ptr[i] - '0');
    }
    *rest = str_from(*rest, count);
    *ret_value = value;
    return true;
}

static bool take_date(struct str *rest, struct civil *civil)
{
    return take_digits(rest, 4, &civil->year) && take_one_of(rest, "-") &&
           take_digits(rest, 2, &civil->month) && take_one_of(rest, "-") &&
           take_digits(rest, 2, &civil->day);
}

static bool take_time(struct str *rest, struct civil *civil)
{
    if (!take_one_of(rest, "T ") || !take_digits(rest, 2, &civil->hour) ||
        !take_one_of(rest, ":") || !take_digits(rest, 2, &civil->minute))
        return false;
    return str_empty(*rest) || (take_one_of(rest, ":") && take_digits(rest, 2, &civil->second));
}

int civil_parse(struct str text, struct civil *ret_civil)
{
    struct civil civil = {0};
    if (!take_date(&text, &civil))
        return -EINVAL;
    if (!str_empty(text) && !take_time(&text, &civil))
        return -EINVAL;
    if (!str_empty(text))
        return -EINVAL;
    if (!civil_valid(&civil))
        return -ERANGE;
    *ret_civil = civil;
    return 0;
}

void civil_format(const struct civil *civil, char out[CIVIL_TEXT_BYTES])
{
    /* The remainders change nothing in a valid date; they prove to the compiler that the text fits.
     */
    snprintf(out, CIVIL_TEXT_BYTES, "%04u-%02u-%02uT%02u:%02u:%02u", (unsigned)civil->year % 10000,
             (unsigned)civil->month % 100, (unsigned)civil->day % 100, (unsigned)civil->hour % 100,
             (unsigned)civil->minute % 100, (unsigned)civil->second % 100);
}

void civil_format_short(const struct civil *civil, char out[CIVIL_TEXT_BYTES])
{
    snprintf(out, CIVIL_TEXT_BYTES, "%04u-%02u-%02u %02u:%02u", (unsigned)civil->year % 10000,
             (unsigned)civil->month % 100, (unsigned)civil->day % 100, (unsigned)civil->hour % 100,
             (unsigned)civil->minute % 100);
}
