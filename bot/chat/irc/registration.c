/* SPDX-License-Identifier: MIT */
/* registration.c: from an open connection to a place in the network: capabilities, login, nick,
 * welcome. */
#include "chat/irc/session.h"

#include <errno.h>
#include <stdio.h>

#include "observe/log.h"

#define NETWORK(session) LOG_TEXT("network", (session)->network.name)

static void send_server_password(struct irc_session *session)
{
    struct buf secret = {.limit = 512};
    struct error error = {0};
    if (str_empty(session->options.server_credential))
        return;
    int r = session->env.credential(session->env.ctx, session->options.server_credential, &secret,
                                    &error);
    if (r < 0)
        log_event(LOG_LEVEL_ERROR, "irc_credential_missing", NETWORK(session),
                  LOG_TEXT("why", error.text));
    else
        irc_session_now(session, "PASS", IRC_PARAMS(buf_str(&secret)));
    buf_wipe(&secret);
    mem_wipe(session->line.ptr, session->line.capacity);
}

/* Everything at once: a server that knows CAP holds the rest back until CAP END; one that does not
 * lets us in as we are. */
void irc_registration_begin(struct irc_session *session)
{
    irc_session_now(session, "CAP", IRC_PARAMS(STR("LS"), STR("302")));
    send_server_password(session);
    AUTO_BUF nick = {.limit = IRC_NAME_BYTES};
    (void)irc_nickname_choice(session, session->nick_tries, &nick);
    irc_session_set_self(session, buf_str(&nick), STR(""), STR(""));
    irc_session_now(session, "NICK", IRC_PARAMS(buf_str(&nick)));
    irc_session_now(
        session, "USER",
        IRC_PARAMS(session->options.username, STR("0"), STR("*"), session->options.realname));
    irc_session_arm(session, &session->cap_timer, IRC_CAP_MS);
}

/* ---- capabilities ---------------------------------------------------------------------------- */

void irc_registration_end_caps(struct irc_session *session)
{
    if (session->cap_ended || session->phase != IRC_REGISTERING)
        return;
    session->cap_ended = true;
    loop_timer_disarm(session->env.loop, &session->cap_timer);
    irc_session_now(session, "CAP", IRC_PARAMS(STR("END")));
}

/* Asks for what is left to ask, then logs in, then closes the negotiation: called after each of the
 * server's answers. */
static void next_step(struct irc_session *session)
{
    uint32_t unwanted = session->options.account.len ? 0 : 1u << IRC_CAP_SASL;
    if (session->caps.asked)
        return;
    if (irc_caps_request(&session->caps, unwanted, &session->scratch)) {
        irc_session_now(session, "CAP", IRC_PARAMS(STR("REQ"), buf_str(&session->scratch)));
        return;
    }
    if (irc_login_is_wanted(session) && irc_caps_has(&session->caps, IRC_CAP_SASL)) {
        irc_login_begin(session);
        return;
    }
    if (irc_login_is_wanted(session))
        irc_login_impossible(session, "the server does not offer SASL: going on without login");
    if (session->login != IRC_LOGIN_ASKED)
        irc_registration_end_caps(session);
}

static void caps_listed(struct irc_session *session, const struct irc_message *message)
{
    bool more = message->param_count > 3 && str_eq_c(message->params[2], "*");
    struct str list = message->params[message->param_count - 1];
    if (irc_sts_heard(session, list))
        return; /* this connection is over */
    irc_caps_list(&session->caps, list, !more);
    if (more)
        return;
    session->cap_listed = true;
    irc_login_listed(session);
    if (session->phase == IRC_REGISTERING)
        /* the answer to REQ may go missing as well */
        irc_session_arm(session, &session->cap_timer, IRC_CAP_MS);
    next_step(session);
}

/* Services are back, or were exchanged: what we had from the old ones is void. */
static void caps_new(struct irc_session *session, struct str list)
{
    if (irc_sts_heard(session, list))
        return;
    if (irc_caps_offer(&session->caps, list) & (1u << IRC_CAP_SASL))
        irc_login_forget(session);
    next_step(session);
}

/* What relied on them goes on without. */
static void caps_gone(struct irc_session *session, uint32_t gone)
{
    if (gone & (1u << IRC_CAP_SASL))
        irc_login_gone(session);
    if (gone & (1u << IRC_CAP_ECHO_MESSAGE))
        irc_outbound_echo_gone(session);
    if (gone & (1u << IRC_CAP_BATCH))
        irc_events_batches_gone(session);
}

void irc_registration_cap(struct irc_session *session, const struct irc_message *message)
{
    struct str what = message->params[1];
    struct str list = message->param_count > 2 ? message->params[message->param_count - 1]
                                               : STR("");
    if (str_eq_nocase(what, STR("LS"))) {
        if (message->param_count > 2)
            caps_listed(session, message);
        else
            next_step(session);
    } else if (str_eq_nocase(what, STR("ACK"))) {
        irc_caps_accept(&session->caps, list);
        next_step(session);
    } else if (str_eq_nocase(what, STR("NAK"))) {
        irc_caps_refuse(&session->caps, list);
        next_step(session);
    } else if (str_eq_nocase(what, STR("NEW"))) {
        caps_new(session, list);
    } else if (str_eq_nocase(what, STR("DEL"))) {
        caps_gone(session, irc_caps_withdraw(&session->caps, list));
    }
}

void irc_registration_timeout(struct irc_session *session)
{
    if (session->login == IRC_LOGIN_ASKED) {
        irc_login_overdue(session);
    } else if (session->phase == IRC_UP) {
        irc_login_look(session);
    } else if (session->phase == IRC_REGISTERING && session->welcome_at) {
        irc_session_came_up(session); /* welcomed, and no end of the message of the day */
    } else if (session->phase == IRC_REGISTERING) {
        session->caps.asked = 0;
        irc_registration_end_caps(session);
    }
}

/* ---- nick and welcome ------------------------------------------------------------------------ */

/* The next of our nicks; after the last one, that with underscores. */
static void try_next_nick(struct irc_session *session)
{
    AUTO_BUF nick = {.limit = IRC_NAME_BYTES};
    if (!irc_nickname_choice(session, ++session->nick_tries, &nick)) {
        irc_session_drop(session, IRC_WAIT_THROTTLED, "none of our nicks is free: see nicks");
        return;
    }
    irc_session_set_self(session, buf_str(&nick), STR(""), STR(""));
    irc_session_now(session, "NICK", IRC_PARAMS(buf_str(&nick)));
}

/* Its last word is often our whole prefix: "Welcome to the network nick!user@host". */
static void learn_self(struct irc_session *session, const struct irc_message *message)
{
    struct str text = message->params[message->param_count - 1], word, nick, user, host;
    irc_session_set_self(session, message->params[0], STR(""), STR(""));
    while (str_word(&text, &word)) {
        irc_parse_source(word, &nick, &user, &host);
        if (user.len && host.len && irc_session_is_us(session, nick))
            irc_session_set_self(session, nick, user, host);
    }
}

static void welcomed(struct irc_session *session, const struct irc_message *message)
{
    struct str raw;
    int64_t at, now_at = clock_wall_at(loop_clock(session->env.loop));
    learn_self(session, message);
    session->welcome_at = now_at;
    if (irc_parse_tag(message, "time", &raw) && irc_parse_time(raw, &at) == 0)
        session->clock_ahead_ms = at - now_at;
    session->cap_ended = true;
    irc_flood_forgive(&session->flood);
    irc_session_arm(session, &session->cap_timer, IRC_MOTD_MS);
}

static void supported(struct irc_session *session, const struct irc_message *message)
{
    for (size_t i = 1; i + 1 < message->param_count;
         i++) /* the last one is "are supported by this server" */
        irc_isupport_token(&session->isupport, message->params[i]);
    /* Before we join anything nobody is known.  A server that changes its mind later is not
     * followed. */
    if (session->phase == IRC_REGISTERING) {
        irc_users_forget(&session->users);
        session->users.casemap = session->isupport.casemap;
    }
}

static void motd_ended(struct irc_session *session)
{
    if (session->phase == IRC_REGISTERING && session->welcome_at)
        irc_session_came_up(session);
}

/* A server from before capabilities says so in one of several ways: there is nothing to end then.
 */
static void cap_unknown(struct irc_session *session, const struct irc_message *message)
{
    if (session->phase != IRC_REGISTERING || session->cap_listed || message->param_count < 2 ||
        !str_eq_nocase(message->params[1], STR("CAP")))
        return;
    session->cap_ended = true;
    loop_timer_disarm(session->env.loop, &session->cap_timer);
}

void irc_registration_numeric(struct irc_session *session, const struct irc_message *message)
{
    switch (message->numeric) {
    case 1:
        welcomed(session, message);
        return;
    case 5:
        supported(session, message);
        return;
    case 376:
    case 422:
        motd_ended(session);
        return;
    case 396: /* our address as others see it: the line budget counts it */
        irc_session_set_self(session, STR(""), STR(""), message->params[1]);
        return;
    case 432:
    case 433:
    case 436:
    case 437:
        if (session->phase == IRC_REGISTERING && !session->welcome_at)
            try_next_nick(session);
        return;
    case 410:
    case 421:
    case 451:
        cap_unknown(session, message);
        return;
    default:
        irc_login_numeric(session, message);
    }
}
