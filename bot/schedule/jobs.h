/* SPDX-License-Identifier: MIT */
/* jobs.h: durable timers as RRULE + zone + local start, and volatile ones in memory. */
#ifndef SCHEDULE_JOBS_H
#define SCHEDULE_JOBS_H

#include "base/random.h"
#include "loop/loop.h"
#include "mooring.h"
#include "observe/metrics.h"
#include "schedule/zone.h"
#include "store/jobs.h"

struct jobs;
/* `wake` is called from the loop when something is due; the caller opens a turn and takes it. */
int jobs_create(struct loop *loop, struct store *store, struct zones *zones,
                struct metrics *metrics, struct random *random, void (*wake)(void *ctx), void *ctx,
                struct jobs **ret_jobs) MUST_CHECK;
void jobs_destroy(struct jobs *jobs);
/* At start, after a clock step, a resume, a tzdata change: what recurs is computed again where the
 * zones changed; arms. */
int jobs_load(struct jobs *jobs) MUST_CHECK;

/* plugin "": the core's.  Setting again with the same rule keeps the next moment.  -EINVAL: rule,
 * zone or start are wrong. A rule whose moments have all passed sets nothing and is no error.  A
 * volatile one (`at` only; it goes by the elapsed clock) counts at once; it is taken back when the
 * whole turn is rolled back, unless it is the core's: those page people while nothing can be
 * written.  -E2BIG: too many volatile ones. */
int jobs_set(struct jobs *jobs, struct str plugin, struct mooring_owner owner, struct str key,
             const struct mooring_when *when) MUST_CHECK;
/* -ENOENT */
int jobs_cancel(struct jobs *jobs, struct str plugin, struct mooring_owner owner,
                struct str key) MUST_CHECK;
int jobs_next(struct jobs *jobs, struct str plugin, struct mooring_owner owner, struct str key,
              int64_t *ret_at) MUST_CHECK;
void jobs_drop_volatile(struct jobs *jobs, struct str plugin); /* the plugin is unloaded */

/* Inside a turn: takes the earliest due one (1) and moves it on or removes it; 0: none.  Copied
 * into the arena.  Late beyond late_ok_ms: skipped and counted here, not given (late_ok_ms 0:
 * always given).  A volatile one comes with job->id 0. */
int jobs_take(struct jobs *jobs, struct arena *arena, struct store_job *ret_job,
              bool *ret_late) MUST_CHECK;
/* A job that was just taken comes again in `in_ms` (its late_ok still counts from when it was
 * meant); what recurs goes on by its rule and stays as it is. */
int jobs_put_off(struct jobs *jobs, const struct store_job *job, int64_t in_ms) MUST_CHECK;
/* What one failed call of a turn did to volatile ones, taken back: as they were at the mark. */
uint64_t jobs_mark(const struct jobs *jobs);
void jobs_undo(struct jobs *jobs, uint64_t mark);
/* The wall clock cannot be right: no durable one is given, none is late, and none is lost. */
void jobs_hold(struct jobs *jobs, bool holds);
/* The wall clock was set back by days: what recurs is due at its next moment by the clock now, not
 * by the one that was. */
void jobs_set_back(struct jobs *jobs);
void jobs_committed(struct jobs *jobs); /* arms the loop for the next one */
void jobs_rolled_back(struct jobs *jobs);

#endif
