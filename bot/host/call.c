/* SPDX-License-Identifier: MIT */
/* call.c: one call into a plugin: in a savepoint, timed, and undone when it fails; then the calls
 * there are. */
#include <assert.h>
#include <errno.h>

#include "base/die.h"
#include "host/internal.h"
#include "observe/log.h"

/* A plugin that calls back into itself through dialogues goes at most this deep. */
enum { DEPTH_MAX = 8 };

int host_call_begin(struct host_plugin *plugin, const char *what, const struct mooring_event *event,
                    struct host_call *ret_call)
{
    struct host *host = plugin->host;
    int r = host_admit(plugin);
    if (r < 0)
        return r;
    if (host->depth >= DEPTH_MAX)
        return -ELOOP;
    struct store_savepoint savepoint;
    r = store_savepoint(host->parts.store, &savepoint);
    if (r < 0)
        return r;
    metric_add(plugin->calls, 1);
    if (host->depth == 0)
        plugin->spent = (struct host_spent){0};
    host_look_at_memory(plugin, true);
    *ret_call = (struct host_call){.plugin = plugin,
                                   .what = what,
                                   .savepoint = savepoint,
                                   .jobs_mark = jobs_mark(host->parts.jobs),
                                   .outer_event = host->event,
                                   .started_ns = clock_precise_ns(),
                                   .shortages = mem_shortages(),
                                   .asked_before = host->asked};
    host->event = event;
    host->depth++;
    ret_call->was = marker_enter(host->parts.marker, plugin->who, what);
    return 0;
}

/* True when the call took longer than its budget: it stands, but it is told and counted. */
static bool too_slow(const struct host_call *call)
{
    int64_t took_ms = (int64_t)((clock_precise_ns() - call->started_ns) / 1000000);
    if (took_ms <= HOST_BUDGET_MS)
        return false;
    log_event(LOG_LEVEL_WARNING, "plugin_slow",
              LOG_TEXT("plugin", call->plugin->is_core ? "core" : call->plugin->name),
              LOG_TEXT("call", call->what), LOG_INT("ms", took_ms));
    return true;
}

int host_call_end(struct host_call *call, int result)
{
    struct host_plugin *plugin = call->plugin;
    struct host *host = plugin->host;
    marker_leave(host->parts.marker, call->was);
    DIE_AT(DIE_IN_PLUGIN); /* from here on a death is no plugin's */
    host->event = call->outer_event;
    assert(host->depth > 0);
    host->depth--;
    host_look_at_memory(plugin, false);
    if (plugin->made_to_fail)
        result = -EIO;
    int r = result < 0 ? store_rollback_to(host->parts.store, call->savepoint)
                       : store_release(host->parts.store, call->savepoint);
    if (result < 0)
        jobs_undo(host->parts.jobs, call->jobs_mark);
    if (result < 0)
        host_pending_undo(host, call->asked_before);
    /* A full disk, a machine without memory, or a person who cannot be reached in private, is no
     * plugin's fault: none is put in quarantine for it. */
    bool blameless = !store_writable(host->parts.store) || result == -EACCES ||
                     mem_shortages() != call->shortages;
    bool slow = result >= 0 && too_slow(call);
    if (result < 0)
        host_strike(plugin, call->what, log_errno_name(result), !blameless);
    else if (!slow)
        host_good(plugin);
    else if (!host->clock->is_virtual)
        host_strike(plugin, call->what, "slow", true);
    if (r < 0)
        return r;
    return result;
}

/* ---- the calls ------------------------------------------------------------------------------- */

static int run_command(struct host_plugin *plugin, const struct mooring_command *def,
                       const struct mooring_event *event, struct str args)
{
    struct host_call call;
    int r = host_call_begin(plugin, def->name, event, &call);
    return r < 0 ? r : host_call_end(&call, def->run(plugin->state, event, abi_lend(args)));
}

int host_command_run(struct host *host, const struct host_command *command,
                     const struct mooring_event *event, struct str args)
{
    (void)host;
    if (!command->plugin->started)
        return -EAGAIN;
    return run_command(command->plugin, command->def, event, args);
}

/* Offers an event to one plugin; 1 when it is its own. */
static int offer(struct host_plugin *plugin, const struct mooring_event *event, bool is_reaction)
{
    const struct mooring_plugin *descriptor = plugin->descriptor;
    int (*callback)(void *, const struct mooring_event *) = NULL;
    if (!is_reaction && MOORING_HAS(descriptor, mooring_plugin, message))
        callback = descriptor->message;
    if (is_reaction && MOORING_HAS(descriptor, mooring_plugin, reaction))
        callback = descriptor->reaction;
    struct host_call call;
    if (!callback || !plugin->started ||
        host_call_begin(plugin, is_reaction ? "reaction" : "message", event, &call) < 0)
        return 0;
    return host_call_end(&call, callback(plugin->state, event));
}

/* Whoever may raise alerts reads a crisis before anybody else, and what is none after all others: a
 * "yes" in the middle of an exercise goes on with it. */
static int offer_all(struct host *host, const struct mooring_event *event, bool is_reaction)
{
    bool is_dark = event->verdict.tier > 0 || event->verdict.kind != MOORING_CRISIS_NONE;
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < host->plugin_count; i++) {
            bool raises = (host->plugins[i]->descriptor->needs & MOORING_USES_ALERTS) != 0;
            if ((raises == is_dark) != (pass == 0))
                continue;
            int r = offer(host->plugins[i], event, is_reaction);
            if (r > 0)
                return 1;
            if (r < 0 && store_lost_transaction(host->parts.store))
                return r;
        }
    }
    return 0;
}

int host_message(struct host *host, const struct mooring_event *event)
{
    return offer_all(host, event, false);
}

int host_message_to(const struct host_command *command, const struct mooring_event *event)
{
    int r = offer(command->plugin, event, false);
    return r < 0 && store_lost_transaction(command->plugin->host->parts.store) ? r : r > 0;
}

int host_reaction(struct host *host, const struct mooring_event *event)
{
    return offer_all(host, event, true);
}

static struct host_plugin *by_name(const struct host *host, struct str name)
{
    for (size_t i = 0; i < host->plugin_count; i++)
        if (str_eq_c(name, host->plugins[i]->name))
            return host->plugins[i];
    return NULL;
}

void host_presence(struct host *host, const struct mooring_event *event, bool joined)
{
    for (size_t i = 0; i < host->plugin_count; i++) {
        struct host_plugin *plugin = host->plugins[i];
        struct host_call call;
        if (!plugin->started || !MOORING_HAS(plugin->descriptor, mooring_plugin, presence) ||
            !plugin->descriptor->presence || host_call_begin(plugin, "presence", event, &call) < 0)
            continue;
        int r = host_call_end(&call, plugin->descriptor->presence(plugin->state, event, joined));
        (void)r; /* counted and told by host_call_end */
    }
}

int host_timer(struct host *host, const struct store_job *job, bool late)
{
    struct host_plugin *plugin = by_name(host, job->plugin);
    if (!plugin && host_is_absent(host, job->plugin))
        return jobs_put_off(host->parts.jobs, job, CLOCK_HOUR_MS); /* it may be back by then */
    if (!plugin || plugin->is_core)
        return -ENOENT;
    /* What is due once is not lost because its plugin rests: it waits, and late_ok decides. */
    if (host_rest_left_ms(plugin) > 0)
        return jobs_put_off(host->parts.jobs, job, host_rest_left_ms(plugin));
    if (!plugin->started)
        return -ENOENT;
    if (!MOORING_HAS(plugin->descriptor, mooring_plugin, timer) || !plugin->descriptor->timer)
        return -ENOENT;
    struct host_call call;
    uint64_t subject = host_job_subject(host, job);
    if (str_empty(job->rrule) && host_defers(host, plugin, subject))
        return jobs_put_off(host->parts.jobs, job, HOST_SUSPECT_MS);
    host_set_subject(host, subject);
    int r = host_call_begin(plugin, "timer", NULL, &call);
    struct mooring_owner owner = {.kind = job->owner_kind, .id = job->owner_id};
    if (r == 0)
        r = host_call_end(&call, plugin->descriptor->timer(plugin->state, owner, abi_lend(job->key),
                                                           job->rule_at, late));
    host_set_subject(host, 0);
    return r;
}

void host_sent(struct host *host, const struct outbox_result *result)
{
    struct host_plugin *plugin = by_name(host, result->plugin);
    struct host_call call;
    if (!plugin || plugin->is_core || !plugin->started || !(result->flags & MOORING_SAY_REPORT) ||
        !MOORING_HAS(plugin->descriptor, mooring_plugin, sent) || !plugin->descriptor->sent ||
        host_call_begin(plugin, "sent", NULL, &call) < 0)
        return;
    int r = host_call_end(
        &call,
        plugin->descriptor->sent(plugin->state, (struct mooring_sent){result->id}, result->result));
    (void)r; /* counted and told by host_call_end */
}

void host_alert(struct host *host, uint64_t alert, enum host_alert_change change)
{
    for (size_t i = 0; i < host->plugin_count; i++) {
        struct host_plugin *plugin = host->plugins[i];
        struct host_call call;
        if (!plugin->started || !MOORING_HAS(plugin->descriptor, mooring_plugin, alert) ||
            !plugin->descriptor->alert || host_call_begin(plugin, "alert", NULL, &call) < 0)
            continue;
        int r = host_call_end(&call, plugin->descriptor->alert(plugin->state,
                                                               (struct mooring_alert_id){alert},
                                                               (uint32_t)change));
        (void)r; /* counted and told by host_call_end */
    }
}

int host_export(struct host *host, uint64_t member, mooring_row_fn each, void *ctx)
{
    for (size_t i = 0; i < host->plugin_count; i++) {
        struct host_plugin *plugin = host->plugins[i];
        struct host_call call;
        if (!plugin->started || !MOORING_HAS(plugin->descriptor, mooring_plugin, export_member) ||
            !plugin->descriptor->export_member)
            continue;
        int r = host_call_begin(plugin, "export", NULL, &call);
        if (r == 0)
            r = host_call_end(&call,
                              plugin->descriptor->export_member(
                                  plugin->state, (struct mooring_member){member}, each, ctx));
        if (r < 0)
            return r;
    }
    return 0;
}

const struct mooring_dialogue *host_dialogue_find(void *ctx, struct str plugin_name,
                                                  struct str name)
{
    struct host_plugin *plugin = by_name(ctx, plugin_name);
    if (!plugin)
        return NULL;
    for (const struct mooring_dialogue *const *d = plugin->descriptor->dialogues; d && *d; d++)
        if (str_eq_c(name, (*d)->name))
            return *d;
    return NULL;
}

int host_dialogue_done(void *ctx, struct str plugin_name, const struct mooring_dialogue *dialogue,
                       const struct mooring_event *event, const struct mooring_answers *answers)
{
    struct host_plugin *plugin = by_name(ctx, plugin_name);
    struct host_call call;
    if (!plugin)
        return -ENOENT;
    int r = host_call_begin(plugin, dialogue->name, event, &call);
    return r < 0 ? r : host_call_end(&call, dialogue->done(plugin->state, event, answers));
}
