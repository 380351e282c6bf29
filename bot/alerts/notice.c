/* SPDX-License-Identifier: MIT */
/* notice.c: a word about the house itself (a disk, a resting plugin, a missing backup) to every
 * team, once in six hours for each cause; also past a store that cannot be written. */
#include "alerts/internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/number.h"
#include "observe/log.h"
#include "store/values.h"

enum { KEY_BYTES = 160, UNIQUE_BYTES = KEY_BYTES + 32 };

static uint64_t hash_of(const char *key)
{
    uint64_t hash = 0xcbf29ce484222325ULL;
    for (const char *c = key; *c; c++)
        hash = (hash ^ (unsigned char)*c) * 0x100000001b3ULL;
    return hash ? hash : 1;
}

/* ---- once in a while --------------------------------------------------------------------------
 */

/* The store remembers over a restart, so that a daemon that is started again and again does not say
 * it each time; memory, while the store cannot. */
static bool was_told(struct alerts *alerts, const char *key)
{
    int64_t now_ms = clock_elapsed_ms(alerts->parts.clock);
    for (size_t i = 0; i < ALERTS_NOTICES; i++) {
        const struct alerts_notice_memory *memory = &alerts->notices[i];
        if (memory->key == hash_of(key) && now_ms - memory->elapsed_ms < ALERTS_NOTICE_MS)
            return true;
    }
    struct str value;
    int64_t at;
    return store_values_get(alerts->parts.store, STR(""), MOORING_OWN_PLUGIN, 0, str_of(key),
                            &alerts->arena, &value) == 0 &&
           number_parse(value, 0, INT64_MAX, &at) == 0 &&
           alerts_is_recent(alerts, at, ALERTS_NOTICE_MS);
}

static void remember(struct alerts *alerts, const char *key)
{
    alerts->notices[alerts->next_notice++ % ALERTS_NOTICES] = (struct alerts_notice_memory){
        .key = hash_of(key), .elapsed_ms = clock_elapsed_ms(alerts->parts.clock), .staged = true};
    char at[24];
    (void)snprintf(at, sizeof at, "%" PRId64, alerts_now(alerts));
    int r = store_values_put(alerts->parts.store, STR(""), MOORING_OWN_PLUGIN, 0, str_of(key),
                             str_of(at), alerts_now(alerts) + ALERTS_NOTICE_MS);
    (void)r; /* past a store that cannot be written, memory alone knows */
}

static int forget(struct alerts *alerts, const char *key)
{
    for (size_t i = 0; i < ALERTS_NOTICES; i++)
        if (alerts->notices[i].key == hash_of(key))
            alerts->notices[i] = (struct alerts_notice_memory){0};
    return store_values_remove(alerts->parts.store, STR(""), MOORING_OWN_PLUGIN, 0, str_of(key));
}

/* The turn stands: or the disk undid it, and then the outbox said it from memory. */
void alerts_notices_keep(struct alerts *alerts)
{
    for (size_t i = 0; i < ALERTS_NOTICES; i++)
        alerts->notices[i].staged = false;
}

/* The turn runs again, or not: then it was not said. */
void alerts_notices_undo(struct alerts *alerts)
{
    for (size_t i = 0; i < ALERTS_NOTICES; i++)
        if (alerts->notices[i].staged)
            alerts->notices[i] = (struct alerts_notice_memory){0};
}

/* ---- saying it --------------------------------------------------------------------------------
 */

/* 1 said, 0 not: nobody there. */
static int send(struct alerts *alerts, const struct mooring_message *message)
{
    struct outbox_item item = {.message = message, .priority = OUTBOX_REPLY, .past_disk = true};
    int r = outbox_enqueue(alerts->parts.outbox, &item, NULL);
    if (r == 0 || r == -EEXIST) /* one room or person of several groups hears it once */
        return 1;
    return r == -ENOENT || r == -EACCES ? 0 : r;
}

static bool is_elsewhere(struct alerts *alerts, uint64_t member, struct str down)
{
    struct people_speaker at;
    return str_empty(down) ||
           (people_address(alerts->parts.people, member, &alerts->arena, &at) == 0 &&
            !str_eq(at.network, down));
}

static int tell_people(struct alerts *alerts, const struct group *group, struct str down,
                       struct mooring_message message)
{
    int said = 0;
    message.flags |= MOORING_SAY_PRIVATE_ONLY;
    for (size_t i = 0; i < group->moderator_count; i++) {
        uint64_t member = group->moderators[i].member;
        if (member == 0 || !is_elsewhere(alerts, member, down))
            continue;
        message.to = (struct mooring_to){.member = {member}};
        int r = send(alerts, &message);
        if (r < 0)
            return r;
        said += r;
    }
    return said;
}

/* Whether the team's room is one that we are not in. */
static bool is_outside(struct alerts *alerts, const struct mooring_message *message)
{
    struct outbox_item item = {.message = message, .priority = OUTBOX_REPLY, .past_disk = true};
    return outbox_try(alerts->parts.outbox, &item) == -EHOSTUNREACH;
}

static int tell_team(struct alerts *alerts, const struct group *group, struct str down,
                     struct mooring_message message)
{
    message.flags |= MOORING_SAY_TEAM;
    message.to.group.id = group->id;
    bool outside = is_outside(alerts, &message);
    int r = send(alerts, &message);
    bool silent = !str_empty(down) && str_eq(group->alert_room.network, down);
    if (r < 0 || (r > 0 && !outside && !silent))
        return r;
    message.flags &= ~(uint64_t)MOORING_SAY_TEAM;
    int told = tell_people(alerts, group, silent ? down : (struct str){0}, message);
    return told < 0 ? told : r + told;
}

/* Each team by itself: one that cannot be told does not keep it from the others. */
static int tell_teams(struct alerts *alerts, const struct alerts_notice_way *way,
                      const struct mooring_message *message)
{
    int said = 0, failed = 0;
    for (size_t i = 0; i < groups_count(alerts->parts.groups); i++) {
        const struct group *group = groups_at(alerts->parts.groups, i);
        if (way->only && group != way->only)
            continue;
        int r = tell_team(alerts, group, way->down, *message);
        said += MAX_OF(r, 0);
        failed = r < 0 ? r : failed;
    }
    return said ? said : failed;
}

static int name_of(const char *msgid, struct str key, char out[KEY_BYTES])
{
    int length = snprintf(out, KEY_BYTES, "notice/%s/%.*s", msgid, STR_ARG(key));
    return length < 0 || length >= KEY_BYTES ? -E2BIG : 0;
}

int alerts_notice_over(struct alerts *alerts, const char *msgid, struct str about, struct str key)
{
    char name[KEY_BYTES];
    int r = name_of(msgid, key, name);
    if (r < 0)
        return r;
    int withdrawn = outbox_withdraw(alerts->parts.outbox, str_of(msgid), about);
    if (withdrawn <= 0)
        return withdrawn;
    r = forget(alerts, name);
    return r < 0 ? r : withdrawn;
}

int alerts_notice_by(struct alerts *alerts, const struct alerts_notice_way *way, const char *msgid,
                     const struct mooring_arg *args, size_t count, struct str key)
{
    char name[KEY_BYTES], unique[UNIQUE_BYTES];
    int named = name_of(msgid, key, name);
    if (named < 0)
        return named;
    arena_reset(&alerts->arena);
    if (was_told(alerts, name))
        return 0;
    (void)snprintf(unique, sizeof unique, "%s/%" PRId64, name, alerts_now(alerts));
    struct mooring_message message = {.struct_size = sizeof message,
                                      .flags = MOORING_SAY_URGENT,
                                      .msgid = msgid,
                                      .args = args,
                                      .arg_count = count,
                                      .expires_at = alerts_now(alerts) + CLOCK_DAY_MS,
                                      .dedup_key = abi_lend(str_of(unique))};
    int said = tell_teams(alerts, way, &message);
    if (said > 0)
        remember(alerts, name);
    if (said == 0)
        log_event(LOG_LEVEL_WARNING, "notice_unheard", LOG_TEXT("notice", msgid));
    return said < 0 ? said : said > 0;
}

int alerts_notice_to(struct alerts *alerts, const struct group *only, const char *msgid,
                     const struct mooring_arg *args, size_t count, struct str key)
{
    return alerts_notice_by(alerts, &(struct alerts_notice_way){.only = only}, msgid, args, count,
                            key);
}

int alerts_notice(struct alerts *alerts, const char *msgid, const struct mooring_arg *args,
                  size_t count, struct str key)
{
    return alerts_notice_to(alerts, NULL, msgid, args, count, key);
}
