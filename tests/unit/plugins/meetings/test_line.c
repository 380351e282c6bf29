/* SPDX-License-Identifier: MIT */
/* test_line.c: what moderators type behind !meeting. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "meetings_line.h"

static const struct {
    const char *line, *title;
    unsigned days;
    const char *date;
    int at_minutes, minutes;
    const char *link, *place, *zone;
} adds[] = {
    {"\"Evening IOP\" mon,wed 18:00 90m https://meet.example.org/a", "Evening IOP", 5, "", 1080, 90,
     "https://meet.example.org/a", "", ""},
    {"Evening IOP mon,wed 18:00 90m", "Evening IOP", 5, "", 1080, 90, "", "", ""},
    {"Evening IOP on mon and wed at 6pm for 1h30", "Evening IOP", 5, "", 1080, 90, "", "", ""},
    {"\xe2\x80\x9c"
     "Evening IOP\xe2\x80\x9d Monday 18:00",
     "Evening IOP", 1, "", 1080, 60, "", "", ""},
    {"\"Picnic\" 2026-12-05 15:00 2h \"Harbor park\" in-person", "Picnic", 0, "2026-12-05", 900,
     120, "", "Harbor park", ""},
    {"\"Calm\" daily 7:30 20", "Calm", 127, "", 450, 20, "", "", ""},
    {"\"Calm\" daily 20 7:30", "Calm", 127, "", 450, 20, "", "", ""},
    {"\"Berlin\" tue 19:00 Europe/Berlin 45min", "Berlin", 2, "", 1140, 45, "", "",
     "Europe/Berlin"},
};

static void test_meetings_are_added_in_the_order_that_comes_to_mind(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof adds / sizeof *adds; i++) {
        struct meetings_item item;
        struct mooring_str word = {NULL, 0};
        enum meetings_trouble trouble = meetings_line_add(meetings_str(adds[i].line), &item, &word);
        if (trouble != MEETINGS_TROUBLE_NONE)
            fail_msg("%s: %d %.*s", adds[i].line, (int)trouble, (int)word.len, word.ptr);
        assert_string_equal(item.title, adds[i].title);
        assert_int_equal(item.days, adds[i].days);
        assert_string_equal(item.date, adds[i].date);
        assert_int_equal(item.at_minutes, adds[i].at_minutes);
        assert_int_equal(item.minutes, adds[i].minutes);
        assert_string_equal(item.link, adds[i].link);
        assert_string_equal(item.place, adds[i].place);
        assert_string_equal(item.zone, adds[i].zone);
    }
}

static void test_what_is_missing_or_odd_is_named(void **state)
{
    static const struct {
        const char *line;
        enum meetings_trouble trouble;
        const char *word;
    } cases[] = {{"", MEETINGS_TROUBLE_TITLE, ""},
                 {"mon 18:00", MEETINGS_TROUBLE_TITLE, ""},
                 {"\"Evening\" 18:00", MEETINGS_TROUBLE_DAYS, ""},
                 {"\"Evening\" mon", MEETINGS_TROUBLE_TIME, ""},
                 {"\"Evening\" mon 90m", MEETINGS_TROUBLE_TIME, ""},
                 {"\"Evening\" mon 18:00 sharp", MEETINGS_TROUBLE_WORD, "sharp"},
                 {"\"Evening\" mon 18:00 19:00", MEETINGS_TROUBLE_WORD, "19:00"},
                 {"Evening", MEETINGS_TROUBLE_TITLE, ""}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct meetings_item item;
        struct mooring_str word = {"", 0};
        enum meetings_trouble trouble = meetings_line_add(meetings_str(cases[i].line), &item,
                                                          &word);
        if (trouble != cases[i].trouble || word.len != strlen(cases[i].word) ||
            memcmp(word.ptr, cases[i].word, word.len) != 0)
            fail_msg("%s: %d %.*s", cases[i].line, (int)trouble, (int)word.len, word.ptr);
    }
}

static void test_changes_name_a_meeting_a_day_and_a_time(void **state)
{
    struct meetings_change change;
    struct mooring_str word = {NULL, 0};
    (void)state;
    assert_int_equal(meetings_line_change(MOORING_STR("2"), &change, &word), MEETINGS_TROUBLE_NONE);
    assert_int_equal(change.number, 2);
    assert_int_equal(change.which.kind, MEETINGS_DAY_ANY);
    assert_int_equal(change.at_minutes, -1);
    assert_int_equal(meetings_line_change(MOORING_STR("#2 wed to Friday at 19:30"), &change, &word),
                     MEETINGS_TROUBLE_NONE);
    assert_int_equal(change.which.weekday, 4);
    assert_int_equal(change.to.weekday, 16);
    assert_int_equal(change.at_minutes, 1170);
    assert_int_equal(meetings_line_change(MOORING_STR("12 2026-11-25 tomorrow"), &change, &word),
                     MEETINGS_TROUBLE_NONE);
    assert_string_equal(change.which.date, "2026-11-25");
    assert_int_equal(change.to.kind, MEETINGS_DAY_TOMORROW);
}

static void test_changes_that_make_no_sense_are_refused(void **state)
{
    static const char *const numbers[] = {"", "wed", "0", "1000", "-1", "2x"};
    struct meetings_change change;
    struct mooring_str word = {NULL, 0};
    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        assert_int_equal(meetings_line_change(meetings_str(numbers[i]), &change, &word),
                         MEETINGS_TROUBLE_NUMBER);
    assert_int_equal(meetings_line_change(MOORING_STR("2 someday"), &change, &word),
                     MEETINGS_TROUBLE_WORD);
    assert_memory_equal(word.ptr, "someday", word.len);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_meetings_are_added_in_the_order_that_comes_to_mind),
        cmocka_unit_test(test_what_is_missing_or_odd_is_named),
        cmocka_unit_test(test_changes_name_a_meeting_a_day_and_a_time),
        cmocka_unit_test(test_changes_that_make_no_sense_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
