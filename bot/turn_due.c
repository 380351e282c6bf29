/* SPDX-License-Identifier: MIT */
/* turn_due.c: what is due by the clock, many timers to a commit. */
#include "turn_internal.h"

#include <errno.h>

#include "base/die.h"
#include "commands/commands.h"
#include "observe/log.h"
#include "store/link.h"

enum {
    DUE_PER_COMMIT = 64,
    CORE_AGAIN_MS = 10 * 60 * 1000, /* until one of our own timers that failed is tried again */
};

static int run_core_work(struct turn *turn, const struct store_job *job, bool late)
{
    if (str_eq_c(job->key, TURN_PRUNE_KEY))
        return inbox_prune(turn->parts.inbox);
    if (str_eq_c(job->key, COMMANDS_LINK_KEY)) {
        int ended = store_link_end_due(turn->parts.store);
        return ended < 0 ? ended : commands_arm_links(turn->parts.jobs, turn->parts.store);
    }
    int r = turn->parts.job ? turn->parts.job(turn->parts.ctx, job) : 0;
    return r != 0 ? MIN_OF(r, 0) : alerts_due(turn->parts.alerts, job, late);
}

/* In a savepoint of its own: one of ours that fails, or that the process dies of, is put off and
 * does not keep all others from being given. */
static int run_core_job(struct turn *turn, const struct store_job *job, bool late)
{
    struct store *store = turn->parts.store;
    struct store_savepoint savepoint;
    int r = store_savepoint(store, &savepoint);
    if (r < 0)
        return r;
    r = host_core_timer_begin(turn->parts.host, job);
    if (r == 0) {
        r = run_core_work(turn, job, late);
        host_core_timer_end(turn->parts.host);
    }
    if (r >= 0)
        return store_release(store, savepoint);
    if (turn_floor_only(turn))
        return r; /* no timer is to blame for the disk */
    log_event(LOG_LEVEL_ERROR, "timer_put_off", LOG_TEXT("plugin", "core"), LOG_ERRNO(r));
    r = store_rollback_to(store, savepoint);
    return r < 0 ? r : jobs_put_off(turn->parts.jobs, job, CORE_AGAIN_MS);
}

static int run_job(struct turn *turn, const struct store_job *job, bool late)
{
    if (str_empty(job->plugin))
        return run_core_job(turn, job, late);
    int r = host_timer(turn->parts.host, job, late);
    if (r < 0 && store_lost_transaction(turn->parts.store))
        return r;
    const char *skipped = host_take_skipped(turn->parts.host);
    return skipped ? turn_bury_job(turn, job, skipped)
                   : 0; /* a plugin's failure is its own: undone, counted and told */
}

void turn_due(struct turn *turn)
{
    bool more = true;
    while (more) {
        clock_refresh(turn->parts.clock);
        unsigned long shortages = mem_shortages();
        int r = 0;
        more = false;
        for (int i = 0; i < DUE_PER_COMMIT && r >= 0; i++) {
            struct store_job job;
            bool late;
            r = jobs_take(turn->parts.jobs, host_arena(turn->parts.host), &job, &late);
            if (r <= 0)
                break;
            DIE_AT(DIE_TIMER_DUE);
            r = run_job(turn, &job, late);
            more = i + 1 == DUE_PER_COMMIT;
        }
        r = turn_end(turn, shortages, r);
        if (r < 0) {
            if (!turn_floor_only(turn))
                log_event(LOG_LEVEL_ERROR, "timer_turn_failed", LOG_ERRNO(r));
            return; /* jobs_rolled_back arms again, later */
        }
    }
}
