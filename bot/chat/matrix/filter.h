/* SPDX-License-Identifier: MIT */
/* filter.h: what of all that happens the homeserver shall tell (client-server API, section
 * "Filtering").  It keeps the filter for us, so that a poll names it and does not hold its 1,500
 * bytes; until it does, and where it does not, the filter goes with each poll. */
#ifndef CHAT_MATRIX_FILTER_H
#define CHAT_MATRIX_FILTER_H

#include "chat/matrix/session.h"

enum { MATRIX_TIMELINE_LIMIT = 50 }; /* events of a room in one answer, unless it was too large */

struct matrix_filter;
int matrix_filter_create(struct matrix_session *session,
                         struct matrix_filter **ret_filter) MUST_CHECK;
void matrix_filter_destroy(struct matrix_filter *filter);
/* Has it kept, unless it is or is being.  When /sync answers. */
void matrix_filter_upload(struct matrix_filter *filter);
/* The server does not know it (any more): each poll has the whole until the next upload. */
void matrix_filter_forget(struct matrix_filter *filter);
void matrix_filter_stop(struct matrix_filter *filter);
/* For "?filter=", not encoded: the name under which it is kept; the filter itself where it is not,
 * or `is_whole` asks for it, then with that limit.  0, -ENOMEM. */
int matrix_filter_add(const struct matrix_filter *filter, unsigned limit, bool is_whole,
                      struct buf *out) MUST_CHECK;

#endif
