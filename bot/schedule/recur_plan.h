/* SPDX-License-Identifier: MIT */
/* recur_plan.h: the instances of a repeat rule with a start, one after the other, in floating time.
 */
#ifndef SCHEDULE_RECUR_PLAN_H
#define SCHEDULE_RECUR_PLAN_H

#include <stdint.h>

#include "schedule/civil.h"
#include "schedule/recur_rule.h"

/* A rule with all that its start implies written out (RFC 5545: "information that is missing is
 * taken from DTSTART"). */
struct recur_plan {
    struct recur_rule rule;
    int64_t start;       /* civil seconds */
    int64_t start_index; /* of the period that holds it */
    int64_t until;       /* civil seconds, inclusive; the caller may change it */
    unsigned steps;      /* taken so far, of RECUR_STEPS_MAX */
};

/* The empty text is the single appointment.  -EINVAL. */
int recur_plan_init(struct recur_plan *plan, struct str text, const struct civil *start) MUST_CHECK;
/* The first instance not before `at` (civil seconds), COUNT left aside.  -ENOENT, -ELOOP. */
int recur_plan_next(struct recur_plan *plan, int64_t at, int64_t *ret_at) MUST_CHECK;

#endif
