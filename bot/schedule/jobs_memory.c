/* SPDX-License-Identifier: MIT */
/* jobs_memory.c: volatile timers: a heap by elapsed time, a map by name, and a journal that takes a
 * turn back. */
#include "schedule/jobs_memory.h"

#include <errno.h>
#include <inttypes.h>

enum { NAME_BYTES_MAX = 1024, CHANGES_MAX = 4 * JOBS_MEMORY_MAX };

static void timer_free(struct jobs_timer *timer)
{
    if (timer)
        mem_free(timer->name);
    mem_free(timer);
}

static void timer_cleanup(struct jobs_timer **timer)
{
    timer_free(*timer);
}

static struct jobs_timer *timer_of(struct heap_node *node)
{
    return node ? CONTAINER_OF(node, struct jobs_timer, node) : NULL;
}

static struct str name_of(const struct jobs_timer *timer)
{
    return (struct str){timer->name, timer->name_bytes};
}

void jobs_memory_done(struct jobs_memory *memory)
{
    jobs_memory_keep(memory);
    for (size_t i = 1; i <= memory->heap.count; i++)
        timer_free(timer_of(memory->heap.nodes[i]));
    heap_done(&memory->heap);
    map_done(&memory->names);
    mem_free(memory->changes);
}

/* "plugin/1/42/key": a plugin's name holds no slash. */
static void add_name(struct buf *name, struct str plugin, uint32_t owner_kind, uint64_t owner_id,
                     struct str key)
{
    buf_init(name, NAME_BYTES_MAX);
    buf_add(name, plugin);
    buf_add_format(name, "/%" PRIu32 "/%" PRIu64 "/", owner_kind, owner_id);
    buf_add(name, key);
}

struct jobs_timer *jobs_memory_find(const struct jobs_memory *memory, struct str plugin,
                                    uint32_t owner_kind, uint64_t owner_id, struct str key)
{
    AUTO_BUF name;
    add_name(&name, plugin, owner_kind, owner_id, key);
    return name.failed ? NULL : map_get(&memory->names, buf_str(&name));
}

struct jobs_timer *jobs_memory_first(const struct jobs_memory *memory)
{
    return timer_of(heap_top(&memory->heap));
}

/* One block of text holds the name; plugin and key of the job are pieces of it.  Rule, zone and
 * start are empty: what recurs is durable. */
static int timer_create(const struct store_job *job, struct jobs_timer **ret_timer)
{
    AUTO_BUF name;
    add_name(&name, job->plugin, job->owner_kind, job->owner_id, job->key);
    if (name.failed)
        return name.failed;
    struct jobs_timer *timer CLEANUP(timer_cleanup) = mem_zalloc(sizeof *timer);
    if (!timer)
        return -ENOMEM;
    timer->name = str_copy(buf_str(&name));
    if (!timer->name)
        return -ENOMEM;
    timer->name_bytes = name.len;
    timer->job = *job;
    timer->job.id = 0;
    timer->job.plugin = str_upto(name_of(timer), job->plugin.len);
    timer->job.key = str_from(name_of(timer), name.len - job->key.len);
    timer->job.rrule = timer->job.zone = timer->job.start_local = (struct str){0};
    *ret_timer = TAKE(timer);
    return 0;
}

/* In the map and in the heap, or in neither. */
static int insert(struct jobs_memory *memory, struct jobs_timer *timer, int64_t due_ms)
{
    int r = map_put(&memory->names, name_of(timer), timer);
    if (r < 0)
        return r;
    r = heap_add(&memory->heap, &timer->node, due_ms);
    if (r < 0)
        (void)map_remove(&memory->names, name_of(timer));
    return r;
}

static void take_out(struct jobs_memory *memory, struct jobs_timer *timer)
{
    heap_remove(&memory->heap, &timer->node);
    (void)map_remove(&memory->names, name_of(timer));
}

/* The core's stand whatever becomes of the turn: it is they that page people while nothing can be
 * written. */
static bool is_undoable(const struct jobs_timer *timer)
{
    return !str_empty(timer->job.plugin);
}

static int reserve_changes(struct jobs_memory *memory, size_t count)
{
    return mem_grow(&memory->changes, &memory->change_capacity, memory->change_count + count,
                    sizeof *memory->changes, CHANGES_MAX);
}

static void note(struct jobs_memory *memory, bool added, struct jobs_timer *timer)
{
    if (is_undoable(timer))
        memory->changes[memory->change_count++] = (struct jobs_change){added, timer};
    else if (!added)
        timer_free(timer);
}

int jobs_memory_remove(struct jobs_memory *memory, struct jobs_timer *timer)
{
    int r = reserve_changes(memory, 0);
    if (r < 0)
        return r;
    take_out(memory, timer);
    note(memory, false, timer);
    return 0;
}

int jobs_memory_set(struct jobs_memory *memory, const struct store_job *job, int64_t due_ms)
{
    struct jobs_timer *old = jobs_memory_find(memory, job->plugin, job->owner_kind, job->owner_id,
                                              job->key);
    struct jobs_timer *timer CLEANUP(timer_cleanup) = NULL;
    if (!old && memory->heap.count >= JOBS_MEMORY_MAX)
        return -E2BIG;
    int r = reserve_changes(memory, 1); /* room for two */
    if (r == 0)
        r = timer_create(job, &timer);
    if (r < 0)
        return r;
    /* The old one leaves first: both have one name.  Its place in map and heap is then free for the
     * new one. */
    if (old)
        take_out(memory, old);
    r = insert(memory, timer, due_ms);
    if (r < 0) {
        if (old && insert(memory, old, old->node.key) < 0)
            timer_free(old);
        return r;
    }
    if (old)
        note(memory, false, old);
    note(memory, true, TAKE(timer));
    return 0;
}

void jobs_memory_undo(struct jobs_memory *memory, uint64_t mark, int64_t not_before_ms)
{
    while (memory->change_count > 0 && jobs_memory_mark(memory) > mark) {
        struct jobs_change change = memory->changes[--memory->change_count];
        if (change.added)
            take_out(memory, change.timer);
        /* Short of memory a tick is lost, which a tick may be. */
        if (change.added ||
            insert(memory, change.timer, MAX_OF(change.timer->node.key, not_before_ms)) < 0)
            timer_free(change.timer);
    }
}

void jobs_memory_keep(struct jobs_memory *memory)
{
    for (size_t i = 0; i < memory->change_count; i++)
        if (!memory->changes[i].added)
            timer_free(memory->changes[i].timer);
    memory->changes_before += memory->change_count;
    memory->change_count = 0;
}

void jobs_memory_drop(struct jobs_memory *memory, struct str plugin)
{
    jobs_memory_keep(memory);
    size_t cursor = 0;
    struct str name;
    void *value;
    while (map_next(&memory->names, &cursor, &name, &value)) {
        struct jobs_timer *timer = value;
        if (!str_eq(timer->job.plugin, plugin))
            continue;
        take_out(memory, timer);
        timer_free(timer);
    }
}
