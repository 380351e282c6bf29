/* SPDX-License-Identifier: MIT */
/* reactions.c: what the tags name, by the ids that the bot knows. */
#include "chat/irc/reactions.h"

#include <errno.h>

#include "chat/irc/out.h"
#include "chat/irc/write.h"

/* ---- the tags -------------------------------------------------------------------------------- */

/* Most clients know the first. */
static const char *const names[IRC_TAG_COUNT][2] = {
    [IRC_TAG_REPLY] = {"+draft/reply", "+reply"},
    [IRC_TAG_REACT] = {"+draft/react", "+react"},
    [IRC_TAG_UNREACT] = {"+draft/unreact", "+unreact"},
};

const char *irc_reactions_tag(const struct irc_message *message, enum irc_reactions_tag tag)
{
    struct str raw;
    for (size_t i = 0; i < COUNT_OF(names[tag]); i++)
        if (irc_parse_tag(message, names[tag][i], &raw) && raw.len)
            return names[tag][i];
    return NULL;
}

const char *irc_reactions_may_say(const struct irc_session *session, enum irc_reactions_tag tag)
{
    if (!irc_caps_has(&session->caps, IRC_CAP_MESSAGE_TAGS))
        return NULL;
    for (size_t i = 0; i < COUNT_OF(names[tag]); i++)
        if (irc_isupport_takes_tag(&session->isupport, str_from(str_of(names[tag][i]), 1)))
            return names[tag][i];
    return NULL;
}

/* ---- our lines ------------------------------------------------------------------------------- */

void irc_reactions_said(struct irc_session *session, const struct irc_out *out, struct str id)
{
    struct irc_reactions *reactions = &session->reactions;
    struct irc_said_line *line = &reactions->lines[reactions->next_line];
    if (out->count < 2 || out->is_batch || !str_to_c(id, line->id, sizeof(line->id)))
        return; /* a single line is known by its own id */
    line->serial = out->serial;
    reactions->next_line = (reactions->next_line + 1) % IRC_REACTION_LINES_MAX;
}

static uint64_t message_of(const struct irc_reactions *reactions, struct str id)
{
    for (size_t i = 0; i < IRC_REACTION_LINES_MAX; i++)
        if (reactions->lines[i].serial && str_eq_c(id, reactions->lines[i].id))
            return reactions->lines[i].serial;
    return 0;
}

struct str irc_reactions_whole(const struct irc_session *session, struct str id)
{
    const struct irc_reactions *reactions = &session->reactions;
    uint64_t serial = message_of(reactions, id);
    for (size_t i = 1; serial && i <= IRC_REACTION_LINES_MAX; i++) { /* newest first */
        size_t at = (reactions->next_line + IRC_REACTION_LINES_MAX - i) % IRC_REACTION_LINES_MAX;
        if (reactions->lines[at].serial == serial)
            return str_of(reactions->lines[at].id);
    }
    return id;
}

/* ---- theirs ---------------------------------------------------------------------------------- */

static struct str who_set(const struct chat_event *event)
{
    return event->account.len ? event->account : event->sender;
}

void irc_reactions_note(struct irc_session *session, const struct chat_event *event)
{
    struct irc_reactions *reactions = &session->reactions;
    struct irc_reaction *reaction = &reactions->set[reactions->next_set];
    if (event->id.len && str_to_c(event->id, reaction->id, sizeof(reaction->id)) &&
        str_to_c(event->relates_to, reaction->message_id, sizeof(reaction->message_id)) &&
        str_to_c(event->text, reaction->emoji, sizeof(reaction->emoji)) &&
        str_to_c(who_set(event), reaction->who, sizeof(reaction->who)))
        reactions->next_set = (reactions->next_set + 1) % IRC_REACTIONS_MAX;
    else
        *reaction = (struct irc_reaction){.id = ""};
}

bool irc_reactions_taken_away(struct irc_session *session, struct chat_event *event)
{
    for (size_t i = 0; i < IRC_REACTIONS_MAX; i++) {
        const struct irc_reaction *reaction = &session->reactions.set[i];
        if (!reaction->id[0] || !str_eq_c(event->relates_to, reaction->message_id) ||
            !str_eq_c(event->text, reaction->emoji) || !str_eq_c(who_set(event), reaction->who))
            continue;
        event->relates_to = str_keep(&session->event_texts, str_of(reaction->id));
        return true;
    }
    return false;
}

/* A help to see what was meant, never the only form of anything: it is not waited for. */
int irc_reactions_send(struct irc_session *session, struct str room, struct str message_id,
                       struct str emoji)
{
    const char *reply = irc_reactions_may_say(session, IRC_TAG_REPLY);
    const char *react = irc_reactions_may_say(session, IRC_TAG_REACT);
    const struct str params[] = {room};
    if (session->phase != IRC_UP)
        return -ENOTCONN;
    if (!reply || !react || str_empty(room) || str_empty(message_id) || str_empty(emoji))
        return -ENOTSUP;
    const struct irc_write_tag tags[] = {{str_of(react), emoji}, {str_of(reply), message_id}};
    struct irc_write write = {.tags = tags,
                              .tag_count = COUNT_OF(tags),
                              .command = STR("TAGMSG"),
                              .params = params,
                              .param_count = COUNT_OF(params)};
    int r = irc_write_line(&write, &session->line);
    if (r >= 0)
        r = irc_flood_push(&session->flood, buf_str(&session->line), false);
    irc_outbound_wake(session);
    return r;
}
