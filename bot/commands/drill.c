/* SPDX-License-Identifier: MIT */
/* drill.c: !drill: a page rehearsed end to end, so that the first real one is not the first. */
#include <errno.h>

#include "commands/internal.h"

static int stop(struct commands *commands, const struct mooring_event *event, uint64_t flags,
                const struct group *group)
{
    int r = alerts_drill_stop(commands->parts.alerts, group, event->member.id);
    if (r == -ENOENT)
        return commands_say(commands, event, flags, "commands.drill-none");
    if (r < 0 || !(flags & MOORING_SAY_PRIVATE_ONLY))
        return r;
    return commands_say(commands, event, flags, "commands.drill-thanks");
}

static int run(void *state, const struct mooring_event *event, struct mooring_str args)
{
    struct commands *commands = state;
    uint64_t flags = commands_team_flags(commands, event);
    const struct group *group = commands_group(commands, event);
    struct str typed = str_trim(abi_take(args));
    if (!group)
        return commands_say(commands, event, flags, "commands.group-none");
    if (str_eq_nocase(typed, STR("stop")))
        return stop(commands, event, flags, group);
    if (typed.len)
        return commands_say(commands, event, flags, "commands.drill-usage");
    int r = alerts_drill_start(commands->parts.alerts, group, event->member.id, event->sent_at);
    if (r == -EEXIST)
        return commands_say_with(
            commands, event, flags, "commands.drill-runs",
            abi_when("since", alerts_drill_since(commands->parts.alerts, group)),
            abi_text("prefix", commands_prefix(commands)));
    if (r == -EBUSY)
        return commands_say(commands, event, flags, "commands.drill-busy");
    if (r < 0 || !(flags & MOORING_SAY_PRIVATE_ONLY))
        return r; /* the alert room has the page itself */
    return commands_say(commands, event, flags, "commands.drill-begun");
}

const struct mooring_command command_drill = {
    .struct_size = sizeof command_drill,
    .flags = MOORING_COMMAND_PRIVATE,
    .name = "drill",
    .aliases = NULL,
    .usage = "[stop]",
    .help_msgid = "commands.help-drill",
    .role = MOORING_ROLE_MODERATOR,
    .run = run,
};
