/* SPDX-License-Identifier: MIT */
/* read_number.c: "7", "7/10", "about seven", "7 out of 10"; and times: "9", "9am", "21:30",
 * "noon". */
#include <errno.h>
#include <stdio.h>

#include "base/ascii.h"
#include "base/number.h"
#include "dialogue/internal.h"

enum { WORDS_MAX = 6, HOUR_MINUTES = 60, DAY_MINUTES = 24 * 60 };

/* ---- numbers --------------------------------------------------------------------------------- */

struct lists {
    struct str numbers, about, out_of;
};

/* What the words of an answer hold. */
struct scan {
    int64_t numbers[2];
    size_t count;
    bool parted;   /* "/" or "out of" between the two */
    bool is_huge;  /* a number beyond all */
    bool is_other; /* words that are no number, or a part of one: "7.5" */
};

static bool is_plain(char c)
{
    return ascii_is_digit(c) || ascii_is_small(c) || (unsigned char)c >= 0x80;
}

/* "~7", "(7)": marks around a word; a minus before a number belongs to it. */
static struct str bare(struct str word)
{
    while (word.len && !is_plain(word.ptr[0]) && word.ptr[0] != '-')
        word = str_from(word, 1);
    while (word.len && !is_plain(word.ptr[word.len - 1]))
        word.len--;
    return word;
}

static void scan_word(struct scan *scan, const struct lists *lists, struct str word)
{
    int64_t number = 0;
    word = bare(word);
    if (str_empty(word) || dialogue_words_has(lists->about, word))
        return;
    if (dialogue_words_has(lists->out_of, word)) {
        scan->parted = scan->parted || scan->count == 1;
        return;
    }
    int r = number_parse(word, INT64_MIN, INT64_MAX, &number);
    if (r == -ERANGE)
        scan->is_huge = true;
    if (r < 0) {
        number = dialogue_words_place(lists->numbers, word);
        r = number < 0 ? r : 0;
    }
    if (r < 0)
        scan->is_other = true;
    else if (scan->count++ < COUNT_OF(scan->numbers))
        scan->numbers[scan->count - 1] = number;
}

static void scan_text(struct scan *scan, const struct lists *lists, struct str text)
{
    struct str word, part;
    size_t words = 0;
    while (str_word(&text, &word)) {
        if (++words > WORDS_MAX)
            /* a sentence that happens to hold a number says something else */
            scan->is_other = true;
        for (bool first = true; str_split(&word, '/', &part); first = false) {
            scan->parted = scan->parted || (!first && scan->count == 1);
            scan_word(scan, lists, part);
        }
    }
}

static int lists_of(const struct dialogue_reader *reader, struct lists *ret_lists)
{
    int r = dialogue_reader_words(reader, "dialogue.words-numbers", &ret_lists->numbers);
    if (r == 0)
        r = dialogue_reader_words(reader, "dialogue.words-about", &ret_lists->about);
    if (r == 0)
        r = dialogue_reader_words(reader, "dialogue.words-out-of", &ret_lists->out_of);
    return r;
}

int dialogue_read_number(const struct dialogue_reader *reader, const struct mooring_step *step,
                         struct str folded, struct dialogue_reading *reading)
{
    struct lists lists;
    struct scan scan = {0};
    int r = lists_of(reader, &lists);
    if (r < 0)
        return r;
    scan_text(&scan, &lists, folded);
    bool of_all = scan.count == 2 && scan.parted && scan.numbers[1] == step->max;
    bool bounded = step->min != 0 || step->max != 0;
    int64_t number = scan.numbers[0];
    char text[24];
    reading->reason = NULL;
    if (scan.is_huge)
        reading->reason = bounded ? "dialogue.outside" : "dialogue.not-number";
    else if (scan.is_other || (scan.count != 1 && !of_all))
        reading->reason = bounded ? "dialogue.not-number" : "dialogue.not-any-number";
    else if (bounded && (number < step->min || number > step->max))
        reading->reason = "dialogue.outside";
    if (reading->reason)
        return 0;
    reading->number = number;
    (void)snprintf(text, sizeof text, "%lld", (long long)number);
    reading->text = str_keep(reader->arena, str_of(text));
    return reading->text.ptr ? 1 : -ENOMEM;
}

/* ---- times ----------------------------------------------------------------------------------- */

static size_t digits(struct str s)
{
    size_t count = 0;
    while (count < s.len && ascii_is_digit(s.ptr[count]))
        count++;
    return count;
}

static int take_number(struct str *rest, size_t count)
{
    int64_t number = -1;
    if (number_parse(str_upto(*rest, count), 0, 9999, &number) < 0)
        return -1;
    *rest = str_from(*rest, count);
    return (int)number;
}

/* "9", "9:30", "9.30", "9h", "9h30", "0930"; minutes after midnight, or -1. */
static int take_clock(struct str *rest)
{
    size_t count = digits(*rest);
    if (count == 0 || count > 4)
        return -1;
    int hours = take_number(rest, count), minutes = 0;
    if (count > 2) {
        minutes = hours % 100;
        hours /= 100;
    } else if (rest->len && strchr(":.h", rest->ptr[0])) {
        bool bare_h = rest->ptr[0] == 'h' && digits(str_from(*rest, 1)) == 0;
        *rest = str_from(*rest, 1);
        if (!bare_h)
            minutes = digits(*rest) == 2 ? take_number(rest, 2) : -1;
    }
    if (hours > 23 || minutes < 0 || minutes > 59)
        return -1;
    return hours * HOUR_MINUTES + minutes;
}

/* Twelve-hour time, where a word says so. */
static int with_half(int minutes, bool is_am, bool is_pm)
{
    if (!is_am && !is_pm)
        return minutes;
    if (minutes < HOUR_MINUTES || minutes >= 13 * HOUR_MINUTES)
        return -1;
    return minutes % (DAY_MINUTES / 2) + (is_pm ? DAY_MINUTES / 2 : 0);
}

static struct str without_about(struct str text, struct str about)
{
    struct str rest = text, word;
    while (str_word(&rest, &word)) {
        if (!dialogue_words_has(about, bare(word)) || str_empty(bare(word)))
            break;
        text = str_trim(rest);
    }
    return text;
}

/* -1: no time; below that: an error. */
static int clock_of(const struct dialogue_reader *reader, struct str folded)
{
    static const char *const ids[] = {"dialogue.words-about",    "dialogue.words-noon",
                                      "dialogue.words-midnight", "dialogue.words-am",
                                      "dialogue.words-pm",       "dialogue.words-clock"};
    struct str lists[COUNT_OF(ids)];
    for (size_t i = 0; i < COUNT_OF(ids); i++)
        if (dialogue_reader_words(reader, ids[i], &lists[i]) < 0)
            return -ENOMEM;
    struct str rest = without_about(folded, lists[0]);
    if (dialogue_words_has(lists[1], rest))
        return DAY_MINUTES / 2;
    if (dialogue_words_has(lists[2], rest))
        return 0;
    int minutes = take_clock(&rest);
    rest = str_trim(rest);
    bool is_am = dialogue_words_has(lists[3], rest), is_pm = dialogue_words_has(lists[4], rest);
    if (minutes < 0 ||
        (!str_empty(rest) && !is_am && !is_pm && !dialogue_words_has(lists[5], rest)))
        return -1;
    return with_half(minutes, is_am, is_pm);
}

int dialogue_read_time(const struct dialogue_reader *reader, struct str folded,
                       struct dialogue_reading *reading)
{
    char text[16];
    int minutes = clock_of(reader, folded);
    if (minutes < -1)
        return minutes;
    if (minutes < 0) {
        reading->reason = "dialogue.not-time";
        return 0;
    }
    (void)snprintf(text, sizeof text, "%02d:%02d", minutes / HOUR_MINUTES, minutes % HOUR_MINUTES);
    reading->number = minutes;
    reading->text = str_keep(reader->arena, str_of(text));
    return reading->text.ptr ? 1 : -ENOMEM;
}
