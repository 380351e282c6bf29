/* SPDX-License-Identifier: MIT */
/* meetings_line.c: reads what moderators type behind `!meeting`. */
#include "meetings_line.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

struct mooring_str meetings_line_word(struct mooring_str *line)
{
    while (line->len > 0 && (*line->ptr == ' ' || *line->ptr == '\t')) {
        line->ptr++;
        line->len--;
    }
    size_t len = 0;
    while (len < line->len && line->ptr[len] != ' ' && line->ptr[len] != '\t')
        len++;
    struct mooring_str word = {line->ptr, len};
    line->ptr += len;
    line->len -= len;
    return word;
}

bool meetings_line_is(struct mooring_str word, const char *known)
{
    return word.len == strlen(known) && strncasecmp(word.ptr, known, word.len) == 0;
}

/* The quotes of keyboards and phones; any of them opens, any closes. */
static size_t quote_at(struct mooring_str text, size_t at)
{
    static const char *const quotes[] = {"\"",           "\xe2\x80\x9c", "\xe2\x80\x9d",
                                         "\xe2\x80\x9e", "\xc2\xab",     "\xc2\xbb"};
    for (size_t i = 0; i < sizeof quotes / sizeof *quotes; i++) {
        size_t len = strlen(quotes[i]);
        if (text.len - at >= len && memcmp(text.ptr + at, quotes[i], len) == 0)
            return len;
    }
    return 0;
}

/* A quoted piece at the line's front, taken off it.  False: none. */
static bool take_quoted(struct mooring_str *line, struct mooring_str *ret_text)
{
    while (line->len > 0 && *line->ptr == ' ') {
        line->ptr++;
        line->len--;
    }
    size_t open = line->len > 0 ? quote_at(*line, 0) : 0;
    if (open == 0)
        return false;
    size_t end = open;
    while (end < line->len && quote_at(*line, end) == 0)
        end++;
    size_t close = end < line->len ? quote_at(*line, end) : 0;
    *ret_text = (struct mooring_str){line->ptr + open, end - open};
    line->ptr += end + close;
    line->len -= end + close;
    return true;
}

static bool starts_with(struct mooring_str word, const char *prefix)
{
    return word.len > strlen(prefix) && strncasecmp(word.ptr, prefix, strlen(prefix)) == 0;
}

/* ---- add ------------------------------------------------------------------------------------- */

struct add {
    struct meetings_item item;
    bool has_time, has_length;
};

static bool is_filler(struct mooring_str word)
{
    return meetings_line_is(word, "at") || meetings_line_is(word, "on") ||
           meetings_line_is(word, "for") || meetings_line_is(word, "and") ||
           meetings_line_is(word, "every") || meetings_line_is(word, "&");
}

static bool take_when(struct add *add, struct mooring_str word)
{
    int year, month, day;
    unsigned days = meetings_days_read(word);
    if (days != 0) {
        add->item.days |= days;
        return true;
    }
    if (meetings_date_read(word, &year, &month, &day) == 0) {
        meetings_copy(add->item.date, sizeof add->item.date, word);
        return true;
    }
    bool is_plain = word.len > 0 && memchr(word.ptr, ':', word.len) == NULL &&
                    meetings_length_read(word) > 0;
    int at = meetings_time_read(word);
    if (!add->has_time && at >= 0 &&
        !(is_plain && word.len <= 4 && word.ptr[word.len - 1] <= '9')) {
        add->item.at_minutes = at;
        add->has_time = true;
        return true;
    }
    if (!add->has_length && meetings_length_read(word) > 0) {
        add->item.minutes = meetings_length_read(word);
        add->has_length = true;
        return true;
    }
    return false;
}

static bool take_where(struct add *add, struct mooring_str word)
{
    if (starts_with(word, "https://") || starts_with(word, "http://")) {
        if (word.len >= sizeof add->item.link)
            return false; /* half a link leads nowhere */
        meetings_copy(add->item.link, sizeof add->item.link, word);
        return true;
    }
    if (meetings_line_is(word, "in-person") || meetings_line_is(word, "online")) {
        add->item.is_in_person = word.ptr[1] == 'n' && word.len == 9;
        return true;
    }
    if (memchr(word.ptr, '/', word.len) != NULL && word.len < sizeof add->item.zone &&
        add->item.zone[0] == '\0' && (word.ptr[0] >= 'A' && word.ptr[0] <= 'Z')) {
        meetings_copy(add->item.zone, sizeof add->item.zone, word);
        return true;
    }
    return false;
}

/* Without quotes the title is what stands before the first day or date. */
static void take_title(struct add *add, struct mooring_str *line)
{
    struct mooring_str title = {NULL, 0}, rest = *line;
    if (take_quoted(line, &title)) {
        meetings_copy(add->item.title, sizeof add->item.title, title);
        return;
    }
    for (;;) {
        struct mooring_str before = rest, word = meetings_line_word(&rest);
        int year, month, day;
        if (word.len == 0)
            return;
        if (meetings_days_read(word) == 0 && meetings_date_read(word, &year, &month, &day) < 0) {
            if (title.ptr == NULL)
                title.ptr = word.ptr;
            if (!is_filler(word))
                title.len = (size_t)(word.ptr + word.len - title.ptr);
            continue;
        }
        if (title.ptr != NULL)
            meetings_copy(add->item.title, sizeof add->item.title, title);
        *line = before;
        return;
    }
}

enum meetings_trouble meetings_line_add(struct mooring_str line, struct meetings_item *ret_item,
                                        struct mooring_str *ret_word)
{
    struct add add = {.has_time = false};
    struct mooring_str place, word;
    meetings_item_init(&add.item);
    add.item.is_stored = true;
    take_title(&add, &line);
    if (add.item.title[0] == '\0')
        return MEETINGS_TROUBLE_TITLE;
    for (;;) {
        if (take_quoted(&line, &place)) {
            meetings_copy(add.item.place, sizeof add.item.place, place);
            continue;
        }
        word = meetings_line_word(&line);
        if (word.len == 0)
            break;
        if (!is_filler(word) && !take_when(&add, word) && !take_where(&add, word)) {
            *ret_word = word;
            return MEETINGS_TROUBLE_WORD;
        }
    }
    if (add.item.days == 0 && add.item.date[0] == '\0')
        return MEETINGS_TROUBLE_DAYS;
    if (!add.has_time)
        return MEETINGS_TROUBLE_TIME;
    *ret_item = add.item;
    return MEETINGS_TROUBLE_NONE;
}

/* ---- cancel, move, restore, remove ----------------------------------------------------------- */

static bool day_read(struct mooring_str word, struct meetings_day *ret_day)
{
    int year, month, day;
    struct meetings_day named = {.kind = MEETINGS_DAY_ANY};
    if (meetings_date_read(word, &year, &month, &day) == 0) {
        named.kind = MEETINGS_DAY_DATE;
        meetings_copy(named.date, sizeof named.date, word);
    } else if (meetings_line_is(word, "today") || meetings_line_is(word, "tonight")) {
        named.kind = MEETINGS_DAY_TODAY;
    } else if (meetings_line_is(word, "tomorrow")) {
        named.kind = MEETINGS_DAY_TOMORROW;
    } else {
        named.weekday = meetings_days_read(word);
        if (named.weekday == 0 || (named.weekday & (named.weekday - 1)) != 0)
            return false;
        named.kind = MEETINGS_DAY_WEEKDAY;
    }
    *ret_day = named;
    return true;
}

static int number_read(struct mooring_str word)
{
    int value = 0;
    size_t at = word.len > 0 && word.ptr[0] == '#' ? 1 : 0;
    if (word.len == at || word.len > at + 3)
        return -EINVAL;
    for (; at < word.len; at++) {
        if (word.ptr[at] < '0' || word.ptr[at] > '9')
            return -EINVAL;
        value = value * 10 + (word.ptr[at] - '0');
    }
    return value;
}

enum meetings_trouble meetings_line_change(struct mooring_str line,
                                           struct meetings_change *ret_change,
                                           struct mooring_str *ret_word)
{
    struct meetings_change change = {.at_minutes = -1};
    struct mooring_str word = meetings_line_word(&line);
    change.number = number_read(word);
    if (change.number <= 0)
        return MEETINGS_TROUBLE_NUMBER;
    bool is_target = false;
    for (word = meetings_line_word(&line); word.len > 0; word = meetings_line_word(&line)) {
        struct meetings_day day;
        int at = meetings_time_read(word);
        if (meetings_line_is(word, "to")) {
            is_target = true;
        } else if (day_read(word, &day)) {
            if (is_target || change.which.kind != MEETINGS_DAY_ANY)
                change.to = day;
            else
                change.which = day;
        } else if (at >= 0 && change.at_minutes < 0) {
            change.at_minutes = at;
        } else if (!is_filler(word)) {
            *ret_word = word;
            return MEETINGS_TROUBLE_WORD;
        }
    }
    *ret_change = change;
    return MEETINGS_TROUBLE_NONE;
}
