/* SPDX-License-Identifier: MIT */
/* no.c: !no: the quiet answer to an offer. */
#include <errno.h>

#include "commands/internal.h"

static int run(void *state, const struct mooring_event *event, struct mooring_str args)
{
    (void)args;
    return commands_say(state, event, 0, "commands.no");
}

const struct mooring_command command_no = {
    .struct_size = sizeof command_no,
    .flags = MOORING_COMMAND_NO_CONSENT | MOORING_COMMAND_HIDDEN,
    .name = "no",
    .aliases = "nothing no-thanks",
    .usage = NULL,
    .help_msgid = "commands.help-no",
    .role = MOORING_ROLE_NONE,
    .run = run,
};
