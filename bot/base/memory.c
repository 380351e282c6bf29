/* SPDX-License-Identifier: MIT */
/* memory.c: allocation in one place, so that its failure can be tested in one place. */
#include "base/memory.h"

#include <errno.h>
#include <malloc.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/reserve.h"

#if __has_include(<sanitizer/asan_interface.h>)
#include <sanitizer/asan_interface.h> /* without the sanitizer its macros do nothing */
#else
#define ASAN_POISON_MEMORY_REGION(block, size)   ((void)(block), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(block, size) ((void)(block), (void)(size))
#endif

/* A thread's own, like errno: the pool's shortages are none of the loop's. */
static _Thread_local unsigned long shortages;

unsigned long mem_shortages(void)
{
    return shortages;
}

void mem_note_shortage(void)
{
    shortages++;
}

bool mem_dealt_with(unsigned long before)
{
    bool any = shortages != before;
    shortages = before;
    return any;
}

/* How deep this thread is in what must not fail for want of memory. */
static _Thread_local unsigned reserve_depth;

void mem_reserve_begin(void)
{
    reserve_depth++;
}

void mem_reserve_end(void)
{
    reserve_depth--;
}

bool mem_on_reserve(void)
{
    return reserve_depth > 0;
}

static void *or_reserve(void *block, size_t size)
{
    if (block)
        return block;
    shortages++;
    return reserve_depth ? reserve_lend(size) : NULL;
}

void *mem_alloc(size_t size)
{
    size = size ? size : 1;
    return or_reserve(malloc(size), size);
}

void *mem_zalloc(size_t size)
{
    size = size ? size : 1;
    return or_reserve(calloc(1, size), size);
}

void *mem_zalloc_array(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        return NULL;
    return mem_zalloc(bytes);
}

/* Out of the reserve, or into it: the bytes move by hand. */
static void *move(void *old, size_t old_size, size_t size)
{
    void *bigger = mem_alloc(size);
    if (!bigger)
        return NULL;
    if (old_size)
        memcpy(bigger, old, MIN_OF(old_size, size));
    mem_free(old);
    return bigger;
}

void *mem_resize(void *old, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        return NULL;
    bytes = bytes ? bytes : 1;
    if (reserve_owns(old))
        return move(old, reserve_size(old), bytes);
    void *bigger = realloc(old, bytes);
    if (bigger)
        return bigger;
    shortages++;
    return reserve_depth ? move(old, old ? malloc_usable_size(old) : 0, bytes) : NULL;
}

char *mem_copy_text(const char *text, size_t size)
{
    char *copy = mem_alloc(size + 1);
    if (!copy)
        return NULL;
    if (size)
        memcpy(copy, text, size);
    copy[size] = '\0';
    return copy;
}

void mem_free(void *block)
{
    if (reserve_owns(block))
        reserve_return(block);
    else
        free(block);
}

void mem_wipe(void *block, size_t size)
{
    if (block && size)
        sodium_memzero(block, size);
}

int mem_grow(void *items, size_t *capacity, size_t count, size_t item_size, size_t limit)
{
    void **pointer = items;
    if (count < *capacity)
        return 0;
    if (count >= limit)
        return -E2BIG;
    size_t wanted = *capacity ? *capacity * 2 : 8;
    wanted = MIN_OF(wanted, limit);
    void *bigger = mem_resize(*pointer, wanted, item_size);
    if (!bigger)
        return -ENOMEM;
    *pointer = bigger;
    *capacity = wanted;
    return 0;
}

/* ---- arena ----------------------------------------------------------------------------------- */

enum { ARENA_CHUNK_BYTES = 16 * 1024 };

struct arena_chunk {
    struct arena_chunk *next;
    size_t size, used;
    alignas(max_align_t) char bytes[];
};

/* A chunk is one block for the sanitizers too: without being told they let pass what is read after
 * a reset, or behind the end of what was given. */
static void forbid(struct arena_chunk *chunk)
{
    ASAN_POISON_MEMORY_REGION(chunk->bytes, chunk->size);
}

static void permit(const void *block, size_t size)
{
    ASAN_UNPOISON_MEMORY_REGION(block, size);
}

static void wipe(struct arena_chunk *chunk)
{
    permit(chunk->bytes, chunk->size);
    mem_wipe(chunk->bytes, chunk->used);
}

void arena_init(struct arena *arena, size_t limit_bytes)
{
    *arena = (struct arena){.limit_bytes = limit_bytes};
}

void arena_reset(struct arena *arena)
{
    if (!arena->first)
        return;
    struct arena_chunk *next;
    for (struct arena_chunk *chunk = arena->first->next; chunk; chunk = next) {
        next = chunk->next;
        wipe(chunk);
        mem_free(chunk);
    }
    wipe(arena->first);
    forbid(arena->first);
    arena->first->next = NULL;
    arena->first->used = 0;
    arena->current = arena->first;
    arena->used_bytes = arena->first->size;
}

void arena_done(struct arena *arena)
{
    arena_reset(arena);
    if (arena->first)
        permit(arena->first->bytes, arena->first->size);
    mem_free(arena->first);
    *arena = (struct arena){0};
}

static struct arena_chunk *add_chunk(struct arena *arena, size_t at_least)
{
    size_t size = MAX_OF(at_least, (size_t)ARENA_CHUNK_BYTES);
    if (arena->limit_bytes &&
        size > arena->limit_bytes - MIN_OF(arena->used_bytes, arena->limit_bytes))
        return NULL;
    struct arena_chunk *chunk = mem_alloc(sizeof *chunk + size);
    if (!chunk)
        return NULL;
    *chunk = (struct arena_chunk){.size = size};
    forbid(chunk);
    if (arena->current)
        arena->current->next = chunk;
    else
        arena->first = chunk;
    arena->current = chunk;
    arena->used_bytes += size;
    return chunk;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    const size_t align = alignof(max_align_t);
    if (size > SIZE_MAX - align)
        return NULL;
    size_t rounded = (MAX_OF(size, (size_t)1) + align - 1) / align * align;
    struct arena_chunk *chunk = arena->current;
    if (!chunk || chunk->size - chunk->used < rounded)
        chunk = add_chunk(arena, rounded);
    if (!chunk)
        return NULL;
    void *block = chunk->bytes + chunk->used;
    chunk->used += rounded;
    permit(block, size);
    memset(block, 0, size);
    return block;
}

char *arena_copy_text(struct arena *arena, const char *text, size_t size)
{
    if (size == SIZE_MAX)
        return NULL;
    char *copy = arena_alloc(arena, size + 1);
    if (copy && size)
        memcpy(copy, text, size);
    return copy;
}
