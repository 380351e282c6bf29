/* SPDX-License-Identifier: MIT */
/* map.h: text -> pointer and number -> pointer, open addressing; keys are copied. */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stdint.h>

#include "base/str.h"

/* All zeros is an empty map.  Values are borrowed.  Hashing is keyed per map (SipHash): a peer
 * cannot make it slow. */
struct map_slot;
struct map {
    struct map_slot *slots;
    size_t capacity, count, tombs;
    unsigned char key[16];
};
void map_done(struct map *map);
/* replaces; -ENOMEM; value not NULL */
int map_put(struct map *map, struct str key, void *value) MUST_CHECK;
void *map_get(const struct map *map, struct str key); /* NULL: not there */
void *map_remove(struct map *map, struct str key);    /* what was there, or NULL */
int map_put_id(struct map *map, uint64_t id, void *value) MUST_CHECK;
void *map_get_id(const struct map *map, uint64_t id);
void *map_remove_id(struct map *map, uint64_t id);
/* Walks in no order: *cursor starts at 0.  Removing the entry just given is legal. */
bool map_next(const struct map *map, size_t *cursor, struct str *ret_key, void **ret_value);

#endif
