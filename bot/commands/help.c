/* SPDX-License-Identifier: MIT */
/* help.c: !help: what this person may use here, and nothing else. */
#include <errno.h>

#include "commands/internal.h"

/* Choices' commands are hidden; a name that two commands share is listed once, as this person would
 * get it. */
static bool listed(const struct commands *commands, const struct mooring_event *event,
                   const struct host_command *command, enum mooring_role role)
{
    const struct mooring_command *def = command->def;
    if ((def->flags & MOORING_COMMAND_HIDDEN) || !def->help_msgid ||
        (def == &command_register && !commands_explains_accounts(commands, event)))
        return false;
    return def->role <= (uint32_t)MAX_OF(role, MOORING_ROLE_MEMBER) &&
           host_command_find(commands->parts.host, str_of(def->name),
                             MAX_OF(role, MOORING_ROLE_MEMBER)) == command;
}

static int add_line(struct commands *commands, const struct mooring_event *event,
                    const struct mooring_command *def, bool in_room, struct buf *out)
{
    buf_add_format(out, "- **%.*s%s**", in_room ? (int)commands_prefix(commands).len : 0,
                   commands_prefix(commands).ptr, def->name);
    if (def->usage && def->usage[0]) {
        buf_add_c(out, " ");
        text_escape(out, str_of(def->usage));
    }
    buf_add_c(out, ": ");
    int r = commands_add(commands, event, out, def->help_msgid, NULL, 0);
    buf_add_c(out, "\n");
    return r;
}

/* Names only: a channel is nobody's manual. */
static int add_names(struct commands *commands, const struct mooring_event *event,
                     enum mooring_role role, bool moderators, struct buf *out)
{
    size_t count = 0;
    for (size_t i = 0; i < host_command_count(commands->parts.host); i++) {
        const struct host_command *command = host_command_at(commands->parts.host, i);
        if (!listed(commands, event, command, role) ||
            (command->def->role >= MOORING_ROLE_MODERATOR) != moderators)
            continue;
        buf_add_format(out, "%s%.*s%s", count++ ? " " : "", STR_ARG(commands_prefix(commands)),
                       command->def->name);
    }
    return (int)count;
}

static int say_names(struct commands *commands, const struct mooring_event *event,
                     enum mooring_role role)
{
    AUTO_BUF members;
    AUTO_BUF moderators;
    buf_init(&members, COMMANDS_TEXT_BYTES);
    buf_init(&moderators, COMMANDS_TEXT_BYTES);
    add_names(commands, event, role, false, &members);
    int team = role >= MOORING_ROLE_MODERATOR ? add_names(commands, event, role, true, &moderators)
                                              : 0;
    return commands_say_with(
        commands, event, 0, team ? "commands.help-names-moderator" : "commands.help-names",
        abi_text("commands", buf_str(&members)), abi_text("moderators", buf_str(&moderators)),
        abi_text("prefix", commands_prefix(commands)));
}

static int say_lines(struct commands *commands, const struct mooring_event *event,
                     enum mooring_role role)
{
    AUTO_BUF out;
    buf_init(&out, COMMANDS_TEXT_BYTES);
    int r = commands_add(commands, event, &out, "commands.help-head", NULL, 0);
    buf_add_c(&out, "\n\n");
    for (int team = 0; r >= 0 && team < 2; team++) {
        if (team && role < MOORING_ROLE_MODERATOR)
            break;
        if (team) {
            buf_add_c(&out, "\n");
            r = commands_add(commands, event, &out, "commands.help-moderators", NULL, 0);
            buf_add_c(&out, "\n\n");
        }
        for (size_t i = 0; r >= 0 && i < host_command_count(commands->parts.host); i++) {
            const struct host_command *command = host_command_at(commands->parts.host, i);
            if (listed(commands, event, command, role) &&
                (command->def->role >= MOORING_ROLE_MODERATOR) == (team == 1))
                r = add_line(commands, event, command->def, false, &out);
        }
    }
    struct answer answer = {.verbatim = buf_str(&out)};
    return r < 0 ? r : out.failed ? out.failed : commands_answer(commands, event, &answer);
}

/* `!help tip`; somebody who writes "help me" in private gets the list, and the crisis reading has
 * read it before. */
static int say_one(struct commands *commands, const struct mooring_event *event,
                   enum mooring_role role, struct str name)
{
    AUTO_BUF out;
    buf_init(&out, COMMANDS_TEXT_BYTES);
    if (str_starts(name, commands_prefix(commands)))
        name = str_from(name, commands_prefix(commands).len);
    const struct host_command *command = host_command_find(commands->parts.host, name,
                                                           MAX_OF(role, MOORING_ROLE_MEMBER));
    if (!command || !listed(commands, event, command, role))
        return -ENOENT;
    int r = add_line(commands, event, command->def, !(event->flags & MOORING_EVENT_PRIVATE), &out);
    struct answer answer = {.verbatim = buf_str(&out)};
    return r < 0 ? r : commands_answer(commands, event, &answer);
}

static int run(void *state, const struct mooring_event *event, struct mooring_str args)
{
    struct commands *commands = state;
    enum mooring_role role = commands_role(commands, event);
    struct str rest = abi_take(args), name;
    if (str_word(&rest, &name)) {
        int r = say_one(commands, event, role, name);
        if (r != -ENOENT)
            return r;
    }
    bool room = !(event->flags & MOORING_EVENT_PRIVATE) ||
                !(event->net_caps & MOORING_NET_FORMATTED);
    return room ? say_names(commands, event, role) : say_lines(commands, event, role);
}

const struct mooring_command command_help = {
    .struct_size = sizeof command_help,
    .flags = MOORING_COMMAND_NO_CONSENT | MOORING_COMMAND_LATE_OK,
    .name = "help",
    .aliases = "commands ayuda ?",
    .usage = "[command]",
    .help_msgid = "commands.help-help",
    .role = MOORING_ROLE_NONE,
    .run = run,
};
