/* SPDX-License-Identifier: MIT */
/* reserve.c: a stack of blocks in static memory.  Its room comes back when all of them were given
 * back: a reserve is for moments. */
#include "base/reserve.h"

#include <pthread.h>
#include <stdalign.h>
#include <stdint.h>
#include <string.h>

struct block {
    alignas(max_align_t) size_t size;
};

static struct {
    pthread_mutex_t lock;
    size_t used, lent, blocks;
    alignas(max_align_t) unsigned char bytes[RESERVE_BYTES];
} reserve = {.lock = PTHREAD_MUTEX_INITIALIZER};

bool reserve_owns(const void *block)
{
    uintptr_t at = (uintptr_t)block, from = (uintptr_t)reserve.bytes;
    return at >= from && at < from + RESERVE_BYTES;
}

static size_t rounded(size_t size)
{
    const size_t align = alignof(max_align_t);
    return (size + align - 1) / align * align + sizeof(struct block);
}

void *reserve_lend(size_t size)
{
    struct block *block = NULL;
    pthread_mutex_lock(&reserve.lock);
    if (size < RESERVE_BYTES && rounded(size) <= RESERVE_BYTES - reserve.used) {
        block = (void *)(reserve.bytes + reserve.used);
        memset(block, 0, rounded(size));
        block->size = size;
        reserve.used += rounded(size);
        reserve.lent += size;
        reserve.blocks++;
    }
    pthread_mutex_unlock(&reserve.lock);
    return block ? block + 1 : NULL;
}

size_t reserve_size(const void *block)
{
    return ((const struct block *)block - 1)->size;
}

/* The newest block makes room at once, which is what growing buffers need. */
void reserve_return(void *given)
{
    struct block *block = (struct block *)given - 1;
    pthread_mutex_lock(&reserve.lock);
    size_t at = (size_t)((unsigned char *)block - reserve.bytes);
    reserve.lent -= block->size;
    reserve.blocks--;
    if (reserve.blocks == 0)
        reserve.used = 0;
    else if (at + rounded(block->size) == reserve.used)
        reserve.used = at;
    pthread_mutex_unlock(&reserve.lock);
}

size_t reserve_lent(void)
{
    pthread_mutex_lock(&reserve.lock);
    size_t lent = reserve.lent;
    pthread_mutex_unlock(&reserve.lock);
    return lent;
}
