/* SPDX-License-Identifier: MIT */
/* outbound_internal.h: what outbound*.c and receipts.c share: a line for each room or person, and
 * what stands in it. */
#ifndef CHAT_MATRIX_OUTBOUND_INTERNAL_H
#define CHAT_MATRIX_OUTBOUND_INTERNAL_H

#include "base/map.h"
#include "chat/matrix/content.h"
#include "chat/matrix/media.h"
#include "chat/matrix/outbound.h"
#include "chat/matrix/request.h"

enum {
    OUT_ITEMS_MAX = 512,       /* that wait, routine; */
    OUT_CRISIS_MAX = 256,      /* and as many more when it is for somebody in need */
    OUT_HELPS_MAX = 64,        /* in one line: beyond that no reaction or deletion joins it */
    OUT_AT_ONCE = 8,           /* requests, over all rooms */
    OUT_CRISIS_AT_ONCE = 4,    /* the same, ahead of those */
    OUT_KEEP_MS = 600 * 1000,  /* then it goes back to who gave it */
    OUT_CRISIS_WAIT_MS = 5000, /* for a private room: then the room hears the card */
    OUT_ENTER_MS = 60 * 1000,  /* for a room of a group to be entered */
    OUT_TICK_MS = 1000,
    OUT_TYPING_AFTER_MS = 1500, /* somebody waits that long: typing is shown */
    OUT_SEEN_MAX = 128,
    OUT_TRANSACTION_BYTES = 80,
    OUT_EVENT_ID_BYTES = 256,
    OUT_PART_IDS_BYTES = 8 * 1024, /* of all parts of a message */
    OUT_PATH_BYTES = 16 * 1024,
    OUT_LOOK_AFTER_MS = 20 * 60 * 1000, /* a homeserver forgets transaction ids after 30 minutes */
};

enum out_kind { OUT_SAY, OUT_REACT, OUT_REDACT };
struct out_item {
    struct out_item *next;
    struct arena arena;
    enum out_kind kind;
    struct chat_message message; /* SAY: a copy, whole */
    struct str event_id, emoji;  /* REACT, REDACT */
    struct str transaction_id;
    int64_t accepted_ms; /* elapsed */
    bool is_told;        /* its outcome */
    struct matrix_parts parts;
    bool is_made, has_picture, must_look;
    size_t part; /* that is next; parts.count: the picture */
    bool is_sent[MATRIX_PARTS_MAX + 1];
    char message_id[OUT_EVENT_ID_BYTES]; /* of the last part that is text */
    struct str other_ids;                /* of the others, a blank before each */
    struct str from;                     /* outbound_look.c: the page that is next */
    unsigned pages;
};
struct out_line {
    struct out_line *next, *previous;
    struct matrix_outbound *outbound;
    char *key; /* room as configured, or a user */
    bool is_private;
    struct out_item *first;
    size_t count;
    struct matrix_call *call;
    struct matrix_picture *picture;
    int64_t due_ms; /* elapsed: not before */
    unsigned failures;
    bool is_typing;
};
struct out_end {
    uint64_t token;
    enum chat_outcome outcome;
    char *message_id; /* NULL: none */
};
struct out_seen {
    char transaction_id[OUT_TRANSACTION_BYTES], event_id[OUT_EVENT_ID_BYTES];
};
struct out_receipts;
struct matrix_outbound {
    struct matrix_session *session;
    struct matrix_media *media;
    struct out_receipts *receipts;
    struct map rooms, people; /* lines, by key */
    struct out_line *first;   /* all lines, in turn */
    size_t items, crisis, under_way;
    bool is_starved; /* somebody was told "not now" */
    struct loop_call pump, tell;
    struct loop_timer timer;
    struct out_end *ends;
    size_t end_count, end_capacity, untold; /* ends are reserved for those that are not told */
    struct out_seen *seen;                  /* a ring of OUT_SEEN_MAX */
    size_t seen_next;
    uint64_t epoch; /* counts ends of the connection */
    struct metric *sent, *waits, *refused, *recovered;
};

/* ---- outbound.c ------------------------------------------------------------------------------ */

static inline bool out_is_crisis(const struct out_item *item)
{
    return item && item->kind == OUT_SAY && (item->message.flags & CHAT_SEND_CRISIS);
}
int64_t out_now_ms(const struct matrix_outbound *outbound);
struct out_line *out_line_of(struct matrix_outbound *outbound, struct str key,
                             bool is_private); /* made when not there; NULL: no memory */
void out_insert(struct out_line *line, struct out_item *item);
void out_item_free(struct out_item *item);
/* Room for one more end, so that telling cannot fail. */
int out_reserve_end(struct matrix_outbound *outbound) MUST_CHECK;
/* Tells how the first of the line ended, once; it stays. */
void out_tell(struct matrix_outbound *outbound, struct out_item *item, enum chat_outcome outcome);
/* Takes the first out of the line. */
void out_shift(struct out_line *line);
/* Of the line's first; told if it was not. */
void out_end(struct out_line *line, enum chat_outcome outcome);
const struct out_seen *out_find_seen(const struct matrix_outbound *outbound, struct str id);
void out_line_drop(struct out_line *line); /* what is under way, without its end */

/* ---- outbound_take.c ------------------------------------------------------------------------- */

/* Reactions of ours to our own question. */
void out_add_choices(struct out_line *line, const struct out_item *item);

/* ---- outbound_send.c ------------------------------------------------------------------------- */

void out_pump(struct matrix_outbound *outbound);
/* Where the line's first goes now; NULL: it waits, or the line changed (*ret_again). */
struct matrix_room *out_room(struct out_line *line, bool *ret_again);
/* The same request again, later. */
void out_wait(struct out_line *line, const struct matrix_answer *answer);
void out_transaction(const struct out_item *item, char out[OUT_TRANSACTION_BYTES]);
size_t out_part_count(const struct out_item *item); /* its picture is the last */
/* That part of the message is there, under that id (empty: not known). */
void out_keep_id(struct out_item *item, size_t part, struct str event_id);
void out_sent(struct out_line *line,
              struct str event_id); /* the part that was under way is there */

/* ---- outbound_look.c ------------------------------------------------------------------------- */

/* Whether what may have been sent is in the room: pages backwards until the time of the first
 * try. */
void out_look(struct out_line *line, const struct matrix_room *room);

/* ---- receipts.c ------------------------------------------------------------------------------ */

int out_receipts_create(struct matrix_outbound *outbound,
                        struct out_receipts **ret_receipts) MUST_CHECK;
void out_receipts_destroy(struct out_receipts *receipts);
void out_receipts_down(struct out_receipts *receipts);
void out_typing(struct out_receipts *receipts, struct str room_id, bool types);

#endif
