/* SPDX-License-Identifier: MIT */
/* zone_rule.h: the POSIX TZ string at the end of a TZif file: what holds after its last transition.
 */
#ifndef SCHEDULE_ZONE_RULE_H
#define SCHEDULE_ZONE_RULE_H

#include <stdint.h>

#include "base/str.h"

enum { ZONE_RULE_NAME_BYTES = 16 };

enum zone_rule_form {
    ZONE_RULE_MONTH,  /* Mm.w.d: weekday d (0 Sunday) of week w (5: the last) of month m */
    ZONE_RULE_JULIAN, /* Jn: day 1 .. 365, February 29 is never counted */
    ZONE_RULE_DAY,    /* n: day 0 .. 365, February 29 is counted */
};

/* The moment in a year at which the clocks change. */
struct zone_rule_date {
    enum zone_rule_form form;
    int month, week, weekday; /* ZONE_RULE_MONTH */
    int day;                  /* the two others */
    int32_t seconds;          /* after midnight on the clock before the change; -167 h .. 167 h */
};

struct zone_rule_half {
    char name[ZONE_RULE_NAME_BYTES];
    int32_t offset_seconds; /* east of UTC */
};

struct zone_rule {
    struct zone_rule_half standard, daylight;
    bool has_daylight;
    struct zone_rule_date start, end; /* of daylight time */
};

/* A stretch of time with one offset: [from, until) in Unix seconds, INT64_MIN and INT64_MAX where
 * it has no end. */
struct zone_rule_span {
    int64_t from, until;
    bool is_daylight;
};

/* POSIX.1 section 8.3 with the extensions of RFC 9636 section 3.3.1 (hours to 167 and negative;
 * <+03> names). Daylight time without its dates is refused: POSIX leaves their meaning open.
 * -EINVAL. */
int zone_rule_parse(struct str text, struct zone_rule *ret_rule) MUST_CHECK;
void zone_rule_span_at(const struct zone_rule *rule, int64_t unix_seconds,
                       struct zone_rule_span *ret_span);

#endif
