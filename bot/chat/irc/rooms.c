/* SPDX-License-Identifier: MIT */
/* rooms.c: gets into the rooms that groups have here, in batches, again after a refusal, and stays
 * out of all others. */
#include "chat/irc/session.h"

#include "observe/log.h"

#define NETWORK(session) LOG_TEXT("network", (session)->network.name)

enum { JOIN_TARGETS_MAX = 10, JOIN_BYTES_MAX = 400 };

/* The next moment at which a room wants something. */
static void arm(struct irc_session *session)
{
    size_t cursor = 0;
    int64_t first_ms = INT64_MAX, now_ms = irc_session_now_ms(session);
    struct irc_room *room = irc_users_next_room(&session->users, &cursor);
    for (; room; room = irc_users_next_room(&session->users, &cursor))
        if (room->wanted && room->state != IRC_ROOM_IN)
            first_ms = MIN_OF(first_ms, room->due_ms);
    if (first_ms != INT64_MAX && session->phase == IRC_UP)
        irc_session_arm(session, &session->join_timer, MAX_OF(first_ms - now_ms, (int64_t)0));
    else
        loop_timer_disarm(session->env.loop, &session->join_timer);
}

/* From half a minute to an hour, half of it by chance. */
static int64_t retry_ms(struct irc_session *session, const struct irc_room *room)
{
    struct backoff backoff = {.first_ms = 2 * IRC_JOIN_MS,
                              .longest_ms = IRC_JOIN_LONGEST_MS,
                              .tries = MIN_OF(room->tries, 16u)};
    return backoff_next_ms(&backoff, session->env.random);
}

static void send_joins(struct irc_session *session, struct buf *names, size_t *count)
{
    if (*count)
        irc_session_later(session, "JOIN", IRC_PARAMS(buf_str(names)));
    buf_clear(names);
    *count = 0;
}

static void refuse(struct irc_session *session, struct irc_room *room, const char *why)
{
    int64_t ms = retry_ms(session, room);
    room->state = IRC_ROOM_REFUSED;
    room->tries++;
    room->due_ms = irc_session_now_ms(session) + ms;
    log_event(LOG_LEVEL_WARNING, "irc_join_refused", NETWORK(session), LOG_TEXT("room", room->name),
              LOG_TEXT("why", why), LOG_INT("tries", room->tries), LOG_INT("retry_ms", ms));
}

/* Joins what is due, as many a line as the server takes. */
void irc_rooms_due(struct irc_session *session)
{
    AUTO_BUF names = {.limit = JOIN_BYTES_MAX};
    size_t cursor = 0, count = 0,
           most = MIN_OF(session->isupport.targets[IRC_TARGETS_JOIN], (size_t)JOIN_TARGETS_MAX);
    int64_t now_ms = irc_session_now_ms(session);
    struct irc_room *room = irc_users_next_room(&session->users, &cursor);
    for (; room; room = irc_users_next_room(&session->users, &cursor)) {
        if (!room->wanted || room->state == IRC_ROOM_IN || room->due_ms > now_ms)
            continue;
        if (room->state == IRC_ROOM_JOINING) {
            refuse(session, room, "no answer in time");
            continue;
        }
        if (count >= most || names.len + strlen(room->name) + 1 > JOIN_BYTES_MAX)
            send_joins(session, &names, &count);
        if (count++)
            buf_add_byte(&names, ',');
        buf_add_c(&names, room->name);
        room->state = IRC_ROOM_JOINING;
        room->due_ms = now_ms + IRC_JOIN_MS;
    }
    send_joins(session, &names, &count);
    arm(session);
    irc_outbound_wake(session); /* who waited for a room that will not come is told */
}

static void want(void *ctx, struct str name)
{
    struct irc_session *session = ctx;
    struct irc_room *room;
    struct str channel;
    if (!irc_isupport_channel(&session->isupport, name, &channel) || str_has_byte(channel, ',') ||
        str_has_byte(channel, ' ')) {
        log_event(LOG_LEVEL_ERROR, "irc_not_a_channel", NETWORK(session), LOG_STR("room", name),
                  LOG_TEXT("why", "channels of this network begin differently: see groups.rooms"));
        return;
    }
    if (irc_users_add_room(&session->users, channel, &room) < 0)
        return;
    room->wanted = true;
    room->state = IRC_ROOM_OUT;
    room->tries = room->kicks = 0;
    room->due_ms = irc_session_now_ms(session);
}

void irc_rooms_begin(struct irc_session *session)
{
    if (session->env.each_room)
        session->env.each_room(session->env.ctx, session->options.name, want, session);
    irc_rooms_due(session);
}

/* Who is there.  Where the server does not list the names unasked, one list has both names and
 * accounts: a large channel is told once. */
static void ask_who(struct irc_session *session, struct str channel)
{
    bool is_silent = irc_caps_has(&session->caps, IRC_CAP_NO_IMPLICIT_NAMES) ||
                     irc_caps_has(&session->caps, IRC_CAP_NO_IMPLICIT_NAMES_DRAFT);
    if (session->isupport.whox)
        irc_session_later(session, "WHO",
                          IRC_PARAMS(channel, is_silent ? STR("%tcna,77") : STR("%tna,77")));
    else if (is_silent)
        irc_session_later(session, "NAMES", IRC_PARAMS(channel));
}

void irc_rooms_entered(struct irc_session *session, struct str channel)
{
    struct irc_room *room = irc_users_room(&session->users, channel);
    if (!room ||
        !room->wanted) { /* forwarded, or put there by somebody: not where a group asked us to be */
        log_event(LOG_LEVEL_NOTICE, "irc_room_left_again", NETWORK(session),
                  LOG_TEXT("why", "no group asked for it"));
        irc_session_later(session, "PART", IRC_PARAMS(channel));
        return;
    }
    room->state = IRC_ROOM_IN;
    room->tries = 0;
    log_event(LOG_LEVEL_INFO, "irc_joined", NETWORK(session), LOG_TEXT("room", room->name));
    ask_who(session, channel);
    arm(session);
    irc_outbound_wake(session);
}

void irc_rooms_left(struct irc_session *session, struct irc_room *room, bool kicked)
{
    bool was_in = room->state == IRC_ROOM_IN;
    irc_users_empty_room(&session->users, room);
    room->state = IRC_ROOM_REFUSED;
    room->kicks += kicked;
    /* Once might be a slip; after that somebody means it. */
    int64_t ms = kicked && room->kicks > 1 ? IRC_JOIN_LONGEST_MS : IRC_KICKED_MS;
    room->due_ms = irc_session_now_ms(session) + ms;
    if (room->wanted && was_in)
        log_event(LOG_LEVEL_WARNING, kicked ? "irc_kicked" : "irc_room_left", NETWORK(session),
                  LOG_TEXT("room", room->name), LOG_INT("times", room->kicks),
                  LOG_INT("retry_ms", ms));
    arm(session);
    irc_outbound_wake(session);
}

bool irc_rooms_refused(struct irc_session *session, struct str channel,
                       const struct irc_numeric *numeric)
{
    struct irc_room *room = irc_users_room(&session->users, channel);
    if (!room || room->state != IRC_ROOM_JOINING)
        return false;
    refuse(session, room, numeric->reason);
    arm(session);
    irc_outbound_wake(session);
    return true;
}

/* Into a room of ours: the door that was shut is open now.  Other invitations are for people to
 * decide. */
void irc_rooms_invited(struct irc_session *session, struct str channel)
{
    struct irc_room *room = irc_users_room(&session->users, channel);
    if (!room || !room->wanted || room->state == IRC_ROOM_IN || room->state == IRC_ROOM_JOINING)
        return;
    room->state = IRC_ROOM_OUT;
    room->due_ms = irc_session_now_ms(session);
    irc_rooms_due(session);
}
