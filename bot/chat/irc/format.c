/* SPDX-License-Identifier: MIT */
/* format.c: what a person typed, without what their client added. */
#include "chat/irc/format.h"

#include "base/ascii.h"
#include "base/utf8.h"

enum {
    BOLD = 0x02,
    COLOUR = 0x03,
    HEX_COLOUR = 0x04,
    RESET = 0x0f,
    MONOSPACE = 0x11,
    REVERSE = 0x16,
    ITALIC = 0x1d,
    STRIKE = 0x1e,
    UNDERLINE = 0x1f
};

static bool is_hex(int c)
{
    return ascii_is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

/* Up to `most` of a colour's digits from `at`; returns how many. */
static size_t digits_at(struct str s, size_t at, size_t most, bool (*digit)(int c))
{
    size_t count = 0;
    while (count < most && at + count < s.len && digit(s.ptr[at + count]))
        count++;
    return count;
}

/* Past "12,04" or "ff0000,00ff00" behind a colour code.  A comma belongs to it only when a digit
 * follows. */
static size_t past_colour(struct str s, size_t at, size_t width, bool (*digit)(int c))
{
    size_t count = digits_at(s, at, width, digit);
    if (count == 0 || (width == 6 && count < 6))
        return at;
    at += count;
    if (at < s.len && s.ptr[at] == ',') {
        count = digits_at(s, at + 1, width, digit);
        if (count > 0 && (width != 6 || count == 6))
            at += 1 + count;
    }
    return at;
}

/* What stands at `at` (a code, and its digits) ends where it says; `at` itself: that is text. */
static size_t past_code(struct str text, size_t at)
{
    switch (text.ptr[at]) {
    case COLOUR:
        return past_colour(text, at + 1, 2, ascii_is_digit);
    case HEX_COLOUR:
        return past_colour(text, at + 1, 6, is_hex);
    case BOLD:
    case RESET:
    case MONOSPACE:
    case REVERSE:
    case ITALIC:
    case STRIKE:
    case UNDERLINE:
        return at + 1;
    default:
        return at;
    }
}

/* Hardly any line has a code: what lies between two is taken in one piece. */
void irc_format_strip(struct str text, struct buf *out)
{
    AUTO_BUF plain = {.limit = text.len + 1};
    size_t from = 0;
    for (size_t i = 0; i < text.len;) {
        size_t past = past_code(text, i);
        if (past == i) {
            i++;
            continue;
        }
        buf_add(&plain, str_from(str_upto(text, i), from));
        from = i = past;
    }
    if (from > 0)
        buf_add(&plain, str_from(text, from));
    utf8_add_repaired(out, from > 0 ? buf_str(&plain) : text);
    if (plain.failed && !out->failed)
        out->failed = plain.failed;
}

bool irc_format_ctcp(struct str text, struct str *ret_command, struct str *ret_args)
{
    if (text.len < 2 || text.ptr[0] != '\001')
        return false;
    text = str_from(text, 1);
    if (str_ends(text, STR("\001")))
        text = str_upto(text, text.len - 1);
    size_t space = str_find(text, STR(" "), 0);
    *ret_command = space == SIZE_MAX ? text : str_upto(text, space);
    *ret_args = space == SIZE_MAX ? (struct str){NULL, 0} : str_from(text, space + 1);
    return ret_command->len > 0;
}
