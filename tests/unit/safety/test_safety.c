/* SPDX-License-Identifier: MIT */
/* test_safety.c: the two spanning principles, plan text, ceilings, linear work, several threads. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "safety/reader.h"

static struct safety_verdict read_text(void **state, struct str text)
{
    struct safety_verdict verdict;
    safety_classify(*state, text, 0, &verdict);
    return verdict;
}

static int setup(void **state)
{
    *state = safety_create();
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    safety_destroy(*state);
    safety_destroy(NULL);
    return 0;
}

static void overdose_now_is_never_lowered(void **state)
{
    static const char *const texts[] = {
        "he's overdosing right now, not joking lol",
        "\"she's not breathing and her lips are blue\" is what my roommate says, help",
        "i never thought i'd say this but he's overdosing what do i do",
        "he od'd like last time, he's blue and not breathing",
    };
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct safety_verdict verdict = read_text(state, str_of(texts[i]));
        if (verdict.kind != SAFETY_OVERDOSE || verdict.tier != 4)
            fail_msg("%s %d: %s", safety_kind_name(verdict.kind), verdict.tier, texts[i]);
    }
}

static void denial_lowers_no_other_sentence(void **state)
{
    assert_int_equal(read_text(state, STR("I want to kill myself. I'm fine though, not suicidal.")).tier, 3);
}

static void who_is_meant_is_told(void **state)
{
    assert_int_equal(read_text(state, STR("i want to die")).who, SAFETY_WHO_SELF);
    assert_int_equal(read_text(state, STR("my brother wants to die")).who, SAFETY_WHO_OTHER);
    assert_int_equal(read_text(state, STR("the meeting is at seven")).who, SAFETY_WHO_NONE);
}

/* "/me ..." speaks of who says it in the third person; what is told of others stays that. */
static void an_action_is_its_speakers(void **state)
{
    static const struct {
        const char *text;
        int tier;
        enum safety_who who;
    } cases[] = {
        {"is going to kill herself tonight", 4, SAFETY_WHO_SELF},
        {"Is going to kill HIMSELF tonight.", 4, SAFETY_WHO_SELF},
        {"wants to hurt themselves", 3, SAFETY_WHO_SELF},
        {"cut himself again", 3, SAFETY_WHO_SELF},
        {"is ending her life tonight", 4, SAFETY_WHO_SELF},
        {"has a plan to end his own life", 3, SAFETY_WHO_SELF},
        {"wants to die", 3, SAFETY_WHO_SELF},
        {"thinks ben is going to kill himself", 1, SAFETY_WHO_OTHER},
        {"is worried her sister wants to kill herself", 1, SAFETY_WHO_OTHER},
        {"poured herself a tea", 0, SAFETY_WHO_NONE},
        {"is killing herself laughing", 0, SAFETY_WHO_NONE},
        {"is proud of himself", 0, SAFETY_WHO_NONE},
        {"waves", 0, SAFETY_WHO_NONE},
        {"", 0, SAFETY_WHO_NONE},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct safety_verdict verdict;
        safety_classify(*state, str_of(cases[i].text), SAFETY_ACTION, &verdict);
        if (verdict.tier != cases[i].tier || verdict.who != cases[i].who)
            fail_msg("%s %d: %s", safety_who_name(verdict.who), verdict.tier, cases[i].text);
    }
    assert_int_equal(read_text(state, STR("is going to kill herself tonight")).who, SAFETY_WHO_OTHER);
}

static void plan_text_lowers_but_never_drops(void **state)
{
    struct safety_verdict verdict;
    safety_classify(*state, STR("i want to kill myself"), SAFETY_PLAN_TEXT, &verdict);
    assert_int_equal(verdict.tier, 2);
    assert_int_equal(verdict.kind, SAFETY_SUICIDE);
    assert_string_equal(verdict.rules[0], "context.plan-text");
    safety_classify(*state, STR("he's not breathing and blue, overdosing"), SAFETY_PLAN_TEXT, &verdict);
    assert_int_equal(verdict.tier, 4);
}

static void rules_are_named(void **state)
{
    assert_string_equal(read_text(state, STR("i want to die")).rules[0], "suicide.want-die");
}

static void nothing_is_nothing(void **state)
{
    assert_int_equal(read_text(state, (struct str){NULL, 0}).kind, SAFETY_NONE);
    assert_int_equal(read_text(state, STR("")).rule_count, 0);
    assert_int_equal(read_text(state, STR("\0\0\0")).kind, SAFETY_NONE);
}

static void craving_of_8_with_tier_2_makes_3(void **state)
{
    assert_int_equal(read_text(state, STR("craving is 9. i don't want to wake up tomorrow")).tier, 3);
}

static void quoted_lines_of_others_count_less(void **state)
{
    assert_int_equal(read_text(state, STR("> i want to die\nthis is what he wrote")).tier, 1);
}

/* A wish anywhere in a text of 200 kB is found, and at both ends of a longer one. */
static void long_texts_are_read_whole(void **state)
{
    static const char filler[] = "the coffee was warm and we talked about gardens. ", wish[] = " i want to die. ";
    static const size_t sizes[] = {9000, 200 * 1000, 3 * 1000 * 1000};
    for (size_t s = 0; s < COUNT_OF(sizes); s++) {
        AUTO_BUF text;
        buf_init(&text, 8u * 1024 * 1024);
        while (text.len < sizes[s])
            buf_add_c(&text, filler);
        assert_int_equal(read_text(state, buf_str(&text)).kind, SAFETY_NONE);
        size_t middle = s < 2 ? text.len / 2 : text.len - 5000;
        memcpy(text.ptr + middle, wish, sizeof(wish) - 1);
        assert_int_equal(read_text(state, buf_str(&text)).tier, 3);
    }
}

/* Twice the text takes at most two and a half times the steps, for texts made to be slow. */
static void work_grows_as_the_text_does(void **state)
{
    static const char *const hard[] = {"want to want to i think of ", "kill kill myself not my ", "s u i c i ", "a",
                                       "not breathing blue he she ", "die! die, die? ", "\"'> ", "i i i i will will "};
    for (size_t h = 0; h < COUNT_OF(hard); h++) {
        unsigned long steps[2];
        for (size_t size = 0; size < 2; size++) {
            AUTO_BUF text;
            struct safety_verdict verdict;
            buf_init(&text, 1024 * 1024);
            while (text.len < (size + 1) * 40000)
                buf_add_c(&text, hard[h]);
            steps[size] = safety_read_counted(*state, buf_str(&text), &verdict);
        }
        if (steps[1] * 2 > steps[0] * 5 + 1000)
            fail_msg("%lu then %lu steps: %s", steps[0], steps[1], hard[h]);
    }
}

static void *read_many(void *safety)
{
    for (int i = 0; i < 200; i++) {
        struct safety_verdict verdict;
        safety_classify(safety, STR("thinking about killing myself"), 0, &verdict);
        if (verdict.tier != 3)
            return safety;
    }
    return NULL;
}

static void one_instance_serves_every_thread(void **state)
{
    pthread_t threads[4];
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_many, *state), 0);
    for (size_t i = 0; i < COUNT_OF(threads); i++) {
        void *failed;
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
}

static void names_are_the_published_ones(void **state)
{
    (void)state;
    assert_string_equal(safety_kind_name(SAFETY_SELF_HARM), "self-harm");
    assert_string_equal(safety_kind_name(SAFETY_NONE), "none");
    assert_string_equal(safety_who_name(SAFETY_WHO_OTHER), "other");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(overdose_now_is_never_lowered),
        cmocka_unit_test(denial_lowers_no_other_sentence),
        cmocka_unit_test(who_is_meant_is_told),
        cmocka_unit_test(an_action_is_its_speakers),
        cmocka_unit_test(plan_text_lowers_but_never_drops),
        cmocka_unit_test(rules_are_named),
        cmocka_unit_test(nothing_is_nothing),
        cmocka_unit_test(craving_of_8_with_tier_2_makes_3),
        cmocka_unit_test(quoted_lines_of_others_count_less),
        cmocka_unit_test(long_texts_are_read_whole),
        cmocka_unit_test(work_grows_as_the_text_does),
        cmocka_unit_test(one_instance_serves_every_thread),
        cmocka_unit_test(names_are_the_published_ones),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
