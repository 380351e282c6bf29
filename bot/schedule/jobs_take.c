/* SPDX-License-Identifier: MIT */
/* jobs_take.c: what is due is given once, and what was missed is skipped and counted, never a
 * burst. */
#include "schedule/jobs_internal.h"

#include <errno.h>

#include "observe/log.h"

enum {
    LATE_MS = 60 * 1000,
    PARKED_MS = 60 * 60 * 1000, /* until a job whose rule or zone cannot be read is tried again */
    SKIPS_PER_TAKE = 256,       /* then a commit, so that no turn grows without end */
    ZONES_LOOK_MS = 10 * 60 * 1000,
};

static bool recurs(const struct store_job *job)
{
    return !str_empty(job->rrule);
}

/* When it was meant to be; due_at is later than that for one that was set in the past. */
static int64_t meant_at(const struct store_job *job)
{
    return job->rule_at + jobs_rule_offset(job);
}

/* Measured from when it was meant, not from when it was tried: a timer that waited in a failing
 * turn grows late as well. */
static bool is_too_late(const struct store_job *job, int64_t now)
{
    return job->late_ok_ms > 0 && now - meant_at(job) > job->late_ok_ms;
}

/* Copied out of the scratch arena: the caller's work may set and read other timers. */
static int give(struct arena *arena, const struct store_job *job, struct store_job *ret_job)
{
    struct store_job given = *job;
    struct str *const texts[] = {&given.plugin, &given.key, &given.rrule, &given.zone,
                                 &given.start_local};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        if (str_empty(*texts[i]))
            continue;
        *texts[i] = str_keep(arena, *texts[i]);
        if (!texts[i]->ptr)
            return -ENOMEM;
    }
    *ret_job = given;
    return 0;
}

/* To the first moment after `until_at`; what lies between is counted as skipped.  The rule goes on
 * from rule_at, so that a wall clock set back fires nothing again. */
static int move_on(struct jobs *jobs, const struct store_job *job, int64_t until_at)
{
    int64_t next_at, passed = 0;
    int r = jobs_rule_pass(jobs->zones, job, MAX_OF(until_at, job->rule_at), &next_at, &passed);
    if (r == 0 || r == -ENOENT)
        metric_add(jobs->skipped, passed);
    if (r == 0)
        return store_jobs_set_due(jobs->store, job->id, next_at + jobs_rule_offset(job), next_at);
    if (r == -ENOENT)
        return store_jobs_remove(jobs->store, job->id);
    /* tzdata that is being replaced has no zones for a moment: the job is not lost for that. */
    log_event(LOG_LEVEL_ERROR, "job_parked", LOG_STR("plugin", job->plugin), LOG_ERRNO(r));
    int64_t retry_at = jobs_now(jobs) + PARKED_MS;
    if (retry_at == meant_at(job))
        retry_at++;
    return store_jobs_set_due(jobs->store, job->id, retry_at, job->rule_at);
}

/* 1: given; 0: skipped, and moved on.  The row moves on in the same transaction in which the work
 * is done: undone together, it is due again; committed together, it is never given twice. */
static int take_durable(struct jobs *jobs, const struct store_job *job, struct arena *arena,
                        struct store_job *ret_job)
{
    int64_t now = jobs_now(jobs);
    int64_t passed_at = now - jobs_rule_offset(job);
    bool skip = is_too_late(job, now);
    int r = 0;
    jobs->changed = true;
    if (!skip && !jobs_rule_parked(job))
        r = give(arena, job, ret_job);
    if (r < 0)
        return r;
    if (!recurs(job))
        r = store_jobs_remove(jobs->store, job->id);
    else /* one that is too late may have a later moment that is not */
        r = move_on(jobs, job, skip ? passed_at - job->late_ok_ms - 1 : passed_at);
    if (r < 0)
        return r;
    if (jobs_rule_parked(job))
        return 0;
    metric_add(skip ? jobs->skipped : jobs->fired, 1);
    return !skip;
}

/* By the elapsed clock: an exercise's next breath is four seconds away, whatever the wall clock
 * does. */
static int take_volatile(struct jobs *jobs, struct jobs_timer *timer, struct arena *arena,
                         struct store_job *ret_job, bool *ret_late)
{
    int64_t late_ms = jobs_elapsed(jobs) - timer->node.key;
    bool skip = timer->job.late_ok_ms > 0 && late_ms > timer->job.late_ok_ms;
    int r = skip ? 0 : give(arena, &timer->job, ret_job);
    if (r == 0)
        r = jobs_memory_remove(&jobs->memory, timer);
    if (r < 0)
        return r;
    loop_defer(jobs->loop, &jobs->over_call);
    metric_add(skip ? jobs->skipped : jobs->fired, 1);
    if (skip)
        return 0;
    *ret_late = late_ms > LATE_MS;
    return 1;
}

static int take_first_volatile(struct jobs *jobs, struct arena *arena, struct store_job *ret_job,
                               bool *ret_late)
{
    for (;;) {
        struct jobs_timer *first = jobs_memory_first(&jobs->memory);
        if (!first || first->node.key > jobs_elapsed(jobs))
            return 0;
        int r = take_volatile(jobs, first, arena, ret_job, ret_late);
        jobs_arm_volatile(jobs);
        if (r != 0)
            return r;
    }
}

/* Rows that are only skipped are no work for the caller, so they are passed here, a limited number
 * in one turn. */
static int take_first_durable(struct jobs *jobs, struct arena *arena, struct store_job *ret_job,
                              bool *ret_late)
{
    int64_t now = jobs_now(jobs);
    for (int i = 0; i < SKIPS_PER_TAKE; i++) {
        struct store_job job;
        arena_reset(&jobs->scratch);
        int r = store_jobs_next(jobs->store, now, &jobs->scratch, &job);
        if (r < 0)
            return r == -ENOENT ? 0 : r;
        r = take_durable(jobs, &job, arena, ret_job);
        if (r < 0)
            return r;
        if (r > 0) {
            *ret_late = now - meant_at(&job) > LATE_MS;
            return 1;
        }
    }
    jobs->unfinished = true;
    return 0;
}

int jobs_take(struct jobs *jobs, struct arena *arena, struct store_job *ret_job, bool *ret_late)
{
    /* Volatile ones first, and in a turn without durable ones: while the disk is full those fail,
     * and with them everything in their turn; but what pages people from memory must not. */
    int r = take_first_volatile(jobs, arena, ret_job, ret_late);
    if (r != 0) {
        jobs->gave_volatile = jobs->gave_volatile || r > 0;
        return r;
    }
    if (!store_writable(jobs->store) || jobs->held)
        return 0; /* what is due stays due: the retry asks again */
    if (jobs->gave_volatile) {
        jobs->gave_volatile = false;
        jobs->unfinished = true;
        return 0;
    }
    jobs_zones_look(jobs, ZONES_LOOK_MS);
    if (jobs->zones_changed) {
        r = jobs_zones_compute(jobs);
        if (r < 0)
            return r;
    }
    if (jobs->set_back) {
        r = jobs_back_compute(jobs);
        if (r < 0)
            return r;
    }
    return take_first_durable(jobs, arena, ret_job, ret_late);
}
