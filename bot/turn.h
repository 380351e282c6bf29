/* SPDX-License-Identifier: MIT */
/* turn.h: one batch, one turn, one transaction. */
#ifndef TURN_H
#define TURN_H

#include "dispatch/dispatch.h"

struct turn_parts { /* all borrowed */
    struct store *store;
    struct inbox *inbox;
    struct dispatch *dispatch;
    struct dialogues *dialogues;
    struct host *host;
    struct alerts *alerts;
    struct outbox *outbox;
    struct jobs *jobs;
    struct clock *clock;
    struct metrics *metrics;
    /* Core jobs of the bot itself: 1 it was one, 0 not; NULL: there are none. */
    int (*job)(void *ctx, const struct store_job *job);
    void *ctx;
};
/* The core's daily job that forgets what was handled long ago; bot.c sets it. */
#define TURN_PRUNE_KEY "prune"

struct turn;
int turn_create(const struct turn_parts *parts, struct turn **ret_turn) MUST_CHECK;
void turn_destroy(struct turn *turn);

/* A batch from one network: what it causes is committed together with the cursor, or not at all.
 * Whatever happens, a call for help in it is answered.  0: committed; negative: not (the disk), and
 * what the network wanted kept is not kept either. */
int turn_run(struct turn *turn, const struct chat_batch *batch);
/* Everything that is due by the clock. */
void turn_due(struct turn *turn);
/* Any other work as a turn of its own: results of requests, a reload.  Its error undoes all of it
 * and is returned. */
int turn_call(struct turn *turn, int (*work)(void *ctx), void *ctx) MUST_CHECK;

#endif
