/* SPDX-License-Identifier: MIT */
/* entity.c: numbers of any kind, and the few names that people use. */
#include "text/entity.h"

#include "base/ascii.h"
#include "base/utf8.h"

static const struct {
    const char *name, *text;
} known[] = {
    {"&amp;", "&"},
    {"&lt;", "<"},
    {"&gt;", ">"},
    {"&quot;", "\""},
    {"&apos;", "'"},
    {"&nbsp;", "\xC2\xA0"},
    {"&hellip;", "\xE2\x80\xA6"},
    {"&ndash;", "\xE2\x80\x93"},
    {"&mdash;", "\xE2\x80\x94"},
};

static int digit_of(char c)
{
    if (ascii_is_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* "&#...;" */
static bool number_of(struct str entity, uint32_t *ret_code_point)
{
    if (entity.len < 4 || entity.ptr[1] != '#' || entity.ptr[entity.len - 1] != ';')
        return false;
    bool hex = entity.ptr[2] == 'x' || entity.ptr[2] == 'X';
    struct str digits = str_upto(str_from(entity, hex ? 3 : 2), entity.len - 1 - (hex ? 3 : 2));
    uint32_t value = 0;
    for (size_t i = 0; i < digits.len; i++) {
        int digit = digit_of(digits.ptr[i]);
        if (digit < 0 || (!hex && digit > 9))
            return false;
        value = value > 0x10FFFF ? value : value * (hex ? 16 : 10) + (uint32_t)digit;
    }
    *ret_code_point = value ? value : 0xFFFD;
    return !str_empty(digits);
}

void entity_add(struct buf *out, struct str entity)
{
    uint32_t code_point;
    if (number_of(entity, &code_point)) {
        utf8_add(out, code_point);
        return;
    }
    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (str_eq_c(entity, known[i].name)) {
            buf_add_c(out, known[i].text);
            return;
        }
    buf_add(out, entity);
}
