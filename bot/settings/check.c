/* SPDX-License-Identifier: MIT */
/* check.c: walks the options' tree along the file's tree; fills in values and defaults and notes
 * every mistake. */
#include "settings/check.h"

#include <errno.h>

#include "base/near.h"
#include "settings/generate.h"
#include "settings/value.h"

static int fill(struct settings_check *check, struct settings_node *node,
                struct settings_spec *spec, const config_setting_t *setting);

void settings_check_init(struct settings_check *check, const struct settings_schema *schema,
                         const struct settings_source *source, struct settings *settings)
{
    *check = (struct settings_check){.schema = schema, .source = source, .settings = settings};
    check->mistakes.source = source;
    buf_init(&check->path, 4096);
}

void settings_check_done(struct settings_check *check)
{
    settings_mistakes_done(&check->mistakes);
    buf_done(&check->path);
}

/* ---- where we are ---------------------------------------------------------------------------- */

static size_t path_enter(struct settings_check *check, struct str name)
{
    size_t before = check->path.len;
    if (before)
        buf_add_byte(&check->path, '.');
    buf_add(&check->path, name);
    return before;
}

static size_t path_enter_item(struct settings_check *check, size_t index)
{
    size_t before = check->path.len;
    buf_add_format(&check->path, "[%zu]", index);
    return before;
}

static void path_leave(struct settings_check *check, size_t before)
{
    if (check->path.ptr)
        check->path.ptr[before] = '\0';
    check->path.len = before;
}

static int line_of(const config_setting_t *setting)
{
    return (int)config_setting_source_line(setting);
}

static void note(struct settings_check *check, int joined_line, struct error *error)
{
    settings_mistakes_add(&check->mistakes, joined_line, &check->path, error);
}

#define NOTE(check, joined_line, ...)                                                              \
    do {                                                                                           \
        struct error mistake_;                                                                     \
        error_set(&mistake_, -EINVAL, __VA_ARGS__);                                                \
        note((check), (joined_line), &mistake_);                                                   \
    } while (0)

static void set_place(struct settings_check *check, struct settings_node *node, int joined_line)
{
    int line;
    const char *file = settings_source_where(check->source, joined_line, &line);
    const char *slash = strrchr(file, '/');
    node->file = arena_copy_text(&check->settings->arena, slash ? slash + 1 : file,
                                 strlen(slash ? slash + 1 : file));
    node->line = node->file ? line : 0;
    node->joined_line = joined_line;
}

/* ---- values ---------------------------------------------------------------------------------- */

/* False for what is no value: a group, a list, an array. */
static bool raw_of(const config_setting_t *setting, struct settings_raw *ret_raw)
{
    struct settings_raw raw = {.type = SETTINGS_RAW_FRACTION};
    switch (config_setting_type(setting)) {
    case CONFIG_TYPE_INT:
    case CONFIG_TYPE_INT64:
        raw.type = SETTINGS_RAW_INTEGER;
        raw.integer = config_setting_get_int64(setting);
        break;
    case CONFIG_TYPE_BOOL:
        raw.type = SETTINGS_RAW_BOOLEAN;
        raw.integer = config_setting_get_bool(setting);
        break;
    case CONFIG_TYPE_STRING:
        raw.type = SETTINGS_RAW_TEXT;
        raw.text = str_of(config_setting_get_string(setting));
        break;
    case CONFIG_TYPE_FLOAT:
        break;
    default:
        return false;
    }
    *ret_raw = raw;
    return true;
}

/* One value into a node.  What is wrong with it is noted and the node left as it was; -ENOMEM. */
static int put_value(struct settings_check *check, struct settings_node *node,
                     const struct settings_raw *raw, int joined_line)
{
    struct settings_value value;
    struct error error;
    const struct settings_schema *schema = raw->type == SETTINGS_RAW_TYPED ? NULL : check->schema;
    int r = settings_value_check(schema, &node->spec->option, raw, &check->settings->arena, &value,
                                 &error);
    if (r == -ENOMEM)
        return r;
    if (r < 0) {
        if (raw->type == SETTINGS_RAW_TYPED)
            error_prefix(&error,
                         "the option's own default is wrong, which is a fault of the program");
        note(check, joined_line, &error);
        return 0;
    }
    node->integer = value.integer;
    node->text = value.text;
    return 0;
}

/* A required option's default_text is an example, not a value. */
static struct str default_of(const struct settings_spec *spec)
{
    if (settings_spec_is(spec, MOORING_OPTION_REQUIRED) || settings_spec_is_tree(spec))
        return STR("");
    return str_of(spec->option.default_text);
}

static int fill_scalar(struct settings_check *check, struct settings_node *node,
                       const config_setting_t *setting)
{
    struct settings_raw raw = {.type = SETTINGS_RAW_TYPED, .text = default_of(node->spec)};
    if (!str_empty(raw.text)) {
        int r = put_value(check, node, &raw, check->joined_line);
        if (r < 0)
            return r;
    }
    if (!setting)
        return 0;
    if (raw_of(setting, &raw))
        return put_value(check, node, &raw, line_of(setting));
    NOTE(check, line_of(setting), "one value is needed here, not a list or a section.");
    return 0;
}

/* ---- arrays ---------------------------------------------------------------------------------- */

static int make_items(struct settings_check *check, struct settings_node *node, size_t count)
{
    node->items = arena_alloc(&check->settings->arena,
                              MAX_OF(count, (size_t)1) * sizeof *node->items);
    if (!node->items)
        return -ENOMEM;
    node->count = count;
    return 0;
}

/* The array as one text: its values with commas between. */
static int join_items(struct settings_check *check, struct settings_node *node)
{
    AUTO_BUF all;
    buf_init(&all, 1024 * 1024);
    for (size_t i = 0; i < node->count; i++) {
        if (i > 0)
            buf_add_byte(&all, ',');
        buf_add(&all, node->items[i].text);
    }
    node->text = str_keep(&check->settings->arena, buf_str(&all));
    return all.failed || !node->text.ptr ? -ENOMEM : 0;
}

static int fill_array_default(struct settings_check *check, struct settings_node *node)
{
    struct str whole = default_of(node->spec), rest = whole, part;
    size_t count = 0;
    while (!str_empty(whole) && str_split(&rest, ',', &part))
        count++;
    int r = make_items(check, node, count);
    rest = whole;
    for (size_t i = 0; r >= 0 && i < count && str_split(&rest, ',', &part); i++) {
        node->items[i].spec = node->spec;
        struct settings_raw raw = {.type = SETTINGS_RAW_TYPED, .text = str_trim(part)};
        r = put_value(check, &node->items[i], &raw, check->joined_line);
    }
    return r < 0 ? r : join_items(check, node);
}

static int fill_array_items(struct settings_check *check, struct settings_node *node,
                            const config_setting_t *setting)
{
    size_t count = (size_t)config_setting_length(setting);
    int r = make_items(check, node, count);
    for (size_t i = 0; r >= 0 && i < count; i++) {
        const config_setting_t *element = config_setting_get_elem(setting, (unsigned)i);
        struct settings_raw raw;
        size_t before = path_enter_item(check, i);
        node->items[i].spec = node->spec;
        set_place(check, &node->items[i], line_of(element));
        if (raw_of(element, &raw))
            r = put_value(check, &node->items[i], &raw, line_of(element));
        else
            NOTE(check, line_of(element), "one value is needed here, not a list or a section.");
        path_leave(check, before);
    }
    if (r >= 0 && count == 0 && settings_spec_is(node->spec, MOORING_OPTION_REQUIRED))
        NOTE(check, line_of(setting), "this cannot be empty.");
    return r < 0 ? r : join_items(check, node);
}

static int fill_array(struct settings_check *check, struct settings_node *node,
                      const config_setting_t *setting)
{
    if (setting && (config_setting_is_array(setting) || config_setting_is_list(setting)))
        return fill_array_items(check, node, setting);
    if (setting) {
        bool texts = node->spec->option.kind == MOORING_OPTION_TEXTS;
        NOTE(check, line_of(setting),
             "several values may stand here: put them in brackets, as in %.*s = %s;",
             STR_ARG(node->spec->name), texts ? "[\"one\", \"two\"]" : "[1, 2]");
    }
    return fill_array_default(check, node);
}

/* ---- lists and groups ------------------------------------------------------------------------ */

static int fill_members(struct settings_check *check, struct settings_node *node,
                        const config_setting_t *setting);

static int fill_record(struct settings_check *check, struct settings_node *record,
                       const config_setting_t *element)
{
    set_place(check, record, line_of(element));
    if (config_setting_is_group(element))
        return fill_members(check, record, element);
    NOTE(check, line_of(element), "each entry of this list stands in { }.");
    return fill_members(check, record, NULL);
}

static int fill_list(struct settings_check *check, struct settings_node *node,
                     const config_setting_t *setting)
{
    if (!setting)
        return 0;
    if (!config_setting_is_list(setting)) {
        NOTE(check, line_of(setting), "a list is needed here: %.*s = ( { ... }, { ... } );",
             STR_ARG(node->spec->name));
        return 0;
    }
    size_t count = (size_t)config_setting_length(setting);
    if (count == 0 && settings_spec_is(node->spec, MOORING_OPTION_REQUIRED))
        NOTE(check, line_of(setting), "this list cannot be empty. %s",
             node->spec->option.help ? node->spec->option.help : "");
    int r = make_items(check, node, count);
    for (size_t i = 0; r >= 0 && i < count; i++) {
        size_t before = path_enter_item(check, i);
        node->items[i].spec = node->spec;
        r = fill_record(check, &node->items[i], config_setting_get_elem(setting, (unsigned)i));
        path_leave(check, before);
    }
    return r;
}

static void add_place(struct buf *out, const struct settings_spec *spec)
{
    if (spec->parent && spec->parent->parent) {
        add_place(out, spec->parent);
        buf_add_byte(out, '.');
    }
    buf_add(out, spec->name);
}

static void note_unknown(struct settings_check *check, const struct settings_spec *spec,
                         const config_setting_t *setting)
{
    struct near near = {.wanted = str_of(config_setting_name(setting))};
    for (const struct settings_spec *child = spec->first; child; child = child->next)
        if (!settings_spec_is_content(child))
            near_offer(&near, child->name);
    struct str best;
    int line = line_of(setting);
    if (near_found(&near, &best)) {
        NOTE(check, line, "unknown option. Did you mean \"%.*s\"?", STR_ARG(best));
        return;
    }
    const struct settings_spec *elsewhere = settings_spec_elsewhere(check->settings->spec,
                                                                    near.wanted);
    if (elsewhere && elsewhere->parent->parent) {
        AUTO_BUF place;
        buf_init(&place, 256);
        add_place(&place, elsewhere->parent);
        NOTE(check, line, "unknown option. \"%.*s\" belongs in \"%s\".", STR_ARG(near.wanted),
             place.ptr);
    } else if (elsewhere) {
        NOTE(check, line, "unknown option. \"%.*s\" belongs at the top of the file.",
             STR_ARG(near.wanted));
    } else if (config_setting_is_aggregate(setting) &&
               settings_spec_child(check->settings->spec, STR("plugins")) &&
               (!spec->parent || !spec->parent->parent)) {
        NOTE(check, line,
             "unknown option. If this is a plugin's section, name the plugin in \"plugins\".");
    } else {
        NOTE(check, line, "unknown option. mooring.cfg(5) lists all of them.");
    }
}

/* The section of a plugin that could not be loaded, at the top or in a group. */
static bool is_of_missing(const struct settings_check *check, const struct settings_spec *spec,
                          struct str name)
{
    if (spec->parent && spec->parent->parent)
        return false;
    for (size_t i = 0; i < check->schema->missing_count; i++)
        if (str_eq_c(name, check->schema->missing[i]))
            return true;
    return false;
}

static void note_unknown_members(struct settings_check *check, const struct settings_spec *spec,
                                 const config_setting_t *group)
{
    for (int i = 0; i < config_setting_length(group); i++) {
        const config_setting_t *setting = config_setting_get_elem(group, (unsigned)i);
        struct str name = str_of(config_setting_name(setting));
        const struct settings_spec *child = settings_spec_child(spec, name);
        if (child && !settings_spec_is_content(child))
            continue;
        if (!child && is_of_missing(check, spec, name))
            continue;
        size_t before = path_enter(check, name);
        if (child)
            NOTE(check, line_of(setting),
                 "this list is kept in files of its own, %.*s/%s.cfg, and not here.",
                 STR_ARG(spec->name),
                 settings_spec_is(child, MOORING_OPTION_BY_COUNTRY) ? "<country>" : "<language>");
        else
            note_unknown(check, spec, setting);
        path_leave(check, before);
    }
}

/* A group's plugin option is given as well when the plugin's own section at the top gives it. */
static bool given_at_top(const struct settings_check *check, const struct settings_spec *spec)
{
    const config_setting_t *top = config_root_setting(&check->source->config);
    top = config_setting_get_member(top, spec->parent->name.ptr);
    if (!top)
        return false;
    if (!config_setting_is_group(top))
        return settings_spec_own_list(spec->parent) == spec;
    return config_setting_get_member(top, spec->name.ptr) != NULL;
}

static bool is_missing(const struct settings_check *check, const struct settings_spec *spec,
                       bool group_is_set)
{
    if (!settings_spec_is(spec, MOORING_OPTION_REQUIRED) || settings_spec_is_content(spec))
        return false;
    const struct settings_spec *parent = spec->parent;
    if (!parent->is_section)
        return group_is_set || !parent->parent;
    return parent->parent->parent && !given_at_top(check, spec);
}

static void note_missing(struct settings_check *check, const struct settings_spec *spec)
{
    AUTO_BUF help;
    buf_init(&help, ERROR_TEXT_BYTES);
    settings_generate_help(spec, &help);
    NOTE(check, check->joined_line, "this is missing.%s%s", help.len ? " " : "",
         help.len ? help.ptr : "");
}

/* The members of a group or a record, each from the file or from its default.  `setting` may be
 * NULL, or, for a plugin's section, its own list. */
static int fill_members(struct settings_check *check, struct settings_node *node,
                        const config_setting_t *setting)
{
    const struct settings_spec *spec = node->spec;
    bool as_list = setting && config_setting_is_list(setting);
    int outer_line = check->joined_line;
    if (node->joined_line)
        check->joined_line = node->joined_line;
    if (setting && !as_list)
        note_unknown_members(check, spec, setting);
    node->has_members = true;
    int r = make_items(check, node, spec->child_count);
    size_t i = 0;
    for (struct settings_spec *child = spec->first; r >= 0 && child; child = child->next, i++) {
        const config_setting_t *found = NULL;
        if (as_list)
            found = child == settings_spec_own_list(spec) ? setting : NULL;
        else if (setting && !settings_spec_is_content(child))
            found = config_setting_get_member(setting, child->name.ptr);
        /* `meetings = ( ... )` is what the administrator wrote: mistakes say meetings[0], not
         * meetings.meetings[0] */
        size_t before = as_list ? check->path.len : path_enter(check, child->name);
        if (!found && is_missing(check, child, setting != NULL))
            note_missing(check, child);
        r = fill(check, &node->items[i], child, found);
        path_leave(check, before);
    }
    check->joined_line = outer_line;
    return r;
}

static int fill_group(struct settings_check *check, struct settings_node *node,
                      const config_setting_t *setting)
{
    bool own_list = setting && config_setting_is_list(setting) &&
                    settings_spec_own_list(node->spec);
    if (setting && !own_list && !config_setting_is_group(setting)) {
        NOTE(check, line_of(setting), "a section is needed here: %.*s = { ... };",
             STR_ARG(node->spec->name));
        setting = NULL;
    }
    return fill_members(check, node, setting);
}

static int fill(struct settings_check *check, struct settings_node *node,
                struct settings_spec *spec, const config_setting_t *setting)
{
    node->spec = spec;
    node->text = STR("");
    if (setting)
        set_place(check, node, line_of(setting));
    switch ((enum mooring_option_kind)spec->option.kind) {
    case MOORING_OPTION_GROUP:
        return fill_group(check, node, setting);
    case MOORING_OPTION_LIST:
        return fill_list(check, node, setting);
    case MOORING_OPTION_INTEGERS:
    case MOORING_OPTION_TEXTS:
        return fill_array(check, node, setting);
    case MOORING_OPTION_INTEGER:
    case MOORING_OPTION_BOOLEAN:
    case MOORING_OPTION_TEXT:
    case MOORING_OPTION_TIME:
    case MOORING_OPTION_ZONE:
    case MOORING_OPTION_COUNTRY:
    case MOORING_OPTION_LANGUAGE:
    case MOORING_OPTION_CHOICE:
    case MOORING_OPTION_KIND_COUNT:
        break;
    }
    return fill_scalar(check, node, setting);
}

/* ---- the whole ------------------------------------------------------------------------------- */

int settings_check_all(struct settings_check *check)
{
    check->settings->root.spec = check->settings->spec;
    check->settings->root.text = STR("");
    check->joined_line = 1;
    return fill_members(check, &check->settings->root, config_root_setting(&check->source->config));
}

int settings_check_list(struct settings_check *check, const char *list)
{
    struct settings_spec *spec = settings_spec_child(check->settings->spec, str_of(list));
    const config_setting_t *root = config_root_setting(&check->source->config);
    const config_setting_t *setting = config_setting_get_member(root, list);
    size_t before = path_enter(check, str_of(list));
    check->joined_line = 1;
    if (!spec || spec->option.kind != MOORING_OPTION_LIST) {
        NOTE(check, 1, "no table describes a list of this name, which is a fault of the program.");
        path_leave(check, before);
        return 0;
    }
    if (!setting) {
        struct near near = {.wanted = spec->name};
        struct str best;
        for (int i = 0; i < config_setting_length(root); i++)
            near_offer(&near,
                       str_of(config_setting_name(config_setting_get_elem(root, (unsigned)i))));
        if (near_found(&near, &best))
            NOTE(check, 1, "this list is missing. Is it \"%.*s\" that was meant?", STR_ARG(best));
        else
            NOTE(check, 1, "this list is missing.");
    }
    int r = fill(check, &check->settings->root, spec, setting);
    path_leave(check, before);
    return r;
}
