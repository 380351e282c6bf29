/* SPDX-License-Identifier: MIT */
/* tree.c: asking the settings. */
#include "settings/tree.h"

#include <errno.h>

/* Settings of ten thousand records are a mistake, not a need. */
enum { TREE_LIMIT_BYTES = 64 * 1024 * 1024 };

struct settings *settings_tree_create(void)
{
    struct settings *settings = mem_zalloc(sizeof *settings);
    if (!settings)
        return NULL;
    arena_init(&settings->arena, TREE_LIMIT_BYTES);
    return settings;
}

void settings_destroy(struct settings *settings)
{
    if (!settings)
        return;
    arena_done(&settings->arena);
    mem_free(settings);
}

/* ---- asking ---------------------------------------------------------------------------------- */

const struct settings_node *settings_root(const struct settings *settings)
{
    return &settings->root;
}

static const struct settings_node *member(const struct settings_node *group, struct str name)
{
    if (!group->has_members)
        return NULL;
    for (size_t i = 0; i < group->count; i++)
        if (str_eq(group->items[i].spec->name, name))
            return &group->items[i];
    return NULL;
}

const struct settings_node *settings_at(const struct settings_node *node, const char *path)
{
    struct str rest = str_of(path), name;
    while (node && !str_empty(rest) && str_split(&rest, '.', &name))
        node = member(node, name);
    return node;
}

size_t settings_count(const struct settings_node *list)
{
    return list ? list->count : 0;
}

const struct settings_node *settings_item(const struct settings_node *list, size_t index)
{
    return list && index < list->count ? &list->items[index] : NULL;
}

int64_t settings_integer(const struct settings_node *node, const char *path)
{
    const struct settings_node *found = node ? settings_at(node, path) : NULL;
    return found ? found->integer : 0;
}

bool settings_boolean(const struct settings_node *node, const char *path)
{
    return settings_integer(node, path) != 0;
}

struct str settings_text(const struct settings_node *node, const char *path)
{
    const struct settings_node *found = node ? settings_at(node, path) : NULL;
    return settings_value_text(found);
}

struct str settings_value_text(const struct settings_node *node)
{
    return node && node->text.ptr ? node->text : STR("");
}

static uint64_t mark_bytes(uint64_t mark, const void *bytes, size_t count)
{
    const unsigned char *byte = bytes;
    for (size_t i = 0; i < count; i++)
        mark = (mark ^ byte[i]) * UINT64_C(1099511628211);
    return mark;
}

uint64_t settings_mark(const struct settings_node *node, const char *except, uint64_t mark)
{
    if (!node || (node->spec && str_eq_c(node->spec->name, except)))
        return mark;
    struct str text = settings_value_text(node);
    mark = mark_bytes(mark, &node->integer, sizeof node->integer);
    mark = mark_bytes(mark, &node->count, sizeof node->count);
    mark = mark_bytes(mark, &text.len, sizeof text.len);
    mark = mark_bytes(mark, text.len ? text.ptr : "", text.len);
    for (size_t i = 0; i < node->count; i++)
        mark = settings_mark(&node->items[i], except, mark);
    return mark;
}

bool settings_is_set(const struct settings_node *node)
{
    return node && node->line > 0;
}

void settings_where(const struct settings_node *node, struct buf *out)
{
    if (settings_is_set(node))
        buf_add_format(out, "%s:%d", node->file, node->line);
    else
        buf_add_c(out, "default");
}

/* ---- mistakes -------------------------------------------------------------------------------- */

void settings_mistakes_add(struct settings_mistakes *mistakes, int joined_line,
                           const struct buf *path, struct error *error)
{
    int r = mem_grow(&mistakes->list, &mistakes->capacity, mistakes->count, sizeof *mistakes->list,
                     SETTINGS_MISTAKE_LIMIT);
    if (r == -E2BIG)
        return;
    if (r < 0) {
        mistakes->out_of_memory = true;
        return;
    }
    if (path && path->len)
        error_prefix(error, "%s", path->ptr);
    if (mistakes->source) {
        int line;
        const char *file = settings_source_where(mistakes->source, joined_line, &line);
        error_prefix(error, "%s:%d", file, line);
    }
    mistakes->list[mistakes->count++] = (struct settings_mistake){joined_line, *error};
}

/* Stable, so that mistakes of one line stay in the order in which they were found; there are few.
 */
static void sort(struct settings_mistake *list, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct settings_mistake moved = list[i];
        size_t to = i;
        for (; to > 0 && list[to - 1].joined_line > moved.joined_line; to--)
            list[to] = list[to - 1];
        list[to] = moved;
    }
}

int settings_mistakes_tell(struct settings_mistakes *mistakes, settings_mistake_fn tell, void *ctx)
{
    sort(mistakes->list, mistakes->count);
    for (size_t i = 0; i < mistakes->count; i++)
        if (tell)
            tell(ctx, &mistakes->list[i].error);
    if (mistakes->out_of_memory)
        return -ENOMEM;
    return mistakes->count ? -EINVAL : 0;
}

void settings_mistakes_done(struct settings_mistakes *mistakes)
{
    mem_free(mistakes->list);
    *mistakes = (struct settings_mistakes){.source = NULL};
}
