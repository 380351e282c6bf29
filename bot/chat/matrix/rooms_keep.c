/* SPDX-License-Identifier: MIT */
/* rooms_keep.c: rooms of groups as rows: a restart knows them without asking.  Private rooms are
 * kept by direct.c, under their member's key; a row here names nobody. */
#include "chat/matrix/rooms_internal.h"

#include <errno.h>
#include <stdlib.h>

#include "base/number.h"
#include "store/matrix_rooms.h"

enum { ROW_VERSION = 1 };

/* ---- out ------------------------------------------------------------------------------------ */

/* 64 bits do not fit into JSON's numbers. */
static json_t *json_of_hash(uint64_t hash)
{
    char text[20];
    for (int i = 0; i < 16; i++)
        text[i] = "0123456789abcdef"[hash >> (60 - 4 * i) & 15];
    return json_stringn(text, 16);
}

static uint64_t mark_of(const struct matrix_rooms *rooms)
{
    return matrix_rooms_hash(rooms, STR("")); /* of the salt alone */
}

static json_t *levels_out(const struct matrix_room_state *state)
{
    json_t *levels = json_array();
    for (size_t i = 0; i < state->level_count; i++)
        json_array_append_new(levels, json_pack("[o,I]", json_of_hash(state->levels[i].who),
                                                (json_int_t)state->levels[i].level));
    return levels;
}

static json_t *types_out(const struct matrix_room_state *state)
{
    json_t *types = json_object();
    for (size_t i = 0; i < state->type_count; i++)
        json_object_set_new(types, state->types[i].type, json_integer(state->types[i].level));
    return types;
}

static json_t *creators_out(const struct matrix_room_state *state)
{
    json_t *creators = json_array();
    for (size_t i = 0; i < state->creator_count; i++)
        json_array_append_new(creators, json_of_hash(state->creators[i]));
    return creators;
}

static void set_text(json_t *row, const char *key, struct str text)
{
    if (text.len)
        json_object_set_new(row, key, json_stringn(text.ptr, text.len));
}

static json_t *row_of(const struct matrix_rooms *rooms, const struct matrix_room *room)
{
    const struct matrix_room_state *state = room->state;
    json_t *row = json_pack(
        "{s:i, s:o, s:b, s:b, s:b, s:b, s:b, s:b, s:b, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:o}",
        "v", ROW_VERSION, "mark", json_of_hash(mark_of(rooms)), "joined", state->is_joined,
        "kicked", state->is_kicked, "known", state->is_known, "encrypted", room->is_encrypted,
        "space", room->is_space, "above", state->has_creators, "leveled", state->has_levels,
        "joined_at", (json_int_t)state->joined_at, "users_default",
        (json_int_t)state->users_default, "events_default", (json_int_t)state->events_default,
        "state_default", (json_int_t)state->state_default, "redact", (json_int_t)state->redact,
        "levels", levels_out(state), "types", types_out(state), "creators", creators_out(state));
    if (!row)
        return NULL;
    set_text(row, "name", room->name);
    set_text(row, "replacement", str_of(state->replacement));
    set_text(row, "via", str_of(state->via));
    set_text(row, "predecessor", str_of(state->predecessor));
    json_object_set_new(row, "may_move", json_boolean(matrix_room_may_move(room)));
    return row;
}

static int keep_room(struct matrix_rooms *rooms, struct store *store, struct matrix_room *room)
{
    struct str network = str_of(rooms->session->network.name);
    if (str_empty(room->name))
        return room->state->in_store
                   ? store_matrix_remove(store, STORE_MATRIX_ROOM, network, room->id)
                   : 0;
    json_t *row = row_of(rooms, room);
    char *text = row ? json_dumps(row, JSON_COMPACT) : NULL;
    json_decref(row);
    if (!text) {
        mem_note_shortage();
        return -ENOMEM;
    }
    int r = store_matrix_put(store, STORE_MATRIX_ROOM, network, room->id, str_of(text));
    free(text);                 /* jansson's own */
    return r == -E2BIG ? 0 : r; /* too many levels for a row: asked for again after a restart */
}

int matrix_rooms_keep(struct matrix_rooms *rooms)
{
    const struct chat_env *env = &rooms->session->env;
    struct store *store = env->store ? env->store(env->ctx) : NULL;
    size_t cursor = 0;
    void *item;
    int r = 0;
    while (store && rooms->has_dirty && r >= 0 && map_next(&rooms->by_id, &cursor, NULL, &item)) {
        struct matrix_room *room = item;
        if (room->is_dirty)
            r = keep_room(rooms, store, room);
    }
    return MIN_OF(r, 0);
}

void matrix_rooms_kept(struct matrix_rooms *rooms)
{
    size_t cursor = 0;
    void *item;
    if (!rooms->has_dirty)
        return;
    rooms->has_dirty = false;
    while (map_next(&rooms->by_id, &cursor, NULL, &item)) {
        struct matrix_room *room = item;
        if (!room->is_dirty)
            continue;
        room->is_dirty = false;
        room->state->in_store = room->name.len > 0;
    }
}

/* ---- in ------------------------------------------------------------------------------------- */

static uint64_t hash_in(const json_t *value)
{
    uint64_t hash = 0;
    const char *text = json_string_value(value);
    for (size_t i = 0; text && i < 16 && text[i]; i++) {
        char c = text[i];
        hash = hash << 4 | (uint64_t)(c >= 'a' ? c - 'a' + 10 : c - '0');
    }
    return hash;
}

static int levels_in(struct matrix_room_state *state, const json_t *levels)
{
    size_t i, count = json_array_size(levels);
    json_t *pair;
    if (count == 0)
        return 0;
    state->levels = mem_zalloc_array(count, sizeof *state->levels);
    if (!state->levels)
        return -ENOMEM;
    json_array_foreach(levels, i, pair) /* as they were sorted */
        state->levels[state->level_count++] = (struct matrix_level){
        hash_in(json_array_get(pair, 0)), json_integer_value(json_array_get(pair, 1))};
    return 0;
}

static int types_in(struct matrix_room_state *state, json_t *types)
{
    const char *type;
    json_t *level;
    if (json_object_size(types) == 0)
        return 0;
    state->types = mem_zalloc_array(json_object_size(types), sizeof *state->types);
    if (!state->types)
        return -ENOMEM;
    json_object_foreach(types, type, level)
    {
        char *copy = str_copy(str_of(type));
        if (!copy)
            return -ENOMEM;
        state->types[state->type_count++] = (struct matrix_type_level){copy,
                                                                       json_integer_value(level)};
    }
    return 0;
}

static int creators_in(struct matrix_room_state *state, const json_t *creators)
{
    size_t i, count = json_array_size(creators);
    json_t *creator;
    if (count == 0)
        return 0;
    state->creators = mem_zalloc_array(count, sizeof *state->creators);
    if (!state->creators)
        return -ENOMEM;
    json_array_foreach(creators, i, creator)
        state->creators[state->creator_count++] = hash_in(creator);
    return 0;
}

static int64_t number_in(const json_t *row, const char *key)
{
    return json_integer_value(json_object_get(row, key));
}

static bool flag_in(const json_t *row, const char *key)
{
    return json_is_true(json_object_get(row, key));
}

static int power_in(struct matrix_room_state *state, const json_t *row)
{
    state->has_creators = flag_in(row, "above");
    state->has_levels = flag_in(row, "leveled");
    state->users_default = number_in(row, "users_default");
    state->events_default = number_in(row, "events_default");
    state->state_default = number_in(row, "state_default");
    state->redact = number_in(row, "redact");
    int r = levels_in(state, json_object_get(row, "levels"));
    if (r == 0)
        r = types_in(state, json_object_get(row, "types"));
    return r < 0 ? r : creators_in(state, json_object_get(row, "creators"));
}

static int texts_in(struct matrix_rooms *rooms, struct matrix_room *room, const json_t *row)
{
    struct matrix_room_state *state = room->state;
    const struct {
        const char *key;
        char **to;
    } texts[] = {{"replacement", &state->replacement},
                 {"via", &state->via},
                 {"predecessor", &state->predecessor}};
    int r = 0;
    for (size_t i = 0; i < COUNT_OF(texts) && r == 0; i++)
        r = matrix_replace_text(texts[i].to,
                                str_of(json_string_value(json_object_get(row, texts[i].key))));
    struct str name = str_of(json_string_value(json_object_get(row, "name")));
    return r < 0 || str_empty(name) ? r : matrix_rooms_name(rooms, room, name);
}

static int read_row(void *ctx, struct str id, struct str value)
{
    struct matrix_rooms *rooms = ctx;
    json_t *row = json_loadb(value.ptr, value.len, 0, NULL);
    struct matrix_room *room = row && number_in(row, "v") == ROW_VERSION
                                   ? matrix_rooms_add(rooms, id)
                                   : NULL;
    int r = room ? texts_in(rooms, room, row) : 0;
    if (r == 0 && room) {
        struct matrix_room_state *state = room->state;
        state->in_store = true;
        state->is_joined = state->is_synced = flag_in(row, "joined");
        state->is_kicked = flag_in(row, "kicked");
        state->joined_at = number_in(row, "joined_at");
        state->may_move = flag_in(row, "may_move");
        room->is_encrypted = flag_in(row, "encrypted");
        room->is_space = flag_in(row, "space");
        room->is_tombstoned = state->replacement != NULL;
        /* under another salt nobody is found in it: its state is asked for */
        state->is_known = flag_in(row, "known") &&
                          hash_in(json_object_get(row, "mark")) == mark_of(rooms);
        r = state->is_known ? power_in(state, row) : 0;
        rooms->to_load |= !state->is_known;
        matrix_room_settle(room);
        room->is_dirty = false;
    }
    json_decref(row);
    return r;
}

int matrix_rooms_load(struct matrix_rooms *rooms)
{
    const struct chat_env *env = &rooms->session->env;
    struct store *store = env->store ? env->store(env->ctx) : NULL;
    if (!store)
        return 0;
    int r = store_matrix_each(store, STORE_MATRIX_ROOM, str_of(rooms->session->network.name),
                              read_row, rooms);
    return r == -ENOMEM ? r : 0; /* a store that cannot be read: the homeserver is asked */
}
