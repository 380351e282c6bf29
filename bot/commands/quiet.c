/* SPDX-License-Identifier: MIT */
/* quiet.c: !quiet: hours in which nothing but crisis replies is sent in private. */
#include <errno.h>

#include "commands/internal.h"

static int run(void *state, const struct mooring_event *event, struct mooring_str args)
{
    struct commands *commands = state;
    struct str typed = str_trim(abi_take(args)), now = {0};
    int from, to;
    if (str_empty(typed)) {
        int r = people_preference(commands->parts.people, event->member.id, STR("quiet"),
                                  host_arena(commands->parts.host), &now);
        bool some = r == 0 && people_parse_quiet(now, &from, &to) == 0 && from != to;
        return commands_say_with(commands, event, MOORING_SAY_PRIVATE_ONLY,
                                 some ? "commands.quiet-show" : "commands.quiet-none",
                                 abi_text("hours", now),
                                 abi_text("prefix", commands_prefix(commands)));
    }
    bool off = str_eq_nocase(typed, STR("off"));
    if (!off && people_parse_quiet(typed, &from, &to) < 0)
        return commands_say(commands, event, MOORING_SAY_PRIVATE_ONLY, "commands.quiet-usage");
    int r = people_set_preference(commands->parts.people, event->member.id, STR("quiet"),
                                  off ? STR("00:00-00:00") : typed);
    if (r < 0)
        return r;
    return commands_say_with(commands, event, MOORING_SAY_PRIVATE_ONLY,
                             off ? "commands.quiet-off" : "commands.quiet-set",
                             abi_text("hours", typed));
}

const struct mooring_command command_quiet = {
    .struct_size = sizeof command_quiet,
    .flags = MOORING_COMMAND_PRIVATE,
    .name = "quiet",
    .aliases = NULL,
    .usage = "[22:00-07:00|off]",
    .help_msgid = "commands.help-quiet",
    .role = MOORING_ROLE_MEMBER,
    .run = run,
};
