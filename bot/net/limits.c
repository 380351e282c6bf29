/* SPDX-License-Identifier: MIT */
/* limits.c: a token bucket that loses no fraction, however often it is asked. */
#include "net/limits.h"

#include "base/attr.h"

void limits_init(struct limits_bucket *bucket, int64_t capacity, int64_t milli_per_second,
                 int64_t now_ms)
{
    int64_t capacity_milli = MIN_OF(MAX_OF(capacity, 0), INT64_MAX / 2000000) * 1000;
    *bucket = (struct limits_bucket){
        .capacity_milli = capacity_milli,
        .milli_per_second = MIN_OF(MAX_OF(milli_per_second, 0), INT64_MAX / 2000000),
        .level_milli = capacity_milli,
        .at_ms = now_ms};
}

/* How long until `milli` more have come, rounded up. */
static int64_t time_for(const struct limits_bucket *bucket, int64_t milli)
{
    if (!bucket->milli_per_second)
        return INT64_MAX;
    return (milli * 1000 + bucket->milli_per_second - 1) / bucket->milli_per_second;
}

static void refill(struct limits_bucket *bucket, int64_t now_ms)
{
    int64_t passed_ms = now_ms - bucket->at_ms;
    int64_t missing = bucket->capacity_milli - bucket->level_milli;
    if (passed_ms <= 0 || !bucket->milli_per_second)
        return;
    if (passed_ms >= time_for(bucket, missing)) {
        bucket->level_milli = bucket->capacity_milli;
        bucket->at_ms = now_ms;
        return;
    }
    int64_t gained = passed_ms * bucket->milli_per_second / 1000;
    if (!gained)
        return; /* the time counts on until it is worth something */
    bucket->level_milli += gained;
    bucket->at_ms += gained * 1000 / bucket->milli_per_second;
}

int64_t limits_take(struct limits_bucket *bucket, int64_t milli, int64_t now_ms)
{
    milli = MIN_OF(MAX_OF(milli, 0), bucket->capacity_milli);
    refill(bucket, now_ms);
    if (milli <= bucket->level_milli) {
        bucket->level_milli -= milli;
        return 0;
    }
    int64_t wait_ms = time_for(bucket, milli - bucket->level_milli);
    int64_t passed_ms = MAX_OF(now_ms - bucket->at_ms, 0); /* not yet turned into tokens */
    return wait_ms == INT64_MAX ? wait_ms : MAX_OF(wait_ms - passed_ms, 1);
}
