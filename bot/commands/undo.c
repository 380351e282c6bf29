/* SPDX-License-Identifier: MIT */
/* undo.c: !undo: a moderator takes back the group's last changed setting. */
#include <errno.h>

#include "commands/internal.h"

/* In private a moderator is a member too: there `undo` is a plugin's, where one has it. */
static const struct host_command *other_undo(struct commands *commands)
{
    for (size_t i = 0; i < host_command_count(commands->parts.host); i++) {
        const struct host_command *command = host_command_at(commands->parts.host, i);
        if (command->def != &command_undo && str_eq_c(STR("undo"), command->def->name))
            return command;
    }
    return NULL;
}

static int run(void *state, const struct mooring_event *event, struct mooring_str args)
{
    struct commands *commands = state;
    struct store_override undone;
    const struct host_command *other = other_undo(commands);
    if ((event->flags & MOORING_EVENT_PRIVATE) && other)
        return host_command_run(commands->parts.host, other, event, abi_take(args));
    int r = store_overrides_undo(commands->parts.store, event->group.id,
                                 host_arena(commands->parts.host), &undone);
    if (r == -ENOENT)
        return commands_say(commands, event, 0, "commands.undo-nothing");
    if (r == 0)
        r = commands_audit(commands, event, 0, "group_undo", undone.name);
    if (r == 0)
        r = host_rearrange(commands->parts.host, event->group.id);
    if (r < 0)
        return r;
    return commands_say_with(commands, event, 0, "commands.undo-done",
                             abi_text("name", undone.name), abi_text("value", undone.value));
}

const struct mooring_command command_undo = {
    .struct_size = sizeof command_undo,
    .flags = 0,
    .name = "undo",
    .aliases = NULL,
    .usage = NULL,
    .help_msgid = "commands.help-undo",
    .role = MOORING_ROLE_MODERATOR,
    .run = run,
};
