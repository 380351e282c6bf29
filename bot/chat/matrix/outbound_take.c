/* SPDX-License-Identifier: MIT */
/* outbound_take.c: what is to be said is copied into its line: messages, reactions, redactions. */
#include <errno.h>
#include <sodium.h>
#include <stdio.h>

#include "chat/matrix/outbound_internal.h"

static struct out_item *new_item(struct matrix_outbound *outbound, enum out_kind kind)
{
    struct arena arena = {0};
    struct out_item *item = arena_alloc(&arena, sizeof *item);
    if (!item)
        return NULL;
    *item = (struct out_item){.kind = kind, .accepted_ms = out_now_ms(outbound)};
    item->arena = arena;
    return item;
}

static int keep_str(struct arena *arena, struct str *text)
{
    if (str_empty(*text))
        return 0;
    *text = str_keep(arena, *text);
    return text->ptr ? 0 : -ENOMEM;
}

static int keep_choices(struct out_item *item)
{
    struct chat_message *message = &item->message;
    if (message->choice_count == 0)
        return 0;
    struct chat_choice *choices = arena_alloc(&item->arena,
                                              message->choice_count * sizeof *choices);
    if (!choices)
        return -ENOMEM;
    for (size_t i = 0; i < message->choice_count; i++) {
        choices[i] = message->choices[i];
        if (keep_str(&item->arena, &choices[i].label) < 0 ||
            keep_str(&item->arena, &choices[i].emoji) < 0)
            return -ENOMEM;
    }
    message->choices = choices;
    return 0;
}

static int copy_message(struct out_item *item, const struct chat_message *message)
{
    struct chat_message *copy = &item->message;
    *copy = *message;
    copy->lines = NULL; /* the Markdown says it all */
    copy->line_count = 0;
    struct str *const texts[] = {&copy->room,
                                 &copy->user,
                                 &copy->identity,
                                 &copy->mention,
                                 &copy->mention_identity,
                                 &copy->answers_id,
                                 &copy->thread,
                                 &copy->transaction_id,
                                 &copy->file_name,
                                 &copy->file_mime,
                                 &copy->file_bytes,
                                 &copy->file_alt,
                                 &copy->replaces_id,
                                 &copy->markdown};
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        if (keep_str(&item->arena, texts[i]) < 0)
            return -ENOMEM;
    return keep_choices(item);
}

/* The sender's own, or a random one. */
static int name_transaction(struct out_item *item, struct str id)
{
    unsigned char bytes[16];
    char text[2 * sizeof bytes + 1];
    randombytes_buf(bytes, sizeof bytes);
    sodium_bin2hex(text, sizeof text, bytes, sizeof bytes);
    item->transaction_id = str_keep(&item->arena, str_empty(id) ? str_of(text) : id);
    return item->transaction_id.ptr ? 0 : -ENOMEM;
}

static bool is_old(const struct matrix_outbound *outbound, const struct chat_message *message)
{
    int64_t now_at = clock_wall_at(loop_clock(outbound->session->env.loop));
    return message->may_be_sent && now_at - message->created_at >= OUT_LOOK_AFTER_MS;
}

/* 0; what can be said at once of a place: -EHOSTUNREACH. */
static int reach(const struct matrix_outbound *outbound, const struct chat_message *message)
{
    const struct matrix_session *session = outbound->session;
    if (str_empty(message->room)) {
        struct matrix_room *room;
        return str_empty(message->user) || matrix_direct_room(session->direct, message->user,
                                                              &room) == MATRIX_DIRECT_REFUSED
                   ? -EHOSTUNREACH
                   : 0;
    }
    const struct matrix_room *room = matrix_rooms_by_name(session->rooms, message->room);
    bool is_shut = room && (room->is_encrypted || room->membership == MATRIX_BANNED ||
                            matrix_room_is_double(session, room));
    return is_shut ? -EHOSTUNREACH : 0;
}

static int begin_item(struct matrix_outbound *outbound, const struct chat_message *message,
                      struct out_item **ret_item)
{
    struct out_item *item = new_item(outbound, OUT_SAY);
    if (!item)
        return -ENOMEM;
    int r = copy_message(item, message);
    if (r == 0)
        r = name_transaction(item, message->transaction_id);
    if (r == 0)
        r = out_reserve_end(outbound);
    if (r < 0) {
        out_item_free(item);
        return r;
    }
    item->must_look = is_old(outbound, message);
    item->has_picture = !str_empty(message->file_bytes);
    *ret_item = item;
    return 0;
}

int matrix_outbound_send(struct matrix_outbound *outbound, const struct chat_message *message)
{
    bool is_crisis = message->flags & CHAT_SEND_CRISIS;
    struct str key = str_empty(message->room) ? message->user : message->room;
    if (outbound->session->network.state != CHAT_UP)
        return -ENOTCONN;
    if (message->transaction_id.len + 8 > OUT_TRANSACTION_BYTES)
        return -EINVAL;
    int r = reach(outbound, message);
    if (r < 0)
        return r;
    struct out_line *line = out_line_of(outbound, key, str_empty(message->room));
    if (!line)
        return -ENOMEM;
    if (is_crisis ? outbound->crisis >= OUT_CRISIS_MAX : outbound->items >= OUT_ITEMS_MAX) {
        outbound->is_starved = true;
        return -EAGAIN;
    }
    struct out_item *item;
    r = begin_item(outbound, message, &item);
    if (r < 0)
        return r;
    outbound->untold++;
    out_insert(line, item);
    return 0;
}

/* ---- reactions, redactions ------------------------------------------------------------------- */

static int add_small(struct out_line *line, enum out_kind kind, struct str event_id,
                     struct str emoji, struct str transaction_id)
{
    struct matrix_outbound *outbound = line->outbound;
    if (line->count >= OUT_HELPS_MAX || outbound->items >= OUT_ITEMS_MAX)
        return -EAGAIN;
    struct out_item *item = new_item(outbound, kind);
    if (!item)
        return -ENOMEM;
    item->event_id = event_id;
    item->emoji = emoji;
    int r = keep_str(&item->arena, &item->event_id);
    if (r == 0)
        r = keep_str(&item->arena, &item->emoji);
    if (r == 0)
        r = name_transaction(item, transaction_id);
    if (r < 0) {
        out_item_free(item);
        return r;
    }
    out_insert(line, item);
    return 0;
}

void out_add_choices(struct out_line *line, const struct out_item *item)
{
    const struct chat_message *message = &item->message;
    if (!item->message_id[0] || item->parts.is_poll || !str_empty(message->replaces_id))
        return;
    for (size_t i = 0; i < message->choice_count; i++) {
        char id[OUT_TRANSACTION_BYTES];
        (void)snprintf(id, sizeof id, "%.*s.r%zu", STR_ARG(item->transaction_id), i + 1);
        if (str_empty(message->choices[i].emoji))
            continue;
        if (add_small(line, OUT_REACT, str_of(item->message_id), message->choices[i].emoji,
                      str_of(id)) < 0)
            return; /* the numbers in the text answer as well */
    }
}

int matrix_outbound_react(struct matrix_outbound *outbound, struct str room, struct str event_id,
                          struct str emoji)
{
    if (outbound->session->network.state != CHAT_UP)
        return -ENOTCONN;
    struct out_line *line = out_line_of(outbound, room, false);
    return line ? add_small(line, OUT_REACT, event_id, emoji, (struct str){0}) : -ENOMEM;
}

int matrix_outbound_redact(struct matrix_outbound *outbound, struct str room, struct str user,
                           struct str message_id)
{
    if (outbound->session->network.state != CHAT_UP)
        return -ENOTCONN;
    if (str_empty(message_id))
        return -EINVAL;
    bool is_private = str_empty(room);
    struct out_line *line = out_line_of(outbound, is_private ? user : room, is_private);
    return line ? add_small(line, OUT_REDACT, message_id, (struct str){0}, (struct str){0})
                : -ENOMEM;
}
