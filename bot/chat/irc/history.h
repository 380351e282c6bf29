/* SPDX-License-Identifier: MIT */
/* history.h: what was said while we were away (IRCv3 draft/chathistory): how far each room was
 * read, and what was said to us alone; gaps are read late, a page at a time. */
#ifndef CHAT_IRC_HISTORY_H
#define CHAT_IRC_HISTORY_H

#include "base/map.h"
#include "chat/chat.h"

enum {
    IRC_PAGE_LINES = 100, /* fewer where the server says so */
    /* So many are read in order; of what is left then, the older half is passed over, and so on:
     * the newest is always read. */
    IRC_STRETCH_LINES = 20000,
    IRC_PAGES_AT_ONCE = 2,
    IRC_PAGE_MS = 60 * 1000,
    IRC_PAST_PEOPLE_MAX = 64, /* at once; then the next */
    /* Two people who speak at once may stand on a page in another order than their times, by which
     * servers find what is behind an id: the next page begins so many lines before the end. */
    IRC_PAGE_OVERLAP = 8,
    IRC_MSGID_BYTES = 128
};

/* A moment in the server's own time, which is what it is asked by. */
struct irc_mark {
    int64_t at; /* Unix ms; 0: none */
    char msgid[IRC_MSGID_BYTES];
};
enum irc_gap {
    IRC_GAP_NONE, /* read up to now */
    IRC_GAP_WAITING,
    IRC_GAP_ASKED,
    IRC_GAP_STUCK, /* not to be had now: asked for again on the next connection */
    IRC_GAP_COUNT
};
/* One room, folded; or one person who wrote to us meanwhile; or "": all that is said in private. */
struct irc_past {
    char *name;
    enum irc_gap gap;
    bool is_person, is_loaded, is_dirty, is_saving;
    bool by_time, ids_work,
        ids_fail; /* how the next page is asked for; what is known of ids here */
    unsigned pages;
    size_t lines;         /* of the page that is coming: messages, and whatever else has happened */
    size_t stretch;       /* lines since the gap opened, or since something was passed over */
    struct irc_mark from; /* where the page that is coming begins */
    struct irc_mark read; /* without a hole up to here: this is kept */
    struct irc_mark live; /* heard since, while the gap is open */
    struct irc_mark anchor; /* IRC_PAGE_OVERLAP lines before the end of a full page; 0: none */
    uint64_t behind[IRC_PAGE_OVERLAP], known[IRC_PAGE_OVERLAP]; /* ids behind it, hashed; those of
                                                                   the page before */
    size_t behind_count, known_count;
    int64_t left_at;  /* what follows is passed over up to `read`, if somebody spoke behind; 0 */
    int64_t until_at; /* from here on we were there ourselves; the server's time */
    int64_t asked_ms;
};
struct irc_history {
    struct map pasts;
    struct irc_past *people; /* "" */
    size_t asked, persons;
    size_t targets;              /* named in the list that is coming */
    int64_t from_at, targets_at; /* where that list begins; the latest that it names */
    int64_t next_ms;             /* no page is asked for before */
    int64_t saved_ms;            /* when marks were last committed */
    bool is_forced, is_saving;
    struct loop_timer timer;
};

struct irc_session;
struct irc_message;
void irc_history_init(struct irc_session *session);
void irc_history_done(struct irc_session *session);
void irc_history_begin(struct irc_session *session); /* we came up */
void irc_history_entered(struct irc_session *session, const struct irc_message *join,
                         struct str channel);
void irc_history_lost(struct irc_session *session); /* the connection went; saves */
/* Somebody spoke; `past_name` is the target of the batch it came in, empty: live.  False: it is
 * history that we heard ourselves. */
bool irc_history_heard(struct irc_session *session, const struct irc_message *message,
                       const struct chat_event *event, struct str past_name);
/* Something else that happened then (somebody came or left): it only shows how far the page goes.
 */
void irc_history_passed(struct irc_session *session, const struct irc_message *message,
                        struct str past_name);
/* "CHATHISTORY TARGETS nick time" */
void irc_history_target(struct irc_session *session, const struct irc_message *message);
void irc_history_page_end(struct irc_session *session, struct str name);
void irc_history_targets_end(struct irc_session *session);
void irc_history_failed(struct irc_session *session, const struct irc_message *message);
/* marks.c */
struct irc_past *irc_past_make(struct irc_history *history, struct str name);
struct irc_past *irc_past_find(struct irc_session *session, struct str name);
void irc_past_free(struct irc_past *past);
void irc_mark_set(struct irc_mark *mark, int64_t at, struct str msgid);
/* A line of a page.  True: it stood at the end of the page before. */
bool irc_past_line(struct irc_past *past, size_t page_lines, int64_t at, struct str msgid);
/* Where the next page begins: at what was read, or a little before.  Borrowed from either. */
struct str irc_past_next_id(struct irc_past *past, struct irc_mark *ret_anchor);
void irc_mark_add_time(struct buf *out, int64_t at); /* as a server is asked by it */
void irc_history_load(struct irc_session *session, struct irc_past *past);
/* For chat_batch: what was read is kept with what it causes; and whether that stands. */
int irc_history_keep(void *session);
void irc_history_kept(struct irc_session *session, bool is_committed);
void irc_history_save(struct irc_session *session); /* now, what is not kept yet */

#endif
