/* SPDX-License-Identifier: MIT */
/* timezone.c: !timezone: in whose clock a member reads times. */
#include <errno.h>

#include "commands/internal.h"

static int suggest(struct commands *commands, const struct mooring_event *event, struct str typed)
{
    char nearest[64] = "", command[96];
    AUTO_BUF line;
    buf_init(&line, sizeof command);
    bool found = zones_nearest(commands->parts.zones, typed, nearest, sizeof nearest);
    buf_add_format(&line, "timezone %s", nearest);
    const struct mooring_choice choices[] = {
        {"commands.timezone-yes", {0}, abi_lend(buf_str(&line))}};
    const struct mooring_arg args[] = {abi_text("typed", str_upto(typed, 40)),
                                       abi_text("near", str_of(nearest))};
    struct answer answer = {.msgid = found ? "commands.timezone-near" : "commands.timezone-unknown",
                            .args = args,
                            .arg_count = COUNT_OF(args),
                            .choices = choices,
                            .choice_count = found ? 1 : 0,
                            .flags = MOORING_SAY_PRIVATE_ONLY};
    return commands_answer(commands, event, &answer);
}

static int run(void *state, const struct mooring_event *event, struct mooring_str args)
{
    struct commands *commands = state;
    struct str typed = str_trim(abi_take(args));
    const struct zone *zone;
    int64_t now_at = clock_wall_at(commands->parts.clock);
    if (str_empty(typed)) {
        struct str now = people_zone(commands->parts.people, event->member.id,
                                     commands_group(commands, event),
                                     host_arena(commands->parts.host));
        return commands_say_with(commands, event, MOORING_SAY_PRIVATE_ONLY,
                                 "commands.timezone-show", abi_text("zone", now),
                                 abi_when("now", now_at),
                                 abi_text("prefix", commands_prefix(commands)));
    }
    if (zones_get(commands->parts.zones, typed, &zone) < 0)
        return suggest(commands, event, typed);
    int r = people_set_preference(commands->parts.people, event->member.id, STR("zone"), typed);
    if (r < 0)
        return r;
    return commands_say_with(commands, event, MOORING_SAY_PRIVATE_ONLY, "commands.timezone-set",
                             abi_text("zone", typed), abi_when("now", now_at));
}

const struct mooring_command command_timezone = {
    .struct_size = sizeof command_timezone,
    .flags = MOORING_COMMAND_PRIVATE,
    .name = "timezone",
    .aliases = "tz zone",
    .usage = "[Region/City]",
    .help_msgid = "commands.help-timezone",
    .role = MOORING_ROLE_MEMBER,
    .run = run,
};
