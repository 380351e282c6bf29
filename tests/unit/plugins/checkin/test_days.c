/* SPDX-License-Identifier: MIT */
/* test_days.c: days, averages and the own baseline; what resets, and what never does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "checkin_days.h"
#include "checkin_rule.h"

static void test_gaps_end_a_run_and_take_nothing_from_the_total(void **state)
{
    struct checkin_days days;
    (void)state;
    checkin_days_init(&days, 110);
    for (int64_t day = 90; day <= 95; day++)
        checkin_days_add(&days, day);
    checkin_days_add(&days, 109);
    checkin_days_add(&days, 110);
    checkin_days_add(&days, 110);
    assert_int_equal(days.total, 8);
    assert_int_equal(days.longest, 6);
    assert_int_equal(checkin_days_current(&days), 2);
}

static void test_a_run_stands_until_the_day_is_over(void **state)
{
    struct checkin_days yesterday, before;
    (void)state;
    checkin_days_init(&yesterday, 110);
    checkin_days_add(&yesterday, 108);
    checkin_days_add(&yesterday, 109);
    checkin_days_init(&before, 110);
    checkin_days_add(&before, 108);
    assert_int_equal(checkin_days_current(&yesterday), 2);
    assert_int_equal(checkin_days_current(&before), 0);
}

static void test_five_of_the_last_seven_days_are_steady(void **state)
{
    struct checkin_days days;
    (void)state;
    checkin_days_init(&days, 110);
    checkin_days_add(&days, 103); /* eight days ago does not count */
    for (int64_t day = 104; day <= 107; day++)
        checkin_days_add(&days, day);
    assert_false(checkin_days_is_steady(&days));
    checkin_days_add(&days, 110);
    assert_true(checkin_days_is_steady(&days));
}

static void test_day_numbers_follow_the_calendar(void **state)
{
    const struct mooring_civil epoch = {1970, 1, 1, 0, 0, 0, 3}, leap = {2028, 2, 29, 0, 0, 0, 1},
                               after = {2028, 3, 1, 0, 0, 0, 2}, day = {2026, 11, 23, 9, 0, 0, 0};
    (void)state;
    assert_int_equal(checkin_days_of(&epoch), 0);
    assert_int_equal(checkin_days_of(&after) - checkin_days_of(&leap), 1);
    assert_int_equal(checkin_days_of(&day), 20780);
}

static void test_the_median_is_doubled_and_needs_enough_values(void **state)
{
    struct checkin_values values = {.count = 0};
    (void)state;
    static const int given[] = {9, 2, 7, 8};
    for (size_t i = 0; i < 4; i++)
        checkin_values_add(&values, given[i]);
    assert_int_equal(checkin_values_median2(&values, 5), -1);
    assert_int_equal(checkin_values_median2(&values, 4), 15);
    checkin_values_add(&values, 8);
    assert_int_equal(checkin_values_median2(&values, 5), 16);
}

static void test_only_the_latest_values_count(void **state)
{
    struct checkin_values values = {.count = 0};
    (void)state;
    for (int i = 0; i < CHECKIN_VALUES_MAX; i++)
        checkin_values_add(&values, 1);
    for (int i = 0; i < CHECKIN_VALUES_MAX; i++)
        checkin_values_add(&values, 9);
    assert_int_equal(checkin_values_median2(&values, 5), 18);
}

static void test_means_round_to_one_place(void **state)
{
    char text[16];
    const struct checkin_mean none = {0, 0}, third = {16, 3}, ten = {30, 3};
    (void)state;
    assert_int_equal(checkin_mean_format(&none, text, sizeof text), 0);
    checkin_mean_format(&third, text, sizeof text);
    assert_string_equal(text, "5.3");
    checkin_mean_format(&ten, text, sizeof text);
    assert_string_equal(text, "10.0");
}

static void test_flags_compare_with_the_own_past_alone(void **state)
{
    static const struct {
        int craving, confidence, last, median2;
        enum checkin_flag flag;
    } cases[] = {
        {6, 8, 6, 16, CHECKIN_FLAG_NONE},
        {7, 8, CHECKIN_SKIPPED, -1, CHECKIN_FLAG_STRONG},
        {7, 8, 4, 16, CHECKIN_FLAG_STRONG},
        {8, 8, 3, 16, CHECKIN_FLAG_CHANGE},
        {7, 8, 7, 16, CHECKIN_FLAG_AGAIN},
        {9, 2, 8, 16, CHECKIN_FLAG_AGAIN},
        {6, 8, 9, 16, CHECKIN_FLAG_NONE},
        {2, 5, 2, 16, CHECKIN_FLAG_UNSURE},
        {2, 6, 2, 16, CHECKIN_FLAG_NONE},
        {2, 5, 2, 15, CHECKIN_FLAG_NONE},
        {2, 1, 2, -1, CHECKIN_FLAG_NONE},
        {2, CHECKIN_SKIPPED, 2, 20, CHECKIN_FLAG_NONE},
        {CHECKIN_SKIPPED, 5, 9, 16, CHECKIN_FLAG_UNSURE},
        {CHECKIN_SKIPPED, CHECKIN_SKIPPED, 9, 16, CHECKIN_FLAG_NONE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct checkin_entry entry;
        checkin_entry_init(&entry);
        entry.value[CHECKIN_CRAVING] = cases[i].craving;
        entry.value[CHECKIN_CONFIDENCE] = cases[i].confidence;
        const struct checkin_baseline baseline = {cases[i].last, cases[i].median2};
        if (checkin_flag_of(&entry, &baseline) != cases[i].flag)
            fail_msg("case %zu", i);
    }
}

static void test_notes_get_rarer_and_stop(void **state)
{
    (void)state;
    assert_int_equal(checkin_note_after_days(0), 3);
    assert_int_equal(checkin_note_after_days(1), 3);
    assert_int_equal(checkin_note_after_days(2), 6);
    assert_int_equal(checkin_note_after_days(3), 6);
    assert_int_equal(checkin_note_after_days(4), 0);
}

static void test_prompt_days_become_a_rule_with_a_fitting_start(void **state)
{
    char rule[CHECKIN_RULE_BYTES], start[CHECKIN_START_BYTES];
    unsigned days;
    (void)state;
    checkin_rule_format(MOORING_STR("wed,Fri"), rule, &days);
    checkin_rule_start(days, 9 * 60 + 5, start);
    assert_string_equal(rule, "FREQ=WEEKLY;BYDAY=WE,FR");
    assert_string_equal(start, "2026-01-07T09:05");
    checkin_rule_format(MOORING_STR(""), rule, &days);
    checkin_rule_start(days, 5000, start);
    assert_string_equal(rule, "FREQ=DAILY");
    assert_string_equal(start, "2026-01-05T09:00");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gaps_end_a_run_and_take_nothing_from_the_total),
        cmocka_unit_test(test_a_run_stands_until_the_day_is_over),
        cmocka_unit_test(test_five_of_the_last_seven_days_are_steady),
        cmocka_unit_test(test_day_numbers_follow_the_calendar),
        cmocka_unit_test(test_the_median_is_doubled_and_needs_enough_values),
        cmocka_unit_test(test_only_the_latest_values_count),
        cmocka_unit_test(test_means_round_to_one_place),
        cmocka_unit_test(test_flags_compare_with_the_own_past_alone),
        cmocka_unit_test(test_notes_get_rarer_and_stop),
        cmocka_unit_test(test_prompt_days_become_a_rule_with_a_fitting_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
