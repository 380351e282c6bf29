/* SPDX-License-Identifier: MIT */
/* zone_rule.c: POSIX TZ strings such as "EST5EDT,M3.2.0,M11.1.0". */
#include "schedule/zone_rule.h"

#include <errno.h>

#include "base/ascii.h"
#include "schedule/civil.h"

enum {
    HOURS_MAX = 167,         /* RFC 9636: a week less one hour, either way */
    OFFSET_HOURS_MAX = 24,   /* POSIX */
    CHANGES = 6,             /* two in each of three years */
    DEFAULT_CHANGE_HOUR = 2, /* POSIX */
};

static char peek(struct str rest)
{
    return str_empty(rest) ? '\0' : rest.ptr[0];
}

static bool take_byte(struct str *rest, char byte)
{
    if (peek(*rest) != byte || str_empty(*rest))
        return false;
    *rest = str_from(*rest, 1);
    return true;
}

static bool take_number(struct str *rest, int min, int max, int *ret_value)
{
    int value = 0;
    size_t count = 0;
    while (count < 3 && ascii_is_digit(peek(*rest))) {
        value = value * 10 + (peek(*rest) - '0');
        *rest = str_from(*rest, 1);
        count++;
    }
    if (count == 0 || value < min || value > max)
        return false;
    *ret_value = value;
    return true;
}

/* "[+-]hh[:mm[:ss]]" to seconds. */
static bool take_clock(struct str *rest, int hours_max, int32_t *ret_seconds)
{
    int hours, minutes = 0, seconds = 0;
    bool negative = take_byte(rest, '-');
    if (!negative)
        (void)take_byte(rest, '+');
    if (!take_number(rest, 0, hours_max, &hours))
        return false;
    if (take_byte(rest, ':')) {
        if (!take_number(rest, 0, 59, &minutes))
            return false;
        if (take_byte(rest, ':') && !take_number(rest, 0, 59, &seconds))
            return false;
    }
    int32_t total = hours * 3600 + minutes * 60 + seconds;
    *ret_seconds = negative ? -total : total;
    return true;
}

static bool is_quoted(char c)
{
    return ascii_is_word(c) || c == '+' || c == '-';
}

/* "EST" or "<+0330>": at least three characters, of which only the quoted form may have digits and
 * signs. */
static bool take_name(struct str *rest, char name[ZONE_RULE_NAME_BYTES])
{
    bool quoted = take_byte(rest, '<');
    size_t len = 0;
    while (len < rest->len &&
           (quoted ? is_quoted(rest->ptr[len]) : ascii_is_letter(rest->ptr[len])))
        len++;
    if (len < 3 || !str_to_c(str_upto(*rest, len), name, ZONE_RULE_NAME_BYTES))
        return false;
    *rest = str_from(*rest, len);
    return !quoted || take_byte(rest, '>');
}

static bool take_day(struct str *rest, struct zone_rule_date *date)
{
    if (take_byte(rest, 'M')) {
        date->form = ZONE_RULE_MONTH;
        return take_number(rest, 1, 12, &date->month) && take_byte(rest, '.') &&
               take_number(rest, 1, 5, &date->week) && take_byte(rest, '.') &&
               take_number(rest, 0, 6, &date->weekday);
    }
    if (take_byte(rest, 'J')) {
        date->form = ZONE_RULE_JULIAN;
        return take_number(rest, 1, 365, &date->day);
    }
    date->form = ZONE_RULE_DAY;
    return take_number(rest, 0, 365, &date->day);
}

static bool take_date(struct str *rest, struct zone_rule_date *date)
{
    date->seconds = DEFAULT_CHANGE_HOUR * 3600;
    if (!take_byte(rest, ',') || !take_day(rest, date))
        return false;
    return !take_byte(rest, '/') || take_clock(rest, HOURS_MAX, &date->seconds);
}

static bool take_half(struct str *rest, struct zone_rule_half *half)
{
    int32_t west;
    if (!take_name(rest, half->name) || !take_clock(rest, OFFSET_HOURS_MAX, &west))
        return false;
    half->offset_seconds = -west; /* POSIX counts west of Greenwich */
    return true;
}

static bool take_daylight(struct str *rest, struct zone_rule *rule)
{
    rule->has_daylight = true;
    rule->daylight.offset_seconds = rule->standard.offset_seconds + 3600;
    if (!take_name(rest, rule->daylight.name))
        return false;
    if (peek(*rest) != ',') {
        int32_t west;
        if (!take_clock(rest, OFFSET_HOURS_MAX, &west))
            return false;
        rule->daylight.offset_seconds = -west;
    }
    return take_date(rest, &rule->start) && take_date(rest, &rule->end);
}

int zone_rule_parse(struct str text, struct zone_rule *ret_rule)
{
    struct zone_rule rule = {0};
    if (!take_half(&text, &rule.standard))
        return -EINVAL;
    if (!str_empty(text) && !take_daylight(&text, &rule))
        return -EINVAL;
    if (!str_empty(text))
        return -EINVAL;
    *ret_rule = rule;
    return 0;
}

/* The day, counted from 1970-01-01, on which the date falls in that year. */
static int64_t day_in_year(const struct zone_rule_date *date, int64_t year)
{
    int64_t january = civil_days(year, 1, 1);
    switch (date->form) {
    case ZONE_RULE_JULIAN:
        return january + date->day - 1 + (civil_leap_year(year) && date->day >= 60);
    case ZONE_RULE_DAY:
        return january + date->day;
    case ZONE_RULE_MONTH:
        break;
    }
    int64_t first = civil_days(year, date->month, 1);
    int64_t day = (date->weekday - civil_weekday_of_days(first) + 7) % 7 + (date->week - 1) * 7;
    while (day >= civil_month_days(year, date->month)) /* week 5 means the last one */
        day -= 7;
    return first + day;
}

struct change {
    int64_t at; /* Unix seconds */
    bool to_daylight;
};

/* Hours beyond a day can move a change into a neighbouring year: hence three years, sorted.  Of two
 * changes at one moment the one to daylight time comes last, which is how "daylight time all year"
 * is written. */
static void list_changes(const struct zone_rule *rule, int64_t year, struct change changes[CHANGES])
{
    for (int i = 0; i < CHANGES; i++) {
        bool start = i % 2 == 0;
        const struct zone_rule_date *date = start ? &rule->start : &rule->end;
        int32_t before = start ? rule->standard.offset_seconds : rule->daylight.offset_seconds;
        struct change change = {.to_daylight = start};
        change.at = day_in_year(date, year - 1 + i / 2) * CIVIL_DAY_SECONDS + date->seconds -
                    before;
        int at = i;
        for (; at > 0; at--) {
            const struct change *other = &changes[at - 1];
            if (other->at < change.at || (other->at == change.at && change.to_daylight))
                break;
            changes[at] = changes[at - 1];
        }
        changes[at] = change;
    }
}

void zone_rule_span_at(const struct zone_rule *rule, int64_t unix_seconds,
                       struct zone_rule_span *ret_span)
{
    struct zone_rule_span span = {.from = INT64_MIN, .until = INT64_MAX};
    /* Beyond these years nobody asks, and the arithmetic must not overflow. */
    const int64_t far = (int64_t)10000 * 366 * CIVIL_DAY_SECONDS;
    int64_t at = MAX_OF(-far, MIN_OF(far, unix_seconds));
    if (rule->has_daylight) {
        struct change changes[CHANGES];
        int64_t year;
        int month, day;
        civil_split_days(civil_floor_div(at + rule->standard.offset_seconds, CIVIL_DAY_SECONDS),
                         &year, &month, &day);
        list_changes(rule, year, changes);
        int i = 0;
        while (i < CHANGES && changes[i].at <= at)
            i++;
        span.is_daylight = i == 0 ? !changes[0].to_daylight : changes[i - 1].to_daylight;
        span.from = i == 0 ? at : changes[i - 1].at;
        span.until = i == CHANGES ? at + 1 : changes[i].at;
    }
    *ret_span = span;
}
