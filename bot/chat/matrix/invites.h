/* SPDX-License-Identifier: MIT */
/* invites.h: invitations: accepted by policy, else declined, counted, and told once an hour. */
#ifndef CHAT_MATRIX_INVITES_H
#define CHAT_MATRIX_INVITES_H

#include <jansson.h>

#include "chat/matrix/rooms.h"

/* Of a burst as many wait; one is answered a second. */
enum { MATRIX_INVITES_MAX = 100, MATRIX_INVITE_EVERY_MS = 1000 };

int matrix_invites_create(struct matrix_session *session,
                          struct matrix_invites **ret_invites) MUST_CHECK;
void matrix_invites_destroy(struct matrix_invites *invites);
/* A state event of a room that we are invited to (stripped state of /sync), then its end. */
void matrix_invites_state(struct matrix_invites *invites, struct str room_id,
                          const struct tree *event);
void matrix_invites_end(struct matrix_invites *invites, struct str room_id);
/* The invitation was taken back, or we joined otherwise. */
void matrix_invites_gone(struct matrix_invites *invites, struct str room_id);
/* Writes what is not answered yet; inside the turn's transaction (chat_batch.keep).
 * matrix_invites_kept when it was committed. */
int matrix_invites_keep(struct matrix_invites *invites) MUST_CHECK;
void matrix_invites_kept(struct matrix_invites *invites);
size_t matrix_invites_waiting(const struct matrix_invites *invites);

#endif
