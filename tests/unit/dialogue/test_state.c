/* SPDX-License-Identifier: MIT */
/* test_state.c: where a dialogue stands goes to JSON and back, and conditions read what was answered. */
#include "house.h"

static void goes_there_and_back(void **state)
{
    (void)state;
    DIALOGUE_ARENA arena = {0};
    struct str json;
    struct dialogue_state back, there = {.step = 2, .wrong = 1, .context = STR("a\"b"), .near = STR("Europe/Berlin"), .count = 4};
    there.answers[0] = (struct dialogue_answer){.given = DIALOGUE_GIVEN, .number = -3, .text = {"x\0y", 3}};
    there.answers[1] = (struct dialogue_answer){.given = DIALOGUE_SKIPPED};
    there.answers[3] = (struct dialogue_answer){.given = DIALOGUE_LEFT_OUT};
    assert_int_equal(dialogue_state_encode(&there, &arena, &json), 0);
    assert_int_equal(dialogue_state_decode(json, &arena, &back), 0);
    assert_int_equal(back.step, 2);
    assert_int_equal(back.wrong, 1);
    assert_true(str_eq(back.context, there.context));
    assert_true(str_eq(back.near, there.near));
    assert_int_equal(back.answers[0].number, -3);
    assert_true(str_eq(back.answers[0].text, there.answers[0].text));
    assert_int_equal(back.answers[1].given, DIALOGUE_SKIPPED);
    assert_int_equal(back.answers[2].given, DIALOGUE_UNASKED);
    assert_int_equal(back.answers[3].given, DIALOGUE_LEFT_OUT);
}

static void what_is_not_ours_is_refused(void **state)
{
    (void)state;
    static const char *const list[] = {
        "", "{", "[]", "{}", "{\"step\":0,\"answers\":[],\"context\":\"\",\"near\":\"\"}",
        "{\"step\":1,\"answers\":[0],\"context\":\"\",\"near\":\"\"}", "{\"step\":-1,\"answers\":[0],\"context\":\"\",\"near\":\"\"}",
        "{\"step\":0,\"answers\":[9],\"context\":\"\",\"near\":\"\"}", "{\"step\":0,\"answers\":[{\"n\":1}],\"context\":\"\",\"near\":\"\"}",
        "{\"step\":0,\"answers\":[1],\"context\":\"\",\"near\":\"\"}", "{\"step\":0,\"answers\":[0],\"near\":\"\"}",
    };
    for (size_t i = 0; i < COUNT_OF(list); i++) {
        DIALOGUE_ARENA arena = {0};
        struct dialogue_state got;
        if (dialogue_state_decode(str_of(list[i]), &arena, &got) != -EINVAL)
            fail_msg("taken: %s", list[i]);
    }
}

/* craving 7, halt "hungry,tired", used "yes", at 21:30, mood skipped; then the condition on the last. */
static bool holds(const char *only_if)
{
    const struct mooring_step steps[] = {
        {"craving", "a.b", NULL, MOORING_ASK_NUMBER, 0, 0, 10, NULL},
        {"halt", "a.b", "hungry|tired", MOORING_ASK_CHOICES, MOORING_STEP_MANY, 0, 0, NULL},
        {"used", "a.b", NULL, MOORING_ASK_YES_NO, 0, 0, 0, NULL},
        {"at", "a.b", NULL, MOORING_ASK_TIME, 0, 0, 0, NULL},
        {"mood", "a.b", NULL, MOORING_ASK_NUMBER, 0, 0, 10, NULL},
        {"last", "a.b", NULL, MOORING_ASK_TEXT, 0, 0, 0, only_if},
    };
    const struct mooring_dialogue dialogue = {sizeof dialogue, "x", 1, 0, steps, COUNT_OF(steps), NULL};
    const struct dialogue_state state = {.count = 6,
                                         .answers = {{DIALOGUE_GIVEN, 7, STR("7")},
                                                     {DIALOGUE_GIVEN, 3, STR("hungry,tired")},
                                                     {DIALOGUE_GIVEN, 1, STR("yes")},
                                                     {DIALOGUE_GIVEN, 1290, STR("21:30")},
                                                     {DIALOGUE_SKIPPED, 0, {0}}}};
    return dialogue_condition_holds(&dialogue, &state, 5);
}

static void conditions_hold(void **state)
{
    (void)state;
    static const char *const list[] = {NULL, "", "craving>=7", "craving=7", "craving<8", "craving>6", "craving<=7", "craving!=6",
                                       "halt=tired", "halt=hungry", "halt!=angry", "used=yes", "used!=no", "at>=21:00", " craving >= 7 "};
    for (size_t i = 0; i < COUNT_OF(list); i++)
        if (!holds(list[i]))
            fail_msg("%s", list[i]);
}

static void conditions_do_not_hold(void **state)
{
    (void)state;
    static const char *const list[] = {"craving>=8", "craving!=7", "craving<7", "craving>7", "halt=angry", "halt=tire", "used=no",
                                       "at<21:00", "mood>=0", "mood!=3", "nobody=1", "last=x", "craving", "craving>=x", "halt>1"};
    for (size_t i = 0; i < COUNT_OF(list); i++)
        if (holds(list[i]))
            fail_msg("%s", list[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goes_there_and_back),
        cmocka_unit_test(what_is_not_ours_is_refused),
        cmocka_unit_test(conditions_hold),
        cmocka_unit_test(conditions_do_not_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
