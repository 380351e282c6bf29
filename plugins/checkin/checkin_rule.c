/* SPDX-License-Identifier: MIT */
/* checkin_rule.c: from an administrator's prompt_at and prompt_days to a timer's rule. */
#include "checkin_rule.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { WEEK_DAYS = 7, EVERY_DAY = 127, MONDAY = 5 /* of January 2026 */ };

static const char *const names[WEEK_DAYS] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
static const char *const codes[WEEK_DAYS] = {"MO", "TU", "WE", "TH", "FR", "SA", "SU"};

static unsigned read_days(struct mooring_str days)
{
    unsigned bits = 0;
    for (size_t at = 0; at < days.len; at++) {
        if (at > 0 && days.ptr[at - 1] != ',' && days.ptr[at - 1] != ' ')
            continue;
        for (unsigned day = 0; day < WEEK_DAYS; day++) {
            if (days.len - at >= 3 && strncasecmp(days.ptr + at, names[day], 3) == 0)
                bits |= 1u << day;
        }
    }
    return bits == 0 ? EVERY_DAY : bits;
}

size_t checkin_rule_format(struct mooring_str days, char ret_rule[CHECKIN_RULE_BYTES],
                           unsigned *ret_days)
{
    unsigned bits = read_days(days);
    *ret_days = bits;
    if (bits == EVERY_DAY)
        return (size_t)snprintf(ret_rule, CHECKIN_RULE_BYTES, "FREQ=DAILY");
    size_t len = (size_t)snprintf(ret_rule, CHECKIN_RULE_BYTES, "FREQ=WEEKLY;BYDAY=");
    const char *comma = "";
    for (unsigned day = 0; day < WEEK_DAYS; day++) {
        if ((bits & 1u << day) == 0)
            continue;
        len += (size_t)snprintf(ret_rule + len, CHECKIN_RULE_BYTES - len, "%s%s", comma,
                                codes[day]);
        comma = ",";
    }
    return len;
}

size_t checkin_rule_start(unsigned days, int64_t minutes, char ret_start[CHECKIN_START_BYTES])
{
    int first = 0;
    while (first < WEEK_DAYS - 1 && (days & 1u << first) == 0)
        first++;
    if (minutes < 0 || minutes >= 24 * 60)
        minutes = 9 * 60;
    return (size_t)snprintf(ret_start, CHECKIN_START_BYTES, "2026-01-%02dT%02d:%02d",
                            (MONDAY + first) % 32, (int)(minutes / 60), (int)(minutes % 60));
}
