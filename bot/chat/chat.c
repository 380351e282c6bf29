/* SPDX-License-Identifier: MIT */
/* chat.c: the kinds of network there are. */
#include "chat/chat.h"

#include "chat/console/console.h"
#include "chat/irc/irc.h"
#include "chat/matrix/matrix.h"

const struct chat_class *const chat_classes[] = {&console_class, &irc_class, &matrix_class, NULL};

const struct chat_class *chat_class_find(struct str kind)
{
    for (const struct chat_class *const *class = chat_classes; *class; class ++)
        if (str_eq_c(kind, (*class)->kind))
            return *class;
    return NULL;
}

struct chat_report chat_report(struct chat_network *network)
{
    struct chat_report report = {.lag_ms = -1, .has_name = true};
    if (network->class->report)
        network->class->report(network, &report);
    return report;
}

bool chat_in_room(struct chat_network *network, struct str room)
{
    if (network->state != CHAT_UP)
        return false;
    return !network->class->in_room || network->class->in_room(network, room);
}

enum chat_why chat_why_out(struct chat_network *network, struct str room)
{
    return network->class->why_out ? network->class->why_out(network, room) : CHAT_WHY_UNKNOWN;
}

const char *chat_why_word(enum chat_why why)
{
    static const char *const words[] = {
        [CHAT_WHY_UNKNOWN] = "unknown",
        [CHAT_WHY_ASKED] = "asked",
        [CHAT_WHY_SILENT] = "silent",
        [CHAT_WHY_BUSY] = "busy",
        [CHAT_WHY_INVITE] = "invite",
        [CHAT_WHY_FORBIDDEN] = "forbidden",
        [CHAT_WHY_BANNED] = "banned",
        [CHAT_WHY_KICKED] = "kicked",
        [CHAT_WHY_KEY] = "key",
        [CHAT_WHY_FULL] = "full",
        [CHAT_WHY_ACCOUNT] = "account",
        [CHAT_WHY_TLS] = "tls",
        [CHAT_WHY_OPERATORS] = "operators",
        [CHAT_WHY_MISSING] = "missing",
        [CHAT_WHY_NAME] = "name",
        [CHAT_WHY_FORWARDED] = "forwarded",
        [CHAT_WHY_LIMIT] = "limit",
        [CHAT_WHY_VERSION] = "version",
        [CHAT_WHY_ENCRYPTED] = "encrypted",
        [CHAT_WHY_DOUBLE] = "double",
    };
    _Static_assert(COUNT_OF(words) == CHAT_WHY_COUNT, "each reason has a word");
    return words[why];
}
