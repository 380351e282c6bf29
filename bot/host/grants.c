/* SPDX-License-Identifier: MIT */
/* grants.c: what the administrator lets a plugin use. */
#include "host/internal.h"

static const struct {
    const char *name;
    uint64_t bit;
} services[] = {
    {"say", MOORING_USES_SAY},       {"ask", MOORING_USES_ASK},     {"people", MOORING_USES_PEOPLE},
    {"series", MOORING_USES_SERIES}, {"store", MOORING_USES_STORE}, {"timer", MOORING_USES_TIMER},
    {"http", MOORING_USES_HTTP},     {"work", MOORING_USES_WORK},   {"alerts", MOORING_USES_ALERTS},
    {"safety", MOORING_USES_SAFETY}, {"audit", MOORING_USES_AUDIT},
};

const char *host_service_name(uint64_t bit)
{
    for (size_t i = 0; i < COUNT_OF(services); i++)
        if (services[i].bit == bit)
            return services[i].name;
    return "?";
}

/* The plugin's entry in "grants"; NULL: none. */
static const struct settings_node *find_entry(const struct host *host, struct str plugin)
{
    const struct settings_node *list = settings_at(settings_root(host->parts.settings), "grants");
    for (size_t i = 0; list && i < settings_count(list); i++)
        if (str_eq(settings_text(settings_item(list, i), "plugin"), plugin))
            return settings_item(list, i);
    return NULL;
}

static bool has_text(const struct settings_node *list, struct str wanted)
{
    for (size_t i = 0; list && i < settings_count(list); i++)
        if (str_eq_nocase(settings_value_text(settings_item(list, i)), wanted))
            return true;
    return false;
}

uint64_t host_granted(const struct host *host, struct str plugin)
{
    const struct settings_node *entry = find_entry(host, plugin);
    const struct settings_node *hosts = entry ? settings_at(entry, "hosts") : NULL;
    uint64_t granted = 0;
    for (size_t i = 0; i < COUNT_OF(services); i++) {
        bool is_http = services[i].bit == MOORING_USES_HTTP;
        bool denied = entry && has_text(settings_at(entry, "deny"), str_of(services[i].name));
        if (is_http ? hosts && settings_count(hosts) > 0 : !denied)
            granted |= services[i].bit;
    }
    return granted;
}

/* What stands between "https://" and the path is compared whole: a user or a port in it must be
 * granted as well. */
bool host_may_reach(const struct host *host, struct str plugin, struct str url)
{
    const struct settings_node *entry = find_entry(host, plugin);
    if (!entry || !str_starts_nocase(url, STR("https://")))
        return false;
    struct str name = str_from(url, 8);
    size_t length = 0;
    while (length < name.len && !strchr("/?#", name.ptr[length]))
        length++;
    return has_text(settings_at(entry, "hosts"), str_upto(name, length));
}
