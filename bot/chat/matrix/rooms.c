/* SPDX-License-Identifier: MIT */
/* rooms.c: the rooms that matter, by id, by configured name, by person. */
#include "chat/matrix/rooms.h"

#include <assert.h>
#include <errno.h>

#include <sodium.h>

#include "chat/matrix/account.h"
#include "chat/matrix/rooms_internal.h"
#include "store/store.h"

enum { ROOMS_MAX = 100 * 1000 };

int matrix_replace_text(char **text, struct str value)
{
    char *copy = str_empty(value) ? NULL : str_copy(value);
    if (!copy && !str_empty(value))
        return -ENOMEM;
    mem_free(*text);
    *text = copy;
    return 0;
}

/* A str that the room owns. */
static int replace_str(struct str *text, struct str value)
{
    char *copy = (char *)(uintptr_t)text->ptr;
    int r = matrix_replace_text(&copy, value);
    if (r == 0)
        *text = str_of(copy);
    return r;
}

uint64_t matrix_rooms_hash(const struct matrix_rooms *rooms, struct str user)
{
    uint64_t hash;
    unsigned char out[crypto_shorthash_BYTES];
    static_assert(sizeof out == sizeof hash && sizeof rooms->salt >= crypto_shorthash_KEYBYTES,
                  "a short hash is a number, and the salt its key");
    crypto_shorthash(out, (const unsigned char *)(user.ptr ? user.ptr : ""), user.len, rooms->salt);
    memcpy(&hash, out, sizeof hash);
    return hash;
}

/* ---- finding -------------------------------------------------------------------------------- */

struct matrix_room *matrix_rooms_by_id(const struct matrix_rooms *rooms, struct str id)
{
    return map_get(&rooms->by_id, id);
}

struct matrix_room *matrix_rooms_by_name(const struct matrix_rooms *rooms, struct str name)
{
    return map_get(&rooms->by_name, name);
}

struct with_search {
    struct str user;
    struct matrix_room *found;
};

static void look_for_user(void *ctx, struct matrix_room *room)
{
    struct with_search *search = ctx;
    if (room->membership == MATRIX_IN && str_eq(room->with, search->user))
        search->found = room;
}

struct matrix_room *matrix_rooms_with(const struct matrix_rooms *rooms, struct str user)
{
    struct matrix_room *room = map_get(&rooms->by_user, user);
    if (!room || (room->membership == MATRIX_IN && str_eq(room->with, user)))
        return room;
    struct with_search search = {user,
                                 NULL}; /* the latest used was left: another, if there is one */
    matrix_rooms_each(rooms, look_for_user, &search);
    return search.found;
}

void matrix_rooms_each(const struct matrix_rooms *rooms,
                       void (*each)(void *ctx, struct matrix_room *room), void *ctx)
{
    size_t cursor = 0;
    void *room;
    while (map_next(&rooms->by_id, &cursor, NULL, &room))
        each(ctx, room);
}

/* ---- coming and going ----------------------------------------------------------------------- */

static void free_room(struct matrix_room *room)
{
    if (!room)
        return;
    if (room->state) {
        matrix_cancel(room->state->call);
        matrix_state_done(room->state);
    }
    mem_free(room->state);
    mem_free((void *)(uintptr_t)room->id.ptr);
    mem_free((void *)(uintptr_t)room->name.ptr);
    mem_free((void *)(uintptr_t)room->with.ptr);
    mem_free(room);
}

static struct matrix_room *new_room(struct matrix_rooms *rooms, struct str id)
{
    struct matrix_room *room = mem_zalloc(sizeof *room);
    if (!room)
        return NULL;
    room->state = mem_zalloc(sizeof *room->state);
    if (!room->state || replace_str(&room->id, id) < 0) {
        free_room(room);
        return NULL;
    }
    room->state->rooms = rooms;
    matrix_state_reset(room->state);
    return room;
}

struct matrix_room *matrix_rooms_add(struct matrix_rooms *rooms, struct str id)
{
    struct matrix_room *room = matrix_rooms_by_id(rooms, id);
    if (room)
        return room;
    if (str_empty(id) || id.len > MATRIX_ID_MAX || rooms->by_id.count >= ROOMS_MAX)
        return NULL;
    room = new_room(rooms, id);
    if (room && map_put(&rooms->by_id, id, room) < 0) {
        free_room(room);
        return NULL;
    }
    return room;
}

void matrix_rooms_remove(struct matrix_rooms *rooms, struct matrix_room *room)
{
    if (!room)
        return;
    if (room->name.len && map_get(&rooms->by_name, room->name) == room)
        map_remove(&rooms->by_name, room->name);
    if (room->with.len && map_get(&rooms->by_user, room->with) == room)
        map_remove(&rooms->by_user, room->with);
    if (room->state->call)
        rooms->loading--;
    map_remove(&rooms->by_id, room->id);
    free_room(room);
}

/* ---- what they are called ------------------------------------------------------------------- */

/* `name` stands for this room from now on, and for no other. */
int matrix_rooms_name(struct matrix_rooms *rooms, struct matrix_room *room, struct str name)
{
    struct matrix_room *other = matrix_rooms_by_name(rooms, name);
    if (other == room)
        return 0;
    int r = map_put(&rooms->by_name, name, room);
    if (r == 0 && room->name.len && map_get(&rooms->by_name, room->name) == room)
        map_remove(&rooms->by_name, room->name);
    if (r == 0)
        r = replace_str(&room->name, name);
    if (r < 0)
        return r;
    if (other) {
        (void)replace_str(&other->name, (struct str){0});
        matrix_room_changed(other);
    }
    matrix_room_changed(room);
    return 0;
}

int matrix_rooms_private(struct matrix_rooms *rooms, struct matrix_room *room, struct str user)
{
    if (user.len > MATRIX_ID_MAX || room->name.len > 0) /* a group's room is nobody's own */
        user = (struct str){0};
    if (str_eq(room->with, user))
        return 0;
    if (room->with.len && map_get(&rooms->by_user, room->with) == room)
        map_remove(&rooms->by_user, room->with);
    int r = replace_str(&room->with, user);
    if (r == 0 && user.len)
        r = map_put(&rooms->by_user, user, room);
    if (r == 0 && user.len && !room->state->is_known)
        rooms->to_load = true;
    return r;
}

struct matrix_room *matrix_rooms_made(struct matrix_rooms *rooms, struct str id, struct str user)
{
    struct matrix_room *room = matrix_rooms_add(rooms, id);
    if (!room)
        return NULL;
    room->state->is_known = room->state->is_joined = true;
    room->membership = MATRIX_IN;
    return matrix_rooms_private(rooms, room, user) < 0 ? NULL : room;
}

/* ---- people in them ------------------------------------------------------------------------- */

enum matrix_membership matrix_rooms_member(const struct matrix_room *room, struct str user)
{
    const struct matrix_member *member = map_get(&room->state->members, user);
    return member ? member->membership : MATRIX_OUT;
}

static struct str localpart(struct str user)
{
    struct str rest = str_from(user, user.len > 0 && user.ptr[0] == '@' ? 1 : 0), part = rest;
    str_split(&rest, ':', &part);
    return part;
}

struct str matrix_rooms_display(const struct matrix_rooms *rooms, const struct matrix_room *room,
                                struct str user)
{
    (void)rooms;
    const struct matrix_member *member = map_get(&room->state->members, user);
    return member && member->display ? str_of(member->display) : localpart(user);
}

/* ---- life ----------------------------------------------------------------------------------- */

/* The salt is the store's: a row that was written under another one is read without its levels. */
static void make_salt(struct matrix_rooms *rooms)
{
    const struct chat_env *env = &rooms->session->env;
    struct store *store = env->store ? env->store(env->ctx) : NULL;
    unsigned char hash[STORE_HASH_BYTES];
    static_assert(sizeof hash == MATRIX_SALT_BYTES, "a hash is the salt");
    if (store)
        store_hash(store, STR("matrix-power"), str_of(rooms->session->network.name),
                   (struct str){0}, hash);
    else
        randombytes_buf(hash, sizeof hash);
    memcpy(rooms->salt, hash, sizeof hash);
}

static void on_timer(struct loop_timer *timer)
{
    matrix_rooms_tick(CONTAINER_OF(timer, struct matrix_rooms, timer));
}

int matrix_rooms_create(struct matrix_session *session, struct matrix_rooms **ret_rooms)
{
    struct matrix_rooms *rooms = mem_zalloc(sizeof *rooms);
    if (!rooms)
        return -ENOMEM;
    rooms->session = session;
    rooms->timer = (struct loop_timer){.clock = LOOP_TIMER_ELAPSED, .fire = on_timer};
    rooms->gauge = metrics_gauge(session->env.metrics, "mooring_matrix_rooms",
                                 "Rooms that groups have, and private ones, that are joined.",
                                 "network", str_of(session->network.name));
    make_salt(rooms);
    int r = matrix_rooms_load(rooms);
    if (r < 0) {
        matrix_rooms_destroy(rooms);
        return r;
    }
    *ret_rooms = rooms;
    return 0;
}

void matrix_rooms_destroy(struct matrix_rooms *rooms)
{
    if (!rooms)
        return;
    rooms->stopping = true;
    matrix_rooms_join_stop(rooms);
    size_t cursor = 0;
    void *room;
    while (map_next(&rooms->by_id, &cursor, NULL, &room))
        free_room(room);
    map_done(&rooms->by_id);
    map_done(&rooms->by_name);
    map_done(&rooms->by_user);
    mem_wipe(rooms->salt, sizeof rooms->salt);
    mem_free(rooms);
}
