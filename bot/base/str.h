/* SPDX-License-Identifier: MIT */
/* str.h: text as a view (pointer and length) or as a builder with a ceiling. */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/attr.h"
#include "base/memory.h"

/* Borrowed bytes, UTF-8 unless said otherwise, never assumed to end in NUL.  {NULL, 0} is the empty
 * text. */
struct str {
    const char *ptr;
    size_t len;
};

#define STR(literal) ((struct str){(literal), sizeof(literal) - 1})
/* for "%.*s"; lengths stay far below INT_MAX */
#define STR_ARG(view) (int)(view).len, ((view).ptr ? (view).ptr : "")

static inline struct str str_of(const char *text)
{
    return (struct str){text, text ? strlen(text) : 0};
}
static inline bool str_empty(struct str s)
{
    return s.len == 0;
}
static inline struct str str_from(struct str s, size_t start) /* the rest from `start` on */
{
    return start >= s.len ? (struct str){s.ptr ? s.ptr + s.len : NULL, 0}
                          : (struct str){s.ptr + start, s.len - start};
}
static inline struct str str_upto(struct str s, size_t len)
{
    return (struct str){s.ptr, len < s.len ? len : s.len};
}

bool str_eq(struct str a, struct str b);
bool str_eq_c(struct str a, const char *b);
bool str_eq_nocase(struct str a, struct str b); /* ASCII case only */
int str_compare(struct str a, struct str b);    /* bytes, then length: <0, 0, >0 */
bool str_starts(struct str s, struct str prefix);
bool str_starts_nocase(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
bool str_has_byte(struct str s, char byte);
size_t str_find(struct str s, struct str what, size_t from); /* offset, or SIZE_MAX */
struct str str_trim(struct str s);                           /* ASCII white space off both ends */
/* Takes the next piece up to `separator` off `*rest`; false when nothing is left. */
bool str_split(struct str *rest, char separator, struct str *ret_piece);
/* Takes the next run of non-white-space off `*rest`; false when nothing is left. */
bool str_word(struct str *rest, struct str *ret_word);
/* new, with a NUL; mem_free */
char *str_copy(struct str s) MUST_CHECK;
/* copy in the arena; {NULL,0} when short of memory */
struct str str_keep(struct arena *arena, struct str s);
/* copies with NUL; false (and "") when it does not fit */
bool str_to_c(struct str s, char *out, size_t size);

/* A builder.  It never exceeds `limit` bytes and is always NUL-terminated once it holds something.
 * The first failure (memory, ceiling) sticks in `failed`, so that a chain of appends needs one
 * check at the end. */
struct buf {
    char *ptr;
    size_t len, capacity, limit;
    int failed; /* 0, -ENOMEM or -E2BIG */
};
void buf_init(struct buf *buf, size_t limit);
void buf_done(struct buf *buf);  /* frees; buf can be used again */
void buf_clear(struct buf *buf); /* empties, keeps the memory */
void buf_wipe(struct buf *buf);  /* overwrites and frees */
void buf_add(struct buf *buf, struct str s);
void buf_add_c(struct buf *buf, const char *text);
void buf_add_byte(struct buf *buf, char byte);
void buf_add_format(struct buf *buf, const char *format, ...) PRINTF_LIKE(2, 3);
void buf_add_format_args(struct buf *buf, const char *format, va_list args) PRINTF_LIKE(2, 0);
void buf_drop(struct buf *buf, size_t count); /* removes bytes from the front */
static inline struct str buf_str(const struct buf *buf)
{
    return (struct str){buf->ptr ? buf->ptr : "", buf->len};
}
static inline void buf_cleanup(struct buf *buf)
{
    buf_done(buf);
}
#define AUTO_BUF CLEANUP(buf_cleanup) struct buf

#endif
