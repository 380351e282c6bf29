/* SPDX-License-Identifier: MIT */
/* bridged.c: what was said in a room whose other side a bridge repeats: to know our own words when
 * they come back. */
#include "outbox/internal.h"
#include "people/bridge.h"

enum { BRIDGED_MS = 10 * 60 * 1000 };

static void note(struct outbox *outbox, const struct groups_room *room, struct str text)
{
    if (str_empty(str_trim(text)))
        return;
    outbox->bridged[outbox->next_bridged++ % OUTBOX_BRIDGED] = (struct outbox_bridged){
        bridge_words(room, text), clock_elapsed_ms(loop_clock(outbox->parts.loop))};
}

/* A bridge may set a text anew and say it in lines of its own: each of ours is known, and the
 * whole. */
void outbox_note_bridged(struct outbox *outbox, const struct payload *payload,
                         const struct chat_message *message)
{
    const struct groups_room *room = outbox->parts.groups && payload->room_id
                                         ? groups_room_by_id(outbox->parts.groups, payload->room_id)
                                         : NULL;
    if (!room || str_empty(room->bridged))
        return;
    struct str rest = message->markdown, line;
    note(outbox, room, message->markdown);
    while (str_split(&rest, '\n', &line))
        note(outbox, room, line);
    note(outbox, room, rest);
    for (size_t i = 0; i < message->line_count; i++)
        note(outbox, room, message->lines[i]);
}

bool outbox_said_bridged(const struct outbox *outbox, const struct groups_room *room,
                         struct str text)
{
    int64_t now_ms = clock_elapsed_ms(loop_clock(outbox->parts.loop));
    uint64_t words = bridge_words(room, text);
    for (size_t i = 0; i < OUTBOX_BRIDGED; i++)
        if (outbox->bridged[i].words == words &&
            now_ms - outbox->bridged[i].elapsed_ms < BRIDGED_MS)
            return true;
    return false;
}

struct chat_network *outbox_network(const struct outbox *outbox, struct str name)
{
    return outbox->parts.network ? outbox->parts.network(outbox->parts.ctx, name) : NULL;
}

bool outbox_hears(const struct outbox *outbox, const struct groups_room *room)
{
    struct chat_network *chat = outbox_network(outbox, room->network);
    return chat && chat->state == CHAT_UP && chat_in_room(chat, room->name);
}
