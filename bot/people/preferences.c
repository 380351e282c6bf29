/* SPDX-License-Identifier: MIT */
/* preferences.c: consent per scope; zone, language and quiet hours of a person. */
#include "people/internal.h"

#include <errno.h>

#include "base/number.h"
#include "store/link.h"

const char *const people_scopes[] = {"checkins",   "nudges",     "buddy",
                                     "moderators", "statistics", NULL};

static bool known_scope(struct str scope)
{
    for (size_t i = 0; people_scopes[i]; i++)
        if (str_eq_c(scope, people_scopes[i]))
            return true;
    return false;
}

int people_consent(struct people *people, uint64_t member, uint64_t group, struct str scope)
{
    if (!known_scope(scope))
        return -EINVAL;
    member = store_link_current(people->store, member);
    return store_members_get_consent(people->store, member, group, scope);
}

int people_set_consent(struct people *people, uint64_t member, uint64_t group, struct str scope,
                       bool granted)
{
    if (!known_scope(scope))
        return -EINVAL;
    return store_members_put_consent(people->store, member, group, scope, granted);
}

int people_preference(struct people *people, uint64_t member, struct str name, struct arena *arena,
                      struct str *ret_value)
{
    if (!member)
        return -ENOENT;
    member = store_link_current(people->store, member);
    return store_members_get_preference(people->store, member, name, arena, ret_value);
}

int people_set_preference(struct people *people, uint64_t member, struct str name, struct str value)
{
    int from, to;
    if (str_eq(name, STR("quiet")) && !str_empty(value) &&
        people_parse_quiet(value, &from, &to) < 0)
        return -EINVAL;
    return store_members_put_preference(people->store, member, name, value);
}

/* Anything that goes wrong ends at the group's: a message in the wrong hour beats none. */
static struct str own_or(struct people *people, uint64_t member, struct str name,
                         struct arena *arena, struct str groups_own, struct str otherwise)
{
    struct str value;
    if (people_preference(people, member, name, arena, &value) == 0 && !str_empty(value))
        return value;
    return str_empty(groups_own) ? otherwise : groups_own;
}

struct str people_zone(struct people *people, uint64_t member, const struct group *group,
                       struct arena *arena)
{
    struct str profile = own_or(people, member, STR(PEOPLE_PROFILE_ZONE), arena,
                                group ? group->zone : (struct str){0}, STR("UTC"));
    return own_or(people, member, STR("zone"), arena, profile, STR("UTC"));
}

struct str people_language(struct people *people, uint64_t member, const struct group *group,
                           struct arena *arena)
{
    return own_or(people, member, STR("language"), arena, group ? group->language : (struct str){0},
                  STR("en"));
}

int people_parse_quiet(struct str text, int *ret_from_minutes, int *ret_to_minutes)
{
    struct str rest = str_trim(text), from_text;
    int from, to;
    if (!str_split(&rest, '-', &from_text))
        return -EINVAL;
    if (number_parse_time_of_day(str_trim(from_text), &from) < 0 ||
        number_parse_time_of_day(str_trim(rest), &to) < 0)
        return -EINVAL;
    *ret_from_minutes = from;
    *ret_to_minutes = to;
    return 0;
}
