/* SPDX-License-Identifier: MIT */
/* split.c: a long text in lines of a byte budget.  Cuts are looked for from the kindest to the
 * bluntest: a space that parts no number, any space, a place where the script may be broken, a
 * grapheme, and last a character. */
#include "outbox/split.h"

#include <errno.h>
#include <unicode/ubrk.h>
#include <unicode/utext.h>

#include "base/ascii.h"
#include "base/utf8.h"

enum { BUDGET_MIN_BYTES = 16 };

struct lines {
    struct arena *arena;
    struct str *items;
    size_t count;
};

static bool is_space(char byte)
{
    return byte == ' ' || byte == '\t';
}

/* "13 11 14" and "+1 (800) 662 4357" are one number to whoever dials it: such a space is no place
 * to cut. */
static bool inside_number(struct str line, size_t space)
{
    size_t after = space;
    while (after < line.len && is_space(line.ptr[after]))
        after++;
    if (space == 0 || after >= line.len)
        return false;
    size_t before = space - 1;
    if (line.ptr[before] == ')' && before > 0)
        before--;
    bool opens = line.ptr[after] == '(' && after + 1 < line.len;
    return ascii_is_digit(line.ptr[before]) && ascii_is_digit(line.ptr[opens ? after + 1 : after]);
}

/* The last space at or before `budget`; 0: none. */
static size_t cut_at_space(struct str line, size_t budget, bool spare_numbers)
{
    for (size_t at = MIN_OF(budget, line.len - 1); at > 0; at--)
        if (is_space(line.ptr[at]) && !is_space(line.ptr[at - 1]) &&
            !(spare_numbers && inside_number(line, at)))
            return at;
    return 0;
}

/* The last boundary of that kind in (0, budget]; 0: none, or ICU cannot say. */
static size_t cut_at_boundary(struct str line, size_t budget, UBreakIteratorType type)
{
    /* What stands far behind the budget has no say; a few characters behind it have. */
    struct str window = str_upto(line,
                                 utf8_floor(line.ptr, line.len, MIN_OF(line.len, budget + 256)));
    UErrorCode status = U_ZERO_ERROR;
    UText *text = utext_openUTF8(NULL, window.ptr, (int64_t)window.len, &status);
    UBreakIterator *iterator = ubrk_open(type, "", NULL, 0, &status);
    size_t cut = 0;
    if (U_SUCCESS(status))
        ubrk_setUText(iterator, text, &status);
    if (U_SUCCESS(status)) {
        int32_t at = ubrk_preceding(iterator, (int32_t)budget + 1);
        cut = at == UBRK_DONE || at < 0 ? 0 : (size_t)at;
    }
    if (iterator)
        ubrk_close(iterator);
    if (text)
        utext_close(text);
    return cut <= budget && utf8_floor(line.ptr, line.len, cut) == cut ? cut : 0;
}

/* Scripts without spaces may be broken inside a run; a link or another ASCII word has no kind
 * place. */
static size_t cut_at_script(struct str line, size_t budget)
{
    size_t cut = cut_at_boundary(line, budget, UBRK_LINE);
    if (cut == 0 || cut >= line.len)
        return 0;
    return (line.ptr[cut] & 0x80) != 0 && (line.ptr[cut - 1] & 0x80) != 0 ? cut : 0;
}

/* Where to end the first piece of a line that is longer than the budget: in [1, budget]. */
static size_t cut_of(struct str line, size_t budget)
{
    size_t cut = cut_at_space(line, budget, true);
    if (cut == 0)
        cut = cut_at_space(line, budget, false);
    if (cut == 0)
        cut = cut_at_script(line, budget);
    if (cut == 0)
        cut = cut_at_boundary(line, budget, UBRK_CHARACTER);
    if (cut == 0)
        cut = utf8_floor(line.ptr, line.len, budget);
    return cut > 0 ? cut : budget;
}

static struct str without_end_space(struct str line)
{
    while (line.len > 0 && is_space(line.ptr[line.len - 1]))
        line.len--;
    return line;
}

static struct str without_first_space(struct str line)
{
    size_t skip = 0;
    while (skip < line.len && is_space(line.ptr[skip]))
        skip++;
    return str_from(line, skip);
}

static int add(struct lines *lines, struct str line)
{
    line = without_end_space(line);
    if (str_empty(line))
        return 0;
    if (lines->count == SPLIT_LINES_MAX)
        return -E2BIG;
    struct str kept = str_keep(lines->arena, line);
    if (!kept.ptr)
        return -ENOMEM;
    lines->items[lines->count++] = kept;
    return 0;
}

/* Each round takes at least one byte off the line, so a budget of 16 ends too. */
static int split_line(struct lines *lines, struct str line, size_t budget)
{
    line = without_end_space(line);
    /* An indent that leaves no room for a word is dropped, so that each piece holds something. */
    if (budget && line.len > budget)
        line = without_first_space(line);
    while (budget && line.len > budget) {
        size_t cut = cut_of(line, budget);
        int r = add(lines, str_upto(line, cut));
        if (r < 0)
            return r;
        line = without_first_space(str_from(line, cut));
    }
    return add(lines, line);
}

int split_lines(struct str text, size_t budget_bytes, struct arena *arena, struct str **ret_lines,
                size_t *ret_count)
{
    if (budget_bytes != 0 && budget_bytes < BUDGET_MIN_BYTES)
        return -EINVAL;
    struct lines lines = {.arena = arena,
                          .items = arena_alloc(arena, SPLIT_LINES_MAX * sizeof(struct str))};
    if (!lines.items)
        return -ENOMEM;
    for (size_t start = 0; start < text.len;) {
        size_t end = start;
        while (end < text.len && text.ptr[end] != '\n' && text.ptr[end] != '\r')
            end++;
        int r = split_line(&lines, (struct str){text.ptr + start, end - start}, budget_bytes);
        if (r < 0)
            return r;
        start = end + 1;
    }
    *ret_lines = lines.items;
    *ret_count = lines.count;
    return 0;
}

int split_join(struct str *lines, size_t *count, size_t budget_bytes, struct arena *arena)
{
    size_t kept = 0;
    for (size_t i = 1; i < *count; i++) {
        struct str last = lines[kept];
        size_t len = last.len + 1 + lines[i].len;
        if (len > budget_bytes) {
            lines[++kept] = lines[i];
            continue;
        }
        char *joined = arena_alloc(arena, len);
        if (!joined)
            return -ENOMEM;
        memcpy(joined, last.ptr, last.len);
        joined[last.len] = ' ';
        memcpy(joined + last.len + 1, lines[i].ptr, lines[i].len);
        lines[kept] = (struct str){joined, len};
    }
    *count = MIN_OF(*count, kept + 1);
    return 0;
}
