/* SPDX-License-Identifier: MIT */
/* internal.h: what the files of this folder share. */
#ifndef PEOPLE_INTERNAL_H
#define PEOPLE_INTERNAL_H

#include <unicode/ucasemap.h>

#include "people/cache.h"
#include "people/people.h"

struct people {
    struct store *store;
    struct groups *groups;
    struct people_cache cache;
    uint64_t generation; /* of the store's people, when the cache was last right */
    UCaseMap *fold;
    uint64_t speaking_member; /* people_speaks; 0: nobody just now */
    char speaking_network[64], speaking_identity[512];
    uint64_t power_member, power_group; /* people_speaks_with_power */
};

#endif
