/* SPDX-License-Identifier: MIT */
/* crisis_team.c: numbers: shown to who asks, and the team told of those that nobody has checked. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "crisis_host.h"
#include "crisis_numbers.h"

enum { LIST_BYTES = 1500, DATE_BYTES = 11 };

static const int64_t late_ok_ms = 12 * 3600000;

struct number_walk {
    const struct mooring_host *host;
    struct mooring_to to;
    char list[LIST_BYTES];
    size_t len;
    int count;
    char today[DATE_BYTES];
};

static struct mooring_str field(const struct mooring_host *host, struct mooring_record record,
                                const char *name)
{
    struct mooring_str value = {NULL, 0};
    if (host->settings->field(host->self, record, name, &value) < 0)
        return MOORING_STR("");
    return value;
}

static void append(struct number_walk *walk, struct mooring_str text, const char *between)
{
    size_t gap = walk->len > 0 ? strlen(between) : 0;
    if (walk->len + gap + text.len > LIST_BYTES)
        return;
    memcpy(walk->list + walk->len, between, gap);
    memcpy(walk->list + walk->len + gap, text.ptr, text.len);
    walk->len += gap + text.len;
}

static int show_number(void *ctx, struct mooring_record record)
{
    struct number_walk *walk = ctx;
    struct mooring_str note = field(walk->host, record, "note"), line;
    const struct mooring_arg args[] = {
        {.name = "name", .kind = MOORING_ARG_TEXT, .text = field(walk->host, record, "name")},
        {.name = "number", .kind = MOORING_ARG_TEXT, .text = field(walk->host, record, "number")},
        {.name = "how", .kind = MOORING_ARG_TEXT, .text = field(walk->host, record, "how")},
        {.name = "note", .kind = MOORING_ARG_TEXT, .text = note}};
    const char *msgid = note.len > 0 ? "crisis.number-note" : "crisis.number";
    walk->count++;
    if (walk->host->text->render(walk->host->self, walk->to, msgid, args, 4, &line) >= 0)
        append(walk, line, "\n");
    return 0;
}

int crisis_team_numbers(const struct mooring_host *host, const struct mooring_event *event)
{
    struct number_walk walk = {.host = host, .to = {.member = event->member}};
    int r = host->settings->each(host->self, event->group, "numbers", show_number, &walk);
    if ((r < 0 && r != -ENOENT) ||
        walk.count == 0) /* the compiled-in card stands for a country without a file */
        return host->safety->card(
            host->self, (struct mooring_to){.member = event->member, .answers = event->source},
            MOORING_CRISIS_SUICIDE, 3);
    const struct mooring_arg arg = {
        .name = "lines", .kind = MOORING_ARG_TEXT, .text = {walk.list, walk.len}};
    return crisis_say(host, event, "crisis.numbers", &arg, 1, NULL, 0);
}

/* ---- the daily look -------------------------------------------------------------------------- */

static size_t zone_of(const struct mooring_host *host, struct mooring_group group,
                      char ret_zone[CRISIS_ZONE_BYTES])
{
    struct mooring_str zone = {NULL, 0};
    if (host->settings->text(host->self, group, "group.zone", &zone) < 0 || zone.len == 0 ||
        zone.len >= CRISIS_ZONE_BYTES)
        zone = MOORING_STR("UTC");
    memcpy(ret_zone, zone.ptr, zone.len);
    return zone.len;
}

int crisis_team_arrange(const struct mooring_host *host, struct mooring_group group, int served)
{
    const struct mooring_owner owner = {MOORING_OWN_GROUP, 0, group.id};
    char zone[CRISIS_ZONE_BYTES], start_local[24];
    int64_t at;
    if (!served) {
        (void)host->timer->cancel(host->self, owner, MOORING_STR("numbers"));
        return 0;
    }
    size_t zone_len = zone_of(host, group, zone);
    if (host->settings->integer(host->self, group, "verify_at", &at) < 0 || at < 0 || at >= 24 * 60)
        at = 10 * 60;
    int len = snprintf(start_local, sizeof start_local, "2026-01-05T%02d:%02d", (int)(at / 60),
                       (int)(at % 60));
    const struct mooring_when when = {.struct_size = sizeof when,
                                      .rrule = MOORING_STR("FREQ=DAILY"),
                                      .zone = {zone, zone_len},
                                      .start_local = {start_local, (size_t)len},
                                      .late_ok_ms = late_ok_ms};
    return host->timer->set(host->self, owner, MOORING_STR("numbers"), &when);
}

static int check_number(void *ctx, struct mooring_record record)
{
    struct number_walk *walk = ctx;
    enum crisis_number_state state = crisis_number_state(field(walk->host, record, "verified_on"),
                                                         field(walk->host, record, "expires_on"),
                                                         walk->today);
    if (state == CRISIS_NUMBER_GOOD)
        return 0;
    walk->count++;
    append(walk, field(walk->host, record, "name"), ", ");
    return 0;
}

int crisis_team_due(const struct mooring_host *host, struct mooring_group group)
{
    struct number_walk walk = {.host = host};
    struct mooring_civil local;
    struct mooring_str country = {NULL, 0};
    char zone[CRISIS_ZONE_BYTES];
    size_t zone_len = zone_of(host, group, zone);
    int r = host->clock->local(host->self, (struct mooring_str){zone, zone_len},
                               host->clock->now_at(host->self), &local);
    if (r < 0)
        return r;
    (void)snprintf(walk.today, sizeof walk.today, "%04u-%02u-%02u", (unsigned)local.year % 10000,
                   (unsigned)local.month % 100, (unsigned)local.day % 100);
    r = host->settings->each(host->self, group, "numbers", check_number, &walk);
    if (r == -ENOENT || (r >= 0 && walk.count == 0))
        return 0;
    if (r < 0)
        return r;
    if (host->settings->text(host->self, group, "group.country", &country) < 0)
        country = MOORING_STR("");
    const struct mooring_arg args[] = {
        {.name = "count", .kind = MOORING_ARG_INT, .number = walk.count},
        {.name = "country", .kind = MOORING_ARG_TEXT, .text = country},
        {.name = "names", .kind = MOORING_ARG_TEXT, .text = {walk.list, walk.len}}};
    const struct mooring_message message = {.struct_size = sizeof message,
                                            .flags = MOORING_SAY_TEAM,
                                            .to = {.group = group},
                                            .msgid = "crisis.numbers-unchecked",
                                            .args = args,
                                            .arg_count = 3};
    r = host->say->send(host->self, &message, NULL);
    return r == -ENOENT
               ? 0
               : r; /* a group without an alert room: its administrator hears of it from the host */
}
