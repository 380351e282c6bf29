/* SPDX-License-Identifier: MIT */
/* test_page.c: who is called, minute by minute, until a person answers. */
#include "scene.h"

#include <errno.h>

#define ALL "#bridge,mara,ben,cleo "

static void rota(struct scene *s) /* mara now, ben from noon, cleo in the evening */
{
    scene_shift(s, 0, EVERY_DAY, 8 * 60, 12 * 60);
    scene_shift(s, 1, EVERY_DAY, 12 * 60, 18 * 60);
    scene_shift(s, 2, EVERY_DAY, 18 * 60, 23 * 60);
}

static void acknowledge(struct scene *s, const char *who)
{
    uint64_t id;
    assert_int_equal(alerts_acknowledge(s->alerts, 0, world_person(s->world, who)->id, &id), 0);
    world_commit(s->world);
}

static void test_the_words_of_a_page(void **state)
{
    struct scene *s = *state;
    rota(s);
    scene_raise(s, "ana", SAFETY_SUICIDE, 3);
    assert_string_equal(s->world->said[0].mention, "mara");
    world_assert_said(
        s->world, "irc #bridge",
        "ALERT 1, tier 3, suicide, from ana in #harbor, 10:00. On call: mara. !ack 1 or react. "
        "Next page: ben at 10:05. Not answered yet: 0 min. (1) I have it");
    world_advance(s->world, 5 * CLOCK_MINUTE_MS);
    (void)world_next(s->world);
    world_assert_said(
        s->world, "irc #bridge",
        "ALERT 1, tier 3, suicide, from ana in #harbor, 10:00. On call: mara. !ack 1 or react. "
        "Next page: cleo at 10:10. Not answered yet: 5 min. (1) I have it");
}

/* Whose phone buzzes in the alert room, page after page. */
static void assert_named(struct scene *s, const char *const *names, size_t count, int64_t every_ms)
{
    for (size_t i = 0; i < count; i++) {
        const char *found = NULL;
        for (size_t k = 0; k < s->world->said_count; k++)
            if (strstr(s->world->said[k].room, "#bridge"))
                found = s->world->said[k].mention;
        if (!found || strcmp(found, names[i]) != 0)
            fail_msg("page %zu: wanted %s, got %s", i, names[i], found ? found : "none");
        world_advance(s->world, every_ms);
    }
}

static void test_the_room_names_who_is_called_at_each_step(void **state)
{
    static const char *const in_turn[] = {"mara", "ben", "cleo"};
    struct scene *s = *state;
    rota(s);
    scene_raise(s, "ana", SAFETY_SUICIDE, 3);
    assert_named(s, in_turn, COUNT_OF(in_turn), 5 * CLOCK_MINUTE_MS);
}

static void test_at_tier_4_two_are_named_by_turns_then_all(void **state)
{
    static const char *const by_turns[] = {"mara", "ben", "mara"};
    struct scene *s = *state;
    rota(s);
    scene_raise(s, "ana", SAFETY_SUICIDE, 4);
    assert_named(s, by_turns, COUNT_OF(by_turns), 2 * CLOCK_MINUTE_MS);
}

/* From two hours on nobody reads minutes. */
static void test_a_long_wait_is_told_in_hours(void **state)
{
    struct scene *s = *state;
    scene_raise(s, "ana", SAFETY_SUICIDE, 3);
    for (int minute = 0; minute < 119; minute++)
        world_advance(s->world, CLOCK_MINUTE_MS);
    struct world_said *last = &s->world->said[s->world->said_count - 1];
    assert_non_null(strstr(last->text, "Not answered yet: 105 min."));
    for (int minute = 119; minute < 122; minute++)
        world_advance(s->world, CLOCK_MINUTE_MS);
    last = &s->world->said[s->world->said_count - 1];
    assert_non_null(strstr(last->text, "Not answered yet: 2 h."));
}

static void test_a_tap_or_a_number_acknowledges(void **state)
{
    struct scene *s = *state;
    struct arena arena;
    arena_init(&arena, 0);
    scene_raise(s, "ana", SAFETY_SUICIDE, 3);
    struct str command;
    int64_t at;
    assert_int_equal(outbox_choice(s->world->outbox, 0, 204, STR("1"), &arena, &command, &at), 1);
    assert_true(str_eq_c(command, "ack 1"));
    assert_int_equal(outbox_choice(s->world->outbox, world_person(s->world, "mara")->id, 0,
                                   STR("\xf0\x9f\x91\x8d"), &arena, &command, &at),
                     1);
    assert_true(str_eq_c(command, "ack 1"));
    arena_done(&arena);
}

static void test_tier_two_minute_by_minute(void **state)
{
    struct scene *s = *state;
    rota(s);
    scene_raise(s, "ana", SAFETY_SUICIDE, 2);
    scene_assert_pages(s, 180, "0:#bridge 60:#bridge 120:#bridge 180:#bridge ");
}

static void test_tier_three_minute_by_minute(void **state)
{
    struct scene *s = *state;
    rota(s);
    scene_raise(s, "ana", SAFETY_SUICIDE, 3);
    scene_assert_pages(s, 45,
                       "0:#bridge,mara 5:#bridge,ben 10:#bridge,cleo 15:" ALL "30:" ALL "45:" ALL);
}

static void test_tier_four_minute_by_minute(void **state)
{
    struct scene *s = *state;
    rota(s);
    scene_raise(s, "ana", SAFETY_OVERDOSE, 4);
    scene_assert_pages(s, 16,
                       "0:#bridge,mara,ben 2:#bridge,mara,ben 4:#bridge,mara,ben 6:" ALL "11:" ALL
                       "16:" ALL);
}

static void test_an_answer_stops_the_pages(void **state)
{
    struct scene *s = *state;
    rota(s);
    scene_raise(s, "ana", SAFETY_SUICIDE, 3);
    scene_assert_pages(s, 6, "0:#bridge,mara 5:#bridge,ben ");
    acknowledge(s, "ben");
    world_assert_said(
        s->world, "irc #bridge",
        "ALERT 1: ben has it. When you have reached the person, close it with !close 1 CODE.");
    scene_assert_pages(s, 239, "");
    world_advance(s->world, CLOCK_MINUTE_MS);
    world_assert_said(s->world, "irc #bridge",
                      "ALERT 1 is still open; ben took it. What came of it? !close 1 CODE when a "
                      "person has looked.");
    scene_assert_pages(s, 240, "240:#bridge ");
}

/* Forty minutes away: on return one page for each reader, the newest. */
static void test_pages_do_not_pile_up_while_the_network_is_away(void **state)
{
    struct scene *s = *state;
    rota(s);
    world_set_down(s->world, &s->world->irc, true);
    scene_raise(s, "ana", SAFETY_SUICIDE, 3);
    for (int minute = 0; minute < 40; minute++)
        world_advance(s->world, CLOCK_MINUTE_MS);
    assert_int_equal(s->world->said_count, 0);
    world_set_down(s->world, &s->world->irc, false);
    world_settle(s->world);
    size_t room = 0, mara = 0;
    for (size_t i = 0; i < s->world->said_count; i++) {
        const struct world_said *said = &s->world->said[i];
        room += strcmp(said->room, "#bridge") == 0;
        mara += strcmp(said->user, "mara") == 0;
        assert_non_null(strstr(said->text, "Not answered yet: 30 min."));
    }
    assert_int_equal(room, 1);
    assert_int_equal(mara, 1);
    assert_int_equal(s->world->said_count, 4); /* ben and cleo */
}

/* Nobody knows whether the first was said: it is said again, and the next one too. */
static void test_a_page_that_may_have_been_said_is_not_withdrawn(void **state)
{
    struct scene *s = *state;
    rota(s);
    s->world->irc.confirms = false;
    scene_raise(s, "ana", SAFETY_SUICIDE, 3);
    world_set_down(s->world, &s->world->irc, true); /* under them: what became of them is unknown */
    for (int minute = 0; minute < 6; minute++)
        world_advance(s->world, CLOCK_MINUTE_MS);
    size_t before = s->world->said_count, room = 0;
    world_set_down(s->world, &s->world->irc, false);
    world_settle(s->world);
    for (size_t i = before; i < s->world->said_count; i++)
        room += strcmp(s->world->said[i].room, "#bridge") == 0;
    assert_int_equal(room, 2);
}

static void test_the_clock_goes_on_over_a_kill(void **state)
{
    struct scene *s = *state;
    rota(s);
    scene_raise(s, "ana", SAFETY_SUICIDE, 3);
    scene_assert_pages(s, 3, "0:#bridge,mara ");
    scene_kill(s);
    scene_assert_pages(s, 12, "2:#bridge,ben 7:#bridge,cleo 12:" ALL);
}

static void test_pages_missed_while_away_are_one(void **state)
{
    struct scene *s = *state;
    rota(s);
    scene_raise(s, "ana", SAFETY_OVERDOSE, 4);
    scene_assert_pages(s, 0, "0:#bridge,mara,ben ");
    clock_advance(&s->world->clock, CLOCK_HOUR_MS); /* the machine was off */
    scene_kill(s);
    /* a moment after the start, and everybody: an hour has gone for somebody who does not breathe
     */
    scene_assert_pages(s, 6, "1:" ALL "6:" ALL);
}

static void test_a_missed_pages_person_is_called_with_the_next(void **state)
{
    struct scene *s = *state;
    rota(s);
    scene_raise(s, "ana", SAFETY_SUICIDE, 3);
    scene_assert_pages(s, 0, "0:#bridge,mara ");
    clock_advance(&s->world->clock, 11 * CLOCK_MINUTE_MS); /* ben's and cleo's minutes went by */
    scene_kill(s);
    /* everybody a quarter of an hour after the call, as promised, and not after the return */
    scene_assert_pages(s, 20, "1:#bridge,ben,cleo 4:" ALL "19:" ALL);
}

static void test_a_rise_calls_again_after_an_answer(void **state)
{
    struct scene *s = *state;
    rota(s);
    scene_raise(s, "ana", SAFETY_SUICIDE, 3);
    acknowledge(s, "mara");
    s->world->taken = s->world->said_count;
    scene_raise(s, "ana", SAFETY_SUICIDE, 4);
    scene_assert_pages(s, 2, "0:#bridge,mara,ben 2:#bridge,mara,ben ");
}

static void test_without_an_alert_room_all_are_called_in_private(void **state)
{
    struct scene *s = *state;
    s->world->group.alert_room.name = (struct str){0};
    scene_raise(s, "ana", SAFETY_SUICIDE, 2);
    scene_assert_pages(s, 60, "0:mara,ben,cleo 60:mara,ben,cleo ");
}

static void test_nobody_can_be_reached_and_it_keeps_trying(void **state)
{
    struct scene *s = *state;
    s->world->group.alert_room.name = (struct str){0};
    for (size_t i = 0; i < WORLD_PEOPLE; i++)
        s->world->people[i].reachable = false;
    scene_raise(s, "ana", SAFETY_SUICIDE, 3);
    scene_assert_pages(s, 14, "");
    assert_int_equal(world_metric(s->world, "mooring_alert_unpaged_total"), 3);
    world_person(s->world, "cleo")->reachable = true;
    scene_assert_pages(s, 1, "1:cleo ");
}

static void test_somebody_who_was_never_seen_is_passed_over(void **state)
{
    struct scene *s = *state;
    s->world->moderators[0].member = 0; /* mara */
    scene_raise(s, "ana", SAFETY_SUICIDE, 3);
    scene_assert_pages(s, 5, "0:#bridge,ben 5:#bridge,cleo ");
}

static void test_nobody_is_awake(void **state)
{
    struct scene *s = *state;
    scene_shift(s, 1, EVERY_DAY, 17 * 60, 22 * 60);
    struct mooring_alert_status status = scene_raise(s, "ana", SAFETY_SUICIDE, 3);
    assert_true(status.on_call.id == 0);
    assert_true(status.on_call_at == WORLD_START_AT + 7 * CLOCK_HOUR_MS);
    world_assert_said(
        s->world, "irc #bridge",
        "ALERT 1, tier 3, suicide, from ana in #harbor, 10:00. Nobody is on call before 17:00; "
        "then ben. "
        "!ack 1 or react. Next page: mara at 10:05. Not answered yet: 0 min. (1) I have it");
    world_assert_said(
        s->world, "irc ben",
        "ALERT 1, tier 3, suicide, from ana in #harbor, 10:00. Nobody is on call before 17:00; "
        "then ben. "
        "!ack 1 or react. Next page: mara at 10:05. Not answered yet: 0 min. (1) I have it");
}

static void test_a_private_call_for_help(void **state)
{
    struct scene *s = *state;
    struct alerts_call call = scene_call(s, "ana", SAFETY_NONE, 3);
    call.source = world_source(s->world, "ana", NULL);
    struct mooring_alert_status status;
    assert_int_equal(alerts_raise(s->alerts, &call, &status), 0);
    world_commit(s->world);
    world_assert_said(s->world, "irc #bridge",
                      "ALERT 1, tier 3, asked for help, from ana in private, 10:00. On call: mara. "
                      "!ack 1 or react. "
                      "Next page: ben at 10:05. Not answered yet: 0 min. (1) I have it");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_the_words_of_a_page),
        TEST(test_the_room_names_who_is_called_at_each_step),
        TEST(test_at_tier_4_two_are_named_by_turns_then_all),
        TEST(test_a_long_wait_is_told_in_hours),
        TEST(test_a_tap_or_a_number_acknowledges),
        TEST(test_tier_two_minute_by_minute),
        TEST(test_tier_three_minute_by_minute),
        TEST(test_tier_four_minute_by_minute),
        TEST(test_an_answer_stops_the_pages),
        TEST(test_pages_do_not_pile_up_while_the_network_is_away),
        TEST(test_a_page_that_may_have_been_said_is_not_withdrawn),
        TEST(test_the_clock_goes_on_over_a_kill),
        TEST(test_pages_missed_while_away_are_one),
        TEST(test_a_missed_pages_person_is_called_with_the_next),
        TEST(test_a_rise_calls_again_after_an_answer),
        TEST(test_without_an_alert_room_all_are_called_in_private),
        TEST(test_nobody_can_be_reached_and_it_keeps_trying),
        TEST(test_somebody_who_was_never_seen_is_passed_over),
        TEST(test_nobody_is_awake),
        TEST(test_a_private_call_for_help),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
