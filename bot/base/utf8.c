/* SPDX-License-Identifier: MIT */
/* utf8.c: UTF-8 decoding, encoding and repair. */
#include "base/utf8.h"

enum { REPLACEMENT = 0xFFFD };

/* Length that the lead byte announces, 0 when no character starts with it. */
static size_t announced(unsigned char lead)
{
    if (lead < 0x80)
        return 1;
    if (lead < 0xC2 || lead > 0xF4)
        return 0;
    return lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

/* The length of the well-formed character at `at`, 0 when there is none. */
static size_t decode(struct str s, size_t at, uint32_t *ret_code_point)
{
    static const uint32_t lowest[] = {0, 0, 0x80, 0x800, 0x10000};
    static const unsigned char lead_mask[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    unsigned char lead = (unsigned char)s.ptr[at];
    size_t length = announced(lead);
    if (length == 0 || length > s.len - at)
        return 0;
    uint32_t value = lead & lead_mask[length];
    for (size_t i = 1; i < length; i++) {
        unsigned char byte = (unsigned char)s.ptr[at + i];
        if ((byte & 0xC0) != 0x80)
            return 0;
        value = value << 6 | (byte & 0x3F);
    }
    if (value < lowest[length] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
        return 0;
    *ret_code_point = value;
    return length;
}

uint32_t utf8_next(struct str s, size_t *at)
{
    uint32_t value = REPLACEMENT;
    size_t length = decode(s, *at, &value);
    *at += length ? length : 1;
    return value;
}

void utf8_add(struct buf *buf, uint32_t c)
{
    if (c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
        c = REPLACEMENT;
    char bytes[4];
    size_t length = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = length; i-- > 1; c >>= 6)
        bytes[i] = (char)(0x80 | (c & 0x3F));
    bytes[0] = (char)(lead[length] | c);
    buf_add(buf, (struct str){bytes, length});
}

/* Eight bytes at once: most of what is said. */
static bool is_ascii_word(struct str s, size_t at)
{
    uint64_t word;
    if (s.len - at < sizeof word)
        return false;
    memcpy(&word, s.ptr + at, sizeof word);
    return (word & UINT64_C(0x8080808080808080)) == 0;
}

bool utf8_valid(struct str s)
{
    for (size_t at = 0; at < s.len;) {
        if (is_ascii_word(s, at)) {
            at += sizeof(uint64_t);
            continue;
        }
        if ((unsigned char)s.ptr[at] < 0x80) {
            at++;
            continue;
        }
        uint32_t ignored;
        size_t length = decode(s, at, &ignored);
        if (length == 0)
            return false;
        at += length;
    }
    return true;
}

size_t utf8_floor(const char *text, size_t len, size_t at)
{
    if (at >= len)
        return len;
    size_t start = at;
    while (start > 0 && at - start < 3 && ((unsigned char)text[start] & 0xC0) == 0x80)
        start--;
    return start;
}

size_t utf8_whole(struct str s)
{
    if (str_empty(s))
        return 0;
    size_t last = utf8_floor(s.ptr, s.len, s.len - 1);
    return announced((unsigned char)s.ptr[last]) > s.len - last ? last : s.len;
}

void utf8_add_repaired(struct buf *buf, struct str s)
{
    if (utf8_valid(s)) {
        buf_add(buf, s);
        return;
    }
    for (size_t i = 0; i < s.len; i++)
        utf8_add(buf, (unsigned char)s.ptr[i]);
}
