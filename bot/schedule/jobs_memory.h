/* SPDX-License-Identifier: MIT */
/* jobs_memory.h: volatile timers: a heap by elapsed time, a map by name, and a journal that takes a
 * turn back. */
#ifndef SCHEDULE_JOBS_MEMORY_H
#define SCHEDULE_JOBS_MEMORY_H

#include "base/heap.h"
#include "base/map.h"
#include "store/jobs.h"

enum { JOBS_MEMORY_MAX = 16384 };

/* One timer; plugin, key and the rest of `job` are its own. */
struct jobs_timer {
    /* key: when it is due by the elapsed clock, so that a set wall clock does not stop an
     * exercise */
    struct heap_node node;
    struct store_job job;
    char *name; /* what the map knows it by; job.plugin and job.key point into it */
    size_t name_bytes;
};

struct jobs_change {
    bool added; /* else removed */
    struct jobs_timer *timer;
};

struct jobs_memory {
    struct heap heap;
    struct map names;
    /* What this turn did, oldest first; timers that were removed live on here until it ends. */
    struct jobs_change *changes;
    size_t change_count, change_capacity;
    uint64_t changes_before; /* of earlier turns */
};
void jobs_memory_done(struct jobs_memory *memory);

/* Replaces the one of this name.  -E2BIG: too many; -ENOMEM; then nothing has changed. */
int jobs_memory_set(struct jobs_memory *memory, const struct store_job *job,
                    int64_t due_ms) MUST_CHECK;
struct jobs_timer *jobs_memory_find(const struct jobs_memory *memory, struct str plugin,
                                    uint32_t owner_kind, uint64_t owner_id, struct str key);
struct jobs_timer *jobs_memory_first(const struct jobs_memory *memory); /* NULL: none */
/* -ENOMEM: it stays */
int jobs_memory_remove(struct jobs_memory *memory, struct jobs_timer *timer) MUST_CHECK;
/* for good: no turn brings them back */
void jobs_memory_drop(struct jobs_memory *memory, struct str plugin);

static inline uint64_t jobs_memory_mark(const struct jobs_memory *memory)
{
    return memory->changes_before + memory->change_count;
}
/* As it was at the mark; what was taken is due again, but not before `not_before_ms`. */
void jobs_memory_undo(struct jobs_memory *memory, uint64_t mark, int64_t not_before_ms);
void jobs_memory_keep(struct jobs_memory *memory); /* the turn stands */

#endif
