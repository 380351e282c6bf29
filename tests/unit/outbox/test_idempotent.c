/* SPDX-License-Identifier: MIT */
/* test_idempotent.c: on a network that knows a message by its transaction id nothing ends unknown:
 * what was under way is given again under the same id, unmarked, until it expires. */
#include "world.h"

#include <errno.h>
#include <stdio.h>

static int setup(void **state)
{
    int r = world_setup(state);
    struct world *w = *state;
    w->irc.base.is_idempotent = true;
    w->irc.confirms = false;
    return r;
}

static int say(struct world *w, uint64_t flags, enum outbox_priority priority)
{
    struct mooring_message message = world_message("test.hello");
    message.to.room.id = 201;
    message.flags = flags;
    return world_say(w, message, priority, NULL);
}

static struct world_said *given(struct world *w, const char *text)
{
    struct world_said *said = world_next(w);
    assert_string_equal(said->text, text);
    return said;
}

static void killed_under_way(struct world *w, uint64_t flags, enum outbox_priority priority)
{
    assert_int_equal(say(w, flags, priority), 0);
    world_commit(w);
    struct world_said first = *given(w, "Hello.");
    assert_false(first.may_be_sent);
    assert_int_equal(first.created_at, WORLD_START_AT);
    world_kill(w);
    struct world_said *again = given(w, "Hello.");
    assert_true(again->may_be_sent);
    assert_string_equal(again->transaction_id, first.transaction_id);
    assert_int_equal(again->created_at, WORLD_START_AT);
    world_kill(w); /* and in the next life too */
    again = given(w, "Hello.");
    assert_true(again->may_be_sent);
    world_outcome(w, again, CHAT_CONFIRMED);
    world_advance(w, 2 * CLOCK_SECOND_MS);
    world_kill(w);
    world_advance(w, CLOCK_MINUTE_MS);
    world_assert_silent(w);
    assert_int_equal(world_rows(w), 0);
    assert_int_equal(world_metric(w, "mooring_outbox_unknown_total"), 0);
    assert_int_equal(w->results[w->result_count - 1].result, 0);
}

static void m13_a_reply_is_given_again_under_the_same_id(void **state)
{
    killed_under_way(*state, 0, OUTBOX_REPLY);
}

static void m13_a_reminder_too(void **state)
{
    killed_under_way(*state, 0, OUTBOX_REMINDER);
}

static void m13_a_crisis_is_not_marked_again(void **state)
{
    killed_under_way(*state, MOORING_SAY_CRISIS, OUTBOX_REPLY);
}

static void m13_what_failed_may_be_there_and_stays_so(void **state)
{
    struct world *w = *state;
    assert_int_equal(say(w, 0, OUTBOX_REPLY), 0);
    world_commit(w);
    world_outcome(w, given(w, "Hello."), CHAT_FAILED);
    world_advance(w, 2 * CLOCK_SECOND_MS);
    struct world_said *again = given(w, "Hello.");
    assert_true(again->may_be_sent);
    world_outcome(w, again, CHAT_FAILED);
    world_advance(w, 2500); /* its back-off runs, and what the store is told later is told */
    world_assert_silent(w);
    world_kill(w); /* the row still says in flight */
    assert_true(given(w, "Hello.")->may_be_sent);
}

/* Such a network never says that it does not know; one that does is asked again all the same. */
static void m13_what_is_unknown_is_given_again_unmarked(void **state)
{
    struct world *w = *state;
    assert_int_equal(say(w, 0, OUTBOX_REPLY), 0);
    world_commit(w);
    struct world_said first = *given(w, "Hello.");
    world_outcome(w, &first, CHAT_UNKNOWN);
    world_advance(w, 2 * CLOCK_SECOND_MS);
    struct world_said *again = given(w, "Hello.");
    assert_true(again->may_be_sent);
    assert_string_equal(again->transaction_id, first.transaction_id);
    world_outcome(w, again, CHAT_CONFIRMED);
    assert_int_equal(world_metric(w, "mooring_outbox_unknown_total"), 0);
}

/* A room that must wait keeps no other waiting: what is under way there makes nothing unknown. */
static void m13_many_may_be_under_way(void **state)
{
    struct world *w = *state;
    for (int i = 0; i < 40; i++)
        assert_int_equal(say(w, 0, OUTBOX_REPLY), 0);
    world_commit(w);
    for (int i = 0; i < 40; i++)
        (void)given(w, "Hello.");
    world_assert_silent(w);
}

/* The connection went under two of them: they come again at once and in order, before a third. */
static void m13_a_room_keeps_its_order_over_a_broken_connection(void **state)
{
    struct world *w = *state;
    struct mooring_message message = world_message("test.numbered");
    message.to.room.id = 201;
    message.arg_count = 1;
    for (int i = 1; i <= 2; i++) {
        message.args = &(struct mooring_arg){.name = "number", .number = i};
        assert_int_equal(world_say(w, message, OUTBOX_REPLY, NULL), 0);
    }
    world_commit(w);
    (void)given(w, "Message 1.");
    (void)given(w, "Message 2.");
    world_set_down(w, &w->irc, true);
    message.args = &(struct mooring_arg){.name = "number", .number = 3};
    assert_int_equal(world_say(w, message, OUTBOX_REPLY, NULL), 0);
    world_commit(w);
    world_assert_silent(w);
    world_set_down(w, &w->irc, false);
    world_settle(w);
    assert_true(given(w, "Message 1.")->may_be_sent);
    assert_true(given(w, "Message 2.")->may_be_sent);
    assert_false(given(w, "Message 3.")->may_be_sent);
}

static void m13_a_stop_in_good_order_forgets_nothing(void **state)
{
    struct world *w = *state;
    assert_int_equal(say(w, 0, OUTBOX_REPLY), 0);
    world_commit(w);
    (void)given(w, "Hello.");
    world_set_down(w, &w->irc, true);
    world_restart(w);
    world_set_down(w, &w->irc, false);
    world_settle(w);
    assert_true(given(w, "Hello.")->may_be_sent);
}

/* It may have been said, or not: nobody is told that it was not. */
static void m13_what_is_too_old_just_ends(void **state)
{
    struct world *w = *state;
    assert_int_equal(say(w, 0, OUTBOX_REPLY), 0);
    world_commit(w);
    (void)given(w, "Hello.");
    world_set_down(w, &w->irc, true);
    world_advance(w, CLOCK_HOUR_MS);
    world_set_down(w, &w->irc, false);
    world_settle(w);
    world_assert_silent(w);
    assert_int_equal(w->results[0].result, -EIO);
    assert_int_equal(world_metric(w, "mooring_outbox_expired_total"), 0);
}

/* The network holds what a room must wait with: others pass it. */
static void a_room_that_waits_leaves_places_for_others(void **state)
{
    struct world *w = *state;
    struct mooring_message message = world_message("test.numbered");
    message.arg_count = 1;
    for (int i = 1; i <= 100; i++) {
        message.to.room.id = 201;
        message.args = &(struct mooring_arg){.name = "number", .number = i};
        assert_int_equal(world_say(w, message, OUTBOX_REPLY, NULL), 0);
    }
    world_commit(w);
    message.to.room.id = 202;
    message.args = &(struct mooring_arg){.name = "number", .number = 999};
    assert_int_equal(world_say(w, message, OUTBOX_REPLY, NULL), 0);
    world_commit(w);
    assert_int_equal(w->said_count, 101);
    for (int i = 1; i <= 100; i++) {
        char text[32];
        snprintf(text, sizeof text, "Message %d.", i);
        (void)given(w, text);
    }
    (void)given(w, "Message 999.");
}

static void what_may_be_there_cannot_be_cancelled(void **state)
{
    struct world *w = *state;
    struct mooring_message message = world_message("test.hello");
    message.to.room.id = 201;
    uint64_t id;
    assert_int_equal(world_say(w, message, OUTBOX_REPLY, &id), 0);
    world_commit(w);
    (void)given(w, "Hello.");
    world_set_down(w, &w->irc, true);
    assert_int_equal(outbox_cancel(w->outbox, id), -ENOENT);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(m13_a_reply_is_given_again_under_the_same_id),
        TEST(m13_a_reminder_too),
        TEST(m13_a_crisis_is_not_marked_again),
        TEST(m13_what_failed_may_be_there_and_stays_so),
        TEST(m13_what_is_unknown_is_given_again_unmarked),
        TEST(m13_many_may_be_under_way),
        TEST(m13_a_room_keeps_its_order_over_a_broken_connection),
        TEST(m13_a_stop_in_good_order_forgets_nothing),
        TEST(m13_what_is_too_old_just_ends),
        TEST(a_room_that_waits_leaves_places_for_others),
        TEST(what_may_be_there_cannot_be_cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
