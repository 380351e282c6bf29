/* SPDX-License-Identifier: MIT */
/* pause.c: !pause: prompts and reminders of a group wait; replies and crisis go on. */
#include <errno.h>

#include "commands/internal.h"

static int set(struct commands *commands, const struct mooring_event *event, int64_t until_at)
{
    int r = outbox_pause(commands->parts.outbox, event->group.id, until_at);
    return r < 0 ? r
                 : commands_audit(commands, event, 0, until_at ? "paused" : "resumed",
                                  (struct str){0});
}

static int run(void *state, const struct mooring_event *event, struct mooring_str args)
{
    struct commands *commands = state;
    struct str typed = str_trim(abi_take(args));
    int64_t length_ms = 0;
    bool off = str_eq_nocase(typed, STR("off"));
    if (!event->group.id)
        return commands_say(commands, event, 0, "commands.group-none");
    if (!off && (number_parse_duration(typed, 0, &length_ms) < 0 || length_ms > 30 * CLOCK_DAY_MS ||
                 length_ms < CLOCK_MINUTE_MS))
        return commands_say(commands, event, 0, "commands.pause-usage");
    int64_t until_at = off ? 0 : clock_wall_at(commands->parts.clock) + length_ms;
    int r = set(commands, event, until_at);
    if (r < 0)
        return r;
    return commands_say_with(commands, event, 0, off ? "commands.pause-off" : "commands.pause-on",
                             abi_when("until", until_at),
                             abi_text("prefix", commands_prefix(commands)));
}

const struct mooring_command command_pause = {
    .struct_size = sizeof command_pause,
    .flags = 0,
    .name = "pause",
    .aliases = NULL,
    .usage = "2h|off",
    .help_msgid = "commands.help-pause",
    .role = MOORING_ROLE_MODERATOR,
    .run = run,
};
