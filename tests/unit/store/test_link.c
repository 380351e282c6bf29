/* SPDX-License-Identifier: MIT */
/* test_link.c: two members who are one person: joined, and taken apart. */
#include "link_people.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/alerts.h"
#include "store/jobs.h"
#include "store/values.h"

static const struct store_link_choice as_it_comes = {0};

/* ---- joined ---------------------------------------------------------------------------------- */

static void both_identities_are_one_person(void **state)
{
    struct fixture *f = *state;
    struct two two = link_people_two_people(f);
    uint64_t generation = store_people_generation(f->store);
    link_people_join(f, two, &as_it_comes);
    assert_int_equal(link_people_lookup(f, "heron"), two.kept);
    assert_int_equal(link_people_lookup(f, "kestrel"), two.kept);
    assert_int_equal(store_link_current(f->store, two.second), two.kept);
    assert_true(store_people_generation(f->store) > generation);
    fixture_reopen(f);
    assert_int_equal(link_people_lookup(f, "heron"), two.kept);
}

static void what_does_not_collide_is_all_there(void **state)
{
    struct fixture *f = *state;
    struct two two = link_people_two_people(f);
    link_people_join(f, two, &as_it_comes);
    assert_int_equal(link_people_moods(f, two.kept), 2);
    link_people_has_value(f, two.kept, DAY, "entry/10", "said");
    link_people_has_value(f, two.kept, DAY, "entry/20", "said");
    link_people_has_value(f, two.kept, DAY, "time", "08:00");
    link_people_has_value(f, two.kept, PLAN, "plan", "walk");
    link_people_has_value(f, two.kept, PLAN, "other", "x");
    link_people_expect_zone(f, two.kept, "Europe/Berlin");
    assert_int_equal(link_people_due_of(f, two.kept, "prompt"), 900);
    assert_int_equal(link_people_due_of(f, two.kept, "theirs"), 980);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM identity"), 3);
}

static void the_second_s_are_taken_where_they_are_wanted(void **state)
{
    struct fixture *f = *state;
    struct two two = link_people_two_people(f);
    const struct store_link_choice second = {.entries = STORE_LINK_SECOND,
                                             .values = STORE_LINK_SECOND,
                                             .preferences = STORE_LINK_SECOND,
                                             .consents = STORE_LINK_SECOND};
    assert_int_equal(store_members_put_consent(f->store, two.second, 77, STR("buddy"), true), 0);
    assert_int_equal(store_members_put_consent(f->store, two.kept, 77, STR("buddy"), false), 0);
    link_people_join(f, two, &second);
    assert_int_equal(link_people_moods(f, two.kept), 1);
    link_people_has_value(f, two.kept, DAY, "entry/10", NULL);
    link_people_has_value(f, two.kept, DAY, "entry/20", "said");
    link_people_has_value(f, two.kept, DAY, "time", "21:00");
    link_people_has_value(f, two.kept, PLAN, "plan", "swim");
    link_people_has_value(f, two.kept, PLAN, "one", "x");
    link_people_expect_zone(f, two.kept, "America/New_York");
    assert_int_equal(link_people_due_of(f, two.kept, "prompt"), 950);
    assert_int_equal(link_people_due_of(f, two.kept, "mine"), -ENOENT);
    assert_int_equal(store_members_get_consent(f->store, two.kept, 77, STR("buddy")), 1);
}

static void the_first_s_alone_where_those_are_wanted(void **state)
{
    struct fixture *f = *state;
    struct two two = link_people_two_people(f);
    const struct store_link_choice first = {.entries = STORE_LINK_KEPT, .values = STORE_LINK_KEPT};
    link_people_join(f, two, &first);
    assert_int_equal(link_people_moods(f, two.kept), 1);
    link_people_has_value(f, two.kept, DAY, "entry/20", NULL);
    assert_int_equal(link_people_due_of(f, two.kept, "theirs"), -ENOENT);
    assert_int_equal(link_people_due_of(f, two.kept, "prompt"), 900);
}

static void of_two_consents_the_stricter_stands(void **state)
{
    struct fixture *f = *state;
    struct two two = link_people_two_people(f);
    assert_int_equal(store_members_put_consent(f->store, two.second, 77, STR("nudges"), true), 0);
    assert_int_equal(store_members_put_consent(f->store, two.second, 77, STR("statistics"), true),
                     0);
    assert_int_equal(store_members_put_consent(f->store, two.kept, 77, STR("statistics"), false),
                     0);
    link_people_join(f, two, &as_it_comes);
    assert_int_equal(store_members_get_consent(f->store, two.kept, 77, STR("buddy")), 0);
    assert_int_equal(store_members_get_consent(f->store, two.kept, 77, STR("statistics")), 0);
    assert_int_equal(store_members_get_consent(f->store, two.kept, 77, STR("nudges")), 1);
}

static int count_member(void *ctx, uint64_t member UNUSED)
{
    ++*(int *)ctx;
    return 0;
}

static void who_is_set_aside_is_in_no_list_and_has_no_timer(void **state)
{
    struct fixture *f = *state;
    struct two two = link_people_two_people(f);
    int in_group = 0;
    link_people_join(f, two, &as_it_comes);
    assert_int_equal(store_members_each_in_group(f->store, 88, count_member, &in_group), 0);
    assert_int_equal(in_group, 1);
    assert_int_equal(link_people_due_of(f, two.second, "prompt"), -ENOENT);
}

static void what_is_to_be_asked_is_what_differs(void **state)
{
    struct fixture *f = *state;
    struct two two = link_people_two_people(f);
    struct store_link_overlap overlap;
    assert_int_equal(store_link_overlap(f->store, two.kept, two.second, &overlap), 0);
    assert_true(overlap.entries && overlap.values && overlap.preferences && overlap.consents);
    uint64_t third = fixture_member(f, "osprey");
    link_people_put_value(f, third, PLAN, "plan", "walk");
    assert_int_equal(
        store_members_put_preference(f->store, third, STR("zone"), STR("Europe/Berlin")), 0);
    assert_int_equal(store_link_overlap(f->store, two.kept, third, &overlap), 0);
    assert_false(overlap.entries || overlap.values || overlap.preferences || overlap.consents);
}

static void refuses_itself_and_a_third_within_the_day(void **state)
{
    struct fixture *f = *state;
    struct two two = link_people_two_people(f);
    uint64_t third = fixture_member(f, "osprey");
    assert_int_equal(store_link_join(f->store, two.kept, two.kept, &as_it_comes), -EINVAL);
    link_people_join(f, two, &as_it_comes);
    assert_int_equal(store_link_join(f->store, two.kept, third, &as_it_comes), -EBUSY);
    link_people_a_day_later(f);
    const struct two again = {third, two.kept};
    link_people_join(f, again, &as_it_comes);
    assert_int_equal(link_people_lookup(f, "heron"), third); /* through two joins */
    link_people_a_day_later(f);
    assert_int_equal(link_people_lookup(f, "heron"), third);
    assert_int_equal(store_link_current(f->store, two.second), third);
    assert_int_equal(link_people_moods(f, third), 2);
}

/* ---- taken apart ----------------------------------------------------------------------------- */

static void undone_everything_is_as_it_was(void **state)
{
    struct fixture *f = *state;
    static const struct store_link_choice choices[] = {
        {0},
        {STORE_LINK_SECOND, STORE_LINK_SECOND, STORE_LINK_SECOND, STORE_LINK_SECOND},
        {STORE_LINK_KEPT, STORE_LINK_KEPT, STORE_LINK_KEPT, STORE_LINK_KEPT}};
    struct two two = link_people_two_people(f);
    for (size_t i = 0; i < COUNT_OF(choices); i++) {
        uint64_t second = 0;
        char *before = link_people_everything_there_is(f);
        link_people_join(f, two, &choices[i]);
        clock_advance(&f->clock, STORE_LINK_UNDO_MS - 1000);
        assert_int_equal(store_link_undo(f->store, two.kept, &second), 0);
        fixture_commit(f);
        assert_int_equal(second, two.second);
        link_people_expect_everything(f, before);
        assert_int_equal(link_people_lookup(f, "heron"), two.second);
    }
}

static void what_was_written_meanwhile_stays_with_the_first(void **state)
{
    struct fixture *f = *state;
    struct two two = link_people_two_people(f);
    uint64_t second;
    link_people_join(f, two, &as_it_comes);
    clock_advance(&f->clock, 1000);
    assert_int_equal(store_series_put(f->store, DAY, two.kept, STR("mood"), 30, 7), 0);
    link_people_put_value(f, two.kept, PLAN, "other", "changed");
    assert_int_equal(
        store_members_put_preference(f->store, two.kept, STR("quiet"), STR("23:00-06:00")), 0);
    fixture_commit(f);
    assert_int_equal(store_link_undo(f->store, two.kept, &second), 0);
    fixture_commit(f);
    assert_int_equal(link_people_moods(f, two.kept), 2);
    assert_int_equal(link_people_moods(f, two.second), 1);
    link_people_has_value(f, two.kept, PLAN, "other", "changed");
    link_people_has_value(f, two.second, PLAN, "other", "x");
    struct str quiet;
    assert_int_equal(
        store_members_get_preference(f->store, two.kept, STR("quiet"), &f->arena, &quiet), 0);
    assert_str(quiet, "23:00-06:00");
}

static void after_a_day_it_cannot_be_undone(void **state)
{
    struct fixture *f = *state;
    struct two two = link_people_two_people(f);
    uint64_t second;
    link_people_join(f, two, &as_it_comes);
    clock_advance(&f->clock, STORE_LINK_UNDO_MS);
    assert_int_equal(store_link_undo(f->store, two.kept, &second), -ENOENT);
}

static void a_turn_that_is_undone_joins_nobody(void **state)
{
    struct fixture *f = *state;
    struct two two = link_people_two_people(f);
    char *before = link_people_everything_there_is(f);
    assert_int_equal(store_link_join(f->store, two.kept, two.second, &as_it_comes), 0);
    assert_int_equal(link_people_lookup(f, "heron"), two.kept);
    store_rollback(f->store);
    assert_int_equal(link_people_lookup(f, "heron"), two.second);
    link_people_expect_everything(f, before);
}

#define ON_DISK(test) cmocka_unit_test_setup_teardown(test, fixture_on_disk, fixture_done)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_DISK(both_identities_are_one_person),
        ON_DISK(what_does_not_collide_is_all_there),
        ON_DISK(the_second_s_are_taken_where_they_are_wanted),
        ON_DISK(the_first_s_alone_where_those_are_wanted),
        ON_DISK(of_two_consents_the_stricter_stands),
        ON_DISK(who_is_set_aside_is_in_no_list_and_has_no_timer),
        ON_DISK(what_is_to_be_asked_is_what_differs),
        ON_DISK(refuses_itself_and_a_third_within_the_day),
        ON_DISK(undone_everything_is_as_it_was),
        ON_DISK(what_was_written_meanwhile_stays_with_the_first),
        ON_DISK(after_a_day_it_cannot_be_undone),
        ON_DISK(a_turn_that_is_undone_joins_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
