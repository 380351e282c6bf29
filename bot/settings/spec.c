/* SPDX-License-Identifier: MIT */
/* spec.c: flat tables of options into one tree. */
#include "settings/spec.h"

/* An older plugin's struct may end early; what it lacks is zero. */
static void copy_option(struct mooring_option *out, const struct mooring_option *in)
{
    memcpy(out, in, MIN_OF(in->struct_size, sizeof *out));
    out->struct_size = sizeof *out;
}

static bool keep_text(struct arena *arena, const char **text)
{
    if (!*text)
        return true;
    *text = arena_copy_text(arena, *text, strlen(*text));
    return *text != NULL;
}

static struct settings_spec *add_child(struct arena *arena, struct settings_spec *parent,
                                       const struct mooring_option *option, struct str name)
{
    struct settings_spec *spec = arena_alloc(arena, sizeof *spec);
    if (!spec)
        return NULL;
    copy_option(&spec->option, option);
    spec->name = str_keep(arena, name);
    struct mooring_option *own = &spec->option;
    if (!spec->name.ptr || !keep_text(arena, &own->name) || !keep_text(arena, &own->unit) ||
        !keep_text(arena, &own->help) || !keep_text(arena, &own->default_text) ||
        !keep_text(arena, &own->choices))
        return NULL;
    spec->parent = parent;
    if (parent->last)
        parent->last->next = spec;
    else
        parent->first = spec;
    parent->last = spec;
    parent->child_count++;
    return spec;
}

static struct settings_spec *add_group(struct arena *arena, struct settings_spec *parent,
                                       struct str name, const char *help)
{
    const struct mooring_option group = {
        .struct_size = sizeof group, .name = "", .help = help, .kind = MOORING_OPTION_GROUP};
    return add_child(arena, parent, &group, name);
}

static bool usable(const struct mooring_option *option)
{
    return MOORING_HAS(option, mooring_option, flags) && option->name && option->name[0] &&
           option->kind < MOORING_OPTION_KIND_COUNT;
}

/* Finds or makes "a.b" under `top` for an option "a.b.c", and hangs it there. */
static bool add_option(struct arena *arena, struct settings_spec *top,
                       const struct mooring_option *option)
{
    struct settings_spec *parent = top;
    struct str rest = str_of(option->name), part;
    while (str_split(&rest, '.', &part) && rest.ptr) {
        struct settings_spec *next = settings_spec_child(parent, part);
        parent = next ? next : add_group(arena, parent, part, NULL);
        if (!parent)
            return false;
    }
    return settings_spec_child(parent, part) || add_child(arena, parent, option, part);
}

static bool add_table(struct arena *arena, struct settings_spec *top,
                      const struct settings_table *table)
{
    if (table->prefix) {
        top = add_group(arena, top, str_of(table->prefix), NULL);
        if (!top)
            return false;
        top->is_section = true;
    }
    for (size_t i = 0; table->options && table->options[i]; i++)
        if (usable(table->options[i]) && !add_option(arena, top, table->options[i]))
            return false;
    return true;
}

struct settings_spec *settings_spec_build(struct arena *arena, const struct settings_schema *schema)
{
    struct settings_spec *root = arena_alloc(arena, sizeof *root);
    if (!root)
        return NULL;
    root->option.kind = MOORING_OPTION_GROUP;
    root->name = STR("");
    for (size_t i = 0; i < schema->table_count; i++)
        if (!add_table(arena, root, &schema->tables[i]))
            return NULL;
    struct settings_spec *groups = settings_spec_child(root, STR("groups"));
    for (size_t i = 0; groups && i < schema->table_count; i++)
        if (schema->tables[i].prefix && !add_table(arena, groups, &schema->tables[i]))
            return NULL;
    return root;
}

struct settings_spec *settings_spec_child(const struct settings_spec *spec, struct str name)
{
    for (struct settings_spec *child = spec->first; child; child = child->next)
        if (str_eq(child->name, name))
            return child;
    return NULL;
}

const struct settings_spec *settings_spec_elsewhere(const struct settings_spec *root,
                                                    struct str name)
{
    for (const struct settings_spec *child = root->first; child; child = child->next) {
        if (str_eq(child->name, name))
            return child;
        const struct settings_spec *deeper = settings_spec_elsewhere(child, name);
        if (deeper)
            return deeper;
    }
    return NULL;
}

struct settings_spec *settings_spec_own_list(const struct settings_spec *section)
{
    struct settings_spec *list = section->is_section ? settings_spec_child(section, section->name)
                                                     : NULL;
    return list && list->option.kind == MOORING_OPTION_LIST ? list : NULL;
}
