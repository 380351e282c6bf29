/* SPDX-License-Identifier: MIT */
/* clock.h: the only clock.  Wall time for appointments, elapsed time for durations, virtual time
 * for scenarios. */
#ifndef LOOP_CLOCK_H
#define LOOP_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define CLOCK_SECOND_MS 1000LL
#define CLOCK_MINUTE_MS (60 * CLOCK_SECOND_MS)
#define CLOCK_HOUR_MS   (60 * CLOCK_MINUTE_MS)
#define CLOCK_DAY_MS    (24 * CLOCK_HOUR_MS)

/* In virtual mode both move only by clock_advance (both) and clock_step (wall alone). */
struct clock {
    bool is_virtual;
    int64_t wall_at;    /* Unix ms; virtual mode, and the cached reading otherwise */
    int64_t elapsed_ms; /* since an arbitrary start; never jumps; counts suspend (CLOCK_BOOTTIME) */
    int64_t *kept_at;   /* virtual mode: follows wall_at, for who goes on where it was; NULL */
};

void clock_init(struct clock *clock);
void clock_init_virtual(struct clock *clock, int64_t wall_at);
/* Reads the system's clocks once; a turn calls it first and then sees one `now` throughout.
 * Nothing in virtual mode. */
void clock_refresh(struct clock *clock);
static inline int64_t clock_wall_at(const struct clock *clock)
{
    return clock->wall_at;
}
static inline int64_t clock_elapsed_ms(const struct clock *clock)
{
    return clock->elapsed_ms;
}
/* Virtual: borrows `slot` and writes the wall clock's every move to it. */
void clock_keep(struct clock *clock, int64_t *slot);
void clock_advance(struct clock *clock, int64_t by_ms); /* virtual: time passes */
void clock_step(struct clock *clock, int64_t by_ms);    /* virtual: somebody set the wall clock */
/* A precise reading for budgets and metrics (ns of CLOCK_MONOTONIC), real even in virtual mode;
 * never for behaviour. */
uint64_t clock_precise_ns(void);

#endif
