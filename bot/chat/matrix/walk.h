/* SPDX-License-Identifier: MIT */
/* walk.h: the body of a /sync answer, item by item, whatever its size and the order of its keys
 * (client-server API, section "Syncing").
 *
 * Of what interests nobody no byte is looked at twice; of an event only where it begins, where it
 * ends and its type: who wants more gives its bytes to event.c.  Memory: one window, which grows
 * with the largest event up to WALK_EVENT_MAX; what is larger is passed over and told.  Pure. */
#ifndef CHAT_MATRIX_WALK_H
#define CHAT_MATRIX_WALK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum {
    WALK_WINDOW_BYTES = 64 * 1024,
    /* An event is at most 64 KiB between servers; what they add for clients (unsigned,
     * prev_content) is counted generously. */
    WALK_EVENT_MAX = 1024 * 1024,
    WALK_DEPTH_MAX = 64,      /* of brackets inside an event */
    WALK_TEXT_MAX = 16 * 1024 /* a token, a room id: raw */
};

struct walk_source {
    /* Up to `size` bytes from `offset` on; less only at the end; negative errno. */
    int (*read)(void *ctx, uint64_t offset, char *out, size_t size);
    void *ctx;
};

enum walk_what {
    WALK_END, /* the body is whole; or the timeline of walk_timeline is */
    WALK_NEXT_BATCH,
    WALK_ACCOUNT_DATA, /* an event */
    WALK_ROOM,         /* begins */
    WALK_STATE,        /* an event of its state, whole (joined, left) or stripped (invited) */
    WALK_ROOM_END,
    WALK_TIMELINE, /* an event, from walk_timeline */
    WALK_BAD,      /* something stands where an event should, or one too large or too deep */
    WALK_WHAT_COUNT
};
enum walk_section { WALK_JOIN, WALK_INVITE, WALK_KNOCK, WALK_LEAVE, WALK_SECTION_COUNT };
/* Everything is borrowed until the next call. */
struct walk_item {
    enum walk_what what;
    enum walk_section section; /* of a room and what is in it */
    struct str room;           /* its id, decoded */
    struct str text;           /* next_batch, decoded */
    struct str bytes;          /* of an event: JSON */
    struct str type;           /* of an event, between its quotes; empty: read the event to know */
    /* WALK_ROOM_END: what was found, in whatever order */
    bool is_limited, has_state_after;
    struct str prev_batch;
    uint64_t timeline;                   /* where its events begin; 0: there are none */
    int64_t joined_count, invited_count; /* of the summary; -1: not told */
};

struct walk;
int walk_create(const struct walk_source *source, size_t window_bytes,
                struct walk **ret_walk) MUST_CHECK;
void walk_destroy(struct walk *walk);
/* 0.  -EBADMSG: no JSON object, or cut off; -ENOMEM; what `read` said.  After an error: the same.
 */
int walk_next(struct walk *walk, struct walk_item *ret_item) MUST_CHECK;
/* Of the room that just began only its end is wanted. */
void walk_skip_room(struct walk *walk);
/* From now on the events of that timeline, then WALK_END. */
void walk_timeline(struct walk *walk, uint64_t timeline);
/* How many bytes were looked at: for who must not hold up the loop. */
uint64_t walk_offset(const struct walk *walk);

/* A JSON string's inside (between its quotes) as UTF-8.  Lone surrogates and bad escapes become
 * U+FFFD. */
void walk_unescape(struct str raw, struct buf *out);

#endif
