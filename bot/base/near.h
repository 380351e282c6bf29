/* SPDX-License-Identifier: MIT */
/* near.h: the nearest name, for "Did you mean ...?". */
#ifndef BASE_NEAR_H
#define BASE_NEAR_H

#include "base/str.h"

/* Edits (insert, delete, replace, swap of neighbours) between two names, ASCII case ignored; names
 * over 64 bytes: 64. */
size_t near_distance(struct str a, struct str b);

/* Keeps the best of many candidates: start with {.wanted = ...}, offer each, then ask. */
struct near {
    struct str wanted;
    struct str best; /* borrowed from the candidates */
    size_t distance; /* of best; 0 with an empty best: none yet */
};
void near_offer(struct near *near, struct str candidate);
/* True with a name worth offering: at most a third of the letters differ (one letter in names of 2
 * or 3). */
bool near_found(const struct near *near, struct str *ret_best);

#endif
