/* SPDX-License-Identifier: MIT */
/* control.h: a local socket for the sub-commands that must reach the running daemon.
 *
 * One request a connection: a line of JSON in (and up to two descriptors with it, SCM_RIGHTS),
 * lines of JSON out.  The last of them has "ok": true, or false with "error" (a sentence) and
 * "code"
 * ("ENOSPC"); those before it are pieces and have no "ok".  Only root and the daemon's own user are
 * heard (SO_PEERCRED). */
#ifndef CONTROL_CONTROL_H
#define CONTROL_CONTROL_H

#include "control/request.h"
#include "loop/loop.h"

struct control;
struct control_call; /* one request that waits for its answer */

struct control_options {
    struct loop *loop;       /* borrowed */
    const char *path;        /* of the socket: control_path() */
    struct str state_folder; /* copied: a request that means another is refused */
};
/* Listens.  What a dead process left at `path` is replaced; -EBUSY: a living one listens there;
 * -EEXIST: something there is no socket.  Sentences. */
int control_create(const struct control_options *options, struct control **ret_control,
                   struct error *error) MUST_CHECK;
/* Every call is ended (its `gone` is called), the socket removed. */
void control_destroy(struct control *control);

/* Answers by control_answer or control_fail, exactly once: now, or later when it has said
 * control_on_gone (asserted).  `arguments` (an object) lives until then. */
typedef void (*control_fn)(void *ctx, struct control_call *call, const json_t *arguments);
/* At most 32.  `verb` is borrowed. */
int control_add(struct control *control, const char *verb, control_fn run, void *ctx) MUST_CHECK;

/* The last line.  Takes `fields` (an object; NULL: short of memory, which is then the answer); the
 * call is gone. */
void control_answer(struct control_call *call, json_t *fields);
void control_fail(struct control_call *call, int code, const char *format, ...) PRINTF_LIKE(3, 4);
/* A line before the last.  Takes `fields`.  -EAGAIN: the client reads too slowly, and this piece is
 * dropped. */
int control_piece(struct control_call *call, json_t *fields);
/* Called when the client goes away before the answer; the call is invalid afterwards. */
void control_on_gone(struct control_call *call, void (*gone)(void *ctx), void *ctx);
/* A descriptor that came with the request, handed over; -1: there is none (any more). */
int control_take_fd(struct control_call *call, size_t index);

struct control_stats {
    uint64_t requests, refused, timed_out;
    size_t clients;
};
void control_stats(const struct control *control, struct control_stats *ret_stats);

#endif
