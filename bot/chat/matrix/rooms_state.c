/* SPDX-License-Identifier: MIT */
/* rooms_state.c: a room's state, event by event: creators, power levels, encryption, members,
 * tombstone (client-server API, section "Room events"; room versions 1 to 12). */
#include "chat/matrix/rooms_internal.h"

#include <errno.h>
#include <stdlib.h>

#include "base/number.h"
#include "chat/matrix/account.h"
#include "chat/matrix/outbound.h"

enum { CREATORS_ABOVE = 12 }; /* room version from which creators stand above all levels */

/* ---- beginning, ending ---------------------------------------------------------------------- */

static void drop_levels(struct matrix_room_state *state)
{
    for (size_t i = 0; i < state->type_count; i++)
        mem_free(state->types[i].type);
    mem_free(state->types);
    mem_free(state->levels);
    state->types = NULL;
    state->levels = NULL;
    state->type_count = state->level_count = 0;
    /* without a power levels event (client-server API, "m.room.power_levels") */
    state->has_levels = false;
    state->users_default = state->events_default = state->state_default = 0;
    state->redact = 50;
}

static void free_member(struct matrix_member *member)
{
    if (member)
        mem_free(member->display);
    mem_free(member);
}

static void drop_members(struct matrix_room_state *state)
{
    size_t cursor = 0;
    void *member;
    while (map_next(&state->members, &cursor, NULL, &member))
        free_member(member);
    map_done(&state->members);
    state->members = (struct map){0};
}

void matrix_state_reset(struct matrix_room_state *state)
{
    drop_levels(state);
    drop_members(state);
    mem_free(TAKE(state->creators));
    state->creator_count = 0;
    state->has_creators = false;
    state->joined_count = state->invited_count = -1;
}

void matrix_state_done(struct matrix_room_state *state)
{
    matrix_state_reset(state);
    mem_free(state->replacement);
    mem_free(state->tombstone_sender);
    mem_free(state->predecessor);
    mem_free(state->via);
    mem_free(state->join_via);
}

bool matrix_rooms_wants_type(struct str type)
{
    static const struct str types[] = {
        {"m.room.create", 13}, {"m.room.power_levels", 19}, {"m.room.encryption", 17},
        {"m.room.member", 13}, {"m.room.tombstone", 16},    {"m.space.child", 13},
    };
    if (str_empty(type))
        return true;
    for (size_t i = 0; i < COUNT_OF(types); i++)
        if (str_eq(type, types[i]))
            return true;
    return false;
}

/* ---- power ---------------------------------------------------------------------------------- */

/* Old rooms have levels as texts, "50" (room versions before 10); a real comes from a number that
 * was too large to read otherwise. */
static int64_t level_of(const struct tree *value, int64_t otherwise)
{
    int64_t level;
    if (tree_is(value, TREE_WHOLE))
        return value->whole;
    if (tree_is(value, TREE_REAL)) {
        double real = value->real;
        return real > 1e15 ? (int64_t)1e15 : real < -1e15 ? -(int64_t)1e15 : (int64_t)real;
    }
    if (tree_is(value, TREE_TEXT) &&
        number_parse(str_trim(value->text), -(1LL << 53), 1LL << 53, &level) == 0)
        return level;
    return otherwise;
}

static size_t count_of(const struct tree *object)
{
    return tree_is(object, TREE_OBJECT) ? MIN_OF(object->count, (size_t)MATRIX_LEVELS_MAX) : 0;
}

static int by_who(const void *a, const void *b)
{
    const struct matrix_level *x = a, *y = b;
    return x->who < y->who ? -1 : x->who > y->who;
}

static int read_users(struct matrix_room_state *state, const struct tree *users)
{
    size_t count = count_of(users);
    if (count == 0)
        return 0;
    state->levels = mem_zalloc_array(count, sizeof *state->levels);
    if (!state->levels)
        return -ENOMEM;
    for (const struct tree *user = users->first; state->level_count < count; user = user->next)
        state->levels[state->level_count++] = (struct matrix_level){
            matrix_rooms_hash(state->rooms, user->key), level_of(user, 0)};
    qsort(state->levels, state->level_count, sizeof *state->levels, by_who);
    return 0;
}

static int read_types(struct matrix_room_state *state, const struct tree *events)
{
    size_t count = count_of(events);
    if (count == 0)
        return 0;
    state->types = mem_zalloc_array(count, sizeof *state->types);
    if (!state->types)
        return -ENOMEM;
    for (const struct tree *type = events->first; state->type_count < count; type = type->next) {
        char *copy = str_copy(type->key);
        if (!copy)
            return -ENOMEM;
        state->types[state->type_count++] = (struct matrix_type_level){copy, level_of(type, 0)};
    }
    return 0;
}

static int read_levels(struct matrix_room_state *state, const struct tree *content)
{
    drop_levels(state);
    state->has_levels = true;
    state->users_default = level_of(tree_get(content, "users_default"), 0);
    state->events_default = level_of(tree_get(content, "events_default"), 0);
    state->state_default = level_of(tree_get(content, "state_default"), 50);
    state->redact = level_of(tree_get(content, "redact"), 50);
    int r = read_users(state, tree_get(content, "users"));
    return r < 0 ? r : read_types(state, tree_get(content, "events"));
}

static bool is_creator(const struct matrix_room_state *state, uint64_t who)
{
    for (size_t i = 0; i < state->creator_count; i++)
        if (state->creators[i] == who)
            return true;
    return false;
}

int64_t matrix_rooms_power(const struct matrix_room *room, struct str user)
{
    const struct matrix_room_state *state = room->state;
    struct matrix_level wanted = {.who = matrix_rooms_hash(state->rooms, user)}, *found = NULL;
    bool created = is_creator(state, wanted.who);
    if (created && state->has_creators)
        return INT64_MAX;
    if (created && !state->has_levels)
        return 100;
    if (state->level_count > 0)
        found = bsearch(&wanted, state->levels, state->level_count, sizeof wanted, by_who);
    return found ? found->level : state->users_default;
}

int64_t matrix_rooms_power_needed(const struct matrix_room *room, struct str type, bool is_state)
{
    const struct matrix_room_state *state = room->state;
    if (str_eq_c(type, "redact"))
        return state->redact;
    for (size_t i = 0; i < state->type_count; i++)
        if (str_eq_c(type, state->types[i].type))
            return state->types[i].level;
    return is_state ? state->state_default : state->events_default;
}

/* ---- create --------------------------------------------------------------------------------- */

static int add_creator(struct matrix_room_state *state, struct str user)
{
    if (str_empty(user) || state->creator_count >= MATRIX_CREATORS_MAX)
        return 0;
    uint64_t *creators = mem_resize(state->creators, state->creator_count + 1, sizeof *creators);
    if (!creators)
        return -ENOMEM;
    state->creators = creators;
    creators[state->creator_count++] = matrix_rooms_hash(state->rooms, user);
    return 0;
}

static bool has_creators(struct str version)
{
    int64_t number;
    if (number_parse(version, 1, 1000000, &number) == 0)
        return number >= CREATORS_ABOVE;
    return str_starts(version, STR("org.matrix.hydra")); /* the same before it had a number */
}

static int read_create(struct matrix_room *room, const struct tree *event,
                       const struct tree *content)
{
    struct matrix_room_state *state = room->state;
    struct str creator = tree_text(content, "creator"); /* until room version 10 */
    struct str before = tree_text(tree_get(content, "predecessor"), "room_id");
    struct str version = tree_text(content, "room_version");
    mem_free(TAKE(state->creators));
    state->creator_count = 0;
    state->has_creators = has_creators(version);
    room->is_space = str_eq_c(tree_text(content, "type"), "m.space");
    int r = matrix_replace_text(&state->predecessor, before);
    if (r == 0)
        r = add_creator(state, str_empty(creator) || state->has_creators
                                   ? tree_text(event, "sender")
                                   : creator);
    const struct tree *more = tree_first(tree_get(content, "additional_creators"));
    for (; more && r == 0 && state->has_creators; more = more->next)
        if (tree_is(more, TREE_TEXT))
            r = add_creator(state, more->text);
    return r;
}

/* ---- members -------------------------------------------------------------------------------- */

static enum matrix_membership membership_of(struct str text)
{
    return str_eq_c(text, "join")     ? MATRIX_IN
           : str_eq_c(text, "invite") ? MATRIX_INVITED
           : str_eq_c(text, "knock")  ? MATRIX_KNOCKED
           : str_eq_c(text, "ban")    ? MATRIX_BANNED
                                      : MATRIX_OUT;
}

static int keep_member(struct matrix_room_state *state, struct str user,
                       enum matrix_membership membership, struct str display)
{
    struct matrix_member *member = map_get(&state->members, user);
    if (membership == MATRIX_OUT || membership == MATRIX_BANNED) {
        map_remove(&state->members, user);
        free_member(member);
        return 0;
    }
    if (!member) {
        if (state->members.count >= MATRIX_MEMBERS_MAX || user.len > MATRIX_ID_MAX)
            return 0;
        member = mem_zalloc(sizeof *member);
        int r = member ? map_put(&state->members, user, member) : -ENOMEM;
        if (r < 0) {
            mem_free(member);
            return r;
        }
    }
    member->membership = membership;
    return matrix_replace_text(&member->display, str_upto(display, MATRIX_ID_MAX));
}

/* Ourselves.  Being put out is not leaving: who put us out wants us out. */
static void read_own(struct matrix_room *room, const struct tree *event,
                     enum matrix_membership membership, struct str self)
{
    struct matrix_room_state *state = room->state;
    bool by_other = !str_eq(tree_text(event, "sender"), self);
    if (membership == MATRIX_IN) {
        if (!state->is_joined || state->joined_at == 0)
            state->joined_at = tree_whole(event, "origin_server_ts", 0);
        state->is_joined = true;
        state->is_kicked = false;
        return; /* MATRIX_IN when its state is whole: matrix_room_settle */
    }
    if (state->is_joined && by_other)
        state->is_kicked = true;
    state->is_joined = false;
    if (room->membership != membership)
        matrix_room_changed(room);
    room->membership = membership;
}

static int read_member(struct matrix_rooms *rooms, struct matrix_room *room,
                       const struct tree *event, const struct tree *content)
{
    struct str user = tree_text(event, "state_key");
    struct str self = matrix_account_user(rooms->session->account);
    enum matrix_membership membership = membership_of(tree_text(content, "membership"));
    if (str_empty(user))
        return 0;
    if (str_eq(user, self))
        read_own(room, event, membership, self);
    if (!matrix_room_matters(room))
        return 0;
    int r = keep_member(room->state, user, membership, tree_text(content, "displayname"));
    if (r == 0 && room->with.len)
        matrix_direct_member(rooms->session->direct, room, user, membership);
    return r;
}

/* ---- the rest ------------------------------------------------------------------------------- */

/* Somebody's server, to join through.  Of user ids the server may be taken; of room ids never (room
 * version 12). */
static struct str server_of(struct str user)
{
    size_t at = str_find(user, STR(":"), 0);
    return at == SIZE_MAX ? (struct str){0} : str_from(user, at + 1);
}

static int read_tombstone(struct matrix_room *room, const struct tree *event,
                          const struct tree *content)
{
    struct matrix_room_state *state = room->state;
    struct str sender = tree_text(event, "sender"), to = tree_text(content, "replacement_room");
    if (str_empty(to) || to.len > MATRIX_ID_MAX || str_eq(to, room->id) ||
        str_has_byte(sender, '\0')) /* kept, it would be somebody else's id */
        return 0;
    room->is_tombstoned = true;
    int r = matrix_replace_text(&state->replacement, to);
    if (r == 0)
        r = matrix_replace_text(&state->tombstone_sender, sender);
    return r < 0 ? r : matrix_replace_text(&state->via, server_of(sender));
}

/* Asked when it is acted on, not when it is read: in a state the levels may come behind it. */
bool matrix_room_may_move(const struct matrix_room *room)
{
    const struct matrix_room_state *state = room->state;
    if (!state->tombstone_sender)
        return state->may_move;
    return matrix_rooms_power(room, str_of(state->tombstone_sender)) >=
           matrix_rooms_power_needed(room, STR("m.room.tombstone"), true);
}

void matrix_room_settle(struct matrix_room *room)
{
    struct matrix_room_state *state = room->state;
    enum matrix_membership was = room->membership;
    state->is_known |= state->creator_count > 0;
    if (state->is_joined && state->is_known)
        room->membership = MATRIX_IN;
    if (was != room->membership)
        matrix_room_changed(room);
}

int matrix_rooms_state(struct matrix_rooms *rooms, struct matrix_room *room,
                       const struct tree *event)
{
    struct str type = tree_text(event, "type"), key = tree_text(event, "state_key");
    const struct tree *content = tree_get(event, "content");
    int r = 0;
    if (!tree_is(content, TREE_OBJECT) || !tree_is(tree_get(event, "state_key"), TREE_TEXT))
        return 0;
    if (str_eq_c(type, "m.room.member"))
        return read_member(rooms, room, event, content);
    if (!str_empty(key))
        return 0;
    if (str_eq_c(type, "m.room.create"))
        r = read_create(room, event, content);
    else if (str_eq_c(type, "m.room.power_levels"))
        r = read_levels(room->state, content);
    else if (str_eq_c(type, "m.room.encryption"))
        room->is_encrypted = true; /* for ever: nothing turns it off again */
    else if (str_eq_c(type, "m.room.tombstone"))
        r = read_tombstone(room, event, content);
    else
        return 0;
    matrix_room_changed(room);
    return r;
}

int matrix_rooms_state_json(struct matrix_rooms *rooms, struct matrix_room *room,
                            struct arena *arena, const json_t *event)
{
    arena_reset(arena);
    const struct tree *tree = tree_of_json(arena, event);
    return tree ? matrix_rooms_state(rooms, room, tree) : -ENOMEM;
}
