/* SPDX-License-Identifier: MIT */
/* test_groups.c: groups as the configuration has them. */
#include "fixture.h"

static void a_group_has_what_the_file_says(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(groups_count(f->groups), 2);
    assert_ptr_equal(groups_at(f->groups, 0), f->harbor);
    assert_null(groups_at(f->groups, 2));
    assert_str(f->harbor->title, "Harbor evening IOP");
    assert_str(f->harbor->zone, "America/New_York");
    assert_str(f->harbor->country, "US");
    assert_str(f->harbor->language, "en");
    assert_int_equal(f->harbor->room_count, 2);
    assert_int_equal(f->harbor->moderator_count, 2);
    assert_str(f->lagoon->title, "lagoon");
    assert_int_equal(f->lagoon->moderator_count, 0);
    assert_int_equal(f->lagoon->alert_room.name.len, 0);
}

static void ids_lead_back(void **state)
{
    struct fixture *f = *state;
    assert_ptr_equal(groups_by_id(f->groups, f->harbor->id), f->harbor);
    assert_null(groups_by_id(f->groups, 1));
    assert_ptr_equal(groups_room_by_id(f->groups, f->harbor->rooms[1].id), &f->harbor->rooms[1]);
    assert_ptr_equal(groups_room_by_id(f->groups, f->harbor->alert_room.id),
                     &f->harbor->alert_room);
    assert_null(groups_by_name(f->groups, STR("pond")));
}

static void rooms_are_found_as_the_network_spells_them(void **state)
{
    struct fixture *f = *state;
    struct groups_room *room = groups_find_room(f->groups, STR("libera"), STR("#harbor"));
    assert_non_null(room);
    assert_ptr_equal(room->group, f->harbor);
    assert_false(room->is_alert_room);
    assert_ptr_equal(groups_find_room(f->groups, STR("Libera"), STR("#harbor")), room);
    assert_null(groups_find_room(f->groups, STR("home"), STR("#harbor")));
    assert_null(groups_find_room(f->groups, STR("libera"), STR("#other")));
    assert_null(groups_find_room(f->groups, STR("libera"), STR("")));
    room = groups_find_room(f->groups, STR("libera"), STR("#bridge"));
    assert_non_null(room);
    assert_true(room->is_alert_room);
}

static void a_name_of_any_length_is_just_not_found(void **state)
{
    struct fixture *f = *state;
    static char name[5000];
    memset(name, 'x', sizeof name);
    assert_null(groups_find_room(f->groups, STR("libera"), (struct str){name, sizeof name}));
}

static void moderators_and_their_shifts(void **state)
{
    struct fixture *f = *state;
    const struct groups_moderator *mara = &f->harbor->moderators[0],
                                  *ben = &f->harbor->moderators[1];
    assert_str(mara->identity, "mara");
    assert_str(mara->name, "mara");
    assert_str(ben->identity, "@ben:example.org");
    assert_str(ben->name, "ben");
    assert_int_equal(f->harbor->shift_count, 2);
    assert_int_equal(f->harbor->shifts[0].moderator, 0);
    assert_int_equal(f->harbor->shifts[0].days, 1u << 0 | 1u << 2);
    assert_int_equal(f->harbor->shifts[0].from_minutes, 17 * 60);
    assert_int_equal(f->harbor->shifts[0].to_minutes, 23 * 60);
    assert_int_equal(f->harbor->shifts[1].moderator, 1);
    assert_int_equal(f->harbor->shifts[1].days, 0x7f);
    assert_int_equal(f->harbor->shifts[1].to_minutes, 6 * 60);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_done)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_group_has_what_the_file_says),
        TEST(ids_lead_back),
        TEST(rooms_are_found_as_the_network_spells_them),
        TEST(a_name_of_any_length_is_just_not_found),
        TEST(moderators_and_their_shifts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
