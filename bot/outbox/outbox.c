/* SPDX-License-Identifier: MIT */
/* outbox.c: the outbox's life, and what a turn's commit or rollback means for what it queued. */
#include "outbox/internal.h"

#include <errno.h>

#include "observe/log.h"

enum { SCRATCH_BYTES_MAX = 4 * 1024 * 1024 };

int64_t outbox_now(const struct outbox *outbox)
{
    return clock_wall_at(loop_clock(outbox->parts.loop));
}

/* ---- life ------------------------------------------------------------------------------------ */

static void pump_called(struct loop_call *call)
{
    outbox_pump(CONTAINER_OF(call, struct outbox, pump));
}

static void clock_fired(struct loop_timer *timer)
{
    outbox_pump(CONTAINER_OF(timer, struct outbox, clock_timer));
}

/* Also the time-out of a network that said "not now" and never "ready": another target has its
 * turn. */
static void flush_fired(struct loop_timer *timer)
{
    struct outbox *outbox = CONTAINER_OF(timer, struct outbox, flush_timer);
    outbox_ends_flush(outbox);
    if (!TAKE(outbox->retry_soon))
        return;
    for (struct outbox_network *network = outbox->networks; network; network = network->next)
        network->blocked = OUTBOX_PRIORITY_COUNT;
    outbox_pump(outbox);
}

static void make_metrics(struct outbox *outbox)
{
    struct metrics *all = outbox->parts.metrics;
    struct outbox_metrics *m = &outbox->metrics;
    m->queued = metrics_counter(all, "mooring_outbox_queued_total", "Messages queued.", NULL,
                                STR(""));
    m->sent = metrics_counter(all, "mooring_outbox_sent_total", "Messages confirmed or written.",
                              NULL, STR(""));
    m->expired = metrics_counter(all, "mooring_outbox_expired_total",
                                 "Messages that became too old to send.", NULL, STR(""));
    m->unknown = metrics_counter(all, "mooring_outbox_unknown_total",
                                 "Messages of which nobody knows whether they arrived.", NULL,
                                 STR(""));
    m->refused = metrics_counter(all, "mooring_outbox_refused_total",
                                 "Messages that a network refused.", NULL, STR(""));
    m->failed = metrics_counter(all, "mooring_outbox_failed_total",
                                "Tries that failed and are tried again.", NULL, STR(""));
    m->again = metrics_counter(all, "mooring_outbox_again_total", "Crisis messages said again.",
                               NULL, STR(""));
    m->memory = metrics_counter(all, "mooring_outbox_memory_total",
                                "Crisis messages sent past a store that cannot be written.", NULL,
                                STR(""));
    m->full = metrics_counter(all, "mooring_outbox_full_total",
                              "Messages refused because a queue was full.", NULL, STR(""));
    m->waiting = metrics_gauge(all, "mooring_outbox_waiting", "Messages in memory.", NULL, STR(""));
}

int outbox_create(const struct outbox_parts *parts, struct outbox **ret_outbox)
{
    struct outbox *outbox = mem_zalloc(sizeof *outbox);
    if (!outbox)
        return -ENOMEM;
    outbox->parts = *parts;
    arena_init(&outbox->arena, SCRATCH_BYTES_MAX);
    outbox->pump.run = pump_called;
    outbox->clock_timer = (struct loop_timer){.clock = LOOP_TIMER_WALL, .fire = clock_fired};
    outbox->flush_timer = (struct loop_timer){.clock = LOOP_TIMER_ELAPSED, .fire = flush_fired};
    make_metrics(outbox);
    *ret_outbox = outbox;
    return 0;
}

void outbox_destroy(struct outbox *outbox)
{
    if (!outbox)
        return;
    loop_undefer(outbox->parts.loop, &outbox->pump);
    loop_timer_disarm(outbox->parts.loop, &outbox->clock_timer);
    loop_timer_disarm(outbox->parts.loop, &outbox->flush_timer);
    size_t cursor = 0;
    void *entry;
    struct str key;
    while (map_next(&outbox->entries, &cursor, &key, &entry))
        outbox_entry_drop(outbox, entry);
    struct outbox_network *next;
    for (struct outbox_network *network = outbox->networks; network; network = next) {
        next = network->next;
        outbox_queue_done(network);
    }
    outbox_sources_done(outbox);
    outbox_offers_done(outbox);
    outbox_notes_done(outbox);
    map_done(&outbox->entries);
    heap_done(&outbox->due);
    heap_done(&outbox->expiry);
    mem_free(outbox->ends);
    arena_done(&outbox->arena);
    mem_free(outbox);
}

void outbox_reloaded(struct outbox *outbox, struct groups *groups, const struct text *text)
{
    outbox->parts.groups = groups;
    outbox->parts.text = text;
    outbox_pauses_load(outbox);
}

void outbox_on_result(struct outbox *outbox,
                      void (*told)(void *ctx, const struct outbox_result *result), void *ctx)
{
    outbox->told = told;
    outbox->told_ctx = ctx;
}

/* ---- the turn's end -------------------------------------------------------------------------- */

/* Called from inside store_commit: nothing here may write. */
void outbox_committed(struct outbox *outbox)
{
    outbox_ends_settle(outbox, true);
    while (outbox->taken_back.first)
        outbox_entry_drop(outbox, outbox->taken_back.first);
    bool any = outbox->staged.first != NULL || outbox->redacts;
    while (outbox->staged.first) {
        struct outbox_entry *entry = outbox->staged.first;
        outbox_list_remove(&outbox->staged, entry);
        outbox_entry_wait(outbox, entry);
    }
    if (any || outbox->more_rows)
        outbox_wake(outbox); /* never from inside the commit: sending marks rows, in a transaction
                                of its own */
}

static bool row_exists(struct outbox *outbox, uint64_t id)
{
    struct store_outbox_row row;
    int r = store_outbox_get(outbox->parts.store, id, &outbox->arena, &row);
    if (r < 0 && r != -ENOENT)
        outbox->more_rows = true; /* it cannot say: read again after the next commit, rather than
                                     say what was undone */
    return r == 0;
}

/* A whole turn that the disk undid keeps its crisis messages and what the house says of itself:
 * they go out of memory, once. */
static void to_memory_lane(struct outbox *outbox, struct outbox_entry *entry)
{
    (void)map_remove_id(&outbox->entries, entry->id);
    entry->id = OUTBOX_MEMORY_ID | ++outbox->next_memory_id;
    if (map_put_id(&outbox->entries, entry->id, entry) < 0)
        /* it goes; its end will not be known */
        log_event(LOG_LEVEL_ERROR, "outbox_memory", LOG_ERRNO(-ENOMEM));
    outbox_list_remove(&outbox->staged, entry);
    entry->network->marked += !entry->in_flight;
    entry->in_flight = true;
    entry->has_row = false;
    outbox_note_said(outbox, entry);
    metric_add(outbox->metrics.memory, 1);
    outbox_entry_wait(outbox, entry);
    outbox_wake(outbox);
}

static bool disk_undid_it(struct outbox *outbox)
{
    struct store *store = outbox->parts.store;
    return !store_in_transaction(store) && !store_writable(store);
}

/* Of a whole turn or of one plugin's call: which of the two, the rows themselves say.  Memory keeps
 * what the store kept; an entry that was taken back by what is now undone waits again. */
void outbox_rolled_back(struct outbox *outbox)
{
    outbox_ends_settle(outbox, false);
    bool to_memory = outbox->staged.first && disk_undid_it(outbox);
    struct outbox_entry *next;
    for (struct outbox_entry *entry = outbox->staged.first; entry; entry = next) {
        next = entry->next;
        if (to_memory && entry->past_disk && !outbox->expects_repeat)
            to_memory_lane(outbox, entry);
        else if (to_memory || !row_exists(outbox, entry->id))
            outbox_entry_drop(outbox, entry);
    }
    for (struct outbox_entry *entry = outbox->taken_back.first; entry; entry = next) {
        next = entry->next;
        if (map_get_id(&outbox->entries, entry->id) != entry) {
            /* made and taken back by what was undone, and its id is another's now */
            outbox_entry_drop(outbox, entry);
            continue;
        }
        /* still taken back: the commit sweeps it */
        if (!row_exists(outbox, entry->id))
            continue;
        outbox_list_remove(&outbox->taken_back, entry);
        entry->network->marked += entry->in_flight;
        outbox_entry_wait(outbox, entry);
        outbox_wake(outbox);
    }
    outbox_pauses_load(outbox);
}
