/* SPDX-License-Identifier: MIT */
/* bridge.h: rooms that somebody's bridge makes one conversation, and who in them is a bridge's
 * puppet. */
#ifndef PEOPLE_BRIDGE_H
#define PEOPLE_BRIDGE_H

#include "people/groups.h"

/* Whether networks.bridge_users says that somebody who goes by one of these is a puppet. */
bool bridge_is_puppet(const struct groups *groups, struct str network, const struct str *names,
                      size_t count);
/* The room's other sides, one after the other from *cursor 0 on; NULL: no more. */
struct groups_room *bridge_next(const struct groups_room *room, size_t *cursor);
/* The same words from both sides, however a bridge sets them: letters and digits alone, in lower
 * case, without a "<name> " before them.  Never 0. */
uint64_t bridge_words(const struct groups_room *room, struct str text);

#endif
