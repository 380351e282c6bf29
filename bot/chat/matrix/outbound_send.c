/* SPDX-License-Identifier: MIT */
/* outbound_send.c: each line's first is sent, part by part, one request at a time; what the answer
 * means for it. */
#include <errno.h>
#include <stdio.h>

#include "base/die.h"
#include "chat/matrix/outbound_internal.h"
#include "observe/log.h"

enum { OUT_MOVE_MS = 10 * 1000, PICTURE_TRIES = 5 };

#define NETWORK(line) LOG_TEXT("network", (line)->outbound->session->network.name)

/* ---- where to -------------------------------------------------------------------------------- */

/* A private room is being made.  Somebody in need is not left without a word meanwhile: the room
 * they spoke in hears the card that names nobody, and the private word follows when it can. */
static struct matrix_room *being_made(struct out_line *line, bool *ret_again)
{
    struct out_item *item = line->first;
    int64_t waited_ms = out_now_ms(line->outbound) - item->accepted_ms;
    if (out_is_crisis(item) && waited_ms >= OUT_CRISIS_WAIT_MS)
        out_tell(line->outbound, item, CHAT_REFUSED);
    if (waited_ms >= OUT_KEEP_MS) {
        out_end(line, CHAT_FAILED);
        *ret_again = true;
    }
    return NULL;
}

static struct matrix_room *private_room(struct out_line *line, bool *ret_again)
{
    struct matrix_session *session = line->outbound->session;
    struct matrix_room *room = NULL;
    switch (matrix_direct_room(session->direct, str_of(line->key), &room)) {
    case MATRIX_DIRECT_JOINED:
    case MATRIX_DIRECT_ASKED:
        return room;
    case MATRIX_DIRECT_REFUSED:
        out_end(line, CHAT_REFUSED);
        *ret_again = true;
        return NULL;
    case MATRIX_DIRECT_NONE:
    case MATRIX_DIRECT_MAKING:
    case MATRIX_DIRECT_STATE_COUNT:
        break;
    }
    return being_made(line, ret_again);
}

/* Not entered yet, or put out of: a while is waited for the first, none for a ban.  From a room
 * that was upgraded we are on our way to the next. */
static struct matrix_room *group_room(struct out_line *line, bool *ret_again)
{
    struct matrix_outbound *outbound = line->outbound;
    struct matrix_room *room = matrix_rooms_by_name(outbound->session->rooms, str_of(line->key));
    int64_t waited_ms = out_now_ms(outbound) - line->first->accepted_ms;
    bool is_moving = room && room->is_tombstoned && waited_ms < OUT_MOVE_MS;
    if (room && room->membership == MATRIX_IN && !is_moving)
        return room;
    bool is_banned = room && room->membership == MATRIX_BANNED;
    if (is_banned || waited_ms >= OUT_ENTER_MS) {
        out_end(line, CHAT_REFUSED);
        *ret_again = true;
    }
    return NULL;
}

struct matrix_room *out_room(struct out_line *line, bool *ret_again)
{
    return line->is_private ? private_room(line, ret_again) : group_room(line, ret_again);
}

/* ---- what came of it ------------------------------------------------------------------------- */

void out_transaction(const struct out_item *item, char out[OUT_TRANSACTION_BYTES])
{
    bool is_picture = item->kind == OUT_SAY && item->part == item->parts.count;
    if (item->kind != OUT_SAY || item->part == 0)
        (void)snprintf(out, OUT_TRANSACTION_BYTES, "%.*s", STR_ARG(item->transaction_id));
    else if (is_picture)
        (void)snprintf(out, OUT_TRANSACTION_BYTES, "%.*s.f", STR_ARG(item->transaction_id));
    else
        (void)snprintf(out, OUT_TRANSACTION_BYTES, "%.*s.%zu", STR_ARG(item->transaction_id),
                       item->part);
}

size_t out_part_count(const struct out_item *item)
{
    return item->parts.count + (item->has_picture ? 1 : 0);
}

/* Who has not entered a private room cannot have read it: for a call for help that is not an
 * answer. */
static enum chat_outcome outcome_of(const struct out_line *line, const struct out_item *item)
{
    struct matrix_room *room;
    bool must_reach = item->message.flags & (CHAT_SEND_CRISIS | CHAT_SEND_CONFIRM);
    if (!line->is_private || !must_reach)
        return CHAT_CONFIRMED;
    enum matrix_direct_state state = matrix_direct_room(line->outbound->session->direct,
                                                        str_of(line->key), &room);
    return state == MATRIX_DIRECT_JOINED ? CHAT_CONFIRMED : CHAT_REFUSED;
}

static void finish(struct out_line *line)
{
    struct out_item *item = line->first;
    out_tell(line->outbound, item, outcome_of(line, item));
    out_add_choices(line, item);
    out_shift(line);
}

/* All of them go when it is taken back. */
static void keep_other(struct out_item *item, struct str id)
{
    AUTO_BUF ids;
    buf_init(&ids, OUT_PART_IDS_BYTES);
    if (str_empty(id) || str_has_byte(id, ' '))
        return;
    buf_add(&ids, item->other_ids);
    buf_add_byte(&ids, ' ');
    buf_add(&ids, id);
    struct str kept = ids.failed ? (struct str){0} : str_keep(&item->arena, buf_str(&ids));
    item->other_ids = kept.ptr ? kept : item->other_ids; /* one that stays, at worst */
}

void out_keep_id(struct out_item *item, size_t part, struct str event_id)
{
    bool is_last = part + 1 == item->parts.count;
    if (!is_last)
        keep_other(item, event_id);
    else if (!str_empty(event_id))
        (void)str_to_c(event_id, item->message_id, sizeof item->message_id);
}

void out_sent(struct out_line *line, struct str event_id)
{
    struct out_item *item = line->first;
    line->failures = 0;
    line->due_ms = 0;
    if (item->kind != OUT_SAY) {
        out_shift(line);
        return;
    }
    item->is_sent[MIN_OF(item->part, (size_t)MATRIX_PARTS_MAX)] = true;
    out_keep_id(item, item->part, event_id);
    item->part++;
    if (item->part >= out_part_count(item))
        finish(line);
}

/* After ten minutes of it all of the line goes back to who gave it, who gives it again or lets it
 * be: all, so that nothing overtakes. */
void out_wait(struct out_line *line, const struct matrix_answer *answer)
{
    struct matrix_outbound *outbound = line->outbound;
    int64_t now_ms = out_now_ms(outbound);
    line->due_ms = now_ms + matrix_retry_ms(outbound->session, answer, ++line->failures);
    if (now_ms - line->first->accepted_ms < OUT_KEEP_MS)
        return;
    while (line->first)
        out_end(line, CHAT_FAILED);
}

/* A policy server, a level that is not ours, a ban that /sync has not told yet: trying again is of
 * no use, and those who look after the room must hear of it. */
static void refused(struct out_line *line, const struct matrix_answer *answer)
{
    struct matrix_session *session = line->outbound->session;
    log_event(LOG_LEVEL_WARNING, "matrix_refused", NETWORK(line), LOG_INT("status", answer->status),
              LOG_INT("kind", line->first->kind), LOG_ERRNO(answer->result));
    if (!line->is_private && line->first->kind == OUT_SAY && answer->status == 403)
        matrix_session_notice(session, CHAT_NOTICE_REFUSED, str_of(line->key), 1);
    out_end(line, CHAT_REFUSED);
}

static struct str event_id_of(const struct matrix_answer *answer)
{
    const json_t *id = json_object_get(answer->json, "event_id");
    return json_is_string(id) ? (struct str){json_string_value(id), json_string_length(id)}
                              : (struct str){0};
}

static void answered(void *ctx, const struct matrix_answer *answer)
{
    struct out_line *line = ctx;
    DIE_AT(DIE_CONFIRMATION_UNREAD);
    line->call = NULL;
    line->outbound->under_way--;
    matrix_outbound_wake(line->outbound);
    bool is_there = answer->result == 0 || str_eq_c(answer->errcode, "M_DUPLICATE_TXNID");
    if (is_there) {
        out_sent(line, event_id_of(answer));
        return;
    }
    switch (answer->result) {
    case -EACCES:
        if (answer->status == 403 && !str_starts(answer->errcode, STR("M_USER_")))
            break;
        /* no token now, or the account is suspended: it ends with the session, or goes with the
         * next */
        out_wait(line, answer);
        return;
    case -E2BIG:
    case -EINVAL:
    case -ENOENT:
        break;
    default:
        out_wait(line, answer);
        return;
    }
    refused(line, answer);
}

/* ---- requests -------------------------------------------------------------------------------- */

static void put(struct out_line *line, const struct matrix_room *room, const char *pattern,
                struct str middle, struct str body)
{
    char transaction[OUT_TRANSACTION_BYTES];
    AUTO_BUF path;
    buf_init(&path, OUT_PATH_BYTES);
    out_transaction(line->first, transaction);
    const struct str parts[] = {room->id, middle, str_of(transaction)};
    int r = matrix_path(&path, pattern, parts, COUNT_OF(parts));
    struct matrix_request request = {.method = "PUT", .path = buf_str(&path), .body = body};
    if (r == 0)
        r = matrix_request(line->outbound->session, &request, answered, line, &line->call);
    if (r < 0) {
        out_wait(line, NULL);
        return;
    }
    line->outbound->under_way++;
    DIE_AT(DIE_SENT_UNCONFIRMED);
}

static void put_event(struct out_line *line, const struct matrix_room *room,
                      const struct matrix_part *part)
{
    put(line, room, "/_matrix/client/v3/rooms/{}/send/{}/{}", part->type, part->json);
}

static struct matrix_place place_of(const struct out_line *line)
{
    const struct matrix_options *options = &line->outbound->session->options;
    return (struct matrix_place){.threads = options->threads,
                                 .is_private = line->is_private,
                                 .has_polls = options->has_polls};
}

/* Without its picture: the text says in words what it shows. */
static void without_picture(struct out_line *line)
{
    line->first->has_picture = false;
    finish(line);
}

static void picture_there(void *ctx, int result, struct str uri, int64_t retry_ms)
{
    struct out_line *line = ctx;
    struct out_item *item = line->first;
    struct matrix_outbound *outbound = line->outbound;
    line->picture = NULL;
    outbound->under_way--;
    matrix_outbound_wake(outbound);
    if (result == -EAGAIN && ++line->failures < PICTURE_TRIES) {
        line->due_ms = out_now_ms(outbound) + retry_ms;
        return;
    }
    item->emoji = result < 0 ? (struct str){0} : str_keep(&item->arena, uri);
    if (!item->emoji.ptr)
        without_picture(line);
}

/* `emoji` of a message holds where its picture is. */
static void say_picture(struct out_line *line, const struct matrix_room *room)
{
    struct out_item *item = line->first;
    struct matrix_place place = place_of(line);
    struct matrix_part part;
    if (str_empty(item->emoji)) {
        struct matrix_media_file file = {item->message.file_bytes, item->message.file_mime,
                                         item->message.file_name};
        if (matrix_media_bring(line->outbound->media, &file, picture_there, line, &line->picture) <
            0)
            out_wait(line, NULL);
        else
            line->outbound->under_way++;
        return;
    }
    if (matrix_content_picture(&item->message, &place, item->emoji, &item->arena, &part) < 0)
        out_wait(line, NULL);
    else
        put_event(line, room, &part);
}

static void say(struct out_line *line, const struct matrix_room *room)
{
    struct out_item *item = line->first;
    if (item->part == item->parts.count)
        say_picture(line, room);
    else
        put_event(line, room, &item->parts.parts[item->part]);
}

static void react(struct out_line *line, const struct matrix_room *room)
{
    struct out_item *item = line->first;
    struct matrix_part part;
    if (matrix_content_reaction(item->event_id, item->emoji, &item->arena, &part) < 0)
        out_wait(line, NULL);
    else
        put_event(line, room, &part);
}

/* ---- a line's turn --------------------------------------------------------------------------- */

/* False: it is over. */
static bool make_parts(struct out_line *line)
{
    struct out_item *item = line->first;
    struct matrix_place place = place_of(line);
    if (item->is_made)
        return true;
    int r = matrix_content_make(&item->message, &place, &item->arena, &item->parts);
    if (r == 0) {
        item->is_made = true;
        return true;
    }
    log_event(LOG_LEVEL_ERROR, "matrix_content", NETWORK(line), LOG_ERRNO(r));
    out_end(line, r == -ENOMEM ? CHAT_FAILED : CHAT_REFUSED);
    return false;
}

/* Parts that are there already: by /sync, by looking. */
static bool skip_sent(struct out_line *line)
{
    struct out_item *item = line->first;
    char transaction[OUT_TRANSACTION_BYTES];
    out_transaction(item, transaction);
    const struct out_seen *seen = out_find_seen(line->outbound, str_of(transaction));
    if (!seen && !item->is_sent[MIN_OF(item->part, (size_t)MATRIX_PARTS_MAX)])
        return false;
    metric_add(line->outbound->recovered, 1);
    out_sent(line, seen ? str_of(seen->event_id) : (struct str){0});
    return true;
}

/* True: the line changed, and has another first. */
static bool say_next(struct out_line *line, const struct matrix_room *room)
{
    if (!make_parts(line))
        return true;
    if (line->first->must_look) {
        out_look(line, room);
        return false;
    }
    if (skip_sent(line))
        return true;
    say(line, room);
    return false;
}

/* The last look before anything is written: never plain text where others expect encryption. */
static bool is_shut(struct out_line *line, struct matrix_room *room)
{
    if (!room->is_encrypted || line->first->kind == OUT_REDACT)
        return false;
    if (!line->is_private && !room->told_encrypted) {
        room->told_encrypted = true;
        matrix_session_notice(line->outbound->session, CHAT_NOTICE_ROOM_ENCRYPTED,
                              str_of(line->key), 1);
    }
    out_end(line, CHAT_REFUSED);
    return true;
}

static bool step(struct out_line *line)
{
    bool again = false;
    struct out_item *item = line->first;
    struct matrix_room *room = out_room(line, &again);
    if (!room || again)
        return again;
    if (is_shut(line, room))
        return true;
    switch (item->kind) {
    case OUT_SAY:
        return say_next(line, room);
    case OUT_REACT:
        react(line, room);
        break;
    case OUT_REDACT:
        put(line, room, "/_matrix/client/v3/rooms/{}/redact/{}/{}", item->event_id,
            (struct str){0});
        break;
    }
    return false;
}

/* ---- all lines in turn ----------------------------------------------------------------------- */

static bool may_begin(const struct matrix_outbound *outbound, const struct out_line *line)
{
    size_t most = OUT_AT_ONCE + (out_is_crisis(line->first) ? OUT_CRISIS_AT_ONCE : 0);
    return outbound->under_way < most;
}

static const struct matrix_room *known_room(const struct out_line *line)
{
    struct matrix_session *session = line->outbound->session;
    struct matrix_room *room = NULL;
    if (!line->is_private)
        room = matrix_rooms_by_name(session->rooms, str_of(line->key));
    else if (matrix_direct_room(session->direct, str_of(line->key), &room) != MATRIX_DIRECT_JOINED)
        room = NULL;
    return room && room->membership == MATRIX_IN ? room : NULL;
}

/* Somebody asked, and the answer is here but cannot go yet. */
static bool somebody_waits(const struct out_line *line)
{
    const struct out_item *item = line->first;
    if (!item || item->kind != OUT_SAY || item->is_told)
        return false;
    bool is_answer = (item->message.flags & CHAT_SEND_ANSWER) ||
                     !str_empty(item->message.answers_id);
    return is_answer && out_now_ms(line->outbound) - item->accepted_ms >= OUT_TYPING_AFTER_MS;
}

static void show_typing(struct out_line *line)
{
    bool waits = somebody_waits(line);
    const struct matrix_room *room = waits != line->is_typing ? known_room(line) : NULL;
    if (!room)
        return;
    line->is_typing = waits;
    out_typing(line->outbound->receipts, room->id, waits);
}

static int64_t run_line(struct out_line *line, int64_t now_ms)
{
    struct matrix_outbound *outbound = line->outbound;
    while (line->first && !line->call && !line->picture && line->due_ms <= now_ms &&
           may_begin(outbound, line) && step(line))
        ;
    show_typing(line);
    if (!line->first)
        return INT64_MAX;
    return line->due_ms > now_ms && !line->call ? MIN_OF(line->due_ms, now_ms + OUT_TICK_MS)
                                                : now_ms + OUT_TICK_MS;
}

/* Crisis lines first; then each from where the last round ended, so that none is always last. */
void out_pump(struct matrix_outbound *outbound)
{
    int64_t now_ms = out_now_ms(outbound), next_ms = INT64_MAX;
    if (outbound->session->network.state != CHAT_UP)
        return;
    for (int round = 0; round < 2; round++) {
        for (struct out_line *line = outbound->first, *next; line; line = next) {
            next = line->next;
            if (round == 0 && !out_is_crisis(line->first))
                continue;
            next_ms = MIN_OF(next_ms, run_line(line, now_ms));
        }
    }
    if (next_ms == INT64_MAX)
        loop_timer_disarm(outbound->session->env.loop, &outbound->timer);
    else if (loop_timer_arm(outbound->session->env.loop, &outbound->timer, next_ms) < 0)
        log_event(LOG_LEVEL_WARNING, "matrix_timer",
                  LOG_TEXT("network", outbound->session->network.name), LOG_ERRNO(-ENOMEM));
}
