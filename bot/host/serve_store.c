/* SPDX-License-Identifier: MIT */
/* serve_store.c: keyed values, series, audit. */
#include <errno.h>
#include <stdio.h>

#include "host/internal.h"
#include "store/values.h"

enum { VALUE_BYTES_MAX = 64 * 1024, KEY_BYTES_MAX = 128, STATISTICS_CELL_MIN = 11 };

/* ---- values ---------------------------------------------------------------------------------- */

static int put(struct mooring_self self, struct mooring_owner owner, struct mooring_str key,
               struct mooring_str value, int64_t expires_at)
{
    struct host_plugin *plugin = host_self(self);
    if (key.len == 0 || key.len > KEY_BYTES_MAX || value.len > VALUE_BYTES_MAX)
        return -E2BIG;
    int r = host_afford(plugin, HOST_ASK_PUT, key.len + value.len);
    if (r < 0)
        return r;
    r = store_values_put(plugin->host->parts.store, str_of(plugin->name), owner.kind, owner.id,
                         abi_take(key), abi_take(value), expires_at);
    return r < 0 ? r : host_note_owned(plugin, OUTBOX_EFFECT_VALUE, owner, abi_take(key));
}

static int get(struct mooring_self self, struct mooring_owner owner, struct mooring_str key,
               struct mooring_str *ret_value)
{
    struct host_plugin *plugin = host_self(self);
    struct str value;
    int r = store_values_get(plugin->host->parts.store, str_of(plugin->name), owner.kind, owner.id,
                             abi_take(key), &plugin->host->arena, &value);
    if (r < 0)
        return r;
    *ret_value = abi_lend(value);
    return 0;
}

static int erase(struct mooring_self self, struct mooring_owner owner,
                 struct mooring_str key_prefix)
{
    struct host_plugin *plugin = host_self(self);
    return store_values_erase(plugin->host->parts.store, str_of(plugin->name), owner.kind, owner.id,
                              abi_take(key_prefix));
}

struct scan_ctx {
    mooring_row_fn each;
    void *ctx;
};

static void scan_row(void *ctx, struct str key, struct str value)
{
    struct scan_ctx *scan = ctx;
    scan->each(scan->ctx, abi_lend(key), abi_lend(value));
}

static int scan_values(struct mooring_self self, struct mooring_owner owner,
                       struct mooring_str key_prefix, struct mooring_str after, uint32_t limit,
                       mooring_row_fn each, void *ctx)
{
    struct host_plugin *plugin = host_self(self);
    struct scan_ctx scan = {each, ctx};
    return store_values_scan(plugin->host->parts.store, str_of(plugin->name), owner.kind, owner.id,
                             abi_take(key_prefix), abi_take(after), limit, scan_row, &scan);
}

const struct mooring_store serve_store = {
    .struct_size = sizeof serve_store, .put = put, .get = get, .erase = erase, .scan = scan_values};

/* ---- series ---------------------------------------------------------------------------------- */

static const struct mooring_series_def *find_def(const struct host_plugin *plugin, struct str name)
{
    for (const struct mooring_series_def *const *def = plugin->descriptor->series; def && *def;
         def++)
        if (str_eq_c(name, (*def)->name))
            return *def;
    return NULL;
}

static int record(struct mooring_self self, struct mooring_member member, const char *series,
                  int64_t at, int64_t value)
{
    struct host_plugin *plugin = host_self(self);
    struct host *host = plugin->host;
    const struct mooring_series_def *def = find_def(plugin, str_of(series));
    if (!def || !member.id)
        return -ENOENT;
    int r = host_afford(plugin, HOST_ASK_RECORD, 0);
    if (r < 0)
        return r;
    if (value == MOORING_NO_VALUE)
        return store_series_erase(host->parts.store, str_of(plugin->name), member.id,
                                  str_of(series), at);
    if (value < def->min || value > def->max)
        return -ERANGE;
    struct group *home = people_home(host->parts.people, member.id);
    if (def->consent_scope &&
        serve_people.consent(self, member, (struct mooring_group){home ? home->id : 0},
                             def->consent_scope) <= 0)
        return -EACCES;
    r = store_series_put(host->parts.store, str_of(plugin->name), member.id, str_of(series), at,
                         value);
    return r < 0 ? r : host_note_effect(plugin, OUTBOX_EFFECT_POINT, member.id, str_of(series), at);
}

/* "craving" is the plugin's own; "checkin.craving" another's. */
static int resolve_series(struct host_plugin *self, struct str name, struct str *ret_plugin,
                          struct str *ret_series)
{
    struct str rest = name, first;
    if (!str_has_byte(name, '.')) {
        *ret_plugin = str_of(self->name);
        *ret_series = name;
        return find_def(self, name) ? 0 : -ENOENT;
    }
    if (!str_split(&rest, '.', &first))
        return -EINVAL;
    for (size_t i = 0; i < self->host->plugin_count; i++) {
        const struct host_plugin *other = self->host->plugins[i];
        if (!str_eq_c(first, other->name) || !find_def(other, rest))
            continue;
        *ret_plugin = first;
        *ret_series = rest;
        return 0;
    }
    return -ENOENT;
}

static int read_series(struct mooring_self self, struct mooring_member member, const char *series,
                       int64_t from_at, int64_t to_at, mooring_point_fn each, void *ctx)
{
    struct host_plugin *plugin = host_self(self);
    struct str owner, name;
    int r = resolve_series(plugin, str_of(series), &owner, &name);
    if (r < 0)
        return r;
    return store_series_read(plugin->host->parts.store, owner, member.id, name, from_at, to_at,
                             each, ctx);
}

/* One bucket of a group's statistics: each person counts once, with their mean. */
struct cell {
    int64_t people, sum_milli;
};
struct mean {
    int64_t count, sum;
};

static void add_point(void *ctx, int64_t at, int64_t value)
{
    struct mean *mean = ctx;
    (void)at;
    mean->count++;
    mean->sum += value;
}

struct aggregate_ctx {
    struct mooring_self self;
    struct mooring_group group;
    const char *series;
    int64_t from_at, to_at;
    struct cell cell;
};

static int add_member(void *ctx, struct mooring_member member)
{
    struct aggregate_ctx *walk = ctx;
    struct mean mean = {0};
    int r = read_series(walk->self, member, walk->series, walk->from_at, walk->to_at, add_point,
                        &mean);
    if (r < 0 || mean.count == 0)
        return r < 0 ? r : 0;
    walk->cell.people++;
    walk->cell.sum_milli += mean.sum * 1000 / mean.count;
    return 0;
}

static int aggregate(struct mooring_self self, struct mooring_group group, const char *series,
                     int64_t from_at, int64_t to_at, int64_t bucket_ms, mooring_cell_fn each,
                     void *ctx)
{
    if (bucket_ms < CLOCK_DAY_MS || to_at <= from_at || (to_at - from_at) / bucket_ms > 1000)
        return -EINVAL;
    int cells = 0;
    for (int64_t at = from_at; at < to_at; at += bucket_ms, cells++) {
        struct aggregate_ctx walk = {.self = self,
                                     .group = group,
                                     .series = series,
                                     .from_at = at,
                                     .to_at = MIN_OF(at + bucket_ms, to_at) - 1};
        int r = serve_people.each(self, group, "statistics", add_member, &walk);
        if (r < 0)
            return r;
        bool shown = walk.cell.people >= STATISTICS_CELL_MIN;
        each(ctx, at, shown ? walk.cell.people : -1,
             shown ? walk.cell.sum_milli / walk.cell.people : 0);
    }
    return cells;
}

const struct mooring_series serve_series = {.struct_size = sizeof serve_series,
                                            .record = record,
                                            .read = read_series,
                                            .aggregate = aggregate};

/* ---- audit ----------------------------------------------------------------------------------- */

static int audit_record(struct mooring_self self, const char *event, struct mooring_member subject,
                        const struct mooring_field *fields, size_t count)
{
    struct host_plugin *plugin = host_self(self);
    struct host *host = plugin->host;
    AUTO_BUF details;
    buf_init(&details, 1024);
    for (size_t i = 0; i < count; i++)
        buf_add_format(&details, "%s%s=%lld", i ? " " : "", fields[i].name,
                       (long long)fields[i].number);
    if (details.failed)
        return details.failed;
    struct store_audit_row row = {
        .at = clock_wall_at(host->clock),
        .actor = host->event ? host->event->member.id : 0,
        .subject = subject.id,
        .group = host->event ? host->event->group.id : 0,
        .plugin = str_of(plugin->name),
        .event = str_of(event),
        .details = buf_str(&details),
    };
    return store_audit_put(host->parts.store, &row);
}

const struct mooring_audit serve_audit = {.struct_size = sizeof serve_audit,
                                          .record = audit_record};
