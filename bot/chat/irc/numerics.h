/* SPDX-License-Identifier: MIT */
/* numerics.h: what a server's numbers mean: errors as words for the log, and what follows from
 * them. */
#ifndef CHAT_IRC_NUMERICS_H
#define CHAT_IRC_NUMERICS_H

#include "chat/chat.h"
#include "chat/irc/parse.h"

enum irc_numeric_flags {
    IRC_NUMERIC_UNDELIVERED = 1u << 0, /* a message to params[1] did not arrive */
    IRC_NUMERIC_NOT_JOINED = 1u << 1,  /* a JOIN of params[1] was refused */
    IRC_NUMERIC_NICK = 1u << 2,        /* the nick asked for cannot be had: take another */
    IRC_NUMERIC_BANNED = 1u << 3,      /* the server does not want us: a long wait */
    IRC_NUMERIC_LATER = 1u << 4        /* of one not delivered: it may be said again in a while */
};
struct irc_numeric {
    unsigned number, min_params;
    unsigned flags;     /* enum irc_numeric_flags */
    const char *reason; /* for the log: what is the matter, and what to do where somebody can */
    enum chat_why why;  /* of a JOIN */
};
const struct irc_numeric *irc_numerics_find(unsigned number); /* NULL: nothing special */

/* The parameters that a command must have to be read at all; SIZE_MAX: a command that nothing here
 * reads. */
size_t irc_numerics_min_params(const struct irc_message *message);

/* What the text of an ERROR line (or of a refused login) says about when to come back. */
enum irc_goodbye { IRC_GOODBYE_ANY, IRC_GOODBYE_THROTTLED, IRC_GOODBYE_BANNED };
enum irc_goodbye irc_numerics_goodbye(struct str text);
bool irc_numerics_is_transient(struct str text); /* "services are down", "try again later" */

#endif
