/* SPDX-License-Identifier: MIT */
/* inbox.c: accepts events and finds out who speaks, where. */
#include "inbox/internal.h"

#include <errno.h>
#include <sodium.h>

enum { MARK_BYTES = 1024 };
#define TYPO   "typo "
#define EDITED "edited "

int inbox_create(const struct inbox_parts *parts, struct inbox **ret_inbox)
{
    struct inbox *inbox = mem_zalloc(sizeof *inbox);
    if (!inbox)
        return -ENOMEM;
    inbox->parts = *parts;
    randombytes_buf(inbox->lines_key, sizeof inbox->lines_key);
    *ret_inbox = inbox;
    return 0;
}

void inbox_destroy(struct inbox *inbox)
{
    if (!inbox)
        return;
    inbox_saved(inbox);
    inbox_forget_lines(inbox, INT64_MAX);
    mem_free(inbox);
}

int inbox_prune(struct inbox *inbox)
{
    inbox_forget_lines(inbox, clock_wall_at(inbox->parts.clock));
    return store_events_prune(inbox->parts.store,
                              clock_wall_at(inbox->parts.clock) - inbox->parts.seen_ms);
}

void inbox_reloaded(struct inbox *inbox, struct groups *groups, int64_t late_after_ms,
                    int64_t seen_ms)
{
    inbox->parts.seen_ms = seen_ms;
    inbox->parts.groups = groups;
    inbox->parts.late_after_ms = late_after_ms;
}

/* Bots answering bots is how rooms die: our own words, notices and marked bots are never input. */
static bool never_input(const struct chat_event *event)
{
    return (event->flags & (CHAT_OWN | CHAT_NOTICE)) != 0;
}

/* Events name rooms in the network's canonical form; the configuration as people write them.  The
 * second look is for the first event of a room that is written otherwise, and for rooms that no
 * group has. */
static struct groups_room *find_room(struct groups *groups, struct chat_network *network,
                                     struct str wanted)
{
    struct str name = str_of(network->name);
    struct groups_room *room = groups_find_room(groups, name, wanted);
    for (size_t g = 0; !room && g < groups_count(groups); g++) {
        struct group *group = groups_at(groups, g);
        for (size_t i = 0; !room && i <= group->room_count; i++) {
            struct groups_room *candidate = i < group->room_count ? &group->rooms[i]
                                                                  : &group->alert_room;
            AUTO_BUF canonical;
            buf_init(&canonical, 1024);
            if (str_eq(candidate->network, name) &&
                network->class->room_canonical(network, candidate->name, &canonical) >= 0 &&
                str_eq(buf_str(&canonical), wanted) &&
                groups_note_spelling(groups, candidate, wanted) == 0)
                room = candidate;
        }
    }
    return room;
}

/* Marks beside an event's own: its only effect was that we did not know the word; its new form ran.
 */
static struct str mark_of(const char *what, struct str id, struct buf *out)
{
    buf_init(out, MARK_BYTES);
    buf_add_c(out, what);
    buf_add(out, id);
    return buf_str(out);
}

static bool was_seen(struct inbox *inbox, struct str network, const char *what, struct str id)
{
    AUTO_BUF mark;
    struct str text = mark_of(what, id, &mark);
    return !mark.failed && store_events_seen(inbox->parts.store, network, text) == 1;
}

/* What is edited or taken back is talk, as a rule, and costs one look. */
static void look_back(struct inbox *inbox, struct inbox_item *item)
{
    const struct chat_event *event = item->event;
    struct str network = item->speaker.network;
    if (str_empty(event->relates_to) || (event->kind != CHAT_EDIT && event->kind != CHAT_REDACTION))
        return;
    item->had_effect = was_seen(inbox, network, "", event->relates_to);
    if (event->kind == CHAT_EDIT && !item->is_late)
        item->may_run = !was_seen(inbox, network, EDITED, event->relates_to) &&
                        (!item->had_effect || was_seen(inbox, network, TYPO, event->relates_to));
}

int inbox_accept(struct inbox *inbox, struct chat_network *network, const struct chat_event *event,
                 struct inbox_item *ret_item)
{
    const struct inbox_parts *parts = &inbox->parts;
    struct inbox_item item = {.event = event, .network = network};
    if (never_input(event))
        return 0;
    people_speaks_with_power(parts->people, 0, NULL);
    item.is_private = (event->flags & CHAT_PRIVATE) != 0;
    item.is_edit = event->kind == CHAT_EDIT;
    if (!item.is_private) {
        item.room = find_room(parts->groups, network, event->room);
        if (!item.room)
            return 0;
        item.group = item.room->group;
    }
    item.speaker = (struct people_speaker){
        .network = str_of(network->name),
        .identity = event->account,
        .address = event->sender,
        .display = str_empty(event->display) ? event->sender : event->display,
        /* in a room of two everybody has it */
        .has_power = (event->flags & CHAT_HAS_POWER) && !item.is_private,
    };
    item.is_puppet = inbox_is_puppet(inbox, &item);
    if ((event->flags & CHAT_FROM_BOT) && !item.is_puppet)
        return 0;         /* behind a bridge, marked as it is, people speak */
    if (item.is_puppet) { /* its name proves nothing here */
        item.speaker.identity = (struct str){0};
        item.speaker.has_power = false;
    }
    if (item.room && inbox_bridge_drops(inbox, &item))
        return 0;
    item.member = people_find(parts->people, &item.speaker);
    people_speaks(parts->people, &item.speaker, item.member);
    if (!item.group && item.member)
        item.group = people_home(parts->people, item.member);
    if (!item.group && groups_count(parts->groups) == 1)
        item.group = groups_at(parts->groups, 0);
    item.is_late = clock_wall_at(parts->clock) - event->sent_at > parts->late_after_ms;
    look_back(inbox, &item);
    *ret_item = item;
    return 1;
}

int inbox_repeated(struct inbox *inbox, const struct inbox_item *item)
{
    const struct chat_event *event = item->event;
    if (inbox_bridge_repeats(inbox, item))
        return 1;
    if (str_empty(event->id))
        return 0;
    struct store *store = inbox->parts.store;
    struct str network = item->speaker.network;
    int r = store_events_seen(store, network, event->id);
    if (r == 0 && outbox_was_taken_back(inbox->parts.outbox, network, event->id))
        r = 1;
    if (r != 0)
        return r;
    r = store_events_mark_seen(store, network, event->id);
    AUTO_BUF mark = {0}; /* of most messages none is made */
    if (r == 0 && item->is_typo)
        r = store_events_mark_seen(store, network, mark_of(TYPO, event->id, &mark));
    else if (r == 0 && item->is_edit && item->may_run)
        r = store_events_mark_seen(store, network, mark_of(EDITED, event->relates_to, &mark));
    return r;
}

/* ---- past a store that cannot be written -------------------------------------------------------
 */

static struct str network_of(const struct past_disk *past)
{
    return (struct str){past->text, past->network_size};
}

static struct str id_of(const struct past_disk *past)
{
    return (struct str){past->text + past->network_size, past->size - past->network_size};
}

static void note_past_disk(struct inbox *inbox, struct str network, struct str id)
{
    AUTO_BUF both;
    buf_init(&both, PAST_DISK_BYTES);
    buf_add(&both, network);
    buf_add(&both, id);
    char *text = both.failed ? NULL : str_copy(buf_str(&both));
    if (!text) /* without a memory of it it may be answered again: better than not at all */
        return;
    struct past_disk *past = &inbox->past_disk[inbox->next_past_disk++ % PAST_DISK_MAX];
    mem_free(past->text);
    *past = (struct past_disk){text, network.len, both.len};
}

bool inbox_repeated_past_disk(struct inbox *inbox, const struct inbox_item *item)
{
    struct str id = item->event->id, network = item->speaker.network;
    if (inbox_bridge_repeats(inbox, item))
        return true;
    if (str_empty(id))
        return false;
    if (store_events_seen(inbox->parts.store, network, id) == 1)
        return true;
    for (size_t i = 0; i < PAST_DISK_MAX; i++) {
        const struct past_disk *past = &inbox->past_disk[i];
        if (past->text && str_eq(id_of(past), id) && str_eq(network_of(past), network))
            return true;
    }
    note_past_disk(inbox, network, id);
    return false;
}

int inbox_save_past_disk(struct inbox *inbox)
{
    int r = 0;
    for (size_t i = 0; i < PAST_DISK_MAX && r >= 0; i++) {
        const struct past_disk *past = &inbox->past_disk[i];
        if (past->text)
            r = store_events_mark_seen(inbox->parts.store, network_of(past), id_of(past));
    }
    return MIN_OF(r, 0);
}

void inbox_saved(struct inbox *inbox)
{
    for (size_t i = 0; i < PAST_DISK_MAX; i++)
        mem_free(TAKE(inbox->past_disk[i].text));
}

void inbox_take_past_disk(struct inbox *inbox, struct inbox *from)
{
    inbox_saved(inbox);
    memcpy(inbox->past_disk, from->past_disk, sizeof inbox->past_disk);
    inbox->next_past_disk = from->next_past_disk;
    memset(from->past_disk, 0, sizeof from->past_disk);
}

int inbox_meet(struct inbox *inbox, struct inbox_item *item)
{
    if (str_empty(item->speaker.identity))
        return 0;
    int r = people_meet(inbox->parts.people, &item->speaker, item->group, &item->member);
    if (r >= 0 && item->speaker.has_power)
        people_speaks_with_power(inbox->parts.people, item->member, item->group);
    return r < 0 ? r : 0;
}

static uint32_t abi_flags(const struct inbox_item *item)
{
    return (item->is_late ? MOORING_EVENT_LATE : 0u) | (item->is_edit ? MOORING_EVENT_EDITED : 0u) |
           (item->is_private ? MOORING_EVENT_PRIVATE : 0u) |
           (item->is_puppet ? MOORING_EVENT_BRIDGED : 0u) |
           (item->answer == SAFETY_ANSWER_YES ? MOORING_EVENT_SAYS_YES : 0u) |
           (item->answer == SAFETY_ANSWER_NO ? MOORING_EVENT_SAYS_NO : 0u);
}

int inbox_source(struct inbox *inbox, struct inbox_item *item, bool is_command, struct arena *arena)
{
    const struct chat_event *event = item->event;
    struct outbox_source source = {
        .network = item->speaker.network,
        .room = item->is_private ? (struct str){0} : event->room,
        /* behind a puppet stands who knows which program: nothing private goes there */
        .user = item->is_puppet && !item->is_private ? (struct str){0} : event->sender,
        .identity = item->speaker.identity,
        .display = item->speaker.display,
        /* what an edit causes goes back to the message, as people see it */
        .event_id = item->is_edit ? event->relates_to : event->id,
        /* nobody replies to a tap */
        .answers_id = event->kind == CHAT_REACTION ? event->relates_to : (struct str){0},
        .thread = event->thread,
        .member = item->member,
        .room_id = item->room ? item->room->id : 0,
        .group = item->group ? item->group->id : 0,
        .is_command = is_command,
        .is_late = item->is_late,
    };
    item->source = outbox_note_source(inbox->parts.outbox, &source);
    AUTO_BUF rules;
    buf_init(&rules, 512);
    for (size_t i = 0; i < item->verdict.rule_count; i++)
        buf_add_format(&rules, "%s%s", i ? " " : "", item->verdict.rules[i]);
    item->abi = (struct mooring_event){
        .struct_size = sizeof item->abi,
        .flags = abi_flags(item),
        .net_caps = item->network->caps,
        .source = {item->source},
        .member = {item->member},
        .room = {source.room_id},
        .group = {source.group},
        .sent_at = event->sent_at,
        .text = abi_lend(event->text),
        .verdict = {.struct_size = sizeof item->abi.verdict,
                    .kind = (uint32_t)item->verdict.kind,
                    .tier = (uint32_t)item->verdict.tier,
                    .who = (uint32_t)item->verdict.who,
                    .rules = abi_lend(str_keep(arena, buf_str(&rules)))},
    };
    return 0;
}
