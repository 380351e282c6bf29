/* SPDX-License-Identifier: MIT */
/* scan.c: the pass before libconfig's own.  Tokens as in libconfig 1.5's scanner. */
#include "settings/scan.h"

#include <errno.h>

#include "base/ascii.h"
#include "base/utf8.h"

/* One file on its way through. */
struct input {
    struct settings_scan *scan;
    const char *file;
    struct str text;
    size_t at;
    int line;
};

static bool is_word(char c)
{
    return ascii_is_word(c) || c == '_' || c == '*';
}

static char peek(const struct input *in, size_t ahead)
{
    return in->at + ahead < in->text.len ? in->text.ptr[in->at + ahead] : '\0';
}

static bool at_end(const struct input *in)
{
    return in->at >= in->text.len;
}

static void emit(struct input *in, char c)
{
    buf_add_byte(&in->scan->out, c);
    if (c == '\n')
        in->scan->out_line++;
}

/* Copies one byte and moves on. */
static void copy(struct input *in)
{
    char c = in->text.ptr[in->at++];
    emit(in, c);
    if (c == '\n')
        in->line++;
}

static int wrong(const struct input *in, int line, const char *what)
{
    return error_set(in->scan->error, -EINVAL, "%s:%d: %s", in->file, line, what);
}

/* Notes that the joined text continues at the input's line. */
static int begin_run(struct input *in)
{
    struct settings_source *source = in->scan->source;
    int r = mem_grow(&source->runs, &source->run_capacity, source->run_count, sizeof *source->runs,
                     2 * SETTINGS_SOURCE_FILE_LIMIT + 2);
    if (r < 0)
        return r;
    source->runs[source->run_count++] = (struct settings_source_run){in->scan->out_line, in->line,
                                                                     in->file};
    return 0;
}

/* ---- comments and texts ---------------------------------------------------------------------- */

static void skip_line_comment(struct input *in)
{
    while (!at_end(in) && peek(in, 0) != '\n')
        in->at++;
}

static int skip_block_comment(struct input *in)
{
    int opened = in->line;
    in->at += 2;
    while (!at_end(in) && !(peek(in, 0) == '*' && peek(in, 1) == '/')) {
        if (peek(in, 0) == '\n')
            copy(in);
        else
            in->at++;
    }
    if (at_end(in))
        return wrong(in, opened, "a comment is opened with /* and never closed with */.");
    in->at += 2;
    emit(in, ' ');
    return 0;
}

/* The last thing written that is not white space. */
static char last_written(const struct settings_scan *scan)
{
    size_t at = scan->out.len;
    while (at > 0 && strchr(" \t\r\n", scan->out.ptr[at - 1]))
        at--;
    return at > 0 ? scan->out.ptr[at - 1] : '\0';
}

/* Where no text may stand: libconfig would refuse it as well, but say less and lose the text's
 * memory. */
static bool text_is_out_of_place(const struct settings_scan *scan)
{
    char before = last_written(scan);
    bool in_section = scan->bracket_count == 0 ||
                      scan->brackets[scan->bracket_count - 1].opened == '{';
    if (before == '"' || before == '=' || before == ':')
        return false;
    return in_section || (before != ',' && before != '(' && before != '[');
}

/* libconfig lets a text run over line ends, so that one forgotten quote swallows half the file; we
 * do not. */
static int copy_text(struct input *in)
{
    int opened = in->line;
    if (text_is_out_of_place(in->scan))
        return wrong(in, opened, "a text stands here without a name and an equals sign before it.");
    copy(in);
    while (!at_end(in) && peek(in, 0) != '"' && peek(in, 0) != '\n') {
        bool hex = peek(in, 0) == '\\' && (peek(in, 1) == 'x' || peek(in, 1) == 'X');
        if (hex && peek(in, 2) == '0' && peek(in, 3) == '0')
            return wrong(in, opened, "\\x00 cannot stand in a text.");
        if (peek(in, 0) == '\\' && in->at + 1 < in->text.len && peek(in, 1) != '\n')
            copy(in);
        copy(in);
    }
    if (peek(in, 0) != '"')
        return wrong(in, opened,
                     "a quote is opened on this line and not closed on it. A long text may be "
                     "several, one after the other: \"like \" \"this\".");
    copy(in);
    return 0;
}

/* ---- numbers --------------------------------------------------------------------------------- */

/* libconfig cuts whole numbers to 32 bits unless they end in L. */
static void copy_number(struct input *in)
{
    size_t start = in->at;
    if (peek(in, 0) == '-' || peek(in, 0) == '+')
        copy(in);
    bool hex = peek(in, 0) == '0' && (peek(in, 1) == 'x' || peek(in, 1) == 'X');
    bool whole = true;
    while (!at_end(in) && (is_word(peek(in, 0)) || peek(in, 0) == '.')) {
        char c = peek(in, 0);
        bool exponent = !hex && (c == 'e' || c == 'E') &&
                        (peek(in, 1) == '-' || peek(in, 1) == '+');
        if (!ascii_is_digit(c) && !hex)
            whole = false;
        copy(in);
        if (exponent)
            copy(in);
    }
    struct str token = {in->text.ptr + start, in->at - start};
    /* libconfig lets it overflow in silence: make it visibly too large */
    if (hex && token.len > 2 + 15) {
        in->scan->out.len -= MIN_OF(token.len, in->scan->out.len);
        buf_add_c(&in->scan->out, "9223372036854775807L");
        return;
    }
    if (whole && token.ptr[token.len - 1] != 'L')
        buf_add_byte(&in->scan->out, 'L');
}

/* ---- brackets -------------------------------------------------------------------------------- */

static char closing(char opened)
{
    return opened == '{' ? '}' : opened == '(' ? ')' : ']';
}

/* Kept with file and line, so that a missing bracket is told where it was opened; libconfig can
 * only name the end of the file. */
static int open_bracket(struct input *in)
{
    struct settings_scan *scan = in->scan;
    if (scan->bracket_count == COUNT_OF(scan->brackets))
        return wrong(in, in->line, "brackets are nested too deep here.");
    scan->brackets[scan->bracket_count++] = (struct settings_scan_bracket){
        .opened = peek(in, 0), .file = in->file, .line = in->line};
    copy(in);
    return 0;
}

static int close_bracket(struct input *in)
{
    struct settings_scan *scan = in->scan;
    char c = peek(in, 0);
    if (scan->bracket_count == 0)
        return error_set(scan->error, -EINVAL, "%s:%d: \"%c\" closes nothing: remove it.", in->file,
                         in->line, c);
    const struct settings_scan_bracket *top = &scan->brackets[scan->bracket_count - 1];
    if (closing(top->opened) != c)
        return error_set(
            scan->error, -EINVAL,
            "%s:%d: \"%c\" stands here, but the \"%c\" of %s:%d is still open and needs \"%c\".",
            in->file, in->line, c, top->opened, top->file, top->line, closing(top->opened));
    if (c != '}' && last_written(scan) == ',')
        return error_set(scan->error, -EINVAL,
                         "%s:%d: remove the comma before \"%c\": nothing comes after the last one.",
                         in->file, in->line, c);
    scan->bracket_count--;
    copy(in);
    return 0;
}

/* ---- includes -------------------------------------------------------------------------------- */

/* The folder of the file that includes, and the name, unless that is absolute already. */
static const char *included_path(const struct input *in, struct str name)
{
    AUTO_BUF path;
    buf_init(&path, 4096);
    const char *slash = strrchr(in->file, '/');
    if (slash && !str_starts(name, STR("/")))
        buf_add(&path, (struct str){in->file, (size_t)(slash - in->file) + 1});
    buf_add(&path, name);
    return path.failed
               ? NULL
               : arena_copy_text(&in->scan->source->arena, path.ptr ? path.ptr : "", path.len);
}

/* At "@include": takes the line, and puts the named file's text in its place.  Its own reading in
 * place of libconfig's, which in 1.5 takes a path as relative to the working folder of the process.
 * The included file's text stands in the joined text; the runs lead a line there back to its
 * file. */
static int include(struct input *in)
{
    in->at += sizeof "@include" - 1;
    while (peek(in, 0) == ' ' || peek(in, 0) == '\t')
        in->at++;
    size_t start = in->at + 1, end = start;
    while (end < in->text.len && in->text.ptr[end] != '"' && in->text.ptr[end] != '\n')
        end++;
    if (peek(in, 0) != '"' || end >= in->text.len || in->text.ptr[end] != '"')
        return wrong(in, in->line, "@include needs a file's name in quotes: @include \"more.cfg\"");
    const char *path = included_path(in, (struct str){in->text.ptr + start, end - start});
    if (!path)
        return wrong(in, in->line, "the name after @include is too long.");
    in->at = end + 1;
    if (in->scan->depth >= SETTINGS_SOURCE_INCLUDE_DEPTH)
        return wrong(in, in->line, "files include each other too deep; does one include itself?");
    in->scan->depth++;
    int r = settings_scan_file(in->scan, path);
    in->scan->depth--;
    if (r == -EINVAL)
        return r;
    if (r < 0 && in->scan->error) /* no file there: a mistake of this line */
        error_prefix(in->scan->error, "%s:%d", in->file, in->line);
    if (r < 0)
        return -EINVAL;
    emit(in, '\n');
    return begin_run(in);
}

/* As libconfig: only where nothing but blanks stands before it on the line. */
static bool at_include(const struct input *in, bool line_begins)
{
    return line_begins && str_starts(str_from(in->text, in->at), STR("@include"));
}

/* ---- all of it ------------------------------------------------------------------------------- */

/* libconfig looks for a name among all those before it: 20,000 take it 6 s. */
static int count_name(struct input *in)
{
    struct settings_scan *scan = in->scan;
    size_t *names = scan->bracket_count ? &scan->brackets[scan->bracket_count - 1].names
                                        : &scan->names;
    if (++*names > SETTINGS_SOURCE_NAMES)
        return wrong(in, in->line, "too many options stand in one section here.");
    copy(in);
    return 0;
}

static int step(struct input *in)
{
    char c = peek(in, 0);
    if (c == '#' || (c == '/' && peek(in, 1) == '/')) {
        skip_line_comment(in);
        return 0;
    }
    if (c == '/' && peek(in, 1) == '*')
        return skip_block_comment(in);
    if (c == '"')
        return copy_text(in);
    if (c == '{' || c == '(' || c == '[')
        return open_bracket(in);
    if (c == '}' || c == ')' || c == ']')
        return close_bracket(in);
    if (c == '=' || c == ':')
        return count_name(in);
    if (c == '@') /* libconfig must never see one: it would open the file itself */
        return wrong(
            in, in->line,
            "\"@include\" stands at the beginning of a line; \"@\" has no other use here.");
    bool sign = (c == '-' || c == '+') && ascii_is_digit(peek(in, 1));
    if (ascii_is_digit(c) || sign) {
        copy_number(in);
        return 0;
    }
    if (is_word(c)) { /* a name: digits and dashes in it are no numbers */
        while (!at_end(in) && (is_word(peek(in, 0)) || peek(in, 0) == '-'))
            copy(in);
        return 0;
    }
    copy(in);
    return 0;
}

/* Byte by byte over a text that is known to be UTF-8: all that matters to the syntax is ASCII. */
int settings_scan_text(struct settings_scan *scan, const char *file, struct str text)
{
    struct input in = {.scan = scan, .file = file, .text = text, .line = 1};
    if (str_starts(text, STR("\xEF\xBB\xBF")))
        in.at = 3; /* a byte order mark, which some editors write */
    if (!utf8_valid(text) || str_has_byte(text, '\0'))
        return error_set(scan->error, -EINVAL,
                         "%s: this is not UTF-8 text. Save the file as UTF-8.", file);
    int r = begin_run(&in);
    bool line_begins = true;
    while (r >= 0 && !at_end(&in) && !scan->out.failed) {
        char c = peek(&in, 0);
        bool blank = c == ' ' || c == '\t';
        r = at_include(&in, line_begins) ? include(&in) : step(&in);
        line_begins = c == '\n' || (blank && line_begins);
    }
    if (r >= 0 && scan->out.failed)
        return error_set(scan->error, scan->out.failed, "%s: the file is too long.", file);
    return r;
}

int settings_scan_finish(struct settings_scan *scan)
{
    if (scan->bracket_count == 0)
        return 0;
    const struct settings_scan_bracket *top = &scan->brackets[scan->bracket_count - 1];
    return error_set(scan->error, -EINVAL,
                     "%s:%d: the \"%c\" on this line is never closed with \"%c\".", top->file,
                     top->line, top->opened, closing(top->opened));
}
