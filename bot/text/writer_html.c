/* SPDX-License-Identifier: MIT */
/* writer_html.c: Markdown's parts in the subset of HTML that Matrix allows (client-server API,
 * m.room.message msgtypes). */
#include "base/ascii.h"
#include "text/escape.h"
#include "text/links.h"
#include "text/writer.h"

/* ---- characters ------------------------------------------------------------------------------ */

static void add_character(struct buf *out, uint32_t c)
{
    switch (c) {
    case '&':
        buf_add(out, STR("&amp;"));
        return;
    case '<':
        buf_add(out, STR("&lt;"));
        return;
    case '>':
        buf_add(out, STR("&gt;"));
        return;
    case '"':
        buf_add(out, STR("&quot;"));
        return;
    default:
        utf8_add(out, text_escape_shown(c));
        return;
    }
}

static void add_escaped(struct buf *out, struct str text)
{
    size_t at = 0;
    while (at < text.len)
        add_character(out, utf8_next(text, &at));
}

/* ---- links ----------------------------------------------------------------------------------- */

/* What a link may do when it is clicked: open a page, a letter, a room.  Never run a script. */
static bool may_link(struct str target)
{
    static const char *const schemes[] = {
        "https://", "http://", "mailto:", "matrix:", "tel:", "sms:"};
    for (size_t i = 0; i < COUNT_OF(schemes); i++)
        if (str_starts_nocase(target, str_of(schemes[i])))
            return true;
    return false;
}

static void add_anchor(struct buf *out, struct str target)
{
    buf_add(out, STR("<a href=\""));
    for (size_t i = 0; i < target.len; i++) {
        unsigned char c = (unsigned char)target.ptr[i];
        if (c <= ' ' || c >= 0x7f || strchr("\"'<>\\^`{|}", (char)c))
            buf_add_format(out, "%%%02X", c);
        else if (c == '&')
            buf_add(out, STR("&amp;"));
        else
            buf_add_byte(out, target.ptr[i]);
    }
    buf_add(out, STR("\">"));
}

/* What was gathered, its bare links as anchors. */
static void flush(struct writer *writer)
{
    struct str text = buf_str(&writer->pending);
    bool links = writer->link_depth == 0 && writer->styles[WRITER_CODE] == 0 &&
                 !writer->in_code_block;
    char before = ' ';
    while (text.len) {
        size_t at = links ? MIN_OF(str_find(text, STR("http"), 0), text.len) : text.len;
        add_escaped(writer->out, str_upto(text, at));
        before = at > 0 ? text.ptr[at - 1] : before;
        text = str_from(text, at);
        size_t length = ascii_is_word(before) ? 0 : links_length(text);
        if (length > 0)
            add_anchor(writer->out, str_upto(text, length));
        /* "http" that was no link */
        size_t taken = length > 0 ? length : MIN_OF(text.len, (size_t)4);
        add_escaped(writer->out, str_upto(text, taken));
        if (length > 0)
            buf_add(writer->out, STR("</a>"));
        before = taken > 0 ? text.ptr[taken - 1] : before;
        text = str_from(text, taken);
    }
    if (writer->pending.failed)
        writer->out->failed = writer->out->failed ? writer->out->failed : writer->pending.failed;
    buf_clear(&writer->pending);
}

void writer_html_open_link(struct writer *writer)
{
    unsigned depth = writer->link_depth;
    writer->link_depth = 0; /* what came before stands outside the link */
    flush(writer);
    writer->link_depth = depth;
    struct str target = buf_str(&writer->target);
    writer->anchored = may_link(target);
    if (writer->anchored)
        add_anchor(writer->out, target);
}

void writer_html_close_link(struct writer *writer)
{
    writer->link_depth = 1;
    flush(writer);
    writer->link_depth = 0;
    if (str_empty(buf_str(&writer->label)))
        add_escaped(writer->out, buf_str(&writer->target));
    if (writer->anchored)
        buf_add(writer->out, STR("</a>"));
}

/* ---- tags ------------------------------------------------------------------------------------ */

void writer_html_tag(struct writer *writer, const char *tag)
{
    flush(writer);
    buf_add_c(writer->out, tag);
}

void writer_html_open(struct writer *writer, const char *tag, bool is_paragraph)
{
    if (writer->nesting == 0) {
        writer->blocks++;
        writer->all_paragraphs &= is_paragraph;
    }
    writer_html_tag(writer, tag);
}

void writer_html_close(struct writer *writer, const char *tag)
{
    writer_html_tag(writer, tag);
}

void writer_html_text(struct writer *writer, struct str text)
{
    while (text.len) {
        size_t end = writer->in_code_block ? text.len
                                           : MIN_OF(str_find(text, STR("\n"), 0), text.len);
        buf_add(&writer->pending, str_upto(text, end));
        if (end < text.len)
            writer_html_tag(writer, "<br/>");
        text = str_from(text, end + 1);
    }
}

/* A message of one paragraph is written without the <p>, which clients would give a margin. */
void writer_html_done(struct writer *writer)
{
    static const size_t opened = sizeof "<p>" - 1, closed = sizeof "</p>" - 1;
    struct buf *out = writer->out;
    flush(writer);
    if (out->failed || writer->blocks != 1 || !writer->all_paragraphs ||
        out->len - writer->start < opened + closed)
        return;
    out->len -= closed;
    memmove(out->ptr + writer->start, out->ptr + writer->start + opened,
            out->len - writer->start - opened);
    out->len -= opened;
    out->ptr[out->len] = '\0';
}
