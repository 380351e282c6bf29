/* SPDX-License-Identifier: MIT */
/* rate.c: a person's commands are paced, not their words. */
#include "dispatch/internal.h"

enum { ROOM_BURST = 10, PRIVATE_BURST = 40, RATE_MILLI_PER_SECOND = 500 };

/* FNV-1a. */
uint64_t dispatch_hash(const struct inbox_item *item)
{
    const struct str parts[] = {item->speaker.network, item->speaker.address};
    uint64_t hash = 14695981039346656037u;
    for (size_t p = 0; p < COUNT_OF(parts); p++)
        for (size_t i = 0; i < parts[p].len; i++)
            hash = (hash ^ (unsigned char)parts[p].ptr[i]) * 1099511628211u;
    return hash;
}

/* By when it was said, not by when it was read: after an absence many minutes come at once, and
 * nobody spoke too fast.  Never by a time that is still to come, and again from the start when the
 * clock was set back. */
static int64_t pace_at(struct dispatch_rate *rate, const struct inbox_item *item, int64_t now_at)
{
    int64_t said_at = item->event->sent_at > 0 ? MIN_OF(item->event->sent_at, now_at) : now_at;
    if (rate->bucket.at_ms > now_at)
        rate->used = false;
    return said_at;
}

/* Buckets lie in a small table by identity: two people who share one share its patience, which is
 * enough.  What is read late has others: it may come behind what was said after it. */
enum dispatch_pace dispatch_pace(struct dispatch *dispatch, const struct inbox_item *item)
{
    uint64_t hash = dispatch_hash(item) ^ (item->is_private ? 0u : 0x51ed270b7a3c9f1du);
    if (item->event->flags & CHAT_HISTORY)
        hash ^= 0x9e3779b97f4a7c15u;
    struct dispatch_rate *rate = &dispatch->rates[hash % COUNT_OF(dispatch->rates)];
    int64_t at = pace_at(rate, item, clock_wall_at(dispatch->parts.clock));
    if (!rate->used)
        limits_init(&rate->bucket, item->is_private ? PRIVATE_BURST : ROOM_BURST,
                    RATE_MILLI_PER_SECOND, at);
    rate->used = true;
    bool told = rate->told;
    rate->told = limits_take(&rate->bucket, 1000, at) > 0;
    return !rate->told ? DISPATCH_PACE_FINE
           : told      ? DISPATCH_PACE_FAST_AND_TOLD
                       : DISPATCH_PACE_FAST;
}
