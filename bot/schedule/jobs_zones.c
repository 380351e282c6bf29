/* SPDX-License-Identifier: MIT */
/* jobs_zones.c: tzdata has changed: what recurs is computed again. */
#include "schedule/jobs_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "observe/log.h"

enum { VERSION_BYTES = 24 };

#define VERSION_NAME STR("zones_version")

void jobs_zones_look(struct jobs *jobs, int64_t every_ms)
{
    if (every_ms > 0 && jobs_elapsed(jobs) - jobs->zones_checked_ms < every_ms)
        return;
    jobs->zones_checked_ms = jobs_elapsed(jobs);
    if (zones_version(jobs->zones) != jobs->zones_version)
        jobs->zones_changed = true;
}

static void version_text(uint64_t version, char out[VERSION_BYTES])
{
    (void)snprintf(out, VERSION_BYTES, "%" PRIu64, version);
}

struct again {
    struct jobs *jobs;
    int result;
};

static void compute_one(void *ctx, const struct store_job *job)
{
    struct again *again = ctx;
    int64_t at;
    if (again->result < 0 || jobs_rule_parked(job))
        return;
    int r = jobs_rule_again(again->jobs->zones, job, &at);
    if (r < 0)
        log_event(LOG_LEVEL_WARNING, "job_keeps_moment", LOG_STR("plugin", job->plugin),
                  LOG_ERRNO(r));
    else if (at != job->rule_at)
        again->result = store_jobs_set_due(again->jobs->store, job->id, at + jobs_rule_offset(job),
                                           at);
}

int jobs_zones_compute(struct jobs *jobs)
{
    struct again again = {.jobs = jobs};
    char text[VERSION_BYTES];
    uint64_t version = zones_version(jobs->zones);
    zones_refresh(jobs->zones);
    int r = store_jobs_each_recurring(jobs->store, compute_one, &again);
    if (r >= 0)
        r = again.result;
    if (r < 0)
        return r;
    version_text(version, text);
    r = store_meta_put(jobs->store, VERSION_NAME, str_of(text));
    if (r < 0)
        return r;
    log_event(LOG_LEVEL_NOTICE, "jobs_computed_again");
    jobs->zones_version = version;
    jobs->zones_changed = false;
    jobs->zones_computed = true;
    jobs->changed = true;
    return 0;
}

static void move_back(void *ctx, const struct store_job *job)
{
    struct again *again = ctx;
    struct jobs *jobs = again->jobs;
    int64_t at;
    if (again->result < 0 || jobs_rule_parked(job) ||
        jobs_rule_next(jobs->zones, job, jobs_now(jobs), &at) < 0 || at >= job->rule_at)
        return;
    again->result = store_jobs_set_due(jobs->store, job->id, at + jobs_rule_offset(job), at);
}

int jobs_back_compute(struct jobs *jobs)
{
    struct again again = {.jobs = jobs};
    int r = store_jobs_each_recurring(jobs->store, move_back, &again);
    if (r >= 0)
        r = again.result;
    if (r < 0)
        return r;
    log_event(LOG_LEVEL_NOTICE, "jobs_set_back");
    jobs->set_back = false;
    jobs->back_computed = true;
    jobs->changed = true;
    return 0;
}

int jobs_load(struct jobs *jobs)
{
    struct str kept;
    char text[VERSION_BYTES];
    arena_reset(&jobs->scratch);
    jobs->zones_version = zones_version(jobs->zones);
    jobs->zones_checked_ms = jobs_elapsed(jobs);
    version_text(jobs->zones_version, text);
    int r = store_meta_get(jobs->store, VERSION_NAME, &jobs->scratch, &kept);
    if (r == -ENOENT)
        /* a new house: nothing recurs in it yet */
        r = store_meta_put(jobs->store, VERSION_NAME, str_of(text));
    else if (r >= 0 && !str_eq_c(kept, text))
        r = jobs_zones_compute(jobs);
    if (r < 0)
        return r;
    jobs_arm_volatile(jobs);
    jobs_arm_due(jobs, INT64_MIN);
    return 0;
}
