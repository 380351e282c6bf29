/* SPDX-License-Identifier: MIT */
/* reserve.c: blocks side by side in static memory, the first that fits is lent; what lies free side
 * by side becomes one again when somebody looks for room. */
#include "base/reserve.h"

#include <pthread.h>
#include <stdalign.h>
#include <stdint.h>
#include <string.h>

struct block {
    alignas(max_align_t) size_t room; /* with this header: where the next one begins */
    size_t asked;                     /* for by whoever has it; 0: free */
};

static struct {
    pthread_mutex_t lock;
    size_t lent;
    bool begun;
    alignas(max_align_t) unsigned char bytes[RESERVE_BYTES];
} reserve = {.lock = PTHREAD_MUTEX_INITIALIZER};

bool reserve_owns(const void *block)
{
    uintptr_t at = (uintptr_t)block, from = (uintptr_t)reserve.bytes;
    return at >= from && at < from + RESERVE_BYTES;
}

static struct block *block_at(size_t at)
{
    return (void *)(reserve.bytes + at);
}

static size_t room_for(size_t size)
{
    const size_t align = alignof(max_align_t);
    return (size + align - 1) / align * align + sizeof(struct block);
}

/* Free blocks behind this one join it. */
static void join(struct block *block, size_t at)
{
    while (at + block->room < RESERVE_BYTES && block_at(at + block->room)->asked == 0)
        block->room += block_at(at + block->room)->room;
}

/* Takes what is needed off a free block; the rest stays a block, when it is one. */
static void take(struct block *block, size_t at, size_t room, size_t size)
{
    if (block->room - room >= sizeof(struct block)) {
        *block_at(at + room) = (struct block){.room = block->room - room};
        block->room = room;
    }
    block->asked = size;
    memset(block + 1, 0, block->room - sizeof *block);
    reserve.lent += size;
}

static void *lend(size_t size)
{
    size_t room = room_for(size);
    if (!reserve.begun)
        *block_at(0) = (struct block){.room = RESERVE_BYTES};
    reserve.begun = true;
    for (size_t at = 0; at < RESERVE_BYTES; at += block_at(at)->room) {
        struct block *block = block_at(at);
        if (block->asked)
            continue;
        join(block, at);
        if (block->room < room)
            continue;
        take(block, at, room, size);
        return block + 1;
    }
    return NULL;
}

void *reserve_lend(size_t size)
{
    if (size == 0 || size >= RESERVE_BYTES)
        return NULL;
    pthread_mutex_lock(&reserve.lock);
    void *block = lend(size);
    pthread_mutex_unlock(&reserve.lock);
    return block;
}

size_t reserve_size(const void *block)
{
    return ((const struct block *)block - 1)->asked;
}

void reserve_return(void *given)
{
    struct block *block = (struct block *)given - 1;
    pthread_mutex_lock(&reserve.lock);
    reserve.lent -= block->asked;
    block->asked = 0;
    pthread_mutex_unlock(&reserve.lock);
}

size_t reserve_lent(void)
{
    pthread_mutex_lock(&reserve.lock);
    size_t lent = reserve.lent;
    pthread_mutex_unlock(&reserve.lock);
    return lent;
}
