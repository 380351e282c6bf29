/* SPDX-License-Identifier: MIT */
/* fuzz_markdown.c: any bytes as Markdown in each form; and escaped, they come out as they went in.
 */
#include <stdint.h>
#include <stdlib.h>

#include "text/escape.h"
#include "text/markdown.h"
#include "text/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OUTPUT_LIMIT_BYTES = 16 << 20 };

/* What text_escape promises to change. */
static void promised(struct str s, struct buf *out)
{
    size_t at = 0;
    while (at < s.len) {
        uint32_t c = utf8_next(s, &at);
        if (c == '\r') {
            at += at < s.len && s.ptr[at] == '\n';
            c = '\n';
        }
        utf8_add(out, text_escape_shown(c));
    }
}

static void check_escape(struct str words, enum markdown_form form)
{
    AUTO_BUF escaped;
    AUTO_BUF shown;
    AUTO_BUF expected;
    buf_init(&escaped, OUTPUT_LIMIT_BYTES);
    buf_init(&shown, OUTPUT_LIMIT_BYTES);
    buf_init(&expected, OUTPUT_LIMIT_BYTES);
    text_escape(&escaped, words);
    promised(words, &expected);
    if (markdown_render(buf_str(&escaped), form, &shown) < 0 ||
        !str_eq(buf_str(&shown), buf_str(&expected)))
        abort();
}

/* No command for a terminal or an IRC client comes from the text itself. */
static void check_controls(struct str shown)
{
    for (size_t i = 0; i < shown.len; i++) {
        unsigned char c = (unsigned char)shown.ptr[i];
        if (c == 0x7f || (c < 0x20 && c != '\n' && c != '\t'))
            abort();
    }
    if (!utf8_valid(shown))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = {(const char *)data, MIN_OF(size, (size_t)8192)};
    for (enum markdown_form form = 0; form < MARKDOWN_FORM_COUNT; form++) {
        AUTO_BUF out;
        buf_init(&out, OUTPUT_LIMIT_BYTES);
        if (markdown_render(text, form, &out) < 0)
            abort();
        if (form == MARKDOWN_PLAIN || form == MARKDOWN_HTML)
            check_controls(buf_str(&out));
        if (form != MARKDOWN_HTML)
            check_escape(text, form);
    }
    return 0;
}
