/* SPDX-License-Identifier: MIT */
/* entry.c: one message in memory: made, put where it waits, ended. */
#include "outbox/internal.h"

#include <errno.h>
#include <stdio.h>

void outbox_list_add(struct outbox_list *list, struct outbox_entry *entry)
{
    entry->next = NULL;
    entry->previous = list->last;
    *(list->last ? &list->last->next : &list->first) = entry;
    list->last = entry;
}

void outbox_list_remove(struct outbox_list *list, struct outbox_entry *entry)
{
    *(entry->previous ? &entry->previous->next : &list->first) = entry->next;
    *(entry->next ? &entry->next->previous : &list->last) = entry->previous;
    entry->next = entry->previous = NULL;
}

static int set_target(struct outbox_entry *entry, const struct payload *payload)
{
    /* A key that was cut only makes two targets share a turn. */
    struct str name = str_empty(payload->room) ? payload->user : payload->room;
    int size = snprintf(
        entry->target_key, sizeof entry->target_key, "%c%.*s", str_empty(payload->room) ? 'u' : 'r',
        (int)MIN_OF(name.len, sizeof entry->target_key - 2), name.ptr ? name.ptr : "");
    return size < 0 ? -EINVAL : 0;
}

int outbox_entry_add(struct outbox *outbox, const struct store_outbox_row *row,
                     const struct payload *payload, struct outbox_entry **ret_entry)
{
    bool is_crisis = row->priority == OUTBOX_CRISIS;
    if (outbox->entries.count >= OUTBOX_ENTRIES_MAX + (is_crisis ? OUTBOX_CRISIS_EXTRA : 0))
        return -ENOBUFS;
    struct outbox_network *network = outbox_queue_network(outbox, payload->network);
    struct outbox_entry *entry = mem_zalloc(sizeof *entry + row->payload.len + row->plugin.len);
    if (!network || !entry || map_put_id(&outbox->entries, row->id, entry) < 0) {
        mem_free(entry);
        return -ENOMEM;
    }
    char *behind = (char *)(entry + 1);
    if (row->payload.len)
        memcpy(behind, row->payload.ptr, row->payload.len);
    if (row->plugin.len)
        memcpy(behind + row->payload.len, row->plugin.ptr, row->plugin.len);
    entry->id = row->id;
    entry->priority = (enum outbox_priority)row->priority;
    entry->has_row = true;
    entry->in_flight = row->state == STORE_OUTBOX_IN_FLIGHT;
    entry->attempts = row->attempts;
    entry->created_at = row->created_at;
    entry->not_before_at = row->not_before_at;
    entry->expires_at = row->expires_at;
    entry->flags = payload->flags;
    entry->member = payload->member;
    entry->owner = row->member;
    entry->file_bytes = payload->file_bytes.len;
    outbox->file_bytes += entry->file_bytes;
    entry->room_id = payload->room_id;
    entry->group = payload->group;
    entry->payload = (struct str){behind, row->payload.len};
    entry->plugin = (struct str){behind + row->payload.len, row->plugin.len};
    entry->network = network;
    network->marked += entry->in_flight;
    if (set_target(entry, payload) < 0 ||
        heap_add(&outbox->expiry, &entry->expiry, outbox_first_look(entry)) < 0) {
        outbox_entry_drop(outbox, entry);
        return -ENOMEM;
    }
    *ret_entry = entry;
    return 0;
}

/* Out of whatever queue its stage says. */
void outbox_entry_unlink(struct outbox *outbox, struct outbox_entry *entry)
{
    heap_remove(&outbox->due, &entry->due);
    switch (entry->stage) {
    case OUTBOX_STAGED:
        /* A half-made entry is in no list yet. */
        if (entry->previous || outbox->staged.first == entry)
            outbox_list_remove(&outbox->staged, entry);
        break;
    case OUTBOX_READY:
        if (entry->target)
            outbox_queue_remove(entry);
        break;
    case OUTBOX_TAKEN_BACK:
        outbox_list_remove(&outbox->taken_back, entry);
        break;
    case OUTBOX_ENDED:
        outbox_list_remove(&outbox->ended, entry);
        break;
    case OUTBOX_GIVEN:
        entry->network->given--;
        break;
    case OUTBOX_HELD:
        break;
    }
}

/* Takes it off the counts of what is under way. */
static void unmark(struct outbox_entry *entry)
{
    if (entry->in_flight && entry->stage != OUTBOX_GIVEN && entry->stage != OUTBOX_ENDED &&
        entry->stage != OUTBOX_TAKEN_BACK)
        entry->network->marked--;
}

void outbox_entry_drop(struct outbox *outbox, struct outbox_entry *entry)
{
    unmark(entry);
    outbox_entry_unlink(outbox, entry);
    heap_remove(&outbox->expiry, &entry->expiry);
    /* After a rollback the store may have given its id to a later row. */
    if (map_get_id(&outbox->entries, entry->id) == entry)
        (void)map_remove_id(&outbox->entries, entry->id);
    mem_free(entry->note);
    outbox->file_bytes -= entry->file_bytes;
    mem_wipe(entry + 1, entry->payload.len + entry->plugin.len);
    mem_free(entry);
}

void outbox_entry_end(struct outbox *outbox, struct outbox_entry *entry, int result)
{
    if (entry->stage == OUTBOX_ENDED)
        return;
    unmark(entry);
    outbox_entry_unlink(outbox, entry);
    heap_remove(&outbox->expiry, &entry->expiry);
    entry->stage = OUTBOX_ENDED;
    entry->result = result;
    outbox_list_add(&outbox->ended, entry);
    outbox_wake(outbox);
}

static void wait_in_line(struct outbox *outbox, struct outbox_entry *entry)
{
    int64_t now = outbox_now(outbox);
    int64_t hold_at = outbox_hold_until(outbox, entry);
    int64_t due_at = MAX_OF(hold_at, entry->not_before_at);
    entry->stage = OUTBOX_HELD;
    /* It left that heap when its time ran out in the network's hands. */
    if (!heap_holds(&entry->expiry) &&
        heap_add(&outbox->expiry, &entry->expiry, entry->expires_at) < 0) {
        outbox_entry_end(outbox, entry, -ENOMEM);
        return;
    }
    if (due_at <= now) {
        entry->stage = OUTBOX_READY;
        if (outbox_queue_push(entry->network, entry) == 0)
            return;
        entry->stage = OUTBOX_HELD;
        due_at = now + CLOCK_SECOND_MS; /* memory is short: another try */
    }
    if (heap_add(&outbox->due, &entry->due, due_at) < 0)
        outbox_entry_end(outbox, entry, -ENOMEM);
}

/* A place in a line is a pointer's worth: no message ends for want of that. */
void outbox_entry_wait(struct outbox *outbox, struct outbox_entry *entry)
{
    mem_reserve_begin();
    wait_in_line(outbox, entry);
    mem_reserve_end();
}
