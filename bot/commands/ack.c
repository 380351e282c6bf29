/* SPDX-License-Identifier: MIT */
/* ack.c: !ack: a moderator takes an alert: its pages stop. */
#include <errno.h>

#include "commands/internal.h"

static bool parse_number(struct str typed, uint64_t *ret_id)
{
    int64_t number = 0;
    typed = str_trim(typed);
    if (str_starts(typed, STR("#")))
        typed = str_from(typed, 1);
    if (typed.len && number_parse(typed, 1, INT64_MAX, &number) < 0)
        return false;
    *ret_id = (uint64_t)number;
    return true;
}

/* A rehearsal is answered as the real thing is: "drill", "drill harbor"; or nothing typed, while
 * nothing but a drill waits for an answer. */
static bool means_drill(struct str typed, struct str *ret_group)
{
    struct str word;
    *ret_group = (struct str){0};
    if (!str_word(&typed, &word))
        return true;
    if (!str_eq_nocase(word, STR("drill")))
        return false;
    *ret_group = str_trim(typed); /* a group's name may have several words */
    return true;
}

static int run_drill(struct commands *commands, const struct mooring_event *event, uint64_t flags,
                     struct str group)
{
    int r = alerts_drill_acknowledge(commands->parts.alerts, group, event->member.id);
    if (r == -ENOENT)
        return commands_say(commands, event, flags, "commands.drill-none");
    if (r == -ENOTUNIQ)
        return commands_say(commands, event, flags, "commands.drill-which");
    if (r < 0 || !(flags & MOORING_SAY_PRIVATE_ONLY))
        return r; /* the alert room reads the report */
    return commands_say(commands, event, flags, "commands.drill-thanks");
}

static int run(void *state, const struct mooring_event *event, struct mooring_str args)
{
    struct commands *commands = state;
    uint64_t flags = commands_team_flags(commands, event), id = 0, done = 0;
    struct str group;
    bool drill = means_drill(abi_take(args), &group);
    if (drill && str_trim(abi_take(args)).len)
        return run_drill(commands, event, flags, group);
    if (!parse_number(abi_take(args), &id))
        return commands_say(commands, event, flags, "commands.ack-usage");
    int r = alerts_acknowledge(commands->parts.alerts, id, event->member.id, &done);
    if (r == -ENOENT && drill && alerts_drill_runs(commands->parts.alerts, event->member.id))
        return run_drill(commands, event, flags, group);
    if (r == -ENOENT)
        return commands_say(commands, event, flags, "commands.alert-unknown");
    if (r == -ENOTUNIQ)
        return commands_say(commands, event, flags, "commands.alert-which");
    if (r == -EALREADY)
        return commands_say(commands, event, flags, "commands.ack-already");
    if (r < 0)
        return r;
    if (!(flags & MOORING_SAY_PRIVATE_ONLY) && !(event->flags & MOORING_EVENT_PRIVATE))
        return 0; /* the alert room has read it: alerts/ tells it there */
    return commands_say_with(commands, event, flags, "commands.ack-done",
                             abi_int("alert", (int64_t)done), abi_member("who", event->member.id),
                             abi_text("prefix", commands_prefix(commands)));
}

const struct mooring_command command_ack = {
    .struct_size = sizeof command_ack,
    .flags = MOORING_COMMAND_PRIVATE | MOORING_COMMAND_LATE_OK,
    .name = "ack",
    .aliases = "acknowledge",
    .usage = "[number]",
    .help_msgid = "commands.help-ack",
    .role = MOORING_ROLE_MODERATOR,
    .run = run,
};
