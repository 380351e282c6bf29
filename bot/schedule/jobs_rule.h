/* SPDX-License-Identifier: MIT */
/* jobs_rule.h: when a job comes next by its rule, and by how much it is spread. */
#ifndef SCHEDULE_JOBS_RULE_H
#define SCHEDULE_JOBS_RULE_H

#include "schedule/zones.h"
#include "store/jobs.h"

/* The first moment by the job's rule, zone and start strictly after `after_at`.  -ENOENT: none is
 * left; -ENXIO: no such zone; -EINVAL: rule, zone or start are wrong; else what zones_get and
 * recur_next_at say. */
int jobs_rule_next(struct zones *zones, const struct store_job *job, int64_t after_at,
                   int64_t *ret_at) MUST_CHECK;
/* Like jobs_rule_next from job->rule_at on, but past all moments up to `until_at`, which are
 * counted (to a limit: beyond it they are passed uncounted). */
int jobs_rule_pass(struct zones *zones, const struct store_job *job, int64_t until_at,
                   int64_t *ret_at, int64_t *ret_passed) MUST_CHECK;
/* job->rule_at by zones that have changed since: the moment that stands for the same
 * appointment. */
int jobs_rule_again(struct zones *zones, const struct store_job *job, int64_t *ret_at) MUST_CHECK;
/* 0 <= offset < spread_ms, always the same for one owner and key. */
int64_t jobs_rule_offset(const struct store_job *job);
/* Given already, but what comes next could not be computed then (its zone was missing): only that
 * is left to do. */
bool jobs_rule_parked(const struct store_job *job);

#endif
