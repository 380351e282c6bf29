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
    struct str bridged; /* rooms of a group with the same one are one conversation; empty: none */
    int64_t active_ms;  /* when somebody last spoke there, elapsed; only of bridged rooms */
    /* listed by a space, not by the configuration: the group's own copies of space and name */
    char *space, *listed;
};
struct groups_space { /* whose rooms are the group's too, see groups_list_room */
    struct str network, name;
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
    struct groups_room *rooms; /* without the alert room; those of the configuration first */
    size_t room_count, room_capacity;
    bool moderators_by_link; /* a moderator is one in all that they were joined with */
    struct groups_space *spaces;
    size_t space_count;
    bool
        moderators_by_power; /* who moderates one of its rooms, as the network sees it, does here */
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
/* The networks of the configuration, for what it says of their bridges. */
const struct settings_node *groups_networks(const struct groups *groups);
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

/* A configured space lists a room (no group's yet): it is the group's from now on.  1; 0: it is a
 * group's already; -ENOENT: no group has that space; -ENOBUFS: more than GROUPS_LISTED_MAX;
 * -ENOMEM.  Pointers to rooms of that group end with the turn. */
enum { GROUPS_LISTED_MAX = 64 };
int groups_list_room(struct groups *groups, struct str network, struct str space,
                     struct str room) MUST_CHECK;
/* It lists it no more.  1; 0: no room of that space. */
int groups_unlist_room(struct groups *groups, struct str network, struct str space,
                       struct str room);
/* What spaces have listed so far, after a reload or on another store; a space that is not
 * configured any more lists nothing.  -ENOMEM. */
int groups_take_listed(struct groups *groups, const struct groups *from) MUST_CHECK;

#endif
