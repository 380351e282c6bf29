/* SPDX-License-Identifier: MIT */
/* recur_rule.h: an RRULE as text (RFC 5545 section 3.3.10) read into sets of bits. */
#ifndef SCHEDULE_RECUR_RULE_H
#define SCHEDULE_RECUR_RULE_H

#include <stdint.h>

#include "base/error.h"
#include "base/str.h"
#include "schedule/civil.h"

enum {
    RECUR_RULE_BYTES_MAX = 2048,
    RECUR_RULE_COUNT_MAX = 10000,
    RECUR_RULE_INTERVAL_MAX = 100000,
    RECUR_RULE_SET_WORDS = 6, /* 366 bits and one for 0 */
};

enum recur_rule_freq { /* from short to long: they are compared */
                       RECUR_SECONDLY,
                       RECUR_MINUTELY,
                       RECUR_HOURLY,
                       RECUR_DAILY,
                       RECUR_WEEKLY,
                       RECUR_MONTHLY,
                       RECUR_YEARLY,
                       RECUR_FREQ_COUNT,
};

/* Numbers from -366 to 366: "the n-th" and "the n-th from the end".  Order and repetition in the
 * text mean nothing. */
struct recur_rule_set {
    uint64_t first[RECUR_RULE_SET_WORDS]; /* bit n: n */
    uint64_t last[RECUR_RULE_SET_WORDS];  /* bit n: -n */
    bool used;
};

struct recur_rule {
    enum recur_rule_freq freq;
    int64_t interval;
    int64_t count; /* 0: no limit */
    bool has_until, until_is_utc;
    struct civil until;                       /* inclusive; a date alone reaches to its end */
    int week_start;                           /* 1 Monday .. 7 Sunday */
    uint64_t seconds, minutes, hours, months; /* bit n: n; 0: not given */
    unsigned weekdays;                        /* bit 1 Monday .. bit 7 Sunday, each of them */
    struct recur_rule_set nth_weekdays[8];    /* [1 .. 7]: "the 2nd Friday", "the last Monday" */
    bool has_nth;
    struct recur_rule_set month_days, year_days, weeks, positions;
};

/* -EINVAL with a sentence in `error` (may be NULL): what is wrong, and what would be right. */
int recur_rule_parse(struct str text, struct recur_rule *ret_rule, struct error *error) MUST_CHECK;

static inline bool recur_rule_has(const struct recur_rule_set *set, int64_t from_start,
                                  int64_t from_end)
{
    const int64_t end = RECUR_RULE_SET_WORDS * 64;
    return (from_start > 0 && from_start < end &&
            (set->first[from_start / 64] >> (from_start % 64) & 1)) ||
           (from_end > 0 && from_end < end && (set->last[from_end / 64] >> (from_end % 64) & 1));
}

#endif
