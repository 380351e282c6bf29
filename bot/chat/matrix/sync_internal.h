/* SPDX-License-Identifier: MIT */
/* sync_internal.h: what sync.c (asking), sync_read.c (reading an answer), gap.c, moved.c, spaces.c
 * and zones.c share. */
#ifndef CHAT_MATRIX_SYNC_INTERNAL_H
#define CHAT_MATRIX_SYNC_INTERNAL_H

#include "chat/matrix/event.h"
#include "chat/matrix/filter.h"
#include "chat/matrix/request.h"
#include "chat/matrix/rooms_internal.h"
#include "chat/matrix/spool.h"
#include "chat/matrix/sync.h"
#include "chat/matrix/walk.h"

enum {
    MATRIX_SLICE_BYTES = 1024 * 1024, /* looked at before the loop has its turn: a millisecond */
    MATRIX_FIRST_MS = 24 * 60 * 60 *
                      1000,     /* how old what is said may be that the first sync brings */
    MATRIX_LATE_MS = 60 * 1000, /* what is older was not said just now */
};

/* ---- handing over: events gathered, given to the turn in chunks ----------------------------- */

struct matrix_chunk {
    struct matrix_session *session;
    struct arena arena;
    struct chat_event events[MATRIX_EVENTS_MAX];
    size_t count;
    struct matrix_gaps *gaps;
};
void matrix_chunk_init(struct matrix_chunk *chunk, struct matrix_session *session,
                       struct matrix_gaps *gaps);
void matrix_chunk_done(struct matrix_chunk *chunk);
void matrix_chunk_empty(struct matrix_chunk *chunk); /* what it holds is read again */
/* Reads an event into the chunk, which keeps its texts.  A full chunk is handed over.  `late`:
 * CHAT_HISTORY. */
int matrix_chunk_add(struct matrix_chunk *chunk, struct matrix_room *room, const struct tree *tree,
                     bool late) MUST_CHECK;
/* An event of our own making; borrowed until it is handed over. */
void matrix_chunk_put(struct matrix_chunk *chunk, const struct chat_event *event);
/* To the turn, with what is to be kept.  Cursor empty: none.  0: committed. */
int matrix_chunk_hand_over(struct matrix_chunk *chunk, struct str cursor);

/* ---- gap.c ---------------------------------------------------------------------------------- */

int matrix_gaps_create(struct matrix_session *session, struct matrix_gaps **ret_gaps) MUST_CHECK;
void matrix_gaps_destroy(struct matrix_gaps *gaps);
/* From `prev_batch` back to `since` nothing was read in that room. */
int matrix_gaps_add(struct matrix_gaps *gaps, struct matrix_room *room, struct str prev_batch,
                    struct str since) MUST_CHECK;
/* Fills the next, when none is being filled.  After a sync and at the start. */
void matrix_gaps_fill(struct matrix_gaps *gaps);
int matrix_gaps_keep(struct matrix_gaps *gaps) MUST_CHECK;
void matrix_gaps_kept(struct matrix_gaps *gaps);

/* ---- moved.c -------------------------------------------------------------------------------- */

struct matrix_moves;
int matrix_moves_create(struct matrix_session *session, struct matrix_gaps *gaps,
                        struct matrix_moves **ret_moves) MUST_CHECK;
void matrix_moves_destroy(struct matrix_moves *moves);
/* Looks for tombstones that are to be followed.  After each sync. */
void matrix_moves_follow(struct matrix_moves *moves);
/* Asks each room of a group whether it has a tombstone: one may have been missed.  At the start. */
void matrix_moves_check(struct matrix_moves *moves);

/* ---- spaces.c ------------------------------------------------------------------------------- */

struct matrix_spaces;
int matrix_spaces_create(struct matrix_session *session,
                         struct matrix_spaces **ret_spaces) MUST_CHECK;
void matrix_spaces_destroy(struct matrix_spaces *spaces);
/* What the configured spaces list may have changed: asked again. */
void matrix_spaces_changed(struct matrix_spaces *spaces);
/* Each minute: tells again what is known, asks again each hour. */
void matrix_spaces_tick(struct matrix_spaces *spaces);

/* ---- zones.c -------------------------------------------------------------------------------- */

struct matrix_zones;
int matrix_zones_create(struct matrix_session *session, struct matrix_zones **ret_zones) MUST_CHECK;
void matrix_zones_destroy(struct matrix_zones *zones);
/* Somebody spoke. */
void matrix_zones_spoke(struct matrix_zones *zones, const struct chat_event *event);

/* ---- rooms_there.c -------------------------------------------------------------------------- */

struct matrix_sync;
/* Whether we are still in the rooms of the groups: each minute. */
void matrix_rooms_look(struct matrix_sync *sync);

/* ---- sync.c, sync_read.c -------------------------------------------------------------------- */

/* A room of the answer that is being read, whose timeline is still to be read. */
struct matrix_timeline {
    char *room, *prev_batch;
    enum walk_section section;
    uint64_t offset; /* 0: none */
    bool is_limited, was_joined, was_synced;
    int64_t joined_count, invited_count;
};
struct matrix_sync {
    struct matrix_session *session;
    struct spool *spool;
    struct matrix_filter *filter;
    bool names_filter; /* the poll that is under way holds its name, not itself */
    struct matrix_call *call, *look;
    struct loop_timer timer, minute;
    struct loop_call step;
    bool running, is_up;
    bool has_absence; /* the answer that is read may hold what was said while we were away */
    unsigned failures, refusals;
    unsigned name_failures; /* of polls that named the filter, since one went well */
    unsigned limit;         /* events of a timeline */
    int64_t asked_ms, lag_ms, failing_since_ms; /* elapsed; -1 */
    int64_t first_until_ms; /* how long the first sync waits for rooms being joined */
    char *since, *next;

    /* the answer that is being read */
    struct walk *walk;
    bool in_timelines;
    struct matrix_room *room; /* of the walk; NULL: passed over */
    bool in_timeline;
    struct matrix_timeline *timelines;
    size_t timeline_count, timeline_capacity, timeline_at;
    size_t bad;
    struct arena arena; /* of the event that is read */
    struct matrix_chunk chunk;

    struct matrix_gaps *gaps;
    struct matrix_moves *moves;
    struct matrix_spaces *spaces;
    struct matrix_zones *zones;
    struct metric *bad_events;
};
/* The answer is whole in the spool.  Reads in slices, then calls matrix_sync_read_done. */
int matrix_sync_read(struct matrix_sync *sync) MUST_CHECK;
void matrix_sync_read_stop(struct matrix_sync *sync);
/* 0, or why the answer could not be read to its end: then it is asked for again. */
void matrix_sync_read_done(struct matrix_sync *sync, int r);

#endif
