/* SPDX-License-Identifier: MIT */
/* rooms_there.c: rooms of a group that went without a word.  Synapse's "delete room" takes the room
 * out of everybody's /sync, the leaving too: only the list of rooms shows it. */
#include "chat/matrix/outbound.h"
#include "chat/matrix/request.h"
#include "chat/matrix/rooms_internal.h"
#include "chat/matrix/sync_internal.h"
#include "observe/log.h"

enum { LIST_BYTES = 16 * 1024 * 1024 }; /* some hundred thousand ids */

static bool is_listed(const json_t *list, struct str id)
{
    size_t i;
    json_t *one;
    json_array_foreach(list, i, one)
    {
        if (json_is_string(one) && str_eq_c(id, json_string_value(one)))
            return true;
    }
    return false;
}

/* Trying to enter it again tells the team what became of it. */
static void gone(struct matrix_session *session, struct matrix_room *room)
{
    log_event(LOG_LEVEL_WARNING, "matrix_room_vanished", LOG_TEXT("network", session->network.name),
              LOG_STR("room", matrix_log_name(room->name)));
    room->state->is_joined = false;
    room->membership = MATRIX_OUT;
    matrix_room_changed(room);
    if (session->outbound)
        matrix_outbound_room_changed(session->outbound, room);
}

static void listed(void *ctx, const struct matrix_answer *answer)
{
    struct matrix_sync *sync = ctx;
    struct matrix_rooms *rooms = sync->session->rooms;
    const json_t *list = json_object_get(answer->json, "joined_rooms");
    size_t cursor = 0, count = 0;
    void *item;
    sync->look = NULL;
    if (answer->result < 0 || !json_is_array(list)) /* in a minute */
        return;
    while (map_next(&rooms->by_id, &cursor, NULL, &item)) {
        struct matrix_room *room = item;
        if (!room->state->is_looked_for || !room->state->is_joined || is_listed(list, room->id))
            continue;
        gone(sync->session, room);
        count++;
    }
    if (count)
        matrix_rooms_join_configured(rooms);
}

void matrix_rooms_look(struct matrix_sync *sync)
{
    struct matrix_rooms *rooms = sync->session->rooms;
    struct matrix_request request = {
        .method = "GET", .path = STR("/_matrix/client/v3/joined_rooms"), .max_bytes = LIST_BYTES};
    size_t cursor = 0;
    void *item;
    if (sync->look || !sync->is_up)
        return;
    while (map_next(&rooms->by_id, &cursor, NULL, &item)) {
        struct matrix_room *room = item;
        struct matrix_room_state *state = room->state;
        /* What is entered while the list is under way is not on it yet. */
        state->is_looked_for = room->name.len > 0 && state->is_joined && state->is_synced;
    }
    (void)!matrix_request(sync->session, &request, listed, sync, &sync->look);
}
