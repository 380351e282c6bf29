/* SPDX-License-Identifier: MIT */
/* turn_internal.h: a turn's parts, shared by the files of turn alone. */
#ifndef TURN_INTERNAL_H
#define TURN_INTERNAL_H

#include "turn.h"

struct turn {
    struct turn_parts parts;
    struct metric *events, *answered, *buried, *took;
    int64_t cursor_saved_ms; /* elapsed */
};

/* turn.c */
bool turn_floor_only(const struct turn *turn); /* nothing can be saved */
/* Commits, or leaves nothing.  The outbox and the jobs wake up by store_on_commit.  A turn that was
 * short of memory, wherever, leaves nothing either: what it did may rest on half of what there is.
 * One that runs on the reserve had it from there. */
int turn_end(struct turn *turn, unsigned long shortages, int r) MUST_CHECK;
/* The cursor moves with the batch's last event, never over one that was not handled yet; NULL: a
 * batch without events. */
int turn_save_cursor(struct turn *turn, const struct chat_batch *batch,
                     const struct chat_event *event) MUST_CHECK;

/* turn_floor.c: an event that cannot have a turn */
/* While nothing can be saved: calls for help, and what needs no disk. */
void turn_past_disk(struct turn *turn, struct chat_network *network,
                    const struct chat_event *event);
/* What failed twice is read for a call for help all the same.  Gives the member, 0: not known. */
uint64_t turn_floor(struct turn *turn, struct chat_network *network,
                    const struct chat_event *event);

/* turn_bury.c: what is given up: kept without a text, counted, told; never replayed for ever */
int turn_bury(struct turn *turn, const struct chat_batch *batch, const struct chat_event *event,
              uint64_t member, int code) MUST_CHECK;
/* A plugin that the process dies of with this event in hand was left out: the rest of it stands. */
int turn_bury_for_plugin(struct turn *turn, const struct inbox_item *item,
                         const char *plugin) MUST_CHECK;
/* A timer of a plugin that the process dies of: one that is due once is gone, one that recurs goes
 * on at its next moment, as with a late one. */
int turn_bury_job(struct turn *turn, const struct store_job *job, const char *plugin) MUST_CHECK;

#endif
