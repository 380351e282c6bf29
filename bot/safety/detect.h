/* SPDX-License-Identifier: MIT */
/* detect.h: `mooring detect`: JSON lines in, verdicts out, one line each, in order, whatever the text holds. */
#ifndef SAFETY_DETECT_H
#define SAFETY_DETECT_H

#include <stdio.h>

#include "base/attr.h"

enum { DETECT_LINE_BYTES_MAX = 64 * 1024 * 1024 };

/* Reads {"id": ..., "text": "..."} or {"id": ..., "turns": [...]} (a turn is a text, or an object with "text" and perhaps
 * "role" or "from": those of a "bot", "assistant" or "system" only tell what a "yes" answers) and prints
 * {"id": ..., "kind": ..., "tier": ..., "who": ..., "rules": [...]}, flushed after each.  A line that cannot be read gives
 * the same with kind "none" and an "error"; it never stops the stream.  Empty lines give nothing.
 * 0 at the end of input; -ENOMEM; -EIO when `in` or `out` fails. */
int detect_stream(FILE *in, FILE *out) MUST_CHECK;

#endif
