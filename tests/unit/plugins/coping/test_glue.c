/* SPDX-License-Identifier: MIT */
/* test_glue.c: tips and exercises on a host. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fake_host.h"

static int set_up(void **state)
{
    struct fake_host *fake = fake_host_create(mooring_plugin_entry(MOORING_ABI_MAJOR, 0));
    fake_host_record(fake, "tips", "text=Wait ten minutes.\nkinds=craving,evening");
    fake_host_record(fake, "tips", "text=Ride the wave.\nkinds=craving");
    fake_host_record(fake, "tips", "text=Eat something.\nkinds=hungry");
    *state = fake;
    return 0;
}

static void test_a_tip_is_answered_where_it_was_asked_for(void **state)
{
    struct fake_host *fake = *state;
    assert_int_equal(fake_host_command(fake, FAKE_ANA, FAKE_ROOM, "tip hungry"), 0);
    const struct fake_said *said = fake_host_said(fake, "coping.tip");
    assert_non_null(said);
    assert_string_equal(said->args, "tip=Eat something.;");
    assert_int_not_equal(said->to.answers.id, 0);
    assert_int_equal(said->flags & MOORING_SAY_PRIVATE_ONLY, 0);
    assert_string_equal(said->commands, "tip hungry|breathe");
}

static void test_all_tips_of_a_kind_come_before_one_comes_again(void **state)
{
    struct fake_host *fake = *state;
    char first[FAKE_TEXT_BYTES];
    fake_host_command(fake, FAKE_ANA, 0, "tip craving");
    snprintf(first, sizeof first, "%s", fake_host_said(fake, "coping.tip")->args);
    fake_host_command(fake, FAKE_ANA, 0, "tip craving");
    assert_string_not_equal(fake_host_said(fake, "coping.tip")->args, first);
    fake_host_command(fake, FAKE_ANA, 0, "tip craving");
    assert_string_equal(fake_host_said(fake, "coping.tip")->args, first);
}

static void test_without_an_identity_the_room_remembers(void **state)
{
    struct fake_host *fake = *state;
    assert_int_equal(fake_host_command(fake, 0, FAKE_ROOM, "tip"), 0);
    assert_non_null(fake_host_row(fake, MOORING_OWN_ROOM, FAKE_ROOM, "seen"));
    assert_null(fake_host_row(fake, MOORING_OWN_MEMBER, 0, "seen"));
}

static void test_not_being_allowed_to_remember_still_gives_a_tip(void **state)
{
    struct fake_host *fake = *state;
    fake->put_error = -EACCES;
    assert_int_equal(fake_host_command(fake, FAKE_ANA, 0, "tip"), 0);
    assert_non_null(fake_host_said(fake, "coping.tip"));
}

static void test_a_near_miss_is_offered(void **state)
{
    struct fake_host *fake = *state;
    assert_int_equal(fake_host_command(fake, FAKE_ANA, 0, "tip hungrey"), 0);
    assert_non_null(fake_host_said(fake, "coping.tip")); /* the same beginning is enough */
    assert_int_equal(fake_host_command(fake, FAKE_ANA, 0, "tip evning"), 0);
    const struct fake_said *said = fake_host_said(fake, "coping.kind-near");
    assert_non_null(said);
    assert_string_equal(said->commands, "tip evening|tip");
    assert_non_null(strstr(said->args, "kinds=craving, evening, hungry;"));
    assert_int_equal(fake_host_command(fake, FAKE_ANA, 0, "tip taxes"), 0);
    assert_string_equal(fake_host_said(fake, "coping.kind-unknown")->commands, "tip");
}

static void test_an_empty_library_says_so(void **state)
{
    struct fake_host *fake = *state;
    fake->record_count = 0;
    assert_int_equal(fake_host_command(fake, FAKE_ANA, 0, "tip"), 0);
    assert_non_null(fake_host_said(fake, "coping.no-tips"));
}

static void test_breathing_runs_a_line_every_four_seconds_and_asks_at_the_end(void **state)
{
    struct fake_host *fake = *state;
    assert_int_equal(fake_host_command(fake, FAKE_ANA, FAKE_ROOM, "breathe"), 0);
    const struct fake_said *intro = fake_host_said(fake, "coping.breathe-intro");
    assert_int_equal(intro->to.member.id, FAKE_ANA);
    assert_true((intro->flags & MOORING_SAY_PRIVATE_ONLY) != 0);
    fake_host_wait(fake, 5000);
    assert_int_equal(fake_host_said_times(fake, "coping.breathe-in"), 1);
    fake_host_wait(fake, 3999);
    assert_int_equal(fake->data.said_count, 2);
    fake_host_wait(fake, 1);
    assert_int_equal(fake_host_said_times(fake, "coping.breathe-hold"), 1);
    fake_host_wait(fake, 60000);
    assert_int_equal(fake_host_said_times(fake, "coping.breathe-rest"), 4);
    assert_string_equal(fake_host_said(fake, "coping.breathe-in")->args, "round=4;");
    assert_string_equal(fake_host_said(fake, "coping.how-now")->commands,
                        "exercise-felt easier|exercise-felt same|exercise-felt harder");
    assert_int_equal(fake->data.said_count, 18);
    assert_int_equal(fake->data.timer_count, 0);
    assert_int_equal(fake->data.row_count, 0);
}

static void test_ticks_are_volatile_and_old_lines_expire(void **state)
{
    struct fake_host *fake = *state;
    fake_host_command(fake, FAKE_ANA, 0, "breathe");
    assert_int_equal(fake_host_timer(fake, "tick")->flags, MOORING_WHEN_VOLATILE);
    fake_host_wait(fake, 5000);
    assert_int_equal(fake_host_said(fake, "coping.breathe-in")->expires_at - fake->now, 10000);
}

static void test_stop_ends_it_at_once(void **state)
{
    struct fake_host *fake = *state;
    fake_host_command(fake, FAKE_ANA, 0, "breathe");
    fake_host_wait(fake, 9000);
    assert_int_equal(fake_host_hears(fake, FAKE_ANA, 0, "Enough.", 0, 0, 0), 1);
    assert_non_null(fake_host_said(fake, "coping.stopped"));
    size_t said = fake->data.said_count;
    fake_host_wait(fake, 120000);
    assert_int_equal(fake->data.said_count, said);
    assert_int_equal(fake_host_command(fake, FAKE_ANA, 0, "stop"), 0);
    assert_non_null(fake_host_said(fake, "coping.nothing-runs"));
}

static void test_any_word_moves_grounding_on_and_silence_does_too(void **state)
{
    struct fake_host *fake = *state;
    fake_host_command(fake, FAKE_ANA, 0, "ground");
    fake_host_wait(fake, 5000);
    assert_non_null(fake_host_said(fake, "coping.ground-see"));
    assert_int_equal(fake_host_hears(fake, FAKE_ANA, 0, "lamp, door, cup, hat, cat", 0, 0, 0), 1);
    assert_non_null(fake_host_said(fake, "coping.ground-touch"));
    fake_host_wait(fake, 59999);
    assert_null(fake_host_said(fake, "coping.ground-hear"));
    fake_host_wait(fake, 1);
    assert_non_null(fake_host_said(fake, "coping.ground-hear"));
}

static void test_words_of_danger_are_left_to_others(void **state)
{
    struct fake_host *fake = *state;
    fake_host_command(fake, FAKE_ANA, 0, "ground");
    fake_host_wait(fake, 5000);
    assert_int_equal(
        fake_host_hears(fake, FAKE_ANA, 0, "...", MOORING_CRISIS_SUICIDE, 3, MOORING_WHO_SELF), 0);
    assert_null(fake_host_said(fake, "coping.ground-touch"));
}

static void test_room_talk_and_other_people_do_not_move_it(void **state)
{
    struct fake_host *fake = *state;
    fake_host_command(fake, FAKE_ANA, 0, "ground");
    fake_host_wait(fake, 5000);
    assert_int_equal(fake_host_hears(fake, FAKE_ANA, FAKE_ROOM, "hello", 0, 0, 0), 0);
    assert_int_equal(fake_host_hears(fake, FAKE_BEN, 0, "hello", 0, 0, 0), 0);
    assert_null(fake_host_said(fake, "coping.ground-touch"));
}

static void test_one_exercise_at_a_time(void **state)
{
    struct fake_host *fake = *state;
    fake_host_command(fake, FAKE_ANA, 0, "breathe");
    fake_host_wait(fake, 9000);
    fake_host_command(fake, FAKE_ANA, 0, "ground");
    fake_host_hush(fake);
    fake_host_wait(fake, 30000);
    assert_int_equal(fake->data.said_count, 1);
    assert_non_null(fake_host_said(fake, "coping.ground-see"));
}

static void test_two_people_have_an_exercise_each(void **state)
{
    struct fake_host *fake = *state;
    fake_host_command(fake, FAKE_ANA, 0, "breathe");
    fake_host_command(fake, FAKE_BEN, 0, "breathe");
    fake_host_wait(fake, 5000);
    fake_host_hears(fake, FAKE_ANA, 0, "stop", 0, 0, 0);
    fake_host_hush(fake);
    fake_host_wait(fake, 4000);
    assert_int_equal(fake_host_said(fake, "coping.breathe-hold")->to.member.id, FAKE_BEN);
    assert_int_equal(fake->data.said_count, 1);
}

static void test_a_restart_resumes_at_the_round(void **state)
{
    struct fake_host *fake = *state;
    fake_host_command(fake, FAKE_ANA, 0, "breathe");
    fake_host_wait(fake, 5000 + 5 * 4000); /* in the second round */
    fake_host_hush(fake);
    fake_host_restart(fake, 20000);
    fake_host_wait(fake, 1000);
    const struct fake_said *said = fake_host_said(fake, "coping.resumed-breathe");
    assert_non_null(said);
    assert_string_equal(said->args, "round=2;");
    fake_host_wait(fake, 5000);
    assert_string_equal(fake_host_said(fake, "coping.breathe-in")->args, "round=2;");
    fake_host_wait(fake, 60000);
    assert_non_null(fake_host_said(fake, "coping.how-now"));
}

static void test_a_reload_does_not_claim_that_it_was_cut_off(void **state)
{
    struct fake_host *fake = *state;
    fake_host_command(fake, FAKE_ANA, 0, "breathe");
    fake_host_wait(fake, 6000);
    fake_host_arrange(fake);
    fake_host_wait(fake, 10000);
    assert_null(fake_host_said(fake, "coping.resumed-breathe"));
}

static void test_what_stood_still_for_long_is_over(void **state)
{
    struct fake_host *fake = *state;
    fake_host_command(fake, FAKE_ANA, 0, "ground");
    fake_host_hush(fake);
    fake_host_restart(fake, 3600000);
    fake_host_wait(fake, 120000);
    assert_int_equal(fake->data.said_count, 0);
    assert_int_equal(fake_host_hears(fake, FAKE_ANA, 0, "hello", 0, 0, 0), 0);
}

static void test_without_a_private_chat_the_whole_exercise_is_one_line(void **state)
{
    struct fake_host *fake = *state;
    assert_int_equal(fake_host_command(fake, 0, FAKE_ROOM, "breathe"), 0);
    fake->unreachable = true;
    assert_int_equal(fake_host_command(fake, FAKE_ANA, FAKE_ROOM, "ground"), 0);
    assert_non_null(fake_host_said(fake, "coping.breathe-public"));
    assert_non_null(fake_host_said(fake, "coping.ground-public"));
    assert_int_equal(fake->data.timer_count, 0);
}

static void test_feeling_harder_is_answered_with_a_person(void **state)
{
    struct fake_host *fake = *state;
    fake_host_command(fake, FAKE_ANA, 0, "exercise-felt harder");
    assert_non_null(strstr(fake_host_said(fake, "coping.after-harder")->commands, "sos"));
    fake_host_command(fake, FAKE_ANA, 0, "exercise-felt easier");
    assert_string_equal(fake_host_said(fake, "coping.after-easier")->commands, "");
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, fake_host_tear_down)

int main(void)
{
#define ON_HOST(test) TEST(test)
    const struct CMUnitTest tests[] = {
        ON_HOST(test_a_tip_is_answered_where_it_was_asked_for),
        ON_HOST(test_all_tips_of_a_kind_come_before_one_comes_again),
        ON_HOST(test_without_an_identity_the_room_remembers),
        ON_HOST(test_not_being_allowed_to_remember_still_gives_a_tip),
        ON_HOST(test_a_near_miss_is_offered),
        ON_HOST(test_an_empty_library_says_so),
        ON_HOST(test_breathing_runs_a_line_every_four_seconds_and_asks_at_the_end),
        ON_HOST(test_ticks_are_volatile_and_old_lines_expire),
        ON_HOST(test_stop_ends_it_at_once),
        ON_HOST(test_any_word_moves_grounding_on_and_silence_does_too),
        ON_HOST(test_words_of_danger_are_left_to_others),
        ON_HOST(test_room_talk_and_other_people_do_not_move_it),
        ON_HOST(test_one_exercise_at_a_time),
        ON_HOST(test_two_people_have_an_exercise_each),
        ON_HOST(test_a_restart_resumes_at_the_round),
        ON_HOST(test_a_reload_does_not_claim_that_it_was_cut_off),
        ON_HOST(test_what_stood_still_for_long_is_over),
        ON_HOST(test_without_a_private_chat_the_whole_exercise_is_one_line),
        ON_HOST(test_feeling_harder_is_answered_with_a_person),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
