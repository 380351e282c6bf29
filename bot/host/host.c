/* SPDX-License-Identifier: MIT */
/* host.c: the plugins there are, and their commands. */
#include "host/host.h"

#include <assert.h>
#include <errno.h>

#include "host/internal.h"
#include "observe/log.h"

enum { ARENA_LIMIT_BYTES = 4 * 1024 * 1024 };

int host_create(const struct host_parts *parts, struct host **ret_host)
{
    struct host *host = mem_zalloc(sizeof *host);
    if (!host)
        return -ENOMEM;
    host->parts = *parts;
    host->clock = loop_clock(parts->loop);
    arena_init(&host->arena, ARENA_LIMIT_BYTES);
    host_poison_begin(host);
    *ret_host = host;
    return 0;
}

void host_destroy(struct host *host)
{
    if (!host)
        return;
    for (size_t i = host->plugin_count; i-- > 0;)
        host_plugin_destroy(host->plugins[i]);
    host_poison_end(host);
    host_contents_drop(host);
    arena_done(&host->arena);
    mem_free(host);
}

void host_set_dialogues(struct host *host, struct dialogues *dialogues)
{
    host->dialogues = dialogues;
}

void host_reloaded(struct host *host, const struct host_parts *parts)
{
    host->parts = *parts;
    host_contents_drop(host);
}

/* ---- plugins --------------------------------------------------------------------------------- */

size_t host_plugin_count(const struct host *host)
{
    return host->plugin_count;
}

const char *host_plugin_name(const struct host *host, size_t index)
{
    return host->plugins[index]->name;
}

const struct mooring_plugin *host_plugin_descriptor(const struct host *host, size_t index)
{
    return host->plugins[index]->descriptor;
}

bool host_quarantined(const struct host *host, size_t index)
{
    return host_rest_left_ms(host->plugins[index]) > 0;
}

int host_fail(struct host *host, struct str plugin, bool fails)
{
    for (size_t i = 0; i < host->plugin_count; i++) {
        if (!str_eq_c(plugin, host->plugins[i]->name) || host->plugins[i]->is_core)
            continue;
        host->plugins[i]->made_to_fail = fails;
        if (!fails)
            host_rest_now(host->plugins[i], NULL, 0);
        return 0;
    }
    return -ENOENT;
}

int host_add_core(struct host *host, const struct mooring_plugin *descriptor, void *state)
{
    if (host->plugin_count == HOST_PLUGINS_MAX)
        return -E2BIG;
    struct host_plugin *plugin = mem_zalloc(sizeof *plugin);
    if (!plugin)
        return -ENOMEM;
    *plugin = (struct host_plugin){
        .host = host, .descriptor = descriptor, .state = state, .is_core = true, .started = true};
    plugin->calls = metrics_counter(host->parts.metrics, "mooring_plugin_calls_total",
                                    "Calls into plugins.", "plugin", STR("core"));
    plugin->failures = metrics_counter(host->parts.metrics, "mooring_plugin_failures_total",
                                       "Calls that failed and were undone.", "plugin", STR("core"));
    plugin->who = MARKER_CORE;
    host_lend(plugin);
    host->plugins[host->plugin_count++] = plugin;
    for (const struct mooring_command *const *command = descriptor->commands; command && *command;
         command++) {
        assert(host->command_count < HOST_COMMANDS_MAX);
        host->commands[host->command_count] = (struct host_command){
            .def = *command, .plugin = plugin, .index = host->command_count};
        host->command_count++;
    }
    return 0;
}

/* ---- commands -------------------------------------------------------------------------------- */

size_t host_command_count(const struct host *host)
{
    return host->command_count;
}

const struct host_command *host_command_at(const struct host *host, size_t index)
{
    return &host->commands[index];
}

static bool has_name(const struct mooring_command *def, struct str name)
{
    if (str_eq_nocase(name, str_of(def->name)))
        return true;
    struct str rest = str_of(def->aliases), alias;
    while (str_word(&rest, &alias))
        if (str_eq_nocase(name, alias))
            return true;
    return false;
}

const struct host_command *host_command_find(const struct host *host, struct str name,
                                             enum mooring_role role)
{
    const struct host_command *first = NULL;
    for (size_t i = 0; i < host->command_count; i++) {
        const struct host_command *command = &host->commands[i];
        if (!has_name(command->def, name))
            continue;
        if (command->def->role <= (uint32_t)role)
            return command;
        if (!first)
            first = command;
    }
    return first;
}

/* ---- turn ------------------------------------------------------------------------------------ */

struct arena *host_arena(struct host *host)
{
    return &host->arena;
}

void host_turn_end(struct host *host, bool committed)
{
    assert(host->depth == 0);
    host_end_if_hungry(host);
    host_pending_settle(host, committed);
    arena_reset(&host->arena);
}
