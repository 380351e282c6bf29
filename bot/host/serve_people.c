/* SPDX-License-Identifier: MIT */
/* serve_people.c: what plugins may know of members: never a name or an address. */
#include <errno.h>

#include "host/internal.h"

static struct group *find_group(struct host *host, struct mooring_group group)
{
    return group.id ? groups_by_id(host->parts.groups, group.id) : NULL;
}

static int group_of(struct mooring_self self, struct mooring_room room,
                    struct mooring_group *ret_group)
{
    const struct groups_room *found = groups_room_by_id(host_self(self)->host->parts.groups,
                                                        room.id);
    if (!found || !found->group)
        return -ENOENT;
    *ret_group = (struct mooring_group){found->group->id};
    return 0;
}

static int role(struct mooring_self self, struct mooring_member member, struct mooring_group group)
{
    struct host *host = host_self(self)->host;
    return (int)people_member_role(host->parts.people, member.id, find_group(host, group));
}

/* Typing a check-in is agreeing to keep it; everything else is asked. */
static int consent(struct mooring_self self, struct mooring_member member,
                   struct mooring_group group, const char *scope)
{
    struct host *host = host_self(self)->host;
    if (!member.id)
        return 0;
    int r = people_consent(host->parts.people, member.id, group.id, str_of(scope));
    if (r == -ENOENT)
        return str_eq_c(STR("checkins"), scope) ? 1 : 0;
    return r;
}

/* The group's, as who chose none of their own has them: "22:00-07:00". */
static struct str group_quiet(struct host *host, const struct group *group)
{
    AUTO_BUF hours;
    buf_init(&hours, 32);
    if (!group || !group->node)
        return (struct str){0};
    int from = (int)settings_integer(group->node, "quiet.from");
    int to = (int)settings_integer(group->node, "quiet.to");
    if (from != to)
        buf_add_format(&hours, "%02d:%02d-%02d:%02d", from / 60, from % 60, to / 60, to % 60);
    return str_keep(&host->arena, buf_str(&hours));
}

static int preference(struct mooring_self self, struct mooring_member member, const char *name,
                      struct mooring_str *ret_value)
{
    struct host *host = host_self(self)->host;
    struct group *home = people_home(host->parts.people, member.id);
    struct str value = {0};
    if (str_eq_c(STR("zone"), name))
        value = people_zone(host->parts.people, member.id, home, &host->arena);
    else if (str_eq_c(STR("language"), name))
        value = people_language(host->parts.people, member.id, home, &host->arena);
    else if (str_eq_c(STR("country"), name))
        value = home ? home->country : (struct str){0};
    else {
        int r = people_preference(host->parts.people, member.id, str_of(name), &host->arena,
                                  &value);
        if (r == -ENOENT && str_eq_c(STR("quiet"), name))
            value = group_quiet(host, home);
        else if (r < 0)
            return r;
    }
    if (str_empty(value))
        return -ENOENT;
    *ret_value = abi_lend(value);
    return 0;
}

static int reachable(struct mooring_self self, struct mooring_member member)
{
    struct host *host = host_self(self)->host;
    struct people_speaker speaker;
    int r = people_address(host->parts.people, member.id, &host->arena, &speaker);
    return r < 0 ? r : 1;
}

static int find(struct mooring_self self, struct mooring_group group, struct mooring_str typed,
                struct mooring_member *ret_member)
{
    struct host *host = host_self(self)->host;
    uint64_t member;
    int r = people_find_typed(host->parts.people, find_group(host, group), abi_take(typed),
                              &member);
    if (r < 0)
        return r;
    *ret_member = (struct mooring_member){member};
    return 0;
}

struct each_ctx {
    struct mooring_self self;
    struct mooring_group group;
    const char *scope;
    mooring_member_fn each;
    void *ctx;
};

static int each_member(void *ctx, uint64_t member)
{
    struct each_ctx *walk = ctx;
    if (walk->scope &&
        consent(walk->self, (struct mooring_member){member}, walk->group, walk->scope) <= 0)
        return 0;
    return walk->each(walk->ctx, (struct mooring_member){member});
}

static int each(struct mooring_self self, struct mooring_group group, const char *scope,
                mooring_member_fn fn, void *ctx)
{
    struct each_ctx walk = {.self = self, .group = group, .scope = scope, .each = fn, .ctx = ctx};
    return store_members_each_in_group(host_self(self)->host->parts.store, group.id, each_member,
                                       &walk);
}

const struct mooring_people serve_people = {
    .struct_size = sizeof serve_people,
    .group_of = group_of,
    .role = role,
    .consent = consent,
    .preference = preference,
    .reachable = reachable,
    .find = find,
    .each = each,
};
