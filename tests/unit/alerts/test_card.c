/* SPDX-License-Identifier: MIT */
/* test_card.c: the floor answers: in private where that works, else in the room naming nobody;
 * once. */
#include "scene.h"

#include "observe/log.h"

#include <errno.h>

/* The next message: where, and whether it holds a piece of text. */
static void assert_next(struct scene *s, const char *room, const char *user, const char *piece)
{
    const struct world_said *said = world_next(s->world);
    if (strcmp(said->room, room) != 0 || strcmp(said->user, user) != 0 ||
        !strstr(said->text, piece))
        fail_msg("said to %s%s: %s", said->room, said->user, said->text);
    if (said->room[0] && strcmp(said->room, "#bridge") != 0)
        assert_string_equal(said->mention, "");
}

static void to_the_team(struct scene *s)
{
    while (s->world->taken < s->world->said_count &&
           (strcmp(s->world->said[s->world->taken].room, "#bridge") == 0 ||
            strstr(s->world->said[s->world->taken].text, "ALERT")))
        s->world->taken++;
}

static void test_nobody_answered_so_the_floor_does(void **state)
{
    struct scene *s = *state;
    struct alerts_call call = scene_call(s, "ana", SAFETY_SUICIDE, 3);
    scene_floor(s, &call, 0);
    assert_next(s, "", "ana", "988");
    assert_next(s, "#bridge", "", "ALERT 1, tier 3");
    assert_next(s, "", "mara", "ALERT 1, tier 3");
    assert_next(s, "", "ana", "mara is on call, and I'm trying to reach them");
    world_assert_silent(s->world); /* the room saw nothing at all */
}

static void test_a_plugin_answered_so_the_floor_is_silent(void **state)
{
    struct scene *s = *state;
    struct alerts_call call = scene_call(s, "ana", SAFETY_SUICIDE, 3);
    struct mooring_alert_status status;
    assert_int_equal(alerts_raise(s->alerts, &call, &status), 0);
    scene_floor(s, &call, 1);
    to_the_team(s);
    world_assert_silent(s->world);
}

static void test_a_plugin_answered_and_raised_nothing(void **state)
{
    struct scene *s = *state;
    struct alerts_call call = scene_call(s, "ana", SAFETY_SUICIDE, 3);
    scene_floor(s, &call, 1);
    assert_next(s, "#bridge", "", "ALERT 1");
}

static void test_a_failing_plugin_is_no_answer(void **state)
{
    struct scene *s = *state;
    struct alerts_call call = scene_call(s, "ana", SAFETY_SUICIDE, 2);
    scene_floor(s, &call, -EIO);
    assert_next(s, "", "ana", "988");
}

static void test_below_tier_two_there_is_nothing(void **state)
{
    struct scene *s = *state;
    for (int tier = 0; tier < 2; tier++) {
        struct alerts_call call = scene_call(s, "ana", SAFETY_CRAVING, tier);
        scene_floor(s, &call, 0);
    }
    world_assert_silent(s->world);
}

static void test_sos(void **state)
{
    struct scene *s = *state;
    struct alerts_call call = scene_call(s, "ana", SAFETY_NONE, 3);
    call.verdict.rules[0] = "sos";
    scene_floor(s, &call, 0);
    assert_next(s, "", "ana", "988");
    assert_next(s, "#bridge", "", "tier 3, asked for help, from ana");
}

static void test_not_the_same_again_within_six_hours(void **state)
{
    struct scene *s = *state;
    uint64_t ana = world_person(s->world, "ana")->id;
    const struct group *group = &s->world->group;
    uint64_t source = world_source(s->world, "ana", NULL);
    assert_int_equal(alerts_card(s->alerts, source, ana, group, SAFETY_SUICIDE, 3), 1);
    assert_int_equal(alerts_card(s->alerts, source, ana, group, SAFETY_SUICIDE, 3), 0);
    assert_int_equal(alerts_card(s->alerts, source, ana, group, SAFETY_SUICIDE, 2), 0);
    world_commit(s->world);
    scene_kill(s); /* it is remembered with the member */
    source = world_source(s->world, "ana", NULL);
    world_advance(s->world, 6 * CLOCK_HOUR_MS - CLOCK_MINUTE_MS);
    assert_int_equal(alerts_card(s->alerts, source, ana, group, SAFETY_SUICIDE, 3), 0);
    assert_int_equal(alerts_card(s->alerts, source, ana, group, SAFETY_SUICIDE, 4), 1);
    assert_int_equal(alerts_card(s->alerts, source, ana, group, SAFETY_WITHDRAWAL, 4),
                     1); /* another card */
    world_commit(s->world);
    world_advance(s->world, 6 * CLOCK_HOUR_MS + CLOCK_MINUTE_MS);
    assert_int_equal(alerts_card(s->alerts, source, ana, group, SAFETY_SUICIDE, 3), 1);
}

static void test_somebody_without_identity_gets_it_once_too(void **state)
{
    struct scene *s = *state;
    struct outbox_source source = {.network = STR("irc"),
                                   .room = STR("#harbor"),
                                   .user = STR("guest"),
                                   .display = STR("guest"),
                                   .room_id = 201,
                                   .group = 101};
    const struct group *group = &s->world->group;
    assert_int_equal(alerts_card(s->alerts, outbox_note_source(s->world->outbox, &source), 0, group,
                                 SAFETY_SUICIDE, 3),
                     1);
    world_commit(s->world);
    assert_next(s, "", "guest", "988");
    assert_int_equal(alerts_card(s->alerts, outbox_note_source(s->world->outbox, &source), 0, group,
                                 SAFETY_SUICIDE, 3),
                     0);
    source.user = STR("other");
    assert_int_equal(alerts_card(s->alerts, outbox_note_source(s->world->outbox, &source), 0, group,
                                 SAFETY_SUICIDE, 3),
                     1);
    store_rollback(s->world->store); /* undone, so not said: it may be said */
    assert_int_equal(alerts_card(s->alerts, outbox_note_source(s->world->outbox, &source), 0, group,
                                 SAFETY_SUICIDE, 3),
                     1);
}

static void test_an_overdose_is_for_those_around_too(void **state)
{
    struct scene *s = *state;
    struct alerts_call call = scene_call(s, "ana", SAFETY_OVERDOSE, 4);
    scene_floor(s, &call, 0);
    assert_next(s, "", "ana", "911");
    assert_next(s, "#harbor", "", "911");
}

static void test_the_numbers_are_of_the_member_s_country(void **state)
{
    struct scene *s = *state;
    world_person(s->world, "ana")->country = "GB";
    struct alerts_call call = scene_call(s, "ana", SAFETY_SUICIDE, 3);
    scene_floor(s, &call, 0);
    const struct world_said *said = world_next(s->world);
    assert_non_null(strstr(said->text, "116 123"));
    assert_null(strstr(said->text, "988"));
}

static void test_no_private_way_then_the_room_and_nobody_s_name(void **state)
{
    struct scene *s = *state;
    struct outbox_source source = {.network = STR("irc"),
                                   .room = STR("#harbor"),
                                   .display = STR("ana"),
                                   .event_id = STR("$1"),
                                   .room_id = 201,
                                   .group = 101};
    struct alerts_call call = scene_call(s, "ana", SAFETY_SUICIDE, 3);
    call.member = 0;
    call.source = outbox_note_source(s->world->outbox, &source);
    scene_floor(s, &call, 0);
    assert_next(s, "#harbor", "", "988");
}

static size_t errors;
static char logged[512], page_line[512];

static void keep_line(void *ctx, enum log_level level, struct str line)
{
    (void)ctx;
    errors += level <= LOG_LEVEL_ERROR;
    if (str_find(line, STR("event=alert_page_"), 0) != SIZE_MAX)
        (void)str_to_c(str_upto(line, sizeof page_line - 1), page_line, sizeof page_line);
    if (str_find(line, STR("event=outbox_"), 0) != SIZE_MAX)
        (void)str_to_c(str_upto(line, sizeof logged - 1), logged, sizeof logged);
}

static void test_refused_in_private_then_the_room_once(void **state)
{
    struct scene *s = *state;
    errors = 0;
    log_set_sink(keep_line, NULL);
    s->world->irc.confirms = false;
    struct alerts_call call = scene_call(s, "ana", SAFETY_SUICIDE, 3);
    scene_floor(s, &call, 0);
    size_t count = s->world->said_count;
    for (size_t i = 0; i < count; i++) /* the card, and who is on call */
        if (strcmp(s->world->said[i].user, "ana") == 0)
            world_outcome(s->world, &s->world->said[i], CHAT_REFUSED);
    world_settle(s->world);
    s->world->taken = count;
    assert_next(s, "#harbor", "", "988");
    world_assert_silent(s->world);
    /* they are answered: nobody has to be woken by the log */
    assert_int_equal(errors, 0);
    assert_non_null(strstr(logged, "event=outbox_not_read_in_private"));
}

static void count_pages(void *ctx, const struct alerts_open *open)
{
    *(struct alerts_open *)ctx = *open;
}

/* The room took the line: that says nothing of a person. */
static void test_a_private_page_that_is_refused_is_known(void **state)
{
    struct scene *s = *state;
    struct alerts_open open = {0};
    errors = 0;
    log_set_sink(keep_line, NULL);
    s->world->irc.confirms = false;
    scene_raise(s, "ana", SAFETY_SUICIDE, 3);
    for (size_t i = 0, count = s->world->said_count; i < count; i++)
        world_outcome(s->world, &s->world->said[i],
                      strcmp(s->world->said[i].user, "mara") == 0 ? CHAT_REFUSED : CHAT_CONFIRMED);
    world_settle(s->world);
    assert_int_equal(alerts_each_open(s->alerts, count_pages, &open), 0);
    assert_int_equal(open.id, 1);
    assert_int_equal(open.confirmed, 0);
    assert_int_equal(open.refused, 1);
    assert_true(errors >= 1);
    assert_non_null(strstr(page_line, "event=alert_page_refused alert=1"));
}

static void test_nobody_is_awake_is_said(void **state)
{
    struct scene *s = *state;
    scene_shift(s, 1, EVERY_DAY, 17 * 60, 22 * 60);
    struct alerts_call call = scene_call(s, "ana", SAFETY_SUICIDE, 3);
    scene_floor(s, &call, 0);
    assert_next(s, "", "ana", "988");
    to_the_team(s);
    assert_next(s, "", "ana", "Nobody is on call before 17:00");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_nobody_answered_so_the_floor_does),
        TEST(test_a_plugin_answered_so_the_floor_is_silent),
        TEST(test_a_plugin_answered_and_raised_nothing),
        TEST(test_a_failing_plugin_is_no_answer),
        TEST(test_below_tier_two_there_is_nothing),
        TEST(test_sos),
        TEST(test_not_the_same_again_within_six_hours),
        TEST(test_somebody_without_identity_gets_it_once_too),
        TEST(test_an_overdose_is_for_those_around_too),
        TEST(test_the_numbers_are_of_the_member_s_country),
        TEST(test_no_private_way_then_the_room_and_nobody_s_name),
        TEST(test_refused_in_private_then_the_room_once),
        TEST(test_a_private_page_that_is_refused_is_known),
        TEST(test_nobody_is_awake_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
