/* SPDX-License-Identifier: MIT */
/* reload.c: !reload: the configuration is read again, all of it or nothing. */
#include <errno.h>

#include "commands/internal.h"

static int run(void *state, const struct mooring_event *event, struct mooring_str args)
{
    struct commands *commands = state;
    (void)args;
    int r = commands_audit(commands, event, 0, "reload", (struct str){0});
    if (r == 0)
        commands->parts.reload(commands->parts.ctx, event->source.id);
    return r;
}

const struct mooring_command command_reload = {
    .struct_size = sizeof command_reload,
    .flags = 0,
    .name = "reload",
    .aliases = NULL,
    .usage = NULL,
    .help_msgid = "commands.help-reload",
    .role = MOORING_ROLE_MODERATOR,
    .run = run,
};
