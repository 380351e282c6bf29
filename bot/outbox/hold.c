/* SPDX-License-Identifier: MIT */
/* hold.c: what makes a message wait (quiet hours, a pause) or not go at all (the lane in memory
 * said it). */
#include "outbox/internal.h"

#include <errno.h>
#include <stdio.h>

#include "base/number.h"

/* ---- quiet hours ----------------------------------------------------------------------------- */

/* The member's own hours, else the group's. */
static bool quiet_hours(struct outbox *outbox, uint64_t member, const struct group *group,
                        int *ret_from, int *ret_to)
{
    struct str quiet;
    if (people_preference(outbox->parts.people, member, STR("quiet"), &outbox->arena, &quiet) == 0)
        return people_parse_quiet(quiet, ret_from, ret_to) == 0;
    if (!group || !group->node)
        return false;
    *ret_from = (int)settings_integer(group->node, "quiet.from");
    *ret_to = (int)settings_integer(group->node, "quiet.to");
    return true;
}

/* Milliseconds until the quiet hours end; 0: it is not quiet. */
static int64_t quiet_left_ms(struct outbox *outbox, uint64_t member, const struct group *group,
                             int64_t now)
{
    struct arena *arena = &outbox->arena;
    int from, to;
    if (!quiet_hours(outbox, member, group, &from, &to) || from == to)
        return 0;
    struct mooring_civil local;
    struct str zone = people_zone(outbox->parts.people, member, group, arena);
    if (outbox->parts.local(outbox->parts.ctx, zone, now, &local) < 0)
        return 0;
    int minute = local.hour * 60 + local.minute;
    bool is_quiet = from < to ? minute >= from && minute < to : minute >= from || minute < to;
    if (!is_quiet)
        return 0;
    /* An hour off in the one night when the clocks change; asked again at that moment. */
    return ((to - minute + 1440) % 1440) * CLOCK_MINUTE_MS - local.second * CLOCK_SECOND_MS;
}

int64_t outbox_hold_until(struct outbox *outbox, const struct outbox_entry *entry)
{
    if (entry->priority != OUTBOX_REMINDER || (entry->flags & MOORING_SAY_TEAM))
        return 0;
    int64_t now = outbox_now(outbox);
    int64_t until_at = outbox_paused_until(outbox, entry->group);
    if (entry->member && entry->target_key[0] == 'u') {
        const struct group *group = outbox_group(outbox, entry->group);
        int64_t left_ms = quiet_left_ms(outbox, entry->member, group, now);
        if (left_ms > 0)
            until_at = MAX_OF(until_at, now + left_ms);
    }
    return until_at > now ? until_at : 0;
}

/* ---- pauses ---------------------------------------------------------------------------------- */

enum { PAUSE_NAME_BYTES = 48 };

static struct str pause_name(uint64_t group, char out[PAUSE_NAME_BYTES])
{
    (void)snprintf(out, PAUSE_NAME_BYTES, "outbox.pause.%llu", (unsigned long long)group);
    return str_of(out);
}

static struct outbox_pause *find_pause(const struct outbox *outbox, uint64_t group)
{
    for (size_t i = 0; i < outbox->pause_count; i++)
        if (outbox->pauses[i].group == group)
            return (struct outbox_pause *)&outbox->pauses[i];
    return NULL;
}

static int note_pause(struct outbox *outbox, uint64_t group, int64_t until_at)
{
    struct outbox_pause *pause = find_pause(outbox, group);
    if (!pause) {
        if (outbox->pause_count == OUTBOX_PAUSES_MAX)
            return -ENOBUFS;
        pause = &outbox->pauses[outbox->pause_count++];
    }
    *pause = (struct outbox_pause){group, until_at};
    return 0;
}

/* Those that wait for the end of a longer pause are asked again. */
static int ask_again(struct outbox *outbox, uint64_t group)
{
    size_t cursor = 0;
    void *value;
    struct str key;
    while (map_next(&outbox->entries, &cursor, &key, &value)) {
        struct outbox_entry *entry = value;
        if (entry->group != group || !heap_holds(&entry->due))
            continue;
        heap_remove(&outbox->due, &entry->due);
        int r = heap_add(&outbox->due, &entry->due, outbox_now(outbox));
        if (r < 0)
            return r;
    }
    outbox_wake(outbox);
    return 0;
}

int outbox_pause(struct outbox *outbox, uint64_t group, int64_t until_at)
{
    char name[PAUSE_NAME_BYTES], value[24];
    (void)snprintf(value, sizeof value, "%lld", (long long)until_at);
    int r = store_meta_put(outbox->parts.store, pause_name(group, name), str_of(value));
    if (r < 0)
        return r;
    r = note_pause(outbox, group, until_at);
    return r < 0 ? r : ask_again(outbox, group);
}

int64_t outbox_paused_until(const struct outbox *outbox, uint64_t group)
{
    const struct outbox_pause *pause = find_pause(outbox, group);
    return pause && pause->until_at > outbox_now(outbox) ? pause->until_at : 0;
}

void outbox_pauses_load(struct outbox *outbox)
{
    outbox->pause_count = 0;
    if (!outbox->parts.groups)
        return;
    for (size_t i = 0; i < groups_count(outbox->parts.groups); i++) {
        uint64_t group = groups_at(outbox->parts.groups, i)->id;
        char name[PAUSE_NAME_BYTES];
        struct str value;
        int64_t until_at;
        if (store_meta_get(outbox->parts.store, pause_name(group, name), &outbox->arena, &value) ==
                0 &&
            number_parse(value, 0, INT64_MAX, &until_at) == 0 && until_at > outbox_now(outbox))
            /* never full: a pause a group, and groups are fewer */
            (void)note_pause(outbox, group, until_at);
    }
}

/* ---- what the lane in memory said ------------------------------------------------------------ */

/* Without an event id an event cannot be told from the next like it: then only for so long. */
enum { UNCERTAIN_MS = 10 * 60 * 1000 };

static uint64_t mix(uint64_t hash, struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        hash = (hash ^ (unsigned char)s.ptr[i]) * 0x100000001b3ULL;
    return (hash ^ 0xff) * 0x100000001b3ULL; /* an end, so that "a" "bc" is not "ab" "c" */
}

uint64_t outbox_said_key(const struct outbox_item *item, const struct payload *payload,
                         struct str event_id)
{
    uint64_t hash = 0xcbf29ce484222325ULL;
    hash = mix(hash, payload->network);
    hash = mix(hash, payload->room);
    hash = mix(hash, payload->user);
    hash = mix(hash, event_id);
    hash = mix(hash, payload->source_room);
    /* Not the wording: the second try of a turn may have picked another card. */
    hash = mix(hash, str_of(item->message->msgid));
    hash = mix(hash, item->plugin);
    hash = mix(hash, abi_take(item->message->dedup_key));
    hash ^= item->alert * 0x9e3779b97f4a7c15ULL;
    return hash ? hash : 1;
}

bool outbox_was_said(const struct outbox *outbox, uint64_t key)
{
    int64_t now_ms = clock_elapsed_ms(loop_clock(outbox->parts.loop));
    for (size_t i = 0; i < OUTBOX_SAID; i++) {
        const struct outbox_said *said = &outbox->said[i];
        if (said->key == key && (said->certain || now_ms - said->elapsed_ms < UNCERTAIN_MS))
            return true;
    }
    return false;
}

void outbox_note_said(struct outbox *outbox, const struct outbox_entry *entry)
{
    if (entry->said_key == 0)
        return;
    outbox->said[outbox->next_said++ % OUTBOX_SAID] = (struct outbox_said){
        entry->said_key, clock_elapsed_ms(loop_clock(outbox->parts.loop)), entry->said_certain};
}
