/* SPDX-License-Identifier: MIT */
/* outbound.c: takes messages, writes them at the network's pace with crisis ahead, and says of each
 * what became of it. */
#include "chat/irc/out.h"

#include <errno.h>
#include <stdio.h>

#include "chat/irc/format.h"
#include "chat/irc/write.h"
#include "observe/log.h"

#define NETWORK(session) LOG_TEXT("network", (session)->network.name)

enum {
    LINES_MAX = 128,
    CRISIS_ROW = 3, /* lines for help in a row, while something else waits */
    RETRY_MS = 500,
    ASK_MS = 1000 /* what asking a silent server may take on a good line */
};

/* ---- one message ----------------------------------------------------------------------------- */

static void free_out(struct irc_out *out)
{
    mem_free(out->target);
    mem_free(out->user);
    mem_free(out->identity);
    mem_free(out->text);
    mem_free(out);
}

static bool is_clean(struct str line)
{
    return !str_has_byte(line, '\r') && !str_has_byte(line, '\n') && !str_has_byte(line, '\0');
}

/* All lines behind one another, with their ends: one allocation for a message, and nothing of the
 * caller's is held.  A mention that would not fit beside the text stands on a line of its own. */
static int copy_lines(const struct irc_session *session, const struct chat_message *message,
                      struct irc_out *out)
{
    struct str mention = message->room.len ? message->mention : STR("");
    bool own_line = mention.len + 2 > irc_budget_mention_bytes(session);
    AUTO_BUF text = {.limit = LINES_MAX * 8192};
    if (mention.len) {
        buf_add(&text, mention);
        buf_add_c(&text, own_line ? ":" : ": ");
        if (own_line)
            out->ends[out->count++] = text.len;
    }
    for (size_t i = 0; i < message->line_count; i++) {
        if (!is_clean(message->lines[i]) || !is_clean(mention))
            return -EINVAL;
        if (session->options.is_plain || session->takes_no_codes)
            irc_format_strip(message->lines[i], &text);
        else
            buf_add(&text, message->lines[i]);
        out->ends[out->count++] = text.len;
    }
    if (text.failed)
        return text.failed;
    out->text = str_copy(buf_str(&text));
    return out->text ? 0 : -ENOMEM;
}

int irc_out_set_target(struct irc_out *out, struct str target)
{
    char *copy = str_copy(target);
    if (!copy)
        return -ENOMEM;
    mem_free(out->target);
    out->target = copy;
    return 0;
}

static int make_out(struct irc_session *session, const struct chat_message *message,
                    struct irc_out **ret_out)
{
    if (message->line_count == 0 || message->line_count > LINES_MAX)
        return -EINVAL;
    struct irc_out *out = mem_zalloc(sizeof(*out) +
                                     (message->line_count + 1) * sizeof(out->ends[0]));
    if (!out)
        return -ENOMEM;
    *out = (struct irc_out){.token = message->token,
                            .flags = message->flags,
                            .state = IRC_OUT_READY,
                            .is_room = message->room.len > 0,
                            .serial = ++session->next_serial};
    (void)str_to_c(message->answers_id, out->answers, sizeof(out->answers));
    int r = copy_lines(session, message, out);
    out->user = str_copy(message->user);
    out->identity = str_copy(message->identity);
    if (r >= 0 && (!out->user || !out->identity))
        r = -ENOMEM;
    if (r >= 0)
        r = irc_out_set_target(out, out->is_room ? message->room : message->user);
    if (r < 0) {
        free_out(out);
        return r;
    }
    *ret_out = out;
    return 0;
}

/* Crisis stands before all that is not; else in the order they came. */
static void insert(struct irc_session *session, struct irc_out *out)
{
    struct irc_out **at = &session->outs;
    while (*at && (irc_out_is_crisis(*at) || !irc_out_is_crisis(out)))
        at = &(*at)->next;
    out->next = *at;
    *at = out;
    session->out_count++;
}

void irc_out_end(struct irc_session *session, struct irc_out *out, enum chat_outcome outcome)
{
    out->state = IRC_OUT_ENDED;
    out->outcome = outcome;
    irc_outbound_wake(session);
}

/* Routine messages that still have lines to write, or too many without a recipient yet.  Only what
 * is long itself waits for something long. */
static bool has_waiting(const struct irc_session *session, bool is_long)
{
    size_t asking = 0;
    for (const struct irc_out *out = session->outs; out; out = out->next) {
        if (irc_out_is_crisis(out) || (irc_out_is_long(out) && !is_long))
            continue;
        if (out->state == IRC_OUT_READY || (out->state == IRC_OUT_ASKING && irc_out_is_long(out)))
            return true;
        asking += out->state == IRC_OUT_ASKING;
    }
    return asking >= IRC_OUT_ASKING_MAX;
}

/* Silent for longer than it takes us to ask: the machine slept, or the line is dead.  What is
 * routine would be lost on it, and waits until the server is heard or given up; a call for help
 * does not wait for certainty, it is said again. */
static bool is_doubtful(const struct irc_session *session)
{
    return irc_session_now_ms(session) - session->heard_ms > IRC_SILENCE_MS + ASK_MS;
}

/* Whether a room takes messages now: 0, -EAGAIN while joining, -EHOSTUNREACH when it does not let
 * us in. */
static int check_room(struct irc_session *session, struct str name)
{
    struct irc_room *room = irc_users_room(&session->users, name);
    if (!room || !room->wanted || room->state == IRC_ROOM_REFUSED)
        return -EHOSTUNREACH;
    return room->state == IRC_ROOM_IN ? 0 : -EAGAIN;
}

/* Takes only what it can begin soon: what waits longer waits in the outbox, where it can expire, be
 * held for the night, and survive a restart. */
int irc_outbound_send(struct irc_session *session, const struct chat_message *message)
{
    bool is_crisis = (message->flags & CHAT_SEND_CRISIS) != 0;
    bool is_long = (message->flags & CHAT_SEND_LONG) && !is_crisis;
    struct irc_out *out;
    if (session->phase != IRC_UP)
        return -ENOTCONN;
    int reached = message->room.len ? check_room(session, message->room) : 0;
    if (reached == -EAGAIN ||
        (!is_crisis && (has_waiting(session, is_long) || is_doubtful(session))) ||
        session->out_count >= (is_crisis ? 2u * IRC_OUT_MAX : (unsigned)IRC_OUT_MAX)) {
        *(is_long ? &session->want_long : &session->want_ready) = true;
        return -EAGAIN;
    }
    int r = make_out(session, message, &out);
    if (r < 0)
        return r;
    insert(session, out);
    if (reached < 0)
        irc_out_end(session, out, irc_out_without_room(out));
    else if (!out->is_room)
        irc_reach_find(session, out);
    irc_outbound_wake(session);
    return 0;
}

/* What waits for its turn would be said to a room that does not hear us any more. */
void irc_outbound_left(struct irc_session *session, struct str room)
{
    for (struct irc_out *out = session->outs; out; out = out->next)
        if (out->is_room && out->state == IRC_OUT_READY &&
            irc_casemap_same(session->isupport.casemap, str_of(out->target), room))
            irc_out_end(session, out, out->written ? CHAT_UNKNOWN : irc_out_without_room(out));
}

/* ---- writing --------------------------------------------------------------------------------- */

/* A label, by which the answer is known; whom the first line answers.  How many. */
static size_t add_tags(const struct irc_session *session, const struct irc_out *out, char label[32],
                       struct irc_write_tag tags[2])
{
    size_t count = 0;
    snprintf(label, 32, "m%llu", (unsigned long long)out->serial);
    if (irc_caps_has(&session->caps, IRC_CAP_LABELED_RESPONSE))
        tags[count++] = (struct irc_write_tag){STR("label"), str_of(label)};
    const char *reply = irc_reactions_may_say(session, IRC_TAG_REPLY);
    if (out->answers[0] && out->written == 0 && reply)
        tags[count++] = (struct irc_write_tag){str_of(reply), str_of(out->answers)};
    return count;
}

static int compose(struct irc_session *session, const struct irc_out *out)
{
    bool is_notice = out->is_room && (out->flags & CHAT_SEND_ANSWER);
    char label[32];
    struct irc_write_tag tags[2];
    size_t tag_count = add_tags(session, out, label, tags);
    struct str params[] = {str_of(out->target), irc_out_line(out, out->written)};
    struct irc_write write = {.tags = tags,
                              .tag_count = tag_count,
                              .command = is_notice ? STR("NOTICE") : STR("PRIVMSG"),
                              .params = params,
                              .param_count = 2,
                              .limit = session->isupport.linelen - 2};
    return irc_write_line(&write, &session->line);
}

/* All lines are out: what will tell that they arrived? */
static void settle(struct irc_session *session, struct irc_out *out)
{
    char token[40];
    out->state = IRC_OUT_AWAITING;
    out->due_ms = irc_session_now_ms(session) + IRC_CONFIRM_MS;
    if (!irc_caps_has(&session->caps, IRC_CAP_ECHO_MESSAGE)) {
        if (!(out->flags & (CHAT_SEND_CONFIRM | CHAT_SEND_CRISIS))) {
            irc_out_end(session, out, CHAT_UNKNOWN);
            return;
        }
        /* The server answers in order: a PONG without an error before it means that the line was
         * taken. */
        snprintf(token, sizeof(token), "mooring.%llu", (unsigned long long)out->serial);
        irc_session_now(session, "PING", IRC_PARAMS(str_of(token)));
    }
    irc_out_arm(session);
}

/* What was written gets no echo any more: asked for in the other way. */
void irc_outbound_echo_gone(struct irc_session *session)
{
    for (struct irc_out *out = session->outs; out; out = out->next)
        if (out->state == IRC_OUT_AWAITING)
            settle(session, out);
}

typedef int64_t (*take_fn)(struct irc_flood *flood, size_t bytes, int64_t now_ms);

/* Writes one line: 0; or the milliseconds to wait; or -1: the connection takes nothing more. */
static int64_t write_line(struct irc_session *session, struct str line, take_fn take)
{
    int64_t wait_ms = take(&session->flood, line.len, irc_session_now_ms(session));
    if (wait_ms > 0)
        return wait_ms;
    int r = irc_session_write(session, line);
    if (r == -ENOBUFS)
        return RETRY_MS;
    return r < 0 ? -1 : 0;
}

static int64_t write_batch(struct irc_session *session, struct irc_out *out)
{
    char label[32];
    struct irc_write_tag tags[2];
    size_t tag_count = add_tags(session, out, label, tags);
    int64_t wait_ms = irc_multiline_write(session, out, tags, tag_count);
    if (wait_ms == 0)
        settle(session, out);
    return wait_ms;
}

static int64_t write_next(struct irc_session *session, struct irc_out *out)
{
    if (out->written == 0 && irc_multiline_can(session, out))
        return write_batch(session, out);
    int r = compose(session, out);
    if (r == -ENOMEM)
        return RETRY_MS; /* it can be sent, only not now */
    if (r < 0) {
        log_event(LOG_LEVEL_ERROR, "irc_message_unsendable", NETWORK(session), LOG_ERRNO(r));
        irc_out_end(session, out, out->written ? CHAT_UNKNOWN : CHAT_REFUSED);
        return 0;
    }
    int64_t wait_ms = write_line(session, buf_str(&session->line),
                                 irc_out_is_crisis(out) ? irc_flood_take_crisis
                                 : irc_out_is_long(out) ? irc_flood_take_long
                                                        : irc_flood_take);
    if (wait_ms != 0)
        return wait_ms;
    if (++out->written == out->count)
        settle(session, out);
    return 0;
}

/* For somebody in need there is memory in reserve. */
static int64_t write_out(struct irc_session *session, struct irc_out *out)
{
    if (!irc_out_is_crisis(out))
        return write_next(session, out);
    mem_reserve_begin();
    int64_t wait_ms = write_next(session, out);
    mem_reserve_end();
    return wait_ms;
}

/* What is long goes when nothing else wants to, a line at a time. */
static struct irc_out *next_out(const struct irc_session *session)
{
    struct irc_out *longest = NULL;
    for (struct irc_out *out = session->outs; out; out = out->next) {
        if (out->state == IRC_OUT_READY && !irc_out_is_long(out))
            return out;
        if (out->state == IRC_OUT_READY && !longest)
            longest = out;
    }
    return longest;
}

/* Crisis; then the protocol's own lines and the rest in turns, as long as the bucket has room.
 * After an absence dozens of pages may wait for a team; not even they keep us out of the rooms in
 * which somebody may call: now and then a line of the protocol goes between, at their price. */
static void write_all(struct irc_session *session)
{
    int64_t wait_ms = 0;
    while (wait_ms == 0 && session->stream && session->phase == IRC_UP) {
        struct irc_out *out = next_out(session);
        struct str line;
        bool is_urgent, has_line = irc_flood_peek(&session->flood, &line, &is_urgent);
        bool may_speak = out && !is_doubtful(session) && !(has_line && irc_out_is_long(out));
        bool is_crisis = out && irc_out_is_crisis(out);
        if (!is_crisis)
            session->crisis_row = 0;
        if (is_crisis && has_line && session->crisis_row >= CRISIS_ROW) {
            wait_ms = write_line(session, line, irc_flood_take_crisis);
            if (wait_ms == 0) {
                irc_flood_pop(&session->flood);
                session->crisis_row = 0;
            }
        } else if (is_crisis) {
            wait_ms = write_out(session, out);
            session->crisis_row += wait_ms == 0;
        } else if (has_line && !(may_speak && session->queue_had_turn)) {
            wait_ms = write_line(session, line, is_urgent ? irc_flood_take_urgent : irc_flood_take);
            if (wait_ms == 0)
                irc_flood_pop(&session->flood);
            session->queue_had_turn |= wait_ms == 0;
        } else if (may_speak) {
            wait_ms = write_out(session, out);
            session->queue_had_turn &= wait_ms != 0;
        } else {
            return;
        }
    }
    if (wait_ms > 0)
        irc_session_arm(session, &session->flood_timer, wait_ms);
}

static void tell_ended(struct irc_session *session)
{
    struct irc_out **at = &session->outs;
    while (*at) {
        struct irc_out *out = *at;
        if (out->state != IRC_OUT_ENDED) {
            at = &out->next;
            continue;
        }
        *at = out->next;
        session->out_count--;
        if (session->env.sink.sent)
            session->env.sink.sent(session->env.sink.ctx, &session->network, out->token,
                                   out->outcome, str_of(out->id));
        free_out(out);
        at = &session->outs; /* the sink may have sent something meanwhile */
    }
}

void irc_outbound_wake(struct irc_session *session)
{
    loop_defer(session->env.loop, &session->pump_call);
}

void irc_outbound_pump(struct irc_session *session)
{
    write_all(session);
    irc_rooms_queue_moved(session);
    tell_ended(session);
    bool takes = session->want_ready && !has_waiting(session, false);
    bool takes_long = session->want_long && !has_waiting(session, true);
    if (!(takes || takes_long) || session->phase != IRC_UP || is_doubtful(session) ||
        session->out_count >= IRC_OUT_MAX)
        return;
    session->want_ready &= !takes;
    session->want_long &= !takes_long;
    if (session->env.sink.ready)
        session->env.sink.ready(session->env.sink.ctx, &session->network);
}

/* ---- the end of a wait, or of the connection ------------------------------------------------- */

void irc_out_arm(struct irc_session *session)
{
    int64_t first_ms = INT64_MAX;
    for (struct irc_out *out = session->outs; out; out = out->next)
        if (out->state == IRC_OUT_ASKING || out->state == IRC_OUT_AWAITING)
            first_ms = MIN_OF(first_ms, out->due_ms);
    if (first_ms == INT64_MAX)
        loop_timer_disarm(session->env.loop, &session->confirm_timer);
    else
        irc_session_arm(session, &session->confirm_timer,
                        MAX_OF(first_ms - irc_session_now_ms(session), (int64_t)0));
}

/* A call for help is said again when it is not confirmed.  Into a line from which nothing at all
 * came since that would be for nothing: the next one is opened now, and not after two questions
 * more. */
void irc_outbound_overdue(struct irc_session *session)
{
    int64_t now_ms = irc_session_now_ms(session);
    bool is_silent = now_ms - session->heard_ms >= IRC_CONFIRM_MS, is_dead = false;
    for (struct irc_out *out = session->outs; out; out = out->next) {
        if (out->due_ms > now_ms)
            continue;
        if (out->state == IRC_OUT_AWAITING) {
            is_dead |= is_silent && irc_out_is_crisis(out);
            irc_out_end(session, out, CHAT_UNKNOWN);
        } else if (out->state == IRC_OUT_ASKING) {
            irc_out_end(session, out, CHAT_FAILED);
        }
    }
    if (is_dead)
        irc_session_drop(session, IRC_WAIT_NORMAL,
                         "the server is silent while somebody waits for help");
    irc_out_arm(session);
}

void irc_outbound_lost(struct irc_session *session)
{
    for (struct irc_out *out = session->outs; out; out = out->next)
        if (out->state != IRC_OUT_ENDED)
            irc_out_end(session, out, out->written ? CHAT_UNKNOWN : CHAT_FAILED);
    session->want_ready = session->want_long = false;
    tell_ended(session);
}

void irc_outbound_forget(struct irc_session *session)
{
    while (session->outs) {
        struct irc_out *out = session->outs;
        session->outs = out->next;
        free_out(out);
    }
    session->out_count = 0;
}
