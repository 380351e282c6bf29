/* SPDX-License-Identifier: MIT */
/* said.c: what was said, by the network's id of it: a reaction to it chooses among what it offered,
 * a later message may take its place, and it goes when what it answered is taken back. */
#include <errno.h>
#include <stdio.h>

#include "observe/log.h"
#include "outbox/internal.h"
#include "store/traces.h"

enum { SAID_KEPT_MS = 7 * 24 * 60 * 60 * 1000, RECORD_BYTES_MAX = 32 * 1024, REDACT_AT_ONCE = 16 };

/* ---- noting ---------------------------------------------------------------------------------- */

static struct outbox_note *make_note(const struct outbox_note *note)
{
    const struct str texts[] = {note->network, note->message_id, note->cause, note->record};
    size_t size = 0;
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        size += texts[i].len;
    struct outbox_note *kept = mem_alloc(sizeof *kept + size);
    if (!kept)
        return NULL;
    *kept = *note;
    struct str *places[] = {&kept->network, &kept->message_id, &kept->cause, &kept->record};
    char *behind = (char *)(kept + 1);
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        if (texts[i].len)
            memcpy(behind, texts[i].ptr, texts[i].len);
        *places[i] = (struct str){behind, texts[i].len};
        behind += texts[i].len;
    }
    return kept;
}

/* Where it stands, for whom it is, and its choices as their reader saw them. */
static int write_record(struct outbox *outbox, const struct payload *payload, struct str message_id,
                        struct str other_ids, uint64_t first, struct buf *out)
{
    struct payload record = {.flags = payload->flags,
                             .network = payload->network,
                             .room = payload->room,
                             .user = payload->user,
                             .mention = payload->mention,
                             .member = payload->member,
                             .room_id = payload->room_id,
                             .replaces = first,
                             .message_id = message_id,
                             .other_ids = other_ids};
    record.choices = arena_alloc(&outbox->arena,
                                 (payload->choice_count + 1) * sizeof *record.choices);
    if (!record.choices)
        return -ENOMEM;
    for (size_t i = 0; i < payload->choice_count; i++) {
        struct payload_choice *choice = &record.choices[record.choice_count++];
        *choice = payload->choices[i];
        int r = outbox_render_label(outbox, payload, choice->label_msgid, &outbox->arena,
                                    &choice->label_msgid);
        if (r < 0)
            return r;
    }
    return payload_encode(&record, out);
}

static bool is_of_use(const struct chat_network *chat)
{
    return (chat->caps & (MOORING_NET_REACT | MOORING_NET_EDIT)) || chat->class->redact;
}

/* A second ago it is in memory, later in the store. */
static int find_sent(struct outbox *outbox, uint64_t sent, struct arena *arena,
                     struct store_trace *ret_trace)
{
    for (size_t i = 0; i < outbox->end_count; i++) {
        const struct outbox_note *note = outbox->ends[i].note;
        if (!note || (note->sent != sent && note->first != sent))
            continue;
        *ret_trace = (struct store_trace){.sent = note->first ? note->first : note->sent,
                                          .record = note->record};
        return 0;
    }
    return store_traces_find_sent(outbox->parts.store, sent, arena, ret_trace);
}

static int find_replaced(struct outbox *outbox, const struct payload *payload, struct arena *arena,
                         struct store_trace *ret_trace, struct payload *ret_record)
{
    if (!payload->replaces)
        return -ENOENT;
    int r = find_sent(outbox, payload->replaces, arena, ret_trace);
    if (r >= 0)
        r = payload_decode(ret_trace->record, arena, ret_record);
    if (r < 0)
        return r;
    bool same = str_eq(ret_record->network, payload->network) &&
                str_eq(ret_record->room, payload->room) && str_eq(ret_record->user, payload->user);
    return same && !str_empty(ret_record->message_id) ? 0 : -ENOENT;
}

struct str outbox_replaced_id(struct outbox *outbox, const struct payload *payload,
                              struct arena *arena)
{
    struct store_trace trace;
    struct payload record;
    if (find_replaced(outbox, payload, arena, &trace, &record) < 0)
        return (struct str){0};
    return record.message_id;
}

/* Of a new form of an earlier message people see one message, with the first one's id. */
void outbox_note(struct outbox *outbox, struct chat_network *chat, struct outbox_entry *entry,
                 struct str message_id)
{
    struct payload payload, record;
    struct store_trace trace;
    uint64_t first = 0;
    AUTO_BUF json;
    buf_init(&json, RECORD_BYTES_MAX);
    struct str others = message_id;
    if (!str_word(&others, &message_id) || !is_of_use(chat))
        return;
    arena_reset(&outbox->arena);
    int r = payload_decode(entry->payload, &outbox->arena, &payload);
    if (r == 0 && (chat->caps & MOORING_NET_EDIT) &&
        find_replaced(outbox, &payload, &outbox->arena, &trace, &record) == 0) {
        message_id = record.message_id;
        others = record.other_ids;
        first = record.replaces ? record.replaces : trace.sent;
    }
    if (r == 0)
        r = write_record(outbox, &payload, message_id, str_trim(others), first, &json);
    struct outbox_note note = {.owner = entry->owner,
                               .sent = entry->id,
                               .first = first,
                               .at = outbox_now(outbox),
                               .network = payload.network,
                               .message_id = message_id,
                               .cause = payload.cause,
                               .record = buf_str(&json)};
    entry->note = r == 0 ? make_note(&note) : NULL;
    if (!entry->note) /* it was said; only what comes back to it finds nothing */
        log_event(LOG_LEVEL_WARNING, "outbox_note", LOG_ERRNO(r < 0 ? r : -ENOMEM));
}

void outbox_keep_note(struct outbox *outbox, struct outbox_note *note)
{
    if (!note)
        return;
    struct outbox_note **place = &outbox->notes[outbox->next_note++ % OUTBOX_NOTES];
    mem_free(*place);
    *place = note;
}

void outbox_notes_done(struct outbox *outbox)
{
    for (size_t i = 0; i < OUTBOX_NOTES; i++)
        mem_free(outbox->notes[i]);
    for (size_t i = 0; i < outbox->end_count; i++)
        mem_free(outbox->ends[i].note);
}

/* What it answered may have been taken back while it was on its way. */
static bool is_gone(struct outbox *outbox, struct str network, struct str event_id)
{
    struct store_trace gone;
    struct arena arena = {0};
    bool is = !str_empty(event_id) && store_traces_find(outbox->parts.store, STORE_TRACE_GONE,
                                                        network, event_id, &arena, &gone) == 0;
    arena_done(&arena);
    return is;
}

int outbox_write_note(struct outbox *outbox, const struct outbox_note *note)
{
    bool gone = is_gone(outbox, note->network, note->cause);
    struct store_trace trace = {.kind = gone ? STORE_TRACE_REDACT : STORE_TRACE_SAID,
                                .owner = note->owner,
                                .sent = note->first ? note->first : note->sent,
                                .network = note->network,
                                .thing = note->message_id,
                                .cause = note->cause,
                                .record = note->record,
                                .at = note->at,
                                .expires_at = note->at + SAID_KEPT_MS};
    outbox->redacts |= gone;
    int r = store_traces_put(outbox->parts.store, &trace);
    if (r == 0 && note->first) { /* the same message under its newer number */
        char thing[40];
        (void)snprintf(thing, sizeof thing, "sent/%llu", (unsigned long long)note->sent);
        trace.kind = STORE_TRACE_PART;
        trace.sent = note->sent;
        trace.thing = str_of(thing);
        trace.cause = (struct str){0};
        r = store_traces_put(outbox->parts.store, &trace);
    }
    return r == -ENOKEY ? 0 : r; /* forgotten meanwhile */
}

/* ---- finding --------------------------------------------------------------------------------- */

static bool is_it(const struct outbox_note *note, struct str network, struct str message_id)
{
    return note && str_eq(note->network, network) && str_eq(note->message_id, message_id);
}

static const struct outbox_note *in_memory(const struct outbox *outbox, struct str network,
                                           struct str message_id)
{
    for (size_t i = 0; i < outbox->end_count; i++)
        if (is_it(outbox->ends[i].note, network, message_id))
            return outbox->ends[i].note;
    for (size_t i = 0; i < OUTBOX_NOTES; i++)
        if (is_it(outbox->notes[i], network, message_id))
            return outbox->notes[i];
    return NULL;
}

static int find_record(struct outbox *outbox, struct str network, struct str message_id,
                       struct arena *arena, struct payload *ret_record, int64_t *ret_at)
{
    const struct outbox_note *note = in_memory(outbox, network, message_id);
    struct store_trace trace;
    if (note) {
        *ret_at = note->at;
        return payload_decode(note->record, arena, ret_record);
    }
    int r = store_traces_find(outbox->parts.store, STORE_TRACE_SAID, network, message_id, arena,
                              &trace);
    if (r < 0)
        return r;
    *ret_at = trace.at;
    return payload_decode(trace.record, arena, ret_record);
}

/* A question to one person in a room is theirs; what the team is asked is anybody's of the team. */
static bool is_for(const struct payload *record, const struct outbox_chooser *chooser)
{
    if (str_empty(record->room) || str_empty(record->mention) || (record->flags & MOORING_SAY_TEAM))
        return true;
    return record->member ? record->member == chooser->member
                          : str_eq(record->mention, chooser->display);
}

int outbox_choice_of(struct outbox *outbox, struct str network, struct str message_id,
                     const struct outbox_chooser *chooser, struct str typed, struct arena *arena,
                     struct str *ret_command, int64_t *ret_offered_at)
{
    struct payload record;
    int64_t at;
    int r = find_record(outbox, network, message_id, arena, &record, &at);
    if (r < 0)
        return r;
    if (!is_for(&record, chooser))
        return -EPERM;
    r = outbox_pick(outbox, &record, typed, at, ret_command);
    if (r >= 0)
        *ret_offered_at = at;
    return r;
}

/* ---- taking back ----------------------------------------------------------------------------- */

/* What helps somebody in danger stays with them, whatever they take back. */
static bool stays(uint64_t flags, bool is_private)
{
    return is_private && (flags & MOORING_SAY_CRISIS);
}

static int cancel_waiting(struct outbox *outbox, struct str network, struct str event_id)
{
    size_t cursor = 0;
    void *value;
    while (map_next(&outbox->entries, &cursor, NULL, &value)) {
        struct outbox_entry *entry = value;
        struct payload payload;
        if (!str_eq_c(network, entry->network->name) || entry->stage == OUTBOX_ENDED ||
            stays(entry->flags, entry->target_key[0] == 'u'))
            continue;
        arena_reset(&outbox->arena);
        if (payload_decode(entry->payload, &outbox->arena, &payload) < 0 ||
            !str_eq(payload.cause, event_id))
            continue;
        int r = outbox_cancel(outbox, entry->id);
        if (r < 0 && r != -ENOENT) /* on its way: it goes when it is known */
            return r;
    }
    return 0;
}

struct marking {
    struct outbox *outbox;
    struct arena arena;
    int64_t rows[REDACT_AT_ONCE];
    size_t count;
};

static void mark_said(void *ctx, const struct store_trace *trace)
{
    struct marking *marking = ctx;
    struct payload record;
    if (trace->kind == STORE_TRACE_SAID && marking->count < REDACT_AT_ONCE &&
        payload_decode(trace->record, &marking->arena, &record) == 0 &&
        !stays(record.flags, str_empty(record.room)))
        marking->rows[marking->count++] = trace->row;
}

int outbox_take_back(struct outbox *outbox, struct str network, struct str event_id)
{
    struct store *store = outbox->parts.store;
    struct marking marking = {.outbox = outbox};
    struct store_trace gone = {.kind = STORE_TRACE_GONE,
                               .owner = STORE_HOUSE,
                               .network = network,
                               .thing = event_id,
                               .record = STR("{}"),
                               .at = outbox_now(outbox),
                               .expires_at = outbox_now(outbox) + CLOCK_DAY_MS};
    int r = cancel_waiting(outbox, network, event_id);
    if (r >= 0)
        r = outbox_ends_write(outbox); /* so that what was said a moment ago is found */
    if (r >= 0)
        r = store_traces_put(store, &gone);
    if (r >= 0)
        r = store_traces_each_of(store, network, event_id, mark_said, &marking);
    for (size_t i = 0; i < marking.count && r >= 0; i++)
        r = store_traces_set_kind(store, marking.rows[i], STORE_TRACE_REDACT);
    arena_done(&marking.arena);
    outbox->redacts = true;
    return MIN_OF(r, 0);
}

bool outbox_was_taken_back(struct outbox *outbox, struct str network, struct str event_id)
{
    return is_gone(outbox, network, event_id);
}

struct redaction {
    int64_t row;
    struct payload record;
};
struct redacting {
    struct arena arena;
    struct redaction list[REDACT_AT_ONCE];
    size_t count;
};

static void list_one(void *ctx, const struct store_trace *trace)
{
    struct redacting *redacting = ctx;
    struct redaction *one = &redacting->list[redacting->count];
    one->row = trace->row;
    if (payload_decode(trace->record, &redacting->arena, &one->record) == 0)
        redacting->count++;
}

static bool redact_one(struct chat_network *chat, const struct payload *record, struct str id)
{
    int r = chat->class->redact(chat, record->room, record->user, id);
    if (r < 0)
        log_event(LOG_LEVEL_INFO, "outbox_redact", LOG_TEXT("network", chat->name), LOG_ERRNO(r));
    return r != -EAGAIN && r != -ENOTCONN;
}

/* True when it is done with, all its parts: asked for, or never to be had. */
static bool redact(struct outbox *outbox, const struct payload *record)
{
    struct chat_network *chat = outbox->parts.network(outbox->parts.ctx, record->network);
    struct str rest = record->other_ids, id;
    if (!chat || !chat->class->redact)
        return true;
    if (chat->state != CHAT_UP)
        return false;
    bool done = redact_one(chat, record, record->message_id);
    while (done && str_word(&rest, &id))
        done = redact_one(chat, record, id);
    return done;
}

/* After the commit of whoever asked for it; a death in between asks once more, which changes
 * nothing. */
void outbox_redact_pending(struct outbox *outbox)
{
    struct store *store = outbox->parts.store;
    if (!outbox->redacts || store_in_transaction(store) || !store_writable(store))
        return;
    struct redacting redacting = {0};
    outbox->redacts = false;
    int r = store_traces_each(store, STORE_TRACE_REDACT, REDACT_AT_ONCE, list_one, &redacting);
    size_t done = 0;
    for (size_t i = 0; i < redacting.count && r >= 0; i++) {
        if (!redact(outbox, &redacting.list[i].record))
            continue; /* when its network is ready */
        r = store_traces_remove(store, redacting.list[i].row);
        done++;
    }
    if (r >= 0 && done)
        r = store_commit(store);
    if (r < 0 && store_in_transaction(store))
        store_rollback(store);
    if (r >= 0 && done == REDACT_AT_ONCE) {
        outbox->redacts = true;
        outbox_wake(outbox);
    }
    arena_done(&redacting.arena);
}
