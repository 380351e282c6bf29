/* SPDX-License-Identifier: MIT */
/* commands.c: the list of the bot's own commands, and how they answer. */
#include "commands/commands.h"

#include <errno.h>

#include "commands/internal.h"

static const struct mooring_command *const list[] = {&command_help,
                                                     &command_about,
                                                     &command_sos,
                                                     &command_consent,
                                                     &command_export,
                                                     &command_forget,
                                                     &command_timezone,
                                                     &command_language,
                                                     &command_quiet,
                                                     &command_link,
                                                     &command_unlink,
                                                     &command_no,
                                                     &command_register,
                                                     &command_alerts,
                                                     &command_ack,
                                                     &command_close,
                                                     &command_drill,
                                                     &command_group,
                                                     &command_undo,
                                                     &command_pause,
                                                     &command_audit,
                                                     &command_reload,
                                                     NULL};

static const struct mooring_plugin descriptor = {
    .struct_size = sizeof descriptor,
    .abi_major = MOORING_ABI_MAJOR,
    .abi_minor = MOORING_ABI_MINOR,
    .name = "",
    .version = "",
    .commands = list,
};

const struct mooring_plugin *commands_descriptor(void)
{
    return &descriptor;
}

int commands_create(const struct commands_parts *parts, struct commands **ret_commands)
{
    struct commands *commands = mem_zalloc(sizeof *commands);
    if (!commands)
        return -ENOMEM;
    commands->parts = *parts;
    *ret_commands = commands;
    return 0;
}

void commands_destroy(struct commands *commands)
{
    mem_free(commands);
}

void commands_reloaded(struct commands *commands, const struct commands_parts *parts)
{
    commands->parts = *parts;
}

/* ---- answering ------------------------------------------------------------------------------- */

int commands_answer(struct commands *commands, const struct mooring_event *event,
                    const struct answer *answer)
{
    struct mooring_message message = {
        .struct_size = sizeof message,
        .flags = answer->flags,
        .to = {.answers = event->source},
        .msgid = answer->msgid,
        .args = answer->args,
        .arg_count = answer->arg_count,
        .choices = answer->choices,
        .choice_count = answer->choice_count,
        .expires_at = answer->expires_at,
    };
    struct outbox_item item = {
        .message = &message,
        .priority = answer->flags & MOORING_SAY_CRISIS ? OUTBOX_CRISIS
                    : answer->is_long                  ? OUTBOX_LONG
                                                       : OUTBOX_REPLY,
        .verbatim = answer->verbatim,
        .is_fleeting = answer->names_others,
    };
    int r = outbox_enqueue(commands->parts.outbox, &item, NULL);
    return r == -EEXIST ? 0 : r;
}

int commands_say(struct commands *commands, const struct mooring_event *event, uint64_t flags,
                 const char *msgid)
{
    return commands_say_with(commands, event, flags, msgid,
                             abi_text("prefix", commands_prefix(commands)));
}

int commands_add(struct commands *commands, const struct mooring_event *event, struct buf *out,
                 const char *msgid, const struct mooring_arg *args, size_t count)
{
    struct mooring_to to = {.answers = event->source, .member = event->member};
    return outbox_render(commands->parts.outbox, &to, str_of(msgid), args, count, out);
}

/* ---- who asked ------------------------------------------------------------------------------- */

const struct group *commands_group(const struct commands *commands,
                                   const struct mooring_event *event)
{
    return event->group.id ? groups_by_id(commands->parts.groups, event->group.id) : NULL;
}

enum mooring_role commands_role(const struct commands *commands, const struct mooring_event *event)
{
    const struct outbox_source *source = outbox_find_source(commands->parts.outbox,
                                                            event->source.id);
    if (!source)
        return MOORING_ROLE_NONE;
    struct people_speaker speaker = {.network = source->network,
                                     .identity = source->identity,
                                     .address = source->user,
                                     .display = source->display};
    return people_role(commands->parts.people, &speaker, event->member.id,
                       commands_group(commands, event));
}

uint64_t commands_team_flags(const struct commands *commands, const struct mooring_event *event)
{
    const struct groups_room *room = groups_room_by_id(commands->parts.groups, event->room.id);
    return room && room->is_alert_room ? 0 : MOORING_SAY_PRIVATE_ONLY;
}

struct str commands_prefix(const struct commands *commands)
{
    return settings_text(settings_root(commands->parts.settings), "prefix");
}

int commands_audit(struct commands *commands, const struct mooring_event *event, uint64_t subject,
                   const char *what, struct str details)
{
    struct store_audit_row row = {
        .at = clock_wall_at(commands->parts.clock),
        .actor = event->member.id,
        .subject = subject,
        .group = event->group.id,
        .event = str_of(what),
        .details = details,
    };
    return store_audit_put(commands->parts.store, &row);
}
