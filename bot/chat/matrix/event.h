/* SPDX-License-Identifier: MIT */
/* event.h: the bytes of an event as JSON; what event.c and who hands events over share. */
#ifndef CHAT_MATRIX_EVENT_H
#define CHAT_MATRIX_EVENT_H

#include "chat/matrix/rooms.h"

/* Texts are in the arena or borrowed from `bytes`.  0; -EBADMSG (no event), -ENOMEM.  What a
 * stricter server would not have let pass is repaired (repair.h). */
int matrix_event_parse(struct arena *arena, struct str bytes,
                       const struct tree **ret_event) MUST_CHECK;
/* Whether an event of that type can be of interest to matrix_event_read; empty: it must be read to
 * know. */
bool matrix_event_interests(struct str type);
/* A member of an answer that is text; else empty.  Borrowed. */
struct str matrix_event_text(const json_t *object, const char *key);
/* What comes before an answer's own words in older clients: lines of "> " and an empty one. */
struct str matrix_event_without_quote(struct str body);

#endif
