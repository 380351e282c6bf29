/* SPDX-License-Identifier: MIT */
/* session.h: one Matrix account and all that is known through it.  Private to bot/chat/matrix/ and
 * its tests.
 *
 * account.c gets us in and keeps us in (discovery, login, refresh, log-outs); request.c sends what
 * the others ask; sync.c reads, through walk.c (a body as a stream) and event.c (one event);
 * rooms.c knows the rooms; gap.c reads what a `limited` timeline left out; outbound.c speaks,
 * through content.c (a message as JSON) and direct.c (private rooms); invites.c and moved.c follow
 * invitations and upgrades; media.c uploads. */
#ifndef CHAT_MATRIX_SESSION_H
#define CHAT_MATRIX_SESSION_H

#include "chat/chat.h"
#include "chat/matrix/options.h"

struct matrix_account;
struct matrix_requests;
struct matrix_rooms;
struct matrix_sync;
struct matrix_outbound;
struct matrix_direct;
struct matrix_invites;

/* Each part is created by matrix.c in this order and destroyed in reverse; NULL until then. */
struct matrix_session {
    struct chat_network network; /* first: chat.h */
    struct chat_env env;
    struct matrix_options options; /* owned */
    struct matrix_requests *requests;
    struct matrix_account *account;
    struct matrix_rooms *rooms;
    struct matrix_direct *direct;
    struct matrix_outbound *outbound;
    struct matrix_invites *invites;
    struct matrix_sync *sync;
    bool stopping;
};

/* matrix.c.  UP from the first answered /sync of this life; DOWN when the token is dead or the
 * homeserver has not answered for two minutes. */
void matrix_session_state(struct matrix_session *session, enum chat_state state);
/* The account is in (or in again): reading and speaking begin or go on. */
void matrix_session_logged_in(struct matrix_session *session);
/* It is out for now: nothing is asked until it is in again. */
void matrix_session_logged_out(struct matrix_session *session);
static inline struct matrix_session *matrix_session_of(struct chat_network *network)
{
    return CONTAINER_OF(network, struct matrix_session, network);
}
static inline void matrix_session_notice(struct matrix_session *session, enum chat_notice what,
                                         struct str room, size_t count)
{
    session->env.sink.notice(session->env.sink.ctx, &session->network, what, room, count);
}

#endif
