/* SPDX-License-Identifier: MIT */
/* withdraw.c: what has become untrue before it could be said is not said. */
#include <errno.h>

#include "outbox/internal.h"

enum { WITHDRAWN_MAX = 64 };

/* Most that waits is something else: not decoded for it. */
static bool is_about(struct outbox *outbox, const struct outbox_entry *entry, struct str msgid,
                     struct str about)
{
    struct payload payload;
    if (!str_empty(entry->plugin) || str_find(entry->payload, msgid, 0) == SIZE_MAX)
        return false;
    arena_reset(&outbox->arena);
    return payload_decode(entry->payload, &outbox->arena, &payload) == 0 &&
           str_eq(payload.msgid, msgid) && payload.arg_count > 0 &&
           str_eq(abi_take(payload.args[0].text), about);
}

int outbox_withdraw(struct outbox *outbox, struct str msgid, struct str about)
{
    uint64_t ids[WITHDRAWN_MAX];
    size_t count = 0, cursor = 0;
    int taken = 0;
    void *value;
    while (count < WITHDRAWN_MAX && map_next(&outbox->entries, &cursor, NULL, &value)) {
        const struct outbox_entry *entry = value;
        if (is_about(outbox, entry, msgid, about))
            ids[count++] = entry->id;
    }
    for (size_t i = 0; i < count; i++) {
        int r = outbox_cancel(outbox, ids[i]);
        if (r < 0 && r != -ENOENT) /* the network has it */
            return r;
        taken += r == 0;
    }
    return taken;
}

/* Never said, not even perhaps. */
static bool waits_unsaid(const struct outbox_entry *entry)
{
    return (entry->stage == OUTBOX_STAGED || entry->stage == OUTBOX_READY ||
            entry->stage == OUTBOX_HELD) &&
           entry->given_at == 0 && !entry->is_again && !entry->may_be_sent;
}

static bool is_older(struct outbox *outbox, const struct outbox_entry *entry,
                     const struct outbox_entry *newer, const struct payload *page)
{
    struct payload payload;
    return entry->id < newer->id && entry->network == newer->network &&
           strcmp(entry->target_key, newer->target_key) == 0 &&
           entry->priority == newer->priority && waits_unsaid(entry) &&
           payload_decode(entry->payload, &outbox->arena, &payload) == 0 &&
           payload.alert == page->alert && str_eq(payload.msgid, page->msgid) &&
           str_eq(payload.room, page->room) && str_eq(payload.user, page->user);
}

int outbox_withdraw_older(struct outbox *outbox, uint64_t id)
{
    const struct outbox_entry *newer = map_get_id(&outbox->entries, id);
    struct payload page;
    uint64_t ids[WITHDRAWN_MAX];
    size_t count = 0, cursor = 0;
    void *value;
    if (!newer)
        return 0;
    arena_reset(&outbox->arena);
    if (payload_decode(newer->payload, &outbox->arena, &page) < 0 || !page.alert)
        return 0;
    while (count < WITHDRAWN_MAX && map_next(&outbox->entries, &cursor, NULL, &value))
        if (is_older(outbox, value, newer, &page))
            ids[count++] = ((const struct outbox_entry *)value)->id;
    for (size_t i = 0; i < count; i++) {
        int r = outbox_cancel(outbox, ids[i]);
        if (r < 0 && r != -ENOENT)
            return r;
    }
    return (int)count;
}
