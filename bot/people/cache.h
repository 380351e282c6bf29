/* SPDX-License-Identifier: MIT */
/* cache.h: who spoke lately, so that a quiet message costs one look into a map. */
#ifndef PEOPLE_CACHE_H
#define PEOPLE_CACHE_H

#include <stdint.h>

#include "base/map.h"

enum { PEOPLE_CACHE_LIMIT = 4096, PEOPLE_CACHE_KEY_BYTES = 512 };

/* One identity on one network.  member 0: known to be nobody's. */
struct people_cache_entry {
    char *key;
    size_t key_len;
    uint64_t member;
    uint64_t noted; /* fingerprint of address and display as stored; 0: not compared yet */
    uint64_t group; /* last noted; 0: not known */
    bool used;      /* since the hand last passed */
};
struct people_cache {
    struct map map; /* -> index + 1 */
    struct people_cache_entry *entries;
    size_t count, capacity, hand;
};
/* False: longer than any identity is. */
bool people_cache_key(struct str network, struct str identity, char out[PEOPLE_CACHE_KEY_BYTES],
                      struct str *ret_key);
struct people_cache_entry *people_cache_get(struct people_cache *cache,
                                            struct str key); /* until the next put or clear */
/* Keeps what it can: when memory is short nothing is remembered, and NULL comes back. */
struct people_cache_entry *people_cache_put(struct people_cache *cache, struct str key,
                                            uint64_t member);
/* All identities of a member are compared with the store again when they next speak. */
void people_cache_compare_again(struct people_cache *cache, uint64_t member);
void people_cache_clear(struct people_cache *cache);

#endif
