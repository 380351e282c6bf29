/* SPDX-License-Identifier: MIT */
/* parse.h: one line from an IRC server, taken apart (RFC 1459, IRCv3 message-tags). */
#ifndef CHAT_IRC_PARSE_H
#define CHAT_IRC_PARSE_H

#include <stdint.h>

#include "base/str.h"

enum { IRC_PARAMS_MAX = 32 };

/* All views into the line.  What is not there is empty. */
struct irc_message {
    struct str tags;             /* raw: irc_parse_tag() reads them */
    struct str source;           /* without its colon */
    struct str nick, user, host; /* of the source; a server's name stands in `nick` */
    struct str command;
    unsigned numeric; /* 0: a word */
    struct str params[IRC_PARAMS_MAX];
    size_t param_count; /* beyond the maximum the rest of the line is the last one */
};
/* -EINVAL: no command in it. */
int irc_parse_line(struct str line, struct irc_message *ret_message) MUST_CHECK;
void irc_parse_source(struct str source, struct str *ret_nick, struct str *ret_user,
                      struct str *ret_host);

/* Takes the next tag off `*rest`; its value is still escaped. */
bool irc_parse_next_tag(struct str *rest, struct str *ret_key, struct str *ret_raw);
/* The last tag of that name (a later one replaces an earlier one); false: none. */
bool irc_parse_tag(const struct irc_message *message, const char *key, struct str *ret_raw);
void irc_parse_unescape(struct str raw, struct buf *out); /* appends */

/* server-time's "2026-11-23T09:00:00.000Z" to Unix ms.  -EINVAL. */
int irc_parse_time(struct str text, int64_t *ret_at) MUST_CHECK;

#endif
