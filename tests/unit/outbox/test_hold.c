/* SPDX-License-Identifier: MIT */
/* test_hold.c: quiet hours, pauses, appointments: who waits, and until when.  The world begins at
 * 10:00 in New York. */
#include "world.h"

#include <errno.h>

static int say_to(struct world *w, const char *who, enum outbox_priority priority, uint64_t flags,
                  int64_t expires_at)
{
    struct mooring_message message = world_message("test.hello");
    message.to.member.id = world_person(w, who)->id;
    message.flags = flags;
    message.expires_at = expires_at;
    return world_say(w, message, priority, NULL);
}

static void test_reminders_wait_for_the_end_of_quiet_hours(void **state)
{
    struct world *w = *state;
    world_person(w, "ana")->quiet = "09:00-10:30";
    assert_int_equal(say_to(w, "ana", OUTBOX_REMINDER, 0, WORLD_START_AT + CLOCK_HOUR_MS), 0);
    world_commit(w);
    world_advance(w, 30 * CLOCK_MINUTE_MS - 1);
    world_assert_silent(w);
    world_advance(w, 1);
    world_assert_said(w, "irc ana", "Hello.");
}

static void test_quiet_hours_are_the_member_s_own_clock(void **state)
{
    struct world *w = *state;
    world_person(w, "ana")->quiet = "09:00-10:30";
    world_person(w, "ana")->zone = "Europe/Berlin"; /* 16:00 there */
    assert_int_equal(say_to(w, "ana", OUTBOX_REMINDER, 0, 0), 0);
    world_commit(w);
    world_assert_said(w, "irc ana", "Hello.");
}

static void test_quiet_hours_over_midnight(void **state)
{
    struct world *w = *state;
    world_person(w, "ana")->quiet = "22:00-11:00";
    assert_int_equal(say_to(w, "ana", OUTBOX_REMINDER, 0, WORLD_START_AT + 2 * CLOCK_HOUR_MS), 0);
    world_commit(w);
    world_advance(w, 59 * CLOCK_MINUTE_MS);
    world_assert_silent(w);
    world_advance(w, CLOCK_MINUTE_MS);
    world_assert_said(w, "irc ana", "Hello.");
}

static void test_what_would_come_too_late_expires(void **state)
{
    struct world *w = *state;
    world_person(w, "ana")->quiet = "09:00-20:00";
    assert_int_equal(say_to(w, "ana", OUTBOX_REMINDER, 0, 0), 0);
    world_commit(w);
    world_advance(w, 12 * CLOCK_HOUR_MS);
    world_assert_silent(w);
    assert_int_equal(w->results[0].result, -ETIMEDOUT);
}

static void test_replies_and_crisis_pass_quiet_hours(void **state)
{
    struct world *w = *state;
    world_person(w, "ana")->quiet = "09:00-20:00";
    assert_int_equal(say_to(w, "ana", OUTBOX_REPLY, 0, 0), 0);
    assert_int_equal(say_to(w, "ana", OUTBOX_REMINDER, MOORING_SAY_CRISIS, 0), 0);
    world_commit(w);
    assert_int_equal(w->said_count, 2);
}

static void test_a_room_has_no_quiet_hours(void **state)
{
    struct world *w = *state;
    world_person(w, "ana")->quiet = "09:00-20:00";
    struct mooring_message message = world_message("test.hello");
    message.to.member.id = world_person(w, "ana")->id;
    message.to.room.id = 201;
    assert_int_equal(world_say(w, message, OUTBOX_REMINDER, NULL), 0);
    world_commit(w);
    world_assert_said(w, "irc #harbor", "Hello.");
}

static void test_it_grew_quiet_while_the_network_was_away(void **state)
{
    struct world *w = *state;
    world_person(w, "ana")->quiet = "10:05-20:00";
    world_set_down(w, &w->irc, true);
    assert_int_equal(say_to(w, "ana", OUTBOX_REMINDER, 0, WORLD_START_AT + CLOCK_DAY_MS), 0);
    world_commit(w);
    world_advance(w, 10 * CLOCK_MINUTE_MS);
    world_set_down(w, &w->irc, false);
    world_settle(w);
    world_assert_silent(w);
    world_advance(w, 10 * CLOCK_HOUR_MS);
    world_assert_said(w, "irc ana", "Hello.");
}

static void test_an_appointment_is_kept(void **state)
{
    struct world *w = *state;
    struct mooring_message message = world_message("test.hello");
    message.to.room.id = 201;
    message.not_before_at = WORLD_START_AT + CLOCK_HOUR_MS;
    assert_int_equal(world_say(w, message, OUTBOX_REMINDER, NULL), 0);
    world_commit(w);
    world_advance(w, CLOCK_HOUR_MS - 1);
    world_assert_silent(w);
    world_kill(w);
    world_advance(w, 1);
    world_assert_said(w, "irc #harbor", "Hello.");
    assert_true(w->said[0].at == WORLD_START_AT + CLOCK_HOUR_MS);
}

static void pause(struct world *w, int64_t until_at)
{
    assert_int_equal(outbox_pause(w->outbox, 101, until_at), 0);
    world_commit(w);
}

static void say_in_room(struct world *w, enum outbox_priority priority)
{
    struct mooring_message message = world_message("test.hello");
    message.to.room.id = 201;
    message.expires_at = WORLD_START_AT + CLOCK_DAY_MS;
    assert_int_equal(world_say(w, message, priority, NULL), 0);
    world_commit(w);
}

static void test_a_pause_holds_reminders_but_not_replies(void **state)
{
    struct world *w = *state;
    pause(w, WORLD_START_AT + CLOCK_HOUR_MS);
    say_in_room(w, OUTBOX_REMINDER);
    world_assert_silent(w);
    say_in_room(w, OUTBOX_REPLY);
    assert_int_equal(w->said_count, 1);
    world_advance(w, CLOCK_HOUR_MS);
    assert_int_equal(w->said_count, 2);
}

static void test_a_pause_outlives_a_restart(void **state)
{
    struct world *w = *state;
    pause(w, WORLD_START_AT + CLOCK_HOUR_MS);
    world_kill(w);
    assert_true(outbox_paused_until(w->outbox, 101) == WORLD_START_AT + CLOCK_HOUR_MS);
    say_in_room(w, OUTBOX_REMINDER);
    world_assert_silent(w);
}

static void test_a_pause_that_is_rolled_back_was_none(void **state)
{
    struct world *w = *state;
    assert_int_equal(outbox_pause(w->outbox, 101, WORLD_START_AT + CLOCK_HOUR_MS), 0);
    store_rollback(w->store);
    assert_true(outbox_paused_until(w->outbox, 101) == 0);
    say_in_room(w, OUTBOX_REMINDER);
    world_assert_said(w, "irc #harbor", "Hello.");
}

static void test_a_pause_that_is_lifted_lets_go(void **state)
{
    struct world *w = *state;
    pause(w, WORLD_START_AT + CLOCK_DAY_MS);
    say_in_room(w, OUTBOX_REMINDER);
    world_assert_silent(w);
    pause(w, 0);
    world_assert_said(w, "irc #harbor", "Hello.");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_reminders_wait_for_the_end_of_quiet_hours),
        TEST(test_quiet_hours_are_the_member_s_own_clock),
        TEST(test_quiet_hours_over_midnight),
        TEST(test_what_would_come_too_late_expires),
        TEST(test_replies_and_crisis_pass_quiet_hours),
        TEST(test_a_room_has_no_quiet_hours),
        TEST(test_it_grew_quiet_while_the_network_was_away),
        TEST(test_an_appointment_is_kept),
        TEST(test_a_pause_holds_reminders_but_not_replies),
        TEST(test_a_pause_outlives_a_restart),
        TEST(test_a_pause_that_is_rolled_back_was_none),
        TEST(test_a_pause_that_is_lifted_lets_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
