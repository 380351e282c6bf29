/* SPDX-License-Identifier: MIT */
/* map.c: an open-addressing hash map with copied keys. */
#include "base/map.h"

#include <errno.h>

#include <sodium.h>

struct map_slot {
    char *key; /* NULL: free; TOMB: was used */
    size_t key_len;
    uint64_t hash;
    void *value;
};

static char tomb_mark;
#define TOMB (&tomb_mark)

static bool used(const struct map_slot *slot)
{
    return slot->key && slot->key != TOMB;
}

static uint64_t hash_of(const struct map *map, struct str key)
{
    uint64_t hash;
    crypto_shorthash((unsigned char *)&hash, (const unsigned char *)(key.ptr ? key.ptr : ""),
                     key.len, map->key);
    return hash;
}

static struct map_slot *find(const struct map *map, struct str key, uint64_t hash)
{
    if (!map->capacity)
        return NULL;
    size_t mask = map->capacity - 1;
    for (size_t i = (size_t)hash & mask;; i = (i + 1) & mask) {
        struct map_slot *slot = &map->slots[i];
        if (!slot->key)
            return NULL;
        if (used(slot) && slot->hash == hash && str_eq((struct str){slot->key, slot->key_len}, key))
            return slot;
    }
}

static void insert_slot(struct map_slot *slots, size_t capacity, struct map_slot entry)
{
    size_t i = (size_t)entry.hash & (capacity - 1);
    while (used(&slots[i]))
        i = (i + 1) & (capacity - 1);
    slots[i] = entry;
}

static int make_room(struct map *map)
{
    if (map->capacity && (map->count + map->tombs + 1) * 4 <= map->capacity * 3)
        return 0;
    if (!map->capacity)
        randombytes_buf(map->key, sizeof map->key);
    size_t capacity = map->capacity ? map->capacity : 8;
    while ((map->count + 1) * 2 > capacity)
        capacity *= 2;
    struct map_slot *slots = mem_zalloc_array(capacity, sizeof *slots);
    if (!slots)
        return -ENOMEM;
    for (size_t i = 0; i < map->capacity; i++)
        if (used(&map->slots[i]))
            insert_slot(slots, capacity, map->slots[i]);
    mem_free(map->slots);
    map->slots = slots;
    map->capacity = capacity;
    map->tombs = 0;
    return 0;
}

int map_put(struct map *map, struct str key, void *value)
{
    int r = make_room(map);
    if (r < 0)
        return r;
    uint64_t hash = hash_of(map, key);
    struct map_slot *slot = find(map, key, hash);
    if (slot) {
        slot->value = value;
        return 0;
    }
    char *copy = str_copy(key);
    if (!copy)
        return -ENOMEM;
    insert_slot(map->slots, map->capacity,
                (struct map_slot){.key = copy, .key_len = key.len, .hash = hash, .value = value});
    map->count++;
    return 0;
}

void *map_get(const struct map *map, struct str key)
{
    struct map_slot *slot = map->count ? find(map, key, hash_of(map, key)) : NULL;
    return slot ? slot->value : NULL;
}

void *map_remove(struct map *map, struct str key)
{
    struct map_slot *slot = map->count ? find(map, key, hash_of(map, key)) : NULL;
    if (!slot)
        return NULL;
    void *value = slot->value;
    mem_free(slot->key);
    *slot = (struct map_slot){.key = TOMB};
    map->count--;
    map->tombs++;
    return value;
}

void map_done(struct map *map)
{
    for (size_t i = 0; i < map->capacity; i++)
        if (used(&map->slots[i]))
            mem_free(map->slots[i].key);
    mem_free(map->slots);
    *map = (struct map){0};
}

static struct str id_key(const uint64_t *id)
{
    return (struct str){(const char *)id, sizeof *id};
}

int map_put_id(struct map *map, uint64_t id, void *value)
{
    return map_put(map, id_key(&id), value);
}

void *map_get_id(const struct map *map, uint64_t id)
{
    return map_get(map, id_key(&id));
}

void *map_remove_id(struct map *map, uint64_t id)
{
    return map_remove(map, id_key(&id));
}

bool map_next(const struct map *map, size_t *cursor, struct str *ret_key, void **ret_value)
{
    while (*cursor < map->capacity) {
        const struct map_slot *slot = &map->slots[(*cursor)++];
        if (!used(slot))
            continue;
        if (ret_key)
            *ret_key = (struct str){slot->key, slot->key_len};
        *ret_value = slot->value;
        return true;
    }
    return false;
}
