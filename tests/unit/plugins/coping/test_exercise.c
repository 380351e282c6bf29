/* SPDX-License-Identifier: MIT */
/* test_exercise.c: exercises as rows of lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "coping_exercise.h"

static void test_box_breathing_is_four_rounds_of_four(void **state)
{
    static const char *const order[] = {"coping.breathe-in", "coping.breathe-hold",
                                        "coping.breathe-out", "coping.breathe-rest"};
    struct coping_exercise exercise = {COPING_BREATHE, 0, 0};
    (void)state;
    for (; exercise.step < 16; exercise.step++) {
        assert_string_equal(coping_exercise_line(&exercise), order[exercise.step % 4]);
        assert_int_equal(coping_exercise_round(&exercise), exercise.step / 4 + 1);
    }
    assert_null(coping_exercise_line(&exercise));
    assert_int_equal(coping_exercise_pause_ms(COPING_BREATHE), 4000);
}

static void test_the_senses_are_five_and_wait_for_the_person(void **state)
{
    struct coping_exercise exercise = {COPING_GROUND, 0, 0};
    (void)state;
    assert_string_equal(coping_exercise_line(&exercise), "coping.ground-see");
    exercise.step = 4;
    assert_string_equal(coping_exercise_line(&exercise), "coping.ground-taste");
    assert_int_equal(coping_exercise_round(&exercise), 5);
    exercise.step = 5;
    assert_null(coping_exercise_line(&exercise));
    assert_true(coping_exercise_waits(COPING_GROUND));
    assert_false(coping_exercise_waits(COPING_BREATHE));
}

static void test_after_an_interruption_what_was_cut_off_begins_again(void **state)
{
    static const struct {
        enum coping_exercise_kind kind;
        int step, after;
    } cases[] = {{COPING_BREATHE, 0, 0}, {COPING_BREATHE, 1, 0},   {COPING_BREATHE, 4, 0},
                 {COPING_BREATHE, 5, 4}, {COPING_BREATHE, 16, 12}, {COPING_GROUND, 0, 0},
                 {COPING_GROUND, 1, 0},  {COPING_GROUND, 3, 2}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct coping_exercise exercise = {cases[i].kind, cases[i].step, 0};
        coping_exercise_rewind(&exercise);
        assert_int_equal(exercise.step, cases[i].after);
    }
}

static void test_the_state_survives_storing_and_nothing_else_is_one(void **state)
{
    static const char *const bad[] = {
        "", "breathe", "breathe 1", "walk 1 1", "breathe 17 1", "breathe -1 1", "ground 6 1"};
    const struct coping_exercise exercise = {COPING_GROUND, 3, 1763900000000};
    struct coping_exercise back;
    char text[COPING_EXERCISE_TEXT];
    (void)state;
    size_t len = coping_exercise_format(&exercise, text);
    assert_int_equal(coping_exercise_read((struct mooring_str){text, len}, &back), 0);
    assert_int_equal(back.kind, COPING_GROUND);
    assert_int_equal(back.step, 3);
    assert_int_equal(back.at, 1763900000000);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_true(coping_exercise_read((struct mooring_str){bad[i], strlen(bad[i])}, &back) < 0);
}

static void test_stop_is_heard_in_the_ways_it_is_said(void **state)
{
    static const char *const stops[] = {"stop",        "STOP",         "Stop.",   " stop ",
                                        "!stop",       "enough",       "Enough!", "quit",
                                        "please stop", "that's enough"};
    static const char *const others[] = {"",         "a stop sign",  "nonstop",
                                         "stopping", "the bus stop", "enough chairs"};
    (void)state;
    for (size_t i = 0; i < sizeof stops / sizeof *stops; i++) {
        if (!coping_is_stop((struct mooring_str){stops[i], strlen(stops[i])}))
            fail_msg("\"%s\" was not heard", stops[i]);
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (coping_is_stop((struct mooring_str){others[i], strlen(others[i])}))
            fail_msg("\"%s\" stopped it", others[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_box_breathing_is_four_rounds_of_four),
        cmocka_unit_test(test_the_senses_are_five_and_wait_for_the_person),
        cmocka_unit_test(test_after_an_interruption_what_was_cut_off_begins_again),
        cmocka_unit_test(test_the_state_survives_storing_and_nothing_else_is_one),
        cmocka_unit_test(test_stop_is_heard_in_the_ways_it_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
