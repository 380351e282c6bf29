/* SPDX-License-Identifier: MIT */
/* fold.h: any bytes to the plain letters that they look like. */
#ifndef SAFETY_FOLD_H
#define SAFETY_FOLD_H

#include <stdint.h>

#include "base/str.h"

/* Emoji that carry meaning become one byte each, which no other text folds to. */
enum { FOLD_LAUGH = 1, FOLD_MEANS = 2, FOLD_SAD = 3 };

/* False for plain ASCII text, which needs no folding. */
bool safety_fold_needed(struct str text);
/* Folds text into out, which holds text.len bytes (it never grows); returns the length.  Marks, accents and invisible
 * characters go; look-alikes and styled letters become a-z; what is none of these becomes a sign that ends a word. */
size_t safety_fold(struct str text, char *out);

/* fold_table.c: the ASCII byte that a code point looks like; 0: none. */
unsigned char safety_fold_look(uint32_t code_point);

#endif
