/* SPDX-License-Identifier: MIT */
/* load.c: what the store still holds, taken up again; and whether anything is left to do. */
#include "outbox/internal.h"

#include <errno.h>
#include <stdio.h>

#include "base/number.h"
#include "observe/log.h"

struct loader {
    struct outbox *outbox;
    struct arena arena;
    int result;
    bool left; /* rows for which there was no room */
};

static struct outbox_entry *load_entry(struct loader *loader, const struct store_outbox_row *row)
{
    struct payload payload;
    arena_reset(&loader->arena);
    int r = payload_decode(row->payload, &loader->arena, &payload);
    if (r < 0) {
        /* A damaged or newer row: it cannot be said, so it ends, loudly. */
        log_event(LOG_LEVEL_ERROR, "outbox_row_damaged", LOG_INT("id", row->id), LOG_ERRNO(r));
        metric_add(loader->outbox->metrics.unknown, 1);
        outbox_ends_add(loader->outbox, &(struct outbox_end){.id = row->id});
        return NULL;
    }
    struct outbox_entry *entry;
    r = outbox_entry_add(loader->outbox, row, &payload, &entry);
    if (r < 0) {
        loader->left |= r == -ENOBUFS;
        loader->result = r == -ENOBUFS ? loader->result : r;
        return NULL;
    }
    entry->is_again = payload.is_again;
    return entry;
}

/* Found in flight: whether its bytes were written, nobody knows. */
static void take_up_unknown(struct outbox *outbox, struct outbox_entry *entry)
{
    if (outbox_is_idempotent(outbox, entry->network)) {
        entry->may_be_sent = true;
        outbox_entry_wait(outbox, entry);
        return;
    }
    if (entry->priority != OUTBOX_CRISIS) {
        outbox_entry_end(outbox, entry, -EIO);
        return;
    }
    entry->is_again = true;
    metric_add(outbox->metrics.again, 1);
    outbox_entry_wait(outbox, entry);
}

/* An end that is not yet written is not taken up again: the row still says in flight, and would be
 * said a second time. */
static void load_row(void *ctx, const struct store_outbox_row *row)
{
    struct loader *loader = ctx;
    struct outbox *outbox = loader->outbox;
    if (loader->result < 0 || map_get_id(&outbox->entries, row->id) ||
        outbox_ends_hold(outbox, row->id))
        return;
    struct outbox_entry *entry = load_entry(loader, row);
    if (!entry)
        return;
    entry->stage = OUTBOX_HELD;
    if (row->state == STORE_OUTBOX_IN_FLIGHT)
        take_up_unknown(outbox, entry);
    else
        outbox_entry_wait(outbox, entry);
}

/* Sources are named in what is remembered over a restart (what was said to whom for which message),
 * so that no id of this life may be one of an earlier life. */
static int number_life(struct outbox *outbox)
{
    static const struct str name = {"outbox_life", 11};
    char text[24];
    struct str value;
    int64_t life = 0;
    int r = store_meta_get(outbox->parts.store, name, &outbox->arena, &value);
    if (r == 0)
        r = number_parse(value, 0, INT32_MAX - 1, &life);
    if (r < 0 && r != -ENOENT)
        return r;
    (void)snprintf(text, sizeof text, "%lld", (long long)++life);
    r = store_meta_put(outbox->parts.store, name, str_of(text));
    if (store_is_fault(r)) /* nothing can be kept now: not where numbered lives are */
        life = (outbox_now(outbox) / CLOCK_SECOND_MS) & INT32_MAX;
    else if (r < 0)
        return r;
    outbox->next_source = (uint64_t)life << 32;
    return 0;
}

/* Called at the start and whenever there is room again; rows that are known already are passed
 * over. */
int outbox_load(struct outbox *outbox)
{
    int numbered = outbox->next_source == 0 ? number_life(outbox) : 0;
    if (numbered < 0)
        return numbered;
    struct loader loader = {.outbox = outbox};
    arena_init(&loader.arena, 0);
    outbox_pauses_load(outbox);
    int r = store_outbox_each(outbox->parts.store, load_row, &loader);
    arena_done(&loader.arena);
    outbox->more_rows = loader.left;
    outbox->redacts = true;
    outbox_wake(outbox);
    return r < 0 ? r : loader.result;
}

/* ---- rest ------------------------------------------------------------------------------------ */

static bool could_go(const struct outbox *outbox, const struct outbox_network *network)
{
    for (int priority = OUTBOX_CRISIS; priority < OUTBOX_PRIORITY_COUNT; priority++)
        if (network->ready[priority] &&
            outbox_has_room(outbox, network, (enum outbox_priority)priority))
            return true;
    return network->given > 0;
}

/* For virtual time: it moves only when nothing can go by itself any more. */
bool outbox_idle(const struct outbox *outbox)
{
    if (outbox->staged.first || outbox->ended.first || outbox->pump.queued)
        return false;
    for (const struct outbox_network *network = outbox->networks; network; network = network->next)
        if (could_go(outbox, network))
            return false;
    return true;
}
