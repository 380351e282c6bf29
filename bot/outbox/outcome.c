/* SPDX-License-Identifier: MIT */
/* outcome.c: what networks tell of the messages they were given: there, refused, not yet, or nobody
 * knows. */
#include <errno.h>

#include "outbox/internal.h"

enum { BACKOFF_FIRST_MS = 1000, BACKOFF_MAX_MS = 60 * 1000 };

bool outbox_is_idempotent(const struct outbox *outbox, const struct outbox_network *network)
{
    const struct chat_network *chat = outbox->parts.network(outbox->parts.ctx,
                                                            str_of(network->name));
    return chat && chat->is_idempotent;
}

/* 1 s, 2 s, 4 s ... a minute, until it expires.  No jitter: each network has one queue, so there is
 * no herd. */
void outbox_try_later(struct outbox *outbox, struct outbox_entry *entry)
{
    int shift = MIN_OF(MAX_OF(entry->attempts - 1, 0), 6);
    entry->not_before_at = outbox_now(outbox) + MIN_OF(BACKOFF_FIRST_MS << shift, BACKOFF_MAX_MS);
    metric_add(outbox->metrics.failed, 1);
    if (entry->has_row &&
        !entry->may_be_sent) { /* not written: a crash now need not make it unknown */
        entry->in_flight = false;
        outbox_ends_add(outbox, &(struct outbox_end){.id = entry->id,
                                                     .again = true,
                                                     .attempts = entry->attempts,
                                                     .not_before_at = entry->not_before_at});
    } else {
        entry->network->marked++;
    }
    outbox_entry_wait(outbox, entry);
}

/* A network that knows a message by its transaction id gets it again under the same one, whatever
 * became of the try: so the row stays in flight, and the next life knows as well.  While the
 * network is away there is nothing to wait for but its return, and each room keeps its order. */
static void give_again(struct outbox *outbox, const struct chat_network *chat,
                       struct outbox_entry *entry)
{
    entry->may_be_sent = true;
    if (chat->state == CHAT_UP) {
        entry->attempts++;
        outbox_try_later(outbox, entry);
        return;
    }
    entry->network->marked++;
    entry->in_flight = true;
    entry->not_before_at = 0;
    metric_add(outbox->metrics.failed, 1);
    outbox_entry_wait(outbox, entry);
}

/* ---- from the networks ----------------------------------------------------------------------- */

void outbox_ready(struct outbox *outbox, struct chat_network *chat)
{
    struct outbox_network *network = outbox_queue_network(outbox, str_of(chat->name));
    if (network)
        network->blocked = OUTBOX_PRIORITY_COUNT;
    outbox->redacts = true;
    outbox_wake(outbox);
}

/* A crisis message whose fate is unknown is said again, marked so, wherever it got lost: it always
 * goes with the request for an outcome, so "unknown" means that a broken line or a silent server
 * stands between us and a person in need. */
static bool say_again(struct outbox *outbox, struct outbox_entry *entry)
{
    if (entry->priority != OUTBOX_CRISIS || entry->attempts >= OUTBOX_AGAIN_MAX)
        return false;
    entry->is_again = true;
    entry->attempts++;
    metric_add(outbox->metrics.again, 1);
    outbox_entry_wait(outbox, entry);
    return true;
}

/* Where nobody asked for an outcome and the line stands, written is all there is to know. */
static int unknown_result(const struct outbox_entry *entry, const struct chat_network *chat)
{
    bool asked = entry->priority == OUTBOX_CRISIS || (entry->flags & MOORING_SAY_REPORT);
    bool stands = chat->state == CHAT_UP && chat->epoch == entry->epoch;
    return !asked && stands ? 0 : -EIO;
}

/* The four ends that a network can tell.  Only CHAT_UNKNOWN leaves a doubt, and only for crisis is
 * the doubt answered by saying it again; all else ends here or is tried again. */
void outbox_sent(struct outbox *outbox, struct chat_network *chat, uint64_t token,
                 enum chat_outcome outcome, struct str message_id)
{
    struct outbox_entry *entry = map_get_id(&outbox->entries, token);
    if (!entry || entry->stage != OUTBOX_GIVEN)
        return; /* forgotten since */
    entry->network->given--;
    entry->stage = OUTBOX_HELD;
    switch (outcome) {
    case CHAT_CONFIRMED:
        entry->in_flight = false;
        outbox_note(outbox, chat, entry, message_id);
        outbox_entry_end(outbox, entry, 0);
        break;
    case CHAT_UNKNOWN:
        if (chat->is_idempotent) {
            give_again(outbox, chat, entry);
            break;
        }
        entry->network->marked++;
        if (say_again(outbox, entry))
            break;
        outbox_entry_end(outbox, entry, unknown_result(entry, chat));
        break;
    case CHAT_REFUSED:
        entry->in_flight = false;
        outbox_entry_end(outbox, entry, -EHOSTUNREACH);
        break;
    case CHAT_FAILED:
    case CHAT_OUTCOME_COUNT:
        if (chat->is_idempotent)
            give_again(outbox, chat, entry);
        else
            outbox_try_later(outbox, entry);
        break;
    }
    outbox_wake(outbox);
}
