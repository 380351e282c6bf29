/* SPDX-License-Identifier: MIT */
/* take.c: what waits in memory alone goes over to an outbox on another store. */
#include <errno.h>

#include "observe/log.h"
#include "outbox/internal.h"

struct taker {
    struct outbox *outbox;
    const struct outbox *from;
    struct arena arena;
};

/* People, rooms and groups have other numbers there.  Where it goes stands in words; the numbers
 * only choose the language, and find a room again when a private answer is refused. */
static void find_again(const struct taker *taker, struct payload *payload)
{
    const struct groups *groups = taker->outbox->parts.groups;
    const struct group *old = outbox_group(taker->from, payload->group);
    const struct group *group = old && groups ? groups_by_name(groups, old->name) : NULL;
    const struct groups_room *room = NULL, *source = NULL;
    if (groups && !str_empty(payload->room))
        room = groups_find_room(groups, payload->network, payload->room);
    if (groups && !str_empty(payload->source_room))
        source = groups_find_room(groups, payload->network, payload->source_room);
    payload->member = 0;
    payload->group = group ? group->id : 0;
    payload->room_id = room ? room->id : 0;
    payload->source_room_id = source ? source->id : 0;
}

static int take(struct taker *taker, const struct outbox_entry *old)
{
    struct payload payload;
    AUTO_BUF json;
    buf_init(&json, PAYLOAD_BYTES_MAX);
    arena_reset(&taker->arena);
    int r = payload_decode(old->payload, &taker->arena, &payload);
    if (r < 0)
        return r;
    find_again(taker, &payload);
    r = payload_encode(&payload, &json);
    if (r < 0)
        return r;
    struct store_outbox_row row = {.id = old->id,
                                   .priority = (int)old->priority,
                                   .state = STORE_OUTBOX_IN_FLIGHT,
                                   .network = payload.network,
                                   .plugin = old->plugin,
                                   .payload = buf_str(&json),
                                   .attempts = old->attempts,
                                   .created_at = old->created_at,
                                   .not_before_at = old->not_before_at,
                                   .expires_at = old->expires_at};
    struct outbox_entry *entry;
    r = outbox_entry_add(taker->outbox, &row, &payload, &entry);
    if (r < 0)
        return r;
    entry->has_row = false;
    entry->past_disk = true;
    entry->said_key = old->said_key;
    entry->said_certain = old->said_certain;
    bool was_given = old->is_again || old->stage == OUTBOX_GIVEN;
    entry->may_be_sent = old->may_be_sent || was_given;
    entry->is_again = was_given && !outbox_is_idempotent(taker->outbox, entry->network);
    outbox_entry_wait(taker->outbox, entry);
    return 0;
}

void outbox_take_past_disk(struct outbox *outbox, const struct outbox *from)
{
    struct taker taker = {.outbox = outbox, .from = from};
    size_t cursor = 0;
    void *value;
    arena_init(&taker.arena, 0);
    memcpy(outbox->said, from->said, sizeof outbox->said);
    outbox->next_said = from->next_said;
    outbox->next_memory_id = from->next_memory_id; /* what a network has in hand is not mistaken */
    while (map_next(&from->entries, &cursor, NULL, &value)) {
        const struct outbox_entry *entry = value;
        if (entry->has_row || entry->stage == OUTBOX_ENDED)
            continue;
        int r = take(&taker, entry);
        if (r < 0)
            log_event(LOG_LEVEL_ERROR, "outbox_take", LOG_ERRNO(r));
    }
    arena_done(&taker.arena);
    outbox_wake(outbox);
}

/* ---- the wall clock -------------------------------------------------------------------------- */

void outbox_hold_clock(struct outbox *outbox, bool holds)
{
    outbox->holds_clock = holds;
    outbox_wake(outbox);
}

static void move(struct outbox *outbox, struct outbox_entry *entry, int64_t by_ms)
{
    entry->expires_at += by_ms;
    if (heap_holds(&entry->expiry)) {
        heap_remove(&outbox->expiry, &entry->expiry);
        if (heap_add(&outbox->expiry, &entry->expiry, entry->expires_at) < 0)
            log_event(LOG_LEVEL_WARNING, "outbox_timer", LOG_ERRNO(-ENOMEM));
    }
    /* Held until a moment of the wall (quiet hours): asked again.  An appointment stays one. */
    if (entry->attempts > 0 && entry->not_before_at)
        entry->not_before_at = outbox_now(outbox);
    if (heap_holds(&entry->due)) {
        heap_remove(&outbox->due, &entry->due);
        outbox_entry_wait(outbox, entry);
    }
}

void outbox_clock_stepped(struct outbox *outbox, int64_t by_ms)
{
    size_t cursor = 0;
    void *value;
    while (map_next(&outbox->entries, &cursor, NULL, &value)) {
        struct outbox_entry *entry = value;
        if (entry->stage != OUTBOX_ENDED)
            move(outbox, entry, by_ms);
    }
    outbox_wake(outbox);
}
