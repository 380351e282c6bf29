/* SPDX-License-Identifier: MIT */
/* chunk.c: events gathered and handed to the turn, at most MATRIX_EVENTS_MAX at once. */
#include <errno.h>

#include "chat/matrix/account.h"
#include "chat/matrix/outbound.h"
#include "chat/matrix/invites.h"
#include "chat/matrix/sync_internal.h"

void matrix_chunk_init(struct matrix_chunk *chunk, struct matrix_session *session,
                       struct matrix_gaps *gaps)
{
    *chunk = (struct matrix_chunk){.session = session, .gaps = gaps};
}

void matrix_chunk_empty(struct matrix_chunk *chunk)
{
    chunk->count = 0;
    arena_reset(&chunk->arena);
}

void matrix_chunk_done(struct matrix_chunk *chunk)
{
    arena_done(&chunk->arena);
}

void matrix_chunk_put(struct matrix_chunk *chunk, const struct chat_event *event)
{
    chunk->events[chunk->count++] = *event;
}

static int keep_text(struct arena *arena, struct str *text)
{
    if (str_empty(*text))
        return 0;
    *text = str_keep(arena, *text);
    return text->ptr ? 0 : -ENOMEM;
}

/* Where they lie now, the next event will. */
static int keep_texts(struct arena *arena, struct chat_event *event)
{
    struct str *const texts[] = {&event->sender,     &event->account, &event->display, &event->id,
                                 &event->relates_to, &event->thread,  &event->text};
    int r = 0;
    for (size_t i = 0; i < COUNT_OF(texts) && r == 0; i++)
        r = keep_text(arena, texts[i]);
    return r;
}

int matrix_chunk_add(struct matrix_chunk *chunk, struct matrix_room *room, const struct tree *tree,
                     bool late)
{
    if (chunk->count == MATRIX_EVENTS_MAX)
        (void)matrix_chunk_hand_over(chunk, (struct str){0});
    struct chat_event event;
    int r = matrix_event_read(chunk->session, room, tree, late, &chunk->arena, &event);
    int kept = r > 0 ? keep_texts(&chunk->arena, &event) : 0;
    if (r > 0 && kept == 0)
        matrix_chunk_put(chunk, &event);
    return kept < 0 ? kept : r;
}

/* ---- what is kept with them ----------------------------------------------------------------- */

static int keep(void *ctx)
{
    struct matrix_chunk *chunk = ctx;
    int r = matrix_rooms_keep(chunk->session->rooms);
    if (r >= 0 && chunk->session->direct)
        r = matrix_direct_keep(chunk->session->direct);
    if (r >= 0)
        r = matrix_invites_keep(chunk->session->invites);
    return r < 0 ? r : matrix_gaps_keep(chunk->gaps);
}

/* Of each room the latest that was said by somebody else, once it was handled. */
static void tell_read(const struct matrix_chunk *chunk)
{
    struct matrix_session *session = chunk->session;
    for (size_t i = 0; i < chunk->count; i++) {
        const struct chat_event *event = &chunk->events[i];
        bool is_said = event->kind == CHAT_MESSAGE && !(event->flags & CHAT_OWN);
        struct matrix_room *room = NULL;
        if (is_said)
            room = str_empty(event->room) ? matrix_rooms_with(session->rooms, event->sender)
                                          : matrix_rooms_by_name(session->rooms, event->room);
        if (room)
            matrix_outbound_read(session->outbound, room, event->id, event->thread);
    }
}

/* Before it is handled: who had left their private room may get the answer in another. */
static void note_speakers(const struct matrix_chunk *chunk)
{
    for (size_t i = 0; i < chunk->count; i++) {
        const struct chat_event *event = &chunk->events[i];
        if (event->kind == CHAT_MESSAGE || event->kind == CHAT_REACTION)
            matrix_direct_spoke(chunk->session->direct, event->sender);
    }
}

int matrix_chunk_hand_over(struct matrix_chunk *chunk, struct str cursor)
{
    struct matrix_session *session = chunk->session;
    struct chat_batch batch = {.network = &session->network,
                               .events = chunk->events,
                               .count = chunk->count,
                               .cursor = cursor,
                               .keep = keep,
                               .keep_ctx = chunk};
    note_speakers(chunk);
    int r = session->env.sink.batch(session->env.sink.ctx, &batch);
    if (r >= 0) {
        tell_read(chunk);
        matrix_rooms_kept(session->rooms);
        if (session->direct)
            matrix_direct_kept(session->direct);
        matrix_invites_kept(session->invites);
        matrix_gaps_kept(chunk->gaps);
    }
    matrix_chunk_empty(chunk);
    return MIN_OF(r, 0);
}
