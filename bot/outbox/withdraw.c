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
