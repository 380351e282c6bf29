/* SPDX-License-Identifier: MIT */
/* near.c: optimal string alignment distance (edits and swaps of neighbours). */
#include "base/near.h"

#include "base/ascii.h"

enum { LONGEST = 64 };

size_t near_distance(struct str a, struct str b)
{
    if (a.len > LONGEST || b.len > LONGEST)
        return LONGEST;
    size_t rows[3][LONGEST + 1]; /* the row before last, the last, this one */
    for (size_t j = 0; j <= b.len; j++)
        rows[1][j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        rows[2][0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            char x = ascii_lower(a.ptr[i - 1]), y = ascii_lower(b.ptr[j - 1]);
            size_t best = rows[1][j - 1] + (x != y);
            best = MIN_OF(best, MIN_OF(rows[1][j], rows[2][j - 1]) + 1);
            if (i > 1 && j > 1 && x == ascii_lower(b.ptr[j - 2]) && y == ascii_lower(a.ptr[i - 2]))
                best = MIN_OF(best, rows[0][j - 2] + 1);
            rows[2][j] = best;
        }
        memcpy(rows[0], rows[1], sizeof rows[0]);
        memcpy(rows[1], rows[2], sizeof rows[1]);
    }
    return rows[1][b.len];
}

void near_offer(struct near *near, struct str candidate)
{
    size_t distance = near_distance(near->wanted, candidate);
    if (near->best.ptr && distance >= near->distance)
        return;
    near->best = candidate;
    near->distance = distance;
}

bool near_found(const struct near *near, struct str *ret_best)
{
    size_t length = MIN_OF(near->wanted.len, near->best.len);
    size_t allowed = length < 2 ? 0
                                : MAX_OF((size_t)1, MAX_OF(near->wanted.len, near->best.len) / 3);
    if (!near->best.ptr || near->distance > allowed)
        return false;
    *ret_best = near->best;
    return true;
}
