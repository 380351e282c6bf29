/* SPDX-License-Identifier: MIT */
/* jobs.h (store): durable timers. */
#ifndef STORE_JOBS_H
#define STORE_JOBS_H

#include "store/store.h"

struct store_job {
    uint64_t id;
    struct str plugin; /* "" the core */
    uint32_t owner_kind;
    uint64_t owner_id;
    struct str key;
    int64_t due_at;  /* the next moment */
    int64_t rule_at; /* the moment by rule (before spreading); recurrence goes on from it */
    struct str rrule, zone, start_local; /* empty rrule: once */
    int64_t late_ok_ms, spread_ms;
    uint64_t flags;
};
/* replaces plugin+owner+key */
int store_jobs_put(struct store *store, const struct store_job *job, uint64_t *ret_id) MUST_CHECK;
int store_jobs_get(struct store *store, struct str plugin, uint32_t owner_kind, uint64_t owner_id,
                   struct str key, struct arena *arena, struct store_job *ret_job) MUST_CHECK;
int store_jobs_remove(struct store *store, uint64_t id) MUST_CHECK;
int store_jobs_set_due(struct store *store, uint64_t id, int64_t due_at,
                       int64_t rule_at) MUST_CHECK;
/* -ENOENT; by an index, whatever the number */
int store_jobs_first_due(struct store *store, int64_t *ret_due_at) MUST_CHECK;
/* The earliest job due at or before `at`: -ENOENT.  In the arena. */
int store_jobs_next(struct store *store, int64_t at, struct arena *arena,
                    struct store_job *ret_job) MUST_CHECK;
/* Recurring ones, to compute again (`zone` empty: all): each may call store_jobs_set_due. */
int store_jobs_each_recurring(struct store *store,
                              void (*each)(void *ctx, const struct store_job *job),
                              void *ctx) MUST_CHECK;
/* All of one owner. */
int store_jobs_each_of(struct store *store, uint32_t owner_kind, uint64_t owner_id,
                       void (*each)(void *ctx, const struct store_job *job), void *ctx) MUST_CHECK;
int store_jobs_count(struct store *store, int64_t *ret_count) MUST_CHECK;

#endif
