/* SPDX-License-Identifier: MIT */
/* budget.c: how long a line of ours may be, so that others see all of it. */
#include "chat/irc/out.h"

enum {
    MENTION_BYTES_MAX = 32,
    PRIVATE_NICK_BYTES = 30,
    BUDGET_MIN = 64,
    LINE_MIN = 256, /* bytes: no server's lines end before this */
    CUTS_MAX = 64
};

/* What is kept free on a channel's line for "nick: ". */
size_t irc_budget_mention_bytes(const struct irc_session *session)
{
    return MIN_OF(session->isupport.nicklen, (size_t)MENTION_BYTES_MAX) + 2;
}

/* Others receive ":nick!user@host PRIVMSG target :text"; until our own prefix is known it is taken
 * to be as long as can be.  All but the target and the text. */
static size_t frame_bytes(const struct irc_session *session)
{
    const struct irc_isupport *isupport = &session->isupport;
    size_t own_user = session->user[0] ? strlen(session->user) : isupport->userlen + 1;
    size_t own_host = session->host[0] ? strlen(session->host)
                                       : MAX_OF(isupport->hostlen, (size_t)63);
    return strlen(session->nick) + own_user + own_host + sizeof(":!@ PRIVMSG  :\r\n") - 1;
}

size_t irc_budget_line_bytes(struct irc_session *session, struct str room, struct str user)
{
    const struct irc_isupport *isupport = &session->isupport;
    size_t whole = session->line_cut ? session->line_cut : isupport->linelen;
    /* In private another nick of the same person may turn out to be the one to write to. */
    size_t target = room.len
                        ? room.len + irc_budget_mention_bytes(session)
                        : MAX_OF(user.len, MIN_OF(isupport->nicklen, (size_t)PRIVATE_NICK_BYTES));
    size_t taken = frame_bytes(session) + target;
    return whole > taken + BUDGET_MIN ? whole - taken : BUDGET_MIN;
}

/* A server that cuts each line, however short, is not asked for ever. */
bool irc_budget_was_cut(struct irc_session *session, struct str target, size_t text_bytes)
{
    size_t whole = frame_bytes(session) + target.len + text_bytes;
    if (session->cuts >= CUTS_MAX || whole < LINE_MIN || whole >= session->isupport.linelen)
        return false;
    session->cuts++;
    if (!session->line_cut || whole < session->line_cut)
        session->line_cut = whole;
    return true;
}
