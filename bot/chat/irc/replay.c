/* SPDX-License-Identifier: MIT */
/* replay.c: what a server or a bouncer repeats to who enters a room, where it does not say that it
 * is of the past: no batch, and no time on the line.
 *
 * Both write it behind our JOIN before they read anything of ours, so that what comes until the
 * answer to a question asked at the JOIN may be of the past.  Whatever it is, it is read as said
 * before, at a time that is not known; what we heard ourselves is known again by its words. */
#include "chat/irc/session.h"

#include <stdio.h>

#include "base/number.h"

enum {
    UNKNOWN_AGE_MS = 3600 * 1000, /* older than whatever counts as said now */
    ANSWER_MS = 60 * 1000         /* a server that does not answer has repeated all by then */
};

static void ask(struct irc_session *session)
{
    char token[40];
    session->replay.asked = session->replay.entered;
    snprintf(token, sizeof(token), "entered.%llu", (unsigned long long)session->replay.asked);
    irc_session_now(session, "PING", IRC_PARAMS(str_of(token)));
}

void irc_replay_entered(struct irc_session *session, struct irc_room *room)
{
    struct irc_replay *replay = &session->replay;
    room->entered_at = session->replay.entered_at = clock_wall_at(loop_clock(session->env.loop));
    room->entered_ms = irc_session_now_ms(session);
    if (irc_caps_has(&session->caps, IRC_CAP_SERVER_TIME))
        return;
    room->entered = ++replay->entered;
    if (replay->asked == replay->over) /* else when that is answered: a thousand rooms ask once */
        ask(session);
}

void irc_replay_pong(struct irc_session *session, struct str token)
{
    int64_t number;
    if (!str_starts(token, STR("entered.")) ||
        number_parse(str_from(token, 8), 1, INT64_MAX, &number) < 0 ||
        (uint64_t)number != session->replay.asked)
        return;
    session->replay.over = session->replay.asked;
    if (session->replay.entered > session->replay.over)
        ask(session);
}

bool irc_replay_is_old(struct irc_session *session, const struct irc_message *message, int64_t at)
{
    const struct irc_replay *replay = &session->replay;
    struct str channel;
    if (at >= replay->entered_at - IRC_CLOCK_SLACK_MS || !message->param_count ||
        !irc_isupport_channel(&session->isupport, message->params[0], &channel))
        return false;
    const struct irc_room *room = irc_users_room(&session->users, channel);
    return room && at < room->entered_at - IRC_CLOCK_SLACK_MS;
}

static uint64_t words_of(const struct irc_message *message)
{
    const struct str parts[] = {message->params[0], message->nick, message->params[1]};
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        for (size_t k = 0; k <= parts[i].len; k++)
            hash = (hash ^ (unsigned char)(k < parts[i].len ? parts[i].ptr[k] : 0)) *
                   1099511628211u;
    return hash;
}

/* Of a line without a time: whether it may be of the past, and when it was said then. */
enum irc_replay_what irc_replay_look(struct irc_session *session, const struct irc_message *message,
                                     int64_t *at)
{
    struct irc_replay *replay = &session->replay;
    struct str channel, raw;
    if (irc_caps_has(&session->caps, IRC_CAP_SERVER_TIME) || message->param_count < 2 ||
        irc_parse_tag(message, "time", &raw) ||
        !irc_isupport_channel(&session->isupport, message->params[0], &channel))
        return IRC_REPLAY_LIVE;
    const struct irc_room *room = replay->entered == replay->over
                                      ? NULL
                                      : irc_users_room(&session->users, channel);
    bool may_be_past = room && room->entered > replay->over &&
                       irc_session_now_ms(session) - room->entered_ms < ANSWER_MS;
    uint64_t words = words_of(message);
    for (size_t i = 0; may_be_past && i < IRC_REPLAY_HEARD_MAX; i++)
        if (replay->heard[i] == words)
            return IRC_REPLAY_KNOWN;
    replay->heard[replay->next++ % IRC_REPLAY_HEARD_MAX] = words;
    if (!may_be_past)
        return IRC_REPLAY_LIVE;
    *at -= UNKNOWN_AGE_MS;
    return IRC_REPLAY_PAST;
}

void irc_replay_forget_rooms(struct irc_session *session)
{
    session->replay.entered = session->replay.asked = session->replay.over = 0;
    session->replay.entered_at = 0;
}
