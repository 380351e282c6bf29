/* SPDX-License-Identifier: MIT */
/* spec.h: the flat tables of options as one tree, in which the file's own tree is looked up. */
#ifndef SETTINGS_SPEC_H
#define SETTINGS_SPEC_H

#include "settings/settings.h"

/* One option.  It is copied from its table: a plugin may be gone before the settings are. */
struct settings_spec {
    struct mooring_option option;
    struct str name; /* the last part of option.name */
    struct settings_spec *parent, *first, *last, *next;
    size_t child_count;
    bool is_section; /* the options of one plugin */
};

/* The root's children are the core's options and the plugins' sections; each section stands in
 * "groups" as well. Entries that no table should have (no name, unknown kind) are left out.  NULL:
 * out of memory. */
struct settings_spec *settings_spec_build(struct arena *arena,
                                          const struct settings_schema *schema) MUST_CHECK;
struct settings_spec *settings_spec_child(const struct settings_spec *spec,
                                          struct str name); /* NULL: none */
/* Anywhere in the tree, by its last name: for "it belongs in ...".  NULL: none. */
const struct settings_spec *settings_spec_elsewhere(const struct settings_spec *root,
                                                    struct str name);
/* A section's list that may stand in its place: `meetings = ( ... )`.  NULL: none. */
struct settings_spec *settings_spec_own_list(const struct settings_spec *section);
static inline bool settings_spec_is(const struct settings_spec *spec, uint32_t flag)
{
    return (spec->option.flags & flag) != 0;
}
/* A list that is kept in content files, one a language or country, and never in the configuration.
 */
static inline bool settings_spec_is_content(const struct settings_spec *spec)
{
    return settings_spec_is(spec, MOORING_OPTION_BY_LANGUAGE | MOORING_OPTION_BY_COUNTRY);
}
static inline bool settings_spec_is_tree(const struct settings_spec *spec)
{
    return spec->option.kind == MOORING_OPTION_GROUP || spec->option.kind == MOORING_OPTION_LIST;
}

#endif
