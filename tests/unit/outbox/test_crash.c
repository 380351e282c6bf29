/* SPDX-License-Identifier: MIT */
/* test_crash.c: the promise: routine at most once, crisis at least once, wherever the process is
 * killed; and the lane in memory when the store cannot be written. */
#include "world.h"

#include <errno.h>

static int say(struct world *w, uint64_t flags)
{
    struct mooring_message message = world_message("test.hello");
    message.to.room.id = 201;
    message.flags = flags;
    return world_say(w, message, OUTBOX_REPLY, NULL);
}

static void test_killed_before_the_commit_nothing_was_said(void **state)
{
    struct world *w = *state;
    assert_int_equal(say(w, MOORING_SAY_CRISIS), 0);
    world_kill(w);
    world_advance(w, CLOCK_HOUR_MS);
    world_assert_silent(w);
}

static void test_killed_while_under_way_a_reply_is_dropped_and_counted(void **state)
{
    struct world *w = *state;
    w->irc.confirms = false;
    assert_int_equal(say(w, 0), 0);
    world_commit(w);
    world_assert_said(w, "irc #harbor", "Hello.");
    world_kill(w);
    world_advance(w, CLOCK_MINUTE_MS);
    world_assert_silent(w);
    assert_int_equal(w->results[0].result, -EIO);
    assert_int_equal(world_metric(w, "mooring_outbox_unknown_total"), 1);
    assert_int_equal(world_rows(w), 0);
}

static void test_killed_while_under_way_a_crisis_is_said_again(void **state)
{
    struct world *w = *state;
    w->irc.confirms = false;
    assert_int_equal(say(w, MOORING_SAY_CRISIS), 0);
    world_commit(w);
    world_assert_said(w, "irc #harbor", "Hello.");
    world_kill(w);
    world_assert_said(w, "irc #harbor", "(again) Hello.");
    world_kill(w); /* and once more, as long as nobody said that it arrived */
    world_assert_said(w, "irc #harbor", "(again) Hello.");
}

static void test_killed_after_a_crisis_was_confirmed_it_is_not_repeated(void **state)
{
    struct world *w = *state;
    assert_int_equal(say(w, MOORING_SAY_CRISIS), 0);
    world_commit(w);
    world_assert_said(w, "irc #harbor", "Hello.");
    world_kill(w);
    world_advance(w, CLOCK_MINUTE_MS);
    world_assert_silent(w);
}

/* Only what was in the network's hands, and the next one: the rest of the queue is said in the next
 * life. */
static void test_a_kill_takes_few_of_a_paced_queue(void **state)
{
    struct world *w = *state;
    enum { QUEUED = 12 };
    w->irc.takes = 1;
    for (int i = 0; i < QUEUED; i++) {
        struct mooring_message message = world_message("test.hello");
        message.to.room.id = i % 2 ? 201 : 203;
        assert_int_equal(world_say(w, message, OUTBOX_REPLY, NULL), 0);
    }
    world_commit(w);
    assert_int_equal(w->said_count, 1);

    w->irc.takes = -1;
    world_kill(w);
    world_advance(w, CLOCK_MINUTE_MS);

    assert_int_equal(w->said_count, QUEUED - 1);
}

static void test_killed_between_commit_and_sending(void **state)
{
    struct world *w = *state;
    assert_int_equal(say(w, 0), 0);
    assert_int_equal(say(w, MOORING_SAY_CRISIS), 0);
    assert_true(store_commit(w->store) >= 0); /* and the loop does not come round */
    world_kill(w);
    world_assert_said(w, "irc #harbor", "(again) Hello.");
    world_advance(w, CLOCK_MINUTE_MS);
    world_assert_silent(w);
}

static void test_what_waited_for_its_network_survives(void **state)
{
    struct world *w = *state;
    world_set_down(w, &w->irc, true);
    assert_int_equal(say(w, 0), 0);
    world_commit(w);
    world_kill(w);
    world_assert_silent(w);
    world_set_down(w, &w->irc, false);
    world_settle(w);
    world_assert_said(w, "irc #harbor", "Hello."); /* once, unmarked: no byte of it was written */
    world_kill(w);
    world_advance(w, CLOCK_MINUTE_MS);
    world_assert_silent(w);
}

static void test_what_failed_is_known_as_unwritten(void **state)
{
    struct world *w = *state;
    w->irc.confirms = false;
    assert_int_equal(say(w, 0), 0);
    world_commit(w);
    world_outcome(w, world_next(w), CHAT_FAILED);
    world_set_down(w, &w->irc, true);
    world_advance(w, 2 * CLOCK_SECOND_MS); /* the row is back in the queue */
    world_kill(w);
    world_set_down(w, &w->irc, false);
    world_settle(w);
    world_assert_said(w, "irc #harbor", "Hello.");
}

static void test_a_stop_in_good_order_leaves_nothing_unknown(void **state)
{
    struct world *w = *state;
    assert_int_equal(say(w, 0), 0);
    world_commit(w);
    world_assert_said(w, "irc #harbor", "Hello.");
    world_restart(w);
    assert_int_equal(w->result_count, 1);
    assert_int_equal(world_metric(w, "mooring_outbox_unknown_total"), 0);
}

/* The turn had its commit while the network was already being left. */
static void test_what_a_stop_left_unsent_is_sent_by_the_next_life(void **state)
{
    struct world *w = *state;
    assert_int_equal(say(w, 0), 0);
    assert_int_equal(say(w, MOORING_SAY_CRISIS), 0);
    world_set_down(w, &w->irc, true);
    world_commit(w);
    world_restart(w);
    world_set_down(w, &w->irc, false);
    world_settle(w);
    world_assert_said(w, "irc #harbor", "Hello."); /* unmarked: nobody saw it before */
    world_assert_said(w, "irc #harbor", "Hello.");
    world_advance(w, CLOCK_MINUTE_MS);
    world_assert_silent(w);
    assert_int_equal(world_metric(w, "mooring_outbox_unknown_total"), 0);
}

static void test_never_more_than_the_window_can_become_unknown(void **state)
{
    struct world *w = *state;
    world_set_down(w, &w->irc, true);
    for (int i = 0; i < 100; i++)
        assert_int_equal(say(w, 0), 0);
    world_commit(w);
    w->irc.confirms = false;
    world_set_down(w, &w->irc, false);
    world_settle(w);
    size_t under_way = w->said_count;
    assert_true(under_way > 0 && under_way < 100);
    w->irc.confirms = true;
    world_kill(w);
    assert_int_equal(w->said_count, 100); /* each once */
    assert_int_equal(world_metric(w, "mooring_outbox_unknown_total"), under_way);
}

/* ---- the store cannot be written ------------------------------------------------------------- */

/* A turn's end when nothing can be written: in memory the first write fails, on a disk the commit.
 */
static int end_turn(struct world *w)
{
    int r = store_commit(w->store);
    if (store_in_transaction(w->store))
        store_rollback(w->store);
    world_settle(w);
    return r;
}

static void test_a_full_disk_holds_up_no_crisis(void **state)
{
    struct world *w = *state;
    store_inject(w->store, STORE_FAULT_DISK_FULL);
    int r = say(w, 0);
    assert_true(end_turn(w) < 0 || r == -ENOSPC);
    assert_int_equal(say(w, MOORING_SAY_CRISIS), 0);
    (void)end_turn(w);
    world_assert_said(w, "irc #harbor", "Hello.");
    world_assert_silent(w);
    assert_int_equal(world_metric(w, "mooring_outbox_memory_total"), 1);
}

static int answer(struct world *w, uint64_t source)
{
    struct mooring_message message = world_message("test.hello");
    message.to.answers.id = source;
    message.flags = MOORING_SAY_CRISIS;
    return world_say(w, message, OUTBOX_REPLY, NULL);
}

static void test_a_source_is_answered_once(void **state)
{
    struct world *w = *state;
    store_inject(w->store, STORE_FAULT_READ_ONLY);
    assert_int_equal(answer(w, world_source_again(w, "ana", "#harbor", "$one")), 0);
    (void)end_turn(w);
    world_advance(w, CLOCK_HOUR_MS);
    /* The cursor could not move: the network gives the same event again. */
    assert_int_equal(answer(w, world_source_again(w, "ana", "#harbor", "$one")), -EEXIST);
    assert_int_equal(answer(w, world_source_again(w, "ana", "#harbor", "$two")), 0);
    (void)end_turn(w);
    world_settle(w);
    assert_int_equal(w->said_count, 2);
}

static void test_a_source_without_an_id_is_answered_once_in_ten_minutes(void **state)
{
    struct world *w = *state;
    store_inject(w->store, STORE_FAULT_READ_ONLY);
    assert_int_equal(answer(w, world_source_again(w, "ana", "#harbor", "")), 0);
    (void)end_turn(w);
    assert_int_equal(answer(w, world_source_again(w, "ana", "#harbor", "")), -EEXIST);
    (void)end_turn(w);
    world_advance(w, 10 * CLOCK_MINUTE_MS);
    assert_int_equal(answer(w, world_source_again(w, "ana", "#harbor", "")), 0);
    store_rollback(w->store);
}

static void test_a_commit_that_fails_keeps_the_crisis_and_says_it_once(void **state)
{
    struct world *w = *state;
    uint64_t source = world_source_again(w, "ana", "#harbor", "$one");
    assert_int_equal(answer(w, source), 0);
    assert_int_equal(say(w, 0), 0);
    store_inject(w->store, STORE_FAULT_DISK_FULL);
    assert_true(store_commit(w->store) < 0);
    world_settle(w);
    world_assert_said(w, "irc #harbor", "Hello.");
    world_assert_silent(w);
    /* The turn runs its events again one by one. */
    store_inject(w->store, STORE_FAULT_NONE);
    assert_int_equal(answer(w, source), -EEXIST);
}

static void test_a_plugin_s_undone_call_leaves_no_crisis_behind(void **state)
{
    struct world *w = *state;
    struct store_savepoint savepoint;
    assert_int_equal(store_savepoint(w->store, &savepoint), 0);
    assert_int_equal(say(w, MOORING_SAY_CRISIS), 0);
    assert_int_equal(store_rollback_to(w->store, savepoint), 0);
    world_commit(w);
    world_advance(w, CLOCK_HOUR_MS);
    world_assert_silent(w);
}

static void test_a_queued_crisis_goes_though_its_mark_cannot_be_written(void **state)
{
    struct world *w = *state;
    world_set_down(w, &w->irc, true);
    assert_int_equal(say(w, MOORING_SAY_CRISIS), 0);
    assert_int_equal(say(w, 0), 0);
    world_commit(w);
    store_inject(w->store, STORE_FAULT_DISK_FULL);
    world_set_down(w, &w->irc, false);
    world_settle(w);
    world_assert_said(w, "irc #harbor", "Hello.");
    world_assert_silent(w); /* the routine one would break its promise */
    store_inject(w->store, STORE_FAULT_NONE);
    assert_int_equal(store_probe(w->store), 0);
    world_advance(w, 10 * CLOCK_SECOND_MS);
    world_assert_said(w, "irc #harbor", "Hello.");
    world_advance(w, 10 * CLOCK_SECOND_MS);
    world_assert_silent(w);
    assert_int_equal(world_rows(w), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
#define ON_DISK(name)                                                                              \
    {                                                                                              \
#name " on disk", name, world_setup_on_disk, world_teardown, NULL                          \
    }
    const struct CMUnitTest tests[] = {
        TEST(test_killed_before_the_commit_nothing_was_said),
        TEST(test_killed_while_under_way_a_reply_is_dropped_and_counted),
        TEST(test_killed_while_under_way_a_crisis_is_said_again),
        TEST(test_killed_after_a_crisis_was_confirmed_it_is_not_repeated),
        TEST(test_a_kill_takes_few_of_a_paced_queue),
        TEST(test_killed_between_commit_and_sending),
        TEST(test_what_waited_for_its_network_survives),
        TEST(test_what_failed_is_known_as_unwritten),
        TEST(test_a_stop_in_good_order_leaves_nothing_unknown),
        TEST(test_what_a_stop_left_unsent_is_sent_by_the_next_life),
        TEST(test_never_more_than_the_window_can_become_unknown),
        TEST(test_a_full_disk_holds_up_no_crisis),
        TEST(test_a_source_is_answered_once),
        TEST(test_a_source_without_an_id_is_answered_once_in_ten_minutes),
        TEST(test_a_commit_that_fails_keeps_the_crisis_and_says_it_once),
        TEST(test_a_plugin_s_undone_call_leaves_no_crisis_behind),
        TEST(test_a_queued_crisis_goes_though_its_mark_cannot_be_written),
        ON_DISK(test_killed_before_the_commit_nothing_was_said),
        ON_DISK(test_killed_while_under_way_a_reply_is_dropped_and_counted),
        ON_DISK(test_killed_while_under_way_a_crisis_is_said_again),
        ON_DISK(test_killed_after_a_crisis_was_confirmed_it_is_not_repeated),
        ON_DISK(test_killed_between_commit_and_sending),
        ON_DISK(test_what_waited_for_its_network_survives),
        ON_DISK(test_what_failed_is_known_as_unwritten),
        ON_DISK(test_a_stop_in_good_order_leaves_nothing_unknown),
        ON_DISK(test_never_more_than_the_window_can_become_unknown),
        ON_DISK(test_a_full_disk_holds_up_no_crisis),
        ON_DISK(test_a_source_is_answered_once),
        ON_DISK(test_a_source_without_an_id_is_answered_once_in_ten_minutes),
        ON_DISK(test_a_commit_that_fails_keeps_the_crisis_and_says_it_once),
        ON_DISK(test_a_plugin_s_undone_call_leaves_no_crisis_behind),
        ON_DISK(test_a_queued_crisis_goes_though_its_mark_cannot_be_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
