/* SPDX-License-Identifier: MIT */
/* doctor_groups.c: who is called when, where, and with which numbers. */
#include <stdio.h>
#include <time.h>

#include "tools/doctor.h"
#include "safety/cards.h"
#include "schedule/zones.h"

enum { SLOT_MINUTES = 15, SLOTS = 7 * 24 * 60 / SLOT_MINUTES, GAPS_SHOWN = 4, DAY_MINUTES = 1440 };

/* ---- the rota -------------------------------------------------------------------------------- */

static const char *const days[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

static unsigned days_of(const struct settings_node *list)
{
    unsigned bits = 0;
    for (size_t i = 0; i < settings_count(list); i++)
        for (unsigned day = 0; day < COUNT_OF(days); day++)
            if (str_starts_nocase(settings_value_text(settings_item(list, i)), str_of(days[day])))
                bits |= 1u << day;
    return bits;
}

/* `day` 0 is Monday; the shift's day is the one on which it begins. */
static bool covers(const struct settings_node *shift, int day, int minute)
{
    unsigned bits = days_of(settings_at(shift, "days"));
    int from = (int)settings_integer(shift, "from"), to = (int)settings_integer(shift, "to");
    bool today = bits & 1u << day, yesterday = bits & 1u << (day + 6) % 7;
    if (to > from)
        return today && minute >= from && minute < to;
    return (today && minute >= from) || (yesterday && minute < to);
}

static bool is_covered(const struct settings_node *rota, const struct zone *zone, int64_t at)
{
    struct civil civil;
    if (zone_local_at(zone, at, &civil) < 0)
        return true;
    int day = civil_weekday(&civil) - 1, minute = civil.hour * 60 + civil.minute;
    for (size_t i = 0; i < settings_count(rota); i++)
        if (covers(settings_item(rota, i), day, minute))
            return true;
    return false;
}

static void add_moment(struct buf *out, const struct zone *zone, int64_t at)
{
    struct civil civil;
    if (zone_local_at(zone, at, &civil) == 0)
        buf_add_format(out, "%s %02d:%02d", days[civil_weekday(&civil) - 1], civil.hour,
                       civil.minute);
}

/* Quarters of an hour without anybody, put together. */
static size_t find_gaps(const struct settings_node *rota, const struct zone *zone, int64_t now,
                        struct buf *out)
{
    const int64_t slot_ms = SLOT_MINUTES * CLOCK_MINUTE_MS;
    int64_t from_at = now - now % slot_ms, began_at = 0;
    size_t empty = 0, shown = 0;
    for (int i = 0; i <= SLOTS; i++) {
        int64_t at = from_at + i * slot_ms;
        bool gap = i < SLOTS && !is_covered(rota, zone, at);
        empty += gap;
        if (gap && !began_at)
            began_at = at;
        if (gap || !began_at)
            continue;
        if (shown++ < GAPS_SHOWN) {
            buf_add_c(out, shown > 1 ? ", " : "");
            add_moment(out, zone, began_at);
            buf_add_c(out, " to ");
            add_moment(out, zone, at);
        }
        began_at = 0;
    }
    if (shown > GAPS_SHOWN)
        buf_add_format(out, " and %zu more", shown - GAPS_SHOWN);
    return empty * SLOT_MINUTES;
}

static void look_at_rota(struct doctor *doctor, const struct settings_node *group)
{
    const struct settings_node *rota = settings_at(group, "on_call");
    struct str name = settings_text(group, "name");
    const struct zone *zone;
    AUTO_BUF gaps;
    buf_init(&gaps, 1024);
    if (settings_count(settings_at(group, "moderators")) == 0)
        doctor_say(doctor, DOCTOR_PROBLEM, "team", "Fill groups.moderators, and reload.",
                   "%.*s: no moderators; nobody can be called", STR_ARG(name));
    if (settings_count(rota) == 0) {
        doctor_say(doctor, DOCTOR_WARNING, "rota",
                   "Fill groups.on_call for every hour, and reload.",
                   "%.*s: there is none; a call wakes everybody at once", STR_ARG(name));
        return;
    }
    if (zones_get(doctor->zones, settings_text(group, "zone"), &zone) < 0)
        return;
    size_t minutes = find_gaps(rota, zone, doctor->now, &gaps);
    if (minutes)
        doctor_say(doctor, DOCTOR_WARNING, "rota",
                   "Fill groups.on_call for every hour, and reload.",
                   "%.*s: nobody is on call %.*s (%zu h of the next 7 days)", STR_ARG(name),
                   STR_ARG(buf_str(&gaps)), (minutes + 30) / 60);
    else
        doctor_say(doctor, DOCTOR_OK, "rota", NULL,
                   "%.*s: somebody is on call each hour of the next 7 days", STR_ARG(name));
}

/* ---- rooms and numbers ----------------------------------------------------------------------- */

static void look_at_room(struct doctor *doctor, const struct settings_node *group)
{
    struct str name = settings_text(group, "name");
    if (str_empty(settings_text(group, "alert_room.room")))
        doctor_say(doctor, DOCTOR_WARNING, "alert room",
                   "Make a closed room for the moderators, and name it in groups.alert_room.",
                   "%.*s: there is none; pages go to the moderators in private alone",
                   STR_ARG(name));
    else
        doctor_say(doctor, DOCTOR_OK, "alert room", NULL, "%.*s: set", STR_ARG(name));
}

static void look_at_numbers(struct doctor *doctor, const struct settings_node *group)
{
    struct str country = settings_text(group, "country"), name = settings_text(group, "name");
    struct card_number number;
    char today[16];
    size_t due = 0, count = 0;
    time_t now = (time_t)(doctor->now / CLOCK_SECOND_MS);
    struct tm tm;
    if (!gmtime_r(&now, &tm) || strftime(today, sizeof today, "%Y-%m-%d", &tm) == 0)
        return;
    for (; card_number_at(country, count, &number); count++)
        due += card_number_due(&number, str_of(today));
    if (str_empty(country))
        doctor_say(doctor, DOCTOR_WARNING, "numbers", "Set groups.country.",
                   "%.*s: no country; people are given international resources", STR_ARG(name));
    else if (due)
        doctor_say(doctor, DOCTOR_WARNING, "numbers",
                   "Call each, write verified_on and expires_on into config/crisis/, build again "
                   "(docs/SAFETY.md).",
                   "%.*s: %zu of the %zu crisis numbers of %.*s are not verified, or expired",
                   STR_ARG(name), due, count, STR_ARG(country));
    else
        doctor_say(doctor, DOCTOR_OK, "numbers", NULL, "%.*s: %zu crisis numbers of %.*s",
                   STR_ARG(name), count, STR_ARG(country));
}

void doctor_groups(struct doctor *doctor)
{
    const struct settings_node *list = settings_at(settings_root(doctor->setup->settings),
                                                   "groups");
    for (size_t i = 0; i < settings_count(list); i++) {
        const struct settings_node *group = settings_item(list, i);
        look_at_room(doctor, group);
        look_at_rota(doctor, group);
        look_at_numbers(doctor, group);
    }
}
