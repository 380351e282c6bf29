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

    assert_int_equal(irc_users_set_account(users, ana, STR("harbor-ana"), 5), 0);
    assert_string_equal(ana->account, "harbor-ana");
    assert_int_equal(ana->confirmed_ms, 5);
    assert_int_equal(irc_users_set_account(users, ana, STR(""), 9), 0);

    assert_null(ana->account);
    assert_true(ana->account_known);
    irc_users_done(users);
}

static void test_finds_who_is_logged_in(void **state)
{
    (void)state;
    struct irc_users *users = make();
    struct irc_user *ana = seen(users, "ana"), *phone = seen(users, "ana|phone");
    assert_int_equal(irc_users_set_account(users, ana, STR("Ana"), 0), 0);

    assert_ptr_equal(irc_users_with_account(users, STR("ana"), NULL), ana);
    assert_null(irc_users_with_account(users, STR("ana"), ana));
    assert_int_equal(irc_users_set_account(users, phone, STR("ana"), 0), 0);
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

    assert_int_equal(harbor->members, 0);
    assert_int_equal(bridge->members, 1);
    irc_users_done(users);
}

static void test_a_new_nick_keeps_the_person(void **state)
{
    (void)state;
    struct irc_users *users = make();
    struct irc_room *harbor = room_of(users, "#harbor");
    struct irc_user *ana = seen(users, "ana");
    assert_int_equal(irc_users_join(harbor, ana, users), 0);
    assert_int_equal(irc_users_set_account(users, ana, STR("acc"), 0), 0);

    assert_int_equal(irc_users_rename(users, ana, STR("ana-away"), &ana), 0);

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

    assert_int_equal(irc_users_rename(users, ana, STR("ANA"), &ana), 0);

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

    assert_int_equal(irc_users_rename(users, ana, STR("ben"), &ana), 0);

    assert_ptr_equal(irc_users_find(users, STR("ben")), ana);
    assert_int_equal(irc_users_count(users), 1);
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
    assert_true(irc_users_set_account(users, ana, STR("mara\0x"), 0) < 0);
    assert_false(ana->account_known);
    assert_true(irc_users_rename(users, ana, STR("mara\0x"), &ana) < 0);

    assert_int_equal(irc_users_count(users), 0);
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

    assert_true(irc_users_count(users) <= IRC_USERS_PASSING_MAX + 1);
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
    assert_int_equal(harbor->members, 0);
    assert_int_equal(irc_users_count(users), 0);
    irc_users_done(users);
}

/* ---- many ------------------------------------------------------------------------------------ */

enum { MODEL_NICKS = 400, MODEL_ROOMS = 12, MODEL_STEPS = 40000 };

/* The same story told to a table that cannot be wrong. */
struct model {
    struct irc_users *users;
    struct irc_room *rooms[MODEL_ROOMS];
    bool is_in[MODEL_NICKS][MODEL_ROOMS];
    int accounts[MODEL_NICKS]; /* 0: none */
    uint64_t chance;
};

static unsigned chance(struct model *model, unsigned below)
{
    model->chance = model->chance * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(model->chance >> 33) % below;
}

static struct str nick_of(unsigned number)
{
    static char nick[32];
    snprintf(nick, sizeof(nick), number % 3 ? "n%u" : "Somebody[%u]", number);
    return str_of(nick);
}

static size_t rooms_of(const struct model *model, unsigned who)
{
    size_t count = 0;
    for (size_t i = 0; i < MODEL_ROOMS; i++)
        count += model->is_in[who][i];
    return count;
}

static void forget_when_out(struct model *model, unsigned who)
{
    if (rooms_of(model, who) == 0)
        model->accounts[who] = 0;
}

static void rename_one(struct model *model, unsigned who, unsigned other)
{
    struct irc_user *user = irc_users_find(model->users, nick_of(who));
    if (!user || who == other)
        return;
    assert_int_equal(irc_users_rename(model->users, user, nick_of(other), &user), 0);
    assert_ptr_equal(user, irc_users_find(model->users, nick_of(other)));
    memcpy(model->is_in[other], model->is_in[who], sizeof(model->is_in[who]));
    memset(model->is_in[who], 0, sizeof(model->is_in[who]));
    model->accounts[other] = model->accounts[who];
    model->accounts[who] = 0;
}

static void leave_one(struct model *model, unsigned who, unsigned room)
{
    struct irc_user *user = irc_users_find(model->users, nick_of(who));
    if (user)
        irc_users_part(model->rooms[room], user, model->users);
    model->is_in[who][room] = false;
    forget_when_out(model, who);
}

static void log_in_one(struct model *model, unsigned who, unsigned account)
{
    struct irc_user *user = irc_users_find(model->users, nick_of(who));
    AUTO_BUF text = {.limit = 64};
    if (!user)
        return;
    if (account && account == who)
        buf_add(&text, nick_of(who)); /* as most have it */
    else if (account)
        buf_add_format(&text, "acc%u", account);
    assert_int_equal(irc_users_set_account(model->users, user, buf_str(&text), 1), 0);
    model->accounts[who] = (int)account;
}

static void quit_one(struct model *model, unsigned who)
{
    struct irc_user *user = irc_users_find(model->users, nick_of(who));
    if (user)
        irc_users_quit(model->users, user);
    memset(model->is_in[who], 0, sizeof(model->is_in[who]));
    model->accounts[who] = 0;
}

static void empty_one(struct model *model, unsigned room)
{
    irc_users_empty_room(model->users, model->rooms[room]);
    for (unsigned who = 0; who < MODEL_NICKS; who++) {
        model->is_in[who][room] = false;
        forget_when_out(model, who);
    }
}

static void step(struct model *model)
{
    unsigned who = chance(model, MODEL_NICKS), room = chance(model, MODEL_ROOMS);
    struct irc_user *user;
    switch (chance(model, 40)) {
    case 0:
        rename_one(model, who, chance(model, MODEL_NICKS));
        return;
    case 1:
        quit_one(model, who);
        return;
    case 2:
        if (chance(model, 50) == 0)
            empty_one(model, room);
        return;
    case 3:
    case 4:
    case 5:
        log_in_one(model, who, chance(model, 2) ? who : chance(model, 30));
        return;
    default:
        break;
    }
    if (chance(model, 3) == 0) {
        leave_one(model, who, room);
        return;
    }
    assert_int_equal(irc_users_see(model->users, nick_of(who), &user), 0);
    assert_int_equal(irc_users_join(model->rooms[room], user, model->users), 0);
    model->is_in[who][room] = true;
}

static void assert_same_account(const struct model *model, unsigned who,
                                const struct irc_user *user)
{
    if (!model->accounts[who]) {
        assert_null(user->account);
        return;
    }
    assert_non_null(user->account);
    const struct irc_user *found = irc_users_with_account(model->users, str_of(user->account),
                                                          NULL);
    assert_non_null(found);
    assert_string_equal(found->account, user->account);
}

static void assert_same(const struct model *model)
{
    size_t people = 0, members[MODEL_ROOMS] = {0};
    for (unsigned who = 0; who < MODEL_NICKS; who++) {
        const struct irc_user *user = irc_users_find(model->users, nick_of(who));
        size_t rooms = rooms_of(model, who);
        assert_int_equal(user != NULL, rooms > 0);
        if (!user)
            continue;
        people++;
        assert_int_equal(user->rooms, rooms);
        for (size_t i = 0; i < MODEL_ROOMS; i++) {
            assert_int_equal(irc_users_is_in(model->rooms[i], user), model->is_in[who][i]);
            members[i] += model->is_in[who][i];
        }
        for (size_t i = 0; i < rooms; i++)
            assert_true(model->is_in[who][irc_users_room_of(model->users, user, i)->number]);
        assert_same_account(model, who, user);
    }
    assert_int_equal(irc_users_count(model->users), people);
    assert_int_equal(model->users->passing, 0);
    for (size_t i = 0; i < MODEL_ROOMS; i++)
        assert_int_equal(model->rooms[i]->members, members[i]);
}

static void test_a_long_story_leaves_nothing_behind(void **state)
{
    (void)state;
    static struct model model;
    model = (struct model){.users = make(), .chance = 7};
    for (size_t i = 0; i < MODEL_ROOMS; i++) {
        char name[16];
        snprintf(name, sizeof(name), "#room%zu", i);
        model.rooms[i] = room_of(model.users, name);
    }

    for (int i = 0; i < MODEL_STEPS; i++) {
        step(&model);
        if (i % 500 == 0)
            assert_same(&model);
    }

    assert_same(&model);
    irc_users_done(model.users);
}

static void test_a_thousand_rooms_with_a_thousand_people(void **state)
{
    (void)state;
    struct irc_users *users = make();
    for (int i = 0; i < 1000; i++) {
        char name[32];
        snprintf(name, sizeof(name), "#room%d", i);
        struct irc_room *room = room_of(users, name);
        for (int j = 0; j < 1000; j += 4) { /* a quarter: this is a test with sanitizers */
            snprintf(name, sizeof(name), "p%d", j % 8 ? j : i * 1000 + j);
            assert_int_equal(irc_users_join(room, seen(users, name), users), 0);
        }
    }

    assert_int_equal(users->in_rooms, 250000);
    assert_int_equal(irc_users_count(users), 125 * 1000 + 125);
    assert_int_equal(seen(users, "p4")->rooms, 1000);
    irc_users_forget(users);
    assert_int_equal(users->in_rooms, 0);
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
        cmocka_unit_test(test_a_long_story_leaves_nothing_behind),
        cmocka_unit_test(test_a_thousand_rooms_with_a_thousand_people),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
