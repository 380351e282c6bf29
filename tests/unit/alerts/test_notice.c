/* SPDX-License-Identifier: MIT */
/* test_notice.c: a word about the house: every team hears it, once in six hours, with and without a
 * disk. */
#include "scene.h"

#include <errno.h>

static size_t said_to(struct scene *s, const char *place)
{
    size_t count = 0;
    for (size_t i = 0; i < s->world->said_count; i++)
        count += strcmp(s->world->said[i].room, place) == 0 ||
                 strcmp(s->world->said[i].user, place) == 0;
    return count;
}

/* As a turn does: what it says stands with its commit. */
static int notice(struct scene *s, const char *msgid, const char *key)
{
    int said = alerts_notice(s->alerts, msgid, NULL, 0, str_of(key));
    if (store_commit(s->world->store) < 0)
        store_rollback(s->world->store);
    world_settle(s->world);
    return said;
}

static void test_the_alert_room_hears_it(void **state)
{
    struct scene *s = *state;
    assert_int_equal(notice(s, "notice.disk-full", ""), 1);
    assert_int_equal(said_to(s, "#bridge"), 1);
    assert_int_equal(said_to(s, "#harbor"), 0);
    assert_int_equal(said_to(s, "mara"), 0);
    assert_int_equal(s->world->said[0].flags & CHAT_SEND_ANSWER, 0); /* it may buzz a phone */
}

static void test_without_a_room_its_moderators_hear_it(void **state)
{
    struct scene *s = *state;
    s->world->group.alert_room = (struct groups_room){0};
    assert_int_equal(notice(s, "notice.disk-full", ""), 1);
    assert_int_equal(said_to(s, "mara"), 1);
    assert_int_equal(said_to(s, "ben"), 1);
    assert_int_equal(said_to(s, "cleo"), 1);
    assert_int_equal(s->world->said_count, 3);
}

static void test_not_again_within_six_hours(void **state)
{
    struct scene *s = *state;
    assert_int_equal(notice(s, "notice.disk-full", "a"), 1);
    assert_int_equal(notice(s, "notice.disk-full", "a"), 0);
    assert_int_equal(notice(s, "notice.disk-full", "b"), 1);
    assert_int_equal(notice(s, "notice.disk-broken", "a"), 1);
    assert_int_equal(said_to(s, "#bridge"), 3);
    world_advance(s->world, 6 * CLOCK_HOUR_MS);
    assert_int_equal(notice(s, "notice.disk-full", "a"), 1);
    assert_int_equal(said_to(s, "#bridge"), 4);
}

static void test_a_restart_does_not_say_it_again(void **state)
{
    struct scene *s = *state;
    assert_int_equal(notice(s, "notice.disk-full", ""), 1);
    scene_kill(s);
    assert_int_equal(notice(s, "notice.disk-full", ""), 0);
}

static void past_the_disk(struct scene *s, enum store_fault fault)
{
    store_inject(s->world->store, fault);
    assert_int_equal(notice(s, "notice.disk-full", ""), 1);
    assert_int_equal(said_to(s, "#bridge"), 1);
    assert_int_equal(notice(s, "notice.disk-full", ""), 0);
    store_inject(s->world->store, STORE_FAULT_NONE);
    assert_int_equal(notice(s, "notice.disk-full", ""), 0);
    assert_int_equal(said_to(s, "#bridge"), 1);
    assert_int_equal(world_metric(s->world, "mooring_outbox_memory_total"), 1);
}

static void test_past_a_full_disk(void **state)
{
    past_the_disk(*state, STORE_FAULT_DISK_FULL);
}

static void test_past_a_read_only_disk(void **state)
{
    past_the_disk(*state, STORE_FAULT_READ_ONLY);
}

/* The row was written, the commit refused: the outbox says it from memory, and the second run of
 * the turn knows. */
static void test_a_commit_that_fails_says_it_once(void **state)
{
    struct scene *s = *state;
    assert_int_equal(alerts_notice(s->alerts, "notice.disk-full", NULL, 0, STR("")), 1);
    store_inject(s->world->store, STORE_FAULT_DISK_FULL);
    assert_true(store_commit(s->world->store) < 0);
    world_settle(s->world);
    assert_int_equal(said_to(s, "#bridge"), 1);
    assert_int_equal(notice(s, "notice.disk-full", ""), 0);
    assert_int_equal(said_to(s, "#bridge"), 1);
}

static void test_a_turn_that_is_undone_has_said_nothing(void **state)
{
    struct scene *s = *state;
    assert_int_equal(alerts_notice(s->alerts, "notice.disk-full", NULL, 0, STR("")), 1);
    store_rollback(s->world->store);
    world_settle(s->world);
    assert_int_equal(s->world->said_count, 0);
    assert_int_equal(notice(s, "notice.disk-full", ""), 1);
    assert_int_equal(said_to(s, "#bridge"), 1);
}

static void test_a_routine_message_still_does_not_pass_the_disk(void **state)
{
    struct scene *s = *state;
    store_inject(s->world->store, STORE_FAULT_DISK_FULL);
    struct mooring_message message = world_message("notice.disk-full");
    message.to.group.id = s->world->group.id;
    assert_true(world_say(s->world, message, OUTBOX_REPLY, NULL) < 0);
    store_rollback(s->world->store);
    world_settle(s->world);
    assert_int_equal(s->world->said_count, 0);
}

static void test_a_key_that_is_too_long_is_refused(void **state)
{
    struct scene *s = *state;
    char key[200];
    memset(key, 'k', sizeof key);
    assert_int_equal(
        alerts_notice(s->alerts, "notice.disk-full", NULL, 0, (struct str){key, sizeof key}),
        -E2BIG);
}

/* ---- where the alert room does not hold us -----------------------------------------------------
 */

static void test_put_out_of_their_room_the_team_hears_it_in_private(void **state)
{
    struct scene *s = *state;
    s->world->irc.outside = "#bridge";
    assert_int_equal(notice(s, "notice.disk-full", ""), 1);
    assert_int_equal(said_to(s, "#bridge"), 1);
    assert_int_equal(said_to(s, "mara"), 1);
    assert_int_equal(said_to(s, "ben"), 1);
    assert_int_equal(notice(s, "notice.disk-full", ""), 0);
}

/* A dead account: who has it alone hears nothing now, who is elsewhere does. */
static void test_of_a_network_that_is_silent_those_elsewhere_hear(void **state)
{
    struct scene *s = *state;
    world_person(s->world, "ben")->network = "console";
    struct alerts_notice_way way = {.down = STR("irc")};
    assert_int_equal(alerts_notice_by(s->alerts, &way, "notice.disk-full", NULL, 0, STR("")), 1);
    world_commit(s->world);
    assert_int_equal(said_to(s, "#bridge"), 1);
    assert_int_equal(said_to(s, "ben"), 1);
    assert_int_equal(said_to(s, "mara"), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)
#define ON_DISK(name)                                                                              \
    {                                                                                              \
#name " on disk", name, scene_setup_on_disk, scene_teardown, NULL                          \
    }
    const struct CMUnitTest tests[] = {
        TEST(test_the_alert_room_hears_it),
        TEST(test_without_a_room_its_moderators_hear_it),
        TEST(test_not_again_within_six_hours),
        ON_DISK(test_a_restart_does_not_say_it_again),
        TEST(test_past_a_full_disk),
        TEST(test_past_a_read_only_disk),
        TEST(test_a_commit_that_fails_says_it_once),
        TEST(test_a_turn_that_is_undone_has_said_nothing),
        TEST(test_a_routine_message_still_does_not_pass_the_disk),
        TEST(test_a_key_that_is_too_long_is_refused),
        TEST(test_put_out_of_their_room_the_team_hears_it_in_private),
        TEST(test_of_a_network_that_is_silent_those_elsewhere_hear),
        ON_DISK(test_past_a_full_disk),
        ON_DISK(test_past_a_read_only_disk),
        ON_DISK(test_a_commit_that_fails_says_it_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
