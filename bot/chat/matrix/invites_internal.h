/* SPDX-License-Identifier: MIT */
/* invites_internal.h: what invites*.c share. */
#ifndef CHAT_MATRIX_INVITES_INTERNAL_H
#define CHAT_MATRIX_INVITES_INTERNAL_H

#include "chat/matrix/invites.h"
#include "chat/matrix/request.h"

enum verdict {
    UNDECIDED,
    ACCEPT,
    DECLINE,
    ASKING,
    ENTERED, /* a private room that is not yet kept elsewhere */
    NAMELESS /* entered, and no group's: who asked us in is told */
};
struct invite {
    struct matrix_invites *invites;
    struct invite *next;
    char *room, *inviter;
    bool is_whole; /* its state has ended */
    bool is_direct, is_encrypted, is_space;
    bool is_closed, is_named; /* nobody enters uninvited; it has a name or an address */
    bool is_kept;             /* there is a row */
    bool is_done;             /* answered: only the row is left */
    size_t asked;  /* places that were asked whether the inviter is in them: invite_from, groups */
    unsigned held; /* seconds, for rooms that are still being entered */
    enum verdict verdict;
    unsigned tries;
    struct matrix_call *call;
};
struct matrix_invites {
    struct matrix_session *session;
    struct invite *first;
    size_t count, declined;            /* count: not done */
    int64_t told_ms, next_ms, wake_ms; /* elapsed */
    bool has_told;
    struct loop_timer timer;
    struct loop_call save; /* rows, in a turn of their own */
    struct metric *refused;
};

/* invites.c: NULL: too many, or no memory. */
struct invite *invites_add(struct matrix_invites *invites, struct str room);
void invites_decide(struct invite *invite);

/* invites_policy.c: UNDECIDED: perhaps somebody whom a place knows */
enum verdict invites_by_who(const struct invite *invite);
/* The next place is asked whether the inviter is in it.  false: no more to ask. */
bool invites_ask_next(struct invite *invite);

/* invites_keep.c */
void invites_drop(struct invite *invite);
int invites_load(struct matrix_invites *invites) MUST_CHECK; /* -ENOMEM */
void invites_keep_init(struct matrix_invites *invites);

#endif
