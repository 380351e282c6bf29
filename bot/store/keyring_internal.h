/* SPDX-License-Identifier: MIT */
/* keyring_internal.h: what a keyring holds in memory, for the files that are the keyring. */
#ifndef STORE_KEYRING_INTERNAL_H
#define STORE_KEYRING_INTERNAL_H

#include "base/map.h"
#include "base/memory.h"
#include "store/keyring_file.h"

enum { OPENED_KEYS = 64 }; /* unwrapped at once: those of the people who talk just now */

struct opened_key {
    uint64_t member; /* 0: none */
    uint64_t used;
    struct keyring_key key;
};

/* What must not reach a swap or a core: one locked block. */
struct secrets {
    unsigned char master[KEYRING_KEY_BYTES];
    struct keyring_key house;
    unsigned char uses[KEYRING_USE_COUNT][KEYRING_KEY_BYTES];
    struct opened_key opened[OPENED_KEYS];
};

struct keyring {
    struct keyring_file file;
    int folder_fd; /* borrowed; -1 in memory */
    unsigned char database_id[KEYRING_DATABASE_ID_BYTES];
    struct secrets *secrets;
    struct slot *slots;
    size_t slot_count, slot_capacity;
    size_t used_count, free_from;  /* no free slot stands before free_from */
    struct map by_hash, by_member; /* -> index + 1 of a slot */
    uint32_t sequence;
    uint64_t generation, tick;
    bool is_fixed; /* in memory without a key: the same ids on every run */
    int injected;
};

#endif
