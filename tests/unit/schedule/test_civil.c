/* SPDX-License-Identifier: MIT */
/* test_civil.c: calendar arithmetic and the texts of dates. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "schedule/civil.h"

static void every_day_of_the_range_follows_the_one_before(void **state)
{
    (void)state;
    int64_t days = civil_days(CIVIL_YEAR_MIN, 1, 1);
    for (int year = CIVIL_YEAR_MIN; year <= CIVIL_YEAR_MAX; year++) {
        for (int month = 1; month <= 12; month++) {
            for (int day = 1; day <= civil_month_days(year, month); day++, days++) {
                int64_t got_year;
                int got_month, got_day;
                civil_split_days(days, &got_year, &got_month, &got_day);
                assert_int_equal(civil_days(year, month, day), days);
                assert_true(got_year == year && got_month == month && got_day == day);
            }
        }
    }
    assert_int_equal(days, civil_days(CIVIL_YEAR_MAX + 1, 1, 1));
}

static void known_days_are_where_they_should_be(void **state)
{
    (void)state;
    assert_int_equal(civil_days(1970, 1, 1), 0);
    assert_int_equal(civil_days(2000, 3, 1), 11017);
    assert_int_equal(civil_days(1900, 1, 1), -25567);
    assert_int_equal(civil_days(-4713, 11, 24), -2440588); /* the Julian day 0 */
}

static void years_by_the_hundred_leap_only_by_four_hundred(void **state)
{
    (void)state;
    assert_int_equal(civil_month_days(1900, 2), 28);
    assert_int_equal(civil_month_days(2000, 2), 29);
    assert_int_equal(civil_month_days(2024, 2), 29);
    assert_int_equal(civil_month_days(2026, 2), 28);
    assert_int_equal(civil_month_days(2026, 9), 30);
    assert_int_equal(civil_month_days(2026, 12), 31);
}

static void weekdays_are_counted_from_monday(void **state)
{
    (void)state;
    static const struct {
        struct civil date;
        int weekday;
    } cases[] = {
        {{2026, 11, 23, 0, 0, 0}, 1}, {{2026, 11, 29, 0, 0, 0}, 7}, {{1970, 1, 1, 0, 0, 0}, 4},
        {{1900, 1, 1, 0, 0, 0}, 1},   {{2200, 12, 31, 0, 0, 0}, 3},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(civil_weekday(&cases[i].date), cases[i].weekday);
}

static void seconds_come_back_as_the_same_time(void **state)
{
    (void)state;
    struct civil civil = {1969, 12, 31, 23, 59, 58}, back;
    assert_int_equal(civil_seconds(&civil), -2);
    assert_int_equal(civil_of_seconds(-2, &back), 0);
    assert_memory_equal(&civil, &back, sizeof civil);
}

static void seconds_outside_the_years_are_refused(void **state)
{
    (void)state;
    struct civil first = {CIVIL_YEAR_MIN, 1, 1, 0, 0, 0},
                 last = {CIVIL_YEAR_MAX, 12, 31, 23, 59, 59}, got;
    assert_int_equal(civil_of_seconds(civil_seconds(&first), &got), 0);
    assert_int_equal(civil_of_seconds(civil_seconds(&first) - 1, &got), -ERANGE);
    assert_int_equal(civil_of_seconds(civil_seconds(&last), &got), 0);
    assert_int_equal(civil_of_seconds(civil_seconds(&last) + 1, &got), -ERANGE);
    assert_int_equal(civil_of_seconds(INT64_MIN, &got), -ERANGE);
    assert_int_equal(civil_of_seconds(INT64_MAX, &got), -ERANGE);
}

static void times_are_compared_to_the_second(void **state)
{
    (void)state;
    struct civil a = {2026, 11, 23, 9, 0, 0}, b = {2026, 11, 23, 9, 0, 1};
    assert_true(civil_compare(&a, &b) < 0);
    assert_true(civil_compare(&b, &a) > 0);
    assert_int_equal(civil_compare(&a, &a), 0);
}

static void dates_are_read_in_each_form(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        struct civil civil;
    } cases[] = {
        {"2026-11-23T09:05", {2026, 11, 23, 9, 5, 0}},
        {"2026-11-23 09:05", {2026, 11, 23, 9, 5, 0}},
        {"2026-11-23 09:05:59", {2026, 11, 23, 9, 5, 59}},
        {"2028-02-29", {2028, 2, 29, 0, 0, 0}},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct civil got;
        assert_int_equal(civil_parse(str_of(cases[i].text), &got), 0);
        assert_memory_equal(&got, &cases[i].civil, sizeof got);
    }
}

static void what_is_no_date_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int result;
    } cases[] = {
        {"", -EINVAL},
        {"tomorrow", -EINVAL},
        {"2026-11-2", -EINVAL},
        {"2026/11/23", -EINVAL},
        {"2026-11-23T", -EINVAL},
        {"2026-11-23T9:00", -EINVAL},
        {"2026-11-23T09:00:", -EINVAL},
        {"2026-11-23T09:00:00Z", -EINVAL},
        {"2026-11-23  09:00", -EINVAL},
        {"2026-02-29", -ERANGE},
        {"2026-13-01", -ERANGE},
        {"2026-00-01", -ERANGE},
        {"2026-01-00", -ERANGE},
        {"2026-01-01 24:00", -ERANGE},
        {"2026-01-01 23:60", -ERANGE},
        {"2026-01-01 23:59:60", -ERANGE},
        {"1899-12-31", -ERANGE},
        {"2201-01-01", -ERANGE},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct civil got = {.year = 1};
        if (civil_parse(str_of(cases[i].text), &got) != cases[i].result)
            fail_msg("\"%s\" was not refused as it should be", cases[i].text);
        assert_int_equal(got.year, 1);
    }
}

static void dates_are_written_and_read_back(void **state)
{
    (void)state;
    struct civil civil = {2026, 1, 2, 3, 4, 5}, back;
    char text[CIVIL_TEXT_BYTES];
    civil_format(&civil, text);
    assert_string_equal(text, "2026-01-02T03:04:05");
    assert_int_equal(civil_parse(str_of(text), &back), 0);
    assert_memory_equal(&civil, &back, sizeof back);
    civil_format_short(&civil, text);
    assert_string_equal(text, "2026-01-02 03:04");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_day_of_the_range_follows_the_one_before),
        cmocka_unit_test(known_days_are_where_they_should_be),
        cmocka_unit_test(years_by_the_hundred_leap_only_by_four_hundred),
        cmocka_unit_test(weekdays_are_counted_from_monday),
        cmocka_unit_test(seconds_come_back_as_the_same_time),
        cmocka_unit_test(seconds_outside_the_years_are_refused),
        cmocka_unit_test(times_are_compared_to_the_second),
        cmocka_unit_test(dates_are_read_in_each_form),
        cmocka_unit_test(what_is_no_date_is_refused),
        cmocka_unit_test(dates_are_written_and_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
