/* SPDX-License-Identifier: MIT */
/* send.c: what may go is marked in flight, given to its network, and its end noted, told and
 * forgotten. */
#include <errno.h>

#include "base/die.h"
#include "observe/log.h"
#include "outbox/internal.h"

enum {
    BATCH_MAX = OUTBOX_CRISIS_WINDOW,
    STORE_RETRY_MS = 2000,
    BLOCKED_MS = 5000,
};

void outbox_wake(struct outbox *outbox)
{
    loop_defer(outbox->parts.loop, &outbox->pump);
}

/* Two windows: routine messages keep few under way, so that what a broken connection leaves unknown
 * is little; crisis has one of its own and looks at no block, because a room that is still being
 * joined must not stand before a person. */
static size_t window_of(const struct outbox *outbox, const struct outbox_network *network,
                        enum outbox_priority priority)
{
    if (outbox_is_idempotent(outbox, network))
        return OUTBOX_KNOWN_WINDOW;
    return priority == OUTBOX_CRISIS ? OUTBOX_CRISIS_WINDOW : OUTBOX_WINDOW;
}

bool outbox_has_room(const struct outbox *outbox, const struct outbox_network *network,
                     enum outbox_priority priority)
{
    struct chat_network *chat = outbox->parts.network(outbox->parts.ctx, str_of(network->name));
    if (!chat || chat->state != CHAT_UP)
        return false;
    bool fits = network->given + network->marked < window_of(outbox, network, priority);
    return fits && priority < network->blocked;
}

/* ---- marking --------------------------------------------------------------------------------- */

/* The offer is put with the mark: a question counts as asked from the moment it goes, not while it
 * waits for a quiet night to end, or somebody's "1" would answer what they have not read. */
static int mark_one(struct outbox *outbox, struct outbox_entry *entry)
{
    outbox_ends_forget(outbox, entry->id); /* an older "back to the queue" */
    int r = store_outbox_set_state(outbox->parts.store, entry->id, STORE_OUTBOX_IN_FLIGHT,
                                   entry->attempts + 1, entry->not_before_at);
    if (r < 0)
        return r;
    struct payload payload;
    r = payload_decode(entry->payload, &outbox->arena, &payload);
    return r < 0 ? r : outbox_offer(outbox, &payload, false);
}

/* The store refused, or a network did: tried again in a while, whatever else happens. */
static void retry_in(struct outbox *outbox, int64_t in_ms)
{
    outbox->retry_soon = true;
    if (!loop_timer_armed(&outbox->flush_timer) &&
        loop_timer_arm_in(outbox->parts.loop, &outbox->flush_timer, in_ms) < 0)
        log_event(LOG_LEVEL_WARNING, "outbox_timer", LOG_ERRNO(-ENOMEM));
}

/* All marks of a batch and all ends that wait go in one commit: the disk is asked once for as many
 * messages as the network takes at a time.  A mark that is missing after a crash would mean a
 * message said twice, so nothing routine is given before this returns. */
static int mark_batch(struct outbox *outbox, struct outbox_entry **batch, size_t count)
{
    size_t marked = 0;
    for (size_t i = 0; i < count; i++) {
        if (batch[i]->in_flight)
            continue;
        int r = mark_one(outbox, batch[i]);
        if (r < 0)
            return r;
        marked++;
    }
    if (marked == 0)
        return 0;
    int r = outbox_ends_write(outbox);
    if (r == 0)
        r = store_commit(outbox->parts.store);
    return MIN_OF(r, 0);
}

/* Crisis goes without its mark when the store cannot take it: at least once stands above not twice.
 * False: the others wait. */
static bool mark(struct outbox *outbox, struct outbox_entry **batch, size_t count)
{
    /* Only in a transaction of our own: a turn that is open may still be undone, and its commit
     * wakes us again. */
    int r = store_in_transaction(outbox->parts.store) ? -EBUSY : mark_batch(outbox, batch, count);
    if (r < 0 && r != -EBUSY) {
        if (store_in_transaction(outbox->parts.store))
            store_rollback(outbox->parts.store);
        if (!store_is_fault(r)) /* of a disk the floor tells */
            log_event(LOG_LEVEL_WARNING, "outbox_mark", LOG_ERRNO(r));
    }
    for (size_t i = 0; i < count; i++) {
        if (batch[i]->in_flight || (r < 0 && batch[i]->priority != OUTBOX_CRISIS))
            continue;
        batch[i]->in_flight = true;
        batch[i]->attempts++;
        batch[i]->network->marked++;
    }
    if (r == 0)
        return true;
    retry_in(outbox, STORE_RETRY_MS);
    return false;
}

/* ---- giving ---------------------------------------------------------------------------------- */

/* The message whose new form it is has not arrived yet. */
static bool is_too_early(const struct outbox *outbox, const struct chat_network *chat,
                         const struct payload *payload)
{
    const struct outbox_entry *first = payload->replaces
                                           ? map_get_id(&outbox->entries, payload->replaces)
                                           : NULL;
    return first && first->stage != OUTBOX_ENDED && (chat->caps & MOORING_NET_EDIT);
}

/* 0 given or ended; -EAGAIN, -ENOTCONN: it waits, and so do those behind it. */
static int give_entry(struct outbox *outbox, struct chat_network *chat, struct outbox_entry *entry)
{
    struct payload payload;
    struct chat_message message;
    arena_reset(&outbox->arena);
    unsigned long shortages = mem_shortages();
    int r = payload_decode(entry->payload, &outbox->arena, &payload);
    payload.is_again = entry->is_again;
    if (r == 0)
        r = outbox_render_message(outbox, &payload, chat, &outbox->arena, &message);
    if (mem_dealt_with(shortages) && (r < 0 || !mem_on_reserve())) {
        /* names and pieces may be missing in it: for a crisis that is no reason to wait */
        log_event(LOG_LEVEL_WARNING, "outbox_render", LOG_STR("plugin", entry->plugin),
                  LOG_ERRNO(-ENOMEM));
        entry->network->marked--;
        outbox_try_later(outbox, entry);
        return 0;
    }
    if (r < 0) {
        log_event(LOG_LEVEL_ERROR, "outbox_render", LOG_STR("plugin", entry->plugin), LOG_ERRNO(r));
        outbox_entry_end(outbox, entry, r);
        return 0;
    }
    if (is_too_early(outbox, chat, &payload)) {
        entry->not_before_at = outbox_now(outbox) + CLOCK_SECOND_MS;
        outbox_entry_wait(outbox, entry);
        return 0;
    }
    if (entry->priority == OUTBOX_LONG)
        message.flags |= CHAT_SEND_LONG;
    message.token = entry->id;
    message.may_be_sent = entry->may_be_sent;
    message.created_at = entry->created_at;
    DIE_AT(DIE_BEFORE_SEND);
    r = chat->class->send(chat, &message);
    if (r == -EAGAIN || r == -ENOTCONN)
        return r;
    if (r == -EHOSTUNREACH) { /* it knows already that it cannot be done */
        outbox_entry_end(outbox, entry, r);
        return 0;
    }
    entry->network->marked--;
    if (r < 0) {
        log_event(LOG_LEVEL_WARNING, "outbox_send", LOG_TEXT("network", chat->name), LOG_ERRNO(r));
        outbox_try_later(outbox, entry);
        return 0;
    }
    outbox_note_bridged(outbox, &payload, &message);
    entry->stage = OUTBOX_GIVEN;
    entry->epoch = chat->epoch;
    entry->given_at = outbox_now(outbox);
    entry->network->given++;
    return 0;
}

/* For somebody in need there is memory in reserve. */
static int give(struct outbox *outbox, struct chat_network *chat, struct outbox_entry *entry)
{
    if (entry->priority != OUTBOX_CRISIS)
        return give_entry(outbox, chat, entry);
    mem_reserve_begin();
    int r = give_entry(outbox, chat, entry);
    mem_reserve_end();
    return r;
}

/* "Not now" may mean the whole network, or one room that is being joined.  Crisis asks again each
 * second, so that the one never waits for the other; the rest wait until it is ready, and a few
 * seconds at most: then another target has its turn. */
static bool put_back(struct outbox *outbox, struct outbox_entry *entry, int why)
{
    bool is_crisis = entry->priority == OUTBOX_CRISIS;
    if (why == -EAGAIN && is_crisis)
        entry->not_before_at = outbox_now(outbox) + CLOCK_SECOND_MS;
    if (why == -EAGAIN && !is_crisis) {
        entry->network->blocked = MIN_OF(entry->network->blocked, entry->priority);
        retry_in(outbox, BLOCKED_MS);
    }
    outbox_entry_wait(outbox, entry);
    return why == -EAGAIN && is_crisis;
}

/* False: the network takes no more now. */
static bool give_batch(struct outbox *outbox, struct chat_network *chat,
                       struct outbox_entry **batch, size_t count)
{
    bool flows = true;
    for (size_t i = 0; i < count; i++) {
        struct outbox_entry *entry = batch[i];
        if (!flows || !entry->in_flight) {
            outbox_entry_wait(outbox, entry);
            continue;
        }
        int r = give(outbox, chat, entry);
        if (r < 0)
            flows = put_back(outbox, entry, r);
    }
    return flows;
}

/* How many more may be under way there. */
static size_t room_for(const struct outbox *outbox, const struct outbox_network *network,
                       enum outbox_priority priority)
{
    size_t window = window_of(outbox, network, priority);
    if (priority >= network->blocked)
        return 0;
    bool is_lost_once = priority != OUTBOX_CRISIS && !outbox_is_idempotent(outbox, network);
    return MIN_OF(window - MIN_OF(network->given, window),
                  (size_t)(is_lost_once ? OUTBOX_AHEAD : BATCH_MAX));
}

/* Crisis first, then replies, then reminders, each up to its window.  Quiet hours and pauses are
 * asked here once more, because a message may have stood in this queue for hours. */
static size_t fill_batch(struct outbox *outbox, struct outbox_network *network,
                         struct outbox_entry **batch)
{
    size_t count = 0;
    for (int last = OUTBOX_CRISIS; last < OUTBOX_PRIORITY_COUNT; last++) {
        while (count < room_for(outbox, network, (enum outbox_priority)last)) {
            struct outbox_entry *entry = outbox_queue_pop(network, (enum outbox_priority)last);
            if (!entry)
                break;
            entry->stage = OUTBOX_HELD; /* in no list */
            if (outbox_hold_until(outbox, entry) == 0)
                batch[count++] = entry;
            /* it grew quiet meanwhile */
            else
                outbox_entry_wait(outbox, entry);
        }
    }
    return count;
}

/* Popping down to the last of the priorities empties the queue. */
static void end_all(struct outbox *outbox, struct outbox_network *network, int result)
{
    for (;;) {
        struct outbox_entry *entry = outbox_queue_pop(network, OUTBOX_LONG);
        if (!entry)
            return;
        entry->stage = OUTBOX_HELD;
        outbox_entry_end(outbox, entry, result);
    }
}

/* A batch at a time, until nothing is ready, the store refuses the mark, or the network says "not
 * now". */
static void pump_network(struct outbox *outbox, struct outbox_network *network)
{
    struct chat_network *chat = outbox->parts.network(outbox->parts.ctx, str_of(network->name));
    if (!chat) {
        /* gone from the configuration: nobody will ever take it */
        end_all(outbox, network, -EHOSTUNREACH);
        return;
    }
    bool flows = true;
    while (flows && chat->state == CHAT_UP) {
        struct outbox_entry *batch[BATCH_MAX];
        size_t count = fill_batch(outbox, network, batch);
        if (count == 0)
            return;
        flows = mark(outbox, batch, count);
        flows = give_batch(outbox, chat, batch, count) && flows;
    }
}

/* ---- ends ------------------------------------------------------------------------------------ */

/* A crisis reply that cannot be read in private (who it is for is invited, and not there yet): the
 * room in which they spoke gets a card that names nobody (alerts_refused). */
static bool is_said_in_the_room(const struct outbox_entry *entry)
{
    struct arena arena;
    struct payload payload;
    arena_init(&arena, 0);
    bool is = entry->priority == OUTBOX_CRISIS && entry->result == -EHOSTUNREACH &&
              payload_decode(entry->payload, &arena, &payload) == 0 &&
              !str_empty(payload.source_room) && str_empty(payload.room);
    arena_done(&arena);
    return is;
}

static void log_end(const struct outbox *outbox, const struct outbox_entry *entry,
                    const char *event)
{
    bool is_crisis = entry->priority == OUTBOX_CRISIS, in_room = is_said_in_the_room(entry);
    log_event(is_crisis && !in_room ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING,
              in_room ? "outbox_not_read_in_private" : event,
              LOG_TEXT("network", entry->network->name), LOG_STR("plugin", entry->plugin),
              LOG_INT("priority", entry->priority), LOG_INT("tries", entry->attempts),
              LOG_INT("age_s", (outbox_now(outbox) - entry->created_at) / CLOCK_SECOND_MS),
              LOG_TEXT("instead", in_room ? "a card that names nobody, in the room" : "nothing"));
}

/* Nothing ends in silence: counted always, logged unless it went well; an error where somebody in
 * need heard nothing. */
static void count_end(struct outbox *outbox, const struct outbox_entry *entry)
{
    struct outbox_metrics *m = &outbox->metrics;
    if (entry->result == 0) {
        metric_add(m->sent, 1);
        return;
    }
    const char *event = "outbox_failed";
    if (entry->result == -ETIMEDOUT) {
        event = "outbox_expired";
        metric_add(m->expired, 1);
    } else if (entry->result == -EIO) {
        event = "outbox_unknown";
        metric_add(m->unknown, 1);
    } else if (entry->result == -EHOSTUNREACH) {
        event = "outbox_refused";
        metric_add(m->refused, 1);
    }
    log_end(outbox, entry, event);
}

static void tell(struct outbox *outbox, const struct outbox_entry *entry)
{
    if (!outbox->told)
        return;
    struct arena arena; /* of its own: whoever is told may queue messages */
    arena_init(&arena, 0);
    struct payload payload;
    mem_reserve_begin(); /* that somebody was not reached must not get lost */
    bool is_whole = payload_decode(entry->payload, &arena, &payload) == 0;
    mem_reserve_end();
    if (is_whole) {
        struct outbox_result result = {.id = entry->id,
                                       .member = payload.member,
                                       .room_id = payload.room_id,
                                       .group = payload.group,
                                       .source_room_id = payload.source_room_id,
                                       .alert = payload.alert,
                                       .plugin = entry->plugin,
                                       .network = payload.network,
                                       .source_room = payload.source_room,
                                       .flags = payload.flags,
                                       .given_at = entry->given_at,
                                       .result = entry->result};
        outbox->told(outbox->told_ctx, &result);
    }
    arena_done(&arena);
}

/* True when a crisis message ended: its note should not wait for the next turn. */
static bool tell_ends(struct outbox *outbox)
{
    bool crisis_ended = false;
    while (outbox->ended.first) {
        struct outbox_entry *entry = outbox->ended.first;
        count_end(outbox, entry);
        tell(outbox, entry);
        struct outbox_note *note = TAKE(entry->note);
        if (entry->has_row)
            outbox_ends_add(outbox, &(struct outbox_end){.id = entry->id, .note = note});
        else
            outbox_keep_note(outbox, note);
        crisis_ended |= entry->has_row && entry->priority == OUTBOX_CRISIS;
        outbox_entry_drop(outbox, entry);
    }
    return crisis_ended;
}

/* ---- time ------------------------------------------------------------------------------------ */

/* Under way is under way: its network will say how it ended. */
static void look_again(struct outbox *outbox, struct outbox_entry *entry)
{
    heap_remove(&outbox->expiry, &entry->expiry);
    if (outbox_look_elsewhere(outbox, entry))
        return;
    if (heap_add(&outbox->expiry, &entry->expiry, entry->expires_at) < 0)
        outbox_entry_end(outbox, entry, -ENOMEM);
}

static void expire(struct outbox *outbox, int64_t now)
{
    while (!outbox->holds_clock) {
        struct heap_node *node = heap_top(&outbox->expiry);
        if (!node || node->key > now)
            return;
        struct outbox_entry *entry = CONTAINER_OF(node, struct outbox_entry, expiry);
        if (entry->stage == OUTBOX_GIVEN || entry->stage == OUTBOX_STAGED ||
            entry->stage == OUTBOX_TAKEN_BACK)
            heap_remove(&outbox->expiry, node); /* its end will come from elsewhere */
        else if (node->key < entry->expires_at)
            look_again(outbox, entry);
        else /* it may have been said, where a try was cut off */
            outbox_entry_end(outbox, entry, entry->may_be_sent ? -EIO : -ETIMEDOUT);
    }
}

/* Back in line, not out at once: quiet hours may have begun again, and fill_batch asks. */
static void release_due(struct outbox *outbox, int64_t now)
{
    for (;;) {
        struct heap_node *node = heap_top(&outbox->due);
        if (!node || node->key > now)
            return;
        struct outbox_entry *entry = CONTAINER_OF(node, struct outbox_entry, due);
        heap_remove(&outbox->due, node);
        outbox_entry_wait(outbox, entry);
    }
}

/* One timer for both heaps; nothing waiting means no timer, so that an idle bot is not woken. */
static void arm(struct outbox *outbox)
{
    const struct heap_node *due = heap_top(&outbox->due), *expiry = heap_top(&outbox->expiry);
    if (!due && !expiry) {
        loop_timer_disarm(outbox->parts.loop, &outbox->clock_timer);
        return;
    }
    int64_t at = due ? due->key : INT64_MAX;
    if (expiry)
        at = MIN_OF(at, expiry->key);
    if (loop_timer_arm(outbox->parts.loop, &outbox->clock_timer, at) < 0)
        log_event(LOG_LEVEL_WARNING, "outbox_timer", LOG_ERRNO(-ENOMEM));
}

/* More rows than memory has room for: the rest stays on disk until half of the room is free, so
 * that a backlog is read in a few walks and not one for each message. */
static void read_more(struct outbox *outbox)
{
    if (!outbox->more_rows || outbox->entries.count >= OUTBOX_ENTRIES_MAX / 2 ||
        store_in_transaction(outbox->parts.store))
        return;
    if (outbox_load(outbox) < 0)
        log_event(LOG_LEVEL_WARNING, "outbox_load", LOG_ERRNO(-EIO));
}

/* Expiry before giving, so that nothing goes out that has run out while the network was away. */
void outbox_pump(struct outbox *outbox)
{
    if (!store_in_transaction(outbox->parts.store))
        clock_refresh(loop_clock(outbox->parts.loop)); /* the commit before this took its time */
    int64_t now = outbox_now(outbox);
    arena_reset(&outbox->arena);
    expire(outbox, now);
    release_due(outbox, now);
    for (struct outbox_network *network = outbox->networks; network; network = network->next)
        pump_network(outbox, network);
    outbox_redact_pending(outbox);
    /* A crisis message's end is worth a commit: until then a crash would say it again. */
    if (tell_ends(outbox))
        outbox_ends_flush(outbox);
    read_more(outbox);
    metric_set(outbox->metrics.waiting, (int64_t)outbox->entries.count);
    arm(outbox);
}
