/* SPDX-License-Identifier: MIT */
/* turn_bury.c: what is given up: an event that fails twice, and what the process dies of. */
#include "turn_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "observe/log.h"

/* To the journal with a member's number; never a text, never a name. */
static void log_buried(struct turn *turn, struct str network, const char *plugin, uint64_t member,
                       int code)
{
    metric_add(turn->buried, 1);
    log_event(LOG_LEVEL_ERROR, "event_buried", LOG_STR("network", network),
              LOG_TEXT("plugin", plugin), LOG_INT("member", member), LOG_ERRNO(code));
}

/* To the teams, in words: what is buried is written, so it was not the disk. */
static int tell_buried(struct turn *turn, const char *msgid, const char *plugin, uint64_t member)
{
    char number[24]; /* figure for figure as in the log, where it is looked for */
    snprintf(number, sizeof number, "%" PRId64, (int64_t)member);
    const struct mooring_arg args[] = {abi_text("plugin", str_of(plugin)),
                                       abi_text("member", str_of(number))};
    int r = alerts_notice(turn->parts.alerts, msgid, args, COUNT_OF(args), str_of(plugin));
    return MIN_OF(r, 0);
}

static int tell_event_buried(struct turn *turn, const char *plugin, uint64_t member)
{
    return tell_buried(turn, member ? "notice.event-buried" : "notice.event-buried-unknown", plugin,
                       member);
}

int turn_bury(struct turn *turn, const struct chat_batch *batch, const struct chat_event *event,
              uint64_t member, int code)
{
    struct str network = str_of(batch->network->name);
    log_buried(turn, network, "core", member, code);
    int r = store_events_bury(turn->parts.store, network, event->id, code, (struct str){0});
    if (r == 0)
        r = tell_event_buried(turn, "core", member);
    if (r == 0)
        r = turn_save_cursor(turn, batch, event);
    if (r == 0)
        r = store_commit(turn->parts.store);
    if (r < 0)
        store_rollback(turn->parts.store);
    return MIN_OF(r, 0);
}

int turn_bury_for_plugin(struct turn *turn, const struct inbox_item *item, const char *plugin)
{
    struct str network = str_of(item->network->name);
    log_buried(turn, network, plugin, item->member, -ENOTRECOVERABLE);
    int r = store_events_bury(turn->parts.store, network, item->event->id, -ENOTRECOVERABLE,
                              str_of(plugin));
    return r < 0 ? r : tell_event_buried(turn, plugin, item->member);
}

int turn_bury_job(struct turn *turn, const struct store_job *job, const char *plugin)
{
    log_buried(turn, STR(""), plugin, 0, -ENOTRECOVERABLE);
    int r = store_events_bury(turn->parts.store, STR(""), job->key, -ENOTRECOVERABLE,
                              str_of(plugin));
    return r < 0 ? r : tell_buried(turn, "notice.timer-buried", plugin, 0);
}
