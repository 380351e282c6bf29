/* SPDX-License-Identifier: MIT */
/* outbound.h: what the bot says: a line for each room, in order; what a room's line must wait for
 * keeps no other waiting; crisis stands first in its own. */
#ifndef CHAT_MATRIX_OUTBOUND_H
#define CHAT_MATRIX_OUTBOUND_H

#include "chat/matrix/rooms.h"

int matrix_outbound_create(struct matrix_session *session,
                           struct matrix_outbound **ret_outbound) MUST_CHECK;
void matrix_outbound_destroy(struct matrix_outbound *outbound);
/* chat_class.send */
int matrix_outbound_send(struct matrix_outbound *outbound, const struct chat_message *message);
int matrix_outbound_react(struct matrix_outbound *outbound, struct str room, struct str event_id,
                          struct str emoji);
int matrix_outbound_redact(struct matrix_outbound *outbound, struct str room, struct str user,
                           struct str message_id);
/* An own event came by /sync: its transaction id (unsigned.transaction_id) says which of ours it
 * is. */
void matrix_outbound_seen(struct matrix_outbound *outbound, const struct matrix_room *room,
                          struct str transaction_id, struct str event_id);
/* We left a room or were put out of it, or it is encrypted now: what waits for it ends. */
void matrix_outbound_room_changed(struct matrix_outbound *outbound, struct matrix_room *room);
/* Down: what is under way comes back FAILED; it is sent again under the same transaction id. */
void matrix_outbound_down(struct matrix_outbound *outbound);
/* A private room is there, or a room was entered: what waits for it may go.  NULL is fine. */
void matrix_outbound_wake(struct matrix_outbound *outbound);
size_t matrix_outbound_waiting(const struct matrix_outbound *outbound);
/* A message was handled: its read receipt (the latest of each room, not more often than each
 * second).  `busy`: somebody waits for an answer that takes long: typing. */
void matrix_outbound_read(struct matrix_outbound *outbound, struct matrix_room *room,
                          struct str event_id, struct str thread);

/* ---- private rooms (direct.c) ---------------------------------------------------------------- */

/* A private room with somebody: found, else made.  Making one is a stored state (wanted -> asked ->
 * made), with recovery: after a death between asking and knowing, a room that we made and that
 * nobody else is in and whose creation content names that wish is taken. */
enum matrix_direct_state {
    MATRIX_DIRECT_NONE,
    MATRIX_DIRECT_MAKING,
    MATRIX_DIRECT_ASKED, /* there, and they have not entered it yet */
    MATRIX_DIRECT_JOINED,
    MATRIX_DIRECT_REFUSED, /* they declined, left, or cannot be invited: made again when they speak
                              or after a day */
    MATRIX_DIRECT_STATE_COUNT
};
int matrix_direct_create(struct matrix_session *session,
                         struct matrix_direct **ret_direct) MUST_CHECK;
void matrix_direct_destroy(struct matrix_direct *direct);
/* Where to write to `user`; begins to make a room where there is none (`ready` of outbound is
 * told). */
enum matrix_direct_state matrix_direct_room(struct matrix_direct *direct, struct str user,
                                            struct matrix_room **ret_room);
/* The account is in: what the server knows of private rooms is read (m.direct). */
void matrix_direct_start(struct matrix_direct *direct);
/* chat_class.moved */
void matrix_direct_moved(struct matrix_direct *direct);
/* Somebody said something, anywhere: who had left their private room gets another when it is
 * needed.  Cheap. */
void matrix_direct_spoke(struct matrix_direct *direct, struct str user);
/* They asked us into that private room, and we went. */
void matrix_direct_entered(struct matrix_direct *direct, struct str user, struct str room_id);
/* Such a room is found again after a death, or is none any more. */
bool matrix_direct_is_kept(const struct matrix_direct *direct, struct str user, struct str room_id);
/* m.direct was read since the start: all private rooms are known. */
bool matrix_direct_is_read(const struct matrix_direct *direct);
/* A room in which nobody but us is may be left: not one that is being made, whose invitation the
 * server has not told yet. */
bool matrix_direct_may_leave(const struct matrix_direct *direct, struct str room_id);
/* We are out of a private room. */
void matrix_direct_left(struct matrix_direct *direct, struct matrix_room *room);
/* Membership or m.direct account data changed. */
void matrix_direct_member(struct matrix_direct *direct, struct matrix_room *room, struct str user,
                          enum matrix_membership membership);
void matrix_direct_account_data(struct matrix_direct *direct, const json_t *content);
int matrix_direct_keep(struct matrix_direct *direct) MUST_CHECK;
void matrix_direct_kept(struct matrix_direct *direct);

#endif
