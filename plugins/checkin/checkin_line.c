/* SPDX-License-Identifier: MIT */
/* checkin_line.c: reads a check-in typed in one line, in the many ways in which people type it. */
#include "checkin_line.h"

#include <errno.h>
#include <string.h>

#include "checkin_words.h"

enum { BARE_NUMBERS = 3 };

struct line_reader {
    struct mooring_str line;
    size_t at;
    struct checkin_entry entry;
    struct checkin_trouble *trouble;
    int bare[BARE_NUMBERS]; /* numbers without a name, kept until the end shows what they are */
    size_t bare_count, bare_at;
    bool has_keys;
};

/* ---- bytes ----------------------------------------------------------------------------------- */

static bool starts_with(struct mooring_str s, size_t at, const char *prefix)
{
    size_t len = strlen(prefix);
    return s.len - at >= len && memcmp(s.ptr + at, prefix, len) == 0;
}

/* The length of a separator at `at`: blanks, commas, and the no-break space that phones put in; 0:
 * none. */
static size_t gap_at(struct mooring_str s, size_t at)
{
    if (strchr(" \t\r\n,;|", s.ptr[at]) != NULL && s.ptr[at] != '\0')
        return 1;
    return starts_with(s, at, "\xc2\xa0") ? 2 : 0;
}

/* Opening quotes and what may close each; phones, keyboards and countries differ. */
static const struct {
    const char *open, *close[3];
} quotes[] = {
    {"\"", {"\"", "\xe2\x80\x9d", "\xe2\x80\x9c"}},           /* " closed by " or a curly one */
    {"\xe2\x80\x9c", {"\xe2\x80\x9d", "\"", "\xe2\x80\x9c"}}, /* curly */
    {"\xe2\x80\x9d", {"\xe2\x80\x9d", "\"", NULL}},           /* curly, the wrong way round */
    {"\xe2\x80\x9e", {"\xe2\x80\x9c", "\xe2\x80\x9d", "\""}}, /* low */
    {"\xc2\xab", {"\xc2\xbb", NULL, NULL}},                   /* angle */
    {"\xe2\x80\x98", {"\xe2\x80\x99", "'", NULL}},            /* single, curly */
    {"'", {"'", "\xe2\x80\x99", NULL}},
};

static int quote_at(struct mooring_str s, size_t at)
{
    for (size_t i = 0; i < sizeof quotes / sizeof *quotes; i++) {
        if (starts_with(s, at, quotes[i].open))
            return (int)i;
    }
    return -1;
}

static void skip_gaps(struct line_reader *reader)
{
    while (reader->at < reader->line.len) {
        size_t gap = gap_at(reader->line, reader->at);
        if (gap == 0)
            return;
        reader->at += gap;
    }
}

static struct mooring_str word_at(struct mooring_str line, size_t at)
{
    size_t end = at;
    while (end < line.len && gap_at(line, end) == 0 && (end == at || line.ptr[end] != '"'))
        end++;
    return (struct mooring_str){line.ptr + at, end - at};
}

/* "tired." and "(tired)" are the word. */
static struct mooring_str without_marks(struct mooring_str word)
{
    while (word.len > 1 && strchr(".!?:)]", word.ptr[word.len - 1]) != NULL)
        word.len--;
    while (word.len > 1 && strchr("([", word.ptr[0]) != NULL) {
        word.ptr++;
        word.len--;
    }
    return word;
}

/* ---- items ----------------------------------------------------------------------------------- */

static int fail(struct line_reader *reader, enum checkin_trouble_kind kind, struct mooring_str word)
{
    *reader->trouble = (struct checkin_trouble){
        kind, word, kind == CHECKIN_TROUBLE_WORD ? checkin_word_nearest(word) : NULL};
    return -EINVAL;
}

/* "6", "6/10", "6."; "-", "?" and "skip" are CHECKIN_SKIPPED.  -ENOENT: no number at all; -ERANGE.
 */
static int read_number(struct mooring_str word, int *ret_value)
{
    if (checkin_word_is(word, "-") || checkin_word_is(word, "?") || checkin_word_is(word, "skip")) {
        *ret_value = CHECKIN_SKIPPED;
        return 0;
    }
    bool is_negative = word.len > 1 && word.ptr[0] == '-' && checkin_word_is_digit(word.ptr[1]);
    size_t i = is_negative ? 1 : 0, from = i;
    int value = 0;
    for (; i < word.len && checkin_word_is_digit(word.ptr[i]); i++)
        value = value > 99 ? value : value * 10 + (word.ptr[i] - '0');
    if (i == from)
        return -ENOENT;
    struct mooring_str rest = {word.ptr + i, word.len - i};
    bool is_fraction = rest.len > 1 && rest.ptr[0] == '.' && checkin_word_is_digit(rest.ptr[1]);
    if (!is_fraction && rest.len > 0 && !checkin_word_is(rest, "/10") &&
        !checkin_word_is(rest, ".") && !checkin_word_is(rest, "/10."))
        return -ENOENT;
    if (is_negative || is_fraction || value > CHECKIN_VALUE_MAX)
        return -ERANGE;
    *ret_value = value;
    return 0;
}

static int set_item(struct line_reader *reader, int item, int value, struct mooring_str word)
{
    int *slot = &reader->entry.value[item];
    if (*slot != CHECKIN_SKIPPED && value != *slot)
        return fail(reader, CHECKIN_TROUBLE_TWICE, word);
    *slot = value;
    reader->has_keys = true;
    return 1;
}

/* The number that follows a name: in the same word after = or :, or in one of the next words ("mood
 * is at 6"). */
static int read_value(struct line_reader *reader, struct mooring_str word, size_t name_len,
                      int *ret_value)
{
    size_t i = name_len;
    while (i < word.len && (word.ptr[i] == '=' || word.ptr[i] == ':'))
        i++;
    if (i < word.len)
        return read_number((struct mooring_str){word.ptr + i, word.len - i}, ret_value);
    for (int words = 0; words < 3; words++) {
        skip_gaps(reader);
        if (reader->at >= reader->line.len)
            return -ENOENT;
        struct mooring_str next = word_at(reader->line, reader->at);
        reader->at += next.len;
        if (checkin_word_is(next, "=") || checkin_word_is(next, ":") ||
            checkin_word_is(next, "is") || checkin_word_is(next, "at"))
            continue;
        if (next.len > 1 && (next.ptr[0] == '=' || next.ptr[0] == ':'))
            next = (struct mooring_str){next.ptr + 1, next.len - 1};
        return read_number(next, ret_value);
    }
    return -ENOENT;
}

/* 1: the word was an item; 0: it is something else (and nothing was taken); or -EINVAL. */
static int take_item(struct line_reader *reader, struct mooring_str word)
{
    size_t letters = 0, before = reader->at;
    while (letters < word.len && checkin_word_is_letter(word.ptr[letters]))
        letters++;
    struct mooring_str name = {word.ptr, letters};
    int item = checkin_word_key(name), value;
    if (item < 0)
        return 0;
    reader->at += word.len;
    int r = read_value(reader, word, letters, &value);
    if (r == -ERANGE)
        return fail(reader, CHECKIN_TROUBLE_RANGE,
                    (struct mooring_str){word.ptr, reader->at - before});
    if (r < 0 && letters < word.len) { /* "c3po", "m&ms": not ours after all */
        reader->at = before;
        return 0;
    }
    if (r < 0)
        return fail(reader, CHECKIN_TROUBLE_NUMBER, name);
    return set_item(reader, item, value, (struct mooring_str){word.ptr, reader->at - before});
}

/* "tired", and "hungry/tired", "halt=hungry+tired".  1 taken, 0 something else. */
static int take_feeling(struct line_reader *reader, struct mooring_str word)
{
    struct mooring_str rest = without_marks(word);
    unsigned bits = 0;
    if (rest.len > 5 && (rest.ptr[4] == '=' || rest.ptr[4] == ':') &&
        checkin_word_is((struct mooring_str){rest.ptr, 4}, "halt"))
        rest = (struct mooring_str){rest.ptr + 5, rest.len - 5};
    while (rest.len > 0) {
        size_t len = 0;
        while (len < rest.len && rest.ptr[len] != '/' && rest.ptr[len] != '+' &&
               rest.ptr[len] != '&')
            len++;
        unsigned bit = checkin_word_feeling((struct mooring_str){rest.ptr, len});
        if (bit == 0)
            return 0;
        bits |= bit;
        size_t taken = len < rest.len ? len + 1 : len;
        rest = (struct mooring_str){rest.ptr + taken, rest.len - taken};
    }
    reader->entry.halt |= bits;
    reader->at += word.len;
    return bits != 0;
}

/* ---- the intention --------------------------------------------------------------------------- */

static int set_intention(struct line_reader *reader, struct mooring_str text)
{
    if (checkin_entry_intend(&reader->entry, text) < 0)
        return fail(reader, CHECKIN_TROUBLE_LONG, text);
    return 1;
}

/* From an opening quote to its end, or to the line's.  1 taken, 0 no quote. */
static int take_quoted(struct line_reader *reader)
{
    struct mooring_str line = reader->line;
    int quote = quote_at(line, reader->at);
    if (quote < 0 || reader->entry.intention_len > 0)
        return 0;
    size_t from = reader->at + strlen(quotes[quote].open);
    for (size_t i = from; i < line.len; i++) {
        for (size_t k = 0; k < 3 && quotes[quote].close[k] != NULL; k++) {
            size_t end = i + strlen(quotes[quote].close[k]);
            /* An apostrophe inside a word closes nothing. */
            if (!starts_with(line, i, quotes[quote].close[k]) ||
                (end < line.len && checkin_word_is_letter(line.ptr[end])))
                continue;
            reader->at = end;
            return set_intention(reader, (struct mooring_str){line.ptr + from, i - from});
        }
    }
    reader->at = line.len;
    return set_intention(reader, (struct mooring_str){line.ptr + from, line.len - from});
}

/* Whether an item in its short, unmistakable form ("c3", "mood=6") stands behind `at`. */
static bool has_item_behind(struct mooring_str line, size_t at)
{
    while (at < line.len) {
        struct mooring_str word = word_at(line, at);
        size_t letters = 0, marks;
        while (letters < word.len && checkin_word_is_letter(word.ptr[letters]))
            letters++;
        for (marks = letters;
             marks < word.len && (word.ptr[marks] == '=' || word.ptr[marks] == ':'); marks++)
            continue;
        if (marks < word.len && checkin_word_is_digit(word.ptr[marks]) &&
            checkin_word_key((struct mooring_str){word.ptr, letters}) >= 0)
            return true;
        at += word.len;
        while (at < line.len && gap_at(line, at) > 0)
            at += gap_at(line, at);
    }
    return false;
}

/* Words that are no item: the intention, when they end the line and cannot be a slip. */
static int take_rest(struct line_reader *reader, struct mooring_str word)
{
    size_t from = reader->bare_count > 0 && reader->bare_count < BARE_NUMBERS ? reader->bare_at
                                                                              : reader->at;
    struct mooring_str rest = {reader->line.ptr + from, reader->line.len - from};
    bool is_one_word = word.ptr + word.len == reader->line.ptr + reader->line.len &&
                       from == reader->at;
    bool has_more = reader->has_keys || reader->entry.halt != 0 || reader->bare_count > 0;
    size_t letters = 0;
    while (letters < word.len && checkin_word_is_letter(word.ptr[letters]))
        letters++;
    struct mooring_str name = {word.ptr, letters};
    bool is_slip = letters < word.len && checkin_word_is_digit(word.ptr[letters]) &&
                   checkin_word_nearest(name) != NULL;

    if (reader->entry.intention_len > 0 || is_slip ||
        has_item_behind(reader->line, reader->at + word.len))
        return fail(reader, CHECKIN_TROUBLE_WORD, is_slip ? name : word);
    if (is_one_word && (!has_more || checkin_word_nearest(word) != NULL))
        return fail(reader, CHECKIN_TROUBLE_WORD, word);
    reader->at = reader->line.len;
    reader->bare_count = from == reader->bare_at && reader->bare_count < BARE_NUMBERS
                             ? 0
                             : reader->bare_count;
    return set_intention(reader, rest);
}

/* ---- the line -------------------------------------------------------------------------------- */

/* 1: a number without a name, kept; 0: something else; or -EINVAL. */
static int take_bare(struct line_reader *reader, struct mooring_str word)
{
    int value;
    if (reader->has_keys || reader->bare_count == BARE_NUMBERS ||
        !(checkin_word_is_digit(word.ptr[0]) || checkin_word_is(word, "-")))
        return 0;
    int r = read_number(word, &value);
    if (r == -ERANGE && reader->bare_count > 0)
        return fail(reader, CHECKIN_TROUBLE_RANGE, word);
    if (r < 0)
        return 0;
    if (reader->bare_count == 0)
        reader->bare_at = reader->at;
    reader->bare[reader->bare_count++] = value;
    reader->at += word.len;
    return 1;
}

/* A filler counts as one only when something known comes behind it; else it begins the intention
 * ("a walk"). */
static bool skip_filler(struct line_reader *reader, struct mooring_str word)
{
    size_t at = reader->at;
    while (at < reader->line.len) {
        word = word_at(reader->line, at);
        if (!checkin_word_is_filler(without_marks(word)))
            break;
        at += word.len;
        while (at < reader->line.len && gap_at(reader->line, at) > 0)
            at += gap_at(reader->line, at);
    }
    if (at == reader->at)
        return false;
    size_t letters = 0;
    if (at < reader->line.len) {
        word = without_marks(word_at(reader->line, at));
        while (letters < word.len && checkin_word_is_letter(word.ptr[letters]))
            letters++;
        if (checkin_word_feeling(word) == 0 &&
            checkin_word_key((struct mooring_str){word.ptr, letters}) < 0 &&
            quote_at(reader->line, at) < 0)
            return false;
    } else if (!reader->has_keys && reader->entry.halt == 0 && reader->bare_count == 0) {
        return false;
    }
    reader->at = at;
    return true;
}

static int take_one(struct line_reader *reader)
{
    int r = take_quoted(reader);
    if (r != 0)
        return r;
    struct mooring_str word = word_at(reader->line, reader->at);
    r = take_bare(reader, word);
    if (r == 0)
        r = take_item(reader, word);
    if (r == 0)
        r = take_feeling(reader, word);
    if (r == 0 && !skip_filler(reader, word))
        r = take_rest(reader, word);
    return r;
}

static int place_bare(struct line_reader *reader)
{
    if (reader->bare_count == 0)
        return 0;
    if (reader->bare_count < BARE_NUMBERS || reader->has_keys)
        return fail(reader, CHECKIN_TROUBLE_WORD, word_at(reader->line, reader->bare_at));
    for (size_t i = 0; i < BARE_NUMBERS; i++)
        reader->entry.value[i] = reader->bare[i];
    return 0;
}

int checkin_line_parse(struct mooring_str line, struct checkin_entry *ret_entry,
                       struct checkin_trouble *ret_trouble)
{
    struct line_reader reader = {.line = line, .trouble = ret_trouble};
    checkin_entry_init(&reader.entry);
    for (skip_gaps(&reader); reader.at < line.len; skip_gaps(&reader)) {
        int r = take_one(&reader);
        if (r < 0)
            return r;
    }
    int r = place_bare(&reader);
    if (r < 0)
        return r;
    if (checkin_entry_is_empty(&reader.entry))
        return fail(&reader, CHECKIN_TROUBLE_NOTHING, (struct mooring_str){line.ptr, 0});
    *ret_entry = reader.entry;
    return 0;
}
