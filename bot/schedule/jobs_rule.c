/* SPDX-License-Identifier: MIT */
/* jobs_rule.c: when a job comes next by its rule, and by how much it is spread. */
#include "schedule/jobs_rule.h"

#include <errno.h>

#include "schedule/recur.h"

enum {
    PASS_COUNT_MAX = 128,
    NEAR_STEPS_MAX = 64,
    /* Governments move clocks by an hour, seldom by two; a rule of several times a day is told
     * apart by less. */
    NEAR_MS = 3 * 60 * 60 * 1000,
};

int jobs_rule_next(struct zones *zones, const struct store_job *job, int64_t after_at,
                   int64_t *ret_at)
{
    const struct zone *zone;
    struct civil start;
    int r = zones_get(zones, job->zone, &zone);
    if (r == -ENOENT)
        return -ENXIO; /* not "none is left": such a job would be removed */
    if (r == 0)
        r = civil_parse(job->start_local, &start);
    if (r < 0)
        return r == -ERANGE ? -EINVAL : r;
    return recur_next_at(job->rrule, zone, &start, after_at, ret_at);
}

int jobs_rule_pass(struct zones *zones, const struct store_job *job, int64_t until_at,
                   int64_t *ret_at, int64_t *ret_passed)
{
    int64_t at, passed = 0;
    int r = jobs_rule_next(zones, job, job->rule_at, &at);
    while (r == 0 && at <= until_at) {
        passed++;
        /* A rule of every minute, after a month away: the rest in one step. */
        r = jobs_rule_next(zones, job, passed < PASS_COUNT_MAX ? at : until_at, &at);
    }
    if (r < 0 && r != -ENOENT)
        return r;
    *ret_passed = passed;
    if (r == 0)
        *ret_at = at;
    return r;
}

int jobs_rule_again(struct zones *zones, const struct store_job *job, int64_t *ret_at)
{
    /* The appointment's local time is not stored, and "the next after now" would say one again that
     * was said already when its clocks moved on: so the nearest to what was planned, the later one
     * of two. */
    int64_t before = INT64_MIN, at;
    int r = jobs_rule_next(zones, job, job->rule_at - NEAR_MS, &at);
    for (int i = 0; r == 0 && at < job->rule_at && i < NEAR_STEPS_MAX; i++) {
        before = at;
        r = jobs_rule_next(zones, job, at, &at);
    }
    if (r == 0 && at < job->rule_at)
        r = jobs_rule_next(zones, job, job->rule_at - 1, &at);
    if (r < 0 && r != -ENOENT)
        return r;
    bool has_before = before != INT64_MIN;
    if (r == -ENOENT && !has_before)
        return r;
    *ret_at = r == -ENOENT || (has_before && job->rule_at - before < at - job->rule_at) ? before
                                                                                        : at;
    return 0;
}

static uint64_t mix(uint64_t hash, const void *bytes, size_t size)
{
    const unsigned char *byte = bytes;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ byte[i]) * 0x100000001b3u; /* FNV-1a */
    return hash;
}

int64_t jobs_rule_offset(const struct store_job *job)
{
    if (job->spread_ms <= 0)
        return 0;
    uint64_t hash = mix(0xcbf29ce484222325u, &job->owner_kind, sizeof job->owner_kind);
    hash = mix(hash, &job->owner_id, sizeof job->owner_id);
    hash = mix(hash, job->plugin.ptr, job->plugin.len);
    hash = mix(hash, job->key.ptr, job->key.len);
    /* FNV's low bits are poor; this spreads the high ones over them (MurmurHash3's finalizer). */
    hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccdu;
    hash ^= hash >> 33;
    return (int64_t)(hash % (uint64_t)job->spread_ms);
}

bool jobs_rule_parked(const struct store_job *job)
{
    return !str_empty(job->rrule) && job->due_at != job->rule_at + jobs_rule_offset(job);
}
