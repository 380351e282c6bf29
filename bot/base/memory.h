/* SPDX-License-Identifier: MIT */
/* memory.h: the one place that allocates, and an arena that lives as long as a turn. */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

/* NULL when memory is short or count * size overflows.  All are freed by mem_free. */
void *mem_alloc(size_t size) MUST_CHECK;
void *mem_zalloc(size_t size) MUST_CHECK;
void *mem_zalloc_array(size_t count, size_t size) MUST_CHECK;
/* the old block stays on failure */
void *mem_resize(void *old, size_t count, size_t size) MUST_CHECK;
char *mem_copy_text(const char *text, size_t size) MUST_CHECK; /* size bytes and a NUL */
void mem_free(void *block);                                    /* NULL is fine */
void mem_wipe(void *block, size_t size);                       /* never optimised away */

/* How often memory was short in this thread, and nobody has dealt with it yet.  Not every caller
 * can pass -ENOMEM on: a predicate says "no", a name becomes "someone".  So whoever can undo and
 * try again (a turn, a message that is rendered, the start) notes the count before, and asks after:
 * then out of memory is never taken for an answer.  Libraries that tell by a code of their own are
 * counted by whoever reads the code. */
unsigned long mem_shortages(void);
void mem_note_shortage(void);
/* True when there were some since; they are dealt with now, and no outer scope sees them. */
bool mem_dealt_with(unsigned long before);

/* Between the two, which nest, this thread gets from a small reserve what the system does not give:
 * for the floor, and for libraries that do not survive without.  The shortage is counted all the
 * same. */
void mem_reserve_begin(void);
void mem_reserve_end(void);
bool mem_on_reserve(void);

/* For CLEANUP(mem_cleanup) on any pointer that mem_* gave. */
static inline void mem_cleanup(void *pointer_to_block)
{
    mem_free(*(void **)pointer_to_block);
}
#define AUTO_FREE CLEANUP(mem_cleanup)

/* Grows `*items` so that one more fits: amortised doubling, at most `limit` items.  -ENOMEM,
 * -E2BIG. */
int mem_grow(void *items, size_t *capacity, size_t count, size_t item_size,
             size_t limit) MUST_CHECK;

/* Many small blocks, freed at once.  arena_reset keeps the first chunk, so that a quiet turn never
 * allocates. */
struct arena_chunk;
struct arena {
    struct arena_chunk *first;
    struct arena_chunk *current;
    size_t used_bytes;  /* of all chunks */
    size_t limit_bytes; /* ceiling; 0: none */
};
void arena_init(struct arena *arena, size_t limit_bytes);
void arena_reset(struct arena *arena);
void arena_done(struct arena *arena);
/* zeroed, aligned for anything; NULL at the ceiling */
void *arena_alloc(struct arena *arena, size_t size) MUST_CHECK;
/* with a NUL */
char *arena_copy_text(struct arena *arena, const char *text, size_t size) MUST_CHECK;

#endif
