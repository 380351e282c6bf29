/* SPDX-License-Identifier: MIT */
/* str.c: views and builders of text. */
#include "base/str.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>

#include "base/ascii.h"

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

bool str_eq(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool str_eq_c(struct str a, const char *b)
{
    return str_eq(a, str_of(b));
}

bool str_eq_nocase(struct str a, struct str b)
{
    return a.len == b.len && str_starts_nocase(a, b);
}

int str_compare(struct str a, struct str b)
{
    size_t shared = MIN_OF(a.len, b.len);
    int order = shared ? memcmp(a.ptr, b.ptr, shared) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

bool str_starts(struct str s, struct str prefix)
{
    return s.len >= prefix.len && (prefix.len == 0 || memcmp(s.ptr, prefix.ptr, prefix.len) == 0);
}

bool str_starts_nocase(struct str s, struct str prefix)
{
    if (s.len < prefix.len)
        return false;
    for (size_t i = 0; i < prefix.len; i++)
        if (ascii_lower(s.ptr[i]) != ascii_lower(prefix.ptr[i]))
            return false;
    return true;
}

bool str_ends(struct str s, struct str suffix)
{
    return s.len >= suffix.len && str_eq(str_from(s, s.len - suffix.len), suffix);
}

bool str_has_byte(struct str s, char byte)
{
    return s.len && memchr(s.ptr, byte, s.len) != NULL;
}

size_t str_find(struct str s, struct str what, size_t from)
{
    if (from > s.len)
        return SIZE_MAX;
    if (what.len == 0)
        return from;
    const char *hit = s.len ? memmem(s.ptr + from, s.len - from, what.ptr, what.len) : NULL;
    return hit ? (size_t)(hit - s.ptr) : SIZE_MAX;
}

struct str str_trim(struct str s)
{
    while (s.len && is_space(s.ptr[0]))
        s = str_from(s, 1);
    while (s.len && is_space(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

bool str_split(struct str *rest, char separator, struct str *ret_piece)
{
    if (!rest->ptr)
        return false;
    const char *hit = rest->len ? memchr(rest->ptr, separator, rest->len) : NULL;
    if (!hit) {
        *ret_piece = *rest;
        *rest = (struct str){NULL, 0};
        return true;
    }
    size_t at = (size_t)(hit - rest->ptr);
    *ret_piece = str_upto(*rest, at);
    *rest = str_from(*rest, at + 1);
    return true;
}

bool str_word(struct str *rest, struct str *ret_word)
{
    struct str s = str_trim(*rest);
    if (str_empty(s)) {
        *rest = s;
        return false;
    }
    size_t len = 0;
    while (len < s.len && !is_space(s.ptr[len]))
        len++;
    *ret_word = str_upto(s, len);
    *rest = str_trim(str_from(s, len));
    return true;
}

char *str_copy(struct str s)
{
    return mem_copy_text(s.ptr, s.len);
}

struct str str_keep(struct arena *arena, struct str s)
{
    char *copy = arena_copy_text(arena, s.ptr, s.len);
    return copy ? (struct str){copy, s.len} : (struct str){NULL, 0};
}

bool str_to_c(struct str s, char *out, size_t size)
{
    bool fits = s.len < size;
    if (fits && s.len)
        memcpy(out, s.ptr, s.len);
    if (size)
        out[fits ? s.len : 0] = '\0';
    return fits;
}

/* ---- builder --------------------------------------------------------------------------------- */

void buf_init(struct buf *buf, size_t limit)
{
    *buf = (struct buf){.limit = limit};
}

void buf_done(struct buf *buf)
{
    mem_free(buf->ptr);
    *buf = (struct buf){.limit = buf->limit};
}

void buf_wipe(struct buf *buf)
{
    mem_wipe(buf->ptr, buf->capacity);
    buf_done(buf);
}

void buf_clear(struct buf *buf)
{
    buf->len = 0;
    buf->failed = 0;
    if (buf->ptr)
        buf->ptr[0] = '\0';
}

/* Room for `more` bytes and a NUL, or false with the failure noted. */
static bool reserve(struct buf *buf, size_t more)
{
    if (buf->failed)
        return false;
    if (more > buf->limit || buf->len > buf->limit - more) {
        buf->failed = -E2BIG;
        return false;
    }
    size_t needed = buf->len + more + 1;
    if (needed <= buf->capacity)
        return true;
    size_t capacity = MAX_OF(needed, buf->capacity * 2);
    capacity = MIN_OF(MAX_OF(capacity, (size_t)64), buf->limit + 1);
    char *bigger = mem_resize(buf->ptr, capacity, 1);
    if (!bigger) {
        buf->failed = -ENOMEM;
        return false;
    }
    buf->ptr = bigger;
    buf->capacity = capacity;
    return true;
}

void buf_add(struct buf *buf, struct str s)
{
    if (!reserve(buf, s.len))
        return;
    if (s.len)
        memcpy(buf->ptr + buf->len, s.ptr, s.len);
    buf->len += s.len;
    buf->ptr[buf->len] = '\0';
}

void buf_add_c(struct buf *buf, const char *text)
{
    buf_add(buf, str_of(text));
}

void buf_add_byte(struct buf *buf, char byte)
{
    buf_add(buf, (struct str){&byte, 1});
}

void buf_add_format_args(struct buf *buf, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (length < 0)
        buf->failed = buf->failed ? buf->failed : -E2BIG;
    if (length < 0 || !reserve(buf, (size_t)length))
        return;
    vsnprintf(buf->ptr + buf->len, (size_t)length + 1, format, args);
    buf->len += (size_t)length;
}

void buf_add_format(struct buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    buf_add_format_args(buf, format, args);
    va_end(args);
}

void buf_drop(struct buf *buf, size_t count)
{
    count = MIN_OF(count, buf->len);
    if (!count)
        return;
    memmove(buf->ptr, buf->ptr + count, buf->len - count);
    buf->len -= count;
    buf->ptr[buf->len] = '\0';
}
