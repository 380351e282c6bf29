/* SPDX-License-Identifier: MIT */
/* clock.c: the one place that reads the system's clocks. */
#include "loop/clock.h"

#include <assert.h>
#include <time.h>

/* The three clocks named here exist on every Linux since 2.6.39, so that a reading cannot fail. */
static int64_t read_ms(clockid_t which)
{
    struct timespec now = {0};
    clock_gettime(which, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void clock_init(struct clock *clock)
{
    *clock = (struct clock){.is_virtual = false};
    clock_refresh(clock);
}

void clock_init_virtual(struct clock *clock, int64_t wall_at)
{
    *clock = (struct clock){.is_virtual = true, .wall_at = wall_at};
}

void clock_refresh(struct clock *clock)
{
    if (clock->is_virtual)
        return;
    clock->wall_at = read_ms(CLOCK_REALTIME);
    clock->elapsed_ms = read_ms(CLOCK_BOOTTIME);
}

void clock_keep(struct clock *clock, int64_t *slot)
{
    assert(clock->is_virtual);
    clock->kept_at = slot;
    *slot = clock->wall_at;
}

static void move_wall(struct clock *clock, int64_t by_ms)
{
    assert(clock->is_virtual);
    clock->wall_at += by_ms;
    if (clock->kept_at)
        *clock->kept_at = clock->wall_at;
}

void clock_advance(struct clock *clock, int64_t by_ms)
{
    assert(by_ms >= 0);
    move_wall(clock, by_ms);
    clock->elapsed_ms += by_ms;
}

void clock_step(struct clock *clock, int64_t by_ms)
{
    move_wall(clock, by_ms);
}

uint64_t clock_precise_ns(void)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}
