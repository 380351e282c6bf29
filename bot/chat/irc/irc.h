/* SPDX-License-Identifier: MIT */
/* irc.h: the IRC network. */
#ifndef CHAT_IRC_IRC_H
#define CHAT_IRC_IRC_H

#include "chat/chat.h"

extern const struct chat_class irc_class;

#endif
