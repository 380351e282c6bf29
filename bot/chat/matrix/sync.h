/* SPDX-License-Identifier: MIT */
/* sync.h: reading: /sync as a long poll, bodies spooled and walked as a stream, gaps filled. */
#ifndef CHAT_MATRIX_SYNC_H
#define CHAT_MATRIX_SYNC_H

#include "chat/matrix/rooms.h"

enum {
    MATRIX_POLL_MS = 30 * 1000,
    MATRIX_POLL_MARGIN_MS = 30 * 1000,
    MATRIX_EVENTS_MAX = 64, /* handed over at once */
};
int matrix_sync_create(struct matrix_session *session, struct matrix_sync **ret_sync) MUST_CHECK;
void matrix_sync_destroy(struct matrix_sync *sync);
void matrix_sync_start(struct matrix_sync *sync); /* from the stored cursor */
void matrix_sync_stop(struct matrix_sync *sync);
int64_t matrix_sync_lag_ms(const struct matrix_sync *sync); /* of the last answer; -1 */

/* event.c: one event as the bot sees it.  Pure but for the rooms it looks into.  1: an event (texts
 * in the arena or borrowed from what `tree` was made of); 0: of no interest; -ENOMEM.  `late`: from
 * a gap, or read after an absence. */
/* Poll answers are CHAT_REACTION: relates_to is the poll's event, the text the first answer's id
 * (content.c makes the ids "1", "2", ...). */
int matrix_event_read(struct matrix_session *session, struct matrix_room *room,
                      const struct tree *tree, bool late, struct arena *arena,
                      struct chat_event *ret_event) MUST_CHECK;

/* gap.c: what a `limited` timeline left out.  Noted as a durable row in the turn that moves the
 * cursor past it (keep), filled by /messages from `to` back to `since`, oldest first handed over,
 * at most a day and 5,000 events; then the row goes, in the turn of the last. */
struct matrix_gaps;

#endif
