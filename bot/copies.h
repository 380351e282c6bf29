/* SPDX-License-Identifier: MIT */
/* copies.h: what the running daemon does for mooring backup, restore and key rotate: the work on a
 * thread of the pool, the answer over the control socket. */
#ifndef COPIES_H
#define COPIES_H

#include "bot.h"
#include "control/control.h"

struct copies;
struct copies_change {
    int (*change)(void *ctx, struct error *error);
    void (*undo)(void *ctx);
    void (*done)(void *ctx, int r, const struct error *error);
    void *ctx;
};
struct copies_parts {
    struct bot_ground *ground; /* borrowed */
    struct control *control; /* its verbs are added: "backup", "keyring", "restore", "key-rotate" */
    void *ctx;
    /* Takes the bot down in good order, calls `change` while nothing stands on the store, builds
     * and starts it anew; when that fails, after `undo`.  Then `done`.  -EBUSY: it is stopping. */
    int (*reopen)(void *ctx, const struct copies_change *change);
};
int copies_create(const struct copies_parts *parts, struct copies **ret_copies) MUST_CHECK;
/* What runs is broken off; its thread is waited for by loop_destroy, and then nobody is called. */
void copies_destroy(struct copies *copies);

#endif
