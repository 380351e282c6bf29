/* SPDX-License-Identifier: MIT */
/* client.h: a sub-command asks the running daemon. */
#ifndef CONTROL_CLIENT_H
#define CONTROL_CLIENT_H

#include "control/request.h"

struct control_ask {
    struct str configured;   /* the option control_socket; empty: the usual places */
    struct str state_folder; /* of the daemon that is meant */
    const char *verb;
    const json_t *arguments; /* borrowed; NULL: none */
    const int *fds;          /* handed along, up to CONTROL_FDS_MAX; stay the caller's */
    size_t fd_count;
    int silence_ms; /* how long nothing may come; 0: 30 s */
    /* of each line before the last; borrows; NULL: dropped */
    void (*piece)(void *ctx, const json_t *fields);
    void *ctx;
};
/* Blocks until the last line.  0: *ret_answer (new, json_decref) has "ok": true.  -ENOENT: no
 * daemon runs; -EACCES: it may not be asked; else what it answered, as a sentence. */
int control_ask(const struct control_ask *ask, json_t **ret_answer, struct error *error) MUST_CHECK;

#endif
