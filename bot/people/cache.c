/* SPDX-License-Identifier: MIT */
/* cache.c: who spoke lately; when full, the hand of a clock passes over those who spoke since its
 * last round. */
#include "people/cache.h"

bool people_cache_key(struct str network, struct str identity, char out[PEOPLE_CACHE_KEY_BYTES],
                      struct str *ret_key)
{
    if (network.len + 1 + identity.len > PEOPLE_CACHE_KEY_BYTES)
        return false;
    if (network.len)
        memcpy(out, network.ptr, network.len);
    out[network.len] = '\0';
    if (identity.len)
        memcpy(out + network.len + 1, identity.ptr, identity.len);
    *ret_key = (struct str){out, network.len + 1 + identity.len};
    return true;
}

struct people_cache_entry *people_cache_get(struct people_cache *cache, struct str key)
{
    void *value = map_get(&cache->map, key);
    if (!value)
        return NULL;
    struct people_cache_entry *entry = &cache->entries[(uintptr_t)value - 1];
    entry->used = true;
    return entry;
}

/* The place for one more: a new one, or that of somebody who was silent for a round. */
static struct people_cache_entry *make_place(struct people_cache *cache)
{
    if (cache->count < PEOPLE_CACHE_LIMIT) {
        if (mem_grow(&cache->entries, &cache->capacity, cache->count, sizeof *cache->entries,
                     PEOPLE_CACHE_LIMIT) < 0)
            return NULL;
        struct people_cache_entry *fresh = &cache->entries[cache->count];
        *fresh = (struct people_cache_entry){0};
        return fresh;
    }
    for (;;) {
        struct people_cache_entry *entry = &cache->entries[cache->hand];
        cache->hand = (cache->hand + 1) % PEOPLE_CACHE_LIMIT;
        if (!entry->used)
            return entry;
        entry->used = false;
    }
}

static void drop(struct people_cache *cache, struct people_cache_entry *entry)
{
    if (!entry->key)
        return;
    (void)map_remove(&cache->map, (struct str){entry->key, entry->key_len});
    mem_wipe(entry->key, entry->key_len);
    mem_free(entry->key);
    *entry = (struct people_cache_entry){0};
}

struct people_cache_entry *people_cache_put(struct people_cache *cache, struct str key,
                                            uint64_t member)
{
    struct people_cache_entry *entry = people_cache_get(cache, key);
    if (entry) {
        *entry = (struct people_cache_entry){
            .key = entry->key, .key_len = entry->key_len, .member = member, .used = true};
        return entry;
    }
    entry = make_place(cache);
    if (!entry)
        return NULL;
    drop(cache, entry);
    char *copy = mem_copy_text(key.ptr, key.len);
    size_t index = (size_t)(entry - cache->entries);
    if (!copy || map_put(&cache->map, key, (void *)(uintptr_t)(index + 1)) < 0) {
        mem_free(copy);
        return NULL;
    }
    *entry = (struct people_cache_entry){
        .key = copy, .key_len = key.len, .member = member, .used = true};
    if (index == cache->count)
        cache->count++;
    return entry;
}

void people_cache_compare_again(struct people_cache *cache, uint64_t member)
{
    for (size_t i = 0; i < cache->count; i++)
        if (cache->entries[i].member == member)
            cache->entries[i].noted = 0;
}

void people_cache_clear(struct people_cache *cache)
{
    for (size_t i = 0; i < cache->count; i++) {
        mem_wipe(cache->entries[i].key, cache->entries[i].key_len);
        mem_free(cache->entries[i].key);
    }
    mem_free(cache->entries);
    map_done(&cache->map);
    *cache = (struct people_cache){0};
}
