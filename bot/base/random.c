/* SPDX-License-Identifier: MIT */
/* random.c: splitmix64 (public domain, Sebastiano Vigna), enough for jitter. */
#include "base/random.h"

#include <sodium.h>

void random_seed(struct random *random, uint64_t seed)
{
    random->state = seed;
}

void random_seed_from_system(struct random *random)
{
    randombytes_buf(&random->state, sizeof random->state);
}

uint64_t random_next(struct random *random)
{
    uint64_t z = random->state += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

uint64_t random_below(struct random *random, uint64_t bound)
{
    return bound ? (uint64_t)(((unsigned __int128)random_next(random) * bound) >> 64) : 0;
}
