/* SPDX-License-Identifier: MIT */
/* rooms_internal.h: what rooms*.c share: the state of a room, compact; the rooms that are to be
 * joined. */
#ifndef CHAT_MATRIX_ROOMS_INTERNAL_H
#define CHAT_MATRIX_ROOMS_INTERNAL_H

#include "base/map.h"
#include "chat/matrix/request.h"
#include "chat/matrix/rooms.h"

enum {
    MATRIX_ID_MAX = 1024,      /* bytes; the specification says 255, older rooms may have more */
    MATRIX_MEMBERS_MAX = 4096, /* of a room that are known by name; the others by their localpart */
    MATRIX_LEVELS_MAX = 4096,  /* people, and types of events, that a power levels event may name */
    MATRIX_CREATORS_MAX = 64,
    MATRIX_SALT_BYTES = 32,
    MATRIX_JOINS_AT_ONCE = 4,
    MATRIX_LOADS_AT_ONCE = 4,
    MATRIX_STATE_BYTES = 32 * 1024 * 1024, /* of an answer of /state */
    MATRIX_STATE_MS = 2 * 60 * 1000,
};

/* Who has power is kept as a keyed hash of their id, in memory as on disk: what is written names
 * nobody. */
struct matrix_level {
    uint64_t who;
    int64_t level;
};
struct matrix_type_level {
    char *type;
    int64_t level;
};
struct matrix_member {
    enum matrix_membership membership;
    char *display; /* NULL: none */
};
struct matrix_room_state {
    struct matrix_rooms *rooms;
    bool is_known;      /* create, power levels and encryption were read */
    bool is_joined;     /* the server says so; MATRIX_IN when it is known too */
    bool is_looked_for; /* joined when the list of our rooms was asked for */
    bool is_kicked;     /* we were put out: not joined again but by an invitation */
    bool
        is_synced; /* an answer of /sync has told of it since we joined: from there on it is read */
    bool was_joined;   /* before the sync that is being read */
    bool in_store;     /* there is a row */
    bool has_creators; /* room version 12 and later: they stand above all levels */
    bool has_levels;
    unsigned version;
    uint64_t *creators;
    size_t creator_count;
    struct matrix_level *levels; /* sorted by `who` */
    size_t level_count;
    struct matrix_type_level *types;
    size_t type_count;
    int64_t users_default, events_default, state_default, redact;
    struct map members;     /* of private and configured rooms: struct matrix_member */
    char *replacement;      /* of the tombstone */
    char *tombstone_sender; /* of this life; else may_move says whether they had the right */
    bool may_move;
    char *via; /* a server that is in the replacement: the sender's */
    char *predecessor;
    char *join_via;                      /* of a room that a space lists: a server that is in it */
    int64_t joined_at;                   /* 0: not known */
    int64_t joined_count, invited_count; /* of the summary; -1 */
    struct matrix_call *call;            /* /state is asked */
    unsigned load_failures;
    int64_t load_due_ms; /* elapsed */
};

/* A configured room that is not joined. */
struct matrix_want {
    struct matrix_rooms *rooms;
    char *name; /* as configured: where it goes on may have another id */
    unsigned failures;
    enum chat_why why; /* of the last failure */
    int64_t due_ms;    /* elapsed */
    bool is_listed;    /* still configured: set anew in each round */
    struct matrix_call *call;
};
struct matrix_leaving;
struct matrix_rooms {
    struct matrix_session *session;
    struct map by_id, by_name, by_user; /* struct matrix_room; the first owns */
    struct map wants;                   /* by name: struct matrix_want */
    struct matrix_leaving *leaving;
    size_t joining, loading;
    bool to_load;   /* some room's state is wanted */
    bool has_dirty; /* some room is to be kept */
    struct loop_timer timer;
    unsigned char salt[MATRIX_SALT_BYTES];
    struct metric *gauge;
    bool stopping;
};

/* What a log may say of it: an alias from the configuration; an id may be a space's, which nobody
 * wrote there. */
static inline struct str matrix_log_name(struct str name)
{
    return str_starts(name, STR("!")) ? STR("(by its id)") : name;
}
/* To be kept with the next batch. */
static inline void matrix_room_changed(struct matrix_room *room)
{
    room->is_dirty = true;
    room->state->rooms->has_dirty = true;
}

/* rooms.c */
uint64_t matrix_rooms_hash(const struct matrix_rooms *rooms, struct str user);
int matrix_rooms_name(struct matrix_rooms *rooms, struct matrix_room *room,
                      struct str name) MUST_CHECK;
void matrix_rooms_remove(struct matrix_rooms *rooms, struct matrix_room *room);
/* Whether anything of it matters to us. */
static inline bool matrix_room_matters(const struct matrix_room *room)
{
    return room->name.len > 0 || room->with.len > 0;
}
int matrix_replace_text(char **text, struct str value) MUST_CHECK; /* empty: NULL */

/* rooms_state.c */
void matrix_state_done(struct matrix_room_state *state);
/* Everything is as before the first event: what a whole state is read into. */
void matrix_state_reset(struct matrix_room_state *state);
/* MATRIX_IN where we are joined and the state is whole. */
void matrix_room_settle(struct matrix_room *room);
/* Whether who set the tombstone had the right to. */
bool matrix_room_may_move(const struct matrix_room *room);
/* Of these types something is kept; all others are passed over unread. */
bool matrix_rooms_wants_type(struct str type);

/* rooms_keep.c */
int matrix_rooms_load(struct matrix_rooms *rooms) MUST_CHECK;

/* rooms_join.c */
void matrix_rooms_tick(struct matrix_rooms *rooms);
void matrix_rooms_join_stop(struct matrix_rooms *rooms);
/* Asks for its whole state; MATRIX_IN follows. */
void matrix_rooms_ask_state(struct matrix_rooms *rooms, struct matrix_room *room);
/* What was known of it does not count any more. */
void matrix_rooms_ask_anew(struct matrix_rooms *rooms, struct matrix_room *room);
/* We are about to enter somebody's private room: what /sync tells of it is not passed over, also
 * when it does so before we hear that we are in.  -ENOMEM. */
int matrix_rooms_expect(struct matrix_rooms *rooms, struct str id, struct str user) MUST_CHECK;
/* An answer of /state: what was known before is replaced. */
/* matrix_rooms_state of what an answer holds; the arena is reset. */
int matrix_rooms_state_json(struct matrix_rooms *rooms, struct matrix_room *room,
                            struct arena *arena, const json_t *event) MUST_CHECK;
int matrix_rooms_read_whole(struct matrix_rooms *rooms, struct matrix_room *room,
                            const json_t *events) MUST_CHECK;
/* Leaves and forgets a room of which nothing is known here. */
void matrix_rooms_leave_id(struct matrix_rooms *rooms, struct str id);

#endif
