/* SPDX-License-Identifier: MIT */
/* content.h: a message as Matrix events.  Pure: no session, no network, no clock. */
#ifndef CHAT_MATRIX_CONTENT_H
#define CHAT_MATRIX_CONTENT_H

#include <jansson.h>

#include "chat/chat.h"
#include "chat/matrix/options.h"

enum {
    /* An event may have 65,536 bytes, signatures, hashes and edges of the room's graph among them
     * (client-server API, size limits); those take some thousands. */
    MATRIX_CONTENT_BYTES = 48 * 1024,
    MATRIX_PARTS_MAX = 32,
};

/* What the place is like. */
struct matrix_place {
    enum matrix_threads threads;
    bool is_private, has_polls;
};
struct matrix_part {
    struct str type; /* "m.room.message" */
    struct str json; /* its content */
};
struct matrix_parts {
    struct matrix_part parts[MATRIX_PARTS_MAX];
    size_t count;
    bool is_poll; /* its choices are the poll's: no reactions */
};

/* The events of a message, without its picture: one, or several when it is too long, cut at
 * paragraphs.  In the arena.  -EINVAL: nothing to say; -E2BIG: more than MATRIX_PARTS_MAX;
 * -ENOMEM. */
int matrix_content_make(const struct chat_message *message, const struct matrix_place *place,
                        struct arena *arena, struct matrix_parts *ret_parts) MUST_CHECK;
/* Its picture, uploaded as `mxc`. */
int matrix_content_picture(const struct chat_message *message, const struct matrix_place *place,
                           struct str mxc, struct arena *arena,
                           struct matrix_part *ret_part) MUST_CHECK;
/* {"m.relates_to": ...} of a reaction. */
int matrix_content_reaction(struct str event_id, struct str emoji, struct arena *arena,
                            struct matrix_part *ret_part) MUST_CHECK;

/* ---- for content.c, poll.c and their neighbours ---------------------------------------------- */

static inline void matrix_json_cleanup(json_t **json)
{
    json_decref(*json);
}
#define AUTO_JSON CLEANUP(matrix_json_cleanup) json_t
/* A text, repaired where it is not UTF-8; NULL: no memory. */
json_t *matrix_json_text(struct str text);
/* 0; -ENOMEM also for a NULL value, which is taken in any case. */
int matrix_json_set(json_t *object, const char *key, json_t *value) MUST_CHECK;
/* Compact, in the arena. */
int matrix_json_dump(const json_t *json, struct arena *arena, struct str *ret_text) MUST_CHECK;
/* m.mentions: who is rung; {} for nobody (an absent one would let clients search the text). */
json_t *matrix_content_mentions(struct str user);
/* m.relates_to of an answer; NULL in *ret_relation: none. */
int matrix_content_relation(const struct chat_message *message, const struct matrix_place *place,
                            bool is_first, json_t **ret_relation) MUST_CHECK;

/* poll.c: the message as a poll (MSC3381), with its text as fallback. */
bool matrix_poll_fits(const struct chat_message *message, const struct matrix_place *place);
int matrix_poll_make(const struct chat_message *message, const struct matrix_place *place,
                     struct str plain, struct arena *arena,
                     struct matrix_part *ret_part) MUST_CHECK;

#endif
