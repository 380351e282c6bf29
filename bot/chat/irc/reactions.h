/* SPDX-License-Identifier: MIT */
/* reactions.h: client-only tags (IRCv3 +draft/reply, +draft/react, +draft/unreact): what somebody
 * sets under a message, and takes away again. */
#ifndef CHAT_IRC_REACTIONS_H
#define CHAT_IRC_REACTIONS_H

#include <stdint.h>

#include "chat/chat.h"

enum { IRC_REACTIONS_MAX = 64, IRC_REACTION_LINES_MAX = 128, IRC_EMOJI_BYTES = 64 };

/* One line of a message of ours that has several: all of them stand for the last. */
struct irc_said_line {
    uint64_t serial; /* of the message; 0: free */
    char id[128];
};
struct irc_reaction {
    char id[128], message_id[128], emoji[IRC_EMOJI_BYTES], who[128];
};
/* The last ones: what is older is not found, and does nothing. */
struct irc_reactions {
    struct irc_said_line lines[IRC_REACTION_LINES_MAX];
    struct irc_reaction set[IRC_REACTIONS_MAX];
    size_t next_line, next_set;
};

struct irc_session;
struct irc_message;
struct irc_out;
/* "+draft/reply", or "+reply" where it is called so; NULL: the message has neither. */
enum irc_reactions_tag { IRC_TAG_REPLY, IRC_TAG_REACT, IRC_TAG_UNREACT, IRC_TAG_COUNT };
const char *irc_reactions_tag(const struct irc_message *message, enum irc_reactions_tag tag);
/* As we may say it here; NULL: the server takes no tags, or not this one (CLIENTTAGDENY). */
const char *irc_reactions_may_say(const struct irc_session *session, enum irc_reactions_tag tag);
void irc_reactions_said(struct irc_session *session, const struct irc_out *out, struct str id);
/* The id by which the whole message is known; `id` itself where it is none of these lines. */
struct str irc_reactions_whole(const struct irc_session *session, struct str id);
void irc_reactions_note(struct irc_session *session, const struct chat_event *event);
/* Of a reaction that is taken away: the event's relates_to becomes the reaction's own id.  False:
 * not one that is remembered. */
bool irc_reactions_taken_away(struct irc_session *session, struct chat_event *event);
/* chat_class.react */
int irc_reactions_send(struct irc_session *session, struct str room, struct str message_id,
                       struct str emoji);

#endif
