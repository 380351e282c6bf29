/* SPDX-License-Identifier: MIT */
/* test_number.c: numbers, durations and times of day. */
#include "unit.h"

#include <errno.h>

#include "base/number.h"
#include "base/error.h"

static void numbers(void **state)
{
    static const struct {
        const char *text;
        int result;
        int64_t value;
    } cases[] = {
        {"0", 0, 0},      {"-7", 0, -7},      {"+7", 0, 7},      {"10", 0, 10},           {"11", -ERANGE, 0},
        {"", -EINVAL, 0}, {"-", -EINVAL, 0},  {"7x", -EINVAL, 0}, {" 7", -EINVAL, 0},      {"4294967301", -ERANGE, 0},
        {"--1", -EINVAL, 0}, {"99999999999999999999", -ERANGE, 0}, {"-99999999999999999999", -ERANGE, 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t value = 0;
        assert_int_equal(number_parse(str_of(cases[i].text), -10, 10, &value), cases[i].result);
        assert_int_equal(value, cases[i].value);
    }
}

static void the_ends_of_the_range_are_numbers(void **state)
{
    int64_t value;
    (void)state;
    assert_int_equal(number_parse(STR("-9223372036854775808"), INT64_MIN, INT64_MAX, &value), 0);
    assert_true(value == INT64_MIN);
    assert_int_equal(number_parse(STR("9223372036854775807"), INT64_MIN, INT64_MAX, &value), 0);
    assert_true(value == INT64_MAX);
    assert_int_equal(number_parse(STR("9223372036854775808"), INT64_MIN, INT64_MAX, &value), -ERANGE);
}

static void durations(void **state)
{
    static const struct {
        const char *text;
        int result;
        int64_t ms;
    } cases[] = {
        {"90s", 0, 90000}, {"5m", 0, 300000},      {"1h30m", 0, 5400000}, {"2d", 0, 172800000}, {"1w", 0, 604800000},
        {"15", 0, 900000}, {"", -EINVAL, 0},       {"m", -EINVAL, 0},     {"5y", -EINVAL, 0},   {"1h30", -EINVAL, 0},
        {"-5m", -EINVAL, 0}, {"99999999999999w", -ERANGE, 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t ms = 0;
        assert_int_equal(number_parse_duration(str_of(cases[i].text), 60000, &ms), cases[i].result);
        assert_int_equal(ms, cases[i].ms);
    }
    int64_t ms;
    assert_int_equal(number_parse_duration(STR("15"), 0, &ms), -EINVAL); /* a bare number only where a unit is agreed */
}

static void times_of_day(void **state)
{
    static const struct {
        const char *text;
        int result, minutes;
    } cases[] = {
        {"00:00", 0, 0},      {"9:05", 0, 545},      {"23:59", 0, 1439},  {"24:00", -EINVAL, 0}, {"12:60", -EINVAL, 0},
        {"1200", -EINVAL, 0}, {"12:5", -EINVAL, 0},  {":30", -EINVAL, 0}, {"+9:00", -EINVAL, 0}, {"9:-5", -EINVAL, 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int minutes = 0;
        assert_int_equal(number_parse_time_of_day(str_of(cases[i].text), &minutes), cases[i].result);
        assert_int_equal(minutes, cases[i].minutes);
    }
}

static void errors_are_cut_on_a_character(void **state)
{
    struct error error = {0};
    char long_text[ERROR_TEXT_BYTES * 2];
    (void)state;
    for (size_t i = 0; i + 1 < sizeof long_text; i += 2)
        memcpy(long_text + i, "\xc3\xa9", 2);
    long_text[sizeof long_text - 2] = '\0';
    assert_int_equal(error_set(&error, -EINVAL, "x%s", long_text), -EINVAL);
    assert_int_equal(strlen(error.text) % 2, 1); /* "x" and whole two-byte characters */
    assert_int_equal(error_set(NULL, -EIO, "nobody listens"), -EIO);
    error_set(&error, -EINVAL, "wrong");
    error_prefix(&error, "file:%d", 7);
    assert_string_equal(error.text, "file:7: wrong");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),      cmocka_unit_test(the_ends_of_the_range_are_numbers), cmocka_unit_test(durations),
        cmocka_unit_test(times_of_day), cmocka_unit_test(errors_are_cut_on_a_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
