/* SPDX-License-Identifier: MIT */
/* random.h: numbers for jitter and spreading; seeded, so that a scenario plays the same twice.  Not
 * for secrets: those come from libsodium's randombytes_buf. */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stdint.h>

struct random {
    uint64_t state;
};
void random_seed(struct random *random, uint64_t seed);
void random_seed_from_system(struct random *random);
uint64_t random_next(struct random *random);
uint64_t random_below(struct random *random, uint64_t bound); /* 0 .. bound - 1; bound 0 gives 0 */

#endif
