/* SPDX-License-Identifier: MIT */
/* out.h: one message of ours on its way: found its recipient, written, confirmed.  Shared by
 * outbound.c, confirm.c, reach.c. */
#ifndef CHAT_IRC_OUT_H
#define CHAT_IRC_OUT_H

#include "chat/irc/session.h"

enum irc_out_state {
    IRC_OUT_ASKING,   /* WHOIS is under way: is that person there? */
    IRC_OUT_READY,    /* lines are left to write */
    IRC_OUT_AWAITING, /* all written; an echo or a PONG will tell */
    IRC_OUT_ENDED,    /* `outcome` is to be told */
    IRC_OUT_STATE_COUNT
};
struct irc_out {
    struct irc_out *next;
    uint64_t token, serial;
    unsigned flags; /* enum chat_send_flags */
    enum irc_out_state state;
    enum chat_outcome outcome;
    bool is_room, is_batch; /* is_batch: written as one message of several lines */
    bool is_cut;            /* others did not see all of it */
    char *target;           /* a channel, or the nick that was found */
    char *user, *identity;  /* private: as asked for */
    unsigned asked;         /* WHOIS so far */
    int64_t due_ms;         /* ASKING, AWAITING: until when */
    size_t count, written, echoes;
    char id[128];      /* msgid of the last echo */
    char answers[128]; /* msgid that the first line answers; "": none, or longer than any */
    char *text;
    size_t ends[]; /* line i is text[ends[i - 1] .. ends[i]) */
};
enum {
    IRC_OUT_ASKED_MAX = 3,
    IRC_OUT_ASKING_MAX = 4 /* routine ones at once; the rest waits where a kill does not lose it */
};

static inline struct str irc_out_line(const struct irc_out *out, size_t index)
{
    size_t start = index ? out->ends[index - 1] : 0;
    return (struct str){out->text + start, out->ends[index] - start};
}
static inline bool irc_out_is_crisis(const struct irc_out *out)
{
    return (out->flags & CHAT_SEND_CRISIS) != 0;
}
static inline bool irc_out_is_long(const struct irc_out *out)
{
    return (out->flags & CHAT_SEND_LONG) && !irc_out_is_crisis(out);
}
/* Something of it went out, so that the server can have an opinion of it. */
static inline bool irc_out_is_open(const struct irc_out *out)
{
    return out->written > 0 && out->state != IRC_OUT_ENDED;
}
/* Nothing of it was heard in a room where we are not: who needs to know hears "not there"; the rest
 * may try again when we are in. */
static inline enum chat_outcome irc_out_without_room(const struct irc_out *out)
{
    return out->flags & (CHAT_SEND_CRISIS | CHAT_SEND_CONFIRM) ? CHAT_REFUSED : CHAT_FAILED;
}
/* Marks the end and wakes the pump, which tells. */
void irc_out_end(struct irc_session *session, struct irc_out *out, enum chat_outcome outcome);
int irc_out_set_target(struct irc_out *out, struct str target) MUST_CHECK;
struct irc_write_tag;
bool irc_multiline_can(const struct irc_session *session, const struct irc_out *out);
int64_t irc_multiline_write(struct irc_session *session, struct irc_out *out,
                            const struct irc_write_tag *tags, size_t tag_count);
void irc_out_arm(struct irc_session *session); /* confirm_timer, for the earliest due_ms */

#endif
