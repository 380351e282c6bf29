/* SPDX-License-Identifier: MIT */
/* media.h: pictures on the homeserver: uploaded once, asked for again before they are used in
 * another life. */
#ifndef CHAT_MATRIX_MEDIA_H
#define CHAT_MATRIX_MEDIA_H

#include "chat/matrix/session.h"

struct matrix_media;
struct matrix_picture; /* one that is being brought there */
struct matrix_media_file {
    struct str bytes, mime, name; /* borrowed until it is there or was dropped */
};
int matrix_media_create(struct matrix_session *session, struct matrix_media **ret_media) MUST_CHECK;
void matrix_media_destroy(struct matrix_media *media);
/* `done` once, from the loop: 0 with an "mxc://" URI, borrowed for the call; -EAGAIN: not now, with
 * the wait; else it cannot be. */
typedef void (*matrix_media_fn)(void *ctx, int result, struct str uri, int64_t retry_ms);
int matrix_media_bring(struct matrix_media *media, const struct matrix_media_file *file,
                       matrix_media_fn done, void *ctx,
                       struct matrix_picture **ret_picture) MUST_CHECK;
void matrix_media_drop(struct matrix_picture *picture); /* NULL is fine; without `done` */

#endif
