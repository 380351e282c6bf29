/* SPDX-License-Identifier: MIT */
/* test_jobs_turns.c: ticks in memory, and turns that fail. */
#include "jobs_house.h"

/* ---- volatile ones --------------------------------------------------------------------------- */

static int tick_again(struct house *house, const struct store_job *job)
{
    struct mooring_when when = tick(now(house) + 1000);
    assert_int_equal(job->id, 0);
    return house->count < 5 ? jobs_set(house->jobs, PLUGIN, group, job->key, &when) : 0;
}

static void ticks_cost_no_commit(void **state)
{
    struct house *house = *state;
    house->during = tick_again;
    assert_int_equal(set(house, "tick", tick(now(house) + 1000)), 0);
    assert_false(store_in_transaction(house->store));
    pass(house, MINUTE);
    assert_int_equal(house->count, 5);
    assert_int_equal(house->taken[4].at, utc("2026-11-23T13:55:05"));
}

static void a_tick_can_be_cancelled_and_dropped(void **state)
{
    struct house *house = *state;
    assert_int_equal(set(house, "a", tick(now(house) + 1000)), 0);
    assert_int_equal(set(house, "b", tick(now(house) + 1000)), 0);
    assert_int_equal(next_of(house, "a"), now(house) + 1000);
    assert_int_equal(jobs_cancel(house->jobs, PLUGIN, group, STR("a")), 0);
    assert_int_equal(next_of(house, "a"), -ENOENT);
    jobs_drop_volatile(house->jobs, PLUGIN);
    pass(house, MINUTE);
    assert_int_equal(house->count, 0);
}

static void there_is_a_ceiling(void **state)
{
    struct house *house = *state;
    char key[16];
    int r = 0, count = 0;
    for (; r == 0 && count < 100000; count++) {
        snprintf(key, sizeof key, "k%d", count);
        r = set(house, key, tick(now(house) + DAY));
    }
    assert_int_equal(r, -E2BIG);
    assert_int_equal(count - 1, 16384);
    assert_int_equal(set(house, "k0", tick(now(house) + HOUR)), 0);
}

static int set_itself_in_the_past(struct house *house, const struct store_job *job)
{
    struct mooring_when when = once(now(house) - HOUR), ticking = tick(now(house) - HOUR);
    return jobs_set(house->jobs, PLUGIN, group, job->key, job->id ? &when : &ticking);
}

static void a_timer_that_sets_itself_cannot_hold_the_turn(void **state)
{
    struct house *house = *state;
    house->during = set_itself_in_the_past;
    set_and_commit(house, "x", once(now(house)));
    set_and_commit(house, "y", tick(now(house)));
    pass(house, 20);
    assert_in_range(house->count, 2, 42);
}

/* ---- turns that fail ------------------------------------------------------------------------- */

static void a_failed_turn_is_tried_again_without_spinning(void **state)
{
    struct house *house = *state;
    set_and_commit(house, "x", once(now(house) + MINUTE));
    house->turns_fail = true;
    house->wakes = 0;
    pass(house, 11 * MINUTE);
    assert_in_range(house->wakes, 10, 20); /* 1, 2, 4 ... 32, 60, 60 s */
    house->turns_fail = false;
    pass(house, 70 * CLOCK_SECOND_MS);
    house->count = 0;
    assert_int_equal(next_of(house, "x"), -ENOENT);
    pass(house, HOUR);
    assert_int_equal(house->count, 0);
}

static void somebody_elses_commit_shortens_the_wait(void **state)
{
    struct house *house = *state;
    set_and_commit(house, "x", once(now(house) + MINUTE));
    house->turns_fail = true;
    pass(house, 11 * MINUTE);
    house->turns_fail = false;
    assert_int_equal(store_meta_put(house->store, STR("x"), STR("y")), 0);
    assert_int_equal(store_commit(house->store), 1);
    pass(house, 2 * CLOCK_SECOND_MS);
    assert_int_equal(next_of(house, "x"), -ENOENT);
}

static void a_full_disk_keeps_durable_ones_for_later(void **state)
{
    struct house *house = *state;
    set_and_commit(house, "x", once(now(house) + MINUTE));
    store_inject(house->store, STORE_FAULT_DISK_FULL);
    pass(house, 5 * MINUTE);
    assert_int_equal(house->count, 0);
    store_inject(house->store, STORE_FAULT_NONE);
    assert_int_equal(store_probe(house->store), 0);
    pass(house, 2 * MINUTE);
    assert_int_equal(house->count, 1);
    assert_true(house->taken[0].late);
}

static void the_cores_ticks_run_while_the_disk_is_full(void **state)
{
    struct house *house = *state;
    struct mooring_when when = tick(now(house) + 2 * MINUTE);
    set_and_commit(house, "x", once(now(house) + MINUTE));
    store_inject(house->store, STORE_FAULT_DISK_FULL);
    assert_int_equal(jobs_set(house->jobs, STR(""), group, STR("unsaved"), &when), 0);
    store_rollback(house->store);
    pass(house, 2 * MINUTE);
    assert_int_equal(house->count, 1);
    assert_string_equal(house->taken[0].key, "unsaved");
}

static int save_or_fail(struct house *house, const struct store_job *job)
{
    return job->id ? -EIO : store_meta_put(house->store, STR("saved"), STR("yes"));
}

static void a_failing_durable_one_takes_no_tick_with_it(void **state)
{
    struct house *house = *state;
    struct str saved;
    house->during = save_or_fail;
    set_and_commit(house, "x", once(now(house) + MINUTE));
    set_and_commit(house, "tick", tick(now(house) + MINUTE));
    pass(house, MINUTE);
    assert_int_equal(store_meta_get(house->store, STR("saved"), &house->arena, &saved), 0);
}

static int write_and_set(struct house *house)
{
    struct mooring_when core = tick(now(house) + 1000);
    assert_int_equal(set(house, "durable", once(now(house) + 1000)), 0);
    assert_int_equal(set(house, "new", tick(now(house) + 1000)), 0);
    assert_int_equal(set(house, "old", tick(now(house) + 9000)), 0);
    assert_int_equal(jobs_cancel(house->jobs, PLUGIN, group, STR("cancelled")), 0);
    return jobs_set(house->jobs, STR(""), group, STR("core"), &core);
}

static void a_rolled_back_turn_leaves_ticks_as_they_were(void **state)
{
    struct house *house = *state;
    int64_t at = now(house) + 5000;
    set_and_commit(house, "old", tick(at));
    set_and_commit(house, "cancelled", tick(at));
    pass(house, 0); /* that turn is over */
    assert_int_equal(write_and_set(house), 0);
    store_rollback(house->store);
    assert_int_equal(next_of(house, "new"), -ENOENT);
    assert_int_equal(next_of(house, "durable"), -ENOENT);
    assert_int_equal(next_of(house, "old"), at);
    assert_int_equal(next_of(house, "cancelled"), at);
    pass(house, MINUTE);
    assert_int_equal(house->count, 3);
    assert_string_equal(house->taken[0].key, "core");
}

static void one_failed_call_is_undone_alone(void **state)
{
    struct house *house = *state;
    struct store_savepoint savepoint;
    assert_int_equal(set(house, "others", tick(now(house) + 1000)), 0);
    uint64_t mark = jobs_mark(house->jobs);
    assert_int_equal(store_savepoint(house->store, &savepoint), 0);
    assert_int_equal(set(house, "durable", once(now(house) + 1000)), 0);
    assert_int_equal(set(house, "its", tick(now(house) + 1000)), 0);
    assert_int_equal(store_rollback_to(house->store, savepoint), 0);
    jobs_undo(house->jobs, mark);
    assert_true(store_commit(house->store) >= 0);
    pass(house, MINUTE);
    assert_int_equal(house->count, 1);
    assert_string_equal(house->taken[0].key, "others");
}

static int fail_once(struct house *house, const struct store_job *job)
{
    (void)job;
    house->during = NULL;
    assert_int_equal(store_meta_put(house->store, STR("x"), STR("y")), 0);
    return -EIO;
}

static void a_tick_of_a_failed_turn_comes_again(void **state)
{
    struct house *house = *state;
    house->during = fail_once;
    set_and_commit(house, "tick", tick(now(house) + 1000));
    pass(house, 10 * CLOCK_SECOND_MS);
    assert_int_equal(house->count, 2);
    assert_int_equal(house->taken[1].at, house->taken[0].at + 1000);
}

static void an_idle_house_sleeps(void **state)
{
    struct house *house = *state;
    set_and_commit(house, "x", once(now(house) + 30 * DAY));
    house->wakes = 0;
    pass(house, 29 * DAY);
    assert_int_equal(house->wakes, 0);
}

static void cancelled_in_a_turn_and_forgotten_elsewhere(void **state)
{
    struct house *house = *state;
    struct store_job job;
    set_and_commit(house, "x", once(now(house) + MINUTE));
    assert_int_equal(store_jobs_next(house->store, INT64_MAX, &house->arena, &job), 0);
    assert_int_equal(store_jobs_remove(house->store, job.id), 0);
    assert_int_equal(store_commit(house->store), 1);
    pass(house, HOUR);
    assert_int_equal(house->count, 0);
    assert_true(house->wakes <= 1);
}

static void flags_reach_whoever_takes(void **state)
{
    struct house *house = *state;
    struct mooring_when when = once(now(house) - 1);
    struct store_job job;
    bool late;
    when.flags = MOORING_WHEN_RESPECTS_QUIET;
    assert_int_equal(set(house, "x", when), 0);
    clock_advance(&house->clock, 5);
    assert_int_equal(jobs_take(house->jobs, &house->arena, &job, &late), 1);
    assert_int_equal(job.flags, MOORING_WHEN_RESPECTS_QUIET);
    assert_int_equal(job.owner_id, 3);
    assert_int_equal(jobs_take(house->jobs, &house->arena, &job, &late), 0);
    store_rollback(house->store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_HOUSE(ticks_cost_no_commit),
        IN_HOUSE(a_tick_can_be_cancelled_and_dropped),
        IN_HOUSE(there_is_a_ceiling),
        IN_HOUSE(a_timer_that_sets_itself_cannot_hold_the_turn),
        IN_HOUSE(a_failed_turn_is_tried_again_without_spinning),
        IN_HOUSE(somebody_elses_commit_shortens_the_wait),
        IN_HOUSE(a_full_disk_keeps_durable_ones_for_later),
        IN_HOUSE(the_cores_ticks_run_while_the_disk_is_full),
        IN_HOUSE(a_failing_durable_one_takes_no_tick_with_it),
        IN_HOUSE(a_rolled_back_turn_leaves_ticks_as_they_were),
        IN_HOUSE(one_failed_call_is_undone_alone),
        IN_HOUSE(a_tick_of_a_failed_turn_comes_again),
        IN_HOUSE(an_idle_house_sleeps),
        IN_HOUSE(cancelled_in_a_turn_and_forgotten_elsewhere),
        IN_HOUSE(flags_reach_whoever_takes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
