/* SPDX-License-Identifier: MIT */
/* elsewhere.c: somebody who is known on two networks is reached on the other one, when the one
 * where they were last is down. */
#include <errno.h>

#include "observe/log.h"
#include "outbox/internal.h"

static bool is_up(const struct outbox *outbox, struct str network)
{
    struct chat_network *chat = outbox_network(outbox, network);
    return chat && chat->state == CHAT_UP;
}

static bool network_is_up(void *ctx, struct str network)
{
    return is_up(ctx, network);
}

bool outbox_find_elsewhere(struct outbox *outbox, uint64_t member, struct str network,
                           struct arena *arena, struct people_speaker *ret_speaker)
{
    return !is_up(outbox, network) &&
           people_address_where(outbox->parts.people, member, network_is_up, outbox, arena,
                                ret_speaker) == 0;
}

/* Only what nobody typed for: an answer belongs where it was asked.  A crisis message has a day,
 * and looked for a way when it was made. */
static bool may_move(const struct outbox_entry *entry)
{
    return entry->priority == OUTBOX_REMINDER && entry->member && entry->target_key[0] == 'u' &&
           entry->has_row;
}

int64_t outbox_first_look(const struct outbox_entry *entry)
{
    int64_t from_at = MAX_OF(entry->created_at, entry->not_before_at);
    return may_move(entry) && entry->expires_at > from_at
               ? from_at + (entry->expires_at - from_at) / 2
               : entry->expires_at;
}

static int redirect(struct outbox *outbox, const struct outbox_entry *entry,
                    struct payload *payload, struct buf *json)
{
    struct people_speaker speaker;
    int r = payload_decode(entry->payload, &outbox->arena, payload);
    if (r < 0)
        return r;
    if (!outbox_find_elsewhere(outbox, entry->member, payload->network, &outbox->arena, &speaker))
        return -ENOENT;
    payload->network = speaker.network;
    payload->user = speaker.address;
    payload->identity = speaker.identity;
    payload->answers_id = payload->thread = (struct str){0};
    return payload_encode(payload, json);
}

/* The row keeps its number: whoever asked for word of it still gets that. */
static int move(struct outbox *outbox, struct outbox_entry *entry)
{
    AUTO_BUF json;
    struct payload payload;
    buf_init(&json, PAYLOAD_BYTES_MAX);
    arena_reset(&outbox->arena);
    int r = redirect(outbox, entry, &payload, &json);
    if (r < 0)
        return r;
    struct store_outbox_row row = {.id = entry->id,
                                   .priority = (int)entry->priority,
                                   .member = entry->owner,
                                   .network = payload.network,
                                   .plugin = str_keep(&outbox->arena, entry->plugin),
                                   .payload = buf_str(&json),
                                   .created_at = entry->created_at,
                                   .not_before_at = entry->not_before_at,
                                   .expires_at = entry->expires_at};
    r = store_outbox_redirect(outbox->parts.store, &row);
    if (r == 0)
        r = MIN_OF(store_commit(outbox->parts.store), 0);
    if (r < 0)
        return r;
    outbox_entry_drop(outbox, entry);
    r = outbox_entry_add(outbox, &row, &payload, &entry);
    if (r == 0)
        outbox_entry_wait(outbox, entry);
    return r; /* without memory it is read again from its row */
}

bool outbox_look_elsewhere(struct outbox *outbox, struct outbox_entry *entry)
{
    bool waits = entry->stage == OUTBOX_HELD || entry->stage == OUTBOX_READY;
    if (!waits || !may_move(entry) || entry->in_flight || entry->may_be_sent ||
        store_in_transaction(outbox->parts.store))
        return false;
    int r = move(outbox, entry);
    if (r < 0 && store_in_transaction(outbox->parts.store))
        store_rollback(outbox->parts.store);
    if (r < 0 && r != -ENOENT && !store_is_fault(r))
        log_event(LOG_LEVEL_WARNING, "outbox_elsewhere", LOG_ERRNO(r));
    return r == 0;
}
