/* SPDX-License-Identifier: MIT */
/* groups.h: the peer groups of the configuration: rooms, alert room, moderators, rota, zone,
 * country, language. */
#ifndef PEOPLE_GROUPS_H
#define PEOPLE_GROUPS_H

#include "settings/settings.h"
#include "store/store.h"

struct groups_room {
    uint64_t id; /* store_name_id("room", network, name) */
    struct str network, name;
    struct group *group;
    bool is_alert_room;
};
struct groups_moderator {
    /* identity: account (case-folded) or user id; name: as others call them ("mara") */
    struct str network, identity, name;
    uint64_t member;  /* 0 until they were first seen, see people.h */
    char folded[128]; /* what identity borrows of an account */
};
struct groups_shift {             /* of the rota, wall clock of the group's zone */
    size_t moderator;             /* index */
    unsigned days;                /* bit 0 Monday ... bit 6 Sunday: the day it begins */
    int from_minutes, to_minutes; /* to <= from: past midnight */
};
struct group {
    uint64_t id; /* store_name_id("group", name) */
    struct str name, title, zone, country, language;
    const struct settings_node *node;
    struct groups_room *rooms; /* without the alert room */
    size_t room_count;
    struct groups_room alert_room; /* name empty: none */
    struct groups_moderator *moderators;
    size_t moderator_count;
    struct groups_shift *shifts;
    size_t shift_count;
};
struct groups;
/* From checked settings, which it borrows.  Ids need the store's key. */
int groups_create(const struct settings *settings, const struct store *store,
                  struct groups **ret_groups) MUST_CHECK;
void groups_destroy(struct groups *groups);
size_t groups_count(const struct groups *groups);
struct group *groups_at(const struct groups *groups, size_t index);
struct group *groups_by_id(const struct groups *groups, uint64_t id);
struct group *groups_by_name(const struct groups *groups, struct str name);
/* as the network spells it */
struct groups_room *groups_find_room(const struct groups *groups, struct str network,
                                     struct str room);
/* A network names a room of ours in another spelling ("#harbor" for "#Harbor"): found by it from
 * now on. */
int groups_note_spelling(struct groups *groups, struct groups_room *room,
                         struct str spelling) MUST_CHECK;
struct groups_room *groups_room_by_id(const struct groups *groups, uint64_t id);

#endif
