/* SPDX-License-Identifier: MIT */
/* test_book.c: when meetings take place: over clock changes, cancelled, moved, ended; and which
 * reminder speaks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fake_host.h"
#include "meetings_remind.h"

static const int64_t minute = 60000;
static const int64_t day = 86400000;

static void load(struct fake_host *fake, struct meetings_book *book)
{
    assert_int_equal(meetings_book_load(&fake->host, (struct mooring_group){FAKE_GROUP}, book), 0);
}

static int64_t at(struct fake_host *fake, const char *local)
{
    int64_t now = fake->now;
    fake_host_at(fake, local);
    int64_t then = fake->now;
    fake->now = now;
    return then;
}

static void test_the_wall_clock_counts_over_clock_changes(void **state)
{
    struct fake_host *fake = *state;
    struct meetings_book book;
    struct meetings_occurrence list[8];
    fake_host_record(fake, "meetings", "title=Evening\ndays=sat,sun\nat=18:00\nminutes=90");
    fake_host_at(fake, "2026-10-30 12:00"); /* New York goes back on 1 November */
    load(fake, &book);
    int count = meetings_book_walk(&book, 0, fake->now, fake->now + 10 * day, list, 8);
    assert_int_equal(count, 4);
    assert_int_equal(list[0].start_at, at(fake, "2026-10-31 18:00"));
    assert_int_equal(list[1].start_at, at(fake, "2026-11-01 18:00"));
    assert_int_equal(list[1].start_at - list[0].start_at, 25 * 60 * minute);
    assert_string_equal(list[1].date, "2026-11-01");
}

static void test_a_meeting_in_its_own_zone_follows_that_one(void **state)
{
    struct fake_host *fake = *state;
    struct meetings_book book;
    struct meetings_occurrence list[4];
    fake_host_record(fake, "meetings", "title=Abend\ndays=sun\nat=18:00\nzone=Europe/Berlin");
    fake_host_at(fake,
                 "2026-10-24 12:00"); /* Berlin goes back on 25 October, New York a week later */
    load(fake, &book);
    int count = meetings_book_walk(&book, 0, fake->now, fake->now + 10 * day, list, 4);
    assert_int_equal(count, 2);
    assert_int_equal(list[0].start_at, at(fake, "2026-10-25 13:00"));
    assert_int_equal(list[1].start_at, at(fake, "2026-11-01 12:00"));
}

static void test_one_that_runs_is_among_them_and_one_that_is_over_is_not(void **state)
{
    struct fake_host *fake = *state;
    struct meetings_book book;
    struct meetings_occurrence list[2];
    fake_host_record(fake, "meetings", "title=Evening\ndays=mon\nat=18:00\nminutes=90");
    fake_host_at(fake, "2026-11-23 19:29");
    load(fake, &book);
    assert_int_equal(meetings_book_walk(&book, 0, fake->now, fake->now + day, list, 2), 1);
    fake->now += minute;
    assert_int_equal(meetings_book_walk(&book, 0, fake->now, fake->now + day, list, 2), 0);
}

static void test_cancelled_days_ended_series_and_single_dates(void **state)
{
    struct fake_host *fake = *state;
    struct meetings_book book;
    struct meetings_occurrence list[8];
    fake_host_record(fake, "meetings",
                     "title=A\ndays=mon,wed\nat=18:00\ncancelled=2026-11-25,2026-12-02");
    fake_host_record(fake, "meetings", "title=B\ndays=daily\nat=07:00\nuntil=2026-11-25");
    fake_host_record(fake, "meetings", "title=C\ndate=2026-11-28\nat=15:00");
    load(fake, &book);
    assert_int_equal(meetings_book_walk(&book, 0, fake->now, fake->now + 10 * day, list, 8), 2);
    assert_string_equal(list[1].date, "2026-11-30");
    assert_int_equal(meetings_book_walk(&book, 1, fake->now, fake->now + 10 * day, list, 8), 2);
    assert_string_equal(list[1].date, "2026-11-25");
    assert_int_equal(meetings_book_walk(&book, 2, fake->now, fake->now + 10 * day, list, 8), 1);
    assert_int_equal(list[0].start_at, at(fake, "2026-11-28 15:00"));
}

static void test_the_span_is_in_order_and_names_the_numbers(void **state)
{
    struct fake_host *fake = *state;
    struct meetings_book book;
    struct meetings_occurrence list[3];
    fake_host_record(fake, "meetings", "title=Late\ndays=mon,tue\nat=20:00");
    fake_host_record(fake, "meetings", "title=Early\ndays=mon,tue\nat=10:00");
    load(fake, &book);
    assert_int_equal(meetings_book_span(&book, fake->now, fake->now + 7 * day, list, 3), 3);
    assert_int_equal(list[0].number, 2);
    assert_int_equal(list[1].number, 1);
    assert_int_equal(list[2].start_at, at(fake, "2026-11-24 10:00"));
}

static void test_records_that_make_no_sense_are_left_out(void **state)
{
    struct fake_host *fake = *state;
    struct meetings_book book;
    fake_host_record(fake, "meetings", "title=\ndays=mon\nat=18:00");
    fake_host_record(fake, "meetings", "title=A\nat=18:00");
    fake_host_record(fake, "meetings", "title=B\ndays=mon\nat=soon");
    load(fake, &book);
    assert_int_equal(book.item_count, 0);
}

static void test_a_zone_that_is_gone_hides_no_other_meeting(void **state)
{
    struct fake_host *fake = *state;
    struct meetings_book book;
    struct meetings_occurrence list[4];
    fake_host_record(fake, "meetings", "title=A\ndays=mon\nat=18:00\nzone=Nowhere");
    fake_host_record(fake, "meetings", "title=B\ndays=mon\nat=18:00");
    load(fake, &book);
    assert_int_equal(meetings_book_span(&book, fake->now, fake->now + day, list, 4), 1);
    assert_string_equal(list[0].item->title, "B");
}

static void test_the_reminder_nearest_to_the_start_speaks_for_all(void **state)
{
    static const struct {
        int lead;
        int64_t minutes; /* now, after the start */
        enum meetings_due due;
    } cases[] = {{60, -60, MEETINGS_DUE_BEFORE},  {60, -30, MEETINGS_DUE_BEFORE},
                 {60, -10, MEETINGS_DUE_NOTHING}, {10, -10, MEETINGS_DUE_BEFORE},
                 {10, 0, MEETINGS_DUE_BEFORE},    {10, 1, MEETINGS_DUE_BEFORE},
                 {10, 2, MEETINGS_DUE_LATE},      {10, 20, MEETINGS_DUE_LATE},
                 {60, 20, MEETINGS_DUE_NOTHING},  {10, 89, MEETINGS_DUE_LATE},
                 {10, 90, MEETINGS_DUE_NOTHING}};
    struct meetings_item item;
    (void)state;
    meetings_item_init(&item);
    item.minutes = 90;
    meetings_leads_read(&item, MOORING_STR("60,10"));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (meetings_remind_decide(&item, cases[i].lead, 1000 * day,
                                   1000 * day + cases[i].minutes * minute) != cases[i].due)
            fail_msg("case %zu", i);
    }
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, fake_host_set_up, fake_host_tear_down)

int main(void)
{
#define ON_HOST(test) TEST(test)
    const struct CMUnitTest tests[] = {
        ON_HOST(test_the_wall_clock_counts_over_clock_changes),
        ON_HOST(test_a_meeting_in_its_own_zone_follows_that_one),
        ON_HOST(test_one_that_runs_is_among_them_and_one_that_is_over_is_not),
        ON_HOST(test_cancelled_days_ended_series_and_single_dates),
        ON_HOST(test_the_span_is_in_order_and_names_the_numbers),
        ON_HOST(test_records_that_make_no_sense_are_left_out),
        ON_HOST(test_a_zone_that_is_gone_hides_no_other_meeting),
        cmocka_unit_test(test_the_reminder_nearest_to_the_start_speaks_for_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
