/* SPDX-License-Identifier: MIT */
/* serve_settings.c: options as plugins read them, lists of content files, texts. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/number.h"
#include "host/internal.h"
#include "observe/log.h"

static const struct mooring_option *find_option(const struct host_plugin *plugin, struct str name)
{
    for (const struct mooring_option *const *option = plugin->descriptor->options;
         option && *option; option++)
        if (str_eq_c(name, (*option)->name))
            return *option;
    return NULL;
}

/* "checkin.prompt_at" from a node, NULL when the file has no such place. */
static const struct settings_node *section_value(const struct settings_node *node,
                                                 struct str plugin, struct str option)
{
    char path[160];
    int length = snprintf(path, sizeof path, "%.*s.%.*s", STR_ARG(plugin), STR_ARG(option));
    if (!node || length < 0 || (size_t)length >= sizeof path)
        return NULL;
    return settings_at(node, path);
}

/* The node that counts for a group: its own section where it says so, else the plugin's. */
static const struct settings_node *find_node(struct host *host, uint64_t group_id,
                                             struct str plugin, struct str option)
{
    const struct group *group = group_id ? groups_by_id(host->parts.groups, group_id) : NULL;
    const struct settings_node *own = group ? section_value(group->node, plugin, option) : NULL;
    if (own && settings_is_set(own))
        return own;
    return section_value(settings_root(host->parts.settings), plugin, option);
}

int host_setting(struct host *host, uint64_t group, struct str plugin, struct str option,
                 struct arena *arena, struct str *ret_value, enum host_origin *ret_origin,
                 struct str *ret_where)
{
    char name[160];
    struct store_override override;
    snprintf(name, sizeof name, "%.*s.%.*s", STR_ARG(plugin), STR_ARG(option));
    if (group &&
        store_overrides_get(host->parts.store, group, str_of(name), arena, &override) == 0) {
        *ret_value = override.value;
        *ret_origin = HOST_ORIGIN_COMMAND;
        *ret_where = (struct str){0};
        return 0;
    }
    const struct settings_node *node = find_node(host, group, plugin, option);
    if (!node)
        return -ENOENT;
    AUTO_BUF where;
    buf_init(&where, 1024);
    settings_where(node, &where);
    const struct group *own = group ? groups_by_id(host->parts.groups, group) : NULL;
    *ret_value = str_keep(arena, settings_value_text(node));
    *ret_where = str_keep(arena, buf_str(&where));
    *ret_origin = !settings_is_set(node)                                    ? HOST_ORIGIN_DEFAULT
                  : own && node == section_value(own->node, plugin, option) ? HOST_ORIGIN_GROUP
                                                                            : HOST_ORIGIN_PLUGIN;
    return 0;
}

static int value_of(struct host_plugin *plugin, struct mooring_group group, const char *name,
                    struct str *ret_value)
{
    enum host_origin origin;
    struct str where;
    if (!find_option(plugin, str_of(name)))
        return -ENOENT;
    return host_setting(plugin->host, group.id, str_of(plugin->name), str_of(name),
                        &plugin->host->arena, ret_value, &origin, &where);
}

static int integer(struct mooring_self self, struct mooring_group group, const char *name,
                   int64_t *ret_value)
{
    struct host_plugin *plugin = host_self(self);
    const struct mooring_option *option = find_option(plugin, str_of(name));
    struct str text;
    int minutes;
    int r = value_of(plugin, group, name, &text);
    if (r < 0)
        return r;
    if (option->kind == MOORING_OPTION_TIME) {
        r = number_parse_time_of_day(text, &minutes);
        if (r == 0)
            *ret_value = minutes;
        return r;
    }
    if (option->kind == MOORING_OPTION_BOOLEAN) {
        *ret_value = str_eq_c(text, "true") || str_eq_c(text, "yes") || str_eq_c(text, "on") ||
                     str_eq_c(text, "1");
        return 0;
    }
    return number_parse(text, INT64_MIN, INT64_MAX, ret_value);
}

/* "group.zone" and its like: what the file says of the group itself. */
static bool group_value(struct host *host, struct mooring_group handle, struct str name,
                        struct str *ret_value)
{
    const struct group *group = handle.id ? groups_by_id(host->parts.groups, handle.id) : NULL;
    if (!group || !str_starts(name, STR("group.")))
        return false;
    const struct {
        const char *name;
        struct str value;
    } values[] = {{"name", group->name},
                  {"title", group->title},
                  {"zone", group->zone},
                  {"country", group->country},
                  {"language", group->language}};
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        if (!str_eq_c(str_from(name, 6), values[i].name))
            continue;
        *ret_value = values[i].value;
        return true;
    }
    return false;
}

static int text_value(struct mooring_self self, struct mooring_group group, const char *name,
                      struct mooring_str *ret_value)
{
    struct str value;
    if (group_value(host_self(self)->host, group, str_of(name), &value)) {
        *ret_value = abi_lend(value);
        return 0;
    }
    int r = value_of(host_self(self), group, name, &value);
    if (r < 0)
        return r;
    *ret_value = abi_lend(value);
    return 0;
}

/* ---- lists ----------------------------------------------------------------------------------- */

static void tell_mistake(void *ctx, const struct error *mistake)
{
    (void)ctx;
    log_event(LOG_LEVEL_ERROR, "content_mistake", LOG_TEXT("what", mistake->text));
}

void host_contents_drop(struct host *host)
{
    for (size_t i = 0; i < host->content_count; i++) {
        mem_free(host->contents[i].path);
        settings_destroy(host->contents[i].settings);
    }
    host->content_count = 0;
}

struct country_search {
    struct str wanted;
    bool found;
};

static void match_country(void *ctx, struct str value)
{
    struct country_search *search = ctx;
    search->found = search->found || str_eq_nocase(value, search->wanted);
}

/* The file of <folder>/<plugin>/ whose `countries` list has the country; false: none. */
static bool find_country(const char *folder, const char *plugin, struct str country, char *path,
                         size_t size)
{
    char name[1024];
    snprintf(name, sizeof name, "%s/%s", folder, plugin);
    DIR *directory = opendir(name);
    bool found = false;
    for (struct dirent *entry = directory ? readdir(directory) : NULL; entry && !found;
         entry = readdir(directory)) {
        struct country_search search = {.wanted = country};
        struct error ignored = {0};
        int length = snprintf(path, size, "%s/%s", name, entry->d_name);
        if (!str_ends(str_of(entry->d_name), STR(".cfg")) || length < 0 || (size_t)length >= size)
            continue;
        found = settings_peek_texts(path, "countries", match_country, &search, &ignored) >= 0 &&
                search.found;
    }
    if (directory)
        closedir(directory);
    return found;
}

/* <folder>/<plugin>/<language>.cfg, or the file that lists the country, of the first folder that
 * has one. */
static bool find_content(const struct host_plugin *plugin, struct str key, bool by_country,
                         char *path, size_t size)
{
    const struct host_parts *parts = &plugin->host->parts;
    for (size_t i = 0; i < parts->content_folder_count; i++) {
        const char *folder = parts->content_folders[i];
        if (by_country && find_country(folder, plugin->name, key, path, size))
            return true;
        snprintf(path, size, "%s/%s/%.*s.cfg", folder, plugin->name, STR_ARG(str_upto(key, 32)));
        if (!by_country && access(path, R_OK) == 0)
            return true;
    }
    snprintf(path, size, "%s/%.*s", plugin->name, STR_ARG(str_upto(key, 32)));
    return false;
}

/* The list of a content file; kept, also when there is none, but not when memory was short. */
static const struct settings *load_content(struct host_plugin *plugin, struct str list,
                                           struct str key, bool by_country)
{
    struct host *host = plugin->host;
    char path[2048] = "";
    bool exists = find_content(plugin, key, by_country, path, sizeof path);
    for (size_t i = 0; i < host->content_count; i++)
        if (str_eq_c(str_of(path), host->contents[i].path) && str_eq(list, host->contents[i].list))
            return host->contents[i].settings;
    if (host->content_count == HOST_CONTENTS_MAX)
        return NULL;
    unsigned long shortages = mem_shortages();
    struct settings *settings = NULL;
    struct settings_table table = {.prefix = NULL, .options = plugin->descriptor->options};
    int r = exists ? settings_load_content(path, &table, list.ptr, tell_mistake, NULL, &settings)
                   : -ENOENT;
    struct host_content *content = &host->contents[host->content_count];
    *content = (struct host_content){
        .path = str_copy(str_of(path)), .list = list, .settings = r < 0 ? NULL : settings};
    if (mem_shortages() != shortages) {
        mem_free(content->path);
        settings_destroy(settings);
        return NULL;
    }
    host->content_count++;
    return content->settings;
}

static int walk(const struct settings_node *list, mooring_record_fn each, void *ctx)
{
    int count = 0;
    for (size_t i = 0; list && i < settings_count(list); i++, count++) {
        int r = each(ctx, (struct mooring_record){(uint64_t)(uintptr_t)settings_item(list, i)});
        if (r != 0)
            return r;
    }
    return count;
}

static int each_record(struct mooring_self self, struct mooring_group group_handle,
                       const char *list, mooring_record_fn each, void *ctx)
{
    struct host_plugin *plugin = host_self(self);
    struct host *host = plugin->host;
    const struct mooring_option *option = find_option(plugin, str_of(list));
    const struct group *group = group_handle.id ? groups_by_id(host->parts.groups, group_handle.id)
                                                : NULL;
    if (!option || option->kind != MOORING_OPTION_LIST)
        return -ENOENT;
    if (!(option->flags & (MOORING_OPTION_BY_LANGUAGE | MOORING_OPTION_BY_COUNTRY)))
        return walk(find_node(host, group_handle.id, str_of(plugin->name), str_of(list)), each,
                    ctx);
    bool by_country = (option->flags & MOORING_OPTION_BY_COUNTRY) != 0;
    struct str fallback = by_country ? STR("XX") : STR("en");
    struct str key = !group ? fallback : by_country ? group->country : group->language;
    const struct settings *content = load_content(plugin, str_of(option->name), key, by_country);
    if (!content)
        content = load_content(plugin, str_of(option->name), fallback, by_country);
    return content ? walk(settings_root(content), each, ctx) : 0;
}

static int field(struct mooring_self self, struct mooring_record record, const char *name,
                 struct mooring_str *ret_value)
{
    (void)self;
    const struct settings_node *node = settings_at(
        (const struct settings_node *)(uintptr_t)record.id, name);
    if (!node)
        return -ENOENT;
    *ret_value = abi_lend(settings_value_text(node));
    return 0;
}

const struct mooring_settings serve_settings = {.struct_size = sizeof serve_settings,
                                                .integer = integer,
                                                .text = text_value,
                                                .each = each_record,
                                                .field = field};

/* ---- texts ----------------------------------------------------------------------------------- */

static int render(struct mooring_self self, struct mooring_to to, const char *msgid,
                  const struct mooring_arg *args, size_t count, struct mooring_str *ret_text)
{
    struct host *host = host_self(self)->host;
    AUTO_BUF out;
    buf_init(&out, 64 * 1024);
    int r = outbox_render(host->parts.outbox, &to, str_of(msgid), args, count, &out);
    if (r < 0)
        return r;
    struct str kept = str_keep(&host->arena, buf_str(&out));
    if (!kept.ptr)
        return -ENOMEM;
    *ret_text = abi_lend(kept);
    return 0;
}

const struct mooring_text serve_text = {.struct_size = sizeof serve_text, .render = render};
