/* SPDX-License-Identifier: MIT */
/* utf8.h: UTF-8 (RFC 3629), checked at the border. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdint.h>

#include "base/str.h"

/* Decodes one code point at `*at` (< s.len) and moves `*at` on; ill-formed bytes give U+FFFD and
 * move on by one. */
uint32_t utf8_next(struct str s, size_t *at);
/* Appends the encoding of `code_point` (U+FFFD for what is not a scalar value). */
void utf8_add(struct buf *buf, uint32_t code_point);
bool utf8_valid(struct str s);
/* The largest offset <= `at` that does not stand inside a character of text[0..len). */
size_t utf8_floor(const char *text, size_t len, size_t at);
/* The length of s without a last character that is cut off. */
size_t utf8_whole(struct str s);
/* Appends s; when it is not UTF-8 it is taken as Latin-1 (what old IRC clients send). */
void utf8_add_repaired(struct buf *buf, struct str s);

#endif
