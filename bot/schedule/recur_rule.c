/* SPDX-License-Identifier: MIT */
/* recur_rule.c: parser of RRULE texts; strict, because a rule that is misread fires at the wrong
 * time. */
#include "schedule/recur_rule.h"

#include <errno.h>
#include <stddef.h>

#include "base/number.h"

struct parser {
    struct recur_rule rule;
    struct error *error;
    unsigned seen; /* bit i: parts[i] was there */
};

static int fail_range(struct parser *parser, const char *part, struct str value, const char *wanted)
{
    return error_set(parser->error, -EINVAL, "%s=%.*s in the repeat rule: %s", part,
                     STR_ARG(str_upto(value, 40)), wanted);
}

static const char *const day_names[] = {"", "MO", "TU", "WE", "TH", "FR", "SA", "SU"};

static int day_of_name(struct str name)
{
    for (int day = 1; day <= 7; day++)
        if (str_eq_nocase(name, str_of(day_names[day])))
            return day;
    return 0;
}

static int parse_freq(struct parser *parser, struct str value)
{
    static const char *const names[RECUR_FREQ_COUNT] = {
        [RECUR_SECONDLY] = "SECONDLY", [RECUR_MINUTELY] = "MINUTELY", [RECUR_HOURLY] = "HOURLY",
        [RECUR_DAILY] = "DAILY",       [RECUR_WEEKLY] = "WEEKLY",     [RECUR_MONTHLY] = "MONTHLY",
        [RECUR_YEARLY] = "YEARLY",
    };
    for (int i = 0; i < RECUR_FREQ_COUNT; i++) {
        if (str_eq_nocase(value, str_of(names[i]))) {
            parser->rule.freq = (enum recur_rule_freq)i;
            return 0;
        }
    }
    return fail_range(parser, "FREQ", value,
                      "write YEARLY, MONTHLY, WEEKLY, DAILY, HOURLY, MINUTELY or SECONDLY");
}

static int parse_interval(struct parser *parser, struct str value)
{
    if (number_parse(value, 1, RECUR_RULE_INTERVAL_MAX, &parser->rule.interval) < 0)
        return fail_range(parser, "INTERVAL", value, "write a number from 1 to 100000");
    return 0;
}

static int parse_count(struct parser *parser, struct str value)
{
    if (number_parse(value, 1, RECUR_RULE_COUNT_MAX, &parser->rule.count) < 0)
        return fail_range(parser, "COUNT", value, "write a number from 1 to 10000");
    return 0;
}

static bool read_two(struct str text, size_t at, int *ret_value)
{
    char a = text.ptr[at], b = text.ptr[at + 1];
    if (a < '0' || a > '9' || b < '0' || b > '9')
        return false;
    *ret_value = (a - '0') * 10 + (b - '0');
    return true;
}

/* "20261124", "20261124T180000", "20261124T180000Z" */
static bool read_until(struct str value, struct recur_rule *rule)
{
    struct civil until = {.hour = 23, .minute = 59, .second = 59};
    int century, year;
    if (value.len != 8 && value.len != 15 && value.len != 16)
        return false;
    if (!read_two(value, 0, &century) || !read_two(value, 2, &year) ||
        !read_two(value, 4, &until.month) || !read_two(value, 6, &until.day))
        return false;
    if (value.len > 8 &&
        ((value.ptr[8] != 'T' && value.ptr[8] != 't') || !read_two(value, 9, &until.hour) ||
         !read_two(value, 11, &until.minute) || !read_two(value, 13, &until.second)))
        return false;
    if (value.len == 16 && value.ptr[15] != 'Z' && value.ptr[15] != 'z')
        return false;
    until.year = century * 100 + year;
    rule->until = until;
    rule->until_is_utc = value.len == 16;
    rule->has_until = true;
    return civil_valid(&until);
}

static int parse_until(struct parser *parser, struct str value)
{
    if (!read_until(value, &parser->rule))
        return fail_range(
            parser, "UNTIL", value,
            "write a date as 20261231, or a time as 20261231T180000 (with Z at the end: UTC)");
    return 0;
}

static int parse_week_start(struct parser *parser, struct str value)
{
    parser->rule.week_start = day_of_name(value);
    if (parser->rule.week_start == 0)
        return fail_range(parser, "WKST", value, "write one of MO, TU, WE, TH, FR, SA, SU");
    return 0;
}

/* A list of plain numbers, as bits. */
static int parse_bits(struct parser *parser, const char *part, struct str value, int min, int max,
                      uint64_t *bits)
{
    struct str item;
    while (str_split(&value, ',', &item)) {
        int64_t number;
        if (number_parse(item, min, max, &number) < 0)
            return error_set(parser->error, -EINVAL,
                             "%s in the repeat rule has \"%.*s\": write numbers from %d to %d, "
                             "with commas between",
                             part, STR_ARG(str_upto(item, 40)), min, max);
        *bits |= UINT64_C(1) << number;
    }
    return 0;
}

static int parse_seconds(struct parser *parser, struct str value)
{
    return parse_bits(parser, "BYSECOND", value, 0, 59, &parser->rule.seconds);
}
static int parse_minutes(struct parser *parser, struct str value)
{
    return parse_bits(parser, "BYMINUTE", value, 0, 59, &parser->rule.minutes);
}
static int parse_hours(struct parser *parser, struct str value)
{
    return parse_bits(parser, "BYHOUR", value, 0, 23, &parser->rule.hours);
}
static int parse_months(struct parser *parser, struct str value)
{
    return parse_bits(parser, "BYMONTH", value, 1, 12, &parser->rule.months);
}

static void set_add(struct recur_rule_set *set, int64_t number)
{
    uint64_t *words = number > 0 ? set->first : set->last;
    int64_t bit = number > 0 ? number : -number;
    words[bit / 64] |= UINT64_C(1) << (bit % 64);
    set->used = true;
}

/* A list of numbers from 1 to max, or from -1 to -max, counted from the end. */
static int parse_set(struct parser *parser, const char *part, struct str value, int max,
                     struct recur_rule_set *set)
{
    struct str item;
    while (str_split(&value, ',', &item)) {
        int64_t number;
        if (number_parse(item, -max, max, &number) < 0 || number == 0)
            return error_set(parser->error, -EINVAL,
                             "%s in the repeat rule has \"%.*s\": write numbers from 1 to %d, or "
                             "-1 to -%d from the end",
                             part, STR_ARG(str_upto(item, 40)), max, max);
        set_add(set, number);
    }
    return 0;
}

static int parse_month_days(struct parser *parser, struct str value)
{
    return parse_set(parser, "BYMONTHDAY", value, 31, &parser->rule.month_days);
}
static int parse_year_days(struct parser *parser, struct str value)
{
    return parse_set(parser, "BYYEARDAY", value, 366, &parser->rule.year_days);
}
static int parse_weeks(struct parser *parser, struct str value)
{
    return parse_set(parser, "BYWEEKNO", value, 53, &parser->rule.weeks);
}
static int parse_positions(struct parser *parser, struct str value)
{
    return parse_set(parser, "BYSETPOS", value, 366, &parser->rule.positions);
}

/* "MO", "2FR", "-1SU" */
static int parse_days(struct parser *parser, struct str value)
{
    struct recur_rule *rule = &parser->rule;
    struct str item;
    while (str_split(&value, ',', &item)) {
        size_t number_len = item.len < 2 ? 0 : item.len - 2;
        int day = day_of_name(str_from(item, number_len));
        int64_t number = 0;
        if (day == 0 ||
            (number_len > 0 &&
             (number_parse(str_upto(item, number_len), -53, 53, &number) < 0 || number == 0)))
            return error_set(
                parser->error, -EINVAL,
                "BYDAY in the repeat rule has \"%.*s\": write MO, TU, WE, TH, FR, SA or SU, "
                "or 2FR for the second Friday and -1FR for the last",
                STR_ARG(str_upto(item, 40)));
        if (number == 0) {
            rule->weekdays |= 1U << day;
        } else {
            set_add(&rule->nth_weekdays[day], number);
            rule->has_nth = true;
        }
    }
    return 0;
}

static const struct part {
    const char *name;
    int (*parse)(struct parser *parser, struct str value);
} parts[] = {
    {"FREQ", parse_freq},           {"UNTIL", parse_until},      {"COUNT", parse_count},
    {"INTERVAL", parse_interval},   {"BYSECOND", parse_seconds}, {"BYMINUTE", parse_minutes},
    {"BYHOUR", parse_hours},        {"BYDAY", parse_days},       {"BYMONTHDAY", parse_month_days},
    {"BYYEARDAY", parse_year_days}, {"BYWEEKNO", parse_weeks},   {"BYMONTH", parse_months},
    {"BYSETPOS", parse_positions},  {"WKST", parse_week_start},
};

static int parse_part(struct parser *parser, struct str text)
{
    size_t equals = str_find(text, STR("="), 0);
    struct str name = str_upto(text, equals);
    if (equals == SIZE_MAX || equals + 1 == text.len)
        return error_set(parser->error, -EINVAL,
                         "\"%.*s\" in the repeat rule has no value: write it as NAME=VALUE",
                         STR_ARG(str_upto(name, 40)));
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        if (!str_eq_nocase(name, str_of(parts[i].name)))
            continue;
        if (parser->seen & 1U << i)
            return error_set(parser->error, -EINVAL, "%s stands twice in the repeat rule: keep one",
                             parts[i].name);
        parser->seen |= 1U << i;
        return parts[i].parse(parser, str_from(text, equals + 1));
    }
    return error_set(
        parser->error, -EINVAL,
        "\"%.*s\" is not a part of a repeat rule: known are FREQ, UNTIL, COUNT, INTERVAL, "
        "BYSECOND, "
        "BYMINUTE, BYHOUR, BYDAY, BYMONTHDAY, BYYEARDAY, BYWEEKNO, BYMONTH, BYSETPOS and WKST",
        STR_ARG(str_upto(name, 40)));
}

/* What RFC 5545 forbids although each part is right by itself. */
static const char *find_conflict(const struct parser *parser)
{
    const struct recur_rule *rule = &parser->rule;
    bool other_by = rule->seconds || rule->minutes || rule->hours || rule->months ||
                    rule->weekdays || rule->has_nth || rule->month_days.used ||
                    rule->year_days.used || rule->weeks.used;
    if (!(parser->seen & 1U))
        return "the repeat rule has no FREQ: begin it with one, as in FREQ=WEEKLY";
    if (rule->has_until && rule->count)
        return "the repeat rule has both UNTIL and COUNT: keep one of them";
    if (rule->weeks.used && rule->freq != RECUR_YEARLY)
        return "BYWEEKNO in the repeat rule needs FREQ=YEARLY";
    if (rule->year_days.used && rule->freq >= RECUR_DAILY && rule->freq <= RECUR_MONTHLY)
        return "BYYEARDAY in the repeat rule needs FREQ=YEARLY";
    if (rule->month_days.used && rule->freq == RECUR_WEEKLY)
        return "BYMONTHDAY in the repeat rule does not go with FREQ=WEEKLY: use FREQ=MONTHLY";
    if (rule->has_nth && (rule->freq < RECUR_MONTHLY || rule->weeks.used))
        return "BYDAY in the repeat rule may count days, as in 2FR, only with FREQ=MONTHLY, or "
               "FREQ=YEARLY without "
               "BYWEEKNO";
    if (rule->positions.used && !other_by)
        return "BYSETPOS in the repeat rule needs another BY part to choose from, such as BYDAY";
    return NULL;
}

int recur_rule_parse(struct str text, struct recur_rule *ret_rule, struct error *error)
{
    struct parser parser = {.error = error, .rule = {.interval = 1, .week_start = 1}};
    if (text.len > RECUR_RULE_BYTES_MAX)
        return error_set(error, -EINVAL, "the repeat rule is longer than %d bytes: shorten it",
                         RECUR_RULE_BYTES_MAX);
    if (str_ends(text, STR(";"))) /* some calendars write one */
        text = str_upto(text, text.len - 1);
    struct str part;
    while (str_split(&text, ';', &part)) {
        int r = parse_part(&parser, part);
        if (r < 0)
            return r;
    }
    const char *conflict = find_conflict(&parser);
    if (conflict)
        return error_set(error, -EINVAL, "%s", conflict);
    *ret_rule = parser.rule;
    return 0;
}
