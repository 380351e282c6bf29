/* SPDX-License-Identifier: MIT */
/* multiline.c: messages of several lines as one (IRCv3 draft/multiline), in both directions. */
#include <errno.h>
#include <stdio.h>

#include "chat/irc/out.h"
#include "chat/irc/write.h"

enum {
    TEXT_BYTES = 16 * 1024, /* of one that comes: more is cut */
    SEND_BYTES = 8 * 1024,
    QUEUE_BYTES = 32 * 1024, /* what may wait in the stream before a batch is begun */
    RETRY_MS = 500
};

/* ---- in -------------------------------------------------------------------------------------- */

struct irc_multiline {
    struct buf opening; /* "@tags :source PRIVMSG target": what counts for the whole */
    struct buf text;
    bool is_notice, has_lines;
};

static void free_multiline(struct irc_multiline *multiline)
{
    if (!multiline)
        return;
    buf_done(&multiline->opening);
    buf_done(&multiline->text);
    mem_free(multiline);
}

/* Without memory its lines are read one by one: nothing is lost but that they belong together. */
void irc_multiline_open(struct irc_batch *batch, const struct irc_message *message)
{
    struct irc_multiline *multiline = mem_zalloc(sizeof(*multiline));
    if (!multiline)
        return;
    buf_init(&multiline->opening, IRC_LINE_LIMIT + 64);
    buf_init(&multiline->text, TEXT_BYTES);
    if (message->tags.len) {
        buf_add_byte(&multiline->opening, '@');
        buf_add(&multiline->opening, message->tags);
        buf_add_byte(&multiline->opening, ' ');
    }
    buf_add_byte(&multiline->opening, ':');
    buf_add(&multiline->opening, message->source);
    buf_add_c(&multiline->opening, " PRIVMSG ");
    buf_add(&multiline->opening, message->params[2]);
    if (multiline->opening.failed) {
        free_multiline(multiline);
        return;
    }
    batch->multiline = multiline;
}

void irc_multiline_add(struct irc_batch *batch, const struct irc_message *message, bool is_notice)
{
    struct irc_multiline *multiline = batch->multiline;
    struct str raw, line = message->params[1];
    bool is_joined = irc_parse_tag(message, "draft/multiline-concat", &raw);
    size_t room = TEXT_BYTES - multiline->text.len;
    multiline->is_notice |= is_notice;
    if (room < 2)
        return;
    if (multiline->has_lines && !is_joined)
        buf_add_byte(&multiline->text, '\n');
    multiline->has_lines = true;
    buf_add(&multiline->text, str_upto(line, room - 1));
}

/* Told as if it had come as one line; also what came of one whose end never did, since half of a
 * call for help is a call for help. */
void irc_multiline_close(struct irc_session *session, struct irc_batch *batch)
{
    struct irc_multiline *multiline = TAKE(batch->multiline);
    struct irc_message message;
    if (multiline && multiline->has_lines &&
        irc_parse_line(buf_str(&multiline->opening), &message) == 0 && message.param_count == 1) {
        message.params[1] = buf_str(&multiline->text);
        message.param_count = 2;
        irc_events_message(session, &message, multiline->is_notice);
    }
    free_multiline(multiline);
}

void irc_multiline_close_all(struct irc_session *session)
{
    for (size_t i = 0; i < IRC_BATCHES_MAX; i++)
        irc_multiline_close(session, &session->batches[i]);
}

void irc_multiline_forget(struct irc_session *session)
{
    for (size_t i = 0; i < IRC_BATCHES_MAX; i++)
        free_multiline(TAKE(session->batches[i].multiline));
}

/* ---- out ------------------------------------------------------------------------------------- */

bool irc_multiline_can(const struct irc_session *session, const struct irc_out *out)
{
    const struct irc_caps *caps = &session->caps;
    size_t bytes = out->ends[out->count - 1] + out->count - 1;
    return out->count > 1 && !irc_out_is_long(out) && irc_caps_has(caps, IRC_CAP_MULTILINE) &&
           irc_caps_has(caps, IRC_CAP_BATCH) && irc_caps_has(caps, IRC_CAP_MESSAGE_TAGS) &&
           bytes <= MIN_OF(caps->multiline_bytes, (size_t)SEND_BYTES) &&
           (!caps->multiline_lines || out->count <= caps->multiline_lines);
}

static int write_composed(struct irc_session *session, const struct irc_write *write)
{
    int r = irc_write_line(write, &session->line);
    if (r < 0)
        return r;
    irc_flood_force(&session->flood, session->line.len, irc_session_now_ms(session));
    return irc_session_write(session, buf_str(&session->line));
}

static int write_lines(struct irc_session *session, const struct irc_out *out, struct str ref)
{
    bool is_notice = out->is_room && (out->flags & CHAT_SEND_ANSWER);
    const struct irc_write_tag tag = {STR("batch"), ref};
    int r = 0;
    for (size_t i = 0; r >= 0 && i < out->count; i++) {
        const struct str params[] = {str_of(out->target), irc_out_line(out, i)};
        r = write_composed(
            session, &(struct irc_write){.tags = &tag,
                                         .tag_count = 1,
                                         .command = is_notice ? STR("NOTICE") : STR("PRIVMSG"),
                                         .params = params,
                                         .param_count = 2,
                                         .limit = session->isupport.linelen - 2});
    }
    return r;
}

/* All of it at once, since nothing else of ours may be said inside; paid for afterwards.  As
 * irc_outbound's own writers: 0, milliseconds to wait, or -1. */
int64_t irc_multiline_write(struct irc_session *session, struct irc_out *out,
                            const struct irc_write_tag *tags, size_t tag_count)
{
    char opening[40], closing[40];
    int64_t now_ms = irc_session_now_ms(session);
    snprintf(opening, sizeof(opening), "+m%llu", (unsigned long long)out->serial);
    snprintf(closing, sizeof(closing), "-m%llu", (unsigned long long)out->serial);
    struct str params[] = {str_of(opening), STR("draft/multiline"), str_of(out->target)};
    struct str end = str_of(closing);
    struct irc_write write = {.tags = tags,
                              .tag_count = tag_count,
                              .command = STR("BATCH"),
                              .params = params,
                              .param_count = 3};
    size_t bytes = out->ends[0];
    if (stream_queued_bytes(session->stream) > QUEUE_BYTES)
        return RETRY_MS;
    int64_t wait_ms = irc_out_is_crisis(out) ? irc_flood_take_crisis(&session->flood, bytes, now_ms)
                                             : irc_flood_take(&session->flood, bytes, now_ms);
    if (wait_ms > 0)
        return wait_ms;
    out->is_batch = true;
    out->written = out->count; /* from here on it may arrive */
    int r = write_composed(session, &write);
    if (r >= 0)
        r = write_lines(session, out, str_from(str_of(opening), 1));
    if (r >= 0)
        r = write_composed(session, &(struct irc_write){
                                        .command = STR("BATCH"), .params = &end, .param_count = 1});
    if (r >= 0)
        return 0;
    /* An open batch would swallow what comes next; `out` ends with the connection. */
    irc_session_drop(session, IRC_WAIT_NORMAL, "a message of several lines was cut");
    return -1;
}
