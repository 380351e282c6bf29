/* SPDX-License-Identifier: MIT */
/* internal.h: the outbox's own parts, shared by the files of this folder only. */
#ifndef OUTBOX_INTERNAL_H
#define OUTBOX_INTERNAL_H

#include "base/heap.h"
#include "base/map.h"
#include "outbox/outbox.h"
#include "outbox/payload.h"

enum {
    OUTBOX_ENTRIES_MAX = 4096, /* in memory; what more the store holds is read when there is room */
    OUTBOX_CRISIS_EXTRA = 1024, /* which only crisis messages may use */
    OUTBOX_WINDOW = 16, /* marked in flight at once on a network: what a crash can make unknown */
    OUTBOX_AHEAD = 1,   /* routine ones marked in one commit there: a crash loses what is marked */
    OUTBOX_CRISIS_WINDOW = 64, /* the same for crisis, ahead of it */
    OUTBOX_KNOWN_WINDOW = 256, /* where a crash makes nothing unknown: a room that must wait there
                                  leaves places for others */
    OUTBOX_TURNS = 128,        /* wordings take turns in so many places, found by hash */
    OUTBOX_ENDS_MAX = 16384,   /* ends that the store does not know yet */
    OUTBOX_SOURCES = 512,
    OUTBOX_SAID = 512, /* what the lane in memory remembers */
    OUTBOX_PAUSES_MAX = 256,
    OUTBOX_MEMORY_OFFERS = 16,
    OUTBOX_NOTES = 64,
    OUTBOX_FILES_BYTES_MAX = 16 * 1024 * 1024, /* of pictures that wait, in all */
    OUTBOX_ROUTES_MAX = 32,                    /* rooms of a group */
    OUTBOX_ANSWERS_MAX = 16,                   /* of one message, while nothing can be written */
    OUTBOX_AGAIN_MAX = 3, /* a crisis message whose end stays unknown is said so often */
};
#define OUTBOX_MEMORY_ID (1ULL << 62) /* ids of messages without a row */

enum outbox_stage {
    OUTBOX_STAGED,     /* queued by the turn that is open */
    OUTBOX_HELD,       /* waits for its moment, in the due heap */
    OUTBOX_READY,      /* waits for the network, in a target's queue */
    OUTBOX_GIVEN,      /* the network has it */
    OUTBOX_TAKEN_BACK, /* cancelled by the turn that is open */
    OUTBOX_ENDED,      /* waits until its end is told */
};

enum { OUTBOX_BRIDGED = 256 }; /* lines that a bridge may bring back */
struct outbox_bridged {
    uint64_t words;
    int64_t elapsed_ms;
};

struct outbox_target;
struct outbox_network;

/* A message that was said: what it answered, and what it offers. */
struct outbox_note {
    uint64_t owner, sent;
    uint64_t first; /* the number of the message whose new form it is; 0: of none */
    int64_t at;
    struct str network, message_id, cause, record; /* behind it */
};

/* One message on its way.  Copies of what is needed without opening the payload. */
struct outbox_entry {
    uint64_t id;
    enum outbox_priority priority;
    enum outbox_stage stage;
    bool in_flight;   /* the row says so: a byte may be written */
    bool is_again;    /* it may have been said before */
    bool may_be_sent; /* the same, where a transaction id makes a second try the first */
    bool has_row;     /* false: the lane in memory */
    bool past_disk;   /* it may take that lane */
    int attempts, result;
    int64_t created_at, not_before_at, expires_at;
    uint64_t flags, member, room_id, group;
    size_t file_bytes;
    uint64_t owner;    /* whose key seals the row */
    uint64_t epoch;    /* of the connection it was given to */
    uint64_t said_key; /* of one with past_disk, for the lane in memory */
    int64_t given_at;  /* to the network, the last time; 0: never */
    bool said_certain; /* the source has an event id: it is the same whenever it comes again */
    struct str plugin, payload; /* behind the entry */
    struct outbox_note *note;   /* once it was said; owned */
    struct outbox_network *network;
    struct outbox_target *target; /* READY */
    struct outbox_entry *next,
        *previous; /* in the target's queue, or in one of the outbox's lists */
    struct heap_node due, expiry;
    char target_key[128];
};
struct outbox_list {
    struct outbox_entry *first, *last;
};

/* Who or which room; in a ring with the others of the same priority. */
struct outbox_target {
    struct outbox_target *next, *previous;
    struct outbox_list queue; /* by id */
    enum outbox_priority priority;
};
struct outbox_network {
    struct outbox_network *next;
    char name[64];
    struct map targets[OUTBOX_PRIORITY_COUNT];
    struct outbox_target *turn[OUTBOX_PRIORITY_COUNT];  /* whose turn it is, in a ring */
    size_t ready[OUTBOX_PRIORITY_COUNT], given, marked; /* marked: in flight, not given yet */
    /* This priority and those behind it wait until it is ready, or a few seconds have gone; COUNT:
     * none does. */
    enum outbox_priority blocked;
};

/* A row's end (or its return to the queue) that the store will hear of with the next commit, after
 * 1 s at the latest. */
struct outbox_end {
    uint64_t id;
    bool again;   /* back to the queue */
    bool written; /* in the transaction that is open */
    int attempts;
    int64_t not_before_at;
    struct outbox_note *note; /* goes to the store with it; owned */
};
struct outbox_said {
    uint64_t key;
    int64_t elapsed_ms;
    bool certain;
};
struct outbox_pause {
    uint64_t group;
    int64_t until_at;
};
struct outbox_offer {
    uint64_t place;
    bool is_member;
    int64_t at;
    char *text; /* as the store would hold it */
    size_t size;
};
struct outbox_kept_source {
    uint64_t id;
    struct outbox_source source; /* texts in `text` */
    char *text;
    char *part; /* it was one of several answers: of what; NULL: it stands for itself */
};
struct outbox_metrics {
    struct metric *queued, *sent, *expired, *unknown, *refused, *failed, *again, *memory, *full,
        *waiting;
};

struct outbox {
    struct outbox_parts parts;
    struct arena arena; /* scratch of one call */
    struct map entries; /* by id */
    struct outbox_network *networks;
    struct outbox_list staged, taken_back, ended;
    struct heap due, expiry;
    struct outbox_entry *answers[OUTBOX_ANSWERS_MAX]; /* held until the message is handled */
    size_t answer_count;
    bool holds_answers, expects_repeat, holds_clock;
    bool more_rows;  /* the store holds rows that memory does not */
    bool retry_soon; /* the store refused: tried again by the timer */

    struct outbox_end *ends;
    size_t end_count, end_capacity;

    struct outbox_kept_source sources[OUTBOX_SOURCES];
    uint64_t next_source, next_memory_id;
    struct outbox_said said[OUTBOX_SAID];
    size_t next_said;
    struct outbox_bridged bridged[OUTBOX_BRIDGED];
    size_t next_bridged;
    struct outbox_pause pauses[OUTBOX_PAUSES_MAX];
    size_t pause_count;
    struct outbox_note *notes[OUTBOX_NOTES]; /* of messages without a row */
    size_t next_note;
    size_t file_bytes; /* of pictures that wait */
    bool redacts;      /* there may be messages of ours to delete */
    struct outbox_offer offers[OUTBOX_MEMORY_OFFERS];
    size_t next_offer;
    uint8_t turns[OUTBOX_TURNS]; /* how often a message was said: its next wording */

    struct loop_call pump;
    struct loop_timer clock_timer; /* wall: the first of due and expiry */
    struct loop_timer flush_timer; /* elapsed: ends, and another try */
    struct outbox_metrics metrics;
    void (*told)(void *ctx, const struct outbox_result *result);
    void *told_ctx;
};

int64_t outbox_now(const struct outbox *outbox);

/* entry.c: one message in memory */
int outbox_entry_add(struct outbox *outbox, const struct store_outbox_row *row,
                     const struct payload *payload,
                     struct outbox_entry **ret_entry) MUST_CHECK; /* -ENOBUFS, -ENOMEM */
void outbox_entry_drop(struct outbox *outbox,
                       struct outbox_entry *entry); /* out of everything, freed */
void outbox_entry_end(struct outbox *outbox, struct outbox_entry *entry,
                      int result); /* its end will be told */
void outbox_entry_wait(struct outbox *outbox,
                       struct outbox_entry *entry); /* ready, or held until its moment */
void outbox_entry_unlink(struct outbox *outbox, struct outbox_entry *entry);
void outbox_list_add(struct outbox_list *list, struct outbox_entry *entry);
void outbox_list_remove(struct outbox_list *list, struct outbox_entry *entry);

/* queue.c: who goes next on a network */
struct outbox_network *outbox_queue_network(struct outbox *outbox,
                                            struct str name); /* made when new; NULL: memory */
int outbox_queue_push(struct outbox_network *network, struct outbox_entry *entry) MUST_CHECK;
/* The next to go, of priorities up to `last`; it leaves the queue.  NULL: none. */
struct outbox_entry *outbox_queue_pop(struct outbox_network *network, enum outbox_priority last);
void outbox_queue_remove(struct outbox_entry *entry);
void outbox_queue_done(struct outbox_network *network);

/* route.c: whom a message goes to */
int outbox_route(struct outbox *outbox, const struct outbox_item *item, struct arena *arena,
                 struct payload *ret_routes, size_t *ret_count) MUST_CHECK;
const struct group *outbox_group(const struct outbox *outbox, uint64_t id); /* NULL: none */

/* elsewhere.c: the network is down, and its member is also known on one that is up */
bool outbox_find_elsewhere(struct outbox *outbox, uint64_t member, struct str network,
                           struct arena *arena, struct people_speaker *ret_speaker);
/* When a message that still waits is looked at: half of its time is gone.  Else: its end. */
int64_t outbox_first_look(const struct outbox_entry *entry);
/* True: it went over, and the entry is no more. */
bool outbox_look_elsewhere(struct outbox *outbox, struct outbox_entry *entry);

/* bridged.c */
void outbox_note_bridged(struct outbox *outbox, const struct payload *payload,
                         const struct chat_message *message);

/* render.c: what it says there */
int outbox_render_message(struct outbox *outbox, const struct payload *payload,
                          struct chat_network *network, struct arena *arena,
                          struct chat_message *ret_message) MUST_CHECK;
int outbox_render_label(struct outbox *outbox, const struct payload *payload, struct str msgid,
                        struct arena *arena, struct str *ret_label) MUST_CHECK;

/* sources.c */
void outbox_sources_done(struct outbox *outbox);

/* choices.c */
int outbox_offer(struct outbox *outbox, const struct payload *payload, bool in_memory) MUST_CHECK;
void outbox_offers_done(struct outbox *outbox);
/* 1: the choice of a number, a label or an emoji; the command lies where the offer does. */
int outbox_pick(const struct outbox *outbox, const struct payload *offer, struct str typed,
                int64_t offered_at, struct str *ret_command) MUST_CHECK;
/* Its own, else the number's: "1" in a box. */
struct str outbox_choice_emoji(const struct payload_choice *choice, size_t index);

/* hold.c: quiet hours, pauses, and what the lane in memory said */
int64_t outbox_hold_until(struct outbox *outbox,
                          const struct outbox_entry *entry); /* 0: it may go */
void outbox_pauses_load(struct outbox *outbox);
bool outbox_was_said(const struct outbox *outbox, uint64_t key);
void outbox_note_said(struct outbox *outbox, const struct outbox_entry *entry);
uint64_t outbox_said_key(const struct outbox_item *item, const struct payload *payload,
                         struct str event_id);

/* ends.c: what the store is told later */
void outbox_ends_add(struct outbox *outbox, const struct outbox_end *end);
bool outbox_ends_hold(const struct outbox *outbox, uint64_t id);
void outbox_ends_forget(struct outbox *outbox, uint64_t id);
int outbox_ends_write(struct outbox *outbox)
    MUST_CHECK; /* into the transaction that is open, or opens */
void outbox_ends_settle(struct outbox *outbox, bool committed);
void outbox_ends_flush(struct outbox *outbox); /* in a transaction of its own */

/* said.c: what was said, by the network's id of it */
void outbox_note(struct outbox *outbox, struct chat_network *chat, struct outbox_entry *entry,
                 struct str message_id);
void outbox_keep_note(struct outbox *outbox, struct outbox_note *note); /* takes it */
int outbox_write_note(struct outbox *outbox, const struct outbox_note *note) MUST_CHECK;
void outbox_notes_done(struct outbox *outbox);
void outbox_redact_pending(struct outbox *outbox);
/* The network's id of an earlier message, if it stands where this one goes; empty: none. */
struct str outbox_replaced_id(struct outbox *outbox, const struct payload *payload,
                              struct arena *arena);

/* outcome.c */
bool outbox_is_idempotent(const struct outbox *outbox, const struct outbox_network *network);
void outbox_try_later(struct outbox *outbox, struct outbox_entry *entry);

/* send.c */
void outbox_wake(struct outbox *outbox); /* soon, from the loop */
void outbox_pump(struct outbox *outbox);
bool outbox_has_room(const struct outbox *outbox, const struct outbox_network *network,
                     enum outbox_priority priority);

#endif
