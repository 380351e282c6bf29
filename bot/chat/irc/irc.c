/* SPDX-License-Identifier: MIT */
/* irc.c: the IRC network as the bot sees it (chat.h), over one session. */
#include "chat/irc/irc.h"

#include <errno.h>

#include "chat/irc/session.h"

static struct irc_session *session_of(struct chat_network *network)
{
    return CONTAINER_OF(network, struct irc_session, network);
}

static int create(const struct chat_env *env, const struct settings_node *node,
                  struct chat_network **ret_network, struct error *error)
{
    struct irc_session *session;
    struct irc_options options;
    struct arena arena;
    arena_init(&arena, 64 * 1024);
    int r = irc_options_read(node, &arena, &options, error);
    if (r >= 0)
        r = irc_session_create(env, &options, &irc_class, &session, error);
    arena_done(&arena);
    if (r < 0)
        return r;
    *ret_network = &session->network;
    return 0;
}

static int start(struct chat_network *network)
{
    return irc_session_start(session_of(network));
}

static void stop(struct chat_network *network)
{
    irc_session_stop(session_of(network));
}

static void destroy(struct chat_network *network)
{
    if (network)
        irc_session_destroy(session_of(network));
}

static int send(struct chat_network *network, const struct chat_message *message)
{
    return irc_outbound_send(session_of(network), message);
}

static size_t line_bytes(struct chat_network *network, struct str room, struct str user)
{
    return irc_budget_line_bytes(session_of(network), room, user);
}

static int room_canonical(struct chat_network *network, struct str room, struct buf *out)
{
    return irc_casemap_fold(session_of(network)->casemap, room, out);
}

static int react(struct chat_network *network, struct str room, struct str event_id,
                 struct str emoji)
{
    return irc_reactions_send(session_of(network), room, event_id, emoji);
}

static int redact(struct chat_network *network, struct str room, struct str user,
                  struct str message_id)
{
    struct irc_session *session = session_of(network);
    if (session->phase != IRC_UP)
        return -ENOTCONN;
    if (!irc_caps_has(&session->caps, IRC_CAP_REDACTION) || str_empty(message_id))
        return -ENOTSUP;
    irc_session_later(session, "REDACT", IRC_PARAMS(room.len ? room : user, message_id));
    return 0;
}

static bool account_help(struct chat_network *network, struct chat_account_help *ret_help)
{
    return irc_services_account_help(session_of(network), ret_help);
}

/* A question that is still open has taken that long at least. */
static void report(struct chat_network *network, struct chat_report *ret_report)
{
    struct irc_session *session = session_of(network);
    const struct irc_options *options = &session->options;
    int64_t open_ms = session->asked_ms ? irc_session_now_ms(session) - session->asked_ms : -1;
    bool up = session->phase == IRC_UP;
    *ret_report = (struct chat_report){
        .lag_ms = up ? MAX_OF(session->lag_ms, open_ms) : -1,
        .has_name = !up ||
                    (options->nick_count > 0 && irc_session_is_us(session, options->nicks[0])),
        .waiting = session->out_count + session->flood.count,
        .trouble = session->trouble.code ? session->trouble.text : NULL,
    };
}

static bool in_room(struct chat_network *network, struct str room)
{
    struct irc_room *found = irc_users_room(&session_of(network)->users, room);
    return found && found->state == IRC_ROOM_IN;
}

static enum chat_why why_out(struct chat_network *network, struct str name)
{
    struct irc_session *session = session_of(network);
    const struct irc_room *room = irc_users_room(&session->users, name);
    struct str channel;
    if (!room)
        return irc_isupport_channel(&session->isupport, name, &channel) ? CHAT_WHY_UNKNOWN
                                                                        : CHAT_WHY_NAME;
    return room->state == IRC_ROOM_REFUSED || room->tries ? room->why : CHAT_WHY_ASKED;
}

const struct chat_class irc_class = {
    .kind = "irc",
    .form = MARKDOWN_IRC,
    .create = create,
    .start = start,
    .stop = stop,
    .destroy = destroy,
    .send = send,
    .line_bytes = line_bytes,
    .room_canonical = room_canonical,
    .react = react,
    .report = report,
    .in_room = in_room,
    .why_out = why_out,
    .redact = redact,
    .account_help = account_help,
};
