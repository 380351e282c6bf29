/* SPDX-License-Identifier: MIT */
/* rooms_join.c: into the rooms that are configured, out of those that are not ours any more; the
 * whole state of a room where it is not known. */
#include "chat/matrix/rooms_internal.h"

#include <errno.h>

#include "chat/matrix/account.h"
#include "chat/matrix/outbound.h"
#include "observe/log.h"

enum {
    TICK_MS = 1000,
    EXPECTED_MS = 60 * 1000,
    REFUSED_AFTER_MS = 10 * 60 * 1000, /* forbidden, or not there: others must act first */
    REFUSED_MOST_MS = 6 * 60 * 60 * 1000,
    LIMIT_AFTER_MS = 6 * 60 * 60 * 1000, /* the homeserver lets the account do no more */
};

static void drop_leaving(struct matrix_leaving *leaving);

static int64_t now_ms(const struct matrix_rooms *rooms)
{
    return clock_elapsed_ms(loop_clock(rooms->session->env.loop));
}

/* ---- the whole state ------------------------------------------------------------------------ */

int matrix_rooms_read_whole(struct matrix_rooms *rooms, struct matrix_room *room,
                            const json_t *events)
{
    size_t i;
    json_t *event;
    struct arena arena = {0};
    int r = 0;
    matrix_state_reset(room->state);
    json_array_foreach(events, i, event)
    {
        if (r == 0)
            r = matrix_rooms_state_json(rooms, room, &arena, event);
    }
    arena_done(&arena);
    return r;
}

/* Not tried at once where it failed. */
static void put_off(struct matrix_rooms *rooms, struct matrix_room_state *state,
                    const struct matrix_answer *answer)
{
    state->load_failures++;
    state->load_due_ms = now_ms(rooms) +
                         matrix_retry_ms(rooms->session, answer, state->load_failures);
}

static void state_loaded(void *ctx, const struct matrix_answer *answer)
{
    struct matrix_room *room = ctx;
    struct matrix_room_state *state = room->state;
    struct matrix_rooms *rooms = state->rooms;
    state->call = NULL;
    rooms->loading--;
    rooms->to_load = true;
    int r = answer->result;
    if (r == -ECANCELED)
        return;
    if (r == 0)
        r = json_is_array(answer->json) ? matrix_rooms_read_whole(rooms, room, answer->json)
                                        : -EBADMSG;
    if (r == 0) {
        state->is_known = true;
        state->load_failures = 0;
    } else if (r == -EACCES || r == -ENOENT) { /* we are not in it */
        state->is_joined = false;
        state->is_known = true;
        room->membership = room->membership == MATRIX_IN ? MATRIX_OUT : room->membership;
        matrix_room_changed(room);
    } else {
        put_off(rooms, state, answer);
    }
    matrix_room_settle(room);
    matrix_outbound_room_changed(rooms->session->outbound, room);
    matrix_rooms_tick(rooms);
}

void matrix_rooms_ask_anew(struct matrix_rooms *rooms, struct matrix_room *room)
{
    if (room->state->call) {
        matrix_cancel(TAKE(room->state->call));
        rooms->loading--;
    }
    room->state->is_known = false;
    room->state->load_due_ms = 0;
    rooms->to_load = true;
}

int matrix_rooms_expect(struct matrix_rooms *rooms, struct str id, struct str user)
{
    struct matrix_room *room = matrix_rooms_add(rooms, id);
    if (!room)
        return -ENOMEM;
    if (!room->state->is_joined) /* it could not be had yet */
        room->state->load_due_ms = now_ms(rooms) + EXPECTED_MS;
    return room->name.len ? 0 : matrix_rooms_private(rooms, room, user);
}

void matrix_rooms_ask_state(struct matrix_rooms *rooms, struct matrix_room *room)
{
    AUTO_BUF path;
    buf_init(&path, 8 * 1024);
    struct matrix_request request = {
        .method = "GET", .timeout_ms = MATRIX_STATE_MS, .max_bytes = MATRIX_STATE_BYTES};
    if (room->state->call)
        return;
    int r = matrix_path(&path, "/_matrix/client/v3/rooms/{}/state", &room->id, 1);
    request.path = buf_str(&path);
    if (r == 0)
        r = matrix_request(rooms->session, &request, state_loaded, room, &room->state->call);
    if (r < 0)
        room->state->load_due_ms = now_ms(rooms) + TICK_MS;
    else
        rooms->loading++;
    rooms->to_load |= r < 0;
}

/* Rooms that matter and are not known; some at once. */
static void load_some(struct matrix_rooms *rooms)
{
    size_t cursor = 0;
    void *item;
    if (!rooms->to_load)
        return;
    rooms->to_load = false;
    while (map_next(&rooms->by_id, &cursor, NULL, &item)) {
        struct matrix_room *room = item;
        if (room->state->is_known || !matrix_room_matters(room) || room->state->call)
            continue;
        rooms->to_load = true; /* until none is left */
        if (rooms->loading < MATRIX_LOADS_AT_ONCE && room->state->load_due_ms <= now_ms(rooms))
            matrix_rooms_ask_state(rooms, room);
    }
}

/* ---- joining -------------------------------------------------------------------------------- */

static void drop_want(struct matrix_rooms *rooms, struct matrix_want *want)
{
    if (!want)
        return;
    if (want->call) {
        matrix_cancel(want->call);
        rooms->joining--;
    }
    map_remove(&rooms->wants, str_of(want->name));
    mem_free(want->name);
    mem_free(want);
}

static enum chat_why why_of(const struct matrix_answer *answer)
{
    static const struct {
        const char *errcode;
        enum chat_why why;
    } whys[] = {
        {"M_USER_LIMIT_EXCEEDED", CHAT_WHY_LIMIT},
        {"M_INCOMPATIBLE_ROOM_VERSION", CHAT_WHY_VERSION},
        {"M_UNSUPPORTED_ROOM_VERSION", CHAT_WHY_VERSION},
        {"M_INVALID_PARAM", CHAT_WHY_NAME},
        {"M_BAD_STATE", CHAT_WHY_FORBIDDEN},
    };
    for (size_t i = 0; i < COUNT_OF(whys); i++)
        if (str_eq_c(answer->errcode, whys[i].errcode))
            return whys[i].why;
    return answer->result == -EACCES   ? CHAT_WHY_FORBIDDEN
           : answer->result == -ENOENT ? CHAT_WHY_MISSING
           : answer->result == -EAGAIN ? CHAT_WHY_BUSY
                                       : CHAT_WHY_UNKNOWN;
}

enum chat_why matrix_rooms_why_out(const struct matrix_rooms *rooms, struct str name)
{
    const struct matrix_room *room = matrix_rooms_by_name(rooms, name);
    const struct matrix_want *want = map_get(&rooms->wants, name);
    if (room && room->membership == MATRIX_BANNED)
        return CHAT_WHY_BANNED;
    if (room && room->state->is_kicked)
        return CHAT_WHY_KICKED;
    if (room && room->membership == MATRIX_IN && room->is_encrypted)
        return CHAT_WHY_ENCRYPTED;
    if (room && room->membership == MATRIX_IN && matrix_room_is_double(rooms->session, room))
        return CHAT_WHY_DOUBLE;
    return want && want->failures ? want->why : CHAT_WHY_ASKED;
}

/* Others must act: told once, and tried again ever more rarely. */
static int64_t refused(struct matrix_rooms *rooms, struct matrix_want *want,
                       const struct matrix_answer *answer)
{
    struct str name = str_of(want->name);
    bool is_limit = str_eq_c(answer->errcode, "M_USER_LIMIT_EXCEEDED");
    log_event(LOG_LEVEL_WARNING, is_limit ? "matrix_limit_reached" : "matrix_room_refused",
              LOG_TEXT("network", rooms->session->network.name),
              LOG_STR("room", matrix_log_name(name)), LOG_INT("status", answer->status));
    matrix_session_notice(rooms->session, CHAT_NOTICE_ROOM_GONE, str_of(want->name), 1);
    if (is_limit)
        return LIMIT_AFTER_MS;
    unsigned doublings = MIN_OF(want->failures, 8u);
    return MIN_OF((int64_t)REFUSED_AFTER_MS << (doublings ? doublings - 1 : 0),
                  (int64_t)REFUSED_MOST_MS);
}

static int joined(struct matrix_rooms *rooms, struct matrix_want *want, const json_t *json)
{
    struct str id = str_of(json_string_value(json_object_get(json, "room_id")));
    struct str name = str_of(want->name);
    struct matrix_room *room = str_empty(id) ? NULL : matrix_rooms_add(rooms, id);
    if (!room)
        return str_empty(id) ? -EBADMSG : -ENOMEM;
    int r = matrix_rooms_private(rooms, room, (struct str){0});
    if (r == 0)
        r = matrix_rooms_name(rooms, room, str_of(want->name));
    if (r < 0)
        return r;
    if (!room->state->is_joined)
        room->state->joined_at = 0;
    room->state->is_joined = true;
    room->state->is_kicked = false;
    rooms->to_load |= !room->state->is_known;
    matrix_room_settle(room);
    log_event(LOG_LEVEL_NOTICE, "matrix_room_joined",
              LOG_TEXT("network", rooms->session->network.name),
              LOG_STR("room", matrix_log_name(name)));
    return 0;
}

static void join_done(void *ctx, const struct matrix_answer *answer)
{
    struct matrix_want *want = ctx;
    struct matrix_rooms *rooms = want->rooms;
    want->call = NULL;
    rooms->joining--;
    int r = answer->result;
    if (r == -ECANCELED)
        return;
    if (r == 0)
        r = joined(rooms, want, answer->json);
    want->failures++;
    want->why = why_of(answer);
    if (r == 0) {
        drop_want(rooms, want);
    } else {
        bool must_wait = r == -EAGAIN || r == -ENOMEM || r == -EBADMSG;
        want->due_ms = now_ms(rooms) +
                       (must_wait ? matrix_retry_ms(rooms->session, answer, want->failures)
                                  : refused(rooms, want, answer));
    }
    matrix_rooms_tick(rooms);
}

static void join_one(struct matrix_rooms *rooms, struct matrix_want *want)
{
    AUTO_BUF path;
    buf_init(&path, 8 * 1024);
    const struct matrix_room *listed = matrix_rooms_by_id(rooms, str_of(want->name));
    struct str via = listed ? str_of(listed->state->join_via) : (struct str){0};
    struct str parts[] = {str_of(want->name), via, via};
    struct matrix_request request = {.method = "POST"};
    int r = via.len > 0
                ? matrix_path(&path, "/_matrix/client/v3/join/{}?via={}&server_name={}", parts, 3)
                : matrix_path(&path, "/_matrix/client/v3/join/{}", parts, 1);
    request.path = buf_str(&path);
    if (r == 0)
        r = matrix_request(rooms->session, &request, join_done, want, &want->call);
    if (r == 0)
        rooms->joining++;
    else
        want->due_ms = now_ms(rooms) + TICK_MS;
}

static void want_room(void *ctx, struct str name)
{
    struct matrix_rooms *rooms = ctx;
    struct matrix_room *room = matrix_rooms_by_name(rooms, name);
    struct matrix_want *want = map_get(&rooms->wants, name);
    if (room &&
        (room->state->is_joined || room->state->is_kicked || room->membership == MATRIX_BANNED))
        return;
    if (want) {
        want->is_listed = true;
        return;
    }
    want = mem_zalloc(sizeof *want);
    char *copy = want ? str_copy(name) : NULL;
    if (!copy || map_put(&rooms->wants, name, want) < 0) {
        mem_free(copy);
        mem_free(want);
        return; /* again in a minute */
    }
    *want = (struct matrix_want){.rooms = rooms, .name = copy, .is_listed = true};
}

void matrix_rooms_join_configured(struct matrix_rooms *rooms)
{
    const struct chat_env *env = &rooms->session->env;
    struct str network = str_of(rooms->session->network.name);
    size_t cursor = 0;
    void *item;
    while (map_next(&rooms->wants, &cursor, NULL, &item))
        ((struct matrix_want *)item)->is_listed = false;
    if (env->each_room)
        env->each_room(env->ctx, network, want_room, rooms);
    if (env->each_space)
        env->each_space(env->ctx, network, want_room, rooms);
    cursor = 0;
    while (map_next(&rooms->wants, &cursor, NULL, &item))
        if (!((struct matrix_want *)item)->is_listed)
            drop_want(rooms, item);
    matrix_rooms_tick(rooms);
}

void matrix_rooms_tick(struct matrix_rooms *rooms)
{
    size_t cursor = 0;
    void *item;
    if (rooms->stopping)
        return;
    while (rooms->joining < MATRIX_JOINS_AT_ONCE && map_next(&rooms->wants, &cursor, NULL, &item)) {
        struct matrix_want *want = item;
        if (!want->call && want->due_ms <= now_ms(rooms))
            join_one(rooms, want);
    }
    load_some(rooms);
    metric_set(rooms->gauge, (int64_t)rooms->by_id.count);
    bool waits = rooms->wants.count > 0 || rooms->to_load;
    if (waits && !loop_timer_armed(&rooms->timer))
        (void)!loop_timer_arm_in(rooms->session->env.loop, &rooms->timer, TICK_MS);
}

void matrix_rooms_join_stop(struct matrix_rooms *rooms)
{
    size_t cursor = 0;
    void *item;
    while (map_next(&rooms->wants, &cursor, NULL, &item))
        drop_want(rooms, item);
    map_done(&rooms->wants);
    while (rooms->leaving)
        drop_leaving(rooms->leaving);
    loop_timer_disarm(rooms->session->env.loop, &rooms->timer);
}

/* ---- leaving -------------------------------------------------------------------------------- */

struct matrix_leaving {
    struct matrix_leaving *next;
    struct matrix_rooms *rooms;
    struct matrix_call *call;
    char *id;
    bool was_left; /* now it is forgotten */
};

static void leave_done(void *ctx, const struct matrix_answer *answer);

static int ask_to_leave(struct matrix_leaving *leaving)
{
    AUTO_BUF path;
    buf_init(&path, 8 * 1024);
    struct str id = str_of(leaving->id);
    struct matrix_request request = {.method = "POST", .is_bare = leaving->was_left};
    int r = matrix_path(&path,
                        leaving->was_left ? "/_matrix/client/v3/rooms/{}/forget"
                                          : "/_matrix/client/v3/rooms/{}/leave",
                        &id, 1);
    request.path = buf_str(&path);
    return r < 0 ? r
                 : matrix_request(leaving->rooms->session, &request, leave_done, leaving,
                                  &leaving->call);
}

static void drop_leaving(struct matrix_leaving *leaving)
{
    struct matrix_leaving **link = &leaving->rooms->leaving;
    while (*link && *link != leaving)
        link = &(*link)->next;
    if (*link)
        *link = leaving->next;
    matrix_cancel(leaving->call);
    mem_free(leaving->id);
    mem_free(leaving);
}

/* Not tried again: an empty room is seen again at a later start, an invitation too. */
static void leave_done(void *ctx, const struct matrix_answer *answer)
{
    struct matrix_leaving *leaving = ctx;
    leaving->call = NULL;
    bool goes_on = !leaving->was_left && answer->result != -ECANCELED && answer->result != -EAGAIN;
    leaving->was_left = true;
    if (!goes_on || ask_to_leave(leaving) < 0)
        drop_leaving(leaving);
}

void matrix_rooms_leave_id(struct matrix_rooms *rooms, struct str id)
{
    struct matrix_leaving *leaving = mem_zalloc(sizeof *leaving);
    if (!leaving)
        return;
    *leaving = (struct matrix_leaving){.next = rooms->leaving, .rooms = rooms, .id = str_copy(id)};
    rooms->leaving = leaving;
    if (!leaving->id || ask_to_leave(leaving) < 0)
        drop_leaving(leaving);
}

void matrix_rooms_leave(struct matrix_rooms *rooms, struct matrix_room *room)
{
    room->state->is_joined = false;
    room->membership = MATRIX_OUT;
    matrix_room_changed(room);
    matrix_rooms_leave_id(rooms, room->id);
    matrix_outbound_room_changed(rooms->session->outbound, room);
    if (!matrix_room_matters(room) && !room->state->in_store)
        matrix_rooms_remove(rooms, room);
}
