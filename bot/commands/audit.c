/* SPDX-License-Identifier: MIT */
/* audit.c: !audit: who did what when; a member reads what concerns themselves. */
#include <errno.h>

#include "commands/internal.h"

enum { ROWS_DEFAULT = 10, ROWS_MAX = 50 };

struct lines {
    struct commands *commands;
    const struct mooring_event *event;
    struct buf out;
    size_t count;
    int r;
};

static void add_row(void *ctx, const struct store_audit_row *row)
{
    struct lines *lines = ctx;
    const struct mooring_arg args[] = {abi_when("at", row->at), abi_member("actor", row->actor),
                                       abi_text("event", row->event),
                                       abi_text("details", row->details)};
    if (lines->r < 0)
        return;
    lines->r = commands_add(lines->commands, lines->event, &lines->out,
                            row->actor ? "commands.audit-line" : "commands.audit-line-bot", args,
                            COUNT_OF(args));
    buf_add_c(&lines->out, "\n");
    lines->count++;
}

static int run(void *state, const struct mooring_event *event, struct mooring_str args)
{
    struct commands *commands = state;
    int64_t count = ROWS_DEFAULT;
    struct str typed = str_trim(abi_take(args));
    bool moderator = commands_role(commands, event) >= MOORING_ROLE_MODERATOR;
    uint64_t flags = moderator ? commands_team_flags(commands, event) : MOORING_SAY_PRIVATE_ONLY;
    if (typed.len && number_parse(typed, 1, ROWS_MAX, &count) < 0)
        return commands_say(commands, event, flags, "commands.audit-usage");
    struct lines lines = {.commands = commands, .event = event};
    buf_init(&lines.out, COMMANDS_TEXT_BYTES);
    int r = store_audit_each(commands->parts.store, event->group.id,
                             moderator ? 0 : event->member.id, (uint32_t)count, add_row, &lines);
    if (r >= 0)
        r = lines.r;
    if (r >= 0 && lines.count == 0)
        r = commands_say(commands, event, flags, "commands.audit-none");
    else if (r >= 0)
        r = commands_answer(commands, event,
                            &(struct answer){.verbatim = buf_str(&lines.out),
                                             .flags = flags,
                                             .names_others = true});
    buf_wipe(&lines.out);
    return r;
}

const struct mooring_command command_audit = {
    .struct_size = sizeof command_audit,
    .flags = MOORING_COMMAND_PRIVATE,
    .name = "audit",
    .aliases = NULL,
    .usage = "[rows]",
    .help_msgid = "commands.help-audit",
    .role = MOORING_ROLE_MEMBER,
    .run = run,
};
