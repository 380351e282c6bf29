/* SPDX-License-Identifier: MIT */
/* test_jobs.c: timers that fire once, whatever the clock does. */
#include "jobs_house.h"

/* ---- once, and again ------------------------------------------------------------------------- */

static void fires_once_at_its_moment(void **state)
{
    struct house *house = *state;
    int64_t at = now(house) + 10 * MINUTE;
    set_and_commit(house, "x", once(at));
    pass(house, 10 * MINUTE - 1);
    assert_int_equal(house->count, 0);
    pass(house, DAY);
    assert_int_equal(house->count, 1);
    assert_int_equal(house->taken[0].at, at);
    assert_int_equal(house->taken[0].due_at, at);
    assert_false(house->taken[0].late);
    assert_int_equal(next_of(house, "x"), -ENOENT);
}

static void recurs_on_the_wall_clock_of_its_zone(void **state)
{
    struct house *house = *state;
    set_and_commit(house, "prompt", daily("America/New_York", "2026-11-23T09:00"));
    pass(house, 3 * DAY);
    assert_int_equal(house->count, 3);
    assert_int_equal(house->taken[0].at, utc("2026-11-23T14:00"));
    assert_int_equal(house->taken[2].at, utc("2026-11-25T14:00"));
}

static void goes_on_over_the_change_of_clocks(void **state)
{
    struct house *house = *state;
    set_and_commit(house, "prompt", daily("America/New_York", "2026-11-23T02:30"));
    loop_advance(house->loop, utc("2027-03-13T12:00"));
    house->count = 0;
    loop_advance(house->loop, utc("2027-03-15T12:00"));
    assert_int_equal(house->count, 2);
    assert_int_equal(house->taken[0].at, utc("2027-03-14T07:30")); /* 02:30 is not there: 03:30 EDT */
    assert_int_equal(house->taken[1].at, utc("2027-03-15T06:30"));
}

static void a_series_that_ends_leaves_nothing(void **state)
{
    struct house *house = *state;
    struct mooring_when when = daily("UTC", "2026-11-23T14:00");
    when.rrule = MOORING_STR("FREQ=DAILY;COUNT=2");
    set_and_commit(house, "x", when);
    pass(house, 5 * DAY);
    int64_t count = -1;
    assert_int_equal(store_jobs_count(house->store, &count), 0);
    assert_int_equal(house->count, 2);
    assert_int_equal(count, 0);
}

static void a_series_that_is_over_sets_nothing_and_takes_the_old_away(void **state)
{
    struct house *house = *state;
    set_and_commit(house, "x", daily("UTC", "2026-11-23T14:00"));
    struct mooring_when when = daily("UTC", "2026-11-01T14:00");
    when.rrule = MOORING_STR("FREQ=DAILY;COUNT=2");
    set_and_commit(house, "x", when);
    assert_int_equal(next_of(house, "x"), -ENOENT);
}

static void what_is_due_comes_in_order(void **state)
{
    struct house *house = *state;
    set_and_commit(house, "late", once(now(house) + 3 * MINUTE));
    set_and_commit(house, "early", once(now(house) + MINUTE));
    set_and_commit(house, "tick", tick(now(house) + 2 * MINUTE));
    pass(house, HOUR);
    assert_int_equal(house->count, 3);
    assert_string_equal(house->taken[0].key, "early");
    assert_string_equal(house->taken[1].key, "tick");
    assert_string_equal(house->taken[2].key, "late");
}

/* ---- setting again --------------------------------------------------------------------------- */

static void the_same_rule_stays_as_it_is(void **state)
{
    struct house *house = *state;
    set_and_commit(house, "prompt", daily("UTC", "2026-11-23T14:00"));
    clock_step(&house->clock, 2 * DAY); /* computed from here it would be another moment */
    assert_int_equal(set(house, "prompt", daily("UTC", "2026-11-23T14:00")), 0);
    assert_false(store_in_transaction(house->store));
    assert_int_equal(next_of(house, "prompt"), utc("2026-11-23T14:00"));
}

static void another_rule_replaces(void **state)
{
    struct house *house = *state;
    set_and_commit(house, "prompt", daily("UTC", "2026-11-23T14:00"));
    set_and_commit(house, "prompt", daily("UTC", "2026-11-23T18:00"));
    assert_int_equal(next_of(house, "prompt"), utc("2026-11-23T18:00"));
    pass(house, DAY);
    assert_int_equal(house->count, 1);
}

static void another_moment_replaces(void **state)
{
    struct house *house = *state;
    set_and_commit(house, "x", once(now(house) + MINUTE));
    set_and_commit(house, "x", once(now(house) + HOUR));
    pass(house, 2 * HOUR);
    assert_int_equal(house->count, 1);
    assert_int_equal(house->taken[0].due_at, utc("2026-11-23T14:55"));
}

static void other_details_change_in_place(void **state)
{
    struct house *house = *state;
    struct mooring_when when = daily("UTC", "2026-11-23T14:00");
    set_and_commit(house, "prompt", when);
    when.late_ok_ms = HOUR;
    set_and_commit(house, "prompt", when);
    be_away(house, 3 * HOUR);
    assert_int_equal(house->count, 0);
    assert_int_equal(skipped(house), 1);
}

static void volatile_and_durable_share_a_key(void **state)
{
    struct house *house = *state;
    set_and_commit(house, "x", once(now(house) + MINUTE));
    set_and_commit(house, "x", tick(now(house) + 2 * MINUTE));
    set_and_commit(house, "y", tick(now(house) + MINUTE));
    set_and_commit(house, "y", once(now(house) + 2 * MINUTE));
    pass(house, HOUR);
    assert_int_equal(house->count, 2);
    assert_int_equal(house->taken[0].at, utc("2026-11-23T13:57"));
    assert_int_equal(house->taken[1].at, utc("2026-11-23T13:57"));
}

static void owners_and_plugins_are_apart(void **state)
{
    struct house *house = *state;
    struct mooring_when when = once(now(house) + MINUTE);
    set_and_commit(house, "x", when);
    assert_int_equal(jobs_set(house->jobs, STR(""), group, STR("x"), &when), 0);
    assert_int_equal(jobs_cancel(house->jobs, PLUGIN, (struct mooring_owner){.kind = MOORING_OWN_ROOM, .id = 3}, STR("x")), -ENOENT);
    assert_int_equal(jobs_cancel(house->jobs, PLUGIN, group, STR("x")), 0);
    assert_true(store_commit(house->store) >= 0);
    pass(house, HOUR);
    assert_int_equal(house->count, 1);
    assert_string_equal(house->taken[0].plugin, "");
}

static void wrong_ones_are_refused(void **state)
{
    struct house *house = *state;
    struct mooring_when both = daily("UTC", "2026-11-23T14:00"), none = once(0), rule = both, zone = both, start = both;
    struct mooring_when ticking = both, wide = both, old = once(5);
    both.at = 5;
    rule.rrule = MOORING_STR("FREQ=SOMETIMES");
    zone.zone = MOORING_STR("America/Newyork");
    start.start_local = MOORING_STR("2026-02-30T09:00");
    ticking.flags = MOORING_WHEN_VOLATILE;
    wide.spread_ms = -1;
    old.struct_size = 8;
    const struct mooring_when all[] = {both, none, rule, zone, start, ticking, wide, old};
    for (size_t i = 0; i < COUNT_OF(all); i++)
        assert_int_equal(set(house, "x", all[i]), -EINVAL);
    assert_false(store_in_transaction(house->store));
}

/* ---- late ------------------------------------------------------------------------------------ */

static void downtime_gives_one_firing_and_counts_the_rest(void **state)
{
    struct house *house = *state;
    set_and_commit(house, "prompt", daily("UTC", "2026-11-23T14:00"));
    be_away(house, 5 * DAY + HOUR);
    assert_int_equal(house->count, 1);
    assert_true(house->taken[0].late);
    assert_int_equal(skipped(house), 5);
    assert_int_equal(next_of(house, "prompt"), utc("2026-11-29T14:00"));
}

static void too_late_is_skipped_but_todays_is_given(void **state)
{
    struct house *house = *state;
    struct mooring_when when = daily("UTC", "2026-11-23T14:00");
    when.late_ok_ms = 30 * MINUTE;
    set_and_commit(house, "prompt", when);
    be_away(house, 3 * DAY + 15 * MINUTE); /* 14:10 */
    assert_int_equal(house->count, 1);
    assert_int_equal(house->taken[0].due_at, utc("2026-11-26T14:00"));
    assert_true(house->taken[0].late);
    assert_int_equal(skipped(house), 3);
}

static void within_a_minute_is_not_late(void **state)
{
    struct house *house = *state;
    set_and_commit(house, "x", once(now(house) + MINUTE));
    be_away(house, 2 * MINUTE - 2);
    assert_int_equal(house->count, 1);
    assert_false(house->taken[0].late);
}

static void once_and_too_late_is_gone(void **state)
{
    struct house *house = *state;
    struct mooring_when when = once(now(house) + MINUTE);
    when.late_ok_ms = 10 * MINUTE;
    set_and_commit(house, "x", when);
    be_away(house, HOUR);
    assert_int_equal(house->count, 0);
    assert_int_equal(skipped(house), 1);
    assert_int_equal(next_of(house, "x"), -ENOENT);
}

static void set_in_the_past_is_judged_by_its_own_moment(void **state)
{
    struct house *house = *state;
    struct mooring_when when = once(now(house) - HOUR);
    set_and_commit(house, "given", when);
    when.late_ok_ms = MINUTE;
    set_and_commit(house, "skipped", when);
    pass(house, MINUTE);
    assert_int_equal(house->count, 1);
    assert_string_equal(house->taken[0].key, "given");
    assert_true(house->taken[0].late);
}

static void a_thousand_late_ones_go_in_several_turns(void **state)
{
    struct house *house = *state;
    char key[16];
    struct mooring_when when = once(now(house) + MINUTE);
    when.late_ok_ms = MINUTE;
    for (int i = 0; i < 1000; i++) {
        snprintf(key, sizeof key, "k%d", i);
        assert_int_equal(set(house, key, when), 0);
    }
    assert_true(store_commit(house->store) >= 0);
    house->wakes = 0;
    be_away(house, DAY);
    assert_int_equal(skipped(house), 1000);
    assert_int_equal(house->count, 0);
    assert_true(house->wakes > 1 && house->wakes < 10);
}

static void a_minutely_rule_after_a_month_is_one_firing(void **state)
{
    struct house *house = *state;
    struct mooring_when when = daily("UTC", "2026-11-23T14:00");
    when.rrule = MOORING_STR("FREQ=MINUTELY");
    set_and_commit(house, "x", when);
    be_away(house, 30 * DAY + 30 * CLOCK_SECOND_MS);
    assert_int_equal(house->count, 1);
    assert_true(skipped(house) > 100);
    assert_int_equal(next_of(house, "x"), utc("2026-12-23T13:56"));
}

/* ---- the clock is set ------------------------------------------------------------------------ */

static void a_clock_set_back_fires_nothing_again(void **state)
{
    struct house *house = *state;
    set_and_commit(house, "prompt", daily("UTC", "2026-11-23T14:00"));
    pass(house, HOUR);
    assert_int_equal(house->count, 1);
    step(house, -2 * HOUR);
    pass(house, 3 * HOUR);
    assert_int_equal(house->count, 1);
    assert_int_equal(next_of(house, "prompt"), utc("2026-11-24T14:00"));
}

static void a_clock_set_forward_fires_at_once(void **state)
{
    struct house *house = *state;
    set_and_commit(house, "x", once(now(house) + HOUR));
    step(house, 2 * HOUR);
    pass(house, 1);
    assert_int_equal(house->count, 1);
}

static void ticks_go_on_through_a_step(void **state)
{
    struct house *house = *state;
    set_and_commit(house, "tick", tick(now(house) + 4000));
    step(house, -DAY);
    pass(house, 3999);
    assert_int_equal(house->count, 0);
    pass(house, 1);
    assert_int_equal(house->count, 1);
}

/* ---- spreading ------------------------------------------------------------------------------- */

static void spread_is_stable_and_within_bounds(void **state)
{
    struct house *house = *state;
    struct mooring_when when = daily("UTC", "2026-11-23T14:00");
    char key[16];
    int64_t low = INT64_MAX, high = 0;
    when.spread_ms = 10 * MINUTE;
    for (int i = 0; i < 50; i++) {
        snprintf(key, sizeof key, "k%d", i);
        set_and_commit(house, key, when);
        int64_t offset = next_of(house, key) - utc("2026-11-23T14:00");
        assert_true(offset >= 0 && offset < 10 * MINUTE);
        low = MIN_OF(low, offset);
        high = MAX_OF(high, offset);
    }
    assert_true(high - low > 5 * MINUTE);
    int64_t first = next_of(house, "k0");
    pass(house, HOUR);
    assert_int_equal(house->count, 50);
    assert_int_equal(next_of(house, "k0"), first + DAY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_HOUSE(fires_once_at_its_moment),
        IN_HOUSE(recurs_on_the_wall_clock_of_its_zone),
        IN_HOUSE(goes_on_over_the_change_of_clocks),
        IN_HOUSE(a_series_that_ends_leaves_nothing),
        IN_HOUSE(a_series_that_is_over_sets_nothing_and_takes_the_old_away),
        IN_HOUSE(what_is_due_comes_in_order),
        IN_HOUSE(the_same_rule_stays_as_it_is),
        IN_HOUSE(another_rule_replaces),
        IN_HOUSE(another_moment_replaces),
        IN_HOUSE(other_details_change_in_place),
        IN_HOUSE(volatile_and_durable_share_a_key),
        IN_HOUSE(owners_and_plugins_are_apart),
        IN_HOUSE(wrong_ones_are_refused),
        IN_HOUSE(downtime_gives_one_firing_and_counts_the_rest),
        IN_HOUSE(too_late_is_skipped_but_todays_is_given),
        IN_HOUSE(within_a_minute_is_not_late),
        IN_HOUSE(once_and_too_late_is_gone),
        IN_HOUSE(set_in_the_past_is_judged_by_its_own_moment),
        IN_HOUSE(a_thousand_late_ones_go_in_several_turns),
        IN_HOUSE(a_minutely_rule_after_a_month_is_one_firing),
        IN_HOUSE(a_clock_set_back_fires_nothing_again),
        IN_HOUSE(a_clock_set_forward_fires_at_once),
        IN_HOUSE(ticks_go_on_through_a_step),
        IN_HOUSE(spread_is_stable_and_within_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
