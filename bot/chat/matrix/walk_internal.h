/* SPDX-License-Identifier: MIT */
/* walk_internal.h: what walk.c (the tree) and walk_bytes.c (strings, brackets, events) share. */
#ifndef CHAT_MATRIX_WALK_INTERNAL_H
#define CHAT_MATRIX_WALK_INTERNAL_H

#include <sys/types.h>

#include "chat/matrix/walk.h"

enum { WALK_NO_MARK = -1, WALK_STACK_MAX = 12, WALK_NUMBER_MAX = 20 };

/* Where in the body we stand. */
enum walk_level {
    IN_ROOT,
    IN_ACCOUNT,
    IN_ACCOUNT_EVENTS,
    IN_ROOMS,
    IN_SECTION,
    IN_ROOM,
    IN_STATE,
    IN_STATE_EVENTS,
    IN_TIMELINE,
    IN_TIMELINE_EVENTS,
    IN_SUMMARY,
    WALK_LEVEL_COUNT
};
struct walk {
    struct walk_source source;
    char *window;
    size_t at, filled, capacity;
    uint64_t base; /* offset of window[0] */
    bool at_end;   /* nothing comes behind the window */
    ssize_t mark;  /* what must stay in the window; WALK_NO_MARK */
    int failed;

    enum walk_level stack[WALK_STACK_MAX];
    size_t depth; /* 0: behind the end */
    enum walk_section section;
    bool in_room, skips_room;
    struct buf room, text, prev_batch, scratch;
    struct walk_item end; /* of the present room, as far as it is known */
};

/* There is at least one more byte at `at`; the only place where the window moves. */
int walk_fill(struct walk *walk) MUST_CHECK;
/* To the next byte that is neither white space nor a comma. */
int walk_next_byte(struct walk *walk, char *ret_byte) MUST_CHECK;
int walk_expect(struct walk *walk, char wanted) MUST_CHECK;
/* From behind the opening quote to behind the closing one. */
int walk_skip_string(struct walk *walk) MUST_CHECK;
/* A value, whatever it is, and how deep its brackets went. */
int walk_skip_value(struct walk *walk, size_t *ret_depth) MUST_CHECK;
bool walk_ends_scalar(char c);
/* From behind the opening quote; too long a text is empty. */
int walk_read_text(struct walk *walk, struct buf *out) MUST_CHECK;
/* An element of an array of events, of which the first byte stands at `at`. */
int walk_scan_event(struct walk *walk, struct walk_item *item) MUST_CHECK;

#endif
