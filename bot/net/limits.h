/* SPDX-License-Identifier: MIT */
/* limits.h: a token bucket on the elapsed clock. */
#ifndef NET_LIMITS_H
#define NET_LIMITS_H

#include <stdint.h>

struct limits_bucket {
    int64_t capacity_milli, milli_per_second; /* tokens in thousandths */
    int64_t level_milli, at_ms;
};
void limits_init(struct limits_bucket *bucket, int64_t capacity, int64_t milli_per_second,
                 int64_t now_ms);
/* Takes `milli` tokens when they are there: 0; else the milliseconds until they will be (nothing
 * taken). */
int64_t limits_take(struct limits_bucket *bucket, int64_t milli, int64_t now_ms);

#endif
