/* SPDX-License-Identifier: MIT */
/* links.c: bare links.  (md4c's own recognition of them loses characters: "https://a/_b_" loses the
 * last.) */
#include "text/links.h"

static size_t count_of(struct str s, char c)
{
    size_t count = 0;
    for (size_t i = 0; i < s.len; i++)
        count += s.ptr[i] == c;
    return count;
}

size_t links_length(struct str text)
{
    size_t scheme = str_starts(text, STR("https://"))  ? 8
                    : str_starts(text, STR("http://")) ? 7
                                                       : 0,
           len = scheme;
    if (scheme == 0)
        return 0;
    while (len < text.len && (unsigned char)text.ptr[len] > ' ' && !strchr("<>\"`", text.ptr[len]))
        len++;
    size_t opened = count_of(str_upto(text, len), '('), closed = count_of(str_upto(text, len), ')');
    while (len > scheme) {
        char last = text.ptr[len - 1];
        bool loose = last == ')' && closed > opened;
        if (!loose && !strchr(".,;:!?'*_", last))
            break;
        closed -= last == ')';
        len--;
    }
    return len > scheme ? len : 0;
}

static size_t run_of(struct str s, char c)
{
    size_t run = 0;
    while (run < s.len && s.ptr[run] == c)
        run++;
    return run;
}

/* The length of a code span or fenced block that begins `text`, or of its backticks when nothing
 * closes them. */
static size_t code_length(struct str text)
{
    size_t fence = run_of(text, '`'), at = fence;
    while (at < text.len) {
        size_t run = run_of(str_from(text, at), '`');
        if (run == fence)
            return at + run;
        at += MAX_OF(run, (size_t)1);
    }
    return fence;
}

static void add_link(struct str link, struct buf *out)
{
    for (size_t i = 0; i < link.len; i++) {
        if (link.ptr[i] == '_' || link.ptr[i] == '*' || link.ptr[i] == '&')
            buf_add_byte(out, '\\');
        buf_add_byte(out, link.ptr[i]);
    }
}

void links_protect(struct str markdown, struct buf *out)
{
    size_t copied = 0, at = 0;
    while (at < markdown.len) {
        struct str rest = str_from(markdown, at);
        char c = rest.ptr[0];
        if (c == '\\' && rest.len > 1) {
            at += 2;
            continue;
        }
        if (c == '`') {
            at += code_length(rest);
            continue;
        }
        size_t length = c == 'h' && (at == 0 || markdown.ptr[at - 1] != '<') ? links_length(rest)
                                                                             : 0;
        if (length > 0) {
            buf_add(out, (struct str){markdown.ptr + copied, at - copied});
            add_link(str_upto(rest, length), out);
            copied = at + length;
        }
        at += MAX_OF(length, (size_t)1);
    }
    buf_add(out, (struct str){markdown.ptr + copied, markdown.len - copied});
}
