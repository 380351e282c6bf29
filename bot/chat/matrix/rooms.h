/* SPDX-License-Identifier: MIT */
/* rooms.h: the rooms that the account is in: what they are called here, who may do what, whether
 * they are encrypted, private, upgraded.
 *
 * The name by which the rest of the bot knows a room is the one in the configuration
 * ("#harbor:a.org" or "!id"), for a room listed by a space the id under which it was first listed.
 * It stays when the room is upgraded: then it stands for the new id, and what is stored under it
 * goes along. */
#ifndef CHAT_MATRIX_ROOMS_H
#define CHAT_MATRIX_ROOMS_H

#include <jansson.h>

#include "chat/matrix/session.h"
#include "chat/matrix/tree.h"

enum matrix_membership {
    MATRIX_OUT,
    MATRIX_INVITED,
    MATRIX_KNOCKED,
    MATRIX_IN,
    MATRIX_BANNED,
    MATRIX_MEMBERSHIP_COUNT
};
struct matrix_room {
    struct str id;   /* "!..."; opaque: never parsed (room version 12 has no domain in it) */
    struct str name; /* as configured; empty: no group's room */
    struct str with; /* private: the person; empty: not private */
    /* MATRIX_IN only once the room's state is known: whoever sees it may trust is_encrypted */
    enum matrix_membership membership;
    bool is_encrypted, is_space, is_tombstoned;
    bool told_encrypted, told_double; /* to those who look after it */
    bool is_dirty;                    /* to be kept with the next batch */
    /* the compact rest (version, creators, power levels) is rooms.c's own */
    struct matrix_room_state *state;
};

int matrix_rooms_create(struct matrix_session *session,
                        struct matrix_rooms **ret_rooms) MUST_CHECK; /* reads what the store has */
void matrix_rooms_destroy(struct matrix_rooms *rooms);
struct matrix_room *matrix_rooms_by_id(const struct matrix_rooms *rooms, struct str id);
struct matrix_room *matrix_rooms_by_name(const struct matrix_rooms *rooms, struct str name);
/* Of a room of a group in which we are not heard. */
enum chat_why matrix_rooms_why_out(const struct matrix_rooms *rooms, struct str name);
/* The joined private room with somebody, the latest used; NULL. */
struct matrix_room *matrix_rooms_with(const struct matrix_rooms *rooms, struct str user);
/* Made when not there.  NULL: no memory. */
struct matrix_room *matrix_rooms_add(struct matrix_rooms *rooms, struct str id);
/* One that we just made (createRoom answered): joined, not encrypted.  `user`: whose private room.
 * NULL: no memory. */
struct matrix_room *matrix_rooms_made(struct matrix_rooms *rooms, struct str id, struct str user);
/* m.direct, an invitation or createRoom says that it is private with `user`; empty: not any more.
 * Its state is asked for where it is not known.  -ENOMEM. */
int matrix_rooms_private(struct matrix_rooms *rooms, struct matrix_room *room,
                         struct str user) MUST_CHECK;
/* Somebody's membership in a private or configured room, as far as the server told. */
enum matrix_membership matrix_rooms_member(const struct matrix_room *room, struct str user);
/* We leave it, and it is forgotten, here and there. */
void matrix_rooms_leave(struct matrix_rooms *rooms, struct matrix_room *room);
void matrix_rooms_each(const struct matrix_rooms *rooms,
                       void (*each)(void *ctx, struct matrix_room *room), void *ctx);

/* A state event of the room, from /sync or /state: power levels, create, encryption, tombstone,
 * member (our own and those who speak), name, canonical alias, space child and parent.  0; -ENOMEM.
 */
int matrix_rooms_state(struct matrix_rooms *rooms, struct matrix_room *room,
                       const struct tree *event) MUST_CHECK;
/* The name the room sees somebody by, from their member event; the localpart when it is not known.
 */
struct str matrix_rooms_display(const struct matrix_rooms *rooms, const struct matrix_room *room,
                                struct str user);
/* Somebody's power there; creators of room versions from 12 on: INT64_MAX. */
int64_t matrix_rooms_power(const struct matrix_room *room, struct str user);
/* What sending an event of that type takes ("m.room.tombstone", "m.room.message"). */
int64_t matrix_rooms_power_needed(const struct matrix_room *room, struct str type, bool is_state);
/* Joins what is configured and not joined, in batches, again with backoff; resolves aliases; never
 * where we were kicked or banned.  sync.c calls it when it starts and every minute. */
void matrix_rooms_join_configured(struct matrix_rooms *rooms);
/* The same room is configured for another of our accounts as well, under another name (by alias
 * here, by id there): two would answer each command, and each other. */
static inline bool matrix_room_is_double(const struct matrix_session *session,
                                         const struct matrix_room *room)
{
    const struct chat_env *env = &session->env;
    return room->name.len > 0 && env->held_before &&
           env->held_before(env->ctx, str_of(session->network.name), room->id);
}
/* Writes dirty rooms; inside the turn's transaction (chat_batch.keep).  matrix_rooms_kept when it
 * was committed. */
int matrix_rooms_keep(struct matrix_rooms *rooms) MUST_CHECK;
void matrix_rooms_kept(struct matrix_rooms *rooms);

#endif
