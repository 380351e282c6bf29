/* SPDX-License-Identifier: MIT */
/* tree.h: settings as they lie in memory, and the mistakes found on the way. */
#ifndef SETTINGS_TREE_H
#define SETTINGS_TREE_H

#include "settings/source.h"
#include "settings/spec.h"

/* A group has one item for each child of its spec, in that order; a list one for each record; an
 * array one for each value. */
struct settings_node {
    const struct settings_spec *spec;
    struct settings_node *items;
    size_t count;
    bool has_members; /* a group or a list's record */
    int64_t integer;
    struct str text;  /* NUL-terminated; of an array: the values with commas between */
    const char *file; /* its last part */
    int line;         /* 0: the file says nothing, this is the default */
    int joined_line;  /* orders mistakes */
};

struct settings {
    struct arena arena; /* everything below, and the specs */
    struct settings_spec *spec;
    struct settings_node root;
};

/* A new, empty one.  NULL: out of memory. */
struct settings *settings_tree_create(void) MUST_CHECK;

enum { SETTINGS_MISTAKE_LIMIT = 200 };
struct settings_mistake {
    int joined_line;
    struct error error;
};
struct settings_mistakes {
    const struct settings_source *source; /* NULL: mistakes have no file and line */
    struct settings_mistake *list;
    size_t count, capacity;
    bool out_of_memory;
};
/* Puts "file:line: path: " before the text.  Mistakes beyond the limit are counted, not kept. */
void settings_mistakes_add(struct settings_mistakes *mistakes, int joined_line,
                           const struct buf *path, struct error *error);
/* Tells them in the order of the file.  -ENOMEM; -EINVAL there were some; 0 there were none. */
int settings_mistakes_tell(struct settings_mistakes *mistakes, settings_mistake_fn tell,
                           void *ctx) MUST_CHECK;
void settings_mistakes_done(struct settings_mistakes *mistakes);

#endif
