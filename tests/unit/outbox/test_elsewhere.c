/* SPDX-License-Identifier: MIT */
/* test_elsewhere.c: somebody on two networks, and the one where they were last is down. */
#include "world.h"

#include <errno.h>

static int say(struct world *w, enum outbox_priority priority, uint64_t flags)
{
    struct world_person *ana = world_person(w, "ana");
    struct mooring_message message = world_message("test.hello");
    ana->elsewhere = "console";
    message.to.member.id = ana->id;
    message.flags = MOORING_SAY_PRIVATE_ONLY | flags;
    return world_say(w, message, priority, NULL);
}

static void say_while_down(struct world *w, enum outbox_priority priority, uint64_t flags)
{
    world_set_down(w, &w->irc, true);
    assert_int_equal(say(w, priority, flags), 0);
    world_commit(w);
}

static void test_a_reminder_goes_over_when_half_of_its_time_is_gone(void **state)
{
    struct world *w = *state;
    say_while_down(w, OUTBOX_REMINDER, 0);
    world_advance(w, 15 * CLOCK_MINUTE_MS - 1000);
    world_assert_silent(w);
    world_advance(w, 2000);
    world_assert_said(w, "console ana", "Hello.");
    world_set_down(w, &w->irc, false);
    world_settle(w);
    world_assert_silent(w); /* once */
    world_advance(w, 2000);
    assert_int_equal(world_rows(w), 0);
}

static void test_over_a_restart_too(void **state)
{
    struct world *w = *state;
    say_while_down(w, OUTBOX_REMINDER, 0);
    world_kill(w);
    world_set_down(w, &w->irc, true);
    world_person(w, "ana")->elsewhere = "console";
    world_advance(w, 16 * CLOCK_MINUTE_MS);
    world_assert_said(w, "console ana", "Hello.");
    world_assert_silent(w);
}

static void test_where_the_network_came_back_in_time_it_goes_there(void **state)
{
    struct world *w = *state;
    say_while_down(w, OUTBOX_REMINDER, 0);
    world_advance(w, 10 * CLOCK_MINUTE_MS);
    world_set_down(w, &w->irc, false);
    world_settle(w);
    world_assert_said(w, "irc ana", "Hello.");
    world_advance(w, 10 * CLOCK_MINUTE_MS);
    world_assert_silent(w);
}

static void test_with_both_down_it_expires(void **state)
{
    struct world *w = *state;
    world_set_down(w, &w->console, true);
    say_while_down(w, OUTBOX_REMINDER, 0);
    world_advance(w, 31 * CLOCK_MINUTE_MS);
    world_set_down(w, &w->console, false);
    world_settle(w);
    world_assert_silent(w);
    assert_int_equal(w->results[0].result, -ETIMEDOUT);
}

static void test_what_cannot_wait_goes_over_at_once(void **state)
{
    struct world *w = *state;
    say_while_down(w, OUTBOX_REPLY, MOORING_SAY_URGENT);
    world_assert_said(w, "console ana", "Hello.");
    say_while_down(w, OUTBOX_CRISIS, MOORING_SAY_CRISIS);
    world_assert_said(w, "console ana", "Hello.");
}

static void test_where_they_were_last_is_up_it_goes_there(void **state)
{
    struct world *w = *state;
    assert_int_equal(say(w, OUTBOX_REPLY, MOORING_SAY_URGENT), 0);
    world_commit(w);
    world_assert_said(w, "irc ana", "Hello.");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_a_reminder_goes_over_when_half_of_its_time_is_gone),
        TEST(test_over_a_restart_too),
        TEST(test_where_the_network_came_back_in_time_it_goes_there),
        TEST(test_with_both_down_it_expires),
        TEST(test_what_cannot_wait_goes_over_at_once),
        TEST(test_where_they_were_last_is_up_it_goes_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
