/* SPDX-License-Identifier: MIT */
/* caps.h: capability negotiation (IRCv3 CAP 302): what the server offers, what we ask for, what is
 * on. */
#ifndef CHAT_IRC_CAPS_H
#define CHAT_IRC_CAPS_H

#include <stdint.h>

#include "base/str.h"

/* What this client makes use of; nothing else is requested (and never "sts", which cannot be). */
enum irc_cap {
    IRC_CAP_SASL,
    IRC_CAP_MESSAGE_TAGS,
    IRC_CAP_SERVER_TIME,
    IRC_CAP_ACCOUNT_TAG,
    IRC_CAP_ACCOUNT_NOTIFY,
    IRC_CAP_EXTENDED_JOIN,
    IRC_CAP_MULTI_PREFIX,
    IRC_CAP_USERHOST_IN_NAMES,
    IRC_CAP_ECHO_MESSAGE,
    IRC_CAP_LABELED_RESPONSE,
    IRC_CAP_BATCH,
    IRC_CAP_CHGHOST,
    IRC_CAP_CAP_NOTIFY,
    IRC_CAP_INVITE_NOTIFY,
    IRC_CAP_SETNAME,
    IRC_CAP_CHATHISTORY,
    IRC_CAP_EVENT_PLAYBACK,
    IRC_CAP_REDACTION,
    IRC_CAP_MULTILINE,
    IRC_CAP_AWAY_NOTIFY,
    IRC_CAP_NO_IMPLICIT_NAMES,
    IRC_CAP_NO_IMPLICIT_NAMES_DRAFT,
    IRC_CAP_COUNT
};
enum { IRC_CAPS_REQUEST_BYTES = 400 }; /* of one request, so that it fits a line */

/* All zeros: nothing known.  Bits by enum irc_cap. */
struct irc_caps {
    uint32_t offered, asked, enabled, refused;
    uint32_t listed;                         /* in the lines so far of a list that is not whole */
    bool one_by_one;                         /* a request for several was refused: find out which */
    size_t multiline_bytes, multiline_lines; /* of one message; 0 lines: no limit */
    char sasl_mechanisms[256];               /* of "sasl=PLAIN,EXTERNAL"; empty: not said */
};
static inline bool irc_caps_has(const struct irc_caps *caps, enum irc_cap cap)
{
    return (caps->enabled & (1u << cap)) != 0;
}
/* CAP NEW; which of ours were in that list. */
uint32_t irc_caps_offer(struct irc_caps *caps, struct str list);
/* A line of CAP LS.  A login that a whole list does not name any more is not to be had. */
void irc_caps_list(struct irc_caps *caps, struct str list, bool is_last);
uint32_t irc_caps_withdraw(struct irc_caps *caps, struct str list); /* CAP DEL; which were on */
void irc_caps_accept(struct irc_caps *caps, struct str list);       /* CAP ACK */
void irc_caps_refuse(struct irc_caps *caps, struct str list);       /* CAP NAK */
/* Writes the next list to request (without those in `unwanted`), and notes them as asked.  False:
 * nothing to ask. */
bool irc_caps_request(struct irc_caps *caps, uint32_t unwanted, struct buf *out);

#endif
