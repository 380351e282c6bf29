/* SPDX-License-Identifier: MIT */
/* quick.h: the usual event as JSON, six times as fast as byte by byte. */
#ifndef CHAT_MATRIX_QUICK_H
#define CHAT_MATRIX_QUICK_H

#include <jansson.h>

#include "base/str.h"

/* What json_loadb would give; NULL: no plain object (an escape, a fraction, a large number, deep
 * brackets, a mistake, no memory), which is for json_loadb to judge. */
json_t *matrix_quick_parse(struct str bytes) MUST_CHECK;

#endif
