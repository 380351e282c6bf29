/* SPDX-License-Identifier: MIT */
/* crisis_numbers.c: whether somebody has checked a number lately. */
#include "crisis_numbers.h"

#include <stdbool.h>
#include <string.h>

enum { DATE_LEN = 10 };

static bool is_date(struct mooring_str text)
{
    if (text.len != DATE_LEN)
        return false;
    for (size_t i = 0; i < DATE_LEN; i++) {
        bool is_dash = i == 4 || i == 7;
        if (is_dash ? text.ptr[i] != '-' : text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
    }
    return true;
}

enum crisis_number_state crisis_number_state(struct mooring_str verified_on,
                                             struct mooring_str expires_on, const char *today)
{
    if (!is_date(verified_on) || memcmp(verified_on.ptr, today, DATE_LEN) > 0)
        return CRISIS_NUMBER_UNVERIFIED;
    if (is_date(expires_on) && memcmp(expires_on.ptr, today, DATE_LEN) <= 0)
        return CRISIS_NUMBER_EXPIRED;
    return CRISIS_NUMBER_GOOD;
}
