/* SPDX-License-Identifier: MIT */
/* recur.h: when a repeating appointment comes next (RRULE, RFC 5545), on the wall clock and in a
 * zone. */
#ifndef SCHEDULE_RECUR_H
#define SCHEDULE_RECUR_H

#include <stdint.h>

#include "base/error.h"
#include "schedule/civil.h"
#include "schedule/zone.h"

/* The steps that one question may take: a day or a period looked at is one.  Some milliseconds at
 * the very most. */
enum { RECUR_STEPS_MAX = 100000 };

/* A rule is the value of an RRULE, without the name: "FREQ=WEEKLY;BYDAY=MO,WE,TH".  Upper and lower
 * case are one.  The empty rule is a single appointment: `start` itself.  With a rule, `start`
 * counts only where it fits the rule.
 *
 * 0 when the rule can be used; else -EINVAL and one sentence in `error` (may be NULL): what is
 * wrong and what to do. */
int recur_check(struct str rule, struct error *error) MUST_CHECK;

/* The first instance strictly after `after` (NULL: the very first), in floating time: no zone plays
 * a part, and UNTIL is read as local time even with a Z.  -ENOENT when there is none (to the end of
 * the year 2200), -ELOOP when RECUR_STEPS_MAX were not enough, -EINVAL for a rule that recur_check
 * refuses or a date that does not exist. */
int recur_next(struct str rule, const struct civil *start, const struct civil *after,
               struct civil *ret_next) MUST_CHECK;

/* The first moment strictly after `after_unix_ms` at which an instance falls in the zone.  An
 * instance whose local time does not exist fires once, moved forward by the gap; an ambiguous one
 * fires once, the first.  UNTIL with a Z is UTC.  Feeding the answer back as `after_unix_ms` gives
 * a strictly increasing sequence, in which instances that fall on one moment (02:30 moved and
 * 03:30) are one.  Errors as above.
 *
 * FREQ=HOURLY and shorter also count on the wall clock: "every hour" is silent in the hour that
 * autumn repeats. */
int recur_next_at(struct str rule, const struct zone *zone, const struct civil *start,
                  int64_t after_unix_ms, int64_t *ret_unix_ms) MUST_CHECK;

#endif
