/* SPDX-License-Identifier: MIT */
/* test_outbox.c: queued inside the turn, gone with its commit, forgotten with its rollback. */
#include "world.h"

#include <errno.h>

static struct mooring_message to_room(const char *msgid, uint64_t room)
{
    struct mooring_message message = world_message(msgid);
    message.to.room.id = room;
    return message;
}

static void test_nothing_goes_before_the_commit(void **state)
{
    struct world *w = *state;
    assert_int_equal(world_say(w, to_room("test.hello", 201), OUTBOX_REPLY, NULL), 0);
    world_settle(w);
    world_assert_silent(w);
    world_commit(w);
    world_assert_said(w, "irc #harbor", "Hello.");
}

static void test_one_commit_is_enough(void **state)
{
    struct world *w = *state;
    uint64_t before = w->commits;
    assert_int_equal(world_say(w, to_room("test.hello", 201), OUTBOX_REPLY, NULL), 0);
    world_commit(w);
    world_assert_said(w, "irc #harbor", "Hello.");
    assert_int_equal(w->commits, before + 1);
}

static void test_a_rollback_forgets(void **state)
{
    struct world *w = *state;
    assert_int_equal(world_say(w, to_room("test.hello", 201), OUTBOX_REPLY, NULL), 0);
    store_rollback(w->store);
    world_commit(w);
    world_advance(w, CLOCK_MINUTE_MS);
    world_assert_silent(w);
    assert_true(outbox_idle(w->outbox));
}

static void test_a_savepoint_takes_only_its_own(void **state)
{
    struct world *w = *state;
    struct store_savepoint savepoint;
    assert_int_equal(world_say(w, to_room("test.hello", 201), OUTBOX_REPLY, NULL), 0);
    assert_int_equal(store_savepoint(w->store, &savepoint), 0);
    assert_int_equal(world_say(w, to_room("test.ask", 201), OUTBOX_REPLY, NULL), 0);
    assert_int_equal(store_rollback_to(w->store, savepoint), 0);
    world_commit(w);
    world_assert_said(w, "irc #harbor", "Hello.");
    world_assert_silent(w);
}

static void test_cancelled_before_it_went(void **state)
{
    struct world *w = *state;
    uint64_t id;
    world_set_down(w, &w->irc, true);
    assert_int_equal(world_say(w, to_room("test.hello", 201), OUTBOX_REPLY, &id), 0);
    world_commit(w);
    assert_int_equal(outbox_cancel(w->outbox, id), 0);
    world_commit(w);
    world_set_down(w, &w->irc, false);
    world_advance(w, CLOCK_MINUTE_MS);
    world_assert_silent(w);
    assert_int_equal(world_rows(w), 0);
    assert_int_equal(outbox_cancel(w->outbox, id), -ENOENT);
}

static void test_a_cancellation_that_is_undone(void **state)
{
    struct world *w = *state;
    uint64_t id;
    world_set_down(w, &w->irc, true);
    assert_int_equal(world_say(w, to_room("test.hello", 201), OUTBOX_REPLY, &id), 0);
    world_commit(w);
    assert_int_equal(outbox_cancel(w->outbox, id), 0);
    store_rollback(w->store);
    world_set_down(w, &w->irc, false);
    world_settle(w);
    world_assert_said(w, "irc #harbor", "Hello.");
}

static void test_too_late_to_cancel(void **state)
{
    struct world *w = *state;
    uint64_t id;
    w->irc.confirms = false;
    assert_int_equal(world_say(w, to_room("test.hello", 201), OUTBOX_REPLY, &id), 0);
    world_commit(w);
    assert_int_equal(outbox_cancel(w->outbox, id), -ENOENT);
}

static void test_said_once_by_its_key(void **state)
{
    struct world *w = *state;
    struct mooring_message message = to_room("test.hello", 201);
    message.dedup_key = MOORING_STR("today");
    assert_int_equal(world_say(w, message, OUTBOX_REPLY, NULL), 0);
    assert_int_equal(world_say(w, message, OUTBOX_REPLY, NULL), -EEXIST);
    world_commit(w);
    world_advance(w, CLOCK_MINUTE_MS);
    assert_int_equal(world_say(w, message, OUTBOX_REPLY, NULL), -EEXIST);
    message.to.room.id = 202; /* another recipient */
    assert_int_equal(world_say(w, message, OUTBOX_REPLY, NULL), 0);
    world_commit(w);
    assert_int_equal(w->said_count, 2);
}

static void test_a_group_hears_it_in_each_room_once(void **state)
{
    struct world *w = *state;
    struct mooring_message message = world_message("test.hello");
    message.to.group.id = 101;
    message.dedup_key = MOORING_STR("prompt");
    assert_int_equal(world_say(w, message, OUTBOX_REMINDER, NULL), 0);
    world_commit(w);
    assert_int_equal(w->said_count, 2);
    assert_int_equal(world_say(w, message, OUTBOX_REMINDER, NULL), -EEXIST);
}

static void test_the_row_goes_within_a_second_of_its_end(void **state)
{
    struct world *w = *state;
    assert_int_equal(world_say(w, to_room("test.hello", 201), OUTBOX_REPLY, NULL), 0);
    world_commit(w);
    assert_int_equal(world_rows(w), 1);
    world_advance(w, CLOCK_SECOND_MS);
    assert_int_equal(world_rows(w), 0);
    assert_int_equal(world_metric(w, "mooring_outbox_sent_total"), 1);
}

static void test_ends_ride_with_the_next_commit(void **state)
{
    struct world *w = *state;
    assert_int_equal(world_say(w, to_room("test.hello", 201), OUTBOX_REPLY, NULL), 0);
    world_commit(w);
    uint64_t before = w->commits;
    assert_int_equal(world_say(w, to_room("test.ask", 201), OUTBOX_REPLY, NULL), 0);
    world_commit(w);
    assert_int_equal(w->commits, before + 1);
    assert_int_equal(world_rows(w), 1); /* the first has ended, the second has not */
}

static void test_an_end_that_is_rolled_back_is_written_again(void **state)
{
    struct world *w = *state;
    assert_int_equal(world_say(w, to_room("test.hello", 201), OUTBOX_REPLY, NULL), 0);
    world_commit(w);
    assert_int_equal(world_say(w, to_room("test.ask", 201), OUTBOX_REPLY, NULL), 0);
    store_rollback(w->store);
    assert_int_equal(world_rows(w), 1);
    world_advance(w, 2 * CLOCK_SECOND_MS);
    assert_int_equal(world_rows(w), 0);
}

static void test_what_became_of_it_is_told(void **state)
{
    struct world *w = *state;
    struct mooring_message message = to_room("test.hello", 201);
    uint64_t id;
    message.flags = MOORING_SAY_REPORT;
    assert_int_equal(world_say(w, message, OUTBOX_REPLY, &id), 0);
    world_commit(w);
    assert_int_equal(w->result_count, 1);
    assert_true(w->results[0].id == id);
    assert_int_equal(w->results[0].result, 0);
    assert_string_equal(w->results[0].plugin, "test");
}

static void test_the_queue_has_a_ceiling_that_a_crisis_passes(void **state)
{
    struct world *w = *state;
    world_set_down(w, &w->irc, true);
    int r = 0;
    size_t queued = 0;
    while (r == 0 && queued < 10000) {
        r = world_say(w, to_room("test.hello", 201), OUTBOX_REPLY, NULL);
        queued += r == 0;
    }
    assert_int_equal(r, -ENOBUFS);
    assert_int_equal(queued, 4096);
    assert_int_equal(world_metric(w, "mooring_outbox_full_total"), 1);
    struct mooring_message crisis = to_room("test.ask", 201);
    crisis.flags = MOORING_SAY_CRISIS;
    assert_int_equal(world_say(w, crisis, OUTBOX_REPLY, NULL), 0);
    store_rollback(w->store);
}

static void test_a_forgotten_member_hears_nothing_more(void **state)
{
    struct world *w = *state;
    struct mooring_message message = world_message("test.hello");
    message.to.member.id = world_person(w, "ana")->id;
    world_set_down(w, &w->irc, true);
    assert_int_equal(world_say(w, message, OUTBOX_REPLY, NULL), 0);
    world_commit(w);
    outbox_forget(w->outbox, world_person(w, "ana")->id);
    world_set_down(w, &w->irc, false);
    world_advance(w, CLOCK_MINUTE_MS);
    world_assert_silent(w);
}

static void test_the_last_512_sources_are_known(void **state)
{
    struct world *w = *state;
    uint64_t first = world_source(w, "ana", "#harbor"), last = 0;
    for (int i = 0; i < 511; i++)
        last = world_source(w, "ben", NULL);
    assert_non_null(outbox_find_source(w->outbox, first));
    assert_true(str_eq_c(outbox_find_source(w->outbox, first)->room, "#harbor"));
    assert_non_null(outbox_find_source(w->outbox, last));
    (void)world_source(w, "ben", NULL);
    assert_null(outbox_find_source(w->outbox, first));
    assert_null(outbox_find_source(w->outbox, 0));
    assert_null(outbox_find_source(w->outbox, last + 100));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_nothing_goes_before_the_commit),
        TEST(test_one_commit_is_enough),
        TEST(test_a_rollback_forgets),
        TEST(test_a_savepoint_takes_only_its_own),
        TEST(test_cancelled_before_it_went),
        TEST(test_a_cancellation_that_is_undone),
        TEST(test_too_late_to_cancel),
        TEST(test_said_once_by_its_key),
        TEST(test_a_group_hears_it_in_each_room_once),
        TEST(test_the_row_goes_within_a_second_of_its_end),
        TEST(test_ends_ride_with_the_next_commit),
        TEST(test_an_end_that_is_rolled_back_is_written_again),
        TEST(test_what_became_of_it_is_told),
        TEST(test_the_queue_has_a_ceiling_that_a_crisis_passes),
        TEST(test_a_forgotten_member_hears_nothing_more),
        TEST(test_the_last_512_sources_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
