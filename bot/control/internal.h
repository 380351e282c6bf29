/* SPDX-License-Identifier: MIT */
/* internal.h: the control socket and its calls, shared by the files of the daemon's side. */
#ifndef CONTROL_INTERNAL_H
#define CONTROL_INTERNAL_H

#include "control/address.h"
#include "control/control.h"

enum {
    CONTROL_VERBS_MAX = 32,
    CONTROL_ANSWER_BYTES_MAX = 1024 * 1024, /* of one line */
    CONTROL_WAITING_BYTES_MAX = 256 * 1024, /* beyond which pieces are dropped */
};

struct verb {
    const char *name;
    control_fn run;
    void *ctx;
};

struct control_call {
    struct control *control;
    struct control_call *next, **link; /* *link points at us */
    int fd;
    struct loop_fd *watch;
    struct loop_timer timer;
    struct buf in, out;
    int fds[CONTROL_FDS_MAX];
    size_t fd_count;
    struct control_request request;
    bool asked, answered;
    bool running; /* inside its verb: freed only after it */
    void (*gone)(void *ctx);
    void *gone_ctx;
};

struct control {
    struct loop *loop;
    char path[CONTROL_PATH_BYTES];
    char *state_folder;
    int fd;
    bool bound;
    struct loop_fd *watch;
    struct control_call *calls;
    struct verb verbs[CONTROL_VERBS_MAX];
    size_t verb_count;
    struct control_stats stats;
};

/* call.c: answers, and the end of a call */
void call_free(struct control_call *call);
/* The client went away, or is sent away. */
void call_hang_up(struct control_call *call);
int call_arm(struct control_call *call, int64_t in_ms) MUST_CHECK;
void call_timed_out(struct loop_timer *timer);
/* Negative: the client is gone.  A call that was answered ends with its last byte. */
int call_flush(struct control_call *call) MUST_CHECK;
void call_finish(struct control_call *call);

#endif
