/* SPDX-License-Identifier: MIT */
/* rooms.c: gets into the rooms that groups have here, in batches, again after a refusal, and stays
 * out of all others. */
#include "chat/irc/session.h"

#include "observe/log.h"

#define NETWORK(session) LOG_TEXT("network", (session)->network.name)

/* A thousand rooms take minutes at a pace that servers allow: what is asked waits its turn here,
 * not in the queue, so that no answer is late before the question is out, and other questions
 * (WHOIS, for a private word) are not behind a thousand lines. */
enum { JOIN_TARGETS_MAX = 10, JOIN_BYTES_MAX = 400, QUEUED_MAX = 2, TOLD_AT = 2 };

static bool has_turn(const struct irc_session *session)
{
    return session->flood.count < QUEUED_MAX;
}

/* Whether the names of a room can be asked for now; one room at a time. */
static bool may_ask_who(const struct irc_session *session)
{
    return !session->who_room || irc_session_now_ms(session) - session->who_asked_ms >= IRC_WHO_MS;
}

/* When a room wants something; INT64_MAX: nothing. */
static int64_t wants_at_ms(const struct irc_session *session, const struct irc_room *room)
{
    if (room->wanted && room->state != IRC_ROOM_IN)
        return room->due_ms;
    if (!room->wants_names)
        return INT64_MAX;
    return session->who_room ? session->who_asked_ms + IRC_WHO_MS : 0;
}

/* The next moment at which a room wants something. */
static void arm(struct irc_session *session)
{
    size_t cursor = 0;
    int64_t first_ms = INT64_MAX, now_ms = irc_session_now_ms(session);
    struct irc_room *room = irc_users_next_room(&session->users, &cursor);
    for (; room; room = irc_users_next_room(&session->users, &cursor))
        first_ms = MIN_OF(first_ms, wants_at_ms(session, room));
    session->rooms_want_turn = first_ms <= now_ms && !has_turn(session);
    if (first_ms != INT64_MAX && session->phase == IRC_UP && !session->rooms_want_turn)
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
        irc_session_soon(session, "JOIN", IRC_PARAMS(buf_str(names)));
    buf_clear(names);
    *count = 0;
}

/* The team hears of it at the second time: the first may be before our login, or a slip. */
static void tell_team(struct irc_session *session, const struct irc_room *room)
{
    if (session->env.sink.notice)
        session->env.sink.notice(session->env.sink.ctx, &session->network, CHAT_NOTICE_ROOM_GONE,
                                 str_of(room->name), 1);
}

static void refuse(struct irc_session *session, struct irc_room *room, enum chat_why reason,
                   const char *why)
{
    int64_t ms = retry_ms(session, room);
    room->state = IRC_ROOM_REFUSED;
    room->why = reason;
    if (++room->tries == TOLD_AT)
        tell_team(session, room);
    room->due_ms = irc_session_now_ms(session) + ms;
    log_event(LOG_LEVEL_WARNING, "irc_join_refused", NETWORK(session), LOG_TEXT("room", room->name),
              LOG_TEXT("why", why), LOG_INT("tries", room->tries), LOG_INT("retry_ms", ms));
}

/* Who is there.  Where the server does not list the names unasked, one list has both names and
 * accounts: a large channel is told once. */
static void ask_who(struct irc_session *session, struct irc_room *room)
{
    bool is_silent = irc_caps_has(&session->caps, IRC_CAP_NO_IMPLICIT_NAMES) ||
                     irc_caps_has(&session->caps, IRC_CAP_NO_IMPLICIT_NAMES_DRAFT);
    static const char *const what[2][2] = {{"%tna,77", "%tnfa,77"}, {"%tcna,77", "%tcnfa,77"}};
    struct str channel = str_of(room->name);
    room->wants_names = false;
    if (!session->isupport.whox && !is_silent)
        return;
    session->who_asked_ms = irc_session_now_ms(session);
    session->who_room = room;
    if (session->isupport.whox)
        irc_session_later(
            session, "WHO",
            IRC_PARAMS(channel, str_of(what[is_silent][session->isupport.bot_mode != 0])));
    else
        irc_session_later(session, "NAMES", IRC_PARAMS(channel));
}

static void ask_next_who(struct irc_session *session)
{
    size_t cursor = 0;
    struct irc_room *room = irc_users_next_room(&session->users, &cursor);
    for (; room && may_ask_who(session) && has_turn(session);
         room = irc_users_next_room(&session->users, &cursor))
        if (room->state == IRC_ROOM_IN && room->wants_names)
            ask_who(session, room);
}

void irc_rooms_forget_who(struct irc_session *session)
{
    session->who_room = NULL;
}

/* "315 us #channel :End of WHO", "366 us #channel :End of NAMES"; and "263 us WHO :try again". */
void irc_rooms_names_end(struct irc_session *session, const struct irc_message *message)
{
    const struct irc_room *room = irc_users_room(&session->users, message->params[1]);
    bool is_end = message->numeric == (session->isupport.whox ? 315u : 366u);
    if (!room || room != session->who_room || !is_end)
        return;
    irc_rooms_forget_who(session);
    irc_rooms_due(session);
}

void irc_rooms_names_later(struct irc_session *session, const struct irc_message *message)
{
    if (session->who_room && (str_eq_nocase(message->params[1], STR("WHO")) ||
                              str_eq_nocase(message->params[1], STR("NAMES"))))
        session->who_room->wants_names = session->who_room->state == IRC_ROOM_IN;
    arm(session);
}

void irc_rooms_queue_moved(struct irc_session *session)
{
    if (session->rooms_want_turn && has_turn(session))
        irc_rooms_due(session);
}

/* Joins what is due, as many a line as the server takes; then asks who is there. */
void irc_rooms_due(struct irc_session *session)
{
    AUTO_BUF names = {.limit = JOIN_BYTES_MAX};
    size_t cursor = 0, count = 0,
           most = MIN_OF(session->isupport.targets[IRC_TARGETS_JOIN], (size_t)JOIN_TARGETS_MAX);
    int64_t now_ms = irc_session_now_ms(session);
    struct str line;
    bool is_urgent;
    struct irc_room *room = irc_users_next_room(&session->users, &cursor);
    for (; room; room = irc_users_next_room(&session->users, &cursor)) {
        if (!room->wanted || room->state == IRC_ROOM_IN || room->due_ms > now_ms)
            continue;
        if (room->state == IRC_ROOM_JOINING && irc_flood_peek(&session->flood, &line, &is_urgent)) {
            room->due_ms = now_ms + IRC_JOIN_MS; /* it may wait there, with us to blame */
            continue;
        }
        if (room->state == IRC_ROOM_JOINING) {
            refuse(session, room, CHAT_WHY_SILENT, "no answer in time");
            continue;
        }
        if (count >= most || names.len + strlen(room->name) + 1 > JOIN_BYTES_MAX)
            send_joins(session, &names, &count);
        if (!has_turn(session))
            continue; /* who had no answer is still told so */
        if (count++)
            buf_add_byte(&names, ',');
        buf_add_c(&names, room->name);
        room->state = IRC_ROOM_JOINING;
        room->due_ms = now_ms + IRC_JOIN_MS;
    }
    send_joins(session, &names, &count);
    ask_next_who(session);
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
    room->wants_names = false;
    room->due_ms = irc_session_now_ms(session);
}

void irc_rooms_begin(struct irc_session *session)
{
    if (session->env.each_room)
        session->env.each_room(session->env.ctx, session->options.name, want, session);
    irc_rooms_due(session);
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
    room->wants_names = true;
    irc_replay_entered(session, room);
    irc_rooms_due(session);
    irc_outbound_wake(session);
}

void irc_rooms_left(struct irc_session *session, struct irc_room *room, bool kicked)
{
    bool was_in = room->state == IRC_ROOM_IN;
    irc_users_empty_room(&session->users, room);
    if (session->who_room == room)
        irc_rooms_forget_who(session);
    room->state = IRC_ROOM_REFUSED;
    room->why = CHAT_WHY_KICKED;
    room->kicks += kicked;
    /* Once might be a slip; after that somebody means it. */
    int64_t ms = kicked && room->kicks > 1 ? IRC_JOIN_LONGEST_MS : IRC_KICKED_MS;
    room->due_ms = irc_session_now_ms(session) + ms;
    if (room->wanted && was_in)
        log_event(LOG_LEVEL_WARNING, kicked ? "irc_kicked" : "irc_room_left", NETWORK(session),
                  LOG_TEXT("room", room->name), LOG_INT("times", room->kicks),
                  LOG_INT("retry_ms", ms));
    if (room->wanted && was_in && kicked && room->kicks == TOLD_AT)
        tell_team(session, room);
    irc_outbound_left(session, str_of(room->name));
    arm(session);
    irc_outbound_wake(session);
}

bool irc_rooms_refused(struct irc_session *session, struct str channel,
                       const struct irc_numeric *numeric)
{
    struct irc_room *room = irc_users_room(&session->users, channel);
    if (!room || room->state != IRC_ROOM_JOINING)
        return false;
    refuse(session, room, numeric->why, numeric->reason);
    arm(session);
    irc_outbound_wake(session);
    return true;
}

/* Doors for registered accounts (477) open now; where we were thrown out we still are. */
void irc_rooms_logged_in(struct irc_session *session)
{
    size_t cursor = 0;
    struct irc_room *room = irc_users_next_room(&session->users, &cursor);
    for (; room; room = irc_users_next_room(&session->users, &cursor))
        if (room->wanted && room->state == IRC_ROOM_REFUSED && room->tries)
            room->due_ms = irc_session_now_ms(session);
    irc_rooms_due(session);
}

/* Whether somebody may call us back to where we were thrown out. */
static bool is_moderator(const struct irc_session *session, struct str account)
{
    return account.len && session->env.standing &&
           session->env.standing(session->env.ctx, session->options.name, account) ==
               CHAT_MODERATOR;
}

/* Into a room of ours: the door that was shut is open now.  Where we were thrown out only those who
 * look after a group call us back: who they are the server tells, not whether they may.  Other
 * rooms are for the configuration to decide, never for who invites. */
void irc_rooms_invited(struct irc_session *session, struct str channel, struct str account)
{
    struct irc_room *room = irc_users_room(&session->users, channel);
    if (!room || !room->wanted || room->state == IRC_ROOM_IN || room->state == IRC_ROOM_JOINING)
        return;
    if (room->kicks && !is_moderator(session, account))
        return;
    room->state = IRC_ROOM_OUT;
    room->due_ms = irc_session_now_ms(session);
    irc_rooms_due(session);
}
