/* SPDX-License-Identifier: MIT */
/* alerts.c: !alerts: the moderators' queue. */
#include <errno.h>
#include <stdio.h>

#include "commands/internal.h"

struct queue {
    struct commands *commands;
    const struct mooring_event *event;
    struct buf out;
    size_t count;
    int r;
};

static void add_alert(void *ctx, const struct store_alert *alert)
{
    struct queue *queue = ctx;
    char kind[48], state[48];
    struct str rest = alert->who, who = {0};
    if (queue->r < 0 ||
        (queue->event->group.id && alert->group && alert->group != queue->event->group.id))
        return;
    str_split(&rest, '|', &who);
    snprintf(kind, sizeof kind, "alerts.kind-%s",
             alert->kind == SAFETY_NONE ? "help" : safety_kind_name((enum safety_kind)alert->kind));
    snprintf(state, sizeof state, "commands.alerts-state-%d", alert->state);
    const struct mooring_arg args[] = {
        abi_int("alert", (int64_t)alert->id),
        abi_int("tier", alert->tier),
        abi_msgid("kind", str_of(kind)),
        abi_msgid("state", str_of(state)),
        str_empty(who) ? abi_msgid("who", STR("alerts.who-forgotten")) : abi_text("who", who),
        abi_when("opened", alert->opened_at),
        abi_int("pages", alert->pages),
    };
    queue->r = commands_add(queue->commands, queue->event, &queue->out,
                            alert->id ? "commands.alerts-line" : "commands.alerts-unsaved", args,
                            COUNT_OF(args));
    buf_add_c(&queue->out, "\n");
    queue->count++;
}

/* Those in memory can be told, and that there may be others. */
static int add_unreadable(struct queue *queue)
{
    queue->count++;
    return commands_add(queue->commands, queue->event, &queue->out, "commands.alerts-unreadable",
                        NULL, 0);
}

static int run(void *state, const struct mooring_event *event, struct mooring_str args)
{
    struct commands *commands = state;
    uint64_t flags = commands_team_flags(commands, event);
    if (str_eq_nocase(str_trim(abi_take(args)), STR("card")))
        return commands_say(commands, event, flags, "alerts.moderator-card");
    struct queue queue = {.commands = commands, .event = event};
    buf_init(&queue.out, COMMANDS_TEXT_BYTES);
    int r = store_alerts_each_open(commands->parts.store, add_alert, &queue);
    bool unreadable = store_is_fault(r);
    if (r >= 0 || unreadable)
        alerts_each_unsaved(commands->parts.alerts, add_alert, &queue);
    if (unreadable && queue.r >= 0)
        queue.r = add_unreadable(&queue);
    if (r >= 0 || unreadable)
        r = queue.r;
    if (r >= 0 && queue.count == 0)
        r = commands_say(commands, event, flags, "commands.alerts-none");
    else if (r >= 0)
        r = commands_answer(commands, event,
                            &(struct answer){.verbatim = buf_str(&queue.out),
                                             .flags = flags,
                                             .names_others = true});
    buf_wipe(&queue.out);
    return r;
}

const struct mooring_command command_alerts = {
    .struct_size = sizeof command_alerts,
    .flags = MOORING_COMMAND_PRIVATE | MOORING_COMMAND_LATE_OK,
    .name = "alerts",
    .aliases = NULL,
    .usage = "[card]",
    .help_msgid = "commands.help-alerts",
    .role = MOORING_ROLE_MODERATOR,
    .run = run,
};
