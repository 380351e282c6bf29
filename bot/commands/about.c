/* SPDX-License-Identifier: MIT */
/* about.c: !about: that it is a bot, what it reads, what it keeps, who sees it. */
#include <errno.h>

#include "commands/internal.h"

static int run(void *state, const struct mooring_event *event, struct mooring_str args)
{
    struct commands *commands = state;
    const struct group *group = commands_group(commands, event);
    AUTO_BUF rooms;
    AUTO_BUF people;
    buf_init(&rooms, 2048);
    buf_init(&people, 2048);
    (void)args;
    for (size_t i = 0; group && i < group->room_count; i++)
        buf_add_format(&rooms, "%s%.*s", i ? ", " : "", STR_ARG(group->rooms[i].name));
    for (size_t i = 0; group && i < group->moderator_count; i++)
        buf_add_format(&people, "%s%.*s", i ? ", " : "", STR_ARG(group->moderators[i].name));
    return commands_say_with(
        commands, event, 0, rooms.len ? "commands.about" : "commands.about-no-group",
        abi_text("rooms", buf_str(&rooms)), abi_text("moderators", buf_str(&people)),
        abi_int("days", settings_integer(settings_root(commands->parts.settings),
                                         "safety.alert_text_days")),
        abi_text("prefix", commands_prefix(commands)));
}

const struct mooring_command command_about = {
    .struct_size = sizeof command_about,
    .flags = MOORING_COMMAND_NO_CONSENT | MOORING_COMMAND_LATE_OK,
    .name = "about",
    .aliases = "privacy bot",
    .usage = NULL,
    .help_msgid = "commands.help-about",
    .role = MOORING_ROLE_NONE,
    .run = run,
};
