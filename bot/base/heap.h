/* SPDX-License-Identifier: MIT */
/* heap.h: an intrusive binary min-heap: what is due first stands on top. */
#ifndef BASE_HEAP_H
#define BASE_HEAP_H

#include <stdbool.h>
#include <stdint.h>
#include <stddef.h>

#include "base/attr.h"

/* Embedded in what is queued.  `position` 0 means: in no heap.  Equal keys leave in the order they
 * came. */
struct heap_node {
    int64_t key;
    uint64_t order;
    size_t position;
};
struct heap {
    struct heap_node **nodes; /* nodes[1] is the top */
    size_t count, capacity;
    uint64_t next_order;
};
void heap_done(struct heap *heap); /* the nodes are left alone */
int heap_add(struct heap *heap, struct heap_node *node, int64_t key) MUST_CHECK; /* -ENOMEM */
/* fine when it is in no heap */
void heap_remove(struct heap *heap, struct heap_node *node);
struct heap_node *heap_top(const struct heap *heap); /* NULL: empty */
static inline bool heap_holds(const struct heap_node *node)
{
    return node->position != 0;
}

#endif
