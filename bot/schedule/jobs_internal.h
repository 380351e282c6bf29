/* SPDX-License-Identifier: MIT */
/* jobs_internal.h: what the files of the jobs share. */
#ifndef SCHEDULE_JOBS_INTERNAL_H
#define SCHEDULE_JOBS_INTERNAL_H

#include "schedule/jobs.h"
#include "schedule/jobs_memory.h"
#include "schedule/jobs_rule.h"

struct jobs {
    struct loop *loop;
    struct clock *clock;
    struct store *store;
    struct zones *zones;
    struct random *random;
    void (*wake)(void *ctx);
    void *ctx;
    struct metric *fired, *skipped, *refused, *in_memory;

    /* wall: the first durable one; how many more there are, only the database knows */
    struct loop_timer due_timer;
    struct loop_timer volatile_timer; /* elapsed: the first volatile one */
    struct loop_timer retry_timer;    /* elapsed: after a failed turn */
    struct loop_call step_call;       /* the clock was set: told outside of whatever runs now */
    /* a turn that wrote nothing ends without a word: here its journal does */
    struct loop_call over_call;
    int64_t retry_ms; /* the last wait; 0: all is well */

    struct jobs_memory memory;
    struct arena scratch;

    bool changed;        /* this turn changed durable ones */
    bool waking;         /* inside wake() */
    int64_t woken_at;    /* when that began */
    bool unfinished;     /* jobs_take stopped early, for a commit in between */
    bool gave_volatile;  /* in this turn */
    bool held;           /* the wall clock is not to be trusted */
    bool set_back;       /* it was set back by days: what recurs is computed anew ... */
    bool back_computed;  /* ... and was, in this turn */
    bool zones_changed;  /* what recurs has to be computed again ... */
    bool zones_computed; /* ... and was, in this turn */
    uint64_t zones_version;
    int64_t zones_checked_ms;
};

static inline int64_t jobs_now(const struct jobs *jobs)
{
    return clock_wall_at(jobs->clock);
}
static inline int64_t jobs_elapsed(const struct jobs *jobs)
{
    return clock_elapsed_ms(jobs->clock);
}

/* jobs_arm.c */
void jobs_arm_volatile(struct jobs *jobs);
/* For the first durable one; what was due at `tried_at` and still is, waits for a retry. */
void jobs_arm_due(struct jobs *jobs, int64_t tried_at);
void jobs_arm_again(struct jobs *jobs); /* outside of a wake: for what the database says now */
void jobs_arm_after_commit(struct jobs *jobs);
void jobs_arm_setup(struct jobs *jobs);
void jobs_arm_teardown(struct jobs *jobs);

/* jobs_zones.c */
/* has tzdata changed?  Asks the disk at most every so often */
void jobs_zones_look(struct jobs *jobs, int64_t every_ms);
/* inside a turn: all that recurs, again; by other zones, by a clock that was set back */
int jobs_back_compute(struct jobs *jobs) MUST_CHECK;
int jobs_zones_compute(struct jobs *jobs) MUST_CHECK;

#endif
