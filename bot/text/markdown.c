/* SPDX-License-Identifier: MIT */
/* markdown.c: md4c's walk through light Markdown, block by block and span by span; the writer knows
 * the forms. */
#include "text/markdown.h"

#include <errno.h>
#include <md4c.h>

#include "text/entity.h"
#include "text/links.h"
#include "text/writer.h"

enum { INPUT_LIMIT_BYTES = 256 * 1024, LIST_DEPTH = 16 };

struct list {
    bool ordered;
    unsigned next; /* number */
};
struct walk {
    struct writer writer;
    struct list lists[LIST_DEPTH];
    size_t list_depth; /* may exceed LIST_DEPTH: then the deepest known one serves */
};

static struct list *innermost(struct walk *walk)
{
    return &walk->lists[MIN_OF(walk->list_depth, (size_t)LIST_DEPTH) - 1];
}

static void open_list(struct walk *walk, bool ordered, unsigned start)
{
    walk->list_depth++;
    *innermost(walk) = (struct list){ordered, start};
    writer_open_list(&walk->writer, ordered, start);
}

static void open_item(struct walk *walk)
{
    struct list *list = innermost(walk);
    if (!list->ordered) {
        writer_open_item(&walk->writer, STR("- "));
        return;
    }
    AUTO_BUF mark;
    buf_init(&mark, 32);
    buf_add_format(&mark, "%u. ", list->next++);
    writer_open_item(&walk->writer, buf_str(&mark));
}

/* ---- blocks ---------------------------------------------------------------------------------- */

static int enter_block(MD_BLOCKTYPE type, void *detail, void *ctx)
{
    struct walk *walk = ctx;
    switch (type) {
    case MD_BLOCK_QUOTE:
        writer_open_quote(&walk->writer);
        break;
    case MD_BLOCK_UL:
        open_list(walk, false, 0);
        break;
    case MD_BLOCK_OL:
        open_list(walk, true, ((MD_BLOCK_OL_DETAIL *)detail)->start);
        break;
    case MD_BLOCK_LI:
        open_item(walk);
        break;
    case MD_BLOCK_HR:
        writer_rule(&walk->writer);
        break;
    case MD_BLOCK_H:
        writer_open_heading(&walk->writer, ((MD_BLOCK_H_DETAIL *)detail)->level);
        break;
    case MD_BLOCK_CODE:
        writer_open_code_block(&walk->writer);
        break;
    case MD_BLOCK_P:
        writer_open_paragraph(&walk->writer);
        break;
    case MD_BLOCK_DOC:
    case MD_BLOCK_HTML:
    case MD_BLOCK_TABLE:
    case MD_BLOCK_THEAD:
    case MD_BLOCK_TBODY:
    case MD_BLOCK_TR:
    case MD_BLOCK_TH:
    case MD_BLOCK_TD:
        break;
    }
    return 0;
}

static int leave_block(MD_BLOCKTYPE type, void *detail, void *ctx)
{
    struct walk *walk = ctx;
    switch (type) {
    case MD_BLOCK_QUOTE:
        writer_close_quote(&walk->writer);
        break;
    case MD_BLOCK_UL:
    case MD_BLOCK_OL:
        writer_close_list(&walk->writer, type == MD_BLOCK_OL);
        walk->list_depth--;
        break;
    case MD_BLOCK_LI:
        writer_close_item(&walk->writer);
        break;
    case MD_BLOCK_H:
        writer_close_heading(&walk->writer, ((MD_BLOCK_H_DETAIL *)detail)->level);
        break;
    case MD_BLOCK_CODE:
        writer_close_code_block(&walk->writer);
        break;
    case MD_BLOCK_P:
        writer_close_paragraph(&walk->writer);
        break;
    case MD_BLOCK_DOC:
    case MD_BLOCK_HR:
    case MD_BLOCK_HTML:
    case MD_BLOCK_TABLE:
    case MD_BLOCK_THEAD:
    case MD_BLOCK_TBODY:
    case MD_BLOCK_TR:
    case MD_BLOCK_TH:
    case MD_BLOCK_TD:
        break;
    }
    return 0;
}

/* ---- spans ----------------------------------------------------------------------------------- */

static void open_link(struct walk *walk, const MD_ATTRIBUTE *href)
{
    AUTO_BUF target;
    buf_init(&target, INPUT_LIMIT_BYTES);
    for (unsigned i = 0; href->size && href->substr_offsets[i] < href->size; i++) {
        struct str part = {href->text + href->substr_offsets[i],
                           href->substr_offsets[i + 1] - href->substr_offsets[i]};
        if (href->substr_types[i] == MD_TEXT_ENTITY)
            entity_add(&target, part);
        else
            buf_add(&target, part);
    }
    writer_open_link(&walk->writer, buf_str(&target));
}

static int enter_span(MD_SPANTYPE type, void *detail, void *ctx)
{
    struct walk *walk = ctx;
    switch (type) {
    case MD_SPAN_EM:
        writer_open_style(&walk->writer, WRITER_ITALIC);
        break;
    case MD_SPAN_STRONG:
        writer_open_style(&walk->writer, WRITER_BOLD);
        break;
    case MD_SPAN_CODE:
        writer_open_style(&walk->writer, WRITER_CODE);
        break;
    case MD_SPAN_A:
        open_link(walk, &((MD_SPAN_A_DETAIL *)detail)->href);
        break;
    case MD_SPAN_IMG: /* its description is text like any other */
    case MD_SPAN_DEL:
    case MD_SPAN_LATEXMATH:
    case MD_SPAN_LATEXMATH_DISPLAY:
    case MD_SPAN_WIKILINK:
    case MD_SPAN_U:
        break;
    }
    return 0;
}

static int leave_span(MD_SPANTYPE type, void *detail, void *ctx)
{
    (void)detail;
    struct walk *walk = ctx;
    switch (type) {
    case MD_SPAN_EM:
        writer_close_style(&walk->writer, WRITER_ITALIC);
        break;
    case MD_SPAN_STRONG:
        writer_close_style(&walk->writer, WRITER_BOLD);
        break;
    case MD_SPAN_CODE:
        writer_close_style(&walk->writer, WRITER_CODE);
        break;
    case MD_SPAN_A:
        writer_close_link(&walk->writer);
        break;
    case MD_SPAN_IMG:
    case MD_SPAN_DEL:
    case MD_SPAN_LATEXMATH:
    case MD_SPAN_LATEXMATH_DISPLAY:
    case MD_SPAN_WIKILINK:
    case MD_SPAN_U:
        break;
    }
    return 0;
}

static int add_text(MD_TEXTTYPE type, const MD_CHAR *text, MD_SIZE size, void *ctx)
{
    struct walk *walk = ctx;
    struct buf decoded;
    switch (type) {
    case MD_TEXT_NULLCHAR:
        writer_text(&walk->writer, STR("\xEF\xBF\xBD"));
        break;
    case MD_TEXT_BR:
    case MD_TEXT_SOFTBR:
        writer_text(&walk->writer, STR("\n"));
        break;
    case MD_TEXT_ENTITY:
        buf_init(&decoded, 256);
        entity_add(&decoded, (struct str){text, size});
        writer_text(&walk->writer, buf_str(&decoded));
        buf_done(&decoded);
        break;
    case MD_TEXT_NORMAL:
    case MD_TEXT_CODE:
    case MD_TEXT_HTML:
    case MD_TEXT_LATEXMATH:
        writer_text(&walk->writer, (struct str){text, size});
        break;
    }
    return walk->writer.out->failed ? -1 : 0;
}

int markdown_render(struct str markdown, enum markdown_form form, struct buf *out)
{
    if (markdown.len > INPUT_LIMIT_BYTES)
        return -E2BIG;
    static const MD_PARSER parser = {
        .flags = MD_FLAG_NOHTML | MD_FLAG_NOINDENTEDCODEBLOCKS,
        .enter_block = enter_block,
        .leave_block = leave_block,
        .enter_span = enter_span,
        .leave_span = leave_span,
        .text = add_text,
    };
    AUTO_BUF protected;
    buf_init(&protected, 2 * (size_t)INPUT_LIMIT_BYTES);
    links_protect(markdown, &protected);
    if (protected.failed)
        return protected.failed;
    struct walk walk = {.list_depth = 0};
    writer_init(&walk.writer, form, out);
    struct str source = buf_str(&protected);
    int r = md_parse(source.ptr, (MD_SIZE)source.len, &parser, &walk);
    writer_done(&walk.writer);
    if (out->failed)
        return out->failed;
    return r == 0 ? 0 : -ENOMEM;
}
