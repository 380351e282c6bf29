/* SPDX-License-Identifier: MIT */
/* escape.c: a person's words, so that Markdown leaves them as they are. */
#include "text/escape.h"

#include "text/text.h"

/* Whatever md4c may give a meaning to, anywhere in a line or at its beginning.  ':' and '@' would
 * make links. */
static bool has_meaning(uint32_t c)
{
    return c < 0x80 && c != 0 && strchr("\\`*_{}[]()#+-.!<>&~|:@=", (int)c) != NULL;
}

/* Spaces that Markdown would strip or fold: at either end, and beside other white space. */
static bool is_fragile(struct str s, size_t at)
{
    return at == 0 || at + 1 == s.len || strchr(" \t\r\n", s.ptr[at - 1]) ||
           strchr(" \t\r\n", s.ptr[at + 1]);
}

/* What Markdown then shows is `s` with these changes alone: CR LF and CR are LF; ill-formed bytes,
 * and control characters other than LF and tab, are U+FFFD each.  White space is kept, every bit of
 * it. */
void text_escape(struct buf *out, struct str s)
{
    size_t at = 0;
    while (at < s.len) {
        size_t start = at;
        uint32_t c = utf8_next(s, &at);
        if (c == '\r') {
            at += at < s.len && s.ptr[at] == '\n';
            c = '\n';
        }
        if (c == '\n')
            buf_add_c(out, "&#10;");
        else if (c == '\t')
            buf_add_c(out, "&#9;");
        else if (c == ' ' && is_fragile(s, start))
            buf_add_c(out, "&#32;");
        else if (has_meaning(c)) {
            buf_add_byte(out, '\\');
            buf_add_byte(out, (char)c);
        } else
            utf8_add(out, text_escape_shown(c));
    }
}
