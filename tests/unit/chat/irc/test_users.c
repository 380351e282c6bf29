/* SPDX-License-Identifier: MIT */
/* test_users.c: who is where, and logged in as whom. */
#include "chat/irc/users.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct irc_users *make(void)
{
    static struct irc_users users;
    irc_users_init(&users);
    return &users;
}

static struct irc_user *seen(struct irc_users *users, const char *nick)
{
    struct irc_user *user = NULL;
    assert_int_equal(irc_users_see(users, str_of(nick), &user), 0);
    return user;
}

static struct irc_room *room_of(struct irc_users *users, const char *name)
{
    struct irc_room *room = NULL;
    assert_int_equal(irc_users_add_room(users, str_of(name), &room), 0);
    return room;
}

static void test_one_person_under_any_case(void **state)
{
    (void)state;
    struct irc_users *users = make();

    assert_ptr_equal(seen(users, "Ana[x]"), seen(users, "aNA{x}"));
    assert_null(irc_users_find(users, STR("ben")));
    irc_users_done(users);
}

static void test_an_account_comes_and_goes(void **state)
{
    (void)state;
    struct irc_users *users = make();
    struct irc_user *ana = seen(users, "ana");
    assert_false(ana->account_known);

    assert_int_equal(irc_users_set_account(ana, STR("harbor-ana"), 5), 0);
    assert_string_equal(ana->account, "harbor-ana");
    assert_int_equal(ana->confirmed_ms, 5);
    assert_int_equal(irc_users_set_account(ana, STR(""), 9), 0);

    assert_null(ana->account);
    assert_true(ana->account_known);
    irc_users_done(users);
}

static void test_finds_who_is_logged_in(void **state)
{
    (void)state;
    struct irc_users *users = make();
    struct irc_user *ana = seen(users, "ana"), *phone = seen(users, "ana|phone");
    assert_int_equal(irc_users_set_account(ana, STR("Ana"), 0), 0);

    assert_ptr_equal(irc_users_with_account(users, STR("ana"), NULL), ana);
    assert_null(irc_users_with_account(users, STR("ana"), ana));
    assert_int_equal(irc_users_set_account(phone, STR("ana"), 0), 0);
    assert_ptr_equal(irc_users_with_account(users, STR("ANA"), ana), phone);
    irc_users_done(users);
}

static void test_leaving_the_last_room_is_forgotten(void **state)
{
    (void)state;
    struct irc_users *users = make();
    struct irc_room *harbor = room_of(users, "#harbor"), *bridge = room_of(users, "#bridge");
    struct irc_user *ana = seen(users, "ana");
    assert_int_equal(irc_users_join(harbor, ana, users), 0);
    assert_int_equal(irc_users_join(harbor, ana, users), 0);
    assert_int_equal(irc_users_join(bridge, ana, users), 0);
    assert_int_equal(ana->rooms, 2);

    irc_users_part(harbor, ana, users);
    assert_ptr_equal(irc_users_find(users, STR("ana")), ana);
    irc_users_part(bridge, ana, users);

    assert_null(irc_users_find(users, STR("ana")));
    irc_users_done(users);
}

static void test_quitting_leaves_all_rooms(void **state)
{
    (void)state;
    struct irc_users *users = make();
    struct irc_room *harbor = room_of(users, "#harbor"), *bridge = room_of(users, "#bridge");
    struct irc_user *ana = seen(users, "ana"), *ben = seen(users, "ben");
    assert_int_equal(irc_users_join(harbor, ana, users), 0);
    assert_int_equal(irc_users_join(bridge, ana, users), 0);
    assert_int_equal(irc_users_join(bridge, ben, users), 0);

    irc_users_quit(users, ana);

    assert_int_equal(harbor->members.count, 0);
    assert_int_equal(bridge->members.count, 1);
    irc_users_done(users);
}

static void test_a_new_nick_keeps_the_person(void **state)
{
    (void)state;
    struct irc_users *users = make();
    struct irc_room *harbor = room_of(users, "#harbor");
    struct irc_user *ana = seen(users, "ana");
    assert_int_equal(irc_users_join(harbor, ana, users), 0);
    assert_int_equal(irc_users_set_account(ana, STR("acc"), 0), 0);

    assert_int_equal(irc_users_rename(users, ana, STR("ana-away")), 0);

    assert_null(irc_users_find(users, STR("ana")));
    assert_ptr_equal(irc_users_find(users, STR("ANA-AWAY")), ana);
    assert_true(irc_users_is_in(harbor, ana));
    assert_string_equal(ana->account, "acc");
    irc_users_done(users);
}

static void test_a_change_of_case_alone(void **state)
{
    (void)state;
    struct irc_users *users = make();
    struct irc_user *ana = seen(users, "ana");

    assert_int_equal(irc_users_rename(users, ana, STR("ANA")), 0);

    assert_ptr_equal(irc_users_find(users, STR("ana")), ana);
    assert_string_equal(ana->nick, "ANA");
    irc_users_done(users);
}

static void test_a_nick_taken_over_is_the_newcomer(void **state)
{
    (void)state;
    struct irc_users *users = make();
    struct irc_user *ana = seen(users, "ana");
    seen(users, "ben"); /* whose leaving we missed */

    assert_int_equal(irc_users_rename(users, ana, STR("ben")), 0);

    assert_ptr_equal(irc_users_find(users, STR("ben")), ana);
    assert_int_equal(users->by_nick.count, 1);
    irc_users_done(users);
}

static void test_a_nul_makes_no_other_name(void **state)
{
    (void)state;
    struct irc_users *users = make();
    struct irc_user *ana = seen(users, "ana"), *other = NULL;
    struct irc_room *room = NULL;

    assert_true(irc_users_see(users, STR("ben\0x"), &other) < 0);
    assert_true(irc_users_add_room(users, STR("#a\0x"), &room) < 0);
    assert_true(irc_users_set_account(ana, STR("mara\0x"), 0) < 0);
    assert_false(ana->account_known);
    assert_true(irc_users_rename(users, ana, STR("mara\0x")) < 0);

    assert_int_equal(users->by_nick.count, 0);
    irc_users_done(users);
}

static void test_we_left_a_room(void **state)
{
    (void)state;
    struct irc_users *users = make();
    struct irc_room *harbor = room_of(users, "#harbor"), *bridge = room_of(users, "#bridge");
    struct irc_user *ana = seen(users, "ana"), *ben = seen(users, "ben");
    assert_int_equal(irc_users_join(harbor, ana, users), 0);
    assert_int_equal(irc_users_join(harbor, ben, users), 0);
    assert_int_equal(irc_users_join(bridge, ben, users), 0);

    irc_users_empty_room(users, harbor);

    assert_null(irc_users_find(users, STR("ana")));
    assert_ptr_equal(irc_users_find(users, STR("ben")), ben);
    assert_int_equal(ben->rooms, 1);
    irc_users_done(users);
}

static void test_strangers_have_a_ceiling_and_members_stay(void **state)
{
    (void)state;
    struct irc_users *users = make();
    struct irc_user *ana = seen(users, "ana");
    assert_int_equal(irc_users_join(room_of(users, "#harbor"), ana, users), 0);

    for (int i = 0; i < 10 * IRC_USERS_PASSING_MAX; i++) {
        char nick[32];
        snprintf(nick, sizeof(nick), "stranger%d", i);
        seen(users, nick);
    }

    assert_true(users->by_nick.count <= IRC_USERS_PASSING_MAX + 1);
    assert_ptr_equal(irc_users_find(users, STR("ana")), ana);
    irc_users_done(users);
}

static void test_forgetting_keeps_the_rooms(void **state)
{
    (void)state;
    struct irc_users *users = make();
    struct irc_room *harbor = room_of(users, "#Harbor");
    assert_int_equal(irc_users_join(harbor, seen(users, "ana"), users), 0);
    harbor->state = IRC_ROOM_IN;

    irc_users_forget(users);

    assert_ptr_equal(irc_users_room(users, STR("#harbor")), harbor);
    assert_int_equal(harbor->state, IRC_ROOM_OUT);
    assert_int_equal(harbor->members.count, 0);
    assert_int_equal(users->by_nick.count, 0);
    irc_users_done(users);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_person_under_any_case),
        cmocka_unit_test(test_an_account_comes_and_goes),
        cmocka_unit_test(test_finds_who_is_logged_in),
        cmocka_unit_test(test_leaving_the_last_room_is_forgotten),
        cmocka_unit_test(test_quitting_leaves_all_rooms),
        cmocka_unit_test(test_a_new_nick_keeps_the_person),
        cmocka_unit_test(test_a_change_of_case_alone),
        cmocka_unit_test(test_a_nick_taken_over_is_the_newcomer),
        cmocka_unit_test(test_a_nul_makes_no_other_name),
        cmocka_unit_test(test_we_left_a_room),
        cmocka_unit_test(test_strangers_have_a_ceiling_and_members_stay),
        cmocka_unit_test(test_forgetting_keeps_the_rooms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
