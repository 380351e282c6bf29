/* SPDX-License-Identifier: MIT */
/* serve_time.c: clock, timers, log. */
#include <errno.h>

#include "host/internal.h"
#include "observe/log.h"
#include "schedule/recur.h"
#include "schedule/zones.h"

static int64_t now_at(struct mooring_self self)
{
    return clock_wall_at(host_self(self)->host->clock);
}

static int64_t elapsed_ms(struct mooring_self self)
{
    return clock_elapsed_ms(host_self(self)->host->clock);
}

static int local(struct mooring_self self, struct mooring_str zone_name, int64_t at,
                 struct mooring_civil *ret_local)
{
    const struct zone *zone;
    struct civil civil;
    int r = zones_get(host_self(self)->host->parts.zones, abi_take(zone_name), &zone);
    if (r == 0)
        r = zone_local_at(zone, at, &civil);
    if (r < 0)
        return r;
    *ret_local = (struct mooring_civil){civil.year,
                                        civil.month,
                                        civil.day,
                                        civil.hour,
                                        civil.minute,
                                        civil.second,
                                        civil_weekday(&civil) - 1};
    return 0;
}

static int next(struct mooring_self self, struct mooring_str rrule, struct mooring_str zone_name,
                struct mooring_str start_local, int64_t after_at, int64_t *ret_at)
{
    const struct zone *zone;
    struct civil start;
    int r = zones_get(host_self(self)->host->parts.zones, abi_take(zone_name), &zone);
    if (r == 0)
        r = civil_parse(abi_take(start_local), &start);
    return r < 0 ? r : recur_next_at(abi_take(rrule), zone, &start, after_at, ret_at);
}

const struct mooring_clock serve_clock = {.struct_size = sizeof serve_clock,
                                          .now_at = now_at,
                                          .elapsed_ms = elapsed_ms,
                                          .local = local,
                                          .next = next};

/* ---- timers ---------------------------------------------------------------------------------- */

static int set(struct mooring_self self, struct mooring_owner owner, struct mooring_str key,
               const struct mooring_when *when)
{
    struct host_plugin *plugin = host_self(self);
    if (!when || key.len == 0)
        return -EINVAL;
    int r = host_afford(plugin, HOST_ASK_TIMER, key.len);
    if (r < 0)
        return r;
    /* A timer that sets itself into the past would fire for ever at the same moment. */
    struct mooring_when checked = *when;
    int64_t soonest_at = now_at(self) + (plugin->host->event ? 0 : CLOCK_SECOND_MS);
    if (checked.at && checked.at < soonest_at)
        checked.at = soonest_at;
    r = jobs_set(plugin->host->parts.jobs, str_of(plugin->name), owner, abi_take(key), &checked);
    return r < 0 ? r : host_note_owned(plugin, OUTBOX_EFFECT_TIMER, owner, abi_take(key));
}

static int cancel(struct mooring_self self, struct mooring_owner owner, struct mooring_str key)
{
    struct host_plugin *plugin = host_self(self);
    return jobs_cancel(plugin->host->parts.jobs, str_of(plugin->name), owner, abi_take(key));
}

const struct mooring_timer serve_timer = {
    .struct_size = sizeof serve_timer, .set = set, .cancel = cancel};

/* ---- log ------------------------------------------------------------------------------------- */

static void log_plugin_event(struct mooring_self self, uint32_t level, const char *event,
                             const struct mooring_field *fields, size_t count)
{
    struct log_field out[18];
    size_t used = 0;
    out[used++] = LOG_TEXT("plugin", host_self(self)->name);
    for (size_t i = 0; i < count && used < COUNT_OF(out) - 1; i++)
        out[used++] = LOG_INT(fields[i].name, fields[i].number);
    out[used] = LOG_END_;
    log_event_fields(level <= LOG_LEVEL_DEBUG ? (enum log_level)level : LOG_LEVEL_DEBUG, event,
                     out);
}

const struct mooring_log serve_log = {.struct_size = sizeof serve_log, .event = log_plugin_event};
