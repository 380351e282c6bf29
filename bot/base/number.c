/* SPDX-License-Identifier: MIT */
/* number.c: numbers, durations and times of day from text. */
#include "base/number.h"

#include <errno.h>

#include "base/ascii.h"

int number_parse(struct str text, int64_t min, int64_t max, int64_t *ret_value)
{
    bool negative = text.len && text.ptr[0] == '-';
    if (text.len && (text.ptr[0] == '-' || text.ptr[0] == '+'))
        text = str_from(text, 1);
    if (str_empty(text))
        return -EINVAL;
    for (size_t i = 0; i < text.len; i++)
        if (!ascii_is_digit(text.ptr[i]))
            return -EINVAL;
    int64_t value = 0;
    for (size_t i = 0; i < text.len; i++) {
        int digit = text.ptr[i] - '0';
        if (__builtin_mul_overflow(value, 10, &value) ||
            /* downwards: INT64_MIN has no positive twin */
            __builtin_sub_overflow(value, digit, &value))
            return -ERANGE;
    }
    if (!negative && __builtin_sub_overflow((int64_t)0, value, &value))
        return -ERANGE;
    if (value < min || value > max)
        return -ERANGE;
    *ret_value = value;
    return 0;
}

static int64_t unit_ms(char unit)
{
    switch (unit) {
    case 's':
        return 1000;
    case 'm':
        return 60 * 1000;
    case 'h':
        return 3600 * 1000;
    case 'd':
        return 86400 * 1000LL;
    case 'w':
        return 7 * 86400 * 1000LL;
    default:
        return 0;
    }
}

int number_parse_duration(struct str text, int64_t bare_ms, int64_t *ret_ms)
{
    if (str_empty(text))
        return -EINVAL;
    int64_t total = 0;
    while (text.len) {
        size_t digits = 0;
        while (digits < text.len && ascii_is_digit(text.ptr[digits]))
            digits++;
        int64_t count;
        int r = number_parse(str_upto(text, digits), 0, INT64_MAX, &count);
        if (r < 0)
            return r;
        bool bare = digits == text.len;
        int64_t unit = bare ? bare_ms : unit_ms(text.ptr[digits]);
        if (unit == 0 || (bare && total > 0))
            return -EINVAL;
        int64_t part;
        if (__builtin_mul_overflow(count, unit, &part) ||
            __builtin_add_overflow(total, part, &total))
            return -ERANGE;
        text = str_from(text, bare ? digits : digits + 1);
    }
    *ret_ms = total;
    return 0;
}

int number_parse_time_of_day(struct str text, int *ret_minutes)
{
    struct str hours;
    int64_t hour, minute;
    if (!str_split(&text, ':', &hours) || hours.len < 1 || hours.len > 2 || text.len != 2)
        return -EINVAL;
    if (!ascii_is_digit(hours.ptr[0]) || !ascii_is_digit(text.ptr[0]))
        return -EINVAL;
    if (number_parse(hours, 0, 23, &hour) < 0 || number_parse(text, 0, 59, &minute) < 0)
        return -EINVAL;
    *ret_minutes = (int)(hour * 60 + minute);
    return 0;
}
