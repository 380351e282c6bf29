/* SPDX-License-Identifier: MIT */
/* test_item.c: days, times and lengths as people write them; rules; storing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "meetings_item.h"

static void test_days_are_read_as_people_write_them(void **state)
{
    static const struct {
        const char *text;
        unsigned days;
    } cases[] = {
        {"mon", 1},       {"Monday", 1},  {"mondays", 1},  {"mon,wed", 5}, {"mon, wed ,THU", 13},
        {"tues", 2},      {"thurs", 8},   {"sat+sun", 96}, {"daily", 127}, {"weekdays", 31},
        {"weekends", 96}, {"", 0},        {"mo", 0},       {"month", 0},   {"mon,someday", 0},
        {"sunshine", 0},  {"wed/fri", 20}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned days = meetings_days_read(meetings_str(cases[i].text));
        if (days != cases[i].days)
            fail_msg("\"%s\": %u", cases[i].text, days);
    }
}

static void test_times_are_read_as_people_write_them(void **state)
{
    static const struct {
        const char *text;
        int minutes;
    } cases[] = {{"18:00", 1080},    {"18.30", 1110}, {"6pm", 1080}, {"6:30PM", 1110},
                 {"12am", 0},        {"12pm", 720},   {"0:05", 5},   {"1080", 1080},
                 {"6:30p.m.", 1110}, {"24:00", -1},   {"18:60", -1}, {"6", -1},
                 {"18:0", -1},       {"13pm", -1},    {"0pm", -1},   {"9999", -1},
                 {"noon", -1},       {"", -1},        {"18:00x", -1}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int minutes = meetings_time_read(meetings_str(cases[i].text));
        if (minutes != cases[i].minutes && !(minutes < 0 && cases[i].minutes < 0))
            fail_msg("\"%s\": %d", cases[i].text, minutes);
    }
}

static void test_lengths_are_read_as_people_write_them(void **state)
{
    static const struct {
        const char *text;
        int minutes;
    } cases[] = {{"90m", 90},  {"90", 90},    {"90min", 90}, {"90 ", -1},     {"1h", 60},
                 {"1h30", 90}, {"1h30m", 90}, {"1.5h", 90},  {"2hours", 120}, {"1hour", 60},
                 {"0", -1},    {"25h", -1},   {"1441", -1},  {"1440", 1440},  {"1h75", -1},
                 {"h", -1},    {"", -1},      {"1.25h", -1}, {"18:00", -1}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int minutes = meetings_length_read(meetings_str(cases[i].text));
        if (minutes != cases[i].minutes && !(minutes < 0 && cases[i].minutes < 0))
            fail_msg("\"%s\": %d", cases[i].text, minutes);
    }
}

static void test_only_dates_that_exist_are_dates(void **state)
{
    static const char *const bad[] = {"2026-02-29", "2026-13-01", "2026-00-10", "2026-01-32",
                                      "26-01-01",   "2026-1-1",   "2026/01/01", "2026-01-1x",
                                      "",           "1999-01-01"};
    int year, month, day;
    (void)state;
    assert_int_equal(meetings_date_read(MOORING_STR("2028-02-29"), &year, &month, &day), 0);
    assert_int_equal(year * 10000 + month * 100 + day, 20280229);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (meetings_date_read(meetings_str(bad[i]), &year, &month, &day) == 0)
            fail_msg("%s", bad[i]);
    }
}

static void test_weekdays_follow_the_calendar(void **state)
{
    (void)state;
    assert_int_equal(meetings_weekday(2026, 11, 23), 0);
    assert_int_equal(meetings_weekday(2000, 2, 29), 1);
    assert_int_equal(meetings_weekday(2026, 1, 4), 6);
}

static void test_leads_are_sorted_and_doubles_left_out(void **state)
{
    struct meetings_item item;
    (void)state;
    meetings_item_init(&item);
    meetings_leads_read(&item, MOORING_STR("10, 60,10,1440 ,0"));
    assert_int_equal(item.lead_count, 4);
    assert_int_equal(item.leads[0], 1440);
    assert_int_equal(item.leads[3], 0);
    meetings_leads_read(&item, MOORING_STR("1,2,3,4,5,6,7,8,9"));
    assert_int_equal(item.lead_count, MEETINGS_LEADS_MAX);
}

static void test_a_rule_starts_on_one_of_its_own_days(void **state)
{
    struct meetings_item item;
    char rule[MEETINGS_RULE_BYTES], start[MEETINGS_LOCAL_BYTES];
    (void)state;
    meetings_item_init(&item);
    item.days = meetings_days_read(MOORING_STR("wed,sun"));
    item.at_minutes = 18 * 60 + 5;
    meetings_rule(&item, rule, start);
    assert_string_equal(rule, "FREQ=WEEKLY;BYDAY=WE,SU");
    assert_string_equal(start, "2026-01-07T18:05");
    item.days = 0;
    meetings_copy(item.date, sizeof item.date, MOORING_STR("2026-12-05"));
    assert_int_equal(meetings_rule(&item, rule, start), 0);
    assert_string_equal(start, "2026-12-05T18:05");
}

static void test_a_configured_meeting_keeps_its_name_while_it_is_the_same(void **state)
{
    struct meetings_item a, b;
    (void)state;
    meetings_item_init(&a);
    meetings_copy(a.title, sizeof a.title, MOORING_STR("Evening IOP"));
    a.days = 5;
    b = a;
    meetings_copy(b.link, sizeof b.link, MOORING_STR("https://meet.example.org"));
    meetings_item_name(&a);
    meetings_item_name(&b);
    assert_string_equal(a.key, b.key);
    b.at_minutes = 1;
    meetings_item_name(&b);
    assert_string_not_equal(a.key, b.key);
}

static void test_a_stored_meeting_is_read_back(void **state)
{
    struct meetings_item item, back;
    char text[MEETINGS_STORED_BYTES];
    (void)state;
    meetings_item_init(&item);
    meetings_copy(item.title, sizeof item.title, MOORING_STR("Evening\ngroup"));
    meetings_copy(item.link, sizeof item.link, MOORING_STR("https://meet.example.org/a"));
    meetings_copy(item.zone, sizeof item.zone, MOORING_STR("Europe/Berlin"));
    item.days = 5;
    item.at_minutes = 1080;
    item.minutes = 90;
    item.is_in_person = true;
    meetings_leads_read(&item, MOORING_STR("60,10"));
    size_t len = meetings_item_format(&item, text);
    assert_int_equal(meetings_item_read((struct mooring_str){text, len}, &back), 0);
    item.is_stored = true;
    assert_memory_equal(&back, &item, sizeof item);
    assert_string_equal(back.title, "Evening group");
}

static void test_the_longest_meeting_fits(void **state)
{
    struct meetings_item item, back;
    char text[MEETINGS_STORED_BYTES], words[400];
    (void)state;
    memset(words, 'x', sizeof words);
    const struct mooring_str all = {words, sizeof words};
    meetings_item_init(&item);
    meetings_copy(item.title, sizeof item.title, all);
    meetings_copy(item.link, sizeof item.link, all);
    meetings_copy(item.place, sizeof item.place, all);
    meetings_copy(item.zone, sizeof item.zone, all);
    meetings_copy(item.date, sizeof item.date, all);
    meetings_copy(item.until, sizeof item.until, all);
    meetings_leads_read(&item, MOORING_STR("9999,9998,9997,9996,9995,9994"));
    item.days = 127;
    item.at_minutes = 1439;
    item.minutes = 1440;
    size_t len = meetings_item_format(&item, text);
    assert_true(len < MEETINGS_STORED_BYTES);
    assert_int_equal(meetings_item_read((struct mooring_str){text, len}, &back), 0);
    assert_int_equal(back.leads[5], 9994);
}

static void test_other_texts_are_no_meetings(void **state)
{
    static const char *const bad[] = {"",
                                      "5",
                                      "5 1080 90 0",
                                      "5 1080 90 0\nTitle",
                                      "128 1080 90 0\nT\n\n\n\n\n\n",
                                      "5 1440 90 0\nT\n\n\n\n\n\n",
                                      "5 1080 0 0\nT\n\n\n\n\n\n",
                                      "5 1080 90 0\n\n\n\n\n\n\n",
                                      "0 1080 90 0\nT\n\n\n\n\n\n"};
    struct meetings_item item;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (meetings_item_read(meetings_str(bad[i]), &item) == 0)
            fail_msg("case %zu", i);
    }
}

static void test_copies_are_cut_on_whole_characters(void **state)
{
    char text[6];
    (void)state;
    meetings_copy(text, sizeof text, MOORING_STR("caf\xc3\xa9s"));
    assert_string_equal(text, "caf\xc3\xa9");
    meetings_copy(text, 5, MOORING_STR("caf\xc3\xa9"));
    assert_string_equal(text, "caf");
}

static void stored_numbers_are_read_up_to_their_ceiling(void **state)
{
    (void)state;
    uint64_t number = 7;
    struct mooring_str text = MOORING_STR("12 18446744073709551615");
    assert_true(meetings_number_take(&text, 12, &number));
    assert_int_equal(number, 12);
    assert_true(meetings_number_take(&text, UINT64_MAX, &number));
    assert_true(number == UINT64_MAX);
    assert_int_equal(text.len, 0);
}

static void what_is_no_stored_number_is_left_alone(void **state)
{
    (void)state;
    static const char *const texts[] = {"", " ", "-1", "x", "8", "10", "18446744073709551616"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        uint64_t number = 7;
        struct mooring_str text = meetings_str(texts[i]);
        assert_false(meetings_number_take(&text, 5, &number));
        assert_int_equal(number, 7);
        assert_int_equal(text.len, strlen(texts[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stored_numbers_are_read_up_to_their_ceiling),
        cmocka_unit_test(what_is_no_stored_number_is_left_alone),
        cmocka_unit_test(test_days_are_read_as_people_write_them),
        cmocka_unit_test(test_times_are_read_as_people_write_them),
        cmocka_unit_test(test_lengths_are_read_as_people_write_them),
        cmocka_unit_test(test_only_dates_that_exist_are_dates),
        cmocka_unit_test(test_weekdays_follow_the_calendar),
        cmocka_unit_test(test_leads_are_sorted_and_doubles_left_out),
        cmocka_unit_test(test_a_rule_starts_on_one_of_its_own_days),
        cmocka_unit_test(test_a_configured_meeting_keeps_its_name_while_it_is_the_same),
        cmocka_unit_test(test_a_stored_meeting_is_read_back),
        cmocka_unit_test(test_the_longest_meeting_fits),
        cmocka_unit_test(test_other_texts_are_no_meetings),
        cmocka_unit_test(test_copies_are_cut_on_whole_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
