/* SPDX-License-Identifier: MIT */
/* casemap.c: bytes for the old mappings, ICU for the Unicode one. */
#include "chat/irc/casemap.h"

#include <errno.h>

#include <unicode/unorm2.h>
#include <unicode/ustring.h>

#include "base/ascii.h"

enum { FOLD_UNITS = 1024 }; /* UTF-16; names are far below, longer ones are folded as ASCII */

int irc_casemap_from(struct str name)
{
    static const struct {
        const char *name;
        enum irc_casemap map;
    } names[] = {{"rfc1459", IRC_CASEMAP_RFC1459},
                 {"rfc1459-strict", IRC_CASEMAP_RFC1459_STRICT},
                 {"strict-rfc1459", IRC_CASEMAP_RFC1459_STRICT},
                 {"ascii", IRC_CASEMAP_ASCII},
                 {"rfc7613", IRC_CASEMAP_RFC7613},
                 {"rfc8265", IRC_CASEMAP_RFC7613},
                 {"precis", IRC_CASEMAP_RFC7613}};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (str_eq_nocase(name, str_of(names[i].name)))
            return (int)names[i].map;
    return -EINVAL;
}

static char lower(enum irc_casemap map, char c)
{
    if (ascii_is_capital(c))
        return ascii_lower(c);
    if (map != IRC_CASEMAP_RFC1459 && map != IRC_CASEMAP_RFC1459_STRICT)
        return c;
    switch (c) {
    case '[':
        return '{';
    case ']':
        return '}';
    case '\\':
        return '|';
    case '^':
        return map == IRC_CASEMAP_RFC1459
                   /* RFC 1459 forgot this pair, and most servers have it */
                   ? '~'
                   : c;
    default:
        return c;
    }
}

/* False: not UTF-8, or longer than any name. */
static bool fold_unicode(struct str name, struct buf *out)
{
    UChar units[FOLD_UNITS], folded[FOLD_UNITS];
    char bytes[FOLD_UNITS * 3];
    UErrorCode status = U_ZERO_ERROR;
    int32_t count = 0, folded_count, byte_count = 0;
    if (name.len > FOLD_UNITS)
        return false;
    const UNormalizer2 *normalizer = unorm2_getNFKCCasefoldInstance(&status);
    u_strFromUTF8(units, FOLD_UNITS, &count, name.ptr, (int32_t)name.len, &status);
    if (U_FAILURE(status))
        return false;
    folded_count = unorm2_normalize(normalizer, units, count, folded, FOLD_UNITS, &status);
    u_strToUTF8(bytes, sizeof(bytes), &byte_count, folded, folded_count, &status);
    if (U_FAILURE(status))
        return false;
    buf_add(out, (struct str){bytes, (size_t)byte_count});
    return true;
}

static bool is_ascii(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] >= 0x80)
            return false;
    return true;
}

int irc_casemap_fold(enum irc_casemap map, struct str name, struct buf *out)
{
    buf_clear(out);
    if (map == IRC_CASEMAP_RFC7613 && !is_ascii(name) && fold_unicode(name, out))
        return out->failed;
    buf_add(out, name);
    for (size_t i = 0; i < out->len; i++)
        out->ptr[i] = lower(map, out->ptr[i]);
    return out->failed;
}

bool irc_casemap_same(enum irc_casemap map, struct str a, struct str b)
{
    if (map == IRC_CASEMAP_RFC7613 && !(is_ascii(a) && is_ascii(b))) {
        AUTO_BUF one = {.limit = FOLD_UNITS * 4};
        AUTO_BUF two = {.limit = FOLD_UNITS * 4};
        return irc_casemap_fold(map, a, &one) == 0 && irc_casemap_fold(map, b, &two) == 0 &&
               str_eq(buf_str(&one), buf_str(&two));
    }
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (lower(map, a.ptr[i]) != lower(map, b.ptr[i]))
            return false;
    return true;
}
