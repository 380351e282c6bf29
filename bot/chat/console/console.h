/* SPDX-License-Identifier: MIT */
/* console.h: a network in which one person plays everyone. */
#ifndef CHAT_CONSOLE_CONSOLE_H
#define CHAT_CONSOLE_CONSOLE_H

#include "chat/chat.h"

extern const struct chat_class console_class;

/* What the bot said, in order; the driver prints it and matches it against a script's
 * expectations. */
struct console_said {
    struct str network, room, user; /* room empty: private, to `user` */
    struct str markdown;            /* the whole message */
    struct str id;
    int64_t at;
};
/* Told of each message when the network takes it. */
void console_on_said(struct chat_network *network,
                     void (*said)(void *ctx, const struct console_said *said), void *ctx);

enum console_step_kind {
    CONSOLE_SAY,
    CONSOLE_EDIT,
    CONSOLE_DELETE,
    CONSOLE_REACT,
    CONSOLE_JOIN,
    CONSOLE_LEAVE
};
struct console_step {
    enum console_step_kind kind;
    struct str who, room; /* room empty: in private */
    struct str text;
};
/* Turns a step into an event and hands it to the sink.  -ENOENT: nothing to edit, delete or react
 * to.  -ENOTCONN: down. */
int console_step(struct chat_network *network, const struct console_step *step) MUST_CHECK;
void console_set_down(struct chat_network *network, bool down); /* /fail network-down */

#endif
