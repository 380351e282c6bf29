/* SPDX-License-Identifier: MIT */
/* markdown.h: light Markdown (md4c) to what a network shows. */
#ifndef TEXT_MARKDOWN_H
#define TEXT_MARKDOWN_H

#include "base/str.h"

enum markdown_form {
    MARKDOWN_PLAIN, /* nothing but text; lists as "- ", links as "label (url)" or the bare url */
    MARKDOWN_IRC,   /* as plain, with bold, italics and monospace codes */
    MARKDOWN_ANSI,  /* for a terminal */
    MARKDOWN_HTML,  /* Matrix's subset (org.matrix.custom.html) */
    MARKDOWN_FORM_COUNT
};
/* Line breaks in the source stay line breaks.  No raw HTML passes.  -ENOMEM, -E2BIG as
 * out->failed. */
int markdown_render(struct str markdown, enum markdown_form form, struct buf *out) MUST_CHECK;

#endif
