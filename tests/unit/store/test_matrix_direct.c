/* SPDX-License-Identifier: MIT */
/* test_matrix_direct.c: private rooms on Matrix from the wish on; pictures that were uploaded. */
#include "fixture.h"

#include "store/matrix_direct.h"
#include "store/members.h"

static const struct store_direct WISHED = {
    .state = STORE_DIRECT_WISHED, .wish = {"a1", 2}, .at = 5};

static void a_wish_outlives_a_kill(void **state)
{
    struct fixture *f = *state;
    struct store_direct direct;
    uint64_t member = fixture_member(f, "ana");
    struct store_direct wished = WISHED;
    wished.member = member;
    assert_int_equal(store_direct_put(f->store, STR("home"), STR("@ana:home"), &wished), 0);
    fixture_commit(f);
    assert_int_equal(store_crash(f->store), 0);

    assert_int_equal(store_direct_get(f->store, STR("home"), STR("@ana:home"), &f->arena, &direct),
                     0);
    assert_int_equal(direct.state, STORE_DIRECT_WISHED);
    assert_true(str_eq_c(direct.wish, "a1"));
    assert_true(str_empty(direct.room));
    assert_int_equal(direct.at, 5);
    assert_int_equal(direct.member, member);
    assert_int_equal(store_direct_get(f->store, STR("other"), STR("@ana:home"), &f->arena, &direct),
                     -ENOENT);
}

static int count_them(void *ctx, struct str user, const struct store_direct *direct)
{
    size_t *count = ctx;
    assert_true(str_eq_c(user, "@ana:home"));
    assert_true(str_eq_c(direct->room, "!made"));
    ++*count;
    return 0;
}

static void members_are_known_by_name_and_others_are_not(void **state)
{
    struct fixture *f = *state;
    size_t count = 0;
    struct store_direct direct = {.state = STORE_DIRECT_JOINED,
                                  .room = STR("!made"),
                                  .at = FIXTURE_START,
                                  .member = fixture_member(f, "ana")};
    assert_int_equal(store_direct_put(f->store, STR("home"), STR("@ana:home"), &direct), 0);
    direct.member = STORE_HOUSE;
    assert_int_equal(store_direct_put(f->store, STR("home"), STR("@guest:home"), &direct), 0);
    assert_int_equal(store_direct_put(f->store, STR("other"), STR("@x:home"), &direct), 0);

    assert_int_equal(store_direct_each(f->store, STR("home"), count_them, &count), 0);
    assert_int_equal(count, 1);
    assert_int_equal(
        store_direct_get(f->store, STR("home"), STR("@guest:home"), &f->arena, &direct), 0);
    assert_true(str_eq_c(direct.room, "!made"));
}

static void a_forgotten_members_room_is_forgotten(void **state)
{
    struct fixture *f = *state;
    struct store_direct direct = WISHED;
    direct.member = fixture_member(f, "ana");
    assert_int_equal(store_direct_put(f->store, STR("home"), STR("@ana:home"), &direct), 0);
    fixture_commit(f);
    assert_int_equal(store_members_forget(f->store, direct.member), 0);
    assert_int_equal(store_direct_get(f->store, STR("home"), STR("@ana:home"), &f->arena, &direct),
                     -ENOENT);
}

static void whose_identity_it_is(void **state)
{
    struct fixture *f = *state;
    unsigned char hash[STORE_HASH_BYTES];
    uint64_t member;
    store_hash(f->store, STR("identity"), STR("home"), STR("@ana:home"), hash);
    assert_int_equal(store_members_create(f->store, hash, &member), 0);
    assert_int_equal(store_direct_member(f->store, STR("home"), STR("@ana:home")), member);
    assert_int_equal(store_direct_member(f->store, STR("home"), STR("@ben:home")), STORE_HOUSE);
}

static void the_oldest_pictures_go(void **state)
{
    struct fixture *f = *state;
    struct str uri;
    unsigned char hash[STORE_MEDIA_HASH_BYTES] = {0};
    for (int i = 0; i < STORE_MEDIA_MAX + 3; i++) {
        memcpy(hash, &i, sizeof i);
        f->clock.wall_at++;
        assert_int_equal(store_media_put(f->store, STR("home"), hash, STR("mxc://home/x")), 0);
    }
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM matrix_media"), STORE_MEDIA_MAX);
    assert_int_equal(store_media_get(f->store, STR("home"), hash, &f->arena, &uri), 0);
    assert_true(str_eq_c(uri, "mxc://home/x"));
    memset(hash, 0, sizeof hash);
    assert_int_equal(store_media_get(f->store, STR("home"), hash, &f->arena, &uri), -ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_wish_outlives_a_kill, fixture_on_disk, fixture_done),
        cmocka_unit_test_setup_teardown(members_are_known_by_name_and_others_are_not,
                                        fixture_in_memory, fixture_done),
        cmocka_unit_test_setup_teardown(a_forgotten_members_room_is_forgotten, fixture_on_disk,
                                        fixture_done),
        cmocka_unit_test_setup_teardown(whose_identity_it_is, fixture_in_memory, fixture_done),
        cmocka_unit_test_setup_teardown(the_oldest_pictures_go, fixture_in_memory, fixture_done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
