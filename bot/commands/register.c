/* SPDX-License-Identifier: MIT */
/* register.c: !register: how somebody gets an account on the network they are on. */
#include <errno.h>

#include "commands/internal.h"

static bool help_of(const struct commands *commands, const struct outbox_source *source,
                    struct chat_account_help *ret_help)
{
    struct chat_network *network = outbox_network(commands->parts.outbox, source->network);
    return network && network->class->account_help &&
           network->class->account_help(network, ret_help);
}

bool commands_explains_accounts(const struct commands *commands, const struct mooring_event *event)
{
    struct chat_account_help help;
    const struct outbox_source *source = outbox_find_source(commands->parts.outbox,
                                                            event->source.id);
    return source && str_empty(source->identity) && !(event->flags & MOORING_EVENT_BRIDGED) &&
           help_of(commands, source, &help);
}

static int run(void *state, const struct mooring_event *event, struct mooring_str args)
{
    struct commands *commands = state;
    struct chat_account_help help;
    const struct outbox_source *source = outbox_find_source(commands->parts.outbox,
                                                            event->source.id);
    (void)args;
    if (!source)
        return -ESTALE;
    if (event->flags & MOORING_EVENT_BRIDGED)
        return commands_say(commands, event, 0, "commands.register-bridged");
    if (!str_empty(source->identity))
        return commands_say(commands, event, 0, "commands.register-known");
    if (!help_of(commands, source, &help))
        return commands_say(commands, event, 0, "commands.register-none");
    return commands_say_with(commands, event, MOORING_SAY_PRIVATE_ONLY,
                             str_empty(help.confirm) ? "commands.register"
                                                     : "commands.register-confirm",
                             abi_text("title", help.title), abi_text("create", help.create),
                             abi_text("confirm", help.confirm), abi_text("login", help.login));
}

const struct mooring_command command_register = {
    .struct_size = sizeof command_register,
    .flags = MOORING_COMMAND_NO_CONSENT | MOORING_COMMAND_LATE_OK,
    .name = "register",
    .aliases = "account",
    .usage = NULL,
    .help_msgid = "commands.help-register",
    .role = MOORING_ROLE_NONE,
    .run = run,
};
