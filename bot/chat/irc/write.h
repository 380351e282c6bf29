/* SPDX-License-Identifier: MIT */
/* write.h: the one place that composes a line for the server; refuses what would end it early. */
#ifndef CHAT_IRC_WRITE_H
#define CHAT_IRC_WRITE_H

#include "base/str.h"

enum { IRC_WRITE_TAGS_MAX = 4094 }; /* client-only tags: bytes between '@' and the space */

struct irc_write_tag {
    struct str key, value; /* an empty value is written as a bare key */
};
struct irc_write {
    const struct irc_write_tag *tags;
    size_t tag_count;
    struct str source; /* clients send none; scripted servers do */
    struct str command;
    const struct str *params;
    size_t param_count;
    size_t limit; /* bytes without tags and CR LF; 0: 510 */
};
/* Replaces what is in `out`, without CR LF.  -EINVAL: CR, LF or NUL somewhere, or a middle
 * parameter that is empty, has a space or begins with a colon; -EMSGSIZE: too long; -ENOMEM. */
int irc_write_line(const struct irc_write *write, struct buf *out) MUST_CHECK;

#endif
