/* SPDX-License-Identifier: MIT */
/* chat.c: the kinds of network there are. */
#include "chat/chat.h"

#include "chat/console/console.h"
#include "chat/irc/irc.h"

const struct chat_class *const chat_classes[] = {&console_class, &irc_class, NULL};

const struct chat_class *chat_class_find(struct str kind)
{
    for (const struct chat_class *const *class = chat_classes; *class; class ++)
        if (str_eq_c(kind, (*class)->kind))
            return *class;
    return NULL;
}
