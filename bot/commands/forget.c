/* SPDX-License-Identifier: MIT */
/* forget.c: !forget me: the member's key is destroyed, and with it every copy of what it sealed. */
#include <errno.h>

#include "commands/internal.h"
#include "store/link.h"

static int explain(struct commands *commands, const struct mooring_event *event)
{
    const struct mooring_choice choices[] = {{"commands.forget-yes", {0}, MOORING_STR("forget me")},
                                             {"commands.forget-no", {0}, MOORING_STR("no")}};
    const struct mooring_arg args[] = {abi_text("prefix", commands_prefix(commands))};
    struct answer answer = {.msgid = "commands.forget-ask",
                            .args = args,
                            .arg_count = 1,
                            .choices = choices,
                            .choice_count = COUNT_OF(choices),
                            .flags = MOORING_SAY_PRIVATE_ONLY};
    return commands_answer(commands, event, &answer);
}

static int run(void *state, const struct mooring_event *event, struct mooring_str args)
{
    struct commands *commands = state;
    if (!str_eq_nocase(str_trim(abi_take(args)), STR("me")))
        return explain(commands, event);
    const struct outbox_source *source = outbox_find_source(commands->parts.outbox,
                                                            event->source.id);
    if (!source)
        return -ESTALE;
    uint64_t aside = 0;
    int64_t until_at;
    int r = commands_audit(commands, event, 0, "forgotten", (struct str){0});
    if (r == 0)
        r = store_link_aside(commands->parts.store, event->member.id, &aside, &until_at);
    if (r == 0) { /* whom they were joined with: by a row of its own a later copy is known */
        struct mooring_event other = *event;
        other.member.id = aside;
        r = commands_audit(commands, &other, 0, "forgotten", (struct str){0});
    }
    if (r == -ENOENT)
        r = 0;
    if (r == 0)
        r = people_forget(commands->parts.people, event->member.id);
    if (r < 0)
        return r;
    outbox_forget(commands->parts.outbox, event->member.id);
    /* The last answer goes to somebody who is nobody to us now. */
    struct outbox_source stranger = *source;
    struct mooring_event last = *event;
    stranger.member = 0;
    last.member.id = 0;
    last.source.id = outbox_note_source(commands->parts.outbox, &stranger);
    return commands_say(commands, &last, MOORING_SAY_PRIVATE_ONLY, "commands.forget-done");
}

const struct mooring_command command_forget = {
    .struct_size = sizeof command_forget,
    .flags = MOORING_COMMAND_PRIVATE,
    .name = "forget",
    .aliases = NULL,
    .usage = "me",
    .help_msgid = "commands.help-forget",
    .role = MOORING_ROLE_MEMBER,
    .run = run,
};
