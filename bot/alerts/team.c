/* SPDX-License-Identifier: MIT */
/* team.c: the rota: who is on call now, who is next, and the order in which people are called. */
#include "alerts/internal.h"

#include "schedule/zones.h"

static struct civil wall_clock(int64_t day, int minutes)
{
    struct civil civil = {.hour = minutes / 60, .minute = minutes % 60};
    int64_t year;
    civil_split_days(day, &year, &civil.month, &civil.day);
    civil.year = (int)year;
    return civil;
}

/* The next (or present) shift of one row of the rota: the days from yesterday on, since a shift may
 * have begun before midnight.  Both ends are wall clock, so a night in which the clocks change is
 * an hour longer or shorter. */
static int64_t shift_start(const struct groups_shift *shift, const struct zone *zone, int64_t now)
{
    struct civil today;
    if (zone_local_at(zone, now, &today) < 0)
        return INT64_MAX;
    int64_t day = civil_days(today.year, today.month, today.day);
    bool past_midnight = shift->to_minutes <= shift->from_minutes;
    for (int64_t at = day - 1; at <= day + 7; at++) {
        if (!(shift->days & 1u << (civil_weekday_of_days(at) - 1)))
            continue;
        struct civil from = wall_clock(at, shift->from_minutes);
        struct civil to = wall_clock(at + past_midnight, shift->to_minutes);
        int64_t from_at, to_at;
        if (zone_unix_at(zone, &from, &from_at, NULL) == 0 &&
            zone_unix_at(zone, &to, &to_at, NULL) == 0 && to_at > now)
            return from_at;
    }
    return INT64_MAX;
}

static int64_t next_shift(const struct group *group, size_t moderator, const struct zone *zone,
                          int64_t now)
{
    int64_t first = INT64_MAX;
    for (size_t i = 0; i < group->shift_count; i++)
        if (group->shifts[i].moderator == moderator)
            first = MIN_OF(first, shift_start(&group->shifts[i], zone, now));
    return first;
}

/* One person may stand in the list once for each network: the entry that can be reached, the
 * earliest shift of any. */
static bool merge(struct alerts_team *team, const struct alerts_person *person)
{
    for (size_t i = 0; i < team->count; i++) {
        struct alerts_person *other = &team->people[i];
        bool same = person->member ? other->member == person->member : false;
        if (!same && !(str_eq(other->name, person->name) && !str_empty(person->name)))
            continue;
        other->from_at = MIN_OF(other->from_at, person->from_at);
        if (!other->member)
            other->member = person->member;
        return true;
    }
    return false;
}

/* By their next shift; of equals as the configuration lists them. */
static void insert(struct alerts_team *team, const struct alerts_person *person, int64_t now)
{
    size_t at = team->count++;
    int64_t key = MAX_OF(person->from_at, now); /* all who are on call now are equals */
    while (at > 0 && MAX_OF(team->people[at - 1].from_at, now) > key) {
        team->people[at] = team->people[at - 1];
        at--;
    }
    team->people[at] = *person;
}

void alerts_team_of(struct alerts *alerts, const struct group *group, struct alerts_team *ret_team)
{
    struct alerts_team listed = {.count = 0};
    int64_t now = alerts_now(alerts);
    const struct zone *zone = NULL;
    bool has_zone = zones_get(alerts->parts.zones, group->zone, &zone) == 0;
    for (size_t i = 0; i < group->moderator_count && listed.count < ALERTS_TEAM_MAX; i++) {
        const struct groups_moderator *moderator = &group->moderators[i];
        struct alerts_person person = {
            .member = moderator->member, .name = moderator->name, .from_at = INT64_MAX};
        /* without a rota all are on call */
        if (group->shift_count == 0)
            person.from_at = now;
        else if (has_zone)
            person.from_at = next_shift(group, i, zone, now);
        if (!merge(&listed, &person))
            listed.people[listed.count++] = person;
    }
    ret_team->count = 0;
    for (size_t i = 0; i < listed.count; i++)
        insert(ret_team, &listed.people[i], now);
}

uint64_t alerts_on_call(struct alerts *alerts, const struct group *group, int64_t *ret_at)
{
    struct alerts_team team;
    *ret_at = 0;
    if (!group)
        return 0;
    alerts_team_of(alerts, group, &team);
    int64_t now = alerts_now(alerts);
    for (size_t i = 0; i < team.count; i++) {
        if (team.people[i].from_at > now) {
            *ret_at = team.people[i].from_at == INT64_MAX ? 0 : team.people[i].from_at;
            return 0;
        }
        if (team.people[i].member)
            return team.people[i].member;
    }
    return 0;
}
