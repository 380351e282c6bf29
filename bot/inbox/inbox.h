/* SPDX-License-Identifier: MIT */
/* inbox.h: the first step of a message: is it for us at all, was it seen before, is it late, who is
 * it? */
#ifndef INBOX_INBOX_H
#define INBOX_INBOX_H

#include "host/host.h"
#include "store/events.h"

/* One event on its way through a turn.  Everything is borrowed until the event's end. */
struct inbox_item {
    const struct chat_event *event;
    struct chat_network *network;
    struct people_speaker speaker;
    uint64_t member;          /* 0: not known yet; see inbox_meet */
    struct group *group;      /* the room's, or the one a private talk belongs to; NULL: none */
    struct groups_room *room; /* NULL: private */
    bool is_puppet;           /* a bridge says it, for somebody who is not here */
    bool is_private, is_late, is_edit;
    /* What an edit or a deletion is about had an effect (see inbox_repeated); of an edit: nothing
     * came of the first form, or only that we did not know the word, so that the new one may run.
     */
    bool had_effect, may_run;
    bool is_typo; /* set by whoever decides: its effect is only that we did not know the word */
    struct safety_verdict verdict; /* of inbox_read */
    enum safety_answer answer;     /* barely, to a question of ours that asks such */
    uint64_t source;               /* of inbox_source; 0 until then */
    struct mooring_event abi;      /* what plugins see; filled by inbox_source */
};

struct inbox_parts { /* all borrowed */
    struct store *store;
    struct people *people;
    struct groups *groups;
    struct outbox *outbox;
    struct clock *clock;
    const struct safety *safety;
    struct dialogues *dialogues;
    int64_t late_after_ms; /* commands older than this are late */
    int64_t seen_ms;       /* how long what was handled is remembered */
};
struct inbox;
int inbox_create(const struct inbox_parts *parts, struct inbox **ret_inbox) MUST_CHECK;
void inbox_destroy(struct inbox *inbox);
void inbox_reloaded(struct inbox *inbox, struct groups *groups, int64_t late_after_ms,
                    int64_t seen_ms);
/* Once a day: what was handled long ago is forgotten. */
int inbox_prune(struct inbox *inbox) MUST_CHECK;

/* 1: an event to be looked at; 0: our own echo, a bot, a notice, a room that no group has.  Writes
 * nothing. */
int inbox_accept(struct inbox *inbox, struct chat_network *network, const struct chat_event *event,
                 struct inbox_item *ret_item) MUST_CHECK;
/* Reads for crisis words (an edit too: its new form), what is said together with the lines just
 * before and as the answer to what we asked; no gate stands before it.  The same event again reads
 * the same. */
void inbox_read(struct inbox *inbox, struct inbox_item *item);
/* Before anything is done about an event: 1 when that was done already (a repeat after a restart,
 * an event that was taken back before it came), else marks it; an edit that runs, under its first
 * form too. */
int inbox_repeated(struct inbox *inbox, const struct inbox_item *item) MUST_CHECK;
/* The same while nothing can be written: in memory, the last 512.  Said to the store by
 * inbox_save_past_disk, inside a turn, when that can be written again; inbox_saved then forgets
 * them.  inbox_take_past_disk moves them to the inbox that follows. */
bool inbox_repeated_past_disk(struct inbox *inbox, const struct inbox_item *item);
int inbox_save_past_disk(struct inbox *inbox) MUST_CHECK;
void inbox_saved(struct inbox *inbox);
void inbox_take_past_disk(struct inbox *inbox, struct inbox *from);
/* Makes the speaker a member when there is an identity (and notes where to find them); fine without
 * one. */
int inbox_meet(struct inbox *inbox, struct inbox_item *item) MUST_CHECK;
/* Makes the handle by which answers find their way back, and the event as plugins see it. */
int inbox_source(struct inbox *inbox, struct inbox_item *item, bool is_command,
                 struct arena *arena) MUST_CHECK;

#endif
