/* SPDX-License-Identifier: MIT */
/* spaces.c: rooms that a configured space lists (client-server API, "GET
 * /_matrix/client/v1/rooms/{roomId}/hierarchy"). */
#include <errno.h>

#include "chat/matrix/sync_internal.h"
#include "observe/log.h"

enum {
    EVERY_MS = 60 * 60 * 1000,
    ROOMS_MAX = 1000, /* of a space */
    PAGES_MAX = 50,
    ANSWER_BYTES = 8 * 1024 * 1024,
};

struct space {
    struct matrix_spaces *spaces;
    char *name; /* as configured */
    bool is_configured, is_stale;
    int64_t due_ms; /* elapsed */
    unsigned failures, pages;
    struct map rooms; /* names of rooms -> the round in which they were listed */
    uintptr_t round;
    char *from; /* of the next page */
    struct matrix_call *call;
};
struct matrix_spaces {
    struct matrix_session *session;
    struct map by_name; /* struct space */
};

static int64_t now_ms(const struct matrix_spaces *spaces)
{
    return clock_elapsed_ms(loop_clock(spaces->session->env.loop));
}

static void tell(struct space *space, struct str room, bool there)
{
    const struct chat_sink *sink = &space->spaces->session->env.sink;
    if (sink->listed)
        sink->listed(sink->ctx, &space->spaces->session->network, str_of(space->name), room, there);
}

/* ---- an answer ------------------------------------------------------------------------------ */

/* Where a child can be joined through, as its parent says. */
static int note_via(struct matrix_rooms *rooms, const json_t *child)
{
    const json_t *via = json_object_get(json_object_get(child, "content"), "via");
    struct str id = matrix_event_text(child, "state_key");
    struct matrix_room *room = json_array_size(via) > 0 ? matrix_rooms_add(rooms, id) : NULL;
    if (!room)
        return 0;
    return matrix_replace_text(&room->state->join_via,
                               str_of(json_string_value(json_array_get(via, 0))));
}

/* A room that was upgraded keeps the name under which it was listed first. */
static int note_room(struct space *space, const json_t *entry)
{
    struct matrix_rooms *rooms = space->spaces->session->rooms;
    struct str id = matrix_event_text(entry, "room_id");
    size_t i;
    json_t *child;
    int r = 0;
    json_array_foreach(json_object_get(entry, "children_state"), i, child)
    {
        if (r == 0)
            r = note_via(rooms, child);
    }
    if (r < 0 || str_empty(id) || id.len > MATRIX_ID_MAX ||
        str_eq_c(matrix_event_text(entry, "room_type"), "m.space"))
        return r;
    const struct matrix_room *room = matrix_rooms_by_id(rooms, id);
    struct str name = room && room->name.len ? room->name : id;
    if (space->rooms.count >= ROOMS_MAX && !map_get(&space->rooms, name))
        return 0;
    return map_put(&space->rooms, name, (void *)space->round);
}

static void tell_all(struct space *space)
{
    size_t cursor = 0;
    struct str name;
    void *round;
    while (map_next(&space->rooms, &cursor, &name, &round)) {
        bool there = (uintptr_t)round == space->round;
        tell(space, name, there);
        if (!there)
            map_remove(&space->rooms, name);
    }
}

static void ask(struct space *space);

static void page_came(void *ctx, const struct matrix_answer *answer)
{
    struct space *space = ctx;
    struct matrix_spaces *spaces = space->spaces;
    size_t i;
    json_t *entry;
    space->call = NULL;
    int r = answer->result;
    if (r == -ECANCELED)
        return;
    json_array_foreach(json_object_get(answer->json, "rooms"), i, entry)
    {
        if (r == 0)
            r = note_room(space, entry);
    }
    struct str next = r == 0 ? matrix_event_text(answer->json, "next_batch") : (struct str){0};
    if (r == 0)
        r = matrix_replace_text(&space->from, next);
    if (r < 0) { /* what is known stays: a homeserver that is slow takes no group its rooms */
        mem_free(TAKE(space->from));
        space->round--;
        space->is_stale = true;
        space->due_ms = now_ms(spaces) +
                        matrix_retry_ms(spaces->session, answer, ++space->failures);
        return;
    }
    space->failures = 0;
    if (space->from && ++space->pages < PAGES_MAX) {
        ask(space);
        return;
    }
    mem_free(TAKE(space->from));
    tell_all(space);
    matrix_rooms_join_configured(spaces->session->rooms);
}

/* ---- asking --------------------------------------------------------------------------------- */

static void ask(struct space *space)
{
    struct matrix_session *session = space->spaces->session;
    const struct matrix_room *room = matrix_rooms_by_name(session->rooms, str_of(space->name));
    AUTO_BUF path;
    buf_init(&path, 16 * 1024);
    if (!room || space->call)
        return;
    struct str parts[] = {room->id, str_of(space->from)};
    int r = matrix_path(&path,
                        space->from ? "/_matrix/client/v1/rooms/{}/hierarchy?limit=50&from={}"
                                    : "/_matrix/client/v1/rooms/{}/hierarchy?limit=50",
                        parts, space->from ? 2 : 1);
    struct matrix_request request = {
        .method = "GET", .path = buf_str(&path), .max_bytes = ANSWER_BYTES};
    if (!space->from) { /* a new round */
        space->round++;
        space->pages = 0;
        space->is_stale = false;
        space->due_ms = now_ms(space->spaces) + EVERY_MS;
    }
    if (r == 0)
        r = matrix_request(session, &request, page_came, space, &space->call);
    if (r < 0) {
        mem_free(TAKE(space->from));
        space->due_ms = now_ms(space->spaces) + CLOCK_MINUTE_MS;
    }
}

static void want_space(void *ctx, struct str name)
{
    struct matrix_spaces *spaces = ctx;
    struct space *space = map_get(&spaces->by_name, name);
    if (!space) {
        space = mem_zalloc(sizeof *space);
        char *copy = space ? str_copy(name) : NULL;
        if (!copy || map_put(&spaces->by_name, name, space) < 0) {
            mem_free(copy);
            mem_free(space);
            return;
        }
        *space = (struct space){.spaces = spaces, .name = copy, .is_stale = true, .round = 1};
    }
    space->is_configured = true;
}

static void free_space(struct space *space)
{
    matrix_cancel(space->call);
    map_done(&space->rooms);
    mem_free(space->from);
    mem_free(space->name);
    mem_free(space);
}

static void read_configured(struct matrix_spaces *spaces)
{
    const struct chat_env *env = &spaces->session->env;
    size_t cursor = 0;
    struct str name;
    void *item;
    while (map_next(&spaces->by_name, &cursor, NULL, &item))
        ((struct space *)item)->is_configured = false;
    if (env->each_space)
        env->each_space(env->ctx, str_of(spaces->session->network.name), want_space, spaces);
    cursor = 0;
    while (map_next(&spaces->by_name, &cursor, &name, &item)) {
        struct space *space = item;
        if (space->is_configured)
            continue;
        map_remove(&spaces->by_name, name);
        free_space(space);
    }
}

void matrix_spaces_tick(struct matrix_spaces *spaces)
{
    size_t cursor = 0;
    void *item;
    read_configured(spaces);
    while (map_next(&spaces->by_name, &cursor, NULL, &item)) {
        struct space *space = item;
        bool is_due = now_ms(spaces) >= space->due_ms;
        if ((space->is_stale || space->due_ms > 0) && is_due)
            ask(space);
        else if (!space->call) /* a reload has forgotten what was told */
            tell_all(space);
    }
}

void matrix_spaces_changed(struct matrix_spaces *spaces)
{
    size_t cursor = 0;
    void *item;
    read_configured(spaces);
    while (map_next(&spaces->by_name, &cursor, NULL, &item)) {
        struct space *space = item;
        space->is_stale = true;
        space->due_ms = 0;
        ask(space);
    }
}

/* ---- life ----------------------------------------------------------------------------------- */

int matrix_spaces_create(struct matrix_session *session, struct matrix_spaces **ret_spaces)
{
    struct matrix_spaces *spaces = mem_zalloc(sizeof *spaces);
    if (!spaces)
        return -ENOMEM;
    spaces->session = session;
    *ret_spaces = spaces;
    return 0;
}

void matrix_spaces_destroy(struct matrix_spaces *spaces)
{
    if (!spaces)
        return;
    size_t cursor = 0;
    void *item;
    while (map_next(&spaces->by_name, &cursor, NULL, &item))
        free_space(item);
    map_done(&spaces->by_name);
    mem_free(spaces);
}
