/* SPDX-License-Identifier: MIT */
/* jobs_arm.c: when the loop is to wake us: for the first durable job, the first volatile one, or
 * after a failed turn. */
#include "schedule/jobs_internal.h"

#include <errno.h>

#include "base/random.h"
#include "observe/log.h"

enum {
    RETRY_FIRST_MS = 1000,
    RETRY_MAX_MS = 60 * 1000,
    JITTER_PART = 8, /* several bots on one full disk do not all come back at once */
};

static void arm(struct jobs *jobs, struct loop_timer *timer, int64_t at)
{
    int r = loop_timer_arm(jobs->loop, timer, at);
    if (r < 0)
        log_event(LOG_LEVEL_ERROR, "jobs_not_armed", LOG_ERRNO(r)); /* the next change arms again */
}

/* One timer in the loop for all of them, set to the first. */
void jobs_arm_volatile(struct jobs *jobs)
{
    const struct jobs_timer *first = jobs_memory_first(&jobs->memory);
    metric_set(jobs->in_memory, (int64_t)jobs->memory.heap.count);
    if (first)
        arm(jobs, &jobs->volatile_timer, first->node.key);
    else
        loop_timer_disarm(jobs->loop, &jobs->volatile_timer);
}

/* Doubling to a minute: a full disk is not filled with log lines, and a crisis page never waits for
 * it, since volatile timers have a timer of their own. */
static void arm_retry(struct jobs *jobs)
{
    jobs->retry_ms = jobs->retry_ms ? MIN_OF(jobs->retry_ms * 2, RETRY_MAX_MS) : RETRY_FIRST_MS;
    int64_t jitter_ms = (int64_t)random_below(jobs->random, (uint64_t)jobs->retry_ms / JITTER_PART);
    arm(jobs, &jobs->retry_timer, jobs_elapsed(jobs) + jobs->retry_ms + jitter_ms);
}

/* Durable jobs are not in memory: a million of them cost one question for the first moment.  What
 * was due at `tried_at` and still is could not be done, and is left to the retry instead of firing
 * at once again. */
void jobs_arm_due(struct jobs *jobs, int64_t tried_at)
{
    int64_t due_at = INT64_MAX;
    int r = store_jobs_first_due(jobs->store, &due_at);
    bool stuck = r == 0 ? due_at <= tried_at : r != -ENOENT;
    if (!stuck) {
        jobs->retry_ms = 0;
        loop_timer_disarm(jobs->loop, &jobs->retry_timer);
    } else if (!loop_timer_armed(&jobs->retry_timer)) {
        arm_retry(jobs);
    }
    if (!stuck && r == 0)
        arm(jobs, &jobs->due_timer, due_at);
    else
        loop_timer_disarm(jobs->loop, &jobs->due_timer);
}

/* While a retry is waited for, what is due already stays with it. */
static int64_t tried_at(const struct jobs *jobs)
{
    return loop_timer_armed(&jobs->retry_timer) ? jobs_now(jobs) : INT64_MIN;
}

void jobs_arm_again(struct jobs *jobs)
{
    if (!jobs->waking)
        jobs_arm_due(jobs, tried_at(jobs));
}

void jobs_arm_after_commit(struct jobs *jobs)
{
    if (jobs->waking)
        return; /* wake does it at its end */
    /* Somebody's writing works again: the retry need not wait out its minute. */
    if (loop_timer_armed(&jobs->retry_timer) && jobs->retry_timer.node.key - jobs_elapsed(jobs) >
                                                    RETRY_FIRST_MS + RETRY_FIRST_MS / JITTER_PART) {
        jobs->retry_ms = 0;
        arm_retry(jobs);
    }
    if (jobs->changed)
        jobs_arm_due(jobs, tried_at(jobs));
}

/* The only way into the owner's turn.  `waking` keeps the commit inside that turn from arming: what
 * is due is looked at once, at the end. */
static void wake(struct jobs *jobs)
{
    if (jobs->waking)
        return;
    jobs->waking = true;
    jobs->woken_at = jobs_now(jobs);
    jobs->unfinished = false;
    jobs->gave_volatile = false;
    jobs->wake(jobs->ctx);
    jobs->waking = false;
    jobs->changed = false;
    jobs_memory_keep(&jobs->memory);
    jobs_arm_volatile(jobs);
    /* What was due when we began and still is could not be done: it must not spin. */
    jobs_arm_due(jobs, jobs->unfinished ? tried_at(jobs) : jobs->woken_at);
}

/* ---- the loop's callbacks -------------------------------------------------------------------- */

static void due_fired(struct loop_timer *timer)
{
    wake(CONTAINER_OF(timer, struct jobs, due_timer));
}

static void volatile_fired(struct loop_timer *timer)
{
    wake(CONTAINER_OF(timer, struct jobs, volatile_timer));
}

static void retry_fired(struct loop_timer *timer)
{
    wake(CONTAINER_OF(timer, struct jobs, retry_timer));
}

/* Outside the clock's own callback: all moments are computed anew there, which writes. */
static void after_step(struct loop_call *call)
{
    struct jobs *jobs = CONTAINER_OF(call, struct jobs, step_call);
    jobs_zones_look(jobs, 0);
    wake(jobs);
}

void jobs_hold(struct jobs *jobs, bool holds)
{
    jobs->held = holds;
    if (!holds)
        loop_defer(jobs->loop, &jobs->step_call);
}

void jobs_set_back(struct jobs *jobs)
{
    jobs->set_back = true;
    loop_defer(jobs->loop, &jobs->step_call);
}

static void clock_stepped(void *ctx)
{
    struct jobs *jobs = ctx;
    loop_defer(jobs->loop, &jobs->step_call);
}

static void turn_over(struct loop_call *call)
{
    struct jobs *jobs = CONTAINER_OF(call, struct jobs, over_call);
    jobs_memory_keep(&jobs->memory);
}

void jobs_arm_setup(struct jobs *jobs)
{
    jobs->due_timer = (struct loop_timer){.clock = LOOP_TIMER_WALL, .fire = due_fired};
    jobs->volatile_timer = (struct loop_timer){.clock = LOOP_TIMER_ELAPSED, .fire = volatile_fired};
    jobs->retry_timer = (struct loop_timer){.clock = LOOP_TIMER_ELAPSED, .fire = retry_fired};
    jobs->step_call = (struct loop_call){.run = after_step};
    jobs->over_call = (struct loop_call){.run = turn_over};
    loop_on_clock_step(jobs->loop, clock_stepped, jobs);
}

void jobs_arm_teardown(struct jobs *jobs)
{
    loop_on_clock_step(jobs->loop, NULL, jobs);
    loop_timer_disarm(jobs->loop, &jobs->due_timer);
    loop_timer_disarm(jobs->loop, &jobs->volatile_timer);
    loop_timer_disarm(jobs->loop, &jobs->retry_timer);
    loop_undefer(jobs->loop, &jobs->step_call);
    loop_undefer(jobs->loop, &jobs->over_call);
}
