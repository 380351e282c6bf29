/* SPDX-License-Identifier: MIT */
/* ascii.h: the classes of ASCII bytes, whatever the locale; a byte from 0x80 on is in none. */
#ifndef BASE_ASCII_H
#define BASE_ASCII_H

#include <stdbool.h>

static inline bool ascii_is_digit(int c)
{
    return c >= '0' && c <= '9';
}
static inline bool ascii_is_small(int c)
{
    return c >= 'a' && c <= 'z';
}
static inline bool ascii_is_capital(int c)
{
    return c >= 'A' && c <= 'Z';
}
static inline bool ascii_is_letter(int c)
{
    return ascii_is_small(c) || ascii_is_capital(c);
}
static inline bool ascii_is_word(int c) /* a letter or a digit */
{
    return ascii_is_letter(c) || ascii_is_digit(c);
}
static inline char ascii_lower(char c)
{
    return ascii_is_capital(c) ? (char)(c - 'A' + 'a') : c;
}

#endif
