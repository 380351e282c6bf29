/* SPDX-License-Identifier: MIT */
/* clock.c: the escalation of each tier as a table: whom the n-th page calls, and when the next one
 * goes. */
#include "alerts/internal.h"

#include <assert.h>

/* The last row of a tier repeats until somebody acknowledges. */
struct row {
    enum alerts_call_out call;
    int next_minutes;
};

/* A queue: acknowledge within the hour. */
static const struct row tier_two[] = {{ALERTS_CALL_NOBODY, 60}};
/* Two at once, again every two minutes, all at six, then every five. */
static const struct row tier_four[] = {
    {ALERTS_CALL_TWO, 2}, {ALERTS_CALL_TWO, 2}, {ALERTS_CALL_TWO, 2}, {ALERTS_CALL_ALL, 5}};

/* The person on call; the next one, and the next; then everybody: after three, and after a quarter
 * of an hour however the interval is set, for that is the promise of a person's voice. */
static struct alerts_step tier_three(int pages, int64_t again_ms)
{
    const int64_t promise_ms = 15 * CLOCK_MINUTE_MS;
    int64_t at_ms = MIN_OF(pages * again_ms, promise_ms);
    if (pages >= 3 || at_ms == promise_ms)
        return (struct alerts_step){ALERTS_CALL_ALL, promise_ms};
    return (struct alerts_step){ALERTS_CALL_NEXT,
                                MIN_OF((pages + 1) * again_ms, promise_ms) - at_ms};
}

/* Pages are counted from the last raise, so a tier that rises starts its own clock from the
 * beginning instead of entering it half-way. */
struct alerts_step alerts_step_of(int tier, int pages, int64_t again_ms)
{
    assert(tier >= 2 && pages >= 0 && again_ms > 0);
    if (tier == 3)
        return tier_three(pages, again_ms);
    const struct row *rows = tier == 2 ? tier_two : tier_four;
    size_t last = (tier == 2 ? COUNT_OF(tier_two) : COUNT_OF(tier_four)) - 1;
    const struct row *row = &rows[MIN_OF((size_t)pages, last)];
    return (struct alerts_step){row->call, row->next_minutes * CLOCK_MINUTE_MS};
}
