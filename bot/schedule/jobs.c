/* SPDX-License-Identifier: MIT */
/* jobs.c: durable timers as RRULE + zone + local start, and volatile ones in memory: set,
 * cancelled, kept with the turn. */
#include <errno.h>

#include "base/abi.h"
#include "schedule/jobs_internal.h"

enum { SPREAD_MAX_MS = 24 * 60 * 60 * 1000, RETAKE_MS = 1000 };

/* ---- setting --------------------------------------------------------------------------------- */

/* What the caller's header knows of the struct; the rest is zero. */
static int read_when(const struct mooring_when *when, struct mooring_when *ret_when)
{
    struct mooring_when known = {0};
    if (when->struct_size < offsetof(struct mooring_when, rrule))
        return -EINVAL;
    memcpy(&known, when, MIN_OF(when->struct_size, sizeof known));
    bool by_rule = known.rrule.len || known.zone.len || known.start_local.len;
    if (known.at < 0 || (known.at != 0) == by_rule || known.late_ok_ms < 0)
        return -EINVAL;
    if (known.spread_ms < 0 || known.spread_ms > SPREAD_MAX_MS)
        return -EINVAL;
    if ((known.flags & MOORING_WHEN_VOLATILE) && by_rule)
        return -EINVAL; /* what comes again is worth a row */
    *ret_when = known;
    return 0;
}

static struct store_job job_of(struct str plugin, struct mooring_owner owner, struct str key,
                               const struct mooring_when *when)
{
    return (struct store_job){
        .plugin = plugin,
        .owner_kind = owner.kind,
        .owner_id = owner.id,
        .key = key,
        .rrule = abi_take(when->rrule),
        .zone = abi_take(when->zone),
        .start_local = abi_take(when->start_local),
        .late_ok_ms = when->late_ok_ms,
        .spread_ms = when->spread_ms,
        .flags = when->flags,
    };
}

/* Valid until the next use of the scratch arena: read, decide, write, no longer. */
static int find_durable(struct jobs *jobs, const struct store_job *job, struct store_job *ret_job)
{
    arena_reset(&jobs->scratch);
    return store_jobs_get(jobs->store, job->plugin, job->owner_kind, job->owner_id, job->key,
                          &jobs->scratch, ret_job);
}

static int remove_volatile(struct jobs *jobs, const struct store_job *job)
{
    struct jobs_timer *timer = jobs_memory_find(&jobs->memory, job->plugin, job->owner_kind,
                                                job->owner_id, job->key);
    if (!timer)
        return -ENOENT;
    int r = jobs_memory_remove(&jobs->memory, timer);
    if (r < 0)
        return r;
    loop_defer(jobs->loop, &jobs->over_call);
    jobs_arm_volatile(jobs);
    return 0;
}

static int remove_row(struct jobs *jobs, uint64_t id)
{
    int r = store_jobs_remove(jobs->store, id);
    if (r >= 0)
        jobs->changed = true;
    return r;
}

static int remove_durable(struct jobs *jobs, const struct store_job *job)
{
    struct store_job old;
    int r = find_durable(jobs, job, &old);
    return r < 0 ? r : remove_row(jobs, old.id);
}

static int none_is_fine(int r)
{
    return r == -ENOENT ? 0 : r;
}

/* In the past: at the next round, never in this one, so that a timer that sets itself again cannot
 * hold the turn. */
static int64_t not_in_this_round(int64_t at, int64_t now)
{
    return MAX_OF(at, now + 1);
}

static int set_volatile(struct jobs *jobs, struct store_job *job, int64_t at)
{
    job->rule_at = at;
    job->due_at = at;
    int64_t in_ms = not_in_this_round(at, jobs_now(jobs)) - jobs_now(jobs);
    if (!str_empty(job->plugin)) {
        /* The core's must work while nothing can be read or written; its keys are never of both
         * kinds. */
        int r = none_is_fine(remove_durable(jobs, job));
        if (r < 0)
            return r;
    }
    int r = jobs_memory_set(&jobs->memory, job, jobs_elapsed(jobs) + in_ms);
    if (r == -E2BIG)
        metric_add(jobs->refused, 1);
    if (r < 0)
        return r;
    loop_defer(jobs->loop, &jobs->over_call);
    jobs_arm_volatile(jobs);
    return 0;
}

/* A plugin sets its timers again at every start; the same rule must not begin anew, or a restart
 * between due and given would skip the moment. */
static bool same_rule(const struct store_job *a, const struct store_job *b)
{
    return str_eq(a->rrule, b->rrule) && str_eq(a->zone, b->zone) &&
           str_eq(a->start_local, b->start_local);
}

/* The moment by rule, or as asked for. */
static int first_moment(struct jobs *jobs, const struct store_job *job, int64_t at, int64_t *ret_at)
{
    if (at != 0) {
        *ret_at = at;
        return 0;
    }
    int r = jobs_rule_next(jobs->zones, job, jobs_now(jobs), ret_at);
    return r == -ELOOP ? -EINVAL : r; /* a rule too odd to be followed */
}

/* The zone is asked even where the row stays: a misspelt one is an error whenever it is set. */
static int check_zone(struct jobs *jobs, const struct store_job *job)
{
    const struct zone *zone;
    if (str_empty(job->zone))
        return 0;
    int r = zones_get(jobs->zones, job->zone, &zone);
    return r == -ENOENT ? -EINVAL : r;
}

/* Keeps what stands where nothing changes, so that setting all timers of all groups at a start
 * writes no row. */
static int set_durable(struct jobs *jobs, struct store_job *job, int64_t at)
{
    struct store_job old;
    uint64_t id;
    int r = check_zone(jobs, job);
    if (r < 0)
        return r;
    r = find_durable(jobs, job, &old);
    if (r < 0 && r != -ENOENT)
        return r;
    bool is_new = r == -ENOENT;
    bool stays = !is_new && same_rule(&old, job) && (at == 0 || at == old.rule_at);
    if (stays && old.late_ok_ms == job->late_ok_ms && old.spread_ms == job->spread_ms &&
        old.flags == job->flags)
        return 0;
    if (stays && !jobs_rule_parked(&old))
        job->rule_at = old.rule_at;
    else
        r = first_moment(jobs, job, at, &job->rule_at);
    /* a series that is over: nothing is left to be set, and nothing of the old one either */
    if (r == -ENOENT)
        return is_new ? 0 : remove_row(jobs, old.id);
    if (r < 0)
        return r;
    job->due_at = not_in_this_round(job->rule_at + jobs_rule_offset(job), jobs_now(jobs));
    if (!str_empty(job->rrule))
        /* jobs_take tells parked ones by this */
        job->due_at = job->rule_at + jobs_rule_offset(job);
    r = store_jobs_put(jobs->store, job, &id);
    if (r == 0)
        jobs->changed = true;
    return r;
}

/* One name, one timer: a durable one takes the place of a volatile one and the other way round. */
int jobs_set(struct jobs *jobs, struct str plugin, struct mooring_owner owner, struct str key,
             const struct mooring_when *when)
{
    struct mooring_when known;
    int r = read_when(when, &known);
    if (r < 0)
        return r;
    struct store_job job = job_of(plugin, owner, key, &known);
    if (known.flags & MOORING_WHEN_VOLATILE)
        return set_volatile(jobs, &job, known.at);
    r = set_durable(jobs, &job, known.at);
    return r < 0 ? r : none_is_fine(remove_volatile(jobs, &job));
}

int jobs_cancel(struct jobs *jobs, struct str plugin, struct mooring_owner owner, struct str key)
{
    struct store_job job = {
        .plugin = plugin, .owner_kind = owner.kind, .owner_id = owner.id, .key = key};
    int r = remove_volatile(jobs, &job);
    return r == -ENOENT ? remove_durable(jobs, &job) : r;
}

int jobs_put_off(struct jobs *jobs, const struct store_job *job, int64_t in_ms)
{
    struct store_job later = *job;
    uint64_t id;
    if (!str_empty(job->rrule))
        return 0;
    if (job->id == 0) {
        int r = jobs_memory_set(&jobs->memory, job, jobs_elapsed(jobs) + in_ms);
        loop_defer(jobs->loop, &jobs->over_call);
        jobs_arm_volatile(jobs);
        return r;
    }
    later.due_at = jobs_now(jobs) + in_ms;
    int r = store_jobs_put(jobs->store, &later, &id);
    if (r == 0)
        jobs->changed = true;
    return r;
}

int jobs_next(struct jobs *jobs, struct str plugin, struct mooring_owner owner, struct str key,
              int64_t *ret_at)
{
    struct store_job job = {.plugin = plugin,
                            .owner_kind = owner.kind,
                            .owner_id = owner.id,
                            .key = key},
                     found;
    const struct jobs_timer *timer = jobs_memory_find(&jobs->memory, plugin, owner.kind, owner.id,
                                                      key);
    int r = 0;
    if (timer)
        found = timer->job;
    else
        r = find_durable(jobs, &job, &found);
    if (r == 0)
        *ret_at = found.due_at;
    return r;
}

void jobs_drop_volatile(struct jobs *jobs, struct str plugin)
{
    jobs_memory_drop(&jobs->memory, plugin);
    jobs_arm_volatile(jobs);
}

/* ---- the turn -------------------------------------------------------------------------------- */

/* Volatile timers are no part of the database's transaction, so a failed call's are taken back by
 * this mark, as its rows are by the savepoint. */
uint64_t jobs_mark(const struct jobs *jobs)
{
    return jobs_memory_mark(&jobs->memory);
}

void jobs_undo(struct jobs *jobs, uint64_t mark)
{
    jobs_memory_undo(&jobs->memory, mark, INT64_MIN);
    jobs_arm_volatile(jobs);
}

/* Only now is what was taken gone for good, and only now may the loop's timer be set by what the
 * rows say. */
void jobs_committed(struct jobs *jobs)
{
    jobs_memory_keep(&jobs->memory);
    jobs->zones_computed = false;
    jobs->back_computed = false;
    jobs->gave_volatile = false;
    jobs_arm_after_commit(jobs);
    jobs->changed = false;
}

void jobs_rolled_back(struct jobs *jobs)
{
    if (store_in_transaction(jobs->store))
        return; /* to a savepoint: the database's own are back; whose call failed knows its mark */
    /* What was taken comes again, but not at once: what failed now will fail now. */
    jobs_memory_undo(&jobs->memory, 0, jobs_elapsed(jobs) + RETAKE_MS);
    jobs_arm_volatile(jobs);
    jobs->zones_changed = jobs->zones_changed || jobs->zones_computed;
    jobs->zones_computed = false;
    jobs->set_back = jobs->set_back || jobs->back_computed;
    jobs->back_computed = false;
    jobs->gave_volatile = false;
    jobs->changed = false;
    jobs_arm_again(jobs);
}

/* ---- life ------------------------------------------------------------------------------------ */

int jobs_create(struct loop *loop, struct store *store, struct zones *zones,
                struct metrics *metrics, struct random *random, void (*wake)(void *ctx), void *ctx,
                struct jobs **ret_jobs)
{
    struct jobs *jobs = mem_zalloc(sizeof *jobs);
    if (!jobs)
        return -ENOMEM;
    jobs->loop = loop;
    jobs->clock = loop_clock(loop);
    jobs->store = store;
    jobs->zones = zones;
    jobs->random = random;
    jobs->wake = wake;
    jobs->ctx = ctx;
    struct str none = {0};
    jobs->fired = metrics_counter(metrics, "mooring_jobs_fired_total",
                                  "Timers that were given when due.", NULL, none);
    jobs->skipped = metrics_counter(metrics, "mooring_jobs_skipped_total",
                                    "Moments that passed while we were away.", NULL, none);
    jobs->refused = metrics_counter(metrics, "mooring_jobs_refused_total",
                                    "Volatile timers beyond the ceiling.", NULL, none);
    jobs->in_memory = metrics_gauge(metrics, "mooring_jobs_volatile", "Volatile timers waiting.",
                                    NULL, none);
    arena_init(&jobs->scratch, 0);
    jobs_arm_setup(jobs);
    *ret_jobs = jobs;
    return 0;
}

void jobs_destroy(struct jobs *jobs)
{
    if (!jobs)
        return;
    jobs_arm_teardown(jobs);
    jobs_memory_done(&jobs->memory);
    arena_done(&jobs->scratch);
    mem_free(jobs);
}
