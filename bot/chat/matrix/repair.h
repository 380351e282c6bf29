/* SPDX-License-Identifier: MIT */
/* repair.h: JSON that jansson does not take, as some servers let it pass. */
#ifndef CHAT_MATRIX_REPAIR_H
#define CHAT_MATRIX_REPAIR_H

#include <jansson.h>

#include "base/str.h"

/* Repaired are bytes that are no UTF-8, lone surrogates, NULs in keys (U+FFFD stands there then)
 * and numbers too large (all of its numbers are reals then).  What stands behind it is not looked
 * at. New; NULL: no JSON, or no memory. */
json_t *matrix_repair_json(struct str bytes) MUST_CHECK;

#endif
