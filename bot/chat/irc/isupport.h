/* SPDX-License-Identifier: MIT */
/* isupport.h: what this server is like (numeric 005), with the protocol's defaults before it says
 * so. */
#ifndef CHAT_IRC_ISUPPORT_H
#define CHAT_IRC_ISUPPORT_H

#include <stdint.h>

#include "base/str.h"
#include "chat/irc/casemap.h"

enum irc_isupport_target {
    IRC_TARGETS_JOIN,
    IRC_TARGETS_NAMES,
    IRC_TARGETS_PRIVMSG,
    IRC_TARGETS_NOTICE,
    IRC_TARGETS_WHOIS,
    IRC_TARGETS_COUNT
};
struct irc_isupport {
    enum irc_casemap casemap;
    char chantypes[17];
    char prefix_modes[17], prefix_signs[17]; /* "ov" and "@+", the highest first */
    char statusmsg[17];                      /* signs that may stand before a channel: "@#harbor" */
    char chanmodes[4][65];                   /* lists; always, when set, never an argument */
    char network[65];
    char tags_denied[513]; /* "*,-draft/react": client-only tags, without their "+" */
    char bot_mode;         /* the letter of bot mode; 0: none */
    bool whox, utf8_only, safelist, namesx;
    size_t linelen; /* bytes of a line with CR LF: 512 unless said otherwise */
    size_t nicklen, channellen, userlen, hostlen, topiclen, modes;
    size_t chathistory;                /* lines a page; 0: without a limit, or not said */
    bool history_by_id;                /* MSGREFTYPES has msgid, or is not said */
    size_t monitor;                    /* 0: no MONITOR; SIZE_MAX: without a limit */
    size_t targets[IRC_TARGETS_COUNT]; /* TARGMAX; SIZE_MAX: without a limit */
    uint64_t unknown;                  /* tokens that nothing here reads */
};
void irc_isupport_init(struct irc_isupport *isupport);
/* One token: "CASEMAPPING=ascii", "WHOX", "-WHOX" (back to the default).  What is malformed changes
 * nothing. */
void irc_isupport_token(struct irc_isupport *isupport, struct str token);
/* True for "#harbor" and, with its sign cut off, "@#harbor"; *ret_channel is the channel itself. */
bool irc_isupport_channel(const struct irc_isupport *isupport, struct str target,
                          struct str *ret_channel);

/* Whether CLIENTTAGDENY lets a client-only tag through (named without its "+"). */
bool irc_isupport_takes_tag(const struct irc_isupport *isupport, struct str name);

#endif
