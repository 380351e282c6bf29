/* SPDX-License-Identifier: MIT */
/* bridge.c: a room on two networks that a bridge makes one: what is said there is handled once,
 * where its author said it, or where a puppet repeats it while that side is not heard. */
#include "inbox/internal.h"

enum { SAME_CALL_MS = 10 * 60 * 1000, SAME_WORDS_MS = 2 * 60 * 1000 };

bool inbox_is_puppet(const struct inbox *inbox, const struct inbox_item *item)
{
    const struct chat_event *event = item->event;
    const struct str names[] = {event->sender, event->account, event->display};
    return (event->flags & CHAT_BRIDGED) ||
           bridge_is_puppet(inbox->parts.groups, item->speaker.network, names, COUNT_OF(names));
}

/* Somebody's words as a puppet says them, who is heard on the other side; or our own. */
static bool is_echo(const struct inbox *inbox, const struct inbox_item *item)
{
    const struct groups_room *other;
    size_t cursor = 0;
    while ((other = bridge_next(item->room, &cursor)))
        if (outbox_hears(inbox->parts.outbox, other))
            return true;
    return outbox_said_bridged(inbox->parts.outbox, item->room, item->event->text);
}

bool inbox_bridge_drops(const struct inbox *inbox, struct inbox_item *item)
{
    if (str_empty(item->room->bridged))
        return false;
    if (item->is_puppet && is_echo(inbox, item))
        return true;
    if (item->event->kind == CHAT_MESSAGE)
        item->room->active_ms = clock_elapsed_ms(inbox->parts.clock);
    return false;
}

/* The same words of a person and of their puppet, from two sides.  Only in memory: a restart within
 * those minutes, in which a side also goes, may answer twice. */
bool inbox_bridge_repeats(struct inbox *inbox, const struct inbox_item *item)
{
    if (!item->room || str_empty(item->room->bridged) || item->event->kind != CHAT_MESSAGE)
        return false;
    int64_t now_ms = clock_elapsed_ms(inbox->parts.clock);
    int64_t same_ms = item->verdict.tier >= 2 ? SAME_CALL_MS : SAME_WORDS_MS;
    uint64_t words = bridge_words(item->room, item->event->text);
    for (size_t i = 0; i < INBOX_BRIDGED_MAX; i++) {
        const struct inbox_bridged *known = &inbox->bridged[i];
        if (known->words == words && known->is_puppet != item->is_puppet &&
            known->room != item->room->id && now_ms - known->elapsed_ms < same_ms)
            return true;
    }
    inbox->bridged[inbox->next_bridged++ % INBOX_BRIDGED_MAX] = (struct inbox_bridged){
        words, item->room->id, now_ms, item->is_puppet};
    return false;
}
