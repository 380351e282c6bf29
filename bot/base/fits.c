/* SPDX-License-Identifier: MIT */
/* fits.c: a text against a mask. */
#include "base/fits.h"

#include <stdint.h>

#include "base/ascii.h"

/* One star is gone back to, the last: linear in practice, and never more than both lengths'
 * product. */
bool fits(struct str s, struct str mask)
{
    size_t p = 0, n = 0, star = SIZE_MAX, resume = 0;
    while (n < s.len) {
        if (p < mask.len && mask.ptr[p] == '*') {
            star = p++;
            resume = n;
        } else if (p < mask.len &&
                   (mask.ptr[p] == '?' || ascii_lower(mask.ptr[p]) == ascii_lower(s.ptr[n]))) {
            p++;
            n++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            n = ++resume;
        } else {
            return false;
        }
    }
    while (p < mask.len && mask.ptr[p] == '*')
        p++;
    return p == mask.len;
}
