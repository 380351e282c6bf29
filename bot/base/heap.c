/* SPDX-License-Identifier: MIT */
/* heap.c: an intrusive binary min-heap. */
#include "base/heap.h"

#include <assert.h>
#include <errno.h>

#include "base/memory.h"

static bool before(const struct heap_node *a, const struct heap_node *b)
{
    return a->key != b->key ? a->key < b->key : a->order < b->order;
}

static void place(struct heap *heap, size_t position, struct heap_node *node)
{
    heap->nodes[position] = node;
    node->position = position;
}

static void sift_up(struct heap *heap, struct heap_node *node)
{
    size_t i = node->position;
    for (; i > 1 && before(node, heap->nodes[i / 2]); i /= 2)
        place(heap, i, heap->nodes[i / 2]);
    place(heap, i, node);
}

static void sift_down(struct heap *heap, struct heap_node *node)
{
    size_t i = node->position;
    for (;;) {
        size_t child = i * 2;
        if (child > heap->count)
            break;
        if (child < heap->count && before(heap->nodes[child + 1], heap->nodes[child]))
            child++;
        if (!before(heap->nodes[child], node))
            break;
        place(heap, i, heap->nodes[child]);
        i = child;
    }
    place(heap, i, node);
}

void heap_done(struct heap *heap)
{
    mem_free(heap->nodes);
    *heap = (struct heap){0};
}

int heap_add(struct heap *heap, struct heap_node *node, int64_t key)
{
    assert(node->position == 0);
    if (heap->count + 2 > heap->capacity) {
        size_t capacity = heap->capacity ? heap->capacity * 2 : 16;
        struct heap_node **bigger = mem_resize(heap->nodes, capacity, sizeof(struct heap_node *));
        if (!bigger)
            return -ENOMEM;
        heap->nodes = bigger;
        heap->capacity = capacity;
    }
    node->key = key;
    node->order = heap->next_order++;
    node->position = ++heap->count;
    sift_up(heap, node);
    return 0;
}

/* The last one fills the hole, and moves whichever way it has to: it may come from another
 * branch. */
void heap_remove(struct heap *heap, struct heap_node *node)
{
    size_t hole = node->position;
    if (!hole)
        return;
    assert(heap->nodes[hole] == node);
    node->position = 0;
    struct heap_node *last = heap->nodes[heap->count--];
    if (last == node)
        return;
    place(heap, hole, last);
    sift_up(heap, last);
    sift_down(heap, last);
}

struct heap_node *heap_top(const struct heap *heap)
{
    return heap->count ? heap->nodes[1] : NULL;
}
