/* SPDX-License-Identifier: MIT */
/* error.h: an error for the person who reads it: what happened, where, and what to do. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include "base/attr.h"

enum { ERROR_TEXT_BYTES = 640 };

/* Lives on the caller's stack; empty (code 0) until set.  No secret and no member's text ever goes
 * in. */
struct error {
    int code; /* negative errno */
    char text[ERROR_TEXT_BYTES];
};

/* Sets code and text (cut at the ceiling, on a character) and returns the code.  `error` may be
 * NULL. */
int error_set(struct error *error, int code, const char *format, ...) PRINTF_LIKE(3, 4);

/* Puts "context: " before the text that is there.  Returns the code. */
int error_prefix(struct error *error, const char *format, ...) PRINTF_LIKE(2, 3);

/* Where memory was short since `shortages` (mem_shortages) and nobody dealt with it, that is the
 * cause, whatever was seen of it: the text says so, and the code is -ENOMEM.  Else `code` stays. */
int error_blame_memory(struct error *error, unsigned long shortages, int code);

#endif
