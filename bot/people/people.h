/* SPDX-License-Identifier: MIT */
/* people.h: who somebody is: identity per network, role per group, consent, preferences. */
#ifndef PEOPLE_PEOPLE_H
#define PEOPLE_PEOPLE_H

#include "mooring.h"
#include "people/groups.h"
#include "store/members.h"

struct people;
int people_create(struct store *store, struct groups *groups,
                  struct people **ret_people) MUST_CHECK;
void people_destroy(struct people *people);
void people_set_groups(struct people *people, struct groups *groups); /* after a reload */

/* Who a network says is speaking.  identity: the account or Matrix id, empty when the person has
 * none. */
struct people_speaker {
    struct str network, identity, address, display;
    bool has_power; /* the network gives them the power to moderate the room of what they say */
};
/* The member of an identity: from a small cache, then the keyring.  0: not known (or without
 * identity).  Never writes. */
uint64_t people_find(struct people *people, const struct people_speaker *speaker);
/* The same, made when not there; -EACCES without an identity.  Also notes address and display when
 * they changed, and the group. */
int people_meet(struct people *people, const struct people_speaker *speaker,
                const struct group *group, uint64_t *ret_member) MUST_CHECK;

/* Moderators are recognised by identity alone, never by nick; by the room's own power as well,
 * where the group says so (moderators_by_power). */
enum mooring_role people_role(struct people *people, const struct people_speaker *speaker,
                              uint64_t member, const struct group *group);
/* Until the turn's end, or the next call: what they say now is said with that power.  member 0:
 * nobody's. */
void people_speaks_with_power(struct people *people, uint64_t member, const struct group *group);
/* As whom a member speaks in the event in hand; NULL: nobody does.  Until then, and for others,
 * people_member_role is about the person: on whatever network, joined or not. */
void people_speaks(struct people *people, const struct people_speaker *speaker, uint64_t member);
enum mooring_role people_member_role(struct people *people, uint64_t member,
                                     const struct group *group);
/* The group a private talk belongs to: the one the member was last active in; NULL: none known. */
struct group *people_home(struct people *people, uint64_t member);

/* Where to reach a member in private: the network they were last seen on.  -ENOENT: nowhere. */
int people_address(struct people *people, uint64_t member, struct arena *arena,
                   struct people_speaker *ret_speaker) MUST_CHECK;
/* What a network knows them by; in the arena.  -ENOENT: they are not on it. */
int people_identity_on(struct people *people, uint64_t member, struct str network,
                       struct arena *arena, struct str *ret_identity) MUST_CHECK;
/* The same on the networks of which `fits` says so. */
int people_address_where(struct people *people, uint64_t member,
                         bool (*fits)(void *ctx, struct str network), void *ctx,
                         struct arena *arena, struct people_speaker *ret_speaker) MUST_CHECK;
/* The name the members of a group know; "someone" text id is the caller's.  -ENOENT. */
int people_display(struct people *people, uint64_t member, struct arena *arena,
                   struct str *ret_name) MUST_CHECK;
/* A typed name ("mara", "@mara") among a group's members and moderators; -ENOENT, -ENOTUNIQ. */
int people_find_typed(struct people *people, const struct group *group, struct str typed,
                      uint64_t *ret_member) MUST_CHECK;

/* ---- consent: scopes "checkins", "nudges", "buddy", "moderators", "statistics" --------------- */

extern const char *const people_scopes[]; /* ends in NULL */
/* Whether given; `assumed` is true for "checkins", which typing a check-in grants (asked on the
 * first). */
/* 1, 0, -ENOENT never asked */
int people_consent(struct people *people, uint64_t member, uint64_t group,
                   struct str scope) MUST_CHECK;
int people_set_consent(struct people *people, uint64_t member, uint64_t group, struct str scope,
                       bool granted) MUST_CHECK;

/* ---- preferences ----------------------------------------------------------------------------- */

/* What their profile on a network says of their zone, until they say another. */
#define PEOPLE_PROFILE_ZONE "profile-zone"
/* "zone", "language", "quiet" ("22:00-07:00"); in the arena; the group's value, then the default,
 * when not set. */
struct str people_zone(struct people *people, uint64_t member, const struct group *group,
                       struct arena *arena);
struct str people_language(struct people *people, uint64_t member, const struct group *group,
                           struct arena *arena);
int people_preference(struct people *people, uint64_t member, struct str name, struct arena *arena,
                      struct str *ret_value) MUST_CHECK;
int people_set_preference(struct people *people, uint64_t member, struct str name,
                          struct str value) MUST_CHECK;
/* "22:00-07:00" to minutes; -EINVAL. */
int people_parse_quiet(struct str text, int *ret_from_minutes, int *ret_to_minutes) MUST_CHECK;

int people_forget(struct people *people, uint64_t member) MUST_CHECK; /* and the cache */

#endif
