/* SPDX-License-Identifier: MIT */
/* same_tree.h: whether two events as trees mean the same. */
#ifndef TESTS_SAME_TREE_H
#define TESTS_SAME_TREE_H

#include "chat/matrix/tree.h"

static const struct tree *members_of(const struct tree *tree)
{
    return tree_is(tree, TREE_OBJECT) ? tree->first : tree_first(tree);
}

static bool same_tree(const struct tree *a, const struct tree *b)
{
    if (!a || !b || a->kind != b->kind || !str_eq(a->key, b->key))
        return false;
    const struct tree *x = members_of(a), *y = members_of(b);
    for (; x && y; x = x->next, y = y->next)
        if (!same_tree(x, y))
            return false;
    if (x || y)
        return false;
    bool is_list = a->kind == TREE_OBJECT || a->kind == TREE_ARRAY;
    return is_list                 ? a->count == b->count
           : a->kind == TREE_TEXT  ? str_eq(a->text, b->text)
           : a->kind == TREE_WHOLE ? a->whole == b->whole
                                   : a->kind != TREE_REAL || a->real == b->real;
}

#endif
