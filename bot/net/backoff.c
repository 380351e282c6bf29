/* SPDX-License-Identifier: MIT */
/* backoff.c: waits that grow, with jitter, so that many who lost the same server do not come back
 * together. */
#include "net/backoff.h"

#include "base/attr.h"

int64_t backoff_next_ms(struct backoff *backoff, struct random *random)
{
    int64_t whole_ms = MAX_OF(backoff->first_ms, 1);
    for (unsigned i = 0; i < backoff->tries && whole_ms < backoff->longest_ms; i++)
        whole_ms = whole_ms > INT64_MAX / 2 ? INT64_MAX : whole_ms * 2;
    whole_ms = MIN_OF(whole_ms, MAX_OF(backoff->longest_ms, 1));
    if (backoff->tries < 64) /* the doubling has ended long before */
        backoff->tries++;
    int64_t half_ms = whole_ms - whole_ms / 2;
    return half_ms + (int64_t)random_below(random, (uint64_t)(whole_ms - half_ms) + 1);
}

void backoff_reset(struct backoff *backoff)
{
    backoff->tries = 0;
}
