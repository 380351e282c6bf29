/* SPDX-License-Identifier: MIT */
/* number.h: the one parser of numbers in text. */
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

#include <stdint.h>

#include "base/str.h"

/* A whole decimal number, sign allowed, nothing around it.  -EINVAL not a number, -ERANGE outside
 * [min, max]. */
int number_parse(struct str text, int64_t min, int64_t max, int64_t *ret_value) MUST_CHECK;
/* "90", "90s", "5m", "2h", "3d", "1w", also summed as in "1h30m", to milliseconds; a bare number is
 * in `bare_ms` units (0: refused).  -EINVAL, -ERANGE. */
int number_parse_duration(struct str text, int64_t bare_ms, int64_t *ret_ms) MUST_CHECK;
/* "HH:MM" (or "H:MM"), 00:00 to 23:59, to minutes after midnight.  -EINVAL. */
int number_parse_time_of_day(struct str text, int *ret_minutes) MUST_CHECK;

#endif
