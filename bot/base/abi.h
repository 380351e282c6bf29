/* SPDX-License-Identifier: MIT */
/* abi.h: the plugin interface's text type and ours are the same two words; these name the
 * crossing. */
#ifndef BASE_ABI_H
#define BASE_ABI_H

#include "base/str.h"
#include "mooring.h"

static inline struct mooring_str abi_lend(struct str s)
{
    return (struct mooring_str){s.ptr, s.len};
}
static inline struct str abi_take(struct mooring_str s)
{
    return (struct str){s.ptr, s.len};
}

#endif
