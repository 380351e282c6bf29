/* SPDX-License-Identifier: MIT */
/* settings.c: from a file to checked settings, and single values against their options. */
#include "settings/settings.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/near.h"
#include "settings/check.h"
#include "settings/value.h"

static void source_cleanup(struct settings_source *source)
{
    settings_source_done(source);
}

static void settings_cleanup(struct settings **settings)
{
    settings_destroy(*settings);
}

static void check_cleanup(struct settings_check *check)
{
    settings_check_done(check);
}

/* ---- files ----------------------------------------------------------------------------------- */

/* A whole file (list NULL) or one list of a content file; `cross`: it is the configuration. */
static int load(const char *path, const struct settings_schema *schema, const char *list,
                bool cross, settings_mistake_fn tell, void *ctx, struct settings **ret_settings)
{
    struct settings_source source CLEANUP(source_cleanup) = {.parsed = false};
    struct settings *settings CLEANUP(settings_cleanup) = settings_tree_create();
    struct error error = {0, ""};
    int r = settings_source_read(&source, path, &error);
    if (r < 0 && error.code && tell)
        tell(ctx, &error);
    if (r < 0 || !settings)
        return r < 0 ? r : -ENOMEM;
    settings->spec = settings_spec_build(&settings->arena, schema);
    if (!settings->spec)
        return -ENOMEM;
    struct settings_check check CLEANUP(check_cleanup);
    settings_check_init(&check, schema, &source, settings);
    r = list ? settings_check_list(&check, list) : settings_check_all(&check);
    if (r < 0)
        return r;
    if (cross)
        settings_cross_check(&check);
    r = settings_mistakes_tell(&check.mistakes, tell, ctx);
    if (r < 0)
        return r;
    *ret_settings = TAKE(settings);
    return 0;
}

int settings_load(const char *path, const struct settings_schema *schema, settings_mistake_fn tell,
                  void *ctx, struct settings **ret_settings)
{
    return load(path, schema, NULL, true, tell, ctx, ret_settings);
}

int settings_load_plain(const char *path, const struct settings_table *table,
                        settings_mistake_fn tell, void *ctx, struct settings **ret_settings)
{
    const struct settings_schema schema = {.tables = table, .table_count = 1};
    return load(path, &schema, NULL, false, tell, ctx, ret_settings);
}

int settings_load_content(const char *path, const struct settings_table *table, const char *list,
                          settings_mistake_fn tell, void *ctx, struct settings **ret_settings)
{
    /* Without its prefix: in the plugin's own files its lists stand at the top. */
    const struct settings_table bare = {NULL, table->options};
    const struct settings_schema schema = {.tables = &bare, .table_count = 1};
    return load(path, &schema, list, false, tell, ctx, ret_settings);
}

/* ---- before the plugins are known ------------------------------------------------------------ */

static const char *default_in_core(const char *option)
{
    for (const struct mooring_option *const *at = settings_core.options; *at; at++)
        if (strcmp((*at)->name, option) == 0)
            return (*at)->default_text;
    return NULL;
}

/* option = "text" on a line of its own. */
static bool is_set_by(struct str line, const char *option, struct str *ret_value)
{
    struct str rest = str_trim(line);
    if (!str_starts(rest, str_of(option)))
        return false;
    rest = str_trim(str_from(rest, strlen(option)));
    if (str_empty(rest) || (rest.ptr[0] != '=' && rest.ptr[0] != ':'))
        return false;
    rest = str_trim(str_from(rest, 1));
    const char *end = rest.len > 1 ? memchr(rest.ptr + 1, '"', rest.len - 1) : NULL;
    if (!end || rest.ptr[0] != '"')
        return false;
    *ret_value = (struct str){rest.ptr + 1, (size_t)(end - rest.ptr - 1)};
    return true;
}

int settings_peek_line(const char *path, const char *option,
                       void (*each)(void *ctx, struct str value), void *ctx)
{
    char line[4096];
    bool found = false;
    FILE *file = fopen(path, "re");
    if (!file)
        return -errno;
    while (!found && fgets(line, sizeof line, file)) {
        struct str value;
        found = is_set_by(str_of(line), option, &value);
        if (found)
            each(ctx, value);
    }
    (void)fclose(file);
    return found ? 0 : -ENOENT;
}

int settings_peek_texts(const char *path, const char *option,
                        void (*each)(void *ctx, struct str value), void *ctx, struct error *error)
{
    struct settings_source source CLEANUP(source_cleanup) = {.parsed = false};
    int r = settings_source_read(&source, path, error);
    if (r < 0)
        return r;
    const config_setting_t *setting = config_lookup(&source.config, option);
    if (!setting) {
        struct str rest = str_of(default_in_core(option)), part;
        while (!str_empty(rest) && str_split(&rest, ',', &part))
            each(ctx, str_trim(part));
        return 0;
    }
    const char *single = config_setting_get_string(setting);
    if (single)
        each(ctx, str_of(single));
    for (int i = 0; config_setting_is_aggregate(setting) && i < config_setting_length(setting);
         i++) {
        const char *text = config_setting_get_string_elem(setting, i);
        if (text)
            each(ctx, str_of(text));
    }
    return 0;
}

/* ---- one value ------------------------------------------------------------------------------- */

/* The option's name within its table, or false when the table's prefix does not fit. */
static bool within(const struct settings_table *table, struct str option, struct str *ret_name)
{
    if (!table->prefix) {
        *ret_name = option;
        return true;
    }
    struct str prefix = str_of(table->prefix);
    if (!str_starts(option, prefix) || option.len <= prefix.len || option.ptr[prefix.len] != '.')
        return false;
    *ret_name = str_from(option, prefix.len + 1);
    return true;
}

const struct mooring_option *settings_option(const struct settings_schema *schema,
                                             struct str option)
{
    for (size_t i = 0; i < schema->table_count; i++) {
        const struct settings_table *table = &schema->tables[i];
        struct str name;
        if (!within(table, option, &name))
            continue;
        for (const struct mooring_option *const *at = table->options; at && *at; at++)
            if ((*at)->name && str_eq_c(name, (*at)->name))
                return *at;
    }
    return NULL;
}

static bool is_changeable(const struct mooring_option *option)
{
    return !(option->flags & MOORING_OPTION_FILE_ONLY) && option->kind != MOORING_OPTION_GROUP &&
           option->kind != MOORING_OPTION_LIST;
}

static int unknown_option(const struct settings_schema *schema, struct str option,
                          struct error *error)
{
    AUTO_BUF names; /* holds the candidates while `near` borrows them */
    buf_init(&names, 64 * 1024);
    for (size_t i = 0; i < schema->table_count; i++) {
        const struct settings_table *table = &schema->tables[i];
        for (const struct mooring_option *const *at = table->options; at && *at; at++)
            if ((*at)->name && is_changeable(*at))
                buf_add_format(&names, "%s%s%s\n", table->prefix ? table->prefix : "",
                               table->prefix ? "." : "", (*at)->name);
    }
    struct near near = {.wanted = option};
    struct str rest = buf_str(&names), name, best;
    while (str_split(&rest, '\n', &name))
        near_offer(&near, name);
    if (near_found(&near, &best))
        return error_set(error, -ENOENT, "%.*s: unknown option. Did you mean \"%.*s\"?",
                         STR_ARG(str_upto(option, 80)), STR_ARG(best));
    return error_set(error, -ENOENT, "%.*s: unknown option.", STR_ARG(str_upto(option, 80)));
}

static bool is_array(const struct mooring_option *option)
{
    return option->kind == MOORING_OPTION_INTEGERS || option->kind == MOORING_OPTION_TEXTS;
}

int settings_check_value(const struct settings_schema *schema, struct str option, struct str value,
                         struct error *error)
{
    const struct mooring_option *found = settings_option(schema, option);
    if (!found)
        return unknown_option(schema, option, error);
    if (!is_changeable(found))
        return error_set(error, -EACCES,
                         "%.*s: this can only be changed in the configuration file.",
                         STR_ARG(option));
    struct arena arena CLEANUP(arena_done);
    arena_init(&arena, 64 * 1024);
    struct settings_value ignored;
    struct str rest = value, part = value;
    bool more = is_array(found) ? str_split(&rest, ',', &part) : true;
    int r = 0;
    while (more && r >= 0) {
        struct settings_raw raw = {.type = SETTINGS_RAW_TYPED, .text = str_trim(part)};
        r = settings_value_check(schema, found, &raw, &arena, &ignored, error);
        more = is_array(found) && str_split(&rest, ',', &part);
    }
    if (r == -ENOMEM)
        return error_set(error, -EINVAL, "%.*s: this is too long.", STR_ARG(option));
    return r < 0 ? error_prefix(error, "%.*s", STR_ARG(option)) : 0;
}
