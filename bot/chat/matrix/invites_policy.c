/* SPDX-License-Identifier: MIT */
/* invites_policy.c: whose invitation counts: by rank, by name, by the rooms that they share with
 * us.
 */
#include <errno.h>

#include "chat/matrix/event.h"
#include "chat/matrix/invites_internal.h"
#include "chat/matrix/rooms_internal.h"

enum { ROOMS_MAX = 32 }; /* of groups, asked for one invitation */

static bool is_named(const struct matrix_options *options, struct str inviter)
{
    size_t at = str_find(inviter, STR(":"), 0);
    struct str server = at == SIZE_MAX ? (struct str){0} : str_from(inviter, at + 1);
    for (size_t i = 0; i < options->invite_from_count; i++) {
        struct str from = str_of(options->invite_from[i]);
        if (str_eq(from, inviter) || (server.len && str_eq_nocase(from, server)))
            return true;
    }
    return false;
}

static bool is_place(struct str from)
{
    return from.len > 1 && (from.ptr[0] == '!' || from.ptr[0] == '#');
}

enum verdict invites_by_who(const struct invite *invite)
{
    const struct matrix_session *session = invite->invites->session;
    const struct chat_env *env = &session->env;
    struct str inviter = str_of(invite->inviter);
    enum chat_standing standing = CHAT_STRANGER;
    if (str_empty(inviter))
        return DECLINE;
    if (is_named(&session->options, inviter))
        return ACCEPT;
    if (env->standing)
        standing = env->standing(env->ctx, str_of(session->network.name), inviter);
    /* a member may talk to us; which rooms we are in is not theirs to say */
    bool may = standing == CHAT_MODERATOR || (standing == CHAT_MEMBER && invite->is_direct);
    return may ? ACCEPT : UNDECIDED;
}

/* ---- asking the server ---------------------------------------------------------------------- */

static void place_answered(void *ctx, const struct matrix_answer *answer)
{
    struct invite *invite = ctx;
    invite->call = NULL;
    if (answer->result == -ECANCELED)
        return;
    bool is_in = answer->result == 0 &&
                 str_eq_c(matrix_event_text(answer->json, "membership"), "join");
    invite->verdict = is_in ? ACCEPT : UNDECIDED;
    invites_decide(invite);
}

/* False: it could not be asked. */
static bool ask_place(struct invite *invite, struct str id)
{
    AUTO_BUF path;
    buf_init(&path, 8 * 1024);
    struct str parts[] = {id, str_of(invite->inviter)};
    struct matrix_request request = {.method = "GET"};
    int r = matrix_path(&path, "/_matrix/client/v3/rooms/{}/state/m.room.member/{}", parts, 2);
    request.path = buf_str(&path);
    if (r == 0)
        r = matrix_request(invite->invites->session, &request, place_answered, invite,
                           &invite->call);
    if (r < 0)
        return false;
    invite->verdict = ASKING;
    return true;
}

/* Whether the inviter is in one of the spaces whose people may invite. */
static bool ask_next_space(struct invite *invite)
{
    struct matrix_session *session = invite->invites->session;
    const struct matrix_options *options = &session->options;
    while (invite->asked < options->invite_from_count) {
        struct str from = str_of(options->invite_from[invite->asked++]);
        const struct matrix_room *space = matrix_rooms_by_name(session->rooms, from);
        if (!space)
            space = matrix_rooms_by_id(session->rooms, from);
        if (is_place(from) && (space || from.ptr[0] == '!') &&
            ask_place(invite, space ? space->id : from))
            return true;
    }
    return false;
}

static const struct matrix_room *group_room(const struct matrix_rooms *rooms, size_t number)
{
    size_t cursor = 0;
    void *item;
    while (map_next(&rooms->by_id, &cursor, NULL, &item)) {
        const struct matrix_room *room = item;
        if (room->name.len > 0 && !room->is_space && room->state->is_joined && number-- == 0)
            return room;
    }
    return NULL;
}

/* Who sits in a group's room is one of the group, whether or not they ever said a word to us: they
 * may have been there before us. */
static bool ask_next_room(struct invite *invite)
{
    const struct matrix_session *session = invite->invites->session;
    size_t spaces = session->options.invite_from_count;
    while (invite->is_direct && invite->asked - spaces < ROOMS_MAX) {
        const struct matrix_room *room = group_room(session->rooms, invite->asked - spaces);
        if (!room)
            return false;
        invite->asked++;
        if (ask_place(invite, room->id))
            return true;
    }
    return false;
}

bool invites_ask_next(struct invite *invite)
{
    return ask_next_space(invite) || ask_next_room(invite);
}
