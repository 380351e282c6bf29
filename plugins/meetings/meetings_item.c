/* SPDX-License-Identifier: MIT */
/* meetings_item.c: one meeting: how it is typed, stored and repeated. */
#include "meetings_item.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { WEEK_DAYS = 7, DAY_MINUTES = 1440, FIRST_MONDAY = 5 /* of January 2026 */ };

static const char *const day_names[WEEK_DAYS] = {"monday", "tuesday",  "wednesday", "thursday",
                                                 "friday", "saturday", "sunday"};
static const char *const day_codes[WEEK_DAYS] = {"MO", "TU", "WE", "TH", "FR", "SA", "SU"};

void meetings_item_init(struct meetings_item *item)
{
    memset(item, 0, sizeof *item);
    item->minutes = 60;
}

struct mooring_str meetings_str(const char *text)
{
    return (struct mooring_str){text, strlen(text)};
}

void meetings_copy(char *ret_text, size_t size, struct mooring_str text)
{
    size_t len = text.len < size ? text.len : size - 1;
    while (len < text.len && len > 0 && ((unsigned char)text.ptr[len] & 0xc0) == 0x80)
        len--;
    for (size_t i = 0; i < len; i++)
        ret_text[i] = (unsigned char)text.ptr[i] < ' ' ? ' ' : text.ptr[i];
    ret_text[len] = '\0';
}

/* ---- small readers --------------------------------------------------------------------------- */

static unsigned day_read(struct mooring_str word)
{
    if (word.len == 5 && strncasecmp(word.ptr, "daily", 5) == 0)
        return MEETINGS_EVERY_DAY;
    if (word.len == 8 && strncasecmp(word.ptr, "weekdays", 8) == 0)
        return 31;
    if (word.len == 8 && strncasecmp(word.ptr, "weekends", 8) == 0)
        return 96;
    for (unsigned day = 0; day < WEEK_DAYS && word.len >= 3; day++) {
        size_t len = strlen(day_names[day]);
        bool is_plural = word.len == len + 1 && (word.ptr[len] == 's' || word.ptr[len] == 'S');
        size_t compared = is_plural ? len : word.len;
        if (compared <= len && strncasecmp(word.ptr, day_names[day], compared) == 0)
            return 1u << day;
    }
    return 0;
}

unsigned meetings_days_read(struct mooring_str text)
{
    unsigned bits = 0;
    size_t at = 0;
    while (at < text.len) {
        size_t end = at;
        while (end < text.len && text.ptr[end] != ',' && text.ptr[end] != '+' &&
               text.ptr[end] != '/')
            end++;
        struct mooring_str word = {text.ptr + at, end - at};
        while (word.len > 0 && *word.ptr == ' ') {
            word.ptr++;
            word.len--;
        }
        while (word.len > 0 && word.ptr[word.len - 1] == ' ')
            word.len--;
        unsigned bit = day_read(word);
        if (bit == 0 && word.len > 0)
            return 0;
        bits |= bit;
        at = end + 1;
    }
    return bits;
}

/* Digits at *at, at most four of them; -1: none. */
static int digits(struct mooring_str text, size_t *at)
{
    int value = -1;
    for (int count = 0; *at < text.len && count < 4 && text.ptr[*at] >= '0' && text.ptr[*at] <= '9';
         count++, (*at)++)
        value = (value < 0 ? 0 : value * 10) + (text.ptr[*at] - '0');
    return value;
}

static bool rest_is(struct mooring_str text, size_t at, const char *rest)
{
    return text.len - at == strlen(rest) && strncasecmp(text.ptr + at, rest, text.len - at) == 0;
}

int meetings_time_read(struct mooring_str text)
{
    size_t at = 0;
    int hour = digits(text, &at), minute = 0;
    if (hour < 0)
        return -EINVAL;
    if (at == text.len && text.len >= 3) /* "1080": what an option gives */
        return hour < DAY_MINUTES ? hour : -EINVAL;
    bool has_minutes = at < text.len && (text.ptr[at] == ':' || text.ptr[at] == '.');
    if (has_minutes) {
        size_t from = ++at;
        minute = digits(text, &at);
        if (minute < 0 || minute > 59 || at - from != 2)
            return -EINVAL;
    }
    bool is_am = rest_is(text, at, "am") || rest_is(text, at, "a.m.");
    bool is_pm = rest_is(text, at, "pm") || rest_is(text, at, "p.m.");
    if ((is_am || is_pm) && hour >= 1 && hour <= 12)
        return (hour % 12 + (is_pm ? 12 : 0)) * 60 + minute;
    if (!has_minutes || at != text.len || hour > 23)
        return -EINVAL;
    return hour * 60 + minute;
}

int meetings_length_read(struct mooring_str text)
{
    size_t at = 0;
    int minutes = digits(text, &at);
    if (minutes <= 0)
        return -EINVAL;
    if (at < text.len && text.ptr[at] == '.') {
        at++;
        int tenths = digits(text, &at);
        if (tenths < 0 || tenths > 9 || !(rest_is(text, at, "h") || rest_is(text, at, "hours")))
            return -EINVAL;
        minutes = minutes * 60 + tenths * 6;
    } else if (at < text.len && (text.ptr[at] == 'h' || text.ptr[at] == 'H')) {
        at++;
        int more = digits(text, &at);
        if (more > 59 || !(at == text.len || rest_is(text, at, "m") || rest_is(text, at, "min") ||
                           rest_is(text, at, "our") || rest_is(text, at, "ours")))
            return -EINVAL;
        minutes = minutes * 60 + (more < 0 ? 0 : more);
    } else if (at != text.len && !rest_is(text, at, "m") && !rest_is(text, at, "min") &&
               !rest_is(text, at, "mins") && !rest_is(text, at, "minutes")) {
        return -EINVAL;
    }
    return minutes <= MEETINGS_MINUTES_MAX ? minutes : -EINVAL;
}

static int month_days(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && is_leap);
}

int meetings_date_read(struct mooring_str text, int *ret_year, int *ret_month, int *ret_day)
{
    if (text.len != 10 || text.ptr[4] != '-' || text.ptr[7] != '-')
        return -EINVAL;
    size_t at = 0;
    int year = digits(text, &at);
    bool is_good = at == 4;
    at = 5;
    int month = digits(text, &at);
    is_good = is_good && at == 7;
    at = 8;
    int day = digits(text, &at);
    if (!is_good || at != 10 || year < 2000 || year > 2199 || month < 1 || month > 12 || day < 1 ||
        day > month_days(year, month))
        return -EINVAL;
    *ret_year = year;
    *ret_month = month;
    *ret_day = day;
    return 0;
}

void meetings_leads_read(struct meetings_item *item, struct mooring_str text)
{
    item->lead_count = 0;
    for (size_t at = 0; at < text.len;) {
        int lead = digits(text, &at);
        if (lead < 0) {
            at++;
            continue;
        }
        size_t place = 0;
        while (place < item->lead_count && item->leads[place] > lead)
            place++;
        if (item->lead_count == MEETINGS_LEADS_MAX ||
            (place < item->lead_count && item->leads[place] == lead))
            continue;
        memmove(item->leads + place + 1, item->leads + place,
                (item->lead_count - place) * sizeof *item->leads);
        item->leads[place] = lead;
        item->lead_count++;
    }
}

/* Sakamoto's method, turned to begin with Monday. */
int meetings_weekday(int year, int month, int day)
{
    static const int shift[] = {0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4};
    if (month < 3)
        year--;
    return (year + year / 4 - year / 100 + year / 400 + shift[month - 1] + day + 6) % WEEK_DAYS;
}

/* ---- rule ------------------------------------------------------------------------------------ */

size_t meetings_rule(const struct meetings_item *item, char ret_rule[MEETINGS_RULE_BYTES],
                     char ret_start[MEETINGS_LOCAL_BYTES])
{
    unsigned hour = (unsigned)item->at_minutes / 60 % 24, minute = (unsigned)item->at_minutes % 60;
    ret_rule[0] = '\0';
    if (item->days == 0) {
        (void)snprintf(ret_start, MEETINGS_LOCAL_BYTES, "%.10sT%02u:%02u", item->date, hour,
                       minute);
        return 0;
    }
    size_t len = (size_t)snprintf(ret_rule, MEETINGS_RULE_BYTES, "FREQ=WEEKLY;BYDAY=");
    const char *comma = "";
    int first = -1;
    for (int day = 0; day < WEEK_DAYS; day++) {
        if ((item->days & 1u << day) == 0)
            continue;
        if (first < 0)
            first = day;
        len += (size_t)snprintf(ret_rule + len, MEETINGS_RULE_BYTES - len, "%s%s", comma,
                                day_codes[day]);
        comma = ",";
    }
    (void)snprintf(ret_start, MEETINGS_LOCAL_BYTES, "2026-01-%02uT%02u:%02u",
                   (unsigned)(FIRST_MONDAY + first) % 32, hour, minute);
    return len;
}

void meetings_item_name(struct meetings_item *item)
{
    uint64_t hash = 0xcbf29ce484222325u;
    char text[MEETINGS_TITLE_BYTES + 32];
    int len = snprintf(text, sizeof text, "%s|%u|%d|%s", item->title, item->days, item->at_minutes,
                       item->date);
    for (int i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)text[i]) * 0x100000001b3u;
    (void)snprintf(item->key, sizeof item->key, "c%016" PRIx64, hash);
}

bool meetings_item_is_cancelled(const struct meetings_item *item, const char *date)
{
    return strstr(item->cancelled, date) != NULL;
}

/* ---- storing --------------------------------------------------------------------------------- */

/* An older version or a restored backup may have written what stands there, so a number is read as
 * carefully as one that a person typed. */
bool meetings_number_take(struct mooring_str *text, uint64_t max, uint64_t *ret_number)
{
    size_t i = 0;
    uint64_t number = 0;
    while (i < text->len && text->ptr[i] == ' ')
        i++;
    size_t first = i;
    for (; i < text->len && text->ptr[i] >= '0' && text->ptr[i] <= '9'; i++) {
        uint64_t digit = (uint64_t)(text->ptr[i] - '0');
        if (digit > max || number > (max - digit) / 10)
            return false;
        number = number * 10 + digit;
    }
    if (i == first)
        return false;
    *text = (struct mooring_str){text->ptr + i, text->len - i};
    *ret_number = number;
    return true;
}

size_t meetings_item_format(const struct meetings_item *item, char ret_text[MEETINGS_STORED_BYTES])
{
    char leads[MEETINGS_LEADS_MAX * 6] = "";
    size_t len = 0;
    for (size_t i = 0; i < item->lead_count; i++)
        len += (size_t)snprintf(leads + len, sizeof leads - len, "%s%d", i > 0 ? "," : "",
                                item->leads[i]);
    return (size_t)snprintf(ret_text, MEETINGS_STORED_BYTES,
                            "%u %d %d %d\n%s\n%s\n%s\n%s\n%s\n%s\n%s", item->days, item->at_minutes,
                            item->minutes, item->is_in_person, item->title, item->link, item->place,
                            item->zone, item->date, item->until, leads);
}

static bool next_line(struct mooring_str *text, struct mooring_str *ret_line)
{
    if (text->ptr == NULL)
        return false;
    const char *end = memchr(text->ptr, '\n', text->len);
    size_t len = end != NULL ? (size_t)(end - text->ptr) : text->len;
    *ret_line = (struct mooring_str){text->ptr, len};
    *text = end != NULL ? (struct mooring_str){end + 1, text->len - len - 1}
                        : (struct mooring_str){NULL, 0};
    return true;
}

int meetings_item_read(struct mooring_str text, struct meetings_item *ret_item)
{
    struct meetings_item item;
    struct mooring_str line;
    uint64_t days, at_minutes, minutes, in_person;
    meetings_item_init(&item);
    if (!next_line(&text, &line))
        return -EINVAL;
    if (!meetings_number_take(&line, MEETINGS_EVERY_DAY, &days) ||
        !meetings_number_take(&line, DAY_MINUTES - 1, &at_minutes) ||
        !meetings_number_take(&line, MEETINGS_MINUTES_MAX, &minutes) ||
        !meetings_number_take(&line, INT_MAX, &in_person))
        return -EINVAL;
    item.days = (unsigned)days;
    item.at_minutes = (int)at_minutes;
    item.minutes = (int)minutes;
    item.is_in_person = in_person != 0;
    const struct {
        char *text;
        size_t size;
    } fields[] = {{item.title, sizeof item.title}, {item.link, sizeof item.link},
                  {item.place, sizeof item.place}, {item.zone, sizeof item.zone},
                  {item.date, sizeof item.date},   {item.until, sizeof item.until}};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (!next_line(&text, &line))
            return -EINVAL;
        meetings_copy(fields[i].text, fields[i].size, line);
    }
    if (next_line(&text, &line))
        meetings_leads_read(&item, line);
    if (item.minutes < 1 || item.title[0] == '\0' || (item.days == 0 && item.date[0] == '\0'))
        return -EINVAL;
    item.is_stored = true;
    *ret_item = item;
    return 0;
}
