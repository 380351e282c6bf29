/* SPDX-License-Identifier: MIT */
/* checkin_rule.h: from an administrator's prompt_at and prompt_days to a timer's rule. */
#ifndef CHECKIN_RULE_H
#define CHECKIN_RULE_H

#include "mooring.h"

enum { CHECKIN_RULE_BYTES = 64, CHECKIN_START_BYTES = 20 };

/* "mon,wed" to "FREQ=WEEKLY;BYDAY=MO,WE"; all seven or none to "FREQ=DAILY"; unknown words are left
 * out.  Bit 0 of *ret_days is Monday.  Returns the rule's length. */
size_t checkin_rule_format(struct mooring_str days, char ret_rule[CHECKIN_RULE_BYTES],
                           unsigned *ret_days);
/* The local start of such a rule: a fixed date, so that the same settings give the same timer.
 * Returns the length. */
size_t checkin_rule_start(unsigned days, int64_t minutes, char ret_start[CHECKIN_START_BYTES]);

#endif
