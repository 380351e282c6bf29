/* SPDX-License-Identifier: MIT */
/* close.c: !close: only a person closes an alert, with what came of it. */
#include <errno.h>

#include "commands/internal.h"

static bool is_code(struct str word)
{
    for (const char *const *code = alerts_codes; *code; code++)
        if (str_eq_nocase(word, str_of(*code)))
            return true;
    return false;
}

static int say_usage(struct commands *commands, const struct mooring_event *event, uint64_t flags)
{
    AUTO_BUF codes;
    buf_init(&codes, 1024);
    for (const char *const *code = alerts_codes; *code; code++)
        buf_add_format(&codes, "%s%s", code == alerts_codes ? "" : ", ", *code);
    return commands_say_with(commands, event, flags, "commands.close-usage",
                             abi_text("codes", buf_str(&codes)),
                             abi_text("prefix", commands_prefix(commands)));
}

/* `!close safe`, `!close 17 safe`, `!close safe 17`; what else is written behind the code ("he's
 * with his sister") is for the others to read. */
static bool parse(struct str rest, uint64_t *ret_id, struct str *ret_code)
{
    struct str word;
    *ret_id = 0;
    *ret_code = (struct str){0};
    bool only_words = false;
    while (!only_words && str_word(&rest, &word)) {
        int64_t number;
        if (str_starts(word, STR("#")))
            word = str_from(word, 1);
        if (!ret_code->len && is_code(word))
            *ret_code = word;
        else if (!*ret_id && number_parse(word, 1, INT64_MAX, &number) == 0)
            *ret_id = (uint64_t)number;
        else
            only_words = true;
    }
    return ret_code->len > 0;
}

static int run(void *state, const struct mooring_event *event, struct mooring_str args)
{
    struct commands *commands = state;
    uint64_t flags = commands_team_flags(commands, event), id, done = 0;
    struct str code;
    if (!parse(abi_take(args), &id, &code))
        return say_usage(commands, event, flags);
    int r = alerts_close(commands->parts.alerts, id, event->member.id, code, &done);
    if (r == -ENOENT)
        return commands_say(commands, event, flags, "commands.alert-unknown");
    if (r == -ENOTUNIQ)
        return commands_say(commands, event, flags, "commands.alert-which");
    if (r == -EALREADY)
        return commands_say(commands, event, flags, "commands.close-already");
    if (r < 0)
        return r;
    if (!(flags & MOORING_SAY_PRIVATE_ONLY) && !(event->flags & MOORING_EVENT_PRIVATE))
        return 0; /* the alert room has read it: alerts/ tells it there */
    return commands_say_with(commands, event, flags, "commands.close-done",
                             abi_int("alert", (int64_t)done), abi_text("code", code),
                             abi_member("who", event->member.id));
}

const struct mooring_command command_close = {
    .struct_size = sizeof command_close,
    .flags = MOORING_COMMAND_PRIVATE | MOORING_COMMAND_LATE_OK,
    .name = "close",
    .aliases = NULL,
    .usage = "[number] CODE",
    .help_msgid = "commands.help-close",
    .role = MOORING_ROLE_MODERATOR,
    .run = run,
};
