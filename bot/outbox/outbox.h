/* SPDX-License-Identifier: MIT */
/* outbox.h: replies: queued inside the turn, sent after its commit, split, paced, confirmed, tried
 * again; never dropped silently. */
#ifndef OUTBOX_OUTBOX_H
#define OUTBOX_OUTBOX_H

#include "chat/chat.h"
#include "people/people.h"
#include "store/outbox.h"
#include "text/text.h"

/* Lower goes first.  LONG: what is many lines and can wait for the rest (an export): on a paced
 * network it would keep everybody waiting for minutes. */
enum outbox_priority {
    OUTBOX_CRISIS,
    OUTBOX_REPLY,
    OUTBOX_REMINDER,
    OUTBOX_LONG,
    OUTBOX_PRIORITY_COUNT
};

struct outbox;
struct outbox_parts { /* all borrowed */
    struct loop *loop;
    struct store *store;
    struct people *people;
    struct groups *groups;
    const struct text *text;
    struct metrics *metrics;
    /* Civil time in a zone: schedule/zone.c behind a pointer. */
    int (*local)(void *ctx, struct str zone, int64_t at, struct mooring_civil *ret_local);
    /* by name; NULL: gone from the configuration */
    struct chat_network *(*network)(void *ctx, struct str name);
    void *ctx;
};
int outbox_create(const struct outbox_parts *parts, struct outbox **ret_outbox) MUST_CHECK;
void outbox_destroy(struct outbox *outbox);
void outbox_reloaded(struct outbox *outbox, struct groups *groups, const struct text *text);

/* ---- the message that is being answered ------------------------------------------------------ */

/* Where an event came from, so that what it causes finds its way back.  Copied; the last 512 are
 * kept; ids never recur, over restarts neither. */
struct outbox_source {
    struct str network, room, user, identity, display, event_id, thread;
    struct str answers_id;           /* what answers are a reply to; empty: event_id */
    uint64_t member, room_id, group; /* room_id 0: private */
    bool is_command;                 /* answers are CHAT_SEND_ANSWER */
    bool is_late;
};
uint64_t outbox_note_source(struct outbox *outbox, const struct outbox_source *source);
/* NULL: -ESTALE to plugins */
const struct outbox_source *outbox_find_source(const struct outbox *outbox, uint64_t id);

/* ---- queueing -------------------------------------------------------------------------------- */

struct outbox_item {
    const struct mooring_message *message;
    struct str plugin;             /* whose it is; "" the core */
    enum outbox_priority priority; /* MOORING_SAY_CRISIS in the message wins */
    /* Markdown said as it is instead of message->msgid (cards); empty: none */
    struct str verbatim;
    uint64_t alert;    /* pages and cards: which; 0 none */
    bool names_nobody; /* in a room: no mention, no reply, no thread */
    bool is_fleeting;  /* names others than its reader: sealed for this process alone, a restart
                          loses  it */
    bool taps_only;    /* its choices are for taps on it alone: the text says them, or needs not */
    bool past_disk;    /* may take the lane in memory although it is no crisis: what the house says
                          of itself */
};
/* Inside a turn.  Queues one row a recipient (a group has several rooms); the first's id is given,
 * ret_id may be NULL.
 * -EEXIST: said already (dedup_key, or by the lane in memory); -ENOENT: nobody there; -EACCES:
 * private only and no private way; -ESTALE: the source is forgotten; -E2BIG; -ENOBUFS: the queue is
 * full (never for a crisis).  Default expiry: replies 10 min, reminders 30 min, a crisis never
 * before 24 h.  When the store cannot be written (-ENOSPC, -EROFS, -EIO) a crisis message (and
 * one with past_disk) goes through a lane in memory instead, at once, and once for each source (the
 * floor). A message's
 * choices are offered in its place from when it goes until 24 h later, or until the next ones
 * are. */
int outbox_enqueue(struct outbox *outbox, const struct outbox_item *item,
                   uint64_t *ret_id) MUST_CHECK;
/* Whether a crisis message would get out now, past the store too: routed, rendered for its network,
 * taken by the lane in memory.  Nothing is kept and nothing sent.  0; -ENOTCONN: its network is not
 * up; -EHOSTUNREACH: we are not in that room, or the network is gone; else as outbox_enqueue, and
 * as rendering fails. */
int outbox_try(struct outbox *outbox, const struct outbox_item *item) MUST_CHECK;
/* While the store cannot be written.  Between the two calls answers to the message in hand are held
 * in memory; then they go, or, when something was to be kept that cannot be, are dropped. */
void outbox_hold_answers(struct outbox *outbox);
void outbox_let_answers(struct outbox *outbox, bool go);
/* What a turn queues that the disk undoes goes out of memory all the same, unless the turn is run
 * again past the disk: then that says it. */
void outbox_expect_repeat(struct outbox *outbox, bool repeats);
bool outbox_expects_repeat(const struct outbox *outbox);
/* The wall clock is not to be trusted: nothing expires by it. */
void outbox_hold_clock(struct outbox *outbox, bool holds);
/* It was set: what waits has as long as before, and what is tried again is tried again now. */
void outbox_clock_stepped(struct outbox *outbox, int64_t by_ms);
/* What waits in the memory of `from` and has no row, and what it remembers to have said, for an
 * outbox on another store.  What a network had in its hands is said again. */
void outbox_take_past_disk(struct outbox *outbox, const struct outbox *from);
/* Takes back what was not sent yet: 0; -ENOENT too late. */
int outbox_cancel(struct outbox *outbox, uint64_t id) MUST_CHECK;
/* The core's own words with that text and that first argument, as far as they still wait, have
 * become untrue, and are not said.  Inside a turn.  How many. */
int outbox_withdraw(struct outbox *outbox, struct str msgid, struct str about) MUST_CHECK;
/* A page that was just queued, inside its turn: earlier ones of the same text about the same alert
 * that wait for the same reader and were never said are not said any more.  How many. */
int outbox_withdraw_older(struct outbox *outbox, uint64_t id) MUST_CHECK;
/* What is on its way to a member who asked to be forgotten is dropped from memory (the store drops
 * its rows). */
void outbox_forget(struct outbox *outbox, uint64_t member);

/* An emoji under the message that is being answered, at once.  -ENOTSUP: that network has none;
 * -ENOTCONN. */
int outbox_react(struct outbox *outbox, const struct outbox_source *source,
                 struct str emoji) MUST_CHECK;
/* A text as its recipient would read it, plain, lines kept: a piece of another message. */
int outbox_render(struct outbox *outbox, const struct mooring_to *to, struct str msgid,
                  const struct mooring_arg *args, size_t count, struct buf *out) MUST_CHECK;

/* ---- sending --------------------------------------------------------------------------------- */

/* The order that makes the promise: a row is durably IN_FLIGHT before its first byte is
 * written, and deleted only after its end is known.  A routine row found in flight at start is
 * therefore dropped (at most once), a crisis row said again, marked "(again)" (at least once).  One
 * commit is enough for most: a row whose network is up and has room is put as IN_FLIGHT in the
 * turn's own transaction; others are marked in one transaction for many when their turn to go
 * comes. */

/* At start, when networks exist: reads what was left, and numbers this life (inside a turn). */
int outbox_load(struct outbox *outbox) MUST_CHECK;
void outbox_committed(struct outbox *outbox); /* store_on_commit: what the turn queued may go */
/* store_on_rollback: what the turn queued is forgotten */
void outbox_rolled_back(struct outbox *outbox);
/* From the chat sink. */
void outbox_ready(struct outbox *outbox, struct chat_network *network);
void outbox_sent(struct outbox *outbox, struct chat_network *network, uint64_t token,
                 enum chat_outcome outcome, struct str message_id);
/* a stop in good order: what no network took is queued again, ends that wait get their commit */
void outbox_flush(struct outbox *outbox);
/* When everything has gone or ended, or cannot go now. */
bool outbox_idle(const struct outbox *outbox);
/* What is queued or under way, by priority; network empty: on all. */
struct outbox_report {
    size_t waiting[OUTBOX_PRIORITY_COUNT];
    int64_t oldest_ms[OUTBOX_PRIORITY_COUNT]; /* of those that could go; 0: none */
    bool more;                                /* the store holds more than memory has room for */
};
void outbox_report(struct outbox *outbox, struct str network, struct outbox_report *ret_report);
/* Reminders and prompts of a group wait; replies and crisis go.  Inside a turn; durable.  until_at
 * 0: no longer. */
int outbox_pause(struct outbox *outbox, uint64_t group, int64_t until_at) MUST_CHECK;
int64_t outbox_paused_until(const struct outbox *outbox, uint64_t group); /* 0: not paused */

/* What became of a message, for whoever wants to know (plugins with SAY_REPORT; alerts for refused
 * private crisis replies). */
struct outbox_result {
    uint64_t id, member, room_id, group, source_room_id, alert;
    /* the room in which it was asked, when it went to private */
    struct str plugin, network, source_room;
    uint64_t flags;   /* the message's */
    int64_t given_at; /* when its network took it, the last time; 0: never */
    /* 0 confirmed or written; -EHOSTUNREACH refused; -ETIMEDOUT expired; -EIO unknown; -EINVAL no
     * such text */
    int result;
};
/* Told from the loop, outside of any turn (whoever writes opens one), and before the row is
 * deleted: after a crash in between it is told again. */
void outbox_on_result(struct outbox *outbox,
                      void (*told)(void *ctx, const struct outbox_result *result), void *ctx);

/* Sets an emoji under the message that a source stands for, at once, where the network can.
 * -ENOTSUP. */
int outbox_react(struct outbox *outbox, const struct outbox_source *source,
                 struct str emoji) MUST_CHECK;
/* Renders a text as `to` would read it (language, zone, names), without sending: for lists that are
 * put together. */
int outbox_render(struct outbox *outbox, const struct mooring_to *to, struct str msgid,
                  const struct mooring_arg *args, size_t count, struct buf *out) MUST_CHECK;

/* ---- bridged rooms -------------------------------------------------------------------------- */

/* Whether we said that on any side of the room's conversation within the last ten minutes. */
bool outbox_said_bridged(const struct outbox *outbox, const struct groups_room *room,
                         struct str text);
/* Whether what is said in the room is heard now: its network is up, and we are there. */
bool outbox_hears(const struct outbox *outbox, const struct groups_room *room);
struct chat_network *outbox_network(const struct outbox *outbox, struct str name); /* NULL: none */

/* ---- choices last offered -------------------------------------------------------------------- */

/* A private talk with somebody without an identity has this place: pass it as room_id, with member
 * 0. */
uint64_t outbox_private_place(const struct outbox *outbox, struct str network, struct str user);
/* The command behind a typed number ("2", "(2)", "2."), a label's text or a reaction in a place
 * (the member's private talk when room_id is 0); 1 found (in the arena), 0 not. */
int outbox_choice(struct outbox *outbox, uint64_t member, uint64_t room_id, struct str typed,
                  struct arena *arena, struct str *ret_command, int64_t *ret_offered_at) MUST_CHECK;
/* What the last question put to somebody in a hard moment lets them choose, in private, as they
 * read it: "(1) my plan (2) ..."; it can still be chosen.  1; 0: nothing such was asked lately. */
int outbox_asked_in_crisis(struct outbox *outbox, uint64_t member, uint64_t private_place,
                           struct arena *arena, struct str *ret_choices,
                           int64_t *ret_asked_at) MUST_CHECK;
/* Which of MOORING_SAY_ASKS_... the last question put to somebody in private asks, and when; 0:
 * none that still waits for its answer; negative errno. */
int outbox_asks(struct outbox *outbox, uint64_t member, uint64_t private_place, uint64_t *ret_asks,
                int64_t *ret_asked_at) MUST_CHECK;
/* They answered, or do something else: it does not wait any more.  Its choices stay. */
int outbox_answered(struct outbox *outbox, uint64_t member, uint64_t private_place) MUST_CHECK;
/* The command behind a reaction to that very message.  1; 0: it offers nothing such (and when it
 * was said is given all the same); -EPERM: to somebody else; -ENOENT: no message of ours that is
 * still known. */
struct outbox_chooser {
    uint64_t member; /* 0: not known */
    struct str display;
};
int outbox_choice_of(struct outbox *outbox, struct str network, struct str message_id,
                     const struct outbox_chooser *chooser, struct str typed, struct arena *arena,
                     struct str *ret_command, int64_t *ret_offered_at) MUST_CHECK;

/* ---- what is taken back ---------------------------------------------------------------------- */

/* An event was taken back by who said it, or by who may: what answers it and waits is not said,
 * what was said is deleted where the network can, after the commit; a crisis reply in private
 * stays. Inside a turn. */
int outbox_take_back(struct outbox *outbox, struct str network, struct str event_id) MUST_CHECK;
bool outbox_was_taken_back(struct outbox *outbox, struct str network, struct str event_id);
/* What a member's own message stored or set for them, inside its turn; nothing for a message
 * without an id.  A later message's claim to the same thing replaces an earlier one's. */
enum outbox_effect_kind {
    OUTBOX_EFFECT_VALUE,    /* plugin, key */
    OUTBOX_EFFECT_POINT,    /* plugin, key: the series, at */
    OUTBOX_EFFECT_TIMER,    /* plugin, key */
    OUTBOX_EFFECT_DIALOGUE, /* plugin, key: its name, at: when it was started */
    OUTBOX_EFFECT_ALERT,    /* at: its number */
    OUTBOX_EFFECT_KIND_COUNT
};
struct outbox_effect {
    enum outbox_effect_kind kind;
    uint64_t member;
    struct str plugin, key;
    int64_t at;
};
int outbox_note_effect(struct outbox *outbox, uint64_t source,
                       const struct outbox_effect *effect) MUST_CHECK;
/* The message is one of several answers (`whole`: their dialogue): from here on in its turn, what
 * it stores goes back to all of them. */
int outbox_note_part(struct outbox *outbox, uint64_t source,
                     const struct outbox_effect *whole) MUST_CHECK;
/* What is to be undone because that event was taken back (room for OUTBOX_EFFECTS_MAX); not noted
 * any more.  Inside a turn; texts in the arena. */
enum { OUTBOX_EFFECTS_MAX = 64 };
int outbox_take_effects(struct outbox *outbox, struct str network, struct str event_id,
                        struct arena *arena, struct outbox_effect *ret_list,
                        size_t *ret_count) MUST_CHECK;

#endif
