/* SPDX-License-Identifier: MIT */
/* test_send.c: who goes first, what waits, what is tried again, what ends, and that none of it is
 * silent. */
#include "world.h"

#include <errno.h>
#include <stdio.h>

static void say_numbered(struct world *w, uint64_t room, int number, enum outbox_priority priority,
                         uint64_t flags)
{
    struct mooring_message message = world_message("test.numbered");
    struct mooring_arg arg = {.name = "number", .kind = MOORING_ARG_INT, .number = number};
    message.to.room.id = room;
    message.args = &arg;
    message.arg_count = 1;
    message.flags = flags;
    assert_int_equal(world_say(w, message, priority, NULL), 0);
}

static void queue_while_down(struct world *w)
{
    world_set_down(w, &w->irc, true);
}

static void go(struct world *w)
{
    world_commit(w);
    world_set_down(w, &w->irc, false);
    world_settle(w);
}

static void test_crisis_before_replies_before_reminders(void **state)
{
    struct world *w = *state;
    queue_while_down(w);
    say_numbered(w, 201, 1, OUTBOX_REMINDER, 0);
    say_numbered(w, 201, 2, OUTBOX_REPLY, 0);
    say_numbered(w, 201, 3, OUTBOX_REMINDER, MOORING_SAY_CRISIS); /* the flag wins */
    go(w);
    world_assert_said(w, "irc #harbor", "Message 3.");
    world_assert_said(w, "irc #harbor", "Message 2.");
    world_assert_said(w, "irc #harbor", "Message 1.");
}

static void test_each_target_in_turn(void **state)
{
    struct world *w = *state;
    queue_while_down(w);
    for (int i = 1; i <= 3; i++)
        say_numbered(w, 201, i, OUTBOX_REPLY, 0);
    say_numbered(w, 203, 4, OUTBOX_REPLY, 0);
    go(w);
    world_assert_said(w, "irc #harbor", "Message 1.");
    world_assert_said(w, "irc #cove", "Message 4.");
    world_assert_said(w, "irc #harbor", "Message 2.");
    world_assert_said(w, "irc #harbor", "Message 3.");
}

static void test_a_hundred_in_order_to_one_room(void **state)
{
    struct world *w = *state;
    queue_while_down(w);
    for (int i = 0; i < 100; i++)
        say_numbered(w, 201, i, OUTBOX_REPLY, 0);
    go(w);
    for (int i = 0; i < 100; i++) {
        char text[32];
        (void)snprintf(text, sizeof text, "Message %d.", i);
        world_assert_said(w, "irc #harbor", text);
    }
}

static void test_a_network_that_is_full_is_waited_for(void **state)
{
    struct world *w = *state;
    w->irc.takes = 1;
    say_numbered(w, 201, 1, OUTBOX_REPLY, 0);
    say_numbered(w, 201, 2, OUTBOX_REPLY, 0);
    world_commit(w);
    world_assert_said(w, "irc #harbor", "Message 1.");
    world_assert_silent(w);
    assert_true(outbox_idle(w->outbox)); /* it cannot go now */
    w->irc.takes = -1;
    outbox_ready(w->outbox, &w->irc.base);
    world_settle(w);
    world_assert_said(w, "irc #harbor", "Message 2.");
}

static void test_crisis_passes_a_routine_that_is_held_back(void **state)
{
    struct world *w = *state;
    w->irc.takes = 0;
    say_numbered(w, 201, 1, OUTBOX_REPLY, 0);
    world_commit(w);
    w->irc.takes = 1; /* the network keeps room for it, and says nothing */
    say_numbered(w, 203, 2, OUTBOX_REPLY, MOORING_SAY_CRISIS);
    world_commit(w);
    world_assert_said(w, "irc #cove", "Message 2.");
    world_assert_silent(w);
}

static void test_a_network_that_forgets_to_say_ready_is_asked_again(void **state)
{
    struct world *w = *state;
    w->irc.takes = 0;
    say_numbered(w, 201, 1, OUTBOX_REPLY, 0);
    world_commit(w);
    w->irc.takes = -1;
    world_advance(w, 5 * CLOCK_SECOND_MS);
    world_assert_said(w, "irc #harbor", "Message 1.");
}

/* What is long waits for whoever takes one at a time, and nobody waits for it. */
static void test_what_is_long_keeps_nobody_waiting(void **state)
{
    struct world *w = *state;
    w->irc.no_long = true;
    for (int i = 1; i <= 30; i++)
        say_numbered(w, 201, i, OUTBOX_LONG, 0);
    world_commit(w);
    world_assert_silent(w);
    say_numbered(w, 201, 31, OUTBOX_REPLY, 0);
    say_numbered(w, 203, 32, OUTBOX_REMINDER, 0);
    world_commit(w);
    world_assert_said(w, "irc #harbor", "Message 31.");
    world_assert_said(w, "irc #cove", "Message 32.");

    w->irc.no_long = false;
    outbox_ready(w->outbox, &w->irc.base);
    world_settle(w);
    for (int i = 1; i <= 30; i++) {
        char text[32];
        (void)snprintf(text, sizeof text, "Message %d.", i);
        world_assert_said(w, "irc #harbor", text);
    }
}

/* Behind all that is ready, also what was queued later. */
static void test_what_is_long_goes_last(void **state)
{
    struct world *w = *state;
    queue_while_down(w);
    say_numbered(w, 201, 1, OUTBOX_LONG, 0);
    say_numbered(w, 201, 2, OUTBOX_REMINDER, 0);
    say_numbered(w, 201, 3, OUTBOX_REPLY, 0);
    go(w);
    world_assert_said(w, "irc #harbor", "Message 3.");
    world_assert_said(w, "irc #harbor", "Message 2.");
    world_assert_said(w, "irc #harbor", "Message 1.");
}

static void test_a_crisis_that_must_wait_asks_each_second(void **state)
{
    struct world *w = *state;
    w->irc.takes = 0;
    say_numbered(w, 201, 1, OUTBOX_REPLY, MOORING_SAY_CRISIS);
    world_commit(w);
    w->irc.takes = 1;
    say_numbered(w, 203, 2, OUTBOX_REPLY,
                 MOORING_SAY_CRISIS); /* and another is not held up by it */
    world_commit(w);
    world_assert_said(w, "irc #cove", "Message 2.");
    w->irc.takes = -1;
    world_advance(w, CLOCK_SECOND_MS);
    world_assert_said(w, "irc #harbor", "Message 1.");
}

static void test_a_room_that_does_not_let_us_in_refuses_at_once(void **state)
{
    struct world *w = *state;
    w->irc.fails = 1;
    w->irc.error = -EHOSTUNREACH;
    say_numbered(w, 201, 1, OUTBOX_REPLY, 0);
    world_commit(w);
    assert_int_equal(w->results[0].result, -EHOSTUNREACH);
}

static void test_one_network_does_not_hold_up_the_other(void **state)
{
    struct world *w = *state;
    queue_while_down(w);
    say_numbered(w, 201, 1, OUTBOX_REPLY, 0);
    say_numbered(w, 202, 2, OUTBOX_REPLY, 0);
    world_commit(w);
    world_assert_said(w, "console harbor", "Message 2.");
    world_assert_silent(w);
}

static void test_what_failed_is_tried_again_later_and_later(void **state)
{
    struct world *w = *state;
    w->irc.confirms = false;
    say_numbered(w, 201, 1, OUTBOX_REPLY, 0);
    world_commit(w);
    struct world_said *said = world_next(w);
    world_outcome(w, said, CHAT_FAILED);
    world_advance(w, 900);
    world_assert_silent(w);
    world_advance(w, 200);
    said = world_next(w);
    world_outcome(w, said, CHAT_FAILED);
    world_advance(w, 1900);
    world_assert_silent(w);
    world_advance(w, 200);
    said = world_next(w);
    world_outcome(w, said, CHAT_CONFIRMED);
    world_advance(w, CLOCK_SECOND_MS);
    assert_int_equal(world_rows(w), 0);
    assert_int_equal(world_metric(w, "mooring_outbox_failed_total"), 2);
}

static void test_a_try_again_keeps_its_transaction_id(void **state)
{
    struct world *w = *state;
    w->irc.confirms = false;
    say_numbered(w, 201, 1, OUTBOX_REPLY, 0);
    world_commit(w);
    struct world_said *first = world_next(w);
    world_outcome(w, first, CHAT_FAILED);
    world_advance(w, 2 * CLOCK_SECOND_MS);
    struct world_said *second = world_next(w);
    assert_int_equal(strlen(first->transaction_id), 32);
    assert_string_equal(first->transaction_id, second->transaction_id);
}

static void test_a_failing_send_call_is_tried_again(void **state)
{
    struct world *w = *state;
    w->irc.fails = 1;
    w->irc.error = -ENOMEM;
    say_numbered(w, 201, 1, OUTBOX_REPLY, 0);
    world_commit(w);
    world_assert_silent(w);
    world_advance(w, 2 * CLOCK_SECOND_MS);
    world_assert_said(w, "irc #harbor", "Message 1.");
}

static void test_what_keeps_failing_expires(void **state)
{
    struct world *w = *state;
    w->irc.fails = 100000;
    w->irc.error = -ENOMEM;
    say_numbered(w, 201, 1, OUTBOX_REPLY, 0);
    world_commit(w);
    world_advance(w, 11 * CLOCK_MINUTE_MS);
    assert_int_equal(w->result_count, 1);
    assert_int_equal(w->results[0].result, -ETIMEDOUT);
}

static void test_a_reply_expires_after_ten_minutes(void **state)
{
    struct world *w = *state;
    queue_while_down(w);
    say_numbered(w, 201, 1, OUTBOX_REPLY, MOORING_SAY_REPORT);
    world_commit(w);
    world_advance(w, 10 * CLOCK_MINUTE_MS - 1);
    assert_int_equal(w->result_count, 0);
    world_advance(w, 1);
    assert_int_equal(w->result_count, 1);
    assert_int_equal(w->results[0].result, -ETIMEDOUT);
    assert_int_equal(world_metric(w, "mooring_outbox_expired_total"), 1);
    world_advance(w, CLOCK_SECOND_MS);
    assert_int_equal(world_rows(w), 0);
    world_set_down(w, &w->irc, false);
    world_settle(w);
    world_assert_silent(w);
}

static void test_a_reminder_expires_after_half_an_hour_or_when_it_says(void **state)
{
    struct world *w = *state;
    queue_while_down(w);
    say_numbered(w, 201, 1, OUTBOX_REMINDER, 0);
    struct mooring_message soon = world_message("test.hello");
    soon.to.room.id = 201;
    soon.expires_at = WORLD_START_AT + 5 * CLOCK_MINUTE_MS;
    assert_int_equal(world_say(w, soon, OUTBOX_REMINDER, NULL), 0);
    world_commit(w);
    world_advance(w, 5 * CLOCK_MINUTE_MS);
    assert_int_equal(w->result_count, 1);
    world_advance(w, 25 * CLOCK_MINUTE_MS - 1);
    assert_int_equal(w->result_count, 1);
    world_advance(w, 1);
    assert_int_equal(w->result_count, 2);
}

static void test_a_crisis_waits_a_day_whatever_it_says(void **state)
{
    struct world *w = *state;
    queue_while_down(w);
    struct mooring_message message = world_message("test.hello");
    message.to.room.id = 201;
    message.flags = MOORING_SAY_CRISIS;
    message.expires_at = WORLD_START_AT + CLOCK_MINUTE_MS;
    assert_int_equal(world_say(w, message, OUTBOX_REPLY, NULL), 0);
    world_commit(w);
    world_advance(w, CLOCK_DAY_MS - CLOCK_MINUTE_MS);
    assert_int_equal(w->result_count, 0);
    world_set_down(w, &w->irc, false);
    world_settle(w);
    world_assert_said(w, "irc #harbor", "Hello.");
}

static void test_refused_is_told(void **state)
{
    struct world *w = *state;
    w->irc.confirms = false;
    say_numbered(w, 201, 1, OUTBOX_REPLY, 0);
    world_commit(w);
    world_outcome(w, world_next(w), CHAT_REFUSED);
    world_settle(w);
    assert_int_equal(w->result_count, 1);
    assert_int_equal(w->results[0].result, -EHOSTUNREACH);
    assert_int_equal(world_metric(w, "mooring_outbox_refused_total"), 1);
}

static void test_written_is_enough_where_nobody_asked(void **state)
{
    struct world *w = *state;
    w->irc.confirms = false;
    say_numbered(w, 201, 1, OUTBOX_REPLY, 0);
    world_commit(w);
    world_outcome(w, world_next(w), CHAT_UNKNOWN);
    world_advance(w, CLOCK_MINUTE_MS);
    world_assert_silent(w);
    assert_int_equal(w->results[0].result, 0);
}

static void test_a_report_says_that_nobody_knows(void **state)
{
    struct world *w = *state;
    w->irc.confirms = false;
    say_numbered(w, 201, 1, OUTBOX_REPLY, MOORING_SAY_REPORT);
    world_commit(w);
    world_outcome(w, world_next(w), CHAT_UNKNOWN);
    world_settle(w);
    assert_int_equal(w->results[0].result, -EIO);
}

/* A network tells of what a broken line took with it before it says that it is down. */
static void test_a_crisis_that_nobody_confirms_is_said_again(void **state)
{
    struct world *w = *state;
    w->irc.confirms = false;
    say_numbered(w, 201, 1, OUTBOX_REPLY, MOORING_SAY_CRISIS);
    world_commit(w);
    world_outcome(w, world_next(w), CHAT_UNKNOWN);
    w->irc.base.state = CHAT_DOWN;
    world_advance(w, CLOCK_MINUTE_MS);
    world_assert_silent(w);
    world_set_down(w, &w->irc, false);
    world_settle(w);
    world_assert_said(w, "irc #harbor", "(again) Message 1.");
}

static void test_a_line_that_breaks_loses_replies_and_repeats_crisis(void **state)
{
    struct world *w = *state;
    w->irc.confirms = false;
    say_numbered(w, 201, 1, OUTBOX_REPLY, 0);
    say_numbered(w, 201, 2, OUTBOX_REPLY, MOORING_SAY_CRISIS);
    world_commit(w);
    world_assert_said(w, "irc #harbor", "Message 2.");
    world_assert_said(w, "irc #harbor", "Message 1.");
    world_set_down(w, &w->irc, true);
    world_set_down(w, &w->irc, false);
    world_settle(w);
    world_assert_said(w, "irc #harbor", "(again) Message 2.");
    world_assert_silent(w);
    assert_int_equal(w->result_count, 1);
    assert_int_equal(w->results[0].result, -EIO);
    assert_int_equal(world_metric(w, "mooring_outbox_unknown_total"), 1);
}

static void test_a_crisis_is_not_repeated_for_ever(void **state)
{
    struct world *w = *state;
    w->irc.confirms = false;
    say_numbered(w, 201, 1, OUTBOX_REPLY, MOORING_SAY_CRISIS);
    world_commit(w);
    for (int i = 0; i < 10; i++) {
        world_set_down(w, &w->irc, true);
        world_set_down(w, &w->irc, false);
        world_settle(w);
    }
    assert_int_equal(w->said_count, 3);
    assert_int_equal(w->results[0].result, -EIO);
}

static void test_crisis_and_reports_ask_for_an_outcome(void **state)
{
    struct world *w = *state;
    say_numbered(w, 201, 1, OUTBOX_REPLY, 0);
    say_numbered(w, 201, 2, OUTBOX_REPLY, MOORING_SAY_REPORT);
    say_numbered(w, 203, 3, OUTBOX_REPLY, MOORING_SAY_CRISIS);
    world_commit(w);
    assert_int_equal(world_next(w)->flags, CHAT_SEND_CRISIS | CHAT_SEND_CONFIRM);
    assert_int_equal(world_next(w)->flags, 0);
    assert_int_equal(world_next(w)->flags, CHAT_SEND_CONFIRM);
}

static void test_a_network_that_left_the_configuration_refuses(void **state)
{
    struct world *w = *state;
    w->rooms[1].network = STR("nowhere");
    struct mooring_message message = world_message("test.hello");
    message.to.room.id = 202;
    assert_int_equal(world_say(w, message, OUTBOX_REPLY, NULL), 0);
    world_commit(w);
    assert_int_equal(w->result_count, 1);
    assert_int_equal(w->results[0].result, -EHOSTUNREACH);
}

static void test_a_text_that_does_not_exist_ends_loudly(void **state)
{
    struct world *w = *state;
    struct mooring_message message = world_message("test.missing");
    message.to.room.id = 201;
    assert_int_equal(world_say(w, message, OUTBOX_REPLY, NULL), 0);
    world_commit(w);
    world_assert_silent(w);
    assert_int_equal(w->results[0].result, -EINVAL);
}

static void test_lines_keep_to_the_network_s_budget(void **state)
{
    struct world *w = *state;
    w->irc.budget = 30;
    struct mooring_message message = world_message("test.long");
    message.to.room.id = 201;
    assert_int_equal(world_say(w, message, OUTBOX_REPLY, NULL), 0);
    world_commit(w);
    world_assert_said(w, "irc #harbor",
                      "one two three four five six|seven eight nine ten eleven|twelve");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_crisis_before_replies_before_reminders),
        TEST(test_each_target_in_turn),
        TEST(test_a_hundred_in_order_to_one_room),
        TEST(test_a_network_that_is_full_is_waited_for),
        TEST(test_crisis_passes_a_routine_that_is_held_back),
        TEST(test_a_network_that_forgets_to_say_ready_is_asked_again),
        TEST(test_a_crisis_that_must_wait_asks_each_second),
        TEST(test_what_is_long_keeps_nobody_waiting),
        TEST(test_what_is_long_goes_last),
        TEST(test_a_room_that_does_not_let_us_in_refuses_at_once),
        TEST(test_one_network_does_not_hold_up_the_other),
        TEST(test_what_failed_is_tried_again_later_and_later),
        TEST(test_a_try_again_keeps_its_transaction_id),
        TEST(test_a_failing_send_call_is_tried_again),
        TEST(test_what_keeps_failing_expires),
        TEST(test_a_reply_expires_after_ten_minutes),
        TEST(test_a_reminder_expires_after_half_an_hour_or_when_it_says),
        TEST(test_a_crisis_waits_a_day_whatever_it_says),
        TEST(test_refused_is_told),
        TEST(test_written_is_enough_where_nobody_asked),
        TEST(test_a_report_says_that_nobody_knows),
        TEST(test_a_crisis_that_nobody_confirms_is_said_again),
        TEST(test_a_line_that_breaks_loses_replies_and_repeats_crisis),
        TEST(test_a_crisis_is_not_repeated_for_ever),
        TEST(test_crisis_and_reports_ask_for_an_outcome),
        TEST(test_a_network_that_left_the_configuration_refuses),
        TEST(test_a_text_that_does_not_exist_ends_loudly),
        TEST(test_lines_keep_to_the_network_s_budget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
