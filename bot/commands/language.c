/* SPDX-License-Identifier: MIT */
/* language.c: !language: in which language a member is spoken to. */
#include <errno.h>

#include "commands/internal.h"

static int run(void *state, const struct mooring_event *event, struct mooring_str args)
{
    struct commands *commands = state;
    struct str typed = str_trim(abi_take(args)), known[64];
    size_t count = MIN_OF(text_languages(commands->parts.text, known, COUNT_OF(known)),
                          COUNT_OF(known));
    AUTO_BUF list;
    buf_init(&list, 512);
    bool found = false;
    for (size_t i = 0; i < count; i++) {
        buf_add_format(&list, "%s%.*s", i ? ", " : "", STR_ARG(known[i]));
        found = found || str_eq_nocase(typed, known[i]);
    }
    if (!found) {
        struct str now = people_language(commands->parts.people, event->member.id,
                                         commands_group(commands, event),
                                         host_arena(commands->parts.host));
        return commands_say_with(commands, event, MOORING_SAY_PRIVATE_ONLY,
                                 str_empty(typed) ? "commands.language-show"
                                                  : "commands.language-unknown",
                                 abi_text("language", now), abi_text("list", buf_str(&list)),
                                 abi_text("prefix", commands_prefix(commands)));
    }
    int r = people_set_preference(commands->parts.people, event->member.id, STR("language"), typed);
    if (r < 0)
        return r;
    return commands_say_with(commands, event, MOORING_SAY_PRIVATE_ONLY, "commands.language-set",
                             abi_text("language", typed));
}

const struct mooring_command command_language = {
    .struct_size = sizeof command_language,
    .flags = MOORING_COMMAND_PRIVATE,
    .name = "language",
    .aliases = "lang",
    .usage = "[code]",
    .help_msgid = "commands.help-language",
    .role = MOORING_ROLE_MEMBER,
    .run = run,
};
