/* SPDX-License-Identifier: MIT */
/* events.c: what people say and do, as the bot's events; gathered while lines keep coming, handed
 * over together. */
#include "chat/irc/session.h"

#include "base/utf8.h"
#include "chat/irc/format.h"

void irc_events_flush(struct irc_session *session)
{
    struct chat_batch batch = {.network = &session->network,
                               .events = session->events,
                               .count = session->event_count,
                               .keep = irc_history_keep,
                               .keep_ctx = session};
    if (session->event_count && session->env.sink.batch)
        irc_history_kept(session, session->env.sink.batch(session->env.sink.ctx, &batch) >= 0);
    session->event_count = 0;
    arena_reset(&session->event_texts);
}

static struct str keep(struct irc_session *session, struct str s)
{
    return str_empty(s) ? s : str_keep(&session->event_texts, s);
}

static struct str keep_repaired(struct irc_session *session, struct str s)
{
    buf_clear(&session->text);
    utf8_add_repaired(&session->text, s);
    return keep(session, buf_str(&session->text));
}

/* As the server compares names: two spellings of one nick are one person. */
static struct str keep_folded(struct irc_session *session, struct str name)
{
    AUTO_BUF folded = {.limit = 8192};
    if (irc_casemap_fold(session->isupport.casemap, name, &folded) < 0)
        return (struct str){NULL, 0};
    return keep_repaired(session, buf_str(&folded));
}

static struct str keep_tag(struct irc_session *session, const struct irc_message *message,
                           const char *key)
{
    struct str raw;
    if (!irc_parse_tag(message, key, &raw))
        return (struct str){NULL, 0};
    buf_clear(&session->scratch);
    irc_parse_unescape(raw, &session->scratch);
    return keep_repaired(session, buf_str(&session->scratch));
}

/* ---- batches --------------------------------------------------------------------------------- */

/* A reference that is not known is no error: the table is small, and a server may open more batches
 * than we follow; their lines then read as live ones. */
static struct irc_batch *find_batch(const struct irc_session *session, struct str ref)
{
    for (size_t i = 0; ref.len && i < IRC_BATCHES_MAX; i++)
        if (str_eq_c(ref, session->batches[i].ref))
            return (struct irc_batch *)&session->batches[i];
    return NULL;
}

static struct irc_batch *batch_of(const struct irc_session *session,
                                  const struct irc_message *message)
{
    struct str ref;
    return irc_parse_tag(message, "batch", &ref) ? find_batch(session, ref) : NULL;
}

/* What we said long ago confirms nothing that we say now. */
static bool is_replayed(const struct irc_session *session, const struct irc_message *message)
{
    const struct irc_batch *batch = batch_of(session, message);
    return batch && batch->is_history;
}

bool irc_events_in_net_batch(const struct irc_session *session, const struct irc_message *message)
{
    const struct irc_batch *batch = batch_of(session, message);
    return batch && batch->is_net;
}

static bool is_one_of(struct str type, const char *const *names)
{
    for (; *names; names++)
        if (str_eq_nocase(type, str_of(*names)))
            return true;
    return false;
}

/* Who came and went yesterday (draft/event-playback, which makes a page as long as what it counts)
 * is not here now for it. */
bool irc_events_is_past(struct irc_session *session, const struct irc_message *message)
{
    static const char *const told[] = {"PRIVMSG", "NOTICE", "TAGMSG", "REDACT", "BATCH", NULL};
    const struct irc_batch *batch = message->tags.len ? batch_of(session, message) : NULL;
    if (!batch || !batch->is_history || is_one_of(message->command, told))
        return false;
    irc_history_passed(session, message, str_of(batch->target));
    return true;
}

static void close_batch(struct irc_session *session, struct irc_batch *batch)
{
    batch->ref[0] = '\0';
    irc_multiline_close(session, batch);
    if (batch->is_page)
        irc_history_page_end(session, str_of(batch->target));
    else if (batch->is_targets)
        irc_history_targets_end(session);
}

/* No end will come: what was gathered so far is what there is. */
void irc_events_batches_gone(struct irc_session *session)
{
    for (size_t i = 0; i < IRC_BATCHES_MAX; i++)
        if (session->batches[i].ref[0])
            close_batch(session, &session->batches[i]);
}

/* "+ref type ..." opens, "-ref" closes.  One inside another is of the outer one's kind as well. */
void irc_events_batch(struct irc_session *session, const struct irc_message *message)
{
    static const char *const history[] = {"chathistory", "znc.in/playback", "playback",
                                          "draft/chathistory", NULL};
    static const char *const pages[] = {"chathistory", "draft/chathistory", NULL};
    static const char *const net[] = {"netsplit", "netjoin", NULL};
    struct str mark = message->params[0], ref = str_from(mark, 1);
    struct str type = message->param_count > 1 ? message->params[1] : STR("");
    struct irc_batch *batch = find_batch(session, ref);
    if (mark.len && mark.ptr[0] == '-' && batch)
        close_batch(session, batch);
    if (str_empty(mark) || mark.ptr[0] != '+' || batch)
        return;
    const struct irc_batch *outer = batch_of(session, message);
    for (size_t i = 0; i < IRC_BATCHES_MAX; i++) {
        batch = &session->batches[i];
        if (batch->ref[0])
            continue;
        str_to_c(ref, batch->ref, sizeof(batch->ref));
        batch->is_history = is_one_of(type, history) || (outer && outer->is_history);
        batch->is_net = is_one_of(type, net) || (outer && outer->is_net);
        batch->is_targets = str_eq_nocase(type, STR("draft/chathistory-targets"));
        batch->is_page = message->param_count > 2 && is_one_of(type, pages);
        str_to_c(batch->is_page ? message->params[2] : str_of(outer ? outer->target : ""),
                 batch->target, sizeof(batch->target));
        if (str_eq_nocase(type, STR("draft/multiline")) && message->param_count > 2)
            irc_multiline_open(batch, message);
        return;
    }
}

/* ---- who and when ---------------------------------------------------------------------------- */

/* Whoever speaks to us is remembered for the answer; whoever we share a room with is kept up to
 * date. */
static void remember(struct irc_session *session, struct irc_user *user, struct str nick,
                     struct str account)
{
    if (!user && (str_empty(account) || irc_users_see(&session->users, nick, &user) < 0))
        return;
    if (irc_users_set_account(&session->users, user, account, irc_session_now_ms(session)) < 0)
        user->account_known = false;
}

/* The account that the server vouches for with this very line, or as far as the table can be relied
 * on.  Only on speech does a missing tag mean that there is none: servers leave it off a JOIN or a
 * QUIT. */
static struct str account_of(struct irc_session *session, const struct irc_message *message,
                             const struct chat_event *event, struct str nick)
{
    struct irc_user *user = irc_users_find(&session->users, nick);
    struct str raw;
    bool is_told = event->kind == CHAT_MESSAGE || event->kind == CHAT_REACTION ||
                   irc_parse_tag(message, "account", &raw);
    if (session->options.nick_is_identity)
        return keep_folded(session, nick);
    if (is_told && irc_caps_has(&session->caps, IRC_CAP_ACCOUNT_TAG)) {
        struct str account = keep_tag(session, message, "account");
        if (!(event->flags & CHAT_HISTORY)) /* who they were then says nothing of now */
            remember(session, user, nick, account);
        return keep_folded(session, account);
    }
    return irc_presence_trusts(session, user) && user->account
               ? keep_folded(session, str_of(user->account))
               : (struct str){NULL, 0};
}

/* When it was said, by our clock; and whether that was before we came. */
static int64_t time_of(struct irc_session *session, const struct irc_message *message,
                       bool *ret_is_history)
{
    int64_t now_at = clock_wall_at(loop_clock(session->env.loop)), at;
    const struct irc_batch *batch = batch_of(session, message);
    struct str raw;
    *ret_is_history = batch && batch->is_history;
    if (!irc_parse_tag(message, "time", &raw) || irc_parse_time(raw, &at) < 0)
        return now_at;
    at -= session->clock_ahead_ms;
    if (at < session->welcome_at - IRC_CLOCK_SLACK_MS || irc_replay_is_old(session, message, at))
        *ret_is_history = true;
    return MIN_OF(at, now_at);
}

/* By this very line, or by what WHO said of them. */
static bool is_bot(struct irc_session *session, const struct irc_message *message, struct str nick)
{
    struct str raw;
    if (irc_parse_tag(message, "bot", &raw) || irc_parse_tag(message, "draft/bot", &raw))
        return true;
    const struct irc_user *user = session->has_bots ? irc_users_find(&session->users, nick) : NULL;
    return user && user->is_bot;
}

/* The next event, with all that every kind has. */
static struct chat_event *begin(struct irc_session *session, const struct irc_message *message,
                                enum chat_kind kind, struct str nick)
{
    if (session->event_count == IRC_EVENTS_MAX)
        irc_events_flush(session);
    struct chat_event *event = &session->events[session->event_count++];
    bool is_history, is_bridged;
    struct str raw;
    *event = (struct chat_event){.kind = kind};
    event->sent_at = time_of(session, message, &is_history);
    /* A puppet of another network: its name proves nothing here. */
    is_bridged = str_has_byte(nick, '/') || irc_parse_tag(message, "draft/relaymsg", &raw) ||
                 irc_parse_tag(message, "relaymsg", &raw);
    event->sender = event->display = keep_repaired(session, nick);
    event->id = keep_tag(session, message, "msgid");
    event->flags = (is_history ? CHAT_HISTORY : 0u) | (is_bridged ? CHAT_BRIDGED : 0u) |
                   (is_bot(session, message, nick) ? CHAT_FROM_BOT : 0u) |
                   (irc_session_is_us(session, nick) ? CHAT_OWN : 0u);
    if (!is_bridged)
        event->account = account_of(session, message, event, nick);
    return event;
}

/* Where it was said; false: neither a channel nor us (as whom we were known then). */
static bool place(struct irc_session *session, const struct irc_message *message,
                  struct chat_event *event)
{
    struct str target = message->params[0];
    const struct irc_batch *batch = batch_of(session, message);
    struct str channel;
    if (irc_isupport_channel(&session->isupport, target, &channel)) {
        event->room = keep_folded(session, channel);
        return true;
    }
    event->flags |= CHAT_PRIVATE;
    return irc_session_is_us(session, target) || (event->flags & CHAT_OWN) ||
           (batch && batch->target[0]);
}

/* The newest event is one that we did not hear ourselves. */
static bool is_news(struct irc_session *session, const struct irc_message *message)
{
    const struct irc_batch *batch = batch_of(session, message);
    return irc_history_heard(session, message, &session->events[session->event_count - 1],
                             str_of(batch ? batch->target : ""));
}

/* ---- commands -------------------------------------------------------------------------------- */

static bool is_server(const struct irc_message *message)
{
    return str_empty(message->source) ||
           (str_empty(message->user) && str_has_byte(message->nick, '.'));
}

/* Before the welcome nobody can write to us; from then on they can, also while the server still
 * tells us its message of the day. */
static bool is_outside(const struct irc_session *session)
{
    return session->phase == IRC_REGISTERING && !session->welcome_at;
}

/* CTCP: an ACTION is talk; a question gets an answer, but never one to an answer.  True: nothing is
 * left to tell. */
static bool handle_ctcp(struct irc_session *session, const struct irc_message *message,
                        bool is_notice, struct str *text)
{
    struct str command, args;
    bool is_history;
    if (!irc_format_ctcp(*text, &command, &args))
        return false;
    if (str_eq_nocase(command, STR("ACTION"))) {
        *text = args;
        return false;
    }
    time_of(session, message, &is_history);
    if (!is_notice && !is_history && !irc_session_is_us(session, message->nick))
        irc_ctcp_answer(session, message->nick, command, args);
    return true;
}

/* "harbor-bot: tip", whichever of our nicks we have just now: people know us by the name that we
 * are to have. */
static struct str called(const struct irc_session *session, struct str text)
{
    const struct irc_options *options = &session->options;
    size_t longest = 0;
    for (size_t i = 0; i <= options->nick_count; i++) {
        struct str nick = i < options->nick_count ? options->nicks[i] : str_of(session->nick);
        size_t skip = str_starts(text, STR("@")) ? 1 : 0;
        struct str beginning = str_upto(str_from(text, skip), nick.len);
        if (beginning.len == nick.len && nick.len > longest &&
            irc_casemap_same(session->isupport.casemap, beginning, nick) &&
            (nick.len + skip == text.len || strchr(":, ;", text.ptr[nick.len + skip])))
            longest = nick.len;
    }
    return longest ? str_upto(str_from(text, str_starts(text, STR("@")) ? 1 : 0), longest)
                   : (struct str){NULL, 0};
}

/* The message that this one answers, or is set under. */
static struct str answered(struct irc_session *session, const struct irc_message *message)
{
    const char *reply = irc_reactions_tag(message, IRC_TAG_REPLY);
    return reply ? irc_reactions_whole(session, keep_tag(session, message, reply))
                 : (struct str){NULL, 0};
}

/* True: the newest event is this one. */
static bool gather(struct irc_session *session, const struct irc_message *message, struct str text,
                   bool is_notice)
{
    struct chat_event *event = begin(session, message, CHAT_MESSAGE, message->nick);
    enum irc_replay_what what = irc_replay_look(session, message, &event->sent_at);
    if (what == IRC_REPLAY_KNOWN || !place(session, message, event) || !is_news(session, message)) {
        session->event_count--;
        return false;
    }
    event->flags |= what == IRC_REPLAY_PAST ? CHAT_HISTORY : 0u;
    event->flags |= is_notice ? CHAT_NOTICE : 0u;
    event->flags |= text.ptr != message->params[1].ptr ? CHAT_ACTION : 0u; /* within its CTCP */
    buf_clear(&session->text);
    irc_format_strip(text, &session->text);
    event->text = keep(session, buf_str(&session->text));
    event->called = called(session, event->text);
    event->relates_to = answered(session, message);
    return true;
}

/* Half of what somebody said is worse than nothing, and nothing may be a call for help unheard:
 * when memory was short it is gathered again, from the reserve. */
void irc_events_message(struct irc_session *session, const struct irc_message *message,
                        bool is_notice)
{
    struct str text = message->params[1], channel;
    if (is_server(message) || is_outside(session))
        return;
    struct irc_batch *batch = batch_of(session, message);
    if (batch && batch->is_page && str_eq_c(message->nick, "HistServ")) {
        irc_history_passed(session, message, str_of(batch->target));
        return; /* Ergo's words for who came and went */
    }
    if (batch && batch->multiline) {
        irc_multiline_add(batch, message, is_notice);
        return;
    }
    if (irc_session_is_us(session, message->nick) && !is_replayed(session, message)) {
        irc_confirm_echo(session, message);
        if (!irc_isupport_channel(&session->isupport, message->params[0], &channel))
            return; /* ours, in private: nobody's event, and a password to services may be in it */
    }
    if (handle_ctcp(session, message, is_notice, &text)) {
        if (batch && batch->is_page)
            irc_history_passed(session, message, str_of(batch->target));
        return;
    }
    unsigned long shortages = mem_shortages();
    bool is_there = gather(session, message, text, is_notice);
    if (!mem_dealt_with(shortages))
        return;
    session->event_count -= is_there;
    mem_reserve_begin();
    is_there = gather(session, message, text, is_notice);
    mem_reserve_end();
    const struct chat_event *event = &session->events[session->event_count - is_there];
    if (!is_there || (event->sender.ptr && event->text.ptr))
        (void)mem_dealt_with(shortages); /* whole: the connection is not to blame */
}

/* What is taken away is told as taken back, by the reaction's own id: as on other networks. */
void irc_events_tagmsg(struct irc_session *session, const struct irc_message *message)
{
    const char *react = irc_reactions_tag(message, IRC_TAG_REACT);
    const char *unreact = react ? NULL : irc_reactions_tag(message, IRC_TAG_UNREACT);
    if (is_server(message) || is_outside(session) || (!react && !unreact))
        return;
    struct chat_event *event = begin(session, message, CHAT_REACTION, message->nick);
    event->text = keep_tag(session, message, react ? react : unreact);
    event->relates_to = answered(session, message);
    bool is_ours = place(session, message, event) && !str_empty(event->relates_to) &&
                   is_news(session, message);
    if (is_ours && react) {
        irc_reactions_note(session, event);
        return;
    }
    if (!is_ours || !irc_reactions_taken_away(session, event)) {
        session->event_count--;
        return;
    }
    event->kind = CHAT_REDACTION;
    event->text = (struct str){NULL, 0};
}

/* IRCv3 draft/message-redaction: "REDACT target msgid [reason]".  By an operator, by services, by
 * a program that keeps order or by the server itself it is as good as by whoever said it; and a
 * server is nobody whom we know. */
void irc_events_redact(struct irc_session *session, const struct irc_message *message)
{
    if (str_empty(message->params[1]))
        return;
    struct chat_event *event = begin(session, message, CHAT_REDACTION, message->nick);
    event->flags &= ~(unsigned)CHAT_FROM_BOT;
    if (is_server(message))
        event->account = (struct str){NULL, 0};
    event->relates_to = keep_repaired(session, message->params[1]);
    if (!place(session, message, event))
        session->event_count--;
}

void irc_events_invite(struct irc_session *session, const struct irc_message *message)
{
    struct str channel;
    if (is_server(message) ||
        !irc_isupport_channel(&session->isupport, message->params[1], &channel) ||
        !irc_session_is_us(session,
                           message->params[0])) /* invite-notify: somebody else was asked */
        return;
    struct chat_event *event = begin(session, message, CHAT_INVITE, message->nick);
    event->room = keep_folded(session, channel);
    irc_rooms_invited(session, channel, event->account);
}

void irc_events_topic(struct irc_session *session, const struct irc_message *message)
{
    struct str channel;
    if (is_server(message) ||
        !irc_isupport_channel(&session->isupport, message->params[0], &channel))
        return;
    struct chat_event *event = begin(session, message, CHAT_TOPIC, message->nick);
    event->room = keep_folded(session, channel);
    buf_clear(&session->text);
    irc_format_strip(message->params[1], &session->text);
    event->text = keep(session, buf_str(&session->text));
}

void irc_events_moved(struct irc_session *session, const struct irc_message *message,
                      enum chat_kind kind, const struct irc_room *room, struct str nick)
{
    struct chat_event *event = begin(session, message, kind, nick);
    event->room = keep_folded(session, str_of(room->name));
}
