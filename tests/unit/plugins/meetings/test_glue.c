/* SPDX-License-Identifier: MIT */
/* test_glue.c: meetings on a host: lists, moderators' changes, reminders, coming, snooze. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fake_host.h"

static const int64_t minute = 60000;
static const int64_t hour = 3600000;
static const int64_t day = 86400000;

/* Monday 2026-11-23 09:00. */
static int set_up(void **state)
{
    struct fake_host *fake = fake_host_create(mooring_plugin_entry(MOORING_ABI_MAJOR, 0));
    fake_host_record(fake, "meetings",
                     "title=Evening "
                     "IOP\ndays=mon,wed,thu\nat=18:00\nminutes=90\nlink=https://meet.example.org/"
                     "harbor\nremind_minutes=60,10");
    assert_int_equal(fake_host_arrange(fake), 0);
    *state = fake;
    return 0;
}

static size_t count_of(const char *text, const char *piece)
{
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, piece)) != NULL; at++)
        count++;
    return count;
}

static void test_the_week_lists_what_comes_with_numbers(void **state)
{
    struct fake_host *fake = *state;
    assert_int_equal(fake_host_command(fake, FAKE_ANA, FAKE_ROOM, "meetings"), 0);
    const struct fake_said *said = fake_host_said(fake, "meetings.week");
    assert_non_null(said);
    assert_int_equal(count_of(said->args, "line-link[number=1;"), 3);
    assert_int_not_equal(said->to.answers.id, 0);
}

static void test_today_and_now(void **state)
{
    struct fake_host *fake = *state;
    fake_host_command(fake, FAKE_ANA, 0, "meetings today");
    assert_int_equal(count_of(fake_host_said(fake, "meetings.today")->args, "line-link"), 1);
    fake_host_command(fake, FAKE_ANA, 0, "meetings now");
    assert_non_null(fake_host_said(fake, "meetings.none-now"));
    fake_host_at(fake, "2026-11-23 17:00");
    fake_host_command(fake, FAKE_ANA, 0, "meetings NOW");
    assert_non_null(fake_host_said(fake, "meetings.now"));
    fake_host_hush(fake);
    fake_host_at(fake, "2026-11-23 19:15");
    fake_host_command(fake, FAKE_ANA, 0, "meetings now");
    assert_non_null(fake_host_said(fake, "meetings.now"));
    fake_host_at(fake, "2026-11-24 09:00");
    fake_host_command(fake, FAKE_ANA, 0, "meetings today");
    assert_non_null(fake_host_said(fake, "meetings.none-today"));
    fake_host_command(fake, FAKE_ANA, 0, "meetings yesterday");
    assert_non_null(fake_host_said(fake, "meetings.how-list"));
}

static void test_reminders_come_an_hour_and_ten_minutes_before(void **state)
{
    struct fake_host *fake = *state;
    fake_host_wait(fake, 8 * hour);
    assert_int_equal(fake_host_said_times(fake, "meetings.remind-link"), 1);
    const struct fake_said *said = fake_host_said(fake, "meetings.remind-link");
    assert_int_equal(said->to.group.id, FAKE_GROUP);
    assert_non_null(strstr(said->args, "title=Evening IOP;in=hours[count=1;];"));
    assert_non_null(strstr(said->args, "city=New York;"));
    assert_string_equal(said->commands, "going 1|snooze 15m 1");
    fake_host_wait(fake, 50 * minute);
    said = fake_host_said(fake, "meetings.remind-link");
    assert_non_null(strstr(said->args, "in=minutes[count=10;];"));
    assert_string_equal(said->commands, "going 1|snooze 5m 1");
    assert_int_equal(said->expires_at, fake->now + 10 * minute);
    fake_host_wait(fake, day);
    assert_int_equal(fake->data.said_count, 2); /* nothing on Tuesday */
    fake_host_wait(fake, 2 * day);
    assert_int_equal(fake->data.said_count, 6);
}

static void test_reminders_follow_the_wall_clock_into_winter(void **state)
{
    struct fake_host *fake = *state;
    fake_host_at(fake, "2026-10-31 12:00");
    fake->record_count = 0;
    fake_host_record(
        fake, "meetings",
        "title=Midnight\ndays=sun\nat=12:00\nremind_minutes=840"); /* 14 h: before the change */
    fake_host_arrange(fake);
    const int64_t due = fake->data.timers[0].at;
    fake_host_at(fake, "2026-11-01 12:00");
    assert_int_equal(due, fake->now - 14 * hour);
}

static void test_after_a_restart_the_late_one_says_that_the_door_is_open(void **state)
{
    struct fake_host *fake = *state;
    fake_host_wait(fake, 7 * hour); /* 16:00 */
    fake_host_restart(fake, 2 * hour + 20 * minute);
    assert_int_equal(fake->data.said_count, 1);
    const struct fake_said *said = fake_host_said(fake, "meetings.late-link");
    assert_non_null(said);
    assert_non_null(strstr(said->args, "in=minutes[count=20;];"));
    assert_string_equal(said->commands, "going 1");
    fake_host_arrange(fake);
    fake_host_wait(fake, hour);
    assert_int_equal(fake->data.said_count, 1);
}

static void test_a_meeting_that_is_over_is_not_mentioned(void **state)
{
    struct fake_host *fake = *state;
    fake_host_restart(fake, 10 * hour + 30 * minute);
    fake_host_wait(fake, 12 * hour);
    assert_int_equal(fake->data.said_count, 0);
    assert_non_null(fake_host_timer(fake, "remind/")); /* and Wednesday's stands */
}

static void test_arranging_again_changes_nothing(void **state)
{
    struct fake_host *fake = *state;
    size_t timers = fake->data.timer_count, rows = fake->data.row_count;
    const int64_t at = fake_host_timer(fake, "remind/")->at;
    fake_host_arrange(fake);
    assert_int_equal(fake->data.timer_count, timers);
    assert_int_equal(fake->data.row_count, rows);
    assert_int_equal(fake_host_timer(fake, "remind/")->at, at);
}

static void test_timers_of_a_meeting_that_is_gone_go_too(void **state)
{
    struct fake_host *fake = *state;
    fake->record_count = 0;
    fake_host_arrange(fake);
    assert_int_equal(fake->data.timer_count, 0);
    assert_int_equal(fake->data.row_count, 0);
    fake_host_record(fake, "meetings", "title=A\ndays=mon\nat=18:00");
    fake_host_arrange(fake);
    fake->plugin->group(fake->state, (struct mooring_group){FAKE_GROUP}, 0);
    assert_int_equal(fake->data.timer_count, 0);
}

static void test_an_added_meeting_is_listed_reminded_of_and_removed(void **state)
{
    struct fake_host *fake = *state;
    assert_int_equal(fake_host_command(fake, FAKE_BEN, FAKE_ROOM,
                                       "meeting add \"Calm hour\" tue 19:00 45m \"Harbor park\""),
                     0);
    assert_non_null(strstr(fake_host_said(fake, "meetings.added")->args, "title=Calm hour;"));
    assert_non_null(strstr(fake_host_said(fake, "meetings.added")->args, "number=2;"));
    fake_host_command(fake, FAKE_ANA, 0, "meetings");
    assert_int_equal(count_of(fake_host_said(fake, "meetings.week")->args, "line-place[number=2;"),
                     1);
    fake_host_hush(fake);
    fake_host_wait(fake, day + 10 * hour);
    assert_int_equal(fake_host_said_times(fake, "meetings.remind-place"), 2);
    assert_int_equal(fake_host_command(fake, FAKE_BEN, FAKE_ROOM, "meeting remove 2"), 0);
    assert_non_null(fake_host_said(fake, "meetings.removed"));
    assert_null(fake_host_row(fake, MOORING_OWN_GROUP, FAKE_GROUP, "meeting/"));
    assert_int_equal(fake->data.timer_count, 2);
    assert_string_equal(fake->data.audits, "meeting_added meeting_removed ");
}

static void test_a_past_date_is_refused_and_not_kept(void **state)
{
    struct fake_host *fake = *state;
    assert_int_equal(
        fake_host_command(fake, FAKE_BEN, 0, "meeting add \"Picnic\" 2026-11-01 15:00"), 0);
    assert_non_null(fake_host_said(fake, "meetings.past"));
    assert_null(fake_host_row(fake, MOORING_OWN_GROUP, FAKE_GROUP, "meeting/"));
}

static void test_an_unknown_zone_is_named(void **state)
{
    struct fake_host *fake = *state;
    fake_host_command(fake, FAKE_BEN, 0, "meeting add \"Picnic\" mon 15:00 Sea/");
    assert_non_null(
        fake_host_said(fake, "meetings.added")); /* the fake knows every zone with a slash */
    fake_host_command(fake, FAKE_BEN, 0, "meeting add \"Picnic\" mon 15:00 Nowhere");
    assert_string_equal(fake_host_said(fake, "meetings.trouble-word")->args, "word=Nowhere;");
}

static void test_a_cancelled_one_is_announced_and_not_reminded_of(void **state)
{
    struct fake_host *fake = *state;
    assert_int_equal(fake_host_command(fake, FAKE_BEN, 0, "meeting cancel 1 today"), 0);
    assert_int_equal(fake_host_said(fake, "meetings.cancelled")->to.group.id, FAKE_GROUP);
    assert_non_null(strstr(fake_host_said(fake, "meetings.cancel-done")->args, "date=2026-11-23;"));
    fake_host_hush(fake);
    fake_host_wait(fake, day);
    assert_int_equal(fake->data.said_count, 0);
    fake_host_wait(fake, day + 10 * hour); /* Wednesday stands */
    assert_int_equal(fake_host_said_times(fake, "meetings.remind-link"), 2);
}

static void test_a_cancelled_one_comes_back(void **state)
{
    struct fake_host *fake = *state;
    fake_host_command(fake, FAKE_BEN, 0, "meeting cancel 1");
    assert_int_equal(fake_host_command(fake, FAKE_BEN, 0, "meeting restore 1 2026-11-23"), 0);
    assert_non_null(fake_host_said(fake, "meetings.restored"));
    fake_host_hush(fake);
    fake_host_wait(fake, 10 * hour);
    assert_int_equal(fake_host_said_times(fake, "meetings.remind-link"), 2);
    fake_host_command(fake, FAKE_BEN, 0, "meeting restore 1");
    assert_non_null(fake_host_said(fake, "meetings.nothing-changed"));
}

static void test_a_moved_one_is_reminded_of_at_its_new_time(void **state)
{
    struct fake_host *fake = *state;
    assert_int_equal(fake_host_command(fake, FAKE_BEN, 0, "meeting move 1 wed to fri 20:00"), 0);
    const struct fake_said *said = fake_host_said(fake, "meetings.moved");
    assert_non_null(said);
    fake_host_hush(fake);
    fake_host_at(fake, "2026-11-25 09:00");
    fake_host_arrange(fake);
    fake_host_wait(fake, 12 * hour);
    assert_int_equal(fake->data.said_count, 0); /* not on Wednesday */
    fake_host_wait(fake, day);
    assert_int_equal(fake_host_said_times(fake, "meetings.remind-link"), 2); /* Thursday as ever */
    fake_host_wait(fake, day);
    assert_int_equal(fake_host_said_times(fake, "meetings.remind-link"), 4);
}

static void test_a_day_without_the_meeting_is_where_it_moves_to(void **state)
{
    struct fake_host *fake = *state;
    assert_int_equal(fake_host_command(fake, FAKE_BEN, 0, "meeting move 1 tue 17:00"), 0);
    char to[40];
    fake_host_at(fake, "2026-11-24 17:00");
    snprintf(to, sizeof to, "to=%lld;", (long long)fake->now);
    assert_non_null(strstr(fake_host_said(fake, "meetings.moved")->args, to));
    assert_non_null(strstr(fake_host_said(fake, "meetings.moved")->args, "date=2026-11-23;"));
}

static void test_changes_that_cannot_be_are_explained(void **state)
{
    struct fake_host *fake = *state;
    fake_host_command(fake, FAKE_BEN, 0, "meeting cancel 9");
    assert_non_null(fake_host_said(fake, "meetings.trouble-number"));
    fake_host_command(fake, FAKE_BEN, 0, "meeting cancel 1 fri");
    assert_non_null(fake_host_said(fake, "meetings.no-occurrence"));
    fake_host_command(fake, FAKE_BEN, 0, "meeting remove 1");
    assert_non_null(fake_host_said(fake, "meetings.remove-configured"));
    fake_host_command(fake, FAKE_BEN, 0, "meeting move 1 2026-11-23 to 2026-11-22 10:00");
    assert_non_null(fake_host_said(fake, "meetings.past"));
    fake_host_command(fake, FAKE_BEN, 0, "meeting dance");
    assert_non_null(fake_host_said(fake, "meetings.how"));
    assert_string_equal(fake->data.audits, "");
}

static void test_a_failing_disk_undoes_a_change(void **state)
{
    struct fake_host *fake = *state;
    size_t timers = fake->data.timer_count;
    fake->put_error = -ENOSPC;
    assert_int_equal(fake_host_command(fake, FAKE_BEN, 0, "meeting cancel 1"), -ENOSPC);
    assert_int_equal(fake->data.said_count, 0);
    assert_int_equal(fake->data.timer_count, timers);
}

static void test_coming_is_counted_once_a_person_and_told_to_them_alone(void **state)
{
    struct fake_host *fake = *state;
    fake_host_command(fake, FAKE_ANA, FAKE_ROOM, "going 1");
    fake_host_command(fake, FAKE_ANA, FAKE_ROOM, "going");
    fake_host_command(fake, FAKE_BEN, 0, "coming 1");
    for (size_t i = 0; i < fake->data.said_count; i++)
        assert_true((fake->data.said[i].flags & MOORING_SAY_PRIVATE_ONLY) != 0);
    fake_host_command(fake, FAKE_BEN, 0, "meeting going 1");
    assert_non_null(strstr(fake_host_said(fake, "meetings.going-count")->args, "count=2;"));
    fake_host_command(fake, FAKE_BEN, 0, "going 7");
    assert_non_null(fake_host_said(fake, "meetings.no-occurrence"));
}

static void test_a_snooze_reminds_in_private_unless_it_is_cancelled(void **state)
{
    struct fake_host *fake = *state;
    fake_host_wait(fake, 8 * hour);
    fake_host_command(fake, FAKE_ANA, FAKE_ROOM, "snooze 15m 1");
    assert_non_null(fake_host_said(fake, "meetings.snoozed"));
    fake_host_hush(fake);
    fake_host_wait(fake, 15 * minute);
    const struct fake_said *said = fake_host_said(fake, "meetings.remind-link");
    assert_non_null(said);
    assert_int_equal(said->to.member.id, FAKE_ANA);
    assert_non_null(strstr(said->args, "in=minutes[count=45;];"));
    fake_host_command(fake, FAKE_ANA, FAKE_ROOM, "snooze 5m 1");
    fake_host_command(fake, FAKE_BEN, 0, "meeting cancel 1");
    fake_host_hush(fake);
    fake_host_wait(fake, 10 * minute);
    assert_int_equal(fake->data.said_count, 0);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, fake_host_tear_down)

int main(void)
{
#define ON_HOST(test) TEST(test)
    const struct CMUnitTest tests[] = {
        ON_HOST(test_the_week_lists_what_comes_with_numbers),
        ON_HOST(test_today_and_now),
        ON_HOST(test_reminders_come_an_hour_and_ten_minutes_before),
        ON_HOST(test_reminders_follow_the_wall_clock_into_winter),
        ON_HOST(test_after_a_restart_the_late_one_says_that_the_door_is_open),
        ON_HOST(test_a_meeting_that_is_over_is_not_mentioned),
        ON_HOST(test_arranging_again_changes_nothing),
        ON_HOST(test_timers_of_a_meeting_that_is_gone_go_too),
        ON_HOST(test_an_added_meeting_is_listed_reminded_of_and_removed),
        ON_HOST(test_a_past_date_is_refused_and_not_kept),
        ON_HOST(test_an_unknown_zone_is_named),
        ON_HOST(test_a_cancelled_one_is_announced_and_not_reminded_of),
        ON_HOST(test_a_cancelled_one_comes_back),
        ON_HOST(test_a_moved_one_is_reminded_of_at_its_new_time),
        ON_HOST(test_a_day_without_the_meeting_is_where_it_moves_to),
        ON_HOST(test_changes_that_cannot_be_are_explained),
        ON_HOST(test_a_failing_disk_undoes_a_change),
        ON_HOST(test_coming_is_counted_once_a_person_and_told_to_them_alone),
        ON_HOST(test_a_snooze_reminds_in_private_unless_it_is_cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
