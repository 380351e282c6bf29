/* SPDX-License-Identifier: MIT */
/* presence.c: who is where, and logged in as whom: JOIN, PART, KICK, QUIT, NICK, ACCOUNT, CHGHOST,
 * NAMES, WHO. */
#include "chat/irc/session.h"

#include <stdio.h>

#include "observe/log.h"

#define WHOX_TOKEN "77" /* ours among the answers to WHO */

bool irc_presence_trusts(const struct irc_session *session, const struct irc_user *user)
{
    if (!user || !user->account_known)
        return false;
    if (user->rooms && irc_caps_has(&session->caps, IRC_CAP_ACCOUNT_NOTIFY))
        return true; /* a change would have been told */
    return irc_session_now_ms(session) - user->confirmed_ms < IRC_TRUST_MS;
}

/* "*" (and "0" in WHO) is nobody's account. */
static void learn_account(struct irc_session *session, struct irc_user *user, struct str account)
{
    bool is_none = str_eq_c(account, "*") || str_eq_c(account, "0");
    int r = irc_users_set_account(&session->users, user, is_none ? STR("") : account,
                                  irc_session_now_ms(session));
    if (r < 0)
        log_event(LOG_LEVEL_WARNING, "irc_memory_short",
                  LOG_TEXT("network", session->network.name));
}

/* Present in a room from now on; NULL: out of memory, the person stays unknown. */
static struct irc_user *enter(struct irc_session *session, struct irc_room *room, struct str nick)
{
    struct irc_user *user;
    if (irc_users_see(&session->users, nick, &user) < 0 ||
        irc_users_join(room, user, &session->users) < 0)
        return NULL;
    return user;
}

static bool is_from_split(const struct irc_session *session, const struct irc_user *user)
{
    return user && user->is_split && irc_session_now_ms(session) - session->split_ms < IRC_SPLIT_MS;
}

/* One channel of "JOIN #a,#b" (servers send one a line, but may not). */
static void joined(struct irc_session *session, const struct irc_message *message,
                   struct str channel)
{
    struct irc_room *room = irc_users_room(&session->users, channel);
    if (irc_session_is_us(session, message->nick)) {
        irc_session_set_self(session, message->nick, message->user, message->host);
        irc_rooms_entered(session, channel);
        irc_history_entered(session, message, channel);
        return;
    }
    if (!room || room->state != IRC_ROOM_IN)
        return;
    struct irc_user *user = enter(session, room, message->nick);
    bool is_back = irc_events_in_net_batch(session, message) || is_from_split(session, user);
    if (user) {
        user->is_split = user->is_away = false; /* else AWAY follows */
        if (irc_caps_has(&session->caps, IRC_CAP_EXTENDED_JOIN) && message->param_count > 1)
            learn_account(session, user, message->params[1]);
    }
    if (!is_back)
        irc_events_moved(session, message, CHAT_JOIN, room, message->nick);
}

void irc_presence_join(struct irc_session *session, const struct irc_message *message)
{
    struct str list = message->params[0], channel;
    while (str_split(&list, ',', &channel))
        if (channel.len)
            joined(session, message, channel);
}

/* Somebody, perhaps we, left one room. */
static void left(struct irc_session *session, const struct irc_message *message, struct str channel,
                 struct str nick, bool kicked)
{
    struct irc_room *room = irc_users_room(&session->users, channel);
    if (!room)
        return;
    if (irc_session_is_us(session, nick)) {
        irc_rooms_left(session, room, kicked);
        return;
    }
    struct irc_user *user = irc_users_find(&session->users, nick);
    irc_events_moved(session, message, CHAT_LEAVE, room, nick);
    if (user)
        irc_users_part(room, user, &session->users);
}

void irc_presence_part(struct irc_session *session, const struct irc_message *message)
{
    struct str list = message->params[0], channel;
    while (str_split(&list, ',', &channel))
        left(session, message, channel, message->nick, false);
}

void irc_presence_kick(struct irc_session *session, const struct irc_message *message)
{
    left(session, message, message->params[0], message->params[1], true);
}

/* "irc.one.example irc.two.example": two servers lost each other; a person's own words get "Quit: "
 * before them. */
static bool is_netsplit(struct str reason)
{
    struct str one, two;
    return str_word(&reason, &one) && str_word(&reason, &two) && str_empty(reason) &&
           str_has_byte(one, '.') && str_has_byte(two, '.') && !str_has_byte(one, ':') &&
           !str_has_byte(two, ':') && !str_has_byte(one, '/');
}

void irc_presence_quit(struct irc_session *session, const struct irc_message *message)
{
    struct irc_user *user = irc_users_find(&session->users, message->nick);
    bool is_split = irc_events_in_net_batch(session, message) ||
                    (message->param_count && is_netsplit(message->params[0]));
    if (!is_split) /* after a split both sides have a right to it */
        irc_nickname_freed(session, message->nick);
    if (!user || irc_session_is_us(session, message->nick))
        return;
    for (size_t i = 0; i < user->rooms && !is_split; i++)
        irc_events_moved(session, message, CHAT_LEAVE, irc_users_room_of(&session->users, user, i),
                         message->nick);
    if (!is_split) {
        irc_users_quit(&session->users, user);
        return;
    }
    int64_t now_ms = irc_session_now_ms(session);
    if (now_ms - session->split_ms >= IRC_SPLIT_MS)
        irc_users_forget_split(&session->users); /* of an older one: may free this user */
    session->split_ms = now_ms;
    user = irc_users_find(&session->users, message->nick);
    if (user)
        irc_users_split(&session->users, user);
}

void irc_presence_nick(struct irc_session *session, const struct irc_message *message)
{
    struct irc_user *user = irc_users_find(&session->users, message->nick);
    if (irc_session_is_us(session, message->nick)) {
        irc_session_set_self(session, message->params[0], STR(""), STR(""));
        irc_nickname_changed(session, message->nick);
    } else {
        irc_nickname_freed(session, message->nick);
    }
    if (user && irc_users_rename(&session->users, user, message->params[0], &user) < 0)
        log_event(LOG_LEVEL_WARNING, "irc_memory_short",
                  LOG_TEXT("network", session->network.name));
}

void irc_presence_account(struct irc_session *session, const struct irc_message *message)
{
    struct irc_user *user = irc_users_find(&session->users, message->nick);
    if (user)
        learn_account(session, user, message->params[0]);
    if (irc_session_is_us(session, message->nick))
        irc_login_account(session, message->params[0]);
}

/* "AWAY :reason", and "AWAY" when they are back. */
void irc_presence_away(struct irc_session *session, const struct irc_message *message)
{
    struct irc_user *user = irc_users_find(&session->users, message->nick);
    if (user)
        user->is_away = message->param_count > 0 && message->params[0].len > 0;
}

void irc_presence_chghost(struct irc_session *session, const struct irc_message *message)
{
    if (irc_session_is_us(session, message->nick))
        irc_session_set_self(session, STR(""), message->params[0], message->params[1]);
}

/* "353 us = #channel :@ana!user@host +ben": with multi-prefix several signs, with userhost-in-names
 * whole prefixes. */
void irc_presence_names(struct irc_session *session, const struct irc_message *message)
{
    struct irc_room *room = irc_users_room(&session->users, message->params[2]);
    struct str list = message->params[3], word, nick, user, host;
    if (!room || room->state != IRC_ROOM_IN)
        return;
    while (str_word(&list, &word)) {
        while (word.len && word.ptr[0] && strchr(session->isupport.prefix_signs, word.ptr[0]))
            word = str_from(word, 1);
        irc_parse_source(word, &nick, &user, &host);
        if (nick.len && !irc_session_is_us(session, nick))
            enter(session, room, nick);
        else if (user.len && host.len)
            irc_session_set_self(session, STR(""), user, host);
    }
}

/* Asked as "WHO #channel %tna,77": "354 us 77 nick account"; with %tcna, where the names are not
 * known yet, the channel stands before the nick; with %tnfa, where bots have a letter, the flags
 * behind it. */
void irc_presence_whox(struct irc_session *session, const struct irc_message *message)
{
    bool has_flags = session->isupport.bot_mode != 0;
    if (message->param_count < 4u + has_flags || !str_eq_c(message->params[1], WHOX_TOKEN))
        return;
    bool has_room = message->param_count > 4u + has_flags;
    struct irc_room *room = has_room ? irc_users_room(&session->users, message->params[2]) : NULL;
    struct str nick = message->params[has_room ? 3 : 2];
    struct irc_user *user = room && room->state == IRC_ROOM_IN && !irc_session_is_us(session, nick)
                                ? enter(session, room, nick)
                                : irc_users_find(&session->users, nick);
    if (!user)
        return;
    learn_account(session, user, message->params[3 + has_room + has_flags]);
    user->is_bot = has_flags &&
                   str_has_byte(message->params[3 + has_room], session->isupport.bot_mode);
    session->has_bots |= user->is_bot;
}
