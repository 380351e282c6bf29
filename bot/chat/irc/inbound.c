/* SPDX-License-Identifier: MIT */
/* inbound.c: one line, one handler; what has too few parameters, or no handler, is passed over. */
#include "chat/irc/session.h"

#include <errno.h>

#include "observe/log.h"

#define NETWORK(session) LOG_TEXT("network", (session)->network.name)

typedef void (*handler_fn)(struct irc_session *session, const struct irc_message *message);

static void on_privmsg(struct irc_session *session, const struct irc_message *message)
{
    irc_events_message(session, message, irc_services_heard(session, message));
}

static void on_notice(struct irc_session *session, const struct irc_message *message)
{
    (void)irc_services_heard(session, message);
    irc_events_message(session, message, true);
}

static void on_ping(struct irc_session *session, const struct irc_message *message)
{
    if (message->param_count)
        irc_session_now(session, "PONG", message->params, MIN_OF(message->param_count, (size_t)1));
    else
        irc_session_now(session, "PONG", NULL, 0);
}

static void on_error(struct irc_session *session, const struct irc_message *message)
{
    struct str text = message->param_count ? message->params[0] : STR("");
    enum irc_goodbye goodbye = irc_numerics_goodbye(text);
    /* The text itself is not logged: it holds our address. */
    if (goodbye == IRC_GOODBYE_BANNED) {
        log_event(LOG_LEVEL_ERROR, "irc_banned", NETWORK(session),
                  LOG_TEXT("why", "the server does not want us: ask its staff"));
        error_set(&session->trouble, -EACCES, "the server does not want us: ask its staff");
        session->wait = IRC_WAIT_REFUSED;
    } else if (goodbye == IRC_GOODBYE_THROTTLED) {
        session->wait = MAX_OF(session->wait, IRC_WAIT_THROTTLED);
    }
}

static void on_kill(struct irc_session *session, const struct irc_message *message)
{
    if (!irc_session_is_us(session, message->params[0]))
        return;
    irc_nickname_killed(session);
    session->wait = MAX_OF(session->wait, IRC_WAIT_THROTTLED);
}

static void on_whois_end(struct irc_session *session, const struct irc_message *message)
{
    (void)irc_reach_whois_end(session, message->params[1], false);
}

/* Busiest first.  Each command stands in the table of minimum parameters too (numerics.c). */
static const struct {
    const char *command;
    handler_fn handle;
} handlers[] = {
    {"PRIVMSG", on_privmsg},
    {"NOTICE", on_notice},
    {"JOIN", irc_presence_join},
    {"QUIT", irc_presence_quit},
    {"PART", irc_presence_part},
    {"NICK", irc_presence_nick},
    {"PING", on_ping},
    {"PONG", irc_confirm_pong},
    {"ACCOUNT", irc_presence_account},
    {"AWAY", irc_presence_away},
    {"CHGHOST", irc_presence_chghost},
    {"TAGMSG", irc_events_tagmsg},
    {"REDACT", irc_events_redact},
    {"CHATHISTORY", irc_history_target},
    {"KICK", irc_presence_kick},
    {"TOPIC", irc_events_topic},
    {"INVITE", irc_events_invite},
    {"BATCH", irc_events_batch},
    {"CAP", irc_registration_cap},
    {"AUTHENTICATE", irc_login_authenticate},
    {"ERROR", on_error},
    {"KILL", on_kill},
    {"MODE", irc_services_mode},
    {"FAIL", irc_confirm_fail},
    {"WARN", irc_confirm_warn},
    {"NOTE", irc_confirm_note},
    {"353", irc_presence_names},
    {"354", irc_presence_whox},
    {"315", irc_rooms_names_end},
    {"366", irc_rooms_names_end},
    {"263", irc_rooms_names_later},
    {"330", irc_reach_whois_account},
    {"318", on_whois_end},
    {"004", irc_services_version},
    {"303", irc_nickname_ison},
    {"731", irc_nickname_offline},
};

static void on_numeric(struct irc_session *session, const struct irc_message *message)
{
    const struct irc_numeric *numeric = irc_numerics_find(message->numeric);
    struct str channel;
    irc_registration_numeric(session, message);
    if (!numeric || !session->stream)
        return;
    if (numeric->flags & IRC_NUMERIC_BANNED) {
        log_event(LOG_LEVEL_ERROR, "irc_banned", NETWORK(session),
                  LOG_INT("numeric", message->numeric), LOG_TEXT("why", numeric->reason));
        error_set(&session->trouble, -EACCES, "%s", numeric->reason);
        session->wait = IRC_WAIT_REFUSED;
    }
    bool is_ours = numeric->flags & (IRC_NUMERIC_BANNED | IRC_NUMERIC_NICK);
    if ((numeric->flags & IRC_NUMERIC_NOT_JOINED) &&
        irc_isupport_channel(&session->isupport, message->params[1], &channel))
        is_ours |= irc_rooms_refused(session, channel, numeric);
    if (numeric->flags & IRC_NUMERIC_UNDELIVERED)
        is_ours |= irc_confirm_error(session, message, numeric);
    if (numeric->flags & IRC_NUMERIC_NICK)
        irc_nickname_refused(session);
    if (message->numeric == 401)
        is_ours |= irc_reach_whois_end(session, message->params[1], true);
    if (!is_ours) /* of something that nobody waits for; it is said all the same */
        log_event(LOG_LEVEL_NOTICE, "irc_error", NETWORK(session),
                  LOG_INT("numeric", message->numeric), LOG_TEXT("why", numeric->reason));
}

void irc_inbound_line(struct irc_session *session, struct str line)
{
    struct irc_message message;
    /* A NUL is no part of any message: what has one is broken, or a trick to be read as another
     * name. */
    if (str_has_byte(line, '\0') || irc_parse_line(line, &message) < 0)
        return;
    size_t needed = irc_numerics_min_params(&message);
    if (needed == SIZE_MAX || message.param_count < needed || irc_events_is_past(session, &message))
        return;
    for (size_t i = 0; i < COUNT_OF(handlers); i++) {
        if (!str_eq_nocase(message.command, str_of(handlers[i].command)))
            continue;
        handlers[i].handle(session, &message);
        return;
    }
    on_numeric(session, &message);
}
