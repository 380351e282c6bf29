/* SPDX-License-Identifier: MIT */
/* people.c: who somebody is, what they may do, and where they are at home. */
#include "people/internal.h"

#include <errno.h>

#include "store/link.h"

enum {
    SEEN_AGAIN_MS = CLOCK_DAY_MS
}; /* when they were last seen is written once a day, not with each message */

/* What was remembered of a turn that was taken back may never have been written. */
static void rolled_back(void *ctx)
{
    struct people *people = ctx;
    people_cache_clear(&people->cache);
    people->generation = UINT64_MAX; /* a join may have been taken back, too */
    people_speaks_with_power(people, 0, NULL);
}

static void committed(void *ctx)
{
    people_speaks_with_power(ctx, 0, NULL);
}

static void hash_of(const struct people *people, struct str network, struct str identity,
                    unsigned char ret_hash[STORE_HASH_BYTES])
{
    store_hash(people->store, STR("identity"), network, identity, ret_hash);
}

static void resolve_moderators(struct people *people)
{
    unsigned char hash[STORE_HASH_BYTES];
    for (size_t i = 0; i < groups_count(people->groups); i++) {
        struct group *group = groups_at(people->groups, i);
        for (size_t k = 0; k < group->moderator_count; k++) {
            struct groups_moderator *moderator = &group->moderators[k];
            moderator->member = 0;
            hash_of(people, moderator->network, moderator->identity, hash);
            if (store_members_find(people->store, hash, &moderator->member) < 0)
                moderator->member = 0;
        }
    }
}

/* People came or went since: asked at every entry, one comparison when nothing did.  Who is whom
 * may have changed, so all that is cached goes at once. */
static void catch_up(struct people *people)
{
    uint64_t generation = store_people_generation(people->store);
    if (generation == people->generation)
        return;
    people->generation = generation;
    people_cache_clear(&people->cache);
    resolve_moderators(people);
}

int people_create(struct store *store, struct groups *groups, struct people **ret_people)
{
    struct people *people = mem_zalloc(sizeof *people);
    if (!people)
        return -ENOMEM;
    UErrorCode failed = U_ZERO_ERROR;
    people->store = store;
    people->generation = store_people_generation(store);
    people->fold = ucasemap_open("", U_FOLD_CASE_DEFAULT, &failed);
    int r = U_FAILURE(failed) ? -ENOMEM : store_on_rollback(store, rolled_back, people);
    if (r == 0)
        r = store_on_commit(store, committed, people);
    if (r < 0) {
        people_destroy(people);
        return r;
    }
    people_set_groups(people, groups);
    *ret_people = people;
    return 0;
}

void people_destroy(struct people *people)
{
    if (!people)
        return;
    people_cache_clear(&people->cache);
    if (people->fold)
        ucasemap_close(people->fold);
    mem_free(people);
}

void people_set_groups(struct people *people, struct groups *groups)
{
    people->groups = groups;
    resolve_moderators(people);
}

/* ---- finding --------------------------------------------------------------------------------- */

/* Also that somebody is nobody is remembered: most who talk in a room never use the bot, and they
 * cost one hash the first time only. */
uint64_t people_find(struct people *people, const struct people_speaker *speaker)
{
    char bytes[PEOPLE_CACHE_KEY_BYTES];
    unsigned char hash[STORE_HASH_BYTES];
    struct str key;
    uint64_t member = 0;
    if (str_empty(speaker->identity) ||
        !people_cache_key(speaker->network, speaker->identity, bytes, &key))
        return 0;
    catch_up(people);
    const struct people_cache_entry *entry = people_cache_get(&people->cache, key);
    if (entry)
        return entry->member;
    hash_of(people, speaker->network, speaker->identity, hash);
    if (store_members_find(people->store, hash, &member) < 0)
        member = 0;
    (void)people_cache_put(&people->cache, key, member);
    return member;
}

/* ---- meeting --------------------------------------------------------------------------------- */

/* FNV-1a: only to see that something changed. */
static uint64_t fingerprint(const struct people_speaker *speaker)
{
    uint64_t hash = 14695981039346656037u;
    const struct str parts[] = {speaker->address, speaker->display};
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        for (size_t k = 0; k < parts[i].len; k++)
            hash = (hash ^ (unsigned char)parts[i].ptr[k]) * 1099511628211u;
        /* a byte that no UTF-8 holds: where one ends and the next begins */
        hash = (hash ^ 0xff) * 1099511628211u;
    }
    return hash ? hash : 1;
}

struct comparison {
    const struct people_speaker *speaker;
    int64_t since_at;
    int64_t seen_at, others_at; /* this identity, and the latest of the others */
    bool same;
};

static void compare_identity(void *ctx, const struct store_identity *identity)
{
    struct comparison *comparison = ctx;
    const struct people_speaker *speaker = comparison->speaker;
    if (!str_eq(identity->network, speaker->network) ||
        !str_eq(identity->identity, speaker->identity)) {
        comparison->others_at = MAX_OF(comparison->others_at, identity->seen_at);
        return;
    }
    comparison->seen_at = identity->seen_at;
    comparison->same = str_eq(identity->address, speaker->address) &&
                       str_eq(identity->display, speaker->display) &&
                       identity->seen_at >= comparison->since_at;
}

/* Written only when name or address changed, once a day, or when they come back from another
 * network: talk that changes nothing costs no disk, and yet they are written to where they were
 * last seen.  A row that does not open (-EBADMSG) is written anew. */
static int note_identity(struct people *people, uint64_t member,
                         const struct people_speaker *speaker, int64_t now_at)
{
    struct comparison comparison = {.speaker = speaker, .since_at = now_at - SEEN_AGAIN_MS};
    int r = store_members_each_identity(people->store, member, compare_identity, &comparison);
    if (r < 0 && r != -EBADMSG)
        return r;
    bool latest = comparison.others_at == 0 || comparison.seen_at > comparison.others_at;
    if (r == 0 && comparison.same && latest)
        return 0;
    struct store_identity identity = {.network = speaker->network,
                                      .identity = speaker->identity,
                                      .address = speaker->address,
                                      .display = speaker->display,
                                      /* not before another's that a clock set since has stamped */
                                      .seen_at = MAX_OF(now_at, comparison.others_at + 1)};
    people_cache_compare_again(&people->cache, member);
    return store_members_put_identity(people->store, member, &identity);
}

static int take_first(void *ctx, uint64_t group)
{
    *(uint64_t *)ctx = group;
    return 1;
}

static int note_group(struct people *people, uint64_t member, uint64_t group)
{
    uint64_t home = 0;
    int r = store_members_each_group(people->store, member, take_first, &home);
    if (r < 0 || home == group)
        return r < 0 ? r : 0;
    return store_members_note_group(people->store, member, group);
}

static int make_member(struct people *people, const struct people_speaker *speaker,
                       uint64_t *ret_member)
{
    unsigned char hash[STORE_HASH_BYTES];
    hash_of(people, speaker->network, speaker->identity, hash);
    int r = store_members_create(people->store, hash, ret_member);
    if (r < 0)
        return r;
    /* Nobody else changed: the others in the cache are still right. */
    people->generation = store_people_generation(people->store);
    resolve_moderators(people);
    return 0;
}

static uint64_t day_of(int64_t at)
{
    return (uint64_t)(at / SEEN_AGAIN_MS);
}

/* In the turn of somebody who does something that is kept: member, identity and group come to be
 * with it, or not at all. */
int people_meet(struct people *people, const struct people_speaker *speaker,
                const struct group *group, uint64_t *ret_member)
{
    char bytes[PEOPLE_CACHE_KEY_BYTES];
    struct str key;
    if (str_empty(speaker->identity))
        return -EACCES;
    if (!people_cache_key(speaker->network, speaker->identity, bytes, &key))
        return -E2BIG;
    uint64_t member = people_find(people, speaker);
    int r = member ? 0 : make_member(people, speaker, &member);
    if (r < 0)
        return r;
    struct people_cache_entry *entry = people_cache_get(&people->cache, key);
    if (!entry || entry->member != member)
        entry = people_cache_put(&people->cache, key, member);
    int64_t now_at = store_wall_at(people->store);
    uint64_t noted = fingerprint(speaker) ^ day_of(now_at);
    if (!entry || entry->noted != noted)
        r = note_identity(people, member, speaker, now_at);
    if (r == 0 && group && (!entry || entry->group != group->id))
        r = note_group(people, member, group->id);
    if (r < 0)
        return r;
    if (entry)
        entry->noted = noted;
    if (entry && group)
        entry->group = group->id;
    *ret_member = member;
    return 0;
}

/* ---- roles, home ----------------------------------------------------------------------------- */

static bool moderates(const struct group *group, uint64_t member)
{
    for (size_t i = 0; member && i < group->moderator_count; i++)
        if (group->moderators[i].member == member)
            return true;
    return false;
}

static bool is_moderator(const struct group *group, const struct people_speaker *speaker)
{
    for (size_t i = 0; i < group->moderator_count; i++) {
        const struct groups_moderator *moderator = &group->moderators[i];
        /* Exactly as the network gives it: on some servers @Mara and @mara are two people. */
        if (str_eq_nocase(moderator->network, speaker->network) &&
            str_eq(moderator->identity, speaker->identity))
            return true;
    }
    return false;
}

enum mooring_role people_role(struct people *people, const struct people_speaker *speaker,
                              uint64_t member, const struct group *group)
{
    if (!group && member)
        group = people_home(people, member);
    bool by_power = group && group->moderators_by_power && speaker->has_power;
    if (group && !str_empty(speaker->identity) && (by_power || is_moderator(group, speaker)))
        return MOORING_ROLE_MODERATOR;
    if (member && group && !group->moderators_by_link && moderates(group, member))
        return MOORING_ROLE_MEMBER; /* joined to one who is: the power stays where it was given */
    return people_member_role(people, member, group);
}

void people_speaks(struct people *people, const struct people_speaker *speaker, uint64_t member)
{
    bool fits =
        speaker && member &&
        str_to_c(speaker->network, people->speaking_network, sizeof people->speaking_network) &&
        str_to_c(speaker->identity, people->speaking_identity, sizeof people->speaking_identity);
    people->speaking_member = fits ? member : 0;
}

/* Who speaks as another than the moderator that they were joined to. */
static bool speaks_as_other(const struct people *people, uint64_t member, const struct group *group)
{
    const struct people_speaker speaker = {.network = str_of(people->speaking_network),
                                           .identity = str_of(people->speaking_identity)};
    return people->speaking_member == member && !group->moderators_by_link &&
           !is_moderator(group, &speaker);
}

void people_speaks_with_power(struct people *people, uint64_t member, const struct group *group)
{
    people->power_member = member;
    people->power_group = group && group->moderators_by_power ? group->id : 0;
}

enum mooring_role people_member_role(struct people *people, uint64_t member,
                                     const struct group *group)
{
    catch_up(people);
    if (!member)
        return MOORING_ROLE_NONE;
    member = store_link_current(people->store, member);
    bool by_power = group && people->power_member == member && people->power_group == group->id;
    return group && (by_power ||
                     (moderates(group, member) && !speaks_as_other(people, member, group)))
               ? MOORING_ROLE_MODERATOR
               : MOORING_ROLE_MEMBER;
}

struct home_search {
    const struct groups *groups;
    struct group *found;
};

/* A group that left the configuration is no home any more; the one before it is. */
static int take_known(void *ctx, uint64_t id)
{
    struct home_search *search = ctx;
    search->found = groups_by_id(search->groups, id);
    return search->found ? 1 : 0;
}

struct group *people_home(struct people *people, uint64_t member)
{
    struct home_search search = {.groups = people->groups};
    if (!member)
        return NULL;
    catch_up(people);
    member = store_link_current(people->store, member);
    if (store_members_each_group(people->store, member, take_known, &search) > 0)
        return search.found;
    /* A moderator may speak to the bot before speaking in the group. */
    for (size_t i = 0; i < groups_count(people->groups); i++)
        if (moderates(groups_at(people->groups, i), member))
            return groups_at(people->groups, i);
    return NULL;
}

int people_forget(struct people *people, uint64_t member)
{
    int r = store_members_forget(people->store, member);
    people_cache_clear(&people->cache);
    catch_up(people);
    return r;
}
