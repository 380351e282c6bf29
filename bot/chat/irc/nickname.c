/* SPDX-License-Identifier: MIT */
/* nickname.c: the nick that we want, when somebody else has it: watched, asked for at growing
 * pauses, had back through services, and left to them when that becomes a war. */
#include "chat/irc/session.h"
#include "observe/log.h"

#define NETWORK(session) LOG_TEXT("network", (session)->network.name)

enum {
    HOUR_MS = 3600 * 1000,
    ANSWER_MS = 5 * 1000, /* services, and the server after NICK */
    SETTLE_MS = 2 * 1000, /* several lines may tell that it is free; and what we know of it may
                             be a moment old */
    REST_FIRST_MS = 60 * 1000,
    REST_LONGEST_MS = 1800 * 1000,
    ROUND_MS = 600 * 1000, /* services are asked again only after this */
    UNDERSCORES_MAX = 5
};

static struct str wanted(const struct irc_session *session)
{
    return session->options.nicks[0];
}

/* A server cuts what is too long for it: that is all of it that can be had. */
static bool is_wanted(const struct irc_session *session, struct str nick)
{
    struct str whole = wanted(session);
    bool is_cut = nick.len < whole.len && nick.len >= session->isupport.nicklen;
    return irc_casemap_same(session->isupport.casemap, nick,
                            is_cut ? str_upto(whole, nick.len) : whole);
}

/* Up, and known by another name. */
static bool is_without(const struct irc_session *session)
{
    return session->phase == IRC_UP && !is_wanted(session, str_of(session->nick));
}

/* ---- a war is not worth it ------------------------------------------------------------------- */

static void note_take(struct irc_session *session)
{
    struct irc_nickname *nickname = &session->nickname;
    memmove(&nickname->takes_ms[1], &nickname->takes_ms[0],
            sizeof(nickname->takes_ms) - sizeof(nickname->takes_ms[0]));
    nickname->takes_ms[0] = irc_session_now_ms(session);
    nickname->take_count = MIN_OF(nickname->take_count + 1, (size_t)IRC_NICK_TAKES);
}

/* How long we keep away from it; 0: not at all. */
static int64_t truce_ms(const struct irc_session *session)
{
    const struct irc_nickname *nickname = &session->nickname;
    if (nickname->take_count < IRC_NICK_TAKES)
        return 0;
    int64_t oldest_ms = nickname->takes_ms[IRC_NICK_TAKES - 1];
    return MAX_OF(oldest_ms + HOUR_MS - irc_session_now_ms(session), (int64_t)0);
}

/* Said once: to whoever looks after the bot, and to the moderators. */
static void give_up(struct irc_session *session, int64_t ms)
{
    irc_session_arm(session, &session->nickname.timer, ms);
    if (session->nickname.has_given_up)
        return;
    session->nickname.has_given_up = true;
    log_event(LOG_LEVEL_ERROR, "irc_nick_given_up", NETWORK(session), LOG_INT("retry_ms", ms),
              LOG_TEXT("why", "somebody takes our nick again and again: known by another for now"));
    if (session->env.sink.notice)
        session->env.sink.notice(session->env.sink.ctx, &session->network, CHAT_NOTICE_NICK,
                                 STR(""), 1);
}

/* ---- at registration ------------------------------------------------------------------------- */

size_t irc_nickname_first(const struct irc_session *session)
{
    return truce_ms(session) > 0 ? 1 : 0;
}

bool irc_nickname_choice(const struct irc_session *session, size_t tries, struct buf *out)
{
    size_t count = session->options.nick_count;
    buf_clear(out);
    buf_add(out, session->options.nicks[MIN_OF(tries, count - 1)]);
    for (size_t i = count; i <= tries; i++)
        buf_add_byte(out, '_');
    return tries < count + UNDERSCORES_MAX;
}

/* ---- taking it ------------------------------------------------------------------------------- */

static void try_it(struct irc_session *session)
{
    struct irc_nickname *nickname = &session->nickname;
    nickname->step = IRC_NICK_TRIES;
    nickname->try_ms = irc_session_now_ms(session);
    irc_session_later(session, "NICK", IRC_PARAMS(wanted(session)));
    irc_session_arm(session, &nickname->timer, ANSWER_MS);
}

static bool can_ask_services(const struct irc_session *session)
{
    const struct irc_nickname *nickname = &session->nickname;
    const struct irc_services *services = &session->services;
    if (!services->profile || services->has_refused || session->login != IRC_LOGIN_DONE ||
        nickname->said >= services->profile->recover.count)
        return false;
    return nickname->said > 0 || nickname->round_ms == INT64_MIN ||
           irc_session_now_ms(session) - nickname->round_ms >= ROUND_MS;
}

static bool ask_services(struct irc_session *session)
{
    struct irc_nickname *nickname = &session->nickname;
    while (can_ask_services(session)) {
        struct str line = session->services.profile->recover.items[nickname->said];
        if (nickname->said++ == 0)
            nickname->round_ms = irc_session_now_ms(session);
        if (!irc_services_say(session, line))
            continue;
        nickname->step = IRC_NICK_ASKED;
        log_event(LOG_LEVEL_NOTICE, "irc_nick_asked_back", NETWORK(session),
                  LOG_INT("line", nickname->said));
        irc_session_arm(session, &nickname->timer, ANSWER_MS);
        return true;
    }
    return false;
}

/* Asked politely; whoever watches (MONITOR) is told by the server, and asks seldom, for what the
 * watch cannot see: a nick that is only held. */
static void rest(struct irc_session *session)
{
    struct irc_nickname *nickname = &session->nickname;
    struct backoff backoff = {.first_ms = 2 * (int64_t)REST_FIRST_MS,
                              .longest_ms = REST_LONGEST_MS,
                              .tries = MIN_OF(nickname->rests, 16u)};
    nickname->step = IRC_NICK_RESTS;
    nickname->said = 0;
    nickname->rests++;
    irc_session_arm(session, &nickname->timer, backoff_next_ms(&backoff, session->env.random));
}

/* What is left to do: services, or to wait. */
static void go_on(struct irc_session *session)
{
    int64_t truce = truce_ms(session);
    if (truce > 0)
        give_up(session, truce);
    else if (!ask_services(session))
        rest(session);
}

void irc_nickname_due(struct irc_session *session)
{
    struct irc_nickname *nickname = &session->nickname;
    int64_t truce = truce_ms(session);
    if (!is_without(session))
        return;
    if (truce > 0) {
        give_up(session, truce);
        return;
    }
    switch (nickname->step) {
    case IRC_NICK_ASKED:
        try_it(session);
        return;
    case IRC_NICK_TRIES: /* no answer: as good as a refusal */
        go_on(session);
        return;
    case IRC_NICK_RESTS:
        if (ask_services(session))
            return;
        irc_session_later(session, "ISON", IRC_PARAMS(wanted(session)));
        rest(session);
        return;
    case IRC_NICK_STEP_COUNT:
        return;
    }
}

/* Free, as far as the server knows. */
static void is_free(struct irc_session *session)
{
    struct irc_nickname *nickname = &session->nickname;
    if (!is_without(session) || truce_ms(session) > 0 || nickname->step == IRC_NICK_TRIES ||
        (nickname->try_ms != INT64_MIN &&
         irc_session_now_ms(session) - nickname->try_ms < SETTLE_MS))
        return;
    try_it(session);
}

/* ---- when we have it not --------------------------------------------------------------------- */

static void search(struct irc_session *session, int64_t in_ms)
{
    struct irc_nickname *nickname = &session->nickname;
    nickname->step = IRC_NICK_RESTS;
    nickname->rests = 0;
    nickname->said = 0;
    if (session->isupport.monitor) {
        nickname->is_watched = true;
        irc_session_later(session, "MONITOR", IRC_PARAMS(STR("+"), wanted(session)));
    }
    int64_t truce = truce_ms(session);
    if (truce > 0) {
        give_up(session, truce);
        return;
    }
    nickname->has_given_up = false; /* what begins now is not the war of then */
    /* who watches is told by the server whether it is free */
    irc_session_arm(session, &nickname->timer,
                    nickname->is_watched && !can_ask_services(session)
                        ? MAX_OF(in_ms, (int64_t)REST_FIRST_MS)
                        : in_ms);
}

void irc_nickname_begin(struct irc_session *session)
{
    struct irc_nickname *nickname = &session->nickname;
    nickname->is_watched = nickname->is_taken_here = false;
    nickname->try_ms = INT64_MIN;
    if (!is_without(session))
        return;
    log_event(LOG_LEVEL_WARNING, "irc_nick_held", NETWORK(session),
              LOG_TEXT("why", "our nick is in use or held: known by another until it is free"));
    search(session, SETTLE_MS);
}

void irc_nickname_wake(struct irc_session *session)
{
    if (is_without(session) && session->nickname.step == IRC_NICK_RESTS &&
        !session->options.is_visit)
        irc_session_arm(session, &session->nickname.timer, SETTLE_MS);
}

/* ---- what the server tells ------------------------------------------------------------------- */

static void have(struct irc_session *session)
{
    struct irc_nickname *nickname = &session->nickname;
    loop_timer_disarm(session->env.loop, &nickname->timer);
    nickname->step = IRC_NICK_RESTS;
    nickname->said = 0;
    nickname->is_taken_here = true;
    note_take(session);
    if (TAKE(nickname->is_watched))
        irc_session_later(session, "MONITOR", IRC_PARAMS(STR("-"), wanted(session)));
    log_event(LOG_LEVEL_NOTICE, "irc_nick_had_back", NETWORK(session));
}

/* By services ("Guest12345"), by an operator, or as we asked.  In a war we were given some name:
 * one of ours is better known. */
void irc_nickname_changed(struct irc_session *session, struct str before)
{
    AUTO_BUF other = {.limit = IRC_NAME_BYTES};
    if (session->phase != IRC_UP || is_wanted(session, before) == !is_without(session))
        return;
    if (!is_without(session)) {
        have(session);
        return;
    }
    log_event(LOG_LEVEL_WARNING, "irc_nick_lost", NETWORK(session),
              LOG_TEXT("why", "somebody else changed our nick: services, or an operator"));
    search(session, REST_FIRST_MS);
    (void)irc_nickname_choice(session, 1, &other);
    if (truce_ms(session) > 0 && !irc_session_is_us(session, buf_str(&other)))
        irc_session_later(session, "NICK", IRC_PARAMS(buf_str(&other)));
}

void irc_nickname_freed(struct irc_session *session, struct str nick)
{
    if (is_wanted(session, nick))
        is_free(session);
}

/* 432, 433, 436, 437, 438, 447: what they name is not the same everywhere. */
void irc_nickname_refused(struct irc_session *session)
{
    if (is_without(session) && session->nickname.step == IRC_NICK_TRIES)
        go_on(session);
}

/* "731 us :nick,nick": they are not there.  (730 says that they are.) */
void irc_nickname_offline(struct irc_session *session, const struct irc_message *message)
{
    struct str list = message->params[1], one, nick, user, host;
    while (str_split(&list, ',', &one)) {
        irc_parse_source(one, &nick, &user, &host);
        irc_nickname_freed(session, nick);
    }
}

/* "303 us :those who are there": we ask for one alone. */
void irc_nickname_ison(struct irc_session *session, const struct irc_message *message)
{
    struct str list = message->params[1], one;
    while (str_word(&list, &one))
        if (is_wanted(session, one))
            return;
    is_free(session);
}

/* A collision, or somebody who wants it as much: who came with the nick counts it as one that was
 * taken from them. */
void irc_nickname_killed(struct irc_session *session)
{
    if (is_wanted(session, str_of(session->nick)) && !session->nickname.is_taken_here)
        note_take(session);
}
