/* SPDX-License-Identifier: MIT */
/* effects.c: what a member's message stored or set, noted under that message, so that it goes when
 * the message is taken back. */
#include <errno.h>
#include <stdio.h>

#include "outbox/internal.h"
#include "store/traces.h"

enum { EFFECT_KEPT_DAYS = 30, THING_BYTES_MAX = 512, RECORD_BYTES_MAX = 2048 };

/* As payloads are written: one reader for all records. */
static int write_record(const struct outbox_effect *effect, struct str part, struct buf *out)
{
    struct payload record = {.flags = effect->kind,
                             .member = effect->member,
                             .network = effect->plugin,
                             .msgid = effect->key,
                             .cause = part,
                             .alert = (uint64_t)effect->at};
    return payload_encode(&record, out);
}

static int read_record(struct str json, struct arena *arena, struct outbox_effect *ret_effect,
                       struct str *ret_part)
{
    struct payload record;
    int r = payload_decode(json, arena, &record);
    if (r < 0)
        return r;
    if (record.flags >= OUTBOX_EFFECT_KIND_COUNT)
        return -EINVAL;
    *ret_effect = (struct outbox_effect){.kind = (enum outbox_effect_kind)record.flags,
                                         .member = record.member,
                                         .plugin = record.network,
                                         .key = record.msgid,
                                         .at = (int64_t)record.alert};
    *ret_part = record.cause;
    return 0;
}

static int put(struct outbox *outbox, const struct store_trace *trace)
{
    int r = store_traces_put(outbox->parts.store, trace);
    return r == -ENOKEY ? 0 : r; /* who is being forgotten leaves no trace */
}

/* A message without an id cannot be taken back; what somebody else's message stores is not theirs.
 */
static struct outbox_kept_source *source_of(struct outbox *outbox, uint64_t id, uint64_t member)
{
    if (id == 0 || member == 0)
        return NULL;
    struct outbox_kept_source *kept = &outbox->sources[(id - 1) % OUTBOX_SOURCES];
    bool theirs = kept->id == id && kept->source.member == member &&
                  !str_empty(kept->source.event_id);
    return theirs ? kept : NULL;
}

int outbox_note_effect(struct outbox *outbox, uint64_t source, const struct outbox_effect *effect)
{
    const struct outbox_kept_source *kept = source_of(outbox, source, effect->member);
    AUTO_BUF thing;
    AUTO_BUF json;
    buf_init(&thing, THING_BYTES_MAX);
    buf_init(&json, RECORD_BYTES_MAX);
    if (!kept)
        return 0;
    buf_add_format(&thing, "%d|%.*s|%.*s|%lld", (int)effect->kind, STR_ARG(effect->plugin),
                   STR_ARG(effect->key), (long long)effect->at);
    int r = thing.failed ? thing.failed : write_record(effect, (struct str){0}, &json);
    if (r < 0)
        return r;
    int64_t now = outbox_now(outbox);
    struct store_trace trace = {.kind = STORE_TRACE_EFFECT,
                                .owner = effect->member,
                                .network = kept->source.network,
                                .thing = buf_str(&thing),
                                .cause = kept->part ? str_of(kept->part) : kept->source.event_id,
                                .record = buf_str(&json),
                                .at = now,
                                .expires_at = now + EFFECT_KEPT_DAYS * CLOCK_DAY_MS};
    return put(outbox, &trace);
}

/* An answer among several: whichever of them is taken back, what came of all of them goes. */
int outbox_note_part(struct outbox *outbox, uint64_t source, const struct outbox_effect *whole)
{
    struct outbox_kept_source *kept = source_of(outbox, source, whole->member);
    AUTO_BUF part;
    AUTO_BUF json;
    buf_init(&part, THING_BYTES_MAX);
    buf_init(&json, RECORD_BYTES_MAX);
    if (!kept)
        return 0;
    buf_add_format(&part, "part|%llu|%.*s|%.*s|%lld", (unsigned long long)whole->member,
                   STR_ARG(whole->plugin), STR_ARG(whole->key), (long long)whole->at);
    int r = part.failed ? part.failed : write_record(whole, buf_str(&part), &json);
    if (r < 0)
        return r;
    mem_free(kept->part);
    kept->part = str_copy(buf_str(&part));
    if (!kept->part)
        return -ENOMEM;
    int64_t now = outbox_now(outbox);
    struct store_trace trace = {.kind = STORE_TRACE_PART,
                                .owner = whole->member,
                                .network = kept->source.network,
                                .thing = kept->source.event_id,
                                .record = buf_str(&json),
                                .at = now,
                                .expires_at = now + EFFECT_KEPT_DAYS * CLOCK_DAY_MS};
    return put(outbox, &trace);
}

/* ---- finding --------------------------------------------------------------------------------- */

struct gathering {
    struct arena *arena;
    struct outbox_effect *list;
    int64_t *rows;
    size_t count;
};

static void gather(void *ctx, const struct store_trace *trace)
{
    struct gathering *gathering = ctx;
    struct str part;
    if (trace->kind == STORE_TRACE_EFFECT && gathering->count < OUTBOX_EFFECTS_MAX &&
        read_record(trace->record, gathering->arena, &gathering->list[gathering->count], &part) ==
            0)
        gathering->rows[gathering->count++] = trace->row;
}

static int gather_of(struct outbox *outbox, struct str network, struct str cause,
                     struct gathering *gathering)
{
    return store_traces_each_of(outbox->parts.store, network, cause, gather, gathering);
}

int outbox_take_effects(struct outbox *outbox, struct str network, struct str event_id,
                        struct arena *arena, struct outbox_effect *ret_list, size_t *ret_count)
{
    int64_t rows[OUTBOX_EFFECTS_MAX];
    struct gathering gathering = {.arena = arena, .list = ret_list, .rows = rows};
    struct store *store = outbox->parts.store;
    struct store_trace trace;
    struct outbox_effect whole;
    struct str part;
    int r = gather_of(outbox, network, event_id, &gathering);
    if (r < 0)
        return r;
    r = store_traces_find(store, STORE_TRACE_PART, network, event_id, arena, &trace);
    if (r == 0)
        r = read_record(trace.record, arena, &whole, &part);
    if (r == 0)
        r = gather_of(outbox, network, part, &gathering);
    else if (r == -ENOENT)
        part = (struct str){0};
    if (r < 0 && r != -ENOENT)
        return r;
    for (size_t i = 0; i < gathering.count; i++) {
        r = store_traces_remove(store, rows[i]);
        if (r < 0)
            return r;
    }
    if (!str_empty(part) && gathering.count < OUTBOX_EFFECTS_MAX)
        ret_list[gathering.count++] = whole; /* the questions themselves, if they are still open */
    *ret_count = gathering.count;
    return 0;
}
