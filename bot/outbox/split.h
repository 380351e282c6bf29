/* SPDX-License-Identifier: MIT */
/* split.h: a long text in lines of a byte budget, cut on graphemes and words, never inside a number
 * or a link. */
#ifndef OUTBOX_SPLIT_H
#define OUTBOX_SPLIT_H

#include "base/str.h"

enum { SPLIT_LINES_MAX = 64 };
/* Line breaks in the text end a line; empty lines are left out.  budget_bytes 0: one line a line of
 * text.  Lines lie in the arena.  -E2BIG: more than SPLIT_LINES_MAX; -EINVAL: a budget under 16. */
int split_lines(struct str text, size_t budget_bytes, struct arena *arena, struct str **ret_lines,
                size_t *ret_count) MUST_CHECK;
/* Neighbours that fit one line become one, so that a paced network says them at once.  In place. */
int split_join(struct str *lines, size_t *count, size_t budget_bytes,
               struct arena *arena) MUST_CHECK;

#endif
