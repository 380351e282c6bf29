/* SPDX-License-Identifier: MIT */
/* load.c: finds, checks, starts and unloads plugins. */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/ascii.h"
#include "base/number.h"
#include "host/internal.h"
#include "observe/log.h"

typedef const struct mooring_plugin *(*entry_fn)(uint16_t, uint16_t);

/* ---- opening and checking -------------------------------------------------------------------- */

static int open_library(const char *folder, const char *name, void **ret_library,
                        struct error *error)
{
    char path[1024];
    int length = snprintf(path, sizeof path, "%s/%s.so", folder, name);
    if (length < 0 || (size_t)length >= sizeof path)
        return error_set(error, -ENAMETOOLONG, "plugin \"%s\": its path is too long", name);
    void *library = dlopen(path, RTLD_LOCAL | RTLD_NOW);
    if (!library)
        return error_set(error, -ENOENT,
                         "plugin \"%s\" cannot be loaded: %s. Remove it from plugins, or put %s.so "
                         "into plugin_folder.",
                         name, dlerror(), name);
    *ret_library = library;
    return 0;
}

static bool name_ok(struct str name)
{
    if (name.len < 2 || name.len > 31 || name.ptr[0] < 'a' || name.ptr[0] > 'z')
        return false;
    for (size_t i = 1; i < name.len; i++) {
        char c = name.ptr[i];
        if (!(ascii_is_small(c) || ascii_is_digit(c) || c == '-'))
            return false;
    }
    return true;
}

static int check_descriptor(const struct mooring_plugin *descriptor, const char *name,
                            struct error *error)
{
    if (descriptor->abi_major != MOORING_ABI_MAJOR)
        return error_set(error, -EPROTO,
                         "plugin \"%s\" was built for version %u of the plugin interface, this is "
                         "version %u: build it again against "
                         "this mooring.h.",
                         name, descriptor->abi_major, MOORING_ABI_MAJOR);
    if (descriptor->struct_size < offsetof(struct mooring_plugin, init) + sizeof descriptor->init)
        return error_set(error, -EPROTO, "plugin \"%s\": its descriptor is too short (struct_size)",
                         name);
    if (!descriptor->name || !name_ok(str_of(descriptor->name)))
        return error_set(error, -EINVAL, "plugin \"%s\": its name must match [a-z][a-z0-9-]{1,30}",
                         name);
    if (!str_eq_c(str_of(name), descriptor->name))
        return error_set(error, -EINVAL,
                         "plugin \"%s\" calls itself \"%s\": file and name must be the same", name,
                         descriptor->name);
    return 0;
}

int host_peek(const char *folder, const char *name, struct host_peek *ret_peek, struct error *error)
{
    if (!name_ok(str_of(name)))
        return error_set(error, -EINVAL,
                         "plugin \"%s\": a plugin's name must match [a-z][a-z0-9-]{1,30}", name);
    void *library;
    int r = open_library(folder, name, &library, error);
    if (r < 0)
        return r;
    entry_fn entry = NULL;
    *(void **)&entry = dlsym(library, "mooring_plugin_entry");
    const struct mooring_plugin *descriptor = entry ? entry(MOORING_ABI_MAJOR, MOORING_ABI_MINOR)
                                                    : NULL;
    if (!entry)
        r = error_set(error, -ENOEXEC, "plugin \"%s\": it does not export mooring_plugin_entry",
                      name);
    else if (!descriptor)
        r = error_set(error, -EPROTO,
                      "plugin \"%s\" cannot work with version %u.%u of the plugin interface: take "
                      "a newer build of it.",
                      name, MOORING_ABI_MAJOR, MOORING_ABI_MINOR);
    else
        r = check_descriptor(descriptor, name, error);
    if (r < 0) {
        dlclose(library);
        return r;
    }
    *ret_peek = (struct host_peek){.library = library, .descriptor = descriptor};
    return 0;
}

/* One build of a file told from another: a mended plugin begins without a past. */
static uint64_t build_of(const char *folder, const char *name)
{
    char path[1024];
    struct stat status;
    int length = snprintf(path, sizeof path, "%s/%s.so", folder, name);
    if (length < 0 || (size_t)length >= sizeof path || stat(path, &status) < 0)
        return 0;
    return (uint64_t)status.st_mtim.tv_sec * 1000000000u + (uint64_t)status.st_mtim.tv_nsec +
           ((uint64_t)status.st_size << 20) + (uint64_t)status.st_ino;
}

int host_peek_marked(struct marker *marker, const char *folder, const char *name,
                     struct host_peek *ret_peek, struct error *error)
{
    if (!marker || !name_ok(str_of(name)))
        return host_peek(folder, name, ret_peek, error);
    marker_who who = marker_plugin(marker, name, build_of(folder, name));
    if (marker_unloadable(marker, who))
        return -EAGAIN;
    struct marker_was was = marker_enter(marker, who, "load");
    int r = host_peek(folder, name, ret_peek, error);
    marker_leave(marker, was);
    return r;
}

void host_peek_done(struct host_peek *peek)
{
    if (peek->library)
        dlclose(peek->library);
    *peek = (struct host_peek){0};
}

/* ---- loading --------------------------------------------------------------------------------- */

void host_lend(struct host_plugin *plugin)
{
    plugin->lent = (struct mooring_host){
        .struct_size = sizeof plugin->lent,
        .abi_major = MOORING_ABI_MAJOR,
        .abi_minor = MOORING_ABI_MINOR,
        .call_budget_ms = HOST_BUDGET_MS,
        .self = {(uint64_t)(uintptr_t)plugin},
        .log = &serve_log,
        .clock = &serve_clock,
        .settings = &serve_settings,
        .text = &serve_text,
    };
    struct mooring_host *lent = &plugin->lent;
    uint64_t uses = plugin->is_core ? UINT64_MAX
                                    : (plugin->descriptor->needs | plugin->descriptor->wants) &
                                          host_granted(plugin->host, str_of(plugin->name));
    lent->say = uses & MOORING_USES_SAY ? &serve_say : NULL;
    lent->ask = uses & MOORING_USES_ASK ? &serve_ask : NULL;
    lent->people = uses & MOORING_USES_PEOPLE ? &serve_people : NULL;
    lent->series = uses & MOORING_USES_SERIES ? &serve_series : NULL;
    lent->store = uses & MOORING_USES_STORE ? &serve_store : NULL;
    lent->timer = uses & MOORING_USES_TIMER ? &serve_timer : NULL;
    lent->http = uses & MOORING_USES_HTTP ? &serve_http : NULL;
    lent->work = uses & MOORING_USES_WORK ? &serve_work : NULL;
    lent->alerts = uses & MOORING_USES_ALERTS ? &serve_alerts : NULL;
    lent->safety = uses & MOORING_USES_SAFETY ? &serve_safety : NULL;
    lent->audit = uses & MOORING_USES_AUDIT ? &serve_audit : NULL;
}

static int add_commands(struct host *host, struct host_plugin *plugin, struct error *error)
{
    for (const struct mooring_command *const *command = plugin->descriptor->commands;
         command && *command; command++) {
        if (host->command_count == HOST_COMMANDS_MAX)
            return error_set(error, -E2BIG, "plugin \"%s\": more than %d commands in all",
                             plugin->name, HOST_COMMANDS_MAX);
        host->commands[host->command_count] = (struct host_command){
            .def = *command, .plugin = plugin, .index = host->command_count};
        host->command_count++;
    }
    return 0;
}

/* Closes the library again when it needs what the administrator does not grant. */
static int check_grants(const struct host *host, struct host_peek *peek, struct error *error)
{
    const char *name = peek->descriptor->name;
    uint64_t missing = peek->descriptor->needs & ~host_granted(host, str_of(name));
    if (!missing)
        return 0;
    const char *service = host_service_name(missing & (~missing + 1));
    int r = error_set(
        error, -EPERM, "plugin \"%s\" needs the service \"%s\", which is not granted: %s", name,
        service,
        missing & MOORING_USES_HTTP ? "name the hosts it may reach in grants.hosts."
                                    : "take it off grants.deny, or take the plugin off plugins.");
    host_peek_done(peek);
    return r;
}

int host_load(struct host *host, const char *folder, const char *name, struct error *error)
{
    struct host_peek peek;
    if (host->plugin_count == HOST_PLUGINS_MAX)
        return error_set(error, -E2BIG, "more than %d plugins", HOST_PLUGINS_MAX - 1);
    for (size_t i = 0; i < host->plugin_count; i++)
        if (str_eq_c(str_of(name), host->plugins[i]->name))
            return error_set(error, -EEXIST, "plugin \"%s\" is named twice in plugins", name);
    int r = host_peek_marked(host->parts.marker, folder, name, &peek, error);
    if (r == -EAGAIN) {
        host_note_absent(host, name);
        return 0;
    }
    if (r == 0)
        r = check_grants(host, &peek, error);
    if (r < 0)
        return r;
    struct host_plugin *plugin = mem_zalloc(sizeof *plugin);
    if (!plugin) {
        host_peek_done(&peek);
        return error_set(error, -ENOMEM, "plugin \"%s\": out of memory", name);
    }
    *plugin = (struct host_plugin){
        .host = host, .descriptor = peek.descriptor, .library = peek.library};
    str_to_c(str_of(peek.descriptor->name), plugin->name, sizeof plugin->name);
    plugin->calls = metrics_counter(host->parts.metrics, "mooring_plugin_calls_total",
                                    "Calls into plugins.", "plugin", str_of(name));
    plugin->failures = metrics_counter(host->parts.metrics, "mooring_plugin_failures_total",
                                       "Calls that failed and were undone.", "plugin",
                                       str_of(name));
    plugin->refused = metrics_counter(host->parts.metrics, "mooring_plugin_refused_total",
                                      "What plugins asked for beyond a limit.", "plugin",
                                      str_of(name));
    plugin->who = marker_plugin(host->parts.marker, plugin->name, 0);
    host_lend(plugin);
    host->plugins[host->plugin_count++] = plugin;
    host_look_at_rest(plugin);
    return add_commands(host, plugin, error);
}

/* ---- starting -------------------------------------------------------------------------------- */

/* The stored data's version, moved up by migrate() one call at a time. */
static int migrate(struct host_plugin *plugin, struct error *error)
{
    struct host *host = plugin->host;
    const struct mooring_plugin *descriptor = plugin->descriptor;
    char name[64];
    struct str stored;
    int64_t version = descriptor->data_version;
    snprintf(name, sizeof name, "plugin-data/%s", plugin->name);
    int r = store_meta_get(host->parts.store, str_of(name), &host->arena, &stored);
    if (r == 0 && number_parse(stored, 0, UINT32_MAX, &version) < 0)
        return error_set(error, -EUCLEAN,
                         "plugin \"%s\": the version of its stored data is damaged", plugin->name);
    if (version > descriptor->data_version)
        return error_set(error, -EPROTO,
                         "plugin \"%s\": its stored data is of a newer version (%lld) than it "
                         "knows (%u): install the newer plugin again.",
                         plugin->name, (long long)version, descriptor->data_version);
    while (version < descriptor->data_version && MOORING_HAS(descriptor, mooring_plugin, migrate) &&
           descriptor->migrate) {
        struct host_call call;
        r = host_call_begin(plugin, "migrate", NULL, &call);
        if (r == 0)
            r = host_call_end(&call, descriptor->migrate(plugin->state, (uint32_t)version));
        if (r < 0)
            return error_set(error, r,
                             "plugin \"%s\": its stored data could not be brought up to date (%s)",
                             plugin->name, log_errno_name(r));
        version++;
    }
    char text[16];
    snprintf(text, sizeof text, "%u", descriptor->data_version);
    return str_eq_c(stored, text) ? 0
                                  : store_meta_put(host->parts.store, str_of(name), str_of(text));
}

int host_plugin_start(struct host_plugin *plugin, struct error *error)
{
    struct host_call call;
    int r = 0;
    if (plugin->descriptor->init) {
        r = host_call_begin(plugin, "init", NULL, &call);
        if (r == 0)
            r = host_call_end(&call, plugin->descriptor->init(&plugin->lent, &plugin->state));
    }
    if (r < 0)
        return error_set(error, r, "plugin \"%s\" could not start (%s)", plugin->name,
                         log_errno_name(r));
    plugin->started = true;
    r = migrate(plugin, error);
    plugin->started = r == 0;
    return r;
}

/* What cannot start stops the start, with a sentence for whoever sits there.  At the third time
 * nobody sits there: it rests, and the others go on without it. */
static int start_or_rest(struct host_plugin *plugin, struct error *error)
{
    struct host *host = plugin->host;
    if (host_rest_left_ms(plugin) > 0)
        return 0;
    int r = host_plugin_start(plugin, error);
    if (r == 0 || store_lost_transaction(host->parts.store) || r == -ENOSPC || r == -EROFS)
        return r;
    (void)marker_refused(host->parts.marker, plugin->who, clock_wall_at(host->clock));
    return r;
}

int host_start(struct host *host, struct error *error)
{
    for (size_t i = 0; i < host->plugin_count; i++) {
        if (host->plugins[i]->is_core)
            continue;
        int r = start_or_rest(host->plugins[i], error);
        if (r < 0)
            return r;
    }
    return host_rearrange(host, 0);
}

static void arrange(struct host_plugin *plugin, uint64_t group)
{
    const struct mooring_plugin *descriptor = plugin->descriptor;
    struct host_call call;
    if (!MOORING_HAS(descriptor, mooring_plugin, group) || !descriptor->group ||
        host_call_begin(plugin, "group", NULL, &call) < 0)
        return;
    int r = host_call_end(&call,
                          descriptor->group(plugin->state, (struct mooring_group){group}, 1));
    if (r < 0)
        log_event(LOG_LEVEL_WARNING, "plugin_group_failed", LOG_TEXT("plugin", plugin->name),
                  LOG_ERRNO(r));
}

void host_plugin_arrange(struct host_plugin *plugin, uint64_t group_id)
{
    struct host *host = plugin->host;
    struct host_call call;
    plugin->unarranged = host_rest_left_ms(plugin) > 0;
    if (!plugin->started || plugin->unarranged)
        return;
    if (MOORING_HAS(plugin->descriptor, mooring_plugin, reload) && plugin->descriptor->reload &&
        host_call_begin(plugin, "reload", NULL, &call) == 0) {
        int r = host_call_end(&call, plugin->descriptor->reload(plugin->state));
        if (r < 0)
            log_event(LOG_LEVEL_WARNING, "plugin_reload_failed", LOG_TEXT("plugin", plugin->name),
                      LOG_ERRNO(r));
    }
    for (size_t g = 0; g < groups_count(host->parts.groups); g++) {
        uint64_t id = groups_at(host->parts.groups, g)->id;
        if (group_id == 0 || group_id == id)
            arrange(plugin, id);
    }
}

int host_rearrange(struct host *host, uint64_t group_id)
{
    for (size_t i = 0; i < host->plugin_count; i++)
        host_plugin_arrange(host->plugins[i], group_id);
    return 0;
}

void host_plugin_destroy(struct host_plugin *plugin)
{
    if (!plugin)
        return;
    host_pending_drop(plugin);
    if (!plugin->is_core) {
        jobs_drop_volatile(plugin->host->parts.jobs, str_of(plugin->name));
        if (plugin->started && MOORING_HAS(plugin->descriptor, mooring_plugin, fini) &&
            plugin->descriptor->fini) {
            struct marker *marker = plugin->host->parts.marker;
            struct marker_was was = marker_enter(marker, plugin->who, "fini");
            plugin->descriptor->fini(plugin->state);
            marker_leave(marker, was);
        }
    }
    if (plugin->library)
        dlclose(plugin->library);
    mem_free(plugin);
}
