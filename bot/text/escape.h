/* SPDX-License-Identifier: MIT */
/* escape.h: characters that may be shown. */
#ifndef TEXT_ESCAPE_H
#define TEXT_ESCAPE_H

#include "base/utf8.h"

/* Control characters other than LF and tab would be commands to a terminal or an IRC client: they
 * become U+FFFD. */
static inline uint32_t text_escape_shown(uint32_t c)
{
    bool control = c < 0x20 || (c >= 0x7f && c < 0xa0);
    return control && c != '\n' && c != '\t' ? 0xFFFD : c;
}

#endif
