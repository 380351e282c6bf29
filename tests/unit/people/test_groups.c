/* SPDX-License-Identifier: MIT */
/* test_groups.c: groups as the configuration has them. */
#include "fixture.h"

#include <stdio.h>

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

/* ---- spaces ---------------------------------------------------------------------------------- */

#define SPACE STR("#space:example.org")

static void a_room_that_a_space_lists_is_the_groups(void **state)
{
    struct fixture *f = *state;
    struct groups_room *rooms = f->harbor->rooms;
    assert_int_equal(groups_list_room(f->groups, STR("home"), SPACE, STR("!one")), 1);
    assert_int_equal(groups_list_room(f->groups, STR("home"), SPACE, STR("!one")), 0);
    assert_ptr_equal(f->harbor->rooms, rooms);
    assert_int_equal(f->harbor->room_count, 3);
    struct groups_room *room = groups_find_room(f->groups, STR("home"), STR("!one"));
    assert_ptr_equal(room, &f->harbor->rooms[2]);
    assert_ptr_equal(room->group, f->harbor);
    assert_str(room->name, "!one");
    assert_str(room->network, "home");
    assert_ptr_equal(groups_room_by_id(f->groups, room->id), room);
}

static void only_a_configured_space_lists_rooms(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(groups_list_room(f->groups, STR("home"), STR("#else:x"), STR("!one")),
                     -ENOENT);
    assert_int_equal(groups_list_room(f->groups, STR("libera"), SPACE, STR("!one")), -ENOENT);
    /* What is some group's, or an alert room, stays what it is. */
    assert_int_equal(groups_list_room(f->groups, STR("home"), SPACE, STR("#harbor:example.org")),
                     0);
    assert_int_equal(f->harbor->room_count, 2);
    assert_int_equal(groups_unlist_room(f->groups, STR("home"), SPACE, STR("#harbor:example.org")),
                     0);
    assert_int_equal(f->harbor->room_count, 2);
}

static void a_room_that_is_listed_no_more_is_gone(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(groups_list_room(f->groups, STR("home"), SPACE, STR("!one")), 1);
    assert_int_equal(groups_list_room(f->groups, STR("home"), SPACE, STR("!two")), 1);
    uint64_t one = groups_find_room(f->groups, STR("home"), STR("!one"))->id;
    struct groups_room *room = groups_find_room(f->groups, STR("home"), STR("!one"));
    assert_int_equal(groups_note_spelling(f->groups, room, STR("#one:x")), 0);
    assert_int_equal(groups_unlist_room(f->groups, STR("home"), STR("#else:x"), STR("!one")), 0);
    assert_int_equal(groups_unlist_room(f->groups, STR("home"), SPACE, STR("!one")), 1);
    assert_null(groups_find_room(f->groups, STR("home"), STR("!one")));
    assert_null(groups_find_room(f->groups, STR("home"), STR("#one:x")));
    assert_null(groups_room_by_id(f->groups, one));
    /* The other took its place and is found there. */
    room = groups_find_room(f->groups, STR("home"), STR("!two"));
    assert_ptr_equal(room, &f->harbor->rooms[2]);
    assert_ptr_equal(groups_room_by_id(f->groups, room->id), room);
    assert_str(room->name, "!two");
    assert_int_equal(f->harbor->room_count, 3);
}

static void a_space_lists_no_more_than_so_many(void **state)
{
    struct fixture *f = *state;
    char name[16];
    for (int i = 0; i < GROUPS_LISTED_MAX; i++) {
        snprintf(name, sizeof name, "!%d", i);
        assert_int_equal(groups_list_room(f->groups, STR("home"), SPACE, str_of(name)), 1);
    }
    assert_int_equal(groups_list_room(f->groups, STR("home"), SPACE, STR("!more")), -ENOBUFS);
    assert_int_equal(groups_unlist_room(f->groups, STR("home"), SPACE, STR("!7")), 1);
    assert_int_equal(groups_list_room(f->groups, STR("home"), SPACE, STR("!more")), 1);
}

static void what_a_space_lists_outlives_a_reload(void **state)
{
    struct fixture *f = *state;
    struct settings *settings;
    struct groups *groups;
    assert_int_equal(groups_list_room(f->groups, STR("home"), SPACE, STR("!one")), 1);
    uint64_t id = groups_find_room(f->groups, STR("home"), STR("!one"))->id;
    fixture_load(&settings);
    assert_int_equal(groups_create(settings, f->store, &groups), 0);
    assert_int_equal(groups_take_listed(groups, f->groups), 0);
    struct groups_room *room = groups_find_room(groups, STR("home"), STR("!one"));
    assert_non_null(room);
    assert_int_equal(room->id, id);
    assert_ptr_equal(room->group, groups_by_name(groups, STR("harbor")));
    groups_destroy(groups);
    settings_destroy(settings);
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
        TEST(a_room_that_a_space_lists_is_the_groups),
        TEST(only_a_configured_space_lists_rooms),
        TEST(a_room_that_is_listed_no_more_is_gone),
        TEST(a_space_lists_no_more_than_so_many),
        TEST(what_a_space_lists_outlives_a_reload),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
