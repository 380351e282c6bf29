/* SPDX-License-Identifier: MIT */
/* backoff.h: waits that grow, with full jitter. */
#ifndef NET_BACKOFF_H
#define NET_BACKOFF_H

#include "base/random.h"

struct backoff {
    int64_t first_ms, longest_ms;
    unsigned tries;
};
/* The next wait: between half of and the whole of first * 2^tries, at most longest; counts the
 * try. */
int64_t backoff_next_ms(struct backoff *backoff, struct random *random);
void backoff_reset(struct backoff *backoff);

#endif
