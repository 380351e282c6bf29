/* SPDX-License-Identifier: MIT */
/* flood.h: how fast we may speak: a bucket of lines in which long lines weigh more, and the lines
 * of the protocol that wait. */
#ifndef CHAT_IRC_FLOOD_H
#define CHAT_IRC_FLOOD_H

#include "base/str.h"
#include "net/limits.h"

enum { IRC_FLOOD_QUEUE_MAX = 2048 };

struct irc_flood_line;
struct irc_flood {
    struct limits_bucket bucket;
    int64_t capacity_milli;
    bool is_open; /* no limit at all */
    struct irc_flood_line *first,
        *last; /* protocol lines (JOIN, WHO ...): before messages, after crisis */
    struct irc_flood_line *last_urgent; /* of those that go ahead; NULL: none */
    size_t count;
    uint64_t dropped;
};
void irc_flood_init(struct irc_flood *flood, int64_t lines, int64_t line_ms,
                    int64_t now_ms); /* line_ms 0: open */
void irc_flood_done(struct irc_flood *flood);
/* 0: the line may go now; else the milliseconds until it may. */
int64_t irc_flood_take(struct irc_flood *flood, size_t bytes, int64_t now_ms);
/* For a call for help: it may spend what the next lines will have, up to one bucket, so that a
 * chatty minute before it does not keep anybody waiting.  0, or the milliseconds until it may go.
 */
int64_t irc_flood_take_crisis(struct irc_flood *flood, size_t bytes, int64_t now_ms);
/* For what brings us to where people are heard: a quarter of that, so that the rest is for who
 * calls, and answers do not wait long. */
int64_t irc_flood_take_urgent(struct irc_flood *flood, size_t bytes, int64_t now_ms);
/* For what is long and can wait: it leaves enough for an answer of two lines, so that nobody has to
 * wait for it. */
int64_t irc_flood_take_long(struct irc_flood *flood, size_t bytes, int64_t now_ms);
/* For what cannot wait (PONG, registration): paid for afterwards, up to one bucket of debt. */
void irc_flood_force(struct irc_flood *flood, size_t bytes, int64_t now_ms);
/* We are in: what it took to get there is not held against the first lines that matter. */
void irc_flood_forgive(struct irc_flood *flood);

/* An urgent line goes before all that are not.  Copies; -ENOBUFS at the ceiling, -ENOMEM. */
int irc_flood_push(struct irc_flood *flood, struct str line, bool is_urgent) MUST_CHECK;
bool irc_flood_peek(const struct irc_flood *flood, struct str *ret_line, bool *ret_is_urgent);
void irc_flood_pop(struct irc_flood *flood);

#endif
