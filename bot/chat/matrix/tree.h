/* SPDX-License-Identifier: MIT */
/* tree.h: an event's JSON as it lies in its bytes: no value is copied, and all is forgotten at once
 * with the arena.  A json_t of the usual event is some thirty blocks: building and freeing them was
 * half of what a quiet event cost. */
#ifndef CHAT_MATRIX_TREE_H
#define CHAT_MATRIX_TREE_H

#include <jansson.h>

#include "base/memory.h"
#include "base/str.h"

enum tree_kind {
    TREE_NULL,
    TREE_FALSE,
    TREE_TRUE,
    TREE_WHOLE,
    TREE_REAL,
    TREE_TEXT,
    TREE_ARRAY,
    TREE_OBJECT,
};
struct tree {
    enum tree_kind kind;
    struct str key; /* of a member; no two of an object have the same */
    union {
        struct str text; /* UTF-8; may hold NULs */
        int64_t whole;
        double real;
        struct {
            const struct tree *first;
            size_t count;
        };
    };
    const struct tree *next; /* in its object or array */
};

/* An object that is plain: no escape, no fraction, no large number, few brackets, up to 64 members
 * and 4,096 values.  Its texts are borrowed from `bytes`.  What stands behind it is not looked at.
 * NULL: not plain, no JSON, or no memory, which is for json_loadb to judge. */
const struct tree *tree_parse(struct arena *arena, struct str bytes) MUST_CHECK;
/* The same of any JSON, which is not needed any more then.  NULL: no memory. */
const struct tree *tree_of_json(struct arena *arena, const json_t *json) MUST_CHECK;

/* All take NULL and any kind.  A member; NULL: none, or no object. */
const struct tree *tree_get(const struct tree *object, const char *key);
/* The first of an array; NULL: none, or no array. */
const struct tree *tree_first(const struct tree *array);
bool tree_is(const struct tree *tree, enum tree_kind kind);
/* A member that is a text, else empty; a number, without its fraction, else `otherwise` (where one
 * number is too large jansson makes reals of all of an event's); true. */
struct str tree_text(const struct tree *object, const char *key);
int64_t tree_whole(const struct tree *object, const char *key, int64_t otherwise);
bool tree_is_true(const struct tree *object, const char *key);

#endif
