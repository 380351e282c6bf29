/* SPDX-License-Identifier: MIT */
/* confirm.c: finds the message of ours that an echo, a PONG or an error speaks of. */
#include "chat/irc/out.h"

#include "base/die.h"
#include "base/number.h"
#include "base/utf8.h"
#include "observe/log.h"

/* By the label that we gave it; NULL: no label, or nobody's. */
static struct irc_out *by_label(struct irc_session *session, const struct irc_message *message)
{
    struct str label;
    int64_t serial;
    if (!irc_parse_tag(message, "label", &label) || !str_starts(label, STR("m")) ||
        number_parse(str_from(label, 1), 1, INT64_MAX, &serial) < 0)
        return NULL;
    for (struct irc_out *out = session->outs; out; out = out->next)
        if (out->serial == (uint64_t)serial && irc_out_is_open(out))
            return out;
    return NULL;
}

static bool is_for(const struct irc_session *session, const struct irc_out *out, struct str target)
{
    return irc_out_is_open(out) &&
           irc_casemap_same(session->isupport.casemap, str_of(out->target), target);
}

/* Without labels: the same words to the same place; else (servers may change a text) the first one
 * still without echo. */
static struct irc_out *by_text(struct irc_session *session, struct str target, struct str text)
{
    struct irc_out *first = NULL;
    for (struct irc_out *out = session->outs; out; out = out->next) {
        if (!is_for(session, out, target) || out->echoes >= out->written)
            continue;
        if (!out->is_batch && str_eq(irc_out_line(out, out->echoes), text))
            return out;
        if (!first || out->serial < first->serial)
            first = out;
    }
    return first;
}

/* The rest of a line that did not come through: a number may be in it. */
static bool is_cut(struct irc_session *session, const struct irc_out *out, struct str said)
{
    struct str line = irc_out_line(out, out->echoes);
    if (out->is_batch || said.len >= line.len || !str_starts(line, said) ||
        str_empty(str_trim(str_from(line, said.len))))
        return false;
    log_event(LOG_LEVEL_WARNING, "irc_line_cut", LOG_TEXT("network", session->network.name),
              LOG_INT("bytes", line.len), LOG_INT("accepted", said.len));
    return irc_budget_was_cut(session, str_of(out->target), said.len);
}

/* As events name it: what answers our message names the same. */
static void take_id(struct irc_session *session, struct irc_out *out, struct str raw)
{
    struct buf *id = &session->scratch;
    buf_clear(id);
    irc_parse_unescape(raw, id);
    if (id->failed || !utf8_valid(buf_str(id)))
        return;
    str_to_c(buf_str(id), out->id, sizeof(out->id));
    irc_reactions_said(session, out, buf_str(id));
}

void irc_confirm_echo(struct irc_session *session, const struct irc_message *message)
{
    struct irc_out *out = by_label(session, message);
    struct str id;
    DIE_AT(DIE_CONFIRMATION_UNREAD);
    irc_session_set_self(session, STR(""), message->user, message->host);
    if (!irc_caps_has(&session->caps, IRC_CAP_ECHO_MESSAGE))
        return;
    if (!out)
        out = by_text(session, message->params[0], message->params[1]);
    if (!out)
        return;
    if (out->echoes < out->count)
        out->is_cut |= is_cut(session, out, message->params[1]);
    out->echoes = out->is_batch ? out->count : out->echoes + 1;
    if (irc_parse_tag(message, "msgid", &id))
        take_id(session, out, id);
    if (out->echoes == out->count)
        irc_out_end(session, out, out->is_cut ? CHAT_FAILED : CHAT_CONFIRMED);
}

/* "PONG server mooring.17", or the token alone. */
void irc_confirm_pong(struct irc_session *session, const struct irc_message *message)
{
    struct str token = message->params[message->param_count - 1];
    int64_t serial;
    if (str_eq_c(token, "lag") && session->asked_ms) {
        session->lag_ms = irc_session_now_ms(session) - session->asked_ms;
        session->asked_ms = 0;
    }
    irc_replay_pong(session, token);
    if (!str_starts(token, STR("mooring.")) ||
        number_parse(str_from(token, 8), 1, INT64_MAX, &serial) < 0)
        return;
    DIE_AT(DIE_CONFIRMATION_UNREAD);
    for (struct irc_out *out = session->outs; out; out = out->next)
        if (out->serial == (uint64_t)serial && out->state == IRC_OUT_AWAITING)
            irc_out_end(session, out, CHAT_CONFIRMED);
}

static void refused(struct irc_session *session, struct irc_out *out, int64_t numeric,
                    struct str why, enum chat_outcome outcome)
{
    log_event(LOG_LEVEL_NOTICE, "irc_message_refused", LOG_TEXT("network", session->network.name),
              LOG_INT("numeric", numeric), LOG_STR("why", why));
    irc_out_end(session, out, outcome);
}

/* Said while somebody put us out of the room: no word about what is said, only about when. */
static enum chat_outcome outcome_of(struct irc_session *session, const struct irc_out *out,
                                    const struct irc_numeric *numeric)
{
    struct irc_room *room = out->is_room ? irc_users_room(&session->users, str_of(out->target))
                                         : NULL;
    if (numeric->flags & IRC_NUMERIC_LATER)
        return CHAT_FAILED;
    return room && room->wanted && room->state != IRC_ROOM_IN && !out->echoes
               ? irc_out_without_room(out)
               : CHAT_REFUSED;
}

bool irc_confirm_error(struct irc_session *session, const struct irc_message *message,
                       const struct irc_numeric *numeric)
{
    struct irc_out *out = by_label(session, message);
    for (struct irc_out *other = session->outs; !out && other; other = other->next)
        if (is_for(session, other, message->params[1]))
            out = other;
    session->takes_no_codes |= message->numeric == 408;
    if (out)
        refused(session, out, message->numeric, str_of(numeric->reason),
                outcome_of(session, out, numeric));
    return out != NULL;
}

/* Codes are words in capitals; a server that sends something else is not quoted: it may be a name.
 */
static struct str word(struct str code)
{
    for (size_t i = 0; i < code.len; i++)
        if ((code.ptr[i] < 'A' || code.ptr[i] > 'Z') && code.ptr[i] != '_')
            return STR("?");
    return code;
}

/* "FAIL PRIVMSG CODE context... :words": the code alone is logged, words may hold names. */
void irc_confirm_fail(struct irc_session *session, const struct irc_message *message)
{
    if (str_eq_nocase(message->params[0], STR("CHATHISTORY"))) {
        irc_history_failed(session, message);
        return;
    }
    if (str_eq_nocase(message->params[0], STR("AUTHENTICATE")))
        irc_login_failed(session, message);
    struct irc_out *out = by_label(session, message);
    bool is_message = str_eq_nocase(message->params[0], STR("PRIVMSG")) ||
                      str_eq_nocase(message->params[0], STR("NOTICE"));
    for (size_t i = 2; !out && is_message && i + 1 < message->param_count; i++)
        for (struct irc_out *other = session->outs; other && !out; other = other->next)
            if (is_for(session, other, message->params[i]))
                out = other;
    if (out)
        refused(session, out, 0, word(message->params[1]), CHAT_REFUSED);
    else
        log_event(LOG_LEVEL_WARNING, "irc_fail", LOG_TEXT("network", session->network.name),
                  LOG_STR("command", word(message->params[0])),
                  LOG_STR("code", word(message->params[1])));
}

void irc_confirm_warn(struct irc_session *session, const struct irc_message *message)
{
    log_event(LOG_LEVEL_WARNING, "irc_warn", LOG_TEXT("network", session->network.name),
              LOG_STR("command", word(message->params[0])),
              LOG_STR("code", word(message->params[1])));
}

void irc_confirm_note(struct irc_session *session, const struct irc_message *message)
{
    log_event(LOG_LEVEL_INFO, "irc_note", LOG_TEXT("network", session->network.name),
              LOG_STR("command", word(message->params[0])),
              LOG_STR("code", word(message->params[1])));
}
