/* SPDX-License-Identifier: MIT */
/* recur_plan.c: a repeat rule as a question to each day that can matter: does it fit? */
#include "schedule/recur_plan.h"

#include <errno.h>

#include "schedule/recur.h"

/* Why not by libical 3.0.16: it gets 46 of the 146 rules of its own later test file wrong without
 * an error (BYWEEKNO, BYSETPOS with times, negative BYMONTHDAY), spends half a second inside one
 * call on a rule that never fits, and cannot start in the middle of a rule with COUNT.  A rule is a
 * predicate on moments; the walk below steps over what cannot fit. */

enum { SETPOS_MAX = 366 };

/* A day, taken apart once for all the questions about it. */
struct day {
    int64_t days, year;
    int month, day, weekday;
};

static struct day day_of(int64_t days)
{
    struct day day = {.days = days, .weekday = civil_weekday_of_days(days)};
    civil_split_days(days, &day.year, &day.month, &day.day);
    return day;
}

/* The first day of week 1: the first week with four days in the year. */
static int64_t first_week(int64_t year, int week_start)
{
    int64_t fourth = civil_days(year, 1, 4);
    return fourth - (civil_weekday_of_days(fourth) - week_start + 7) % 7;
}

static int64_t week_year(const struct day *day, int week_start)
{
    if (day->days >= first_week(day->year + 1, week_start))
        return day->year + 1;
    return day->days < first_week(day->year, week_start) ? day->year - 1 : day->year;
}

static bool week_fits(const struct recur_rule *rule, const struct day *day)
{
    int64_t year = week_year(day, rule->week_start);
    int64_t first = first_week(year, rule->week_start);
    int64_t week = (day->days - first) / 7 + 1;
    int64_t weeks = (first_week(year + 1, rule->week_start) - first) / 7;
    return recur_rule_has(&rule->weeks, week, weeks - week + 1);
}

/* "The second Friday" is one of the month, or in a yearly rule without months, of the year. */
static bool weekday_fits(const struct recur_rule *rule, const struct day *day)
{
    if (rule->weekdays >> day->weekday & 1)
        return true;
    if (!rule->has_nth)
        return false;
    int64_t at = day->day, size = civil_month_days(day->year, day->month);
    if (rule->freq == RECUR_YEARLY && !rule->months) {
        at = day->days - civil_days(day->year, 1, 1) + 1;
        size = civil_leap_year(day->year) ? 366 : 365;
    }
    return recur_rule_has(&rule->nth_weekdays[day->weekday], (at - 1) / 7 + 1, (size - at) / 7 + 1);
}

static bool month_fits(const struct recur_rule *rule, const struct day *day)
{
    return !rule->months || (rule->months >> day->month & 1);
}

static bool day_fits(const struct recur_rule *rule, const struct day *day)
{
    if (!month_fits(rule, day))
        return false;
    if (rule->month_days.used &&
        !recur_rule_has(&rule->month_days, day->day,
                        civil_month_days(day->year, day->month) - day->day + 1))
        return false;
    if (rule->year_days.used) {
        int64_t at = day->days - civil_days(day->year, 1, 1) + 1;
        if (!recur_rule_has(&rule->year_days, at,
                            (civil_leap_year(day->year) ? 366 : 365) - at + 1))
            return false;
    }
    if (rule->weeks.used && !week_fits(rule, day))
        return false;
    return (!rule->weekdays && !rule->has_nth) || weekday_fits(rule, day);
}

/* Periods (years, weeks, ... seconds) are numbered, so that INTERVAL is a question of remainders.
 */
static int64_t index_of(const struct recur_rule *rule, int64_t seconds)
{
    int64_t days = civil_floor_div(seconds, CIVIL_DAY_SECONDS);
    struct day day;
    switch (rule->freq) {
    case RECUR_SECONDLY:
        return seconds;
    case RECUR_MINUTELY:
        return civil_floor_div(seconds, 60);
    case RECUR_HOURLY:
        return civil_floor_div(seconds, 3600);
    case RECUR_DAILY:
        return days;
    case RECUR_WEEKLY: /* 1970-01-01 was a Thursday: 4 */
        return civil_floor_div(days - (rule->week_start - 4), 7);
    case RECUR_MONTHLY:
        day = day_of(days);
        return day.year * 12 + day.month - 1;
    case RECUR_YEARLY:
        day = day_of(days);
        return rule->weeks.used ? week_year(&day, rule->week_start) : day.year;
    case RECUR_FREQ_COUNT:
        break;
    }
    return 0;
}

/* The first second of a period. */
static int64_t begin_of(const struct recur_rule *rule, int64_t index)
{
    switch (rule->freq) {
    case RECUR_SECONDLY:
        return index;
    case RECUR_MINUTELY:
        return index * 60;
    case RECUR_HOURLY:
        return index * 3600;
    case RECUR_DAILY:
        return index * CIVIL_DAY_SECONDS;
    case RECUR_WEEKLY:
        return (index * 7 + rule->week_start - 4) * CIVIL_DAY_SECONDS;
    case RECUR_MONTHLY:
        return civil_days(civil_floor_div(index, 12), (int)civil_floor_mod(index, 12) + 1, 1) *
               CIVIL_DAY_SECONDS;
    case RECUR_YEARLY:
        return (rule->weeks.used ? first_week(index, rule->week_start) : civil_days(index, 1, 1)) *
               CIVIL_DAY_SECONDS;
    case RECUR_FREQ_COUNT:
        break;
    }
    return 0;
}

/* The first moment not before `at` in a period that INTERVAL allows. */
static int64_t align(const struct recur_plan *plan, int64_t at)
{
    int64_t index = index_of(&plan->rule, at);
    int64_t late = civil_floor_mod(index - plan->start_index, plan->rule.interval);
    return late == 0 ? at : begin_of(&plan->rule, index + plan->rule.interval - late);
}

static int lowest_bit(uint64_t bits) /* of bits that are not 0 */
{
    return __builtin_ctzll(bits);
}

/* The bits from `n` on, n <= 63. */
static uint64_t bits_from(uint64_t bits, int n)
{
    return bits & (~UINT64_C(0) << n);
}

/* The first time of day that fits, not before `second_of_day`; -1: none is left. */
static int next_time(const struct recur_rule *rule, int second_of_day)
{
    int hour = second_of_day / 3600, minute = second_of_day / 60 % 60, second = second_of_day % 60;
    bool hour_fits = rule->hours >> hour & 1, minute_fits = rule->minutes >> minute & 1;
    uint64_t seconds = hour_fits && minute_fits ? bits_from(rule->seconds, second) : 0;
    if (seconds)
        return hour * 3600 + minute * 60 + lowest_bit(seconds);
    uint64_t minutes = hour_fits ? bits_from(rule->minutes, minute + 1) : 0;
    if (minutes)
        return hour * 3600 + lowest_bit(minutes) * 60 + lowest_bit(rule->seconds);
    uint64_t hours = bits_from(rule->hours, hour + 1);
    if (!hours)
        return -1;
    return lowest_bit(hours) * 3600 + lowest_bit(rule->minutes) * 60 + lowest_bit(rule->seconds);
}

static int64_t end_of_time(void)
{
    return civil_days(CIVIL_YEAR_MAX + 1, 1, 1) * CIVIL_DAY_SECONDS;
}

/* The first moment not before `at` that fits, INTERVAL and BYSETPOS left aside, and before `end`.
 * -ENOENT, -ELOOP. */
static int next_fit(struct recur_plan *plan, int64_t at, int64_t end, int64_t *ret_at)
{
    while (at < end) {
        if (plan->steps++ >= RECUR_STEPS_MAX)
            return -ELOOP;
        struct day day = day_of(civil_floor_div(at, CIVIL_DAY_SECONDS));
        int64_t midnight = day.days * CIVIL_DAY_SECONDS;
        if (!month_fits(&plan->rule, &day)) {
            at = (midnight / CIVIL_DAY_SECONDS - day.day + 1 +
                  civil_month_days(day.year, day.month)) *
                 CIVIL_DAY_SECONDS;
            continue;
        }
        int time = day_fits(&plan->rule, &day) ? next_time(&plan->rule, (int)(at - midnight)) : -1;
        if (time >= 0 && midnight + time < end) {
            *ret_at = midnight + time;
            return 0;
        }
        at = midnight + CIVIL_DAY_SECONDS;
    }
    return -ENOENT;
}

/* Without BYSETPOS: every fit in an aligned period is an instance. */
static int next_plain(struct recur_plan *plan, int64_t at, int64_t *ret_at)
{
    const int64_t end = end_of_time();
    for (;;) {
        at = align(plan, at);
        int64_t found;
        int r = next_fit(plan, at, end, &found);
        if (r < 0)
            return r;
        at = align(plan, found);
        if (at == found) {
            *ret_at = found;
            return 0;
        }
    }
}

static int kth_bit(uint64_t bits, int64_t k)
{
    for (; k > 0; k--)
        bits &= bits - 1;
    return lowest_bit(bits);
}

/* The times of one day that fits, narrowed to the period when that is shorter than a day. */
struct times {
    uint64_t hours, minutes, seconds;
    int64_t count;
};

static struct times times_in(const struct recur_rule *rule, int64_t begin)
{
    struct times times = {.hours = rule->hours, .minutes = rule->minutes, .seconds = rule->seconds};
    int second_of_day = (int)civil_floor_mod(begin, CIVIL_DAY_SECONDS);
    if (rule->freq <= RECUR_HOURLY)
        times.hours &= UINT64_C(1) << second_of_day / 3600;
    if (rule->freq <= RECUR_MINUTELY)
        times.minutes &= UINT64_C(1) << second_of_day / 60 % 60;
    if (rule->freq <= RECUR_SECONDLY)
        times.seconds &= UINT64_C(1) << second_of_day % 60;
    times.count = (int64_t)__builtin_popcountll(times.hours) * __builtin_popcountll(times.minutes) *
                  __builtin_popcountll(times.seconds);
    return times;
}

static int64_t kth_time(const struct times *times, int64_t k)
{
    int64_t seconds = __builtin_popcountll(times->seconds),
            minutes = __builtin_popcountll(times->minutes);
    return (int64_t)kth_bit(times->hours, k / (minutes * seconds)) * 3600 +
           (int64_t)kth_bit(times->minutes, k / seconds % minutes) * 60 +
           kth_bit(times->seconds, k % seconds);
}

/* The fits of one period are numbered 0 .. total - 1, day by day; day i holds those from i *
 * times.count on.  So BYSETPOS is answered without listing them: a month may hold 69,632. */
struct period {
    int64_t days[SETPOS_MAX + 8]; /* that fit; a week-year has 371 at most */
    int64_t day_count, total;
    struct times times;
};

static int list_period(struct recur_plan *plan, int64_t begin, int64_t end, struct period *period)
{
    const struct recur_rule *rule = &plan->rule;
    int64_t last = civil_floor_div(end - 1, CIVIL_DAY_SECONDS);
    period->day_count = 0;
    period->times = times_in(rule, begin);
    for (int64_t i = civil_floor_div(begin, CIVIL_DAY_SECONDS); i <= last; i++) {
        if (plan->steps++ >= RECUR_STEPS_MAX)
            return -ELOOP;
        struct day day = day_of(i);
        if (day_fits(rule, &day))
            period->days[period->day_count++] = i;
    }
    period->total = period->day_count * period->times.count;
    return 0;
}

/* The earliest chosen fit of the period that is not before `at`; -ENOENT. */
static int choose(const struct recur_rule *rule, const struct period *period, int64_t at,
                  int64_t *ret_at)
{
    int64_t best = INT64_MAX;
    for (int64_t position = -SETPOS_MAX; position <= SETPOS_MAX; position++) {
        int64_t k = position > 0 ? position - 1 : period->total + position;
        if (k < 0 || k >= period->total || !recur_rule_has(&rule->positions, position, -position))
            continue;
        int64_t moment = period->days[k / period->times.count] * CIVIL_DAY_SECONDS +
                         kth_time(&period->times, k % period->times.count);
        if (moment >= at && moment < best)
            best = moment;
    }
    if (best == INT64_MAX)
        return -ENOENT;
    *ret_at = best;
    return 0;
}

static int next_by_position(struct recur_plan *plan, int64_t at, int64_t *ret_at)
{
    const int64_t end = end_of_time();
    struct period period;
    for (;;) {
        /* Step over what is empty; then look at the whole period, because positions count from its
         * beginning. */
        int r = next_fit(plan, align(plan, at), end, &at);
        if (r < 0)
            return r;
        if (align(plan, at) != at)
            continue;
        int64_t index = index_of(&plan->rule, at);
        int64_t next = begin_of(&plan->rule, index + 1);
        r = list_period(plan, begin_of(&plan->rule, index), next, &period);
        if (r >= 0)
            r = choose(&plan->rule, &period, at, ret_at);
        if (r != -ENOENT)
            return r;
        at = next;
    }
}

/* What RFC 5545 leaves open is read as libical does: a yearly rule with a day of the month alone is
 * in the start's month. */
static void imply_days(struct recur_rule *rule, const struct civil *start)
{
    bool other = rule->weekdays || rule->has_nth || rule->year_days.used || rule->weeks.used;
    if (rule->freq == RECUR_YEARLY && !other && !rule->months)
        rule->months = UINT64_C(1) << start->month;
    if (rule->weekdays || rule->has_nth || rule->month_days.used || rule->year_days.used)
        return;
    if (rule->freq == RECUR_WEEKLY || rule->weeks.used) {
        rule->weekdays = 1U << civil_weekday(start);
    } else if (rule->freq >= RECUR_MONTHLY) {
        rule->month_days.used = true;
        rule->month_days.first[0] = UINT64_C(1) << start->day;
    }
}

static void imply_times(struct recur_rule *rule, const struct civil *start)
{
    const uint64_t sixty = (UINT64_C(1) << 60) - 1;
    if (!rule->hours)
        rule->hours = rule->freq >= RECUR_DAILY ? UINT64_C(1) << start->hour : (1U << 24) - 1;
    if (!rule->minutes)
        rule->minutes = rule->freq >= RECUR_HOURLY ? UINT64_C(1) << start->minute : sixty;
    if (!rule->seconds)
        rule->seconds = rule->freq >= RECUR_MINUTELY ? UINT64_C(1) << start->second : sixty;
}

int recur_plan_init(struct recur_plan *plan, struct str text, const struct civil *start)
{
    *plan = (struct recur_plan){.until = INT64_MAX};
    if (!civil_valid(start))
        return -EINVAL;
    /* A single appointment is a daily rule that happens once. */
    int r = recur_rule_parse(str_empty(text) ? STR("FREQ=DAILY;COUNT=1") : text, &plan->rule, NULL);
    if (r < 0)
        return r;
    imply_days(&plan->rule, start);
    imply_times(&plan->rule, start);
    plan->start = civil_seconds(start);
    plan->start_index = index_of(&plan->rule, plan->start);
    /* A start that is no instance belongs to no week of the rule: its calendar year counts (RFC
     * 5545 leaves it open). */
    struct day day = day_of(civil_floor_div(plan->start, CIVIL_DAY_SECONDS));
    if (plan->rule.weeks.used && !day_fits(&plan->rule, &day))
        plan->start_index = start->year;
    if (plan->rule.has_until)
        plan->until = civil_seconds(&plan->rule.until);
    return 0;
}

int recur_plan_next(struct recur_plan *plan, int64_t at, int64_t *ret_at)
{
    int64_t found;
    at = MAX_OF(at, plan->start);
    int r = plan->rule.positions.used ? next_by_position(plan, at, &found)
                                      : next_plain(plan, at, &found);
    if (r < 0)
        return r;
    if (found > plan->until)
        return -ENOENT;
    *ret_at = found;
    return 0;
}
