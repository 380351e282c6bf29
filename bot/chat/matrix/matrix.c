/* SPDX-License-Identifier: MIT */
/* matrix.c: the Matrix network as the bot sees it (chat.h), over its parts. */
#include "chat/matrix/matrix.h"

#include <errno.h>

#include "base/memory.h"
#include "chat/matrix/account.h"
#include "chat/matrix/invites.h"
#include "chat/matrix/outbound.h"
#include "chat/matrix/request.h"
#include "chat/matrix/rooms.h"
#include "chat/matrix/sync.h"
#include "mooring.h"

/* ---- what the parts tell --------------------------------------------------------------------- */

void matrix_session_state(struct matrix_session *session, enum chat_state state)
{
    struct chat_network *network = &session->network;
    if (network->state == state)
        return;
    bool was_up = network->state == CHAT_UP;
    network->state = state;
    if (state == CHAT_UP)
        network->epoch++;
    else if (was_up && session->outbound)
        matrix_outbound_down(session->outbound);
    session->env.sink.state(session->env.sink.ctx, network, state);
    if (state == CHAT_UP)
        session->env.sink.ready(session->env.sink.ctx, network);
}

void matrix_session_logged_in(struct matrix_session *session)
{
    if (session->stopping)
        return;
    matrix_requests_go(session, true);
    matrix_direct_start(session->direct);
    matrix_sync_start(session->sync);
}

void matrix_session_logged_out(struct matrix_session *session)
{
    matrix_requests_go(session, false);
    matrix_sync_stop(session->sync);
    matrix_session_state(session, CHAT_DOWN);
}

/* ---- life ------------------------------------------------------------------------------------ */

static void destroy(struct chat_network *network)
{
    if (!network)
        return;
    struct matrix_session *session = matrix_session_of(network);
    matrix_sync_destroy(session->sync);
    matrix_invites_destroy(session->invites);
    matrix_outbound_destroy(session->outbound);
    matrix_direct_destroy(session->direct);
    matrix_rooms_destroy(session->rooms);
    matrix_account_destroy(session->account);
    matrix_requests_destroy(session->requests);
    matrix_options_done(&session->options);
    mem_free(session);
}

static int create_parts(struct matrix_session *session)
{
    int r = matrix_requests_create(session, &session->requests);
    if (r == 0)
        r = matrix_account_create(session, &session->account);
    if (r == 0)
        r = matrix_rooms_create(session, &session->rooms);
    if (r == 0)
        r = matrix_direct_create(session, &session->direct);
    if (r == 0)
        r = matrix_outbound_create(session, &session->outbound);
    if (r == 0)
        r = matrix_invites_create(session, &session->invites);
    if (r == 0)
        r = matrix_sync_create(session, &session->sync);
    return r;
}

static int create(const struct chat_env *env, const struct settings_node *node,
                  struct chat_network **ret_network, struct error *error)
{
    struct matrix_session *session = mem_zalloc(sizeof *session);
    if (!session)
        return error_set(error, -ENOMEM, "out of memory");
    session->env = *env;
    session->network = (struct chat_network){
        .class = &matrix_class,
        .caps = MOORING_NET_FORMATTED | MOORING_NET_EDIT | MOORING_NET_REACT | MOORING_NET_THREAD |
                MOORING_NET_FILE,
        .is_idempotent = true,
        .has_private_rooms = true,
    };
    str_to_c(settings_text(node, "name"), session->network.name, sizeof session->network.name);
    int r = matrix_options_read(node, &session->options, error);
    if (r == 0) {
        r = create_parts(session);
        if (r < 0 && !error->code)
            error_set(error, r, "network \"%s\" could not be prepared", session->network.name);
    }
    if (r < 0) {
        destroy(&session->network);
        return r;
    }
    *ret_network = &session->network;
    return 0;
}

static int start(struct chat_network *network)
{
    struct matrix_session *session = matrix_session_of(network);
    session->stopping = false;
    matrix_session_state(session, CHAT_CONNECTING);
    return matrix_account_start(session->account);
}

/* Nothing has to be said to leave: what was not confirmed is sent again by the next life, under the
 * same transaction id. */
static void stop(struct chat_network *network)
{
    struct matrix_session *session = matrix_session_of(network);
    session->stopping = true;
    matrix_sync_stop(session->sync);
    matrix_account_stop(session->account);
    matrix_session_state(session, CHAT_DOWN);
}

/* ---- what the bot asks ----------------------------------------------------------------------- */

static int send(struct chat_network *network, const struct chat_message *message)
{
    return matrix_outbound_send(matrix_session_of(network)->outbound, message);
}

static size_t line_bytes(struct chat_network *network, struct str room, struct str user)
{
    (void)network, (void)room, (void)user;
    return 0;
}

/* Ids and aliases are case-sensitive, and are what they are. */
static int room_canonical(struct chat_network *network, struct str room, struct buf *out)
{
    (void)network;
    buf_add(out, room);
    return out->failed;
}

static int react(struct chat_network *network, struct str room, struct str event_id,
                 struct str emoji)
{
    return matrix_outbound_react(matrix_session_of(network)->outbound, room, event_id, emoji);
}

static int redact(struct chat_network *network, struct str room, struct str user,
                  struct str message_id)
{
    return matrix_outbound_redact(matrix_session_of(network)->outbound, room, user, message_id);
}

static void report(struct chat_network *network, struct chat_report *ret_report)
{
    struct matrix_session *session = matrix_session_of(network);
    bool up = network->state == CHAT_UP;
    *ret_report = (struct chat_report){
        .lag_ms = up ? matrix_sync_lag_ms(session->sync) : -1,
        .has_name = true,
        .waiting = matrix_outbound_waiting(session->outbound),
        .trouble = matrix_account_trouble(session->account),
    };
}

static bool in_room(struct chat_network *network, struct str name)
{
    struct matrix_session *session = matrix_session_of(network);
    const struct matrix_room *room = matrix_rooms_by_name(session->rooms, name);
    return room && room->membership == MATRIX_IN && !room->is_encrypted &&
           !matrix_room_is_double(session, room);
}

static enum chat_why why_out(struct chat_network *network, struct str name)
{
    return matrix_rooms_why_out(matrix_session_of(network)->rooms, name);
}

/* An account that waits for a person holds nothing. */
static bool holds(struct chat_network *network, struct str id)
{
    struct matrix_session *session = matrix_session_of(network);
    const struct matrix_room *room = matrix_rooms_by_id(session->rooms, id);
    return room && room->name.len > 0 && room->membership == MATRIX_IN &&
           !matrix_account_trouble(session->account);
}

static void moved(struct chat_network *network)
{
    matrix_direct_moved(matrix_session_of(network)->direct);
}

static void log_in(struct chat_network *network)
{
    matrix_account_reload(matrix_session_of(network)->account);
}

const struct chat_class matrix_class = {
    .kind = "matrix",
    .form = MARKDOWN_PLAIN,
    .create = create,
    .start = start,
    .stop = stop,
    .destroy = destroy,
    .send = send,
    .line_bytes = line_bytes,
    .room_canonical = room_canonical,
    .react = react,
    .redact = redact,
    .report = report,
    .in_room = in_room,
    .why_out = why_out,
    .holds = holds,
    .moved = moved,
    .log_in = log_in,
};
