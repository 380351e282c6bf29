/* SPDX-License-Identifier: MIT */
/* writer.h: writes blocks, styles and links in one of the forms of markdown.h. */
#ifndef TEXT_WRITER_H
#define TEXT_WRITER_H

#include "text/markdown.h"

enum writer_style { WRITER_BOLD, WRITER_ITALIC, WRITER_CODE, WRITER_STYLE_COUNT };
enum { WRITER_DEPTH = 32 };

struct writer {
    enum markdown_form form;
    struct buf *out;
    size_t start; /* of ours in *out */
    bool in_code_block;
    unsigned code_lines;      /* line ends of a code block that wait for another line to follow */
    unsigned link_depth;      /* only the outermost link counts */
    struct buf label, target; /* of the open link */
    unsigned styles[WRITER_STYLE_COUNT]; /* how many are open */

    /* for people: plain, IRC, ANSI */
    bool shown[WRITER_STYLE_COUNT]; /* whose codes have been written on this line */
    struct buf prefix;              /* what lines within quotes and items begin with */
    size_t prefix_before[WRITER_DEPTH], depth;
    unsigned gap;      /* line ends due before the next thing */
    bool line_is_open; /* the prefix was written */

    /* HTML */
    struct buf pending; /* text up to the next tag, so that a bare link is found across the pieces
                           it comes in */
    bool anchored;
    size_t blocks, nesting; /* at the top; around us */
    bool all_paragraphs;
};

void writer_init(struct writer *writer, enum markdown_form form, struct buf *out);
void writer_done(struct writer *writer);

void writer_open_paragraph(struct writer *writer);
void writer_close_paragraph(struct writer *writer);
void writer_open_heading(struct writer *writer, unsigned level);
void writer_close_heading(struct writer *writer, unsigned level);
void writer_open_quote(struct writer *writer);
void writer_close_quote(struct writer *writer);
void writer_open_list(struct writer *writer, bool ordered, unsigned start);
void writer_close_list(struct writer *writer, bool ordered);
void writer_open_item(struct writer *writer, struct str mark); /* "- ", "2. " */
void writer_close_item(struct writer *writer);
void writer_open_code_block(struct writer *writer);
void writer_close_code_block(struct writer *writer);
void writer_rule(struct writer *writer);

void writer_open_style(struct writer *writer, enum writer_style style);
void writer_close_style(struct writer *writer, enum writer_style style);
void writer_open_link(struct writer *writer, struct str target);
void writer_close_link(struct writer *writer);
void writer_text(struct writer *writer, struct str text); /* line feeds are line breaks */

/* What HTML needs instead; see writer_html.c. */
void writer_html_open(struct writer *writer, const char *tag, bool is_paragraph); /* a block */
void writer_html_close(struct writer *writer, const char *tag);
void writer_html_tag(struct writer *writer, const char *tag); /* within a line */
void writer_html_text(struct writer *writer, struct str text);
void writer_html_open_link(struct writer *writer);
void writer_html_close_link(struct writer *writer);
void writer_html_done(struct writer *writer);

#endif
