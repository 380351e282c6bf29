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
