/* SPDX-License-Identifier: MIT */
/* crisis_numbers.h: whether somebody has checked a number lately. */
#ifndef CRISIS_NUMBERS_H
#define CRISIS_NUMBERS_H

#include "mooring.h"

enum crisis_number_state { CRISIS_NUMBER_GOOD, CRISIS_NUMBER_UNVERIFIED, CRISIS_NUMBER_EXPIRED };

/* Dates as "2026-11-23"; what cannot be read was never verified.  `today` is such a date. */
enum crisis_number_state crisis_number_state(struct mooring_str verified_on,
                                             struct mooring_str expires_on, const char *today);

#endif
