/* SPDX-License-Identifier: MIT */
/* sources.c: where the last messages came from, so that answers find their way back. */
#include "outbox/internal.h"

#include <errno.h>

enum { TEXTS = 8 };

/* The texts of a source, as a list. */
static void list_texts(struct outbox_source *source, struct str *ret_texts[TEXTS])
{
    struct str *texts[TEXTS] = {&source->network,  &source->room,      &source->user,
                                &source->identity, &source->display,   &source->event_id,
                                &source->thread,   &source->answers_id};
    for (size_t i = 0; i < TEXTS; i++)
        ret_texts[i] = texts[i];
}

/* Moves the texts into one block of their own.  NULL: memory is short. */
static char *keep_texts(struct outbox_source *source)
{
    struct str *texts[TEXTS];
    list_texts(source, texts);
    size_t size = 1;
    for (size_t i = 0; i < TEXTS; i++)
        size += texts[i]->len;
    char *block = mem_zalloc(size);
    if (!block)
        return NULL;
    size_t at = 0;
    for (size_t i = 0; i < TEXTS; i++) {
        if (texts[i]->len)
            memcpy(block + at, texts[i]->ptr, texts[i]->len);
        *texts[i] = (struct str){block + at, texts[i]->len};
        at += texts[i]->len;
    }
    return block;
}

/* 0 when memory is short: then an answer finds no way back and its turn fails with -ESTALE. */
uint64_t outbox_note_source(struct outbox *outbox, const struct outbox_source *source)
{
    struct outbox_kept_source kept = {.id = outbox->next_source + 1, .source = *source};
    kept.text = keep_texts(&kept.source);
    if (!kept.text)
        return 0;
    struct outbox_kept_source *place = &outbox->sources[outbox->next_source++ % OUTBOX_SOURCES];
    mem_free(place->text);
    mem_free(place->part);
    *place = kept;
    return kept.id;
}

const struct outbox_source *outbox_find_source(const struct outbox *outbox, uint64_t id)
{
    if (id == 0)
        return NULL;
    const struct outbox_kept_source *place = &outbox->sources[(id - 1) % OUTBOX_SOURCES];
    return place->id == id ? &place->source : NULL;
}

void outbox_sources_done(struct outbox *outbox)
{
    for (size_t i = 0; i < OUTBOX_SOURCES; i++) {
        mem_free(outbox->sources[i].text);
        mem_free(outbox->sources[i].part);
    }
}

int outbox_react(struct outbox *outbox, const struct outbox_source *source, struct str emoji)
{
    struct chat_network *chat = outbox->parts.network(outbox->parts.ctx, source->network);
    if (!chat || chat->state != CHAT_UP)
        return -ENOTCONN;
    if (!chat->class->react || str_empty(source->event_id))
        return -ENOTSUP;
    return chat->class->react(chat, source->room,
                              str_empty(source->answers_id) ? source->event_id : source->answers_id,
                              emoji);
}
