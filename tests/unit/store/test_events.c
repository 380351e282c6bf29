/* SPDX-License-Identifier: MIT */
/* test_events.c: cursors, events seen, events buried. */
#include "fixture.h"

#include "store/events.h"

static void a_cursor_is_kept_per_network_and_target(void **state)
{
    struct fixture *f = *state;
    struct str cursor;
    assert_int_equal(store_events_put_cursor(f->store, STR("home"), STR(""), STR("s1")), 0);
    assert_int_equal(store_events_put_cursor(f->store, STR("home"), STR(""), STR("s2")), 0);
    assert_int_equal(store_events_put_cursor(f->store, STR("libera"), STR("#harbor"), STR("m9")),
                     0);
    fixture_commit(f);
    fixture_reopen(f);
    assert_int_equal(store_events_get_cursor(f->store, STR("home"), STR(""), &f->arena, &cursor),
                     0);
    assert_str(cursor, "s2");
    assert_int_equal(
        store_events_get_cursor(f->store, STR("libera"), STR("#harbor"), &f->arena, &cursor), 0);
    assert_str(cursor, "m9");
    assert_int_equal(
        store_events_get_cursor(f->store, STR("libera"), STR("#other"), &f->arena, &cursor),
        -ENOENT);
}

static void cursors_cannot_be_swapped(void **state)
{
    struct fixture *f = *state;
    struct str cursor;
    assert_int_equal(store_events_put_cursor(f->store, STR("home"), STR(""), STR("s1")), 0);
    fixture_commit(f);
    fixture_execute(f, "UPDATE cursor SET hash = x'00112233445566778899aabbccddeeff'");
    assert_int_equal(store_events_get_cursor(f->store, STR("home"), STR(""), &f->arena, &cursor),
                     -ENOENT);
}

static void a_cursor_goes_with_its_turn(void **state)
{
    struct fixture *f = *state;
    struct str cursor;
    assert_int_equal(store_events_put_cursor(f->store, STR("home"), STR(""), STR("s1")), 0);
    fixture_commit(f);
    assert_int_equal(store_events_put_cursor(f->store, STR("home"), STR(""), STR("s2")), 0);
    assert_int_equal(store_crash(f->store), 0);
    assert_int_equal(store_events_get_cursor(f->store, STR("home"), STR(""), &f->arena, &cursor),
                     0);
    assert_str(cursor, "s1");
}

static void an_event_is_seen_once_marked(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(store_events_seen(f->store, STR("home"), STR("$a")), 0);
    assert_int_equal(store_events_mark_seen(f->store, STR("home"), STR("$a")), 0);
    assert_int_equal(store_events_mark_seen(f->store, STR("home"), STR("$a")), 0);
    assert_int_equal(store_events_seen(f->store, STR("home"), STR("$a")), 1);
    assert_int_equal(store_events_seen(f->store, STR("libera"), STR("$a")), 0);
    assert_int_equal(store_events_seen(f->store, STR("home$"), STR("a")), 0);
}

static void old_marks_are_pruned(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(store_events_mark_seen(f->store, STR("home"), STR("$old")), 0);
    clock_advance(&f->clock, 1000);
    assert_int_equal(store_events_mark_seen(f->store, STR("home"), STR("$new")), 0);
    assert_int_equal(store_events_prune(f->store, FIXTURE_START + 500), 0);
    assert_int_equal(store_events_seen(f->store, STR("home"), STR("$old")), 0);
    assert_int_equal(store_events_seen(f->store, STR("home"), STR("$new")), 1);
}

static void the_buried_are_counted_and_have_a_ceiling(void **state)
{
    struct fixture *f = *state;
    int64_t count;
    for (int i = 0; i < 3; i++)
        assert_int_equal(store_events_bury(f->store, STR("home"), STR("$a"), -EIO, STR("checkin")),
                         0);
    assert_int_equal(store_events_buried_count(f->store, &count), 0);
    assert_int_equal(count, 3);
    fixture_execute(f, "UPDATE dead_event SET id = id + 20000 WHERE id = 3");
    assert_int_equal(store_events_bury(f->store, STR("home"), STR("$b"), -EIO, STR("")), 0);
    assert_int_equal(store_events_buried_count(f->store, &count), 0);
    assert_int_equal(count, 2);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, fixture_in_memory, fixture_done)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_cursor_is_kept_per_network_and_target, fixture_on_disk,
                                        fixture_done),
        TEST(cursors_cannot_be_swapped),
        cmocka_unit_test_setup_teardown(a_cursor_goes_with_its_turn, fixture_on_disk, fixture_done),
        TEST(an_event_is_seen_once_marked),
        TEST(old_marks_are_pruned),
        TEST(the_buried_are_counted_and_have_a_ceiling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
