/* SPDX-License-Identifier: MIT */
/* internal.h: what the files of dispatch/ share. */
#ifndef DISPATCH_INTERNAL_H
#define DISPATCH_INTERNAL_H

#include "dispatch/dispatch.h"
#include "net/limits.h"

struct dispatch_rate {
    struct limits_bucket bucket;
    bool used, told;
};
enum { DISPATCH_TOLD_MAX = 256 };
struct dispatch {
    struct dispatch_parts parts;
    struct dispatch_rate rates[256];
    /* Who was told at length how an account is had, by the hash of network and nick: once a day, in
     * memory; two people who share a place are both told. */
    struct {
        uint64_t who;
        int64_t told_ms;
    } told[DISPATCH_TOLD_MAX];
};
/* rate.c */
/* Of where somebody writes from. */
uint64_t dispatch_hash(const struct inbox_item *item);
enum dispatch_pace { DISPATCH_PACE_FINE, DISPATCH_PACE_FAST, DISPATCH_PACE_FAST_AND_TOLD };
enum dispatch_pace dispatch_pace(struct dispatch *dispatch, const struct inbox_item *item);

/* account.c: refused for want of an identity, or perhaps of one. */
int dispatch_say_no_identity(struct dispatch *dispatch, const struct inbox_item *item) MUST_CHECK;
bool dispatch_account_help(const struct inbox_item *item, struct chat_account_help *ret_help);
int dispatch_say(struct dispatch *dispatch, const struct inbox_item *item, uint64_t flags,
                 const char *msgid, const struct mooring_arg *args, size_t count) MUST_CHECK;

/* Inside a turn, in private.  1 said; 0: they were greeted before, or cannot be known again. */
int dispatch_greet(struct dispatch *dispatch, const struct inbox_item *item) MUST_CHECK;

/* In front of a command's private answer to somebody in a room, where a private room is made for
 * it.
 */
int dispatch_greet_before(struct dispatch *dispatch, const struct inbox_item *item,
                          const struct mooring_command *command) MUST_CHECK;

int dispatch_say_invited(struct dispatch *dispatch, const struct inbox_item *item) MUST_CHECK;

#endif
