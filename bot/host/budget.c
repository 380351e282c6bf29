/* SPDX-License-Identifier: MIT */
/* budget.c: how much one call may ask of the services, and how much memory a plugin may take. */
#include <errno.h>
#include <unistd.h>

#include "host/guard.h"
#include "host/internal.h"
#include "observe/log.h"

/* Far above what any call needs: a loop in a plugin meets them before it fills the disk, a room or
 * the memory. */
static const struct {
    const char *name;
    uint32_t count;
    uint64_t bytes;
} LIMITS[HOST_ASK_COUNT] = {
    [HOST_ASK_PUT] = {"put", 4096, 8 * 1024 * 1024},
    [HOST_ASK_SAY] = {"say", 512, 0},
    [HOST_ASK_TIMER] = {"timer", 4096, 1024 * 1024},
    [HOST_ASK_RECORD] = {"record", 4096, 0},
};

int host_afford(struct host_plugin *plugin, enum host_ask ask, size_t bytes)
{
    struct host_spent *spent = &plugin->spent;
    if (plugin->is_core)
        return 0;
    if (spent->counts[ask] < LIMITS[ask].count && spent->bytes[ask] + bytes <= LIMITS[ask].bytes) {
        spent->counts[ask]++;
        spent->bytes[ask] += bytes;
        return 0;
    }
    metric_add(plugin->refused, 1);
    if (spent->counts[ask] != UINT32_MAX) /* once a call */
        log_event(LOG_LEVEL_WARNING, "plugin_asks_too_much", LOG_TEXT("plugin", plugin->name),
                  LOG_TEXT("service", LIMITS[ask].name), LOG_INT("count_limit", LIMITS[ask].count),
                  LOG_INT("bytes_limit", LIMITS[ask].bytes));
    spent->counts[ask] = UINT32_MAX;
    return -E2BIG;
}

/* Each plugin answers for what the process grew by during its calls.  A quarter of the bound is too
 * much for one; near the end of it nothing but another process helps, after this turn's commit. */
void host_look_at_memory(struct host_plugin *plugin, bool before)
{
    struct host *host = plugin->host;
    if (host->memory_bound == 0 || plugin->is_core || host->depth > 0)
        return;
    uint64_t bytes = guard_memory_bytes(host->memory_fd);
    uint64_t last = host->memory_bytes;
    host->memory_bytes = bytes;
    if (before || bytes == 0)
        return;
    plugin->grown_bytes = MAX_OF(plugin->grown_bytes + (int64_t)bytes - (int64_t)last, 0);
    if (plugin->grown_bytes < (int64_t)(host->memory_bound / 4))
        return;
    log_event(LOG_LEVEL_ERROR, "plugin_memory", LOG_TEXT("plugin", plugin->name),
              LOG_INT("grown_megabytes", plugin->grown_bytes >> 20),
              LOG_INT("process_megabytes", bytes >> 20),
              LOG_INT("bound_megabytes", host->memory_bound >> 20));
    plugin->grown_bytes = 0;
    if (bytes >= host->memory_bound / 8 * 7)
        host->hungry = plugin;
    host_rest_now(plugin, "memory", marker_rest_ms(++plugin->rests));
}

void host_end_if_hungry(struct host *host)
{
    if (!host->hungry)
        return;
    struct marker_was was UNUSED = marker_enter(host->parts.marker, host->hungry->who, "memory");
    guard_end(host->parts.marker, MARKER_FAULT_MEMORY);
}
