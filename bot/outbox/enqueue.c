/* SPDX-License-Identifier: MIT */
/* enqueue.c: a message becomes rows: routed, encoded, stored inside the turn; or past a store that
 * cannot be written. */
#include "outbox/internal.h"

#include <errno.h>

#include "observe/log.h"

/* A key said once is not said again for a day, also when the first has long gone. */
enum { DEDUP_REMEMBER_MS = 24 * 60 * 60 * 1000 };

struct draft {
    const struct outbox_item *item;
    struct payload *payload;
    struct store_outbox_row row;
    struct str event_id; /* of the source */
};

static enum outbox_priority priority_of(const struct outbox_item *item)
{
    return item->message->flags & MOORING_SAY_CRISIS ? OUTBOX_CRISIS : item->priority;
}

/* A crisis reply is still true tomorrow; an answer to a command that comes ten minutes late only
 * puzzles; a reminder half an hour late is about something that has begun. */
static int64_t expiry_of(const struct mooring_message *message, enum outbox_priority priority,
                         int64_t now)
{
    int64_t from_at = MAX_OF(now, message->not_before_at);
    switch (priority) {
    case OUTBOX_CRISIS:
        return MAX_OF(message->expires_at, from_at + CLOCK_DAY_MS);
    case OUTBOX_REPLY:
        return message->expires_at ? message->expires_at : from_at + 10 * CLOCK_MINUTE_MS;
    case OUTBOX_REMINDER:
    case OUTBOX_LONG:
    case OUTBOX_PRIORITY_COUNT:
        break;
    }
    return message->expires_at ? message->expires_at : from_at + 30 * CLOCK_MINUTE_MS;
}

/* Which of several wordings: another each time, and after a restart not the one of yesterday. */
static uint64_t next_wording(struct outbox *outbox, const char *msgid)
{
    if (!msgid) /* verbatim */
        return 0;
    uint32_t hash = 2166136261u;
    for (const char *c = msgid; *c; c++)
        hash = (hash ^ (unsigned char)*c) * 16777619u;
    uint64_t day = (uint64_t)(outbox_now(outbox) / CLOCK_DAY_MS);
    /* One said daily goes on by 7, and so comes to each of up to six wordings. */
    return 6 * day + outbox->turns[hash % OUTBOX_TURNS]++;
}

/* Where the network takes no files, and when too many wait already, the words stand alone. */
static void fill_file(struct outbox *outbox, const struct mooring_file *file,
                      struct payload *payload)
{
    const struct chat_network *chat = outbox->parts.network(outbox->parts.ctx, payload->network);
    payload->alt_msgid = str_of(file->alt_msgid);
    if (!chat || !(chat->caps & MOORING_NET_FILE) || file->bytes.len == 0)
        return;
    if (file->bytes.len > PAYLOAD_FILE_BYTES_MAX ||
        outbox->file_bytes + file->bytes.len > OUTBOX_FILES_BYTES_MAX) {
        metric_add(outbox->metrics.full, 1);
        return;
    }
    payload->file_name = abi_take(file->name);
    payload->file_mime = abi_take(file->mime);
    payload->file_bytes = abi_take(file->bytes);
}

/* What the message says, the same for each of its recipients.  Borrows; it is encoded before the
 * caller goes on. */
static int fill_content(struct outbox *outbox, const struct outbox_item *item,
                        struct payload *payload)
{
    const struct mooring_message *message = item->message;
    if (message->arg_count >= PAYLOAD_ARGS_MAX || message->choice_count > PAYLOAD_CHOICES_MAX)
        return -E2BIG;
    payload->flags = message->flags;
    payload->msgid = str_of(message->msgid);
    payload->verbatim = item->verbatim;
    payload->wording = message->wording ? message->wording : next_wording(outbox, message->msgid);
    payload->alert = item->alert;
    payload->replaces = message->replaces.id;
    payload->taps_only = item->taps_only;
    if (message->file)
        fill_file(outbox, message->file, payload);
    payload->args = arena_alloc(&outbox->arena, (message->arg_count + 1) * sizeof *payload->args);
    payload->choices = arena_alloc(&outbox->arena,
                                   (message->choice_count + 1) * sizeof *payload->choices);
    if (!payload->args || !payload->choices)
        return -ENOMEM;
    for (size_t i = 0; i < message->arg_count; i++)
        payload->args[payload->arg_count++] = message->args[i];
    if (message->member_text.len)
        payload->args[payload->arg_count++] = (struct mooring_arg){
            .name = "member_text", .kind = MOORING_ARG_TEXT, .text = message->member_text};
    for (size_t i = 0; i < message->choice_count; i++) {
        const struct mooring_choice *choice = &message->choices[i];
        payload->choices[payload->choice_count++] = (struct payload_choice){
            str_of(choice->label_msgid), abi_take(choice->reaction), abi_take(choice->command)};
    }
    return 0;
}

static bool addresses_nobody(const struct outbox_item *item, const struct payload *payload)
{
    return !str_empty(payload->room) &&
           (item->names_nobody || (payload->flags & MOORING_SAY_TEAM) ||
            (str_empty(payload->mention) && !payload->is_answer));
}

/* What forgetting a person must close, in every copy of the file: a member's words are sealed under
 * their author, wherever they go; what is said to somebody, under them.  A guest has no key: what
 * is said to them is sealed under one that ends with this process, except in a crisis, which has to
 * outlive it.  The house's key, that opens old copies too, is left for what names nobody. */
static uint64_t owner_of(struct outbox *outbox, const struct outbox_item *item,
                         const struct payload *payload)
{
    const struct mooring_message *message = item->message;
    const struct outbox_source *source = message->to.answers.id
                                             ? outbox_find_source(outbox, message->to.answers.id)
                                             : NULL;
    if (message->member_text.len && source && source->member)
        return source->member;
    if (item->is_fleeting)
        return STORE_PASSING;
    if (addresses_nobody(item, payload))
        return STORE_HOUSE;
    if (payload->member)
        return payload->member;
    return priority_of(item) == OUTBOX_CRISIS ? STORE_HOUSE : STORE_PASSING;
}

/* The plugin and the recipient stand in the key, so that neither another plugin nor another room
 * uses it up. */
static void dedup_key(const struct outbox_item *item, const struct payload *payload,
                      struct buf *out)
{
    if (item->message->dedup_key.len == 0)
        return;
    buf_add_format(out, "%.*s|%.*s|", STR_ARG(item->plugin), STR_ARG(payload->network));
    if (!str_empty(payload->room))
        buf_add_format(out, "r%.*s|", STR_ARG(payload->room));
    else if (payload->member)
        buf_add_format(out, "m%llu|", (unsigned long long)payload->member);
    else
        buf_add_format(out, "u%.*s|", STR_ARG(payload->user));
    buf_add(out, abi_take(item->message->dedup_key));
}

static bool may_go_now(struct outbox *outbox, const struct outbox_entry *entry)
{
    const struct outbox_network *network = entry->network;
    return entry->not_before_at <= outbox_now(outbox) && outbox_hold_until(outbox, entry) == 0 &&
           network->ready[entry->priority] == 0 &&
           (entry->priority == OUTBOX_CRISIS || outbox_is_idempotent(outbox, network) ||
            network->marked < OUTBOX_AHEAD) &&
           outbox_has_room(outbox, network, entry->priority);
}

static void offer_in_memory(struct outbox *outbox, const struct payload *payload)
{
    if (outbox_offer(outbox, payload, true) < 0)
        log_event(LOG_LEVEL_WARNING, "outbox_offer", LOG_ERRNO(-ENOMEM));
}

static int make_in_memory(struct outbox *outbox, struct draft *draft, uint64_t said_key,
                          struct outbox_entry **ret_entry)
{
    draft->row.id = OUTBOX_MEMORY_ID | ++outbox->next_memory_id;
    draft->row.state = STORE_OUTBOX_IN_FLIGHT;
    int r = outbox_entry_add(outbox, &draft->row, draft->payload, ret_entry);
    if (r < 0)
        return r;
    (*ret_entry)->has_row = false;
    (*ret_entry)->past_disk = true;
    (*ret_entry)->said_key = said_key;
    (*ret_entry)->said_certain = !str_empty(draft->event_id);
    return 0;
}

static void send_from_memory(struct outbox *outbox, struct outbox_entry *entry)
{
    outbox_note_said(outbox, entry);
    metric_add(outbox->metrics.memory, 1);
    log_event(LOG_LEVEL_INFO, "outbox_memory", LOG_TEXT("network", entry->network->name));
    outbox_entry_wait(outbox, entry);
    outbox_wake(outbox);
}

/* The store cannot be written: at once, from memory, with nothing to undo. */
static int enqueue_in_memory(struct outbox *outbox, struct draft *draft, uint64_t said_key,
                             uint64_t *ret_id)
{
    struct outbox_entry *entry;
    int r = make_in_memory(outbox, draft, said_key, &entry);
    if (r < 0)
        return r;
    offer_in_memory(outbox, draft->payload);
    *ret_id = entry->id;
    send_from_memory(outbox, entry);
    return 0;
}

/* ---- answers that need no disk ----------------------------------------------------------------
 */

static bool is_held(const struct outbox *outbox, const struct outbox_item *item)
{
    return outbox->holds_answers && item->message->to.answers.id != 0;
}

static int hold_answer(struct outbox *outbox, struct draft *draft, uint64_t *ret_id)
{
    if (outbox->answer_count == OUTBOX_ANSWERS_MAX)
        return -ENOBUFS;
    struct outbox_entry *entry;
    int r = make_in_memory(outbox, draft, 0, &entry);
    if (r < 0)
        return r;
    entry->stage = OUTBOX_HELD; /* in no list */
    outbox->answers[outbox->answer_count++] = entry;
    offer_in_memory(outbox, draft->payload);
    *ret_id = entry->id;
    return 0;
}

void outbox_hold_answers(struct outbox *outbox)
{
    outbox->holds_answers = true;
}

void outbox_let_answers(struct outbox *outbox, bool go)
{
    outbox->holds_answers = false;
    for (size_t i = 0; i < outbox->answer_count; i++) {
        if (go)
            send_from_memory(outbox, outbox->answers[i]);
        else
            outbox_entry_drop(outbox, outbox->answers[i]);
    }
    outbox->answer_count = 0;
}

void outbox_expect_repeat(struct outbox *outbox, bool repeats)
{
    outbox->expects_repeat = repeats;
}

bool outbox_expects_repeat(const struct outbox *outbox)
{
    return outbox->expects_repeat;
}

/* Whether the row may go in flight with this turn's own commit; it is asked with an entry that
 * stands for it. */
static bool starts_in_flight(struct outbox *outbox, const struct draft *draft)
{
    struct outbox_entry probe = {.priority = (enum outbox_priority)draft->row.priority,
                                 .not_before_at = draft->row.not_before_at,
                                 .member = draft->payload->member,
                                 .group = draft->payload->group,
                                 .network = outbox_queue_network(outbox, draft->payload->network)};
    probe.target_key[0] = str_empty(draft->payload->room) ? 'u' : 'r';
    return probe.network && may_go_now(outbox, &probe);
}

/* One commit for the whole way: the row says in flight from the start, when it may go at once.  A
 * kill between that commit and the first byte makes it unknown although nothing was written; that
 * is the price, and it is within the promise. */
static int put_row(struct outbox *outbox, struct draft *draft)
{
    bool now = starts_in_flight(outbox, draft);
    draft->row.state = now ? STORE_OUTBOX_IN_FLIGHT : STORE_OUTBOX_QUEUED;
    draft->row.attempts = now ? 1 : 0;
    int r = store_outbox_put(outbox->parts.store, &draft->row, DEDUP_REMEMBER_MS);
    if (r < 0 || !now)
        return r;
    r = outbox_offer(outbox, draft->payload, false);
    return r < 0 ? r : outbox_ends_write(outbox); /* they ride along */
}

/* Half a row must not stay in the store when the whole message goes through memory. */
static int put_whole_row(struct outbox *outbox, struct draft *draft)
{
    struct store_savepoint savepoint;
    int r = store_savepoint(outbox->parts.store, &savepoint);
    if (r < 0)
        return r;
    r = put_row(outbox, draft);
    if (r == 0)
        return store_release(outbox->parts.store, savepoint);
    int undone = store_rollback_to(outbox->parts.store, savepoint);
    return undone < 0 ? undone : r;
}

/* The order is the promise: asked whether the lane in memory said it, then the row, then the entry;
 * if the turn is undone the row goes with it and the staged entry is dropped. */
static int enqueue_one(struct outbox *outbox, struct draft *draft, uint64_t *ret_id)
{
    bool past_disk = draft->row.priority == OUTBOX_CRISIS || draft->item->past_disk;
    uint64_t said_key = past_disk ? outbox_said_key(draft->item, draft->payload, draft->event_id)
                                  : 0;
    if (past_disk && outbox_was_said(outbox, said_key))
        return -EEXIST;
    if (!past_disk && is_held(outbox, draft->item))
        return hold_answer(outbox, draft, ret_id);
    int r = past_disk ? put_whole_row(outbox, draft) : put_row(outbox, draft);
    if (past_disk && store_is_fault(r))
        return enqueue_in_memory(outbox, draft, said_key, ret_id);
    if (r < 0)
        return r;
    struct outbox_entry *entry;
    r = outbox_entry_add(outbox, &draft->row, draft->payload, &entry);
    if (r < 0)
        return r;
    entry->past_disk = past_disk;
    entry->said_key = said_key;
    entry->said_certain = !str_empty(draft->event_id);
    outbox_list_add(&outbox->staged, entry);
    metric_add(outbox->metrics.queued, 1);
    *ret_id = entry->id;
    return 0;
}

static int draft_one(struct outbox *outbox, const struct outbox_item *item, struct payload *payload,
                     uint64_t *ret_id)
{
    AUTO_BUF json;
    AUTO_BUF key;
    buf_init(&json, PAYLOAD_BYTES_MAX);
    buf_init(&key, 1024);
    int r = fill_content(outbox, item, payload);
    if (r == 0)
        r = payload_encode(payload, &json);
    if (r < 0)
        return r;
    dedup_key(item, payload, &key);
    if (key.failed)
        return key.failed;
    const struct outbox_source *source = item->message->to.answers.id
                                             ? outbox_find_source(outbox,
                                                                  item->message->to.answers.id)
                                             : NULL;
    int64_t now = outbox_now(outbox);
    enum outbox_priority priority = priority_of(item);
    struct draft draft = {
        .item = item,
        .payload = payload,
        .row = {.priority = (int)priority,
                .member = owner_of(outbox, item, payload),
                .network = payload->network,
                .plugin = item->plugin,
                .dedup_key = buf_str(&key),
                .payload = buf_str(&json),
                .created_at = now,
                .not_before_at = item->message->not_before_at,
                .expires_at = expiry_of(item->message, priority, now)},
        .event_id = source ? source->event_id : (struct str){0},
    };
    return enqueue_one(outbox, &draft, ret_id);
}

static bool is_full(const struct outbox *outbox, const struct outbox_item *item)
{
    return priority_of(item) != OUTBOX_CRISIS && outbox->entries.count >= OUTBOX_ENTRIES_MAX;
}

/* One message may have many places (all rooms of a group), each with a row of its own, so that a
 * network that is down holds up only its own.  The first id stands for all. */
int outbox_enqueue(struct outbox *outbox, const struct outbox_item *item, uint64_t *ret_id)
{
    if (is_full(outbox, item)) {
        metric_add(outbox->metrics.full, 1);
        return -ENOBUFS;
    }
    arena_reset(&outbox->arena);
    struct payload *routes = arena_alloc(&outbox->arena, OUTBOX_ROUTES_MAX * sizeof *routes);
    if (!routes)
        return -ENOMEM;
    size_t count = 0;
    int r = outbox_route(outbox, item, &outbox->arena, routes, &count);
    if (r < 0)
        return r;
    uint64_t first = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t id = 0;
        r = draft_one(outbox, item, &routes[i], &id);
        if (r < 0 && r != -EEXIST)
            return r;
        if (r == 0 && !first)
            first = id;
    }
    if (!first)
        return -EEXIST; /* in each of its places */
    if (ret_id)
        *ret_id = first;
    return 0;
}

/* ---- trying ---------------------------------------------------------------------------------- */

static int try_in_memory(struct outbox *outbox, struct payload *payload, struct chat_network *chat,
                         struct str json)
{
    int64_t now = outbox_now(outbox);
    struct store_outbox_row row = {.id = OUTBOX_MEMORY_ID | ++outbox->next_memory_id,
                                   .priority = OUTBOX_CRISIS,
                                   .network = payload->network,
                                   .payload = json,
                                   .created_at = now,
                                   .expires_at = now + CLOCK_DAY_MS};
    struct outbox_entry *entry;
    struct payload kept;
    struct chat_message message;
    int r = outbox_entry_add(outbox, &row, payload, &entry);
    if (r < 0)
        return r;
    r = payload_decode(entry->payload, &outbox->arena, &kept);
    if (r == 0)
        r = outbox_render_message(outbox, &kept, chat, &outbox->arena, &message);
    outbox_entry_drop(outbox, entry);
    if (r < 0)
        return r;
    return message.line_count || !str_empty(message.markdown) ? 0 : -EINVAL;
}

static int try_one(struct outbox *outbox, const struct outbox_item *item, struct payload *payload)
{
    AUTO_BUF json;
    buf_init(&json, PAYLOAD_BYTES_MAX);
    struct chat_network *chat = outbox->parts.network(outbox->parts.ctx, payload->network);
    int r = chat ? fill_content(outbox, item, payload) : -EHOSTUNREACH;
    if (r == 0)
        r = payload_encode(payload, &json);
    if (r == 0)
        r = try_in_memory(outbox, payload, chat, buf_str(&json));
    if (r < 0)
        return r;
    if (chat->state != CHAT_UP)
        return -ENOTCONN;
    return str_empty(payload->room) || chat_in_room(chat, payload->room) ? 0 : -EHOSTUNREACH;
}

int outbox_try(struct outbox *outbox, const struct outbox_item *item)
{
    arena_reset(&outbox->arena);
    struct payload *routes = arena_alloc(&outbox->arena, OUTBOX_ROUTES_MAX * sizeof *routes);
    size_t count = 0;
    int r = routes ? outbox_route(outbox, item, &outbox->arena, routes, &count) : -ENOMEM;
    for (size_t i = 0; i < count && r == 0; i++)
        r = try_one(outbox, item, &routes[i]);
    return r;
}

/* The row goes with the turn's commit; until then the entry is kept aside, for a rollback brings it
 * back. */
int outbox_cancel(struct outbox *outbox, uint64_t id)
{
    struct outbox_entry *entry = map_get_id(&outbox->entries, id);
    if (!entry || entry->stage == OUTBOX_GIVEN || entry->stage == OUTBOX_ENDED ||
        entry->stage == OUTBOX_TAKEN_BACK || entry->may_be_sent)
        return -ENOENT;
    if (!entry->has_row) {
        outbox_entry_drop(outbox, entry);
        return 0;
    }
    int r = store_outbox_end(outbox->parts.store, id);
    if (r < 0)
        return r;
    entry->network->marked -= entry->in_flight;
    outbox_entry_unlink(outbox, entry);
    entry->stage = OUTBOX_TAKEN_BACK;
    outbox_list_add(&outbox->taken_back, entry);
    return 0;
}

/* Their rows went with the store's own forgetting; what is in the network's hands cannot be called
 * back, and its end finds no entry. */
void outbox_forget(struct outbox *outbox, uint64_t member)
{
    size_t cursor = 0;
    void *value;
    struct str key;
    while (map_next(&outbox->entries, &cursor, &key, &value)) {
        struct outbox_entry *entry = value;
        if (entry->member == member && entry->target_key[0] == 'u' && entry->stage != OUTBOX_GIVEN)
            outbox_entry_drop(outbox, entry);
    }
}
