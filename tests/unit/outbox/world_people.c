/* SPDX-License-Identifier: MIT */
/* world_people.c: the people and groups of the tests' world, in the place of the real ones.  (One
 * world at a time: the pointers `struct people` and `struct groups` that it hands out are the world
 * itself.) */
#include <errno.h>
#include <stdio.h>

#include "world.h"

static struct world *world_of(const void *handle)
{
    return (struct world *)(uintptr_t)handle;
}

static struct world_person *person(const void *handle, uint64_t id)
{
    struct world *world = world_of(handle);
    for (size_t i = 0; i < WORLD_PEOPLE; i++)
        if (world->people[i].id == id)
            return &world->people[i];
    return NULL;
}

int people_address(struct people *people, uint64_t member, struct arena *arena,
                   struct people_speaker *ret_speaker)
{
    (void)arena;
    const struct world_person *who = person(people, member);
    if (!who || !who->reachable)
        return -ENOENT;
    *ret_speaker = (struct people_speaker){str_of(who->network), str_of(who->name),
                                           str_of(who->address), str_of(who->name)};
    return 0;
}

int people_address_where(struct people *people, uint64_t member,
                         bool (*fits)(void *ctx, struct str network), void *ctx,
                         struct arena *arena, struct people_speaker *ret_speaker)
{
    (void)arena;
    const struct world_person *who = person(people, member);
    if (!who || !who->elsewhere || !fits(ctx, str_of(who->elsewhere)))
        return -ENOENT;
    *ret_speaker = (struct people_speaker){str_of(who->elsewhere), str_of(who->name),
                                           str_of(who->address), str_of(who->name)};
    return 0;
}

int people_identity_on(struct people *people, uint64_t member, struct str network,
                       struct arena *arena, struct str *ret_identity)
{
    (void)arena;
    const struct world_person *who = person(people, member);
    if (!who || !str_eq_c(network, who->network))
        return -ENOENT;
    *ret_identity = str_of(who->name);
    return 0;
}

int people_display(struct people *people, uint64_t member, struct arena *arena,
                   struct str *ret_name)
{
    (void)arena;
    const struct world_person *who = person(people, member);
    if (!who)
        return -ENOENT;
    *ret_name = str_of(who->name);
    return 0;
}

struct group *people_home(struct people *people, uint64_t member)
{
    return person(people, member) ? &world_of(people)->group : NULL;
}

/* The first group's list is who moderates. */
enum mooring_role people_member_role(struct people *people, uint64_t member,
                                     const struct group *group)
{
    (void)people;
    for (size_t i = 0; i < group->moderator_count; i++)
        if (member && group->moderators[i].member == member)
            return MOORING_ROLE_MODERATOR;
    return MOORING_ROLE_MEMBER;
}

struct str people_zone(struct people *people, uint64_t member, const struct group *group,
                       struct arena *arena)
{
    (void)arena;
    const struct world_person *who = person(people, member);
    return who && who->zone ? str_of(who->zone) : group ? group->zone : STR("UTC");
}

struct str people_language(struct people *people, uint64_t member, const struct group *group,
                           struct arena *arena)
{
    (void)arena;
    const struct world_person *who = person(people, member);
    return who && who->language ? str_of(who->language) : group ? group->language : STR("en");
}

int people_preference(struct people *people, uint64_t member, struct str name, struct arena *arena,
                      struct str *ret_value)
{
    (void)arena;
    const struct world_person *who = person(people, member);
    const char *value = !who                        ? NULL
                        : str_eq_c(name, "quiet")   ? who->quiet
                        : str_eq_c(name, "country") ? who->country
                                                    : NULL;
    if (!value)
        return -ENOENT;
    *ret_value = str_of(value);
    return 0;
}

int people_parse_quiet(struct str text, int *ret_from_minutes, int *ret_to_minutes)
{
    int values[4];
    if (sscanf(text.ptr, "%d:%d-%d:%d", &values[0], &values[1], &values[2], &values[3]) != 4)
        return -EINVAL;
    *ret_from_minutes = values[0] * 60 + values[1];
    *ret_to_minutes = values[2] * 60 + values[3];
    return 0;
}

const struct settings_node *groups_networks(const struct groups *groups UNUSED)
{
    return NULL;
}

size_t groups_count(const struct groups *groups)
{
    (void)groups;
    return 2;
}

struct group *groups_at(const struct groups *groups, size_t index)
{
    return index == 0 ? &world_of(groups)->group : &world_of(groups)->other;
}

struct group *groups_by_id(const struct groups *groups, uint64_t id)
{
    for (size_t i = 0; i < 2; i++)
        if (groups_at(groups, i)->id == id)
            return groups_at(groups, i);
    return NULL;
}

struct groups_room *groups_room_by_id(const struct groups *groups, uint64_t id)
{
    struct world *world = world_of(groups);
    struct groups_room *all[] = {&world->rooms[0], &world->rooms[1], &world->other_room,
                                 &world->group.alert_room};
    for (size_t i = 0; i < COUNT_OF(all); i++)
        if (id && all[i]->id == id)
            return all[i];
    return NULL;
}

/* Only for what goes over to another store, which this world does not have. */
struct group *groups_by_name(const struct groups *groups, struct str name)
{
    (void)groups;
    (void)name;
    return NULL;
}

struct groups_room *groups_find_room(const struct groups *groups, struct str network,
                                     struct str room)
{
    (void)groups;
    (void)network;
    (void)room;
    return NULL;
}

int people_meet(struct people *people, const struct people_speaker *speaker,
                const struct group *group, uint64_t *ret_member)
{
    (void)people;
    (void)speaker;
    (void)group;
    (void)ret_member;
    return -ENOENT;
}
