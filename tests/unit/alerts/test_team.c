/* SPDX-License-Identifier: MIT */
/* test_team.c: the rota on the group's wall clock: past midnight, over both changes of the clocks,
 * and with gaps. */
#include "scene.h"

static void at(struct scene *s, const char *local)
{
    const struct zone *zone;
    struct civil civil;
    int64_t unix_at;
    assert_int_equal(zones_get(s->zones, s->world->group.zone, &zone), 0);
    assert_int_equal(civil_parse(str_of(local), &civil), 0);
    assert_int_equal(zone_unix_at(zone, &civil, &unix_at, NULL), 0);
    clock_step(&s->world->clock, unix_at - clock_wall_at(&s->world->clock));
}

static void assert_on_call(struct scene *s, const char *local, const char *name)
{
    int64_t until;
    if (local)
        at(s, local);
    uint64_t found = alerts_on_call(s->alerts, &s->world->group, &until);
    if (found != (name ? world_person(s->world, name)->id : 0))
        fail_msg("at %s somebody else than %s is on call", local ? local : "that time",
                 name ? name : "nobody");
}

static void assert_nobody_until(struct scene *s, const char *local, const char *until_local)
{
    const struct zone *zone;
    struct civil civil;
    int64_t until, expected;
    assert_on_call(s, local, NULL);
    (void)alerts_on_call(s->alerts, &s->world->group, &until);
    assert_int_equal(zones_get(s->zones, s->world->group.zone, &zone), 0);
    assert_int_equal(civil_parse(str_of(until_local), &civil), 0);
    assert_int_equal(zone_unix_at(zone, &civil, &expected, NULL), 0);
    assert_true(until == expected);
}

enum { MONDAY = 1, FRIDAY = 1 << 4, SATURDAY = 1 << 5, SUNDAY = 1 << 6 };

static void test_a_plain_evening(void **state)
{
    struct scene *s = *state;
    scene_shift(s, 0, MONDAY, 17 * 60, 23 * 60);
    assert_nobody_until(s, "2026-11-23T16:59", "2026-11-23T17:00");
    assert_on_call(s, "2026-11-23T17:00", "mara");
    assert_on_call(s, "2026-11-23T22:59", "mara");
    assert_nobody_until(s, "2026-11-23T23:00", "2026-11-30T17:00");
    assert_nobody_until(s, "2026-11-24T18:00", "2026-11-30T17:00");
}

static void test_past_midnight(void **state)
{
    struct scene *s = *state;
    scene_shift(s, 1, FRIDAY, 22 * 60, 6 * 60);
    assert_on_call(s, "2026-11-27T22:00", "ben");
    assert_on_call(s, "2026-11-28T05:59", "ben");
    assert_nobody_until(s, "2026-11-28T06:00", "2026-12-04T22:00");
    assert_nobody_until(s, "2026-11-27T05:00",
                        "2026-11-27T22:00"); /* Thursday's night is nobody's */
}

static void test_round_the_clock(void **state)
{
    struct scene *s = *state;
    scene_shift(s, 2, EVERY_DAY, 0, 0);
    assert_on_call(s, "2026-11-27T00:00", "cleo");
    assert_on_call(s, "2026-11-27T23:59", "cleo");
}

static void test_two_shifts_the_first_in_the_list_is_called_first(void **state)
{
    struct scene *s = *state;
    scene_shift(s, 1, EVERY_DAY, 8 * 60, 20 * 60);
    scene_shift(s, 0, EVERY_DAY, 8 * 60, 12 * 60);
    assert_on_call(s, "2026-11-27T09:00", "mara");
    assert_on_call(s, "2026-11-27T13:00", "ben");
}

static void test_the_night_the_clocks_go_back(void **state)
{
    struct scene *s = *state;
    /* New York, 2026-11-01: 02:00 becomes 01:00. */
    scene_shift(s, 0, SATURDAY, 22 * 60, 6 * 60);
    assert_on_call(s, "2026-11-01T00:30", "mara");
    world_advance(s->world, 6 * CLOCK_HOUR_MS); /* 05:30, not 06:30 */
    assert_on_call(s, NULL, "mara");
    world_advance(s->world, 30 * CLOCK_MINUTE_MS);
    assert_on_call(s, NULL, NULL);
}

static void test_the_night_the_clocks_go_forward(void **state)
{
    struct scene *s = *state;
    /* New York, 2027-03-14: 02:00 becomes 03:00.  A shift that begins at 02:30 begins at 03:30. */
    scene_shift(s, 0, SATURDAY, 22 * 60, 2 * 60);
    scene_shift(s, 1, SUNDAY, 2 * 60 + 30, 6 * 60);
    assert_on_call(s, "2027-03-14T01:59", "mara");
    assert_on_call(s, "2027-03-14T03:00", NULL);
    assert_on_call(s, "2027-03-14T03:30", "ben");
    assert_on_call(s, "2027-03-14T05:59", "ben");
    assert_on_call(s, "2027-03-14T06:00", NULL);
}

static void test_without_a_rota_all_are_on_call(void **state)
{
    struct scene *s = *state;
    assert_on_call(s, "2026-11-27T03:00", "mara");
}

static void test_one_person_on_two_networks_is_one(void **state)
{
    struct scene *s = *state;
    s->world->moderators[1] = (struct groups_moderator){
        .network = STR("console"), .identity = STR("mara-console"), .name = STR("mara")};
    s->world->moderators[0].member = 0;
    s->world->moderators[1].member = world_person(s->world, "mara")->id;
    scene_raise(s, "ana", SAFETY_SUICIDE, 3);
    scene_assert_pages(s, 5, "0:#bridge,mara 5:#bridge,cleo ");
}

static void test_no_group_nobody(void **state)
{
    struct scene *s = *state;
    int64_t until = 7;
    assert_true(alerts_on_call(s->alerts, NULL, &until) == 0);
    assert_true(until == 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_a_plain_evening),
        TEST(test_past_midnight),
        TEST(test_round_the_clock),
        TEST(test_two_shifts_the_first_in_the_list_is_called_first),
        TEST(test_the_night_the_clocks_go_back),
        TEST(test_the_night_the_clocks_go_forward),
        TEST(test_without_a_rota_all_are_on_call),
        TEST(test_one_person_on_two_networks_is_one),
        TEST(test_no_group_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
