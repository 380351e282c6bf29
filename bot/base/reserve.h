/* SPDX-License-Identifier: MIT */
/* reserve.h: a little memory that is there when the system has none; memory.c lends it out between
 * mem_reserve_begin and mem_reserve_end. */
#ifndef BASE_RESERVE_H
#define BASE_RESERVE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

enum { RESERVE_BYTES = 256 * 1024 };

/* Zeroed; NULL when nothing of that size is left, or for nothing.  From any thread. */
void *reserve_lend(size_t size) MUST_CHECK;
bool reserve_owns(const void *block);
size_t reserve_size(const void *block); /* as it was asked for */
void reserve_return(void *block);
size_t reserve_lent(void); /* bytes that are out now */

#endif
