/* SPDX-License-Identifier: MIT */
/* ends.c: ends of messages, gathered so that they ride with the next commit instead of costing one
 * each. */
#include "outbox/internal.h"

#include <errno.h>

#include "observe/log.h"

enum { RETRY_MS = 5000, BATCH_MS = 1000 };

static void arm(struct outbox *outbox, int64_t in_ms)
{
    if (!loop_timer_armed(&outbox->flush_timer) &&
        loop_timer_arm_in(outbox->parts.loop, &outbox->flush_timer, in_ms) < 0)
        log_event(LOG_LEVEL_WARNING, "outbox_timer", LOG_ERRNO(-ENOMEM));
}

/* Order does not matter among ends, each id stands once: the last fills the gap. */
void outbox_ends_forget(struct outbox *outbox, uint64_t id)
{
    for (size_t i = 0; i < outbox->end_count; i++)
        if (outbox->ends[i].id == id) {
            mem_free(outbox->ends[i].note);
            outbox->ends[i--] = outbox->ends[--outbox->end_count];
        }
}

bool outbox_ends_hold(const struct outbox *outbox, uint64_t id)
{
    for (size_t i = 0; i < outbox->end_count; i++)
        if (outbox->ends[i].id == id && !outbox->ends[i].again)
            return true;
    return false;
}

/* The newest word about a message replaces an older one: "back to the queue" and then "sent" must
 * not both be written. */
void outbox_ends_add(struct outbox *outbox, const struct outbox_end *end)
{
    outbox_ends_forget(outbox, end->id);
    int r = mem_grow(&outbox->ends, &outbox->end_capacity, outbox->end_count, sizeof *outbox->ends,
                     OUTBOX_ENDS_MAX);
    if (r < 0) {
        /* The row stays: after a restart a routine one is dropped as unknown, a crisis one is said
         * again. */
        metric_add(outbox->metrics.full, 1);
        mem_free(end->note);
        return;
    }
    outbox->ends[outbox->end_count++] = *end;
    arm(outbox, BATCH_MS);
}

static int write_end(struct outbox *outbox, const struct outbox_end *end)
{
    struct store *store = outbox->parts.store;
    int r = end->again ? store_outbox_set_state(store, end->id, STORE_OUTBOX_QUEUED, end->attempts,
                                                end->not_before_at)
                       : store_outbox_end(store, end->id);
    if (r == -ENOENT) /* a forgotten member's row went before */
        return 0;
    return r == 0 && end->note ? outbox_write_note(outbox, end->note) : r;
}

/* What stands written is not written twice in one transaction; a rollback to a savepoint clears all
 * marks, and the second DELETE then finds nothing, which is fine. */
int outbox_ends_write(struct outbox *outbox)
{
    for (size_t i = 0; i < outbox->end_count; i++) {
        if (outbox->ends[i].written)
            continue;
        int r = write_end(outbox, &outbox->ends[i]);
        if (r < 0)
            return r;
        outbox->ends[i].written = true;
    }
    return 0;
}

/* After the open transaction ended: what it wrote is done with, or is to be written again. */
void outbox_ends_settle(struct outbox *outbox, bool committed)
{
    size_t kept = 0;
    for (size_t i = 0; i < outbox->end_count; i++) {
        struct outbox_end end = outbox->ends[i];
        if (committed && end.written) {
            mem_free(end.note);
            continue;
        }
        end.written = false;
        outbox->ends[kept++] = end;
    }
    outbox->end_count = kept;
    if (kept == 0 && !outbox->retry_soon)
        loop_timer_disarm(outbox->parts.loop, &outbox->flush_timer);
    else if (kept)
        arm(outbox, BATCH_MS);
}

/* For when no turn comes by: after BATCH_MS the ends get a commit of their own. */
void outbox_ends_flush(struct outbox *outbox)
{
    if (outbox->end_count == 0)
        return;
    if (store_in_transaction(outbox->parts.store)) {
        arm(outbox, BATCH_MS); /* somebody's turn: not ours to commit */
        return;
    }
    int r = outbox_ends_write(outbox);
    if (r == 0)
        r = store_commit(outbox->parts.store); /* settles through outbox_committed */
    if (r >= 0) {
        outbox_ends_settle(outbox, true); /* also where nobody told us of the commit */
        return;
    }
    if (store_in_transaction(outbox->parts.store))
        store_rollback(outbox->parts.store);
    outbox_ends_settle(outbox, false);
    loop_timer_disarm(outbox->parts.loop, &outbox->flush_timer);
    arm(outbox, RETRY_MS);
}

/* What no network took, though its row says in flight: no byte of it was written, and the next life
 * must not take it for said.  What was said before and waits to be said again stays marked. */
static void requeue_ungiven(struct outbox *outbox)
{
    size_t cursor = 0;
    void *value;
    struct str key;
    while (map_next(&outbox->entries, &cursor, &key, &value)) {
        const struct outbox_entry *entry = value;
        bool waits = entry->stage == OUTBOX_READY || entry->stage == OUTBOX_HELD;
        if (waits && entry->in_flight && entry->has_row && !entry->is_again && !entry->may_be_sent)
            outbox_ends_add(outbox, &(struct outbox_end){.id = entry->id,
                                                         .again = true,
                                                         .attempts = entry->attempts,
                                                         .not_before_at = entry->not_before_at});
    }
}

void outbox_flush(struct outbox *outbox)
{
    requeue_ungiven(outbox);
    outbox_ends_flush(outbox);
}
