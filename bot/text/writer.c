/* SPDX-License-Identifier: MIT */
/* writer.c: Markdown's parts as text for people: plain, with IRC's codes, or with a terminal's. */
#include "text/writer.h"

#include <stdio.h>

#include "text/escape.h"

enum { PREFIX_LIMIT_BYTES = 512, LINK_LIMIT_BYTES = 64 * 1024 };

static bool is_html(const struct writer *writer)
{
    return writer->form == MARKDOWN_HTML;
}

void writer_init(struct writer *writer, enum markdown_form form, struct buf *out)
{
    *writer = (struct writer){.form = form, .out = out, .start = out->len, .all_paragraphs = true};
    buf_init(&writer->prefix, PREFIX_LIMIT_BYTES);
    buf_init(&writer->label, LINK_LIMIT_BYTES);
    buf_init(&writer->target, LINK_LIMIT_BYTES);
    buf_init(&writer->pending, out->limit);
}

/* ---- codes ----------------------------------------------------------------------------------- */

/* https://modern.ircdocs.horse/formatting.html: each code turns its style on, and off again. */
static const char irc_codes[WRITER_STYLE_COUNT] = {0x02, 0x1d, 0x11};
static const char *const ansi_codes[WRITER_STYLE_COUNT][2] = {
    {"\x1b[22m", "\x1b[1m"}, {"\x1b[23m", "\x1b[3m"}, {"\x1b[39m", "\x1b[36m"}};

static void show_style(struct writer *writer, size_t style, bool on)
{
    if (writer->shown[style] == on)
        return;
    writer->shown[style] = on;
    if (writer->form == MARKDOWN_IRC)
        buf_add_byte(writer->out, irc_codes[style]);
    else if (writer->form == MARKDOWN_ANSI)
        buf_add_c(writer->out, ansi_codes[style][on]);
}

/* No style survives the end of a line: on IRC the next one is a message of its own. */
static void end_styles(struct writer *writer)
{
    for (size_t i = 0; i < WRITER_STYLE_COUNT; i++)
        show_style(writer, i, false);
}

/* ---- lines ----------------------------------------------------------------------------------- */

static void end_line(struct writer *writer)
{
    end_styles(writer);
    buf_add_byte(writer->out, '\n');
    writer->line_is_open = false;
}

/* Before anything is written: what is due, and the line's beginning. */
static void begin(struct writer *writer)
{
    for (; writer->gap > 0; writer->gap--)
        end_line(writer);
    if (writer->line_is_open)
        return;
    buf_add(writer->out, buf_str(&writer->prefix));
    writer->line_is_open = true;
}

static void want_gap(struct writer *writer, unsigned lines)
{
    end_styles(writer);
    if (writer->out->len > writer->start)
        writer->gap = lines;
}

/* Between blocks: an empty line, but for IRC, which has none. */
static void end_block(struct writer *writer)
{
    want_gap(writer, writer->form == MARKDOWN_IRC ? 1 : 2);
}

/* What follows stands right below: a list under its heading line. */
static void close_up(struct writer *writer)
{
    writer->gap = MIN_OF(writer->gap, 1u);
}

/* The prefix of this level; the deepest levels share one. */
static void enter(struct writer *writer, struct str more)
{
    if (writer->depth < WRITER_DEPTH)
        writer->prefix_before[writer->depth] = writer->prefix.len;
    if (writer->depth < WRITER_DEPTH && writer->prefix.len + more.len < PREFIX_LIMIT_BYTES)
        buf_add(&writer->prefix, more);
    writer->depth++;
}

static void leave(struct writer *writer)
{
    writer->depth--;
    if (writer->depth >= WRITER_DEPTH || !writer->prefix.ptr)
        return;
    writer->prefix.len = writer->prefix_before[writer->depth];
    writer->prefix.ptr[writer->prefix.len] = '\0';
}

/* ---- blocks ---------------------------------------------------------------------------------- */

void writer_open_paragraph(struct writer *writer)
{
    if (is_html(writer))
        writer_html_open(writer, "<p>", true);
}

void writer_close_paragraph(struct writer *writer)
{
    if (is_html(writer))
        writer_html_close(writer, "</p>");
    else
        end_block(writer);
}

void writer_open_heading(struct writer *writer, unsigned level)
{
    static const char *const tags[] = {"<h1>", "<h2>", "<h3>", "<h4>", "<h5>", "<h6>"};
    if (is_html(writer))
        writer_html_open(writer, tags[(level - 1) % COUNT_OF(tags)], false);
    else
        writer->styles[WRITER_BOLD]++;
}

void writer_close_heading(struct writer *writer, unsigned level)
{
    static const char *const tags[] = {"</h1>", "</h2>", "</h3>", "</h4>", "</h5>", "</h6>"};
    if (is_html(writer)) {
        writer_html_close(writer, tags[(level - 1) % COUNT_OF(tags)]);
        return;
    }
    writer->styles[WRITER_BOLD]--;
    want_gap(writer, 1);
}

void writer_open_quote(struct writer *writer)
{
    if (is_html(writer)) {
        writer_html_open(writer, "<blockquote>", false);
        writer->nesting++;
        return;
    }
    if (writer->line_is_open && writer->gap == 0) /* right behind an item's mark */
        buf_add(writer->out, STR("> "));
    enter(writer, STR("> "));
}

void writer_close_quote(struct writer *writer)
{
    if (is_html(writer)) {
        writer->nesting--;
        writer_html_close(writer, "</blockquote>");
        return;
    }
    leave(writer);
    end_block(writer);
}

void writer_open_list(struct writer *writer, bool ordered, unsigned start)
{
    if (!is_html(writer)) {
        close_up(writer);
        /* a list in an item begins on a line of its own */
        if (writer->line_is_open && writer->gap == 0 && writer->depth > 0)
            writer->gap = 1;
        return;
    }
    char tag[32] = "<ul>";
    if (ordered)
        snprintf(tag, sizeof tag, start == 1 ? "<ol>" : "<ol start=\"%u\">", start);
    writer_html_open(writer, tag, false);
    writer->nesting++;
}

void writer_close_list(struct writer *writer, bool ordered)
{
    if (is_html(writer)) {
        writer->nesting--;
        writer_html_close(writer, ordered ? "</ol>" : "</ul>");
    } else if (writer->depth > 0) {
        want_gap(writer, 1);
    } else {
        end_block(writer);
    }
}

void writer_open_item(struct writer *writer, struct str mark)
{
    static const char spaces[] = "                ";
    if (is_html(writer)) {
        writer_html_open(writer, "<li>", false);
        return;
    }
    close_up(writer);
    begin(writer);
    buf_add(writer->out, mark);
    enter(writer, (struct str){spaces, MIN_OF(mark.len, sizeof spaces - 1)});
}

void writer_close_item(struct writer *writer)
{
    if (is_html(writer)) {
        writer_html_close(writer, "</li>");
        return;
    }
    leave(writer);
    want_gap(writer, 1);
}

void writer_open_code_block(struct writer *writer)
{
    writer->in_code_block = true;
    writer->code_lines = 0;
    if (is_html(writer))
        writer_html_open(writer, "<pre><code>", false);
    else
        writer->styles[WRITER_CODE]++;
}

void writer_close_code_block(struct writer *writer)
{
    if (is_html(writer))
        writer_html_close(writer, "</code></pre>");
    writer->in_code_block = false;
    writer->code_lines = 0;
    if (is_html(writer))
        return;
    writer->styles[WRITER_CODE]--;
    end_block(writer);
}

void writer_rule(struct writer *writer)
{
    if (is_html(writer)) {
        writer_html_open(writer, "<hr/>", false);
        return;
    }
    begin(writer);
    buf_add(writer->out, STR("---"));
    end_block(writer);
}

/* ---- within lines ---------------------------------------------------------------------------- */

void writer_open_style(struct writer *writer, enum writer_style style)
{
    static const char *const tags[WRITER_STYLE_COUNT] = {"<strong>", "<em>", "<code>"};
    if (is_html(writer))
        writer_html_tag(writer, tags[style]);
    writer->styles[style]++;
}

void writer_close_style(struct writer *writer, enum writer_style style)
{
    static const char *const tags[WRITER_STYLE_COUNT] = {"</strong>", "</em>", "</code>"};
    if (is_html(writer))
        writer_html_tag(writer, tags[style]);
    writer->styles[style]--;
}

/* A run without line ends. */
static void add_run(struct writer *writer, struct str text)
{
    begin(writer);
    for (size_t i = 0; i < WRITER_STYLE_COUNT; i++)
        show_style(writer, i, writer->styles[i] > 0);
    size_t at = 0;
    while (at < text.len)
        utf8_add(writer->out, text_escape_shown(utf8_next(text, &at)));
}

static void add_line_end(struct writer *writer)
{
    if (writer->in_code_block) {
        writer->code_lines++;
        return;
    }
    for (; writer->gap > 0; writer->gap--)
        end_line(writer);
    end_line(writer);
}

void writer_text(struct writer *writer, struct str text)
{
    if (writer->link_depth > 0)
        buf_add(&writer->label, text);
    if (is_html(writer)) {
        writer_html_text(writer, text);
        return;
    }
    while (text.len) {
        size_t end = MIN_OF(str_find(text, STR("\n"), 0), text.len);
        if (end > 0) {
            for (; writer->code_lines > 0; writer->code_lines--)
                end_line(writer);
            add_run(writer, str_upto(text, end));
        }
        if (end < text.len)
            add_line_end(writer);
        text = str_from(text, end + 1);
    }
}

void writer_open_link(struct writer *writer, struct str target)
{
    if (writer->link_depth++ > 0)
        return;
    buf_clear(&writer->label);
    buf_clear(&writer->target);
    buf_add(&writer->target, target);
    if (is_html(writer))
        writer_html_open_link(writer);
}

/* A bare link is its own label, and says all there is to say. */
static bool is_bare(struct str label, struct str target)
{
    if (str_starts(target, STR("mailto:")) && str_eq(str_from(target, 7), label))
        return true;
    return str_empty(target) || str_eq(label, target);
}

void writer_close_link(struct writer *writer)
{
    if (--writer->link_depth > 0)
        return;
    struct str label = buf_str(&writer->label), target = buf_str(&writer->target);
    if (is_html(writer)) {
        writer_html_close_link(writer);
        return;
    }
    if (is_bare(label, target))
        return;
    if (!str_empty(label))
        add_run(writer, STR(" ("));
    add_run(writer, target);
    if (!str_empty(label))
        add_run(writer, STR(")"));
}

void writer_done(struct writer *writer)
{
    if (is_html(writer))
        writer_html_done(writer);
    else
        end_styles(writer);
    buf_done(&writer->prefix);
    buf_done(&writer->label);
    buf_done(&writer->target);
    buf_done(&writer->pending);
}
